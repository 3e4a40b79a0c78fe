// SPDX-License-Identifier: Apache-2.0
/** What has to be seen at once, in red, at whatever place: alarms, one's own missing ballot, an Override that waits. */
import { useEffect, useReducer } from '../vendor/preact-hooks.js';
import { Act, candidate, candidates, html, names } from './ui.js';

const kSecond = 1000;

function AlarmText({ app, one }) {
  const { t } = app;
  const values = { names: names(app, one.people || (one.person ? [one.person] : [])),
    candidate: one.question ? candidate(app, one.question).name : '', n: one.index ?? '' };
  return html`<p class="alarm-line"><span aria-hidden="true">✗ </span>
    ${t.has(`alarm.${one.kind}`) ? t(`alarm.${one.kind}`, values) : t('alarm.unlisted', { kind: one.kind })}</p>`;
}

export function Alarms({ app }) {
  const { t, s } = app;
  const list = s.now?.alarms || [];
  const missing = s.now?.ballot?.missing || [];
  if (list.length === 0 && missing.length === 0) return null;
  return html`<section class="alarm-bar" role="alert" aria-label=${t('alarm.title')}>
    ${missing.length > 0 && html`<p class="alarm-line strong"><span aria-hidden="true">✗ </span>
      ${t('alarm.missing', { names: candidates(app, missing) })}</p>`}
    ${list.map((one, i) => html`<${AlarmText} key=${`${one.kind}${i}`} app=${app} one=${one} />`)}</section>`;
}

/** Whoever holds a slot, after an Override and before the share is given: whom it passes over, and a way to stop it. */
export function Protest({ app }) {
  const { t, s } = app;
  const [, redraw] = useReducer((n) => n + 1, 0);
  const protest = s.now?.trustee?.protest;
  useEffect(() => {
    if (!protest) return undefined;
    const timer = setInterval(redraw, kSecond);
    return () => clearInterval(timer);
  }, [Boolean(protest)]);
  if (!protest) return null;
  const left = Math.max(0, protest.left_s - Math.floor((performance.now() - s.heardAt) / kSecond));
  const silent = protest.people.filter((one) => !one.missing).map((one) => one.person);
  const missing = protest.people.filter((one) => one.missing).map((one) => one.person);
  return html`<section class="card alarm-card protest" aria-labelledby="protest-title">
    <h2 id="protest-title">${t('protest.title')}</h2><p>${t('protest.lead')}</p>
    ${silent.length > 0 && html`<p>${t('protest.silent', { names: names(app, silent) })}</p>`}
    ${missing.length > 0 && html`<p><strong>${t('protest.missing', { names: names(app, missing) })}</strong></p>`}
    <p class="figure-line">${t('protest.left', { n: left })}</p>
    <div class="row"><${Act} app=${app} kind="danger large" label=${t('protest.stop')}
      run=${() => app.act('stop', 'note.stopped')} /></div></section>`;
}
