// SPDX-License-Identifier: Apache-2.0
/**
 * The review office's page, clicked through as its people do: sheets with faults, sheets that are right, decisions, a
 * correction notice, the roster; then a meeting's record, its papers, publicity, an objection, the certificates.
 * Harm: a clerk who can't do a step here does it by hand, where nothing checks it and nobody signs it.
 */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { after, before, test } from 'node:test';
import { faultsInEnglish, faultsOf, kBin, kRoot, kWeb, launch, openWindow, Program } from './lib.mjs';

const jsqr = createRequire(join(kWeb, 'package.json'))('jsqr');
const kPass = '经办口令口令一号';
const kExamples = join(kRoot, 'examples');
let folder;
let browser;
let running;

before(async () => {
  folder = mkdtempSync(join(tmpdir(), 'piaojue-office-page-'));
  browser = await launch();
}, { timeout: 60_000 });

after(async () => {
  await running?.stop();
  await browser?.close();
  rmSync(folder, { recursive: true, force: true });
}, { timeout: 60_000 });

/** The office's page on that day, which may be a day to come: then it is said why. One program at a time. */
async function start(office, date, reason = '示例') {
  await running?.stop();
  running = new Program('office',
    [join(kBin, 'piaojue-office'), 'page', '--office', join(folder, office), '--date', date, '--no-browser',
      '--page-assets', kWeb, ...(reason ? ['--date-reason', reason] : [])]);
  const page = await openWindow(browser, { width: 1280, height: 900 });
  await page.goto((await running.event('page')).url);
  return page;
}

const button = (page, name) => page.getByRole('button', { name, exact: true });
const step = (page, name) => page.getByRole('navigation').getByRole('button', { name }).click();
const said = (page, text) => page.locator('.notice.good').getByText(text).waitFor();

async function state(page, name) {
  const faults = await faultsOf(page, `office-${name}`);
  assert.deepEqual([...faults, ...await faultsInEnglish(page, `office-${name}`, { program: true })], []);
}

async function enlist(page) {
  await page.getByLabel('姓名').fill('周晓棠');
  await page.getByLabel('口令（至少 8 个字符，不能全是同一个字符）').fill(kPass);
  await page.getByLabel('再输入一次').fill(kPass);
  await button(page, '登记').click();
  await page.getByRole('navigation').waitFor();
}

async function signOn(page) {
  await page.getByLabel('口令').fill(kPass);
  await button(page, '继续').click();
  await page.getByRole('navigation').waitFor();
}

async function give(page, label, file) {
  await page.getByLabel(label, { exact: true }).setInputFiles(file);
  await page.getByText(`已读取：${file.split('/').at(-1)}`).waitFor();
}

/** What the QR code on a PDF's first page says. */
function codeOf(pdf) {
  const pgm = execFileSync('pdftoppm', ['-gray', '-r', '200', '-f', '1', '-l', '1', pdf], { maxBuffer: 64 << 20 });
  const [head, width, height] = /^P5\s+(\d+)\s+(\d+)\s+255\s/.exec(pgm.subarray(0, 64).toString('latin1'));
  const rgba = new Uint8ClampedArray(width * height * 4).fill(255);
  for (let i = 0; i < width * height; i += 1) rgba.fill(pgm[head.length + i], 4 * i, 4 * i + 3);
  return jsqr(rgba, Number(width), Number(height))?.data ?? '';
}

const headOf = (page) => page.locator('.ledger-line').innerText();

