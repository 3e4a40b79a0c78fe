// SPDX-License-Identifier: Apache-2.0
// The tree of RFC 6962 §2.1, grown one leaf at a time: only the roots of its complete subtrees are kept.
import { join } from './bytes.js';

export class Tree {
  /** @param {(bytes: Uint8Array) => Uint8Array} sha256 */
  constructor(sha256) {
    this.sha256 = sha256;
    this.size = 0;
    /** Roots of complete subtrees, the largest first. @type {{root: Uint8Array, leaves: number}[]} */
    this.peaks = [];
  }
  /** @param {Uint8Array} entry @returns {Uint8Array} its leaf hash */
  leafHash(entry) {
    return this.sha256(join(Uint8Array.of(0), entry));
  }
  /** @param {Uint8Array} leaf a leaf hash */
  append(leaf) {
    let root = leaf;
    let leaves = 1;
    while (this.peaks.length > 0 && this.peaks.at(-1).leaves === leaves) {
      root = this.node(this.peaks.pop().root, root);
      leaves *= 2;
    }
    this.peaks.push({ root, leaves });
    this.size += 1;
  }
  /** @returns {Uint8Array} */
  root() {
    if (this.size === 0) return this.sha256(new Uint8Array(0));
    return this.peaks.map((peak) => peak.root).reduceRight((right, left) => this.node(left, right));
  }
  /** @param {Uint8Array} left @param {Uint8Array} right */
  node(left, right) {
    return this.sha256(join(Uint8Array.of(1), left, right));
  }
}
