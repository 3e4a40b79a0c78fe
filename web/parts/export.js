// SPDX-License-Identifier: Apache-2.0
/** The record, from this program's own copy of the log, into a file of this laptop. */
import { useState } from '../vendor/preact-hooks.js';
import { Act, html, oneLine } from './ui.js';

export function ExportForm({ app }) {
  const { t, s } = app;
  const [file, setFile] = useState(`record-${s.meeting?.date || ''}.piaojue`);
  const [done, setDone] = useState(null);
  const run = async () => {
    const reply = await app.call(`export ${oneLine(file)}`);
    setDone(reply.ok ? reply : null);
    app.say(reply.ok ? { ok: 'note.exported' } : { reply });
  };
  return html`<section class="card"><h2>${t('export.title')}</h2><p>${t('export.lead')}</p>
    <div class="row field-row">
      <label class="field grow"><span>${t('export.file')}</span>
        <input type="text" autocomplete="off" spellcheck="false" value=${file}
      onInput=${(e) => setFile(e.target.value)} /></label>
      <${Act} app=${app} kind="primary" label=${t('export.do')} disabled=${!oneLine(file)} run=${run} /></div>
    <p role="status">${done && t('export.done', { file: done.file, n: done.entries })}</p></section>`;
}
