// SPDX-License-Identifier: Apache-2.0
/** Who guards this vote, each laptop alive or not, by name: what a loss means, and how the slot passes to another. */
import { useState } from '../vendor/preact-hooks.js';
import { html, kScreen, names, personName, ReasonDialog, standing } from './ui.js';
import { Secrecy } from './secrecy.js';
import { usePassed } from './waits.js';

function SlotDialog({ app, onClose }) {
  const { t, s } = app;
  const slots = s.now.guards.people.filter((one) => one.trustee > 0);
  const holders = slots.map((one) => one.person);
  const able = s.meeting.people.filter((one) => !(one.roles & kScreen) && !holders.includes(one.person)
    && standing(app, one.person).signed_in);
  const lost = slots.find((one) => one.online === false) || slots[0];
  const [trustee, setTrustee] = useState(lost?.trustee);
  const [person, setPerson] = useState(able[0]?.person);
  return html`<${ReasonDialog} app=${app} title=${t('slot.title')} lead=${t('slot.lead')} confirm=${t('slot.do')}
    onClose=${onClose}
    run=${async (reason) => trustee && person
      && app.act(`change-trustee ${trustee} ${person} ${reason}`, 'note.slotChanged')}>
    <label class="field"><span>${t('slot.which')}</span>
      <select value=${trustee} onChange=${(e) => setTrustee(Number(e.target.value))}>${slots.map((one) =>
        html`<option key=${one.trustee} value=${one.trustee}>${personName(app, one.person)}</option>`)}</select></label>
    <label class="field"><span>${t('slot.incoming')}</span>
      <select value=${person} onChange=${(e) => setPerson(Number(e.target.value))}>${able.map((one) =>
        html`<option key=${one.person} value=${one.person}>${one.person} ${one.name}</option>`)}</select></label>
  </${ReasonDialog}>`;
}

/** What the server tells; of whom nothing is known while this laptop itself is cut off. */
function stateOf(one) {
  return one.online === null ? 'unknown' : one.online ? 'online' : 'offline';
}

const kMinute = 60;

function forText(t, seconds) {
  return seconds < kMinute ? t('guards.seconds', { n: seconds })
    : t('guards.minutes', { n: Math.floor(seconds / kMinute) });
}

const kSigns = { online: '✓', offline: '✗', unknown: '?' };
const kClasses = { online: 'person in', offline: 'person lost', unknown: 'person' };

function Guard({ app, one, passed }) {
  const { t } = app;
  const state = stateOf(one);
  const since = one.since_s === undefined || state === 'online' ? '' : forText(t, one.since_s + passed);
  return html`<li class=${kClasses[state]}>
    <span aria-hidden="true">${kSigns[state]}</span>
    <span class="person-name">${personName(app, one.person)}</span>
    ${one.key === 'changed' && html`<span class="tag">${t('guards.changed')}</span>`}
    <span class="person-state">${t(`guards.${state}`)}${since && t('word.paren', { text: since })}</span></li>`;
}

export function GuardsBoard({ app }) {
  const { t, s } = app;
  const [open, setOpen] = useState(false);
  const { guards, attempt } = s.now;
  const passed = usePassed(app, Boolean(guards?.people.some((one) => !one.online)));
  if (!guards) return null;
  const live = Boolean(attempt?.live);
  const lost = guards.people.filter((one) => one.online === false).map((one) => one.person);
  const meaning = lost.includes(0) ? 'guards.lostServer' : live ? 'guards.lostLive' : 'guards.lostBefore';
  return html`<section class="card guards-card"><h2>${t('guards.title')}</h2>
    <p class="quiet-text">${t('guards.lead')}</p>
    ${guards.people.length > 0 && html`<ul class="people">
      ${guards.people.map((one) => html`<${Guard} key=${one.trustee} app=${app} one=${one} passed=${passed} />`)}</ul>`}
    ${lost.length > 0 && html`<p class="note bad" role="status">${t(meaning, { names: names(app, lost) })}</p>`}
    ${guards.people.some((one) => one.online === null) && html`<p class="note warn">${t('guards.stale')}</p>`}
    <${Secrecy} app=${app} />
    ${!live && guards.people.some((one) => one.trustee > 0) && html`<div class="row">
      <button type="button" class="button" disabled=${app.offline} onClick=${() => setOpen(true)}>
        ${t('slot.title')}</button></div>`}
    ${open && html`<${SlotDialog} app=${app} onClose=${() => setOpen(false)} />`}</section>`;
}
