// SPDX-License-Identifier: Apache-2.0
/** The rows of an attempt: figures in a table, a bar with the needed line, and the arithmetic in a sentence. */
import { candidate, html } from './ui.js';

const kCell = 12;
const kParts = ['agree', 'disagree', 'abstain', 'invalid', 'not_cast', 'recused'];

function Bar({ app, row }) {
  let x = 0;
  const total = Math.max(1, row.present);
  const pieces = kParts.map((part) => {
    const piece = { part, x: x * kCell, width: (row[part] || 0) * kCell };
    x += row[part] || 0;
    return piece;
  });
  const line = Math.min(row.needed, total) * kCell;
  return html`<svg class="bar" viewBox=${`-1 0 ${total * kCell + 2} 24`} preserveAspectRatio="none" role="img"
    aria-label=${app.t('row.bar', row)}>
    <rect class="bar-ground" x="0" y="4" width=${total * kCell} height="16" />
    ${pieces.map((piece) => piece.width > 0
      && html`<rect key=${piece.part} class=${`bar-${piece.part}`} x=${piece.x} y="4" width=${piece.width}
        height="16" />`)}
    <line class="needed-line" x1=${line} x2=${line} y1="0" y2="24" /></svg>`;
}

export const kVerdictSigns = { passed: '✓', failed: '✗', contested: '?' };

/** Contested is neither: it is to be voted on again, on paper. */
export function verdictKind(row) {
  return row.contested ? 'contested' : row.passed ? 'passed' : 'failed';
}

export function verdict(app, row) {
  return app.t(`row.${verdictKind(row)}`);
}

export function rowText(app, row) {
  return app.t('row.text', { present: row.present, needed: row.needed, agree: row.agree, verdict: verdict(app, row) });
}

export function Verdict({ app, row }) {
  const kind = verdictKind(row);
  return html`<span class=${`verdict ${kind}`}>
    <span aria-hidden="true">${kVerdictSigns[kind]}</span> ${verdict(app, row)}</span>`;
}

/** The rest of those present: whoever is neither for, nor against, nor abstaining. */
function others(app, row) {
  return ['invalid', 'not_cast', 'recused'].filter((part) => row[part] > 0)
    .map((part) => app.t(`row.${part}`, { n: row[part] })).join(app.t('word.comma'));
}

export function Results({ app, rows, caption }) {
  if (rows.length === 0) return html`<p class="quiet-text">${app.t('row.none')}</p>`;
  const head = (key) => html`<th scope="col">${app.t(key)}</th>`;
  return html`<div class="scroll-x" tabindex="0" role="region" aria-label=${caption}>
    <table class="results"><caption class="sr">${caption}</caption>
    <thead><tr>${head('row.candidate')}${head('row.result')}<th scope="col" class="number">${app.t('choice.agree')}</th>
      <th scope="col" class="number">${app.t('choice.disagree')}</th>
      <th scope="col" class="number">${app.t('choice.abstain')}</th>${head('row.arithmetic')}</tr></thead>
    <tbody>${rows.map((row) => html`<tr key=${row.question}>
      <th scope="row"><span class="row-number">${row.question}</span>${candidate(app, row.question).name}</th>
      <td><${Verdict} app=${app} row=${row} /></td>
      <td class="number agree-ink">✓ ${row.agree}</td><td class="number disagree-ink">✗ ${row.disagree}</td>
      <td class="number abstain-ink">— ${row.abstain}</td>
      <td class="arithmetic"><${Bar} app=${app} row=${row} /><span>${rowText(app, row)}</span>
        ${others(app, row) && html`<span class="quiet-text">${others(app, row)}</span>`}</td></tr>`)}</tbody></table>
    <p class="legend"><span class="key-line" aria-hidden="true"></span>${app.t('row.legend')}</p></div>`;
}

/** All rounds of a batch, the last one first. @param heading the element that follows the batch's own heading */
export function Rounds({ app, item, heading = 'h3' }) {
  const over = item.attempts.filter((one) => one.phase === 'declared' || one.phase === 'voided');
  return html`<div class="rounds">${[...over].reverse().map((one) => html`<section key=${one.attempt} class="round">
    <${heading} class="round-title">
      ${app.t('round.title', { n: one.attempt })} <span class="tag">${app.t(`phase.${one.phase}`)}</span>
      ${one.paper && html` <span class="tag">${app.t('phase.paper')}</span>`}</${heading}>
    ${one.paper && one.rows.length > 0 && html`<p class="note warn">${app.t('paperMark.noLaptop')}
      ${one.by_committee !== true && html` <strong>${app.t('paperMark.office')}</strong>`}</p>`}
    ${one.reason && html`<p>${app.t('round.reason', { reason: one.reason })}</p>`}
    ${one.rows.length > 0
      && html`<${Results} app=${app} rows=${one.rows}
        caption=${app.t('round.caption', { title: item.title, n: one.attempt })} />`}
  </section>`)}</div>`;
}
