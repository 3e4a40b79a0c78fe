// SPDX-License-Identifier: Apache-2.0
// Whether a manifest is valid (specification §10.1), and what it says about people.
import { hex, hexOfX25519, join, u32be, utf8 } from './bytes.js';
import { EXPERTS } from './messages.js';
import { must } from './refusal.js';

/** Its number as a signer. */
export const SERVER = 0;
export const EXPERT = 1;
export const CHAIR = 2;
export const CLERK = 4;
export const SUPERVISOR = 8;
export const SCREEN = 16;
export const EXCEPTIONAL = 2;
/** A committee of one or two guards nothing. */
const FEWEST_MEMBERS = 7;
const PROTEST_S = [5, 300];
/** Of all candidates. */
const ATTACHMENTS = 24_000;
const ATTACHMENT_BYTES = 20n * 1024n * 1024n;

/** q: how many make a committee of N able to act (§1). @param {any} rules @param {number} size N */
export const quorumOf = (rules, size) =>
  Math.max(Math.ceil(size / 2), Math.ceil((rules.quorum_numerator * size) / rules.quorum_denominator));

/**
 * The keys of a person, as they are remembered, none of them of small order.
 * @param {import('./crypto.js').Crypto} crypto
 * @param {{identity_key: Uint8Array, witness_key: Uint8Array, box_key: Uint8Array}} keys
 * @returns {string[]} throws Refusal
 */
export function namesOfKeys(crypto, { identity_key, witness_key, box_key }) {
  must(![identity_key, witness_key].some((key) => crypto.isSmallOrderEd25519(key)), 'OUT_OF_RANGE');
  must(!crypto.isSmallOrderX25519(box_key), 'OUT_OF_RANGE');
  return [hex(identity_key), hex(witness_key), hexOfX25519(box_key)];
}

/** Possession of new keys (§3.2). @param {import('./crypto.js').Crypto} crypto @param {any} keys with `possession` */
export function possessed(crypto, meetingId, person, keys) {
  const message = join(utf8('piaojue/v2/enrol'), Uint8Array.of(0), meetingId, u32be(person), keys.identity_key,
    keys.witness_key, keys.box_key);
  return crypto.verify(keys.possession, message, keys.identity_key);
}

/** Form, month and day; whether that month has that day is nobody's concern. @param {string} date */
const isDate = (date) => /^\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])$/.test(date);

/** Roles of one person that go together. @param {number} roles */
function rolesFit(roles) {
  if (roles === 0 || roles > 31) return false;
  if (roles & SCREEN) return roles === SCREEN;
  const offices = [CHAIR, CLERK, SUPERVISOR].filter((role) => roles & role).length;
  return offices <= 1 && !(roles & EXPERT && roles & (CLERK | SUPERVISOR));
}

const valid = (condition) => must(condition, 'OUT_OF_RANGE');

/** @param {any} rules @param {any} m the manifest */
function checkRules(rules, m) {
  valid([[rules.pass_numerator, rules.pass_denominator], [rules.quorum_numerator, rules.quorum_denominator]]
    .every(([x, y]) => x > 0 && x <= y && y <= 100));
  valid([2048, 3072, 4096].includes(rules.modulus_bits));
  valid(rules.recusal_mode >= 1 && rules.recusal_mode <= 3);
  valid(rules.max_unconfirmed <= Math.floor(m.committee_size / 3));
  valid(rules.protest_s >= PROTEST_S[0] && rules.protest_s <= PROTEST_S[1]);
}

/** Each person's keys whole, proven and met once; every holder of a slot and a quorum of experts have some. */
function checkKeys(crypto, m) {
  valid(![m.server_key, m.checkpoint_key].some((key) => crypto.isSmallOrderEd25519(key)));
  valid(!crypto.isSmallOrderX25519(m.server_box_key));
  const names = [hex(m.server_key), hex(m.checkpoint_key), hexOfX25519(m.server_box_key)];
  const withKeys = new Set();
  m.people.forEach((p, i) => {
    const lengths = [p.identity_key.length, p.witness_key.length, p.box_key.length, p.possession.length];
    if (lengths.every((n) => n === 0)) return;
    valid(lengths.every((n) => n > 0));
    must(lengths[0] === 32 && lengths[1] === 32 && lengths[2] === 32 && lengths[3] === 64, 'MALFORMED');
    names.push(...namesOfKeys(crypto, p));
    must(possessed(crypto, m.meeting_id, i + 1, p), 'BAD_SIGNATURE');
    withKeys.add(i + 1);
  });
  valid(new Set(names).size === names.length);
  valid(m.trustees.slice(1).every((p) => withKeys.has(p)));
  const experts = m.people.filter((p, i) => p.roles & EXPERT && withKeys.has(i + 1)).length;
  valid(experts >= quorumOf(m.rules, m.committee_size));
}

/** A–Z as a–z, and no other letter. @param {string} name */
const folded = (name) => name.replace(/[A-Z]/g, (letter) => letter.toLowerCase());

/** One name each, of a file that is shown, and no way anywhere. @param {{name: string, size: bigint}[]} files */
function checkAttachments(files) {
  const names = files.map(({ name }) => folded(name));
  valid(files.every(({ size }) => size >= 1n && size <= ATTACHMENT_BYTES));
  valid(names.every((name) => utf8(name).length <= 200
    && /^[^.\u0000-\u001f\u007f/\\][^\u0000-\u001f\u007f/\\]*\.(?:pdf|png|jpe?g)$/.test(name)));
  valid(new Set(names).size === names.length);
}

/** @param {import('./crypto.js').Crypto} crypto @param {any} m the manifest; throws Refusal */
export function checkManifest(crypto, m) {
  valid(m.rules !== null);
  const { rules, people, candidates, batches, trustees } = m;
  const count = (role) => people.filter((p) => p.roles & role).length;
  must(count(EXPERT) <= EXPERTS, 'TOO_LARGE');
  must(candidates.reduce((sum, c) => sum + c.attachments.length, 0) <= ATTACHMENTS, 'TOO_LARGE');
  valid(m.version === 2 && m.title !== '' && isDate(m.date));
  valid(m.committee_size % 2 === 1 && m.committee_size >= count(EXPERT));
  valid(m.rehearsal || m.committee_size >= FEWEST_MEMBERS);
  checkRules(rules, m);
  valid(trustees.length >= (m.rehearsal ? 1 : 2) && trustees[0] === 0 && new Set(trustees).size === trustees.length);
  valid(trustees.slice(1).every((p) => p >= 1 && p <= people.length && !(people[p - 1].roles & SCREEN)));
  valid(people.every((p) => p.name !== '' && rolesFit(p.roles)));
  valid([EXPERT, CHAIR, CLERK, SUPERVISOR].every((role) => count(role) >= 1));
  checkKeys(crypto, m);
  valid(candidates.length >= 1
    && candidates.every((c) => c.name !== '' && c.level !== '' && (c.channel === 1 || c.channel === 2)));
  candidates.forEach((c) => checkAttachments(c.attachments));
  valid(batches.every((b) => b.title !== '' && b.candidates.length > 0));
  const placed = batches.flatMap((b) => b.candidates).sort((a, b) => a - b);
  valid(placed.length === candidates.length && placed.every((q, i) => q === i + 1));
}
