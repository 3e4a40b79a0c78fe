// SPDX-License-Identifier: Apache-2.0
/**
 * Rule: what a meeting prints says of which meeting and of what day it is, and holds nothing that stands beside it on
 * the page; a ballot of paper says nothing of whose it is. Harm: a sheet of signatures that belongs to no meeting, or a
 * ballot that can be told from the others.
 */
import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import { after, before, test } from 'node:test';
import { FakeDoor, kDeviceCode, meetingOf, nowOf, rowOf } from './fake_door.mjs';
import { faultsOf, hold, launch, openWindow } from './lib.mjs';

const kChair = 1;
const kClerk = 12;
const kSupervisor = 13;
const kHash = '3f2a 90c1 77de 0b14 5a6e 2c98 d1f0 4477 8be3 19aa c05d 62f7 e841 3b96 7d20 a5cf';
/** What is typed of each candidate of a batch on paper. */
const kFieldsMax = 4;
let browser;

before(async () => {
  mkdirSync('build/screens', { recursive: true });
  browser = await launch();
});
after(() => browser.close());

const meeting = meetingOf({ candidates: 20 });
const onPaper = { paper: true, voted: [], recusals: [{ person: 5, question: 3 }] };
const rows = meeting.candidates.map((one) => rowOf(one.question, one.question % 4 === 0
  ? { agree: 7, disagree: 4, abstain: 0, passed: false } : {}));

async function show(person, fields, options = {}) {
  const page = await openWindow(browser);
  const door = new FakeDoor(page, { meeting, now: nowOf(meeting, person, fields), ...options });
  await door.open();
  // A dialog of the printer that stays open, as long as the test looks at what is printed.
  await page.evaluate(() => (globalThis.print = () => {}));
  return { page, door };
}

/** What is on paper, as a PDF to look at and as text. */
async function printed(page, name) {
  await page.locator('.printing').waitFor({ state: 'attached' });
  await page.emulateMedia({ media: 'print' });
  const text = await page.locator('body').innerText();
  const seen = await page.evaluate(() => [...document.querySelectorAll('button, nav, .next-step, aside, .top')]
    .filter((one) => one.checkVisibility()).length);
  await page.emulateMedia({ media: null });
  assert.equal(seen, 0, 'nothing of the page around it');
  // The browser says `afterprint` itself.
  await page.pdf({ path: `build/screens/${name}.pdf`, format: 'A4', preferCSSPageSize: true });
  await page.evaluate(() => dispatchEvent(new Event('afterprint')));
  assert.equal(await page.locator('.printing').count(), 0, 'and the page is as before');
  return text;
}

const count = (text, part) => text.split(part).length - 1;

test('blank ballots: as many as are given out, with the numbers of the list, and no name of an expert', async () => {
  for (const person of [kChair, kClerk]) {
    const { page } = await show(person, { attempt: onPaper });
    await page.getByRole('button', { name: '打印空白选票' }).click();
    const text = await printed(page, `paper-ballots-${person}`);
    // Eleven whole ballots, and ten slips of the one from whom one person steps back: nothing to strike out.
    assert.equal(count(text, '：表决票'), 21);
    assert.equal(count(text, '申报人零零3'), 10);
    assert.equal(count(text, '申报人零20'), 11);
    assert.match(text, /2026-11-22/);
    for (const one of meeting.people) assert.ok(!text.includes(one.name), one.name);
    await page.context().close();
  }
});

test('a tally: four figures a candidate, the rest follows, Enter goes on', async () => {
  const { page, door } = await show(kChair, { attempt: onPaper });
  const fields = page.locator('.tally input');
  assert.ok(await fields.count() <= kFieldsMax * meeting.candidates.length);
  await page.getByText('每位申报人发出 11 张').waitFor();
  const sign = page.getByRole('button', { name: '签署并提交会签' });
  await fields.first().focus();
  for (const one of meeting.candidates) {
    const agree = one.question === 3 ? 6 : 7;
    for (const figure of [agree, 2, 1, one.question === 5 ? 9 : 1]) {
      await page.keyboard.type(String(figure));
      await page.keyboard.press('Enter');
    }
    if (one.question === 5) await page.getByText('收回 19，多于发出 11：本行作废').waitFor();
  }
  assert.equal(await page.evaluate(() => document.activeElement.textContent.includes('签署')), true);
  await page.getByLabel('申报人零零5，无效', { exact: true }).fill('');
  assert.ok(await sign.isDisabled(), 'a figure is left');
  await page.getByLabel('申报人零零5，无效', { exact: true }).fill('0');
  await page.getByText('未收回 1 张：发出 11，收回 10').waitFor();
  assert.deepEqual(await faultsOf(page, 'paper-tally-20'), []);
  await hold(page, sign);
  for (let i = 0; i < 100 && !door.heard.includes('paper-submit'); i += 1) await page.waitForTimeout(50);
  assert.ok(door.heard.includes('paper 3 10 10 9 1 6 2 1'), 'one steps back: one ballot less');
  assert.ok(door.heard.includes('paper 5 11 10 10 0 7 2 1'));
  await page.context().close();
});

test('the closing sheet: title, date, hash, every result, a line for each who signs', async () => {
  for (const person of [kChair, kSupervisor]) {
    const { page } = await show(person, { meeting: 'closed', head: kHash,
      attempt: { phase: 'declared', live: false, rows } });
    await page.getByRole('button', { name: '打印会议结束单' }).click();
    const text = await printed(page, `closing-sheet-${person}`);
    for (const part of [meeting.title, '2026-11-22', '会议结束单', '通过 15，未通过 5', '主任委员：林远航',
      '监督人员：孙秉正', '工作人员：周晓棠', '申报人零20']) assert.ok(text.includes(part), part);
    assert.ok(text.replace(/\s+/g, ' ').includes(kHash));
    // The lines for signatures may stand on a sheet of their own, which is then of no meeting.
    assert.match(text, new RegExp(`会议结束单：${meeting.title} · 2026-11-22\\s+主任委员`));
    await page.context().close();
  }
});

test('the sign-in sheet says of which meeting and of what day it is', async () => {
  const now = { ...nowOf(meeting, kClerk, { attempt: null }), meeting: 'before-open', guards: undefined,
    waits: undefined, announced: { title: meeting.title, date: meeting.date } };
  const sheet = () => ({ ok: true, rows: meeting.people.map((one) => ({ ...one, device_code: kDeviceCode })) });
  const { page } = await show(kClerk, {}, { meeting: null, now, commands: { sheet } });
  await page.getByRole('button', { name: '打印签到表' }).click();
  const text = await printed(page, 'sign-in-sheet');
  for (const part of [meeting.title, '2026-11-22', kDeviceCode, '本人签字', '监督人员：孙秉正', '工作人员：周晓棠']) {
    assert.ok(text.includes(part), part);
  }
  await page.context().close();
});
