// SPDX-License-Identifier: Apache-2.0
// Whether a manifest is valid (specification §10.1), and what it says about people.
import { hex, join, u32be, utf8 } from './bytes.js';
import { must } from './refusal.js';

export const EXPERT = 1;
export const CHAIR = 2;
export const CLERK = 4;
export const SUPERVISOR = 8;
export const SCREEN = 16;
export const EXCEPTIONAL = 2;
const LIMITS = { people: 400, experts: 255, trustees: 7, candidates: 5000, questions: 100 };

/** Possession of a new key (§3.2). @param {import('./crypto.js').Crypto} crypto */
export function possessed(crypto, meetingId, person, identityKey, witnessKey, possession) {
  const message = join(utf8('piaojue/v2/enrol'), Uint8Array.of(0), meetingId, u32be(person), identityKey, witnessKey);
  return crypto.verify(possession, message, identityKey);
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

/** @param {import('./crypto.js').Crypto} crypto @param {any} m the manifest; throws Refusal */
export function checkManifest(crypto, m) {
  const valid = (condition) => must(condition, 'OUT_OF_RANGE');
  valid(m.rules !== null);
  const { rules, people, candidates, batches, trustees } = m;
  const count = (role) => people.filter((p) => p.roles & role).length;
  must(people.length <= LIMITS.people && candidates.length <= LIMITS.candidates && trustees.length <= LIMITS.trustees &&
    count(EXPERT) <= LIMITS.experts && batches.every((b) => b.candidates.length <= LIMITS.questions), 'TOO_LARGE');
  valid(m.version === 1 && m.title !== '' && isDate(m.date));
  valid(m.committee_size % 2 === 1 && m.committee_size >= count(EXPERT));
  valid([[rules.pass_numerator, rules.pass_denominator], [rules.quorum_numerator, rules.quorum_denominator]]
    .every(([x, y]) => x > 0 && x <= y && y <= 100));
  valid([2048, 3072, 4096].includes(rules.modulus_bits));
  valid(rules.recusal_mode >= 1 && rules.recusal_mode <= 3);
  valid(trustees.length >= 1 && trustees[0] === 0 && new Set(trustees).size === trustees.length);
  valid(trustees.slice(1).every((p) => p >= 1 && p <= people.length && !(people[p - 1].roles & SCREEN)));
  valid(rules.trustees_min >= 1 && rules.trustees_min <= trustees.length && (m.rehearsal || rules.trustees_min >= 2));
  valid(rules.supervisors_needed >= 1 && rules.supervisors_needed <= count(SUPERVISOR));
  valid(people.every((p) => p.name !== '' && rolesFit(p.roles)));
  valid([EXPERT, CHAIR, CLERK, SUPERVISOR].every((role) => count(role) >= 1));
  const keys = [m.server_key, m.checkpoint_key];
  people.forEach((p, i) => {
    const lengths = [p.identity_key.length, p.witness_key.length, p.possession.length];
    if (lengths.every((n) => n === 0)) return;
    valid(lengths[0] > 0 && lengths[1] > 0 && lengths[2] > 0);
    must(lengths[0] === 32 && lengths[1] === 32 && lengths[2] === 64, 'MALFORMED');
    must(possessed(crypto, m.meeting_id, i + 1, p.identity_key, p.witness_key, p.possession), 'BAD_SIGNATURE');
    keys.push(p.identity_key, p.witness_key);
  });
  valid(new Set(keys.map(hex)).size === keys.length);
  valid(candidates.length >= 1
    && candidates.every((c) => c.name !== '' && c.level !== '' && (c.channel === 1 || c.channel === 2)));
  valid(batches.every((b) => b.title !== '' && b.candidates.length > 0));
  const placed = batches.flatMap((b) => b.candidates).sort((a, b) => a - b);
  valid(placed.length === candidates.length && placed.every((q, i) => q === i + 1));
}
