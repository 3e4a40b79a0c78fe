// SPDX-License-Identifier: Apache-2.0
// Meetings for the verifiers: lawful ones, ones in which one rule of the specification is broken, and ones in which too
// few have witnessed something. Made by record_maker.mjs.
import { AGREES, CHAIR, DIFFERS, MISSING, Maker, NOT_CAST, OK, UNOPENED } from './record_maker.mjs';

// ---- Meetings ----

/** Everybody is there. */
export function meeting(options = {}) {
  const m = new Maker(options);
  const officers = m.roles.map((_, i) => i + 1).slice(m.experts.length, -1);
  m.signIn(...[...m.experts, ...officers].filter((p) => m.keys.has(p)));
  return m;
}
/** An attempt in which everybody but `absent` has voted. */
export function voted(m, { batch = 1, choice = () => 'agree', absent = [], ...options } = {}) {
  const a = m.open(batch, options);
  m.checkpoint();
  for (const p of a.present.filter((x) => !absent.includes(x) && a.mayVote(x).length > 0)) a.vote(p, choice(p));
  return a;
}
/** Until the box. */
function mixed(m) {
  const a = voted(m);
  a.closeBatch();
  for (const t of [0, 1]) a.issuanceClosed(t);
  for (const t of [0, 1]) a.mix(t);
  return a;
}
/** Until everybody has confirmed. */
export function confirmed(m, options = {}) {
  const a = voted(m, options);
  a.toBox(options);
  for (const p of a.present) if (!(options.silent ?? []).includes(p)) a.confirm(p, options.says?.[p]);
  return a;
}
export const everybody = (n, more = {}) => ({ 1: { agree: n, ...more }, 2: { agree: n, ...more } });
/** A whole attempt, its result witnessed. */
export function declared(m, options = {}) {
  const a = confirmed(m, options);
  a.shares();
  a.declare(options.figures ?? everybody(m.experts.length));
  m.checkpoint();
  return a;
}

