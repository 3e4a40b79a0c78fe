// SPDX-License-Identifier: Apache-2.0
/** Whether one's vote is secret, and from whom, in plain words. */
import { html } from './ui.js';

export function Secrecy({ app }) {
  return html`<details class="secrecy"><summary>${app.t('secrecy.question')}</summary>
    <p>${app.t('secrecy.answer')}</p><p>${app.t('secrecy.not')}</p></details>`;
}
