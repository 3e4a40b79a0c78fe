// SPDX-License-Identifier: Apache-2.0
// What the audit says at its end (specification §13.1).
import { hex } from './bytes.js';

/** In the order in which they stand at one entry. */
const KINDS = [
  'key_change', 'trustee_change', 'sign_out', 'recuse', 'recuse_back', 'check', 'override', 'contested', 'paper',
  'close_two', 'unwitnessed', 'undecided', 'close_unwitnessed',
];

/** Failures in the order of the file; what has no place comes last. */
export function byPlace(a, b) {
  const place = (f) => f.entry ?? Infinity;
  return place(a) === place(b) ? 0 : place(a) - place(b);
}

/** Changes of guards in their order. */
function byEntry(a, b) {
  const key = (c) => [c.entry, KINDS.indexOf(c.kind), c.question ?? c.declared ?? 0];
  const [x, y] = [key(a), key(b)];
  const i = x.findIndex((value, k) => value !== y[k]);
  return i < 0 ? 0 : x[i] - y[i];
}

/** @param {import('./state.js').Meeting} meeting that has a manifest */
function meetingReport({ manifest, people }) {
  const { title, date, rehearsal, committee_size, rules, trustees } = manifest;
  return { id: hex(manifest.meeting_id), title, date, rehearsal, committee_size, quorum: people.quorum,
    trustees: trustees.length, rules };
}

/** @param {import('./people.js').Person} p */
const attendanceOf = (p) => ({
  person: p.number, name: p.name, employer: p.employer, roles: p.roles, first_sign_in: p.firstSignIn,
  last_sign_out: p.lastSignOut, signed_in: p.signedIn,
  recusals: [...p.recusals].sort(([a], [b]) => a - b).map(([question, reason]) => ({ question, reason })),
});

function attemptReport(meeting, a) {
  return {
    batch: a.batch, title: a.title, attempt: a.attempt, entry: a.index, paper: a.paper, counted_by: a.countedBy,
    declared: a.declared, present: a.present.length, trustees: a.keys.length,
    overridden: [...a.named].sort((x, y) => x - y),
    // Only what has come to an end: nothing else is a result.
    questions: a.questions.map((q) => questionReport(meeting, a, q)).filter((q) => q.voided || a.declared),
  };
}

function questionReport(meeting, a, q) {
  const { name, employer, level, exceptional, opened_before } = meeting.candidates[q - 1];
  const out = { question: q, name, employer, level, exceptional, opened_before, voided: !a.live.has(q) };
  if (out.voided) return { ...out, void_reason: a.voidReasons.get(q) };
  const row = a.rows?.find((r) => r.question === q);
  if (!row) return out;  // not counted
  if (!a.paper) return { ...out, ...row, ...a.figures.get(q) };
  const { issued, returned } = a.paperRows.get(q);
  return { ...out, ...row, issued, returned };
}

/**
 * @param {object} found
 * @param {import('./state.js').Meeting} found.meeting @param {import('./merkle.js').Tree} found.tree
 * @param {any[]} found.checks @param {boolean} found.stopped @param {number} found.ballots @param {string} found.anchor
 * @param {{reason: string, offset: number} | null} unusable
 */
export function reportOf({ meeting, tree, checks, stopped, ballots, anchor }, unusable) {
  for (const check of checks) {
    const reached = !unusable && (!stopped || check.number === 1 || (check.number === 2 && meeting.manifest));
    if (check.outcome === 'holds' && !reached) check.outcome = 'not_reached';
    check.failures.sort(byPlace);
  }
  const verified = !unusable && checks.every((check) => check.outcome === 'holds');
  const failed = checks.filter((check) => check.outcome === 'failed');
  const first = failed.map((check) => ({ check: check.number, ...check.failures[0] })).sort(byPlace)[0] ?? null;
  const people = meeting.people?.all ?? [];
  return {
    verified,
    exit_code: unusable ? 2 : verified ? 0 : 1,
    checks_holding: checks.filter((check) => check.outcome === 'holds').length,
    entries: tree.size,
    ballots,
    head: hex(tree.root()),
    anchor,
    unusable,
    first_failure: unusable ? null : first,
    checks,
    meeting: meeting.manifest && meetingReport(meeting),
    changes: [...meeting.changes].sort(byEntry),
    attendance: people.map(attendanceOf),
    attempts: meeting.attempts.map((a) => attemptReport(meeting, a)),
  };
}
