// SPDX-License-Identifier: Apache-2.0
/**
 * 抽查, checking one's own laptop: a sealed envelope is spoiled and opened to a supervisor, on whose screen its owner
 * looks. What is opened was never counted; a new paper is cast after it. Both screens say so before anything is marked.
 */
import { useState } from '../vendor/preact-hooks.js';
import { Act, candidate, Dialog, html, kChoices, kSupervisor, names, personName, standing } from './ui.js';

const kSigns = Object.fromEntries(kChoices.map((one) => [one.choice, one.sign]));

/** Before marking: who may look at a checked paper, and that it counts nowhere. */
export function SpotExplain({ app }) {
  const { t, s } = app;
  if (!s.meeting.rules.checks_allowed) return null;
  return html`<p class="note spot-note"><strong>${t('spot.name')}</strong>${t('word.colon')}${t('spot.explain')}</p>`;
}

function AskDialog({ app, onClose }) {
  const { t, s } = app;
  const able = s.meeting.people.filter((one) => one.roles & kSupervisor && one.person !== s.now.person
    && standing(app, one.person).online);
  const [person, setPerson] = useState(able[0]?.person);
  return html`<${Dialog} app=${app} title=${t('spot.askTitle')} onClose=${onClose}>
    <p>${t('spot.askLead')}</p><p class="note warn">${t('spot.askCost')}</p>
    ${able.length === 0 ? html`<p class="note bad">${t('spot.nobody')}</p>`
      : html`<label class="field"><span>${t('role.supervisor')}</span>
        <select value=${person} onChange=${(e) => setPerson(Number(e.target.value))}>${able.map((one) =>
          html`<option key=${one.person} value=${one.person}>${one.name}</option>`)}</select></label>`}
    <div class="row-end"><${Act} app=${app} kind="primary" label=${t('spot.askDo')} disabled=${!person}
      run=${async () => (await app.act(`check ${person}`, 'note.checkAsked')) && onClose()} /></div></${Dialog}>`;
}

/** How one's own check stands. */
export function SpotState({ app }) {
  const { t, s } = app;
  const check = s.now.ballot?.check;
  if (!check) return null;
  const bad = check.state === 'differs' || check.state === 'by-office';
  const kind = bad ? 'note bad' : check.state === 'agrees' ? 'note good' : 'note warn';
  return html`<p class=${kind} role=${bad ? 'alert' : 'status'}>
    ${t(`spot.${check.state}`, { name: check.supervisor ? personName(app, check.supervisor) : '' })}</p>`;
}

/** After a cast: the offer to have this envelope opened. */
export function SpotOffer({ app }) {
  const { t, s } = app;
  const [asking, setAsking] = useState(false);
  const { ballot } = s.now;
  if (!s.meeting.rules.checks_allowed || ballot.check?.state === 'asked') return null;
  return html`<div class="spot-offer"><p class="quiet-text">${t('spot.offer')}</p>
    <button type="button" class="button" disabled=${app.offline || !ballot.in_log} onClick=${() => setAsking(true)}>
      ${t('spot.ask')}</button>
    ${asking && html`<${AskDialog} app=${app} onClose=${() => setAsking(false)} />`}</div>`;
}

function Opened({ app, one }) {
  const { t } = app;
  const say = (verdict) => app.act(`verdict ${one.person} ${verdict}`, 'note.verdict');
  return html`<p class="lead">${t('spot.lookHere', { name: personName(app, one.person) })}</p>
    <ul class="spot-rows">${one.questions.map((row) => html`<li key=${row.question} class=${`spot-row ${row.choice}`}>
      <span class="spot-name">${t('word.candidateNumber',
        { n: row.question, name: candidate(app, row.question).name })}</span>
      <span class="spot-choice"><span aria-hidden="true">${kSigns[row.choice]} </span>
        ${t(`choice.${row.choice}`)}</span></li>`)}</ul>
    ${one.fault && html`<p class="note bad" role="alert">
      ${t('spot.fault', { why: t.has(`code.${one.fault}`) ? t(`code.${one.fault}`) : one.fault })}</p>`}
    <p>${t('spot.askPerson')}</p>
    <div class="row">
      <${Act} app=${app} kind="primary large" label=${t('spot.sayAgrees')} disabled=${Boolean(one.fault)}
        run=${() => say('agrees')} />
      <${Act} app=${app} kind="danger large" label=${t('spot.sayDiffers')} run=${() => say('differs')} />
      <${Act} app=${app} label=${t('spot.sayUnopened')} run=${() => say('unopened')} /></div>`;
}

/** A supervisor's side: who asks, what was opened here, and the verdict in the person's own words. */
export function SpotDesk({ app }) {
  const { t, s } = app;
  const list = (s.now.checks || []).filter((one) => one.state !== 'done');
  if (!s.meeting.rules.checks_allowed) return null;
  return html`<section class="card spot-desk"><h2>${t('spot.title')}</h2>
    <p class="quiet-text">${t('spot.deskLead')}</p>
    ${list.length === 0 && html`<p class="quiet-text">${t('spot.none')}</p>`}
    ${list.map((one) => html`<div key=${one.person} class="spot-case">
      ${one.state === 'asked' && html`<p class="note warn">${t('spot.asks', { name: personName(app, one.person) })}</p>
        <div class="row"><${Act} app=${app} kind="primary large" label=${t('spot.accept')}
          run=${() => app.act(`check-accept ${one.person}`, 'note.checkSigned')} />
        <${Act} app=${app} label=${t('spot.refuse')}
          run=${() => app.act(`check-refuse ${one.person}`, 'note.checkRefused')} /></div>`}
      ${one.state === 'signed' && html`<p class="note">${t('spot.opening', { name: personName(app, one.person) })}</p>
        <div class="row"><${Act} app=${app} label=${t('spot.sayUnopened')}
          run=${() => app.act(`verdict ${one.person} unopened`, 'note.verdict')} /></div>`}
      ${one.state === 'opened' && html`<${Opened} app=${app} one=${one} />`}</div>`)}</section>`;
}

/** The office, where a laptop refuses to be checked: its envelope is spoiled, and nothing is opened. */
export function SpoilDialog({ app, onClose }) {
  const { t, s } = app;
  const list = s.now.attempt.voted;
  const [person, setPerson] = useState(list[0]);
  return html`<${Dialog} app=${app} title=${t('spoil.title')} onClose=${onClose}>
    <p>${t('spoil.lead')}</p>
    <label class="field"><span>${t('word.member')}</span>
      <select value=${person} onChange=${(e) => setPerson(Number(e.target.value))}>${list.map((p) =>
        html`<option key=${p} value=${p}>${names(app, [p])}</option>`)}</select></label>
    <div class="row-end"><${Act} app=${app} kind="danger" label=${t('spoil.do')} disabled=${!person}
      run=${async () => (await app.act(`spoil ${person}`, 'note.spoiled')) && onClose()} /></div></${Dialog}>`;
}
