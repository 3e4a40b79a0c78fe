// SPDX-License-Identifier: Apache-2.0
/**
 * A day without a command line: from the example sheets to the printed papers, by clicks at the clerk's desk, her
 * terminal, the chair's, the supervisor's and two experts' pages. The other experts' laptops vote by themselves.
 * Harm: somewhere on that way there is a terminal, and the office that has nobody to type into it stays with paper.
 */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { faultsInEnglish, faultsOf, hold, kBin, kRoot, kWeb, launch, openWindow, Program } from './lib.mjs';

const kPass = '口令口令一二三四';
const kExamples = join(kRoot, 'examples');
const kChair = 1;
const kByPage = [2, 3]; // the deputy chair, who signs the meeting too, and an expert
const kByThemselves = [4, 5, 6, 7, 8, 9, 10, 11];
const kSupervisor = 13;
const kScreen = 14;
const kClicksMax = 12;
const jsqr = createRequire(join(kWeb, 'package.json'))('jsqr');
/** Collected, so that one flaw of one state does not hide those of the rest. */
const kFaults = [];
const programs = new Map();
let folder;
let browser;
let office;
let clicks = 0;

before(async () => {
  folder = mkdtempSync(join(tmpdir(), 'piaojue-day-'));
  browser = await launch();
}, { timeout: 60_000 });

after(async () => {
  await browser?.close();
  await Promise.all([...programs.values(), office].map((one) => one?.stop()));
  rmSync(folder, { recursive: true, force: true });
}, { timeout: 60_000 });

const button = (page, name, exact = true) => page.getByRole('button', { name, exact });
const step = (page, name) => button(page.getByRole('navigation'), name, false);
const state = async (page, name) =>
  kFaults.push(...(await faultsOf(page, name)), ...(await faultsInEnglish(page, name, { program: true })));

/** One click of the clerk's, or one field that she fills in. */
async function click(target) {
  clicks += 1;
  await target.click();
}
async function fill(target, text) {
  clicks += 1;
  await target.fill(text);
}

async function openDesk() {
  await office?.stop();
  office = new Program('office', [join(kBin, 'piaojue-office'), 'page', '--office', join(folder, 'office'), '--date',
    '2026-11-20', '--date-reason', '示例', '--no-browser', '--page-assets', kWeb]);
  const page = await openWindow(browser);
  // The browser's dialog would wait for somebody.
  await page.context().addInitScript(() => (globalThis.print = () => (globalThis.printed = true)));
  await page.goto((await office.event('page')).url);
  return page;
}

/** A tab that a click opens. */
async function tabOf(page, target) {
  const [tab] = await Promise.all([page.context().waitForEvent('page'), target.click()]);
  tab.complaints = [];
  return tab;
}

/** A tab that a click opens to be printed, as a PDF of that name. */
async function printed(page, target, rows, name) {
  const tab = await tabOf(page, target);
  await tab.locator(rows).first().waitFor();
  await tab.waitForFunction(() => globalThis.printed);
  await tab.pdf({ path: join(kRoot, 'build/screens', name), preferCSSPageSize: true });
  const count = await tab.locator(rows).count();
  await tab.close();
  return count;
}

async function give(page, label, file) {
  await page.getByLabel(label, { exact: true }).setInputFiles(join(kExamples, file));
  await page.getByText(`已读取：${file}`).waitFor();
}

const meetingFolder = () => {
  const root = join(folder, 'office', 'meetings');
  return join(root, readdirSync(root)[0]);
};
const slipOf = (person) => {
  const slips = join(meetingFolder(), 'server', 'slips');
  return join(slips, readdirSync(slips).find((name) => name.startsWith(String(person).padStart(2, '0'))));
};
const home = (person) => join(folder, `laptop-${person}`);
const kEnv = { PIAOJUE_PASSPHRASE: kPass };

function enrol(person) {
  execFileSync(join(kBin, 'piaojue'), ['enrol', '--slip', slipOf(person), '--home', home(person)],
    { env: { ...process.env, ...kEnv }, stdio: ['ignore', 'ignore', 'inherit'] });
}

