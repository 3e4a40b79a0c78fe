// SPDX-License-Identifier: Apache-2.0
/** The first time on this laptop: the slip, what it says, a passphrase. */
import { useEffect, useRef, useState } from '../vendor/preact-hooks.js';
import { Act, html } from '../parts/ui.js';
import { Hash } from '../parts/hash.js';
import { slipLine } from '../parts/slips.js';

/** A quarter of a megabyte that hardly anybody needs, so it comes when it is asked for. */
function loadReader() {
  if (window.jsQR) return Promise.resolve();
  return new Promise((resolve, reject) => {
    const script = document.createElement('script');
    script.src = 'vendor/jsqr.js';
    script.onload = resolve;
    script.onerror = reject;
    document.head.append(script);
  });
}

const kPictureSide = 1600;

async function readPicture(file) {
  await loadReader();
  const picture = await createImageBitmap(file);
  const scale = Math.min(1, kPictureSide / Math.max(picture.width, picture.height));
  const canvas = document.createElement('canvas');
  canvas.width = Math.round(picture.width * scale);
  canvas.height = Math.round(picture.height * scale);
  const pen = canvas.getContext('2d');
  pen.drawImage(picture, 0, 0, canvas.width, canvas.height);
  const { data } = pen.getImageData(0, 0, canvas.width, canvas.height);
  return window.jsQR(data, canvas.width, canvas.height)?.data || '';
}

async function readFile(file) {
  return slipLine(file.type.startsWith('image/') ? await readPicture(file) : await file.text());
}

function SlipForm({ app, onRead }) {
  const { t } = app;
  const [text, setText] = useState('');
  const [wrong, setWrong] = useState('');
  const ask = async (line) => {
    const slip = slipLine(line);
    if (!slip) return setWrong('enrol.noSlip');
    const reply = await app.call(`slip ${slip}`);
    if (!reply.ok) return app.say({ reply });
    setWrong('');
    onRead(reply);
  };
  useEffect(() => {
    app.call('prefill').then((reply) => reply.ok && reply.slip && ask(reply.slip));
  }, [app.s.epoch]);
  const open = async (event) => {
    const file = event.target.files[0];
    event.target.value = '';
    if (!file) return;
    const slip = await readFile(file).catch(() => '');
    if (!slip) return setWrong('enrol.noSlipInFile');
    ask(slip);
  };
  return html`<section class="card narrow"><h1>${t('enrol.title')}</h1><p class="lead">${t('enrol.lead')}</p>
    <label class="field"><span>${t('enrol.code')}</span>
      <textarea rows="4" class="code" autocomplete="off" autocapitalize="off" spellcheck="false" value=${text}
      aria-describedby="slip-error" onInput=${(e) => setText(e.target.value)}></textarea></label>
    <p class="field-error" id="slip-error" role="alert">${wrong && t(wrong)}</p>
    <div class="row"><${Act} app=${app} kind="primary large" label=${t('enrol.next')} disabled=${!text.trim()}
      run=${() => ask(text)} />
      <label class="button file"><span>${t('enrol.file')}</span>
        <input type="file" accept=".txt,text/plain,image/*" onChange=${open} /></label></div>
    <p class="quiet-text">${t('enrol.fileNote')}</p></section>`;
}

function KeysForm({ app, slip, onBack }) {
  const { t } = app;
  const [words, setWords] = useState('');
  const [again, setAgain] = useState('');
  const [shown, setShown] = useState(false);
  const heading = useRef(null);
  useEffect(() => heading.current.focus(), []);
  const differ = again !== '' && words !== again;
  const type = shown ? 'text' : 'password';
  const enrol = async () => {
    const reply = await app.call(`enrol ${JSON.stringify({ slip: slip.slip, passphrase: words })}`);
    setAgain('');
    if (!reply.ok) return app.say({ reply });
    setWords('');
    app.say({ ok: 'note.enrolled' });
  };
  return html`<section class="card narrow">
    <h1 tabindex="-1" ref=${heading}>${t('enrol.checkTitle', { n: slip.person })}</h1>
    <p>${t('enrol.checkLead')}</p>
    <dl class="facts"><div><dt>${t('enrol.server')}</dt><dd>${slip.server}</dd></div></dl>
    <${Hash} label=${t('enrol.serverKey')} value=${slip.server_key} />
    <h2>${t('enrol.passTitle')}</h2><p id="pass-help">${t('enrol.passLead')}</p>
    <label class="field"><span>${t('enrol.pass')}</span>
      <input type=${type} autocomplete="off" aria-describedby="pass-help" value=${words}
        onInput=${(e) => setWords(e.target.value)} /></label>
    <label class="field"><span>${t('enrol.passAgain')}</span>
      <input type=${type} autocomplete="off" aria-invalid=${differ} aria-describedby="pass-error" value=${again}
        onInput=${(e) => setAgain(e.target.value)} /></label>
    <p class="field-error" id="pass-error" role="alert">${differ && t('enrol.passDiffer')}</p>
    <label class="check">
      <input type="checkbox" checked=${shown} onChange=${(e) => setShown(e.target.checked)} /> ${t('enrol.passShow')}
      </label>
    <div class="row"><button type="button" class="button" onClick=${onBack}>${t('word.back')}</button>
      <${Act} app=${app} kind="primary large" label=${t('enrol.do')} disabled=${!words || words !== again}
        run=${enrol} /></div></section>`;
}

export function Enrol({ app }) {
  const [slip, setSlip] = useState(null);
  return slip ? html`<${KeysForm} app=${app} slip=${slip} onBack=${() => setSlip(null)} />`
    : html`<${SlipForm} app=${app} onRead=${setSlip} />`;
}
