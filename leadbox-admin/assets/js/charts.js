// charts.js owns the cursor over the server's SVG charts: pointer, arrow keys, tooltip, live region.
// Every value it shows comes from the table beside the chart, so chart and table cannot disagree.
//
// Reads: figure[data-chart="line|bar"], data-max and data-min (the axis), .plot, .g, td[data-v],
//        th[data-series] (the s1 … s6 class of a column; s1, s0 by default).

import { $, $$, announce, h } from './dom.js';

const SVG = 'http://www.w3.org/2000/svg';
const started = new WeakSet();

function shape(name, attributes = {}) {
  const element = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  return element;
}

/** The figure's table as plain values. */
function read(figure) {
  const heads = $$('.astable thead th', figure).map((cell) => cell.textContent.trim());
  const series = $$('.astable thead th', figure)
    .slice(1)
    .map((cell, index) => cell.dataset.series ?? (index === 0 ? 's1' : 's0'));
  const rows = $$('.astable tbody tr', figure).map((row) => ({
    label: row.cells[0].textContent.trim(),
    values: [...row.cells].slice(1).map((cell) => (cell.dataset.v ? Number(cell.dataset.v) : null)),
    texts: [...row.cells].slice(1).map((cell) => cell.textContent.trim()),
  }));
  return { heads, series, rows };
}

class Cursor {
  constructor(figure) {
    Object.assign(this, read(figure));
    this.plot = $('.plot', figure);
    this.area = $('.g', figure);
    this.bars = figure.dataset.chart === 'bar';
    this.max = Number(figure.dataset.max) || 1;
    this.min = Number(figure.dataset.min) || 0;
    this.at = -1;
    this.build();
    this.listen();
  }

  build() {
    this.group = shape('g', { class: 'cursor', hidden: '' });
    if (this.bars) {
      this.band = shape('rect', { y: '0', height: '100%', width: `${100 / this.rows.length}%` });
      this.group.append(this.band);
    } else {
      this.line = shape('line', { y1: '0', y2: '100%' });
      this.points = this.series.map((name) => shape('circle', { r: '4.5', class: name }));
      this.group.append(this.line, ...this.points);
    }
    this.area.append(this.group);
    this.tip = this.plot.appendChild(h('div', { class: 'tip', hidden: '', 'aria-hidden': 'true' }));
  }

  /** Where row `index` stands, in percent of the plot's width. */
  x(index) {
    const count = this.rows.length;
    return this.bars ? ((index + 0.5) / count) * 100 : count > 1 ? (index / (count - 1)) * 100 : 50;
  }

  show(index, say) {
    this.at = Math.max(0, Math.min(this.rows.length - 1, index));
    const row = this.rows[this.at];
    const x = this.x(this.at);
    if (this.bars) {
      this.band.setAttribute('x', `${(this.at / this.rows.length) * 100}%`);
    } else {
      this.line.setAttribute('x1', `${x}%`);
      this.line.setAttribute('x2', `${x}%`);
      this.points.forEach((point, i) => this.movePoint(point, x, row.values[i]));
    }
    this.group.removeAttribute('hidden');
    this.showTip(row, x);
    if (say) {
      clearTimeout(this.timer);
      const text = `${row.label}: ${row.texts.map((value, i) => `${this.heads[i + 1]} ${value}`).join(', ')}`;
      this.timer = setTimeout(() => announce(text), 150);
    }
  }

  movePoint(point, x, value) {
    point.toggleAttribute('hidden', value === null);
    if (value === null) return;
    point.setAttribute('cx', `${x}%`);
    point.setAttribute('cy', `${100 - ((value - this.min) / (this.max - this.min)) * 100}%`);
  }

  showTip(row, x) {
    const lines = row.texts.map((value, i) => h('div', {}, h('span', {}, this.heads[i + 1]), h('b', {}, value)));
    this.tip.replaceChildren(h('b', {}, row.label), ...lines);
    this.tip.hidden = false;
    const plot = this.plot.getBoundingClientRect();
    const area = this.area.getBoundingClientRect();
    const left = area.left - plot.left + (area.width * x) / 100;
    const width = this.tip.offsetWidth;
    const flip = left + width + 20 > plot.width;
    const place = Math.max(0, flip ? left - width - 12 : left + 12);
    this.tip.style.transform = `translate(${Math.round(place)}px, 4px)`;
  }

  hide() {
    this.group.setAttribute('hidden', '');
    this.tip.hidden = true;
  }

  listen() {
    const last = this.rows.length - 1;
    this.plot.addEventListener('pointermove', (event) => {
      const box = this.area.getBoundingClientRect();
      const share = (event.clientX - box.left) / box.width;
      this.show(this.bars ? Math.floor(share * (last + 1)) : Math.round(share * last));
    });
    this.plot.addEventListener('pointerleave', () => this.hide());
    this.plot.addEventListener('blur', () => this.hide());
    this.plot.addEventListener('keydown', (event) => {
      // Alt and an arrow is the browser's way back.
      if (event.altKey || event.ctrlKey || event.metaKey) return;
      if (event.key === 'Escape') this.hide();
      const moves = { ArrowRight: this.at + 1, ArrowLeft: this.at < 0 ? last : this.at - 1, Home: 0, End: last };
      if (!(event.key in moves)) return;
      event.preventDefault();
      this.show(moves[event.key], true);
    });
  }
}

export function startCharts(root = document) {
  for (const figure of $$('[data-chart]', root)) {
    if (started.has(figure) || !$('.plot', figure) || !$('.astable tbody tr', figure)) continue;
    started.add(figure);
    new Cursor(figure);
  }
}
