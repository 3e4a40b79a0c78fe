// SPDX-License-Identifier: Apache-2.0
// The audit: reads a record from its beginning to its end and runs the 25 checks of specification §13.
import { contextOf, judge } from './ballot.js';
import { equal, hex, unhex } from './bytes.js';
import { Crypto } from './crypto.js';
import { SCREEN } from './manifest.js';
import { Tree } from './merkle.js';
import { checkCosignature, checkNote, checkpointBody } from './note.js';
import { items, Unusable } from './record.js';
import { Refusal } from './refusal.js';
import { Meeting } from './state.js';

export const CHECKS = 25;
/** Failures of one check that are kept; all are counted. */
const KEPT = 20;

/** The digits of a head hash as people write it: groups of four, blanks, line ends. Null if it is none.
 * @param {string} written @returns {string | null} */
export function anchorOf(written) {
  const digits = written.replace(/\s+/g, '').toLowerCase();
  return /^[0-9a-f]{64}$/.test(digits) ? digits : null;
}

/**
 * @typedef {object} Failure
 * @property {number | null} entry
 * @property {number | null} offset of the item in the file
 * @property {string | null} type of the entry
 * @property {string | null} refusal
 * @property {string} reason key of a sentence (strings.js)
 * @property {Record<string, number>} [values] for that sentence
 */

class Audit {
  /** @param {Uint8Array} bytes @param {string} anchor @param {Crypto} crypto @param {any} options */
  constructor(bytes, anchor, crypto, { onProgress = () => {}, judgeBox = null }) {
    this.bytes = bytes;
    this.anchor = anchor;
    this.crypto = crypto;
    this.onProgress = onProgress;
    this.judgeBox = judgeBox ?? ((context, ballots, each) => judge(crypto, context, ballots, each));
    this.meeting = new Meeting(crypto);
    this.tree = new Tree((data) => crypto.sha256(data));
    this.checks = Array.from({ length: CHECKS },
      (_, i) => ({ number: i + 1, outcome: 'holds', failures_total: 0, failures: [] }));
    this.stopped = false;     // the state machine has refused an entry
    this.ballots = 0;
    this.judged = 0;
    this.read = 0;            // bytes that are done with
    this.judging = [];
    this.witnessed = [];      // openings and boxes of the attempt at hand that somebody may act on
    this.cosigned = new Map();  // person → largest size that the person has cosigned
    this.checkpoint = null;   // size and body of the last one
    this.closeWitnessed = false;
  }

  /** @param {number} check @param {Partial<Failure>} failure */
  fail(check, failure) {
    const entry = this.checks[check - 1];
    entry.outcome = 'failed';
    entry.failures_total += 1;
    if (entry.failures.length < KEPT)
      entry.failures.push({ entry: null, offset: null, type: null, refusal: null, ...failure });
  }

  progress() {
    this.onProgress({ read: this.read, total: this.bytes.length, entries: this.tree.size, ballots: this.ballots,
      judged: this.judged });
  }

  async run() {
    for (const item of items(this.bytes)) {
      // The bytes of a box are done with when its ballots are.
      const weight = item.end - item.offset;
      let kept = false;
      if (item.entry) kept = this.entry(item, weight);
      else if (item.checkpoint !== undefined) this.note(item);
      else this.cosignature(item);
      if (!kept) this.read += weight;
      if (item.entry && this.tree.size % 64 === 0) {
        this.progress();
        // So that what helpers have judged comes in meanwhile.
        await new Promise((resolve) => setTimeout(resolve));
      }
    }
    this.ending();
    await Promise.all(this.judging);
    this.progress();
  }

  // ---- Entries ----

  /** @returns {boolean} whether its bytes are still to be judged */
  entry({ entry, offset }, weight) {
    const index = this.tree.size;
    const leaf = this.tree.leafHash(entry);
    let applied = null;
    if (!this.stopped) {
      try {
        applied = this.meeting.apply(entry, leaf, index, this.tree.root());
      } catch (error) {
        if (!(error instanceof Refusal)) throw error;
        this.stopped = true;
        this.fail(error.check, { entry: index, offset, type: error.type, refusal: error.code, reason: 'refused' });
      }
    }
    this.tree.append(leaf);
    if (!applied) return false;
    this.acted(applied.name);
    if (applied.name === 'BatchOpen')
      this.awaitWitnesses(index, offset, applied.name, 'TokensIssued', 'open_unwitnessed');
    if (applied.name !== 'BallotBox') return false;
    this.awaitWitnesses(index, offset, applied.name, 'TallyShare', 'box_unwitnessed');
    return this.judgeAll(index, offset, weight);
  }

