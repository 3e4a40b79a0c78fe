// SPDX-License-Identifier: Apache-2.0
// The primitives (specification §2.1): libsodium for hashes, Ed25519 and ristretto255, WebCrypto for RSA.
import { base64url, bigEndian, hex, join, utf8 } from './bytes.js';
import { equationHolds, isSmallOrder } from './ed25519.js';

const L = 2n ** 252n + 27742317777372353535851937790883648493n;
const IDENTITY = new Uint8Array(32);
const RSA = { name: 'RSA-PSS', hash: 'SHA-384' };
const SALT_LENGTH = 48;

/** @param {Uint8Array} bytes little-endian @returns {bigint} */
const littleEndian = (bytes) => bigEndian(bytes.slice().reverse());

/** Product of the odd primes below 2^16, made once. @type {bigint | null} */
let primorial = null;
function smallPrimes() {
  if (primorial) return primorial;
  const composite = new Uint8Array(65536);
  let factors = [];
  for (let p = 3; p < 65536; p += 2) {
    if (composite[p]) continue;
    factors.push(BigInt(p));
    for (let multiple = p * p; multiple < 65536; multiple += 2 * p) composite[multiple] = 1;
  }
  // Halves times halves: long numbers meet long numbers, which is what makes it quick.
  while (factors.length > 1) {
    factors = factors.flatMap((f, i) => (i % 2 ? [] : [i + 1 < factors.length ? f * factors[i + 1] : f]));
  }
  return (primorial = factors[0]);
}

export class Crypto {
  /** @param {any} sodium libsodium-wrappers-sumo, ready @param {SubtleCrypto} subtle */
  constructor(sodium, subtle) {
    this.sodium = sodium;
    this.subtle = subtle;
    /** Multiples 0·G, 1·G, …, by their encoding. @type {Map<string, number>} */
    this.multiples = new Map();
    /** Ed25519 keys of prime order, by their encoding. @type {Set<string>} */
    this.primeOrder = new Set();
    this.lastMultiple = IDENTITY;
  }
  /** @param {Uint8Array} bytes @returns {Uint8Array} */
  sha256(bytes) {
    return this.sodium.crypto_hash_sha256(bytes);
  }
  /** SHA-512 over a domain string, 0x00 and the parts. @param {string} domain @param {...Uint8Array} parts */
  sha512Of(domain, ...parts) {
    return this.sodium.crypto_hash_sha512(join(utf8(domain), Uint8Array.of(0), ...parts));
  }
  /**
   * Ed25519 without cofactor (§2.4). Some releases of libsodium multiply by the cofactor, others do not; what they may
   * differ about is decided by the equation itself.
   * @param {Uint8Array} signature @param {Uint8Array} message @param {Uint8Array} key
   */
  verify(signature, message, key) {
    const { sodium } = this;
    try {
      if (!sodium.crypto_sign_verify_detached(signature, message, key)) return false;
    } catch {
      return false;
    }
    const r = signature.subarray(0, 32);
    if (this.isPrimeOrder(key) && sodium.crypto_core_ed25519_is_valid_point(r)) return true;
    const k = sodium.crypto_core_ed25519_scalar_reduce(sodium.crypto_hash_sha512(join(r, key, message)));
    return equationHolds(signature, k, key);
  }
  /** @param {Uint8Array} key */
  isPrimeOrder(key) {
    const name = hex(key);
    if (!this.primeOrder.has(name)) {
      if (!this.sodium.crypto_core_ed25519_is_valid_point(key)) return false;
      this.primeOrder.add(name);
    }
    return true;
  }
  /** Ed25519. @param {Uint8Array} key */
  isSmallOrderEd25519(key) {
    return isSmallOrder(key);
  }
  /** X25519: a key that yields zero with every secret. @param {Uint8Array} key */
  isSmallOrderX25519(key) {
    try {
      this.sodium.crypto_scalarmult(new Uint8Array(32).fill(0x42), key);
      return false;
    } catch {
      return true;
    }
  }

  // ---- ristretto255 ----

  /** A canonical encoding of a point other than the identity. @param {Uint8Array} bytes */
  isPoint(bytes) {
    return bytes.length === 32 && bytes.some((b) => b !== 0)
      && this.sodium.crypto_core_ristretto255_is_valid_point(bytes);
  }
  /** @param {Uint8Array} bytes */
  isScalar(bytes) {
    return bytes.length === 32 && littleEndian(bytes) < L;
  }
  /** @param {Uint8Array} a @param {Uint8Array} b */
  add(a, b) {
    return this.sodium.crypto_core_ristretto255_add(a, b);
  }
  /** @param {Uint8Array} a @param {Uint8Array} b */
  subtract(a, b) {
    return this.sodium.crypto_core_ristretto255_sub(a, b);
  }
  /** @param {Uint8Array} scalar < L @param {Uint8Array} point valid */
  times(scalar, point) {
    // libsodium reports the identity as an error.
    try {
      return this.sodium.crypto_scalarmult_ristretto255(scalar, point);
    } catch {
      return IDENTITY;
    }
  }
  /** @param {Uint8Array} scalar < L */
  timesG(scalar) {
    try {
      return this.sodium.crypto_scalarmult_ristretto255_base(scalar);
    } catch {
      return IDENTITY;
    }
  }
  /** @param {number} n */
  smallTimesG(n) {
    const scalar = new Uint8Array(32);
    new DataView(scalar.buffer).setUint32(0, n, true);
    return this.timesG(scalar);
  }
  /** @param {Uint8Array} hash 64 bytes @returns {Uint8Array} scalar */
  reduce(hash) {
    return this.sodium.crypto_core_ristretto255_scalar_reduce(hash);
  }
  /** @param {Uint8Array} a @param {Uint8Array} b scalars */
  addScalars(a, b) {
    return this.sodium.crypto_core_ristretto255_scalar_add(a, b);
  }
  /** n with n·G = point, of 0 … limit; -1 if there is none. @param {Uint8Array} point @param {number} limit */
  discreteLog(point, limit) {
    if (this.multiples.size === 0) this.multiples.set(hex(IDENTITY), 0);
    while (this.multiples.size <= limit) {
      this.lastMultiple = this.add(this.lastMultiple, this.smallTimesG(1));
      this.multiples.set(hex(this.lastMultiple), this.multiples.size);
    }
    const n = this.multiples.get(hex(point)) ?? -1;
    return n <= limit ? n : -1;
  }

  // ---- RSA ----

  /** Odd, of exactly this size, without a prime factor below 2^16. @param {Uint8Array} modulus @param {number} bits */
  isModulus(modulus, bits) {
    if (modulus.length !== bits / 8 || !(modulus[0] & 0x80) || !(modulus.at(-1) & 1)) return false;
    const n = bigEndian(modulus);
    let [a, b] = [n, smallPrimes() % n];
    while (b !== 0n) [a, b] = [b, a % b];
    return a === 1n;
  }
  /** @param {Uint8Array} modulus @returns {Promise<CryptoKey>} */
  importModulus(modulus) {
    const jwk = { kty: 'RSA', n: base64url(modulus), e: 'AQAB', ext: true };
    return this.subtle.importKey('jwk', jwk, RSA, false, ['verify']);
  }
  /** @param {CryptoKey} key @param {Uint8Array} signature @param {Uint8Array} message @returns {Promise<boolean>} */
  verifyRsa(key, signature, message) {
    return this.subtle.verify({ ...RSA, saltLength: SALT_LENGTH }, key, signature, message);
  }
}
