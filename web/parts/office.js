// SPDX-License-Identifier: Apache-2.0
/** What the office or the committee does for somebody: signing out, stepping back. One proposes, the others sign. */
import { useState } from '../vendor/preact-hooks.js';
import { candidate, html, kExpert, kScreen, ReasonDialog, standing } from './ui.js';

function Pick({ label, value, onPick, children }) {
  return html`<label class="field"><span>${label}</span>
    <select value=${value} onChange=${(e) => onPick(Number(e.target.value))}>${children}</select></label>`;
}

function SignOutDialog({ app, onClose }) {
  const { t, s } = app;
  const there = s.meeting.people.filter((one) => !(one.roles & kScreen) && standing(app, one.person).signed_in);
  const [person, setPerson] = useState(there[0]?.person);
  return html`<${ReasonDialog} app=${app} title=${t('office.signOut')} lead=${t('office.signOutLead')}
    confirm=${t('office.propose')} onClose=${onClose}
    run=${async (reason) => person && app.act(`sign-out ${person} ${reason}`, 'note.signedOut')}>
    <${Pick} label=${t('word.member')} value=${person} onPick=${setPerson}>
      ${there.map((one) => html`<option key=${one.person} value=${one.person}>${one.person} ${one.name}</option>`)}
      </${Pick}></${ReasonDialog}>`;
}

function RecuseDialog({ app, onClose }) {
  const { t, s } = app;
  const experts = s.meeting.people.filter((one) => one.roles & kExpert);
  const open = s.now.agenda.flatMap((item) => item.undecided);
  const [person, setPerson] = useState(experts[0]?.person);
  const [question, setQuestion] = useState(open[0]);
  return html`<${ReasonDialog} app=${app} title=${t('office.recuse')} lead=${t('office.recuseLead')}
    confirm=${t('office.propose')} onClose=${onClose}
    run=${async (reason) => person && question
      && app.act(`recuse-person ${person} ${question} ${reason}`, 'note.recused')}>
    <${Pick} label=${t('word.member')} value=${person} onPick=${setPerson}>
      ${experts.map((one) => html`<option key=${one.person} value=${one.person}>${one.person} ${one.name}</option>`)}
      </${Pick}>
    <${Pick} label=${t('word.candidate')} value=${question} onPick=${setQuestion}>
      ${open.map((q) => html`<option key=${q} value=${q}>${q} ${candidate(app, q).name}</option>`)}</${Pick}>
      </${ReasonDialog}>`;
}

/** The buttons for both, where there is anybody to do it for. */
export function OfficeButtons({ app }) {
  const { t, s } = app;
  const [open, setOpen] = useState('');
  const close = () => setOpen('');
  const undecided = s.now.agenda.some((item) => item.undecided.length > 0);
  return html`<div class="row">
    <button type="button" class="button" onClick=${() => setOpen('sign-out')}>${t('office.signOut')}</button>
    ${undecided && html`<button type="button" class="button" onClick=${() => setOpen('recuse')}>
      ${t('office.recuse')}</button>`}</div>
    ${open === 'sign-out' && html`<${SignOutDialog} app=${app} onClose=${close} />`}
    ${open === 'recuse' && html`<${RecuseDialog} app=${app} onClose=${close} />`}`;
}
