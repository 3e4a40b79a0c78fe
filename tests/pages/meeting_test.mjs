// SPDX-License-Identifier: Apache-2.0
/**
 * A whole meeting, clicked through by real pages of real processes: a chair who is an expert, six more experts, a
 * clerk, a supervisor, the big screen; three trustees, two batches, one with an exceptional candidate, one recusal.
 */
import assert from 'node:assert/strict';
import { promises as fs } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { faultsOf, hold, launch, Meeting, openWindow } from './lib.mjs';
import { kChair, kClerk, kExperts, kMembers, kPass, kScreen, kSupervisor, kToml } from './small.mjs';

const kCandidates = `姓名,单位,级别,渠道,批次,业绩摘要,评议组意见
方启明,云梭智能制造有限公司,高级工程师,正常,第一批（高级）,主持离散制造车间数字孪生平台建设，设备综合效率由 61% 提升至 74%；发明专利 2 项。,评议组 5 人，同意推荐 5 人：业绩突出
陆思远,胶澜数据科技有限公司,高级工程师,正常,第一批（高级）,负责工业时序数据库内核研发，接入测点 120 万个；行业标准主要起草人。,评议组 5 人，同意推荐 5 人：能力达到要求
秦𬭎,星图工控安全技术有限公司,高级工程师,正常,第一批（高级）,建成工控安全监测平台，覆盖企业 64 家。,评议组 5 人，同意推荐 3 人：创新性一般
江临川,海州工业互联网研究院,正高级工程师,正常,第二批（正高级、破格）,牵头制定国家标准 2 项；成果转化 4300 万元。,评议组 5 人，同意推荐 5 人：同意推荐
任天行,云梭智能制造有限公司,高级工程师,破格,第二批（正高级、破格）,省科技进步三等奖第 2 位。,评议组 5 人，同意推荐 4 人：建议面试答辩后评审
`;
const kTyped = 2;
const kByFile = 3;
const kUnlocked = 4;

const meeting = new Meeting({ members: kMembers, candidates: kCandidates, toml: kToml });
const pages = new Map();
/** Collected, so that one flaw of one state does not hide those of the rest. */
const kFaults = [];
let browser;

const button = (page, name, exact = false) => page.getByRole('button', { name, exact });

async function state(person, name) {
  kFaults.push(...(await faultsOf(pages.get(person), name)));
}

async function open(person, size, options) {
  const page = await openWindow(browser, size);
  pages.set(person, page);
  await page.goto(await meeting.page(person, options));
  return page;
}

/** How often each person has pressed what leads a batch from its opening to its result. */
const presses = new Map();
async function press(person, target, held = false) {
  presses.set(person, (presses.get(person) ?? 0) + 1);
  await (held ? hold(pages.get(person), target) : target.click());
}

async function sign(person, name) {
  const page = pages.get(person);
  await page.getByText('待签署：').first().waitFor();
  if (name) await state(person, name);
  await press(person, button(page, /^同意并签署/).first(), true);
}

before(async () => {
  await meeting.start();
  browser = await launch();
}, { timeout: 60_000 });

after(async () => {
  await browser?.close();
  await meeting.stop();
  meeting.remove();
}, { timeout: 60_000 });

