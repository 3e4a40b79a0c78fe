// SPDX-License-Identifier: Apache-2.0
/**
 * A whole meeting in English, clicked through by real pages of real processes: every text that the Chinese meeting
 * waits for must be there in English, and nothing Chinese but names and what the rosters say. Harm: a member who does
 * not read Chinese guesses at a button, or signs what she can not read.
 */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { faultsOf, hold, kTexts, launch, Meeting, openWindow } from './lib.mjs';

const { zh, en } = kTexts.page;

const kMembers = `姓名,单位,角色
Chair Lin,Institute,主任委员、专家
Expert Su,Company One,专家
Expert Gao,Company Two,专家
Expert Mai,Company Three,专家
Expert Qin,Company Four,专家
Expert Han,Company One,专家
Expert Xu,Company Two,专家
Clerk Zhou,Office,工作人员
Supervisor Sun,Inspection,监督人员
Big screen,Hall,大屏
`;
const kCandidates = `姓名,单位,级别,渠道,批次,业绩摘要,评议组意见
Fang,Company One,高级工程师,正常,First batch,Digital twin of a workshop,Recommended by 5 of 5
Lu,Company Two,高级工程师,正常,First batch,Time series database,Recommended by 4 of 5
`;
const kMeeting = `title = "Review meeting"
date = "2026-11-22"
rehearsal = false
committee_size = 7
trustees = ["server", "chair", "supervisor"]
`;
const [kChair, kClerk, kSupervisor, kScreen] = [1, 8, 9, 10];
const kExperts = [1, 2, 3, 4, 5, 6, 7];
const kPass = 'passphrase one two three';
/** The program's own words for levels and roles come from the rosters; the brand is a name. */
const kFromRosters = /副高级|票决?|中文/g;

/** What the Chinese page says, in English: the same key, with the same values filled in. */
function english(text) {
  let best = null;
  for (const [key, chinese] of Object.entries(zh)) {
    const names = [...chinese.matchAll(/\{(\w+)\}/g)].map((found) => found[1]);
    const literal = chinese.replace(/\{\w+\}/g, '').length;
    const pattern = chinese.split(/\{\w+\}/).map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')).join('(.+?)');
    const found = new RegExp(`^${pattern}$`).exec(text);
    // A text that is mostly its own words, before one that is mostly what is filled in.
    if (!found || (best && best.literal >= literal)) continue;
    best = { literal, text: en[key]
      .replace(/\{(\w+)\}/g, (all, name) => (names.includes(name) ? found[names.indexOf(name) + 1] : all)) };
  }
  if (!best) throw new Error(`no text of the pages: ${text}`);
  return best.text;
}

const meeting = new Meeting({ members: kMembers, candidates: kCandidates, toml: kMeeting });
const pages = new Map();
const kFaults = [];
let browser;

const button = (page, chinese) => page.getByRole('button', { name: english(chinese), exact: true });
const says = (page, chinese) => page.getByText(english(chinese)).first().waitFor();

async function state(person, name) {
  const page = pages.get(person);
  kFaults.push(...(await faultsOf(page, `english-${name}`)));
  const text = (await page.locator('body').innerText()).replace(kFromRosters, '');
  const chinese = text.match(/[\u4e00-\u9fff].{0,20}/);
  if (chinese) kFaults.push(`${name}: Chinese on an English page: ${chinese[0]}`);
}

async function sign(person) {
  const page = pages.get(person);
  const target = page.locator('.proposal button, .card button').filter({ hasText: /^(Agree|Sign|Approve)/ }).first();
  await target.waitFor();
  await hold(page, target);
}

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

async function vote(person, choices) {
  const page = pages.get(person);
  await says(page, `已选 0/${choices.length}`);
  const rows = page.locator('.ballot-row');
  for (const [i, choice] of choices.entries()) await rows.nth(i).locator(`[data-choice=${choice}]`).click();
  if (person === 2) await state(2, 'paper');
  await button(page, '核对选票').click();
  await button(page, '投出').click();
  await says(page, '选票已投出');
}

