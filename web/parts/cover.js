// SPDX-License-Identifier: Apache-2.0
/** Blanks the screen at once. What lies beneath stays as it is, but neither focus nor a screen reader can reach it. */
import { useEffect, useRef } from '../vendor/preact-hooks.js';
import { html } from './ui.js';

export function Cover({ app, onOpen }) {
  const ref = useRef(null);
  useEffect(() => ref.current.focus(), []);
  return html`<button type="button" class="cover" ref=${ref} onClick=${onOpen}>
    <span class="cover-title">${app.t('cover.title')}</span><span>${app.t('cover.back')}</span></button>`;
}
