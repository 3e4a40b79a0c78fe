// SPDX-License-Identifier: Apache-2.0
/** Which page, and how large: buttons, and the keys + − 0. Arrows, page up and down, blank, home, end scroll. */
import { element } from './ui.js';

export class Bar {
  #number;
  #percent;
  #fit;

  constructor({ t, count, sheets }) {
    const button = (label, text, pressed) => element('button', { type: 'button', 'aria-label': label, title: label,
      onclick: pressed }, text);
    this.#number = element('input', { type: 'text', inputMode: 'numeric', 'aria-label': t('reader.number'),
      value: '1', autocomplete: 'off' });
    this.#number.onchange = () => {
      const wanted = Number.parseInt(this.#number.value, 10);
      if (wanted >= 1) sheets.go(Math.min(wanted, count));
      else this.#number.value = String(sheets.current);
    };
    this.#percent = element('span', { className: 'percent', role: 'status' });
    this.#fit = button(t('reader.fit'), t('reader.fit'), () => sheets.fit());
    this.element = element('div', { className: 'tools', role: 'group', 'aria-label': t('reader.tools') },
      button(t('reader.previous'), '↑', () => sheets.go(Math.max(1, sheets.current - 1))),
      this.#number, element('span', {}, t('reader.of', { m: count })),
      button(t('reader.next'), '↓', () => sheets.go(Math.min(count, sheets.current + 1))),
      button(t('reader.smaller'), '−', () => sheets.zoomBy(-1)), this.#percent,
      button(t('reader.larger'), '+', () => sheets.zoomBy(1)), this.#fit);
    this.fault = element('p', { className: 'fault', role: 'status', hidden: true });
    addEventListener('keydown', (event) => {
      if (event.ctrlKey || event.metaKey || event.altKey || event.target === this.#number) return;
      const does = { '+': () => sheets.zoomBy(1), '=': () => sheets.zoomBy(1), '-': () => sheets.zoomBy(-1),
        0: () => sheets.fit() }[event.key];
      if (!does) return;
      event.preventDefault();
      does();
    });
  }

  show({ current, zoom, fits, fault }) {
    this.fault.hidden = !fault;
    if (this.fault.textContent !== fault) this.fault.textContent = fault;
    if (document.activeElement !== this.#number || this.#number.dataset.shown !== String(current)) {
      this.#number.value = String(current);
      this.#number.dataset.shown = String(current);
    }
    this.#percent.textContent = `${Math.round(zoom * 100)}%`;
    this.#fit.setAttribute('aria-pressed', String(fits));
  }
}
