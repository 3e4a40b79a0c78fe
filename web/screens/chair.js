// SPDX-License-Identifier: Apache-2.0
/** The chair's place: the agenda, the batch that is on, who is there, what waits for signatures, the end. */
import { useState } from '../vendor/preact-hooks.js';
import { Act, candidate, Dialog, html, kExpert, names, personName, ReasonDialog, standing,
  Waiting } from '../parts/ui.js';
import { Attendance } from '../parts/attendance.js';
import { Hold } from '../parts/hold.js';
import { LogPicture } from '../parts/log.js';
import { PaperTally } from '../parts/papertally.js';
import { Proposals } from '../parts/proposals.js';
import { Results, Rounds } from '../parts/results.js';
import { inOrder, Stages } from '../parts/stages.js';
import { SignOutDialog } from '../parts/office.js';
import { Closed } from './ended.js';
import { BeforeOpen, MeetingFacts, SignInCard } from './lobby.js';

const kPhases = ['voting', 'closing', 'mixing', 'confirming', 'opening', 'counted', 'declared'];

function interviewsMissing(app, item) {
  const missing = item.interviews_missing.map((q) => candidate(app, q).name);
  return app.t('agenda.interviews', { names: missing.join(app.t('word.comma')) });
}

/** What opening will freeze, before it does. */
function OpenDialog({ app, item, onClose }) {
  const { t, s } = app;
  const { experts, people, recusals } = s.now;
  const [paper, setPaper] = useState(false);
  const [fewer, setFewer] = useState(false);
  const present = s.meeting.people.filter((one) => one.roles & kExpert && standing(app, one.person).signed_in)
    .map((one) => one.person);
  const offline = people.filter((one) => present.includes(one.person) && !one.online).map((one) => one.person);
  const mine = recusals.filter((one) => item.undecided.includes(one.question) && present.includes(one.person));
  const lacking = s.meeting.trustees.filter((one) => !item.keys.includes(one.trustee)).map((one) => one.person);
  const can = experts.quorum && item.interviews_missing.length === 0 && (paper || lacking.length === 0 || fewer);
  const open = async () => {
    const how = paper ? ' paper' : fewer && lacking.length > 0 ? ' fewer-trustees' : '';
    if (await app.act(`open ${item.batch}${how}`, 'note.opened')) onClose();
  };
  const ready = s.meeting.trustees.filter((one) => item.keys.includes(one.trustee)).map((one) => one.person);
  const recused = mine.map((one) =>
    t('open.recusal', { name: personName(app, one.person), candidate: candidate(app, one.question).name }));
  return html`<${Dialog} app=${app} title=${t('open.title', { title: item.title })} onClose=${onClose} wide=${true}>
    <p>${t('open.lead')}</p>
    <dl class="facts">
      <div><dt>${t('open.present')}</dt>
        <dd>${t('open.presentValue', { n: present.length, needed: experts.quorum_min })}</dd></div>
      <div><dt>${t('open.who')}</dt><dd>${names(app, present)}</dd></div>
      <div><dt>${t('open.candidates')}</dt><dd>${t('open.candidatesValue', { n: item.undecided.length })}</dd></div>
      <div><dt>${t('open.recusals')}</dt><dd>${recused.join(t('word.comma')) || t('word.none')}</dd></div>
      <div><dt>${t('open.trustees')}</dt><dd>${names(app, ready) || t('word.none')}</dd></div>
    </dl>
    ${!experts.quorum && html`<p class="note bad">${t('code.QUORUM')}</p>`}
    ${item.interviews_missing.length > 0 && html`<p class="note bad">${interviewsMissing(app, item)}</p>`}
    ${offline.length > 0 && html`<p class="note warn">${t('open.offline', { names: names(app, offline) })}</p>`}
    ${!paper && lacking.length > 0 && html`<p class="note warn">${t('open.lacking', { names: names(app, lacking) })}</p>
      <label class="check"><input type="checkbox" checked=${fewer}
        onChange=${(e) => setFewer(e.target.checked)} /> ${t('open.fewer')}</label>`}
    <label class="check"><input type="checkbox" checked=${paper}
      onChange=${(e) => setPaper(e.target.checked)} /> ${t('open.paper')}</label>
    <div class="row-end">
      <${Act} app=${app} kind="primary large" label=${t('open.do')} disabled=${!can} run=${open} /></div></${Dialog}>`;
}

