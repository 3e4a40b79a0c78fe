// SPDX-License-Identifier: Apache-2.0
// The state machine (specification §10): takes an entry in, or names a refusal and changes nothing. What each type
// asks for stands in rules/; here is what is common to all. Each `must` names the check of §13 that fails by it;
// without one it is 4.
import { equal, equalLists, hex, hexOfX25519, join, utf8 } from './bytes.js';
import { CHAIR, checkManifest, CLERK, EXCEPTIONAL, namesOfKeys, SERVER, SUPERVISOR } from './manifest.js';
import { boundOf, ENTRY, signaturesOf, TYPES } from './messages.js';
import { People } from './people.js';
import { must, Refusal } from './refusal.js';
import { COUNTING } from './rules/counting.js';
import { OPENING } from './rules/opening.js';
import { PRESENCE } from './rules/presence.js';
import { VOTING } from './rules/voting.js';
import { decode } from './wire.js';

/** What may stand between the entries that MeetingClose names and MeetingClose itself. */
const AFTER_THE_END = new Set(['SignIn', 'SignOut', 'KeyChange', 'BatchKeys', 'Erased', 'Incident']);

/** By type name: (meeting, body, at) → what else the audit has to know, or nothing. */
const RULES = { MeetingOpen: (meeting, body, at) => meeting.begin(body, at), ...PRESENCE, ...OPENING, ...VOTING,
  ...COUNTING };

/**
 * An entry that is being taken in.
 * @typedef {object} At
 * @property {Uint8Array} leaf @property {number} index @property {any} entry @property {string} name of its type
 * @property {number[]} signers ascending
 */

export class Meeting {
  /** @param {import('./crypto.js').Crypto} crypto */
  constructor(crypto) {
    this.crypto = crypto;
    this.manifest = null;
    /** @type {People | null} */
    this.people = null;
    this.trustees = [];        // person of each slot, as it is now
    this.candidates = [];      // by question − 1
    /** @type {import('./attempt.js').Attempt[]} */
    this.attempts = [];
    this.batchOpens = [];      // by batch: BatchOpens so far
    this.pending = new Map();  // "batch,trustee" → BatchKeys with its leaf
    this.seen = new Set();     // keys and moduli of the meeting
    this.voted = new Set();    // pk_v and (A, B) of every box
    this.spent = new Set();    // pk_v of envelopes that were opened
    this.differing = new Set();  // identity keys of laptops that showed another choice
    this.results = new Map();  // leaf of each Declaration and PaperTally → its index
    this.accepted = new Set();   // those that somebody has accepted unwitnessed
    this.roots = [];           // root of the tree of the first n entries is roots[n]
    this.lastResult = 0;       // entries up to the last that MeetingClose has to have seen
    this.closed = false;
    /** Changes of guards (§13.1). @type {any[]} */
    this.changes = [];
  }

  get current() {
    return this.attempts.at(-1) ?? null;
  }
  get inProgress() {
    return this.current !== null && !this.current.ended;
  }
  get origin() {
    return `piaojue/${hex(this.manifest.meeting_id)}`;
  }

  /**
   * @param {Uint8Array} bytes of the entry
   * @param {Uint8Array} leaf its leaf hash
   * @param {number} index
   * @param {Uint8Array} root of the tree of the entries before
   * @returns {{name: string, body: any, at: At}} throws Refusal, with `type` where that much could be read
   */
  apply(bytes, leaf, index, root) {
    let name = null;
    try {
      const entry = decode(bytes, ENTRY);
      must(entry.type >= 1 && entry.type < TYPES.length, 'UNKNOWN_TYPE');
      const [typeName, fields] = TYPES[entry.type];
      name = typeName;
      must(bytes.length <= boundOf(name) && entry.signatures.length <= signaturesOf(name), 'TOO_LARGE');
      const body = decode(entry.body, fields);
      must((index === 0) === (name === 'MeetingOpen') && !this.closed, 'WRONG_PHASE');
      this.roots[index] = root;
      const at = { leaf, index, entry, name, signers: entry.signatures.map((s) => s.signer) };
      RULES[name](this, body, at);
      if (!AFTER_THE_END.has(name)) this.lastResult = index + 1;
      return { name, body, at };
    } catch (error) {
      if (error instanceof Refusal) error.type = name;
      throw error;
    }
  }

