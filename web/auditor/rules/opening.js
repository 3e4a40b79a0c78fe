// SPDX-License-Identifier: Apache-2.0
// Keys of an attempt, and its opening (specification §10.2).
import { Attempt } from '../attempt.js';
import { MODE_LEAVE } from '../arithmetic.js';
import { ballotLength } from '../ballot.js';
import { equal, equalLists, hex, hexOfX25519, u32be } from '../bytes.js';
import { EXPERT, SCREEN } from '../manifest.js';
import { twoThirds } from '../people.js';
import { must } from '../refusal.js';

const BOX_LIMIT = 23 * 1024 * 1024;
const LAYER = 84;
/** Most BatchKeys of a trustee for one attempt. */
const KEYS_LIMIT = 32;

function batchOf(meeting, b) {
  const batch = meeting.manifest.batches[b - 1];
  must(batch, 'UNKNOWN', 5);
  return batch;
}

function batchKeys(meeting, body, at) {
  meeting.ofMeeting(body);
  const { crypto } = meeting;
  const batch = batchOf(meeting, body.batch);
  for (const { question } of body.token_keys) must(batch.candidates.includes(question), 'UNKNOWN', 5);
  meeting.signedBy(at, meeting.trusteeOf(body.trustee, 5));
  must(body.attempt === meeting.batchOpens[body.batch] + 1, 'WRONG_PHASE', 5);
  must(body.token_keys.length > 0, 'MALFORMED');
  const slot = `${body.batch},${body.trustee}`;
  const times = meeting.pending.get(slot)?.times ?? 0;
  must(times < KEYS_LIMIT, 'TOO_LARGE');
  for (const { question } of body.token_keys) must(!meeting.candidates[question - 1].declared, 'WRONG_PHASE');
  const fresh = new Set();
  const isNew = (name) => {
    must(!meeting.seen.has(name) && !fresh.has(name), 'KEY_PARAM', 7);
    fresh.add(name);
  };
  for (const { modulus } of body.token_keys) {
    must(crypto.isModulus(modulus, meeting.manifest.rules.modulus_bits), 'KEY_PARAM', 7);
    isNew(hex(modulus));
  }
  must(!crypto.isSmallOrderX25519(body.mix_key), 'KEY_PARAM', 7);
  isNew(hexOfX25519(body.mix_key));
  must(crypto.isPoint(body.tally_key), 'KEY_PARAM', 6);
  isNew(hex(body.tally_key));
  must(knowsTallyKey(meeting, body), 'PROOF', 6);
  for (const name of fresh) meeting.seen.add(name);
  meeting.pending.set(slot, { ...body, leaf: at.leaf, times: times + 1 });
}

/** §6.4. */
function knowsTallyKey({ crypto, leaf }, { batch, attempt, trustee, tally_key, pok }) {
  const [c, s] = [pok.subarray(0, 32), pok.subarray(32)];
  if (!crypto.isScalar(c) || !crypto.isScalar(s)) return false;
  const r = crypto.subtract(crypto.timesG(s), crypto.times(c, tally_key));
  const challenge = crypto.sha512Of('piaojue/v2/pok', leaf, u32be(batch), u32be(attempt), u32be(trustee), tally_key, r);
  return equal(crypto.reduce(challenge), c);
}

