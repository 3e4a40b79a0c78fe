// SPDX-License-Identifier: Apache-2.0
/** The head of a table: over a column of figures its name stands to the right, as they do. */
import { html } from '../parts/ui.js';

/** @param word what a column is called @param figures which of them hold figures */
export function Columns({ keys, figures, word }) {
  return html`<thead><tr>${keys.map((key) => html`<th key=${key} scope="col"
    class=${figures.includes(key) ? 'number' : ''}>${word(key)}</th>`)}</tr></thead>`;
}
