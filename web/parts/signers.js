// SPDX-License-Identifier: Apache-2.0
/** Who is asked to sign what waits for signatures: the committee, or an office. */
import { kChair, kSupervisor } from './ui.js';

function rolesOf(app, person) {
  return app.s.meeting?.people[person - 1]?.roles || 0;
}

/** Whether the office has changed a key already: each one more leaves fewer to witness and to be the committee. */
function changedBefore(app) {
  return (app.s.now.changes || []).some((one) => one.kind === 'key-change' && one.by === 'office');
}

/** Whose word a recusal rests on beside that of its person. */
export function besideOf(app, it) {
  return app.s.now.recusals.find((one) => one.person === it.person && one.question === it.question)?.beside || null;
}

/** Whether the committee is asked to sign it; whatever else waits, an office can sign as well. */
export function needsCommittee(app, it) {
  const officer = it.person > 0 && (rolesOf(app, it.person) & (kChair | kSupervisor)) > 0;
  const guard = (app.s.now.guards?.people || app.s.meeting?.trustees || []).some((one) => one.person === it.person);
  switch (it.type) {
    case 'TrusteeChange': case 'PaperTally': return true;
    case 'KeyChange': return officer || guard || changedBefore(app);
    case 'SignOut': return officer;
    case 'RecuseBack': return besideOf(app, it) === 'committee';
    case 'Void': return app.s.now.attempt?.phase === 'opening';
    default: return false;
  }
}