function Agenda({ app }) {
  const { t, s } = app;
  const [opening, setOpening] = useState(0);
  const live = s.now.attempt?.live;
  const total = s.meeting.trustees.length;
  return html`<section aria-labelledby="agenda-title" class="stack"><h2 id="agenda-title">${t('agenda.title')}</h2>
    ${s.now.agenda.map((item) => {
      const decided = item.undecided.length === 0;
      const current = live && s.now.attempt.batch === item.batch;
      const again = item.attempts.length > 0;
      const state = current ? 'current' : decided ? 'decided' : again ? 'again' : 'todo';
      return html`<article key=${item.batch} class=${current ? 'card agenda-item current' : 'card agenda-item'}>
        <header class="card-head"><h3>${item.title}</h3><span class="tag">${t(`agenda.${state}`)}</span></header>
        <p class="quiet-text">
          ${t('agenda.candidates', { n: item.questions.length, undecided: item.undecided.length })}</p>
        ${!decided && !current && html`<p>${item.keys.length < total
            ? t('agenda.keysComing', { done: item.keys.length, total }) : t('agenda.keysReady', { total })}</p>
          ${item.interviews_missing.length > 0 && html`<p class="note warn">${interviewsMissing(app, item)}</p>`}
          <div class="row-end"><button type="button" class=${live ? 'button' : 'button primary'}
            disabled=${live || app.offline} aria-label=${t('agenda.openOf', { title: item.title })}
            onClick=${() => setOpening(item.batch)}>${t(again ? 'agenda.openAgain' : 'agenda.open')}</button></div>`}
        <${Rounds} app=${app} item=${item} heading="h4" />
      </article>`;
    })}
    ${opening > 0 && html`<${OpenDialog} app=${app} item=${s.now.agenda.find((one) => one.batch === opening)}
        onClose=${() => setOpening(0)} />`}
  </section>`;
}

function Voting({ app, onClose }) {
  const { t, s } = app;
  const { attempt } = s.now;
  const missing = attempt.present.filter((p) => !attempt.voted.includes(p));
  return html`<p class="big-figure" role="status">
    ${t('attempt.voted', { done: attempt.voted.length, total: attempt.present.length })}</p>
    <progress class="wide-progress" value=${attempt.voted.length} max=${attempt.present.length}
      aria-label=${t('attempt.votedLabel')}></progress>
    ${missing.length > 0 ? html`<p>${t('attempt.notYet', { names: names(app, missing) })}</p>`
      : html`<p>${t('attempt.allVoted')}</p>`}
    <div class="row-end">
      <button type="button" class=${missing.length ? 'button' : 'button primary large'} disabled=${app.offline}
        onClick=${onClose}>${t('attempt.close')}</button></div>`;
}

function CloseDialog({ app, onClose }) {
  const { t, s } = app;
  const { attempt } = s.now;
  const missing = attempt.present.filter((p) => !attempt.voted.includes(p));
  return html`<${Dialog} app=${app} title=${t('attempt.close')} onClose=${onClose}><p>${t('attempt.closeLead')}</p>
    ${missing.length > 0 && html`<p class="note warn">${t('attempt.closeMissing', { names: names(app, missing) })}</p>`}
    <div class="row-end">
      <${Act} app=${app} kind="primary large" label=${t('attempt.closeDo')}
        run=${async () => (await app.act('close', 'note.closed')) && onClose()} /></div></${Dialog}>`;
}

function Confirming({ app, setDialog }) {
  const { t, s } = app;
  const { attempt } = s.now;
  const silent = attempt.unconfirmed;
  const offline = silent.filter((p) => !standing(app, p).online);
  const missing = attempt.missing.filter((p) => !attempt.overridden.includes(p));
  return html`<p class="figure-line" role="status">
    ${t('confirm.count', { done: attempt.confirmed.length, total: attempt.counted.length })}</p>
    ${silent.length > 0 && html`<p>${t('confirm.silent', { names: names(app, silent) })}</p>`}
    ${offline.length > 0 && html`<p class="note warn">${t('confirm.offline', { names: names(app, offline) })}</p>`}
    ${missing.length > 0 && html`<p class="note bad">${t('confirm.missing', { names: names(app, missing) })}</p>`}
    ${attempt.gate && attempt.gate !== 'GATE_UNCONFIRMED' && html`<p class="note bad">${t(`code.${attempt.gate}`)}</p>`}
    <div class="row">${silent.length > 0
      && html`<button type="button" class="button" onClick=${() => setDialog('silent')}>
        ${t('override.silent')}</button>`}
      ${missing.length > 0 && html`<button type="button" class="button" onClick=${() => setDialog('missing')}>
        ${t('override.missing')}</button>`}</div>`;
}

