// SPDX-License-Identifier: Apache-2.0
// Makes records of meetings, lawful ones and others, from the specification alone: a third hand beside the server's
// and the two verifiers'. Whoever uses it writes what happens; nothing is refused here.
import crypto from 'node:crypto';
import { Tree } from '../../web/auditor/merkle.js';
import { ENTRY, RECORD_ITEM, TYPES } from '../../web/auditor/messages.js';

export const [EXPERT, CHAIR, CLERK, SUPERVISOR, SCREEN] = [1, 2, 4, 8, 16];
export const [OK, MISSING, NOT_CAST] = [1, 2, 3];
export const [AGREES, DIFFERS, UNOPENED] = [1, 2, 3];
const VOTES = { abstain: 0, agree: 1, disagree: 256 };
const MODULUS_BITS = 2048;

// ---- Bytes ----

export const bytes = (...parts) => new Uint8Array(Buffer.concat(parts.map((p) => (typeof p === 'string' ? Buffer.from(p)
  : typeof p === 'number' ? Buffer.of(p) : Buffer.from(p)))));
const u32be = (n) => Uint8Array.of(n >>> 24, n >>> 16, n >>> 8, n);
const hexOf = (b) => Buffer.from(b).toString('hex');
const base64 = (b) => Buffer.from(b).toString('base64');
const sha256 = (b) => new Uint8Array(crypto.createHash('sha256').update(b).digest());
const sha512 = (b) => new Uint8Array(crypto.createHash('sha512').update(b).digest());
const ascending = (a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b));

function varint(value) {
  const out = [];
  let n = BigInt(value);
  do {
    out.push(Number(n & 0x7fn) | (n > 0x7fn ? 0x80 : 0));
    n >>= 7n;
  } while (n > 0n);
  return Uint8Array.from(out);
}
const isNumber = (kind) => ['u32', 'u64', 'bool'].includes(kind);
const isDefault = (value) => value === undefined || value === null || value === 0 || value === 0n || value === false
  || value.length === 0;

/** Canonical bytes of a message (§2.3). @param {any} message @param {any[]} fields @param {boolean} oneof */
export function encode(message, fields, oneof = false) {
  const out = [];
  const piece = (field, content) => out.push(varint(field.number * 8 + 2), varint(content.length), content);
  const content = (field, value) => Array.isArray(field.kind) ? encode(value, field.kind)
    : field.kind === 'text' ? bytes(value) : value;
  for (const field of fields) {
    const value = message[field.name];
    if (oneof ? value === undefined : isDefault(value)) continue;
    if (field.many && isNumber(field.kind)) piece(field, bytes(...value.map((n) => varint(n))));
    else if (field.many) for (const item of value) piece(field, content(field, item));
    else if (isNumber(field.kind)) out.push(varint(field.number * 8), varint(Number(value) === value ? value
      : BigInt(value)));
    else piece(field, content(field, value));
  }
  return bytes(...out);
}

const TYPE_NUMBER = new Map(TYPES.map((t, n) => [t?.[0], n]));

/** RSA keys of the process: making one takes a tenth of a second. */
const rsaPool = [];
const rsaKey = (i) => (rsaPool[i] ??= crypto.generateKeyPairSync('rsa', { modulusLength: MODULUS_BITS }));

/**
 * @typedef {object} Options
 * @property {any} sodium ready
 * @property {number} [experts] people 1 to so many
 * @property {number} [chairs] @property {number} [clerks] @property {number} [supervisors] who follow, in this order,
 * before one screen
 * @property {number[]} [trustees] people, 0 first
 * @property {number[]} [without] people without keys
 * @property {(manifest: any) => void} [change] of the manifest before it is signed
 * @property {(entry: {name: string, body: any, signers: number[], maker: Maker}) => any[]} [alter] what is written
 * instead of an entry: a list of the same, forged maybe (signedEntry)
 */