// Long on purpose: one season, told in the order in which it happens; each step stands on those before it.
test('from the sheets to the roster', { timeout: 170_000 }, async (t) => {
  let page = await start('before', '2026-10-08');

  await t.test('the first person; a wrong passphrase opens nothing', async () => {
    await page.getByRole('heading', { name: '设立办公室工作台账' }).waitFor();
    await state(page, 'first');
    await enlist(page);
    page = await start('before', '2026-10-08');
    await page.getByLabel('口令').fill('不是这个口令');
    await button(page, '继续').click();
    await page.locator('.notice.bad').waitFor();
    await state(page, 'sign-on-refused');
    assert.equal(await page.getByRole('navigation').count(), 0);
    await signOn(page);
  });

  await t.test('a sheet with faults names each cell, a line a row, and imports nothing', async () => {
    const before = await headOf(page);
    const bad = join(folder, '人员.csv');
    writeFileSync(bad, '姓名,单位,角色\n林远航,海州研究院,主任委员\n,海州研究院,嘉宾\n');
    await give(page, '人员名册（专家、工作人员、监督人员）', bad);
    // 待补充 instead of a number: half a character in a message once closed the page's door.
    await give(page, '申报人名册', join(kRoot, 'tests', 'cases', 'import', 'c15-id-to-follow.xlsx'));
    await button(page, '检查').click();
    await page.getByText('尚未导入').waitFor();
    const rows = await page.locator('tbody tr').allInnerTexts();
    // Harm: a row with five wrong cells stands in five lines, and is mended once and looked for four times.
    assert.ok(rows.some((row) => /人员名册\s+3\s+A 姓名[^]*C 角色\s+嘉宾/.test(row)), rows.join('\n'));
    assert.equal(rows.filter((row) => /人员名册\s+3\s/.test(row)).length, 1, rows.join('\n'));
    assert.ok(rows.some((row) => /申报人名册.*2\s+E 身份证号/.test(row)), rows.join('\n'));
    await state(page, 'import-faults');
    // Harm: a column that is passed over in silence is missed by nobody; a clerk copies faults by hand.
    await page.getByText(/申报人名册.*读取的列：.*姓名/).waitFor();
    const problems = page.locator('a[href="sheets/members-problems.xlsx"]');
    assert.equal(await problems.count(), 1);
    for (const link of [problems, page.locator('a[href="sheets/candidates.xlsx"]')]) {
      const [download] = await Promise.all([page.waitForEvent('download'), link.click()]);
      assert.equal(readFileSync(await download.path()).subarray(0, 2).toString(), 'PK');
    }
    assert.equal(await headOf(page), before);
    assert.equal(await button(page, '导入').count(), 0);
  });

  await t.test('sheets that are right are shown, then imported', async () => {
    await give(page, '申报人名册', join(kExamples, 'candidates.xlsx'));
    await give(page, '人员名册（专家、工作人员、监督人员）', join(kExamples, 'members.xlsx'));
    await give(page, '年度考核表（可选）', join(kExamples, 'appraisals.xlsx'));
    await page.getByLabel('在有效期外适用标准的依据（可选）').fill('示例：沿用原标准的通知');
    await button(page, '检查').click();
    await page.getByRole('heading', { name: '检查通过' }).waitFor();
    await state(page, 'import-found');
    await button(page, '导入').click();
    await said(page, '导入');
    await page.getByText('申报人 20 人').first().waitFor();
    // What was sent up is gone, and no field says that it is there.
    await page.waitForFunction(() => !document.body.innerText.includes('已读取：'));
    assert.deepEqual(readdirSync(join(folder, 'before', 'incoming')), [],
      'what was sent up is kept once, under its hash');
  });

  await t.test('a part of the list says who is taken anew and who is added before it is taken', async () => {
    const part = join(folder, '部分.csv');
    writeFileSync(part, '姓名,单位,级别,渠道,学历,学位,毕业时间\n新来者,某新公司,中级,正常,本科,学士,2015-07\n');
    await page.getByLabel('只含部分申报人的表').check();
    await give(page, '申报人名册', part);
    await button(page, '检查').click();
    await page.getByText('将新增 1 人').waitFor();
    await page.getByText('21 新来者').waitFor();
    assert.equal(await page.getByText('将更新').count(), 0);
    await page.getByText(/申报人名册.*读取的列：.*姓名/).waitFor();
    await state(page, 'import-part');
    await page.getByLabel('只含部分申报人的表').uncheck();
    assert.equal(await button(page, '导入这部分').count(), 0);
  });

  await t.test('each applicant with article and arithmetic; people decide what needs judgement', async () => {
    await step(page, '资格审核');
    await page.locator('tbody tr').first().waitFor();
    assert.equal(await page.locator('tbody tr').count(), 20);
    await state(page, 'verdicts');
    // Nothing is undecided in silence: the roster is refused and names who is.
    await button(page, '形成名单').click();
    await page.locator('.notice.bad').getByText('尚未决定').waitFor();
    await page.getByRole('button', { name: /^须人工认定 / }).click();
    const left = await page.locator('tbody tr').count();
    await page.locator('tbody tr').first().getByRole('button').click();
    const dialog = page.getByRole('dialog');
    await dialog.getByText('适用标准').waitFor();
    await dialog.getByText('逐一比对').click();
    await state(page, 'verdict-open');
    await dialog.getByLabel('符合条件', { exact: true }).check();
    await dialog.getByLabel('理由', { exact: true }).fill('材料齐全');
    await button(page, '签名决定').click();
    await dialog.getByRole('alert').getByText('依据').waitFor();
    await state(page, 'verdict-refused');
    await dialog.getByLabel(/^依据（/).fill('评审办公室会议纪要');
    await button(page, '签名决定').click();
    await dialog.getByText('周晓棠于 2026-10-08 决定').waitFor();
    await dialog.getByRole('button', { name: '关闭' }).click();
    await page.waitForFunction((n) => document.querySelectorAll('tbody tr').length < n, left);
  });

  await t.test('those that are left are decided together, for one reason', async () => {
    const entries = await headOf(page);
    await page.getByRole('button', { name: /^选中以上 \d+ 人$/ }).click();
    await page.locator('tbody tr').first().getByRole('checkbox').uncheck();
    await page.locator('tbody tr').first().getByRole('checkbox').check();
    await button(page, '一并决定').click();
    const dialog = page.getByRole('dialog');
    await dialog.getByLabel('符合条件', { exact: true }).check();
    await dialog.getByLabel('理由', { exact: true }).fill('材料齐全，经核实符合');
    await dialog.getByLabel(/^依据（/).fill('评审办公室会议纪要');
    await state(page, 'decide-together');
    await dialog.getByRole('button', { name: '签名决定' }).click();
    await page.waitForFunction(() => document.querySelectorAll('tbody tr').length === 0);
    assert.notEqual(await headOf(page), entries);
    await page.getByRole('button', { name: /^全部 / }).click();
  });

  await t.test('one fact is amended, with its file: both values are shown, and the decision falls', async () => {
    await page.locator('tbody tr').nth(1).getByRole('button').click();
    const dialog = page.getByRole('dialog');
    await dialog.getByText('更正事实').click();
    const evidence = join(folder, '依据.pdf');
    writeFileSync(evidence, '%PDF-1.4 invented');
    await dialog.getByLabel('列').selectOption('处分');
    await dialog.getByLabel('应为').fill('警告');
    await button(page, '再更正一项').click();
    await dialog.getByLabel('列').nth(1).selectOption('处分影响期止');
    await dialog.getByLabel('应为').nth(1).fill('某日');
    await dialog.getByLabel('更正的理由').fill('人社部门来函');
    assert.ok(await button(page, '签名更正').isDisabled(), 'not without the file');
    await give(page, '依据的文件', evidence);
    await button(page, '签名更正').click();
    await dialog.getByRole('alert').getByText('应为日期').waitFor();
    await state(page, 'amend-refused');
    await dialog.getByLabel('应为').nth(1).fill('2027-06');
    await button(page, '签名更正').click();
    await dialog.getByText('— → 2027-06').waitFor();
    await dialog.getByText('更正前程序结论：符合条件').waitFor();
    await dialog.getByText('不符合条件').first().waitFor();
    await state(page, 'amended');
    await dialog.getByRole('button', { name: '关闭' }).click();
    await page.locator('tbody tr').nth(1).getByText('事实有更正').waitFor();
  });

  await t.test('an application is taken back', async () => {
    await page.locator('tbody tr').nth(2).getByRole('button').click();
    const dialog = page.getByRole('dialog');
    await dialog.getByText('撤回申报', { exact: true }).click();
    await dialog.getByLabel('撤回的理由').fill('本人书面申请');
    await state(page, 'withdraw');
    await button(page, '登记撤回').click();
    await dialog.getByText('周晓棠于 2026-10-08 登记撤回').waitFor();
    assert.equal(await button(page, '签名决定').count(), 0, 'nothing is decided about who is gone');
    await dialog.getByRole('button', { name: '关闭' }).click();
    await page.locator('tbody tr').nth(2).getByText('已撤回').waitFor();
  });

  await t.test('a correction notice, once, with its paper', async () => {
    await page.locator('tbody tr').first().getByRole('button').click();
    const dialog = page.getByRole('dialog');
    await dialog.getByText('补正通知').click();
    await dialog.getByText('今日签发，则 2026-10-21 截止').waitFor();
    await dialog.getByLabel('期限（工作日）').fill('80');
    await dialog.getByText('holidays-2027.toml').waitFor();
    await dialog.getByLabel('期限（工作日）').fill('10');
    await dialog.getByLabel('须补正的内容').fill('缺 2021 年度考核表|第五条（二）');
    await button(page, '签发通知').click();
    await dialog.getByText('截止（含当日）').waitFor();
    await state(page, 'notice');
    assert.equal(await button(page, '签发通知').count(), 0, 'no second one');
    assert.ok(await button(page, '逾期，视为放弃申报').isDisabled(), 'not before the deadline');
    await button(page, '已全部补正').click();
    await dialog.getByText('已补正').first().waitFor();
    await dialog.getByRole('button', { name: '关闭' }).click();
  });

  await t.test('the roster, and the papers that come before the meeting', async () => {
    await button(page, '出具资格审核表').click();
    await said(page, '材料');
    // Suggested recusals go along, but for the one that is struck, with its reason.
    const suggested = page.getByRole('group', { name: /^建议回避 \d+ 条$/ }).getByRole('checkbox');
    await suggested.first().uncheck();
    assert.ok(await button(page, '形成名单').isDisabled(), 'not without a reason');
    await page.getByLabel('去掉的理由').fill('已调离该单位');
    await state(page, 'recusals');
    const all = await suggested.count();
    await button(page, '形成名单').click();
    await said(page, '进入会议的申报人');
    assert.equal(readFileSync(join(folder, 'before', 'roster', 'recusals.csv'), 'utf8').trim().split('\n').length, all,
      'a header, and one line less than was suggested');
    await page.getByText('文件在').waitFor();
    assert.ok(existsSync(join(folder, 'before', 'roster', 'candidates.csv')));
    await state(page, 'roster');
    const [paper] = await Promise.all(
      [page.context().waitForEvent('page'), page.getByRole('link', { name: '打开08-资格审核表' }).click()]);
    await paper.getByRole('heading', { name: /资格审核/ }).first().waitFor();
    assert.equal(await paper.locator('table').first().evaluate((one) => getComputedStyle(one).tableLayout), 'fixed',
      'its own style is let in');
    await paper.pdf({ path: join(folder, 'verdicts.pdf'), preferCSSPageSize: true });

    const text = execFileSync('pdftotext', ['-layout', join(folder, 'verdicts.pdf'), '-']).toString();
    assert.match(text, /第 ?1 ?页/);
    assert.match(codeOf(join(folder, 'verdicts.pdf')), /^PIAOJUE1 OFFICE [0-9A-F]{64} \d+$/,
      'the code on the printed page can be read');
    await paper.close();
  });

  await t.test('ballots of paper for the day on which machines fail, one sheet each', async () => {
    await button(page, '制作备用的纸质表决票').click();
    await said(page, '表决票');
    const [paper] = await Promise.all(
      [page.context().waitForEvent('page'), page.getByRole('link', { name: '打开11-表决票-1', exact: true }).click()]);
    await paper.getByRole('heading', { name: '表决票（纸质备用）' }).waitFor();
    await paper.pdf({ path: join(folder, 'ballot.pdf'), preferCSSPageSize: true });
    const text = execFileSync('pdftotext', ['-layout', join(folder, 'ballot.pdf'), '-']).toString();
    assert.match(text, /第 ?1 ?页 ?共 ?1 ?页/);
    assert.match(text, /第 ?1 ?号/);
    assert.match(text, /请勿写姓名/);
    await paper.close();
  });

  await t.test('the trail of one person; in English; narrow', async () => {
    await step(page, '办理记录');
    await page.getByLabel('序号或姓名').fill('1');
    await button(page, '查询').click();
    await page.getByRole('rowheader', { name: '补正通知', exact: true }).waitFor();
    await state(page, 'trail');
    await button(page, 'English').click();
    await page.getByRole('rowheader', { name: 'Correction notice', exact: true }).waitFor();
    await button(page, '中文').click();
    await step(page, '办公室人员');
    await state(page, 'people');
    await page.setViewportSize({ width: 320, height: 800 });
    for (const name of ['导入名单', '资格审核', '办理记录', '办公室人员']) {
      await step(page, name);
      await page.getByRole('heading', { level: 1, name }).waitFor();
      await page.waitForTimeout(200);
      await state(page, `narrow-${name}`);
    }
  });
});

