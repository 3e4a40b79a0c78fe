// SPDX-License-Identifier: Apache-2.0
/** Who works in this office: signing on with a passphrase, and enlisting another. */
import { useState } from '../vendor/preact-hooks.js';
import { Act, html } from '../parts/ui.js';

function Passphrase({ label, value, onInput, onEnter }) {
  return html`<label class="field"><span>${label}</span><input type="password" autocomplete="off" value=${value}
    onInput=${(e) => onInput(e.target.value)} onKeyDown=${(e) => e.key === 'Enter' && onEnter?.()} /></label>`;
}

function Enlist({ app, first }) {
  const { t } = app;
  const [name, setName] = useState('');
  const [words, setWords] = useState('');
  const [again, setAgain] = useState('');
  const [made, setMade] = useState(null);
  const differ = again !== '' && again !== words;
  const run = async () => {
    const reply = await app.act('enlist', { name: name.trim(), passphrase: words });
    if (!reply) return;
    setMade({ name: name.trim(), fingerprint: reply.fingerprint });
    if (first) await app.act('unlock', { person: reply.person, passphrase: words });
    setName('');
    setWords('');
    setAgain('');
  };
  return html`<label class="field"><span>${t('desk.name')}</span>
    <input type="text" autocomplete="off" value=${name} onInput=${(e) => setName(e.target.value)} /></label>
    <${Passphrase} label=${t('desk.passphraseNew')} value=${words} onInput=${setWords} />
    <${Passphrase} label=${t('enrol.passAgain')} value=${again} onInput=${setAgain} />
    <p class="field-error" role="alert">${differ && t('enrol.passDiffer')}</p>
    <div class="row"><${Act} app=${app} kind="primary large" label=${t('desk.enlist')}
      disabled=${!name.trim() || !words || again !== words} run=${run} /></div>
    ${made && html`<p class="note good" role="status"><span aria-hidden="true">✓ </span>
      ${t('desk.enlisted', made)}</p>`}`;
}

export function SignOn({ app }) {
  const { t, desk } = app;
  const [person, setPerson] = useState(desk.people[0]?.person || 0);
  const [words, setWords] = useState('');
  if (desk.people.length === 0) {
    return html`<section class="card narrow"><h1>${t('desk.firstTitle')}</h1><p class="lead">${t('desk.firstLead')}</p>
      <p class="quiet-text">${t('desk.folder', { folder: desk.folder })}</p>
      <${Enlist} app=${app} first=${true} /></section>`;
  }
  const run = async () => {
    await app.act('unlock', { person, passphrase: words });
    setWords('');
  };
  return html`<section class="card narrow"><h1>${t('desk.signOn')}</h1><p class="lead">${t('desk.signOnLead')}</p>
    <p class="quiet-text">${t('desk.folder', { folder: desk.folder })}</p>
    <label class="field"><span>${t('desk.who')}</span>
      <select value=${person} onChange=${(e) => setPerson(Number(e.target.value))}>
      ${desk.people.map((one) => html`<option key=${one.person} value=${one.person}>${one.name}</option>`)}</select>
      </label>
    <${Passphrase} label=${t('enrol.pass')} value=${words} onInput=${setWords} onEnter=${() => words && run()} />
    <div class="row"><${Act} app=${app} kind="primary large" label=${t('unlock.do')} disabled=${!words} run=${run} />
    </div></section>`;
}

export function People({ app }) {
  const { t, desk } = app;
  return html`<h1>${t('desk.step.people')}</h1>
    <div class="columns"><section class="card"><h2>${t('desk.peopleTitle')}</h2><p>${t('desk.peopleLead')}</p>
      <ul class="people wide">
        ${desk.people.map((one) =>
          html`<li key=${one.person} class="person in"><span aria-hidden="true">✓</span>
            <span class="person-name">${one.name}</span>
        <span class="person-state code">${one.fingerprint}</span></li>`)}</ul></section>
    <section class="card"><h2>${t('desk.enlistTitle')}</h2>
      <p>${t('desk.enlistLead', { name: desk.people[desk.person - 1].name })}</p>
      <${Enlist} app=${app} first=${false} /></section></div>`;
}