export class Maker {
  /** @param {Options} options */
  constructor({ sodium, experts = 8, chairs = 1, clerks = 1, supervisors = 1, trustees, without = [], size = 9,
    questions = [2], change = () => {}, roles = {}, alter = (entry) => [entry] }) {
    this.sodium = sodium;
    this.alter = alter;
    this.items = [];
    this.witnessed = 0;       // the size that the last checkpoint is of
    this.tree = new Tree(sha256);
    this.leaves = [];
    this.sequences = new Map();
    this.signedIn = new Set();
    this.rsaUsed = 0;
    this.attempts = [];       // by batch: how many
    const all = [...Array(experts).fill(EXPERT), ...Array(chairs).fill(CHAIR), ...Array(clerks).fill(CLERK),
      ...Array(supervisors).fill(SUPERVISOR), SCREEN];
    this.roles = all.map((r, i) => r | (roles[i + 1] ?? 0));
    this.experts = Array.from({ length: experts }, (_, i) => i + 1);
    [this.chair, this.clerk, this.supervisor] = [experts + 1, experts + chairs + 1, experts + chairs + clerks + 1];
    this.screen = this.roles.length;
    this.server = { ik: sodium.crypto_sign_keypair(), checkpoint: sodium.crypto_sign_keypair(),
      bk: sodium.crypto_box_keypair() };
    this.meetingId = crypto.randomBytes(16);
    this.keys = new Map();
    const slots = trustees ?? [0, this.chair];
    this.slots = [...slots];
    let q = 0;
    const manifest = {
      version: 2, meeting_id: this.meetingId, title: '评审会议', date: '2026-03-02', rehearsal: false,
      rules: { pass_numerator: 2, pass_denominator: 3, pass_strict: false, recusal_mode: 1, abstain_allowed: true,
        quorum_numerator: 2, quorum_denominator: 3, modulus_bits: MODULUS_BITS, max_unconfirmed: Math.floor(size / 3),
        checks_allowed: true, protest_s: 20 },
      committee_size: size, size_approval: '', server_key: this.server.ik.publicKey,
      checkpoint_key: this.server.checkpoint.publicKey, server_box_key: this.server.bk.publicKey,
      people: this.roles.map((r, i) => ({ name: `成员${i + 1}`, roles: r, employer: '',
        ...(without.includes(i + 1) ? {} : this.newKeys(i + 1)) })),
      trustees: slots,
      candidates: questions.flatMap((n) => Array.from({ length: n }, () => ({ name: `申报人${++q}`, employer: '单位',
        level: '高级', channel: 1 }))),
    };
    q = 0;
    manifest.batches = questions.map((n, i) =>
      ({ title: `第${i + 1}批`, candidates: Array.from({ length: n }, () => ++q) }));
    this.batches = manifest.batches;
    change(manifest, this);
    this.manifest = manifest;
    this.rules = manifest.rules;
    const office = this.roles.map((r, i) => [r, i + 1]).filter(([r, p]) =>
      this.keys.has(p) && (r & (CHAIR | CLERK | SUPERVISOR) || manifest.trustees.includes(p))).map(([, p]) => p);
    this.meeting = this.entry('MeetingOpen', manifest, office);
  }

  // ---- Keys and signatures ----

  /** Fresh keys of a person, which are its own from now on. */
  newKeys(p) {
    const { sodium } = this;
    const [ik, wk] = [sodium.crypto_sign_keypair(), sodium.crypto_sign_keypair()];
    const keys = { ik, wk, bk: sodium.crypto_box_keypair() };
    this.keys.set(p, keys);
    return this.bodyOfKeys(p, keys);
  }
  bodyOfKeys(p, { ik, wk, bk }) {
    const message = bytes('piaojue/v2/enrol', 0, this.meetingId, u32be(p), ik.publicKey, wk.publicKey, bk.publicKey);
    return { identity_key: ik.publicKey, witness_key: wk.publicKey, box_key: bk.publicKey,
      possession: this.sodium.crypto_sign_detached(message, ik.privateKey) };
  }
  sign(message, secret) {
    return this.sodium.crypto_sign_detached(message, secret);
  }

