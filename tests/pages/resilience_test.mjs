// SPDX-License-Identifier: Apache-2.0
/**
 * Rule: whatever breaks during a ballot, no mark is lost that could be kept, no vote is lost, none counts twice, and
 * the page says what is happening. Harm: experts who see an empty paper or a dead page vote twice, not at all, or
 * differently.
 */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { launch, openWindow } from './lib.mjs';
import { kExperts, kNames, kSupervisor, Small } from './small.mjs';

const kCount = 7;
const pages = new Map();
let small;
let browser;

before(async () => {
  small = await Small.make(kCount);
  await small.start();
  await small.openMeeting();
  await small.openBatch();
  browser = await launch();
  for (const person of [2, 3]) await visit(person);
}, { timeout: 120_000 });

after(async () => {
  await browser?.close();
  await small?.stop();
}, { timeout: 60_000 });

async function visit(person, size) {
  const page = await openWindow(browser, size);
  page.setDefaultTimeout(60_000);
  pages.set(person, page);
  await page.goto(small.urls.get(person));
  return page;
}

const choose = (page, i, choice) => page.locator('.ballot-row').nth(i).locator(`[data-choice=${choice}]`).click();
const marks = (page) => page.evaluate(() => [...document.querySelectorAll('.ballot-row')]
  .map((row) => row.querySelector('[aria-pressed=true]')?.dataset.choice ?? ''));
const counted = (page, n) => page.getByText(`已选 ${n}/${kCount}`).waitFor();
/**
 * A page that goes away in the very instant of a click takes that click along; whoever reloads by hand is slower than
 * that.
 */
const held = (person, n) => small.until(person, 'marks', (reply) => Object.keys(reply.marks).length === n);

async function cast(page) {
  await page.getByRole('button', { name: '核对选票' }).click();
  await page.getByRole('button', { name: '投出', exact: true }).click();
  await page.getByText('选票已投出').waitFor();
}

