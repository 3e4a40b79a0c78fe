// SPDX-License-Identifier: Apache-2.0
// Casting, checking, closing and mixing (specification §10.3).
import { ballotLength, ballotParts } from '../ballot.js';
import { compare, equal, equalLists, hex, join } from '../bytes.js';
import { SERVER, SUPERVISOR } from '../manifest.js';
import { must, RefusedBallots, REFUSALS } from '../refusal.js';

/** Most casts of a person in an attempt. */
const LAST_CAST = 15;
const OFFICE_SPOILS = 2;
const VERDICTS = [null, 'agrees', 'differs', 'unopened'];

/** The person's cast of now, which `body` must name. */
function castOf(a, body) {
  const cast = a.castOf(body.person);
  must(body.cast === cast.cast, 'CONFLICT', 26);
  return cast;
}

function tokenRequest(meeting, body, at) {
  const a = meeting.attemptOf(body);
  const person = meeting.personOf(body.person, 9);
  meeting.signedBy(at, body.person);
  must(a.isVoting, 'WRONG_PHASE');
  must(a.mayVote.has(body.person), 'NOT_ON_ROLL', 9);
  meeting.keyAsOldAs(a, person, 9);
  must(a.mayVote.get(body.person).length > 0, 'RECUSED', 9);
  const cast = castOf(a, body);
  must(!cast.requested, 'ALREADY_ISSUED', 9);
  must(!(cast.spoil?.byPerson && cast.spoil.verdict === null), 'WRONG_PHASE', 26);
  must(!meeting.differing.has(hex(person.identityKey)), 'CHECK_DIFFERS', 26);
  cast.requested = true;
}

function tokensIssued(meeting, body, at) {
  const a = meeting.attemptOf(body);
  const signer = meeting.trusteeOf(body.trustee, 10);
  meeting.personOf(body.person, 10);
  meeting.signedBy(at, signer);
  must(a.isVoting, 'WRONG_PHASE', 10);
  must(a.mayVote.has(body.person), 'WRONG_PHASE', 10);
  const cast = castOf(a, body);
  must(cast.requested, 'WRONG_PHASE', 10);
  must(!cast.issued.has(body.trustee), 'ALREADY_ISSUED', 10);
  a.issue(body.trustee, body.person);
}

function envelopeCast(meeting, body, at) {
  const a = meeting.attemptOf(body);
  const person = meeting.personOf(body.person, 26);
  meeting.signedBy(at, body.person);
  must(a.isVoting, 'WRONG_PHASE');
  must(a.mayVote.has(body.person), 'NOT_ON_ROLL');
  meeting.keyAsOldAs(a, person);
  const cast = castOf(a, body);
  must(cast.issued.size === a.keys.length, 'WRONG_PHASE');
  must(!cast.envelope, 'CONFLICT');
  cast.envelope = at.leaf;
  a.takeBack(body.person);
}

function envelopeSpoil(meeting, body, at) {
  const a = meeting.attemptOf(body);
  const person = meeting.personOf(body.person, 26);
  const byPerson = body.supervisor !== 0;
  const supervisor = byPerson ? meeting.personOf(body.supervisor, 26) : null;
  let by = 'person';
  if (byPerson) {
    const signers = [body.person, body.supervisor].sort((p, q) => p - q);
    must(equalLists(at.signers, signers) && supervisor.roles & SUPERVISOR, 'NOT_AUTHORISED', 26);
    meeting.verify(at);
  } else {
    by = meeting.signedByBody(at, { concerned: body.person, check: 26 });
  }
  must(meeting.manifest.rules.checks_allowed, 'NOT_AUTHORISED', 26);
  must(a.isVoting && a.mayVote.has(body.person), 'WRONG_PHASE', 26);
  const cast = castOf(a, body);
  must(cast.envelope, 'WRONG_PHASE', 26);
  must(body.cast < LAST_CAST, 'TOO_LARGE', 26);
  const spoiled = a.officeSpoils.get(body.person) ?? 0;
  if (byPerson) {
    for (const signer of [person, supervisor]) meeting.keyAsOldAs(a, signer, 26);
    checkSpent(meeting, body, a);
  } else {
    must(body.spent.length === 0, 'CONFLICT', 26);
    must(spoiled < OFFICE_SPOILS, 'CONFLICT', 26);
    a.officeSpoils.set(body.person, spoiled + 1);
  }
  for (const { pk_v } of body.spent) meeting.spent.add(hex(pk_v));
  const row = meeting.change(at, 'check', by,
    { person: body.person, cast: body.cast, supervisor: body.supervisor || null, verdict: 'unopened', result: null });
  a.endCast(body.person, { byPerson, supervisor: body.supervisor || null, verdict: byPerson ? null : 'unopened',
    key: hex(person.identityKey), row });
}