function OverrideDialog({ app, kind, onClose }) {
  const { t, s } = app;
  const { attempt } = s.now;
  const list = kind === 'missing' ? attempt.missing.filter((p) => !attempt.overridden.includes(p))
    : attempt.unconfirmed;
  const [picked, setPicked] = useState([]);
  const toggle = (p) => setPicked(picked.includes(p) ? picked.filter((one) => one !== p) : [...picked, p]);
  return html`<${ReasonDialog} app=${app} title=${t(`override.${kind}`)}
    lead=${t(`override.${kind}Lead`, { n: s.meeting.rules.max_unconfirmed })} confirm=${t('override.do')}
    onClose=${onClose}
    run=${async (reason) => picked.length > 0
      && app.act(`override ${kind} ${picked.join(',')} ${reason}`, 'note.overridden')}>
    <fieldset class="checks"><legend>${t('override.who')}</legend>
      ${list.map((p) => html`<label key=${p} class="check"><input type="checkbox" checked=${picked.includes(p)}
        onChange=${() => toggle(p)} /> ${personName(app, p)}</label>`)}</fieldset>
  </${ReasonDialog}>`;
}

function VoidDialog({ app, lost, onClose }) {
  const { t, s } = app;
  const { attempt } = s.now;
  const live = attempt.questions.filter((q) => !attempt.voided.includes(q));
  const [picked, setPicked] = useState(live);
  const toggle = (q) => setPicked(picked.includes(q) ? picked.filter((one) => one !== q) : [...picked, q]);
  const line = (reason) => (lost ? `void-lost ${reason}`
    : `void ${picked.length === live.length ? 'all' : picked.join(',')} ${reason}`);
  return html`<${ReasonDialog} app=${app} title=${t(lost ? 'void.lost' : 'void.title')}
    lead=${t(lost ? 'void.lostLead' : 'void.lead')} confirm=${t('void.do')} onClose=${onClose}
    run=${async (reason) => picked.length > 0 && app.act(line(reason), 'note.voided')}>
    ${!lost && html`<fieldset class="checks"><legend>${t('void.which')}</legend>
      ${live.map((q) => html`<label key=${q} class="check"><input type="checkbox" checked=${picked.includes(q)}
      onChange=${() => toggle(q)} /> ${q} ${candidate(app, q).name}</label>`)}</fieldset>`}</${ReasonDialog}>`;
}

/** What should be known before it is declared, in words. */
function Warnings({ app }) {
  const { t, s } = app;
  return s.now.warnings.filter((one) => one.question || one.people)
    .map((one, i) => html`<p key=${`${one.kind}${one.question || i}`} class="note warn">
      <span aria-hidden="true">! </span>${t(`warning.${one.kind}`, {
    name: one.name || '', names: one.people ? one.people.map((p) => p.name).join(t('word.comma')) : '' })}</p>`);
}

function Declare({ app }) {
  const { t, s } = app;
  const { attempt } = s.now;
  const waiting = s.now.proposals.find((one) => one.type === 'Declaration');
  return html`<${Results} app=${app} rows=${attempt.rows} caption=${t('declare.caption')} />
    ${waiting ? html`<p class="note">${t('declare.waiting')}</p>`
      : html`<div class="sign-row">
        <${Hold} app=${app} label=${t('declare.do')} run=${() => app.act('declare', 'note.declared')} />
        <p class="quiet-text">${t('declare.lead')}</p></div>`}`;
}

