// SPDX-License-Identifier: Apache-2.0
/** The day of a meeting, seen from the desk: its server, slips, who has enrolled, the sign-in sheet, how far it is. */
import { useEffect, useState } from '../vendor/preact-hooks.js';
import { Act, Dialog, html, later } from '../parts/ui.js';
import { Columns } from './columns.js';
import { openWith, printWith } from './windows.js';

const kLookMs = 2500;
const ServiceDay = later(() => import('./serviceday.js').then((all) => all.ServiceDay));

/** How the meeting stands now, looked at again and again. @return [state or null, look again at once] */
function useMeeting(app, meeting) {
  const [state, setState] = useState(null);
  const [turn, setTurn] = useState(0);
  useEffect(() => {
    if (!meeting) return undefined;
    let left = false;
    let timer = 0;
    const look = async () => {
      const reply = await app.call('meeting-state', { meeting });
      if (left) return;
      if (reply.ok) setState(reply);
      timer = setTimeout(look, kLookMs);
    };
    look();
    return () => {
      left = true;
      clearTimeout(timer);
    };
  }, [meeting, turn]);
  return [state?.name === meeting ? state : null, () => setTurn((n) => n + 1)];
}

function busyWith(t, { attempt, phase }) {
  if (attempt) return t('day.busyAttempt', attempt);
  return phase === 'open' ? t('day.busyOpen') : '';
}

/** What is stopped now, and what that means to the people in the room. */
function Stop({ app, state, again, onClose }) {
  const { t } = app;
  const { status } = state;
  const busy = busyWith(t, status);
  const run = async () => {
    const knowing = `${status.phase}${status.attempt ? '+' : ''}`;
    if (await app.act('meeting-stop', { meeting: state.name, knowing })) onClose();
    again();
  };
  return html`<${Dialog} app=${app} title=${t('day.stopTitle')} onClose=${onClose}>
    ${busy && html`<p class="note warn"><span aria-hidden="true">! </span>${busy}</p>`}<p>${t('day.stopLead')}</p>
    <div class="row-end"><${Act} app=${app} kind="danger" label=${t(busy ? 'day.stopAll' : 'day.stop')}
      run=${run} /></div></${Dialog}>`;
}

function Server({ app, state, again }) {
  const { t } = app;
  const [stopping, setStopping] = useState(false);
  const start = async () => {
    await app.act('meeting-start', { meeting: state.name });
    again();
  };
  const falls = state.falls.length;
  return html`<section class="card"><h2>${t('day.server')}</h2>
    <p class=${state.running ? 'lamp on' : 'lamp off'} role="status">
      <span aria-hidden="true">${state.running ? '✓' : '!'}</span>${' '}
      ${t(state.running ? 'day.running' : 'day.notRunning', { address: state.status.address })}</p>
    ${falls > 0 && html`<div class="note warn" role="alert"><p><span aria-hidden="true">! </span>
      ${t(state.down ? 'day.down' : 'day.fell', { n: falls, at: state.falls[falls - 1].at })}</p>
      <pre class="tail">${state.falls[falls - 1].lines}</pre></div>`}
    <div class="row-end">${state.running
      ? html`<button type="button" class="button" onClick=${() => setStopping(true)}>${t('day.stop')}</button>`
      : html`<${Act} app=${app} kind=${state.status.closed ? '' : 'primary large'} label=${t('day.start')}
          run=${start} />`}</div>
    ${stopping && html`<${Stop} app=${app} state=${state} again=${again} onClose=${() => setStopping(false)} />`}
    </section>`;
}

/** A further slip for one person: the one before is void from then on. */
function Another({ app, state, one, onClose }) {
  const { t } = app;
  const run = async () => {
    const values = { meeting: state.name, person: one.person, per_page: 1 };
    if (await printWith(app, 'meeting-new-slip', values)) onClose();
  };
  return html`<${Dialog} app=${app} title=${t('day.anotherOf', one)} onClose=${onClose}>
    <p>${t(one.enrolled ? 'day.anotherEnrolled' : 'day.anotherLead', one)}</p>
    <div class="row-end"><${Act} app=${app} kind="primary" label=${t('day.another')} run=${run} /></div></${Dialog}>`;
}

function Person({ app, one, ask }) {
  const { t } = app;
  return html`<li class=${one.enrolled ? 'person in' : 'person'}>
    <span aria-hidden="true">${one.enrolled ? '✓' : '○'}</span>
    <span class="person-name">${one.person} ${one.name}</span>
    <span class="person-state">${one.enrolled ? html`<span class="code">${one.device_code}</span>`
      : t('day.notEnrolled')}${' '}<button type="button" class="button small quiet"
      aria-label=${t('day.anotherOf', one)} onClick=${() => ask(one)}>${t('day.another')}</button></span></li>`;
}