// Long on purpose: one meeting, told in the order in which it happens; each step stands on those before it.
test('a whole meeting', { timeout: 500_000 }, async (t) => {
  let broken = false;
  /** A step that fails leaves nothing for those after it to stand on. */
  const step = (name, run) => t.test(name, { skip: broken }, async () => {
    broken = true;
    await run();
    broken = false;
  });

  await step('enrolment: a typed code, a file, a passphrase; the rest from the command line', async () => {
    const typed = await open(kTyped);
    const [, host, port, code] = /piaojue2:([^:]+):(\d+):(\S+)/.exec(meeting.slipText(kTyped));
    // One character is wrong: said at once, and nothing is sent.
    await typed.getByLabel('登记单编码').fill(`${code.slice(0, -1)}${code.endsWith('7') ? '8' : '7'}`);
    await button(typed, '下一步').click();
    await typed.getByText('尚未发出任何内容').waitFor();
    await state(kTyped, 'enrol-wrong-code');
    await typed.getByLabel('登记单编码').fill(code.toLowerCase().replaceAll('-', ' '));
    await typed.getByText(`编码输入正确：${code}`).waitFor();
    await button(typed, '下一步').click();
    await typed.getByText('第 2 号登记单').waitFor();
    await typed.getByLabel('会议服务器的地址').fill(`${host}:${port}`);
    await state(kTyped, 'enrol-check');
    await enrolHere(typed, '苏文瑾');

    const byFile = await open(kByFile);
    await state(kByFile, 'enrol');
    await byFile.locator('input[type=file]').setInputFiles(meeting.slips.get(kByFile));
    await enrolHere(byFile, '高㛃');

    for (const person of [kChair, kUnlocked, 5, 6, 7, kClerk, kSupervisor, kScreen]) {
      process.env.PIAOJUE_PASSPHRASE = kPass;
      await meeting.tool('piaojue', 'enrol', '--slip', meeting.slips.get(person), '--home', meeting.home(person));
      delete process.env.PIAOJUE_PASSPHRASE;
    }
    const unlocked = await open(kUnlocked);
    await unlocked.getByLabel('口令', { exact: true }).fill('wrong');
    await button(unlocked, '继续').click();
    await unlocked.getByText('口令不正确').waitFor();
    await state(kUnlocked, 'unlock-wrong');
    await unlocked.getByLabel('口令', { exact: true }).fill(kPass);
    await button(unlocked, '继续').click();
    await unlocked.getByText('等待会议方案生效').waitFor();
    await state(kUnlocked, 'expert-before');
    for (const person of [kChair, 5, 6, 7, kClerk, kSupervisor]) await open(person, undefined, { passphrase: kPass });
    await open(kScreen, { width: 1920, height: 1080 }, { passphrase: kPass });
    await pages.get(kScreen).getByText('会议即将开始').waitFor();
    await state(kScreen, 'screen-before');
  });

  await step('slips for printing', async () => {
    const page = pages.get(kClerk);
    await page.locator('.slips-card input[type=file]').setInputFiles([...meeting.slips.values()]);
    await page.getByText('已读取 10 张登记单').waitFor();
    await state(kClerk, 'clerk-slips');
    await page.pdf({ path: 'build/screens/slips.pdf', format: 'A4', preferCSSPageSize: true });
    // What is drawn can be read again, by the same reader that an expert's page uses.
    await page.locator('.qr').first().screenshot({ path: join(meeting.directory, 'qr.png') });
    assert.equal(await readCode(page, join(meeting.directory, 'qr.png')), /piaojue2:\S+/.exec(meeting.slipText(1))[0]);
    await button(page, '清除').click();
  });

  await step('the meeting is proposed and signed', async () => {
    await pages.get(kClerk).getByText('已登记 10 台').waitFor();
    await state(kClerk, 'clerk-before');
    await button(pages.get(kClerk), '提交会议方案').click();
    await button(pages.get(kClerk), '打印签到表').waitFor();
    await state(kClerk, 'clerk-sheet');
    await sign(kChair, 'chair-sign-meeting');
    await tick();
    await sign(kSupervisor, 'supervisor-sign-meeting');
    for (const person of kExperts) await button(pages.get(person), '签到', true).waitFor();
    await state(kTyped, 'expert-sign-in');
    await state(kChair, 'chair-sign-in');
    for (const person of [...kExperts, kClerk, kSupervisor]) await button(pages.get(person), '签到', true).click();
    await pages.get(kScreen).getByText('已达法定人数').waitFor();
    await pages.get(kTyped).getByText('请等待开启表决').waitFor();
    await state(kTyped, 'expert-wait');
    await state(kScreen, 'screen-ready');
    await state(kSupervisor, 'supervisor-ready');
  });

  await step('a recusal, an interview', async () => {
    const page = pages.get(5);
    await button(page, '申请回避').click();
    await page.getByLabel('申报人').selectOption('3');
    await page.getByLabel('理由').fill('与申报人为同一单位');
    await state(5, 'expert-recuse');
    await button(page, '确认回避').click();
    await page.getByText('已回避：第 3 号秦𬭎').waitFor();
    await pages.get(kChair).getByText('缺少破格面试答辩记录').waitFor();
    await state(kClerk, 'clerk-open');
    await pages.get(kClerk).getByLabel('任天行').fill('面试答辩：回答清楚，业绩属实，\n答辩小组建议提交评审。');
    await button(pages.get(kClerk), '存入记录').click();
    await pages.get(kClerk).locator('.note.good').waitFor();
  });

  const choicesOfFirst = { 1: ['agree', 'agree', 'agree'], 2: ['agree', 'agree', 'disagree'],
    3: ['agree', 'disagree', 'disagree'], 4: ['agree', 'agree', 'abstain'], 5: ['disagree', 'agree'],
    6: ['agree', 'agree', 'disagree'], 7: ['agree', 'agree', 'disagree'] };

  await step('the first batch', async () => {
    const chair = pages.get(kChair);
    presses.clear();
    await openBatch(chair, '第一批（高级）', 'chair-open-dialog');
    const page = pages.get(kTyped);
    await page.getByText('已选 0/3').waitFor();
    assert.equal(await page.locator('[aria-pressed=true]').count(), 0, 'nothing preselected');
    await state(kTyped, 'paper-empty');

    // With the keyboard: 1 agrees with the first, Enter goes on.
    await page.keyboard.press('1');
    await page.keyboard.press('Enter');
    assert.equal(await page.evaluate(() => document.activeElement.closest('[data-question]').dataset.question), '2');
    await page.keyboard.press('1');
    await page.getByText('已选 2/3').waitFor();

    // The cover hides at once and gives the focus back; a reload finds the paper half filled.
    await page.keyboard.press('Escape');
    await page.getByText('屏幕已遮盖').waitFor();
    await state(kTyped, 'cover');
    await page.keyboard.press('Escape');
    await page.getByText('已选 2/3').waitFor();
    await page.reload();
    await page.getByText('已选 2/3').waitFor();
    await page.keyboard.press('ArrowDown');
    await state(kTyped, 'paper-half');

    // What others do moves nothing.
    await page.evaluate(() => scrollTo(0, 120));
    const there = await page.evaluate(() => [scrollY, document.activeElement.outerHTML]);
    await vote(kUnlocked, choicesOfFirst[kUnlocked]);
    await page.waitForTimeout(300);
    assert.deepEqual(await page.evaluate(() => [scrollY, document.activeElement.outerHTML]), there);

    await button(page, '不同意：秦𬭎').click();
    await button(page, '核对选票').click();
    await page.getByText('请核对您的选择').waitFor();
    await state(kTyped, 'review');
    await button(page, '投出', true).click();
    await page.getByText('选票已投出').waitFor();
    await state(kTyped, 'cast');
    assert.equal(await page.locator('[aria-pressed]').count(), 0, 'no choice is left on the page');

    await checkAndVoteAgain(page, ['同意：方启明', '同意：陆思远', '不同意：秦𬭎']);
    await vote(kByFile, choicesOfFirst[kByFile]);
    await chair.getByText('已投 3/7').first().waitFor();
    await state(kChair, 'chair-voting');
    await state(kScreen, 'screen-voting');
    await state(kSupervisor, 'supervisor-voting');
    for (const person of [5, 6, 7]) await vote(person, choicesOfFirst[person]);
    await button(chair.getByRole('navigation'), '投票').click();
    await vote(kChair, choicesOfFirst[kChair]);
    await button(chair.getByRole('navigation'), '主持').click();
    await close(chair, 7);
    await declare(chair, 'first');
    // Harm: who leads the meeting does a dozen things for each batch, and one of them in the wrong order.
    t.diagnostic(`presses: chair ${presses.get(kChair)}, supervisor ${presses.get(kSupervisor)}`);
    assert.ok(presses.get(kChair) <= 5 && presses.get(kSupervisor) <= 4, JSON.stringify([...presses]));
    await pages.get(kTyped).getByText('出席 7 人，需 5 人，同意 6 人，通过').first().waitFor();
    await state(kTyped, 'expert-result');
    await state(kScreen, 'screen-names');
    await button(pages.get(kScreen), '含票数').click();
    await state(kScreen, 'screen-counts');
    await state(kSupervisor, 'supervisor-declared');
  });

  await step('the second batch is voided once, and voted on again', async () => {
    const chair = pages.get(kChair);
    await openBatch(chair, '第二批');
    await pages.get(kTyped).getByText('面试答辩：回答清楚，业绩属实').waitFor();
    await pages.get(kTyped).getByText('已选 0/2').waitFor();
    await state(kTyped, 'paper-exceptional');
    await button(pages.get(kTyped), '同意：江临川', true).click();
    // One is shut out: asked on his own page, he says so, and everybody sees it before anything is opened.
    for (const person of [3, 4, 5, 6, 7]) await vote(person, ['agree', 'agree']);
    await button(chair.getByRole('navigation'), '投票').click();
    await vote(kChair, ['agree', 'agree']);
    await button(chair.getByRole('navigation'), '主持').click();
    await close(chair, 6, 'supervisor-sign-closing-without');
    const shut = pages.get(kTyped);
    await shut.getByText('您没有投票，是您自己的决定吗？').waitFor({ timeout: 60_000 });
    await state(kTyped, 'not-voted');
    await button(shut, '不是，我的票不见了或没能投出').click();
    await shut.getByText('请立即举手').first().waitFor();
    await state(kTyped, 'missing');
    await chair.getByText('报告选票不在票箱中：苏文瑾').first().waitFor();
    await state(kChair, 'chair-missing');
    await button(chair, '作废本轮，重新投票').click();
    await chair.getByLabel('理由').fill('一位专家的设备中断，未能投票，按程序重新投票');
    await state(kChair, 'chair-void');
    await button(chair, '确认作废').click();
    await sign(kSupervisor, 'supervisor-sign-void');
    await pages.get(kScreen).getByText('本轮已作废').waitFor();
    await state(kScreen, 'screen-voided');
    await openBatch(chair, '第二批');
    await pages.get(kTyped).getByText('已选 0/2').waitFor();
    for (const person of [2, 3, 4, 5, 7]) await vote(person, ['agree', person === 5 ? 'disagree' : 'agree']);
    await button(chair.getByRole('navigation'), '投票').click();
    await vote(kChair, ['agree', 'agree']);
    await button(chair.getByRole('navigation'), '主持').click();
    await close(chair, 6);
    const idle = pages.get(6);
    await idle.getByText('您没有投票，是您自己的决定吗？').waitFor({ timeout: 60_000 });
    await button(idle, '是，我自己决定不投').click();
    await idle.getByText('本轮您未投票').first().waitFor();
    await declare(chair, 'second');
    await pages.get(kTyped).getByText('出席 7 人，需 5 人，同意 6 人，通过').last().waitFor();
    await state(kChair, 'chair-rounds');
  });

  await step('in English', async () => {
    const page = pages.get(kChair);
    await button(page, 'English').click();
    await page.getByText('Close the meeting and sign').waitFor();
    await state(kChair, 'chair-english');
    const left = await page.evaluate(() => [...document.querySelectorAll('button, summary, dt, .tag')]
      .map((one) => one.textContent).filter((text) => /[\u4e00-\u9fff]/.test(text)));
    assert.deepEqual(left.filter((text) => text !== '中文'), []);
    await button(page, '中文').click();
  });

  await step('the end: one hash on every screen, and a record that verifies', async () => {
    const chair = pages.get(kChair);
    await hold(chair, button(chair, '结束会议并签署').first());
    await sign(kSupervisor, 'supervisor-sign-close');
    const hashes = [];
    for (const [person, page] of pages) {
      await page.locator('.hash.big').waitFor();
      hashes.push((await page.locator('.hash.big .hash-groups').innerText()).replace(/\s+/g, ' '));
      await state(person, `closed-${person}`);
    }
    assert.equal(new Set(hashes).size, 1);
    const record = join(meeting.directory, 'record.piaojue');
    await chair.getByLabel('保存为').fill(record);
    await button(chair, '导出', true).click();
    await chair.getByText('已导出到').waitFor();
    await state(kChair, 'chair-exported');
    const verified = await meeting.tool('piaojue-verify', record, '--anchor', hashes[0]);
    assert.match(verified.stdout, /VERIFIED 27\/27/);
  });

  await t.test('every state is in order', () => assert.deepEqual(kFaults, []));
});

