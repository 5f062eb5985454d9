// dialogs.js owns native dialogs (open, close, confirm), menu placement where the browser cannot anchor
// popovers, and two small buttons: copy and dismiss.
//
// Reads: [data-opens="id"] (a link keeps its address for pages without scripts), [data-close],
//        [data-copy="selector"], [data-dismiss] (removes its .toast or .banner), [popovertarget].

import { $, announce, h } from './dom.js';

/** Asks with a modal dialog; resolves to true or false. Focus starts on Cancel and returns by itself. */
export function ask({ title, text, action = 'Continue', danger = true }) {
  const dialog = h(
    'dialog',
    { role: 'alertdialog', 'aria-labelledby': 'ask-title', 'aria-describedby': 'ask-text' },
    h('div', { class: 'dialog-head' }, h('h2', { id: 'ask-title' }, title)),
    h('div', { class: 'dialog-body' }, h('p', { id: 'ask-text' }, text ?? '')),
    h(
      'div',
      { class: 'dialog-foot' },
      h('button', { class: 'btn', type: 'button', value: 'no', autofocus: '' }, 'Cancel'),
      h('button', { class: danger ? 'btn primary danger' : 'btn primary', type: 'button', value: 'yes' }, action),
    ),
  );
  document.body.append(dialog);
  dialog.showModal();
  return new Promise((resolve) => {
    dialog.addEventListener('click', (event) => {
      const button = event.target.closest('button[value]');
      if (button) dialog.close(button.value);
    });
    dialog.addEventListener('close', () => {
      dialog.remove();
      resolve(dialog.returnValue === 'yes');
    });
  });
}

async function copy(button) {
  const source = $(button.dataset.copy);
  const text = source.value ?? source.textContent;
  try {
    await navigator.clipboard.writeText(text.trim());
    announce('Copied');
    const label = $('.copy-label', button);
    if (!label) return;
    // Pressed again, it still knows its own word.
    label.dataset.word ??= label.textContent;
    label.textContent = 'Copied';
    setTimeout(() => (label.textContent = label.dataset.word), 1600);
  } catch {
    if (source.select) source.select();
    else getSelection().selectAllChildren(source);
    announce('Selected; press the copy keys');
  }
}

/** Browsers without CSS anchors: keep an open menu beside its button and inside the window. */
function placeMenu(event) {
  const menu = event.target;
  if (event.newState !== 'open' || !menu.matches?.('.menu[popover]')) return;
  const button = $(`[popovertarget="${menu.id}"]`);
  if (!button) return;
  const from = button.getBoundingClientRect();
  const below = from.bottom + 4 + menu.offsetHeight <= innerHeight || from.top < menu.offsetHeight;
  menu.style.margin = '0';
  menu.style.left = `${Math.max(12, Math.min(from.left, innerWidth - menu.offsetWidth - 12))}px`;
  menu.style.top = `${below ? from.bottom + 4 : from.top - menu.offsetHeight - 4}px`;
}

/** Arrow keys, Home and End inside an open menu of links and buttons. */
function moveInMenu(event) {
  const opener = event.target.closest?.('[popovertarget]');
  const opened = opener && $(`#${opener.getAttribute('popovertarget')}:popover-open`);
  const menu = opened ?? event.target.closest?.('.menu[popover]:not(.panel)');
  const step = { ArrowDown: 1, ArrowUp: -1, Home: 0, End: 0 }[event.key];
  if (!menu || step === undefined) return;
  const items = [...menu.querySelectorAll('a[href], button')];
  const at = items.indexOf(document.activeElement);
  const first = event.key === 'Home' || (at < 0 && step > 0);
  const last = event.key === 'End' || (at < 0 && step < 0);
  const next = first ? 0 : last ? -1 : (at + step) % items.length;
  event.preventDefault();
  items.at(next)?.focus();
}

export function startDialogs() {
  document.addEventListener('click', (event) => {
    const target = event.target;
    if (target.matches('dialog[open]:not([role="alertdialog"])')) {
      const box = target.getBoundingClientRect();
      const outside = event.clientX < box.left || event.clientX > box.right || event.clientY < box.top || event.clientY > box.bottom;
      if (outside) target.close();
      return;
    }
    const opener = target.closest('[data-opens]');
    const dialog = opener && document.getElementById(opener.dataset.opens);
    if (dialog && !event.ctrlKey && !event.metaKey && !event.shiftKey) {
      event.preventDefault();
      dialog.showModal();
    }
    if (target.closest('[data-close]')) target.closest('dialog')?.close();
    target.closest('[data-dismiss]')?.closest('.toast, .banner')?.remove();
    const copier = target.closest('[data-copy]');
    if (copier) copy(copier);
  });

  document.addEventListener('keydown', moveInMenu);
  if (!CSS.supports('position-area: block-end')) {
    document.addEventListener('toggle', placeMenu, true);
  }
}
