// SPDX-License-Identifier: Apache-2.0
/**
 * States that a real meeting hardly ever comes to, each looked at and checked by axe-core, in both languages and in
 * several sizes.
 */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { FakeDoor, guardsOf, kDeviceCode, meetingOf, nowOf, rowOf } from './fake_door.mjs';
import { faultsInEnglish, faultsOf, hold, launch, Meeting, openWindow, shoot } from './lib.mjs';

const kExpert = 2;
const kChair = 1;
const kClerk = 12;
const kSupervisor = 13;
const kScreen = 14;
const kPageBytes = 250_000;
let browser;

before(async () => {
  browser = await launch();
});
after(() => browser.close());

async function show(options, size) {
  const page = await openWindow(browser, size);
  const door = new FakeDoor(page, options);
  await door.open();
  return { page, door };
}

async function state(page, name, options) {
  await page.locator('main').waitFor();
  assert.deepEqual(await faultsOf(page, `rare-${name}`, options), []);
  await page.context().close();
}

// Harm: what no meeting comes to in English is read for the first time by the one who can not read it in Chinese.
async function inBoth(page, name) {
  await page.locator('main').waitFor();
  const faults = [...await faultsOf(page, `rare-${name}`), ...await faultsInEnglish(page, `rare-${name}`)];
  assert.deepEqual(faults, []);
  await page.context().close();
}

/** Looked at, and gone on with. */
async function look(page, name) {
  assert.deepEqual(await faultsOf(page, `rare-${name}`, { fullPage: false }), []);
}

const meeting = meetingOf();
const box = { counted: [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11], voted: [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11], mixed: 3,
  boxes: [{ question: 1, ballots: 11, refused: {} }] };
const offline = (now, people) =>
  ({ ...now, people: now.people.map((one) => (people.includes(one.person) ? { ...one, online: false } : one)) });

const confirming = { phase: 'confirming', ...box };
const cast = { stage: 'cast', in_log: true };
const confirmed = { stage: 'confirmed', in_log: true };
/** What one person's page is told. */
const told = (person, fields, of = meeting) => ({ meeting: of, now: nowOf(of, person, fields) });
const rehearsal = meetingOf({ rehearsal: true });

function keysComing() {
  const { now } = told(kChair, { attempt: null });
  Object.assign(now.agenda[0], { keys: [0, 1], interviews_missing: [2] });
  return { meeting, now };
}

const cost = { people: [4, 9, 10, 11], votes: 4, within: 4 };
function unconfirmed() {
  const { now } = told(kChair, {
    attempt: { ...confirming, confirmed: [1, 2, 3, 5, 6, 7, 8], missing: [10], not_cast: [11],
      overridden: [{ person: 9, missing: false }], override_cost: cost, gate: 'GATE_MISSING' },
    warnings: [{ kind: 'unconfirmed', people: [{ person: 4, name: '买合木提·艾山' }] }],
    waits: [{ for: [4], what: 'confirm', since_s: 75 }],
  });
  return { meeting, now: offline(now, [4]) };
}

const everyWarning = told(kChair, {
  attempt: { phase: 'counted', ...box, shared: 3, confirmed: box.counted,
    rows: [rowOf(1, { agree: 11, disagree: 0, abstain: 0 }),
      rowOf(2, { agree: 7, disagree: 4, abstain: 0, passed: false, mode_sensitive: true }),
      rowOf(3, { contested: true, passed: false, not_cast: 1, disagree: 1 })] },
  warnings: [{ kind: 'unanimous', question: 1, name: '申报人零零1' },
    { kind: 'mode-sensitive', question: 2, name: '申报人零零2' },
    { kind: 'contested', question: 3, name: '申报人零零3' }, { kind: 'tiny', question: 3, name: '申报人零零3' },
    { kind: 'one-trustee' }, { kind: 'issued-mismatch' }, { kind: 'bad-checkpoint' }],
});

const kKeyChange = { id: 'bb', type: 'KeyChange', signed: [], yours: true, name: '苏文瑾', person: 2,
  reason: '更换电脑', device_code: kDeviceCode };
const kOpening = { id: 'b0', type: 'BatchOpen', signed: [1], yours: true, batch: 1, attempt: 1, questions: [1, 2, 3],
  present: 11, people: meeting.people.slice(0, 11).map(({ person, name }) => ({ person, name })), recusals: [],
  trustees: 3, paper: false, quorum_min: 8, unwitnessed: [44] };
const everyProposal = told(kSupervisor, {
  attempt: confirming,
  proposals: [kOpening, kKeyChange,
    { id: 'aa', type: 'Override', signed: [1], yours: true, reason: '设备失联，经核查本人已离席',
      people: [{ person: 4, name: '买合木提·艾山', missing: false }, { person: 3, name: '高㛃', missing: true }] },
    { id: 'b1', type: 'BatchClose', signed: [1], yours: true, without: [10, 11] },
    { id: 'b2', type: 'TrusteeChange', signed: [1, 2], yours: true, trustee: 2, from: 13, person: 7, name: '许清如',
      reason: '电脑损坏' },
    { id: 'b3', type: 'EnvelopeSpoil', signed: [1], yours: true, person: 4, name: '买合木提·艾山', cast: 0 },
    { id: 'b4', type: 'MeetingClose', signed: [1], yours: true, size: 57, undecided: [2], unwitnessed: [] },
    { id: 'cc', type: 'Void', signed: [1], yours: false, questions: [1, 2], reason: '材料有误' },
    { id: 'dd', type: 'SignOut', signed: [12], yours: false, name: '韩北辰', person: 6, reason: '已离席' },
    { id: 'ee', type: 'Recuse', signed: [12], yours: false, name: '韩北辰', person: 6, question: 2,
      reason: '亲属关系', refused: 'WRONG_PHASE' },
    { id: 'ff', type: 'PaperTally', signed: [1], yours: true,
      papers: [{ question: 1, issued: 11, returned: 11, valid: 10, invalid: 1, agree: 7, disagree: 2, abstain: 1 }] },
  ],
});
const committeeAsked = told(kExpert, { ballot: cast,
  proposals: [{ ...kKeyChange, person: 13, name: '孙秉正' }, { id: 'b1', type: 'BatchClose', signed: [1], yours: true,
    without: [10] }] });
const kAlarms = [{ kind: 'foreign-key', index: 31 }, { kind: 'slot-taken', index: 33 },
  { kind: 'override-ignores-missing', index: 77 }, { kind: 'guards-changed', index: 33, people: [7] },
  { kind: 'check-differs', index: 60, person: 4 }, { kind: 'invalid-ballot', index: 71, question: 2 },
  { kind: 'spoiled-by-office', index: 66 }, { kind: 'share-not-logged', index: 80 }, { kind: 'of-tomorrow', index: 1 }];
