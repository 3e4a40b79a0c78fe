// SPDX-License-Identifier: Apache-2.0
/** The batch that is on, from its opening to its declaration: for whoever has the chair, and for whoever stands in. */
import { useState } from '../vendor/preact-hooks.js';
import { Act, candidate, Dialog, html, kChair, names, personName, ReasonDialog, Waiting } from './ui.js';
import { CountdownControls } from './countdown.js';
import { Hold } from './hold.js';
import { PaperTally } from './papertally.js';
import { Results } from './results.js';
import { SpoilDialog } from './spot.js';
import { inOrder, Stages } from './stages.js';
import { isAwaited, Waits } from './waits.js';

const kPhases = ['voting', 'closing', 'mixing', 'confirming', 'opening', 'counted', 'declared'];
const kPaperPhases = ['voting', 'counted', 'declared'];

function Voting({ app, setDialog, led }) {
  const { t, s } = app;
  const { attempt } = s.now;
  const missing = attempt.present.filter((p) => !attempt.voted.includes(p));
  const chair = s.now.roles & kChair;
  return html`<p class="big-figure" role="status">
    ${t('attempt.voted', { done: attempt.voted.length, total: attempt.present.length })}</p>
    <progress class="wide-progress" value=${attempt.voted.length} max=${attempt.present.length}
      aria-label=${t('attempt.votedLabel')}></progress>
    ${missing.length > 0 ? html`<p>${t('attempt.notYet', { names: names(app, missing) })}</p>`
      : html`<p>${t('attempt.allVoted')}</p>`}
    ${chair && html`<${CountdownControls} app=${app} />`}
    ${!led && html`<div class="row-end">
      <button type="button" class=${missing.length ? 'button' : 'button primary large'} disabled=${app.offline}
        onClick=${() => setDialog('close')}>${t('attempt.close')}</button></div>`}`;
}

export function CloseDialog({ app, onClose }) {
  const { t, s } = app;
  const missing = s.now.attempt.without;
  return html`<${Dialog} app=${app} title=${t('attempt.close')} onClose=${onClose}><p>${t('attempt.closeLead')}</p>
    ${missing.length > 0 && html`<p class="note warn">${t('attempt.closeMissing', { names: names(app, missing) })}</p>`}
    <div class="row-end">
      <${Act} app=${app} kind="primary large" label=${t('attempt.closeDo')}
        run=${async () => (await app.act('close', 'note.closed')) && onClose()} /></div></${Dialog}>`;
}

/** Whom an Override can still name: who has said nothing, and who has signed that a ballot is missing. */
export function uncovered(attempt) {
  const covered = (person, missing) =>
    attempt.overridden.some((one) => one.person === person && one.missing === missing);
  const missing = attempt.missing.filter((p) => !covered(p, true));
  const silent = attempt.unconfirmed.filter((p) => !attempt.missing.includes(p) && !covered(p, false));
  return { missing, silent };
}

export function costText(t, cost) {
  return cost && t('override.cost', { n: cost.people.length, votes: cost.votes, within: cost.within });
}

/** Void and vote again first; what an Override can cost in rows stands beside it. */
export function StuckButtons({ app, setDialog, urgent = true }) {
  const { t } = app;
  return html`<div class="row"><button type="button" class=${urgent ? 'button primary' : 'button'}
      disabled=${app.offline} onClick=${() => setDialog('void')}>${t('void.again')}</button>
    <button type="button" class="button" disabled=${app.offline} onClick=${() => setDialog('override')}>
      ${t('override.title')}</button></div>`;
}

