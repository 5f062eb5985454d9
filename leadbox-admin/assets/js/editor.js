// editor.js owns what scripts add to the script of a rule set: line numbers, colours, the words that fit, marks at the lines
// where something is wrong, and trying it while somebody types. The textarea stays what is typed into and sent; what lies behind
// it only shows the same text in colours. The form works without it.
//
// Reads: form[data-editor="address"] (where to try it), its textarea.script, [data-words] dt[data-word] (the words),
//        [data-tried][id] (what comes back with each answer; "asked": only when somebody asks), button[data-try] ("id": asks for
//        that), [data-line] (a line with something wrong), [data-again="ms"] (the answer is not ready).

import { $, $$, announce, h, parse } from './dom.js';
import { swap } from './fragments.js';

/** From the last key to the question. */
const PAUSE = 450;
/** At most so many words are offered. */
const OFFERED = 8;

const INK = [
  ['note', /\/\/[^\n]*|\/\*[\s\S]*?(?:\*\/|$)/],
  ['text', /"(?:\\.|[^"\\\n])*"?|`(?:\\.|[^`\\])*`?/],
  ['bar', /\|[\w\s,]*\|/],
  ['number', /\b\d[\d_]*(?:\.\d+)?\b/],
  ['key', /\b(?:let|const|fn|if|else|in|import|as|export|true|false|return|for|while|loop)\b/],
  ['call', /\b[a-z_]\w*(?=\s*\()/],
];
const TOKENS = new RegExp(INK.map(([, part]) => `(${part.source})`).join('|'), 'g');

/** A script in lines of [class, text]. */
function inked(script) {
  const lines = [[]];
  const put = (ink, text) => {
    text.split('\n').forEach((piece, index) => {
      if (index) lines.push([]);
      if (piece) lines.at(-1).push([ink, piece]);
    });
  };
  let at = 0;
  for (const match of script.matchAll(TOKENS)) {
    put('', script.slice(at, match.index));
    put(INK[match.slice(1).findIndex((part) => part !== undefined)][0], match[0]);
    at = match.index + match[0].length;
  }
  put('', script.slice(at));
  return lines;
}

/** Text typed for somebody, so that it can be taken back like anything typed. */
function type(area, text) {
  if (!document.execCommand?.('insertText', false, text)) {
    area.setRangeText(text, area.selectionStart, area.selectionEnd, 'end');
    area.dispatchEvent(new InputEvent('input', { bubbles: true }));
  }
}

/** The coloured text behind the textarea. */
class Ink {
  constructor(area) {
    this.area = area;
    this.shown = [];
    this.layer = h('pre', { class: 'ink js-only', 'aria-hidden': 'true' });
    const frame = h('div', { class: 'code' });
    area.replaceWith(frame);
    frame.append(this.layer, area);
    this.frame = frame;
    area.addEventListener('scroll', () => this.follow());
    area.addEventListener('input', () => this.show());
    this.show();
  }

  show() {
    const lines = inked(this.area.value);
    const signs = lines.map((line) => line.map(([ink, text]) => `${ink}:${text}`).join('\u0001'));
    const from = signs.findIndex((sign, index) => sign !== this.shown[index]);
    const made = (line) =>
      h('span', { class: 'l' }, ...line.map(([ink, text]) => (ink ? h('span', { class: `k-${ink}` }, text) : text)));
    if (from >= 0) {
      for (let index = from; index < lines.length; index += 1) {
        if (signs[index] === this.shown[index]) continue;
        const next = made(lines[index]);
        const old = this.layer.children[index];
        if (old) old.replaceWith(next);
        else this.layer.append(next);
      }
    }
    while (this.layer.children.length > lines.length) this.layer.lastElementChild.remove();
    this.shown = signs;
    this.follow();
  }

  follow() {
    this.layer.scrollTop = this.area.scrollTop;
    this.layer.scrollLeft = this.area.scrollLeft;
  }

  mark(numbers) {
    [...this.layer.children].forEach((line, index) => line.classList.toggle('bad', numbers.has(index + 1)));
  }