/** Each line of the sheet, as if it were signed on paper. */
async function tick() {
  const page = pages.get(kSupervisor);
  const left = page.locator('.ticks button.primary');
  await left.first().waitFor();
  while (await left.count() > 0) {
    const before = await left.count();
    await left.first().click();
    await page.waitForFunction((n) => document.querySelectorAll('.ticks button.primary').length < n, before);
  }
}

/** @param name of whom the server says that it is */
async function enrolHere(page, name) {
  await page.getByLabel('口令', { exact: true }).fill(kPass);
  await page.getByLabel('再输入一次').fill(kPass);
  await button(page, '登记', true).click();
  await page.getByText(`您是：${name}（评审专家）。对吗？`).waitFor();
  await button(page, '对', true).click();
  await page.locator('.device-code').waitFor();
  await button(page, '继续', true).click();
  await page.getByText('等待会议方案生效').waitFor();
}

/** Opened on the supervisor's screen, void, and voted on again from an empty paper. @param names of its buttons */
async function checkAndVoteAgain(page, names) {
  const desk = pages.get(kSupervisor);
  await button(page, '抽查我的选票').click();
  await button(page, '作废并展示').click();
  await button(desk, '本人已到，作废并打开').click();
  await desk.locator('.spot-row').nth(2).waitFor();
  assert.deepEqual(await desk.locator('.spot-choice').allInnerTexts(), ['✓ 同意', '✓ 同意', '✗ 不同意']);
  await state(kSupervisor, 'supervisor-spot');
  await button(desk, '一致', true).click();
  await page.getByText('抽查一致').waitFor();
  // Gone from the supervisor's screen with the verdict, which the two screens learn one after the other.
  await desk.locator('.spot-row').first().waitFor({ state: 'detached', timeout: 2_000 });
  await page.getByText('已选 0/3').waitFor();
  for (const name of names) await button(page, name, true).click();
  await button(page, '核对选票').click();
  await button(page, '投出', true).click();
  await page.getByText('选票已投出').waitFor();
}