function batchOpen(meeting, body, at) {
  meeting.ofMeeting(body);
  const batch = batchOf(meeting, body.batch);
  for (const q of body.questions) must(batch.candidates.includes(q), 'UNKNOWN', 5);
  meeting.signedByBody(at);
  must(!meeting.inProgress, 'WRONG_PHASE', meeting.current?.batch === body.batch ? 5 : 25);
  must(body.attempt === meeting.batchOpens[body.batch] + 1, 'WRONG_PHASE', 5);
  must(body.questions.length > 0, 'MALFORMED');
  const questions = body.questions.map((q) => meeting.candidates[q - 1]);
  must(questions.every((q) => !q.declared || q.contested), 'WRONG_PHASE', 5);
  must(questions.every((q) => !q.exceptional || q.interview), 'INTERVIEW_MISSING');
  const names = meeting.checkUnwitnessed(body.unwitnessed);
  const roll = rollOf(meeting, body);
  let keys = [];
  let electionKey = null;
  if (body.paper) must(body.keys.length === 0, 'CONFLICT', 8);
  else ({ keys, electionKey } = checkBallots(meeting, body, roll, questions));

  for (const key of [...meeting.pending.keys()])
    if (key.startsWith(`${body.batch},`)) meeting.pending.delete(key);
  meeting.batchOpens[body.batch] += 1;
  meeting.people.opened(body.questions);
  meeting.accept(names);
  meeting.attempts.push(new Attempt({
    index: at.index, leaf: at.leaf, body, title: batch.title, present: roll.present,
    left: roll.experts - roll.present.length, keptOut: roll.keptOut, keys, electionKey, holders: meeting.trustees,
  }));
}

/** Who is present, as the log has it; a BatchOpen must say the same. */
function rollOf({ people, manifest }, body) {
  const experts = people.signedIn.filter((p) => p.roles & EXPERT);
  const recusedFrom = (p) => body.questions.filter((q) => p.recusals.has(q));
  const leave = manifest.rules.recusal_mode === MODE_LEAVE;
  const present = leave ? experts.filter((p) => recusedFrom(p).length === 0) : experts;
  must(equalLists(body.present, present.map((p) => p.number)), 'CONFLICT', 8);
  must(present.length >= people.quorum, 'QUORUM', 8);
  const recusals = present.flatMap((p) => recusedFrom(p).flatMap((q) => [p.number, q]));
  must(equalLists(body.recusals.flatMap((r) => [r.person, r.question]), recusals), 'CONFLICT', 8);
  // Out of the batch on the office's word alone.
  const keptOut = experts.filter((p) => !present.includes(p) && !recusedFrom(p).some((q) => p.attested.has(q))).length;
  return { present, experts: experts.length, keptOut };
}

/** What an attempt with ballots asks for besides. */
function checkBallots(meeting, body, { present }, questions) {
  const { crypto, people } = meeting;
  const { rules } = meeting.manifest;
  const keys = keysOf(meeting, body);
  const electionKey = keys.map((k) => k.tally_key).reduce((a, b) => crypto.add(a, b));
  must(crypto.isPoint(electionKey), 'KEY_PARAM', 6);
  must(questions.every((q) => !q.opened && !q.contested), 'GATE_REOPENED', 23);
  const witnesses = people.signedIn.filter((p) => !(p.roles & SCREEN));
  for (const list of [witnesses, witnesses.filter((p) => p.roles & EXPERT)])
    must(list.filter((p) => p.first).length >= twoThirds(list.length), 'WITNESSES', 3);
  const item = ballotLength(keys.length, rules.modulus_bits / 8, rules.abstain_allowed) + LAYER * keys.length + 16;
  const ballots = body.questions.reduce((sum, q) => sum + present.filter((p) => !p.recusals.has(q)).length, 0);
  must(ballots * item <= BOX_LIMIT, 'TOO_LARGE');
  return { keys, electionKey };
}

/** The BatchKeys that a BatchOpen names: of every trustee, ascending. */
function keysOf(meeting, body) {
  const pending = [...meeting.pending.values()].filter((k) => k.batch === body.batch && k.attempt === body.attempt);
  const keys = body.keys.map((leaf) => pending.find((k) => equal(k.leaf, leaf)));
  must(keys.length === meeting.trustees.length && keys.every((k, t) => k?.trustee === t), 'KEY_UNLOGGED', 7);
  must(keys.every((k) => body.questions.every((q) => k.token_keys.some((t) => t.question === q))), 'KEY_UNLOGGED', 7);
  return keys;
}

export const OPENING = { BatchKeys: batchKeys, BatchOpen: batchOpen };