  /** Appends an entry. @param {string} name @param {any} body @param {number[]} signers @returns its leaf */
  entry(name, body, signers) {
    const written = this.alter({ name, body, signers, maker: this });
    return written.map((entry) => this.raw(this.signedEntry(entry))).at(-1) ?? new Uint8Array(32);
  }
  /**
   * An entry as its signers make it, or as somebody forges it: `behind`: bytes behind the body, `spoken`: the type that
   * the signatures are of, `keyOf`: whose keys sign in place of a signer's, `bend`: what becomes of the signatures.
   */
  signedEntry({ name, body, signers, behind = [], spoken = name, keyOf = {}, bend = (list) => list }) {
    const encoded = bytes(encode(body, TYPES[TYPE_NUMBER.get(name)][1]), behind);
    const message = bytes(`piaojue/v2/${spoken}`, 0, encoded);
    const keys = (signer) => keyOf[signer] ?? (signer === 0 ? this.server : this.keys.get(signer));
    const signatures = [...signers].sort((a, b) => a - b)
      .map((signer) => ({ signer, signature: this.sign(message, keys(signer).ik.privateKey) }));
    return encode({ type: TYPE_NUMBER.get(name), body: encoded, signatures: bend(signatures) }, ENTRY);
  }
  raw(entry) {
    const leaf = this.tree.leafHash(entry);
    this.tree.append(leaf);
    this.leaves.push(leaf);
    this.item({ entry });
    return leaf;
  }
  item(item) {
    const encoded = encode(item, RECORD_ITEM, true);
    this.items.push(bytes(u32be(encoded.length), encoded));
  }
  get size() {
    return this.tree.size;
  }

  /** A checkpoint of the tree so far, cosigned. @param {Iterable<number>} people */
  checkpoint(people = this.signedIn) {
    this.witnessed = this.size;
    const origin = `piaojue/${hexOf(this.meetingId)}`;
    const body = `${origin}\n${this.size}\n${base64(this.tree.root())}\n`;
    const { publicKey, privateKey } = this.server.checkpoint;
    const id = sha256(bytes(origin, 0x0a, 0x01, publicKey)).subarray(0, 4);
    this.item({ checkpoint: `${body}\n\u2014 ${origin} ${base64(bytes(id, this.sign(bytes(body), privateKey)))}\n` });
    for (const person of [...people].sort((a, b) => a - b)) {
      const { wk } = this.keys.get(person);
      const signature = this.sign(bytes(`cosignature/v1\ntime 1770000000\n${body}`), wk.privateKey);
      this.item({ cosignature: { tree_size: this.size, root: this.tree.root(), person, time_s: 1770000000,
        signature } });
    }
  }
  get bytes() {
    return bytes('PIAOJUE-RECORD-2\n', ...this.items);
  }
  get anchor() {
    return hexOf(this.tree.root());
  }

  // ---- People ----

  sequence(p) {
    const n = this.sequences.get(p) ?? 0;
    this.sequences.set(p, n + 1);
    return n;
  }
  signIn(...people) {
    for (const p of people) {
      this.entry('SignIn', { meeting: this.meeting, person: p, sequence: this.sequence(p) }, [p]);
      this.signedIn.add(p);
    }
  }
  signOut(p, more = {}, signers = [p]) {
    const tree = more.reason ? {} : { size: this.size, root: this.tree.root() };
    this.entry('SignOut', { meeting: this.meeting, person: p, sequence: this.sequence(p), ...tree, ...more }, signers);
    this.signedIn.delete(p);
  }
  get office() {
    const supervisors = [...this.signedIn].filter((p) => this.roles[p - 1] & SUPERVISOR);
    return [this.chair, ...(supervisors.length ? supervisors : [this.supervisor])];
  }
  /** The first so many experts. */
  committee(n = Math.floor((2 * this.experts.length) / 3) + 1) {
    return this.experts.filter((p) => this.signedIn.has(p)).slice(0, n);
  }
  keyChange(p, signers) {
    const keys = this.newKeys(p);
    this.entry('KeyChange', { meeting: this.meeting, person: p, ...keys, reason: '电脑坏了' }, signers);
  }
  /** RecuseBacks so far are those that this hand has written. */
  recuse(person, question, signers = [person], more = {}) {
    const sequence = this.sequences.get(`${person},${question}`) ?? 0;
    this.entry('Recuse', { meeting: this.meeting, person, question, reason: '同一单位', sequence, ...more }, signers);
  }
  recuseBack(person, question, signers = [person], more = {}) {
    const sequence = this.sequence(`${person},${question}`);
    this.entry('RecuseBack', { meeting: this.meeting, person, question, reason: '误登', sequence, ...more }, signers);
  }
  trusteeChange(trustee, person, signers) {
    this.entry('TrusteeChange', { meeting: this.meeting, trustee, person, reason: '离场' }, signers);
    this.slots[trustee] = person;
  }

