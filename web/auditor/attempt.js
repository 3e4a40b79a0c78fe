// SPDX-License-Identifier: Apache-2.0
// One opening of a batch: what has been said in it so far, and what follows from that (specification §10.2 to §10.4).
import { must } from './refusal.js';

export const OK = 1;
export const MISSING = 2;
export const NOT_CAST = 3;
const FEWEST_BALLOTS = 3;
/** Phases in which nothing of the attempt has been opened. */
const BEFORE = new Set(['voting', 'closing', 'mixing', 'confirming']);

/** One `cast` of a person, and the EnvelopeSpoil that ended the one before. */
const newCast = (cast, spoil) => ({ cast, requested: false, issued: new Set(), envelope: null, spoil });

export class Attempt {
  #casts = new Map();      // person → the current cast
  #issued = new Map();     // trustee → people whom it issued tokens to, once for each cast
  #words = new Map();      // person → not_cast of the last own SignOut that named this attempt, if it still holds
  #confirms = new Map();   // person → Map question → verdict
  #overrides = new Map();  // person → missing, as the last Override says

  /**
   * @param {object} facts
   * @param {number} facts.index @param {Uint8Array} facts.leaf of the BatchOpen
   * @param {any} facts.body @param {string} facts.title of the batch
   * @param {import('./people.js').Person[]} facts.present @param {number} facts.left experts whom mode leave keeps out
   * @param {number} facts.keptOut U: of those, on the office's word alone
   * @param {any[]} facts.keys BatchKeys by hop @param {Uint8Array | null} facts.electionKey
   * @param {number[]} facts.holders person of each slot
   */
  constructor({ index, leaf, body, title, present, left, keptOut, keys, electionKey, holders }) {
    Object.assign(this, { index, leaf, title, left, keptOut, keys, electionKey, holders });
    const { batch, attempt, paper, questions } = body;
    Object.assign(this, { batch, attempt, paper, questions, present: body.present });
    this.live = new Set(questions);
    this.voidReasons = new Map();
    /** person → questions that the person may vote on, voided or not */
    this.mayVote = new Map(present.map((p) => [p.number, questions.filter((q) => !p.recusals.has(q))]));
    /** A: question → how many of `present` are recused from it, and not on the office's word alone */
    this.attested = new Map(questions.map((q) => [q, present.filter((p) => p.attested.has(q)).length]));
    this.moduliOf = new Map(
      questions.map((q) => [q, keys.map((k) => k.token_keys.find((t) => t.question === q).modulus)]));
    this.phase = 'voting';
    this.ended = false;
    this.declared = false;
    this.counted = null;        // person → leaf of the envelope, from BatchClose on
    this.issuanceClosed = new Set();
    this.hop = 0;
    this.counts = null;         // question → what the last hop gave
    this.box = null;            // question → ballots
    this.boxLeaf = null;
    this.named = new Set();     // people whom Overrides have named
    this.shares = new Map();
    this.erased = new Set();
    this.incidents = new Set();
    this.rows = null;
    this.figures = new Map();   // question → what a row rests on
    this.paperRows = null;
    this.countedBy = null;
    this.officeSpoils = new Map();  // person → how many
    for (const { trustee } of keys) this.#issued.set(trustee, []);
    for (const { number } of present) this.#casts.set(number, newCast(0, null));
  }

  // ---- Questions ----

  /** The live questions, ascending. */
  get liveQuestions() {
    return this.questions.filter((q) => this.live.has(q));
  }
  /** Live questions that a person may vote on. @param {number} p */
  liveOf(p) {
    return (this.mayVote.get(p) ?? []).filter((q) => this.live.has(q));
  }
  /** @param {number} p */
  isEntitled(p) {
    return this.liveOf(p).length > 0;
  }
  /** R. @param {number} q */
  recusalsOf(q) {
    return this.present.filter((p) => !this.mayVote.get(p).includes(q)).length;
  }
  /** E. @param {number} q */
  envelopesOf(q) {
    return [...this.counted.keys()].filter((p) => this.mayVote.get(p).includes(q)).length;
  }
  get nothingOpened() {
    return BEFORE.has(this.phase);
  }
  get isVoting() {
    return this.phase === 'voting' && !this.paper;
  }
  /** The trustee's place among the hops; a refusal for others. @param {number} trustee */
  hopOf(trustee) {
    const hop = this.keys.findIndex((k) => k.trustee === trustee);
    must(hop >= 0, 'NOT_AUTHORISED');
    return hop;
  }

