// SPDX-License-Identifier: Apache-2.0
/** The first time on this laptop: the slip, what it says, a passphrase, and who one is. */
import { useEffect, useRef, useState } from '../vendor/preact-hooks.js';
import { sentence } from '../i18n.js';
import { Act, html } from '../parts/ui.js';
import { readCode, slipLine } from '../parts/code.js';
import { Discovered } from '../parts/discovered.js';
import { roleWords } from '../parts/meeting.js';

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

/** How a code looks on paper. */
const kExample = '4821-003-7KQ2-9XWT-M4ZD-8R5C-J';
/** Refusals after which another slip is begun with anew. */
const kNewStart = ['WRONG_PASSPHRASE', 'WRONG_CODE', 'USED_CODE', 'CONFLICT'];

function SlipForm({ app, onRead }) {
  const { t } = app;
  const [text, setText] = useState('');
  const [wrong, setWrong] = useState('');
  const field = useRef(null);
  const line = slipLine(text);
  const typed = line ? { state: 'good', shown: line } : readCode(text);
  const ask = async (slip) => {
    const reply = await app.call(`slip ${slip}`);
    setWrong(reply.ok ? '' : t.has(`code.${reply.code}`) ? `code.${reply.code}` : 'enrol.noSlip');
    if (reply.ok) onRead(reply);
  };
  const go = () => {
    if (typed.state === 'good') return ask(line || typed.shown);
    setWrong(typed.state === 'wrong' ? 'code.CHECK_CHARACTER' : `enrol.typed.${typed.state}`);
    return field.current.focus();
  };
  useEffect(() => {
    field.current.focus();
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
      <input type="text" class="code code-field" autocomplete="off" autocapitalize="characters" spellcheck="false"
        ref=${field} value=${text} aria-describedby="slip-typed slip-error" aria-invalid=${Boolean(wrong)}
        onInput=${(e) => (setText(e.target.value), setWrong(''))}
        onKeyDown=${(e) => e.key === 'Enter' && go()} /></label>
    <p class=${typed.state === 'good' ? 'agree-ink typed' : 'quiet-text typed'} id="slip-typed" role="status">
      ${t(`enrol.typed.${typed.state}`, { n: typed.have ?? '', code: typed.shown || kExample })}</p>
    <p class="field-error" id="slip-error" role="alert">${wrong && t(wrong, { n: typed.have ?? '', code: '' })}</p>
    <div class="row"><${Act} app=${app} kind="primary large" label=${t('enrol.next')} disabled=${!text.trim()}
      run=${go} />
      <label class="button file"><span>${t('enrol.file')}</span>
        <input type="file" accept=".txt,text/plain,image/*" onChange=${open} /></label></div>
    <p class="quiet-text">${t('enrol.fileNote')}</p></section>`;
}

/** A passphrase, twice. @param words [first, second] */
function Passphrase({ app, words, setWords, onEnter }) {
  const { t } = app;
  const [shown, setShown] = useState(false);
  const differ = words[1] !== '' && words[0] !== words[1];
  const field = (i, more) => html`<input type=${shown ? 'text' : 'password'} autocomplete="off" value=${words[i]}
    onInput=${(e) => setWords(i === 0 ? [e.target.value, words[1]] : [words[0], e.target.value])}
    onKeyDown=${(e) => e.key === 'Enter' && onEnter()} ...${more} />`;
  return html`<h2>${t('enrol.passTitle')}</h2><p id="pass-help">${t('enrol.passLead')}</p>
    <label class="field"><span>${t('enrol.pass')}</span>${field(0, { 'aria-describedby': 'pass-help' })}</label>
    <label class="field"><span>${t('enrol.passAgain')}</span>
      ${field(1, { 'aria-describedby': 'pass-error', 'aria-invalid': differ })}</label>
    <p class="field-error" id="pass-error" role="alert">${differ && t('enrol.passDiffer')}</p>
    <label class="check"><input type="checkbox" checked=${shown} onChange=${(e) => setShown(e.target.checked)} />
      ${t('enrol.passShow')}</label>`;
}

/** What went wrong, said in the form itself, with the way on. */
function Refused({ app, reply, onBack }) {
  const { t } = app;
  if (!reply) return null;
  const forget = async () => {
    const done = await app.call('forget');
    if (done.ok) onBack();
    else app.say({ reply: done });
  };
  return html`<div class="note bad" role="alert"><p>${sentence(t, reply)}</p>
    ${kNewStart.includes(reply.code) && html`<div class="row"><${Act} app=${app} label=${t('enrol.forget')}
      run=${forget} /></div>`}</div>`;
}

function KeysForm({ app, slip, onBack }) {
  const { t } = app;
  const [words, setWords] = useState(['', '']);
  const [server, setServer] = useState('');
  const [refused, setRefused] = useState(null);
  const heading = useRef(null);
  useEffect(() => heading.current.focus(), []);
  const address = slip.server || server.trim();
  const ready = words[0] !== '' && words[0] === words[1] && address !== '';
  const enrol = async () => {
    const reply = await app.call(`enrol ${JSON.stringify({ slip: slip.slip, server: address, passphrase: words[0] })}`);
    setRefused(reply.ok ? null : reply);
    if (!reply.ok) return;
    setWords(['', '']);
    app.introduce({ name: reply.name, roles: reply.roles, code: reply.device_code });
  };
  return html`<section class="card narrow">
    <h1 tabindex="-1" ref=${heading}>${t('enrol.checkTitle', { n: slip.person })}</h1>
    <p>${t('enrol.checkLead')}</p>
    ${slip.server ? html`<dl class="facts"><div><dt>${t('enrol.server')}</dt><dd>${slip.server}</dd></div></dl>`
      : html`<label class="field"><span>${t('enrol.serverField')}</span>
        <input type="text" class="code" autocomplete="off" spellcheck="false" value=${server}
          onInput=${(e) => setServer(e.target.value)} /></label>
        <${Discovered} app=${app} value=${server.trim()} choose=${setServer} />`}
    <${Passphrase} app=${app} words=${words} setWords=${setWords} onEnter=${() => ready && enrol()} />
    <${Refused} app=${app} reply=${refused} onBack=${onBack} />
    <div class="row"><button type="button" class="button" onClick=${onBack}>${t('word.back')}</button>
      <${Act} app=${app} kind="primary large" label=${t('enrol.do')} disabled=${!ready} run=${enrol} /></div>
  </section>`;
}

/** Who the server says that one is, and the code to be compared with the sign-in sheet. */
export function Introduced({ app }) {
  const { t } = app;
  const { name, roles, code } = app.introduced;
  const [said, setSaid] = useState('');
  const heading = useRef(null);
  useEffect(() => heading.current.focus(), [said]);
  if (said === 'no') {
    return html`<section class="card narrow alarm-card" role="alert"><h1 tabindex="-1" ref=${heading}>
      ${t('introduced.notTitle')}</h1><p class="lead">${t('introduced.notLead')}</p>
      <div class="row"><button type="button" class="button" onClick=${() => setSaid('')}>${t('word.back')}</button>
      </div></section>`;
  }
  if (said === 'yes') {
    return html`<section class="card narrow center"><h1 tabindex="-1" ref=${heading}>${t('device.code')}</h1>
      <p class="device-code">${code}</p><p class="lead">${t('device.compare')}</p>
      <button type="button" class="button primary large" onClick=${() => app.introduce(null)}>${t('introduced.go')}
      </button></section>`;
  }
  return html`<section class="card narrow center"><h1 tabindex="-1" ref=${heading}>
    ${t('introduced.ask', { name, roles: roleWords(app, roles) })}</h1>
    <div class="row-center"><button type="button" class="button primary huge" onClick=${() => setSaid('yes')}>
      ${t('introduced.yes')}</button>
      <button type="button" class="button large" onClick=${() => setSaid('no')}>${t('introduced.no')}</button></div>
  </section>`;
}

export function Enrol({ app }) {
  const [slip, setSlip] = useState(null);
  return slip ? html`<${KeysForm} app=${app} slip=${slip} onBack=${() => setSlip(null)} />`
    : html`<${SlipForm} app=${app} onRead=${setSlip} />`;
}
