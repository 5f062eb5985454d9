// fragments.js owns bringing the page's live regions up to date without disturbing the person who uses it: one request
// asks for the page's own content anew, and what changed is put in place node by node, matched by data-id or id, so that
// focus, half-typed text, ticked boxes and scroll survive. At most one request is in flight; wishes are gathered; hidden
// pages wait.
//
// Reads: [data-live][id] (a region), [data-noun="new lead|new leads"] on it (what new rows are called).
// Tells: lb:contact (it is up to date), lb:failed, lb:signed-out, on document; lb:swapped on every region.

import { $$, announce, parse } from './dom.js';
import { changed } from './forms.js';
import { startCharts } from './charts.js';

/** From the first wish to the request. */
const GATHER = 300;
/** From the end of one request to the beginning of the next. */
const APART = 700;
/** After so many failures in a row only another wish asks again. */
const TRIES = 6;
const CONTROLS = 'input, select, textarea';

let busy = false;
let again = false;
let timer;
let fails = 0;
let ended = 0;

/** The parts of the page that may change. */
export const regions = () => $$('[data-live][id]');

const keyOf = (node) => node.dataset?.id || node.id || '';
const inUse = (node) => node.contains(document.activeElement) || $$(CONTROLS, node).some(changed);

function copyAttributes(from, to) {
  const keep = to.matches(CONTROLS) && changed(to) ? ['value', 'checked', 'selected', 'open'] : ['open'];
  for (const { name } of [...to.attributes]) {
    if (!from.hasAttribute(name) && !keep.includes(name)) to.removeAttribute(name);
  }
  for (const { name, value } of from.attributes) {
    if (to.getAttribute(name) !== value && !keep.includes(name)) to.setAttribute(name, value);
  }
}

/** Puts a child elsewhere; where the browser can, without its losing focus, selection or an open menu. */
function place(parent, child, before) {
  if (parent.moveBefore && parent.isConnected && child.isConnected) parent.moveBefore(child, before);
  else parent.insertBefore(child, before);
}

/** Makes `to` look like `from`, reusing what matches. Returns how many rows are new among known ones. */
export function morph(to, from) {
  const known = new Map([...to.children].filter(keyOf).map((child) => [keyOf(child), child]));
  let added = 0;
  let at = to.firstChild;
  for (const next of [...from.childNodes]) {
    const key = keyOf(next);
    let match = key ? known.get(key) : at;
    if (!key && match && (keyOf(match) || match.nodeName !== next.nodeName)) match = null;
    if (!match || match.nodeName !== next.nodeName) {
      if (next.dataset?.id && known.size) {
        added += 1;
        next.setAttribute('data-fresh', '');
      }
      to.insertBefore(next, at);
      continue;
    }
    if (match === at) at = at.nextSibling;
    else place(to, match, at);
    if (match.isEqualNode(next)) continue;
    if (match.nodeType !== Node.ELEMENT_NODE) {
      match.nodeValue = next.nodeValue;
      continue;
    }
    copyAttributes(next, match);
    if (!match.matches('textarea, [data-chart]')) added += morph(match, next);
    else if (!inUse(match)) match.replaceWith(next);
  }
  while (at) {
    const rest = at.nextSibling;
    if (keyOf(at) && inUse(at)) at.setAttribute('data-gone', '');
    else at.remove();
    at = rest;
  }
  return added;
}

/** Puts what a region has become in its place. */
export function swap(region, next) {
  const active = document.activeElement;
  const selection = [active?.selectionStart ?? null, active?.selectionEnd ?? null];
  copyAttributes(next, region);
  const added = morph(region, next);
  if (active !== document.activeElement && active?.isConnected) {
    active.focus({ preventScroll: true });
    if (selection[0] !== null) active.setSelectionRange?.(...selection);
  }
  startCharts(region);
  region.dispatchEvent(new CustomEvent('lb:swapped', { bubbles: true }));
  const [one, many] = (region.dataset.noun ?? '').split('|');
  if (added && one) announce(`${added} ${added === 1 ? one : many}`);
}

const tell = (name) => document.dispatchEvent(new CustomEvent(name));

/** What the page shows is no longer there, or no longer for this reader: the page itself says so, unless something is typed. */
function leave() {
  if (!$$(`main :is(${CONTROLS})`).some(changed)) location.reload();
}

async function load() {
  busy = true;
  again = false;
  for (const region of regions()) region.setAttribute('aria-busy', 'true');
  try {
    const address = location.pathname + location.search;
    const answer = await fetch(address, { headers: { 'X-LB-Fragment': '1' }, redirect: 'error' });
    if (answer.status === 401) return tell('lb:signed-out');
    if ([403, 404].includes(answer.status)) return leave();
    if (!answer.ok) throw new Error(String(answer.status));
    const content = parse(await answer.text());
    for (const region of regions()) {
      const next = content.getElementById(region.id);
      if (next) swap(region, next);
    }
    fails = 0;
    tell('lb:contact');
  } catch {
    fails += 1;
    tell('lb:failed');
    if (fails < TRIES) setTimeout(refresh, 1000 * 2 ** fails);
  } finally {
    for (const region of regions()) region.removeAttribute('aria-busy');
    busy = false;
    ended = Date.now();
    if (again) refresh();
  }
}

/** Brings the page up to date soon. Safe to call as often as events arrive. */
export function refresh() {
  if (busy || document.hidden) {
    again = true;
    return;
  }
  timer ??= setTimeout(() => {
    timer = undefined;
    load();
  }, Math.max(GATHER, ended + APART - Date.now()));
}

document.addEventListener('visibilitychange', () => {
  if (!document.hidden && again && !busy) refresh();
});