  // ---- Opening ----

  get abstain() {
    return this.rules.abstain_allowed;
  }
  scalar() {
    return this.sodium.crypto_core_ristretto255_scalar_random();
  }
  /** c ‖ s for x·G = y: over what is hashed before R. */
  schnorr(x, domain, before, bases) {
    const { sodium } = this;
    const k = this.scalar();
    const commitments = bases.map((base) => (base ? sodium.crypto_scalarmult_ristretto255(k, base)
      : sodium.crypto_scalarmult_ristretto255_base(k)));
    const c = sodium.crypto_core_ristretto255_scalar_reduce(sha512(bytes(domain, 0, before, ...commitments)));
    const s = sodium.crypto_core_ristretto255_scalar_add(k, sodium.crypto_core_ristretto255_scalar_mul(c, x));
    return bytes(c, s);
  }
  /** BatchKeys of a trustee. @returns {any} what the trustee keeps */
  batchKeys(batch, trustee, questions, more = {}) {
    const { sodium } = this;
    const attempt = (this.attempts[batch] ?? 0) + 1;
    const x = this.scalar();
    const y = sodium.crypto_scalarmult_ristretto255_base(x);
    const rsa = new Map(questions.map((q) => [q, rsaKey(this.rsaUsed++)]));
    const modulusOf = (key) => new Uint8Array(Buffer.from(key.publicKey.export({ format: 'jwk' }).n, 'base64url'));
    const before = bytes(this.meeting, u32be(batch), u32be(attempt), u32be(trustee), y);
    const body = { meeting: this.meeting, batch, attempt, trustee,
      token_keys: questions.map((q) => ({ question: q, modulus: modulusOf(rsa.get(q)) })),
      mix_key: sodium.crypto_box_keypair().publicKey, tally_key: y,
      pok: this.schnorr(x, 'piaojue/v2/pok', before, [null]), ...more };
    const leaf = this.entry('BatchKeys', body, [this.slots[trustee]]);
    return { trustee, x, y, rsa, leaf };
  }
  /** BatchKeys and BatchOpen. @returns {Attempt} */
  open(batch, { questions = this.batches[batch - 1].candidates, paper = false, signers = this.office, recusals = [],
    present, keys, unwitnessed = [], more = {} } = {}) {
    const own = paper ? [] : keys ?? this.slots.map((_, t) => this.batchKeys(batch, t, questions));
    const here = present ?? [...this.signedIn].filter((p) => this.roles[p - 1] & EXPERT).sort((a, b) => a - b);
    const attempt = (this.attempts[batch] ?? 0) + 1;
    this.attempts[batch] = attempt;
    const leaf = this.entry('BatchOpen', { meeting: this.meeting, batch, attempt, questions, present: here, recusals,
      keys: own.map((k) => k.leaf), paper, unwitnessed: [...unwitnessed].sort(ascending), ...more }, signers);
    return new Attempt(this, { leaf, batch, questions, present: here, recusals, keys: own, paper });
  }

  // ---- The end ----

  close({ signers = this.office, unwitnessed = [], size = this.size, root = this.tree.root() } = {}) {
    return this.entry('MeetingClose', { meeting: this.meeting, size, root,
      unwitnessed: [...unwitnessed].sort(ascending) }, signers);
  }
  /** MeetingClose and the checkpoint of the whole. */
  end(options = {}, cosigners = this.signedIn) {
    this.close(options);
    this.checkpoint(cosigners);
    return this;
  }
}

/** One attempt, as everybody in it together would play it. */
class Attempt {
  constructor(maker, facts) {
    Object.assign(this, { maker, ...facts });
    this.live = [...facts.questions];
    this.cast = new Map();       // person → current cast
    this.envelopes = new Map();  // person → {leaf, ballots: Map question → {ballot, key}}
    this.issued = new Map();     // person → casts that tokens were issued for
    this.confirmed = new Map();  // person → Map question → verdict
    const { sodium } = maker;
    if (this.keys.length > 0)
      this.electionKey = this.keys.map((k) => k.y).reduce((a, b) => sodium.crypto_core_ristretto255_add(a, b));
  }
  get entries() {
    return { batch_open: this.leaf };
  }
  ctx(q) {
    return sha256(bytes('piaojue/v2/ctx', 0, this.leaf, u32be(q)));
  }
  mayVote(p, questions = this.questions) {
    return questions.filter((q) => !this.recusals.some((r) => r.person === p && r.question === q));
  }

