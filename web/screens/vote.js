// SPDX-License-Identifier: Apache-2.0
/** An expert's place: signing in, waiting, the paper, and what happens to it afterwards. */
import { useEffect, useRef, useState } from '../vendor/preact-hooks.js';
import { Act, candidates, html, standing, Waiting } from '../parts/ui.js';
import { Attendance } from '../parts/attendance.js';
import { Changes } from '../parts/changes.js';
import { Leave } from '../parts/leave.js';
import { CommitteeProposals } from '../parts/proposals.js';
import { OwnRecusals, RecuseDialog, Suggested } from '../parts/recusal.js';
import { Rounds } from '../parts/results.js';
import { Secrecy } from '../parts/secrecy.js';
import { SpotExplain, SpotOffer, SpotState } from '../parts/spot.js';
import { Stages } from '../parts/stages.js';
import { StandIn } from '../parts/standin.js';
import { WaitingRoom } from '../parts/waitingroom.js';
import { Waits } from '../parts/waits.js';
import { Paper, paperIsOpen } from './paper.js';
import { BeforeOpen, MeetingFacts, SignInCard } from './lobby.js';
import { Closed } from './ended.js';

/** The stages of a paper that has been cast, as they happen. */
function castSteps(app) {
  const { attempt, ballot } = app.s.now;
  const bad = ballot.missing.length > 0;
  const last = bad ? 'failed' : ballot.stage === 'confirmed' ? 'done'
    : attempt.phase === 'confirming' ? 'active' : 'pending';
  const states = ['done', 'done', ballot.in_log ? 'done' : 'active', last];
  return ['receive', 'seal', 'cast', 'check'].map((id, i) => ({ id, label: app.t(`stage.${id}`), state: states[i] }));
}

function Cast({ app }) {
  const { t, s } = app;
  const { attempt, ballot } = s.now;
  const heading = useRef(null);
  const mine = s.receipt && s.receipt.batch === attempt.batch && s.receipt.attempt === attempt.attempt
    && s.receipt.cast === ballot.cast;
  useEffect(() => {
    // The button that was pressed is gone; whoever reads with a keyboard goes on here.
    if (document.activeElement === document.body) heading.current.focus();
  }, []);
  return html`<div class="stack"><section class="card center"><p class="big-sign agree-ink" aria-hidden="true">✓</p>
    <h1 tabindex="-1" ref=${heading}>${t(ballot.in_log ? 'cast.title' : 'cast.sending')}</h1>
    <p class="lead">${t(ballot.in_log ? 'cast.lead' : 'cast.sendingLead')}</p>
    ${mine && html`<p class="quiet-text">${t('cast.receipt', { index: s.receipt.index })}</p>`}
    <${Stages} app=${app} label=${t('stage.label')} steps=${castSteps(app)} />
    <p class="figure-line">${t('attempt.voted', { done: attempt.voted.length, total: attempt.present.length })}</p>
    <p class="quiet-text">${t('cast.final')}</p>
    <${SpotState} app=${app} /><${SpotOffer} app=${app} />
    <${Secrecy} app=${app} /><div class="row-center"><${Leave} app=${app} small=${true} /></div></section>
    <${CommitteeProposals} app=${app} /><${StandIn} app=${app} /></div>`;
}

/** The envelope that was spoiled for a check; the next paper comes by itself. */
function Spoiled({ app }) {
  const { t } = app;
  return html`<section class="card center"><h1>${t('spot.spoiledTitle')}</h1>
    <p class="lead">${t('spot.spoiledLead')}</p><${SpotState} app=${app} />
    <${Waiting} title=${t('spot.newPaper')}><p>${t('spot.newPaperLead')}</p></${Waiting}></section>`;
}

/** Who has cast nothing says once whether that was meant; NO means that a ballot is missing. */
function NotVoted({ app }) {
  const { t } = app;
  return html`<section class="card center alarm-card"><h1>${t('notVoted.title')}</h1>
    <p class="lead">${t('notVoted.lead')}</p>
    <div class="row-center"><${Act} app=${app} kind="primary large" label=${t('notVoted.yes')}
        run=${() => app.act('not-voted yes', 'note.notVoted')} />
      <${Act} app=${app} kind="danger large" label=${t('notVoted.no')}
        run=${() => app.act('not-voted no', 'note.missingSaid')} /></div></section>`;
}

const kPhases = ['closing', 'mixing', 'confirming', 'opening', 'counted'];

