// SPDX-License-Identifier: Apache-2.0
/** The log as it grows: its last entries as blocks, those under a cosigned checkpoint filled; in words beside it. */
import { html, names } from './ui.js';

const kBlocks = 24;

export function LogPicture({ app }) {
  const { size, checkpoint } = app.s.now;
  const first = Math.max(0, size - kBlocks);
  const signed = checkpoint?.size || 0;
  const cosigners = checkpoint?.cosigners || [];
  const blocks = Array.from({ length: size - first }, (_, i) => first + i);
  const label = app.t('log.picture', { size, signed, n: cosigners.length });
  return html`<div class="log-picture">
    <svg viewBox=${`0 0 ${kBlocks * 16 + 4} 24`} role="img" aria-label=${label} preserveAspectRatio="xMinYMid meet">
      ${blocks.map((index, i) =>
        html`<rect key=${index} class=${index < signed ? 'block signed' : 'block'} x=${i * 16 + 2} y="4" width="12"
          height="16" rx="2" />`)}
    </svg>
    <dl class="facts"><div><dt>${app.t('log.entries')}</dt><dd>${size}</dd></div>
      <div><dt>${app.t('log.signed')}</dt><dd>${app.t('log.witnessed', { n: signed })}</dd></div>
      <div><dt>${app.t('log.cosigners')}</dt>
        <dd>${cosigners.length}${cosigners.length ? app.t('word.paren', { text: names(app, cosigners) }) : ''}</dd>
        </div></dl>
    <details><summary>${app.t('log.recent')}</summary>
      ${app.s.entries.length === 0 && html`<p>${app.t('log.none')}</p>`}
      <ol class="entries">${[...app.s.entries].reverse()
        .map((entry) => html`<li key=${entry.index}>${app.t('log.entry', { n: entry.index })}
        ${app.t.has(`entry.${entry.type}`) ? app.t(`entry.${entry.type}`) : entry.type}</li>`)}</ol></details>
  </div>`;
}
