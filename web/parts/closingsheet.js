// SPDX-License-Identifier: Apache-2.0
/** The closing sheet on paper: which meeting, the hash of its record, every result, and who signs for them. */
import { candidate, html } from './ui.js';
import { Hash } from './hash.js';
import { PaperTitle, SignatureLines, usePrinting } from './printing.js';
import { rowText, verdict, verdictKind } from './results.js';

/** The last row of each candidate of a batch; null of one that was never declared. */
function finalRows(item) {
  const rows = new Map(item.attempts.filter((one) => one.phase === 'declared').flatMap((one) =>
    one.rows.map((row) => [row.question, { ...row, paper: one.paper, by_committee: one.by_committee }])));
  return item.questions.map((q) => [q, rows.get(q) || null]);
}

function Batch({ app, item }) {
  const { t } = app;
  const rows = finalRows(item);
  const n = (kind) => rows.filter(([, row]) => row && verdictKind(row) === kind).length;
  return html`<section><h2>${item.title}</h2>
    <p>${t('closingSheet.counts', { n: rows.length, passed: n('passed'), failed: n('failed'),
      contested: n('contested'), none: rows.filter(([, row]) => !row).length })}</p>
    <table><thead><tr><th scope="col">${t('paperBallot.number')}</th><th scope="col">${t('row.candidate')}</th>
      <th scope="col">${t('row.result')}</th><th scope="col">${t('row.arithmetic')}</th></tr></thead>
    <tbody>${rows.map(([q, row]) => html`<tr key=${q}><td>${q}</td><th scope="row">${candidate(app, q).name}</th>
      <td>${row ? verdict(app, row) : t('closingSheet.none')}</td>
      <td>${row && rowText(app, row)}${row?.paper && html` ${t('paperMark.noLaptop')}`}
        ${row?.paper && row.by_committee !== true && html` ${t('paperMark.office')}`}</td></tr>`)}</tbody></table>
    </section>`;
}

/** The button, and what it prints. */
export function ClosingSheet({ app }) {
  const { t, s } = app;
  const [printing, begin] = usePrinting();
  return html`<div class="row-center no-print"><button type="button" class="button primary large" onClick=${begin}>
      ${t('closingSheet.do')}</button></div>
    ${printing && html`<article class="printing print-only closing-sheet"><${PaperTitle} app=${app} />
      <h1>${t('closingSheet.title')}</h1>
      <${Hash} big=${true} label=${t('head.label')} value=${s.now.head} /><p>${t('head.compareOnPaper')}</p>
      ${s.now.agenda.map((item) => html`<${Batch} key=${item.batch} app=${app} item=${item} />`)}
      <${SignatureLines} app=${app} people=${s.meeting.people} title=${t('closingSheet.title')} /></article>`}`;
}
