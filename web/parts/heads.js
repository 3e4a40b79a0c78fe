// SPDX-License-Identifier: Apache-2.0
/** The number of people in the hall, counted by whoever opens a batch or signs its opening. */
import { html, names } from './ui.js';

/** @param people on the list. @param heads what was typed. @param first a dialog begins here */
export function Heads({ app, people, heads, setHeads, first = false }) {
  const { t } = app;
  return html`<div class="heads"><p><strong>${t('heads.ask', { n: people.length, names: names(app, people) })}</strong>
    </p><label class="field heads-field"><span>${t('heads.field')}</span>
      <input type="text" inputmode="numeric" autocomplete="off" value=${heads} autofocus=${first}
        onInput=${(e) => setHeads(e.target.value.trim())} /></label>
    <p class="field-error" role="alert">${heads !== '' && Number(heads) !== people.length && t('heads.differ')}</p>
  </div>`;
}
