// SPDX-License-Identifier: Apache-2.0
/**
 * What waits for signatures, each with exactly what is signed and what its signer vouches for or gives away; one's own
 * signature has to be held for.
 */
import { useState } from '../vendor/preact-hooks.js';
import { candidate, candidates, html, kSupervisor, later, names, personName } from './ui.js';
import { Heads } from './heads.js';
import { Hold } from './hold.js';
import { Results } from './results.js';
import { Opening, Papers } from './proposed.js';
import { allTicked, TickSheet, useSheet } from './sheet.js';
import { needsCommittee } from './signers.js';

const StillToSign = later(async () => (await import('./stilltosign.js')).StillToSign);

function Overridden({ app, it }) {
  const { t } = app;
  const who = (missing) => it.people.filter((one) => one.missing === missing).map((one) => one.person);
  return html`<div class="proposal-body">
    ${who(false).length > 0 && html`<p>${t('sign.silent', { names: names(app, who(false)) })}</p>`}
    ${who(true).length > 0 && html`<p class="note bad">${t('sign.missing', { names: names(app, who(true)) })}</p>`}
    <p>${t('round.reason', { reason: it.reason })}</p></div>`;
}

function Batch({ app, it }) {
  const { t } = app;
  return html`<div class="proposal-body"><p>${t(it.paper ? 'sign.openPaper' : 'sign.open',
    { title: app.s.meeting.batches.find((one) => one.batch === it.batch)?.title || '', n: it.questions.length })}</p>
    <p>${candidates(app, it.questions)}</p></div>`;
}

function Closing({ app, it }) {
  const { t } = app;
  return it.without.length > 0
    ? html`<p class="note warn">${t('sign.without', { names: names(app, it.without) })}</p>`
    : html`<p>${t('attempt.allVoted')}</p>`;
}

/** One sentence or a table an entry type. */
function Body({ app, it }) {
  const { t } = app;
  switch (it.type) {
    case 'MeetingOpen': return html`<${Opening} app=${app} it=${it} />`;
    case 'BatchOpen': return html`<${Batch} app=${app} it=${it} />`;
    case 'BatchClose': return html`<${Closing} app=${app} it=${it} />`;
    case 'Declaration': return html`<${Results} app=${app} rows=${it.rows} caption=${t('sign.rows')} />`;
    case 'PaperTally': return html`<${Papers} app=${app} it=${it} />`;
    case 'SignOut': return html`<p>${t('sign.signOut', { name: it.name, reason: it.reason || '' })}</p>`;
    case 'Recuse': return html`<p>
      ${t('sign.recuse', { name: it.name, candidate: candidate(app, it.question).name, reason: it.reason })}</p>`;
    case 'RecuseBack': return html`<p>
      ${t('sign.recuseBack', { name: it.name, candidate: candidate(app, it.question).name, reason: it.reason })}</p>`;
    case 'KeyChange': return html`<p>${t('sign.keyChange', { name: it.name, reason: it.reason })}</p>`;
    case 'TrusteeChange': return html`<p>${t('sign.slot',
      { from: personName(app, it.from), name: personName(app, it.person), reason: it.reason })}</p>`;
    case 'EnvelopeSpoil': return html`<p>${t('sign.spoil', { name: it.name || personName(app, it.person) })}</p>`;
    case 'Override': return html`<${Overridden} app=${app} it=${it} />`;
    case 'Void': return html`<p>
      ${t('sign.void', { names: candidates(app, it.questions), reason: it.reason })}</p>`;
    case 'MeetingClose': return html`<p>${t('sign.close', { size: it.size })}</p>
      ${it.undecided?.length > 0
        && html`<p class="note bad">${t('sign.undecided', { names: candidates(app, it.undecided) })}</p>`}`;
    default: return null;
  }
}

/** The code that stands on that person's own screen. */
function DeviceCode({ app, it, same, setSame }) {
  const { t } = app;
  return html`<div class="device-check"><p class="device-code">${it.device_code}</p>
    <label class="check"><input type="checkbox" checked=${same} onChange=${(e) => setSame(e.target.checked)} />
      ${t('device.same', { name: it.name || personName(app, it.person) })}</label></div>`;
}

