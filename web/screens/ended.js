// SPDX-License-Identifier: Apache-2.0
/**
 * The pages after which nothing more happens here: the meeting is over, the program ended, another tab has it, halted.
 */
import { asMarked, html, later } from '../parts/ui.js';
import { Changes } from '../parts/changes.js';
import { Hash } from '../parts/hash.js';
import { Rounds } from '../parts/results.js';
import { ExportForm } from '../parts/export.js';

const ClosingSheet = later(async () => (await import('../parts/closingsheet.js')).ClosingSheet);

export function Closed({ app }) {
  const { t, s } = app;
  return html`<div class="stack middle">
    <section class="card center"><h1>${t('closed.title')}</h1><p class="lead">${t('closed.lead')}</p>
      <${Hash} big=${true} label=${t('head.label')} value=${s.now.head} /><p>${t('head.lead')}</p>
      <${ClosingSheet} app=${app} /></section>
    <${ExportForm} app=${app} />
    ${s.now.agenda.filter((item) => item.attempts.length > 0)
      .map((item) => html`<section key=${item.batch} class="card"><h2>${item.title}</h2>
      <${Rounds} app=${app} item=${item} /></section>`)}<${Changes} app=${app} /></div>`;
}

function Still({ title, lead, next, children, alarm = false }) {
  return html`<section class=${alarm ? 'card narrow alarm-card' : 'card narrow'} role=${alarm ? 'alert' : 'status'}>
    <h1>${title}</h1>
    <p class="lead">${lead}</p>${children}<p>${next}</p></section>`;
}

export function Ended({ app }) {
  const { t, s } = app;
  return html`<${Still} title=${t('ended.title')} lead=${s.phaseMessage || t('ended.lead')} next=${t('ended.next')} />`;
}

export function TakenOver({ app }) {
  const { t, s } = app;
  return html`<${Still} title=${t('taken.title')} lead=${t('taken.lead')} next=${t(asMarked(s, 'taken.next'))}>
    <p><button type="button" class="button primary" onClick=${() => location.reload()}>${t('taken.do')}</button></p>
    </${Still}>`;
}

export function Renewed({ app }) {
  const { t, s } = app;
  return html`<${Still} title=${t('renewed.title')} lead=${t('renewed.lead')}
    next=${t(asMarked(s, 'renewed.next'))} />`;
}

export function Halted({ app, code }) {
  const { t, s } = app;
  return html`<section class="card alarm-card" role="alert"><p class="big-sign disagree-ink" aria-hidden="true">✗</p>
    <h1>${t('halted.title')}</h1>
    <p class="lead">${t(`code.${code}`)}</p>
    <ol class="steps-list"><li>${t('halted.step1')}</li><li>${t('halted.step2')}</li><li>${t('halted.step3')}</li></ol>
    <p>${t('halted.kept')}</p>
    <details><summary>${t('halted.detail')}</summary><p class="code">${code}</p>
      ${s.split?.detail && html`<p class="code">${s.split.detail}</p>`}</details></section>`;
}

export function KeyEnded({ app }) {
  const { t, s } = app;
  const code = s.now.device_code || s.meeting?.device_code;
  return html`<${Still} alarm=${true} title=${t('keyEnded.title')} lead=${t('keyEnded.lead')}
    next=${t('keyEnded.next')}>${code && html`<p>${t('device.compareLate')}</p>
      <p class="device-code">${code}</p>`}</${Still}>`;
}
