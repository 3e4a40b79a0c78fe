// SPDX-License-Identifier: Apache-2.0
// Entries about people and about the meeting's end (specification §10.1).
import { equal } from '../bytes.js';
import { CHAIR, CLERK, EXPERT, namesOfKeys, possessed, SCREEN, SUPERVISOR } from '../manifest.js';
import { must } from '../refusal.js';

/** Most SignIns of a person by himself. */
const SIGN_INS = 32;
/** Most RecuseBacks of a person and question. */
const RECUSE_BACKS = 8;

/** Whether an office may act upon a person: of chairs and supervisors only the committee may. */
const isOrdinary = (person) => !(person.roles & (CHAIR | SUPERVISOR));

function signIn(meeting, body, at) {
  meeting.ofMeeting(body);
  const person = meeting.personOf(body.person);
  meeting.signedBy(at, body.person);
  must(!(person.roles & SCREEN), 'NOT_AUTHORISED');
  must(!person.signedIn && body.sequence === person.sequence, 'CONFLICT');
  must(person.outByOthers || person.ownSignIns < SIGN_INS, 'TOO_LARGE');
  meeting.people.signIn(person, at.index);
  // Not once a sum rests on it.
  if (meeting.inProgress && meeting.current.nothingOpened) meeting.current.takeBack(body.person);
}

function signOut(meeting, body, at) {
  must([body.batch_open, body.root].every((hash) => [0, 32].includes(hash.length)), 'MALFORMED');
  meeting.ofMeeting(body);
  const byOthers = body.reason !== '';
  const person = meeting.personOf(body.person, byOthers ? 27 : 4);
  let by = 'person';
  if (byOthers) by = meeting.signedByBody(at, { concerned: person.number, office: isOrdinary(person), check: 27 });
  else meeting.signedBy(at, body.person);
  must(person.signedIn && body.sequence === person.sequence, 'CONFLICT');
  if (byOthers) {
    must(body.batch_open.length === 0 && !body.not_cast && body.size === 0n && body.root.length === 0, 'MALFORMED', 20);
  } else {
    must(body.size > 0n && isTree(meeting, body, at), 'LOG_INCONSISTENT', 2);
    checkWord(meeting, body, person);
  }
  if (!byOthers && body.batch_open.length > 0) meeting.current.say(person.number, body.not_cast);
  meeting.people.signOut(person, at.index, byOthers);
  if (byOthers) meeting.change(at, 'sign_out', by, { person: person.number, reason: body.reason });
}

/** Whether `root` is that of the tree of the first `size` entries of this log. */
const isTree = ({ roots }, { size, root }, at) => size <= BigInt(at.index) && equal(root, roots[Number(size)]);

/** What a SignOut says about the attempt in progress. */
function checkWord(meeting, body, person) {
  if (body.batch_open.length === 0) return must(!body.not_cast, 'MALFORMED', 20);
  const a = meeting.current;
  must(meeting.inProgress && equal(body.batch_open, a.leaf) && (a.paper || a.nothingOpened), 'WRONG_PHASE', 20);
  meeting.keyAsOldAs(a, person, 20);
  if (!body.not_cast) return;
  must(a.isEntitled(person.number), 'NOT_ON_ROLL', 20);
  must(!a.castOf(person.number).envelope, 'CONFLICT', 20);
}

function recuse(meeting, body, at) {
  meeting.ofMeeting(body);
  const byOthers = !(at.signers.length === 1 && at.signers[0] === body.person);
  const person = meeting.personOf(body.person, byOthers ? 27 : 4);
  meeting.questionOf(body.question, byOthers ? 27 : 4);
  must(person.roles & EXPERT, 'NOT_AUTHORISED');
  let by = 'person';
  if (!byOthers) {
    meeting.signedBy(at, body.person);
  } else {
    by = meeting.signedByBody(at, { concerned: person.number, office: isOrdinary(person), check: 27 });
  }
  must(body.reason !== '', 'MALFORMED');
  must(isBetweenAttempts(meeting, body.question), 'WRONG_PHASE');
  must(body.sequence === (person.recuseBacks.get(body.question) ?? 0), 'CONFLICT');
  const attested = by === 'committee' || (by === 'person' && person.first);
  must(!person.recusals.has(body.question) || (attested && !person.attested.has(body.question))
    || addsWord(person.words.get(body.question), by), 'CONFLICT');
  meeting.people.recuse(person, body, by, attested);
  if (byOthers)
    meeting.change(at, 'recuse', by, { person: person.number, question: body.question, reason: body.reason });
}

/** Whether a body signs that has not signed, nor a stronger one. */
const addsWord = ({ office, committee }, by) => !committee && (by === 'committee' || (by === 'office' && !office));

/** Neither decided, nor live in an attempt in progress. */
function isBetweenAttempts({ candidates, inProgress, current }, question) {
  const { declared, contested } = candidates[question - 1];
  return (!declared || contested) && !(inProgress && current.live.has(question));
}

/** Who has signed a RecuseBack: its person, and beside him who else has signed for the recusal. */
function takenBackBy(meeting, { office, committee, ownKey }, person, at) {
  // Not with a key that the office brought him after he had signed himself.
  must(ownKey === null || person.first || person.keyIndex === ownKey, 'NOT_AUTHORISED', 27);
  const others = at.signers.filter((p) => p !== person.number);
  must(others.length < at.signers.length, 'NOT_AUTHORISED', 27);
  let by = 'one';
  if (!office && !committee) must(others.length === 0, 'NOT_AUTHORISED', 27);
  else if (!committee && isOrdinary(person) && meeting.people.isOffice(others, person.number)) by = 'office';
  else by = meeting.people.isCommittee(others, person.number) ? 'committee' : null;
  must(by, 'NOT_AUTHORISED', 27);
  meeting.verify(at);
  return by;
}

