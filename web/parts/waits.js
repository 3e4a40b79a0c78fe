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

/** Seconds since the program last said how everything stands; drawn again each second while `on`. */
export function usePassed(app, on) {
  const [, redraw] = useReducer((n) => n + 1, 0);
  useEffect(() => {
    if (!on) return undefined;
    const timer = setInterval(redraw, kSecond);
    return () => clearInterval(timer);
  }, [on]);
  return Math.max(0, Math.floor((performance.now() - app.s.heardAt) / kSecond));
}

/** Whether anybody at all is waited for. */
export function isAwaited(now) {
  return (now.waits || []).some((one) => one.for.length > 0);
}

/** @param of only waits for these; everything without it. @param help with what is to be done about each */
export function Waits({ app, of, help = true }) {
  const { t, s } = app;
  const list = (s.now.waits || []).filter((one) => one.for.length > 0 && (!of || of.includes(one.what)));
  const passed = usePassed(app, list.length > 0);
  if (list.length === 0) return null;
  return html`<ul class="waits">${list.map((one) => {
    const gone = one.for.filter((p) => p !== 0 && standing(app, p).online === false);
    return html`<li key=${one.what}><span class="pulse" aria-hidden="true"></span>
      <span>${t(`waits.${one.what}`, { names: names(app, one.for) })}
      <span class="quiet-text"> ${sinceText(t, one.since_s + passed)}</span>
      ${gone.length > 0 && html`<strong class="disagree-ink"> ${t('waits.gone', { names: names(app, gone) })}</strong>`}
      ${help && html`<span class="waits-help">${t(`waitsDo.${one.what}`)}</span>`}</span></li>`;
  })}</ul>`;
}
