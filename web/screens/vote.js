// SPDX-License-Identifier: Apache-2.0
/** An expert's place: signing in, waiting, the paper, and what happens to it afterwards. */
import { useEffect, useRef, useState } from '../vendor/preact-hooks.js';
import { Act, candidate, Dialog, html, ReasonDialog, standing, Waiting } from '../parts/ui.js';
import { Attendance } from '../parts/attendance.js';
import { Rounds } from '../parts/results.js';
import { Secrecy } from '../parts/secrecy.js';
import { Stages } from '../parts/stages.js';
import { changeVote, Paper, paperIsOpen } from './paper.js';
import { BeforeOpen, MeetingFacts, SignInCard } from './lobby.js';
import { Closed } from './ended.js';

/** The stages of a paper that has been cast, as they happen. */
function castSteps(app) {
  const { attempt, ballot } = app.s.now;
  const checking = attempt.phase === 'confirming';
  const checked = ballot.stage === 'confirmed';
  const bad = checked && ballot.missing.length > 0;
  const last = bad ? 'failed' : checked ? 'done' : checking ? 'active' : 'pending';
  const states = ['done', 'done', 'done', last];
  return ['receive', 'seal', 'cast', 'check'].map((id, i) => ({ id, label: app.t(`stage.${id}`), state: states[i] }));
}

function Cast({ app }) {
  const { t, s } = app;
  const { attempt } = s.now;
  const heading = useRef(null);
  useEffect(() => {
    // The button that was pressed is gone; whoever reads with a keyboard goes on here.
    if (document.activeElement === document.body) heading.current.focus();
  }, []);
  return html`<section class="card center"><p class="big-sign agree-ink" aria-hidden="true">✓</p>
    <h1 tabindex="-1" ref=${heading}>${t('cast.title')}</h1><p class="lead">${t('cast.lead')}</p>
    ${s.receipt && html`<p class="quiet-text">
      ${t('cast.receipt', { index: s.receipt.index, n: s.receipt.sequence + 1 })}</p>`}
    <${Stages} app=${app} label=${t('stage.label')} steps=${castSteps(app)} />
    <p class="figure-line">${t('attempt.voted', { done: attempt.voted.length, total: attempt.present.length })}</p>
    <div class="row-center"><${Act} app=${app} label=${t('cast.change')} run=${async () => {
      const reply = await app.call('unmark');
      if (!reply.ok) return app.say({ reply });
      changeVote();
      app.redraw();
    }} /></div><p class="quiet-text">${t('cast.changeNote')}</p><${Secrecy} app=${app} /></section>`;
}

const kPhases = ['closing', 'mixing', 'confirming', 'opening', 'counted'];

function After({ app }) {
  const { t, s } = app;
  const { attempt, ballot } = s.now;
  const at = kPhases.indexOf(attempt.phase);
  const gone = ballot.stage === 'not-cast';
  const missing = ballot.missing.length > 0;
  return html`<section class="card center">
    <h1>${t(gone ? 'after.notCast' : missing ? 'after.missing' : 'after.title')}</h1>
    <p class="lead">${t(gone ? 'after.notCastLead' : missing ? 'after.missingLead' : 'after.lead')}</p>
    ${missing && html`<p class="alarm">${ballot.missing.map((q) => candidate(app, q).name).join(t('word.comma'))}</p>`}
    ${!gone && html`<${Stages} app=${app} label=${t('stage.label')} steps=${castSteps(app)} />`}
    <${Stages} app=${app} label=${t('phase.label')}
      steps=${kPhases.map((id, i) =>
        ({ id, label: t(`phase.${id}`), state: i < at ? 'done' : i === at ? 'active' : 'pending' }))} />
    <p class="quiet-text">${t('after.noChoice')}</p></section>`;
}

function Failed({ app }) {
  const { t, s } = app;
  const code = s.now.ballot.refused || s.ownRefusal?.code || 'UNLISTED';
  return html`<section class="card alarm-card" role="alert"><h1>${t('failed.title')}</h1>
    <p class="lead">${t.has(`code.${code}`) ? t(`code.${code}`) : s.now.ballot.message || t('code.UNLISTED')}</p>
    <p>${t('failed.next')}</p><p class="quiet-text">${t('failed.code', { code })}</p></section>`;
}

