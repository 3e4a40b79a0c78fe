// SPDX-License-Identifier: Apache-2.0
/**
 * Rule: whatever a chair or a supervisor does in a batch is done by Tab, Space, Enter and arrows alone, and what has
 * the focus is seen to have it. Harm: a chair whose hand shakes, or whose mouse is dead, stops the whole hall; or signs
 * another thing than the one that she believes to be on.
 */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { FakeDoor, guardsOf, kDeviceCode, meetingOf, nowOf, rowOf } from './fake_door.mjs';
import { faultsOf, Keyboard, launch, openWindow } from './lib.mjs';

const kChair = 1;
const kSupervisor = 13;
let browser;

before(async () => {
  browser = await launch();
});
after(() => browser.close());

const meeting = meetingOf({ candidates: 20 });
const everybody = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11];
const people = everybody.map((person) => ({ person, name: meeting.people[person - 1].name }));
const rows = meeting.candidates.map((one) => rowOf(one.question, { passed: one.question % 3 > 0 }));
const box = { voted: everybody, counted: everybody, mixed: 3, confirmed: everybody };
const cost = { people: [11], votes: 1, within: 1 };
/** How everything stands after each step, as the program says it. */
const kSteps = {
  ready: { attempt: null },
  voted: { attempt: { voted: everybody } },
  stuck: { attempt: { ...box, phase: 'confirming', confirmed: everybody.slice(0, 10), override_cost: cost },
    waits: [{ for: [11], what: 'confirm', since_s: 80 }] },
  counted: { attempt: { ...box, phase: 'counted', shared: 3, rows } },
  declared: { attempt: { ...box, phase: 'declared', live: false, shared: 3, rows } },
};
const stand = (person, step, more) => nowOf(meeting, person, { ...kSteps[step], ...more });

async function show(person, step, options = {}) {
  const page = await openWindow(browser);
  const door = new FakeDoor(page, { meeting, now: stand(person, step), ...options });
  await door.open();
  await page.locator('.columns').waitFor();
  return { page, door, keys: new Keyboard(page) };
}

async function heard(door, line) {
  for (let i = 0; i < 100 && !door.heard.includes(line); i += 1) await new Promise((done) => setTimeout(done, 50));
  assert.ok(door.heard.includes(line), `${line}: ${door.heard.slice(-3)}`);
}

const button = (at, name) => at.getByRole('button', { name, exact: true });
/** Where the focus is once a dialog has gone. */
const back = (page) => page.waitForFunction(() => !document.querySelector('dialog')
  && document.activeElement !== document.body);

test("the chair's batch, from its opening to the end of the meeting", async () => {
  const { page, door, keys } = await show(kChair, 'ready');
  const dialog = page.getByRole('dialog');
  await keys.press(page.getByRole('link', { name: '跳到正文' }), 'skip');
  assert.equal(await page.evaluate(() => document.activeElement.id), 'main');
  await keys.press(page.getByRole('button', { name: '开启：第一批（高级）' }), 'open');
  await keys.type(dialog.getByLabel('请清点室内专家，填写人数'), 'heads', '11');
  await keys.press(button(dialog, '签署并提交会签'), 'sign the opening');
  await heard(door, 'open 1');
  await back(page);
  door.change(stand(kChair, 'voted'));
  await keys.press(button(page, '截止投票'), 'close', 'Space');
  await keys.press(button(dialog, '确认截止'), 'confirm');
  await heard(door, 'close');
  await back(page);
  door.change(stand(kChair, 'counted'));
  await keys.hold(button(page, '宣布并签署'), 'declare');
  await heard(door, 'declare');
  door.change(stand(kChair, 'declared'));
  await keys.hold(page.locator('.next-step').getByRole('button', { name: '结束会议并签署' }), 'end', 'Enter');
  await heard(door, 'close-meeting');
  await page.context().close();
});

test('a batch that is stuck: to look and leave it, to void it, to open without one', async () => {
  const { page, door, keys } = await show(kChair, 'stuck');
  const dialog = page.getByRole('dialog');
  const override = page.locator('.next-step').getByRole('button', { name: '准予未核对即开票' });
  await keys.press(override, 'look at the override');
  await dialog.waitFor();
  await page.keyboard.press('Escape');
  await back(page);
  assert.ok(await override.evaluate((one) => one === document.activeElement), 'back to where one was');
  await keys.press(override, 'override');
  await keys.press(dialog.getByLabel('陆思远'), 'who', 'Space');
  await keys.type(dialog.getByLabel('理由'), 'reason', '设备失联');
  await keys.press(button(dialog, '签署并提交会签'), 'sign the override');
  await heard(door, 'override 11 设备失联');
  await back(page);
  await keys.press(button(page, '作废本轮'), 'void');
  await keys.type(dialog.getByLabel('理由'), 'reason', '材料有误');
  await keys.press(button(dialog, '确认作废'), 'sign the void');
  await heard(door, 'void all 材料有误');
  await page.context().close();
});

