// SPDX-License-Identifier: Apache-2.0
/**
 * A clerk whose meetings are held at a service, by clicks and keys at her desk: from the operator's slip to a meeting
 * that is made there, its slips printed, its record fetched and papers made of it. The service is a real one.
 * Harm: the office that has joined a service still needs somebody with a terminal; or what the service refuses is a
 * grey button, and the clerk sends the draft to a second meeting.
 */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { faultsInEnglish, faultsOf, kBin, Keyboard, kRoot, kWeb, launch, openWindow, Program } from './lib.mjs';

const kPass = '口令口令一二三四';
const kExamples = join(kRoot, 'examples');
/** Of the list: who comes after him is found not to be eligible. */
const kLast = 6;
const kDate = ['--date', '2026-10-08', '--date-reason', '示例'];
const kPdf = Buffer.concat([Buffer.from('%PDF-1.7\n'), Buffer.alloc(700_000, 'x')]);
const kFaults = [];
let folder;
let browser;
let office;
let service;

const desk = (...args) => execFileSync(join(kBin, 'piaojue-office'), args,
  { env: { ...process.env, PIAOJUE_PASSPHRASE: kPass }, encoding: 'utf8' });

/** An office in which everybody is decided about; few of the example go to the meeting: one batch is enough here. */
function makeOffice() {
  const own = ['--office', join(folder, 'office')];
  desk('enlist', ...own, '--name', '周晓棠', ...kDate);
  desk('import', ...own, '--members', join(kExamples, 'members.xlsx'), '--candidates',
    join(kExamples, 'candidates.xlsx'), '--appraisals', join(kExamples, 'appraisals.xlsx'), '--extension', '示例：沿用',
    ...kDate);
  const others = JSON.parse(desk('verdicts', ...own, '--json')).map((one) => one.candidate)
    .filter((number) => number > kLast);
  desk('decide', ...own, '--candidate', others.join(','), '--verdict', 'NOT_ELIGIBLE', '--reason', '撤回', '--basis',
    '办公室会议纪要', ...kDate);
}

before(async () => {
  folder = mkdtempSync(join(tmpdir(), 'piaojue-service-desk-'));
  service = new Program('service', ['python3', join(kRoot, 'tests/pages/one_node.py')], { PIAOJUE_BIN: kBin });
  makeOffice();
  browser = await launch();
  await service.event('ready');
}, { timeout: 120_000 });

after(async () => {
  await browser?.close();
  await office?.stop();
  service?.child.stdin.end();
  await service?.stop();
  rmSync(folder, { recursive: true, force: true });
}, { timeout: 60_000 });

const button = (page, name, exact = true) => page.getByRole('button', { name, exact });
const step = (page, name) => button(page.getByRole('navigation'), name, false);
/** @param said by the program: a file's name looks like a key */
const state = async (page, name, said = /^$/) => kFaults.push(...[...(await faultsOf(page, name)),
  ...(await faultsInEnglish(page, name, { program: true }))].filter((one) => !said.test(one)));

/** What the service's helper answers. */
async function told(line, ms = 60_000) {
  const from = service.lines.length;
  service.type(line);
  const answer = await service.event(line.split(' ')[0], from, ms);
  assert.equal(answer.failed, undefined);
  return answer;
}

async function openDesk() {
  await office?.stop();
  office = new Program('office', [join(kBin, 'piaojue-office'), 'page', '--office', join(folder, 'office'), ...kDate,
    '--no-browser', '--page-assets', kWeb]);
  const page = await openWindow(browser);
  // The browser's dialog would wait for somebody.
  await page.context().addInitScript(() => (globalThis.print = () => (globalThis.printed = true)));
  await page.goto((await office.event('page')).url);
  await page.getByLabel('口令').fill(kPass);
  await button(page, '继续').click();
  await page.getByRole('navigation').waitFor();
  return page;
}

/** What a click has opened to be printed: how many rows it has, and its text. */
async function printed(page, target, rows) {
  const [tab] = await Promise.all([page.context().waitForEvent('page'), target.click()]);
  await tab.waitForFunction(() => globalThis.printed);
  const found = { rows: await tab.locator(rows).count(), text: await tab.locator('body').innerText() };
  await tab.close();
  return found;
}

const meetings = () => readdirSync(join(folder, 'office', 'meetings'));
const entries = async (page) => Number(/\d+/.exec(await page.locator('.ledger-line').innerText())[0]);

