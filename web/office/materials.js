// SPDX-License-Identifier: Apache-2.0
/** Files of one applicant that the experts will read. */
import { useEffect, useState } from '../vendor/preact-hooks.js';
import { Act, html } from '../parts/ui.js';
import { send } from './upload.js';

const kKinds = '.pdf,.png,.jpg,.jpeg';
const kMegabyte = 1_048_576;

export function Materials({ app, candidate }) {
  const { t } = app;
  const [files, setFiles] = useState([]);
  const [sending, setSending] = useState('');
  const took = (reply) => {
    if (reply.ok) setFiles(reply.files);
    else app.say({ reply });
    return reply.ok;
  };
  useEffect(() => {
    app.call('materials', { candidate }).then(took);
  }, [candidate]);
  const attach = async (event) => {
    const chosen = [...event.target.files];
    event.target.value = '';
    for (const file of chosen) {
      const sent = await send(app, 'material', file, (n) => setSending(t('desk.sending', { n })));
      const ok = sent.ok && took(await app.call('material-add', { candidate, name: file.name }));
      if (!sent.ok) app.say({ reply: sent });
      if (!ok) break;
    }
    setSending('');
  };
  const size = (one) => ({ name: one.name, size: Math.max(0.1, one.bytes / kMegabyte).toFixed(1) });
  return html`<details><summary>${t('materials.title', { n: files.length })}</summary>
    <p class="quiet-text">${t('materials.lead')}</p>
    <ul class="plain">${files.map((one) => html`<li key=${one.name}>${t('materials.of', size(one))}${' '}
      <${Act} app=${app} kind="small quiet" label=${t('materials.remove')} aria-label=${t('materials.removeOf', one)}
        run=${async () => took(await app.call('material-remove', { candidate, name: one.name }))} /></li>`)}</ul>
    <div class="row"><label class="button file">${t('materials.add')}<input type="file" multiple accept=${kKinds}
      onChange=${attach} /></label><span class="quiet-text" role="status">${sending}</span></div></details>`;
}
