// SPDX-License-Identifier: Apache-2.0
/** A new passphrase, twice, by the one rule of local/passphrase.h; the program holds whatever is sent to it again. */
import { useRef, useState } from '../vendor/preact-hooks.js';
import { html } from './ui.js';

const kCharactersMin = 8;

export function isWeak(words) {
  const characters = [...words.normalize('NFC')];
  return characters.length < kCharactersMin || new Set(characters).size === 1;
}

/** Enter goes from the first field to the second, and from there on. @param words [first, second] */
export function Passphrase({ app, words, setWords, onEnter }) {
  const { t } = app;
  const [shown, setShown] = useState(false);
  const [left, setLeft] = useState(false);
  const second = useRef(null);
  const weak = left && words[0] !== '' && isWeak(words[0]);
  const differ = words[1] !== '' && words[0] !== words[1];
  const next = () => {
    setLeft(true);
    if (!isWeak(words[0])) second.current.focus();
  };
  const field = (i, more) => html`<input type=${shown ? 'text' : 'password'} autocomplete="off" value=${words[i]}
    onInput=${(e) => setWords(i === 0 ? [e.target.value, words[1]] : [words[0], e.target.value])} ...${more} />`;
  return html`<h2>${t('enrol.passTitle')}</h2><p id="pass-help">${t('enrol.passLead')} ${t('enrol.passRule')}</p>
    <label class="field"><span>${t('enrol.pass')}</span>${field(0, { 'aria-describedby': 'pass-help pass-weak',
      'aria-invalid': weak, onBlur: () => setLeft(true), onKeyDown: (e) => e.key === 'Enter' && next() })}</label>
    <p class="field-error" id="pass-weak" role="alert">${weak && t('enrol.passWeak')}</p>
    <label class="field"><span>${t('enrol.passAgain')}</span>
      ${field(1, { ref: second, 'aria-describedby': 'pass-error', 'aria-invalid': differ,
        onKeyDown: (e) => e.key === 'Enter' && onEnter() })}</label>
    <p class="field-error" id="pass-error" role="alert">${differ && t('enrol.passDiffer')}</p>
    <label class="check"><input type="checkbox" checked=${shown} onChange=${(e) => setShown(e.target.checked)} />
      ${t('enrol.passShow')}</label>`;
}