  // ---- Casting ----

  castOf(p) {
    return this.cast.get(p) ?? 0;
  }
  request(p, more = {}) {
    this.maker.entry('TokenRequest', { ...this.entries, person: p, cast: this.castOf(p), digest: sha256(bytes('z')),
      ...more }, [p]);
  }
  issue(p, trustee, more = {}) {
    this.maker.entry('TokensIssued', { ...this.entries, trustee, person: p, cast: this.castOf(p),
      digest: sha256(bytes('s')), ...more }, [this.maker.slots[trustee]]);
  }
  issueAll(p) {
    for (const { trustee } of this.keys) this.issue(p, trustee);
    this.issued.set(p, (this.issued.get(p) ?? 0) + 1);
  }
  /** Request, tokens, envelope. @param {number} p @param {Record<number, string> | string} choices */
  vote(p, choices, more = {}) {
    this.request(p);
    this.issueAll(p);
    return this.envelope(p, choices, more);
  }
  envelope(p, choices, more = {}) {
    const leaf = this.maker.entry('EnvelopeCast', { ...this.entries, person: p, cast: this.castOf(p),
      digest: sha256(bytes('e')), ...more }, [p]);
    const ballots = new Map(this.mayVote(p).map((q) =>
      [q, this.ballot(q, typeof choices === 'string' ? choices : choices[q])]));
    this.envelopes.set(p, { leaf, ballots });
    return ballots;
  }
  spentOf(p) {
    return [...this.envelopes.get(p).ballots].map(([question, b]) => ({ question, pk_v: b.key }));
  }
  spoil(p, { signers = [p, this.maker.supervisor], spent, more = {} } = {}) {
    const shown = spent ?? (signers.includes(p) ? this.spentOf(p) : []);
    const supervisor = signers.includes(p) ? this.maker.supervisor : 0;
    const body = { ...this.entries, person: p, cast: this.castOf(p), spent: shown, supervisor, ...more };
    this.maker.entry('EnvelopeSpoil', body, signers);
    this.cast.set(p, this.castOf(p) + 1);
    this.envelopes.delete(p);
  }
  result(p, verdict, signers = [this.maker.supervisor], more = {}) {
    const body = { ...this.entries, person: p, cast: this.castOf(p) - 1, verdict, ...more };
    this.maker.entry('CheckResult', body, signers);
  }

