// SPDX-License-Identifier: Apache-2.0
/**
 * Eligibility: what the machine found by which article, and what people decide beside it; correction notices; the
 * roster.
 */
import { useCallback, useEffect, useState } from '../vendor/preact-hooks.js';
import { Act, Dialog, html, oneLine, Still } from '../parts/ui.js';
import { Columns } from './columns.js';
import { Amend, Changes, Withdraw } from './amend.js';
import { Materials } from './materials.js';
import { Papers } from './papers.js';
import { Roster } from './roster.js';

const kSigns = { ELIGIBLE: '✓', NOT_ELIGIBLE: '✗', REVIEW: '?' };
const kFilters = ['all', 'REVIEW', 'NOT_ELIGIBLE', 'ELIGIBLE'];
const kShown = 100;

function Chip({ t, verdict }) {
  return html`<span class=${`chip ${verdict}`}><span aria-hidden="true">${kSigns[verdict]} </span>
    ${t(`verdict.${verdict}`)}</span>`;
}

/** @param open one function for the life of the list @param pick another; nothing: nobody is picked any more */
class Line extends Still {
  render({ t, one, open, pick, picked }) {
    return html`<tr><td class="number">${pick && html`<input type="checkbox" checked=${picked}
        aria-label=${t('verdict.pick', { name: one.name })} disabled=${one.withdrawn}
        onChange=${(e) => pick(one.candidate, e.target.checked)} /> `}${one.candidate}</td>
      <th scope="row">${one.name}<span class="quiet-text block">${one.employer}</span></th>
      <td>${one.level}${one.exceptional && html` <span class="tag strong">${t('channel.exceptional')}</span>`}</td>
      <td><${Chip} t=${t} verdict=${one.standing} />
        ${one.decided && html`<span class="quiet-text block">${t('verdict.byHand')}</span>`}
        ${one.withdrawn && html`<span class="tag strong">${t('withdraw.tag')}</span>`}
        ${one.amended > 0 && html`<span class="quiet-text block">${t('amend.tag')}</span>`}
        ${one.correction !== 'NONE'
          && html`<span class="quiet-text block">${t(`correction.state.${one.correction}`)}</span>`}</td>
      <td>${one.articles.join(t('word.comma'))}<span class="quiet-text block">${one.reason}</span></td>
      <td><button type="button" class="button small" aria-label=${t('verdict.openOf', { name: one.name })}
        onClick=${() => open(one.candidate)}>${t('verdict.open')}</button></td></tr>`;
  }
}

function Lines({ title, lines }) {
  return lines.length > 0
    && html`<h3>${title}</h3><ul class="plain">${lines.map((text, i) => html`<li key=${i}>${text}</li>`)}</ul>`;
}

/** @param who their numbers: one, or many for one reason */
function Decide({ app, who, done }) {
  const { t } = app;
  const [verdict, setVerdict] = useState('');
  const [reason, setReason] = useState('');
  const [basis, setBasis] = useState('');
  const run = async () =>
    (await app.act('decide', { candidates: who, verdict, reason: oneLine(reason), basis: oneLine(basis) }))
    && done();
  return html`<fieldset class="choice-line">
    <legend>${who.length > 1 ? t('verdict.decideMany', { n: who.length }) : t('verdict.decideTitle')}</legend>
    ${['ELIGIBLE', 'NOT_ELIGIBLE'].map((value) => html`<label key=${value} class="check">
      <input type="radio" name="verdict" checked=${verdict === value}
        onChange=${() => setVerdict(value)} /> ${t(`verdict.${value}`)}</label>`)}</fieldset>
    <label class="field"><span>${t('verdict.reason')}</span>
      <textarea rows="2" maxlength="2000" autocomplete="off" value=${reason}
        onInput=${(e) => setReason(e.target.value)}></textarea></label>
    <label class="field"><span>${t('verdict.basis')}</span>
      <input type="text" autocomplete="off" value=${basis} onInput=${(e) => setBasis(e.target.value)} /></label>
    <div class="row-end">
      <${Act} app=${app} kind="primary" label=${t('verdict.decide')} disabled=${!verdict || !oneLine(reason)}
        run=${run} /></div>`;
}