/** `spent`: keys of every question of the envelope, none of them in use anywhere. */
function checkSpent({ crypto, voted, spent }, body, a) {
  must(equalLists(body.spent.map((s) => s.question), a.mayVote.get(body.person)), 'CONFLICT', 26);
  const keys = body.spent.map((s) => hex(s.pk_v));
  must(body.spent.every((s) => !crypto.isSmallOrderEd25519(s.pk_v)), 'BALLOT_ENCODING', 26);
  must(new Set(keys).size === keys.length && !keys.some((k) => voted.has(k) || spent.has(k)), 'BALLOT_DUPLICATE', 26);
}

function checkResult(meeting, body, at) {
  const verdict = VERDICTS[body.verdict] ?? null;
  must(verdict !== null, 'OUT_OF_RANGE');
  const a = meeting.attemptOf(body);
  meeting.personOf(body.person, 26);
  const cast = a.castOf(body.person);
  const spoil = cast?.spoil ?? null;
  must(spoil !== null && body.cast === cast.cast - 1, 'UNKNOWN', 26);
  const alone = at.signers.length === 1 && at.signers[0] === spoil.supervisor;
  if (alone) meeting.verify(at);
  else meeting.signedByBody(at, { office: verdict === 'unopened', check: 26 });
  must(alone || verdict === 'unopened', 'NOT_AUTHORISED', 26);
  must(a.isVoting, 'WRONG_PHASE', 26);
  must(spoil.byPerson, 'UNKNOWN', 26);
  must(spoil.verdict === null, 'CONFLICT', 26);
  if (alone) meeting.keyAsOldAs(a, meeting.people.of(spoil.supervisor), 26);
  spoil.verdict = verdict;
  Object.assign(spoil.row, { verdict, result: at.index });
  if (verdict === 'differs') meeting.differing.add(spoil.key);
}

function batchClose(meeting, body, at) {
  const a = meeting.attemptOf(body);
  meeting.signedByBody(at);
  must(a.isVoting, 'WRONG_PHASE');
  const { envelopes } = a;
  must(envelopes.length === body.envelopes.length && envelopes.every(([p, leaf], i) =>
    body.envelopes[i].person === p && equal(body.envelopes[i].envelope, leaf)), 'CONFLICT', 26);
  const counted = new Map(envelopes);
  must(equalLists(body.without, a.present.filter((p) => !counted.has(p))), 'CONFLICT', 26);
  a.counted = counted;
  a.phase = 'closing';
}

function issuanceClosed(meeting, body, at) {
  const a = meeting.attemptOf(body);
  meeting.signedBy(at, meeting.trusteeOf(body.trustee, 10));
  must(!a.issuanceClosed.has(body.trustee), 'CONFLICT', 10);
  must(a.phase === 'closing', 'WRONG_PHASE');
  a.hopOf(body.trustee);
  const counts = a.questions.flatMap((q) => [q, a.issuedFor(body.trustee, q)]);
  must(equalLists(body.issued.flatMap((i) => [i.question, i.count]), counts), 'CONFLICT', 10);
  a.issuanceClosed.add(body.trustee);
  if (a.issuanceClosed.size === a.keys.length) a.phase = 'mixing';
}

function mixStep(meeting, body, at) {
  const a = meeting.attemptOf(body);
  meeting.signedBy(at, meeting.trusteeOf(body.trustee, 11));
  must(a.phase === 'mixing', 'WRONG_PHASE');
  must(a.hopOf(body.trustee) === a.hop, 'WRONG_PHASE', 11);
  must(equalLists(body.counts.map((c) => c.question), a.liveQuestions), 'CONFLICT', 11);
  for (const { question, count_in, count_out } of body.counts) {
    must(count_in === (a.counts ? a.counts.get(question) : a.envelopesOf(question)), 'MIX_SIZE', 11);
    must(count_out <= count_in, 'OUT_OF_RANGE', 11);
  }
  a.counts = new Map(body.counts.map((c) => [c.question, c.count_out]));
  a.hop += 1;
}

