// SPDX-License-Identifier: Apache-2.0
/**
 * Rule: the chair's next step is one primary button that is in the window in every phase, and a batch takes her five
 * presses and a supervisor four. Harm: a hall waits while the chair looks for the button below twenty rows.
 */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { FakeDoor, guardsOf, meetingOf, nowOf, rowOf } from './fake_door.mjs';
import { faultsOf, hold, launch, openWindow } from './lib.mjs';

const kChair = 1;
const kSupervisor = 13;
/** A laptop of 1366 × 768, whole and under a browser's own bars. */
const kSizes = [{ width: 1366, height: 768 }, { width: 1366, height: 625 }];
const kCandidates = 20;
const kClicksOfChair = 5;
const kClicksOfSupervisor = 4;
let browser;

before(async () => {
  browser = await launch();
});
after(() => browser.close());

const meeting = meetingOf({ candidates: kCandidates });
const everybody = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11];
const rows = meeting.candidates.map((one) => rowOf(one.question, { passed: one.question % 3 > 0 }));
const box = { voted: everybody, counted: everybody, mixed: 3, confirmed: everybody };
/** How everything stands after each step, as the program says it. */
const kPhases = {
  ready: { attempt: null },
  voting: { attempt: { voted: everybody.slice(0, 9) }, waits: [{ for: [10, 11], what: 'envelope', since_s: 40 }] },
  allVoted: { attempt: { voted: everybody } },
  closing: { attempt: { ...box, phase: 'closing', mixed: 0, confirmed: [] },
    waits: [{ for: [13], what: 'issuance-closed', since_s: 4 }] },
  mixing: { attempt: { ...box, phase: 'mixing', mixed: 1, confirmed: [] },
    waits: [{ for: [13], what: 'mix', since_s: 95 }] },
  confirming: { attempt: { ...box, phase: 'confirming', confirmed: [1, 2, 3] },
    waits: [{ for: [4, 5], what: 'confirm', since_s: 3 }] },
  stuck: { attempt: { ...box, phase: 'confirming', confirmed: everybody.slice(0, 10),
    override_cost: { people: [11], votes: 1, within: 1 } }, waits: [{ for: [11], what: 'confirm', since_s: 80 }] },
  opening: { attempt: { ...box, phase: 'opening', shared: 1 }, waits: [{ for: [13], what: 'share', since_s: 2 }] },
  counted: { attempt: { ...box, phase: 'counted', shared: 3, rows },
    waits: [{ for: [1, 13], what: 'declare', since_s: 2 }] },
  declared: { attempt: { ...box, phase: 'declared', live: false, shared: 3, rows } },
};
const stand = (person, phase, more) => nowOf(meeting, person, { ...kPhases[phase], ...more });

async function show(person, phase, size, options = {}) {
  const page = await openWindow(browser, size);
  const door = new FakeDoor(page, { meeting, now: stand(person, phase), ...options });
  await door.open();
  await page.locator('.columns').waitFor();
  return { page, door };
}

/** Without any scrolling. */
async function isInWindow(page, target, what) {
  const at = await target.boundingBox();
  const { width, height } = page.viewportSize();
  assert.ok(at && at.x >= 0 && at.y >= 0 && at.x + at.width <= width && at.y + at.height <= height,
    `${what}: ${JSON.stringify(at)} in ${width} × ${height}`);
}

/** Presses as people do, each one counted, each in the window before anything is scrolled. */
class Hand {
  presses = 0;

  constructor(page) {
    this.page = page;
  }

  async press(target, what) {
    await target.waitFor();
    await isInWindow(this.page, target, what);
    this.presses += 1;
    await target.click();
  }

  async hold(target, what) {
    await target.waitFor();
    await isInWindow(this.page, target, what);
    this.presses += 1;
    await hold(this.page, target);
  }
}

const bar = (page) => page.locator('.next-step');
const button = (page, name) => page.getByRole('button', { name, exact: true });

