// SPDX-License-Identifier: Apache-2.0
/**
 * The expert's side of a meeting, measured: rows that are seen, keys that are pressed, whom is waited for, what is said
 * before the batch opens. Harm: who has to scroll, to count Tab presses or to guess marks the wrong row, or gives up
 * and asks a neighbour, who then sees the vote.
 */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { FakeDoor, meetingOf, nowOf } from './fake_door.mjs';
import { faultsOf, launch, openWindow, shoot } from './lib.mjs';

const kExpert = 2;
const kRows = 20;
const kKeysMax = 45;
/** A 1366 by 768 screen, and what a browser and a desktop leave of one. */
const kWindows = [[1366, 768], [1366, 625]];
const kRowsSeen = 4;
/** Longer than a key that opened the review counts for nothing. */
const kSeenMs = 600;
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

/** Seen as it opens, and judged at its end, where the bar lies over nothing. */
async function look(page, name) {
  await shoot(page, `ballot-${name}`, false);
  const at = await page.evaluate(() => scrollY);
  await page.evaluate(() => scrollTo(0, document.body.scrollHeight));
  assert.deepEqual(await faultsOf(page, `ballot-${name}-end`, { fullPage: false }), []);
  await page.evaluate((y) => scrollTo(0, y), at);
}

async function soon(wanted) {
  for (let i = 0; i < 100 && !wanted(); i += 1) await new Promise((done) => setTimeout(done, 50));
  assert.ok(wanted());
}

/** With what real lists have: a long employer, an exceptional candidate with an interview, a long summary. */
function real() {
  const meeting = meetingOf({ candidates: kRows, exceptional: [2] });
  meeting.candidates[0].employer = '青岛西海岸新区工业互联网与智能制造研究院有限公司';
  meeting.candidates[2].summary = '主持建设面向中小企业的工业互联网平台，接入设备 12 万台，覆盖企业 640 家；'.repeat(4);
  return meeting;
}

const filling = (meeting, more = {}) => ({ meeting, now: nowOf(meeting, kExpert, {
  interviews: [{ question: 2, summary: '答辩：回答清楚，业绩属实，答辩小组建议提交评审。' }], ...more }) });

/** Rows that lie in the window as a whole, and not under the bar. */
function rowsSeen(page) {
  return page.evaluate(() => {
    const bar = document.querySelector('.action-bar').getBoundingClientRect().top;
    return [...document.querySelectorAll('.ballot-row')].map((row) => row.getBoundingClientRect())
      .filter((box) => box.top >= 0 && box.bottom <= Math.min(bar, innerHeight)).length;
  });
}

test('four rows are seen without scrolling, and twenty candidates take at most 45 keys', async () => {
  const meeting = real();
  for (const lang of ['zh', 'en']) {
    for (const [width, height] of kWindows) {
      const { page, door } = await show(filling(meeting), { width, height });
      if (lang === 'en') {
        await page.getByRole('button', { name: 'English' }).click();
        await page.locator('h1').click();
      }
      await page.getByText(lang === 'zh' ? `已选 0/${kRows}` : `0/${kRows} marked`).waitFor();
      await look(page, `empty-${lang}-${height}`);
      const seen = await rowsSeen(page);
      assert.ok(seen >= kRowsSeen, `${lang} ${width}×${height}: ${seen} rows`);
      let keys = 0;
      const press = (key) => (keys += 1, page.keyboard.press(key));
      for (let i = 0; i < kRows; i += 1) {
        await press(String(1 + (i % 3)));
        await press('Enter');
      }

      await page.locator('[data-cast]:focus').waitFor();
      await look(page, `review-${lang}-${height}`);
      await page.waitForTimeout(kSeenMs);
      await press('Enter');
      await soon(() => door.heard.includes('cast'));
      assert.ok(keys <= kKeysMax, `${keys} keys`);
      await page.context().close();
    }
  }
});

// Harm: one more press of the key that marked the last row casts a paper that nobody has looked at.
test('a key that is held down, or pressed twice in a row, opens the review and casts nothing', async () => {
  const meeting = meetingOf();
  const { page, door } = await show(filling(meeting, { interviews: [] }));
  await page.getByText('已选 0/3').waitFor();
  for (let i = 0; i < 3; i += 1) {
    await page.keyboard.press('1');
    if (i < 2) await page.keyboard.press('Enter');
  }
  await page.keyboard.down('Enter');
  await page.locator('[data-cast]:focus').waitFor();
  for (let i = 0; i < 3; i += 1) await page.keyboard.down('Enter');
  await page.keyboard.up('Enter');
  await page.keyboard.press('Enter');
  await page.waitForTimeout(kSeenMs);
  assert.ok(!door.heard.includes('cast'), 'not looked at yet');
  await page.keyboard.press('Enter');
  await soon(() => door.heard.includes('cast'));
  await page.context().close();
});