const kChanges = ['key-change', 'trustee-change', 'sign-out', 'recuse', 'check', 'override', 'contested', 'paper',
  'close-two', 'unwitnessed', 'undecided', 'close-unwitnessed']
  .map((kind, i) => ({ index: 31 + i, kind, person: 5, by: ['office', 'committee', 'person', 'two', null][i % 5] }));
const opened = { person: 4, state: 'opened', fault: null, questions: [{ question: 1, choice: 'agree' },
  { question: 2, choice: 'disagree' }, { question: 3, choice: 'abstain' }] };
const draft = { ok: true, rows: meeting.people.map((one) => ({ ...one, ticked: one.person < 3,
  device_code: one.person === 11 ? null : kDeviceCode })) };
const meetingOpen = { id: 'a0', type: 'MeetingOpen', signed: [], yours: true, ...meeting, trustees: [0, 1, 13],
  people: meeting.people.map((one) => ({ ...one, enrolled: one.person !== 11 })) };
const beforeOpen = (person, more) => ({ meeting: null, now: { ...nowOf(meeting, person, { attempt: null }),
  meeting: 'before-open', guards: undefined, waits: undefined, alarms: undefined, checks: undefined, ...more } });
const contestedRow = rowOf(2, { agree: 8, contested: true, passed: false, not_cast: 1, disagree: 1 });
const contested = { phase: 'declared', live: false, rows: [rowOf(1), contestedRow, rowOf(3, { passed: false, agree: 6,
  disagree: 4 })] };
const onPaper = { phase: 'declared', live: false, paper: true, rows: [rowOf(1), rowOf(2), rowOf(3)] };
const lostGuard = guardsOf(meeting, { gone: [2], changed: [1] });
const guarding = { trustee: 2, state: 'waiting-for-gate', waiting: 'GATE_UNCONFIRMED', refused: 'MIX_SIZE',
  waits_for_half: [1], protest: null };
const protesting = { ...guarding, waiting: null, refused: null, waits_for_half: [], protest: { left_s: 14,
  people: [{ person: 4, missing: false }, { person: 3, missing: true }] } };

/** Four recused from the first candidate by the office alone, one of them has signed it himself. */
const recused = (person) => told(person, { attempt: null, recusals: [2, 4, 5, 6, 7].map((one) => ({ person: one,
  question: 1, reason: '同一单位', attested: one === 7, own_word: one !== 6 })) });

const closedOf = { meeting: 'closed', head: meeting.meeting_hash,
  attempt: { phase: 'declared', live: false, rows: [rowOf(1), rowOf(2), rowOf(3, { passed: false, agree: 6 })] } };
/** Signed by the chair, and by nobody else yet. */
const mine = [{ ...kOpening, yours: false },
  { id: 'ab', type: 'TrusteeChange', signed: [1, 2], yours: false, trustee: 2, from: 13, person: 7, name: '许清如',
    reason: '电脑损坏' },
  { id: 'ac', type: 'RecuseBack', signed: [1], yours: false, name: '韩北辰', person: 6, question: 2, reason: '核实' }];
const signedByMe = told(kChair, { attempt: null, proposals: mine });