/** A laptop with its page, enrolled. */
async function laptop(person) {
  enrol(person);
  const program = new Program(`laptop-${person}`, [join(kBin, 'piaojue'), 'run', '--home', home(person), '--page', '0',
    '--no-browser', '--page-assets', kWeb], kEnv);
  programs.set(person, program);
  const page = await openWindow(browser);
  await page.goto((await program.event('page')).url);
  return page;
}

/** A laptop whose expert signs in when the meeting opens, and agrees to everybody whenever he may vote. */
function byItself(person) {
  enrol(person);
  const program = new Program(`laptop-${person}`, [join(kBin, 'piaojue'), 'run', '--home', home(person)], kEnv);
  programs.set(person, program);
  let batches = [];
  program.waiters.add(() => {
    const event = JSON.parse(program.lines.at(-1));
    if (event.event === 'meeting') {
      batches = event.batches;
      if (person !== kScreen) program.type('sign-in');
    } else if (event.event === 'tokens') {
      for (const q of batches.find((one) => one.batch === event.batch).questions) program.type(`vote ${q} agree`);
      program.type('cast');
    }
  });
}

async function sign(page) {
  await page.getByText('待签署：').first().waitFor();
  await hold(page, button(page, /^同意并签署/, false).first());
}

async function vote(page) {
  await page.locator('.ballot-row').first().waitFor({ timeout: 90_000 });
  const rows = await page.locator('.ballot-row').all();
  for (const row of rows) await row.locator('[data-choice=agree]').click();
  await button(page, '核对选票', false).click();
  await button(page, '投出').click();
  await page.getByText('选票已投出').waitFor();
}

