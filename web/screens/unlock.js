// SPDX-License-Identifier: Apache-2.0
import { useEffect, useRef, useState } from '../vendor/preact-hooks.js';
import { Act, html } from '../parts/ui.js';

/** For whoever enrolled with another's slip, or lost the passphrase, before the meeting has begun. */
function Anew({ app }) {
  const { t } = app;
  const forget = async () => {
    const reply = await app.call('forget');
    if (!reply.ok) app.say({ reply });
  };
  return html`<details><summary>${t('unlock.other')}</summary><p>${t('unlock.otherLead')}</p>
    <div class="row"><${Act} app=${app} kind="danger" label=${t('enrol.forget')} run=${forget} /></div></details>`;
}

export function Unlock({ app }) {
  const { t } = app;
  const [words, setWords] = useState('');
  const [wrong, setWrong] = useState(false);
  const [shown, setShown] = useState(false);
  const field = useRef(null);
  useEffect(() => field.current.focus(), []);
  const unlock = async () => {
    const reply = await app.call(`unlock ${JSON.stringify({ passphrase: words })}`);
    setWords('');
    setWrong(reply.code === 'WRONG_PASSPHRASE');
    if (!reply.ok && reply.code !== 'WRONG_PASSPHRASE') app.say({ reply });
    if (!reply.ok) field.current?.focus();
  };
  const [asked, ask] = useState(false);
  const go = async () => {
    if (asked || !words) return;
    ask(true);
    await unlock();
    ask(false);
  };
  return html`<section class="card narrow"><h1>${t('unlock.title')}</h1><p class="lead">${t('unlock.lead')}</p>
    <label class="field"><span>${t('enrol.pass')}</span>
      <input ref=${field} type=${shown ? 'text' : 'password'} autocomplete="off" aria-invalid=${wrong}
        aria-describedby="unlock-error"
      value=${words} onInput=${(e) => setWords(e.target.value)} onKeyDown=${(e) => e.key === 'Enter' && go()} /></label>
    <p class="field-error" id="unlock-error" role="alert">${wrong && t('code.WRONG_PASSPHRASE')}</p>
    <label class="check">
      <input type="checkbox" checked=${shown} onChange=${(e) => setShown(e.target.checked)} /> ${t('enrol.passShow')}
      </label>
    <div class="row"><${Act} app=${app} kind="primary large" label=${t('unlock.do')} disabled=${!words} run=${go} />
    </div><${Anew} app=${app} /></section>`;
}
