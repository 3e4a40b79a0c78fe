// SPDX-License-Identifier: Apache-2.0
/** The roster of the meeting, and with it the recusals that are suggested: those that are struck stay here. */
import { useEffect, useState } from '../vendor/preact-hooks.js';
import { Act, html, oneLine } from '../parts/ui.js';

/** What names a suggestion. */
export const keyOf = (one) => `${one.person}:${one.candidate}`;

export function Suggestions({ app, rows, struck, setStruck, reason, setReason }) {
  const { t } = app;
  if (rows.length === 0) return html`<p class="quiet-text">${t('recusal.none')}</p>`;
  const turn = (one) => (event) => setStruck(
    event.target.checked ? struck.filter((key) => key !== keyOf(one)) : [...struck, keyOf(one)]);
  return html`<fieldset class="choice-list"><legend>${t('recusal.title', { n: rows.length })}</legend>
    <p class="quiet-text">${t('recusal.lead')}</p>
    ${rows.map((one) => html`<label key=${keyOf(one)} class="check block">
      <input type="checkbox" checked=${!struck.includes(keyOf(one))} onChange=${turn(one)} />
      ${' '}${t('recusal.of', one)}</label>`)}</fieldset>
    ${struck.length > 0 && html`<label class="field"><span>${t('recusal.reason')}</span>
      <input type="text" autocomplete="off" value=${reason} onInput=${(e) => setReason(e.target.value)} /></label>`}`;
}

/** @param version changes whenever something was decided about anybody */
export function Roster({ app, version }) {
  const { t, desk } = app;
  const [rows, setRows] = useState(null);
  const [struck, setStruck] = useState([]);
  const [reason, setReason] = useState('');
  const look = async () => {
    const reply = await app.call('recusals');
    // As long as somebody is undecided there is no ballot to look at; making the roster says who.
    setRows(reply.ok ? reply.rows : null);
  };
  useEffect(() => void (!desk.publicity && look()), [version, desk.entries]);
  const left = struck.filter((key) => rows?.some((one) => keyOf(one) === key));
  const run = () => app.act('roster',
    { struck: left.map((key) => key.split(':').map(Number)), struck_reason: oneLine(reason) });
  return html`<section class="card"><h2>${t('roster.title')}</h2><p>${t('roster.lead')}</p>
    ${desk.roster && html`<p class="note good"><span aria-hidden="true">✓ </span>
      ${t('roster.done', { date: desk.roster.date, n: desk.roster.candidates, folder: desk.roster.folder })}</p>`}
    ${desk.roster?.behind && !desk.publicity && html`<p class="note warn">
      <span aria-hidden="true">! </span>${t('roster.behind')}</p>`}
    ${rows && !desk.publicity && html`<${Suggestions} app=${app} rows=${rows} struck=${left} setStruck=${setStruck}
      reason=${reason} setReason=${setReason} />`}
    <div class="row-end">
      ${desk.roster && !desk.roster.behind && !desk.publicity && html`<${Act} app=${app} label=${t('roster.ballots')}
          run=${() => app.act('ballots')} />`}
      <${Act} app=${app} label=${t('verdict.paper')} run=${() => app.act('verdict-paper')} />
      ${!desk.publicity && html`<${Act} app=${app} kind="primary" label=${t('roster.do')}
          disabled=${left.length > 0 && !oneLine(reason)} run=${run} />`}</div></section>`;
}