  /** MeetingOpen. */
  begin(body, at) {
    checkManifest(this.crypto, body);
    const people = new People(body);
    const wanted = people.all.filter((p) => p.identityKey &&
      (p.roles & (CLERK | CHAIR | SUPERVISOR) || body.trustees.includes(p.number)));
    must([CLERK, CHAIR, SUPERVISOR].every((role) => wanted.some((p) => p.roles & role)), 'NOT_AUTHORISED');
    must(equalLists(at.signers, wanted.map((p) => p.number)), 'NOT_AUTHORISED');
    this.verify(at, people);
    Object.assign(this, { manifest: body, people, leaf: at.leaf, trustees: body.trustees });
    this.candidates = body.candidates.map((c, i) => ({
      number: i + 1, ...c, exceptional: c.channel === EXCEPTIONAL,
      interview: false, declared: false, contested: false, opened: false, tallied: false,
    }));
    body.batches.forEach((_, b) => (this.batchOpens[b + 1] = 0));
    for (const key of [body.server_key, body.checkpoint_key]) this.seen.add(hex(key));
    this.seen.add(hexOfX25519(body.server_box_key));
    for (const p of body.people.filter((x) => x.identity_key.length > 0))
      for (const name of namesOfKeys(this.crypto, p)) this.seen.add(name);
  }

  // ---- What entries refer to ----

  ofMeeting(body) {
    must(equal(body.meeting, this.leaf), 'UNKNOWN');
  }
  /** The attempt that is open or was the last one. */
  attemptOf(body) {
    must(this.current && equal(body.batch_open, this.current.leaf), 'UNKNOWN');
    return this.current;
  }
  /** @param {number} p @param {number} [check] */
  personOf(p, check) {
    const person = this.people.of(p);
    must(person, 'UNKNOWN', check);
    return person;
  }
  /** @param {number} q @param {number} [check] */
  questionOf(q, check) {
    must(q >= 1 && q <= this.candidates.length, 'UNKNOWN', check);
    return this.candidates[q - 1];
  }
  /** The person who is trustee t; 0 the server. @param {number} t @param {number} [check] */
  trusteeOf(t, check) {
    must(t < this.trustees.length, 'UNKNOWN', check);
    return this.trustees[t];
  }
  /** Forgets what a slot has published for attempts to come. @param {number} t */
  dropPending(t) {
    for (const key of [...this.pending.keys()]) if (key.endsWith(`,${t}`)) this.pending.delete(key);
  }

  // ---- Who has signed ----

  /** Signatures under the keys of now. @param {At} at @param {People} [people] */
  verify({ entry, name }, people = this.people) {
    const keys = entry.signatures.map(({ signer }) => {
      const key = signer === SERVER ? this.manifest.server_key : people.of(signer)?.identityKey;
      must(key, 'NOT_ON_ROLL');
      return key;
    });
    const message = join(utf8(`piaojue/v2/${name}`), Uint8Array.of(0), entry.body);
    entry.signatures.forEach(({ signature }, i) =>
      must(this.crypto.verify(signature, message, keys[i]), 'BAD_SIGNATURE'));
  }
  /** Exactly these people. @param {At} at @param {number[]} signers ascending */
  signedBy(at, ...signers) {
    must(equalLists(at.signers, signers), 'NOT_AUTHORISED');
    this.verify(at);
  }
  /**
   * By an office or by a committee.
   * @param {At} at
   * @param {object} [wanted]
   * @param {number | null} [wanted.concerned] person whom the entry concerns
   * @param {boolean} [wanted.office] whether an office may
   * @param {number} [wanted.check]
   * @returns {'office' | 'committee'}
   */
  signedByBody(at, { concerned = null, office = true, check = 4 } = {}) {
    const by = office && this.people.isOffice(at.signers, concerned) ? 'office'
      : this.people.isCommittee(at.signers, concerned) ? 'committee' : null;
    must(by, 'NOT_AUTHORISED', check);
    this.verify(at);
    return by;
  }
  /** No KeyChange of this person lies behind the BatchOpen. @param {any} person @param {any} attempt */
  keyAsOldAs(attempt, person, check) {
    must(person.keyIndex <= attempt.index, 'NOT_ON_ROLL', check);
  }

  // ---- What has to be listed ----

  /** @param {At} at @param {string} kind @param {string | null} by @param {object} [fields] @returns {any} the row */
  change(at, kind, by, fields = {}) {
    const row = { entry: at.index, kind, by, signers: by === null ? [] : at.signers, ...fields };
    this.changes.push(row);
    return row;
  }

  /** Declarations and PaperTallies that somebody accepts unwitnessed: only their form (§10.2). */
  checkUnwitnessed(leaves) {
    const names = leaves.map(hex);
    must(names.every((name) => this.results.has(name)), 'UNKNOWN');
    must(names.every((name) => !this.accepted.has(name)), 'CONFLICT');
    return names;
  }
  /** @param {string[]} names of checkUnwitnessed */
  accept(names) {
    for (const name of names) this.accepted.add(name);
  }
}
