// SPDX-License-Identifier: Apache-2.0
/**
 * Rule: the desk is worked by Tab, Space, Enter and arrows alone, from the first person to a server that runs. Harm: a
 * clerk who can not use a mouse hands the season's sheets, and her passphrase, to somebody who can.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { kBin, Keyboard, kRoot, kWeb, launch, openWindow, Program } from './lib.mjs';

const kPass = '口令口令一二三四';
const kExamples = join(kRoot, 'examples');
let folder;
let browser;
let office;

before(async () => {
  folder = mkdtempSync(join(tmpdir(), 'piaojue-desk-keys-'));
  browser = await launch();
}, { timeout: 60_000 });

after(async () => {
  await browser?.close();
  await office?.stop();
  rmSync(folder, { recursive: true, force: true });
}, { timeout: 60_000 });

const button = (at, name) => at.getByRole('button', { name, exact: true });

// Long on purpose: one season's beginning, told in the order in which it happens; each step stands on those before it.
test('from the first person to a server that runs, without a mouse', { timeout: 240_000 }, async (t) => {
  let broken = false;
  /** A step that fails leaves nothing for those after it to stand on. */
  const part = (name, run) => t.test(name, { skip: broken }, async () => {
    broken = true;
    await run();
    broken = false;
  });
  office = new Program('office', [join(kBin, 'piaojue-office'), 'page', '--office', join(folder, 'office'), '--date',
    '2026-11-20', '--date-reason', '示例', '--no-browser', '--page-assets', kWeb]);
  const page = await openWindow(browser);
  await page.context().addInitScript(() => (globalThis.print = () => {}));
  await page.goto((await office.event('page')).url);
  const keys = new Keyboard(page);
  const step = (name) => keys.press(page.getByRole('navigation').getByRole('button', { name }), name);
  const dialog = page.getByRole('dialog');

  await part('the first person', async () => {
    await keys.type(page.getByLabel('姓名'), 'name', '周晓棠');
    await keys.type(page.getByLabel('口令（至少 8 个字符，不能全是同一个字符）'), 'passphrase', kPass);
    await keys.type(page.getByLabel('再输入一次'), 'again', kPass);
    await keys.press(button(page, '登记'), 'enlist');
    await page.getByRole('navigation').waitFor();
  });

  await part('the sheets', async () => {
    for (const [label, name] of [['人员名册（专家、工作人员、监督人员）', 'members.xlsx'],
      ['申报人名册', 'candidates.xlsx'], ['年度考核表（可选）', 'appraisals.xlsx']]) {
      await keys.file(page.getByLabel(label, { exact: true }), name, join(kExamples, name));
      await page.getByText(`已读取：${name}`).waitFor();
    }
    await keys.type(page.getByLabel('在有效期外适用标准的依据（可选）'), 'basis', '示例：沿用原标准的通知');
    await keys.press(button(page, '检查'), 'look');
    await keys.press(button(page, '导入'), 'import');
    await page.getByText('申报人 20 人').first().waitFor();
  });

  await part('who is eligible', async () => {
    await step('资格审核');
    await keys.press(page.getByRole('button', { name: /^须人工认定 / }), 'filter', 'Space');
    await keys.press(page.getByRole('button', { name: /^选中以上 \d+ 人$/ }), 'all of them');
    await keys.press(button(page, '一并决定'), 'together');
    await keys.press(dialog.getByLabel('符合条件', { exact: true }), 'verdict', 'Space');
    await keys.type(dialog.getByLabel('理由', { exact: true }), 'reason', '材料齐全，经核实符合');
    await keys.type(dialog.getByLabel(/^依据（/), 'grounds', '评审办公室会议纪要');
    await keys.press(button(dialog, '签名决定'), 'decide');
    await page.waitForFunction(() => document.querySelectorAll('tbody tr').length === 0);
    await page.waitForFunction(() => document.activeElement !== document.body);
    // One of them, looked at and left.
    await keys.press(page.getByRole('button', { name: /^全部 / }), 'everybody', 'Space');
    const first = page.locator('tbody tr').first().getByRole('button');
    await keys.press(first, 'open one');
    await dialog.getByText('适用标准').waitFor();
    await page.keyboard.press('Escape');
    await dialog.waitFor({ state: 'detached' });
    await page.waitForFunction(() => document.activeElement.closest('tbody'));
    await keys.press(button(page, '形成名单'), 'roster');
    await page.locator('.notice.good').getByText('进入会议的申报人').waitFor();
  });

  await part('a meeting, its server, its slips', async () => {
    await step('新会议');
    await keys.type(page.getByLabel('会议名称'), 'title', '工业互联网工程技术职务资格评审会议');
    await keys.choose(page.getByLabel('本机在会场网络中的地址'), 'address', '127.0.0.1');
    await keys.press(page.getByText('表决规则：'), 'rules');
    await keys.choose(page.getByLabel('选票密钥的位数'), 'bits', '2048');
    await keys.press(button(page, '建立会议'), 'make');
    await keys.press(button(page, '启动服务器'), 'start');
    await page.getByText('正在运行：').waitFor();
    await keys.to(button(page, '打印登记单（每页 8 张）'), 'slips');
    const [slips] = await Promise.all([page.context().waitForEvent('page'), page.keyboard.press('Enter')]);
    await slips.locator('.slip').first().waitFor();
    await slips.close();
    await keys.press(button(page, '停止服务器'), 'stop');
    await dialog.getByText('已记录的内容不会丢失').waitFor();
    await keys.press(button(dialog, '停止服务器'), 'stop it');
    await page.getByText('没有运行').waitFor();
  });

  await part('the other steps, to their first field', async () => {
    await step('会议材料');
    await keys.to(button(page, '取回并核验记录'), 'fetch');
    await step('公示与证书');
    await step('办理记录');
    await keys.type(page.getByLabel('序号或姓名'), 'whom', '1');
    await page.keyboard.press('Enter');
    await page.getByRole('rowheader').first().waitFor();
    await step('办公室人员');
    await keys.type(page.getByLabel('姓名'), 'name', '李经办');
    await keys.press(button(page, 'English'), 'language');
    await page.waitForFunction(() => document.documentElement.lang === 'en');
  });
});
