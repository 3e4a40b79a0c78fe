// SPDX-License-Identifier: Apache-2.0
// Bytes: joining, comparing, spelling. Everything here is strict, because two spellings of one value are two values
// to a hash.

const encoder = new TextEncoder();
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** @param {string} text @returns {Uint8Array} */
export const utf8 = (text) => encoder.encode(text);

/** Throws on what is not UTF-8. @param {Uint8Array} bytes @returns {string} */
export const text = (bytes) => decoder.decode(bytes);

/** @param {...Uint8Array} parts @returns {Uint8Array} */
export function join(...parts) {
  let length = 0;
  for (const part of parts) length += part.length;
  const out = new Uint8Array(length);
  let at = 0;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}

/** @param {number} n @returns {Uint8Array} */
export const u32be = (n) => Uint8Array.of(n >>> 24, n >>> 16, n >>> 8, n);

/** @param {Uint8Array} bytes @param {number} at @returns {number} */
export const readU32be = (bytes, at) =>
  bytes[at] * 0x1000000 + ((bytes[at + 1] << 16) | (bytes[at + 2] << 8) | bytes[at + 3]);

/** Order of bytes; a prefix comes first. @param {Uint8Array} a @param {Uint8Array} b @returns {number} */
export function compare(a, b) {
  const n = Math.min(a.length, b.length);
  for (let i = 0; i < n; i++) if (a[i] !== b[i]) return a[i] - b[i];
  return a.length - b.length;
}

/** @param {Uint8Array} a @param {Uint8Array} b */
export const equal = (a, b) => a.length === b.length && compare(a, b) === 0;

/** @param {number[]} a @param {number[]} b */
export const equalLists = (a, b) => a.length === b.length && a.every((x, i) => x === b[i]);

const HEX = Array.from({ length: 256 }, (_, n) => n.toString(16).padStart(2, '0'));

/** @param {Uint8Array} bytes @returns {string} */
export function hex(bytes) {
  let out = '';
  for (const byte of bytes) out += HEX[byte];
  return out;
}

/** An X25519 key as it is compared and remembered: without the bit that nobody reads (§2.4).
 * @param {Uint8Array} key @returns {string} */
export const hexOfX25519 = (key) => hex(Uint8Array.from(key, (byte, i) => (i === 31 ? byte & 0x7f : byte)));

/** @param {string} digits an even number of hexadecimal digits @returns {Uint8Array} */
export const unhex = (digits) => Uint8Array.from(digits.match(/../g) ?? [], (pair) => parseInt(pair, 16));

/** @param {Uint8Array} bytes big-endian @returns {bigint} */
export const bigEndian = (bytes) => BigInt('0x' + (hex(bytes) || '0'));

/** @param {Uint8Array} bytes @returns {string} with padding */
export const base64 = (bytes) => btoa(String.fromCharCode(...bytes));

/** @param {Uint8Array} bytes @returns {string} for JWK: of the URL alphabet, without padding */
export const base64url = (bytes) => base64(bytes).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '');

/** The one spelling only; null for any other. @param {string} spelled @returns {Uint8Array | null} */
export function unbase64(spelled) {
  if (!/^[A-Za-z0-9+/]*={0,2}$/.test(spelled)) return null;
  let bytes;
  try {
    bytes = Uint8Array.from(atob(spelled), (c) => c.charCodeAt(0));
  } catch {
    return null;
  }
  return base64(bytes) === spelled ? bytes : null;
}