/** name: [kinds of the changes that have to be listed, what happens, options of the meeting]. */
export const LAWFUL = {
  'a plain meeting': [[], (m) => { declared(m); }],
  'the committee signs everything in place of the office': [['paper'], (m) => {
    const signers = m.committee();
    const a = m.open(1, { signers });
    m.checkpoint();
    for (const p of m.experts) a.vote(p, 'agree');
    a.closeBatch({ signers });
    for (const t of [0, 1]) a.issuanceClosed(t);
    for (const t of [0, 1]) a.mix(t);
    a.ballotBox();
    m.checkpoint();
    for (const p of m.experts) a.confirm(p);
    a.shares();
    a.declare(everybody(8), { signers });
    m.checkpoint();
    const b = m.open(2, { paper: true, signers });
    b.paperTally([{ question: 3, issued: 8, returned: 8, valid: 8, agree: 8 }], signers);
    b.declare({ 3: { agree: 8 } }, { signers });
    m.checkpoint();
    return { signers };
  }, { questions: [2, 1] }],
  'an expert gets other keys by the office, and votes from the next attempt on': [['key_change'], (m) => {
    const a = voted(m, { absent: [8] });
    m.keyChange(8, m.office);
    a.voidAll();
    const b = m.open(1);
    m.checkpoint();
    for (const p of m.experts) b.vote(p, 'agree');
    b.toBox();
    for (const p of m.experts) b.confirm(p);
    b.shares();
    b.declare(everybody(8));
    m.checkpoint();
  }],
  'the committee replaces the keys of the chair': [['key_change'], (m) => {
    m.keyChange(m.chair, m.committee());
    declared(m);
  }],
  'who was signed out by others still signs in a committee': [['sign_out', 'key_change'], (m) => {
    m.signOut(1, { reason: '离场' }, m.office);
    m.keyChange(m.chair, [1, 2, 3, 4, 5, 6]);
    m.signIn(1);
    declared(m);
  }],
  'a slot changes hands, and its keys are erased by who had them': [['trustee_change'], (m) => {
    const a = declared(m);
    m.trusteeChange(1, 3, [...m.committee(6)]);
    a.erased(0);
    a.erased(1, [m.chair]);
    declared(m, { batch: 2, figures: { 3: { agree: 8 } } });
  }, { questions: [2, 1] }],
  'the incoming who is no expert signs beside the committee': [['trustee_change'], (m) => {
    m.trusteeChange(1, m.clerk, [...m.committee(6), m.clerk]);
    declared(m);
  }],
  'an envelope is checked and agrees, and its person casts again': [['check'], (m) => {
    const a = voted(m);
    a.spoil(1);
    m.checkpoint();
    a.result(1, AGREES);
    a.vote(1, 'disagree');
    a.toBox();
    for (const p of m.experts) a.confirm(p);
    a.shares();
    a.declare(everybody(7, { disagree: 1 }));
    m.checkpoint();
  }],
  'a check differs, and the person votes with other keys in the next attempt': [['check', 'key_change'], (m) => {
    const a = voted(m);
    a.spoil(1);
    a.result(1, DIFFERS);
    a.voidAll();
    m.keyChange(1, m.office);
    declared(m);
  }],
  // What is said of the laptop that was checked is not said of the one that has taken its place meanwhile.
  'a laptop is replaced before its check says that it differed': [['check', 'key_change'], (m) => {
    const a = voted(m);
    a.spoil(1);
    m.keyChange(1, m.office);
    a.result(1, DIFFERS);
    a.voidAll();
    declared(m);
  }],
  'an envelope is spoiled by the office and cast again': [['check'], (m) => {
    const a = voted(m);
    a.spoil(1, { signers: m.office });
    a.vote(1, 'agree');
    a.toBox();
    for (const p of m.experts) a.confirm(p);
    a.shares();
    a.declare(everybody(8));
    m.checkpoint();
  }],
  'two do not vote: one says so in a Confirm, one when leaving': [[], (m) => {
    const a = voted(m, { absent: [7, 8] });
    m.signOut(8, { batch_open: a.leaf, not_cast: true });
    a.toBox();
    for (const p of m.experts.slice(0, 7)) a.confirm(p);
    a.shares();
    a.declare(everybody(6));
    m.checkpoint();
  }],
  'somebody silent is overridden, and nothing hangs on him': [['override'], (m) => {
    const a = confirmed(m, { silent: [8] });
    a.override([{ person: 8 }]);
    a.shares();
    a.declare(everybody(8));
    m.checkpoint();
  }],
  'a MISSING is overridden, and the row is contested; then the question goes on paper': [
    ['override', 'contested', 'contested', 'paper'], (m) => {
      const a = confirmed(m, { says: { 8: MISSING }, choice: (p) => (p <= 5 ? 'agree' : 'disagree') });
      a.override([{ person: 8, missing: true }]);
      a.shares();
      a.declare(everybody(5, { disagree: 3, contested: true }));
      m.checkpoint();
      const b = m.open(1, { paper: true });
      const row = { issued: 8, returned: 8, valid: 8, agree: 8 };
      b.paperTally([{ question: 1, ...row }, { question: 2, ...row }], m.office);
      b.declare(everybody(8));
      m.checkpoint();
    }],
  'a share is missing, the committee voids, and the question goes on paper': [['paper'], (m) => {
    const a = confirmed(m);
    a.share(0);
    m.checkpoint();
    a.voidAll(m.committee());
    const b = m.open(1, { paper: true });
    const row = { issued: 8, returned: 8, valid: 8, agree: 8 };
    b.paperTally([{ question: 1, ...row }, { question: 2, ...row }], m.committee());
    b.declare(everybody(8));
    m.checkpoint();
  }],
  'a meeting is closed while a share is missing': [['undecided', 'undecided'], (m) => {
    const a = confirmed(m);
    a.share(0);
    m.checkpoint();
  }],
  'two people close the meeting without the supervisor': [['close_two'], (m) => {
    declared(m);
    return { signers: [m.chair, m.clerk] };
  }],
  'a result that nobody witnessed is accepted by name': [['unwitnessed'], (m) => {
    const a = confirmed(m);
    a.shares();
    return { unwitnessed: [a.declare(everybody(8))] };
  }],
  'an expert is recused by others': [['recuse'], (m) => {
    m.entry('Recuse', { meeting: m.meeting, person: 2, question: 1, reason: '同一单位' }, m.office);
    const recusals = [{ person: 2, question: 1 }];
    declared(m, { recusals, figures: { 1: { agree: 7 }, 2: { agree: 8 } } });
  }],
  'an expert who is a chair is recused by the committee': [['recuse'], (m) => {
    m.entry('Recuse', { meeting: m.meeting, person: 1, question: 1, reason: '同一单位' }, [2, 3, 4, 5, 6]);
    const recusals = [{ person: 1, question: 1 }];
    declared(m, { recusals, figures: { 1: { agree: 7 }, 2: { agree: 8 } } });
  }, { roles: { 1: CHAIR } }],
  'an expert takes his recusal back before anybody votes': [[], (m) => {
    m.recuse(2, 1);
    m.recuseBack(2, 1);
    m.recuse(3, 2);
    m.recuseBack(3, 2);
    m.recuse(3, 2);
    const recusals = [{ person: 3, question: 2 }];
    declared(m, { recusals, figures: { 1: { agree: 8 }, 2: { agree: 7 } } });
  }],
  'recusals are taken back with office and committee': [['recuse', 'recuse', 'recuse', ...Array(3).fill('recuse_back')],
    (m) => {
      m.recuse(2, 1, m.office);
      m.recuse(2, 1, [2]);
      m.recuse(3, 1, m.office);
      m.recuse(4, 2, [1, 2, 3, 5, 6]);
      m.recuseBack(2, 1, [2, ...m.office]);
      m.recuseBack(3, 1, [1, 3, 4, 5, 6, 7]);
      m.recuseBack(4, 2, [1, 2, 3, 4, 5, 6]);
      declared(m);
    }],
  'office and committee add their word to an expert\'s': [['recuse', 'recuse', 'recuse_back', 'recuse'], (m) => {
    m.recuse(2, 1);
    m.recuse(2, 1, m.office, { reason: '亲属' });
    m.recuse(2, 1, [1, 3, 4, 5, 6], { reason: '亲属关系' });
    m.recuseBack(2, 1, [1, 2, 3, 4, 5, 6]);
    m.recuse(3, 2, m.experts.filter((p) => p !== 3));
    m.recuse(4, 2);
    const recusals = [3, 4].map((person) => ({ person, question: 2 }));
    declared(m, { recusals, figures: { 1: { agree: 8 }, 2: { agree: 6 } } });
  }],
  'a recusal of an attempt that was voided is taken back': [['recuse_back'], (m) => {
    m.recuse(2, 1);
    const a = voted(m, { recusals: [{ person: 2, question: 1 }] });
    a.voidAll();
    m.recuseBack(2, 1);
    declared(m);
  }],
  'a recusal of another batch is taken back while people vote': [[], (m) => {
    m.recuse(2, 2);
    const a = voted(m);
    m.recuseBack(2, 2);
    a.toBox();
    for (const p of m.experts) a.confirm(p);
    a.shares();
    a.declare(everybody(8));
    m.checkpoint();
    declared(m, { batch: 2 });
  }, { questions: [1, 1] }],
  'a recusal from a question that was voided is taken back while the other is voted on': [['recuse_back'], (m) => {
    m.recuse(2, 1);
    const a = voted(m, { recusals: [{ person: 2, question: 1 }] });
    a.voidAll(m.office, { questions: [1] });
    m.recuseBack(2, 1);
    a.toBox();
    for (const p of m.experts) a.confirm(p);
    a.shares();
    a.declare(everybody(8));
    m.checkpoint();
    declared(m, { questions: [1] });
  }],
  'who comes back is in the batch again': [['recuse_back'], (m) => {
    m.recuse(2, 1);
    const present = m.experts.filter((p) => p !== 2);
    const a = voted(m, { present });
    a.voidAll();
    m.recuseBack(2, 1);
    m.recuse(3, 1);
    m.recuseBack(3, 1);
    declared(m);
  }, { change: (x) => { x.rules.recusal_mode = 3; } }],
  'who has a key of the office takes back what he signed with it': [['key_change'], (m) => {
    m.keyChange(2, m.office);
    m.recuse(2, 1);
    m.recuseBack(2, 1);
    const a = m.open(1);
    m.checkpoint();
    for (const p of m.experts) a.vote(p, 'agree');
    a.toBox();
    for (const p of m.experts) a.confirm(p);
    a.shares();
    a.declare(everybody(8));
    m.checkpoint();
  }],
  'somebody leaves after the opening, and W shrinks with him': [[], (m) => {
    const a = m.open(1);
    m.signOut(m.clerk, { batch_open: a.leaf });
    m.checkpoint([1, 2, 3, 4, 5, 6, 7]);
    for (const p of m.experts) a.vote(p, 'agree');
    a.toBox({ cosigners: [1, 2, 3, 4, 5, 6, m.chair] });
    for (const p of m.experts) a.confirm(p);
    a.shares();
    a.declare(everybody(8));
    m.checkpoint();
  }],
  'who is recused does not count in the denominator': [[], (m) => {
    m.entry('Recuse', { meeting: m.meeting, person: 2, question: 1, reason: '同一单位' }, [2]);
    declared(m, { recusals: [{ person: 2, question: 1 }], figures: { 1: { agree: 7 }, 2: { agree: 8 } } });
  }, { change: (x) => { x.rules.recusal_mode = 2; } }],
  'the office recuses three of eight, and one of them says so himself': [['recuse', 'recuse', 'recuse'], (m) => {
    const recusals = [2, 3, 4].map((person) => ({ person, question: 1 }));
    for (const { person } of recusals)
      m.entry('Recuse', { meeting: m.meeting, person, question: 1, reason: '同一单位' }, m.office);
    m.entry('Recuse', { meeting: m.meeting, person: 4, question: 1, reason: '同一单位，属实' }, [4]);
    declared(m, { recusals, figures: { 1: { agree: 5 }, 2: { agree: 8 } } });
  }],
  'who is recused leaves': [[], (m) => {
    m.entry('Recuse', { meeting: m.meeting, person: 2, question: 1, reason: '同一单位' }, [2]);
    const present = m.experts.filter((p) => p !== 2);
    declared(m, { present, figures: { 1: { agree: 7, left: 1 }, 2: { agree: 7, left: 1 } } });
  }, { change: (x) => { x.rules.recusal_mode = 3; } }],
  'three trustees, more than half, nobody abstains, and one ballot does not open': [[], (m) => {
    const a = voted(m, { choice: (p) => (p <= 6 ? 'agree' : 'disagree') });
    a.toBox({ lost: { 1: 1 }, change: (list, q) => (q === 1 ? list.slice(1) : list) });
    for (const p of m.experts) a.confirm(p);
    a.shares();
    const agree = a.agreeing(1);
    a.declare({ 1: { agree, disagree: 7 - agree, invalid: 1 }, 2: { agree: 6, disagree: 2 } });
    m.checkpoint();
  }, { trustees: [0, 9, 1], change: (x) => {
    Object.assign(x.rules, { pass_numerator: 1, pass_denominator: 2, pass_strict: true, abstain_allowed: false });
  } }],
  'ballots that are not valid are counted outside the box': [[], (m) => {
    const a = voted(m);
    a.toBox({ change: (list) => list.slice(1), refused: { 1: [{ code: 14, count: 1 }], 2: [{ code: 44, count: 1 }] } });
    for (const p of m.experts) a.confirm(p);
    a.shares();
    a.declare(everybody(7, { invalid: 1 }));
    m.checkpoint();
  }],
  'an exceptional candidate was interviewed': [[], (m) => {
    m.entry('Interview', { meeting: m.meeting, question: 2, summary: '面试记录', document: new Uint8Array(32).fill(7) },
      [m.clerk]);
    declared(m);
  }, { change: (x) => { Object.assign(x.candidates[1], { channel: 2, opened_before: '去年的会议' }); } }],
  'candidates have attachments': [[], (m) => { declared(m); }, { change: (x) => {
    const file = (name, size = 20n * 1024n * 1024n) => ({ name, size, sha256: new Uint8Array(32).fill(7) });
    x.candidates[0].attachments = [file('论文.PDF'), file(`${'a'.repeat(196)}.pdf`), file('a.b..jpg', 1n),
      file('证书.jpeg'), file('É.png'), file('é.png')];
    x.candidates[1].attachments = [file('论文.PDF')];
  } }],
  'a rehearsal with one trustee and three experts': [[], (m) => {
    declared(m, { figures: everybody(3) });
  }, { experts: 3, size: 3, trustees: [0], change: (x) => { x.rehearsal = true; } }],
  'the office has two supervisors and one who came late': [['sign_out'], (m) => {
    m.signOut(8, { reason: '离场' }, [m.chair, m.supervisor, m.supervisor + 1]);
    m.signOut(m.supervisor + 1);
    m.signIn(8);
    declared(m, { signers: [m.chair, m.supervisor, m.supervisor + 1] });
  }, { supervisors: 2 }],
  'who was signed out by others may sign in again however often': [Array(33).fill('sign_out'), (m) => {
    for (let i = 0; i < 33; i++) {
      m.signOut(8, { reason: '离场' }, m.office);
      m.signIn(8);
    }
    declared(m);
  }],
};

