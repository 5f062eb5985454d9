// menu.js owns the menu button on small screens. The sidebar's own content moves into a modal dialog and
// back, so there is one <nav> in the page. Without this module the button is a link to the menu page.
//
// Reads: [data-menu] (the link), #side (the sidebar's inner box).

import { $, h } from './dom.js';

export function startMenu() {
  const button = $('[data-menu]');
  const side = $('#side');
  if (!button || !side) return;

  const close = h('button', { class: 'btn quiet icon', type: 'button', 'data-close': '' });
  const icon = button.querySelector('.ic')?.cloneNode(true);
  if (icon) {
    const use = icon.querySelector('use');
    use?.setAttribute('href', use.getAttribute('href').replace(/#.*/, '#close'));
    close.append(icon);
  }
  close.append(h('span', { class: 'vh' }, 'Close menu'));

  const dialog = h('dialog', { class: 'drawer left', 'aria-label': 'Menu' }, close);
  document.body.append(dialog);

  button.setAttribute('role', 'button');
  button.setAttribute('aria-haspopup', 'dialog');

  const open = (event) => {
    event.preventDefault();
    dialog.append(...side.childNodes);
    dialog.showModal();
    $('[aria-current]', dialog)?.scrollIntoView({ block: 'nearest' });
  };
  button.addEventListener('click', open);
  button.addEventListener('keydown', (event) => {
    if (event.key === ' ') open(event);
  });

  dialog.addEventListener('close', () => {
    close.remove();
    side.append(...dialog.childNodes);
    dialog.append(close);
  });
  // A window that grows past the breakpoint has its sidebar back.
  matchMedia('(width > 820px)').addEventListener('change', (query) => query.matches && dialog.close());
}
