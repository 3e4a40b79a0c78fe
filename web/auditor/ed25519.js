// SPDX-License-Identifier: Apache-2.0
// Ed25519 by the equation without cofactor (specification §2.4), for the few signatures about which implementations
// differ: those whose key or R is not in the group of prime order. Slow, and never needed for an honest signature.
import { bigEndian, equal } from './bytes.js';

const P = 2n ** 255n - 19n;
const D = mod(-121665n * inverse(121666n));
const ROOT_OF_MINUS_ONE = power(2n, (P - 1n) / 4n);
const BASE_Y = mod(4n * inverse(5n));
const BASE = pointOf(BASE_Y, 0n);

/** @param {bigint} x @returns {bigint} */
function mod(x) {
  const rest = x % P;
  return rest < 0n ? rest + P : rest;
}
/** @param {bigint} base @param {bigint} exponent @returns {bigint} */
function power(base, exponent) {
  let out = 1n;
  for (let square = mod(base); exponent > 0n; exponent >>= 1n, square = mod(square * square))
    if (exponent & 1n) out = mod(out * square);
  return out;
}
/** @param {bigint} x not 0 */
function inverse(x) {
  return power(x, P - 2n);
}

/** RFC 8032 §5.1.3. @param {bigint} y @param {bigint} sign of x @returns {{x: bigint, y: bigint} | null} */
function pointOf(y, sign) {
  const [u, v] = [mod(y * y - 1n), mod(D * y * y + 1n)];
  let x = mod(u * v ** 3n * power(u * v ** 7n, (P - 5n) / 8n));
  if (mod(v * x * x) === mod(-u)) x = mod(x * ROOT_OF_MINUS_ONE);
  if (mod(v * x * x) !== u || (x === 0n && sign === 1n)) return null;
  return { x: (x & 1n) === sign ? x : mod(-x), y };
}
/** The complete addition law. */
function add(a, b) {
  const product = mod(D * a.x * b.x * mod(a.y * b.y));
  return {
    x: mod((a.x * b.y + a.y * b.x) * inverse(1n + product)),
    y: mod((a.y * b.y + a.x * b.x) * inverse(1n - product)),
  };
}
/** @param {bigint} n */
function times(n, point) {
  let out = { x: 0n, y: 1n };
  for (let doubled = point; n > 0n; n >>= 1n, doubled = add(doubled, doubled)) if (n & 1n) out = add(out, doubled);
  return out;
}
const littleEndian = (bytes) => bigEndian(bytes.slice().reverse());

/** @param {{x: bigint, y: bigint}} point @returns {Uint8Array} */
function encode({ x, y }) {
  let rest = y | ((x & 1n) << 255n);
  return Uint8Array.from({ length: 32 }, () => {
    const byte = Number(rest & 0xffn);
    rest >>= 8n;
    return byte;
  });
}

/**
 * Whether S·B − k·A is R to the byte.
 * @param {Uint8Array} signature R ‖ S
 * @param {Uint8Array} challenge k, 32 bytes, reduced
 * @param {Uint8Array} key A
 */
export function equationHolds(signature, challenge, key) {
  const y = littleEndian(key);
  const a = pointOf(y & ((1n << 255n) - 1n), y >> 255n);
  if (!a) return false;
  const minusA = { x: mod(-a.x), y: a.y };
  const r = add(times(littleEndian(signature.subarray(32)), BASE), times(littleEndian(challenge), minusA));
  return equal(encode(r), signature.subarray(0, 32));
}

/** y of a point of order 8; that of the others is its negative. */
const ORDER_8 = 0x7a03ac9277fdc74ec6cc392cfa53202a0f67100d760b3cba4fd84d3d706a17c7n;
/** y of the points of small order, and of two spellings that are not canonical. */
const SMALL_ORDER = new Set([0n, 1n, P - 1n, P, P + 1n, ORDER_8, P - ORDER_8]);
/** A key that fits signatures of its own kind to every message. @param {Uint8Array} key */
export const isSmallOrder = (key) => SMALL_ORDER.has(littleEndian(key) & ((1n << 255n) - 1n));