// Long on purpose: one meeting, told in the order in which it happens; each step stands on those before it.
test('a meeting at the service without a command line', { timeout: 500_000 }, async (t) => {
  let broken = false;
  /** A step that fails leaves nothing for those after it to stand on. */
  const part = (name, run) => t.test(name, { skip: broken }, async () => {
    broken = true;
    await run();
    broken = false;
  });
  let page = await openDesk();
  let keys = new Keyboard(page);
  let number;
  const record = join(folder, 'office', 'meetings');

  await part('an office without a service is told so, and is asked nothing in 新会议', async () => {
    await step(page, '新会议').click();
    await page.getByLabel('会议名称').waitFor();
    assert.equal(await page.getByRole('group', { name: '在哪里召开' }).count(), 0);
    await step(page, '会议服务').click();
    await page.getByText('没有会议服务的办公室不需要这一步').waitFor();
    assert.ok(await button(page, '加入会议服务').isDisabled());
    await state(page, 'service-join');
  });

  await part('a slip that is none, or was used, or a service that is away: what happened, and what to do', async () => {
    const none = join(folder, '不是登记单.txt');
    writeFileSync(none, '请查收登记单\n');
    const give = async (path, text) => {
      await page.getByLabel('登记单文件').setInputFiles(path);
      await page.getByText('已读取：').waitFor();
      await button(page, '加入会议服务').click();
      await page.locator('.notice.bad').getByText(text).waitFor();
    };
    await give(none, '没有登记单');
    const { slip } = await told('slip 一');
    execFileSync(join(kBin, 'piaojue-server'), ['office', 'enrol', join(folder, 'other'), '--slip', slip]);
    await give(slip, '这张登记单已经用过');
    await state(page, 'service-slip-used');
    await told('stop');
    const fresh = await told('slip 二');
    await give(fresh.slip, '连不上');
    await state(page, 'service-away');
    await told('start');
    assert.ok(!readdirSync(join(folder, 'office')).includes('service'), 'nothing is kept of it');
  });

  await part('with the slip the office belongs to the service, by keys alone', async () => {
    const { slip } = await told('slip 人社局职称办');
    await keys.file(page.getByLabel('登记单文件'), 'slip', slip);
    await page.getByText('已读取：').waitFor();
    await keys.press(button(page, '加入会议服务'), 'join');
    await page.getByText('本办公室在服务中的名称：人社局职称办').waitFor();
    await page.getByText('共 0 次会议').waitFor();
    assert.deepEqual(readdirSync(join(folder, 'office', 'incoming')), [], 'and no slip lies about');
    await state(page, 'service-belongs');
  });

  await part('a fault of the draft is said in the language of the page, and in its place', async () => {
    await step(page, '新会议').click();
    await page.getByRole('group', { name: '在哪里召开' }).waitFor();
    assert.ok(await page.getByRole('radio', { name: /^会议服务/ }).isChecked(), 'the service, unless she chooses');
    assert.equal(await page.getByLabel('本机在会场网络中的地址').count(), 0);
    await page.getByRole('radio', { name: /^本机/ }).check();
    await page.getByLabel('本机在会场网络中的地址').waitFor();
    await page.getByRole('radio', { name: /^会议服务/ }).check();
    await state(page, 'service-new');
    await page.getByLabel('会议名称').fill('工业互联网职称评审会议');
    await page.getByText('表决规则：').click();
    await page.getByLabel('准予未核对即开票后等待几秒').fill('1');
    await button(page, 'English').click();
    await button(page, 'Make the meeting').click();
    const refused = page.locator('.note.bad');
    await refused.getByText('meeting.toml').waitFor();
    await refused.getByText('Mend what stands above').waitFor();
    await button(page, '中文').click();
    await state(page, 'service-refused', /text: meeting\.toml$/);
    await page.getByLabel('准予未核对即开票后等待几秒').fill('20');
    assert.deepEqual(meetings(), ['.sending']);
  });

  await part('the service is away: pressed again the draft goes on, and one meeting is made', async () => {
    const before = await entries(page);
    // Files for the experts, of the first on the list.
    await step(page, '资格审核').click();
    await page.getByRole('button', { name: /^全部 / }).click();
    await page.locator('tbody tr').first().getByRole('button').first().click();
    await page.getByRole('dialog').getByText('附件（').click();
    await page.getByRole('dialog').getByLabel('附上文件')
      .setInputFiles({ name: '论文.pdf', mimeType: 'application/pdf', buffer: kPdf });
    await page.getByText('论文.pdf（').waitFor();
    await page.keyboard.press('Escape');
    await step(page, '新会议').click();
    await page.getByText('表决规则：').click();
    await page.getByLabel('选票密钥的位数').selectOption('2048');
    await told('stop');
    await button(page, '建立会议').click();
    await page.getByText('正在连接服务').waitFor();
    await state(page, 'service-connects');
    await page.locator('.note.bad').getByText('连不上').waitFor({ timeout: 40_000 });
    await page.getByText('会议没有建立。所填内容和已送达的部分都保留着').waitFor();
    await state(page, 'service-sending-away');
    await told('start');
    assert.equal(await entries(page), before, 'what is not made is not signed');
    // The program is started anew: what was filled in is there.
    page = await openDesk();
    keys = new Keyboard(page);
    await step(page, '新会议').click();
    await page.locator('.note.bad').getByText('连不上').waitFor();
    assert.equal(await page.getByLabel('会议名称').inputValue(), '工业互联网职称评审会议');
    await keys.press(button(page, '建立会议'), 'make');
    await page.locator('.notice.good').getByText('会议已在服务中建立，编号').waitFor({ timeout: 60_000 });
    await page.getByRole('heading', { name: '工业互联网职称评审会议' }).waitFor();
    await page.getByText('已登记 0 台，应登记 14 台').waitFor();
    assert.equal(await entries(page), before + 1, 'the roster stands in the ledger');
    const [name] = meetings();
    ({ number } = JSON.parse(readFileSync(join(record, name, 'service.json'), 'utf8')));
    assert.ok(number >= 100_000);
    await state(page, 'service-day');
  });

  await part('the slips are fetched once, and printed as often as they are wanted', async () => {
    await page.getByText('登记单只能从服务取一次').waitFor();
    const eight = await printed(page, button(page, '打印登记单（每页 8 张）'), '.slip');
    assert.equal(eight.rows, 14);
    assert.match(eight.text, new RegExp(`${number}-001-`), 'with the number of the meeting');
    await page.getByText('登记单已取来，存在本机').waitFor();
    assert.equal((await printed(page, button(page, '打印登记单（每人一页）'), '.slip')).rows, 14);
    const sheet = await printed(page, button(page, '打印签到表'), 'tbody tr');
    assert.equal(sheet.rows, 13, 'everybody, and not the big screen');
    assert.match(sheet.text, /海州|研究院|大学|公司/, 'with their employers');
  });

  await part('a rehearsal of it has slips of its own', async () => {
    await keys.press(button(page, '建一次演练'), 'rehearse');
    await page.getByText('这是演练，其结果不作数').waitFor({ timeout: 60_000 });
    assert.equal((await printed(page, button(page, '打印登记单（每页 8 张）'), '.slip')).rows, 14);
    await state(page, 'service-rehearsal');
    await step(page, '会议服务').click();
    await page.getByText('共 2 次会议').waitFor();
    await state(page, 'service-list');
    await button(page, `打开会议 ${number}`).click();
    await page.getByText(`会议编号 ${number}`).waitFor();
  });

  await part('the meeting is held; its record is fetched and verified, and papers are made of it', async () => {
    const slips = join(record, meetings().find((name) => !/rehearsal/.test(name)), 'slips');
    const { head } = await told(`meet ${slips}`, 240_000);
    await button(page, '刷新').click();
    await page.getByText('会议已结束').waitFor();
    await page.getByText('已登记 13 台，应登记 14 台').waitFor();
    await state(page, 'service-day-closed');
    await button(page, '取回并核验记录').click();
    await page.getByText('记录在别处').waitFor();
    await button(page, '取回并核验记录').click();
    await page.getByText('核验通过：').waitFor({ timeout: 90_000 });
    const shown = (await page.locator('.hash.big .hash-groups').innerText()).replace(/\s+/g, '');
    assert.equal(shown, head.replace(/\s+/g, ''), 'the hash that everybody signs');
    await page.getByLabel('与签字纸上逐组核对一致').check();
    await state(page, 'service-record');
    await button(page, '核验并出具材料').click();
    await page.locator('.papers li').first().waitFor({ timeout: 60_000 });
  });

  await t.test('every state is in order', () => assert.deepEqual(kFaults, []));
});