// Long on purpose: one ballot, told in the order in which it happens; each step stands on those before it.
test('a ballot in which everything breaks', { timeout: 175_000 }, async (t) => {
  await t.test('reload and the back button keep the half-filled paper', async () => {
    const page = pages.get(2);
    await choose(page, 0, 'agree');
    await choose(page, 1, 'disagree');
    await counted(page, 2);
    await held(2, 2);
    await page.reload();
    await counted(page, 2);
    await page.goto('about:blank');
    await page.goBack();
    await counted(page, 2);
    assert.deepEqual(await marks(page), ['agree', 'disagree', '', '', '', '', '']);
  });

  await t.test('two tabs: the second takes over, the first says so and can take back', async () => {
    const first = pages.get(2);
    const second = await first.context().newPage();
    await second.goto(first.url());
    await counted(second, 2);
    await first.getByText('已在另一页面打开').waitFor();
    assert.equal(await first.locator('[aria-pressed]').count(), 0, 'only one of them shows choices');
    await choose(second, 2, 'abstain');
    await counted(second, 3);
    await held(2, 3);
    await first.getByRole('button', { name: '改在本页使用' }).click();
    await counted(first, 3);
    await second.getByText('已在另一页面打开').waitFor();
    await second.close();
    assert.deepEqual(await marks(first), ['agree', 'disagree', 'abstain', '', '', '', '']);
  });

  await t.test('what others do clears no mark and moves neither focus nor scroll', async () => {
    const page = pages.get(2);
    await page.locator('.ballot-row').nth(4).locator('[data-choice=agree]').focus();
    await page.evaluate(() => scrollTo(0, 300));
    const here = () => page.evaluate(() => [scrollY, document.activeElement.dataset.choice,
      document.activeElement.closest('[data-question]').dataset.question]);
    const there = await here();
    assert.ok(there[0] > 100 && there[2] === '5', 'control: scrolled, and on the fifth row');
    await page.evaluate(() => (document.querySelector('.ballot-list').mark = true));
    const size = (await small.ask(2, 'status')).size;
    await small.until(kSupervisor, 'sign-out');
    await small.until(kSupervisor, 'sign-in');
    await small.cast(4, ['agree']);
    await small.until(2, 'status', (reply) => reply.size >= size + 3);
    await page.waitForTimeout(500);
    assert.deepEqual(await here(), there);
    assert.deepEqual(await marks(page), ['agree', 'disagree', 'abstain', '', '', '', '']);
    assert.ok(await page.evaluate(() => document.querySelector('.ballot-list').mark),
      'the same list, not one drawn anew');
  });

  // The banner says so, marks stay and go on being made, then the cast succeeds.
  await t.test('the server dies with papers open', async () => {
    const banner = '与会议服务器的连接中断';
    const [one, two] = [pages.get(2), pages.get(3)];
    await choose(two, 0, 'disagree');
    await counted(two, 1);
    assert.equal(await one.getByText(banner).count(), 0, 'control: no banner before');
    await small.meeting.server.stop('SIGKILL');
    for (const page of [one, two]) await page.getByText(banner).waitFor();
    for (let i = 3; i < kCount; i += 1) await choose(one, i, 'agree');
    await counted(one, kCount);
    await counted(two, 1);
    await held(2, kCount);
    await one.reload();
    await counted(one, kCount);
    await small.meeting.startServer();
    for (const page of [one, two]) await page.getByText(banner).waitFor({ state: 'detached' });
    assert.deepEqual(await marks(one), ['agree', 'disagree', 'abstain', 'agree', 'agree', 'agree', 'agree']);
    assert.deepEqual(await marks(two), ['disagree', '', '', '', '', '', '']);
    await cast(one);
  });

  // The old page says so, a new address has an empty paper, the vote goes in once.
  await t.test('the program is killed in mid-ballot', async () => {
    const old = pages.get(3);
    await small.client(3).stop('SIGKILL');
    await old.getByText('连接中断').waitFor();
    assert.deepEqual((await marks(old))[0], 'disagree', 'what is on the page stays');
    await small.run(3);
    const page = await visit(3);
    await counted(page, 0);
    assert.deepEqual(await marks(page), Array(kCount).fill(''), 'marks lived in memory only');
    for (let i = 0; i < kCount; i += 1) await choose(page, i, 'disagree');
    await cast(page);
    // Killed once more after the cast: the page comes back to it, not to a paper.
    await small.client(3).stop('SIGKILL');
    await small.run(3);
    const again = await visit(3);
    await again.getByText('选票已投出').waitFor();
    assert.equal(await again.locator('[aria-pressed]').count(), 0);
  });

  await t.test('a slow connection to the page: it still appears, marks and casts', async () => {
    const page = await openWindow(browser);
    page.setDefaultTimeout(60_000);
    const session = await page.context().newCDPSession(page);
    await session.send('Network.enable');
    await session.send('Network.emulateNetworkConditions',
      { offline: false, latency: 400, downloadThroughput: 40_000, uploadThroughput: 20_000 });
    const begun = Date.now();
    await page.goto(small.urls.get(5));
    await counted(page, 0);
    assert.ok(Date.now() - begun > 1000, 'control: it was slow');
    for (let i = 0; i < kCount; i += 1) await choose(page, i, 'agree');
    await counted(page, kCount);
    await cast(page);
  });

  await t.test('every vote counts once', async () => {
    for (const person of [1, 6, 7]) await small.cast(person, ['agree']);
    // The chair's own log comes a moment after the last one's answer.
    let voted = [];
    for (let i = 0; i < 100 && voted.length < kExperts.length; i += 1) {
      ({ voted } = (await small.ask(1, 'now')).attempt);
      await new Promise((done) => { setTimeout(done, 50); });
    }
    assert.deepEqual([...voted].sort(), kExperts);
    await small.closeBatch();
    const rows = await small.declare();
    assert.equal(rows.length, kNames.length);
    // 1, 4, 5, 6, 7 agree with all; 3 with none; 2 as marked above.
    assert.deepEqual(rows.map((row) => [row.agree, row.disagree, row.abstain, row.not_cast]),
      [[6, 1, 0, 0], [5, 2, 0, 0], [5, 1, 1, 0], [6, 1, 0, 0], [6, 1, 0, 0], [6, 1, 0, 0], [6, 1, 0, 0]]);
  });
});