// Harm: a count says that two are left, and all twenty rows are read again to find which.
test('who is not marked is named, on the paper and on the review, with the way there', async () => {
  const meeting = real();
  const { page } = await show(filling(meeting));
  await page.getByText('未选：第 1 号申报人零零1、第 2 号申报人零零2、第 3 号申报人零零3 等 20 位').waitFor();
  for (let i = 1; i <= kRows; i += 1) {
    if (i !== 7) await page.locator(`#row-${i} [data-choice=agree]`).click();
  }
  await page.getByText('未选：第 7 号申报人零零7', { exact: true }).waitFor();
  await page.getByRole('button', { name: '核对选票' }).click();
  const left = page.locator('.review-group.unmarked');
  await left.getByText('第 7 号申报人零零7').waitFor();
  await page.getByText('选好后，即可投出').waitFor();
  assert.ok(await page.locator('[data-cast]').isDisabled());
  await look(page, 'review-unmarked');
  await left.getByRole('button', { name: '去填写：申报人零零7' }).click();
  await page.locator('#row-7 :focus').waitFor();
  await page.context().close();
});

// Harm: 投出 is grey for everybody, and nobody knows whose laptop to walk to.
test('a ballot that can not be cast yet says whom it waits for', async () => {
  const meeting = meetingOf();
  const now = { ballot: { stage: 'requested' }, waits: [{ for: [13], what: 'tokens', since_s: 70 },
    { for: [4, 5], what: 'envelope', since_s: 70 }] };
  const { page, door } = await show(filling(meeting, now));
  await page.getByText('等待发放选票凭证：孙秉正').waitFor();
  await look(page, 'waits');
  for (let i = 1; i <= 3; i += 1) await page.locator(`#row-${i} [data-choice=agree]`).click();
  await page.getByRole('button', { name: '核对选票' }).click();
  await page.locator('.action-bar').getByText('等待发放选票凭证：孙秉正').waitFor();
  await page.locator('.action-bar').getByText('已等 1 分钟').waitFor();
  assert.equal(await page.getByText('等待投票：').count(), 0, 'what the ballot itself does not wait for');
  await look(page, 'review-waits');
  // The focus goes to 投出 by itself when it can be pressed.
  door.change({ ballot: { ...door.now.ballot, stage: 'ready' }, waits: [] });
  await page.locator('[data-cast]:focus').waitFor();
  await page.context().close();
});

// Harm: what does not fit into a low row is what an expert decides by.
test('a row opens to all that is known of its candidate, files too, and by the keyboard', async () => {
  const meeting = real();
  meeting.candidates[0].attachments = [{ index: 0, name: '业绩证明.pdf', size: 1_700_000, media: 'application/pdf' },
    { index: 1, name: '获奖证书.png', size: 40_000, media: 'image/png' }];
  const { page, door } = await show(filling(meeting));
  const more = page.getByRole('button', { name: /展开 ?：申报人零零1/ });
  await more.getByText('附件 2').waitFor();
  await more.focus();
  await page.keyboard.press('Enter');
  const file = page.getByRole('link', { name: '业绩证明.pdf' });
  await file.waitFor();
  assert.deepEqual(await file.evaluate((one) => [one.getAttribute('href'), one.target, one.rel]),
    ['files/1/0', '_blank', 'noopener']);
  await page.getByText('1.6 兆字节').waitFor();
  await look(page, 'row-open');
  await page.keyboard.press('2');
  await soon(() => door.heard.includes('vote 1 disagree'));
  await page.context().close();
});

test('the paper in narrow windows, and with larger type', async () => {
  for (const [width, height] of [[320, 640], [683, 384]]) {
    const { page } = await show(filling(real()), { width, height });
    await page.getByText(`已选 0/${kRows}`).waitFor();
    await shoot(page, `ballot-narrow-${width}`, false);
    await look(page, `narrow-${width}`);
    await page.context().close();
  }
});

