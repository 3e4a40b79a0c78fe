// SPDX-License-Identifier: Apache-2.0
// Confirming, opening, declaring (specification §10.4, §11).
import { balances, boundsOf, rowOf } from '../arithmetic.js';
import { MISSING, NOT_CAST, OK } from '../attempt.js';
import { ballotParts, contextOf } from '../ballot.js';
import { equal, equalLists, hex, u32be } from '../bytes.js';
import { must } from '../refusal.js';

function confirm(meeting, body, at) {
  must(body.rows.every((r) => [OK, MISSING, NOT_CAST].includes(r.verdict)), 'OUT_OF_RANGE');
  const a = meeting.attemptOf(body);
  const person = meeting.personOf(body.person, 20);
  meeting.signedBy(at, body.person);
  must(a.phase === 'confirming', 'WRONG_PHASE');
  must(equal(body.box, a.boxLeaf), 'UNKNOWN', 20);
  must(a.isEntitled(body.person), 'NOT_ON_ROLL', 20);
  meeting.keyAsOldAs(a, person, 20);
  must(!a.hasConfirmed(body.person), 'CONFLICT', 20);
  must(equalLists(body.rows.map((r) => r.question), a.liveOf(body.person)), 'CONFLICT', 20);
  const counted = a.counted.has(body.person);
  must(body.rows.every((r) => r.verdict !== (counted ? NOT_CAST : OK)), 'CONFLICT', 20);
  a.confirm(body.person, body.rows);
}

function override(meeting, body, at) {
  const a = meeting.attemptOf(body);
  for (const { person } of body.people) meeting.personOf(person, 20);
  const by = meeting.signedByBody(at);
  must(a.phase === 'confirming', 'WRONG_PHASE');
  must(equal(body.box, a.boxLeaf), 'UNKNOWN', 20);
  must(body.reason !== '' && body.people.length > 0, 'MALFORMED');
  for (const { person, missing } of body.people) {
    must(a.isEntitled(person) && !a.isCovered(person), 'CONFLICT', 20);
    must(missing ? a.misses(person) : a.saidNothing(person), 'CONFLICT', 20);
  }
  const named = new Set([...a.named, ...body.people.map((p) => p.person)]);
  const counted = [...named].filter((p) => a.counted.has(p)).length;
  must(counted <= meeting.manifest.rules.max_unconfirmed, 'GATE_OVERRIDE', 20);
  a.override(body.people);
  meeting.change(at, 'override', by,
    { people: body.people.map(({ person, missing }) => ({ person, missing })), reason: body.reason });
}

// ---- Opening ----

/** ΣA and ΣB of the live questions, from the box alone. */
function sumsOf({ crypto, manifest }, a) {
  const modulusBytes = manifest.rules.modulus_bits / 8;
  return new Map(a.liveQuestions.map((q) => {
    const parts = a.box.get(q).map((ballot) => ballotParts(ballot, a.keys.length, modulusBytes));
    const sum = (name) => parts.map((p) => p[name]).reduce((x, y) => crypto.add(x, y));
    return [q, { a: sum('a'), b: sum('b') }];
  }));
}

function tallyShare(meeting, body, at) {
  const a = meeting.attemptOf(body);
  meeting.signedBy(at, meeting.trusteeOf(body.trustee, 22));
  must(!a.shares.has(body.trustee), 'CONFLICT', 22);
  must(a.phase === 'confirming' || a.phase === 'opening', 'WRONG_PHASE');
  const hop = a.hopOf(body.trustee);
  must(equal(body.box, a.boxLeaf), 'UNKNOWN', 21);
  if (a.phase === 'confirming') {
    must(body.trustee === 0, 'WRONG_PHASE', 22);
    a.gate((q) => meeting.candidates[q - 1].opened);
  }
  must(equalLists(body.shares.map((s) => s.question), a.liveQuestions), 'CONFLICT', 22);
  const sums = a.sums ?? sumsOf(meeting, a);
  for (const share of body.shares)
    must(shareHolds(meeting.crypto, a, sums.get(share.question).a, hop, share), 'PROOF', 22);
  const shares = new Map(a.shares).set(body.trustee, new Map(body.shares.map((s) => [s.question, s.share])));
  const counted = shares.size === a.keys.length ? a.liveQuestions.map((q) => count(meeting, a, q, sums, shares)) : null;
  a.sums = sums;
  a.shares = shares;
  a.phase = counted ? 'counted' : 'opening';
  for (const q of a.live) meeting.candidates[q - 1].opened = true;
  if (!counted) return;
  a.rows = counted.map((c) => c.row);
  for (const { row, figures } of counted) a.figures.set(row.question, figures);
}