  /** A ballot (§7). @returns {{ballot: Uint8Array, key: Uint8Array}} */
  ballot(q, choice) {
    const { maker } = this;
    const { sodium } = maker;
    const own = sodium.crypto_sign_keypair();
    const ctx = this.ctx(q);
    const prefix = crypto.randomBytes(32);
    const message = bytes(prefix, 'piaojue/v2/token', 0, ctx, own.publicKey);
    const tokens = this.keys.map((k) => crypto.sign('sha384', message, { key: k.rsa.get(q).privateKey,
      padding: crypto.constants.RSA_PKCS1_PSS_PADDING, saltLength: 48 }));
    const r = maker.scalar();
    const a = sodium.crypto_scalarmult_ristretto255_base(r);
    const vG = this.smallTimesG(VOTES[choice]);
    const b = sodium.crypto_core_ristretto255_add(sodium.crypto_scalarmult_ristretto255(r, this.electionKey), vG);
    const proof = this.orProof({ ctx, key: own.publicKey, a, b, r, vote: VOTES[choice] });
    return { ...this.signed({ version: 1, q, own, prefix, tokens, a, b, proof, ctx }), choice };
  }
  /** A ballot of these parts, under its own signature. */
  signed(parts) {
    const { version, q, own, prefix, tokens, a, b, proof, ctx } = parts;
    const body = bytes(version, u32be(q), own.publicKey, prefix, ...tokens, a, b, proof);
    const signature = this.maker.sign(bytes('piaojue/v2/ballot', 0, ctx, body), own.privateKey);
    return { ballot: bytes(body, signature), key: own.publicKey, parts };
  }
  smallTimesG(n) {
    if (n === 0) return new Uint8Array(32);
    const scalar = new Uint8Array(32);
    new DataView(scalar.buffer).setUint32(0, n, true);
    return this.maker.sodium.crypto_scalarmult_ristretto255_base(scalar);
  }
  orProof({ ctx, key, a, b, r, vote }) {
    const { sodium } = this.maker;
    const X = this.electionKey;
    const [times, sub] = [sodium.crypto_scalarmult_ristretto255, sodium.crypto_core_ristretto255_sub];
    const timesG = sodium.crypto_scalarmult_ristretto255_base;
    const votes = this.maker.abstain ? [0, 1, 256] : [1, 256];
    const w = this.maker.scalar();
    const parts = votes.map((v) => {
      if (v === vote) return { commitments: [timesG(w), times(w, X)] };
      const [c, s] = [this.maker.scalar(), this.maker.scalar()];
      const rest = v === 0 ? b : sub(b, this.smallTimesG(v));
      return { c, s, commitments: [sub(timesG(s), times(c, a)), sub(times(s, X), times(c, rest))] };
    });
    const hash = sha512(bytes('piaojue/v2/or', 0, ctx, X, key, a, b, ...parts.flatMap((p) => p.commitments)));
    let c = sodium.crypto_core_ristretto255_scalar_reduce(hash);
    for (const part of parts) if (part.c) c = sodium.crypto_core_ristretto255_scalar_sub(c, part.c);
    const s = sodium.crypto_core_ristretto255_scalar_add(w, sodium.crypto_core_ristretto255_scalar_mul(c, r));
    return bytes(...parts.flatMap((p) => (p.c ? [p.c, p.s] : [c, s])));
  }

  // ---- Closing, mixing ----

  closeBatch({ signers = this.maker.office, more = {} } = {}) {
    const counted = [...this.envelopes].sort(([p], [q]) => p - q);
    this.maker.entry('BatchClose', { ...this.entries, envelopes: counted.map(([person, e]) => ({ person,
      envelope: e.leaf })), without: this.present.filter((p) => !this.envelopes.has(p)), ...more }, signers);
  }
  issuanceClosed(trustee, more = {}) {
    const issued = this.questions.map((question) => ({ question, count: [...this.issued]
      .filter(([p]) => this.mayVote(p).includes(question)).reduce((sum, [, n]) => sum + n, 0) }));
    this.maker.entry('IssuanceClosed', { ...this.entries, trustee, issued, ...more }, [this.maker.slots[trustee]]);
  }
  /** How many in the box agree: the maker knows what it has put in. @param {number} q */
  agreeing(q) {
    return [...this.envelopes.values()].filter((e) => e.ballots.get(q)?.choice === 'agree' &&
      this.box.get(q).includes(e.ballots.get(q).ballot)).length;
  }
  inBox(q) {
    return [...this.envelopes.values()].filter((e) => e.ballots.has(q)).map((e) => e.ballots.get(q).ballot);
  }
  /** @param {Record<number, number>} lost by question: what the last hop loses */
  mix(trustee, lost = {}, more = {}) {
    const counts = this.live.map((question) => {
      const n = this.inBox(question).length;
      return { question, count_in: n, count_out: n - (trustee === this.keys.length - 1 ? lost[question] ?? 0 : 0) };
    });
    this.maker.entry('MixStep', { ...this.entries, trustee, counts, output_hash: sha256(bytes('m')), ...more },
      [this.maker.slots[trustee]]);
  }
  /** @param {(ballots: Uint8Array[], q: number) => Uint8Array[]} change */
  ballotBox({ change = (list) => list, refused = {}, more = {} } = {}) {
    this.box = new Map(this.live.map((q) => [q, change(this.inBox(q), q).sort(ascending)]));
    this.boxLeaf = this.maker.entry('BallotBox', { ...this.entries, boxes: this.live.map((q) => ({ question: q,
      ballots: this.box.get(q), refused: refused[q] ?? [] })), ...more }, [0]);
  }
  /** From the close to the box, witnessed. */
  toBox({ change, refused, lost = {}, cosigners } = {}) {
    this.closeBatch();
    for (const { trustee } of this.keys) this.issuanceClosed(trustee);
    for (const { trustee } of this.keys) this.mix(trustee, lost);
    this.ballotBox({ change, refused });
    this.maker.checkpoint(cosigners);
  }

