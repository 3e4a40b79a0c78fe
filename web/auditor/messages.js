// SPDX-License-Identifier: Apache-2.0
// The messages of an entry and of a record file: fields, lengths and orders (specification §3.1, proto/piaojue/v2).
import { many, one } from './wire.js';

const HASH = 32;
const KEY = 32;
const POINT = 32;
const SIGNATURE = 64;
const PROOF = 64;
// Most of each (§2.3); as many batches and results as candidates.
const PEOPLE = 400;
export const EXPERTS = 255;
const TRUSTEES = 7;
const CANDIDATES = 5000;
const ATTACHMENTS = 20;
const QUESTIONS = 100;

const meeting = one(1, 'meeting', HASH);
const batchOpen = one(1, 'batch_open', HASH);

const RULES = [
  one(1, 'pass_numerator', 'u32'), one(2, 'pass_denominator', 'u32'), one(3, 'pass_strict', 'bool'),
  one(4, 'recusal_mode', 'u32'), one(5, 'abstain_allowed', 'bool'), one(6, 'quorum_numerator', 'u32'),
  one(7, 'quorum_denominator', 'u32'), one(8, 'modulus_bits', 'u32'), one(9, 'max_unconfirmed', 'u32'),
  one(10, 'checks_allowed', 'bool'), one(11, 'protest_s', 'u32'),
];
const PERSON = [
  one(1, 'name', 'text'), one(2, 'roles', 'u32'), one(3, 'employer', 'text'), one(4, 'identity_key', 'bytes'),
  one(5, 'witness_key', 'bytes'), one(6, 'possession', 'bytes'), one(7, 'box_key', 'bytes'),
];
const ATTACHMENT = [one(1, 'name', 'text'), one(2, 'size', 'u64'), one(3, 'sha256', HASH)];
const CANDIDATE = [
  one(1, 'name', 'text'), one(2, 'employer', 'text'), one(3, 'level', 'text'), one(4, 'channel', 'u32'),
  one(5, 'summary', 'text'), one(6, 'group_opinion', 'text'), one(7, 'opened_before', 'text'),
  many(8, 'attachments', ATTACHMENT, ATTACHMENTS),
];
const BATCH = [one(1, 'title', 'text'), many(2, 'candidates', 'u32', QUESTIONS, '')];
const MANIFEST = [
  one(1, 'version', 'u32'), one(2, 'meeting_id', 16), one(3, 'title', 'text'), one(4, 'date', 'text'),
  one(5, 'rehearsal', 'bool'), one(6, 'rules', RULES), one(7, 'committee_size', 'u32'),
  one(8, 'size_approval', 'text'), one(9, 'server_key', KEY), one(10, 'checkpoint_key', KEY),
  many(11, 'people', PERSON, PEOPLE), many(12, 'trustees', 'u32', TRUSTEES),
  many(13, 'candidates', CANDIDATE, CANDIDATES), many(14, 'batches', BATCH, CANDIDATES), one(15, 'server_box_key', KEY),
];

const QUESTION_KEY = [one(1, 'question', 'u32'), one(2, 'modulus', 'bytes')];
const RECUSAL = [one(1, 'person', 'u32'), one(2, 'question', 'u32')];
const COUNTED_ENVELOPE = [one(1, 'person', 'u32'), one(2, 'envelope', HASH)];
const QUESTION_COUNT = [one(1, 'question', 'u32'), one(2, 'count', 'u32')];
const MIX_COUNT = [one(1, 'question', 'u32'), one(2, 'count_in', 'u32'), one(3, 'count_out', 'u32')];
const REFUSED_COUNT = [one(1, 'code', 'u32'), one(2, 'count', 'u32')];
const QUESTION_BOX = [one(1, 'question', 'u32'), many(2, 'ballots', 'bytes', EXPERTS),
  many(3, 'refused', REFUSED_COUNT, EXPERTS, 'code')];