// ---- Broken rules ----

const manifest = (change) => [4, null, { change }];

/** name: [check that fails, what happens, options of the meeting]; the last entry is the one that is refused. */
export const BROKEN = {
  // A committee of two guards nothing.
  'a committee of five that is no rehearsal': [4, null, { experts: 5, size: 5 }],
  // One trustee alone could link names and ballots.
  'one trustee that is no rehearsal': [4, null, { trustees: [0] }],
  'more overrides than a third': manifest((x) => { x.rules.max_unconfirmed = 4; }),
  'a quorum of nothing': manifest((x) => { x.rules.quorum_denominator = 0; }),
  'no time to protest': manifest((x) => { x.rules.protest_s = 4; }),
  // The office would bring the rest of the keys, and three bad experts were the committee.
  'fewer keys of experts than a quorum': [4, null, { without: [1, 2, 3] }],
  'a slot holder without keys': [4, null, { without: [8], trustees: [0, 8] }],
  'a key of small order': manifest((x) => { x.checkpoint_key = new Uint8Array(32).fill(1, 0, 1); }),
  'a box key that differs from another in the bit that nobody reads': manifest((x, m) => {
    const box_key = Uint8Array.from(x.server_box_key);
    box_key[31] ^= 0x80;
    const keys = m.keys.get(1);
    Object.assign(x.people[0], m.bodyOfKeys(1, { ...keys, bk: { publicKey: box_key } }));
  }),
  // A program among the dossiers, a name that leads out of its folder, two files that people could not tell apart.
  ...Object.fromEntries([['a.svg'], ['.pdf'], ['.a.pdf'], ['../a.pdf'], ['a\\b.pdf'], ['a\n.pdf'], ['a.pdf', 'A.PDF'],
    [`${'a'.repeat(197)}.pdf`]].map((names) => [`attachments named ${JSON.stringify(names)}`, manifest((x) => {
    x.candidates[0].attachments = names.map((name) => ({ name, size: 1n, sha256: new Uint8Array(32) }));
  })])),
  ...Object.fromEntries([0n, (20n << 20n) + 1n].map((size) => [`an attachment of ${size} bytes`, manifest((x) => {
    x.candidates[0].attachments = [{ name: 'a.pdf', size, sha256: new Uint8Array(32) }];
  })])),
  'more attachments of a candidate than are read': manifest((x) => {
    x.candidates[0].attachments = Array.from({ length: 21 }, (_, i) => (
      { name: `${i}.pdf`, size: 1n, sha256: new Uint8Array(32) }));
  }),
  'version 1': manifest((x) => { x.version = 1; }),

  'an opening by a chair alone': [4, (m) => { m.open(1, { signers: [m.chair] }); }],
  'an opening without one of two supervisors who are there': [4, (m) => {
    m.open(1, { signers: [m.chair, m.supervisor] });
  }, { supervisors: 2 }],
  'an office whose supervisor is not there': [4, (m) => {
    m.signOut(m.supervisor);
    m.open(1);
  }],
  'a committee that is too small': [4, (m) => { m.open(1, { signers: m.committee(5) }); }],
  'a mixture of both': [4, (m) => { m.open(1, { signers: [...m.committee(6), m.chair] }); }],
  // Three of three were two thirds of those who had come so far.
  'a committee before a quorum has signed in': [27, (m) => {
    m.signIn(1, 2, 3, 4, 5, m.chair, m.supervisor);
    m.keyChange(m.chair, [1, 2, 3, 4, 5]);
  }, { empty: true }],
  'a committee with somebody who left by himself': [27, (m) => {
    m.signOut(1);
    m.keyChange(m.chair, [1, 2, 3, 4, 5, 6]);
  }],
  'a committee with a key that the office brought': [27, (m) => {
    m.keyChange(1, m.office);
    m.keyChange(m.chair, [1, 2, 3, 4, 5, 6]);
  }],
  // By SignOuts under keys of its own the office would make the committee small.
  'a committee that shrank by SignOuts under changed keys': [27, (m) => {
    for (const p of [7, 8]) {
      m.keyChange(p, m.office);
      m.signOut(p);
    }
    m.keyChange(m.chair, [1, 2, 3, 4, 5]);
  }],
  'other keys of the chair by the office': [27, (m) => { m.keyChange(m.chair, m.office); }, { chairs: 2 }],
  'other keys of a slot holder by the office': [27, (m) => { m.keyChange(8, m.office); }, { trustees: [0, 8] }],
  'other keys of somebody who signs as a member of the committee': [27, (m) => { m.keyChange(1, m.committee()); }],
  'too many first keys ended by the office': [27, (m) => { for (const p of [8, 7, 6]) m.keyChange(p, m.office); }],
  // Once the others have come, two of three thirds would be more than are left.
  'first keys ended by the office while few are in E': [27, (m) => {
    for (const p of [5, 6, 7, 8]) m.signOut(p);
    for (const p of [1, 2]) m.keyChange(p, m.office);
  }],
  'other keys of a slot holder in an attempt': [4, (m) => {
    m.open(1);
    m.keyChange(m.chair, m.committee());
  }],
  'a slot that changes hands without the incoming': [27, (m) => { m.trusteeChange(1, m.clerk, m.committee()); }],
  'a slot that the outgoing gives away': [27, (m) => { m.trusteeChange(1, 2, [1, 2, 3, 4, 5, 6]); },
    { trustees: [0, 1] }],
  'a slot for somebody with changed keys': [4, (m) => {
    m.keyChange(8, m.office);
    m.trusteeChange(1, 8, [...m.committee(6), 8]);
  }],
  'a slot that changes hands in an attempt': [4, (m) => {
    m.open(1);
    m.trusteeChange(1, 2, m.committee());
  }],
  'an opening with keys of the former holder of a slot': [7, (m) => {
    const keys = [0, 1].map((t) => m.batchKeys(1, t, [1, 2]));
    m.trusteeChange(1, 2, m.committee());
    m.open(1, { keys });
  }],
  'keys that are replaced without end': [4, (m) => {
    for (let i = 0; i < 33; i++) m.batchKeys(1, 0, [1]);
  }],
  'an opening without the keys of a trustee': [7, (m) => { m.open(1, { keys: [m.batchKeys(1, 0, [1, 2])] }); }],
  'an opening with the keys in another order': [7, (m) => {
    m.open(1, { keys: [1, 0].map((t) => m.batchKeys(1, t, [1, 2])) });
  }],
  'an opening where too few hold first keys': [3, (m) => {
    for (const p of [8, 7]) m.keyChange(p, m.office);
    for (const p of [1, 2]) m.signOut(p);
    m.open(1);
  }],
  'too few experts for a quorum': [8, (m) => {
    for (const p of [8, 7, 6]) m.signOut(p);
    m.open(1);
  }],
  'a chair signed out by the office': [27, (m) => { m.signOut(m.chair, { reason: '离场' }, m.office); }],
  'a box of those whom the office did not recuse is opened': [23, (m) => {
    for (const person of [2, 3, 4])
      m.entry('Recuse', { meeting: m.meeting, person, question: 1, reason: '同一单位' }, m.office);
    const recusals = [2, 3, 4].map((person) => ({ person, question: 1 }));
    confirmed(m, { recusals }).share(0);
  }],
  'a box of those whom the office did not send out is opened': [23, (m) => {
    m.entry('Recuse', { meeting: m.meeting, person: 2, question: 1, reason: '同一单位' }, m.office);
    m.entry('Recuse', { meeting: m.meeting, person: 3, question: 2, reason: '同一单位' }, m.office);
    const present = m.experts.filter((p) => p !== 2 && p !== 3);
    const a = confirmed(m, { present, absent: [8], silent: [8] });
    a.override([{ person: 8 }]);
    a.share(0);
  }, { change: (x) => { x.rules.recusal_mode = 3; } }],
  'too few ballots for one question, and somebody who has not spoken of the other': [20, (m) => {
    const recusals = [2, 3, 4, 5].map((person) => ({ person, question: 1 }));
    for (const { person } of recusals)
      m.entry('Recuse', { meeting: m.meeting, person, question: 1, reason: '同一单位' }, m.office);
    confirmed(m, { recusals, silent: [2] }).share(0);
  }],
  'somebody is recused twice by the office': [4, (m) => {
    for (let i = 0; i < 2; i += 1)
      m.entry('Recuse', { meeting: m.meeting, person: 2, question: 1, reason: '同一单位' }, m.office);
  }],
  'somebody steps back twice': [4, (m) => {
    for (let i = 0; i < 2; i += 1)
      m.entry('Recuse', { meeting: m.meeting, person: 2, question: 1, reason: '同一单位' }, [2]);
  }],
  'the office adds its word to the committee\'s': [4, (m) => {
    m.recuse(2, 1, [1, 3, 4, 5, 6]);
    m.recuse(2, 1, m.office);
  }],
  'an expert takes back alone what the office said too': [27, (m) => {
    m.recuse(2, 1);
    m.recuse(2, 1, m.office);
    m.recuseBack(2, 1);
  }],
  'a recusal is taken back that nobody entered': [27, (m) => { m.recuseBack(2, 1); }],
  'a recusal is taken back twice': [27, (m) => {
    m.recuse(2, 1);
    m.recuseBack(2, 1);
    m.recuseBack(2, 1);
  }],
  'the office takes back what an expert signed': [27, (m) => {
    m.recuse(2, 1);
    m.recuseBack(2, 1, m.office);
  }],
  'the office takes back with an expert what he signed alone': [27, (m) => {
    m.recuse(2, 1);
    m.recuseBack(2, 1, [2, ...m.office]);
  }],
  'an expert takes back alone what the office entered and he attested': [27, (m) => {
    m.recuse(2, 1, m.office);
    m.recuse(2, 1, [2]);
    m.recuseBack(2, 1);
  }],
  'the office takes back with an expert what the committee attested': [27, (m) => {
    m.recuse(2, 1, m.office);
    m.recuse(2, 1, [1, 3, 4, 5, 6]);
    m.recuseBack(2, 1, [2, ...m.office]);
  }],
  'a recusal is taken back under a key that the office brought': [27, (m) => {
    m.recuse(2, 1);
    m.keyChange(2, m.office);
    m.recuseBack(2, 1);
  }],
  'a recusal under a key of the office is taken back under the next one': [27, (m) => {
    m.keyChange(2, m.office);
    m.recuse(2, 1);
    m.keyChange(2, m.office);
    m.recuseBack(2, 1);
  }],
  'a recusal of nobody is taken back': [27, (m) => { m.recuseBack(99, 1, [2]); }],
  'a recusal from nothing is taken back': [27, (m) => { m.recuseBack(2, 9); }],
  'a recusal is taken back without a reason': [4, (m) => {
    m.recuse(2, 1);
    m.recuseBack(2, 1, [2], { reason: '' });
  }],
  'an old taking back is sent again': [4, (m) => {
    m.recuse(2, 1);
    m.recuseBack(2, 1);
    m.recuse(2, 1);
    m.recuseBack(2, 1, [2], { sequence: 0 });
  }],
  'an old recusal is sent again': [4, (m) => {
    m.recuse(2, 1);
    m.recuseBack(2, 1);
    m.recuse(2, 1, [2], { sequence: 0 });
  }],
  'a recusal is taken back nine times': [4, (m) => {
    for (let i = 0; i < 9; i += 1) {
      m.recuse(2, 1);
      m.recuseBack(2, 1);
    }
  }],
  'a recusal is taken back while people vote': [4, (m) => {
    m.recuse(2, 1);
    voted(m, { recusals: [{ person: 2, question: 1 }] });
    m.recuseBack(2, 1);
  }],
  'a recusal is taken back when the result is out': [4, (m) => {
    m.recuse(2, 1);
    const recusals = [{ person: 2, question: 1 }];
    declared(m, { recusals, figures: { 1: { agree: 7 }, 2: { agree: 8 } } });
    m.recuseBack(2, 1);
  }],
  'a recusal is taken back of an opened question that is contested': [4, (m) => {
    m.recuse(2, 1);
    const recusals = [{ person: 2, question: 1 }];
    const a = confirmed(m, { recusals, silent: [8], choice: (p) => (p <= 6 ? 'agree' : 'disagree') });
    a.override([{ person: 8 }]);
    a.shares();
    a.declare({ 1: { agree: 5, disagree: 2, contested: true }, 2: { agree: 6, disagree: 2, contested: true } });
    m.checkpoint();
    m.recuseBack(2, 1);
  }],
  // Who stood back while nobody knew how it went would come back and decide: the paper's figures are in the log.
  'a recusal is taken back of a question of which the papers were counted, and were too many': [4, (m) => {
    m.recuse(2, 1);
    const b = m.open(1, { paper: true, recusals: [{ person: 2, question: 1 }] });
    b.paperTally([{ question: 1, issued: 7, returned: 8, valid: 8, agree: 5, disagree: 3 },
      { question: 2, issued: 8, returned: 8, valid: 8, agree: 8 }], m.office);
    b.live = [2];
    b.declare({ 2: { agree: 8 } });
    m.checkpoint();
    m.recuseBack(2, 1);
  }],
  // U is that of the BatchOpen: the office would keep two out, lead them back, and open the sum of five as of six.
  'who is brought back while the batch goes on makes its crowd no smaller': [23, (m) => {
    for (const p of [7, 8]) m.recuse(p, 1, m.office);
    const a = voted(m, { present: [1, 2, 3, 4, 5, 6], absent: [6] });
    a.voidAll(m.office, { questions: [1] });
    for (const p of [7, 8]) m.recuseBack(p, 1, [p, ...m.office]);
    a.toBox();
    for (const p of [1, 2, 3, 4, 5]) a.confirm(p);
    a.override([{ person: 6 }]);
    a.share(0);
  }, { change: (x) => { x.rules.recusal_mode = 3; } }],
  'an expert who is a chair recused by others': [27, (m) => {
    m.entry('Recuse', { meeting: m.meeting, person: 1, question: 1, reason: '回避' }, [m.chair, m.supervisor]);
  }, { roles: { 1: CHAIR } }],
  'a thirty-third SignIn': [4, (m) => {
    for (let i = 0; i < 32; i++) {
      m.signOut(8);
      m.signIn(8);
    }
  }],

  // SignOuts of one log would shrink W in another.
  'a SignOut over another tree': [2, (m) => { m.signOut(1, { root: new Uint8Array(32).fill(1) }); }],
  'a SignOut over a larger tree': [2, (m) => { m.signOut(1, { size: m.size + 1 }); }],
  'a SignOut over no tree': [2, (m) => { m.signOut(1, { size: 0, root: new Uint8Array(0) }); }],
  'a SignOut by others over a tree': [20, (m) => {
    m.signOut(1, { reason: '离场', size: m.size, root: m.tree.root() }, m.office);
  }],
  'NOT_CAST of somebody with an envelope': [20, (m) => {
    const a = voted(m);
    m.signOut(1, { batch_open: a.leaf, not_cast: true });
  }],
  'NOT_CAST without an attempt': [20, (m) => { m.signOut(1, { not_cast: true }); }],
  // Sums known, it would decide whether a row is contested.
  'NOT_CAST after the first share': [20, (m) => {
    const a = confirmed(m, { absent: [8] });
    a.share(0);
    m.signOut(8, { batch_open: a.leaf, not_cast: true });
  }],
  // The office would say NOT_CAST for whom it has given keys.
  'NOT_CAST under a newer key': [20, (m) => {
    const a = voted(m, { absent: [8] });
    m.keyChange(8, m.office);
    m.signOut(8, { batch_open: a.leaf, not_cast: true });
  }],
  'NOT_CAST by others': [20, (m) => {
    const a = voted(m, { absent: [8] });
    m.signOut(8, { batch_open: a.leaf, not_cast: true, reason: '离场' }, m.office);
  }],
  'a request under a newer key': [9, (m) => {
    const a = m.open(1);
    m.keyChange(8, m.office);
    a.request(8);
  }],
  'an envelope under a newer key': [4, (m) => {
    const a = m.open(1);
    m.checkpoint();
    a.request(8);
    a.issueAll(8);
    m.keyChange(8, m.office);
    a.envelope(8, 'agree');
  }],
  'a second envelope of a cast': [4, (m) => { voted(m).envelope(1, 'agree'); }],
  'a request of another cast': [26, (m) => { m.open(1).request(1, { cast: 1 }); }],
  'tokens of another cast': [26, (m) => {
    const a = m.open(1);
    m.checkpoint();
    a.request(1);
    a.issue(1, 0, { cast: 1 });
  }],
  'a second answer of a trustee': [10, (m) => { voted(m).issue(1, 0); }],

  'a check where the rules allow none': [26, (m) => { voted(m).spoil(1); },
    { change: (x) => { x.rules.checks_allowed = false; } }],
  'a spoil without a supervisor': [26, (m) => { voted(m).spoil(1, { signers: [1] }); }],
  'a spoil with the chair': [26, (m) => { voted(m).spoil(1, { signers: [1, m.chair] }); }],
  // Another one than the person chose would write the verdict.
  'a spoil with another supervisor than it names': [26, (m) => {
    voted(m).spoil(1, { signers: [1, m.supervisor + 1] });
  }, { supervisors: 2 }],
  'a spoil by the office that names a supervisor': [26, (m) => {
    voted(m).spoil(1, { signers: m.office, more: { supervisor: m.supervisor } });
  }],
  'a spoil of the person that shows no keys': [26, (m) => { voted(m).spoil(1, { spent: [] }); }],
  'a spoil that shows the keys of another': [26, (m) => {
    const a = voted(m);
    const spent = a.spentOf(1);
    a.spoil(1);
    a.spoil(2, { spent });
  }],
  'a spoil of the office that shows keys': [26, (m) => {
    const a = voted(m);
    a.spoil(1, { signers: m.office, spent: a.spentOf(1) });
  }],
  'a third spoil of the office': [26, (m) => {
    const a = voted(m);
    for (let i = 0; i < 3; i++) {
      if (i > 0) a.vote(1, 'agree');
      a.spoil(1, { signers: m.office });
    }
  }],
  'a spoil after the close': [26, (m) => {
    const a = voted(m);
    a.closeBatch();
    a.spoil(1);
  }],
  'a spoil without an envelope': [26, (m) => {
    const a = voted(m, { absent: [8] });
    a.spoil(8, { signers: m.office });
  }],
  'a request before the check has a result': [26, (m) => {
    const a = voted(m);
    a.spoil(1);
    a.request(1);
  }],
  'a request of a laptop that differed': [26, (m) => {
    const a = voted(m);
    a.spoil(1);
    a.result(1, DIFFERS);
    a.request(1);
  }],
  'a request of a laptop that differed in an earlier attempt': [26, (m) => {
    const a = voted(m);
    a.spoil(1);
    a.result(1, DIFFERS);
    a.voidAll();
    const b = m.open(1);
    m.checkpoint();
    b.request(1);
  }],
  // A verdict of somebody who saw nothing.
  'a result by another supervisor': [26, (m) => {
    const a = voted(m);
    a.spoil(1);
    a.result(1, AGREES, [m.supervisor + 1]);
  }, { supervisors: 2 }],
  'a result by the office that says more than unopened': [26, (m) => {
    const a = voted(m);
    a.spoil(1);
    a.result(1, AGREES, m.office);
  }],
  'a second result': [26, (m) => {
    const a = voted(m);
    a.spoil(1);
    a.result(1, UNOPENED, m.office);
    a.result(1, DIFFERS);
  }],
  'a result of a spoil by the office': [26, (m) => {
    const a = voted(m);
    a.spoil(1, { signers: m.office });
    a.result(1, UNOPENED, m.office);
  }],
  // A supervisor has seen what it holds.
  'a box with a ballot that was shown': [26, (m) => {
    const a = voted(m);
    const shown = [...a.envelopes.get(1).ballots.values()].map((b) => b.ballot);
    a.spoil(1);
    a.result(1, AGREES);
    a.vote(1, 'agree');
    const own = [...a.envelopes.get(1).ballots.values()].map((b) => b.ballot);
    a.closeBatch();
    for (const t of [0, 1]) a.issuanceClosed(t);
    for (const t of [0, 1]) a.mix(t);
    a.ballotBox({ change: (list, q) => list.map((b) => (b === own[q - 1] ? shown[q - 1] : b)) });
  }],
  'a close that counts a spoiled envelope': [26, (m) => {
    const a = voted(m);
    const spoiled = a.envelopes.get(1);
    a.spoil(1);
    a.envelopes.set(1, spoiled);
    a.closeBatch();
  }],
  'a close that does not name who has no envelope': [26, (m) => {
    voted(m, { absent: [8] }).closeBatch({ more: { without: [] } });
  }],
  'a close by the chair alone': [4, (m) => { voted(m).closeBatch({ signers: [m.chair] }); }],
  'a close of issuing that leaves out a second cast': [10, (m) => {
    const a = voted(m);
    a.spoil(1, { signers: m.office });
    a.vote(1, 'agree');
    a.closeBatch();
    a.issuanceClosed(0, { issued: [1, 2].map((question) => ({ question, count: 8 })) });
  }],

  // Of several faults both verifiers name the same check.
  'a box with two equal ballots': [17, (m) => {
    mixed(m).ballotBox({ change: (list) => [list[0], ...list.slice(0, -1)] });
  }],
  'a box with a point that is none, and behind it a ballot of another version': [12, (m) => {
    const pointA = 1 + 4 + 32 + 32 + 2 * (2048 / 8);
    mixed(m).ballotBox({ change: (list, q) => list.map((b, i) => {
      const changed = Uint8Array.from(b);
      if (q === 1 && i === 0) changed.fill(0, pointA, pointA + 32);
      if (q === 2 && i === list.length - 1) changed[0] = 2;
      return changed;
    }) });
  }],
  'a box of ballots that are all under one key of small order': [15, (m) => {
    mixed(m).ballotBox({ change: (list) => list.map((b) => Uint8Array.from(b).fill(0, 5, 37)) });
  }],

  'OK without an envelope': [20, (m) => { confirmed(m, { absent: [8], silent: [8] }).confirm(8, OK); }],
  'NOT_CAST with an envelope': [20, (m) => { confirmed(m, { silent: [8] }).confirm(8, NOT_CAST); }],
  'a Confirm under a newer key': [20, (m) => {
    const a = confirmed(m, { silent: [8] });
    m.keyChange(8, m.office);
    a.confirm(8);
  }],
  'an Override of somebody who has confirmed': [20, (m) => { confirmed(m).override([{ person: 8 }]); }],
  'an Override that calls a MISSING silence': [20, (m) => {
    confirmed(m, { says: { 8: MISSING } }).override([{ person: 8 }]);
  }],
  'an Override that calls silence a MISSING': [20, (m) => {
    confirmed(m, { silent: [8] }).override([{ person: 8, missing: true }]);
  }],
  'an Override of more than the limit': [20, (m) => {
    confirmed(m, { silent: [5, 6, 7, 8] }).override([5, 6, 7, 8].map((person) => ({ person })));
  }],
  // What is more than there can be is read by nobody, whatever else is wrong with it.
  'an Override of more people than there can be experts': [4, (m) => {
    confirmed(m, { silent: [8] }).override(Array.from({ length: 256 }, (_, i) => ({ person: i + 1 })));
  }],
  'a second signature where there can be one, by a trustee who is none': [4, (m) => {
    const a = voted(m);
    a.closeBatch();
    m.entry('IssuanceClosed', { batch_open: a.leaf, trustee: 9, issued: [] }, [m.chair, m.supervisor]);
  }],
  'a Confirm by nobody that says nothing known': [4, (m) => {
    const a = confirmed(m, { silent: [8] });
    m.entry('Confirm', { batch_open: a.leaf, person: 99, box: a.boxLeaf, rows: [{ question: 1, verdict: 9 }] }, [8]);
  }],
  'an Override without a supervisor': [4, (m) => {
    confirmed(m, { silent: [8] }).override([{ person: 8 }], [m.chair]);
  }],
  'a share while somebody is silent': [20, (m) => { confirmed(m, { silent: [8] }).share(0); }],
  'a share while somebody without an envelope is silent': [20, (m) => {
    confirmed(m, { absent: [8], silent: [8] }).share(0);
  }],
  'a share over a MISSING': [20, (m) => { confirmed(m, { says: { 8: MISSING } }).share(0); }],
  // An Override of silence does not lift a MISSING that is logged later.
  'a share over a MISSING that came after an Override': [20, (m) => {
    const a = confirmed(m, { silent: [8] });
    a.override([{ person: 8 }]);
    a.confirm(8, MISSING);
    a.share(0);
  }],
  'a first share that is not the server\'s': [22, (m) => { confirmed(m).share(1); }],
  'a second share of one trustee': [22, (m) => {
    const a = confirmed(m);
    a.share(0);
    a.share(0);
  }],
  // All but three blocked, then opened.
  'a share of too small a part': [23, (m) => {
    const a = confirmed(m, { absent: [4, 5, 6, 7, 8], silent: [4, 5, 6, 7, 8] });
    a.override([4, 5, 6, 7, 8].map((person) => ({ person })));
    a.share(0);
  }],
  'a Void by the office after the first share': [4, (m) => {
    const a = confirmed(m);
    a.share(0);
    a.voidAll();
  }],
  'a Void of one question after the first share': [25, (m) => {
    const a = confirmed(m);
    a.share(0);
    a.voidAll(m.committee(), { questions: [1] });
  }],
  'a Void of a counted paper attempt': [25, (m) => {
    const a = m.open(1, { paper: true });
    const row = { issued: 8, returned: 8, valid: 8, agree: 8 };
    a.paperTally([{ question: 1, ...row }, { question: 2, ...row }], m.committee());
    a.voidAll();
  }],
  // What hangs on unproven votes is not a result.
  'a contested row declared as not passed': [24, (m) => {
    const a = confirmed(m, { says: { 8: MISSING }, choice: (p) => (p <= 5 ? 'agree' : 'disagree') });
    a.override([{ person: 8, missing: true }]);
    a.shares();
    a.declare(everybody(5, { disagree: 3 }));
  }],
  'a contested question opened again with ballots': [4, (m) => {
    const a = confirmed(m, { says: { 8: MISSING }, choice: (p) => (p <= 5 ? 'agree' : 'disagree') });
    a.override([{ person: 8, missing: true }]);
    a.shares();
    a.declare(everybody(5, { disagree: 3, contested: true }));
    m.checkpoint();
    m.batchKeys(1, 0, [1, 2]);
  }],
  'a question opened again with ballots after a share was lost': [23, (m) => {
    const a = confirmed(m);
    a.share(0);
    a.voidAll(m.committee());
    m.open(1);
  }],
  'a decided question opened again on paper': [5, (m) => {
    declared(m);
    m.open(1, { paper: true });
  }],
  'a meeting closed in an attempt that nobody has opened': [25, (m) => {
    confirmed(m);
    m.close();
  }],
  'a meeting closed by one person': [4, (m) => { m.close({ signers: [m.chair] }); }],
  'a meeting closed by two of one role': [4, (m) => { m.close({ signers: [m.supervisor, m.supervisor + 1] }); },
    { supervisors: 3 }],
  'a result accepted unwitnessed that is none': [4, (m) => { m.close({ unwitnessed: [m.leaves[1]] }); }],
  'a result accepted unwitnessed twice': [4, (m) => {
    const a = declared(m);
    const leaf = m.leaves[m.size - 1];
    const b = m.open(2, { unwitnessed: [leaf] });
    b.voidAll();
    m.close({ unwitnessed: [leaf] });
    return a;
  }, { questions: [2, 1] }],
  'an entry over the bound of its type': [4, (m) => {
    const spent = Array.from({ length: 2000 }, (_, i) => ({ question: i + 1, pk_v: new Uint8Array(32).fill(9) }));
    voted(m).spoil(1, { spent });
  }],
};

