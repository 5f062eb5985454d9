// search.js owns the "/" key: it focuses the search field, unless the reader is typing somewhere.
//
// Reads: input[aria-keyshortcuts="/"].

import { $ } from './dom.js';

const TYPING = 'input, select, textarea, [contenteditable]';

export function startSearch() {
  const field = $('input[aria-keyshortcuts="/"]');
  if (!field) return;
  addEventListener('keydown', (event) => {
    if (event.key !== '/' || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.target.closest?.(TYPING) || $('dialog[open]')) return;
    event.preventDefault();
    field.focus();
    field.select();
  });
}
