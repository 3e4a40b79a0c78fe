// SPDX-License-Identifier: Apache-2.0
/** The time that the chair gives for a vote: for everybody to see. Nothing closes by itself when it is over. */
import { Act, html } from './ui.js';
import { usePassed } from './waits.js';

const kMinute = 60;
/** What the chair can give, in minutes. */
const kGiven = [1, 2, 3, 5];

function clockText(seconds) {
  const two = (n) => String(n).padStart(2, '0');
  return `${two(Math.floor(seconds / kMinute))}:${two(seconds % kMinute)}`;
}

/** Nothing where none is shown. @param big on the wall */
export function Countdown({ app, big = false }) {
  const { t, s } = app;
  const told = s.now.countdown_s;
  const shown = typeof told === 'number' && Boolean(s.now.attempt?.live);
  const passed = usePassed(app, shown);
  if (!shown) return null;
  const left = Math.max(0, told - passed);
  return html`<div class=${big ? 'countdown big' : 'countdown'} role="timer"><span class="countdown-label">
    ${t('countdown.left')}</span><strong>${left > 0 ? clockText(left) : t('countdown.over')}</strong>
    ${!big && html`<span class="quiet-text">${t('countdown.nothing')}</span>`}</div>`;
}

export function CountdownControls({ app }) {
  const { t, s } = app;
  const set = (seconds) => app.act(`countdown ${seconds || 'off'}`, seconds ? 'note.countdown' : 'note.countdownOff');
  return html`<div class="countdown-controls" role="group" aria-label=${t('countdown.set')}>
    <span>${t('countdown.set')}</span>
    ${kGiven.map((n) => html`<${Act} key=${n} app=${app} kind="small" label=${t('countdown.minutes', { n })}
      run=${() => set(n * kMinute)} />`)}
    ${typeof s.now.countdown_s === 'number' && html`<${Act} app=${app} kind="small" label=${t('countdown.stop')}
      run=${() => set(0)} />`}<${Countdown} app=${app} /></div>`;
}