function After({ app }) {
  const { t, s } = app;
  const { attempt, ballot } = s.now;
  const at = kPhases.indexOf(attempt.phase);
  const missing = ballot.missing.length > 0;
  const gone = !missing && (ballot.stage === 'not-cast' || attempt.not_cast.includes(s.now.person));
  return html`<div class="stack"><section class=${missing ? 'card center alarm-card' : 'card center'}>
    <h1>${t(gone ? 'after.notCast' : missing ? 'after.missing' : 'after.title')}</h1>
    <p class="lead">${t(gone ? 'after.notCastLead' : missing ? 'after.missingLead' : 'after.lead')}</p>
    ${missing && html`<p class="alarm">${candidates(app, ballot.missing)}</p>`}
    ${!gone && html`<${Stages} app=${app} label=${t('stage.label')} steps=${castSteps(app)} />`}
    <${Stages} app=${app} label=${t('phase.label')}
      steps=${kPhases.map((id, i) =>
        ({ id, label: t(`phase.${id}`), state: i < at ? 'done' : i === at ? 'active' : 'pending' }))} />
    <${Waits} app=${app} /><p class="quiet-text">${t('after.noChoice')}</p>
    <div class="row-center"><${Leave} app=${app} small=${true} /></div></section>
    <${CommitteeProposals} app=${app} /><${StandIn} app=${app} /></div>`;
}

function Failed({ app }) {
  const { t, s } = app;
  const code = s.now.ballot.refused || s.ownRefusal?.code || 'UNLISTED';
  return html`<section class="card alarm-card" role="alert"><h1>${t('failed.title')}</h1>
    <p class="lead">${t.has(`code.${code}`) ? t(`code.${code}`) : s.now.ballot.message || t('code.UNLISTED')}</p>
    <p>${t('failed.next')}</p>
    <details><summary>${t('halted.detail')}</summary><p class="code">${code}</p></details></section>`;
}

function Rest({ app }) {
  const { t, s } = app;
  const { attempt } = s.now;
  const [dialog, setDialog] = useState('');
  const live = attempt?.live;
  const title = !live ? 'rest.title' : attempt.paper ? 'rest.paper' : 'rest.notIn';
  const told = s.now.agenda.filter(
    (item) => item.attempts.some((one) => one.phase === 'declared' || one.phase === 'voided'));
  return html`<h1 class="sr">${t('place.vote')}</h1><div class="columns"><div class="stack">
      <section class="card"><${Waiting} title=${t(title)}>
        <p>${t(!live ? 'rest.lead' : attempt.paper ? 'rest.paperLead' : 'rest.notInLead')}</p></${Waiting}>
        <${Waits} app=${app} /></section>
      <${CommitteeProposals} app=${app} /><${Suggested} app=${app} />
      <${WaitingRoom} app=${app} />
      ${told.map((item) => html`<section key=${item.batch} class="card"><h2>${item.title}</h2>
        <${Rounds} app=${app} item=${item} /></section>`)}<${StandIn} app=${app} /></div>
    <aside class="stack" aria-label=${t('rest.own')}>
      <section class="card"><h2>${t('rest.own')}</h2><${OwnRecusals} app=${app} />
        <div class="row"><button type="button" class="button" onClick=${() => setDialog('recuse')}>
          ${t('recuse.title')}</button><${Leave} app=${app} /></div></section>
      <section class="card"><${Attendance} app=${app} /><${Secrecy} app=${app} /><${SpotExplain} app=${app} />
        </section>
      <${Changes} app=${app} /><${MeetingFacts} app=${app} /></aside>
    ${dialog === 'recuse' && html`<${RecuseDialog} app=${app} onClose=${() => setDialog('')} />`}</div>`;
}

export function Vote({ app }) {
  const { now } = app.s;
  if (now.meeting === 'before-open') return html`<${BeforeOpen} app=${app} />`;
  if (now.meeting === 'closed') return html`<${Closed} app=${app} />`;
  const open = paperIsOpen(now);
  const { attempt, ballot } = now;
  if (attempt?.live && ballot) {
    if (ballot.stage === 'failed') return html`<${Failed} app=${app} />`;
    if (ballot.asks === 'not-voted') return html`<${NotVoted} app=${app} />`;
    if (open) return html`<div class="stack">
      <${Paper} key=${`${attempt.batch}.${attempt.attempt}.${ballot.cast}`} app=${app} />
      <${CommitteeProposals} app=${app} /></div>`;
    if (attempt.phase !== 'voting') return html`<${After} app=${app} />`;
    return ballot.stage === 'spoiled' ? html`<${Spoiled} app=${app} />` : html`<${Cast} app=${app} />`;
  }
  if (!standing(app, now.person).signed_in) {
    return html`<div class="stack middle"><${SignInCard} app=${app} /><${Suggested} app=${app} />
      <${WaitingRoom} app=${app} /><${MeetingFacts} app=${app} open=${true} /></div>`;
  }
  return html`<${Rest} app=${app} />`;
}