// Long on purpose: one season, told in the order in which it happens; each step stands on those before it.
test('from the record to the certificates', { timeout: 170_000 }, async (t) => {
  execFileSync(resolve(kBin, '../tests/test_verifier'), ['--gtest_filter=Robustness.TheRecordsAreHonest'],
    { env: { ...process.env, PIAOJUE_KEEP_RECORDS: folder }, stdio: 'pipe' });
  const kept = readdirSync(folder).filter((name) => name.startsWith('Robustness') && name.endsWith('.piaojue')).sort()
    .at(-1);
  const record = join(folder, kept);
  const anchor = readFileSync(record.replace(/piaojue$/, 'anchor'), 'utf8').trim();
  let page = await start('after', '2026-11-23');
  await enlist(page);

  await t.test('a record against a wrong hash gives no papers; against the right one all of them', async () => {
    await step(page, '会议材料');
    await give(page, '会议记录文件', record);
    await page.getByLabel('记录指纹（64 位）').fill('0'.repeat(64));
    await button(page, '核验并出具材料').click();
    await page.locator('.notice.bad').waitFor();
    await page.getByText('还没有材料').waitFor();
    await page.getByLabel('记录指纹（64 位）').fill(anchor);
    await button(page, '核验并出具材料').click();
    await page.getByRole('link', { name: '打开04-投票结果汇总表' }).waitFor();
    assert.ok((await page.getByRole('link', { name: /^打开/ }).count()) >= 7);
    await state(page, 'papers');
  });

  await t.test('the table that was handed out agrees; one with another figure does not', async () => {
    const [download] = await Promise.all(
      [page.waitForEvent('download'), page.getByRole('link', { name: '下载04-投票结果汇总表的表格' }).click()]);
    const sheet = join(folder, '汇总表.xlsx');
    await download.saveAs(sheet);
    await give(page, '汇总表', sheet);
    await button(page, '核对').click();
    await page.getByText(/一致：\d+ 行/).waitFor();
    await state(page, 'compare-agrees');
    const table = join(folder, 'after', 'papers', '04-投票结果汇总表.html');
    const forged = join(folder, '改过.html');
    const html = readFileSync(table, 'utf8');
    const changed = html.includes('未通过') ? html.replace('未通过', '通过') : html.replace('通过', '未通过');
    assert.notEqual(changed, html);
    writeFileSync(forged, changed);
    await give(page, '汇总表', forged);
    await button(page, '核对').click();
    await page.getByText('与会议记录有').waitFor();
    await state(page, 'compare-differs');
  });

  await t.test('two postings, an objection that holds back one person, then the certificates', async () => {
    await step(page, '公示与证书');
    for (const place of ['山东省专业技术人员管理服务平台', '青岛西海岸新区政务网']) {
      await page.getByLabel('公示地点').fill(place);
      await button(page, '登记发布（2026-11-23）').click();
      await page.getByText(`${place}，2026-11-23 发布`).waitFor();
    }
    await page.getByText('公示截止：2026-11-30', { exact: true }).waitFor();
    await state(page, 'posted');
    // Once it is posted the list can be made again with its days.
    await step(page, '会议材料');
    await give(page, '会议记录文件', record);
    await page.getByLabel('记录指纹（64 位）').fill(anchor);
    await page.getByLabel('受理异议的电话').fill('0532-00000000');
    await button(page, '核验并出具材料').click();
    await said(page, '材料');
    const list = readFileSync(join(folder, 'after', 'papers', '06-公示名单.html'), 'utf8');
    assert.match(list, /2026-11-23 至 2026-11-30/);
    assert.match(list, /0532-00000000/);
    await step(page, '公示与证书');
    const people = await page.locator('tbody tr').count();
    await page.locator('tbody tr').first().getByRole('button', { name: /^收到异议：/ }).click();
    await page.getByRole('dialog').getByLabel('异议内容').fill('反映业绩材料不实');
    await page.getByRole('dialog').getByRole('button', { name: '收到异议' }).click();
    await page.locator('tbody tr').first().getByText('有异议（暂缓）').waitFor();
    await state(page, 'objection');

    page = await start('after', '2026-12-01');
    await signOn(page);
    await step(page, '公示与证书');
    await page.locator('tbody tr').first().getByRole('button', { name: /^异议处理：/ }).click();
    await page.getByLabel('异议不成立').check();
    await page.getByLabel('核查情况').fill('查阅原件，与申报材料一致');
    await state(page, 'settle');
    await page.getByRole('dialog').getByRole('button', { name: '异议处理' }).click();
    await page.getByRole('dialog').waitFor({ state: 'detached' });
    await button(page, `核准备案（${people} 人）`).waitFor();
    await page.getByLabel('文号').fill('青西新人社〔2026〕1 号');
    await button(page, `核准备案（${people} 人）`).click();
    await button(page, `发文公布（${people} 人）`).waitFor();
    await page.getByLabel('文号').fill('青西新人社〔2026〕2 号');
    await button(page, `发文公布（${people} 人）`).click();
    await button(page, `移交电子证书（${people} 人）`).click();
    await page.locator('tbody tr').first().getByText('已移交电子证书').waitFor();
    await state(page, 'certificates');
  });
});

