// SPDX-License-Identifier: Apache-2.0
/** On the laptop of whoever has not voted while others have: said calmly, to nobody else. */
import { html } from './ui.js';

/** While there is a paper to fill in. */
const kPaperStages = ['waiting', 'requested', 'ready'];

export function hasPaper({ attempt, ballot }) {
  return Boolean(attempt?.live && attempt.phase === 'voting' && !attempt.paper && kPaperStages.includes(ballot?.stage));
}

/** Whether this person keeps others waiting: half of them are through, or the chair shows how long there is. */
export function isLate(now) {
  if (!hasPaper(now)) return false;
  return (now.countdown_s ?? null) !== null || now.attempt.voted.length * 2 >= now.attempt.present.length;
}

export function reminderText(app) {
  const { attempt } = app.s.now;
  return app.t('remind.vote', { done: attempt.voted.length, total: attempt.present.length });
}

/** Read out when it comes; the place for it is always there, so that it is. */
export function Reminder({ app }) {
  const late = isLate(app.s.now);
  return html`<p class="reminder" role="status" aria-live="polite">${late && reminderText(app)}</p>`;
}