// Harm: an expert votes on a colleague because nobody told him, or steps back from the first name in a list by mistake.
test('a recusal is proposed where employers are the same, and nothing is chosen beforehand', async () => {
  const meeting = meetingOf({ candidates: 4 });
  meeting.people[1].employer = '云梭智能（青岛）制造有限公司';
  meeting.candidates[1].employer = ' 云梭智能(青岛) 制造有限公司';
  const now = { attempt: null, suggested: [{ question: 3, reason: '与申报人有师生关系' }] };
  for (const signedIn of [false, true]) {
    const { page, door } = await show({ meeting, now: nowOf(meeting, kExpert, { ...now, signedIn }) });
    const card = page.locator('.suggested');
    await card.getByText('第 2 号申报人零零2').waitFor();
    await card.getByText('第 3 号申报人零零3').getByText('与申报人有师生关系').waitFor();
    assert.equal(await card.getByRole('button').count(), 2);
    await look(page, signedIn ? 'room' : 'sign-in');
    await card.getByRole('button', { name: '签认回避：申报人零零2' }).click();
    await soon(() => door.heard.includes('recuse 2 与申报人同一单位'));
    await page.context().close();
  }
  const { page, door } = await show({ meeting, now: nowOf(meeting, kExpert, now) });
  await page.getByRole('button', { name: '申请回避' }).click();
  await page.getByLabel('理由').fill('亲属');
  assert.ok(await page.getByRole('button', { name: '确认回避' }).isDisabled(), 'nobody is chosen yet');
  await page.getByRole('combobox').selectOption({ label: '第 4 号申报人零零4 · 云梭智能制造有限公司' });
  await look(page, 'recuse');
  await page.getByRole('button', { name: '确认回避' }).click();
  await soon(() => door.heard.includes('recuse 4 亲属'));
  // What can be taken back says so; what can not has no button.
  door.change({ recusals: [{ person: 2, question: 4, reason: '亲属', attested: true, own_word: true,
    can_take_back: true }, { person: 2, question: 1, reason: '师生', attested: true, own_word: true }] });
  await page.getByText('已回避：第 4 号申报人零零4（亲属）').waitFor();
  assert.equal(await page.getByRole('button', { name: /^撤回回避/ }).count(), 1);
  await page.getByRole('button', { name: '撤回回避：申报人零零4' }).click();
  await page.getByLabel('理由').fill('核实后不属实');
  await look(page, 'recuse-back');
  await page.getByRole('dialog').getByRole('button', { name: '撤回回避' }).click();
  await soon(() => door.heard.includes('recuse-back 4 核实后不属实'));
  await page.context().close();
});

// Harm: what there is to read is seen for the first time when the vote is on, and everybody waits.
test('agenda and materials can be read before a batch opens', async () => {
  const meeting = real();
  meeting.candidates[0].attachments = [{ index: 2, name: '业绩证明.pdf', size: 900, media: 'application/pdf' }];
  const { page, door } = await show(filling(meeting, { attempt: null }));
  const room = page.locator('.room');
  await room.getByRole('heading', { name: '第一批（高级）' }).waitFor();
  await room.getByText('答辩小组建议提交评审').waitFor();
  await room.getByText('高级工程师').first().waitFor();
  assert.equal(await room.getByRole('link', { name: '业绩证明.pdf' }).getAttribute('href'), 'files/1/2');
  assert.equal(await room.locator('.room-candidate').count(), kRows);
  await look(page, 'room-materials');
  await page.setViewportSize({ width: 320, height: 640 });
  await look(page, 'room-320');
  // The batch that opens takes its place.
  door.change({ attempt: nowOf(meeting, kExpert).attempt, ballot: nowOf(meeting, kExpert).ballot });
  await page.getByText(`已选 0/${kRows}`).waitFor();
  await page.context().close();
});

/** Counts the notes that are begun instead of playing them. */
function countNotes() {
  globalThis.notes = 0;
  class Node {
    gain = { setValueAtTime() {}, linearRampToValueAtTime() {} };
    frequency = {};
    connect = (to) => to;
    start = () => (globalThis.notes += 1);
    stop() {}
  }
  globalThis.AudioContext = class {
    state = 'suspended';
    currentTime = 0;
    resume = () => (this.state = 'running');
    createGain = () => new Node();
    createOscillator = () => new Node();
  };
}

