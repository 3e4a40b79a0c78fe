// SPDX-License-Identifier: Apache-2.0
/** From passed to the certificates' hand-off: two postings, objections that hold back one person only, the filing. */
import { useState } from '../vendor/preact-hooks.js';
import { Act, Dialog, html, oneLine, ReasonDialog } from '../parts/ui.js';
import { Columns } from './columns.js';

function Publish({ app }) {
  const { t, desk } = app;
  const { postings } = desk.publicity;
  const [place, setPlace] = useState('');
  const run = async () => (await app.act('publish', { place: oneLine(place) })) && setPlace('');
  return html`<section class="card"><h2>${t('publish.title')}</h2><p>${t('publish.lead')}</p>
    ${postings.length > 0
      && html`<ul class="plain">
        ${postings.map((one) =>
          html`<li key=${one.place}><span aria-hidden="true">✓ </span>${t('publish.posted', one)}</li>`)}</ul>`}
    ${desk.publicity.last_day
      && html`<p class="figure-line">${t('publish.until', { date: desk.publicity.last_day })}</p>`}
    ${postings.length < 2 && desk.planned_fault
      && html`<p class="note warn"><span aria-hidden="true">! </span>${desk.planned_fault}</p>`}
    ${postings.length < 2 && desk.planned_end
      && html`<p class="quiet-text">${t('publish.planned', { date: desk.planned_end })}</p>`}
    ${postings.length < 2
      && html`<div class="row field-row">
        <label class="field grow"><span>${t('publish.place')}</span>
          <input type="text" autocomplete="off" value=${place} onInput=${(e) => setPlace(e.target.value)} /></label>
      <${Act} app=${app} kind="primary" label=${t('publish.do', { date: desk.today })} disabled=${!oneLine(place)}
        run=${run} /></div>`}</section>`;
}

function Settle({ app, one, onClose }) {
  const { t } = app;
  const [outcome, setOutcome] = useState('');
  const [text, setText] = useState('');
  const run = async () => (await app.act('resolve', { candidate: one.candidate, outcome, text: oneLine(text) }))
    && onClose();
  const first = one.objections.find((objection) => objection.open);
  return html`<${Dialog} app=${app} title=${t('objection.settleOf', one)} onClose=${onClose}>
    <p class="note">${first.date} ${first.text}</p>
    <fieldset class="choice-line"><legend>${t('objection.outcome')}</legend>
      ${['dismissed', 'upheld']
        .map((value) => html`<label key=${value} class="check">
          <input type="radio" name="outcome" checked=${outcome === value}
      onChange=${() => setOutcome(value)} /> ${t(`objection.${value}`)}</label>`)}</fieldset>
    <label class="field"><span>${t('objection.finding')}</span>
      <textarea rows="3" maxlength="2000" autocomplete="off" value=${text}
        onInput=${(e) => setText(e.target.value)}></textarea></label>
    <div class="row-end">
      <${Act} app=${app} kind="primary" label=${t('objection.settle')} disabled=${!outcome || !oneLine(text)}
        run=${run} /></div></${Dialog}>`;
}

function Advance({ app, verb, from, numbered }) {
  const { t, desk } = app;
  const [number, setNumber] = useState('');
  const n = desk.publicity.people.filter((one) => one.state === from).length;
  if (n === 0) return null;
  return html`<div class="row field-row">
    ${numbered && html`<label class="field grow"><span>${t('advance.number')}</span>
      <input type="text" autocomplete="off" value=${number} onInput=${(e) => setNumber(e.target.value)} /></label>`}
    <${Act} app=${app} kind="primary" label=${t(`advance.${verb}`, { n })} disabled=${numbered && !oneLine(number)}
      run=${() => app.act(verb, numbered ? { number: oneLine(number) } : {})} /></div>`;
}

function settled(t, { open, upheld, finding }) {
  if (open) return t('objection.open');
  return t(upheld ? 'objection.upheld' : 'objection.dismissed') + t('word.colon') + finding;
}

export function Publicity({ app }) {
  const { t, desk } = app;
  const [objecting, setObjecting] = useState(null);
  const [settling, setSettling] = useState(null);
  if (!desk.publicity) return html`<h1>${t('desk.step.publicity')}</h1><p class="note">${t('publish.noRecord')}</p>`;
  const { people } = desk.publicity;
  const open = (one) => one.objections.some((objection) => objection.open);
  const moving = people.some((one) => ['CLEARED', 'FILED', 'ANNOUNCED'].includes(one.state));
  return html`<h1>${t('desk.step.publicity')}</h1><div class="stack"><${Publish} app=${app} />
    ${moving && html`<section class="card"><h2>${t('advance.title')}</h2>
      <${Advance} key="file" app=${app} verb="file" from="CLEARED" numbered=${true} />
      <${Advance} key="announce" app=${app} verb="announce" from="FILED" numbered=${true} />
      <${Advance} key="certificates" app=${app} verb="certificates" from="ANNOUNCED" numbered=${false} /></section>`}
    <section class="card"><h2>${t('publish.people', { n: people.length })}</h2>
      ${people.length === 0 && html`<p class="quiet-text">${t('publish.nobody')}</p>`}
      <div class="scroll" tabindex="0" role="region" aria-label=${t('desk.step.publicity')}>
        <table><${Columns} keys=${['number', 'name', 'state', 'objections', 'more']}
        figures=${['number']} word=${(key) => t(`publish.col.${key}`)} />
      <tbody>${people.map((one) =>
        html`<tr key=${one.candidate}><td class="number">${one.candidate}</td><th scope="row">${one.name}</th>
          <td><span class=${`chip ${one.state}`}>${one.state === 'HANDED_OFF' ? '✓ ' : ''}
            ${t(`passer.${one.state}`)}</span></td>
        <td>${one.objections.map((objection, i) => html`<p key=${i}>${objection.date} ${objection.text}
          <span class="quiet-text block">${settled(t, objection)}</span></p>`)}</td>
        <td><div class="row">
          ${['POSTED', 'HELD_BACK'].includes(one.state)
            && html`<button type="button" class="button small" aria-label=${t('objection.newOf', one)}
              onClick=${() => setObjecting(one)}>${t('objection.new')}</button>`}
          ${open(one) && html`<button type="button" class="button small" aria-label=${t('objection.settleOf', one)}
              onClick=${() => setSettling(one)}>${t('objection.settle')}</button>`}</div></td></tr>`)}</tbody></table>
              </div></section>
    ${objecting && html`<${ReasonDialog} app=${app} title=${t('objection.newOf', objecting)} lead=${t('objection.lead')}
        label=${t('objection.text')} confirm=${t('objection.new')} onClose=${() => setObjecting(null)}
      run=${async (text) => app.act('object', { candidate: objecting.candidate, text })} />`}
    ${settling && html`<${Settle} app=${app} one=${settling} onClose=${() => setSettling(null)} />`}</div>`;
}