function Confirming({ app, setDialog, led }) {
  const { t, s } = app;
  const { attempt } = s.now;
  const { missing, silent } = uncovered(attempt);
  const said = attempt.confirmed.length + attempt.not_cast.length;
  const stuck = missing.length > 0 || silent.length > 0;
  return html`<p class="figure-line" role="status">
    ${t('confirm.count', { done: said, total: attempt.entitled.length })}</p>
    ${attempt.not_cast.length > 0 && html`<p>${t('confirm.notCast', { names: names(app, attempt.not_cast) })}</p>`}
    ${silent.length > 0 && html`<p>${t('confirm.silent', { names: names(app, silent) })}</p>`}
    ${missing.length > 0 && html`<p class="note bad" role="alert">
      ${t('confirm.missing', { names: names(app, missing) })}</p>`}
    ${attempt.overridden.length > 0 && html`<p class="note warn">
      ${t('confirm.overridden', { names: names(app, attempt.overridden.map((one) => one.person)) })}</p>`}
    ${attempt.gate && !['GATE_UNCONFIRMED', 'GATE_MISSING'].includes(attempt.gate)
      && html`<p class="note bad">${t(`code.${attempt.gate}`)}</p>`}
    ${stuck && html`<div class="stuck"><p>${t('confirm.voidFirst')}</p>
      ${!led && html`<${StuckButtons} app=${app} setDialog=${setDialog} />`}</div>`}`;
}

export function OverrideDialog({ app, onClose, onVoid }) {
  const { t, s } = app;
  const { attempt } = s.now;
  const { missing, silent } = uncovered(attempt);
  const [picked, setPicked] = useState([]);
  const toggle = (p) => setPicked(picked.includes(p) ? picked.filter((one) => one !== p) : [...picked, p]);
  const box = (p, kind) => html`<label key=${p} class="check"><input type="checkbox" checked=${picked.includes(p)}
    onChange=${() => toggle(p)} /> ${personName(app, p)} <span class="quiet-text">
    ${t(`override.${kind}`)}</span></label>`;
  return html`<${ReasonDialog} app=${app} title=${t('override.title')}
    lead=${t('override.lead', { n: s.meeting.rules.max_unconfirmed })} confirm=${t('override.do')} onClose=${onClose}
    run=${async (reason) => picked.length > 0
      && app.act(`override ${picked.join(',')} ${reason}`, 'note.overridden')}>
    <p class="note warn">${t('override.voidFirst')}</p>
    <div class="row"><button type="button" class="button primary" onClick=${onVoid}>${t('void.again')}</button></div>
    ${attempt.override_cost && html`<p class="note bad">${costText(t, attempt.override_cost)}</p>`}
    <fieldset class="checks"><legend>${t('override.who')}</legend>
      ${silent.map((p) => box(p, 'silent'))}${missing.map((p) => box(p, 'missing'))}</fieldset>
  </${ReasonDialog}>`;
}

export function VoidDialog({ app, onClose }) {
  const { t, s } = app;
  const { attempt } = s.now;
  const opening = attempt.phase === 'opening';
  const live = attempt.questions.filter((q) => !attempt.voided.includes(q));
  const [picked, setPicked] = useState(live);
  const toggle = (q) => setPicked(picked.includes(q) ? picked.filter((one) => one !== q) : [...picked, q]);
  const which = picked.length === live.length ? 'all' : picked.join(',');
  return html`<${ReasonDialog} app=${app} title=${t(opening ? 'void.opening' : 'void.title')}
    lead=${t(opening ? 'void.openingLead' : 'void.lead')} confirm=${t('void.do')} onClose=${onClose}
    run=${async (reason) => picked.length > 0 && app.act(`void ${which} ${reason}`, 'note.voided')}>
    ${!opening && html`<fieldset class="checks"><legend>${t('void.which')}</legend>
      ${live.map((q) => html`<label key=${q} class="check"><input type="checkbox" checked=${picked.includes(q)}
      onChange=${() => toggle(q)} /> ${t('word.candidateNumber', { n: q, name: candidate(app, q).name })}</label>`)}
      </fieldset>`}</${ReasonDialog}>`;
}

/** What should be known before it is declared, in words. */
function Warnings({ app }) {
  const { t, s } = app;
  return s.now.warnings.filter((one) => one.question || one.people)
    .map((one, i) => html`<p key=${`${one.kind}${one.question || i}`} class="note warn">
      <span aria-hidden="true">! </span>${t(`warning.${one.kind}`, {
    name: one.name || '', names: one.people ? one.people.map((p) => p.name).join(t('word.comma')) : '' })}</p>`);
}