  /** Gives the ballots of a box to whoever judges them. */
  judgeAll(index, offset, weight) {
    const a = this.meeting.current;
    const total = [...a.box.values()].reduce((sum, ballots) => sum + ballots.length, 0);
    if (total === 0) return false;
    this.ballots += total;
    for (const [question, ballots] of a.box) {
      if (ballots.length === 0) continue;
      const context = {
        entry: index, question, ctx: contextOf(this.crypto, a.leaf, question), electionKey: a.electionKey,
        moduli: a.moduliOf.get(question), abstain: this.meeting.manifest.rules.abstain_allowed,
      };
      const each = () => {
        this.judged += 1;
        this.read += weight / total;
        if (this.judged % 8 === 0) this.progress();
      };
      this.judging.push(this.judgeBox(context, ballots, each).then((failures) => {
        for (const { check, entry, ballot, hop } of failures) {
          this.fail(check, {
            entry, offset, type: 'BallotBox', reason: `ballot_${check}`,
              values: { question, ballot, ...(hop === undefined ? {} : { hop }) },
          });
        }
      }));
    }
    return true;
  }

  // ---- Checkpoints and witnesses ----

  note({ checkpoint, offset }) {
    const size = this.tree.size;
    this.checkpoint = { size, body: null };
    if (!this.meeting.manifest) return;
    const { origin, manifest } = this.meeting;
    this.checkpoint.body = checkpointBody(origin, size, this.tree.root());
    const wrong = checkNote(this.crypto, checkpoint, origin, manifest.checkpoint_key, this.checkpoint.body);
    if (wrong) this.fail(2,
      { entry: size - 1, offset, refusal: { form: 'MALFORMED', signature: 'BAD_SIGNATURE' }[wrong] ?? null,
        reason: `checkpoint_${wrong}` });
  }

  cosignature({ cosignature, offset }) {
    if (this.stopped) return;
    const { size, body } = this.checkpoint;
    const { person } = cosignature;
    const key = this.meeting.person(person)?.witnessKey;
    const wrong = (reason) => this.fail(3, { entry: size - 1, offset, reason, values: { person } });
    if (!key) return wrong('witness_unknown');
    if (cosignature.tree_size !== BigInt(size) || !equal(cosignature.root, this.tree.root()))
      return wrong('witness_other');
    if (!checkCosignature(this.crypto, cosignature, body, key)) return wrong('witness_signature');
    this.cosigned.set(person, size);
    this.closeWitnessed = this.meeting.closed;
  }

  /** From here on whoever acts (by `until`) needs enough witnesses of entry `index`. */
  awaitWitnesses(index, offset, type, until, reason) {
    const people = this.meeting.signedIn.filter((p) => !(p.roles & SCREEN)).map((p) => p.number);
    this.witnessed = this.witnessed.filter((w) => w.until !== until);
    this.witnessed.push({ index, offset, type, until, reason, people });
  }
  /** Somebody has acted: were there enough? */
  acted(name) {
    const waiting = this.witnessed.find((w) => w.until === name);
    if (!waiting) return;
    this.witnessed = this.witnessed.filter((w) => w !== waiting);
    const have = waiting.people.filter((p) => (this.cosigned.get(p) ?? 0) > waiting.index).length;
    const need = Math.floor((2 * waiting.people.length) / 3) + 1;
    if (have < need) this.fail(3, {
        entry: waiting.index, offset: waiting.offset, type: waiting.type, reason: waiting.reason,
          values: { have, need },
      });
  }

  // ---- The end ----

  ending() {
    const last = this.tree.size - 1;
    if (!equal(this.tree.root(), unhex(this.anchor))) this.fail(1, { reason: 'other_root' });
    if (this.meeting.manifest && this.checkpoint?.size !== this.tree.size)
      this.fail(2, { reason: 'no_last_checkpoint' });
    if (this.stopped) return;
    if (this.meeting.closed) {
      if (!this.closeWitnessed) this.fail(3, { entry: last, reason: 'end_unwitnessed' });
    } else {
      if (this.meeting.inProgress) this.fail(25, { entry: last, reason: 'no_result' });
      this.fail(25, { entry: last, reason: 'no_end' });
    }
  }

