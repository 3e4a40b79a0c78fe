// SPDX-License-Identifier: Apache-2.0
/**
 * The sign-in sheet from the draft: everybody with the code of his laptop. The clerk prints it, each person compares it
 * with his own screen and signs by hand, and each supervisor ticks the signed lines one by one.
 */
import { useEffect, useState } from '../vendor/preact-hooks.js';
import { Act, html, kClerk, kSupervisor } from './ui.js';
import { roleWords } from './meeting.js';
import { PaperTitle, SignatureLines, usePrinting } from './printing.js';

/** The sheet as the program has it now; asked for again whenever it may have changed. @return [rows or null, again] */
export function useSheet(app) {
  const { now, epoch } = app.s;
  const [rows, setRows] = useState(null);
  const [turn, setTurn] = useState(0);
  const changed = `${epoch} ${turn} ${now.people.filter((one) => one.enrolled).length} ${now.proposals.map((one) =>
    one.id).join()}`;
  useEffect(() => {
    let left = false;
    app.call('sheet').then((reply) => !left && setRows(reply.ok ? reply.rows : null));
    return () => (left = true);
  }, [changed]);
  return [rows, () => setTurn((n) => n + 1)];
}

function Row({ app, one, children }) {
  const { t } = app;
  return html`<tr><td class="number">${one.person}</td><th scope="row">${one.name}</th>
    <td>${one.employer}</td><td>${roleWords(app, one.roles)}</td>
    <td class="code">${one.device_code || t('sheet.noCode')}</td>${children}</tr>`;
}

function Table({ app, rows, last, children }) {
  const { t } = app;
  return html`<div class="scroll-x" tabindex="0" role="region" aria-label=${t('sheet.title')}>
    <table class="plain sheet"><thead><tr><th scope="col" class="number">${t('sheet.number')}</th>
      <th scope="col">${t('sheet.name')}</th><th scope="col">${t('sheet.employer')}</th>
      <th scope="col">${t('sheet.roles')}</th><th scope="col">${t('device.code')}</th>
      <th scope="col">${last}</th></tr></thead><tbody>${rows.map(children)}</tbody></table></div>`;
}

export function SheetPrint({ app }) {
  const { t } = app;
  const [rows] = useSheet(app);
  const [printing, begin] = usePrinting();
  if (!rows) return null;
  return html`<section class=${printing ? 'card sheet-card printing' : 'card sheet-card'}>
    ${printing && html`<div class="print-only"><${PaperTitle} app=${app} /></div>`}
    <h2>${t('sheet.title')}</h2><p>${t('sheet.lead')}</p>
    <${Table} app=${app} rows=${rows} last=${t('sheet.signature')}>
      ${(one) => html`<${Row} key=${one.person} app=${app} one=${one}><td class="sheet-line"></td>
      </${Row}>`}</${Table}>
    ${printing && html`<div class="print-only"><${SignatureLines} app=${app} people=${rows} title=${t('sheet.title')}
      roles=${kClerk | kSupervisor} /></div>`}
    <div class="row no-print"><button type="button" class="button primary" onClick=${begin}>
      ${t('sheet.print')}</button></div></section>`;
}

/** Whether everybody with keys is ticked. */
export function allTicked(rows) {
  return Boolean(rows) && rows.every((one) => !one.device_code || one.ticked);
}

/** A supervisor's ticks, from signed lines of the sheet on paper. @param sheet what `useSheet` gave */
export function TickSheet({ app, sheet: [rows, again] }) {
  const { t } = app;
  if (!rows) return null;
  const tick = async (one) => {
    const reply = await app.call(one.ticked ? `untick ${one.person}` : `tick ${one.person} ${one.device_code}`);
    if (!reply.ok) app.say({ reply });
    again();
  };
  const left = rows.filter((one) => one.device_code && !one.ticked);
  return html`<div class="ticks"><h4>${t('ticks.title')}</h4><p>${t('ticks.lead')}</p>
    <p class="figure-line" role="status">${left.length === 0 ? t('ticks.all') : t('ticks.left', { n: left.length })}</p>
    <${Table} app=${app} rows=${rows} last=${t('ticks.column')}>
      ${(one) => html`<${Row} key=${one.person} app=${app} one=${one}>
        <td>${one.device_code ? html`<${Act} app=${app} kind=${one.ticked ? 'small' : 'small primary'}
          label=${t(one.ticked ? 'ticks.undo' : 'ticks.do')} run=${() => tick(one)}
          aria-label=${t(one.ticked ? 'ticks.undoOf' : 'ticks.of', { name: one.name })} />`
          : t('ticks.notYet')}</td></${Row}>`}</${Table}></div>`;
}
