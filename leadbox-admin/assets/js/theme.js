// theme.js owns the colour theme: light, dark, or auto (the system's). It posts nothing; it sets
// <html data-theme> and the cookie lb_theme, from which the server renders the next page.
//
// Reads: button[data-theme-toggle] (goes to the next theme), input[type=radio][data-theme-choice].

import { $, $$, announce, base } from './dom.js';

const ORDER = ['auto', 'light', 'dark'];
const WORDS = { auto: 'System theme', light: 'Light theme', dark: 'Dark theme' };
const ICONS = { auto: 'system-theme', light: 'sun', dark: 'moon' };
const YEAR = 31536000;

function set(theme) {
  document.documentElement.dataset.theme = theme;
  const secure = location.protocol === 'https:' ? '; Secure' : '';
  document.cookie = `lb_theme=${theme}; Path=${base || '/'}; Max-Age=${YEAR}; SameSite=Lax${secure}`;
  show(theme);
}

/** Brings the button's icon and the radios in line with the theme in force. */
function show(theme) {
  for (const radio of $$('[data-theme-choice]')) radio.checked = radio.value === theme;
  const use = $('[data-theme-toggle] use');
  use?.setAttribute('href', use.getAttribute('href').replace(/#.*/, `#${ICONS[theme]}`));
}

export function startTheme() {
  const current = () => document.documentElement.dataset.theme || 'auto';

  $('[data-theme-toggle]')?.addEventListener('click', () => {
    // From "auto" the first step must be visible: go to the theme the system is not showing.
    const dark = matchMedia('(prefers-color-scheme: dark)').matches;
    const order = dark ? ORDER : ['auto', 'dark', 'light'];
    set(order[(order.indexOf(current()) + 1) % order.length]);
    announce(WORDS[current()]);
  });

  for (const radio of $$('[data-theme-choice]')) radio.addEventListener('change', () => set(radio.value));
  show(current());
}
