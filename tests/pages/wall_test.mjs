// SPDX-License-Identifier: Apache-2.0
/**
 * Rule: the wall fills 16:9 at 1080p and at 4K without scrolling, its controls are there only for whoever moves the
 * mouse, and the hash of the record stands on it at the end and not before. Harm: a hall reads half a wall from ten
 * metres, and compares a hash that is another one a second later.
 */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { FakeDoor, meetingOf, nowOf, rowOf } from './fake_door.mjs';
import { faultsOf, launch, openWindow } from './lib.mjs';

const kChair = 1;
const kExpert = 2;
const kScreen = 14;
const kSizes = [{ width: 1920, height: 1080 }, { width: 3840, height: 2160 }];
const kHash = '3f2a 90c1 77de 0b14 5a6e 2c98 d1f0 4477 8be3 19aa c05d 62f7 e841 3b96 7d20 a5cf';
let browser;

before(async () => {
  browser = await launch();
});
after(() => browser.close());

const meeting = meetingOf({ candidates: 12 });
const rows = meeting.candidates.map((one) => rowOf(one.question, one.question % 4 === 0
  ? { agree: 7, disagree: 4, abstain: 0, passed: false } : {}));
const declared = { phase: 'declared', live: false, rows };
const told = (fields) => nowOf(meeting, kScreen, fields);
const before0 = { ...told({ attempt: null }), meeting: 'before-open', guards: undefined, waits: undefined,
  announced: { title: meeting.title, date: meeting.date } };
const kStates = {
  before: { now: before0, text: '会议即将开始' },
  'sign-in': { now: told({ attempt: null, present: 5 }), text: '请专家签到' },
  ready: { now: told({ attempt: null }), text: '等待开启表决' },
  voting: { now: told({ countdown_s: 95 }), text: '剩余时间' },
  paper: { now: told({ attempt: { paper: true, voted: [] } }), text: '请填写纸质选票' },
  declared: { now: told({ attempt: declared }), text: '通过 9' },
  contested: { now: told({ attempt: { ...declared, rows: [rows[0], { ...rows[1], contested: true, passed: false },
    rows[3]] } }), text: '待复核表决' },
  closed: { now: told({ attempt: declared, meeting: 'closed', head: kHash }), text: '会议已结束' },
};

async function show(person, now, size) {
  const page = await openWindow(browser, size);
  const door = new FakeDoor(page, { meeting: now.meeting === 'before-open' ? null : meeting, now });
  await door.open();
  return { page, door };
}

for (const size of kSizes) {
  test(`every state of the wall, ${size.height}`, async () => {
    const faults = [];
    for (const [name, { now, text }] of Object.entries(kStates)) {
      const { page } = await show(kScreen, now, size);
      await page.getByText(text).first().waitFor();
      await page.waitForTimeout(300);
      const seen = await page.evaluate(() => ({
        high: document.documentElement.scrollHeight - innerHeight,
        clock: document.querySelector('.wall-clock').innerText.trim().slice(-5),
        title: document.querySelector('.wall-head').innerText,
        // How far down and to the right anything is written.
        right: Math.max(...[...document.querySelectorAll('.wall *')].filter((one) => one.checkVisibility())
          .map((one) => one.getBoundingClientRect().right)) / innerWidth,
        bottom: Math.max(...[...document.querySelectorAll('.wall-main *')].map((one) =>
          one.getBoundingClientRect().bottom)) / innerHeight,
        top: document.querySelector('.top').getBoundingClientRect().bottom,
        foot: getComputedStyle(document.querySelector('.wall-foot') || document.body).opacity,
        hashes: document.querySelectorAll('.hash').length,
      }));
      assert.ok(seen.high <= 1, `${name}: ${seen.high} px too high`);
      assert.match(seen.clock, /^\d\d:\d\d$/, name);
      assert.ok(seen.title.includes(meeting.title) && seen.title.includes('2026-11-22'), name);
      assert.ok(seen.right > 0.9 && seen.bottom > 0.5, `${name}: ${JSON.stringify(seen)}`);
      assert.ok(seen.top <= 0, `${name}: the bar is out of the way`);
      if (now.meeting === 'open') assert.equal(seen.foot, '0', name);
      assert.equal(seen.hashes, now.meeting === 'closed' ? 1 : 0, name);
      faults.push(...await faultsOf(page, `wall-${name}-${size.height}`, { fullPage: false }));
      await page.context().close();
    }
    assert.deepEqual(faults, []);
  });
}

test('controls come with the mouse, and with the focus', async () => {
  const { page } = await show(kScreen, kStates.declared.now, kSizes[0]);
  await page.getByText('通过 9').waitFor();
  const shown = () => page.evaluate(() => ({ foot: getComputedStyle(document.querySelector('.wall-foot')).opacity,
    top: document.querySelector('.top').getBoundingClientRect().top }));
  assert.equal((await shown()).foot, '0');
  assert.ok((await shown()).top < 0);
  await page.mouse.move(400, 400);
  await page.mouse.move(420, 420);
  await page.waitForTimeout(400);
  assert.deepEqual(await shown(), { foot: '1', top: 0 });
  await page.getByRole('button', { name: '含票数' }).click();
  await page.getByText('出席 11 人，需 8 人，同意 8 人，通过').first().waitFor();
  await page.waitForTimeout(4600);
  assert.ok((await shown()).top < 0);
  await page.getByRole('button', { name: 'English' }).focus();
  await page.waitForTimeout(400);
  assert.equal((await shown()).top, 0);
  await page.context().close();
});

// Harm: a chair who can only say aloud how long there is; or a page that lets her believe that it closes by itself.
test('a countdown is set by the chair, shown to everybody, and closes nothing', async () => {
  const { page, door } = await show(kChair, nowOf(meeting, kChair), { width: 1366, height: 768 });
  await page.getByRole('button', { name: '2 分钟' }).click();
  assert.ok(door.heard.includes('countdown 120'));
  door.change({ countdown_s: 65 });
  await page.getByText(/01:0\d/).waitFor();
  await page.getByText('时间到后不会自动截止').waitFor();
  assert.deepEqual(await faultsOf(page, 'countdown-chair', { fullPage: false }), []);
  await page.getByRole('button', { name: '停止倒计时' }).click();
  assert.ok(door.heard.includes('countdown off'));
  door.change({ countdown_s: 0 });
  await page.getByText('时间到', { exact: true }).waitFor();
  assert.ok(!door.heard.includes('close'));
  await page.context().close();
  const expert = await show(kExpert, nowOf(meeting, kExpert, { countdown_s: 65 }), { width: 1366, height: 768 });
  await expert.page.getByText(/01:0\d/).waitFor();
  await expert.page.context().close();
});