  // ---- Casting ----

  /** @param {number} p somebody present */
  castOf(p) {
    return this.#casts.get(p);
  }
  /** @param {number} trustee @param {number} p */
  issue(trustee, p) {
    this.castOf(p).issued.add(trustee);
    this.#issued.get(trustee).push(p);
  }
  /** Tokens of a question that a trustee has issued. @param {number} trustee @param {number} q */
  issuedFor(trustee, q) {
    return this.#issued.get(trustee).filter((p) => this.mayVote.get(p).includes(q)).length;
  }
  /** @param {number} p @param {any} spoil */
  endCast(p, spoil) {
    this.#casts.set(p, newCast(this.castOf(p).cast + 1, spoil));
  }
  /** [person, leaf] of everybody whose envelope counts, ascending. */
  get envelopes() {
    return [...this.#casts].filter(([, c]) => c.envelope).map(([p, c]) => [p, c.envelope]).sort(([p], [q]) => p - q);
  }

  // ---- What people say ----

  /** @param {number} p @param {boolean} notCast */
  say(p, notCast) {
    this.#words.set(p, notCast);
  }
  /** Who comes back, or casts, has not left. @param {number} p */
  takeBack(p) {
    this.#words.delete(p);
  }
  /** @param {number} p @param {{question: number, verdict: number}[]} rows */
  confirm(p, rows) {
    this.#confirms.set(p, new Map(rows.map((r) => [r.question, r.verdict])));
  }
  hasConfirmed(p) {
    return this.#confirms.has(p);
  }
  /** What an entitled person has said of a question: OK, MISSING, NOT_CAST or null. */
  said(p, q) {
    if (this.#confirms.has(p)) return this.#confirms.get(p).get(q) ?? null;
    return this.#words.get(p) && !this.counted.has(p) ? NOT_CAST : null;
  }
  saidNothing(p) {
    return this.liveOf(p).every((q) => this.said(p, q) === null);
  }
  /** Whether a person has said MISSING for a live question. @param {number} p */
  misses(p) {
    return this.liveOf(p).some((q) => this.said(p, q) === MISSING);
  }
  /** How many have said so of a question. @param {number} q @param {number} verdict */
  countSaid(q, verdict) {
    return this.present.filter((p) => this.mayVote.get(p).includes(q) && this.said(p, q) === verdict).length;
  }
  /** @param {{person: number, missing: boolean}[]} people */
  override(people) {
    for (const { person, missing } of people) {
      this.#overrides.set(person, missing);
      this.named.add(person);
    }
  }
  isCovered(p) {
    return this.#overrides.has(p) && this.#overrides.get(p) === this.misses(p);
  }

  /** What has to be so before a sum is opened; `opened` says of a question whether it was. */
  gate(opened) {
    for (const q of this.liveQuestions) {
      for (const p of this.present.filter((number) => this.mayVote.get(number).includes(q))) {
        const said = this.said(p, q);
        const done = said === OK || said === NOT_CAST || this.isCovered(p);
        must(done, said === MISSING ? 'GATE_MISSING' : 'GATE_UNCONFIRMED', 20);
      }
    }
    for (const q of this.liveQuestions) {
      const n = this.box.get(q).length;
      must(n <= this.envelopesOf(q), 'GATE_COUNT', 20);
      const crowd = this.present.length + this.keptOut - this.attested.get(q);
      const enough = 3 * (n + this.countSaid(q, NOT_CAST)) >= 2 * crowd;
      must(n >= FEWEST_BALLOTS && enough, 'GATE_TOO_FEW', 23);
      must(!opened(q), 'GATE_REOPENED', 23);
    }
  }

  // ---- Its end ----

  end(phase) {
    this.phase = phase;
    this.ended = true;
  }
  /** Takes questions out of the attempt; without any left it is over. */
  voidQuestions(questions, reason) {
    for (const q of questions) {
      this.live.delete(q);
      this.voidReasons.set(q, reason);
    }
    if (this.live.size === 0) this.end('voided');
  }
}