/** Name, what is said, and a text to wait for. */
const kStill = [
  ['connecting', { phase: null }, ''],
  ['loading', { phase: 'run' }, '正在连接'],
  ['ended', { phase: 'ended', message: '会议服务器要求退出。' }, '票决程序已退出'],
  ['halted', told(kExpert, { halted: 'LOG_SPLIT' }), '服务器的记录自相矛盾'],
  ['halted-chair', told(kChair, { halted: 'LOG_INCONSISTENT' }), '服务器的记录自相矛盾'],
  ['key-ended', told(kExpert, { key_current: false }), '本机的密钥已停用'],
  ['server-lost', told(kExpert, { connected: false }), '与会议服务器的连接中断，正在自动重连，请稍候。'],
  ['server-lost-marked', told(kExpert, { connected: false, ballot: { marked: 2 } }), '已选内容在本机，不受影响'],
  ['syncing', told(kExpert, { attempt: null, synced: false }), '正在同步会议记录'],
  ['tokens-coming', told(kExpert, { ballot: { stage: 'requested' } }), '领取选票'],
  ['ballot-failed', told(kExpert, { ballot: { stage: 'failed', refused: 'FINALIZE_FAILED' } }),
    '本轮无法在这台电脑上投票'],
  ['ballot-missing', told(kExpert, { attempt: { ...confirming, missing: [2] },
    ballot: { ...confirmed, missing: [1, 3] } }), '请立即举手'],
  // Before the server, or this laptop's own state, has said anything more.
  ['ballot-missing-at-once', told(kExpert, { attempt: confirming, ballot: { stage: 'checking', in_log: true,
    missing: [2] } }), '请立即举手'],
  ['ballot-sending', told(kExpert, { ballot: { stage: 'cast', in_log: false } }), '选票已密封，正在送出'],
  ['ballot-not-voted', told(kExpert, { attempt: { ...confirming, counted: [1, 3] },
    ballot: { stage: 'asked', asks: 'not-voted' } }), '您没有投票，是您自己的决定吗？'],
  ...['asked', 'signed', 'sent', 'agrees', 'differs', 'unopened', 'by-office'].map((state) =>
    [`spot-${state}`, told(kExpert, { ballot: { stage: state === 'asked' ? 'cast' : 'spoiled', in_log: true,
      check: { supervisor: state === 'by-office' ? 0 : kSupervisor, state } } }),
    { asked: '请走到其电脑前', signed: '等待各电脑见证', sent: '在其屏幕上核对', agrees: '抽查一致',
      differs: '抽查不符', unopened: '没有得出抽查结果', 'by-office': '请重投' }[state]]),
  ['suggested-recusal', told(kExpert, { attempt: null, suggested: [{ question: 2, reason: '与申报人同一单位' }] }),
    '办公室建议您回避'],
  ['paper-after-check', told(kExpert, { ballot: { cast: 1, check: { supervisor: kSupervisor, state: 'agrees' } } }),
    '抽查一致'],
  ['committee-asked', committeeAsked, '另有 1 项'],
  ['alarms', told(kExpert, { ballot: cast, alarms: kAlarms }), '可能有人冒用您的身份'],
  ['changes', told(kChair, { changes: kChanges, attempt: { spoils: [{ person: 4, cast: 0, supervisor: 13,
    verdict: null }, { person: 5, cast: 0, supervisor: 13, verdict: 'differs' }, { person: 6, cast: 0, supervisor: 0,
    verdict: 'unopened' }] } }), '由他人代办签退'],
  ['chair-guard-lost', told(kChair, { attempt: null, guards: lostGuard }), '不能开启表决'],
  ['chair-guard-lost-live', told(kChair, { attempt: { phase: 'mixing', ...box, mixed: 1, boxes: [] },
    guards: lostGuard, waits: [{ for: [13], what: 'mix', since_s: 12 }] }), '等待打乱选票：孙秉正'],
  ['chair-opening', told(kChair, { attempt: { phase: 'opening', ...box, shared: 1 } }), '提请评委会作废'],
  ['chair-contested', told(kChair, { attempt: contested }), '用纸质选票表决'],
  ['chair-paper-declared', told(kChair, { attempt: onPaper }), '未经评委会确认'],
  ['wall-contested', told(kScreen, { attempt: contested }), '待复核表决'],
  ['wall-paper', told(kScreen, { attempt: onPaper }), '未经评委会确认'],
  ['wall-confirming', told(kScreen, { attempt: { ...confirming, confirmed: [1, 2] },
    waits: [{ for: [3, 4], what: 'confirm', since_s: 8 }] }), '等待开票前核对：高㛃'],
  ['supervisor-spot-asked', told(kSupervisor, { checks: [{ person: 4, state: 'asked', questions: [], fault: null },
    { person: 5, state: 'signed', questions: [], fault: null }] }), '请您抽查其选票'],
  ['supervisor-spot-opened', told(kSupervisor, { checks: [opened] }), '与您所选一致吗'],
  ['supervisor-spot-fault', told(kSupervisor, { checks: [{ ...opened, fault: 'PROOF' }] }), '本机核对发现不符'],
  ['supervisor-protest', told(kSupervisor, { attempt: confirming, trustee: protesting }), '还可叫停 1'],
  ['supervisor-ticks', { ...beforeOpen(kSupervisor, { proposals: [meetingOpen] }), commands: { sheet: () => draft } },
    '还有 11 人未勾选'],
  ['clerk-sheet', { ...beforeOpen(kClerk), commands: { sheet: () => draft } }, '打印签到表'],
  ['expert-before', beforeOpen(kExpert), kDeviceCode],
  ['key-waits', told(kExpert, { attempt: null, key_current: false }), kDeviceCode],
  ['secrecy-one', told(kExpert, { attempt: null, guards: { ...guardsOf(meeting), kind: 'one',
    people: guardsOf(meeting).people.slice(0, 1) } }), '对服务器不保密'],
  ['ballot-checked', told(kExpert, { attempt: confirming, ballot: confirmed }), '投票已截止，请勿关机'],
  ['ballot-not-cast', told(kExpert, { attempt: { phase: 'mixing', mixed: 1 }, ballot: { stage: 'not-cast' } }),
    '本轮您未投票'],
  ['not-in-attempt', told(kExpert, { ballot: null }), '没有您的选票'],
  ['expert-paper', told(kExpert, { attempt: { paper: true } }), '本批改用纸质选票'],
  ['expert-recused-by-office', recused(kExpert), '还没有您本人的签名'],
  ['clerk-recusals', recused(kClerk), '未经本人以原密钥'],
  ['chair-no-quorum', told(kChair, { attempt: null, present: 5 }), '未达法定人数'],
  ['chair-keys-coming', keysComing(), '正在准备选票密钥'],
  ['chair-mixing', told(kChair, { attempt: { phase: 'mixing', ...box, mixed: 1, boxes: [] } }), '打乱选票 1/3'],
  ['chair-unconfirmed', unconfirmed(), '报告选票不在票箱中'],
  ['chair-warnings', everyWarning, '全体意见一致'],
  ['chair-paper', told(kChair, { attempt: { paper: true, voted: [] } }), '纸质选票计票'],
  ['chair-rehearsal', told(kChair, {}, rehearsal), '演练'],
  ['supervisor-guard', told(kSupervisor, { attempt: { ...confirming, confirmed: [1, 2], missing: [3] },
    trustee: guarding }), '等待开票条件'],
  ['supervisor-proposals', everyProposal, '是否都在室内'],
  ['screen-rehearsal', told(kScreen, {}, rehearsal), '演练'],
  ['room', told(kExpert, { attempt: null, interviews: [{ question: 2, summary: '答辩：回答清楚' }] },
    meetingOf({ candidates: 3, exceptional: [2], openedBefore: [3] })), '此前'],
  ['signed-by-me', signedByMe, '还须签署：孙秉正'],
  ['signed-by-chair-only', told(kClerk, { attempt: null, proposals: mine }), '还须签署：孙秉正'],
  ['clerk-paper', told(kClerk, { attempt: { paper: true, voted: [] } }), '打印空白选票'],
  ['chair-closed', told(kChair, closedOf), '打印会议结束单'],
  ['supervisor-closed', told(kSupervisor, closedOf), '打印会议结束单'],
  ['expert-closed', told(kExpert, closedOf), ''],
  ['wall-before', beforeOpen(kScreen, { announced: { title: meeting.title, date: meeting.date } }), '会议即将开始'],
  ['wall-waiting', told(kScreen, { attempt: null }), ''],
  ['wall-voting', told(kScreen, { countdown_s: 90 }), ''],
  ['wall-closed', told(kScreen, closedOf), ''],
  ['supervisor-objections', told(kSupervisor, { attempt: { phase: 'counted', ...box, shared: 3, rows: [rowOf(1)] } }),
    '异议'],
];

for (const [name, options, text] of kStill) {
  test(name, async () => {
    const { page } = await show(options);
    if (text) await page.getByText(text).first().waitFor();
    await inBoth(page, name);
  });
}

test('the wall with twelve rows, at 1080p and 4K', async () => {
  const many = meetingOf({ candidates: 12 });
  const rows = many.candidates.map(
    (one) => rowOf(one.question, one.question % 4 === 0 ? { agree: 7, disagree: 4, passed: false } : {}));
  for (const [name, size] of [['1080p', { width: 1920, height: 1080 }], ['4k', { width: 3840, height: 2160 }]]) {
    const { page } = await show(
      { meeting: many, now: nowOf(many, kScreen, { attempt: { phase: 'declared', live: false, rows } }) }, size);
    await page.getByRole('button', { name: '含票数' }).click();
    const height = await page.evaluate(() => document.documentElement.scrollHeight);
    assert.ok(height <= size.height, `${name}: ${height} px high`);
    await state(page, `wall-${name}`);
  }
});