for (const size of kSizes) {
  const at = `${size.width}-${size.height}`;
  test(`the chair's batch, ${at}`, async () => {
    const { page, door } = await show(kChair, 'ready', size);
    const hand = new Hand(page);
    await hand.press(bar(page).getByRole('button', { name: '开启：第一批（高级）' }), 'open');
    // The field has the focus: typed without a press.
    await page.keyboard.type('11');
    await hand.press(page.getByRole('dialog').getByRole('button', { name: '签署并提交会签' }), 'sign');
    assert.ok(door.heard.includes('open 1'));
    door.change(stand(kChair, 'allVoted'));
    await hand.press(button(page, '截止投票'), 'close');
    await hand.press(button(page, '确认截止'), 'confirm');
    assert.ok(door.heard.includes('close'));
    for (const phase of ['closing', 'mixing', 'confirming', 'opening']) door.change(stand(kChair, phase));
    door.change(stand(kChair, 'counted'));
    await hand.hold(button(page, '宣布并签署'), 'declare');
    assert.ok(door.heard.includes('declare'));
    assert.ok(hand.presses <= kClicksOfChair, `${hand.presses} presses`);
    door.change(stand(kChair, 'declared'));
    await isInWindow(page, bar(page).getByRole('button', { name: '结束会议并签署' }), 'end');
    await page.context().close();
  });

  test(`the supervisor's batch, ${at}`, async () => {
    const people = everybody.map((person) => ({ person, name: meeting.people[person - 1].name }));
    const asked = (type, fields) => [{ id: type, type, signed: [1], yours: true, unwitnessed: [], ...fields }];
    const questions = meeting.batches[0].questions;
    const { page, door } = await show(kSupervisor, 'ready', size);
    const hand = new Hand(page);
    door.change(stand(kSupervisor, 'ready', { proposals: asked('BatchOpen', { batch: 1, attempt: 1, questions, people,
      present: 11, recusals: [], trustees: 3, paper: false, quorum_min: 8 }) }));
    await hand.press(page.getByLabel('请清点室内专家，填写人数'), 'heads');
    await page.keyboard.type('11');
    await hand.hold(button(page, '同意并签署：开启表决'), 'sign the opening');
    assert.ok(door.heard.includes('approve BatchOpen 11'));
    door.change(stand(kSupervisor, 'allVoted', { proposals: asked('BatchClose', { without: [] }) }));
    await hand.hold(button(page, '同意并签署：截止投票'), 'sign the closing');
    assert.ok(door.heard.includes('approve BatchClose'));
    door.change(stand(kSupervisor, 'counted', { proposals: asked('Declaration', { rows }) }));
    await hand.hold(button(page, '同意并签署：宣布结果'), 'sign the result');
    assert.ok(door.heard.includes('approve Declaration'));
    assert.ok(hand.presses <= kClicksOfSupervisor, `${hand.presses} presses`);
    await page.context().close();
  });

  test(`one next step in every phase, ${at}`, async () => {
    const { page, door } = await show(kChair, 'ready', size);
    const faults = [];
    for (const phase of Object.keys(kPhases)) {
      door.change(stand(kChair, phase));
      await bar(page).waitFor();
      await page.waitForTimeout(100);
      await isInWindow(page, bar(page), phase);
      for (const one of await bar(page).getByRole('button').all()) await isInWindow(page, one, phase);
      const waited = ['closing', 'mixing', 'confirming', 'opening'].includes(phase);
      assert.equal(await page.locator('.button.primary:visible').count(), waited ? 0 : 1, phase);
      // Whom, since when, and what to do; never that there is nothing to do.
      if (waited) assert.match(await bar(page).innerText(), /等待[^\n]+：\S+ [^\n]*已等 \d+ (秒|分钟)[^]*请/, phase);
      assert.equal(await page.getByText('无需操作').count(), 0, phase);
      faults.push(...await faultsOf(page, `next-${phase}-${at}`, { fullPage: false }));
    }
    assert.deepEqual(faults, []);
    await page.context().close();
  });
}

// Harm: the chair opens for people whose laptop can not take part in opening, and the whole round is lost.
test('the opening names a trustee who is offline and no expert, and what that means', async () => {
  const { page, door } = await show(kChair, 'ready', kSizes[0]);
  const gone = stand(kChair, 'ready', { guards: guardsOf(meeting, { gone: [2] }) });
  door.change({ ...gone, people: gone.people.map((one) => (one.person === 13 ? { ...one, online: false } : one)) });
  await bar(page).getByRole('button', { name: '开启：第一批' }).click();
  await page.getByRole('dialog').getByText('计票监管方的电脑不在线：孙秉正').waitFor();
  // What lies below the fold of the dialog comes up with the focus, and not under its button.
  const field = await page.getByLabel('请清点室内专家，填写人数').boundingBox();
  const foot = await page.locator('.dialog-foot').boundingBox();
  assert.ok(field.y + field.height <= foot.y, 'the field is above the button');
  assert.deepEqual(await faultsOf(page, 'next-open-guard-offline', { fullPage: false }), []);
  await page.context().close();
});

// Harm: cut off from everybody, the chair reads ✓ online beside each name, and looks for the fault elsewhere.
test('who can not be seen is neither online nor gone', async () => {
  const { page, door } = await show(kChair, 'ready', kSizes[0]);
  const guards = guardsOf(meeting);
  guards.people = guards.people.map((one, i) => ({ ...one, online: i === 0 ? false : null, since_s: 70 }));
  door.change({ connected: false, guards, people: door.now.people.map((one) => ({ ...one, online: null })) });
  await page.getByText('失联（1 分钟）').waitFor();
  await page.getByText('其他电脑的情况不知道').waitFor();
  const banner = await page.locator('.banner').boundingBox();
  const step = await bar(page).boundingBox();
  assert.ok(banner.y >= step.y + step.height, 'what is said of the connection lies on no button');
  const board = page.locator('.guards-card');
  assert.equal(await board.getByText('未知').count(), 2);
  assert.equal(await board.getByText('在线', { exact: true }).count(), 0);
  assert.equal(await page.getByText('（离线）').count(), 0);
  assert.deepEqual(await faultsOf(page, 'next-cut-off', { fullPage: false }), []);
  await page.context().close();
});
