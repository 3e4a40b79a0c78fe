// SPDX-License-Identifier: Apache-2.0
/** Whom everybody waits for, what for, and for how long: by name, so that somebody can walk over there. */
import { useEffect, useReducer } from '../vendor/preact-hooks.js';
import { html, names, standing } from './ui.js';

const kSecond = 1000;
const kMinute = 60;

function sinceText(t, seconds) {
  return seconds < kMinute ? t('waits.seconds', { n: seconds })
    : t('waits.minutes', { n: Math.floor(seconds / kMinute) });
}

/** @param of only waits for these; everything without it */
export function Waits({ app, of }) {
  const { t, s } = app;
  const [, redraw] = useReducer((n) => n + 1, 0);
  const list = (s.now.waits || []).filter((one) => one.for.length > 0 && (!of || of.includes(one.what)));
  useEffect(() => {
    if (list.length === 0) return undefined;
    const timer = setInterval(redraw, kSecond);
    return () => clearInterval(timer);
  }, [list.length === 0]);
  if (list.length === 0) return null;
  const passed = Math.floor((performance.now() - s.heardAt) / kSecond);
  return html`<ul class="waits">${list.map((one) => {
    const gone = one.for.filter((p) => p !== 0 && !standing(app, p).online);
    return html`<li key=${one.what}><span class="pulse" aria-hidden="true"></span>
      <span>${t(`waits.${one.what}`, { names: names(app, one.for) })}
      <span class="quiet-text"> ${sinceText(t, one.since_s + passed)}</span>
      ${gone.length > 0 && html`<strong class="disagree-ink"> ${t('waits.gone', { names: names(app, gone) })}</strong>`}
      </span></li>`;
  })}</ul>`;
}