const SPENT_KEY = [one(1, 'question', 'u32'), one(2, 'pk_v', KEY)];
const CONFIRM_ROW = [one(1, 'question', 'u32'), one(2, 'verdict', 'u32')];
const OVERRIDE_PERSON = [one(1, 'person', 'u32'), one(2, 'missing', 'bool')];
const QUESTION_SHARE = [one(1, 'question', 'u32'), one(2, 'share', POINT), one(3, 'proof', PROOF)];
const ROW = [
  one(1, 'question', 'u32'), one(2, 'present', 'u32'), one(3, 'agree', 'u32'), one(4, 'disagree', 'u32'),
  one(5, 'abstain', 'u32'), one(6, 'invalid', 'u32'), one(7, 'not_cast', 'u32'), one(8, 'recused', 'u32'),
  one(9, 'needed', 'u32'), one(10, 'passed', 'bool'), one(11, 'contested', 'bool'), one(12, 'mode_sensitive', 'bool'),
];
const PAPER_ROW = [
  one(1, 'question', 'u32'), one(2, 'issued', 'u32'), one(3, 'returned', 'u32'), one(4, 'valid', 'u32'),
  one(5, 'invalid', 'u32'), one(6, 'agree', 'u32'), one(7, 'disagree', 'u32'), one(8, 'abstain', 'u32'),
];

/** Of Recuse and of RecuseBack. */
const RECUSE = [meeting, one(2, 'person', 'u32'), one(3, 'question', 'u32'), one(4, 'reason', 'text'),
  one(5, 'sequence', 'u32')];

/** By type number: the type's name, and the fields of its body. */
export const TYPES = [
  null,
  ['MeetingOpen', MANIFEST],
  ['SignIn', [meeting, one(2, 'person', 'u32'), one(3, 'sequence', 'u32')]],
  ['SignOut', [meeting, one(2, 'person', 'u32'), one(3, 'sequence', 'u32'), one(4, 'reason', 'text'),
    one(5, 'batch_open', 'bytes'), one(6, 'not_cast', 'bool'), one(7, 'size', 'u64'), one(8, 'root', 'bytes')]],
  ['Recuse', RECUSE],
  ['KeyChange', [meeting, one(2, 'person', 'u32'), one(3, 'identity_key', KEY), one(4, 'witness_key', KEY),
    one(5, 'box_key', KEY), one(6, 'possession', SIGNATURE), one(7, 'reason', 'text')]],
  ['Interview', [meeting, one(2, 'question', 'u32'), one(3, 'summary', 'text'), one(4, 'document', HASH)]],
  ['BatchKeys', [meeting, one(2, 'batch', 'u32'), one(3, 'attempt', 'u32'), one(4, 'trustee', 'u32'),
    many(5, 'token_keys', QUESTION_KEY, QUESTIONS, 'question'), one(6, 'mix_key', KEY), one(7, 'tally_key', POINT),
      one(8, 'pok', PROOF)]],
  ['BatchOpen', [meeting, one(2, 'batch', 'u32'), one(3, 'attempt', 'u32'), many(4, 'questions', 'u32', QUESTIONS, ''),
    many(5, 'present', 'u32', EXPERTS, ''), many(6, 'recusals', RECUSAL, EXPERTS * QUESTIONS, 'person,question'),
    many(7, 'keys', HASH, TRUSTEES), one(8, 'paper', 'bool'), many(9, 'unwitnessed', HASH, CANDIDATES, '')]],
  ['TokenRequest', [batchOpen, one(2, 'person', 'u32'), one(3, 'cast', 'u32'), one(4, 'digest', HASH)]],
  ['TokensIssued', [batchOpen, one(2, 'trustee', 'u32'), one(3, 'person', 'u32'), one(4, 'cast', 'u32'),
    one(5, 'digest', HASH)]],
  ['EnvelopeCast', [batchOpen, one(2, 'person', 'u32'), one(3, 'cast', 'u32'), one(4, 'digest', HASH)]],
  ['BatchClose', [batchOpen, many(2, 'envelopes', COUNTED_ENVELOPE, EXPERTS, 'person'),
    many(3, 'without', 'u32', EXPERTS, '')]],
  ['IssuanceClosed', [batchOpen, one(2, 'trustee', 'u32'), many(3, 'issued', QUESTION_COUNT, QUESTIONS, 'question')]],
  ['MixStep', [batchOpen, one(2, 'trustee', 'u32'), many(3, 'counts', MIX_COUNT, QUESTIONS, 'question'),
    one(4, 'output_hash', HASH)]],
  ['BallotBox', [batchOpen, many(2, 'boxes', QUESTION_BOX, QUESTIONS, 'question')]],
  ['Confirm', [batchOpen, one(2, 'person', 'u32'), one(3, 'box', HASH),
    many(4, 'rows', CONFIRM_ROW, QUESTIONS, 'question')]],
  ['Override', [batchOpen, one(2, 'box', HASH), many(3, 'people', OVERRIDE_PERSON, EXPERTS, 'person'),
    one(4, 'reason', 'text')]],
  ['TallyShare', [batchOpen, one(2, 'trustee', 'u32'), one(3, 'box', HASH),
    many(4, 'shares', QUESTION_SHARE, QUESTIONS, 'question')]],
  ['Declaration', [batchOpen, many(2, 'rows', ROW, QUESTIONS, 'question')]],
  ['Erased', [batchOpen, one(2, 'trustee', 'u32')]],
  ['Void', [batchOpen, many(2, 'questions', 'u32', QUESTIONS, ''), one(3, 'reason', 'text')]],
  ['PaperTally', [batchOpen, many(2, 'rows', PAPER_ROW, QUESTIONS, 'question')]],
  ['Incident', [batchOpen, one(2, 'person', 'u32'), one(3, 'code', 'u32'), one(4, 'digest', HASH)]],
  ['MeetingClose', [meeting, one(2, 'size', 'u64'), one(3, 'root', HASH),
    many(4, 'unwitnessed', HASH, CANDIDATES, '')]],
  ['TrusteeChange', [meeting, one(2, 'trustee', 'u32'), one(3, 'person', 'u32'), one(4, 'reason', 'text')]],
  ['EnvelopeSpoil', [batchOpen, one(2, 'person', 'u32'), one(3, 'cast', 'u32'),
    many(4, 'spent', SPENT_KEY, QUESTIONS, 'question'), one(5, 'supervisor', 'u32')]],
  ['CheckResult', [batchOpen, one(2, 'person', 'u32'), one(3, 'cast', 'u32'), one(4, 'verdict', 'u32')]],
  ['RecuseBack', RECUSE],
];