function Enrolment({ app, state }) {
  const { t } = app;
  const { people, phase } = state.status;
  const [asked, setAsked] = useState(null);
  const enrolled = people.filter((one) => one.enrolled).length;
  const print = (per_page) => () => printWith(app, 'meeting-slips', { meeting: state.name, per_page });
  const first = phase === 'before-open' && enrolled === 0 && state.running;
  const last = phase === 'before-open' && enrolled === people.length;
  return html`<section class="card"><h2>${t('day.enrolment')}</h2>
    <p class="figure-line" role="status">${t('day.enrolled', { n: enrolled, all: people.length })}</p>
    <div class="row"><${Act} app=${app} kind=${first ? 'primary' : ''} label=${t('day.slips8')} run=${print(8)} />
      <${Act} app=${app} label=${t('day.slips1')} run=${print(1)} />
      <${Act} app=${app} kind=${last ? 'primary' : ''} label=${t('day.sheet')}
        run=${() => printWith(app, 'meeting-sheet', { meeting: state.name })} /></div>
    <p class="quiet-text">${t('day.slipsLead')}</p>
    <ul class="people day-people">${people.map((one) =>
      html`<${Person} key=${one.person} app=${app} one=${one} ask=${setAsked} />`)}</ul>
    ${asked && html`<${Another} app=${app} state=${state} one=${asked} onClose=${() => setAsked(null)} />`}</section>`;
}

function Terminal({ app, state }) {
  const { t } = app;
  const open = () => openWith(app, 'meeting-terminal', { meeting: state.name }, (reply) => reply.url);
  return html`<section class="card"><h2>${t('day.terminal')}</h2><p>${t('day.terminalLead')}</p>
    ${!state.running && html`<p id="terminal-needs" class="quiet-text">${t('day.terminalNeeds')}</p>`}
    <div class="row-end"><${Act} app=${app} kind=${state.running && !state.terminal ? 'primary' : ''}
      label=${t(state.terminal ? 'day.terminalAgain' : 'day.terminalOpen')} disabled=${!state.running}
      aria-describedby=${state.running ? undefined : 'terminal-needs'} run=${open} />
    </div></section>`;
}

function Progress({ app, state }) {
  const { t } = app;
  const { status } = state;
  return html`<section class="card"><h2>${t('day.progress')}</h2>
    <p class="figure-line" role="status">${t(`day.phase.${status.phase}`)}
      ${status.attempt && html`${t('word.colon')}${t('day.attempt', status.attempt)}`}</p>
    <div class="scroll" tabindex="0" role="region" aria-label=${t('day.progress')}>
      <table><${Columns} keys=${['batch', 'candidates', 'attempts', 'declared']}
        figures=${['candidates', 'attempts', 'declared']} word=${(key) => t(`day.col.${key}`)} />
      <tbody>${status.batches.map((one) => html`<tr key=${one.batch}><th scope="row">${one.batch} ${one.title}</th>
        <td class="number">${one.candidates}</td><td class="number">${one.attempts}</td>
        <td class="number">${one.declared}</td></tr>`)}</tbody></table></div>
    ${status.closed && html`<p>${t('day.closedLead')}</p><div class="row-end">
      <button type="button" class="button primary large" onClick=${() => app.go('meeting')}>
        ${t('day.toRecord')}</button></div>`}</section>`;
}

/** What a meeting of this desk is called, and that it is held elsewhere. */
export const meetingWord = (t, { name, service }) => (service ? t('there.which', { name, number: service }) : name);

function Choice({ app, all, meeting, setMeeting }) {
  const { t } = app;
  if (all.length < 2) return null;
  return html`<label class="field inline"><span>${t('day.which')}</span>
    <select value=${meeting} onChange=${(e) => setMeeting(e.target.value)}>
    ${all.map((one) => html`<option key=${one.name} value=${one.name}>${meetingWord(t, one)}</option>`)}</select>
    </label>`;
}

export function Day({ app }) {
  const { t, desk } = app;
  const [all, setAll] = useState(null);
  const [meeting, setMeeting] = useState('');
  const service = all?.find((one) => one.name === meeting)?.service;
  const [state, again] = useMeeting(app, service ? '' : meeting);
  useEffect(() => {
    app.call('meetings').then((reply) => {
      if (!reply.ok) return app.say({ reply });
      setAll(reply.meetings);
      const running = reply.meetings.find((one) => one.running) || reply.meetings[0];
      return setMeeting((before) => app.wanted || before || running?.name || '');
    });
  }, [desk.entries, app.wanted]);
  if (all?.length === 0) {
    return html`<h1>${t('desk.step.day')}</h1><section class="card"><p>${t('day.none')}</p><div class="row">
      <button type="button" class="button primary" onClick=${() => app.go('newmeeting')}>
      ${t('desk.step.newmeeting')}</button></div></section>`;
  }
  const choice = html`<${Choice} app=${app} all=${all || []} meeting=${meeting} setMeeting=${setMeeting} />`;
  if (service) return html`<${ServiceDay} app=${app} meeting=${meeting} choice=${choice} />`;
  if (!state) return html`<h1>${t('desk.step.day')}</h1><p role="status">${t('word.working')}</p>`;
  const { status } = state;
  return html`<div class="day-head"><h1>${status.title}</h1>
      <p>${status.date} ${status.rehearsal && html`<span class="chip HELD_BACK">${t('day.rehearsal')}</span>`}</p>
      ${choice}</div>
    ${status.rehearsal && html`<p class="note">${t('day.rehearsalLead')}${' '}<button type="button"
      class="button small" onClick=${() => app.go('newmeeting')}>${t('day.makeReal')}</button></p>`}
    <div class="columns"><div class="stack">
      ${status.closed && html`<${Progress} app=${app} state=${state} />`}
      <${Enrolment} app=${app} state=${state} />
      ${!status.closed && html`<${Progress} app=${app} state=${state} />`}</div>
      <div class="stack"><${Server} app=${app} state=${state} again=${again} />
        <${Terminal} app=${app} state=${state} /></div></div>`;
}
