// fragments.js owns swapping server HTML into the page without disturbing the person who uses it: nodes are
// matched by data-id or id and changed in place, so focus, half-typed text, ticked boxes and scroll survive.
// At most one request per fragment is in flight; calls are gathered for 400 ms; hidden pages wait.
//
// Reads: [data-src] (address of the fragment), [data-noun="lead|leads"] (what new rows are called).

import { $$, announce, parse } from './dom.js';
import { changed } from './forms.js';
import { startCharts } from './charts.js';

const GATHER = 400;
const state = new WeakMap();

const keyOf = (node) => node.dataset?.id || node.id || '';
const inUse = (node) => node.contains(document.activeElement) || $$('input, select, textarea', node).some(changed);

function copyAttributes(from, to) {
  const keep = to.matches('input, select, textarea') && changed(to) ? ['value', 'checked', 'selected'] : [];
  for (const { name } of [...to.attributes]) {
    if (!from.hasAttribute(name) && name !== 'open' && !keep.includes(name)) to.removeAttribute(name);
  }
  for (const { name, value } of from.attributes) {
    if (to.getAttribute(name) !== value && name !== 'open' && !keep.includes(name)) to.setAttribute(name, value);
  }
}

/** Makes `to` look like `from`, reusing what matches. Returns how many keyed children are new. */
export function morph(to, from) {
  const known = new Map([...to.children].filter(keyOf).map((child) => [keyOf(child), child]));
  let added = 0;
  let place = to.firstChild;
  for (const next of [...from.childNodes]) {
    const key = keyOf(next);
    let match = key ? known.get(key) : place;
    if (!key && match && (keyOf(match) || match.nodeName !== next.nodeName)) match = null;
    if (!match || match.nodeName !== next.nodeName) {
      if (key && next.nodeType === 1) {
        added += 1;
        if (known.size) next.setAttribute('data-fresh', '');
      }
      to.insertBefore(next, place);
      continue;
    }
    if (match !== place) to.insertBefore(match, place);
    else place = place.nextSibling;
    known.delete(key);
    if (match.isEqualNode(next)) continue;
    if (match.nodeType !== 1) match.nodeValue = next.nodeValue;
    else {
      copyAttributes(next, match);
      if (!match.matches('textarea, [data-chart]')) morph(match, next);
      else if (!inUse(match)) match.replaceWith(next);
    }
  }
  while (place) {
    const rest = place.nextSibling;
    if (place.nodeType === 1 && keyOf(place) && inUse(place)) place.setAttribute('data-gone', '');
    else place.remove();
    place = rest;
  }
  return added;
}

function swap(target, content) {
  const active = document.activeElement;
  const selection = active?.selectionStart ?? null;
  const added = morph(target, content);
  if (active !== document.activeElement && active?.isConnected) {
    active.focus({ preventScroll: true });
    if (selection !== null) active.setSelectionRange?.(selection, active.selectionEnd);
  }
  startCharts(target);
  target.dispatchEvent(new CustomEvent('lb:swapped', { bubbles: true }));
  const [one, many] = (target.dataset.noun ?? '').split('|');
  if (added && one) announce(added === 1 ? `1 new ${one}` : `${added} new ${many ?? one}`);
}

async function load(target, own) {
  own.busy = true;
  own.again = false;
  target.setAttribute('aria-busy', 'true');
  try {
    const answer = await fetch(target.dataset.src, { headers: { 'X-LB-Fragment': '1' }, redirect: 'error' });
    if (!answer.ok) throw new Error(String(answer.status));
    swap(target, parse(await answer.text()));
    own.fails = 0;
    document.dispatchEvent(new CustomEvent('lb:contact'));
  } catch {
    own.fails = (own.fails ?? 0) + 1;
    document.dispatchEvent(new CustomEvent('lb:failed'));
    if (own.fails < 6) setTimeout(() => refresh(target), 1000 * 2 ** own.fails);
  } finally {
    target.removeAttribute('aria-busy');
    own.busy = false;
    if (own.again) refresh(target);
  }
}

/** Asks for a fragment soon. Safe to call as often as events arrive. */
export function refresh(target) {
  const own = state.get(target) ?? {};
  state.set(target, own);
  if (own.busy || document.hidden) {
    own.again = true;
    return;
  }
  own.timer ??= setTimeout(() => {
    own.timer = undefined;
    load(target, own);
  }, GATHER);
}

document.addEventListener('visibilitychange', () => {
  if (document.hidden) return;
  for (const target of $$('[data-src]')) if (state.get(target)?.again) refresh(target);
});
