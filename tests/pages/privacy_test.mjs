// SPDX-License-Identifier: Apache-2.0
/**
 * Rule: once a vote is cast, nothing on the voter's laptop that a browser leaves behind tells what it was.
 * Harm: whoever borrows, repairs or seizes the laptop learns the vote; or a voter can show it and be paid for it.
 * Two voters with opposite choices, each with a browser profile on disk, are compared with each other.
 */
import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { launch, launchProfile, openWindow } from './lib.mjs';
import { kChair, kNames, kSupervisor, Small } from './small.mjs';

const kVoters = { 2: ['agree', 'disagree', 'abstain'], 3: ['disagree', 'agree', 'disagree'] };
const kWords = { agree: '同意', disagree: '不同意', abstain: '弃权' };
const kOwn = { 2: '苏文瑾', 3: '高㛃' };
/** Begins a paper and leaves it. */
const kHalf = 4;
const kControl = 'vote 7 agree';
const voters = new Map();
let small;
let browser;

before(async () => {
  small = await Small.make();
  await small.start();
  await small.openMeeting();
  await small.openBatch();
}, { timeout: 120_000 });

after(async () => {
  for (const one of voters.values()) {
    await one.context.close().catch(() => {});
    rmSync(one.folder, { recursive: true, force: true });
  }
  await browser?.close();
  await small?.stop();
}, { timeout: 60_000 });

/** How a paper's choices could be written down anywhere: commands, replies, the page's own names for the buttons. */
function traces() {
  const found = [];
  for (let q = 1; q <= 3; q += 1) {
    for (const [choice, word] of Object.entries(kWords)) {
      found.push(`vote ${q} ${choice}`, `vote ${q} ${word}`, `"${q}":"${choice}"`, `"${q}":${choice}`,
        `${word}：${kNames[q - 1]}`, `${kNames[q - 1]}，${word}`);
    }
  }
  return [...found, '"marks":{"', 'aria-pressed="true"', kControl];
}

function filesOf(folder) {
  return readdirSync(folder, { recursive: true, withFileTypes: true }).filter((one) => one.isFile())
    .map((one) => join(one.parentPath ?? one.path, one.name));
}

/** Which of the texts stand in any file of a folder, in either of the encodings that browsers use. */
function search(folder, texts) {
  const found = new Set();
  const files = filesOf(folder);
  for (const file of files) {
    let bytes;
    try {
      bytes = readFileSync(file);
    } catch {
      continue; // gone since
    }
    for (const text of texts) {
      if (bytes.includes(Buffer.from(text, 'utf8')) || bytes.includes(Buffer.from(text, 'utf16le'))) found.add(text);
    }
  }
  return { found: [...found], files: files.length };
}

async function accessible(page) {
  const session = await page.context().newCDPSession(page);
  await session.send('Accessibility.enable');
  const { nodes } = await session.send('Accessibility.getFullAXTree');
  await session.detach();
  return nodes.filter((one) => !one.ignored)
    .map((one) => [one.role?.value, one.name?.value, ...(one.properties || []).filter((p) => p.name === 'pressed')
      .map((p) => `pressed=${p.value.value}`)].join(' '));
}

async function kept(page) {
  return page.evaluate(async () => ({
    local: localStorage.length, session: sessionStorage.length, databases: (await indexedDB.databases()).length,
    caches: (await caches.keys()).length, workers: (await navigator.serviceWorker.getRegistrations()).length,
      name: window.name, state: history.state,
    script: document.cookie, hash: location.hash, query: location.search,
      // The two switches of the bar, larger type and sound, are there from the beginning and know no vote.
      fields: [...document.querySelectorAll('input, textarea, select')].filter((one) => !one.closest('header')).length,
  }));
}

/**
 * Nothing in what can be seen, read aloud or scripted tells a choice; what is left can not be told from another
 * voter's.
 */
async function clean(person, when) {
  const { page } = voters.get(person);
  const html = await page.content();
  assert.deepEqual(traces().filter((text) => html.includes(text)), [], `${when}: the document of ${person}`);
  assert.ok(!/aria-pressed|data-choice/.test(html), `${when}: no buttons of choices`);
  const tree = (await accessible(page)).join('\n');
  assert.ok(tree.includes(kOwn[person]), 'control: the tree is that of this page');
  assert.ok(!/pressed=|同意：/.test(tree), `${when}: the accessibility tree of ${person}: ${tree}`);
  assert.deepEqual(await kept(page),
    { local: 0, session: 0, databases: 0, caches: 0, workers: 0, name: '', state: null, script: '', hash: '', query: '',
      fields: 0 }, when);
  return (await page.locator('main').innerHTML()).replaceAll(kOwn[person], '*');
}