/** name: how a meeting ends in which something was not witnessed in time. */
export const UNWITNESSED = {
  open_unwitnessed: (m) => {
    const a = m.open(1);
    m.checkpoint([1, 2, 3, 4, 5, m.chair, m.clerk]);
    return a;
  },
  box_unwitnessed: (m) => {
    const a = voted(m);
    // Officers and too few experts: so two rooms could be shown two logs.
    a.toBox({ cosigners: [1, 2, 3, 4, 5, m.chair, m.clerk, m.supervisor] });
    return a;
  },
  share_unwitnessed: (m) => {
    const a = confirmed(m);
    a.share(0);
    a.share(1);
    a.declare(everybody(8));
    return null;
  },
  result_unwitnessed: (m) => {
    const a = confirmed(m);
    a.shares();
    a.declare(everybody(8));
    return null;
  },
};

/** A lawful meeting of that name. @param {any} sodium @param {string} name */
export function lawfulMeeting(sodium, name) {
  const [, play, options] = LAWFUL[name];
  const m = meeting({ sodium, ...options });
  return m.end(play(m) ?? {});
}
/** A meeting that breaks off with the entry that breaks the rule of that name. */
export function brokenMeeting(sodium, name) {
  const [, play, options] = BROKEN[name];
  const m = play === null || options?.empty ? new Maker({ sodium, ...options }) : meeting({ sodium, ...options });
  play?.(m);
  if (m.size > 1) m.checkpoint(m.experts.filter((p) => m.keys.has(p)));
  return m;
}
/** A whole meeting in which something was not witnessed in time. */
export function unwitnessedMeeting(sodium, reason) {
  const m = meeting({ sodium });
  const a = UNWITNESSED[reason](m);
  if (a && !a.box) {
    for (const p of m.experts) a.vote(p, 'agree');
    a.toBox();
  }
  if (a) {
    for (const p of m.experts) a.confirm(p);
    a.shares();
    a.declare(everybody(8));
  }
  if (reason !== 'result_unwitnessed') m.checkpoint();
  return m.end();
}

