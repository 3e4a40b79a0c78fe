// SPDX-License-Identifier: Apache-2.0
// Records in which one entry is another than it should be, rightly signed and in canonical form: what a server, an
// office or a trustee might write who know the protocol. And records in which items of the file are. Each follows from
// a number.
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

// ---- Against the file ----

const MAGIC_BYTES = 17;  // "PIAOJUE-RECORD-2\n"

/** The items of a record file, without their lengths. @param {Uint8Array} bytes */
function itemsOf(bytes) {
  const items = [];
  for (let at = MAGIC_BYTES; at < bytes.length;) {
    const size = new DataView(bytes.buffer, bytes.byteOffset + at).getUint32(0);
    items.push(bytes.slice(at + 4, at + 4 + size));
    at += 4 + size;
  }
  return items;
}

/** The file of these items. @param {Uint8Array[]} items @param {Uint8Array} magic */
function fileOf(items, magic) {
  const out = [...magic];
  for (const item of items) {
    out.push(item.length >>> 24, (item.length >>> 16) & 255, (item.length >>> 8) & 255, item.length & 255, ...item);
  }
  return Uint8Array.from(out);
}

/** One to three changes to the items of one of these records.
 * @param {{name: string, bytes: Uint8Array, anchor: string}[]} records @param {number} seed */
export function damagedRecord(records, seed) {
  const { name, bytes, anchor } = new Mutation(seed).one(records.filter((r) => r.bytes.length > MAGIC_BYTES));
  const mutation = new Mutation(seed + 0x5bd1e995);
  const items = itemsOf(bytes);
  const place = () => mutation.below(items.length);
  const change = (edit) => {
    const at = place();
    if (items[at]?.length > 0) items[at] = edit(items[at], mutation.below(items[at].length));
  };
  const CHANGES = {
    out: () => items.splice(place(), 1),
    twice: () => items.splice(place(), 0, ...items.slice(-1), items[place()] ?? new Uint8Array(0)),
    swap: () => { const [i, j] = [place(), place()]; [items[i], items[j]] = [items[j], items[i]]; },
    late: () => items.push(...items.splice(place(), 1)),
    flip: () => change((item, at) => item.map((b, i) => (i === at ? b ^ (1 << mutation.below(8)) : b))),
    set: () => change((item, at) => item.map((b, i) => (i === at ? mutation.one([0, 1, 127, 128, 255]) : b))),
    cut: () => change((item, at) => item.slice(0, at)),
    grow: () => change((item, at) => Uint8Array.from([...item, ...item.slice(at)])),
    end: () => items.splice(place()),
  };
  const done = Array.from({ length: 1 + mutation.below(3) }, () => mutation.one(Object.keys(CHANGES)));
  for (const what of done) if (items.length > 0) CHANGES[what]();
  return { bytes: fileOf(items.filter((item) => item !== undefined), bytes.subarray(0, MAGIC_BYTES)), anchor,
    what: `${seed}: ${name}, items ${done.join(', ')}` };
}

// ---- Against RecuseBack (ADR 26) ----

/** What stands of the recusals of a record, and whose word it rests on. */
class Recusals {
  #standing = new Map();  // "person,question" → { person, question, own, office, committee, last: the last Recuse }
  #ended = new Map();     // "person,question" → RecuseBacks so far
  #live = [];             // questions of the last attempt