// Long on purpose: one day, told in the order in which it happens; each step stands on those before it.
test('a day without a command line', { timeout: 600_000 }, async (t) => {
  let broken = false;
  /** A step that fails leaves nothing for those after it to stand on. */
  const part = (name, run) => t.test(name, { skip: broken }, async () => {
    broken = true;
    await run();
    broken = false;
  });
  let desk;
  let clerk;
  let chair;
  let supervisor;
  let experts;

  await part('the sheets are imported, and everybody is decided about', async () => {
    desk = await openDesk();
    await desk.getByLabel('姓名').fill('周晓棠');
    await desk.getByLabel('口令（至少 8 个字符，不能全是同一个字符）').fill(kPass);
    await desk.getByLabel('再输入一次').fill(kPass);
    await button(desk, '登记').click();
    await desk.getByRole('navigation').waitFor();
    await step(desk, '会议当天').click();
    await desk.getByText('还没有建立会议').waitFor();
    await step(desk, '新会议').click();
    await desk.getByText('每位申报人都有结论后').waitFor();
    await state(desk, 'desk-new-too-early');
    await step(desk, '导入名单').click();
    await give(desk, '申报人名册', 'candidates.xlsx');
    await give(desk, '人员名册（专家、工作人员、监督人员）', 'members.xlsx');
    await give(desk, '年度考核表（可选）', 'appraisals.xlsx');
    await desk.getByLabel('在有效期外适用标准的依据（可选）').fill('示例：沿用原标准的通知');
    await button(desk, '检查').click();
    await button(desk, '导入').click();
    await desk.getByText('申报人 20 人').first().waitFor();
    await step(desk, '资格审核').click();
    await desk.getByRole('button', { name: /^须?需?人工(审核|认定) / }).click();
    await desk.getByRole('button', { name: /^选中以上 \d+ 人$/ }).click();
    await button(desk, '一并决定').click();
    const dialog = desk.getByRole('dialog');
    await dialog.getByLabel('符合条件', { exact: true }).check();
    await dialog.getByLabel('理由', { exact: true }).fill('材料齐全，经核实符合');
    await dialog.getByLabel(/^依据（/).fill('评审办公室会议纪要');
    await dialog.getByRole('button', { name: '签名决定' }).click();
    await desk.waitForFunction(() => document.querySelectorAll('tbody tr').length === 0);
  });

  await part('from verified sheets to printed slips in few clicks', async () => {
    clicks = 0;
    await click(step(desk, '新会议'));
    await desk.getByLabel('会议名称').waitFor();
    await state(desk, 'desk-new');
    // Who guards the votes is computed: without anybody beside the server nothing is promised, and no meeting made.
    const guards = [/^主任委员的会议终端/, /^监督人员的会议终端/].map((name) => desk.getByRole('checkbox', { name }));
    for (const one of guards) await one.uncheck();
    await desk.getByText('投票对服务器不保密').waitFor();
    await desk.getByLabel('会议名称').fill('…');
    assert.ok(await button(desk, '建立会议').isDisabled());
    await state(desk, 'desk-new-alone');
    for (const one of guards) await one.check();
    await desk.getByText('由会议服务器、林远航、孙秉正依次打乱').waitFor();
    // Short keys, not counted as a click: a clerk leaves the length as it is, and three laptops on one machine wait.
    await desk.getByText('表决规则：').click();
    await desk.getByLabel('选票密钥的位数').selectOption('2048');
    await state(desk, 'desk-new-rules');
    await fill(desk.getByLabel('会议名称'), '工业互联网工程技术职务资格评审会议');
    await desk.getByLabel('本机在会场网络中的地址').selectOption('127.0.0.1');
    clicks += 1;
    await click(button(desk, '建立会议'));
    await button(desk, '启动服务器').waitFor();
    await state(desk, 'desk-day-made');
    await click(button(desk, '启动服务器'));
    await desk.getByText('正在运行：').waitFor();
    clicks += 1;
    assert.equal(await printed(desk, button(desk, '打印登记单（每页 8 张）'), '.slip', 'desk-slips.pdf'), 14);
    t.diagnostic(`from verified sheets to printed slips: ${clicks} clicks and fields`);
    assert.ok(clicks <= kClicksMax, `${clicks} clicks`);
    assert.equal(pages('desk-slips.pdf'), 2, '14 slips, 8 a page');
    await printed(desk, button(desk, '打印登记单（每人一页）'), '.slip', 'desk-slips-each.pdf');
    assert.equal(pages('desk-slips-each.pdf'), 14);
    assert.match(codeOf('desk-slips-each.pdf'), /^piaojue2:127\.0\.0\.1:\d+:001-/, 'the printed code can be read');
  });

  await part('the desk is closed and opened: the server has gone on', async () => {
    desk = await openDesk();
    await desk.getByLabel('口令').fill(kPass);
    await button(desk, '继续').click();
    await step(desk, '会议当天').click();
    await desk.getByText('正在运行：').waitFor();
    await button(desk, '停止服务器').click();
    await desk.getByText('已记录的内容不会丢失').waitFor();
    await state(desk, 'desk-stop');
    await button(desk.getByRole('dialog'), '取消').click();
    await button(desk, '另出登记单：林远航').click();
    await desk.getByText('林远航原来的登记单将作废').waitFor();
    await state(desk, 'desk-new-slip');
    await button(desk.getByRole('dialog'), '取消').click();
  });

  await part('the laptops enrol; the clerk opens her terminal from the desk', async () => {
    clerk = await tabOf(desk, button(desk, '打开会议终端'));
    await clerk.getByText('第 12 号登记单').waitFor();
    await clerk.getByLabel('口令', { exact: true }).fill(kPass);
    await clerk.getByLabel('再输入一次').fill(kPass);
    await button(clerk, '登记').click();
    await button(clerk, '对').click();
    await button(clerk, '继续').click();
    for (const person of [...kByThemselves, kScreen]) byItself(person);
    chair = await laptop(kChair);
    supervisor = await laptop(kSupervisor);
    experts = await Promise.all(kByPage.map(laptop));
    await desk.getByText('已登记 14 台，应登记 14 台').waitFor();
    await state(desk, 'desk-day-enrolled');
    const signing = await printed(desk, button(desk, '打印签到表'), 'tbody tr', 'desk-sheet.pdf');
    assert.equal(signing, 13, 'everybody, and not the big screen');
  });

  await part('the meeting is signed, a batch voted on, and the meeting ended', async () => {
    await button(clerk, '提交会议方案').click();
    const [deputy] = experts;
    for (const page of [chair, deputy]) await sign(page);
    const left = supervisor.locator('.ticks button.primary');
    await left.first().waitFor();
    for (let n = await left.count(); n > 0; n = await left.count()) {
      await left.first().click();
      await supervisor.waitForFunction((was) => document.querySelectorAll('.ticks button.primary').length < was, n);
    }
    await sign(supervisor);
    for (const page of [chair, supervisor, clerk, ...experts]) await button(page, '签到').click();
    const item = chair.locator('.agenda-item').first();
    await item.getByText('选票密钥已就绪：3 方').waitFor({ timeout: 240_000 });
    await desk.getByText('会议进行中').waitFor();
    await chair.getByText('已达法定人数').first().waitFor();
    await item.getByRole('button', { name: '开启表决' }).click();
    await chair.getByLabel('请清点室内专家，填写人数').fill('11');
    await button(chair, '签署并提交会签').click();
    await supervisor.getByLabel('请清点室内专家，填写人数').fill('11');
    await sign(supervisor);
    await desk.getByText('第 1 批第 1 轮表决进行中').waitFor();
    await button(desk, '停止服务器').click();
    await desk.getByText('停止期间谁也不能投票').waitFor();
    await state(desk, 'desk-stop-busy');
    await button(desk.getByRole('dialog'), '取消').click();
    for (const page of [chair, deputy]) await button(page.getByRole('navigation'), '投票', false).click();
    for (const page of [chair, ...experts]) await vote(page);
    await button(chair.getByRole('navigation'), '主持', false).click();
    await chair.getByText('已投 11/11').first().waitFor({ timeout: 90_000 });
    await button(chair, '截止投票').click();
    await button(chair, '确认截止').click();
    await sign(supervisor);
    await button(chair, '宣布并签署', false).waitFor({ timeout: 90_000 });
    await hold(chair, button(chair, '宣布并签署', false).first());
    await sign(supervisor);
    await chair.locator('.current-attempt').waitFor({ state: 'detached' });
    await hold(chair, button(chair, '结束会议并签署', false).first());
    await sign(supervisor);
    await chair.locator('.hash.big').waitFor();
  });

  await part('the record is fetched and verified, and papers are made of it', async () => {
    await desk.getByText('会议已结束').waitFor();
    await state(desk, 'desk-day-closed');
    await button(desk, '取回并核验记录').click();
    await button(desk, '取回并核验记录').click();
    await desk.getByText('核验通过：').waitFor({ timeout: 90_000 });
    const shown = async (page) =>
      (await page.locator('.hash.big .hash-groups').innerText()).replace(/\s+/g, ' ').trim();
    assert.equal(await shown(desk), await shown(chair), 'the hash that everybody signs');
    const make = button(desk, '核验并出具材料');
    assert.ok(await make.isDisabled(), 'not before somebody has compared it');
    await desk.getByLabel('与签字纸上逐组核对一致').check();
    await state(desk, 'desk-record');
    await make.click();
    await desk.locator('.papers li').first().waitFor({ timeout: 60_000 });
    await state(desk, 'desk-papers');
    const table = await tabOf(desk, desk.locator('.papers li').filter({ hasText: '汇总表' }).getByRole('link').first());
    await table.getByText('通过').first().waitFor();
    await table.pdf({ path: join(kRoot, 'build/screens/desk-results.pdf'), preferCSSPageSize: true });
    await table.close();
    await step(desk, '会议当天').click();
    await button(desk, '停止服务器').click();
    await desk.getByRole('dialog').getByRole('button', { name: '停止服务器' }).click();
    await desk.getByText('没有运行').waitFor();
  });

  await t.test('every state is in order', () => assert.deepEqual(kFaults, []));
});

function pages(name) {
  const text = execFileSync('pdfinfo', [join(kRoot, 'build/screens', name)]).toString();
  return Number(/Pages:\s+(\d+)/.exec(text)[1]);
}

/** What the QR code on a PDF's first page says. */
function codeOf(name) {
  const pgm = execFileSync('pdftoppm', ['-gray', '-r', '200', '-f', '1', '-l', '1', join(kRoot, 'build/screens', name)],
    { maxBuffer: 64 << 20 });
  const [head, width, height] = /^P5\s+(\d+)\s+(\d+)\s+255\s/.exec(pgm.subarray(0, 64).toString('latin1'));
  const rgba = new Uint8ClampedArray(width * height * 4).fill(255);
  for (let i = 0; i < width * height; i += 1) rgba.fill(pgm[head.length + i], 4 * i, 4 * i + 3);
  return jsqr(rgba, Number(width), Number(height))?.data ?? '';
}