function Signing({ app, it, title }) {
  const { t } = app;
  const [heads, setHeads] = useState('');
  const [same, setSame] = useState(false);
  const opening = it.type === 'BatchOpen';
  const key = it.type === 'KeyChange';
  const ready = (!opening || Number(heads) === it.people.length) && (!key || same);
  return html`${key && html`<${DeviceCode} app=${app} it=${it} same=${same} setSame=${setSame} />`}
    <div class="signing">${opening && html`<${Heads} app=${app}
      people=${it.people.map((one) => one.person)} heads=${heads} setHeads=${setHeads} />`}
    <div class="sign-row"><${Hold} app=${app} label=${t('sign.do', { title })} disabled=${!ready}
      run=${() => app.act(`approve ${it.id}${opening ? ` ${heads}` : ''}`, 'note.signed')} />
      <p class="quiet-text">${t('sign.object')}</p></div></div>`;
}

/** A supervisor signs the meeting only when everybody with keys is ticked. */
function TickedSigning({ app, it, title }) {
  const { t } = app;
  const sheet = useSheet(app);
  return html`<${TickSheet} app=${app} sheet=${sheet} />
    <div class="signing"><div class="sign-row">
      <${Hold} app=${app} label=${t('sign.do', { title })} disabled=${!allTicked(sheet[0])}
        run=${() => app.act(`approve ${it.id}`, 'note.signed')} />
      <p class="quiet-text">${t('sign.object')}</p></div></div>`;
}

function Proposal({ app, it }) {
  const { t, s } = app;
  const title = t.has(`entry.${it.type}`) ? t(`entry.${it.type}`) : it.type;
  const name = (person) => (it.type === 'MeetingOpen' && it.people[person - 1]?.name) || personName(app, person);
  const signed = it.signed.length ? it.signed.map(name).join(t('word.comma')) : t('sign.nobody');
  const Sign = it.type === 'MeetingOpen' && s.now.roles & kSupervisor ? TickedSigning : Signing;
  return html`<section class=${it.yours ? 'card proposal yours' : 'card proposal'} tabindex="-1">
    <h3>${t('sign.title', { title })}</h3>
    <${Body} app=${app} it=${it} />
    ${t.has(`vouch.${it.type}`) && html`<p class="note">${t(`vouch.${it.type}`)}</p>`}
    ${it.unwitnessed?.length > 0 && html`<p class="note warn">
      ${t('sign.unwitnessed', { list: it.unwitnessed.join(t('word.comma')) })}</p>`}
    ${it.type === 'KeyChange' && html`<p class="quiet-text">${t('sign.keyEffect')}</p>`}
    ${needsCommittee(app, it) && html`<p class=${kMilder[it.type] ? 'note warn' : 'quiet-text'}>
      ${t(kMilder[it.type] || 'sign.byCommittee')}</p>`}
    <p class="quiet-text">${t('sign.signedBy', { names: signed })}</p>
    ${it.refused && html`<p class="note bad">
      ${t('sign.refused', { why: t.has(`code.${it.refused}`) ? t(`code.${it.refused}`) : it.refused })}</p>`}
    ${it.yours ? html`<${Sign} app=${app} it=${it} title=${title} />`
      : !it.refused && html`<${StillToSign} app=${app} it=${it} />`}
  </section>`;
}

/** @param only which of them; all without it */
export function Proposals({ app, empty = false, only = () => true, heading = 'sign.heading' }) {
  const list = app.s.now.proposals.filter(only).sort((a, b) => Number(b.yours) - Number(a.yours));
  if (list.length === 0 && !empty) return null;
  return html`<section class="stack" aria-label=${app.t(heading)}>
    <h2>${app.t(heading)}</h2>
    ${list.length === 0 && html`<p class="card quiet-text">${app.t('sign.none')}</p>`}
    ${list.map((it) => html`<${Proposal} key=${it.id} app=${app} it=${it} />`)}</section>`;
}

/** Where an office could sign as well, and the committee had better. */
const kMilder = { PaperTally: 'sign.paperBy', KeyChange: 'sign.keyBy' };

/** An expert's part: what only the committee can sign, and, folded up, what it can sign in place of the office. */
export function CommitteeProposals({ app }) {
  const { t, s } = app;
  const mine = s.now.proposals.filter((one) => one.yours);
  const others = mine.filter((one) => !needsCommittee(app, one));
  return html`<${Proposals} app=${app} only=${(one) => one.yours && needsCommittee(app, one)} />
    ${others.length > 0 && html`<details class="card"><summary>${t('sign.instead', { n: others.length })}</summary>
      <p class="quiet-text">${t('sign.insteadLead')}</p>
      <${Proposals} app=${app} heading="sign.insteadHeading"
        only=${(one) => one.yours && !needsCommittee(app, one)} /></details>`}`;
}
