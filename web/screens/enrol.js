// SPDX-License-Identifier: Apache-2.0
/** The first time on this laptop: the slip, what it says, a passphrase, and who one is. */
import { useEffect, useRef, useState } from '../vendor/preact-hooks.js';
import { sentence } from '../i18n.js';
import { Act, html } from '../parts/ui.js';
import { Camera, readPicture } from '../parts/camera.js';
import { readCode, slipLine } from '../parts/code.js';
import { Discovered } from '../parts/discovered.js';
import { roleWords } from '../parts/meeting.js';
import { isWeak, Passphrase } from '../parts/passphrase.js';

async function readFile(file) {
  return slipLine(file.type.startsWith('image/') ? await readPicture(file) : await file.text());
}

/** How a code looks on paper. */
const kExample = '4821-003-7KQ2-9XWT-M4ZD-8R5C-J';
/** Refusals after which another slip is begun with anew. */
const kNewStart = ['WRONG_PASSPHRASE', 'WRONG_CODE', 'USED_CODE', 'CONFLICT', 'NO_SERVER'];

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
  const seen = (code) => (slipLine(code) ? ask(slipLine(code)) : setWrong('enrol.noSlipInFile'));
  return html`<section class="card narrow"><h1>${t('enrol.title')}</h1>
    ${app.introduced?.not && html`<p class="note warn" role="status">
      ${t('introduced.forgotten', { name: app.introduced.not })}</p>`}
    <p class="lead">${t('enrol.lead')}</p>
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
        <input type="file" accept=".txt,text/plain,image/*" onChange=${open} /></label>
      <${Camera} app=${app} onCode=${seen} /></div>
    <p class="quiet-text">${t('enrol.fileNote')}</p></section>`;
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
  const form = useRef(null);
  // What is typed next: the address where it is not known, else the passphrase.
  useEffect(() => form.current.querySelector('input').focus(), []);
  const address = slip.server || server.trim();
  const ready = !isWeak(words[0]) && words[0] === words[1] && address !== '';
  const enrol = async () => {
    const reply = await app.call(`enrol ${JSON.stringify({ slip: slip.slip, server: address, passphrase: words[0] })}`);
    setRefused(reply.ok ? null : reply);
    if (!reply.ok) return;
    setWords(['', '']);
    app.introduce(null);
  };
  return html`<section class="card narrow" ref=${form}><h1>${t('enrol.checkTitle', { n: slip.person })}</h1>
    <p>${t('enrol.checkLead')}</p>
    ${slip.server ? html`<dl class="facts"><div><dt>${t('enrol.server')}</dt><dd>${slip.server}</dd></div></dl>`
      : html`<label class="field"><span>${t('enrol.serverField')}</span>
        <input type="text" class="code" autocomplete="off" spellcheck="false" value=${server}
          onInput=${(e) => setServer(e.target.value)} onKeyDown=${(e) => e.key === 'Enter'
            && form.current.querySelector('input[autocomplete=off]:not(.code)').focus()} /></label>
          <${Discovered} app=${app} value=${server.trim()} choose=${setServer} />`}
    <${Passphrase} app=${app} words=${words} setWords=${setWords} onEnter=${() => ready && enrol()} />
    <${Refused} app=${app} reply=${refused} onBack=${onBack} />
    <div class="row"><button type="button" class="button" onClick=${onBack}>${t('word.back')}</button>
      <${Act} app=${app} kind="primary large" label=${t('enrol.do')} disabled=${!ready} run=${enrol} /></div>
  </section>`;
}

/** Who the server says that one is. Nothing is connected, and nothing can be signed, before one has said yes. */
export function Introduced({ app }) {
  const { t } = app;
  const { name, roles, device_code: code } = app.s.introduced;
  const [not, setNot] = useState(false);
  const heading = useRef(null);
  useEffect(() => heading.current.focus(), [not]);
  const say = async (line, introduced) => {
    const reply = await app.call(line);
    if (reply.ok) app.introduce(introduced);
    else app.say({ reply });
  };
  if (not) {
    return html`<section class="card narrow alarm-card" role="alert"><h1 tabindex="-1" ref=${heading}>
      ${t('introduced.notTitle')}</h1><p class="lead">${t('introduced.notLead')}</p>
      <p>${t('introduced.forgetLead', { name })}</p>
      <div class="row"><button type="button" class="button" onClick=${() => setNot(false)}>${t('word.back')}</button>
        <${Act} app=${app} kind="danger" label=${t('enrol.forget')} run=${() => say('forget', { not: name })} />
      </div></section>`;
  }
  return html`<section class="card narrow center"><h1 tabindex="-1" ref=${heading}>
    ${t('introduced.ask', { name, roles: roleWords(app, roles) })}</h1>
    <div class="row-center"><${Act} app=${app} kind="primary huge" label=${t('introduced.yes')}
        run=${() => say('me', { code })} />
      <button type="button" class="button large" onClick=${() => setNot(true)}>${t('introduced.no')}</button></div>
  </section>`;
}

/** The code to be compared with the sign-in sheet, once, large. */
export function DeviceCode({ app }) {
  const { t } = app;
  const heading = useRef(null);
  useEffect(() => heading.current.focus(), []);
  return html`<section class="card narrow center"><h1 tabindex="-1" ref=${heading}>${t('device.code')}</h1>
    <p class="device-code">${app.introduced.code}</p><p class="lead">${t('device.compare')}</p>
    <button type="button" class="button primary large" onClick=${() => app.introduce(null)}>${t('introduced.go')}
    </button></section>`;
}

export function Enrol({ app }) {
  const [slip, setSlip] = useState(null);
  return slip ? html`<${KeysForm} app=${app} slip=${slip} onBack=${() => setSlip(null)} />`
    : html`<${SlipForm} app=${app} onRead=${setSlip} />`;
}
