// SPDX-License-Identifier: Apache-2.0
// Who has witnessed what, and in time (specification §4.3): the part of check 3 that is about numbers.
import { hex } from './bytes.js';
import { EXPERT, SCREEN } from './manifest.js';
import { twoThirds } from './people.js';

/** W of an attempt: who was there right after its BatchOpen, who has left since, and what each has cosigned. */
class Roll {
  #left = new Map();      // person → index of the own SignOut
  #cosigned = new Map();  // person → largest size

  /** @param {number} index of the BatchOpen @param {import('./people.js').Person[]} people */
  constructor(index, people) {
    this.index = index;
    this.people = people.filter((p) => !(p.roles & SCREEN));
  }
  /** Whether the current keys of a person are first keys that were in force at BatchOpen. */
  #counts(person) {
    return person.first && person.keyIndex <= this.index;
  }
  /** @param {import('./people.js').Person} person @param {number} index of an own SignOut */
  leaves(person, index) {
    if (this.#counts(person) && !this.#left.has(person.number)) this.#left.set(person.number, index);
  }
  /** @param {import('./people.js').Person} person @param {number} size */
  cosigned(person, size) {
    if (this.#counts(person)) this.#cosigned.set(person.number, size);
  }

  /** At a size s: how many have cosigned so much, and how many are needed. @param {number} s */
  at(s) {
    const there = this.people.filter((p) => (this.#left.get(p.number) ?? Infinity) >= s);
    const figures = (list) => [list.filter((p) => (this.#cosigned.get(p.number) ?? 0) >= s).length,
      twoThirds(list.length)];
    const [have, need] = figures(there);
    const [have_experts, need_experts] = figures(there.filter((p) => p.roles & EXPERT));
    return { have, need, have_experts, need_experts };
  }
  /** Whether an entry is witnessed at some size, by what has been cosigned so far. @param {number} index */
  isWitnessed(index) {
    const sizes = [index, ...[...this.#left.values()].filter((left) => left > index)].map((i) => i + 1);
    return sizes.map((s) => this.at(s)).some((f) => f.have >= f.need && f.have_experts >= f.need_experts);
  }
}

export class Witnesses {
  /** @type {Roll[]} */ #rolls = [];
  #waiting = [];         // entries that somebody may act on: {index, offset, type, until, reason, roll}
  #results = new Map();  // leaf of a Declaration or PaperTally → {index, roll}
  #closers = [];         // who has signed MeetingClose
  #closeWitnessed = false;

  /**
   * @param {import('./state.js').Meeting} meeting
   * @param {(failure: object) => void} fail
   */
  constructor(meeting, fail) {
    this.meeting = meeting;
    this.fail = fail;
  }

  /** A valid cosignature of a checkpoint of the size so far. @param {import('./people.js').Person} person */
  cosigned(person, size) {
    for (const roll of this.#rolls) roll.cosigned(person, size);
    if (this.meeting.closed && person.first && !(person.roles & SCREEN) && !this.#closers.includes(person.number))
      this.#closeWitnessed = true;
  }

  /** An entry that the state machine has taken in. @param {any} applied @param {number} offset */
  taken({ name, body, at }, offset) {
    if (name === 'SignOut' && body.reason === '')
      for (const roll of this.#rolls) roll.leaves(this.meeting.people.of(body.person), at.index);
    this.#settle(name, body);
    if (name === 'BatchOpen' || name === 'MeetingClose') this.#list(body, at);
    if (name === 'BatchOpen') {
      this.#rolls.push(new Roll(at.index, this.meeting.people.signedIn));
      this.#waiting = [];
    }
    const wait = (until, reason) =>
      this.#waiting.push({ index: at.index, leaf: hex(at.leaf), offset, type: name, until, reason,
        roll: this.#rolls.at(-1) });
    if (name === 'BatchOpen') wait(['TokensIssued'], 'open_unwitnessed');
    if (name === 'BallotBox') wait(['TallyShare'], 'box_unwitnessed');
    if (name === 'TallyShare' && this.meeting.current.shares.size === 1) wait(['TallyShare'], 'share_unwitnessed');
    if (name === 'Declaration' || name === 'PaperTally') {
      wait(['BatchOpen', 'MeetingClose'], 'result_unwitnessed');
      this.#results.set(hex(at.leaf), { index: at.index, roll: this.#rolls.at(-1) });
    }
    if (name === 'MeetingClose') this.#closers = at.signers;
  }

  /** Somebody has acted on what was waiting: had enough people witnessed it? */
  #settle(name, body) {
    const due = this.#waiting.filter((w) => w.until.includes(name));
    this.#waiting = this.#waiting.filter((w) => !due.includes(w));
    const accepted = new Set((body.unwitnessed ?? []).map(hex));
    for (const { index, leaf, offset, type, reason, roll } of due) {
      if (accepted.has(leaf) || roll.isWitnessed(index)) continue;
      this.fail({ entry: index, offset, type, reason, values: roll.at(index + 1) });
    }
  }
  /** What the signers of an entry accept unwitnessed. */
  #list(body, at) {
    for (const leaf of body.unwitnessed) {
      const { index, roll } = this.#results.get(hex(leaf));
      this.meeting.change(at, 'unwitnessed', null, { declared: index, ...roll.at(index + 1) });
    }
  }

  /** At the end of a record. @param {number} index of its MeetingClose */
  ending(index) {
    if (this.meeting.closed && !this.#closeWitnessed) this.meeting.change({ index }, 'close_unwitnessed', null);
  }
}