function recuseBack(meeting, body, at) {
  meeting.ofMeeting(body);
  const person = meeting.personOf(body.person, 27);
  const question = meeting.questionOf(body.question, 27);
  const word = person.words.get(body.question);
  must(word, 'UNKNOWN', 27);
  const by = takenBackBy(meeting, word, person, at);
  must(body.reason !== '', 'MALFORMED');
  const before = person.recuseBacks.get(body.question) ?? 0;
  must(body.sequence === before, 'CONFLICT');
  must(before < RECUSE_BACKS, 'TOO_LARGE');
  must(isBetweenAttempts(meeting, body.question) && !question.opened && !question.tallied, 'WRONG_PHASE');
  meeting.people.recuseBack(person, body.question);
  if (by !== 'one' || word.opened)
    meeting.change(at, 'recuse_back', by, { person: person.number, question: body.question, reason: body.reason });
}

function keyChange(meeting, body, at) {
  meeting.ofMeeting(body);
  const { crypto, people } = meeting;
  const person = meeting.personOf(body.person, 27);
  const slot = meeting.trustees.indexOf(body.person);
  const office = isOrdinary(person) && slot < 0;
  const by = meeting.signedByBody(at, { concerned: person.number, office, check: 27 });
  must(body.reason !== '', 'MALFORMED');
  must(slot < 0 || !meeting.inProgress, 'WRONG_PHASE');
  const names = namesOfKeys(crypto, body);
  must(new Set(names).size === names.length && !names.some((k) => meeting.seen.has(k)), 'CONFLICT');
  must(possessed(crypto, meeting.manifest.meeting_id, body.person, body), 'BAD_SIGNATURE');
  must(by === 'committee' || !person.first || people.keepsFirstKeys(person), 'FIRST_KEYS', 27);
  for (const name of names) meeting.seen.add(name);
  people.changeKeys(person, body, at.index, by === 'committee');
  if (slot >= 0) meeting.dropPending(slot);
  meeting.change(at, 'key_change', by, { person: person.number, first: by === 'committee', reason: body.reason });
}

function trusteeChange(meeting, body, at) {
  meeting.ofMeeting(body);
  const { people } = meeting;
  must(body.trustee >= 1, 'UNKNOWN', 27);
  const from = meeting.trusteeOf(body.trustee, 27);
  const person = meeting.personOf(body.person, 27);
  const others = at.signers.filter((p) => p !== body.person);
  must(others.length < at.signers.length && (people.isCommittee(at.signers, from) || people.isCommittee(others, from)),
    'NOT_AUTHORISED', 27);
  meeting.verify(at);
  must(body.reason !== '', 'MALFORMED');
  must(!meeting.inProgress, 'WRONG_PHASE');
  must(from !== body.person, 'CONFLICT');
  must(person.signedIn, 'NOT_ON_ROLL');
  must(!(person.roles & SCREEN) && person.first && !meeting.trustees.includes(body.person), 'NOT_AUTHORISED');
  meeting.trustees = meeting.trustees.map((p, t) => (t === body.trustee ? body.person : p));
  meeting.dropPending(body.trustee);
  meeting.change(at, 'trustee_change', 'committee',
    { trustee: body.trustee, from, person: body.person, reason: body.reason });
}

function interview(meeting, body, at) {
  meeting.ofMeeting(body);
  const question = meeting.questionOf(body.question);
  must(at.signers.length === 1 && meeting.people.of(at.signers[0])?.roles & CLERK, 'NOT_AUTHORISED');
  meeting.verify(at);
  must(question.exceptional, 'OUT_OF_RANGE');
  must(!question.interview, 'CONFLICT');
  question.interview = true;
}

/** Who has signed a MeetingClose. @returns {'office' | 'committee' | 'two'} */
function closedBy({ people }, { signers }) {
  if (people.isOffice(signers, null, true)) return 'office';
  if (people.isCommittee(signers, null)) return 'committee';
  const roles = signers.map((p) => (people.of(p)?.roles ?? 0) & (CHAIR | CLERK | SUPERVISOR));
  must(roles.length === 2 && roles[0] !== roles[1] && roles.every((role) => role !== 0), 'NOT_AUTHORISED');
  return 'two';
}

function meetingClose(meeting, body, at) {
  meeting.ofMeeting(body);
  const by = closedBy(meeting, at);
  meeting.verify(at);
  const open = meeting.inProgress ? meeting.current : null;
  must(!open || open.phase === 'opening', 'WRONG_PHASE', 25);
  must(body.size >= BigInt(meeting.lastResult) && isTree(meeting, body, at), 'LOG_INCONSISTENT', 2);
  meeting.accept(meeting.checkUnwitnessed(body.unwitnessed));
  meeting.closed = true;
  if (by === 'two') meeting.change(at, 'close_two', by);
  for (const question of open?.liveQuestions ?? []) meeting.change(at, 'undecided', null, { question });
}

export const PRESENCE = {
  SignIn: signIn, SignOut: signOut, Recuse: recuse, RecuseBack: recuseBack, KeyChange: keyChange,
  TrusteeChange: trusteeChange, Interview: interview, MeetingClose: meetingClose,
};
