// SPDX-License-Identifier: Apache-2.0
/** Signing out. Who leaves in the middle of a vote without having voted is asked whether that is meant. */
import { useState } from '../vendor/preact-hooks.js';
import { Act, Dialog, html } from './ui.js';

function LeaveDialog({ app, onClose }) {
  const { t } = app;
  const [step, setStep] = useState('');
  const leave = async (line) => {
    const reply = await app.call(line);
    if (reply.code === 'ASK') return setStep('ask');
    if (reply.code === 'UNSENT') return setStep('unsent');
    app.say(reply.ok && reply.code !== 'PENDING' ? { ok: 'note.signedOut' } : { reply });
    if (reply.ok) onClose();
  };
  if (step === 'ask') {
    return html`<p class="lead"><strong>${t('notVoted.title')}</strong></p><p>${t('notVoted.leaveLead')}</p>
      <div class="row-end">
        <${Act} app=${app} label=${t('notVoted.leaveNo')} run=${() => leave('sign-out not-voted no')} />
        <${Act} app=${app} kind="primary" label=${t('notVoted.leaveYes')}
          run=${() => leave('sign-out not-voted yes')} /></div>`;
  }
  if (step === 'unsent') return html`<p class="note bad" role="alert">${t('leave.unsent')}</p>`;
  return html`<p>${t('leave.lead')}</p><div class="row-end">
    <${Act} app=${app} kind="primary" label=${t('leave.confirm')} run=${() => leave('sign-out')} /></div>`;
}

export function Leave({ app, small = false }) {
  const { t } = app;
  const [open, setOpen] = useState(false);
  const close = () => setOpen(false);
  return html`<button type="button" class=${small ? 'button small' : 'button'} onClick=${() => setOpen(true)}>
      ${t('leave.title')}</button>
    ${open && html`<${Dialog} app=${app} title=${t('leave.title')} onClose=${close}>
      <${LeaveDialog} app=${app} onClose=${close} /></${Dialog}>`}`;
}
