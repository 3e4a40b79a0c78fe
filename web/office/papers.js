// SPDX-License-Identifier: Apache-2.0
/** What was made so far, to open and print. */
import { html } from '../parts/ui.js';

export function Papers({ app }) {
  const { t, desk } = app;
  return html`<section class="card"><h2>${t('papers.title')}</h2>
    ${desk.papers.length === 0 ? html`<p class="quiet-text">${t('papers.none')}</p>`
      : html`<p class="quiet-text">${t('papers.lead')}</p>
    <ul class="papers">${desk.papers.map((one) => html`<li key=${one.name}><span class="person-name">${one.name}</span>
      <a class="button small" href=${one.page} target="_blank" rel="noopener" aria-label=${t('papers.openOf', one)}>
        ${t('papers.open')}</a>
      ${one.sheet && html`<a class="button small" href=${one.sheet} download=${`${one.name}.xlsx`}
          aria-label=${t('papers.sheetOf', one)}>${t('papers.sheet')}</a>`}</li>`)}</ul>`}</section>`;
}
