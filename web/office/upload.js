// SPDX-License-Identifier: Apache-2.0
/** Files on their way to the program of this machine, in pieces. */
import { useState } from '../vendor/preact-hooks.js';
import { html } from '../parts/ui.js';

/** In base64, with what stands around it, a piece must fit into one frame of the door. */
const kPieceBytes = 45_000;

function base64(blob) {
  return new Promise((done, fail) => {
    const reader = new FileReader();
    reader.onload = () => done(reader.result.includes(',') ? reader.result.slice(reader.result.indexOf(',') + 1) : '');
    reader.onerror = () => fail(reader.error);
    reader.readAsDataURL(blob);
  });
}

/** @return the last reply: of the piece that was refused, or of the last one. */
export async function send(app, kind, file, progress) {
  for (let at = 0; ; at += kPieceBytes) {
    let data;
    try {
      data = await base64(file.slice(at, at + kPieceBytes));
    } catch {
      return { ok: false, code: 'OFFICE_REFUSED', message: app.t('desk.unreadable', { name: file.name }) };
    }
    const reply = await app.call('upload', { kind, offset: at, data });
    if (!reply.ok || at + kPieceBytes >= file.size) return reply;
    progress(Math.round((100 * at) / file.size));
  }
}

/**
 * A field for one file. @param onReady told its name when all of it has arrived, and '' when another one is on its way
 */
export function FileField({ app, kind, label, accept, onReady }) {
  const { t } = app;
  const [state, setState] = useState('');
  const pick = async (event) => {
    const [file] = event.target.files;
    if (!file) return;
    onReady('');
    const reply = await send(app, kind, file, (n) => setState(t('desk.sending', { n })));
    setState(reply.ok ? t('desk.sent', { name: file.name }) : '');
    if (reply.ok) onReady(file.name);
    else app.say({ reply });
  };
  return html`<div class="field file-field"><span>${label}</span>
    <div class="row"><label class="button file">${t('desk.choose')}
      <input type="file" aria-label=${label} accept=${accept} onChange=${pick} /></label>
    <span class="quiet-text" role="status">${state || t('desk.noFile')}</span></div></div>`;
}
