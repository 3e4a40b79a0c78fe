// SPDX-License-Identifier: Apache-2.0
// The people of a meeting: their keys, who is there, and the two bodies that sign (specification §1).
import { CHAIR, EXPERT, quorumOf, SUPERVISOR } from './manifest.js';

/**
 * @typedef {object} Person
 * @property {number} number @property {string} name @property {string} employer @property {number} roles
 * @property {Uint8Array | null} identityKey @property {Uint8Array | null} witnessKey
 * @property {boolean} first whether the current keys are first keys
 * @property {number} keyIndex entry that brought the current keys
 * @property {boolean} signedIn @property {boolean} outByOthers whether the last SignOut was by others
 * @property {boolean} inE @property {number} sequence @property {number} ownSignIns
 * @property {number | null} firstSignIn @property {number | null} lastSignOut
 * @property {Map<number, string>} recusals question → reason, of those that stand
 * @property {Map<number, Word>} words whose word each of `recusals` rests on
 * @property {Map<number, number>} recuseBacks question → how often a recusal from it was taken back
 * @property {Set<number>} attested those of `recusals` that do not rest on the office's word alone
 */

/**
 * Whose word a recusal rests on.
 * @typedef {object} Word
 * @property {boolean} office @property {boolean} committee who has signed for it beside the person
 * @property {number | null} ownKey keyIndex of its person when he last signed for it himself
 * @property {boolean} opened whether a BatchOpen with the question came while it stood
 */

/** @param {number} n @returns {number} more than two thirds */
export const twoThirds = (n) => Math.floor((2 * n) / 3) + 1;

export class People {
  #firstSignIns = new Set();  // experts who have ever signed in under a first key

  /** @param {any} manifest */
  constructor(manifest) {
    this.quorum = quorumOf(manifest.rules, manifest.committee_size);
    /** By person − 1. @type {Person[]} */
    this.all = manifest.people.map((p, i) => ({
      number: i + 1, name: p.name, employer: p.employer, roles: p.roles,
      identityKey: p.identity_key.length ? p.identity_key : null,
      witnessKey: p.witness_key.length ? p.witness_key : null,
      first: p.identity_key.length > 0, keyIndex: 0,
      signedIn: false, outByOthers: false, inE: false, sequence: 0, ownSignIns: 0,
      firstSignIn: null, lastSignOut: null, recusals: new Map(), attested: new Set(),
      words: new Map(), recuseBacks: new Map(),
    }));
  }
  /** @param {number} p @returns {Person | null} */
  of(p) {
    return this.all[p - 1] ?? null;
  }
  with(role) {
    return this.all.filter((p) => p.roles & role);
  }
  get signedIn() {
    return this.all.filter((p) => p.signedIn);
  }

  // ---- What entries do ----

  /** @param {Person} person @param {number} index */
  signIn(person, index) {
    if (!person.outByOthers) person.ownSignIns += 1;
    person.signedIn = true;
    person.outByOthers = false;
    person.sequence += 1;
    person.firstSignIn ??= index;
    if (!(person.roles & EXPERT && person.first)) return;
    person.inE = true;
    this.#firstSignIns.add(person.number);
  }
  /** @param {Person} person @param {number} index @param {boolean} byOthers */
  signOut(person, index, byOthers) {
    person.signedIn = false;
    person.outByOthers = byOthers;
    person.sequence += 1;
    person.lastSignOut = index;
    if (!byOthers && person.first) person.inE = false;
  }
  /** @param {Person} person @param {any} body of the KeyChange @param {number} index @param {boolean} first */
  changeKeys(person, body, index, first) {
    Object.assign(person, { identityKey: body.identity_key, witnessKey: body.witness_key, keyIndex: index, first });
  }

  /** @param {Person} person @param {any} body of the Recuse @param {string} by @param {boolean} attested */
  recuse(person, { question, reason }, by, attested) {
    const word = person.words.get(question) ?? { office: false, committee: false, ownKey: null, opened: false };
    if (by === 'person') word.ownKey = person.keyIndex;
    else word[by] = true;
    person.words.set(question, word);
    if (attested || !person.recusals.has(question)) person.recusals.set(question, reason);
    if (attested) person.attested.add(question);
  }
  /** @param {Person} person @param {number} question */
  recuseBack(person, question) {
    for (const known of [person.recusals, person.attested, person.words]) known.delete(question);
    person.recuseBacks.set(question, (person.recuseBacks.get(question) ?? 0) + 1);
  }
  /** A BatchOpen with these questions. @param {number[]} questions */
  opened(questions) {
    for (const { words } of this.all)
      for (const q of questions) if (words.has(q)) words.get(q).opened = true;
  }

  // ---- Who may sign ----

  get e() {
    return this.all.filter((p) => p.inE);
  }
  get d() {
    return Math.max(this.quorum, this.e.length);
  }

  /**
   * @param {number[]} signers ascending
   * @param {number | null} concerned the person whom the entry concerns
   * @param {boolean} [closing] of a MeetingClose nobody has to be signed in any more
   */
  isOffice(signers, concerned, closing = false) {
    const who = signers.map((p) => this.of(p));
    if (who.some((p) => p === null || p.number === concerned)) return false;
    const supervisors = who.filter((p) => p.roles & SUPERVISOR);
    if (who.filter((p) => p.roles & CHAIR).length !== 1 || supervisors.length !== who.length - 1) return false;
    const asked = this.with(SUPERVISOR).filter((p) => p.signedIn && p.number !== concerned);
    return asked.every((p) => supervisors.includes(p)) && supervisors.some((p) => closing || p.signedIn);
  }
  /** @param {number[]} signers ascending @param {number | null} concerned */
  isCommittee(signers, concerned) {
    if (this.#firstSignIns.size < this.quorum) return false;
    const c = concerned !== null && this.of(concerned)?.inE ? 1 : 0;
    return signers.length >= twoThirds(this.d - c) && signers.every((number) => {
      const p = this.of(number);
      return p !== null && p.inE && p.first && number !== concerned && (p.signedIn || p.outByOthers);
    });
  }
  /** Whether enough experts keep a first key when this person's ends (`FIRST_KEYS`). @param {Person} person */
  keepsFirstKeys(person) {
    const keeps = (p) => p.first && p !== person;
    const needed = twoThirds(this.d);
    // Who lacks one stays in E for good.
    if (this.e.filter((p) => !keeps(p)).length > this.d - needed) return false;
    return this.e.length >= this.quorum || this.with(EXPERT).filter(keeps).length >= needed;
  }
}
