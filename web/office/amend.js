// SPDX-License-Identifier: Apache-2.0
/** Facts of one applicant that are mended, with old and new value, reason and file; and an application taken back. */
import { useEffect, useState } from '../vendor/preact-hooks.js';
import { Act, html, oneLine } from '../parts/ui.js';
import { FileField } from './upload.js';

const kShown = (value) => value || '—';

/** What was changed so far, and what the program had found before. */
export function Changes({ app, one }) {
  const { t } = app;
  return html`${one.amendments.length > 0
    && html`<h3>${t('amend.done')}</h3>
    <ul class="plain">${one.amendments.map((change, i) => html`<li key=${i}>
      <strong>${change.field}</strong>${t('word.colon')}${kShown(change.before)} → ${kShown(change.after)}
      <span class="quiet-text block">${t('amend.by', change)}${t('word.colon')}${change.reason}</span></li>`)}</ul>`}
    ${one.as_imported && html`<p class="quiet-text">
      ${t('amend.before', { verdict: t(`verdict.${one.as_imported.verdict}`), reason: one.as_imported.reason })}</p>`}
    ${one.fallen && html`<p class="note warn">
      ${t('amend.fallen', { verdict: t(`verdict.${one.fallen.verdict}`), by: one.fallen.by, date: one.fallen.date })}
      </p>`}
    ${one.withdrawal && html`<p class="note warn">
      ${t('withdraw.is', one.withdrawal)}${t('word.colon')}${one.withdrawal.reason}</p>`}`;
}

/** One line of the form: which column, and what shall stand there. @param fresh appraisals that can be added */
function Cell({ app, cells, value, put, fresh }) {
  const { t } = app;
  const now = cells.find((cell) => cell.field === value.field)?.value || '';
  return html`<div class="row field-row">
    <label class="field"><span>${t('amend.field')}</span>
      <select value=${value.field} onChange=${(e) => put({ field: e.target.value, to: '' })}>
        <option value="">${t('amend.choose')}</option>
        ${cells.map((cell) => html`<option key=${cell.field} value=${cell.field}>${cell.field}</option>`)}
        ${fresh.map((field) => html`<option key=${field} value=${field}>${field}</option>`)}</select></label>
    <p class="grow">${value.field && html`<span class="quiet-text">${t('amend.now')}${t('word.colon')}</span>
      ${kShown(now)}`}</p>
    <label class="field grow"><span>${t('amend.to')}</span>
      <textarea rows="1" maxlength="4000" autocomplete="off" value=${value.to}
        onInput=${(e) => put({ ...value, to: e.target.value })}></textarea></label></div>`;
}

export function Amend({ app, one, done }) {
  const { t } = app;
  const [cells, setCells] = useState(null);
  const [lines, setLines] = useState([{ field: '', to: '' }]);
  const [reason, setReason] = useState('');
  const [file, setFile] = useState('');
  const load = async () => {
    const reply = await app.call('cells', { candidate: one.candidate });
    if (reply.ok) setCells(reply);
    else app.say({ reply });
  };
  useEffect(() => void load(), [one.candidate, one.amended]);
  if (!cells) return null;
  const chosen = lines.filter((line) => line.field);
  const put = (at) => (line) => setLines(lines.map((old, i) => (i === at ? line : old)));
  const run = async () => {
    const pairs = chosen.map((line) => [line.field, line.to.trim()]);
    if (!await app.act('amend', { candidate: one.candidate, cells: pairs, reason: oneLine(reason) })) return;
    setLines([{ field: '', to: '' }]);
    setReason('');
    await done();
  };
  return html`<details><summary>${t('amend.title')}</summary><p class="quiet-text">${t('amend.lead')}</p>
    ${lines.map((line, i) => html`<${Cell} key=${i} app=${app} cells=${cells.cells} value=${line} put=${put(i)}
      fresh=${cells.fresh} />`)}
    ${lines.length < 12 && html`<div class="row"><button type="button" class="button small"
      onClick=${() => setLines([...lines, { field: '', to: '' }])}>${t('amend.more')}</button></div>`}
    <label class="field"><span>${t('amend.reason')}</span>
      <textarea rows="2" maxlength="2000" autocomplete="off" value=${reason}
        onInput=${(e) => setReason(e.target.value)}></textarea></label>
    <${FileField} app=${app} kind="evidence" label=${t('amend.file')} onReady=${setFile} />
    <div class="row-end"><${Act} app=${app} kind="primary" label=${t('amend.do')}
      disabled=${chosen.length === 0 || !oneLine(reason) || !file} run=${run} /></div></details>`;
}

export function Withdraw({ app, one, done }) {
  const { t } = app;
  const [reason, setReason] = useState('');
  const run = async () =>
    (await app.act('withdraw', { candidates: [one.candidate], reason: oneLine(reason) })) && done();
  return html`<details><summary>${t('withdraw.title')}</summary><p class="quiet-text">${t('withdraw.lead')}</p>
    <label class="field"><span>${t('withdraw.reason')}</span>
      <textarea rows="2" maxlength="2000" autocomplete="off" value=${reason}
        onInput=${(e) => setReason(e.target.value)}></textarea></label>
    <div class="row-end"><${Act} app=${app} label=${t('withdraw.do')} disabled=${!oneLine(reason)} run=${run} /></div>
    </details>`;
}