/** Codes under which ballots are counted that are not in the box. */
const isBallotCode = (code) => /^BALLOT_/.test(REFUSALS[code] ?? '');

function ballotBox(meeting, body, at) {
  const a = meeting.attemptOf(body);
  meeting.signedBy(at, SERVER);
  must(a.phase === 'mixing' && a.hop === a.keys.length, 'WRONG_PHASE');
  const { crypto, manifest: { rules } } = meeting;
  const modulusBytes = rules.modulus_bits / 8;
  const form = { length: ballotLength(a.keys.length, modulusBytes, rules.abstain_allowed),
    partsOf: (ballot) => ballotParts(ballot, a.keys.length, modulusBytes) };
  const here = { voted: new Set(), faults: [] };
  for (const box of body.boxes) box.ballots.forEach((_, i) => inspect(meeting, box, i, form, here));
  if (here.faults.length > 0) throw new RefusedBallots(here.faults);
  must(equalLists(body.boxes.map((b) => b.question), a.liveQuestions), 'CONFLICT', 19);
  for (const box of body.boxes) {
    const refused = box.refused.reduce((sum, r) => sum + r.count, 0);
    must(box.refused.every((r) => isBallotCode(r.code) && r.count > 0), 'OUT_OF_RANGE', 19);
    must(box.ballots.length + refused === a.counts.get(box.question), 'GATE_COUNT', 19);
  }
  const parts = body.boxes.flatMap((b) => b.ballots.map(form.partsOf));
  must(parts.every((p) => crypto.isPoint(p.a) && crypto.isPoint(p.b)), 'BALLOT_ENCODING', 15);
  for (const key of here.voted) meeting.voted.add(key);
  a.box = new Map(body.boxes.map((b) => [b.question, b.ballots]));
  a.boxLeaf = at.leaf;
  a.phase = 'confirming';
}

/**
 * Each fault of a ballot that can be seen without its points (§13).
 * @param {{voted: Set<string>, faults: any[]}} here what this entry has brought so far
 */
function inspect({ crypto, spent, voted }, box, i, { length, partsOf }, here) {
  const ballot = box.ballots[i];
  const fault = (condition, code, check) => condition && here.faults.push({ code, check });
  if (ballot.length !== length || ballot[0] !== 1) {
    fault(true, 'BALLOT_ENCODING', 12);
    return;
  }
  const parts = partsOf(ballot);
  const names = [hex(parts.key), hex(join(parts.a, parts.b))];
  fault(parts.question !== box.question, 'BALLOT_CONTEXT', 12);
  fault(crypto.isSmallOrderEd25519(parts.key), 'BALLOT_ENCODING', 15);
  fault(spent.has(names[0]), 'BALLOT_SPENT', 26);
  fault(names.some((name) => voted.has(name) || here.voted.has(name)), 'BALLOT_DUPLICATE', 17);
  fault(i > 0 && compare(box.ballots[i - 1], ballot) > 0, 'BALLOT_ENCODING', 18);
  for (const name of names) here.voted.add(name);
}

function incident(meeting, body, at) {
  const a = meeting.attemptOf(body);
  meeting.personOf(body.person);
  meeting.signedBy(at, SERVER);
  must(body.code >= 1 && body.code < REFUSALS.length, 'OUT_OF_RANGE');
  const what = `${body.person},${body.code}`;
  must(!a.incidents.has(what), 'CONFLICT');
  a.incidents.add(what);
}

export const VOTING = {
  TokenRequest: tokenRequest, TokensIssued: tokensIssued, EnvelopeCast: envelopeCast, EnvelopeSpoil: envelopeSpoil,
  CheckResult: checkResult, BatchClose: batchClose, IssuanceClosed: issuanceClosed, MixStep: mixStep,
  BallotBox: ballotBox, Incident: incident,
};
