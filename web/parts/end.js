// SPDX-License-Identifier: Apache-2.0
/** Ending the meeting: by the office, or by two people of two of its roles, and then the record says so. */
import { html, kChair } from './ui.js';
import { Hold } from './hold.js';

/** @param led once nothing is undecided, the button stands in a bar of its own */
export function EndCard({ app, led = false }) {
  const { t, s } = app;
  const { attempt } = s.now;
  const undecided = s.now.agenda.reduce((sum, item) => sum + item.undecided.length, 0);
  const waiting = s.now.proposals.some((one) => one.type === 'MeetingClose');
  const opening = Boolean(attempt?.live) && attempt.phase === 'opening';
  const chair = s.now.roles & kChair;
  return html`<section class="card"><h2>${t('end.title')}</h2><p>${t('end.lead')}</p>
    ${!chair && html`<p class="quiet-text">${t('end.byTwo')}</p>`}
    ${undecided > 0 && html`<p class="note warn">${t('end.undecided', { n: undecided })}</p>`}
    ${opening && html`<p class="note bad">${t('end.opening')}</p>`}
    ${waiting && html`<p class="note">${t('sign.waiting')}</p>`}
    ${!waiting && !(led && undecided === 0 && !attempt?.live) && html`<div class="sign-row">
        <${Hold} app=${app} kind=${undecided > 0 || !chair ? '' : 'primary'} label=${t('end.do')}
          disabled=${attempt?.live && !opening} run=${() => app.act('close-meeting', 'note.meetingClosed')} />
      </div>`}
  </section>`;
}
