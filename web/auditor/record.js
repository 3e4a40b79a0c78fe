// SPDX-License-Identifier: Apache-2.0
// The record file (specification §5): items, each in its place.
import { readU32be, utf8, equal } from './bytes.js';
import { RECORD_ITEM } from './messages.js';
import { Refusal } from './refusal.js';
import { decode } from './wire.js';

const MAGIC = utf8('PIAOJUE-RECORD-2\n');
/** A longer entry in a shorter item is the state machine's to refuse (§2.4). */
const ITEM_LIMIT = 24 * 1024 * 1024 + 64;

/** Input that is no record, or is damaged between entries. */
export class Unusable extends Error {
  /** @param {'not_a_record' | 'damaged' | 'too_large'} reason @param {number} offset */
  constructor(reason, offset) {
    super(reason);
    this.reason = reason;
    this.offset = offset;
  }
}

/**
 * @param {Uint8Array} bytes
 * @returns {Generator<{offset: number, end: number, entry?: Uint8Array, checkpoint?: string, cosignature?: any}>}
 */
export function* items(bytes) {
  if (!equal(bytes.subarray(0, MAGIC.length), MAGIC)) throw new Unusable('not_a_record', 0);
  let at = MAGIC.length;
  let before = '';  // kind of the item before
  let person = 0;   // of the cosignature before; they are numbered from 1
  while (at < bytes.length) {
    const offset = at;
    const damaged = () => new Unusable('damaged', offset);
    if (bytes.length - at < 4) throw damaged();
    const length = readU32be(bytes, at);
    if (length > ITEM_LIMIT) throw new Unusable('too_large', offset);
    if (length > bytes.length - at - 4) throw damaged();
    at += 4 + length;
    let item;
    try {
      item = decode(bytes.subarray(offset + 4, at), RECORD_ITEM, true);
    } catch (error) {
      if (error instanceof Refusal) throw damaged();
      throw error;
    }
    if (item.entry) {
      before = 'entry';
    } else if (item.checkpoint !== undefined) {
      // After its last entry, and no two of one size.
      if (before !== 'entry') throw damaged();
      before = 'checkpoint';
      person = 0;
    } else {
      if (before === 'entry' || before === '' || item.cosignature.person <= person) throw damaged();
      before = 'cosignature';
      person = item.cosignature.person;
    }
    yield { offset, end: at, ...item };
  }
  if (before === '') throw new Unusable('damaged', at);
}