// Harm: an expert who reads does not notice that the vote is on; or one who does not want it is disturbed each time.
test('a batch that opens is heard once, by whoever votes in it and has not turned it off', async () => {
  const meeting = meetingOf();
  const waiting = nowOf(meeting, kExpert, { attempt: null });
  const voting = nowOf(meeting, kExpert);
  for (const [name, begin, prefers, gesture, notes] of [['waiting', waiting, { large: false, sound: true }, true, 2],
    ['off', waiting, { large: false, sound: false }, true, 0], ['open already', voting, undefined, true, 0],
    ['nothing pressed yet', waiting, undefined, false, 0]]) {
    const page = await openWindow(browser);
    await page.addInitScript(countNotes);
    const door = new FakeDoor(page, { meeting, now: begin });
    await door.open();
    await page.locator('main h1').first().waitFor();
    if (prefers) door.say({ event: 'prefers', ...prefers });
    if (gesture) await page.keyboard.press('Shift');
    for (const step of [voting, { ...voting, size: 58 }]) {
      door.change(step);
      await page.getByText('已选 0/3').waitFor();
      await page.waitForTimeout(100);
    }
    assert.equal(await page.evaluate(() => globalThis.notes), notes, name);
    await page.context().close();
  }
});

// Harm: who needs large letters sets them anew in each batch, or can not at all; nothing is kept by the page.
test('larger type and the sound are switched in the bar, and kept by the program', async () => {
  const kept = { large: false, sound: true };
  const { page, door } = await show({ ...filling(real()), commands: { prefer: (rest) => {
    const [name, to] = rest.split(' ');
    kept[name] = to === 'on';
    door.say({ event: 'prefers', ...kept });
    return { ok: true };
  } } });
  await page.getByText(`已选 0/${kRows}`).waitFor();
  const size = () => page.evaluate(() => parseFloat(getComputedStyle(document.documentElement).fontSize));
  const before = await size();
  await page.getByText('字号与声音').click();
  await look(page, 'menu');
  await page.getByLabel('大字').check();
  await soon(() => door.heard.includes('prefer large on'));
  await page.waitForFunction(
    (px) => parseFloat(getComputedStyle(document.documentElement).fontSize) > px * 1.15, before);
  await page.getByLabel('开启表决时响一声').uncheck();
  await soon(() => door.heard.includes('prefer sound off'));
  await page.getByText('字号与声音').click();
  await look(page, 'large');
  await page.setViewportSize({ width: 320, height: 640 });
  await look(page, 'large-320');
  // At once in the next session too, and before anybody has unlocked anything.
  door.say({ event: 'page-phase', phase: 'unlock', version: 'test', lang: 'zh',
    prefers: { large: true, sound: false } });
  await page.getByRole('heading', { name: '请输入口令' }).waitFor();
  assert.ok(await size() >= 22);
  await look(page, 'large-unlock-320');
  await page.context().close();
});

// Harm: everybody waits for one who does not know it.
test('whoever has not voted is reminded, calmly, once half have; nobody else is', async () => {
  const meeting = meetingOf();
  const reminded = (page) => page.getByText(/已有 \d+\/11 人投出/).count();
  const { page, door } = await show({ meeting, now: nowOf(meeting, kExpert, { attempt: { voted: [1, 3, 4, 5, 6] } }) });
  await page.getByText('已选 0/3').waitFor();
  assert.equal(await reminded(page), 0, 'five of eleven');
  door.change({ attempt: { ...door.now.attempt, voted: [1, 3, 4, 5, 6, 7] } });
  await page.getByText('已有 6/11 人投出，正在等待您的选票。').waitFor();
  assert.equal(await page.locator('.reminder').getAttribute('aria-live'), 'polite');
  door.change({ ballot: { ...door.now.ballot, stage: 'cast', in_log: true } });
  await page.getByText('选票已投出').waitFor();
  assert.equal(await reminded(page), 0, 'has voted');
  await page.context().close();
  // A chair who is an expert too, and looks at another place; and the countdown that a chair shows.
  const chair = await show({ meeting, now: nowOf(meeting, 1, { attempt: { voted: [2, 3, 4, 5, 6, 7] } }) });
  await chair.page.locator('.banner').getByText('已有 6/11 人投出').waitFor();
  await look(chair.page, 'reminder-chair');
  await chair.page.context().close();
  const counted = await show({ meeting, now: nowOf(meeting, kExpert, { attempt: { voted: [1] }, countdown_s: 90 }) });
  await counted.page.getByText('已有 1/11 人投出').waitFor();
  await counted.page.context().close();
});
