// SPDX-License-Identifier: Apache-2.0
/** A meeting that is held at the service, seen from the desk: slips, who has enrolled, the sign-in sheet, its stage. */
import { useEffect, useState } from '../vendor/preact-hooks.js';
import { Act, html } from '../parts/ui.js';
import { printWith } from './windows.js';

/** How it stands, asked for once and by a button: each look costs the service a connection. */
function useThere(app, meeting) {
  const [state, setState] = useState(null);
  const [refused, setRefused] = useState('');
  const look = async () => {
    const reply = await app.call('service-state', { meeting, lang: app.t.lang });
    setRefused(reply.ok ? '' : reply.message || app.t('desk.lost'));
    if (reply.ok) setState(reply);
  };
  useEffect(() => {
    setState(null);
    setRefused('');
    look();
  }, [meeting]);
  return [state?.name === meeting ? state : null, refused, look];
}

function Person({ app, one }) {
  return html`<li class=${one.enrolled ? 'person in' : 'person'}>
    <span aria-hidden="true">${one.enrolled ? '✓' : '○'}</span>
    <span class="person-name">${one.person} ${one.name}</span>
    <span class="person-state">${one.enrolled ? html`<span class="code">${one.device_code}</span>`
      : app.t('day.notEnrolled')}</span></li>`;
}

function Enrolment({ app, state, look }) {
  const { t } = app;
  const { people, phase, slips } = state.status;
  const enrolled = people.filter((one) => one.enrolled).length;
  const print = (verb, more) => async () => {
    if (await printWith(app, verb, { meeting: state.name, lang: t.lang, ...more })) await look();
  };
  const before = phase === 'before-open';
  const elsewhere = !slips && !state.kept;
  return html`<section class="card"><h2>${t('day.enrolment')}</h2>
    <p class="figure-line" role="status">${t('day.enrolled', { n: enrolled, all: people.length })}</p>
    <div class="row"><${Act} app=${app} kind=${before && enrolled === 0 ? 'primary' : ''} label=${t('day.slips8')}
        disabled=${elsewhere} aria-describedby="slips-lead" run=${print('service-slips', { per_page: 8 })} />
      <${Act} app=${app} label=${t('day.slips1')} disabled=${elsewhere} aria-describedby="slips-lead"
        run=${print('service-slips', { per_page: 1 })} />
      <${Act} app=${app} kind=${before && enrolled > 0 ? 'primary' : ''} label=${t('day.sheet')}
        run=${print('service-sheet')} /></div>
    <p class="quiet-text" id="slips-lead">${t(elsewhere ? 'there.slipsElsewhere' : slips ? 'there.slipsOnce'
      : 'there.slipsKept')}</p>
    <ul class="people day-people">${people.map((one) =>
      html`<${Person} key=${one.person} app=${app} one=${one} />`)}</ul></section>`;
}

function Stage({ app, state, look }) {
  const { t, desk } = app;
  const { phase, closed } = state.status;
  return html`<section class="card"><h2>${t('desk.step.service')}</h2>
    <p>${t('there.number', { number: state.number, ...desk.service })}</p>
    <p class="figure-line" role="status">${t(`day.phase.${phase}`)}</p>
    <p class="quiet-text">${t(`there.lead.${phase}`)}</p>
    <div class="row-end"><${Act} app=${app} label=${t('service.refresh')} run=${look} />
      ${closed && html`<button type="button" class="button primary"
        onClick=${() => app.go('meeting', state.name)}>
        ${t('day.toRecord')}</button>`}</div></section>`;
}

function Rehearse({ app, state }) {
  const { t } = app;
  const run = async () => {
    const reply = await app.act('service-rehearse', { meeting: state.name, lang: t.lang });
    if (reply) app.go('day', reply.meeting);
  };
  return html`<section class="card"><h2>${t('day.rehearsal')}</h2><p>${t('there.rehearseLead')}</p>
    <div class="row-end"><${Act} app=${app} label=${t('there.rehearse')} run=${run} /></div></section>`;
}

export function ServiceDay({ app, meeting, choice }) {
  const { t, desk } = app;
  const [state, refused, look] = useThere(app, meeting);
  const trouble = refused && html`<section class="card" role="alert"><p class="note warn said">
    <span aria-hidden="true">! </span>${refused}</p><div class="row-end">
    <${Act} app=${app} label=${t('service.refresh')} run=${look} /></div></section>`;
  if (!state) {
    return html`<div class="day-head"><h1>${t('desk.step.day')}</h1>${choice}</div>
      ${trouble || html`<p role="status">${desk.service ? t('service.asks', desk.service) : t('word.working')}</p>`}`;
  }
  const { status } = state;
  return html`<div class="day-head"><h1>${status.title}</h1>
      <p>${status.date} ${status.rehearsal && html`<span class="chip HELD_BACK">${t('day.rehearsal')}</span>`}</p>
      ${choice}</div>${trouble}
    ${status.rehearsal && html`<p class="note">${t('there.rehearsalLead')}</p>`}
    <div class="columns"><div class="stack"><${Enrolment} app=${app} state=${state} look=${look} /></div>
      <div class="stack"><${Stage} app=${app} state=${state} look=${look} />
        ${!status.rehearsal && !status.closed && html`<${Rehearse} app=${app} state=${state} />`}</div></div>`;
}