// Harm: everybody has signed, as each believes, and nobody knows whose laptop to walk to.
test('what one has signed oneself names who has still to sign', async () => {
  const { page, door } = await show(signedByMe);
  const of = (name) => page.locator('.proposal').filter({ hasText: `待签署：${name}` });
  await of('开启表决').getByText('还须签署：孙秉正', { exact: true }).waitFor();
  // The committee, and of it whoever has not signed; the incoming one by name, since nobody can sign for him.
  const slot = of('更换计票监管方');
  await slot.getByText('还须签署：许清如').waitFor();
  await slot.getByText(/达到规定人数即可。尚未签署：高㛃、.*陆思远/).waitFor();
  assert.equal(await slot.getByText(/尚未签署：.*(苏文瑾|许清如|孙秉正)/).count(), 0, 'signed, named, or concerned');
  await of('撤回回避').getByText('还须签署：韩北辰', { exact: true }).waitFor();
  // Signed by the supervisor alone: a chair, any of them; before that one, everybody whom the plan gives keys.
  door.change({ proposals: [{ ...mine[0], signed: [13] }, { ...meetingOpen, yours: false, signed: [12] }] });
  await of('开启表决').getByText('还须签署：林远航', { exact: true }).waitFor();
  await of('会议方案').getByText('还须签署：林远航、孙秉正', { exact: true }).waitFor();
  await page.context().close();
});

test('narrow, and at twice the size', async () => {
  for (const [name, person, attempt] of [['expert', kExpert, {}],
    ['chair', kChair, { phase: 'counted', ...box, rows: [rowOf(1)] }], ['clerk', kClerk, {}],
    ['supervisor', kSupervisor, {}], ['screen', kScreen, {}]]) {
    for (const [width, height] of [[320, 640], [683, 384]]) {
      const { page } = await show({ meeting, now: nowOf(meeting, person, { attempt }) }, { width, height });
      await page.locator('.card, .paper, .wall').first().waitFor();
      await state(page, `${name}-${width}`);
    }
  }
});

test('another tab, and a program that comes back', async () => {
  const { page, door } = await show({ meeting, now: nowOf(meeting, kExpert) });
  await page.getByText('已选 0/3').waitFor();
  door.say({ event: 'taken-over' });
  door.socket.close({ code: 4001 });
  await page.getByText('已在另一页面打开').waitFor();
  await state(page, 'taken-over');
});

// Harm: a page that the program has left goes on looking as if it could vote.
test('a page whose address the program has given up says where it goes on', async () => {
  const { page, door } = await show({ meeting, now: nowOf(meeting, kExpert) });
  await page.getByText('已选 0/3').waitFor();
  door.socket.close({ code: 4002 });
  await page.getByText('本页地址已失效').waitFor();
  await state(page, 'renewed');
});

test('of what was marked nothing is said to whoever has marked nothing', async () => {
  // Harm: everybody reads that marks are safe, also where there are none, and believes it when the program has ended.
  for (const [person, ballot, says] of [[kExpert, { marked: 2 }, true], [kExpert, {}, false], [kChair, {}, false]]) {
    const { page, door } = await show(told(person, { connected: false, ballot }));
    await page.getByText('与会议服务器的连接中断').waitFor();
    assert.equal(await page.getByText('已选内容').count(), says ? 1 : 0, `${person} ${JSON.stringify(ballot)}`);
    door.drop();
    await page.getByText('与本机票决程序的连接中断').waitFor();
    assert.equal(await page.getByText('已选内容').count(), says ? 1 : 0, 'the program is not reached');
  }
});

test('a lost connection loses nothing, moves nothing, and what was marked meanwhile is said again', async () => {
  const { page, door } =
    await show({ meeting, now: nowOf(meeting, kExpert),
      commands: { marks: () => ({ ok: true, marks: { 1: 'agree' } }) } });
  await page.getByText('已选 1/3').waitFor();
  door.drop();
  await page.getByText('连接中断，正在重连').waitFor();
  await page.getByRole('button', { name: '不同意：申报人零零2' }).click();
  await page.getByText('已选 2/3').waitFor();
  const focused = await page.evaluate(() => document.activeElement.outerHTML);
  await shoot(page, 'rare-reconnecting');
  door.heard.length = 0;
  door.up = true;
  await page.getByText('连接中断，正在重连').waitFor({ state: 'detached' });
  await page.getByText('已选 2/3').waitFor();
  await assertSoon(() => door.heard.includes('vote 2 disagree'));
  assert.ok(!door.heard.includes('vote 1 agree'), 'what the program holds is not said again');
  assert.equal(await page.evaluate(() => document.activeElement.outerHTML), focused);
  await state(page, 'reconnected');
});

test('a paper that was refused is still there; one that was cast is nowhere', async () => {
  let refuse = true;
  const { page, door } =
    await show({ meeting, now: nowOf(meeting, kExpert),
      commands: { cast: () => (refuse ? { ok: false, code: 'BUSY' } : { ok: true, index: 58 }) } });
  for (const n of [1, 2, 3]) await page.getByRole('button', { name: `同意：申报人零零${n}`, exact: true }).click();
  await page.getByRole('button', { name: '核对选票' }).click();
  await page.getByRole('button', { name: '投出', exact: true }).click();
  await page.getByText('系统正忙').waitFor();
  await shoot(page, 'rare-refused');
  refuse = false;
  await page.getByRole('button', { name: '投出', exact: true }).click();
  await assertSoon(() => door.heard.filter((line) => line === 'cast').length === 2);
  assert.equal(door.heard.filter((line) => line === 'vote 1 agree').length, 2, 'the program was told again');
  // Before the program tells how it stands, the paper does not come back.
  door.change({ size: 58 });
  await page.waitForTimeout(100);
  assert.equal(await page.locator('[aria-pressed]').count(), 0);
  door.change({ ballot: { ...door.now.ballot, stage: 'cast', in_log: true } });
  await page.getByText('选票已投出').waitFor();
  assert.equal(await page.locator('[aria-pressed]').count(), 0);
  // A paper that was put into the box is not taken out again.
  assert.equal(await page.getByRole('button', { name: '重新投票' }).count(), 0);
  // After a check there is a new one, empty; after the closing none to come back to.
  door.change({ ballot: { ...door.now.ballot, stage: 'ready', cast: 1, in_log: false } });
  await page.getByText('已选 0/3').waitFor();
  await page.getByRole('button', { name: '同意：申报人零零1', exact: true }).click();
  door.change({ attempt: { ...door.now.attempt, phase: 'mixing' } });
  await page.getByText('投票已截止').first().waitFor();
  assert.equal(await page.locator('[aria-pressed]').count(), 0);
  await state(page, 'after-change');
});

