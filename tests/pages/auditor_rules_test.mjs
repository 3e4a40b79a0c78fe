// SPDX-License-Identifier: Apache-2.0
// The second verifier against records of version 2 that a third hand makes from the specification (record_maker.mjs).
// Rule: a lawful meeting is verified, and every change of a guard in it is listed; an entry that breaks a rule fails
// the check that §13 names. Harm: stated where the record is made.
//
//     node --test tests/pages/auditor_rules_test.mjs
import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import path from 'node:path';
import { before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { anchorOf, audit } from '../../web/auditor/audit.js';
import { BROKEN, brokenMeeting, declared, everybody, FORGED, forgedMeeting, LAWFUL, lawfulMeeting, meeting, richMeeting,
  UNWITNESSED, unwitnessedMeeting } from './record_cases.mjs';
import { ATTACKS, attackedMeeting, mutatedMeeting } from './record_mutations.mjs';

const ROOT = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../..');
const sodium = createRequire(path.join(ROOT, 'web/package.json'))('libsodium-wrappers-sumo');
before(() => sodium.ready);

const verify = (m) => audit(m.bytes, anchorOf(m.anchor), { sodium, subtle: crypto.subtle });

test('a lawful meeting is verified, and every change of a guard is listed', async (t) => {
  for (const [name, [kinds]] of Object.entries(LAWFUL)) {
    await t.test(name, async () => {
      const report = await verify(lawfulMeeting(sodium, name));
      assert.deepEqual(report.first_failure, null);
      assert.deepEqual(report.changes.map((c) => c.kind), kinds);
      assert.equal(report.verified, true);
    });
  }
});

test('the end of a meeting that only its signers witnessed is listed', async () => {
  const m = meeting({ sodium });
  declared(m);
  m.end({}, m.office);
  const report = await verify(m);
  assert.equal(report.verified, true);
  assert.deepEqual(report.changes.map((c) => c.kind), ['close_unwitnessed']);
});

test('an entry that breaks a rule fails the check that the specification names', async (t) => {
  for (const [name, [check]] of Object.entries(BROKEN)) {
    await t.test(name, async () => {
      const m = brokenMeeting(sodium, name);
      const report = await verify(m);
      assert.equal(report.first_failure?.check, check, JSON.stringify(report.first_failure));
      assert.equal(report.first_failure.entry, m.size - 1);
      assert.equal(report.verified, false);
    });
  }
});

test('what was not witnessed in time fails check 3, and is named', async (t) => {
  for (const reason of Object.keys(UNWITNESSED)) {
    await t.test(reason, async () => {
      const report = await verify(unwitnessedMeeting(sodium, reason));
      const failed = report.checks.filter((c) => c.outcome === 'failed');
      assert.deepEqual(failed.map((c) => [c.number, c.failures.map((f) => f.reason)]), [[3, [reason]]]);
    });
  }
});

test('a forged ballot fails the check that is about it', async (t) => {
  for (const [name, [check, refused]] of Object.entries(FORGED)) {
    await t.test(name, async () => {
      const report = await verify(forgedMeeting(sodium, name));
      assert.deepEqual(report.checks.filter((c) => c.outcome === 'failed').map((c) => c.number), [check]);
      assert.equal(report.first_failure.type, 'BallotBox');
      assert.equal(report.first_failure.reason === 'refused', refused);
    });
  }
});

test('of a meeting with one of everything all is listed, in order', async () => {
  const report = await verify(richMeeting(sodium));
  assert.equal(report.verified, true, JSON.stringify(report.first_failure));
  const rows = report.changes.map(({ entry, signers, ...rest }) => rest);
  assert.deepEqual(rows, [
    { kind: 'key_change', by: 'office', person: 8, first: false, reason: '电脑坏了' },
    { kind: 'check', by: 'person', person: 1, cast: 0, supervisor: 11, verdict: 'agrees', result: rows[1].result },
    { kind: 'override', by: 'office', people: [{ person: 8, missing: true }], reason: '已离场' },
    { kind: 'contested', by: null, question: 1, low: 4, high: 6 },
    { kind: 'contested', by: null, question: 2, low: 4, high: 6 },
    { kind: 'paper', by: 'office', questions: [1, 2] },
  ]);
  assert.ok(rows[1].result > report.changes[1].entry);
  assert.deepEqual(report.changes.map((c) => c.signers.length), [2, 2, 2, 0, 0, 2]);
  assert.deepEqual(report.attempts.map((a) => [a.batch, a.attempt, a.paper, a.counted_by, a.declared]),
    [[1, 1, false, null, true], [1, 2, true, 'office', true], [3, 1, false, null, false], [2, 1, false, null, true]]);
});

test('whatever people who know the protocol write, the verifier comes to a conclusion', async () => {
  // Harm: a record that makes the auditor's program fall over is a record that nobody can refuse.
  for (let seed = 1; seed <= 30; seed++) {
    const { m, what } = mutatedMeeting(sodium, seed);
    const report = await verify(m);
    assert.equal(report.exit_code, report.verified ? 0 : 1, what);
  }
});

test('nobody comes back without the word of all who kept him away, nor twice, nor once people vote', async (t) => {
  // Harm: who has stepped back from his kin, or was kept away from him, votes on him after all.
  for (const [i, attack] of ATTACKS.entries()) {
    await t.test(attack, async () => {
      const m = attackedMeeting(sodium, attack, i);
      const report = await verify(m);
      assert.equal(report.verified, false);
      assert.equal(report.first_failure?.entry, m.size - 1, JSON.stringify(report.first_failure));
    });
  }
});

test('a cosignature with a key that the office brought counts for nothing', async () => {
  const m = meeting({ sodium });
  m.keyChange(8, m.office);
  const a = m.open(1);
  m.checkpoint([4, 5, 6, 7, 8, m.chair, m.clerk, m.supervisor]);
  for (const p of m.experts) a.vote(p, 'agree');
  a.toBox();
  for (const p of m.experts) a.confirm(p);
  a.shares();
  a.declare(everybody(8));
  m.checkpoint();
  m.end();
  const report = await verify(m);
  assert.equal(report.first_failure?.reason, 'open_unwitnessed');
  assert.deepEqual(report.first_failure.values, { have: 7, need: 8, have_experts: 4, need_experts: 6 });
});
