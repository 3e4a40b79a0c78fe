// SPDX-License-Identifier: Apache-2.0
// Canonical Protobuf (specification §2.3): a reader that takes one spelling only, so that nothing has to be encoded
// again to see whether the bytes are canonical.
import { compare, equal, text } from './bytes.js';
import { Refusal, must } from './refusal.js';

const TEXT_LIMIT = 16 * 1024;

/**
 * Kinds: `u32`, `u64`, `bool`, `text`, `bytes`, a number (bytes of exactly that length), or the fields of another
 * message. `many` makes a list of at most `most`; `by` names what it strictly ascends by (a field, or '' for the items
 * themselves, numbers or bytes).
 * @typedef {object} Field
 * @property {number} number
 * @property {string} name
 * @property {string | number | Field[]} kind
 * @property {boolean} many
 * @property {number} most
 * @property {string | null} by
 */

/** @returns {Field} */
export const one = (number, name, kind) => ({ number, name, kind, many: false, most: 1, by: null });
/** @returns {Field} */
export const many = (number, name, kind, most, by = null) => ({ number, name, kind, many: true, most, by });

/** Reads numbers and pieces off bytes. */
class Cursor {
  /** @param {Uint8Array} bytes */
  constructor(bytes) {
    this.bytes = bytes;
    this.at = 0;
  }
  get more() {
    return this.at < this.bytes.length;
  }
  /** @returns {bigint} */
  varint64() {
    let value = 0n;
    for (let shift = 0n; ; shift += 7n) {
      must(this.more && shift < 70n, 'MALFORMED');
      const byte = this.bytes[this.at++];
      value |= BigInt(byte & 0x7f) << shift;
      if (byte & 0x80) continue;
      must(byte !== 0 || shift === 0n, 'NOT_CANONICAL');
      must(value < 1n << 64n, 'NOT_CANONICAL');
      return value;
    }
  }
  /** @returns {number} */
  varint32() {
    const value = this.varint64();
    must(value < 1n << 32n, 'NOT_CANONICAL');
    return Number(value);
  }
  /** @returns {Uint8Array} */
  piece() {
    const length = this.varint64();
    must(length <= BigInt(this.bytes.length - this.at), 'MALFORMED');
    const from = this.at;
    this.at += Number(length);
    return this.bytes.subarray(from, this.at);
  }
}

const isNumber = (kind) => kind === 'u32' || kind === 'u64' || kind === 'bool';
/** What a field that is not written stands for. */
function absent(field) {
  if (field.many) return [];
  if (field.kind === 'u32') return 0;
  if (field.kind === 'u64') return 0n;
  if (field.kind === 'bool') return false;
  if (field.kind === 'text') return '';
  if (Array.isArray(field.kind)) return null;
  return new Uint8Array(0);
}

/** @param {Cursor} cursor */
function number(cursor, kind) {
  if (kind === 'u64') return cursor.varint64();
  const value = cursor.varint32();
  if (kind !== 'bool') return value;
  must(value <= 1, 'NOT_CANONICAL');
  return value === 1;
}

/** @param {Uint8Array} piece */
function content(piece, kind) {
  if (Array.isArray(kind)) return decode(piece, kind);
  if (kind !== 'text') return piece;
  must(piece.length <= TEXT_LIMIT, 'TOO_LARGE');
  try {
    return text(piece);
  } catch {
    throw new Refusal('MALFORMED');
  }
}

/**
 * @param {Uint8Array} bytes
 * @param {Field[]} fields ascending
 * @param {boolean} oneof exactly one of the fields is there, and may then have its default value
 * @returns {any} the message; throws Refusal
 */
export function decode(bytes, fields, oneof = false) {
  const message = {};
  const cursor = new Cursor(bytes);
  let last = 0;
  while (cursor.more) {
    const tag = cursor.varint32();
    const field = fields.find((f) => f.number === tag >>> 3);
    must(field, 'NOT_CANONICAL');
    const packed = field.many && isNumber(field.kind);
    must((tag & 7) === (isNumber(field.kind) && !field.many ? 0 : 2), 'NOT_CANONICAL');
    const again = field.number === last && field.many && !packed;
    must(field.number > last || again, 'NOT_CANONICAL');
    must(!oneof || last === 0, 'NOT_CANONICAL');
    last = field.number;
    if (packed) {
      const inner = new Cursor(cursor.piece());
      must(inner.more, 'NOT_CANONICAL');
      const list = [];
      while (inner.more) list.push(number(inner, field.kind));
      must(list.length <= field.most, 'TOO_LARGE');
      message[field.name] = list;
    } else if (isNumber(field.kind)) {
      const value = number(cursor, field.kind);
      must(oneof || (value !== 0 && value !== 0n && value !== false), 'NOT_CANONICAL');
      message[field.name] = value;
    } else {
      const piece = cursor.piece();
      must(oneof || field.many || Array.isArray(field.kind) || piece.length > 0, 'NOT_CANONICAL');
      const value = content(piece, field.kind);
      if (field.many) must((message[field.name] ??= []).push(value) <= field.most, 'TOO_LARGE');
      else message[field.name] = value;
    }
  }
  if (oneof) must(last !== 0, 'MALFORMED');
  else complete(message, fields);
  return message;
}

/** Fills in what was not written, and checks lengths and orders. */
function complete(message, fields) {
  for (const field of fields) {
    message[field.name] ??= absent(field);
    const value = message[field.name];
    if (typeof field.kind === 'number') {
      for (const bytes of field.many ? value : [value]) must(bytes.length === field.kind, 'MALFORMED');
    }
    if (field.by !== null && field.many) ascending(value, field.by);
  }
}

/** @param {number | Uint8Array} a @param {number | Uint8Array} b */
const before = (a, b) => (a instanceof Uint8Array ? compare(a, b) < 0 : a < b);

/** @param {any[]} list @param {string} by names of the keys of the order, joined by a comma; '' the items themselves */
function ascending(list, by) {
  const keys = by.split(',');
  for (let i = 1; i < list.length; i++) {
    const key = (item) => (by === '' ? [item] : keys.map((k) => item[k]));
    const [a, b] = [key(list[i - 1]), key(list[i])];
    const differs = a.findIndex((x, k) => x !== b[k] && !(x instanceof Uint8Array && equal(x, b[k])));
    must(differs >= 0 && before(a[differs], b[differs]), 'NOT_CANONICAL');
  }
}
