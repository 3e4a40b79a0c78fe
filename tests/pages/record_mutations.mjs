// SPDX-License-Identifier: Apache-2.0
// Records in which one entry is another than it should be, rightly signed and in canonical form: what a server, an
// office or a trustee might write who know the protocol. Each follows from a number.
import { TYPES } from '../../web/auditor/messages.js';
import { LAWFUL, meeting } from './record_cases.mjs';

/** Numbers in [0, 1) that follow from a seed (mulberry32). @param {number} seed */
function dice(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

class Mutation {
  /** @param {number} seed */
  constructor(seed) {
    this.random = dice(seed);
    this.done = null;   // what was altered
  }
  below(n) {
    return Math.floor(this.random() * n);
  }
  one(list) {
    return list[this.below(list.length)];
  }

  /** Another value of a field. */
  value(field, value, maker) {
    if (field.many) return this.list(field, value ?? [], maker);
    if (Array.isArray(field.kind)) return this.body(field.kind, value, maker);
    if (field.kind === 'bool') return !value;
    if (field.kind === 'text') return value ? '' : '理由';
    if (field.kind === 'u64') {
      const n = Number(value ?? 0);
      return this.one([0, n + 1, Math.max(0, n - 1), 2 ** 40]);
    }
    if (field.kind === 'u32') {
      const n = value ?? 0;
      return this.one([n + 1, Math.max(0, n - 1), 0, this.below(14), this.below(4), 2 ** 32 - 1]);
    }
    return this.one([new Uint8Array(0), new Uint8Array(32), this.one(maker.leaves),
      Uint8Array.from(value ?? [], (b, i) => (i === 5 ? b ^ 1 : b))]);
  }
  list(field, value, maker) {
    const item = () => (field.many && value.length > 0 ? this.value({ ...field, many: false }, this.one(value), maker)
      : this.value({ ...field, many: false }, Array.isArray(field.kind) ? {} : undefined, maker));
    const at = this.below(value.length + 1);
    return this.one([
      () => value.slice(0, -1), () => value.slice(1), () => [], () => [...value, ...value.slice(-1)],
      () => [...value].reverse(), () => [...value.slice(0, at), item(), ...value.slice(at)],
      () => value.map((x, i) => (i === at ? item() : x)),
    ])();
  }
  body(fields, body, maker) {
    const field = this.one(fields);
    return { ...body, [field.name]: this.value(field, body[field.name], maker) };
  }
  signers(signers, maker) {
    const people = [0, ...maker.keys.keys()];
    const rest = people.filter((p) => !signers.includes(p));
    const without = signers.filter((_, i) => i !== 0 || signers.length === 1);
    return this.one([
      () => without, () => signers.slice(0, -1), () => [...signers, this.one(rest)], () => [this.one(people)],
      () => [...without, this.one(rest)], () => maker.office, () => maker.committee(), () => maker.committee(5),
      () => [maker.chair, maker.clerk], () => people.filter(() => this.random() < 0.5),
    ])();
  }

  /** What is written instead of an entry. */
  alter({ name, body, signers, maker }) {
    const fields = TYPES.find((t) => t?.[0] === name)[1];
    const what = this.one(['body', 'body', 'body', 'body', 'signers', 'signers', 'twice', 'never']);
    this.done = `${what} of ${name} at ${maker.size}`;
    const entry = { name, body, signers };
    if (what === 'body') return [{ ...entry, body: this.body(fields, body, maker) }];
    if (what === 'signers') return [{ ...entry, signers: this.signers(signers, maker).filter((p) => p !== undefined) }];
    return what === 'twice' ? [entry, entry] : [];
  }
}

/** The meeting of a number: one of the lawful ones, with one entry altered. @param {any} sodium @param {number} seed */
export function mutatedMeeting(sodium, seed) {
  const mutation = new Mutation(seed);
  const name = mutation.one(Object.keys(LAWFUL));
  const [, play, options] = LAWFUL[name];
  // The place is chosen among all entries, the first ones less often: they are many SignIns.
  let left = mutation.below(65);
  const m = meeting({ sodium, ...options, alter: (entry) => {
    left -= ['SignIn', 'MeetingOpen'].includes(entry.name) ? 0.3 : 1;
    return mutation.done === null && left < 0 && entry.maker.size > 0 ? mutation.alter(entry) : [entry];
  } });
  let rest;
  try {
    rest = play(m) ?? {};
    m.end(rest);
  } catch (error) {
    // A maker that trips over what it has altered: the record ends here.
    if (!(error instanceof TypeError)) throw error;
    m.checkpoint();
  }
  return { m, what: `${seed}: ${name}, ${mutation.done}` };
}
