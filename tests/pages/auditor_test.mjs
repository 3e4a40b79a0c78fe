// SPDX-License-Identifier: Apache-2.0
// The auditor's page and piaojue-verify are written independently of each other, from the specification. Rule: they say
// the same about every record. Harm: where they differ, one of them calls a forged result verified, or an honest one
// forged.
//
//     node --test tests/pages/auditor_test.mjs
//
// PIAOJUE_BIN: folder of piaojue-verify (default build/release/bin); test_verifier is looked for in ../tests beside it.
// Needs web/node_modules (npm ci in web/).
import assert from 'node:assert/strict';
import { execFile, execFileSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { createRequire } from 'node:module';
import { anchorOf, audit } from '../../web/auditor/audit.js';
import { BROKEN, brokenMeeting, FORGED, forgedMeeting, LAWFUL, lawfulMeeting, richMeeting, UNWITNESSED,
  unwitnessedMeeting } from './record_cases.mjs';
import { ATTACKS, attackedMeeting, damagedRecord, mutatedMeeting } from './record_mutations.mjs';

const ROOT = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../..');
const BIN = path.resolve(ROOT, process.env.PIAOJUE_BIN ?? 'build/release/bin');
const UNIT_TEST = path.resolve(BIN, '../tests/test_verifier');
const sodium = createRequire(path.join(ROOT, 'web/package.json'))('libsodium-wrappers-sumo');
const MAGIC_LENGTH = 17;
const KEPT = path.join(ROOT, 'tests/cases/seeds/records.txt');

let folder;
/** @type {{name: string, bytes: Uint8Array, anchor: string}[]} */
let records;

before(async () => {
  await sodium.ready;
  folder = fs.mkdtempSync(path.join(os.tmpdir(), 'piaojue-auditor-'));
  // The unit tests of piaojue-verify make the records: honest ones, and for each check some that fail it.
  execFileSync(UNIT_TEST,
    ['--gtest_filter=Check*:HonestRecord*:HonestMeeting*:*ARule*:AfterAFailure*:Robustness.*-*CanNotEndAnywhereElse'], {
    env: { ...process.env, PIAOJUE_KEEP_RECORDS: folder }, stdio: 'pipe', maxBuffer: 1 << 26,
  });
  // Of one that takes away, repeats and swaps every single item a third is enough here.
  const names = fs.readdirSync(folder).filter((f) => f.endsWith('.piaojue')).sort()
    .filter((f, i) => !f.includes('NothingCanBeAddedOrTakenAway') || i % 3 === 0);
  records = names.map((file) => ({
    name: file.replace(/\.piaojue$/, ''),
    bytes: new Uint8Array(fs.readFileSync(path.join(folder, file))),
    anchor: fs.readFileSync(path.join(folder, file.replace(/piaojue$/, 'anchor')), 'utf8'),
  }));
});
after(() => fs.rmSync(folder, { recursive: true, force: true }));

/** @returns {Promise<any>} the report of piaojue-verify */
async function first(bytes, anchor) {
  const file = path.join(folder, 'record');
  fs.writeFileSync(file, bytes);
  const args = [file, '--anchor', anchor, '--json', '--jobs', '1'];
  const { stdout } = await promisify(execFile)(path.join(BIN, 'piaojue-verify'), args, { maxBuffer: 1 << 26 })
    .catch((e) => e);
  return JSON.parse(stdout);
}
const second = (bytes, anchor) => audit(bytes, anchorOf(anchor), { sodium, subtle: crypto.subtle });

/** What both have to say alike (§13.1): everything but sentences, places in the file and names of refusals. */
function said(report) {
  if (report.exit_code === 2) return { exit_code: 2 };
  const { exit_code, verified, checks_holding, entries, ballots, head, anchor, meeting } = report;
  const { changes = [], attendance = [], attempts = [] } = report;
  const first = report.first_failure ? [report.first_failure.check, report.first_failure.entry]
    : report.failed_check === undefined ? null : [report.failed_check, report.failed_entry];
  return {
    exit_code, verified, checks_holding, entries, ballots, head, anchor, attendance, attempts, first,
    checks: report.checks.map(({ number, outcome, failures, failures_total }) => ({ number, outcome, failures_total,
      entries: [...new Set(failures.map((f) => f.entry))],
      // An entry that is not in the right form has a type for one verifier only.
      types: number === 4 ? [] : [...new Set(failures.map((f) => f.type))] })),
    meeting: meeting ? { ...meeting, rules: undefined } : null,
    changes: changes.map((change) => ({ ...change, zh: undefined, en: undefined })),
  };
}
/** Without the members that one verifier does not have. */
const plain = (report) => JSON.parse(JSON.stringify(said(report)));
/** @returns {Promise<any>} the report of the second verifier */
async function agree(bytes, anchor, what) {
  const [a, b] = await Promise.all([first(bytes, anchor), second(bytes, anchor)]);
  assert.deepEqual(plain(b), plain(a), what);
  return b;
}

/** Numbers from PIAOJUE_FIRST (default 1) to PIAOJUE_SEEDS (default 60), and those that differed once. */
function seeds() {
  const kept = fs.existsSync(KEPT) ? fs.readFileSync(KEPT, 'utf8') : '';
  const all = kept.split('\n').filter(Boolean).map(parseFloat);
  const end = Number(process.env.PIAOJUE_SEEDS ?? 60);
  for (let seed = Number(process.env.PIAOJUE_FIRST ?? 1); seed <= end; seed++) all.push(seed);
  return all;
}

/** Offsets at which items begin, and the end. */
function boundaries(bytes) {
  const at = [];
  for (let i = MAGIC_LENGTH; i < bytes.length; ) {
    at.push(i);
    i += 4 + new DataView(bytes.buffer, bytes.byteOffset + i).getUint32(0);
  }
  return [...at, bytes.length];
}
const honest = () => records.filter((r) => r.name.startsWith('Robustness.TheRecordsAreHonest'));

test('both say the same of every record that was forged for one of the checks', async () => {
  const failed = new Set();
  for (const { name, bytes, anchor } of records) {
    const report = await agree(bytes, anchor, name);
    for (const check of report.checks) if (check.outcome === 'failed') failed.add(check.number);
  }
  // Were the records missing, nothing would have been compared: each check has failed at least once.
  assert.deepEqual([...failed].sort((a, b) => a - b), Array.from({ length: 27 }, (_, i) => i + 1));
});

test('both say the same of every record that a third hand made', async () => {
  // Harm: two verifiers that have one mistake in common, and records that one of them was written beside.
  const made = [
    ...Object.keys(LAWFUL).map((name) => [name, () => lawfulMeeting(sodium, name)]),
    ...Object.keys(BROKEN).map((name) => [name, () => brokenMeeting(sodium, name)]),
    ...Object.keys(FORGED).map((name) => [name, () => forgedMeeting(sodium, name)]),
    ...Object.keys(UNWITNESSED).map((name) => [name, () => unwitnessedMeeting(sodium, name)]),
    ['one of everything', () => richMeeting(sodium)],
  ];
  const differ = [];
  for (const [name, make] of made) {
    const m = make();
    await agree(m.bytes, m.anchor, name).catch((error) => differ.push(`${name}: ${error.message}`));
  }
  assert.deepEqual(differ, []);
});

test('both say the same of what people write who know the protocol', async () => {
  // A number that differs is made again by mutatedMeeting.
  const differ = [];
  for (const seed of seeds()) {
    const { m, what } = mutatedMeeting(sodium, seed);
    await agree(m.bytes, m.anchor, what).catch((error) => differ.push(`${what}: ${error.message}`));
  }
  assert.deepEqual(differ, []);
});

test('both say the same of records whose items somebody moved, doubled, left out or changed', async () => {
  const differ = [];
  for (const seed of seeds()) {
    const { bytes, anchor, what } = damagedRecord(records, seed);
    await agree(bytes, anchor, what).catch((error) => differ.push(`${what}: ${error.message}`));
  }
  assert.deepEqual(differ, []);
});

test('both say the same of whoever comes back without the word of those who kept him away', async () => {
  // Harm: one verifier would let somebody vote who has stepped back. Each attack in two meetings.
  const differ = [];
  for (const [i, attack] of ATTACKS.entries()) {
    for (const from of [i, i + 4]) {
      const m = attackedMeeting(sodium, attack, from);
      const report = await agree(m.bytes, m.anchor, attack)
        .catch((error) => void differ.push(`${attack}: ${error.message}`));
      assert.notEqual(report?.verified, true, attack);
    }
  }
  assert.deepEqual(differ, []);
});

test('both say VERIFIED to honest meetings under all rules', async () => {
  // Harm: an honest result that cannot be verified is worth no more than a forged one.
  const meetings = records.filter((r) => r.name.startsWith('Honest')
    || r.name.startsWith('Robustness.TheRecordsAreHonest'));
  assert.ok(meetings.length >= 8);
  for (const { name, bytes, anchor } of meetings) assert.equal((await second(bytes, anchor)).verified, true, name);
});

test('no changed byte passes, and both name the same check', async () => {
  const { bytes, anchor } = honest()[0];
  const stride = Math.ceil(bytes.length / 120);
  const edges = boundaries(bytes).slice(0, -1).flatMap((at) => [at + 3, at + 4]);
  const places = new Set([...Array(20).keys(), ...edges]);
  for (let at = 20; at < bytes.length; at += stride) places.add(at);
  for (const at of places) {
    const changed = bytes.slice();
    changed[at] ^= 1 << ((at * 5) % 8);
    const report = await agree(changed, anchor, `byte ${at}`);
    assert.equal(report.verified, false, `byte ${at}`);
  }
});

test('no record that breaks off passes', async () => {
  // Harm: what came after the cut is withheld. Only cosignatures of the end beyond the first may be missing.
  const { bytes, anchor } = honest()[0];
  const ends = boundaries(bytes);
  for (const end of ends) await agree(bytes.subarray(0, end), anchor, `cut at ${end}`);
  for (const end of [0, 5, 16, 17, 18, 20, ...ends.slice(0, -1).map((at, i) => at + 3 + (i % 40))]) {
    const report = await agree(bytes.subarray(0, end), anchor, `cut at ${end}`);
    assert.equal(report.exit_code, 2, `cut at ${end}`);
    assert.ok(report.unusable.reason);
  }
});

test('both say the same of a larger meeting with a recusal, a void and paper, changed anywhere', async () => {
  const { bytes, anchor } = honest()[1];
  for (let at = 1000; at < bytes.length; at += Math.ceil(bytes.length / 40)) {
    const changed = bytes.slice();
    changed[at] ^= 0x10;
    assert.equal((await agree(changed, anchor, `byte ${at}`)).verified, false, `byte ${at}`);
  }
});

test('another anchor fails check 1 and no other', async () => {
  const { bytes, anchor } = honest()[0];
  const report = await agree(bytes, (anchor[0] === '0' ? '1' : '0') + anchor.slice(1), 'another anchor');
  assert.deepEqual(report.checks.filter((c) => c.outcome !== 'holds').map((c) => c.number), [1]);
});

test('a head hash is taken as people write it, and nothing else is', () => {
  const digits = '0123456789abcdef'.repeat(4);
  assert.equal(anchorOf(`${digits.toUpperCase().match(/..../g).join(' ')}\n`), digits);
  for (const wrong of ['', digits.slice(1), `${digits}0`, `${digits.slice(1)}g`, `0x${digits.slice(2)}`])
    assert.equal(anchorOf(wrong), null, wrong);
});

const DEMO = path.join(ROOT, 'build/demo/record.piaojue');
test('both say the same of the demonstration', { skip: !fs.existsSync(DEMO) }, async () => {
  const anchor = fs.readFileSync(path.join(ROOT, 'build/demo/anchor.txt'), 'utf8').trim();
  const report = await agree(new Uint8Array(fs.readFileSync(DEMO)), anchor, 'demonstration');
  assert.equal(report.verified, true);
});
