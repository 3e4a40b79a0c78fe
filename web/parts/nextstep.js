// SPDX-License-Identifier: Apache-2.0
/**
 * The chair's next step: one bar that stays in the window however long the page is, with what there is to do now, or
 * whom everybody waits for. Its button is nowhere else on the page.
 */
import { useState } from '../vendor/preact-hooks.js';
import { html, names } from './ui.js';
import { OpenDialog } from './agenda.js';
import { Hold } from './hold.js';
import { PaperHold } from './papertally.js';
import { CloseDialog, costText, DeclareHold, OverrideDialog, StuckButtons, uncovered, VoidDialog } from './running.js';
import { usePassed, Waits } from './waits.js';

/** As long as the program itself waits before it says so. */
const kLongS = 15;

function Button({ app, label, onClick, disabled = false }) {
  return html`<button type="button" class="button primary large" disabled=${disabled || app.offline}
    onClick=${onClick}>${label}</button>`;
}

function jumpTo(selector) {
  const target = document.querySelector(selector);
  target?.scrollIntoView({ block: 'start' });
  target?.focus({ preventScroll: true });
}

/** Somebody else has asked for this person's signature: he reads it where it stands. */
function signing(app, it) {
  const { t } = app;
  return { title: t('next.sign', { title: t.has(`entry.${it.type}`) ? t(`entry.${it.type}`) : it.type }),
    does: html`<${Button} app=${app} label=${t('next.read')} onClick=${() => jumpTo('.proposal.yours')} />` };
}

function inVoting(app, setDialog) {
  const { t, s } = app;
  const { attempt } = s.now;
  if (attempt.paper) {
    return { title: t('next.paper'), does: !s.now.proposals.some((one) => one.type === 'PaperTally')
      && html`<${PaperHold} app=${app} />` };
  }
  const [done, total] = [attempt.voted.length, attempt.present.length];
  const missing = attempt.present.filter((p) => !attempt.voted.includes(p));
  const waiting = s.now.proposals.some((one) => one.type === 'BatchClose');
  return { title: t(waiting ? 'next.countersign' : missing.length > 0 ? 'next.voting' : 'next.close', { done, total }),
    text: !waiting && missing.length > 0 && t('attempt.notYet', { names: names(app, missing) }),
    skip: 'envelope',
    does: !waiting && html`<${Button} app=${app} label=${t('attempt.close')} onClick=${() => setDialog('close')} />` };
}

/** @param passed seconds since the program has said for how long */
function inConfirming(app, setDialog, passed) {
  const { t, s } = app;
  const { missing, silent } = uncovered(s.now.attempt);
  if (missing.length + silent.length === 0) return { title: t('next.wait') };
  const wait = s.now.waits.find((one) => one.what === 'confirm');
  const urgent = missing.length > 0 || (wait && wait.since_s + passed >= kLongS);
  return { title: missing.length > 0 ? t('next.missing', { names: names(app, missing) })
    : t(urgent ? 'next.silent' : 'next.confirming', { names: names(app, silent) }),
    text: urgent && costText(t, s.now.attempt.override_cost),
    does: html`<${StuckButtons} app=${app} setDialog=${setDialog} urgent=${urgent} />` };
}

function inAttempt(app, setDialog, passed) {
  const { t, s } = app;
  switch (s.now.attempt.phase) {
    case 'voting': return inVoting(app, setDialog);
    case 'confirming': return inConfirming(app, setDialog, passed);
    case 'counted': {
      const waiting = s.now.proposals.some((one) => one.type === 'Declaration');
      return { title: t(waiting ? 'next.countersign' : 'next.declare'), skip: waiting ? '' : 'declare',
        does: !waiting && html`<${DeclareHold} app=${app} />` };
    }
    default: return { title: t('next.wait') };
  }
}

function between(app, setDialog) {
  const { t, s } = app;
  const next = s.now.agenda.find((item) => item.undecided.length > 0);
  if (next) {
    if (s.now.proposals.some((one) => one.type === 'BatchOpen')) return { title: t('next.countersign') };
    return { title: t('next.open', { n: s.now.experts.present, needed: s.now.experts.quorum_min }),
      does: html`<${Button} app=${app} label=${t('next.openDo', { title: next.title })}
        onClick=${() => setDialog(`open ${next.batch}`)} />` };
  }
  if (s.now.proposals.some((one) => one.type === 'MeetingClose')) return { title: t('next.countersign') };
  return { title: t('next.end'), does: html`<${Hold} app=${app} label=${t('end.do')}
    run=${() => app.act('close-meeting', 'note.meetingClosed')} />` };
}

function stepOf(app, setDialog, passed) {
  const mine = app.s.now.proposals.find((one) => one.yours);
  if (mine) return signing(app, mine);
  return app.s.now.attempt?.live ? inAttempt(app, setDialog, passed) : between(app, setDialog);
}

function Opened({ app, dialog, setDialog }) {
  const close = () => setDialog('');
  const item = app.s.now.agenda.find((one) => dialog === `open ${one.batch}`);
  if (item) return html`<${OpenDialog} app=${app} item=${item} onClose=${close} />`;
  if (!app.s.now.attempt?.live) return null;
  return html`${dialog === 'close' && html`<${CloseDialog} app=${app} onClose=${close} />`}
    ${dialog === 'void' && html`<${VoidDialog} app=${app} onClose=${close} />`}
    ${dialog === 'override' && html`<${OverrideDialog} app=${app} onClose=${close}
      onVoid=${() => setDialog('void')} />`}`;
}

export function NextStep({ app }) {
  const { t, s } = app;
  const [dialog, setDialog] = useState('');
  const passed = usePassed(app, Boolean(s.now.attempt?.live) && s.now.attempt.phase === 'confirming');
  const step = stepOf(app, setDialog, passed);
  const shown = s.now.waits.map((one) => one.what).filter((what) => what !== step.skip);
  return html`<section class="next-step" aria-label=${t('next.label')}>
    <div class="next-words"><p class="next-title" role="status">${step.title}</p>
      ${step.text && html`<p>${step.text}</p>`}<${Waits} app=${app} of=${shown} /></div>
    ${step.does && html`<div class="next-does">${step.does}</div>`}
    <${Opened} app=${app} dialog=${dialog} setDialog=${setDialog} /></section>`;
}
