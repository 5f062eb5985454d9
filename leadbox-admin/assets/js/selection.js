// selection.js owns ticked rows: "select all on this page", a range with Shift, and the count in the bar.
// The bar itself is shown and hidden by the style sheet, so it works without scripts too.
//
// Reads: [data-selection] (the form around table and bar), [data-select-all], [data-select] (checkboxes),
//        [data-count] (text), [data-clear] (button).

import { $, $$, announce } from './dom.js';

function watch(scope) {
  const all = $('[data-select-all]', scope);
  const boxes = () => $$('[data-select]', scope);
  let last = null;

  const show = (say) => {
    const every = boxes();
    const count = every.filter((box) => box.checked).length;
    for (const place of $$('[data-count]', scope)) place.textContent = count;
    if (all) {
      all.checked = count > 0 && count === every.length;
      all.indeterminate = count > 0 && count < every.length;
    }
    if (say) announce(count === 1 ? '1 selected' : `${count} selected`);
  };

  const range = (from, to, checked) => {
    const every = boxes();
    const [a, b] = [every.indexOf(from), every.indexOf(to)].sort((x, y) => x - y);
    if (a < 0) return;
    for (const box of every.slice(a, b + 1)) box.checked = checked;
  };

  scope.addEventListener('click', (event) => {
    const box = event.target.closest('[data-select]');
    if (box) {
      if (event.shiftKey && last) range(last, box, box.checked);
      last = box;
    }
    if (event.target.closest('[data-clear]')) {
      for (const each of boxes()) each.checked = false;
      show(true);
      all?.focus();
    }
  });

  scope.addEventListener('change', (event) => {
    if (event.target === all) {
      for (const box of boxes()) box.checked = all.checked;
      show(true);
    } else if (event.target.matches('[data-select]')) {
      show(true);
    }
  });

  // Live rows come and go below; keep the count true.
  document.addEventListener('lb:swapped', () => show(false));
  show(false);
}

const watched = new WeakSet();

export function startSelection() {
  for (const scope of $$('[data-selection]')) {
    if (watched.has(scope)) continue;
    watched.add(scope);
    watch(scope);
  }
}
