// SPDX-License-Identifier: Apache-2.0
/** The ways to a page: where no page is and its button, and servers that are found in the room. */
import assert from 'node:assert/strict';
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { FakeDoor } from './fake_door.mjs';
import { faultsOf, kBin, kWeb, launch, openWindow, Program } from './lib.mjs';

let browser = null;
const folder = mkdtempSync(join(tmpdir(), 'piaojue-desktop-'));
before(async () => (browser = await launch()));
after(async () => {
  await browser.close();
  rmSync(folder, { recursive: true, force: true });
});

/** A program that opens its page in a browser which only notes what it should open. */
async function startProgram(name) {
  const opened = join(folder, `${name}-opened`);
  const tool = join(folder, 'xdg-open');
  writeFileSync(tool, `#!/bin/sh\necho "$1" >> "$OPENED"\n`);
  chmodSync(tool, 0o755);
  const program = new Program(name, [join(kBin, 'piaojue'), 'run', '--page', '--home', join(folder, name),
    '--page-assets', kWeb], { PATH: `${folder}:${process.env.PATH}`, OPENED: opened });
  const { url } = await program.event('page');
  return { program, url, opened: () => (existsSync(opened) ? readFileSync(opened, 'utf8').trim().split('\n') : []) };
}

async function soon(wanted) {
  for (let i = 0; i < 100 && !wanted(); i += 1) await new Promise((done) => setTimeout(done, 100));
  assert.ok(wanted());
}

/** A page with another status than 200 is a complaint of the browser itself. */
async function faults(page, name) {
  page.complaints.splice(0);
  return faultsOf(page, name);
}

// Harm: the browser's own error in the middle of a meeting, and nobody knows how to come back to the ballot.
test('a used address says what to do, and its button opens the page again', async () => {
  const { program, url, opened } = await startProgram('used');
  try {
    const first = await openWindow(browser);
    await first.goto(url);
    await first.getByRole('heading', { name: '登记本机' }).waitFor();
    const page = await openWindow(browser);
    await page.goto(url);
    await page.getByRole('heading', { name: '这个地址已经用过' }).waitFor();
    assert.deepEqual(await faults(page, 'notice-used'), []);
    assert.ok(!/[a-zA-Z]{3}/.test(await page.innerText('main')), 'one language');
    await page.getByRole('link', { name: 'English' }).click();
    await page.getByRole('heading', { name: 'This address was used already' }).waitFor();
    assert.deepEqual(await faults(page, 'notice-used-en'), []);
    assert.ok(!/[一-鿿]/.test(await page.innerText('main')), 'one language');
    await page.setViewportSize({ width: 320, height: 640 });
    assert.deepEqual(await faults(page, 'notice-used-320'), []);
    await page.setViewportSize({ width: 1366, height: 768 });
    await page.getByRole('link', { name: '中文' }).click();
    // By keyboard alone: the button has the focus.
    await page.getByRole('heading', { name: '这个地址已经用过' }).waitFor();
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: '新的页面已经打开' }).waitFor();
    assert.deepEqual(await faults(page, 'notice-opened'), []);
    await soon(() => opened().length === 2);
    await page.goto(opened()[1]);
    await page.getByRole('heading', { name: '登记本机' }).waitFor();
    assert.equal(program.child.exitCode, null);
    await page.goto(new URL('/nowhere', url).href);
    await page.getByRole('heading', { name: '这里没有打开的页面' }).waitFor();
    assert.deepEqual(await faults(page, 'notice-closed'), []);
    await page.context().close();
    await first.context().close();
  } finally {
    await program.stop();
  }
});

const kSlip = '12-007-X4K9-YESY-AH0N-WNWE-5';

async function enrolling(found) {
  const page = await openWindow(browser);
  const door = new FakeDoor(page, { phase: 'enrol', commands: {
    prefill: () => ({ ok: true, slip: '' }),
    slip: (slip) => ({ ok: true, slip, person: 7, meeting: 12, server: null }),
    enrol: () => ({ ok: false, code: 'WRONG_CODE' }),
    found,
  } });
  await door.open();
  await page.getByLabel('登记单编码').fill(kSlip);
  await page.getByLabel('登记单编码').press('Enter');
  await page.getByText('第 7 号登记单').waitFor();
  return { page, door };
}

// Harm: fifteen characters of an address to type, where the network could have said it.
test('one server in the room is filled in, several are offered, and typing always works', async () => {
  const one = { title: '2026年度正高级评审会', server: '192.0.2.10:7443' };
  const alone = await enrolling(() => ({ ok: true, servers: [one] }));
  const field = (page) => page.getByLabel('会议服务器的地址');
  await alone.page.waitForFunction(() => document.querySelector('input.code')?.value === '192.0.2.10:7443');
  await field(alone.page).fill('192.0.2.99:7443');
  await alone.page.waitForTimeout(7000);
  assert.equal(await field(alone.page).inputValue(), '192.0.2.99:7443', 'what was typed stays');
  await alone.page.context().close();

  const hostile = { title: '<b>点我</b><script>alert(1)</script>', server: '192.0.2.66:7443' };
  const { page, door } = await enrolling(() => ({ ok: true, servers: [hostile, one] }));
  await page.getByText('找到 2 台').waitFor();
  assert.equal(await field(page).inputValue(), '', 'nobody chooses for the person');
  await page.getByRole('button', { name: '2026年度正高级评审会' }).click();
  assert.equal(await field(page).inputValue(), '192.0.2.10:7443');
  assert.equal(await page.getByRole('button', { name: '<b>点我</b>' }).count(), 1, 'as text');
  assert.deepEqual(await faultsOf(page, 'enrol-found'), []);
  await page.setViewportSize({ width: 320, height: 640 });
  assert.deepEqual(await faultsOf(page, 'enrol-found-320'), []);
  assert.ok(door.heard.includes('found'));
  await page.context().close();
});

test('where nothing is found, or the program does not know how, the address is typed', async () => {
  for (const found of [() => ({ ok: true, servers: [] }), () => ({ ok: false, code: 'BUSY' })]) {
    const { page } = await enrolling(found);
    await page.getByText('也可以直接输入地址').waitFor();
    assert.equal(await page.locator('.found-server').count(), 0);
    assert.deepEqual(await faultsOf(page, 'enrol-found-none'), []);
    await page.context().close();
  }
});
