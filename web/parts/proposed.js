// SPDX-License-Identifier: Apache-2.0
/** What a proposal holds where a sentence would not do: the whole meeting, the rows of a paper count. */
import { candidate, html } from './ui.js';
import { roleWords, Rules } from './meeting.js';

export function Opening({ app, it }) {
  const { t } = app;
  const missing = it.people.filter((one) => !one.enrolled);
  const trustees = it.trustees.map((p) => (p === 0 ? t('word.server') : it.people[p - 1]?.name));
  const about = ({ employer, level, exceptional }) =>
    [employer, level, ...(exceptional ? [t('channel.exceptional')] : [])].join(t('word.middot'));
  return html`<div class="proposal-body">
    <dl class="facts"><div><dt>${t('sign.meetingTitle')}</dt><dd>${it.title}</dd></div>
      <div><dt>${t('sign.date')}</dt><dd>${it.date}</dd></div>
      <div><dt>${t('attend.committee')}</dt><dd>${it.committee_size}</dd></div>
      <div><dt>${t('facts.trustees')}</dt><dd>${trustees.join(t('word.comma'))}</dd></div></dl>
    ${it.rehearsal && html`<p class="note warn">${t('rehearsal.lead')}</p>`}
    ${missing.length > 0 && html`<p class="note warn">
      ${t('sign.notEnrolled', { names: missing.map((one) => one.name).join(t('word.comma')) })}</p>`}
    <h4>${t('facts.rules')}</h4><${Rules} app=${app} rules=${it.rules} />
    <details><summary>${t('sign.people', { n: it.people.length })}</summary>
      <ul class="members">${it.people.map((one) => html`<li key=${one.person}>${one.name}
      <span class="quiet-text">${roleWords(app, one.roles)}</span></li>`)}</ul></details>
    <details><summary>${t('sign.candidates', { n: it.candidates.length })}</summary>
      ${it.batches.map((batch, i) => html`<h5 key=${i}>${batch.title}</h5>
        <ol class="members">${batch.questions.map((q) => html`<li key=${q}>${it.candidates[q - 1].name} <span
          class="quiet-text">${about(it.candidates[q - 1])}</span></li>`)}</ol>`)}</details></div>`;
}

export function Papers({ app, it }) {
  const parts = ['issued', 'returned', 'valid', 'invalid', 'agree', 'disagree', 'abstain'];
  return html`<div class="scroll-x" tabindex="0" role="region" aria-label=${app.t('paperTally.title')}>
    <table class="plain"><thead><tr><th scope="col">${app.t('row.candidate')}</th>
    ${parts.map((part) => html`<th scope="col" key=${part} class="number">${app.t(`paperTally.${part}`)}</th>`)}</tr>
    </thead>
    <tbody>${it.papers.map(
        (row) => html`<tr key=${row.question}><th scope="row">${candidate(app, row.question).name}</th>${
      parts.map((part) => html`<td key=${part} class="number">${row[part]}</td>`)}</tr>`)}</tbody></table></div>`;
}
