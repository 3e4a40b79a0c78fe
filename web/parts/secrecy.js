// SPDX-License-Identifier: Apache-2.0
/** Whether one's vote is secret, and from whom, in plain words: of who guards it now, by name. */
import { html, names } from './ui.js';

/** The one sentence. Before the program has said who guards it, nothing is promised. */
export function secrecySentence(app) {
  const { guards } = app.s.now;
  if (!guards) return '';
  const changed = guards.people.filter((one) => one.key === 'changed').map((one) => one.person);
  const sentence = app.t(`secrecy.${guards.kind}`, { names: names(app, guards.people.map((one) => one.person)) });
  return changed.length === 0 ? sentence : `${sentence} ${app.t('secrecy.changed', { names: names(app, changed) })}`;
}

/** Why, and what is not secret. */
export function SecrecyMore({ app }) {
  return html`<p>${app.t('secrecy.how')}</p><p>${app.t('secrecy.not')}</p>`;
}

export function Secrecy({ app }) {
  const sentence = secrecySentence(app);
  if (!sentence) return null;
  return html`<div class="secrecy"><p class="secrecy-line">${sentence}</p>
    <details><summary>${app.t('secrecy.question')}</summary><${SecrecyMore} app=${app} /></details></div>`;
}
