// SPDX-License-Identifier: Apache-2.0
/** Steps that follow one another, each with a sign and a word for how it stands. */
import { html } from './ui.js';

const kSigns = { done: '✓', active: '…', pending: '○', failed: '✗' };

/** @param steps [{ id, label, state }] with state done, active, pending or failed */
export function Stages({ app, steps, label }) {
  return html`<ol class="stages" aria-label=${label}>
    ${steps.map((step) =>
      html`<li key=${step.id} class=${`stage ${step.state}`}
        aria-current=${step.state === 'active' ? 'step' : undefined}>
      <span class="stage-sign" aria-hidden="true">${kSigns[step.state]}</span>
      <span>${step.label}<span class="sr">${app.t('word.colon')}${app.t(`step.${step.state}`)}</span></span></li>`)}
  </ol>`;
}

/** All steps before `at` are done, `at` is on, the rest is to come. */
export function inOrder(ids, at, label) {
  return ids.map((id, i) => ({ id, label: label(id), state: i < at ? 'done' : i === at ? 'active' : 'pending' }));
}
