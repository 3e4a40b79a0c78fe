// SPDX-License-Identifier: Apache-2.0
// The arithmetic of a result (specification §11). Integers only; the largest product is far below 2^53.

/**
 * @typedef {object} Counts
 * @property {number} present P
 * @property {number} recusals R
 * @property {number} left signed-in experts whom mode leave keeps out
 * @property {number} agree @property {number} disagree @property {number} abstain
 * @property {number} invalid @property {number} not_cast
 * @property {number} low @property {number} high what `agree` could be if everything unproven went one way
 */

const MODE_EXCLUDE = 2;
export const MODE_LEAVE = 3;

/** @param {any} rules @param {number} agree @param {number} denominator */
export function decides(rules, agree, denominator) {
  if (denominator === 0) return false;
  const [have, want] = [rules.pass_denominator * agree, rules.pass_numerator * denominator];
  return rules.pass_strict ? have > want : have >= want;
}

/** @param {any} rules @param {number} denominator */
function neededOf(rules, denominator) {
  const product = rules.pass_numerator * denominator;
  const d = rules.pass_denominator;
  return rules.pass_strict ? Math.floor(product / d) + 1 : Math.ceil(product / d);
}

/**
 * What `agree` could be, given what people have said of the box.
 * @param {{agree: number, ballots: number, ok: number, said_not_cast: number, mayVote: number}} said mayVote: P − R
 */
export const boundsOf = ({ agree, ballots, ok, said_not_cast, mayVote }) =>
  ({ low: Math.max(0, agree - Math.max(0, ballots - ok)), high: agree + mayVote - ok - said_not_cast });

/** The row that the figures give. @param {any} rules @param {number} question @param {Counts} counts */
export function rowOf(rules, question, counts) {
  const { agree, disagree, abstain, invalid, not_cast } = counts;
  const excluded = rules.recusal_mode === MODE_EXCLUDE;
  const present = excluded ? counts.present - counts.recusals : counts.present;
  const passes = (votes) => decides(rules, votes, present);
  const contested = passes(counts.low) !== passes(counts.high);
  return {
    question, present, agree, disagree, abstain, invalid, not_cast,
    recused: excluded ? 0 : counts.recusals,
    needed: neededOf(rules, present),
    passed: !contested && passes(agree),
    contested,
    mode_sensitive: decides(rules, agree, counts.present + counts.left) !==
      decides(rules, agree, counts.present - counts.recusals),
  };
}

/** @param {any} row @returns {boolean} */
export function balances(row) {
  const parts = [row.agree, row.disagree, row.abstain, row.invalid, row.not_cast, row.recused];
  return parts.every((part) => part >= 0) && parts.reduce((a, b) => a + b) === row.present;
}
