// SPDX-License-Identifier: Apache-2.0
/** States that a real meeting hardly ever comes to, each looked at, checked by axe-core, and in several sizes. */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { FakeDoor, meetingOf, nowOf, rowOf } from './fake_door.mjs';
import { faultsOf, launch, Meeting, openWindow, shoot } from './lib.mjs';

const kExpert = 2;
const kChair = 1;
const kClerk = 12;
const kSupervisor = 13;
const kScreen = 14;
const kPageBytes = 150_000;
let browser;

before(async () => {
  browser = await launch();
});
after(() => browser.close());

async function opened(options, size) {
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

const meeting = meetingOf();
const box = { counted: [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11], voted: [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11], mixed: 3,
  boxes: [{ question: 1, ballots: 11, refused: {} }] };
const offline = (now, people) =>
  ({ ...now, people: now.people.map((one) => (people.includes(one.person) ? { ...one, online: false } : one)) });

const confirming = { phase: 'confirming', ...box };
const confirmed = { stage: 'confirmed', sequence: 0 };
/** What one person's page is told. */
const told = (person, fields, of = meeting) => ({ meeting: of, now: nowOf(of, person, fields) });
const rehearsal = meetingOf({ rehearsal: true });

function keysComing() {
  const { now } = told(kChair, { attempt: null });
  Object.assign(now.agenda[0], { keys: [0, 1], interviews_missing: [2] });
  return { meeting, now };
}

function unconfirmed() {
  const { now } = told(kChair, {
    attempt: { ...confirming, confirmed: [1, 2, 3, 5, 6, 7, 8], missing: [10], gate: 'GATE_MISSING' },
    warnings: [{ kind: 'unconfirmed', people: [{ person: 4, name: '买合木提·艾山' }] }],
  });
  return { meeting, now: offline(now, [4, 9]) };
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

const everyProposal = told(kSupervisor, {
  attempt: confirming,
  proposals: [
    { id: 'aa', type: 'Override', signed: [1], yours: true, silent: [{ person: 4, name: '买合木提·艾山' }],
      missing: [{ person: 3, name: '高㛃' }], reason: '设备失联，经核查本人已离席' },
    { id: 'bb', type: 'KeyChange', signed: [], yours: true, name: '苏文瑾', person: 2, reason: '更换电脑',
      identity_key: '3f2a90c177de0b145a6e2c98d1f044778be319aac05d62f7e8413b967d20a5cf' },
    { id: 'cc', type: 'Void', signed: [1], yours: false, questions: [1, 2], reason: '材料有误', shares_lost: true },
    { id: 'dd', type: 'SignOut', signed: [12], yours: false, name: '韩北辰', person: 6, reason: '已离席' },
    { id: 'ee', type: 'Recuse', signed: [12], yours: false, name: '韩北辰', person: 6, question: 2,
      reason: '亲属关系', refused: 'WRONG_PHASE' },
    { id: 'ff', type: 'PaperTally', signed: [1], yours: true,
      papers: [{ question: 1, issued: 11, returned: 11, valid: 10, invalid: 1, agree: 7, disagree: 2, abstain: 1 }] },
  ],
});
const guarding = { trustee: 2, state: 'waiting-for-gate', waiting: 'GATE_UNCONFIRMED', refused: 'MIX_SIZE' };

/** Name, what is said, and a text to wait for. */
const kStill = [
  ['connecting', { phase: null }, ''],
  ['loading', { phase: 'run' }, '正在连接'],
  ['ended', { phase: 'ended', message: '会议服务器要求退出。' }, '票决程序已退出'],
  ['halted', told(kExpert, { halted: 'LOG_SPLIT' }), '服务器的记录自相矛盾'],
  ['halted-chair', told(kChair, { halted: 'LOG_INCONSISTENT' }), '服务器的记录自相矛盾'],
  ['key-ended', told(kExpert, { key_current: false }), '本机的密钥已停用'],
  ['server-lost', told(kExpert, { connected: false }), '与会议服务器的连接中断'],
  ['syncing', told(kExpert, { attempt: null, synced: false }), '正在同步会议记录'],
  ['tokens-coming', told(kExpert, { ballot: { stage: 'requested' } }), '领取选票'],
  ['ballot-failed', told(kExpert, { ballot: { stage: 'failed', refused: 'FINALIZE_FAILED' } }),
    '本轮无法在这台电脑上投票'],
  ['ballot-missing', told(kExpert, { attempt: { ...confirming, missing: [2] },
    ballot: { ...confirmed, missing: [1, 3] } }), '您的选票不在票箱中'],
  ['ballot-checked', told(kExpert, { attempt: confirming, ballot: confirmed }), '投票已截止，请勿关机'],
  ['ballot-not-cast', told(kExpert, { attempt: { phase: 'mixing', mixed: 1 }, ballot: { stage: 'not-cast' } }),
    '本轮您未投票'],
  ['not-in-attempt', told(kExpert, { ballot: null }), '没有您的选票'],
  ['expert-paper', told(kExpert, { attempt: { paper: true } }), '本批改用纸质选票'],
  ['chair-no-quorum', told(kChair, { attempt: null, present: 5 }), '未达法定人数'],
  ['chair-keys-coming', keysComing(), '正在准备选票密钥'],
  ['chair-mixing', told(kChair, { attempt: { phase: 'mixing', ...box, mixed: 1, boxes: [] } }), '混合选票 1/3'],
  ['chair-unconfirmed', unconfirmed(), '报告缺票'],
  ['chair-warnings', everyWarning, '全体意见一致'],
  ['chair-paper', told(kChair, { attempt: { paper: true, voted: [] } }), '纸质选票计票'],
  ['chair-rehearsal', told(kChair, {}, rehearsal), '演练'],
  ['supervisor-guard', told(kSupervisor, { attempt: { ...confirming, confirmed: [1, 2], missing: [3] },
    trustee: guarding }), '等待开箱条件'],
  ['supervisor-proposals', everyProposal, '更换电脑'],
  ['screen-rehearsal', told(kScreen, {}, rehearsal), '演练'],
];

for (const [name, options, text] of kStill) {
  test(name, async () => {
    const { page } = await opened(options);
    if (text) await page.getByText(text).first().waitFor();
    await state(page, name);
  });
}

test('the wall with twelve rows, at 1080p and 4K', async () => {
  const many = meetingOf({ candidates: 12 });
  const rows = many.candidates.map(
    (one) => rowOf(one.question, one.question % 4 === 0 ? { agree: 7, disagree: 4, passed: false } : {}));
  for (const [name, size] of [['1080p', { width: 1920, height: 1080 }], ['4k', { width: 3840, height: 2160 }]]) {
    const { page } = await opened(
      { meeting: many, now: nowOf(many, kScreen, { attempt: { phase: 'declared', live: false, rows } }) }, size);
    await page.getByRole('button', { name: '含票数' }).click();
    const height = await page.evaluate(() => document.documentElement.scrollHeight);
    assert.ok(height <= size.height, `${name}: ${height} px high`);
    await state(page, `wall-${name}`);
  }
});

test('narrow, and at twice the size', async () => {
  for (const [name, person, attempt] of [['expert', kExpert, {}],
    ['chair', kChair, { phase: 'counted', ...box, rows: [rowOf(1)] }], ['clerk', kClerk, {}],
    ['supervisor', kSupervisor, {}], ['screen', kScreen, {}]]) {
    for (const [width, height] of [[320, 640], [683, 384]]) {
      const { page } = await opened({ meeting, now: nowOf(meeting, person, { attempt }) }, { width, height });
      await page.locator('.card, .paper, .wall').first().waitFor();
      await state(page, `${name}-${width}`);
    }
  }
});

test('another tab, and a program that comes back', async () => {
  const { page, door } = await opened({ meeting, now: nowOf(meeting, kExpert) });
  await page.getByText('已选 0/3').waitFor();
  door.say({ event: 'taken-over' });
  door.socket.close({ code: 4001 });
  await page.getByText('已在另一页面打开').waitFor();
  await state(page, 'taken-over');
});

test('a lost connection loses nothing, moves nothing, and what was marked meanwhile is said again', async () => {
  const { page, door } =
    await opened({ meeting, now: nowOf(meeting, kExpert),
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
    await opened({ meeting, now: nowOf(meeting, kExpert),
      commands: { cast: () => (refuse ? { ok: false, code: 'BUSY' } : { ok: true, sequence: 0 }) } });
  for (const n of [1, 2, 3]) await page.getByRole('button', { name: `同意：申报人零零${n}`, exact: true }).click();
  await page.getByRole('button', { name: '核对选票' }).click();
  await page.getByRole('button', { name: '投出', exact: true }).click();
  await page.getByText('系统正忙').waitFor();
  await shoot(page, 'rare-refused');
  refuse = false;
  await page.getByRole('button', { name: '投出', exact: true }).click();
  await assertSoon(() => door.heard.filter((line) => line === 'cast').length === 2);
  assert.equal(door.heard.filter((line) => line === 'vote 1 agree').length, 2, 'the program was told again');
  door.change({ ballot: { ...door.now.ballot, stage: 'cast', sequence: 0 } });
  await page.getByText('选票已投出').waitFor();
  assert.equal(await page.locator('[aria-pressed]').count(), 0);
  // After the closing there is no paper to come back to.
  await page.getByRole('button', { name: '重新投票' }).click();
  await page.getByRole('button', { name: '同意：申报人零零1', exact: true }).click();
  door.change({ attempt: { ...door.now.attempt, phase: 'mixing' } });
  await page.getByText('投票已截止').first().waitFor();
  assert.equal(await page.locator('[aria-pressed]').count(), 0);
  await state(page, 'after-change');
});

test('no abstaining where the rules have none', async () => {
  const strict = meetingOf({ rules: { abstain_allowed: false } });
  const { page } = await opened({ meeting: strict, now: nowOf(strict, kExpert) });
  await page.getByText('已选 0/3').waitFor();
  assert.equal(await page.locator('[data-choice=abstain]').count(), 0);
  await page.keyboard.press('3');
  await page.getByText('已选 0/3').waitFor();
  await state(page, 'no-abstain');
});

test('dialogs of the chair', async () => {
  const now = nowOf(meeting, kChair, { attempt: { phase: 'confirming', ...box, confirmed: [1, 2, 3], missing: [10] } });
  for (const [name, label] of [['silent', '放行未核对的电脑'], ['missing', '核查后放行缺票报告'], ['void', '作废本轮'],
    ['sign-out', '代办签退']]) {
    const { page, door } = await opened({ meeting, now });
    await page.getByRole('button', { name: label }).click();
    await page.getByRole('dialog').waitFor();
    if (name === 'silent') {
      await page.getByLabel('买合木提·艾山').check();
      await page.getByLabel('理由').fill('设备失联\n已离席');
      await page.getByRole('button', { name: '签署并提交会签' }).click();
      await assertSoon(() => door.heard.includes('override silent 4 设备失联 已离席'));
      await page.getByRole('dialog').waitFor({ state: 'detached' });
      await page.getByRole('button', { name: label }).click();
    }
    await state(page, `dialog-${name}`, { fullPage: false });
  }
});

// Harm: one of the few overrides is spent on somebody whose questions were all voided, and the gate stays shut.
test('nobody is waited for or passed over who has nothing left to confirm', async () => {
  const { page } = await opened(
    { meeting, now: nowOf(meeting, kChair,
      { attempt: { phase: 'confirming', ...box, confirmed: [1, 2, 3], unconfirmed: [4] } }) });
  await page.getByText(/^等待核对：[^、]*艾山$/).waitFor();
  await page.getByRole('button', { name: '放行未核对的电脑' }).click();
  await page.getByRole('dialog').getByLabel('买合木提·艾山').waitFor();
  assert.equal(await page.getByRole('dialog').getByRole('checkbox').count(), 1);
  await state(page, 'dialog-silent-one', { fullPage: false });
});

test('a refusal is said inside of the dialog that asked', async () => {
  const { page } = await opened(
    { meeting, now: nowOf(meeting, kChair), commands: { close: () => ({ ok: false, code: 'CONFLICT' }) } });
  await page.getByRole('button', { name: '截止投票' }).click();
  await page.getByRole('button', { name: '确认截止' }).click();
  await page.getByRole('dialog').getByText('此前已提交过不同的内容').waitFor();
  await state(page, 'dialog-refused', { fullPage: false });
});

test('a tally of paper ballots adds up before it can be signed', async () => {
  const { page, door } =
    await opened({ meeting, now: nowOf(meeting, kChair, { attempt: { paper: true, voted: [] } }) });
  const sign = page.getByRole('button', { name: '签署并提交会签' });
  for (const n of [1, 2, 3]) {
    for (const [part, value] of [['发出', 11], ['收回', 11], ['有效', 10], ['无效', 1], ['同意', 7], ['不同意', 2],
      ['弃权', n === 3 ? 2 : 1]]) await page.getByLabel(`申报人零零${n}，${part}`, { exact: true }).fill(String(value));
  }
  await page.getByText('有效票不等于三项之和').waitFor();
  // A look into the other place loses nothing of it.
  await page.getByRole('navigation').getByRole('button', { name: '投票' }).click();
  await page.getByText('本批改用纸质选票').waitFor();
  await page.getByRole('navigation').getByRole('button', { name: '主持' }).click();
  await page.getByText('有效票不等于三项之和').waitFor();
  assert.ok(await sign.isDisabled());
  await page.getByLabel('申报人零零3，弃权', { exact: true }).fill('1');
  await sign.focus();
  await page.keyboard.down('Enter');
  await assertSoon(() => door.heard.includes('paper-submit'));
  await page.keyboard.up('Enter');
  assert.ok(door.heard.includes('paper 3 11 11 10 1 7 2 1'));
  await state(page, 'chair-paper-filled');
});

test('a hold that is let go does nothing; a press without length has to be repeated', async () => {
  const { page, door } =
    await opened({ meeting, now: nowOf(meeting, kChair, { attempt: { phase: 'counted', ...box, rows: [rowOf(1)] } }) });
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

test('three hundred rows: an event of others draws no row again, and scrolling keeps its pace', async () => {
  const big = meetingOf({ candidates: 300 });
  const { page, door } = await opened({ meeting: big, now: nowOf(big, kExpert) });
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
  const slow = await page.evaluate(async () => {
    const gaps = [];
    let last = performance.now();
    for (let i = 0; i < 120; i += 1) {
      scrollBy(0, 250);
      await new Promise(requestAnimationFrame);
      gaps.push(performance.now() - last);
      last = performance.now();
    }
    return gaps.sort((a, b) => a - b)[Math.floor(gaps.length / 2)];
  });
  // The median of a machine that other things run on; 60 frames a second are 16.7 ms.
  assert.ok(slow < 34, `${slow} ms a frame`);
  await page.getByRole('button', { name: '下一个未选' }).click();
  await shoot(page, 'rare-300-rows', false);
  await page.context().close();
});

test('the page is light', async () => {
  for (const [person, text] of [[kChair, '议程'], [kExpert, '已选 0/3'], [kClerk, '打印登记单'],
    [kSupervisor, '本机核对项']]) {
    const { page, door } = await opened({ meeting, now: nowOf(meeting, person) });
    await page.getByText(text).first().waitFor();
    assert.ok(door.bytes < kPageBytes, `${text}: ${door.bytes} bytes`);
    await page.context().close();
  }
});

test('a picture of the QR code will do', async () => {
  const paper = new Meeting({
    members: '姓名,单位,角色\n甲,某单位,主任委员、专家\n乙,某单位,工作人员\n丙,某单位,监督人员\n',
    candidates: '姓名,单位,级别,渠道,批次,业绩摘要,评议组意见\n申报人,某公司,高级工程师,正常,第一批,业绩,同意\n',
    toml: ['title = "测试"', 'date = "2026-11-22"', 'rehearsal = false', 'committee_size = 1',
      'trustees = ["server", "chair", "supervisor"]', '[rules]', ''].join('\n'),
  });
  try {
    await paper.init();
    const { page: clerk } = await opened({ meeting, now: nowOf(meeting, kClerk, { attempt: null }) });
    await clerk.locator('.slips-card input[type=file]').setInputFiles(paper.slips.get(1));
    const picture = join(paper.directory, 'slip.png');
    await clerk.locator('.slip').screenshot({ path: picture });
    const { page, door } =
      await opened({ phase: 'enrol',
        commands: { prefill: () => ({ ok: true, slip: '' }),
          slip: (slip) => ({ ok: true, slip, person: 1, server: '192.0.2.10:7443', server_key: '09dd ec1e 9f62 d4c9' })
          } });
    await page.locator('input[type=file]').setInputFiles(picture);
    await page.getByText('请核对：第 1 号登记单').waitFor();
    assert.ok(door.heard.includes(`slip ${/piaojue1:\S+/.exec(paper.slipText(1))[0]}`));
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
