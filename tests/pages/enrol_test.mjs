// SPDX-License-Identifier: Apache-2.0
/**
 * From the slip in the hand to 已登记: how many keys it takes, what a passphrase must be, and the camera. Harm: thirty
 * people who type for minutes each, with somebody at each shoulder, before a meeting can begin.
 */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { FakeDoor } from './fake_door.mjs';
import { faultsOf, launch, openWindow } from './lib.mjs';

/** How fast somebody types who hardly ever does. */
const kKeyMs = 350;
const kEnrolledMs = 45_000;
const kCode = '12007X4K9YESYAH0NWNWE5';
const kPassphrase = '20261122';
const kServer = '192.0.2.10:7443';
const kLine = `piaojue2:${kServer}:12-007-X4K9-YESY-AH0N-WNWE-5`;
const kWho = { person: 7, name: '许清如', roles: 1, device_code: '7KQ2-9XWT-M4ZD-8R5C' };
let browser;

before(async () => {
  browser = await launch(['--use-fake-ui-for-media-stream', '--use-fake-device-for-media-stream']);
});
after(() => browser.close());

async function show(server, setup) {
  const page = await openWindow(browser);
  if (setup) await page.addInitScript(setup);
  const door = new FakeDoor(page, { phase: 'enrol', commands: { prefill: () => ({ ok: true, slip: '' }),
    slip: (slip) => ({ ok: true, slip, person: 7, meeting: 12, server }), enrol: () => ({ ok: true, ...kWho }) } });
  await door.open();
  return { page, door };
}

async function look(page, name) {
  assert.deepEqual(await faultsOf(page, `enrol-${name}`, { fullPage: false }), []);
}

test('a slip is typed into 已登记 in 45 s at 350 ms a key', async () => {
  const { page, door } = await show(kServer);
  let keys = 0;
  const type = async (text) => {
    for (const key of text) {
      keys += 1;
      await page.keyboard.press(key);
    }
  };
  const enter = async () => type(['Enter']);
  await page.locator('.code-field:focus').waitFor();
  await type(kCode.toLowerCase());
  await enter();
  // The first passphrase field has the focus by itself; Enter goes to the second, and from there on.
  await page.locator('input[type=password]').first().and(page.locator(':focus')).waitFor();
  await type(kPassphrase);
  await enter();
  await page.locator('input[type=password]').nth(1).and(page.locator(':focus')).waitFor();
  await type(kPassphrase);
  await enter();
  const sent = () => door.heard.find((line) => line.startsWith('enrol {'));
  for (let i = 0; i < 50 && !sent(); i += 1) await page.waitForTimeout(50);
  assert.equal(JSON.parse(sent().slice(6)).passphrase, kPassphrase);
  console.log(`${keys} keys, ${keys * kKeyMs / 1000} s`);
  assert.ok(keys * kKeyMs <= kEnrolledMs, `${keys} keys`);
  // With the address of the server typed too, where it is not found by itself.
  console.log(`with the address: ${keys + kServer.length + 1} keys, ${(keys + kServer.length + 1) * kKeyMs / 1000} s`);
  await page.context().close();
});

// Harm: a laptop that is found after the meeting opens with eight blanks.
test('a passphrase that is too simple is said so in its field, and nothing is sent', async () => {
  const { page, door } = await show(kServer);
  await page.getByLabel('登记单编码').fill(kLine);
  await page.getByLabel('登记单编码').press('Enter');
  const first = page.getByLabel('口令', { exact: true });
  for (const weak of ['1234567', '一二三四五六七', '        ', '一一一一一一一一一', 'e\u0301'.repeat(4) + 'abc']) {
    await first.fill(weak);
    await first.press('Enter');
    await page.getByText('口令太简单').waitFor();
    await page.getByLabel('再输入一次').fill(weak);
    assert.ok(await page.getByRole('button', { name: '登记', exact: true }).isDisabled(), weak);
  }
  await look(page, 'weak');
  await first.fill('一二三四五六七八');
  await page.getByText('口令太简单').waitFor({ state: 'detached' });
  assert.ok(!door.heard.some((line) => line.startsWith('enrol {')));
  await page.context().close();
});

/** A camera that shows what the page's own reader says is a slip's code. */
function seesCode(line) {
  return `const line = ${JSON.stringify(line)};
    navigator.mediaDevices.enumerateDevices = async () => [{ kind: 'videoinput' }];
    Object.defineProperty(window, 'jsQR', { value: () => (line ? { data: line } : null) });`;
}

test('the camera reads the code and is turned off; a refusal is said, and typing goes on', async () => {
  const { page, door } = await show(kServer, seesCode(kLine));
  await page.getByRole('button', { name: '用摄像头扫二维码' }).click();
  await page.getByText('第 7 号登记单').waitFor();
  assert.ok(door.heard.includes(`slip ${kLine}`));
  assert.equal(await page.locator('video').count(), 0);
  await page.context().close();

  const open = await show(kServer, seesCode(''));
  await open.page.getByRole('button', { name: '用摄像头扫二维码' }).click();
  await open.page.waitForFunction(() => document.querySelector('video')?.videoWidth > 0);
  await look(open.page, 'camera');
  await open.page.getByRole('button', { name: '关闭摄像头' }).click();
  await open.page.locator('video').waitFor({ state: 'detached' });
  await open.page.context().close();

  const refused = await show(kServer, `${seesCode('')} navigator.mediaDevices.getUserMedia = async () => {
    throw new DOMException('no', 'NotAllowedError'); };`);
  await refused.page.getByRole('button', { name: '用摄像头扫二维码' }).click();
  await refused.page.getByText('浏览器没有允许使用摄像头').waitFor();
  await look(refused.page, 'camera-refused');
  await refused.page.getByLabel('登记单编码').fill(kLine);
  await refused.page.getByLabel('登记单编码').press('Enter');
  await refused.page.getByText('第 7 号登记单').waitFor();
  await refused.page.context().close();
});

// Harm: a button that can do nothing, on every laptop without a camera.
test('without a camera there is nothing of it', async () => {
  const { page } = await show(kServer, 'navigator.mediaDevices.enumerateDevices = async () => [];');
  await page.getByRole('button', { name: '下一步' }).waitFor();
  assert.equal(await page.getByRole('button', { name: '用摄像头扫二维码' }).count(), 0);
  await page.context().close();
});
