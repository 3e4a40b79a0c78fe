// SPDX-License-Identifier: Apache-2.0
/** A candidate's files, each in a tab of its own that knows nothing of this page. */
import { html } from './ui.js';

const kKilo = 1024;

function sizeText(t, bytes) {
  if (bytes < kKilo * kKilo) return t('attachments.kilobytes', { n: Math.max(1, Math.round(bytes / kKilo)) });
  return t('attachments.megabytes', { n: (bytes / kKilo / kKilo).toFixed(1) });
}

/** The tab knows of this page only what stands in its address. */
const hrefOf = (t, who, one) => `files/${who.question}/${one.index}${t.lang === 'en' ? '?lang=en' : ''}`;

/** @param who a candidate; `attachments` [{ index, name, size, media }], none where it has none */
export function Attachments({ t, who }) {
  const files = who.attachments || [];
  if (files.length === 0) return null;
  return html`<ul class="attachments" aria-label=${t('attachments.of', { name: who.name })}>${files.map((one) =>
    html`<li key=${one.index}><a href=${hrefOf(t, who, one)} target="_blank" rel="noopener">
      ${one.name}</a> <span class="quiet-text">${sizeText(t, one.size)}</span></li>`)}</ul>`;
}
