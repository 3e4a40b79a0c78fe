// SPDX-License-Identifier: Apache-2.0
/** On the laptop of whoever has not voted while others have: said calmly, once more than half are through. */
import { html } from './ui.js';

/** While there is a paper to fill in. */
const kPaperStages = ['waiting', 'requested', 'ready'];

/** Whether this person keeps others waiting; of nobody else anything is said. */
export function isLate(now) {
  const { attempt, ballot } = now;
  if (!attempt?.live || attempt.phase !== 'voting' || attempt.paper || !kPaperStages.includes(ballot?.stage)) {
    return false;
  }
  return attempt.voted.length * 2 >= attempt.present.length;
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
