// dom.js owns the three things every module shares: short selectors, element building without markup
// strings, and the page's only Trusted Types policy. Nothing else in these files touches innerHTML.

export const $ = (selector, root = document) => root.querySelector(selector);
export const $$ = (selector, root = document) => [...root.querySelectorAll(selector)];

/** The mount prefix of the dashboard, from <body data-base>; "" when mounted at the root. */
export const base = document.body.dataset.base ?? '';

const policy = globalThis.trustedTypes?.createPolicy('lb', { createHTML: (html) => html }) ?? {
  createHTML: (html) => html,
};

/** Parses an HTML fragment that this server sent. Scripts inside a template never run. */
export function parse(html) {
  const template = document.createElement('template');
  template.innerHTML = policy.createHTML(html);
  return template.content;
}

/** Builds an element: h('button', { class: 'btn', type: 'button' }, 'Close'). */
export function h(name, attributes = {}, ...children) {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  element.append(...children);
  return element;
}

/** The page's polite live region, made on first use. Repeated text is announced again. */
let region;
export function announce(text) {
  region ??= h('p', { class: 'vh', role: 'status' });
  // Behind an open dialog it would be silent.
  const place = $('dialog:modal') ?? document.body;
  if (region.parentNode !== place) place.append(region);
  region.textContent = '';
  setTimeout(() => (region.textContent = text), 60);
}