function Correction({ app, one, done }) {
  const { t } = app;
  const [what, setWhat] = useState(one.missing.join('\n'));
  const [days, setDays] = useState(10);
  const [until, setUntil] = useState(null);
  const plan = async () => {
    const reply = await app.call('deadline', { days });
    setUntil(reply.ok ? { last: reply.last } : { fault: reply.message });
  };
  useEffect(() => void (!one.notice && days >= 1 && plan()), [days]);
  if (one.notice) {
    const answer = (outcome) => async () => (await app.act('answer', { candidate: one.candidate, outcome })) && done();
    return html`<h3>${t('correction.title')}</h3><p>${t('correction.issued', one.notice)}</p>
      <ul class="plain">${one.notice.items.map(
          (item, i) => html`<li key=${i}>${item.what}${item.article && t('word.paren', { text: item.article })}</li>`)}
          </ul>
      <p class="quiet-text">${t(`correction.state.${one.correction}`)}</p>
      ${one.correction === 'ISSUED'
        && html`<div class="row-end">
          <${Act} app=${app} label=${t('correction.lapse')} disabled=${!one.notice.overdue} run=${answer('lapsed')} />
        <${Act} app=${app} kind="primary" label=${t('correction.corrected')} run=${answer('corrected')} /></div>`}`;
  }
  const items = what.split('\n').map(oneLine).filter(Boolean);
  const run = async () => (await app.act('notice', { candidate: one.candidate, items, days })) && done();
  return html`<details><summary>${t('correction.title')}</summary><p class="quiet-text">${t('correction.once')}</p>
    <label class="field"><span>${t('correction.items')}</span>
      <textarea rows="3" maxlength="4000" autocomplete="off" value=${what}
        onInput=${(e) => setWhat(e.target.value)}></textarea></label>
    <div class="row field-row">
      <label class="field"><span>${t('correction.days')}</span>
        <input type="number" min="1" max="250" value=${days} onInput=${(e) => setDays(Number(e.target.value))} />
        </label>
      <${Act} app=${app} kind="primary" label=${t('correction.do')} disabled=${items.length === 0 || !(days >= 1)}
        run=${run} /></div>
    <div role="status">${until?.last && html`<p class="quiet-text">${t('correction.until', until)}</p>`}
      ${until?.fault && html`<p class="note warn"><span aria-hidden="true">! </span>${until.fault}</p>`}</div>
    </details>`;
}

function Detail({ app, candidate, onClose, onChange }) {
  const { t } = app;
  const [one, setOne] = useState(null);
  const load = async () => {
    const reply = await app.call('verdict', { candidate });
    if (reply.ok) setOne(reply);
    else app.say({ reply });
  };
  useEffect(() => void load(), [candidate]);
  const changed = async () => {
    await load();
    onChange();
  };
  return html`<${Dialog} app=${app} wide=${true} leave="word.dismiss"
    title=${one ? t('verdict.detailTitle', { n: one.candidate, name: one.name }) : t('link.connecting')}
    onClose=${onClose}>
    ${one && html`<p>${one.employer}${t('word.middot')}${one.level}
      ${one.exceptional && t('word.middot') + t('channel.exceptional')}</p>
      <p><${Chip} t=${t} verdict=${one.machine} /> ${one.articles.join(t('word.comma'))}</p>
      <p class="lead">${one.reason}</p>
      <${Lines} title=${t('verdict.arithmetic')} lines=${one.arithmetic} />
      <${Lines} title=${t('verdict.missing')} lines=${one.missing} />
      <${Lines} title=${t('verdict.notes')} lines=${one.notes} />
      ${one.interview && html`<p class="note">${t('verdict.interview')}</p>`}
      ${one.tried.length > 0
        && html`<details><summary>${t('verdict.tried', { n: one.tried.length })}</summary>
          <ul class="plain">${one.tried.map(
            (way, i) => html`<li key=${i}>
              <strong>${way.route}</strong> ${t(`finding.${way.finding}`)} ${way.articles.join(t('word.comma'))}
        <span class="quiet-text block">${way.arithmetic.join(t('word.semicolon'))}</span></li>`)}</ul></details>`}
      ${one.human ? html`<p class="note good">
        <strong>${t('verdict.human', one.human)}${t('word.colon')}${t(`verdict.${one.human.verdict}`)}</strong><br />
        ${one.human.reason}${one.human.basis && t('word.paren', { text: one.human.basis })}</p>` : null}
      <${Changes} app=${app} one=${one} />
      ${!app.desk.publicity && !one.withdrawn && one.correction !== 'GIVEN_UP' && html`
        <${Decide} key=${`d${one.decided}`} app=${app} who=${[one.candidate]} done=${changed} />
        <${Correction} app=${app} one=${one} done=${changed} />
        <${Materials} app=${app} candidate=${one.candidate} />
        <${Amend} app=${app} one=${one} done=${changed} />
        <${Withdraw} app=${app} one=${one} done=${changed} />`}
      <p class="quiet-text">${t('verdict.standard', { name: one.standard })}</p>`}</${Dialog}>`;
}