// ---- Forged ballots ----

const L = 2n ** 252n + 27742317777372353535851937790883648493n;
/** The same scalar, not reduced. */
function unreduced(scalar) {
  let n = BigInt(`0x${Buffer.from(scalar).reverse().toString('hex')}`) + L;
  return Uint8Array.from({ length: 32 }, () => {
    const byte = Number(n & 0xffn);
    n >>= 8n;
    return byte;
  });
}
const flipped = (bytes, at) => Uint8Array.from(bytes, (b, i) => (i === at ? b ^ 1 : b));

/** name: [check that fails at the box, whether the box is refused, (ballot, attempt) → the forged one]. */
export const FORGED = {
  'a ballot whose own signature is another': [14, false, (b) => ({ ballot: flipped(b.ballot, b.ballot.length - 1) })],
  'a ballot with a token that a trustee did not sign': [13, false, ({ parts }, a) =>
    a.signed({ ...parts, tokens: [parts.tokens[0], flipped(parts.tokens[1], 100)] })],
  'a ballot whose proof is of something else': [16, false, ({ parts }, a) =>
    a.signed({ ...parts, proof: flipped(parts.proof, 3) })],
  'a ballot with a scalar that is not reduced': [15, false, ({ parts }, a) =>
    a.signed({ ...parts, proof: Buffer.concat([unreduced(parts.proof.slice(0, 32)), parts.proof.slice(32)]) })],
  'a ballot for the other question': [12, true, ({ parts }, a) => a.signed({ ...parts, q: 3 - parts.q })],
  'a ballot of another version': [12, true, ({ parts }, a) => a.signed({ ...parts, version: 2 })],
  'a ballot with the identity as a point': [15, true, ({ parts }, a) =>
    a.signed({ ...parts, a: new Uint8Array(32) })],
  'a ballot with a point that is none': [15, true, ({ parts }, a) =>
    a.signed({ ...parts, b: new Uint8Array(32).fill(0xff) })],
  'a ballot under a key of small order': [15, true, ({ parts }, a) =>
    a.signed({ ...parts, own: { ...parts.own, publicKey: new Uint8Array(32) } })],
};
/** A meeting with one forged ballot in a box; it is declared where the box is accepted. */
export function forgedMeeting(sodium, name) {
  const [, refused, forge] = FORGED[name];
  const m = meeting({ sodium });
  const a = voted(m);
  const ballots = a.envelopes.get(1).ballots;
  ballots.set(1, forge(ballots.get(1), a));
  a.toBox();
  if (refused) return m;
  for (const p of m.experts) a.confirm(p);
  a.shares();
  a.declare(everybody(8));
  m.checkpoint();
  return m.end();
}