function Current({ app }) {
  const { t, s } = app;
  const { attempt } = s.now;
  const [dialog, setDialog] = useState('');
  if (!attempt?.live) return null;
  const title = s.meeting.batches.find((one) => one.batch === attempt.batch)?.title;
  const at = kPhases.indexOf(attempt.phase);
  const close = () => setDialog('');
  const voidable = ['voting', 'closing', 'mixing', 'confirming'].includes(attempt.phase);
  return html`<section class="card current-attempt" aria-labelledby="current-title">
    <header class="card-head"><h2 id="current-title">${title}</h2>
      <span class="tag">${t('round.title', { n: attempt.attempt })}</span></header>
    <${Stages} app=${app} label=${t('phase.label')}
      steps=${inOrder(attempt.paper ? ['voting', 'counted', 'declared'] : kPhases, attempt.paper
        ? ['voting', 'counted', 'declared'].indexOf(attempt.phase) : at,
      (id) => (id === 'mixing' && attempt.phase === 'mixing'
        ? t('phase.mixingCount', { done: attempt.mixed, total: attempt.hops })
        : id === 'opening' && attempt.phase === 'opening'
          ? t('phase.openingCount', { done: attempt.shared, total: attempt.hops }) : t(`phase.${id}`)))} />
    <${Warnings} app=${app} />
    ${attempt.phase === 'voting'
      && (attempt.paper ? html`<${PaperTally} app=${app} />`
        : html`<${Voting} app=${app} onClose=${() => setDialog('close')} />`)}
    ${['closing', 'mixing', 'opening'].includes(attempt.phase)
      && html`<${Waiting} title=${t(`wait.${attempt.phase}`)}><p>${t('wait.byItself')}</p></${Waiting}>`}
    ${attempt.phase === 'confirming' && html`<${Confirming} app=${app} setDialog=${setDialog} />`}
    ${attempt.phase === 'counted' && html`<${Declare} app=${app} />`}
    ${attempt.voided.length > 0
      && html`<p class="note">
        ${t('void.already', { names: attempt.voided.map((q) => candidate(app, q).name).join(t('word.comma')) })}</p>`}
    <div class="row quiet-row">
      ${voidable && html`<button type="button" class="button danger" disabled=${app.offline}
        onClick=${() => setDialog('void')}>${t('void.title')}</button>`}
      ${attempt.phase === 'opening'
        && html`<button type="button" class="button danger" disabled=${app.offline}
          onClick=${() => setDialog('void-lost')}>${t('void.lost')}</button>`}</div>
    ${dialog === 'close' && html`<${CloseDialog} app=${app} onClose=${close} />`}
    ${(dialog === 'silent' || dialog === 'missing')
      && html`<${OverrideDialog} app=${app} kind=${dialog} onClose=${close} />`}
    ${(dialog === 'void' || dialog === 'void-lost')
      && html`<${VoidDialog} app=${app} lost=${dialog === 'void-lost'} onClose=${close} />`}
  </section>`;
}

function EndCard({ app }) {
  const { t, s } = app;
  const undecided = s.now.agenda.reduce((sum, item) => sum + item.undecided.length, 0);
  const waiting = s.now.proposals.some((one) => one.type === 'MeetingClose');
  const live = s.now.attempt?.live;
  return html`<section class="card"><h2>${t('end.title')}</h2><p>${t('end.lead')}</p>
    ${undecided > 0 && html`<p class="note warn">${t('end.undecided', { n: undecided })}</p>`}
    ${waiting ? html`<p class="note">${t('sign.waiting')}</p>`
      : html`<div class="sign-row">
        <${Hold} app=${app} kind=${undecided > 0 ? '' : 'primary'} label=${t('end.do')} disabled=${live}
      run=${() => app.act('close-meeting', 'note.meetingClosed')} /></div>`}</section>`;
}

export function Chair({ app }) {
  const { t, s } = app;
  const [leaving, setLeaving] = useState(false);
  if (s.now.meeting === 'before-open') return html`<${BeforeOpen} app=${app} />`;
  if (s.now.meeting === 'closed') return html`<${Closed} app=${app} />`;
  const here = standing(app, s.now.person).signed_in;
  return html`<h1 class="sr">${t('place.chair')}</h1><div class="columns"><div class="stack">
      ${!here && html`<${SignInCard} app=${app} />`}
      <${Proposals} app=${app} /><${Current} app=${app} /><${Agenda} app=${app} /><${EndCard} app=${app} /></div>
    <aside class="stack" aria-label=${t('attend.title')}>
      <section class="card"><h2>${t('attend.title')}</h2><${Attendance} app=${app} list=${true} />
        <div class="row"><button type="button" class="button" onClick=${() => setLeaving(true)}>
          ${t('office.signOut')}</button></div></section>
      <section class="card"><h2>${t('log.title')}</h2><${LogPicture} app=${app} /></section>
      <${MeetingFacts} app=${app} /></aside></div>
    ${leaving && html`<${SignOutDialog} app=${app} onClose=${() => setLeaving(false)} />`}`;
}