export function DeclareHold({ app }) {
  return html`<${Hold} app=${app} label=${app.t('declare.do')} run=${() => app.act('declare', 'note.declared')} />`;
}

function Declare({ app, led }) {
  const { t, s } = app;
  const waiting = s.now.proposals.find((one) => one.type === 'Declaration');
  return html`${waiting ? html`<p class="note">${t('declare.waiting')}</p>`
    : html`<div class="sign-row">${!led && html`<${DeclareHold} app=${app} />`}
        <p class="quiet-text">${t('declare.lead')}</p></div>`}
    <${Results} app=${app} rows=${s.now.attempt.rows} caption=${t('declare.caption')} />`;
}

function stepLabel(t, attempt, id) {
  if (id === 'mixing' && attempt.phase === 'mixing')
    return t('phase.mixingCount', { done: attempt.mixed, total: attempt.hops });
  if (id === 'opening' && attempt.phase === 'opening')
    return t('phase.openingCount', { done: attempt.shared, total: attempt.hops });
  return t(`phase.${id}`);
}

function Phase({ app, setDialog, led }) {
  const { t, s } = app;
  const { attempt } = s.now;
  if (attempt.phase === 'voting') {
    return attempt.paper ? html`<${PaperTally} app=${app} led=${led} />`
      : html`<${Voting} app=${app} setDialog=${setDialog} led=${led} />`;
  }
  if (attempt.phase === 'confirming')
    return html`<${Confirming} app=${app} setDialog=${setDialog} led=${led} />`;
  if (attempt.phase === 'counted') return html`<${Declare} app=${app} led=${led} />`;
  return html`<${Waiting} title=${t(`wait.${attempt.phase}`)}>
    ${!isAwaited(s.now) && html`<p>${t('wait.byItself')}</p>`}</${Waiting}>`;
}

/** @param led the next step stands in a bar of its own, and its button is not here once more */
export function Current({ app, led = false }) {
  const { t, s } = app;
  const { attempt } = s.now;
  const [dialog, setDialog] = useState('');
  if (!attempt?.live) return null;
  const title = s.meeting.batches.find((one) => one.batch === attempt.batch)?.title;
  const phases = attempt.paper ? kPaperPhases : kPhases;
  const close = () => setDialog('');
  const voidable = ['voting', 'closing', 'mixing', 'confirming', 'opening'].includes(attempt.phase);
  const spoilable = attempt.phase === 'voting' && !attempt.paper && s.meeting.rules.checks_allowed
    && attempt.voted.length > 0;
  const voided = attempt.voided.map((q) => candidate(app, q).name).join(t('word.comma'));
  return html`<section class="card current-attempt" aria-labelledby="current-title">
    <header class="card-head"><h2 id="current-title">${title}</h2>
      <span class="tag">${t('round.title', { n: attempt.attempt })}</span></header>
    <${Stages} app=${app} label=${t('phase.label')}
      steps=${inOrder(phases, phases.indexOf(attempt.phase), (id) => stepLabel(t, attempt, id))} />
    ${!led && html`<${Waits} app=${app} />`}<${Warnings} app=${app} />
    <${Phase} app=${app} setDialog=${setDialog} led=${led} />
    ${voided && html`<p class="note">${t('void.already', { names: voided })}</p>`}
    <div class="row quiet-row">
      ${voidable && html`<button type="button" class="button danger" disabled=${app.offline}
        onClick=${() => setDialog('void')}>${t(attempt.phase === 'opening' ? 'void.opening' : 'void.title')}</button>`}
      ${spoilable && html`<button type="button" class="button" disabled=${app.offline}
        onClick=${() => setDialog('spoil')}>${t('spoil.title')}</button>`}
    </div>
    ${dialog === 'close' && html`<${CloseDialog} app=${app} onClose=${close} />`}
    ${dialog === 'spoil' && html`<${SpoilDialog} app=${app} onClose=${close} />`}
    ${dialog === 'override' && html`<${OverrideDialog} app=${app} onClose=${close}
      onVoid=${() => setDialog('void')} />`}
    ${dialog === 'void' && html`<${VoidDialog} app=${app} onClose=${close} />`}
  </section>`;
}
