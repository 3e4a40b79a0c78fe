// SPDX-License-Identifier: Apache-2.0
/** Everything that was done about one candidate, or by one person. */
import { useState } from '../vendor/preact-hooks.js';
import { Act, html } from '../parts/ui.js';
import { Columns } from './columns.js';

export function Search({ app }) {
  const { t } = app;
  const [sought, setSought] = useState('');
  const [found, setFound] = useState(null);
  const run = async () => {
    const word = sought.trim();
    const reply = await app.call('trail', /^\d+$/.test(word) ? { candidate: Number(word) } : { name: word });
    setFound(reply.ok ? { word, rows: reply.rows } : null);
    app.say(reply.ok ? null : { reply });
  };
  const value = (key, text) => (t.has(`trail.${key}.${text}`) ? t(`trail.${key}.${text}`) : text);
  return html`<h1>${t('desk.step.search')}</h1><div class="stack"><section class="card"><p>${t('search.lead')}</p>
      <div class="row field-row">
        <label class="field grow"><span>${t('search.word')}</span>
          <input type="search" autocomplete="off" value=${sought} onInput=${(e) => setSought(e.target.value)}
        onKeyDown=${(e) => e.key === 'Enter' && sought.trim() && run()} /></label>
        <${Act} app=${app} kind="primary" label=${t('search.do')} disabled=${!sought.trim()} run=${run} /></div>
        </section>
    ${found && html`<section class="card"><h2>${t('search.found', { word: found.word, n: found.rows.length })}</h2>
      ${found.rows.length > 0
        && html`<div class="scroll" tabindex="0" role="region" aria-label=${t('desk.step.search')}>
          <table><${Columns} keys=${['entry', 'date', 'deed', 'by', 'texts']}
        figures=${['entry']} word=${(key) => t(`search.col.${key}`)} />
      <tbody>${found.rows.map(
          (one) => html`<tr key=${one.entry}><td class="number">${one.entry}</td><td>${one.date}</td>
            <th scope="row">${t(`deed.${one.deed}`)}</th><td>${one.by}</td>
        <td>${Object.entries(one.texts)
          .map(([key, text]) =>
            html`<p key=${key}><span class="quiet-text">${t(`trail.${key}`)}${t('word.colon')}</span>
              ${value(key, text)}</p>`)}</td></tr>`)}</tbody></table></div>`}</section>`}</div>`;
}