test('no abstaining where the rules have none', async () => {
  const strict = meetingOf({ rules: { abstain_allowed: false } });
  const { page } = await show({ meeting: strict, now: nowOf(strict, kExpert) });
  await page.getByText('已选 0/3').waitFor();
  assert.equal(await page.locator('[data-choice=abstain]').count(), 0);
  await page.keyboard.press('3');
  await page.getByText('已选 0/3').waitFor();
  await state(page, 'no-abstain');
});

test('who was recused by the office signs that himself, and until then the chair is told what it costs', async () => {
  const { page, door } = await show(recused(kExpert));
  await page.getByRole('button', { name: '确认回避申报人零零1' }).click();
  await assertSoon(() => door.heard.includes('recuse 1 同一单位'));
  await page.context().close();
  const { page: chair } = await show(recused(kChair));
  await chair.getByRole('button', { name: '开启表决' }).first().click();
  await chair.getByRole('dialog').getByText('过多的回避只由会务登记').waitFor();
  await chair.getByLabel('纸质').check();
  assert.equal(await chair.getByText('过多的回避只由会务登记').count(), 0);
  await state(chair, 'open-too-few');
});

test('dialogs of the chair', async () => {
  const now = nowOf(meeting, kChair,
    { attempt: { phase: 'confirming', ...box, confirmed: [1, 2, 3], missing: [10], override_cost: cost } });
  for (const [name, label] of [['override', '准予未核对即开票'], ['void', '作废本轮'], ['sign-out', '代办签退']]) {
    const { page, door } = await show({ meeting, now });
    await page.getByRole('button', { name: label, exact: true }).click();
    await page.getByRole('dialog').waitFor();
    if (name === 'override') {
      // Void comes first, and what an Override can cost is said before it is signed.
      await page.getByRole('dialog').getByText('4 票无法证实').waitFor();
      await page.getByRole('dialog').getByRole('button', { name: '作废本轮，重新投票' }).waitFor();
      await page.getByLabel('买合木提·艾山').check();
      await page.getByLabel('江临川').check();
      await page.getByLabel('理由').fill('设备失联\n已离席');
      await page.getByRole('button', { name: '签署并提交会签' }).click();
      await assertSoon(() => door.heard.includes('override 4,10 设备失联 已离席'));
      await page.getByRole('dialog').waitFor({ state: 'detached' });
      await page.getByRole('button', { name: label }).click();
    }
    await state(page, `dialog-${name}`, { fullPage: false });
  }
});

// Harm: one of the few overrides is spent on somebody whose questions were all voided, and the gate stays shut.
test('nobody is waited for or passed over who has nothing left to confirm', async () => {
  const { page } = await show(
    { meeting, now: nowOf(meeting, kChair,
      { attempt: { phase: 'confirming', ...box, confirmed: [1, 2, 3], unconfirmed: [4] } }) });
  await page.getByText(/^等待核对：[^、]*艾山$/).waitFor();
  await page.getByRole('button', { name: '准予未核对即开票' }).click();
  await page.getByRole('dialog').getByLabel('买合木提·艾山').waitFor();
  assert.equal(await page.getByRole('dialog').getByRole('checkbox').count(), 1);
  await state(page, 'dialog-override-one', { fullPage: false });
});

// Harm: who was passed over as silent and then reports a missing ballot stays passed over.
test('an override of silence does not cover a ballot that is reported missing later', async () => {
  const { page } = await show({ meeting, now: nowOf(meeting, kChair, { attempt: { phase: 'confirming', ...box,
    confirmed: [1, 2, 3, 5, 6, 7, 8, 9, 10, 11], missing: [4], overridden: [{ person: 4, missing: false }] } }) });
  await page.getByRole('alert').filter({ hasText: /^报告选票不在票箱中：买合木提/ }).waitFor();
  await page.getByRole('button', { name: '准予未核对即开票' }).click();
  await page.getByRole('dialog').getByLabel('买合木提·艾山').waitFor();
  await page.context().close();
});