const MIB = 1024 * 1024;
const BOUNDS = new Map([
  ...['MeetingOpen', 'BallotBox'].map((name) => [name, 24 * MIB]),
  ...['BatchOpen', 'BatchClose', 'Declaration', 'PaperTally', 'MeetingClose'].map((name) => [name, MIB]),
  ['BatchKeys', 128 * 1024],
]);
/** Signed by one, who stands in the body, or is the server or a clerk. */
const BY_ONE = new Set(['SignIn', 'Interview', 'BatchKeys', 'TokenRequest', 'TokensIssued', 'EnvelopeCast',
  'IssuanceClosed', 'MixStep', 'BallotBox', 'Confirm', 'TallyShare', 'Erased', 'Incident']);
/** Most signatures of an entry. @param {string} name of its type */
export const signaturesOf = (name) => (BY_ONE.has(name) ? 1 : PEOPLE);
/** Most bytes of an entry (§9.4). @param {string} name of its type */
export const boundOf = (name) => BOUNDS.get(name) ?? 64 * 1024;

export const ENTRY = [
  one(1, 'type', 'u32'), one(2, 'body', 'bytes'),
  many(3, 'signatures', [one(1, 'signer', 'u32'), one(2, 'signature', SIGNATURE)], PEOPLE, 'signer'),
];

const COSIGNATURE = [
  one(1, 'tree_size', 'u64'), one(2, 'root', HASH), one(3, 'person', 'u32'), one(4, 'time_s', 'u64'),
    one(5, 'signature', SIGNATURE),
];
/** A oneof. */
export const RECORD_ITEM = [one(1, 'entry', 'bytes'), one(2, 'checkpoint', 'text'), one(3, 'cosignature', COSIGNATURE)];
