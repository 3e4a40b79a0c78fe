// SPDX-License-Identifier: Apache-2.0
// Checkpoints and cosignatures (specification §4.2, §4.3).
import { base64, equal, join, unbase64, utf8 } from './bytes.js';

const NOTE_LIMIT = 4096;

/** @param {string} origin @param {number} size @param {Uint8Array} root @returns {string} */
export const checkpointBody = (origin, size, root) => `${origin}\n${size}\n${base64(root)}\n`;

/**
 * @param {import('./crypto.js').Crypto} crypto
 * @param {string} note
 * @param {string} origin
 * @param {Uint8Array} key the checkpoint key
 * @param {string} body of the checkpoint that belongs here
 * @returns {null | 'form' | 'signature' | 'tree'} what is wrong
 */
export function checkNote(crypto, note, origin, key, body) {
  if (utf8(note).length > NOTE_LIMIT) return 'form';
  const parts = /^([^\n]+)\n(0|[1-9][0-9]*)\n([A-Za-z0-9+/=]+)\n\n\u2014 ([^\n ]+) ([A-Za-z0-9+/=]+)\n$/u.exec(note);
  if (!parts) return 'form';
  const root = unbase64(parts[3]);
  const signed = unbase64(parts[5]);
  if (parts[1] !== origin || parts[4] !== origin || root?.length !== 32 || signed?.length !== 4 + 64) return 'form';
  const keyId = crypto.sha256(join(utf8(origin), Uint8Array.of(0x0a, 0x01), key)).subarray(0, 4);
  if (!equal(signed.subarray(0, 4), keyId)) return 'signature';
  const signedBody = note.slice(0, note.indexOf('\n\n') + 1);
  if (!crypto.verify(signed.subarray(4), utf8(signedBody), key)) return 'signature';
  return signedBody === body ? null : 'tree';
}

/**
 * @param {import('./crypto.js').Crypto} crypto
 * @param {{time_s: bigint, signature: Uint8Array}} cosignature
 * @param {string} body of the checkpoint @param {Uint8Array} key the witness key
 */
export const checkCosignature = (crypto, cosignature, body, key) =>
  cosignature.time_s < 1n << 53n &&
  crypto.verify(cosignature.signature, utf8(`cosignature/v1\ntime ${cosignature.time_s}\n${body}`), key);
