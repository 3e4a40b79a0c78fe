// SPDX-License-Identifier: Apache-2.0
/** What waits for signatures, each with exactly what is signed; one's own signature has to be held for. */
import { candidate, html, personName } from './ui.js';
import { Hold } from './hold.js';
import { Results } from './results.js';
import { Hash } from './hash.js';
import { roleWords, Rules } from './meeting.js';

function Opening({ app, it }) {
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

function Papers({ app, it }) {
  const parts = ['issued', 'returned', 'valid', 'invalid', 'agree', 'disagree', 'abstain'];
  return html`<div class="scroll-x" tabindex="0" role="region" aria-label=${app.t('paperTally.title')}>
    <table class="plain"><thead><tr><th scope="col">${app.t('row.candidate')}</th>
    ${parts.map((part) => html`<th scope="col" key=${part} class="number">${app.t(`paperTally.${part}`)}</th>`)}</tr>
    </thead>
    <tbody>${it.papers.map(
        (row) => html`<tr key=${row.question}><th scope="row">${candidate(app, row.question).name}</th>${
      parts.map((part) => html`<td key=${part} class="number">${row[part]}</td>`)}</tr>`)}</tbody></table></div>`;
}

/** One sentence or a table an entry type. */
function Body({ app, it }) {
  const { t } = app;
  const people = (list) => list.map((one) => one.name).join(t('word.comma'));
  switch (it.type) {
    case 'MeetingOpen': return html`<${Opening} app=${app} it=${it} />`;
    case 'Declaration': return html`<${Results} app=${app} rows=${it.rows} caption=${t('sign.rows')} />`;
    case 'PaperTally': return html`<${Papers} app=${app} it=${it} />`;
    case 'SignOut': return html`<p>${t('sign.signOut', { name: it.name, reason: it.reason || '' })}</p>`;
    case 'Recuse': return html`<p>
      ${t('sign.recuse', { name: it.name, candidate: candidate(app, it.question).name, reason: it.reason })}</p>`;
    case 'KeyChange': return html`<div class="proposal-body">
      <p>${t('sign.keyChange', { name: it.name, reason: it.reason })}</p>
      <${Hash} label=${t('sign.newKey')} value=${(it.identity_key || '').replace(/(.{4})/g, '$1 ')} /></div>`;
    case 'Override': return html`<div class="proposal-body">
      ${it.silent.length > 0 && html`<p>${t('sign.silent', { names: people(it.silent) })}</p>`}
      ${it.missing.length > 0 && html`<p class="note warn">${t('sign.missing', { names: people(it.missing) })}</p>`}
      <p>${t('round.reason', { reason: it.reason })}</p></div>`;
    case 'Void': return html`<p>
      ${t(it.shares_lost ? 'sign.voidLost' : 'sign.void',
        { names: it.questions.map((q) => candidate(app, q).name).join(t('word.comma')), reason: it.reason })}</p>`;
    case 'MeetingClose': return html`<p>${t('sign.close', { size: it.size })}</p>`;
    default: return null;
  }
}

function Proposal({ app, it }) {
  const { t } = app;
  const title = t.has(`entry.${it.type}`) ? t(`entry.${it.type}`) : it.type;
  const name = (person) => it.people?.[person - 1]?.name || personName(app, person);
  const signed = it.signed.length ? it.signed.map(name).join(t('word.comma')) : t('sign.nobody');
  return html`<section class=${it.yours ? 'card proposal yours' : 'card proposal'}>
    <h3>${t('sign.title', { title })}</h3>
    <${Body} app=${app} it=${it} />
    <p class="quiet-text">${t('sign.signedBy', { names: signed })}</p>
    ${it.refused && html`<p class="note bad">
      ${t('sign.refused', { why: t.has(`code.${it.refused}`) ? t(`code.${it.refused}`) : it.refused })}</p>`}
    ${it.yours ? html`<div class="sign-row">
      <${Hold} app=${app} label=${t('sign.do', { title })} run=${() => app.act(`approve ${it.id}`, 'note.signed')} />
        <p class="quiet-text">${t('sign.object')}</p></div>`
      : !it.refused && html`<p class="note">${t('sign.waiting')}</p>`}
  </section>`;
}

export function Proposals({ app, empty = false }) {
  const list = [...app.s.now.proposals].sort((a, b) => Number(b.yours) - Number(a.yours));
  if (list.length === 0 && !empty) return null;
  return html`<section class="stack" aria-labelledby="proposals-title">
    <h2 id="proposals-title">${app.t('sign.heading')}</h2>
    ${list.length === 0 && html`<p class="card quiet-text">${app.t('sign.none')}</p>`}
    ${list.map((it) => html`<${Proposal} key=${it.id} app=${app} it=${it} />`)}</section>`;
}