  // ---- Confirming, opening ----

  confirm(p, verdict = this.envelopes.has(p) ? OK : NOT_CAST, more = {}) {
    const rows = this.mayVote(p, this.live).map((question) => ({ question,
      verdict: typeof verdict === 'number' ? verdict : verdict[question] }));
    this.maker.entry('Confirm', { ...this.entries, person: p, box: this.boxLeaf, rows, ...more }, [p]);
    this.confirmed.set(p, new Map(rows.map((r) => [r.question, r.verdict])));
  }
  override(people, signers = this.maker.office) {
    this.maker.entry('Override', { ...this.entries, box: this.boxLeaf, people, reason: '已离场' }, signers);
  }
  share(trustee, more = {}) {
    const { sodium } = this.maker;
    const { x, y } = this.keys.find((k) => k.trustee === trustee);
    const shares = this.live.map((question) => {
      const at = 1 + 4 + 32 + 32 + this.keys.length * (MODULUS_BITS / 8);
      const sumA = this.box.get(question).map((b) => b.subarray(at, at + 32))
        .reduce((a, b) => sodium.crypto_core_ristretto255_add(a, b));
      const share = sodium.crypto_scalarmult_ristretto255(x, sumA);
      const before = bytes(this.ctx(question), this.boxLeaf, u32be(trustee), y, sumA, share);
      return { question, share, proof: this.maker.schnorr(x, 'piaojue/v2/dleq', before, [null, sumA]) };
    });
    return this.maker.entry('TallyShare', { ...this.entries, trustee, box: this.boxLeaf, shares, ...more },
      [this.maker.slots[trustee]]);
  }
  /** All shares, the first one witnessed. */
  shares(cosigners) {
    this.share(0);
    this.maker.checkpoint(cosigners);
    for (const { trustee } of this.keys.slice(1)) this.share(trustee);
  }

  /** Rows by §11, from the choices that this maker knows. @param {Record<number, any>} figures by question */
  rowsOf(figures) {
    const { rules } = this.maker;
    return this.live.map((question) => {
      const P = this.present.length;
      const R = P - this.present.filter((p) => this.mayVote(p).includes(question)).length;
      const f = { disagree: 0, abstain: 0, invalid: 0, contested: false, mode_sensitive: false, left: 0,
        ...figures[question] };
      const exclude = rules.recusal_mode === 2;
      const present = exclude ? P - R : P;
      const passes = (n, d) => d > 0 && (rules.pass_strict ? rules.pass_denominator * n > rules.pass_numerator * d
        : rules.pass_denominator * n >= rules.pass_numerator * d);
      const product = rules.pass_numerator * present;
      return { question, present, agree: f.agree, disagree: f.disagree, abstain: f.abstain, invalid: f.invalid,
        not_cast: P - R - f.agree - f.disagree - f.abstain - f.invalid, recused: exclude ? 0 : R,
        needed: rules.pass_strict ? Math.floor(product / rules.pass_denominator) + 1
          : Math.ceil(product / rules.pass_denominator),
        passed: !f.contested && passes(f.agree, present), contested: f.contested,
        mode_sensitive: passes(f.agree, P + f.left) !== passes(f.agree, P - R) };
    });
  }
  declare(figures, { signers = this.maker.office, more = {} } = {}) {
    return this.maker.entry('Declaration', { ...this.entries, rows: this.rowsOf(figures), ...more }, signers);
  }
  voidAll(signers = this.maker.office, more = {}) {
    this.maker.entry('Void', { ...this.entries, reason: '程序原因', ...more }, signers);
    const questions = more.questions ?? this.live;
    this.live = this.live.filter((q) => !questions.includes(q));
  }
  paperTally(rows, signers) {
    return this.maker.entry('PaperTally', { ...this.entries, rows }, signers);
  }
  erased(trustee, signers = [this.maker.slots[trustee]]) {
    this.maker.entry('Erased', { ...this.entries, trustee }, signers);
  }
}