/** The Chaum–Pedersen proof of one share. */
function shareHolds(crypto, a, sumA, hop, { question, share, proof }) {
  const { trustee, tally_key } = a.keys[hop];
  const [c, s] = [proof.subarray(0, 32), proof.subarray(32)];
  if (![sumA, share].every((p) => crypto.isPoint(p)) || !crypto.isScalar(c) || !crypto.isScalar(s)) return false;
  const r1 = crypto.subtract(crypto.timesG(s), crypto.times(c, tally_key));
  const r2 = crypto.subtract(crypto.times(s, sumA), crypto.times(c, share));
  const challenge = crypto.sha512Of('piaojue/v2/dleq', contextOf(crypto, a.leaf, question), a.boxLeaf, u32be(trustee),
    tally_key, sumA, share, r1, r2);
  return equal(crypto.reduce(challenge), c);
}

/** Agree and disagree in a sum that is T·G: T = agree + 256·disagree. */
function decodeSum(crypto, point, ballots) {
  let rest = point;
  let disagree = 0;
  let agree = crypto.discreteLog(rest, ballots);
  const step = crypto.smallTimesG(256);
  while (agree < 0 && disagree < ballots) {
    rest = crypto.subtract(rest, step);
    disagree += 1;
    agree = crypto.discreteLog(rest, ballots);
  }
  must(agree >= 0 && agree + disagree <= ballots, 'THRESHOLD_RULE', 22);
  return { agree, disagree };
}

/** Opens the sum of a question: the row that a Declaration has to give, and what it rests on. */
function count({ crypto, manifest }, a, q, sums, shares) {
  const ballots = a.box.get(q).length;
  const sum = [...shares.values()].map((s) => s.get(q)).reduce((b, d) => crypto.subtract(b, d), sums.get(q).b);
  const { agree, disagree } = decodeSum(crypto, sum, ballots);
  const abstain = ballots - agree - disagree;
  must(abstain === 0 || manifest.rules.abstain_allowed, 'UNBALANCED_ROW', 24);
  const envelopes = a.envelopesOf(q);
  const recusals = a.recusalsOf(q);
  const mayVote = a.present.length - recusals;
  const [ok, said_not_cast] = [a.countSaid(q, OK), a.countSaid(q, NOT_CAST)];
  const bounds = boundsOf({ agree, ballots, ok, said_not_cast, mayVote });
  const row = rowOf(manifest.rules, q, {
    present: a.present.length, recusals, left: a.left, agree, disagree, abstain,
    invalid: envelopes - ballots, not_cast: mayVote - envelopes, ...bounds,
  });
  must(balances(row), 'UNBALANCED_ROW', 24);
  const figures = { envelopes, ballots, ok, said_not_cast, unconfirmed: mayVote - ok - said_not_cast, ...bounds };
  return { row, figures };
}

// ---- Results ----

