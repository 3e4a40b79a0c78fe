// SPDX-License-Identifier: Apache-2.0
/** The supervisor's place: what this laptop guards, each check as it runs, what waits for a signature, the head. */
import { html, names, standing } from '../parts/ui.js';
import { Attendance } from '../parts/attendance.js';
import { Changes } from '../parts/changes.js';
import { EndCard } from '../parts/end.js';
import { GuardsBoard } from '../parts/guards.js';
import { Hash } from '../parts/hash.js';
import { Leave } from '../parts/leave.js';
import { LogPicture } from '../parts/log.js';
import { Objections } from '../parts/objections.js';
import { OfficeButtons } from '../parts/office.js';
import { Proposals } from '../parts/proposals.js';
import { Rounds } from '../parts/results.js';
import { SpotDesk } from '../parts/spot.js';
import { Stages } from '../parts/stages.js';
import { StandIn } from '../parts/standin.js';
import { Waits } from '../parts/waits.js';
import { Closed } from './ended.js';
import { BeforeOpen, MeetingFacts, SignInCard } from './lobby.js';

const kOrder = ['voting', 'closing', 'mixing', 'confirming', 'opening', 'counted', 'declared'];

/** One milestone that laptops have seen alike. @param of what `now` says of it, or null before it is there */
function witnessed(t, of, id) {
  if (!of) return [];
  const done = of.have >= of.needed && of.have_experts >= of.needed_experts;
  return [{ id: `witness-${id}`, label: t(`check.witness.${id}`, { have: of.have, needed: of.needed,
    experts: of.have_experts, needed_experts: of.needed_experts }), state: done ? 'done' : 'active' }];
}

/** Each check with how it stands, from what this laptop's own state machine has computed. */
function checksOf(app) {
  const { t, s } = app;
  const { attempt } = s.now;
  const at = kOrder.indexOf(attempt.phase);
  const after = (phase) => at > kOrder.indexOf(phase);
  const state = (done, active, failed = false) => (failed ? 'failed' : done ? 'done' : active ? 'active' : 'pending');
  const all = attempt.phase === 'confirming' && attempt.unconfirmed.length === 0;
  return [
    ...witnessed(t, attempt.witness?.open, 'open'),
    { id: 'roll', label: t('check.roll', { n: attempt.present.length, needed: attempt.quorum_min }), state: 'done' },
    { id: 'keys', label: t('check.keys', { n: attempt.trustees.length }), state: 'done' },
    { id: 'tokens', label: t('check.tokens', { done: attempt.issued.length, total: attempt.present.length }),
      state: state(after('voting'), true) },
    { id: 'closed', label: t('check.closed', { n: after('voting') ? attempt.counted.length : 0 }),
      state: state(after('voting'), false) },
    { id: 'mix', label: t('check.mix', { done: attempt.mixed, total: attempt.hops }),
      state: state(attempt.mixed === attempt.hops, attempt.phase === 'mixing') },
    { id: 'box', label: t('check.box', { n: attempt.boxes.length }),
      state: state(attempt.boxes.length > 0, attempt.phase === 'mixing') },
    ...witnessed(t, attempt.witness?.box, 'box'),
    { id: 'confirm', label: t('check.confirm',
      { done: attempt.confirmed.length + attempt.not_cast.length, total: attempt.entitled.length }),
      state: state(after('confirming') || all, attempt.phase === 'confirming',
        attempt.missing.some((p) => !attempt.overridden.some((one) => one.person === p && one.missing))) },
    ...witnessed(t, attempt.witness?.share, 'share'),
    { id: 'open', label: t('check.open', { done: attempt.shared, total: attempt.hops }),
      state: state(after('opening'), attempt.phase === 'opening') },
    { id: 'sum', label: t('check.sum', { n: attempt.rows.length }), state: state(after('opening'), false) },
  ];
}

function Checks({ app }) {
  const { t, s } = app;
  const { attempt } = s.now;
  if (!attempt || attempt.phase === 'voided')
    return html`<section class="card"><h2>${t('check.title')}</h2>
      <p class="quiet-text">${t('check.none')}</p></section>`;
  const title = s.meeting.batches.find((one) => one.batch === attempt.batch)?.title;
  if (attempt.paper) return html`<section class="card"><h2>${t('check.title')}</h2>
    <p>${t('check.paper', { title })}</p></section>`;
  return html`<section class="card checks-card"><h2>${t('check.title')}</h2>
    <p>${t('check.lead', { title, n: attempt.attempt })}</p>
    <${Waits} app=${app} />
    <${Stages} app=${app} label=${t('check.title')} steps=${checksOf(app)} />
    ${attempt.missing.length > 0
      && html`<p class="note bad">${t('confirm.missing', { names: names(app, attempt.missing) })}</p>`}</section>`;
}

function Guard({ app }) {
  const { t, s } = app;
  const { trustee } = s.now;
  return html`<section class="card"><h2>${t('guard.title')}</h2>
    ${!trustee ? html`<p>${t('guard.none')}</p>`
      : html`<p>${t('guard.lead')}</p>
        <p class="guard-state"><span class="tag strong">${t(`trustee.${trustee.state}`)}</span></p>
      ${trustee.waiting && html`<p class="note">${t('guard.waiting', { why: t(`code.${trustee.waiting}`) })}</p>`}
      ${trustee.refused && html`<p class="note bad">${t('guard.refused', { why: t(`code.${trustee.refused}`) })}</p>`}
      ${trustee.waits_for_half?.length > 0 && html`<p class="note warn">
        ${t('guard.half', { names: names(app, trustee.waits_for_half) })}</p>`}
      <p class="quiet-text">${t('guard.keepOn')}</p>`}</section>`;
}

export function Supervisor({ app }) {
  const { t, s } = app;
  if (s.now.meeting === 'before-open') return html`<${BeforeOpen} app=${app} />`;
  if (s.now.meeting === 'closed') return html`<${Closed} app=${app} />`;
  const asked = s.now.checks.some((one) => one.state !== 'done');
  const told = s.now.agenda.filter(
    (item) => item.attempts.some((one) => one.phase === 'declared' || one.phase === 'voided'));
  return html`<h1 class="sr">${t('place.supervisor')}</h1><div class="columns"><div class="stack">
      ${!standing(app, s.now.person).signed_in && html`<${SignInCard} app=${app} />`}
      ${asked && html`<${SpotDesk} app=${app} />`}
      <${Proposals} app=${app} empty=${true} /><${Checks} app=${app} />
      ${!asked && html`<${SpotDesk} app=${app} />`}
      ${told.map((item) => html`<section key=${item.batch} class="card"><h2>${item.title}</h2>
        <${Rounds} app=${app} item=${item} /></section>`)}
      <${StandIn} app=${app} /><${EndCard} app=${app} /></div>
    <aside class="stack" aria-label=${t('guard.title')}><${GuardsBoard} app=${app} /><${Guard} app=${app} />
      <${Objections} app=${app} /><section class="card"><h2>${t('head.now')}</h2><p>${t('head.compare')}</p>
        <${Hash} label=${t('head.size', { n: s.now.size })} value=${s.now.root} /></section>
      <section class="card"><h2>${t('attend.title')}</h2><${Attendance} app=${app} list=${true} />
        <${OfficeButtons} app=${app} /></section>
      <${Changes} app=${app} />
      <section class="card"><h2>${t('log.title')}</h2><${LogPicture} app=${app} /></section>
      <div class="row"><${Leave} app=${app} /></div><${MeetingFacts} app=${app} /></aside></div>`;
}
