// SPDX-License-Identifier: Apache-2.0
// The audit: reads a record from its beginning to its end and runs the 27 checks of specification §13.
import { contextOf, judge } from './ballot.js';
import { equal, unhex } from './bytes.js';
import { Crypto } from './crypto.js';
import { Tree } from './merkle.js';
import { checkCosignature, checkNote, checkpointBody } from './note.js';
import { items, Unusable } from './record.js';
import { Refusal } from './refusal.js';
import { reportOf } from './report.js';
import { Meeting } from './state.js';
import { Witnesses } from './witness.js';

export const CHECKS = 27;
/** Failures of one check that are kept; all are counted. */
const KEPT = 20;

/** White space and hyphens, as §2.4 lists them. */
const BETWEEN = new RegExp('[\\t-\\r \\x85\\xa0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000\\ufeff' +
  '\\-\\xad\\u2010-\\u2015\\u2212\\ufe58\\ufe63\\uff0d]', 'g');
const FULL_WIDTH = /[\uff10-\uff19\uff21-\uff3a\uff41-\uff5a]/g;
/** What a person has typed, without what people put between the digits. @param {string} written */
export const typedDigits = (written) => written.replace(BETWEEN, '')
  .replace(FULL_WIDTH, (c) => String.fromCharCode(c.charCodeAt(0) - 0xfee0)).toLowerCase();

/** The digits of a head hash as people write it, or null. @param {string} written @returns {string | null} */
export function anchorOf(written) {
  const digits = typedDigits(written);
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
    this.witnesses = new Witnesses(this.meeting, (failure) => this.fail(3, failure));
    this.checkpoint = null;   // size and body of the last one
    this.closeIndex = null;
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
        for (const { check, code } of error.faults ?? [error])
          this.fail(check, { entry: index, offset, type: error.type, refusal: code, reason: 'refused' });
      }
    }
    this.tree.append(leaf);
    if (!applied) return false;
    this.witnesses.taken(applied, offset);
    if (applied.name === 'MeetingClose') this.closeIndex = index;
    return applied.name === 'BallotBox' && this.judgeAll(index, offset, weight);
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
    const { person: number } = cosignature;
    const person = this.meeting.people.of(number);
    const wrong = (reason) => this.fail(3, { entry: size - 1, offset, reason, values: { person: number } });
    if (!person?.witnessKey) return wrong('witness_unknown');
    if (cosignature.tree_size !== BigInt(size) || !equal(cosignature.root, this.tree.root()))
      return wrong('witness_other');
    if (!checkCosignature(this.crypto, cosignature, body, person.witnessKey)) return wrong('witness_signature');
    this.witnesses.cosigned(person, size);
  }

  // ---- The end ----

  ending() {
    const last = this.tree.size - 1;
    if (!equal(this.tree.root(), unhex(this.anchor))) this.fail(1, { reason: 'other_root' });
    if (this.meeting.manifest && this.checkpoint?.size !== this.tree.size)
      this.fail(2, { reason: 'no_last_checkpoint' });
    this.witnesses.ending(this.closeIndex);
    if (this.stopped) return;
    if (!this.meeting.closed) {
      if (this.meeting.inProgress) this.fail(25, { entry: last, reason: 'no_result' });
      this.fail(25, { entry: last, reason: 'no_end' });
    }
  }
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
    return reportOf(run, { reason: error.reason, offset: error.offset });
  }
  return reportOf(run, null);
}