// Long on purpose: one vote, told in the order in which it happens; each step stands on those before it.
test('a vote leaves nothing behind', { timeout: 170_000 }, async (t) => {
  await t.test('voting: here the vote is on the page, and the searches find it', async () => {
    for (const [id, choices] of Object.entries(kVoters)) {
      const person = Number(id);
      const folder = mkdtempSync(join(tmpdir(), 'piaojue-profile-'));
      const context = await launchProfile(folder);
      const control = await context.newPage();
      await control.route('http://control.test/',
        (route) => route.fulfill({ contentType: 'text/html', body: 'control' }));
      await control.goto('http://control.test/');
      await control.evaluate((text) => localStorage.setItem('control', text), kControl);
      await control.close();
      const page = await context.newPage();
      page.setDefaultTimeout(60_000);
      voters.set(person, { folder, context, page });
      await page.goto(small.urls.get(person));
      await page.getByText('已选 0/3').waitFor();
      for (const [i, choice] of choices.entries()) await page.locator('.ballot-row').nth(i)
        .locator(`[data-choice=${choice}]`).click();
      await page.getByText('已选 3/3').waitFor();
      const html = await page.content();
      assert.ok(html.includes('aria-pressed="true"') && html.includes(`${kWords[choices[0]]}：方启明`),
        'control: the document tells it now');
      assert.equal((await accessible(page)).filter((one) => one.endsWith('pressed=true')).length, 3,
        'control: the tree tells it now');
      const cookie = (await context.cookies(page.url())).find((one) => one.value.length > 20);
      Object.assign(voters.get(person), { cookie, path: new URL(page.url()).pathname });
      // Not one step of a half-filled paper goes into the history, where the back button would find it.
      assert.equal(await page.evaluate(() => history.length), 2);
    }
  });

  await t.test('cast: nothing is on the page, and two opposite votes look the same', async () => {
    for (const { page } of voters.values()) {
      await page.getByRole('button', { name: '核对选票' }).click();
      await page.getByRole('button', { name: '投出', exact: true }).click();
      await page.getByText('选票已投出').waitFor();
    }
    for (const { page } of voters.values()) await page.getByText('已投 2/7').waitFor();
    const [one, other] = [await clean(2, 'cast'), await clean(3, 'cast')];
    const plain = (html) => html.replace(/记录编号 \d+/, '');
    assert.equal(plain(one), plain(other));
  });

  await t.test('reload, back and forward bring nothing back', async () => {
    for (const [person, { page }] of voters) {
      await page.reload();
      await page.getByText('选票已投出').waitFor();
      await page.goto('about:blank');
      await page.goBack();
      await page.getByText('选票已投出').waitFor();
      await clean(person, 'came back');
      const marks = await small.ask(person, 'marks');
      assert.deepEqual(marks.marks, {});
    }
  });

  await t.test('once cast there is no way back to a paper', async () => {
    const { page } = voters.get(2);
    assert.equal(await page.getByRole('button', { name: '重新投票' }).count(), 0);
    assert.equal((await small.ask(2, 'vote 1 agree')).ok, false);
    assert.deepEqual((await small.ask(2, 'marks')).marks, {});
  });

  await t.test('a paper that is half filled when the ballot closes is forgotten with it', async () => {
    browser = await launch();
    const page = await openWindow(browser);
    page.setDefaultTimeout(60_000);
    await page.goto(small.urls.get(kHalf));
    await page.getByRole('button', { name: '同意：方启明', exact: true }).click();
    await page.getByText('已选 1/3').waitFor();
    for (const person of [1, 5, 6, 7]) await small.cast(person, ['agree', 'disagree', 'agree']);
    await small.until(kChair, 'close');
    await small.sign('BatchClose', kSupervisor);
    await page.getByRole('button', { name: '是，我自己决定不投' }).click();
    await small.client(kChair).event('counted');
    for (const one of voters.values()) await one.page.getByText('投票已截止').waitFor();
    assert.ok(!/aria-pressed|data-choice/.test(await page.content()));
    await page.close();
    for (const person of voters.keys()) await clean(person, 'closed');
    for (const person of [...voters.keys(), kHalf]) assert.deepEqual((await small.ask(person, 'marks')).marks, {});
  });

  await t.test('declared: the row of the result is all there is, the same for both', async () => {
    const rows = await small.declare();
    assert.deepEqual(rows.map((row) => [row.agree, row.disagree, row.abstain, row.not_cast]),
      [[5, 1, 0, 1], [1, 5, 0, 1], [4, 1, 1, 1]]);
    for (const { page } of voters.values()) await page.getByText('需 5 人，同意 5 人，通过').waitFor();
    const texts = [];
    for (const { page } of voters.values()) texts.push(await page.locator('main').innerText());
    assert.equal(texts[0], texts[1]);
    for (const person of voters.keys()) {
      const html = await voters.get(person).page.content();
      assert.ok(!/aria-pressed|data-choice/.test(html));
    }
  });

  await t.test('no file of the browser\'s profile holds it', async () => {
    const contents = [];
    for (const [person, { context, folder, cookie, path }] of voters) {
      await context.close();
      const { found, files } = search(folder, [...traces(), path, cookie.value]);
      assert.ok(files > 50, `${files} files`);
      assert.ok(found.includes(path), 'control: the address in the history is found');
      assert.ok(found.includes(kControl), 'control: a choice that a page stores is found');
      assert.deepEqual(found.filter((one) => one !== path && one !== kControl), [], `the profile of ${person}`);
      // Of this origin there is nothing at all, not even an empty store.
      assert.deepEqual(filesOf(folder)
        .filter((file) => /(IndexedDB|Service Worker|CacheStorage|File System)\/http_127/.test(file)), []);
      contents.push(found.filter((one) => one !== path).join());
    }
    assert.equal(contents[0], contents[1], 'what is found does not tell the two apart');
  });
});