function RecuseDialog({ app, onClose }) {
  const { t, s } = app;
  const mine = new Set(s.now.recusals.filter((one) => one.person === s.now.person).map((one) => one.question));
  const open = s.now.agenda.flatMap((item) => item.undecided).filter((q) => !mine.has(q));
  const [question, setQuestion] = useState(open[0]);
  return html`<${ReasonDialog} app=${app} title=${t('recuse.title')} lead=${t('recuse.lead')}
    confirm=${t('recuse.confirm')} onClose=${onClose}
    run=${(reason) => app.act(`recuse ${question} ${reason}`, 'note.recused')}>
    <label class="field"><span>${t('word.candidate')}</span>
      <select value=${question} onChange=${(e) => setQuestion(Number(e.target.value))}>
      ${open.map((q) => html`<option key=${q} value=${q}>${q} ${candidate(app, q).name}${t('word.middot')}
        ${candidate(app, q).employer}</option>`)}</select></label>
  </${ReasonDialog}>`;
}

function Rest({ app }) {
  const { t, s } = app;
  const { attempt } = s.now;
  const [dialog, setDialog] = useState('');
  const mine = s.now.recusals.filter((one) => one.person === s.now.person);
  const live = attempt?.live;
  const title = !live ? 'rest.title' : attempt.paper ? 'rest.paper' : 'rest.notIn';
  const told = s.now.agenda.filter(
    (item) => item.attempts.some((one) => one.phase === 'declared' || one.phase === 'voided'));
  return html`<div class="stack"><h1 class="sr">${t('place.vote')}</h1>
    <section class="card">
      <${Waiting} title=${t(title)}>
        <p>${t(!live ? 'rest.lead' : attempt.paper ? 'rest.paperLead' : 'rest.notInLead')}</p></${Waiting}>
      <${Attendance} app=${app} /></section>
    ${told.map((item) => html`<section key=${item.batch} class="card"><h2>${item.title}</h2>
      <${Rounds} app=${app} item=${item} /></section>`)}
    <${MeetingFacts} app=${app} />
    <section class="card"><h2>${t('rest.own')}</h2>
      ${mine.length > 0 && html`<ul>
        ${mine.map((one) => html`<li key=${one.question}>
          ${t('recuse.is', { name: candidate(app, one.question).name, reason: one.reason })}</li>`)}</ul>`}
      <div class="row"><button type="button" class="button" onClick=${() => setDialog('recuse')}>
        ${t('recuse.title')}</button>
        <button type="button" class="button" onClick=${() => setDialog('leave')}>${t('leave.title')}</button></div>
        </section>
    ${dialog === 'recuse' && html`<${RecuseDialog} app=${app} onClose=${() => setDialog('')} />`}
    ${dialog === 'leave' && html`<${Dialog} app=${app} title=${t('leave.title')} onClose=${() => setDialog('')}>
      <p>${t('leave.lead')}</p>
      <div class="row-end">
        <${Act} app=${app} kind="primary" label=${t('leave.confirm')}
          run=${async () => (await app.act('sign-out', 'note.signedOut')) && setDialog('')} /></div></${Dialog}>`}
  </div>`;
}

export function Vote({ app }) {
  const { now } = app.s;
  if (now.meeting === 'before-open') return html`<${BeforeOpen} app=${app} />`;
  if (now.meeting === 'closed') return html`<${Closed} app=${app} />`;
  const open = paperIsOpen(now);
  const { attempt, ballot } = now;
  if (attempt?.live && ballot) {
    if (ballot.stage === 'failed') return html`<${Failed} app=${app} />`;
    if (open) return html`<${Paper} key=${`${attempt.batch}.${attempt.attempt}`} app=${app} />`;
    return attempt.phase === 'voting' ? html`<${Cast} app=${app} />` : html`<${After} app=${app} />`;
  }
  if (!standing(app, now.person).signed_in) {
    return html`<div class="stack middle"><${SignInCard} app=${app} />
      <${MeetingFacts} app=${app} open=${true} /></div>`;
  }
  return html`<${Rest} app=${app} />`;
}