  /** Where a place in the text stands, in the frame. */
  place(index) {
    const before = this.area.value.slice(0, index).split('\n');
    const style = getComputedStyle(this.area);
    const probe = h('span', { class: 'probe' }, 'M'.repeat(20));
    this.layer.append(probe);
    const width = probe.getBoundingClientRect().width / 20;
    probe.remove();
    const line = parseFloat(style.lineHeight);
    return {
      left: parseFloat(style.paddingLeft) + before.at(-1).length * width - this.area.scrollLeft,
      top: parseFloat(style.paddingTop) + before.length * line - this.area.scrollTop,
    };
  }
}

/** The words that fit where the caret is. */
class Words {
  constructor(ink) {
    this.ink = ink;
    this.area = ink.area;
    this.all = $$('[data-words] dt[data-word]').map((term) => ({
      name: term.dataset.word,
      written: term.textContent,
      about: term.nextElementSibling.textContent,
    }));
    this.list = h('ul', { class: 'offers', role: 'listbox', id: 'offers', 'aria-label': 'Words that fit', hidden: '' });
    ink.frame.append(this.list);
    this.area.setAttribute('aria-autocomplete', 'list');
    this.area.setAttribute('aria-controls', 'offers');
    this.area.addEventListener('input', (event) => event.isTrusted && this.offer(2));
    this.area.addEventListener('blur', () => this.close());
    this.area.addEventListener('scroll', () => this.list.hidden || this.stand());
    this.area.addEventListener('click', () => this.close());
    this.list.addEventListener('pointerdown', (event) => {
      event.preventDefault();
      const option = event.target.closest('[role=option]');
      if (option) this.take(this.options.indexOf(option));
    });
  }

  /** What is being typed: the part to be replaced, and the words that begin with it. */
  fitting(least) {
    const { selectionStart: at, selectionEnd, value } = this.area;
    const line = value.slice(value.lastIndexOf('\n', at - 1) + 1, at);
    const quotes = line.replace(/\\./g, '').match(/"/g)?.length ?? 0;
    if (at !== selectionEnd || quotes % 2 || line.includes('//')) return null;
    const typed = line.match(/[\w.]*$/)[0];
    const part = typed.slice(typed.lastIndexOf('.') + 1);
    const isField = typed.startsWith('lead.');
    if (part.length < least && !typed.endsWith('.')) return null;
    const names = this.all.filter(({ name, written }) => {
      if (name.startsWith('lead.')) return isField && name.startsWith(typed);
      if (typed.includes('.')) return written.includes(`.${name}(`) && name.startsWith(part) && typed !== 'lead.';
      return !written.startsWith('.') && name.startsWith(part) && !written.includes(`.${name}(`);
    });
    const exact = names.length === 1 && names[0].name === (isField ? typed : part);
    return exact || !names.length ? null : { typed, part, names: names.slice(0, OFFERED) };
  }

  offer(least) {
    const fitting = this.fitting(least);
    if (!fitting) return this.close();
    this.now = fitting;
    this.options = fitting.names.map(({ name, about }, index) =>
      h(
        'li',
        { role: 'option', id: `offer-${index}`, 'aria-selected': 'false' },
        h('b', {}, name),
        h('span', { class: 'sub' }, about),
      ),
    );
    this.list.replaceChildren(...this.options);
    this.list.hidden = false;
    this.stand();
    this.choose(0);
    return undefined;
  }

  /** Puts the list below what is typed. */
  stand() {
    const { left, top } = this.ink.place(this.area.selectionStart - this.now.part.length);
    const most = this.ink.frame.clientWidth - this.list.offsetWidth - 8;
    this.list.style.transform = `translate(${Math.max(0, Math.min(left, most))}px, ${top}px)`;
  }

  choose(index) {
    this.at = (index + this.options.length) % this.options.length;
    this.options.forEach((option, other) => option.setAttribute('aria-selected', String(other === this.at)));
    this.options[this.at].scrollIntoView({ block: 'nearest' });
    this.area.setAttribute('aria-activedescendant', `offer-${this.at}`);
  }

  close() {
    this.list.hidden = true;
    this.area.removeAttribute('aria-activedescendant');
  }

  take(index) {
    const { name, written } = this.now.names[index];
    const word = name.startsWith('lead.') ? name.slice(this.now.typed.length - this.now.part.length) : name;
    const { selectionStart: at, value } = this.area;
    const calls = !name.startsWith('lead.') && written.includes(`${name}(`) && value[at] !== '(';
    this.area.setSelectionRange(at - this.now.part.length, at);
    type(this.area, calls ? `${word}(` : word);
    this.close();
  }

  /** Whether it took the key. */
  key(event) {
    if (event.ctrlKey && event.key === ' ') {
      this.offer(0);
      return true;
    }
    if (this.list.hidden || event.ctrlKey || event.altKey || event.metaKey) return false;
    const keys = {
      ArrowDown: () => this.choose(this.at + 1),
      ArrowUp: () => this.choose(this.at - 1),
      Enter: () => this.take(this.at),
      Tab: () => this.take(this.at),
      Escape: () => this.close(),
    };
    if (!(event.key in keys) || (event.key === 'Tab' && event.shiftKey)) return false;
    keys[event.key]();
    return true;
  }
}

/** Asks the server what the script would do. */
class Trial {
  constructor(form, ink) {
    this.form = form;
    this.ink = ink;
    this.faults = $$('#tried-check [data-line]').length;
    ink.area.addEventListener('input', () => this.soon(PAUSE));
    document.addEventListener('click', (event) => {
      const button = event.target.closest('button[data-try]');
      if (!button || button.form !== form) return;
      event.preventDefault();
      this.ask(button.dataset.try);
    });
    this.mark();
    if (ink.area.value) this.ask('');
  }