  // ---- The report ----

  report(unusable) {
    const { meeting, checks } = this;
    for (const check of checks) {
      const reached = !unusable && (!this.stopped || check.number === 1 || (check.number === 2 && meeting.manifest));
      if (check.outcome === 'holds' && !reached) check.outcome = 'not_reached';
      check.failures.sort(byPlace);
    }
    const verified = !unusable && checks.every((check) => check.outcome === 'holds');
    const failed = checks.filter((check) => check.outcome === 'failed');
    const first = failed.map((check) => ({ check: check.number, ...check.failures[0] })).sort(byPlace)[0] ?? null;
    return {
      verified,
      exit_code: unusable ? 2 : verified ? 0 : 1,
      checks_holding: checks.filter((check) => check.outcome === 'holds').length,
      entries: this.tree.size,
      ballots: this.ballots,
      head: hex(this.tree.root()),
      anchor: this.anchor,
      unusable,
      first_failure: unusable ? null : first,
      checks,
      meeting: meeting.manifest && {
        id: hex(meeting.manifest.meeting_id),
        title: meeting.manifest.title,
        date: meeting.manifest.date,
        rehearsal: meeting.manifest.rehearsal,
        committee_size: meeting.manifest.committee_size,
        rules: meeting.manifest.rules,
      },
      attendance: meeting.people.map((p) => ({
        person: p.number, name: p.name, employer: p.employer, roles: p.roles, first_sign_in: p.firstSignIn,
        last_sign_out: p.lastSignOut, signed_in: p.signedIn,
        recusals: [...p.recusals].sort(([a], [b]) => a - b).map(([question, reason]) => ({ question, reason })),
      })),
      attempts: meeting.attempts.map((a) => attemptReport(meeting, a)),
    };
  }
}

/** In the order of the file; what has no place comes last. */
function byPlace(a, b) {
  const place = (f) => f.entry ?? Infinity;
  return place(a) === place(b) ? 0 : place(a) - place(b);
}

function attemptReport(meeting, a) {
  return {
    batch: a.batch, title: a.title, attempt: a.attempt, entry: a.index, paper: a.paper, declared: a.declared,
    present: a.present.length, trustees: a.keys.length,
    overridden: [...new Set([...a.silent, ...a.missing])].sort((x, y) => x - y),
    // Only what has come to an end: nothing else is a result.
    questions: a.questions.map((q) => questionReport(meeting, a, q)).filter((q) => q.voided || a.declared),
  };
}

function questionReport(meeting, a, q) {
  const candidate = meeting.candidates[q - 1];
  const out = {
    question: q, name: candidate.name, employer: candidate.employer, level: candidate.level,
    exceptional: candidate.exceptional, voided: !a.live.has(q),
  };
  if (out.voided) return { ...out, void_reason: a.voidReasons.get(q) };
  const row = a.rows?.find((r) => r.question === q);
  if (!row) return out;  // not counted
  const figures = a.paper
    ? { issued: a.paperRows.get(q).issued, returned: a.paperRows.get(q).returned }
    : { envelopes: meeting.envelopesOf(a, q), ballots: a.box.get(q).length, unconfirmed: a.unconfirmed.get(q) };
  return { ...out, ...row, ...figures };
}

/**
 * @param {Uint8Array} bytes the record file
 * @param {string} anchorHex the head hash from paper: 64 lower-case hexadecimal digits (anchorOf)
 * @param {object} options
 * @param {any} options.sodium libsodium-wrappers-sumo, ready
 * @param {SubtleCrypto} options.subtle
 * @param {(progress: Record<'read' | 'total' | 'entries' | 'ballots' | 'judged', number>) => void} [options.onProgress]
 * @param {typeof judge} [options.judgeBox] judges ballots elsewhere: (context, ballots, each) → failures
 */
export async function audit(bytes, anchorHex, { sodium, subtle, onProgress, judgeBox }) {
  const run = new Audit(bytes, anchorHex, new Crypto(sodium, subtle), { onProgress, judgeBox });
  try {
    await run.run();
  } catch (error) {
    if (!(error instanceof Unusable)) throw error;
    await Promise.all(run.judging);
    return run.report({ reason: error.reason, offset: error.offset });
  }
  return run.report(null);
}
