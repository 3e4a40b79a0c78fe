// SPDX-License-Identifier: Apache-2.0
// One ballot (specification §7), and what checks 13 to 16 say to it.
import { join, readU32be, u32be, utf8 } from './bytes.js';

const HEADER = 1 + 4;
const SIGNATURE = 64;

/**
 * What ballots of a question are judged by.
 * @typedef {object} BallotContext
 * @property {number} entry of the box
 * @property {number} question
 * @property {Uint8Array} ctx
 * @property {Uint8Array} electionKey X
 * @property {Uint8Array[]} moduli by hop
 * @property {boolean} abstain whether it is admissible
 */

/** @param {Uint8Array} leaf of BatchOpen @param {number} q @param {import('./crypto.js').Crypto} crypto */
export const contextOf = (crypto, leaf, q) =>
  crypto.sha256(join(utf8('piaojue/v2/ctx'), Uint8Array.of(0), leaf, u32be(q)));

/** @param {number} trustees @param {number} modulusBytes @param {boolean} abstain */
export const ballotLength = (trustees, modulusBytes, abstain) =>
  HEADER + 32 + 32 + trustees * modulusBytes + 64 + (abstain ? 192 : 128) + SIGNATURE;

/**
 * @param {Uint8Array} bytes of the right length
 * @param {number} trustees @param {number} modulusBytes
 */
export function ballotParts(bytes, trustees, modulusBytes) {
  let at = 0;
  const take = (length) => bytes.subarray(at, (at += length));
  return {
    version: take(1)[0],
    question: readU32be(take(4), 0),
    key: take(32),
    prefix: take(32),
    tokens: Array.from({ length: trustees }, () => take(modulusBytes)),
    a: take(32),
    b: take(32),
    proof: take(bytes.length - at - SIGNATURE),
    signed: bytes.subarray(0, at),
    signature: take(SIGNATURE),
  };
}

/** (c, s) for each admissible vote. @param {Uint8Array} proof */
const scalarsOf = (proof) => Array.from({ length: proof.length / 32 }, (_, i) => proof.subarray(32 * i, 32 * i + 32));

/** The OR proof of §7.3. @param {import('./crypto.js').Crypto} crypto */
function proofHolds(crypto, { ctx, electionKey, abstain }, { key, a, b }, scalars) {
  const votes = abstain ? [0, 1, 256] : [1, 256];
  const commitments = [];
  let sum = new Uint8Array(32);
  votes.forEach((vote, i) => {
    const [c, s] = [scalars[2 * i], scalars[2 * i + 1]];
    const rest = vote === 0 ? b : crypto.subtract(b, crypto.smallTimesG(vote));
    commitments.push(crypto.subtract(crypto.timesG(s), crypto.times(c, a)));
    commitments.push(crypto.subtract(crypto.times(s, electionKey), crypto.times(c, rest)));
    sum = crypto.addScalars(sum, c);
  });
  const challenge = crypto.reduce(crypto.sha512Of('piaojue/v2/or', ctx, electionKey, key, a, b, ...commitments));
  return sum.every((byte, i) => byte === challenge[i]);
}

/**
 * @param {import('./crypto.js').Crypto} crypto
 * @param {BallotContext} context
 * @param {Uint8Array[]} ballots of the right length, version and question, with valid points
 * @param {() => void} [each] called after each ballot
 * @returns {Promise<{check: number, entry: number, question: number, ballot: number, hop?: number}[]>} what fails
 */
export async function judge(crypto, context, ballots, each = () => {}) {
  const keys = await Promise.all(context.moduli.map((modulus) => crypto.importModulus(modulus)));
  const failures = [];
  for (const [i, bytes] of ballots.entries()) {
    const fail = (check, more = {}) =>
      failures.push({ check, entry: context.entry, question: context.question, ballot: i + 1, ...more });
    const parts = ballotParts(bytes, keys.length, context.moduli[0].length);
    const scalars = scalarsOf(parts.proof);
    if (!scalars.every((scalar) => crypto.isScalar(scalar))) {
      fail(15);
    } else {
      const message = join(parts.prefix, utf8('piaojue/v2/token'), Uint8Array.of(0), context.ctx, parts.key);
      const held = await Promise.all(keys.map((key, hop) => crypto.verifyRsa(key, parts.tokens[hop], message)));
      const hop = held.indexOf(false);
      if (hop >= 0) fail(13, { hop });
      const signed = join(utf8('piaojue/v2/ballot'), Uint8Array.of(0), context.ctx, parts.signed);
      if (!crypto.verify(parts.signature, signed, parts.key)) fail(14);
      if (!proofHolds(crypto, context, parts, scalars)) fail(16);
    }
    each();
  }
  return failures;
}