test('a day that has not come asks for a reason, once', { timeout: 60_000 }, async () => {
  // Harm: an objection or a notice is dated as it suits, and nobody learns why.
  let page = await start('ahead', '2026-10-08', '');
  await enlist(page);
  page = await start('ahead', '2199-01-04', '');
  await signOn(page);
  await page.getByText('2199-01-04 晚于今天').waitFor();
  await state(page, 'odd-date');
  await step(page, '办公室人员');
  const add = async () => {
    await page.getByLabel('姓名').fill('李经办');
    await page.getByLabel('口令（至少 8 个字符，不能全是同一个字符）').fill(kPass);
    await page.getByLabel('再输入一次').fill(kPass);
    await button(page, '登记').click();
  };
  await add();
  await page.locator('.notice.bad').getByText('晚于今天').waitFor();
  await page.getByLabel('日期不按先后的理由').fill('演练');
  await button(page, '登记').click();
  await page.getByText('李经办 已登记').waitFor();
  await step(page, '办理记录');
  await page.getByLabel('序号或姓名').fill('李经办');
  await button(page, '查询').click();
  await page.getByText('演练').waitFor();
});

test('what is not this office’s page gets nothing', { timeout: 60_000 }, async () => {
  const page = await start('hostile', '2026-11-23');
  const url = new URL(page.url());
  // Before anybody has signed on, the door does nothing but enlist the first and sign on.
  const refused = await page.evaluate(() => new Promise((done) => {
    const socket = new WebSocket(`ws://${location.host}${location.pathname}door`);
    const heard = [];
    socket.onopen = () => ['import', 'upload', 'papers', 'trail', 'fly']
      .forEach((verb, i) => socket.send(`@${i} ${verb} {}`));
    socket.onmessage = (message) => heard.push(JSON.parse(message.data)) === 5 && done(heard.map((one) => one.ok));
  }));
  assert.deepEqual(refused, [false, false, false, false, false]);
  // Papers are behind the same cookie as everything else.
  assert.equal((await fetch(`${url.origin}${url.pathname}papers/0.html`)).status, 403);
  for (const path of ['papers/0.html', 'papers/../ledger', 'papers/%2e%2e/ledger', 'papers/99999999999999999999.html',
    'papers/0.piaojue']) {
    assert.ok([400, 404].includes((await page.request.get(`${url.href}${path}`)).status()), path);
  }
});