before(async () => {
  await meeting.start();
  browser = await launch();
  process.env.PIAOJUE_PASSPHRASE = kPass;
  for (const person of meeting.slips.keys()) {
    await meeting.tool('piaojue', 'enrol', '--slip', meeting.slips.get(person), '--home', meeting.home(person));
  }
  delete process.env.PIAOJUE_PASSPHRASE;
  for (const person of meeting.slips.keys()) {
    const page = await openWindow(browser, person === kScreen ? { width: 1920, height: 1080 } : undefined);
    page.setDefaultTimeout(60_000);
    pages.set(person, page);
    await page.goto(await meeting.page(person, { passphrase: kPass, args: ['--lang', 'en'] }));
  }
}, { timeout: 120_000 });

after(async () => {
  await browser?.close();
  await meeting.stop();
  meeting.remove();
}, { timeout: 60_000 });

test('a whole meeting in English, to a record that verifies', { timeout: 400_000 }, async () => {
  const chair = pages.get(kChair);
  await says(pages.get(kScreen), '会议即将开始');
  await says(pages.get(kClerk), '已登记 10 台，在线 10 台');
  await state(kClerk, 'clerk-before');
  await button(pages.get(kClerk), '提交会议方案').click();
  await says(chair, '待签署事项');
  await state(kChair, 'chair-sign-meeting');
  await sign(kChair);
  await tick();
  await sign(kSupervisor);
  for (const person of [...kExperts, kClerk, kSupervisor]) await button(pages.get(person), '签到').click();
  await says(pages.get(kScreen), '已达法定人数');
  await state(2, 'expert-wait');
  await state(kSupervisor, 'supervisor');

  const item = chair.locator('.agenda-item').filter({ hasText: 'First batch' });
  await item.getByText(english('选票密钥已就绪：3 方')).waitFor({ timeout: 90_000 });
  await item.getByRole('button', { name: english('开启表决') }).click();
  await state(kChair, 'chair-open-dialog');
  await chair.getByLabel(english('请清点室内专家，填写人数')).fill('7');
  await button(chair, '签署并提交会签').click();
  await pages.get(kSupervisor).getByLabel(english('请清点室内专家，填写人数')).fill('7');
  await state(kSupervisor, 'supervisor-sign-opening');
  await sign(kSupervisor);
  await chair.locator('.current-attempt').waitFor();
  for (const person of kExperts.slice(1)) await vote(person, ['agree', person > 3 ? 'disagree' : 'agree']);
  await chair.getByRole('navigation').getByRole('button', { name: english('投票') }).click();
  await vote(kChair, ['agree', 'agree']);
  await chair.getByRole('navigation').getByRole('button', { name: english('主持') }).click();
  await says(chair, '已投 7/7');
  await state(kChair, 'chair-voting');
  await button(chair, '截止投票').click();
  await button(chair, '确认截止').click();
  await sign(kSupervisor);
  const declare = chair.getByRole('button', { name: english('宣布并签署') }).first();
  await declare.waitFor();
  await state(kChair, 'chair-counted');
  await hold(chair, declare);
  await sign(kSupervisor);
  await chair.locator('.current-attempt').waitFor({ state: 'detached' });
  await pages.get(2).getByText(/^Present 7, needed 5, agree 7: passed/i).first().waitFor();
  await pages.get(2).getByText(/^Present 7, needed 5, agree 3: not passed/i).first().waitFor();
  await state(kScreen, 'screen-declared');

  await hold(chair, chair.getByRole('button', { name: english('结束会议并签署') }).first());
  await sign(kSupervisor);
  await chair.locator('.hash.big').waitFor();
  await state(kChair, 'chair-closed');
  const head = (await chair.locator('.hash.big .hash-groups').innerText()).replace(/\s+/g, ' ');
  const record = join(meeting.directory, 'record.piaojue');
  await chair.getByLabel(english('保存为')).fill(record);
  await button(chair, '导出').click();
  await chair.getByText(record).first().waitFor();
  const verified = await meeting.tool('piaojue-verify', record, '--anchor', head);
  assert.match(verified.stdout, /VERIFIED 27\/27/);
  assert.deepEqual(kFaults, []);
});
