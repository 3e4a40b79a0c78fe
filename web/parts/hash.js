// SPDX-License-Identifier: Apache-2.0
/** A hash in groups of four, to be read aloud and compared with the wall. */
import { html } from './ui.js';

export function Hash({ label, value, big = false }) {
  const groups = (value || '').split(' ').filter(Boolean);
  return html`<figure class=${big ? 'hash big' : 'hash'}><figcaption>${label}</figcaption>
    <p class="hash-groups">${groups.map((group, i) => html`<span key=${i} class="hash-group">${group} </span>`)}</p>
    </figure>`;
}
