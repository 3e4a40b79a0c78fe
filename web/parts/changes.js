// SPDX-License-Identifier: Apache-2.0
/** Everything so far by which somebody had a hand in another's keys, presence or vote, and every mark on a result. */
import { html, names } from './ui.js';

function Change({ app, one }) {
  const { t } = app;
  const what = t.has(`changes.${one.kind}`) ? t(`changes.${one.kind}`, { name: names(app, [one.person ?? 0]) })
    : t('changes.other');
  return html`<li>${t('log.entry', { n: one.index })}${what}
    ${one.by && html`<span class="quiet-text"> ${t(`changes.by.${one.by}`)}</span>`}</li>`;
}

/** Envelopes of this attempt that were opened to a supervisor, or spoiled by the office, and what came of it. */
function Spoils({ app }) {
  const { t, s } = app;
  const list = s.now.attempt?.spoils || [];
  return list.map((one) => html`<li key=${`${one.person}.${one.cast}`}
    class=${one.verdict === 'differs' ? 'alarm' : ''}>
    ${t(`spoils.${one.verdict || 'pending'}`, { name: names(app, [one.person]) })}
    ${one.supervisor > 0 && html`<span class="quiet-text"> ${t('spoils.by', { name: names(app, [one.supervisor]) })}
      </span>`}</li>`);
}

export function Changes({ app }) {
  const { t, s } = app;
  const list = s.now.changes || [];
  const none = list.length === 0 && !(s.now.attempt?.spoils || []).length;
  return html`<section class="card"><h2>${t('changes.title')}</h2>
    ${none ? html`<p class="quiet-text">${t('changes.none')}</p>`
      : html`<ul class="changes">
        ${list.map((one, i) => html`<${Change} key=${`${one.index}.${i}`} app=${app} one=${one} />`)}
        <${Spoils} app=${app} /></ul>`}</section>`;
}
