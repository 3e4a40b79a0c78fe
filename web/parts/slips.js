// SPDX-License-Identifier: Apache-2.0
/**
 * Slips as the server wrote them: text files with a code in a line of its own, and the same as a QR code drawn in
 * half-block characters. Read here from the clerk's disk, drawn crisply for printing; nothing of them is sent.
 */
import { useState } from '../vendor/preact-hooks.js';
import { slipLine } from './code.js';
import { html } from './ui.js';

const kQuiet = 4;
/** Each character is two modules, one above the other. */
const kUpper = '█▀';
const kLower = '█▄';

function isDrawn(line) {
  return /[█▀▄]/.test(line) && /^[█▀▄ ]*$/.test(line);
}

/** The modules of the drawing as rows of booleans; nothing if there is none. */
export function modules(text) {
  const all = text.replace(/\r/g, '').split('\n');
  const first = all.findIndex(isDrawn);
  if (first < 0) return [];
  const last = all.findLastIndex(isDrawn);
  const lines = all.slice(first, last + 1);
  const drawn = lines.filter((line) => line.trim() !== '');
  const indent = Math.min(...drawn.map((line) => line.search(/\S/)));
  const width = Math.max(...lines.map((line) => line.trimEnd().length)) - indent;
  const rows = lines.flatMap((line) => {
    const chars = Array.from({ length: width }, (_, i) => line[i + indent] || ' ');
    return [chars.map((c) => kUpper.includes(c)), chars.map((c) => kLower.includes(c))];
  });
  while (rows.length > 0 && !rows[rows.length - 1].some(Boolean)) rows.pop();
  return rows;
}

function Code({ rows, label }) {
  const side = rows.length + 2 * kQuiet;
  const path = rows.flatMap((row, y) => row.map((on, x) => (on ? `M${x + kQuiet} ${y + kQuiet}h1v1h-1z` : '')))
    .join('');
  return html`<svg class="qr" viewBox=${`0 0 ${side} ${side}`} role="img" aria-label=${label}
    shape-rendering="crispEdges"><rect class="qr-ground" width=${side} height=${side} />
    <path class="qr-ink" d=${path} /></svg>`;
}

/** The lines in words above the code. */
function words(text) {
  return text.split('\n').map((line) => line.trim())
    .filter((line) => line && !isDrawn(line) && !slipLine(line));
}

export function Slips({ app }) {
  const { t } = app;
  const [slips, setSlips] = useState([]);
  const [bad, setBad] = useState([]);
  const open = async (event) => {
    const files = [...event.target.files];
    event.target.value = '';
    const read = await Promise.all(
      files.map(async (file) => ({ name: file.name, text: (await file.text()).replace(/^\ufeff/, '') })));
    setBad(read.filter((one) => !slipLine(one.text)).map((one) => one.name));
    setSlips(read.filter((one) => slipLine(one.text)).sort((a, b) => a.name.localeCompare(b.name)));
  };
  return html`<section class="card slips-card">
    <div class="no-print"><h2>${t('slips.title')}</h2><p>${t('slips.lead')}</p>
      <div class="row"><label class="button file"><span>${t('slips.open')}</span>
        <input type="file" multiple accept=".txt,text/plain" onChange=${open} /></label>
        <button type="button" class="button primary" disabled=${slips.length === 0} onClick=${() => print()}>
          ${t('slips.print', { n: slips.length })}</button>
        <button type="button" class="button" disabled=${slips.length === 0} onClick=${() => setSlips([])}>
          ${t('slips.clear')}</button></div>
      <p role="status">${slips.length > 0 && t('slips.count', { n: slips.length })}</p>
      ${bad.length > 0 && html`<p class="note bad" role="alert">
        ${t('slips.bad', { names: bad.join(t('word.comma')) })}</p>`}</div>
    <div class="slips">${slips.map((slip) => {
      const [title, ...rest] = words(slip.text);
      const rows = modules(slip.text);
      return html`<article key=${slip.name} class="slip">
        <div class="slip-words"><h3>${title}</h3>${rest.map((line, i) => html`<p key=${i}>${line}</p>`)}
        <p class="code">${slipLine(slip.text)}</p></div>
        ${rows.length > 0 && html`<${Code} rows=${rows} label=${t('slips.qr')} />`}</article>`;
    })}</div></section>`;
}
