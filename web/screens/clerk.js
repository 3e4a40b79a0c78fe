// SPDX-License-Identifier: Apache-2.0
/** The clerk's place: slips and enrolment, the draft, sign-in, recusals, interviews. */
import { useState } from '../vendor/preact-hooks.js';
import { Act, candidate, html, kScreen, oneLine, personName, standing } from '../parts/ui.js';
import { Attendance } from '../parts/attendance.js';
import { Changes } from '../parts/changes.js';
import { EndCard } from '../parts/end.js';
import { GuardsBoard } from '../parts/guards.js';
import { LogPicture } from '../parts/log.js';
import { PaperBallots } from '../parts/paperballots.js';
import { Proposals } from '../parts/proposals.js';
import { SheetPrint } from '../parts/sheet.js';
import { Slips } from '../parts/slips.js';
import { Closed } from './ended.js';
import { BeforeOpen, MeetingFacts, SignInCard } from './lobby.js';

function Enrolment({ app }) {
  const { t, s } = app;
  const list = s.meeting ? s.meeting.people : s.now.people;
  const [without, setWithout] = useState([]);
  const draft = async () => {
    const reply = await app.call('draft');
    setWithout(reply.not_enrolled || []);
    app.say(reply.ok && reply.code !== 'PENDING' ? { ok: 'note.drafted' } : { reply });
  };
  const waiting = s.now.proposals.some((one) => one.type === 'MeetingOpen');
  return html`<section class="card"><h2>${t('enrolment.title')}</h2><p>${t('enrolment.lead')}</p>
    <p class="figure-line" role="status">
      ${t('enrolment.count',
        { n: s.now.people.filter((one) => one.enrolled).length,
          online: s.now.people.filter((one) => one.online).length })}</p>
    <ul class="people">${list.map((one) => {
      const at = standing(app, one.person);
      return html`<li key=${one.person} class=${at.enrolled ? 'person in' : 'person'}>
        <span aria-hidden="true">${at.enrolled ? '✓' : '○'}</span>
        <span class="person-name">${one.person === s.now.person ? s.now.name : personName(app, one.person)}</span>
        <span class="person-state">${t(at.enrolled ? 'enrolment.done' : 'enrolment.not')}${t('word.middot')}
          ${t(at.online ? 'enrolment.online' : 'enrolment.offline')}</span></li>`;
    })}</ul>
    ${without.length > 0 && html`<p class="note warn">
      ${t('enrolment.without', { names: without.map((p) => t('word.person', { n: p })).join(t('word.comma')) })}</p>`}
    ${!waiting && html`<p class="quiet-text">${t('enrolment.draftLead')}</p>
      <div class="row-end"><${Act} app=${app} kind="primary large" label=${t('enrolment.draft')} run=${draft} /></div>`}
      </section>`;
}

function InterviewForm({ app, question }) {
  const { t } = app;
  const [text, setText] = useState('');
  const who = candidate(app, question);
  return html`<div class="interview">
    <label class="field"><span>${t('interview.of', { name: who.name, employer: who.employer })}</span>
      <textarea rows="3" maxlength="4000" autocomplete="off" value=${text}
        onInput=${(e) => setText(e.target.value)}></textarea></label>
    <div class="row-end">
      <${Act} app=${app} kind="primary" label=${t('interview.do')} disabled=${!oneLine(text)}
        run=${() => app.act(`interview ${question} ${oneLine(text)}`, 'note.interview')} /></div></div>`;
}

function Interviews({ app }) {
  const { t, s } = app;
  const exceptional = s.meeting.candidates.filter((one) => one.exceptional).map((one) => one.question);
  if (exceptional.length === 0) return null;
  const done = new Map(s.now.interviews.map((one) => [one.question, one.summary]));
  return html`<section class="card"><h2>${t('interview.title')}</h2><p>${t('interview.lead')}</p>
    ${exceptional.map((q) => (done.has(q)
        ? html`<p key=${q} class="note good"><span aria-hidden="true">✓ </span>
          <strong>${candidate(app, q).name}</strong>${t('word.colon')}${done.get(q)}</p>`
      : html`<${InterviewForm} key=${q} app=${app} question=${q} />`))}</section>`;
}

function Recusals({ app }) {
  const { t, s } = app;
  return html`<section class="card"><h2>${t('office.recusals')}</h2>
    ${s.now.recusals.length === 0 ? html`<p class="quiet-text">${t('office.noRecusals')}</p>`
      : html`<ul>${s.now.recusals.map((one) => html`<li key=${`${one.person}.${one.question}`}>
      ${t('office.recusal',
        { name: personName(app, one.person), candidate: candidate(app, one.question).name, reason: one.reason })}
        ${!one.attested && t('office.recusalUnattested')}</li>`)}</ul>`}
    <p class="quiet-text">${t('office.byOffice')}</p></section>`;
}

function Presence({ app }) {
  const { t, s } = app;
  const absent = s.meeting.people.filter((one) => !(one.roles & kScreen) && !standing(app, one.person).signed_in);
  return html`<section class="card"><h2>${t('attend.title')}</h2><${Attendance} app=${app} list=${true} />
    ${absent.length > 0 && html`<p>
      ${t('office.absent', { names: absent.map((one) => one.name).join(t('word.comma')) })}</p>
      <p class="quiet-text">${t('office.absentHelp')}</p>`}
  </section>`;
}

export function Clerk({ app }) {
  const { t, s } = app;
  if (s.now.meeting === 'before-open') {
    return html`<${BeforeOpen} app=${app}><${Enrolment} app=${app} /><${SheetPrint} app=${app} />
      <${Slips} app=${app} /></${BeforeOpen}>`;
  }
  if (s.now.meeting === 'closed') return html`<${Closed} app=${app} />`;
  return html`<h1 class="sr">${t('place.clerk')}</h1><div class="columns"><div class="stack">
      ${!standing(app, s.now.person).signed_in && html`<${SignInCard} app=${app} />`}
      <${Proposals} app=${app} />
      ${s.now.attempt?.live && s.now.attempt.paper && html`<section class="card"><h2>${t('paperBallot.heading')}</h2>
        <${PaperBallots} app=${app} /></section>`}
      <${Interviews} app=${app} /><${Recusals} app=${app} /><${Slips} app=${app} />
      <${EndCard} app=${app} /></div>
    <aside class="stack" aria-label=${t('attend.title')}><${GuardsBoard} app=${app} /><${Presence} app=${app} />
      <${Changes} app=${app} />
      <section class="card"><h2>${t('log.title')}</h2><${LogPicture} app=${app} /></section>
      <${MeetingFacts} app=${app} /></aside></div>`;
}