test('the guards: a slot passes on, and somebody is signed out', async () => {
  const { page, door, keys } = await show(kChair, 'ready',
    { now: stand(kChair, 'ready', { guards: guardsOf(meeting, { gone: [2] }) }) });
  const dialog = page.getByRole('dialog');
  await keys.press(button(page, '更换计票监管方'), 'slot');
  await keys.choose(dialog.getByLabel('由谁接替'), 'by whom', '7');
  await keys.type(dialog.getByLabel('理由'), 'reason', '电脑损坏');
  await keys.press(button(dialog, '提请评委会签署'), 'ask');
  await heard(door, 'change-trustee 2 7 电脑损坏');
  await back(page);
  await keys.press(button(page, '代办签退'), 'sign out');
  await dialog.waitFor();
  await page.keyboard.press('Escape');
  await back(page);
  await page.context().close();
});

test('a supervisor counts heads, compares a code, and signs each step of a batch', async () => {
  const asked = (type, fields) => [{ id: type, type, signed: [1], yours: true, unwitnessed: [], ...fields }];
  const { page, door, keys } = await show(kSupervisor, 'ready');
  door.change(stand(kSupervisor, 'ready', { proposals: [...asked('BatchOpen', { batch: 1, attempt: 1,
    questions: meeting.batches[0].questions, people, present: 11, recusals: [], trustees: 3, paper: false,
    quorum_min: 8 }), ...asked('KeyChange', { name: '苏文瑾', person: 2, reason: '更换电脑',
    device_code: kDeviceCode })] }));
  await keys.type(page.getByLabel('请清点室内专家，填写人数'), 'heads', '11');
  await keys.hold(button(page, '同意并签署：开启表决'), 'sign the opening');
  await heard(door, 'approve BatchOpen 11');
  await keys.press(page.getByLabel('我已走到苏文瑾的电脑前'), 'compared', 'Space');
  await keys.hold(button(page, '同意并签署：更换电脑'), 'sign the key', 'Enter');
  await heard(door, 'approve KeyChange');
  door.change(stand(kSupervisor, 'voted', { proposals: asked('BatchClose', { without: [] }) }));
  await keys.hold(button(page, '同意并签署：截止投票'), 'sign the closing');
  await heard(door, 'approve BatchClose');
  door.change(stand(kSupervisor, 'counted', { proposals: asked('Declaration', { rows }) }));
  await keys.hold(button(page, '同意并签署：宣布结果'), 'sign the result');
  await heard(door, 'approve Declaration');
  await page.context().close();
});

test('a supervisor ticks the sheet line by line', async () => {
  const sheet = meeting.people.slice(0, 3).map((one) => ({ ...one, ticked: false, device_code: kDeviceCode }));
  const opening = { id: 'a0', type: 'MeetingOpen', signed: [], yours: true, ...meeting, trustees: [0, 1, 13],
    people: meeting.people.map((one) => ({ ...one, enrolled: true })) };
  const now = { ...stand(kSupervisor, 'ready'), meeting: 'before-open', guards: undefined, waits: undefined,
    alarms: undefined, checks: undefined, proposals: [opening] };
  const page = await openWindow(browser);
  const door = new FakeDoor(page, { meeting: null, now, commands: { sheet: () => ({ ok: true, rows: sheet }),
    tick: (rest) => {
      sheet[parseInt(rest, 10) - 1].ticked = true;
      return { ok: true };
    } } });
  await door.open();
  const keys = new Keyboard(page);
  for (const one of sheet) {
    await keys.press(button(page, `勾选：${one.name}`), one.name, 'Space');
    await button(page, `取消勾选：${one.name}`).waitFor();
  }
  await keys.hold(button(page, '同意并签署：会议方案'), 'sign the meeting');
  await heard(door, 'approve a0');
  await page.context().close();
});

test('a supervisor opens a ballot that is checked, says what was seen, and stops an override', async () => {
  const { page, door, keys } = await show(kSupervisor, 'voted');
  const check = (state, questions = []) => ({ checks: [{ person: 4, state, questions, fault: null }] });
  door.change(check('asked'));
  await keys.press(button(page, '本人已到，作废并打开'), 'accept');
  await heard(door, 'check-accept 4');
  door.change(check('opened', [{ question: 1, choice: 'agree' }]));
  await keys.press(button(page, '一致'), 'verdict', 'Space');
  await heard(door, 'verdict 4 agrees');
  door.change({ checks: [], trustee: { trustee: 2, state: 'waiting-for-gate', waiting: null, refused: null,
    waits_for_half: [], protest: { left_s: 14, people: [{ person: 4, missing: false }] } } });
  await keys.press(button(page, '叫停：本机不交出开票份额'), 'stop');
  await heard(door, 'stop');
  assert.deepEqual(await faultsOf(page, 'keyboard-supervisor'), []);
  await page.context().close();
});

// Harm: a check that lets everything through lets a page through on which nobody sees where the focus is.
test('what has the focus can be told from what has not, and the check of it can fail', async () => {
  const { page, keys } = await show(kChair, 'ready');
  await keys.to(page.getByRole('button', { name: '开启：第一批（高级）' }), 'open');
  await page.evaluate(() => (document.activeElement.style.outline = 'none'));
  await assert.rejects(keys.seen('open'), /no frame/);
  await page.context().close();
});