// ---- One of everything ----

/** Keys changed, a check, an Override, a contested row, paper by the office of which a row is void, a Void. */
export function richMeeting(sodium) {
  const m = meeting({ sodium, questions: [2, 1, 1] });
  m.keyChange(8, m.office);
  const a = voted(m, { choice: (p) => (p <= 5 ? 'agree' : p === 6 ? 'abstain' : 'disagree') });
  a.spoil(1);
  m.checkpoint();
  a.result(1, AGREES);
  a.vote(1, 'agree');
  a.toBox();
  for (const p of m.experts) a.confirm(p, p === 8 ? MISSING : OK);
  a.override([{ person: 8, missing: true }]);
  a.shares();
  a.declare(everybody(5, { disagree: 2, abstain: 1, contested: true }));
  m.checkpoint();
  const b = m.open(1, { paper: true });
  b.paperTally([{ question: 1, issued: 8, returned: 8, valid: 7, invalid: 1, agree: 6, disagree: 1 },
    { question: 2, issued: 7, returned: 8, valid: 8, agree: 8 }], m.office);
  b.live = [1];
  b.declare({ 1: { agree: 6, disagree: 1, invalid: 1 } });
  m.checkpoint();
  m.open(3).voidAll();
  m.checkpoint();
  declared(m, { batch: 2, figures: { 3: { agree: 8 } } });
  return m.end();
}