async function readCode(page, path) {
  const png = (await fs.readFile(path)).toString('base64');
  await page.evaluate(() => new Promise((done) => {
    const script = document.createElement('script');
    script.src = 'vendor/jsqr.js';
    script.onload = () => done();
    document.head.append(script);
  }));
  return page.evaluate(async (text) => {
    const picture = await createImageBitmap(new Blob([Uint8Array.from(atob(text), (c) => c.charCodeAt(0))],
      { type: 'image/png' }));
    const canvas = new OffscreenCanvas(picture.width, picture.height);
    const pen = canvas.getContext('2d');
    pen.drawImage(picture, 0, 0);
    return globalThis.jsQR(pen.getImageData(0, 0, picture.width, picture.height).data, picture.width,
      picture.height)?.data;
  }, png);
}

/** The keys of a batch may still be in the making. */
async function openBatch(chair, title, shot) {
  const item = chair.locator('.agenda-item').filter({ hasText: title });
  await item.getByText('选票密钥已就绪：3 方').waitFor({ timeout: 90_000 });
  await press(kChair, item.getByRole('button', { name: '开启表决' }));
  await chair.getByLabel('请清点室内专家，填写人数').fill('7');
  if (shot) await state(kChair, shot);
  await press(kChair, button(chair, '签署并提交会签', true));
  await pages.get(kSupervisor).getByLabel('请清点室内专家，填写人数').fill('7');
  await sign(kSupervisor, shot && 'supervisor-sign-opening');
  await chair.locator('.current-attempt').waitFor();
}

/** @param choices of the questions on the paper, in order */
async function vote(person, choices) {
  const page = pages.get(person);
  await page.getByText(`已选 0/${choices.length}`).waitFor();
  const rows = page.locator('.ballot-row');
  for (const [i, choice] of choices.entries()) await rows.nth(i).locator(`[data-choice=${choice}]`).click();
  await button(page, '核对选票').click();
  await button(page, '投出', true).click();
  await page.getByText('选票已投出').waitFor();
}

/** @param cast how many have voted */
async function close(chair, cast, shot) {
  await chair.getByText(`已投 ${cast}/7`).first().waitFor();
  await press(kChair, button(chair, '截止投票'));
  await press(kChair, button(chair, '确认截止'));
  await sign(kSupervisor, shot);
}

async function declare(chair, name) {
  await button(chair, '宣布并签署').waitFor({ timeout: 60_000 });
  await state(kChair, `chair-counted-${name}`);
  await state(kScreen, `screen-counted-${name}`);
  await state(kTyped, `expert-after-${name}`);
  await press(kChair, button(chair, '宣布并签署').first(), true);
  await sign(kSupervisor, `supervisor-sign-${name}`);
  await chair.locator('.current-attempt').waitFor({ state: 'detached', timeout: 2_000 });
}
