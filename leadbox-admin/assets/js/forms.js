// forms.js owns what scripts add to forms: a warning before unsaved input is lost, one submission per
// form, confirmation before dangerous ones, and focus on the error summary. Forms work without it.
//
// Reads: form[data-guard] (warn when dirty), [data-dirty] inside it (shown while dirty),
//        [data-confirm="question"] on a form or its submit button, with data-confirm-text and
//        data-confirm-action; .errors (focused when the page comes back invalid).

import { $, $$ } from './dom.js';
import { ask } from './dialogs.js';

const sent = new WeakSet();
const confirmed = new WeakSet();

/** True when a control no longer holds what the server put into it. */
export function changed(control) {
  if (control.type === 'checkbox' || control.type === 'radio') return control.checked !== control.defaultChecked;
  if (control instanceof HTMLSelectElement) {
    const options = [...control.options];
    if (!options.some((option) => option.defaultSelected)) return control.selectedIndex > 0;
    return options.some((option) => option.selected !== option.defaultSelected);
  }
  return 'defaultValue' in control && control.value !== control.defaultValue;
}

// Controls without a name are not sent, and the theme is saved at once.
const counts = (control) => control.name && !control.matches('[data-theme-choice]');
// What was refused is not stored yet, though the server put it there: data-guard="dirty".
const dirty = (form) =>
  form.dataset.guard === 'dirty' || [...form.elements].some((control) => counts(control) && changed(control));

function showDirty(form) {
  const note = $('[data-dirty]', form);
  if (note) note.hidden = !dirty(form);
}

async function confirmFirst(form, submitter) {
  const { confirm, confirmText, confirmAction } = submitter?.dataset.confirm ? submitter.dataset : form.dataset;
  const yes = await ask({ title: confirm, text: confirmText, action: confirmAction });
  if (!yes) return;
  confirmed.add(form);
  form.requestSubmit(submitter ?? undefined);
}

function onSubmit(event) {
  const form = event.target;
  const submitter = event.submitter;
  // Asked of the attribute: a control named "method" would hide the property.
  const method = (submitter?.getAttribute('formmethod') ?? form.getAttribute('method') ?? 'get').toLowerCase();
  if (event.defaultPrevented || method === 'dialog') return;

  const question = submitter?.dataset.confirm || form.dataset.confirm;
  if (question && !confirmed.delete(form)) {
    event.preventDefault();
    confirmFirst(form, submitter);
    return;
  }
  if (method !== 'post') return;
  if (sent.has(form)) {
    event.preventDefault();
    return;
  }
  sent.add(form);
  // The button stays enabled, or its name and value would not be sent.
  submitter?.setAttribute('aria-busy', 'true');
}

/** Lets forms be sent again that did not lead elsewhere. */
function release() {
  for (const form of document.forms) sent.delete(form);
  for (const button of $$('button[aria-busy]')) button.removeAttribute('aria-busy');
}

export function startForms() {
  document.addEventListener('submit', onSubmit);

  // A page restored from the back-forward cache may be sent again.
  addEventListener('pageshow', (event) => {
    if (event.persisted) release();
  });

  for (const form of $$('form[data-guard]')) {
    form.addEventListener('input', () => showDirty(form));
    form.addEventListener('reset', () => setTimeout(() => showDirty(form)));
  }
  addEventListener('beforeunload', (event) => {
    if (!$$('form[data-guard]').some((form) => !sent.has(form) && dirty(form))) return;
    event.preventDefault();
    // Runs only for whoever chose to stay.
    setTimeout(release);
  });

  $('.errors')?.focus();
}