  soon(pause) {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.ask(''), pause);
  }

  /** `asked` is the id of what is asked for besides. */
  async ask(asked) {
    clearTimeout(this.timer);
    this.flight?.abort();
    const flight = (this.flight = new AbortController());
    const regions = $$('[data-tried][id]').filter((region) => region.dataset.tried !== 'asked' || region.id === asked);
    const body = new URLSearchParams(new FormData(this.form));
    body.set('do', asked ? 'backtest' : 'try');
    for (const region of regions) region.setAttribute('aria-busy', 'true');
    try {
      const options = { method: 'POST', body, signal: flight.signal, headers: { 'X-LB-Fragment': '1' } };
      const answer = await fetch(this.form.dataset.editor, { ...options, redirect: 'error' });
      if (answer.status === 401) return void document.dispatchEvent(new CustomEvent('lb:signed-out'));
      if (!answer.ok) throw new Error(String(answer.status));
      const content = parse(await answer.text());
      for (const region of regions) {
        const next = content.getElementById(region.id);
        if (next) swap(region, next);
      }
      this.mark();
      this.tell(asked);
      const again = $('[data-tried] [data-again]');
      if (again) this.soon(Number(again.dataset.again));
    } catch (error) {
      if (error.name === 'AbortError') return;
      announce('The script could not be tried');
      this.soon(5000);
    } finally {
      if (this.flight === flight) for (const region of regions) region.removeAttribute('aria-busy');
    }
  }

  tell(asked) {
    const faults = $$('#tried-check [data-line]').length;
    if (asked) announce($(`#${CSS.escape(asked)} .strong`)?.textContent ?? 'Done');
    else if (faults !== this.faults) announce(faults ? `${faults} ${faults === 1 ? 'mistake' : 'mistakes'}` : 'No mistakes');
    this.faults = faults;
  }

  mark() {
    this.ink.mark(new Set($$('#tried-check [data-line]').map((fault) => Number(fault.dataset.line))));
  }
}

export function startEditor(form) {
  const ink = new Ink($('textarea.script', form));
  const words = new Words(ink);
  const trial = new Trial(form, ink);
  ink.area.addEventListener('keydown', (event) => {
    if (words.key(event)) return event.preventDefault();
    const control = event.ctrlKey || event.metaKey;
    if (control && event.key === 'Enter') {
      event.preventDefault();
      trial.ask('');
    } else if (control && event.key === 's') {
      event.preventDefault();
      form.requestSubmit($('button[value="save"]', form));
    } else if (event.key === 'Enter' && !event.shiftKey && !event.altKey) {
      const { selectionStart, value } = ink.area;
      const indent = value.slice(value.lastIndexOf('\n', selectionStart - 1) + 1, selectionStart).match(/^[ \t]*/)[0];
      if (!indent) return undefined;
      event.preventDefault();
      type(ink.area, `\n${indent}`);
    }
    return undefined;
  });
}
