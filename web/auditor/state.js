// SPDX-License-Identifier: Apache-2.0
// The state machine (specification §10): takes an entry in, or names a refusal and changes nothing. Each `must` names
// the check of §13 that fails by it; without one it is 4.
import { balances, MODE_LEAVE, rowOf } from './arithmetic.js';
import { ballotLength, ballotParts, contextOf } from './ballot.js';
import { compare, equal, hex, join, u32be, utf8 } from './bytes.js';
import { CHAIR, checkManifest, CLERK, EXCEPTIONAL, EXPERT, possessed, SCREEN, SUPERVISOR } from './manifest.js';
import { ENTRY, TYPES } from './messages.js';
import { must, Refusal, REFUSALS } from './refusal.js';
import { decode } from './wire.js';

const SERVER = 0;
const BOX_LIMIT = 23 * 1024 * 1024;
const LAYER = 84;
const FEWEST_BALLOTS = 3;
/** What may stand between the entries that MeetingClose names and MeetingClose itself. */
const AFTER_THE_END = new Set(['SignIn', 'SignOut', 'KeyChange', 'BatchKeys', 'Erased', 'Incident']);

/** Roles that sign, and how many of each: a list of [role, fewest, most]. */
const one = (role) => [role, 1, 1];

export class Meeting {
  /** @param {import('./crypto.js').Crypto} crypto */
  constructor(crypto) {
    this.crypto = crypto;
    this.manifest = null;
    this.people = [];          // by person − 1
    this.candidates = [];      // by question − 1
    this.attempts = [];
    this.batchOpens = [];      // by batch: BatchOpens so far
    this.pending = new Map();  // "batch,trustee" → BatchKeys with its leaf
    this.seen = new Set();     // keys and moduli of the meeting
    this.voted = new Set();    // pk_v and (A, B) of every box
    this.roots = [];           // root of the tree of the first n entries is roots[n]
    this.lastResult = 0;       // entries up to the last that MeetingClose has to have seen
    this.closed = false;
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
  /** @param {number} p */
  person(p) {
    return this.people[p - 1] ?? null;
  }
  get signedIn() {
    return this.people.filter((p) => p.signedIn);
  }
  with(role) {
    return this.people.filter((p) => p.roles & role);
  }

  /**
   * @param {Uint8Array} bytes of the entry
   * @param {Uint8Array} leaf its leaf hash
   * @param {number} index
   * @param {Uint8Array} root of the tree of the entries before
   * @returns {{name: string, body: any}} throws Refusal, with `type` where that much could be read
   */
  apply(bytes, leaf, index, root) {
    let name = null;
    try {
      const entry = decode(bytes, ENTRY);
      must(entry.type >= 1 && entry.type < TYPES.length, 'UNKNOWN_TYPE');
      const [typeName, fields] = TYPES[entry.type];
      name = typeName;
      const body = decode(entry.body, fields);
      must((index === 0) === (name === 'MeetingOpen') && !this.closed, 'WRONG_PHASE');
      this.roots[index] = root;
      this[`take${name}`](body, { leaf, index, entry, name });
      if (!AFTER_THE_END.has(name)) this.lastResult = index + 1;
      return { name, body };
    } catch (error) {
      if (error instanceof Refusal) error.type = name;
      throw error;
    }
  }

  // ---- What is common to all ----

  ofMeeting(body) {
    must(equal(body.meeting, this.meeting), 'UNKNOWN');
  }
  /** The attempt that is open or was the last one. */
  attemptOf(body) {
    must(this.current && equal(body.batch_open, this.current.leaf), 'UNKNOWN');
    return this.current;
  }
  personOf(p) {
    const person = this.person(p);
    must(person, 'UNKNOWN');
    return person;
  }
  questionOf(q) {
    must(q >= 1 && q <= this.candidates.length, 'UNKNOWN');
    return this.candidates[q - 1];
  }
  /** The person who is trustee t; 0 the server. */
  trusteeOf(t) {
    must(t < this.manifest.trustees.length, 'UNKNOWN');
    return this.manifest.trustees[t];
  }

  /** Signatures under the keys of now. */
  verify({ entry, name }) {
    const keys = entry.signatures.map(({ signer }) => {
      const key = signer === SERVER ? this.manifest.server_key : this.person(signer)?.identityKey;
      must(key, 'NOT_ON_ROLL');
      return key;
    });
    const message = join(utf8(`piaojue/v2/${name}`), Uint8Array.of(0), entry.body);
    entry.signatures.forEach(({ signature }, i) => must(this.crypto.verify(signature, message, keys[i]),
      'BAD_SIGNATURE'));
  }
  /** Exactly these people. @param {any} at @param {number[]} signers ascending */
  signedBy(at, ...signers) {
    const who = at.entry.signatures.map((s) => s.signer);
    must(who.length === signers.length && who.every((p, i) => p === signers[i]), 'NOT_AUTHORISED');
    this.verify(at);
  }
  /** So many people of each role, and nobody else. @param {any} at @param {number[][]} wanted [role, fewest, most] */
  signedByRoles(at, ...wanted) {
    const signers = at.entry.signatures.map((s) => this.person(s.signer));
    must(signers.every((p) => p && wanted.some(([role]) => p.roles & role)), 'NOT_AUTHORISED');
    for (const [role, fewest, most] of wanted) {
      const n = signers.filter((p) => p.roles & role).length;
      must(n >= fewest && n <= most, 'NOT_AUTHORISED');
    }
    this.verify(at);
  }
  get supervisors() {
    return [SUPERVISOR, this.manifest.rules.supervisors_needed, Infinity];
  }
  get everySupervisor() {
    const n = this.with(SUPERVISOR).length;
    return [SUPERVISOR, n, n];
  }

  // ---- Meeting and people (§10.1) ----

  takeMeetingOpen(body, at) {
    checkManifest(this.crypto, body);
    this.manifest = body;
    this.people = body.people.map((p, i) => ({
      number: i + 1, name: p.name, employer: p.employer, roles: p.roles,
      identityKey: p.identity_key.length ? p.identity_key : null,
      witnessKey: p.witness_key.length ? p.witness_key : null,
      signedIn: false, sequence: 0, firstSignIn: null, lastSignOut: null, recusals: new Map(),
    }));
    try {
      this.signedByRoles(at, [CLERK, 1, Infinity], [CHAIR, 1, Infinity], this.everySupervisor);
    } catch (error) {
      this.manifest = null;
      this.people = [];
      throw error;
    }
    this.meeting = at.leaf;
    this.candidates = body.candidates.map((c, i) => ({
      number: i + 1, ...c, exceptional: c.channel === EXCEPTIONAL, interview: false, declared: false, opened: false,
    }));
    body.batches.forEach((_, b) => (this.batchOpens[b + 1] = 0));
    for (const key of [body.server_key, body.checkpoint_key]) this.seen.add(hex(key));
    for (const p of this.people) if (p.identityKey) this.seen.add(hex(p.identityKey)).add(hex(p.witnessKey));
  }

  takeSignIn(body, at) {
    this.ofMeeting(body);
    const person = this.personOf(body.person);
    this.signedBy(at, body.person);
    must(!(person.roles & SCREEN), 'NOT_AUTHORISED');
    must(!person.signedIn && body.sequence === person.sequence, 'CONFLICT');
    person.signedIn = true;
    person.sequence += 1;
    person.firstSignIn ??= at.index;
  }

  takeSignOut(body, at) {
    this.ofMeeting(body);
    const person = this.personOf(body.person);
    if (body.reason === '') this.signedBy(at, body.person);
    else this.signedByRoles(at, one(CLERK), one(CHAIR));
    must(person.signedIn && body.sequence === person.sequence, 'CONFLICT');
    person.signedIn = false;
    person.sequence += 1;
    person.lastSignOut = at.index;
  }

  takeRecuse(body, at) {
    this.ofMeeting(body);
    const person = this.personOf(body.person);
    const question = this.questionOf(body.question);
    if (at.entry.signatures.length === 1) this.signedBy(at, body.person);
    else this.signedByRoles(at, one(CLERK), one(CHAIR));
    must(person.roles & EXPERT, 'NOT_AUTHORISED');
    must(body.reason !== '', 'MALFORMED');
    must(!question.declared && !(this.inProgress && this.current.live.has(body.question)), 'WRONG_PHASE');
    must(!person.recusals.has(body.question), 'CONFLICT');
    person.recusals.set(body.question, body.reason);
  }

  takeKeyChange(body, at) {
    this.ofMeeting(body);
    const person = this.personOf(body.person);
    const signer = at.entry.signatures.length === 1 ? at.entry.signatures[0].signer : -1;
    must(signer !== body.person, 'NOT_AUTHORISED');
    const role = person.roles & CHAIR ? SUPERVISOR | CHAIR : CHAIR;
    this.signedByRoles(at, one(role));
    must(body.reason !== '', 'MALFORMED');
    const keys = [hex(body.identity_key), hex(body.witness_key)];
    must(keys[0] !== keys[1] && !keys.some((k) => this.seen.has(k)), 'CONFLICT');
    must(possessed(this.crypto, this.manifest.meeting_id, body.person, body.identity_key, body.witness_key,
      body.possession),
      'BAD_SIGNATURE');
    for (const key of keys) this.seen.add(key);
    person.identityKey = body.identity_key;
    person.witnessKey = body.witness_key;
  }

  takeInterview(body, at) {
    this.ofMeeting(body);
    const question = this.questionOf(body.question);
    this.signedByRoles(at, one(CLERK));
    must(question.exceptional, 'OUT_OF_RANGE');
    must(!question.interview, 'CONFLICT');
    question.interview = true;
  }

  takeMeetingClose(body, at) {
    this.ofMeeting(body);
    this.signedByRoles(at, one(CHAIR), this.supervisors);
    must(!this.inProgress, 'WRONG_PHASE', 25);
    const size = Number(body.size);
    must(size >= this.lastResult && size <= at.index && equal(body.root, this.roots[size]), 'LOG_INCONSISTENT', 2);
    this.closed = true;
  }

  // ---- Opening (§10.2) ----

  batchOf(b) {
    const batch = this.manifest.batches[b - 1];
    must(batch, 'UNKNOWN');
    return batch;
  }

  takeBatchKeys(body, at) {
    this.ofMeeting(body);
    const batch = this.batchOf(body.batch);
    const signer = this.trusteeOf(body.trustee);
    this.signedBy(at, signer);
    must(body.attempt === this.batchOpens[body.batch] + 1, 'WRONG_PHASE', 5);
    must(body.token_keys.length > 0, 'MALFORMED');
    for (const { question } of body.token_keys) {
      must(batch.candidates.includes(question), 'UNKNOWN');
      must(!this.candidates[question - 1].declared, 'WRONG_PHASE');
    }
    const fresh = new Set();
    const isNew = (bytes, check) => {
      const key = hex(bytes);
      must(!this.seen.has(key) && !fresh.has(key), 'KEY_PARAM', check);
      fresh.add(key);
    };
    for (const { modulus } of body.token_keys) {
      must(this.crypto.isModulus(modulus, this.manifest.rules.modulus_bits), 'KEY_PARAM', 7);
      isNew(modulus, 7);
    }
    must(!this.crypto.isSmallOrder(body.mix_key), 'KEY_PARAM', 7);
    isNew(body.mix_key, 7);
    must(this.crypto.isPoint(body.tally_key), 'KEY_PARAM', 6);
    isNew(body.tally_key, 7);
    must(this.knowsTallyKey(body), 'PROOF', 6);
    for (const key of fresh) this.seen.add(key);
    this.pending.set(`${body.batch},${body.trustee}`, { ...body, leaf: at.leaf });
  }

  /** §6.4. */
  knowsTallyKey({ batch, attempt, trustee, tally_key, pok }) {
    const [c, s] = [pok.subarray(0, 32), pok.subarray(32)];
    if (!this.crypto.isScalar(c) || !this.crypto.isScalar(s)) return false;
    const r = this.crypto.subtract(this.crypto.timesG(s), this.crypto.times(c, tally_key));
    const challenge = this.crypto.sha512Of('piaojue/v2/pok', this.meeting, u32be(batch), u32be(attempt), u32be(trustee),
      tally_key, r);
    return equal(this.crypto.reduce(challenge), c);
  }

  takeBatchOpen(body, at) {
    this.ofMeeting(body);
    const { rules, committee_size } = this.manifest;
    const batch = this.batchOf(body.batch);
    for (const q of body.questions) must(batch.candidates.includes(q), 'UNKNOWN');
    this.signedByRoles(at, one(CHAIR));
    must(!this.inProgress, 'WRONG_PHASE', this.current?.batch === body.batch ? 5 : 25);
    must(body.attempt === this.batchOpens[body.batch] + 1, 'WRONG_PHASE', 5);
    must(body.questions.length > 0, 'MALFORMED');
    const questions = body.questions.map((q) => this.candidates[q - 1]);
    must(questions.every((q) => !q.declared), 'WRONG_PHASE', 5);

    const experts = this.signedIn.filter((p) => p.roles & EXPERT);
    const recusedFrom = (p) => body.questions.filter((q) => p.recusals.has(q));
    const present = rules.recusal_mode === MODE_LEAVE ? experts.filter((p) => recusedFrom(p).length === 0) : experts;
    must(equalLists(body.present, present.map((p) => p.number)), 'CONFLICT', 8);
    must(rules.quorum_denominator * present.length >= rules.quorum_numerator * committee_size, 'QUORUM', 8);
    const recusals = present.flatMap((p) => recusedFrom(p).map((q) => [p.number, q]));
    must(equalLists(body.recusals.flatMap((r) => [r.person, r.question]), recusals.flat()), 'CONFLICT', 8);
    must(questions.every((q) => !q.exceptional || q.interview), 'INTERVIEW_MISSING');

    const keys = body.paper ? [] : this.keysOf(body);
    if (body.paper) must(body.keys.length === 0, 'CONFLICT', 8);
    let electionKey = null;
    const recusedOf = (q) => present.filter((p) => p.recusals.has(q)).length;
    if (!body.paper) {
      electionKey = keys.map((k) => k.tally_key).reduce((a, b) => this.crypto.add(a, b));
      must(this.crypto.isPoint(electionKey), 'KEY_PARAM', 6);
      must(questions.every((q) => !q.opened), 'GATE_REOPENED', 23);
      const item = ballotLength(keys.length, rules.modulus_bits / 8, rules.abstain_allowed) + LAYER * keys.length + 16;
      const largest = body.questions.reduce((sum, q) => sum + (present.length - recusedOf(q)) * item, 0);
      must(largest <= BOX_LIMIT, 'TOO_LARGE');
    }
    for (const key of [...this.pending.keys()]) if (key.startsWith(`${body.batch},`)) this.pending.delete(key);
    this.batchOpens[body.batch] += 1;
    this.attempts.push({
      batch: body.batch, title: batch.title, attempt: body.attempt, index: at.index, leaf: at.leaf, paper: body.paper,
      questions: body.questions, live: new Set(body.questions), voidReasons: new Map(),
      present: body.present, left: experts.length - present.length,
      mayVote: new Map(present.map((p) => [p.number, body.questions.filter((q) => !p.recusals.has(q))])),
      keys, electionKey, moduliOf: new Map(
        body.questions.map((q) => [q, keys.map((k) => k.token_keys.find((t) => t.question === q).modulus)])),
      phase: 'voting', ended: false, declared: false,
      requested: new Set(), issued: new Map(keys.map((k) => [k.trustee, new Set()])), envelopes: new Map(),
        counted: null,
      issuanceClosed: new Set(), hop: 0, counts: null, box: null, boxLeaf: null, confirms: new Map(),
      silent: new Set(), missing: new Set(), shares: new Map(), erased: new Set(), incidents: new Set(), rows: null,
        paperRows: null,
    });
  }

  /** The BatchKeys that a BatchOpen names, ascending by trustee. */
  keysOf(body) {
    const pending = [...this.pending.values()].filter((k) => k.batch === body.batch && k.attempt === body.attempt);
    const keys = body.keys.map((leaf) => pending.find((k) => equal(k.leaf, leaf)));
    must(keys.every((k) => k), 'KEY_UNLOGGED', 7);
    must(keys.every((k, i) => i === 0 || keys[i - 1].trustee < k.trustee), 'NOT_CANONICAL');
    must(keys[0]?.trustee === 0 && keys.length >= this.manifest.rules.trustees_min, 'KEY_UNLOGGED', 7);
    must(keys.every((k) => body.questions.every((q) => k.token_keys.some((t) => t.question === q))), 'KEY_UNLOGGED', 7);
    return keys;
  }

  // ---- Voting, closing, mixing (§10.3) ----

  /** The live questions, ascending. */
  liveOf(a) {
    return a.questions.filter((q) => a.live.has(q));
  }
  /** The trustee's place among those taking part; a refusal for others. */
  hopOf(a, trustee) {
    const hop = a.keys.findIndex((k) => k.trustee === trustee);
    must(hop >= 0, 'NOT_AUTHORISED');
    return hop;
  }
  /** E of a question: counted envelopes of experts who are not recused from it. */
  envelopesOf(a, q) {
    return [...a.counted.keys()].filter((p) => a.mayVote.get(p).includes(q)).length;
  }

  takeTokenRequest(body, at) {
    const a = this.attemptOf(body);
    this.personOf(body.person);
    this.signedBy(at, body.person);
    must(a.phase === 'voting' && !a.paper, 'WRONG_PHASE');
    must(a.mayVote.has(body.person), 'NOT_ON_ROLL', 9);
    must(a.mayVote.get(body.person).length > 0, 'RECUSED', 9);
    must(!a.requested.has(body.person), 'ALREADY_ISSUED', 9);
    a.requested.add(body.person);
  }

  takeTokensIssued(body, at) {
    const a = this.attemptOf(body);
    const signer = this.trusteeOf(body.trustee);
    this.personOf(body.person);
    this.signedBy(at, signer);
    must(a.phase === 'voting' && !a.paper, 'WRONG_PHASE', 10);
    this.hopOf(a, body.trustee);
    must(a.requested.has(body.person), 'WRONG_PHASE', 10);
    must(!a.issued.get(body.trustee).has(body.person), 'ALREADY_ISSUED', 10);
    a.issued.get(body.trustee).add(body.person);
  }

  takeEnvelopeCast(body, at) {
    const a = this.attemptOf(body);
    this.personOf(body.person);
    this.signedBy(at, body.person);
    must(a.phase === 'voting' && !a.paper, 'WRONG_PHASE');
    must(a.mayVote.has(body.person), 'NOT_ON_ROLL');
    must([...a.issued.values()].every((people) => people.has(body.person)), 'WRONG_PHASE');
    const envelopes = a.envelopes.get(body.person) ?? [];
    must(body.sequence === envelopes.length, 'CONFLICT');
    a.envelopes.set(body.person, [...envelopes, at.leaf]);
  }

  takeBatchClose(body, at) {
    const a = this.attemptOf(body);
    for (const { person } of body.envelopes) this.personOf(person);
    this.signedByRoles(at, one(CHAIR));
    must(a.phase === 'voting' && !a.paper, 'WRONG_PHASE');
    const last = [...a.envelopes].sort(([p], [q]) => p - q);
    must(last.length === body.envelopes.length && last.every(([p, leaves], i) =>
      body.envelopes[i].person === p && equal(body.envelopes[i].envelope, leaves.at(-1))), 'CONFLICT');
    a.counted = new Map(last);
    a.phase = 'closing';
  }

  takeIssuanceClosed(body, at) {
    const a = this.attemptOf(body);
    this.signedBy(at, this.trusteeOf(body.trustee));
    must(a.phase === 'closing', 'WRONG_PHASE');
    this.hopOf(a, body.trustee);
    must(!a.issuanceClosed.has(body.trustee), 'CONFLICT', 10);
    const issued = [...a.issued.get(body.trustee)];
    const counts = a.questions.map((q) => [q, issued.filter((p) => a.mayVote.get(p).includes(q)).length]);
    must(equalLists(body.issued.flatMap((i) => [i.question, i.count]), counts.flat()), 'CONFLICT', 10);
    a.issuanceClosed.add(body.trustee);
    if (a.issuanceClosed.size === a.keys.length) a.phase = 'mixing';
  }

  takeMixStep(body, at) {
    const a = this.attemptOf(body);
    this.signedBy(at, this.trusteeOf(body.trustee));
    must(a.phase === 'mixing', 'WRONG_PHASE');
    must(this.hopOf(a, body.trustee) === a.hop, 'WRONG_PHASE', 11);
    must(equalLists(body.counts.map((c) => c.question), this.liveOf(a)), 'CONFLICT', 11);
    for (const { question, count_in, count_out } of body.counts) {
      const before = a.counts ? a.counts.get(question) : this.envelopesOf(a, question);
      must(count_in === before, 'MIX_SIZE', 11);
      must(count_out <= count_in, 'OUT_OF_RANGE', 11);
    }
    a.counts = new Map(body.counts.map((c) => [c.question, c.count_out]));
    a.hop += 1;
  }

  takeBallotBox(body, at) {
    const a = this.attemptOf(body);
    this.signedBy(at, SERVER);
    must(a.phase === 'mixing' && a.hop === a.keys.length, 'WRONG_PHASE');
    must(equalLists(body.boxes.map((b) => b.question), this.liveOf(a)), 'CONFLICT');
    const { rules } = this.manifest;
    const modulusBytes = rules.modulus_bits / 8;
    const length = ballotLength(a.keys.length, modulusBytes, rules.abstain_allowed);
    const voted = new Set();
    const fresh = (key) => {
      must(!this.voted.has(key) && !voted.has(key), 'BALLOT_DUPLICATE', 17);
      voted.add(key);
    };
    for (const box of body.boxes) {
      box.ballots.forEach((ballot, i) => {
        must(ballot.length === length && ballot[0] === 1, 'BALLOT_ENCODING', 12);
        const parts = ballotParts(ballot, a.keys.length, modulusBytes);
        must(parts.question === box.question, 'BALLOT_CONTEXT', 12);
        must(i === 0 || compare(box.ballots[i - 1], ballot) < 0, 'BALLOT_ENCODING', 18);
        must(this.crypto.isPoint(parts.a) && this.crypto.isPoint(parts.b), 'BALLOT_ENCODING', 15);
        fresh(hex(parts.key));
        fresh(hex(join(parts.a, parts.b)));
      });
      const refused = box.refused.reduce((sum, r) => sum + r.count, 0);
      must(box.refused.every((r) => /^BALLOT_/.test(REFUSALS[r.code] ?? '') && r.count > 0), 'OUT_OF_RANGE', 19);
      must(box.ballots.length + refused === a.counts.get(box.question), 'GATE_COUNT', 19);
    }
    for (const key of voted) this.voted.add(key);
    a.box = new Map(body.boxes.map((b) => [b.question, b.ballots]));
    a.boxLeaf = at.leaf;
    a.boxIndex = at.index;
    a.phase = 'confirming';
  }

  takeIncident(body, at) {
    const a = this.attemptOf(body);
    this.personOf(body.person);
    this.signedBy(at, SERVER);
    must(body.code >= 1 && body.code < REFUSALS.length, 'OUT_OF_RANGE');
    const what = `${body.person},${body.code}`;
    must(!a.incidents.has(what), 'CONFLICT');
    a.incidents.add(what);
  }

  // ---- Confirming, opening, declaring (§10.4) ----

  /** Live questions of a counted expert's envelope. */
  liveOfPerson(a, p) {
    return a.mayVote.get(p).filter((q) => a.live.has(q));
  }
  /** Whether a person has signed MISSING for a live question. */
  misses(a, p) {
    return a.confirms.get(p)?.some((row) => !row.ok && a.live.has(row.question)) ?? false;
  }

  takeConfirm(body, at) {
    const a = this.attemptOf(body);
    this.personOf(body.person);
    this.signedBy(at, body.person);
    must(a.phase === 'confirming', 'WRONG_PHASE');
    must(equal(body.box, a.boxLeaf), 'UNKNOWN', 20);
    must(a.counted.has(body.person), 'NOT_ON_ROLL', 20);
    must(!a.confirms.has(body.person), 'CONFLICT', 20);
    must(equalLists(body.rows.map((r) => r.question), this.liveOfPerson(a, body.person)), 'CONFLICT', 20);
    a.confirms.set(body.person, body.rows);
  }

  takeOverride(body, at) {
    const a = this.attemptOf(body);
    for (const p of [...body.silent, ...body.missing]) this.personOf(p);
    this.signedByRoles(at, one(CHAIR), body.missing.length > 0 ? this.everySupervisor : [SUPERVISOR, 1, Infinity]);
    must(a.phase === 'confirming', 'WRONG_PHASE');
    must(equal(body.box, a.boxLeaf), 'UNKNOWN', 20);
    must(body.reason !== '' && body.silent.length + body.missing.length > 0, 'MALFORMED');
    must([...body.silent, ...body.missing].every((p) => a.counted.has(p)), 'NOT_ON_ROLL', 20);
    must(body.silent.every((p) => !a.confirms.has(p) && !a.silent.has(p)), 'CONFLICT', 20);
    must(body.missing.every((p) => this.misses(a, p) && !a.missing.has(p)), 'CONFLICT', 20);
    const named = new Set([...a.silent, ...a.missing, ...body.silent, ...body.missing]);
    must(named.size <= this.manifest.rules.max_unconfirmed, 'GATE_OVERRIDE', 20);
    for (const p of body.silent) a.silent.add(p);
    for (const p of body.missing) a.missing.add(p);
  }

  /** What has to be so before a sum is opened. */
  gate(a) {
    for (const p of a.counted.keys()) {
      if (this.liveOfPerson(a, p).length === 0) continue;
      must(a.confirms.has(p) || a.silent.has(p), 'GATE_UNCONFIRMED', 20);
      must(!this.misses(a, p) || a.missing.has(p), 'GATE_MISSING', 20);
    }
    for (const q of this.liveOf(a)) {
      must(a.box.get(q).length >= FEWEST_BALLOTS, 'GATE_TOO_FEW', 23);
      must(a.box.get(q).length <= this.envelopesOf(a, q), 'GATE_COUNT', 19);
    }
  }

  /** ΣA and ΣB of the live questions, from the box alone. */
  sumsOf(a) {
    const modulusBytes = this.manifest.rules.modulus_bits / 8;
    return new Map(this.liveOf(a).map((q) => {
      const parts = a.box.get(q).map((ballot) => ballotParts(ballot, a.keys.length, modulusBytes));
      const sum = (name) => parts.map((p) => p[name]).reduce((x, y) => this.crypto.add(x, y));
      return [q, { a: sum('a'), b: sum('b') }];
    }));
  }

  takeTallyShare(body, at) {
    const a = this.attemptOf(body);
    this.signedBy(at, this.trusteeOf(body.trustee));
    must(a.phase === 'confirming' || a.phase === 'opening', 'WRONG_PHASE');
    const hop = this.hopOf(a, body.trustee);
    must(equal(body.box, a.boxLeaf), 'UNKNOWN', 21);
    if (a.phase === 'confirming') this.gate(a);
    must(!a.shares.has(body.trustee), 'CONFLICT', 22);
    must(equalLists(body.shares.map((s) => s.question), this.liveOf(a)), 'CONFLICT', 22);
    const sums = a.sums ?? this.sumsOf(a);
    for (const share of body.shares) {
      must(this.shareHolds(a, sums.get(share.question).a, body.trustee, a.keys[hop].tally_key, share), 'PROOF', 22);
    }
    const shares = new Map(a.shares).set(body.trustee, new Map(body.shares.map((s) => [s.question, s.share])));
    const rows = shares.size === a.keys.length ? this.count(a, sums, shares) : null;
    a.sums = sums;
    a.shares = shares;
    a.rows = rows;
    a.phase = rows ? 'counted' : 'opening';
    for (const q of a.live) this.candidates[q - 1].opened = true;
  }

  /** The Chaum–Pedersen proof of one share. */
  shareHolds(a, sumA, trustee, tallyKey, { question, share, proof }) {
    const { crypto } = this;
    const [c, s] = [proof.subarray(0, 32), proof.subarray(32)];
    if (![sumA, share].every((p) => crypto.isPoint(p)) || !crypto.isScalar(c) || !crypto.isScalar(s)) return false;
    const r1 = crypto.subtract(crypto.timesG(s), crypto.times(c, tallyKey));
    const r2 = crypto.subtract(crypto.times(s, sumA), crypto.times(c, share));
    const challenge = crypto.sha512Of('piaojue/v2/dleq', contextOf(crypto, a.leaf, question), a.boxLeaf, u32be(trustee),
      tallyKey, sumA, share, r1, r2);
    return equal(crypto.reduce(challenge), c);
  }

  /** Opens the sums: the rows that a Declaration has to give. */
  count(a, sums, shares) {
    return this.liveOf(a).map((q) => {
      const n = a.box.get(q).length;
      let rest = [...shares.values()].map((s) => s.get(q)).reduce((b, d) => this.crypto.subtract(b, d), sums.get(q).b);
      let disagree = 0;
      let agree = this.crypto.discreteLog(rest, n);
      const step = this.crypto.smallTimesG(256);
      while (agree < 0 && disagree < n) {
        rest = this.crypto.subtract(rest, step);
        disagree += 1;
        agree = this.crypto.discreteLog(rest, n);
      }
      must(agree >= 0 && agree + disagree <= n, 'THRESHOLD_RULE', 22);
      const abstain = n - agree - disagree;
      must(abstain === 0 || this.manifest.rules.abstain_allowed, 'UNBALANCED_ROW', 24);
      const envelopes = this.envelopesOf(a, q);
      const recusals = this.recusalsOf(a, q);
      const confirmed = [...a.confirms.values()].filter((rows) => rows.some((r) => r.question === q && r.ok)).length;
      const row = this.row(a, q, {
        agree, disagree, abstain, invalid: envelopes - n, not_cast: a.present.length - recusals - envelopes,
        unconfirmed: Math.max(n - confirmed, 0),
      });
      must(balances(row), 'UNBALANCED_ROW', 24);
      return row;
    });
  }
  recusalsOf(a, q) {
    return a.present.filter((p) => !a.mayVote.get(p).includes(q)).length;
  }
  row(a, q, counts) {
    const whole = { present: a.present.length, recusals: this.recusalsOf(a, q), left: a.left, ...counts };
    (a.unconfirmed ??= new Map()).set(q, counts.unconfirmed);
    return rowOf(this.manifest.rules, q, whole);
  }

  takeDeclaration(body, at) {
    const a = this.attemptOf(body);
    for (const { question } of body.rows) this.questionOf(question);
    this.signedByRoles(at, one(CHAIR), this.supervisors);
    must(a.phase === 'counted', 'WRONG_PHASE');
    must(equalLists(body.rows.map((r) => r.question), this.liveOf(a)), 'CONFLICT', 24);
    must(body.rows.every(balances), 'UNBALANCED_ROW', 24);
    must(body.rows.every((row, i) => Object.keys(a.rows[i]).every((k) => row[k] === a.rows[i][k])), 'THRESHOLD_RULE',
      24);
    for (const q of a.live) this.candidates[q - 1].declared = true;
    a.declared = true;
    this.end(a, 'declared');
  }

  end(a, phase) {
    a.phase = phase;
    a.ended = true;
  }
  /** Takes questions out of the attempt; without any left it is over. */
  voidQuestions(a, questions, reason) {
    for (const q of questions) {
      a.live.delete(q);
      a.voidReasons.set(q, reason);
    }
    if (a.live.size === 0) this.end(a, 'voided');
  }

  takeVoid(body, at) {
    const a = this.attemptOf(body);
    if (body.shares_lost) this.signedByRoles(at, one(CHAIR), this.everySupervisor);
    else this.signedByRoles(at, one(CHAIR));
    must(body.reason !== '', 'MALFORMED');
    const before = ['voting', 'closing', 'mixing', 'confirming'].includes(a.phase);
    // What is opened and not declared yet is a result that somebody may want to withhold.
    const check = before || a.ended ? 4 : 25;
    must(body.shares_lost ? a.phase === 'opening' : before, 'WRONG_PHASE', check);
    const questions = body.questions.length > 0 ? body.questions : this.liveOf(a);
    must(questions.every((q) => a.questions.includes(q)), 'UNKNOWN');
    must(questions.every((q) => a.live.has(q)), 'CONFLICT', check);
    must(!body.shares_lost || questions.length === a.live.size, 'CONFLICT', check);
    this.voidQuestions(a, questions, body.reason);
  }

  takePaperTally(body, at) {
    const a = this.attemptOf(body);
    for (const { question } of body.rows) this.questionOf(question);
    this.signedByRoles(at, one(CHAIR), this.supervisors);
    must(a.phase === 'voting' && a.paper, 'WRONG_PHASE');
    must(equalLists(body.rows.map((r) => r.question), this.liveOf(a)), 'CONFLICT', 24);
    const good = body.rows.filter((r) => r.returned <= r.issued);
    const rows = good.map((r) => {
      const mayVote = a.present.length - this.recusalsOf(a, r.question);
      must(r.valid === r.agree + r.disagree + r.abstain && r.returned === r.valid + r.invalid && r.issued <= mayVote,
        'UNBALANCED_ROW', 24);
      must(r.abstain === 0 || this.manifest.rules.abstain_allowed, 'UNBALANCED_ROW', 24);
      const row = this.row(a, r.question, {
        agree: r.agree, disagree: r.disagree, abstain: r.abstain, invalid: r.invalid,
        not_cast: mayVote - r.returned, unconfirmed: 0,
      });
      must(balances(row), 'UNBALANCED_ROW', 24);
      return row;
    });
    a.paperRows = new Map(body.rows.map((r) => [r.question, r]));
    a.rows = rows;
    a.phase = 'counted';
    this.voidQuestions(a, body.rows.filter((r) => r.returned > r.issued).map((r) => r.question), '');
  }

  takeErased(body, at) {
    const a = this.attempts.find((x) => equal(x.leaf, body.batch_open));
    must(a, 'UNKNOWN');
    this.signedBy(at, this.trusteeOf(body.trustee));
    this.hopOf(a, body.trustee);
    must(a.ended, 'WRONG_PHASE');
    must(!a.erased.has(body.trustee), 'CONFLICT');
    a.erased.add(body.trustee);
  }
}

/** @param {number[]} a @param {number[]} b */
const equalLists = (a, b) => a.length === b.length && a.every((x, i) => x === b[i]);