  of({ person, question }) {
    return this.#standing.get(`${person},${question}`);
  }
  ended({ person, question }) {
    return this.#ended.get(`${person},${question}`) ?? 0;
  }
  note(entry) {
    const { name, body, signers, maker } = entry;
    const at = `${body.person},${body.question}`;
    if (name === 'Recuse') {
      const by = signers.length === 1 && signers[0] === body.person ? 'own'
        : signers.includes(maker.chair) ? 'office' : 'committee';
      const { person, question } = body;
      this.#standing.set(at, { ...this.#standing.get(at), person, question, [by]: true, last: entry });
    } else if (name === 'RecuseBack') {
      this.#standing.delete(at);
      this.#ended.set(at, this.ended(body) + 1);
    }
  }
  /** What an entry makes of the questions that are voted on. */
  follow({ name, body }) {
    if (name === 'BatchOpen') this.#live = body.questions;
    if (name === 'Void') this.#live = this.#live.filter((q) => body.questions && !body.questions.includes(q));
  }
  /** One that stands, from a question of the last attempt that is not voided. */
  get live() {
    return [...this.#standing.values()].find(({ question }) => this.#live.includes(question));
  }
  /** A RecuseBack of it that would be lawful between attempts. @param {any} word @param {any} maker */
  back(word, maker) {
    const { person, question } = word;
    const beside = word.committee ? others(maker, person) : word.office ? maker.office : [];
    return { name: 'RecuseBack', signers: [person, ...beside], body: { meeting: maker.meeting, person, question,
      reason: '误登', sequence: this.ended(word) } };
  }
}
const others = (maker, person) => maker.experts.filter((p) => p !== person);

/** In place of a RecuseBack: the entry itself, changed. @param {(entry: any, known: Recusals) => any} change */
const instead = (change) => ({ at: 'RecuseBack', write: (entry, known) => {
  const changed = change(entry, known);
  return changed && [{ ...entry, ...changed }];
} });
const withBody = (more) => instead(({ body, maker }) => ({ body: { ...body, ...more(body, maker) } }));
/** Before or behind a RecuseBack. */
const around = (write) => ({ at: 'RecuseBack', write });
/** A RecuseBack of what stands, once an entry of this type is there. */
const behind = (at) => ({ at, write: (entry, known) =>
  known.live && [entry, known.back(known.live, entry.maker)] });

/**
 * What is written instead of an entry of type `at`, nothing where it does not apply. The last one must be refused.
 * Harm of each: somebody votes who has stepped back, or whom others have kept away, without everybody's word that the
 * recusal rests on.
 */
const AGAINST_RECUSE_BACK = {
  // Who signs.
  'without its person': instead(({ body, signers }) => ({ signers: signers.filter((p) => p !== body.person) })),
  'by somebody else': instead(({ body, maker }) => ({ signers: [others(maker, body.person).at(-1)] })),
  'by the server': instead(() => ({ signers: [0] })),
  'by the office without him': instead(({ maker }) => ({ signers: maker.office })),
  'by the committee without him': instead(({ body, maker }) => ({ signers: others(maker, body.person) })),
  'with an office where there was none': instead(({ body, maker }, known) => {
    const { office, committee } = known.of(body);
    return !office && !committee && { signers: [body.person, ...maker.office] };
  }),
  'with a committee where there was none': instead(({ body, maker }, known) => {
    const { office, committee } = known.of(body);
    return !office && !committee && { signers: [body.person, ...others(maker, body.person)] };
  }),
  'alone of what others said': instead(({ body, signers }) => signers.length > 1 && { signers: [body.person] }),
  'with the office of what the committee said': instead(({ body, maker }, known) =>
    known.of(body).committee && { signers: [body.person, ...maker.office] }),
  'with a committee that lacks one': instead(({ body, maker }, known) =>
    (known.of(body).committee || known.of(body).office)
      && { signers: [body.person, ...others(maker, body.person).slice(0, 4)] }),
  'with the chair alone': instead(({ body, maker }, known) =>
    known.of(body).office && { signers: [body.person, maker.chair] }),
  'with one who is not asked': instead(({ signers, maker }) => ({ signers: [...signers, maker.clerk] })),
  'with the server beside them': instead(({ signers }) => ({ signers: [0, ...signers] })),

  // What the signatures are.
  'under another person\'s key': instead(({ body, maker }) =>
    ({ keyOf: { [body.person]: maker.keys.get(others(maker, body.person)[0]) } })),
  'under the server\'s key': instead(({ body, maker }) => ({ keyOf: { [body.person]: maker.server } })),
  // The two bodies are of one form: what he signed to step back would bring him back.
  'with the signatures of a Recuse': instead(() => ({ spoken: 'Recuse' })),
  'with no signature behind a name': instead(() =>
    ({ bend: (list) => list.map((one) => ({ ...one, signature: new Uint8Array(0) })) })),
  'with a signature that is too short': instead(() =>
    ({ bend: (list) => list.map((one) => ({ ...one, signature: one.signature.subarray(0, 63) })) })),
  'with nobody\'s signature': instead(() => ({ bend: () => [] })),
  'with a signature twice': instead(() => ({ bend: (list) => [...list, list.at(-1)] })),
  'with one signer\'s signature under another\'s name': instead(() =>
    ({ bend: (list) => list.length > 1 ? list.map((one, i) => ({ ...one, signature: list.at(i - 1).signature }))
      : list.map((one) => ({ ...one, signer: one.signer + 1 })) })),
  'signed over a nought that is not written': instead(({ body }) => !body.sequence && { behind: [0x28, 0] }),
  'signed over a field that nobody knows': instead(() => ({ behind: [0x30, 1] })),

  // Of what.
  'of another person than signs': withBody(({ person }, maker) => ({ person: others(maker, person)[0] })),
  'of the question beside it': instead(({ body }, known) => {
    const question = body.question === 1 ? 2 : 1;
    return !known.of({ ...body, question }) && { body: { ...body, question } };
  }),
  'of nobody': withBody(() => ({ person: 0 })),
  'of a person beyond all': withBody(() => ({ person: 2 ** 32 - 1 })),
  'of no question': withBody(() => ({ question: 0 })),
  'of a question beyond all': withBody(() => ({ question: 2 ** 32 - 1 })),
  'of another meeting': withBody((_, maker) => ({ meeting: maker.leaves.at(-1) })),
  'of no meeting': withBody(() => ({ meeting: new Uint8Array(0) })),
  'without a reason': withBody(() => ({ reason: '' })),
  'of the next time': withBody(({ sequence }) => ({ sequence: (sequence ?? 0) + 1 })),
  'of the time before': withBody(({ sequence }) => ({ sequence: (sequence ?? 0) - 1 >>> 0 })),

  // In which order, and how often.
  'twice': around((entry) => [entry, entry]),
  'before what it takes back': { at: 'Recuse', write: (entry, known) => {
    const { person, question } = entry.body;
    return !known.of(entry.body) && [known.back({ person, question, own: true }, entry.maker)];
  } },
  'kept, and sent again when he has stepped back anew': around((entry) => {
    const { body } = entry;
    const anew = { name: 'Recuse', signers: [body.person], body: { ...body, sequence: (body.sequence ?? 0) + 1 } };
    return [entry, anew, entry];
  }),
  // The other way round: he would be kept away with what he himself had said before.
  'the Recuse is kept, and sent again behind it': around((entry, known) => [entry, known.of(entry.body).last]),
  // Under a key that the office has brought him, it would speak for him.
  'under a key that the office brought him for it': around((entry, known) => {
    const { body, maker } = entry;
    if (!known.of(body).own || known.of(body).committee) return null;
    const change = { meeting: maker.meeting, person: body.person, ...maker.newKeys(body.person), reason: '电脑坏了' };
    return [{ name: 'KeyChange', body: change, signers: maker.office }, entry];
  }),

  // When. The roll, the tokens and the denominator are those of the BatchOpen; sums are known from the first share on.
  'once the question is voted on': behind('BatchOpen'),
  'once the box is there': behind('BallotBox'),
  'once a share is given': behind('TallyShare'),
  'once the result is out': behind('Declaration'),
  'once the meeting is closed': behind('MeetingClose'),
};
export const ATTACKS = Object.keys(AGAINST_RECUSE_BACK);

/** Lawful meetings in which recusals are taken back. */
const TAKEN_BACK = Object.values(LAWFUL).filter(([, play]) => String(play).includes('recuseBack'));

/** Thrown when all is written that was wanted. */
class Written extends Error {}

/**
 * A lawful meeting in which recusals are taken back, and which ends with an attack upon that.
 * @param {any} sodium @param {string} attack @param {number} from where the search for a meeting begins that it fits
 * @returns {any} the record; nothing: it fits none
 */
export function attackedMeeting(sodium, attack, from = 0) {
  const { at, write } = AGAINST_RECUSE_BACK[attack];
  for (let i = 0; i < TAKEN_BACK.length; i++) {
    const [, play, options] = TAKEN_BACK[(from + i) % TAKEN_BACK.length];
    const known = new Recusals();
    let attacked = false;
    const m = meeting({ sodium, ...options, alter: (entry) => {
      if (attacked) throw new Written();
      known.follow(entry);
      const written = entry.name === at ? write(entry, known) : null;
      known.note(entry);
      attacked = Boolean(written);
      return written || [entry];
    } });
    try {
      m.end(play(m) ?? {});
    } catch (error) {
      if (!(error instanceof Written)) throw error;
    }
    if (!attacked) continue;
    if (m.witnessed !== m.size) m.checkpoint(m.experts);
    return m;
  }
  return null;
}
