// SPDX-License-Identifier: Apache-2.0
// Names of refusals and their numbers (specification §12), and the exception that carries one.

export const REFUSALS = [
  '', 'KEY_UNLOGGED', 'KEY_PARAM', 'FINALIZE_FAILED', 'ALREADY_ISSUED', 'NOT_ON_ROLL', 'RECUSED', 'WRONG_PHASE',
  'OUT_OF_RANGE', 'MIX_DUPLICATE', 'MIX_SIZE', 'MIX_OPEN', 'MIX_AGAIN', 'BALLOT_TOKEN', 'BALLOT_SIGNATURE',
  'BALLOT_PROOF', 'BALLOT_CONTEXT', 'BALLOT_ENCODING', 'BALLOT_DUPLICATE', 'LOG_SPLIT', 'LOG_INCONSISTENT',
  'GATE_COUNT', 'GATE_UNCONFIRMED', 'GATE_MISSING', 'GATE_TOO_FEW', 'GATE_REOPENED', 'GATE_OVERRIDE', 'QUORUM',
  'THRESHOLD_RULE', 'UNBALANCED_ROW', 'INTERVIEW_MISSING', 'MALFORMED', 'NOT_CANONICAL', 'TOO_LARGE', 'UNKNOWN_TYPE',
  'BAD_SIGNATURE', 'NOT_AUTHORISED', 'PROOF', 'CONFLICT', 'UNKNOWN', 'BUSY', 'STORAGE', 'INTERNAL',
  'WITNESSES', 'BALLOT_SPENT', 'FIRST_KEYS', 'CHECK_DIFFERS',
];

/** What the state machine says to an entry that it does not take in. */
export class Refusal extends Error {
  /** @param {string} code one of REFUSALS @param {number} check number of the check that fails by it (§13) */
  constructor(code, check = 4) {
    super(code);
    this.code = code;
    this.check = check;
  }
}

/** Of a box: each fault of each of its ballots. */
export class RefusedBallots extends Refusal {
  /** @param {{code: string, check: number}[]} faults at least one */
  constructor(faults) {
    super(faults[0].code, faults[0].check);
    this.faults = faults;
  }
}

/** @param {unknown} condition @param {string} code @param {number} [check] */
export function must(condition, code, check) {
  if (!condition) throw new Refusal(code, check);
}