/** Those who were picked from the list, decided together. */
function Together({ app, picked, clear }) {
  const { t } = app;
  const [open, setOpen] = useState(false);
  if (picked.length === 0) return null;
  return html`<div class="row" role="group" aria-label=${t('verdict.picked', { n: picked.length })}>
    <span>${t('verdict.picked', { n: picked.length })}</span>
    <button type="button" class="button small" onClick=${() => setOpen(true)}>${t('verdict.together')}</button>
    <button type="button" class="button small" onClick=${clear}>${t('verdict.unpick')}</button></div>
    ${open && html`<${Dialog} app=${app} title=${t('verdict.decideMany', { n: picked.length })}
      onClose=${() => setOpen(false)}>
      <p class="quiet-text">${t('verdict.manyLead')}</p>
      <p>${picked.map((one) => t('verdict.numbered', { n: one.candidate, name: one.name })).join(t('word.comma'))}</p>
      <${Decide} app=${app} who=${picked.map((one) => one.candidate)} done=${() => {
        setOpen(false);
        clear();
      }} /></${Dialog}>`}`;
}

export function Verdicts({ app }) {
  const { t, desk } = app;
  const [rows, setRows] = useState(null);
  const [filter, setFilter] = useState('all');
  const [sought, setSought] = useState('');
  const [shown, setShown] = useState(kShown);
  const [open, setOpen] = useState(0);
  const [picked, setPicked] = useState([]);
  const pick = useCallback(
    (n, on) => setPicked((before) => (on ? [...before, n] : before.filter((other) => other !== n))), []);
  const load = async () => {
    const reply = await app.call('verdicts');
    if (reply.ok) setRows(reply.rows);
    else app.say({ reply });
  };
  useEffect(() => void (desk.imported && load()), []);
  if (!desk.imported) return html`<h1>${t('desk.step.verdicts')}</h1><p class="note">${t('verdict.noImport')}</p>`;
  if (!rows) return html`<h1>${t('desk.step.verdicts')}</h1><p role="status">${t('verdict.judging')}</p>`;
  const count = (id) => (id === 'all' ? rows.length : rows.filter((one) => one.standing === id).length);
  const found = rows.filter((one) => (filter === 'all' || one.standing === filter)
    && (one.name.includes(sought.trim()) || String(one.candidate) === sought.trim()));
  return html`<h1>${t('desk.step.verdicts')}</h1><div class="stack"><section class="card">
      <div class="row" role="group" aria-label=${t('verdict.filter')}>
        ${kFilters.map((id) => html`<button key=${id} type="button" class="button small" aria-pressed=${filter === id}
        onClick=${() => setFilter(id)}>
        ${t('verdict.filterOf', { word: t(id === 'all' ? 'verdict.all' : `verdict.${id}`), n: count(id) })}</button>`)}
        <label class="field inline"><span>${t('verdict.seek')}</span>
          <input type="search" autocomplete="off" value=${sought} onInput=${(e) => setSought(e.target.value)} /></label>
        ${!desk.publicity && found.length > 0 && html`<button type="button" class="button small"
          onClick=${() => setPicked(found.filter((one) => !one.withdrawn).map((one) => one.candidate))}>
          ${t('verdict.pickAll', { n: found.filter((one) => !one.withdrawn).length })}</button>`}</div>
      <${Together} app=${app} picked=${rows.filter((one) => picked.includes(one.candidate))} clear=${() => {
        setPicked([]);
        load();
      }} />
      <div class="scroll" tabindex="0" role="region" aria-label=${t('desk.step.verdicts')}>
        <table><${Columns} keys=${['number', 'name', 'level', 'verdict', 'grounds', 'more']}
        figures=${['number']} word=${(key) => t(`verdict.col.${key}`)} />
      <tbody>${found.slice(0, shown)
        .map((one) => html`<${Line} key=${one.candidate} t=${t} one=${one} open=${setOpen}
          pick=${desk.publicity ? null : pick} picked=${picked.includes(one.candidate)} />`)}</tbody></table></div>
      ${found.length === 0 && html`<p class="quiet-text">${t('verdict.nobody')}</p>`}
      ${found.length > shown
        && html`<div class="row-center">
          <button type="button" class="button" onClick=${() => setShown(shown + kShown)}>
            ${t('verdict.more', { n: found.length - shown })}</button></div>`}</section>
    <${Roster} app=${app} version=${rows} />
    <${Papers} app=${app} />
    ${open > 0 && html`<${Detail} app=${app} candidate=${open} onClose=${() => setOpen(0)} onChange=${load} />`}</div>`;
}