test('opening asks for the heads, and a contested candidate goes on on paper only', async () => {
  const before = meetingOf({ openedBefore: [3] });
  const rows = [contestedRow, { ...contestedRow, question: 3 }];
  const now = nowOf(before, kChair, { attempt: { ...contested, rows } });
  const { page, door } = await show({ meeting: before, now });
  await page.getByRole('button', { name: '重新开启表决：第一批' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByText('可能暴露其间到会或离会者的意见').waitFor();
  await dialog.getByText('此前会议已开过票：第 3 号').waitFor();
  assert.ok(await dialog.getByRole('checkbox').isDisabled(), 'no way back to laptops');
  const open = dialog.getByRole('button', { name: '签署并提交会签' });
  assert.ok(await open.isDisabled(), 'not before somebody has counted');
  await dialog.getByLabel('请清点室内专家，填写人数').fill('10');
  await dialog.getByText('人数与名单不符').waitFor();
  assert.ok(await open.isDisabled());
  await shoot(page, 'rare-open-heads', false);
  await dialog.getByLabel('请清点室内专家，填写人数').fill('11');
  await open.click();
  await assertSoon(() => door.heard.includes('open 1 paper'));
  await page.context().close();
});

test('the opening is signed with the number of heads, a key change after the code was compared', async () => {
  const { page, door } = await show({ meeting, now: nowOf(meeting, kSupervisor,
    { attempt: null, proposals: [kOpening, kKeyChange] }) });
  const [open, change] = ['开启表决', '更换电脑'].map((name) =>
    page.getByRole('button', { name: `同意并签署：${name}` }));
  assert.ok(await open.isDisabled() && await change.isDisabled());
  await page.getByLabel('请清点室内专家，填写人数').fill('11');
  await hold(page, open);
  await assertSoon(() => door.heard.includes('approve b0 11'));
  await page.getByText(kDeviceCode, { exact: true }).first().waitFor();
  await page.getByLabel('我已走到苏文瑾的电脑前').check();
  await hold(page, change);
  await assertSoon(() => door.heard.includes('approve bb'));
  await page.context().close();
});

test('a supervisor ticks line by line, and signs only when all with keys are ticked', async () => {
  const rows = draft.rows.slice(0, 3).map((one) => ({ ...one, ticked: one.person < 3 }));
  const { page, door } = await show({ ...beforeOpen(kSupervisor, { proposals: [meetingOpen] }),
    commands: { sheet: () => ({ ok: true, rows }), tick: () => ((rows[2].ticked = true), { ok: true }) } });
  const sign = page.getByRole('button', { name: '同意并签署：会议方案' });
  await page.getByText('还有 1 人未勾选').waitFor();
  assert.ok(await sign.isDisabled());
  await page.getByRole('button', { name: '勾选：高㛃', exact: true }).click();
  await page.getByText('已全部勾选').waitFor();
  assert.ok(door.heard.includes(`tick 3 ${kDeviceCode}`));
  await hold(page, sign);
  await assertSoon(() => door.heard.includes('approve a0'));
  await page.context().close();
});

// Harm: who is ill can not be recused by the office, or another person or candidate is than the one that was chosen.
test('the office recuses one who can not do it himself', async () => {
  const { page, door } = await show(told(kChair, { attempt: null }));
  await page.getByRole('button', { name: '代办回避' }).click();
  await page.getByLabel('人员').selectOption('4');
  await page.getByLabel('申报人').selectOption('2');
  await page.getByLabel('理由').fill('近亲属');
  await look(page, 'dialog-recuse-person');
  await page.getByRole('dialog').getByRole('button', { name: '签署并提交' }).click();
  await assertSoon(() => door.heard.includes('recuse-person 4 2 近亲属'));
  await page.getByRole('dialog').waitFor({ state: 'detached' });
  await page.context().close();
});

// Harm: a laptop that will not be checked keeps its vote, or another person's envelope is spoiled.
test('an envelope that no laptop will show is spoiled', async () => {
  const { page, door } = await show({ meeting, now: nowOf(meeting, kChair) });
  await page.getByRole('button', { name: '作废一封选票' }).click();
  await page.getByLabel('人员').selectOption('3');
  await look(page, 'dialog-spoil');
  await page.getByRole('button', { name: '签署并提交会签' }).click();
  await assertSoon(() => door.heard.includes('spoil 3'));
  await page.getByRole('dialog').waitFor({ state: 'detached' });
  await page.context().close();
});

test('a check, from both screens', async () => {
  const { page, door } = await show({ meeting, now: nowOf(meeting, kExpert, { ballot: cast }) });
  await page.getByRole('button', { name: '抽查我的选票' }).click();
  await page.getByRole('dialog').getByText('监督人员会看到上面的选择').waitFor();
  await look(page, 'dialog-check');
  await page.getByRole('button', { name: '作废并展示' }).click();
  await assertSoon(() => door.heard.includes('check 13'));
  await page.context().close();
  const desk = await show({ meeting, now: nowOf(meeting, kSupervisor,
    { checks: [{ person: 4, state: 'asked', questions: [], fault: null }] }) });
  await desk.page.getByRole('button', { name: '本人已到，作废并打开' }).click();
  await assertSoon(() => desk.door.heard.includes('check-accept 4'));
  desk.door.change({ checks: [opened] });
  await desk.page.getByRole('button', { name: '一致', exact: true }).click();
  await assertSoon(() => desk.door.heard.includes('verdict 4 agrees'));
  // Where this laptop itself finds a fault, nobody can say that it agrees.
  desk.door.change({ checks: [{ ...opened, fault: 'PROOF' }] });
  await desk.page.getByText('本机核对发现不符').waitFor();
  assert.ok(await desk.page.getByRole('button', { name: '一致', exact: true }).isDisabled());
  // Gone from the screen with the verdict.
  desk.door.change({ checks: [{ ...opened, state: 'done', questions: [] }] });
  await desk.page.getByText('目前没有人申请抽查').waitFor();
  await desk.page.context().close();
});

test('who did not vote is asked, at the closing and when leaving', async () => {
  const asked = await show({ meeting, now: nowOf(meeting, kExpert, { attempt: confirming,
    ballot: { stage: 'asked', asks: 'not-voted' } }) });
  await asked.page.getByRole('button', { name: '是，我自己决定不投' }).click();
  await assertSoon(() => asked.door.heard.includes('not-voted yes'));
  await asked.page.context().close();
  const { page, door } = await show({ meeting, now: nowOf(meeting, kExpert),
    commands: { 'sign-out': (rest) => (rest ? { ok: true } : { ok: false, code: 'ASK', ask: 'not-voted' }) } });
  await page.getByRole('button', { name: '签退离席' }).click();
  await page.getByRole('button', { name: '确认签退' }).click();
  await page.getByText('您没有投票，是您自己的决定吗？').waitFor();
  await look(page, 'dialog-leave-asked');
  await page.getByRole('button', { name: '不是，只签退' }).click();
  await assertSoon(() => door.heard.includes('sign-out not-voted no'));
  await page.context().close();
  const unsent = await show({ meeting, now: nowOf(meeting, kExpert, { ballot: { stage: 'cast', in_log: false } }),
    commands: { 'sign-out': () => ({ ok: false, code: 'UNSENT' }) } });
  await unsent.page.getByRole('button', { name: '签退离席' }).click();
  await unsent.page.getByRole('button', { name: '确认签退' }).click();
  await unsent.page.getByText('还没有进入记录').waitFor();
  await unsent.page.context().close();
});

test('a trustee stops an override; a slot passes on', async () => {
  const { page, door } = await show({ meeting, now: nowOf(meeting, kSupervisor,
    { attempt: confirming, trustee: protesting }) });
  await page.getByRole('button', { name: '叫停：本机不交出开票份额' }).click();
  await assertSoon(() => door.heard.includes('stop'));
  await page.context().close();
  const slot = await show({ meeting, now: nowOf(meeting, kChair, { attempt: null, guards: lostGuard }) });
  await slot.page.getByRole('button', { name: '更换计票监管方' }).click();
  await slot.page.getByLabel('由谁接替').selectOption('7');
  await slot.page.getByLabel('理由').fill('电脑损坏');
  await look(slot.page, 'dialog-slot');
  await slot.page.getByRole('button', { name: '提请评委会签署' }).click();
  await assertSoon(() => slot.door.heard.includes('change-trustee 2 7 电脑损坏'));
  await slot.page.context().close();
});

// Harm: a chair who dislikes the result, or whose laptop is dead, keeps the meeting from going on.
test('an expert and a supervisor can propose the next step in place of the chair', async () => {
  for (const person of [kExpert, kSupervisor]) {
    const { page, door } = await show({ meeting, now: nowOf(meeting, person,
      { attempt: { phase: 'counted', ...box, shared: 3, rows: [rowOf(1)] }, ballot: confirmed }) });
    await page.getByRole('button', { name: '查看并提出下一步' }).click();
    await hold(page, page.getByRole('button', { name: '宣布并签署' }));
    await assertSoon(() => door.heard.includes('declare'));
    await state(page, `stand-in-${person}`);
  }
});

test('a refusal is said inside of the dialog that asked', async () => {
  const { page } = await show(
    { meeting, now: nowOf(meeting, kChair), commands: { close: () => ({ ok: false, code: 'CONFLICT' }) } });
  await page.getByRole('button', { name: '截止投票' }).click();
  await page.getByRole('button', { name: '确认截止' }).click();
  await page.getByRole('dialog').getByText('此前已提交过不同的内容').waitFor();
  await state(page, 'dialog-refused', { fullPage: false });
});

test('a tally of paper ballots adds up before it can be signed', async () => {
  const { page, door } =
    await show({ meeting, now: nowOf(meeting, kChair, { attempt: { paper: true, voted: [] } }) });
  const sign = page.getByRole('button', { name: '签署并提交会签' });
  for (const n of [1, 2, 3]) {
    for (const [part, value] of [['同意', 7], ['不同意', 2], ['弃权', n === 3 ? 2 : 1], ['无效', 1]])
      await page.getByLabel(`申报人零零${n}，${part}`, { exact: true }).fill(String(value));
  }
  await page.getByText('收回 12，多于发出 11：本行作废').waitFor();
  await page.getByLabel('申报人零零3，无效', { exact: true }).fill('');
  // A look into the other place loses nothing of it.
  await page.getByRole('navigation').getByRole('button', { name: '投票' }).click();
  await page.getByText('本批改用纸质选票').waitFor();
  await page.getByRole('navigation').getByRole('button', { name: '主持' }).click();
  await page.getByText('未填完').waitFor();
  assert.ok(await sign.isDisabled());
  await page.getByLabel('申报人零零3，弃权', { exact: true }).fill('1');
  await page.getByLabel('申报人零零3，无效', { exact: true }).fill('1');
  await sign.focus();
  await page.keyboard.down('Enter');
  await assertSoon(() => door.heard.includes('paper-submit'));
  await page.keyboard.up('Enter');
  assert.ok(door.heard.includes('paper 3 11 11 10 1 7 2 1'));
  await state(page, 'chair-paper-filled');
});

test('a hold that is let go does nothing; a press without length has to be repeated', async () => {
  const { page, door } =
    await show({ meeting, now: nowOf(meeting, kChair, { attempt: { phase: 'counted', ...box, rows: [rowOf(1)] } }) });
  const declare = page.getByRole('button', { name: '宣布并签署' });
  await declare.click();
  await page.waitForTimeout(1500);
  assert.ok(!door.heard.includes('declare'));
  await declare.evaluate((one) => one.click());
  await page.getByRole('button', { name: '请再按一次确认' }).waitFor();
  await page.waitForTimeout(800);
  await page.getByRole('button', { name: '请再按一次确认' }).evaluate((one) => one.click());
  await assertSoon(() => door.heard.includes('declare'));
  await page.context().close();
});

/** The median gap between two frames while the page scrolls, in ms. */
const pace = (page) => page.evaluate(async () => {
  const gaps = [];
  let last = performance.now();
  for (let i = 0; i < 120; i += 1) {
    scrollBy(0, 250);
    await new Promise(requestAnimationFrame);
    gaps.push(performance.now() - last);
    last = performance.now();
  }
  return Math.round(gaps.sort((one, other) => one - other)[Math.floor(gaps.length / 2)] * 10) / 10;
});

test('three hundred rows: an event of others draws no row again', async (context) => {
  const big = meetingOf({ candidates: 300 });
  const { page, door } = await show({ meeting: big, now: nowOf(big, kExpert) });
  await page.getByText('已选 0/300').waitFor();
  await page.evaluate(() => {
    globalThis.changes = 0;
    new MutationObserver((list) => (globalThis.changes += list.length))
      .observe(document.querySelector('.ballot-list'),
        { subtree: true, childList: true, attributes: true, characterData: true });
  });
  door.change({ size: 58, attempt: { ...door.now.attempt, voted: [1] } });
  await page.waitForTimeout(200);
  assert.equal(await page.evaluate(() => globalThis.changes), 0);
  // How fast it scrolls depends on what else runs here: it is said beside that of an empty page of the same minute.
  const own = await pace(page);
  const empty = await page.context().newPage();
  context.diagnostic(`${own} ms a frame; an empty page ${await pace(empty)} ms`);
  await empty.close();
  await page.getByRole('button', { name: '下一个未选' }).click();
  await shoot(page, 'rare-300-rows', false);
  await page.context().close();
});

test('the page is light', async () => {
  for (const [person, text] of [[kChair, '议程'], [kExpert, '已选 0/3'], [kClerk, '打印登记单'],
    [kSupervisor, '本机核对项']]) {
    const { page, door } = await show({ meeting, now: nowOf(meeting, person) });
    await page.getByText(text).first().waitFor();
    assert.ok(door.bytes < kPageBytes, `${text}: ${door.bytes} bytes`);
    await page.context().close();
  }
});

const kSlip = '12-007-X4K9-YESY-AH0N-WNWE-5';
const kLine = `piaojue2:192.0.2.10:7443:${kSlip}`;
const enrolling = (more = {}) => ({ phase: 'enrol', commands: { prefill: () => ({ ok: true, slip: '' }),
  slip: (slip) => ({ ok: true, slip, person: 7, meeting: 12,
    server: slip.startsWith('piaojue2:') ? '192.0.2.10:7443' : null }), ...more } });

async function passphrase(page) {
  await page.getByLabel('口令', { exact: true }).fill('一二三四 abc');
  await page.getByLabel('再输入一次').fill('一二三四 abc');
  await page.getByRole('button', { name: '登记', exact: true }).click();
}

test('a code is typed as people type, and what is wrong is said before anything is sent', async () => {
  const { page, door } = await show(enrolling());
  const field = page.getByLabel('登记单编码');
  await look(page, 'enrol-empty');
  await field.fill('12 007 x4k9');
  await page.getByText('已输入 9 个字符').waitFor();
  await field.fill('12-007-X4K9-YESY-AH0N-WNWE-6');
  await page.getByText('或有一个字符不对').waitFor();
  await field.press('Enter');
  await page.getByText('尚未发出任何内容').waitFor();
  await look(page, 'enrol-wrong');
  assert.ok(!door.heard.some((line) => line.startsWith('slip')));
  await field.fill('１２ oo7 x4k9 yesy-ahon—wnwe 5');
  await page.getByText(`编码输入正确：${kSlip}`).waitFor();
  await field.press('Enter');
  await page.getByText('第 7 号登记单').waitFor();
  assert.ok(door.heard.includes(`slip ${kSlip}`));
  // A code without an address: it has to be typed too.
  await page.getByLabel('会议服务器的地址').fill('192.0.2.10:7443');
  await look(page, 'enrol-address');
  await passphrase(page);
  await assertSoon(() => door.heard.some((line) => line.startsWith('enrol {')));
  const sent = JSON.parse(door.heard.find((line) => line.startsWith('enrol ')).slice(6));
  assert.deepEqual(sent, { slip: kSlip, server: '192.0.2.10:7443', passphrase: '一二三四 abc' });
  await page.context().close();
});

test('a slip that is refused: each its own sentence, and a way on', async () => {
  let code = 'WRONG_CODE';
  const { page, door } = await show(enrolling({ enrol: () => ({ ok: false, code }) }));
  await page.getByLabel('登记单编码').fill(kLine);
  await page.getByRole('button', { name: '下一步' }).click();
  for (const [next, text] of [['WRONG_CODE', '服务器不认识这个编码'], ['USED_CODE', '已在另一台电脑上用过'],
    ['NO_SERVER', '按这个地址连不上会议服务器'], ['BAD_ADDRESS', '服务器地址不完整'], ['BUSY', '系统正忙'],
    ['WRONG_PASSPHRASE', '口令不正确']]) {
    code = next;
    await passphrase(page);
    await page.getByText(text).waitFor();
    if (!['BUSY', 'BAD_ADDRESS'].includes(next)) {
      await page.getByRole('button', { name: '换一张登记单，重新开始' }).waitFor();
    }
  }
  await look(page, 'enrol-refused');
  await page.getByRole('button', { name: '换一张登记单，重新开始' }).click();
  await page.getByText('登记本机').waitFor();
  assert.ok(door.heard.includes('forget'));
  await page.context().close();
});

const kIntroduced = { person: 2, name: '苏文瑾', roles: 1, device_code: kDeviceCode };

/** Typed, enrolled, and asked who one is. */
async function introduced() {
  const out = await show({ ...enrolling({ enrol: () => ({ ok: true, ...kIntroduced }) }),
    now: beforeOpen(kExpert).now });
  await out.page.getByLabel('登记单编码').fill(kLine);
  await out.page.getByLabel('登记单编码').press('Enter');
  await passphrase(out.page);
  await assertSoon(() => out.door.heard.some((line) => line.startsWith('enrol {')));
  out.door.say({ event: 'page-phase', phase: 'introduced', version: 'test', lang: 'zh', introduced: kIntroduced });
  await out.page.getByText('您是：苏文瑾（评审专家）。对吗？').waitFor();
  return out;
}

// Harm: two slips changed places, and both laptops are dead ends until somebody deletes folders.
test('somebody else\'s slip is cleared from the laptop, and one begins anew', async () => {
  const { page, door } = await introduced();
  await page.getByRole('button', { name: '不对' }).click();
  await page.getByRole('button', { name: '换一张登记单，重新开始' }).click();
  await assertSoon(() => door.heard.includes('forget'));
  assert.ok(!door.heard.includes('me'), 'nothing has begun in another\'s name');
  door.say({ event: 'page-phase', phase: 'enrol', version: 'test', lang: 'zh' });
  await page.getByText('给苏文瑾重新发一张登记单').waitFor();
  await look(page, 'enrol-forgotten');
  await page.getByLabel('登记单编码').fill(kSlip);
  await page.context().close();
  // Also after a restart, on the page that asks for the passphrase.
  const { page: locked, door: lock } = await show({ phase: 'unlock' });
  await locked.getByText('忘了口令，或这台电脑登记的不是您？').click();
  await locked.getByRole('button', { name: '换一张登记单，重新开始' }).click();
  await assertSoon(() => lock.heard.includes('forget'));
  await state(locked, 'unlock-other');
});

test('one is told who one is, and the device code, before anything else', async () => {
  const { page, door } = await introduced();
  await look(page, 'introduced');
  await page.getByRole('button', { name: '不对' }).click();
  await page.getByText('这张登记单是别人的').waitFor();
  await look(page, 'introduced-not');
  await page.getByRole('button', { name: '上一步' }).click();
  await page.getByRole('button', { name: '对', exact: true }).click();
  await assertSoon(() => door.heard.includes('me'));
  door.say({ event: 'page-phase', phase: 'run', version: 'test', lang: 'zh' });
  await page.getByText(kDeviceCode).waitFor();
  await look(page, 'device-code');
  await page.getByRole('button', { name: '继续' }).click();
  await page.getByText('等待会议方案生效').waitFor();
  await state(page, 'before-after-introduced');
});

test('a picture of the QR code will do', async () => {
  const paper = new Meeting({
    members: `姓名,单位,角色\n甲,某单位,主任委员、专家\n${[...'乙丙丁戊己庚'].map((n) => `${n},某单位,专家\n`)
      .join('')}辛,某单位,工作人员\n壬,某单位,监督人员\n`,
    candidates: '姓名,单位,级别,渠道,批次,业绩摘要,评议组意见\n申报人,某公司,高级工程师,正常,第一批,业绩,同意\n',
    toml: ['title = "测试"', 'date = "2026-11-22"', 'rehearsal = false', 'committee_size = 7',
      'trustees = ["server", "chair", "supervisor"]', '[rules]', ''].join('\n'),
  });
  try {
    await paper.init();
    const { page: clerk } = await show({ meeting, now: nowOf(meeting, kClerk, { attempt: null }) });
    await clerk.locator('.slips-card input[type=file]').setInputFiles(paper.slips.get(1));
    const picture = join(paper.directory, 'slip.png');
    await clerk.locator('.slip').screenshot({ path: picture });
    const { page, door } = await show(enrolling());
    await page.locator('input[type=file]').setInputFiles(picture);
    await page.getByText('第 7 号登记单').waitFor();
    assert.ok(door.heard.includes(`slip ${/piaojue2:\S+/.exec(paper.slipText(1))[0]}`));
    await clerk.context().close();
    await state(page, 'enrol-picture');
  } finally {
    paper.remove();
  }
});

async function assertSoon(wanted) {
  for (let i = 0; i < 100 && !wanted(); i += 1) await new Promise((done) => setTimeout(done, 50));
  assert.ok(wanted());
}