function declaration(meeting, body, at) {
  const a = meeting.attemptOf(body);
  for (const { question } of body.rows) meeting.questionOf(question, 24);
  meeting.signedByBody(at);
  must(a.phase === 'counted', 'WRONG_PHASE');
  must(equalLists(body.rows.map((r) => r.question), a.liveQuestions), 'CONFLICT', 24);
  must(body.rows.every(balances), 'UNBALANCED_ROW', 24);
  must(body.rows.every((row, i) => Object.keys(a.rows[i]).every((k) => row[k] === a.rows[i][k])), 'THRESHOLD_RULE', 24);
  for (const { question, contested } of a.rows) {
    Object.assign(meeting.candidates[question - 1], { declared: true, contested });
    if (!contested) continue;
    const { low, high } = a.figures.get(question);
    meeting.change(at, 'contested', null, { question, low, high });
  }
  a.declared = true;
  a.end('declared');
  remember(meeting, at);
}

/** So that a later entry may say that nobody witnessed this one. */
function remember(meeting, at) {
  meeting.results.set(hex(at.leaf), at.index);
}

function voidQuestions(meeting, body, at) {
  const a = meeting.attemptOf(body);
  const opening = a.phase === 'opening';
  meeting.signedByBody(at, { office: !opening });
  must(body.reason !== '', 'MALFORMED');
  // What is opened, or counted, and not declared yet is a result that somebody may want to withhold.
  const check = a.nothingOpened || a.ended ? 4 : 25;
  must(a.nothingOpened || opening, 'WRONG_PHASE', check);
  const questions = body.questions.length > 0 ? body.questions : a.liveQuestions;
  must(questions.every((q) => a.live.has(q)), a.questions.includes(questions[0]) ? 'CONFLICT' : 'UNKNOWN', check);
  must(!opening || questions.length === a.live.size, 'CONFLICT', check);
  a.voidQuestions(questions, body.reason);
}

function paperTally(meeting, body, at) {
  const a = meeting.attemptOf(body);
  for (const { question } of body.rows) meeting.questionOf(question, 24);
  const by = meeting.signedByBody(at);
  must(a.phase === 'voting' && a.paper, 'WRONG_PHASE');
  must(equalLists(body.rows.map((r) => r.question), a.liveQuestions), 'CONFLICT', 24);
  const rows = body.rows.filter((r) => r.returned <= r.issued).map((r) => paperRow(meeting, a, r));
  a.paperRows = new Map(body.rows.map((r) => [r.question, r]));
  a.rows = rows;
  a.countedBy = by;
  a.phase = 'counted';
  for (const { question } of body.rows) meeting.candidates[question - 1].tallied = true;
  a.voidQuestions(body.rows.filter((r) => r.returned > r.issued).map((r) => r.question), '');
  meeting.change(at, 'paper', by, { questions: body.rows.map((r) => r.question) });
  remember(meeting, at);
}

function paperRow({ manifest }, a, r) {
  const recusals = a.recusalsOf(r.question);
  const mayVote = a.present.length - recusals;
  must(r.valid === r.agree + r.disagree + r.abstain && r.returned === r.valid + r.invalid && r.issued <= mayVote,
    'UNBALANCED_ROW', 24);
  must(r.abstain === 0 || manifest.rules.abstain_allowed, 'UNBALANCED_ROW', 24);
  const row = rowOf(manifest.rules, r.question, {
    present: a.present.length, recusals, left: a.left, agree: r.agree, disagree: r.disagree, abstain: r.abstain,
    invalid: r.invalid, not_cast: mayVote - r.returned, low: r.agree, high: r.agree,
  });
  must(balances(row), 'UNBALANCED_ROW', 24);
  return row;
}

function erased(meeting, body, at) {
  const a = meeting.attempts.find((x) => equal(x.leaf, body.batch_open));
  must(a, 'UNKNOWN');
  const holder = a.holders[body.trustee];
  must(holder !== undefined, 'UNKNOWN');
  meeting.signedBy(at, holder);
  a.hopOf(body.trustee);
  must(a.ended, 'WRONG_PHASE');
  must(!a.erased.has(body.trustee), 'CONFLICT');
  a.erased.add(body.trustee);
}

export const COUNTING = {
  Confirm: confirm, Override: override, TallyShare: tallyShare, Declaration: declaration, Void: voidQuestions,
  PaperTally: paperTally, Erased: erased,
};
