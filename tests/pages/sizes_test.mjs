// SPDX-License-Identifier: Apache-2.0
/**
 * Rule: a whole ballot can be cast with the keyboard alone, in either language, and every role's main screens can be
 * used at 200 % zoom, at 320 px, on a wall of 1080 and of 2160 lines. Harm: an expert who sees badly or holds no mouse
 * needs somebody's help to vote, and that somebody sees the vote.
 */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { faultsOf, launch, openWindow } from './lib.mjs';
import { kChair, kClerk, kScreen, kSupervisor, Small } from './small.mjs';

const kKeyboard = 2;
const kEnglish = 3;
const kRoles = { [kChair]: 'chair', [kKeyboard]: 'expert', [kClerk]: 'clerk', [kSupervisor]: 'supervisor',
  [kScreen]: 'screen' };
/** 1280 px at 200 % are 640 CSS px. */
const kNarrow = [['zoom', 640, 360], ['320', 320, 640]];
const kFaults = [];
const pages = new Map();
let small;
let browser;

before(async () => {
  small = await Small.make();
  await small.start();
  await small.openMeeting([1, 4, 5, 6, 7, kClerk, kSupervisor]);
  browser = await launch();
  for (const person of [kChair, kKeyboard, kEnglish, kClerk, kSupervisor, kScreen]) {
    const page = await openWindow(browser, { width: 1280, height: 720, scale: person === kScreen ? 1 : 2 });
    page.setDefaultTimeout(60_000);
    pages.set(person, page);
    await page.goto(small.urls.get(person));
  }
  await pages.get(kKeyboard).getByRole('button', { name: '签到', exact: true }).waitFor();
}, { timeout: 120_000 });

after(async () => {
  await browser?.close();
  await small?.stop();
}, { timeout: 60_000 });

/** Buttons whose words do not fit into them, that leave the window at a side, or that lie over each other. */
function layout(page) {
  return page.evaluate(() => {
    const found = [];
    const width = document.documentElement.clientWidth;
    const floats = '.action-bar, .banners, .notice-place, .skip, .cover';
    const all = [...document.querySelectorAll('button, select, input, summary')]
      .filter((one) => one.checkVisibility() && !one.closest('.skip'))
      .map((one) => ({ one, box: one.getBoundingClientRect(), name: (one.ariaLabel || one.textContent || one.type)
        .trim(), floats: Boolean(one.closest(floats)) }))
      .filter(({ box }) => box.width > 1 && box.height > 1);
    for (const { one, box, name } of all) {
      if (box.left < -1 || box.right > width + 1) found.push(`outside: ${name}`);
      if (one.tagName === 'BUTTON'
        && (one.scrollWidth > one.clientWidth + 1 || one.scrollHeight > one.clientHeight + 2))
        found.push(`clipped: ${name}`);
      if (one.tagName === 'BUTTON' && Math.min(box.width, box.height) < 24) found.push(`too small: ${name}`);
    }
    for (let i = 0; i < all.length; i += 1) {
      for (const b of all.slice(i + 1)) {
        const a = all[i];
        if (a.floats !== b.floats) continue;
        const x = Math.min(a.box.right, b.box.right) - Math.max(a.box.left, b.box.left);
        const y = Math.min(a.box.bottom, b.box.bottom) - Math.max(a.box.top, b.box.top);
        if (x > 1 && y > 1) found.push(`overlap: ${a.name} and ${b.name}`);
      }
    }
    return found;
  });
}

async function state(person, name) {
  const page = pages.get(person);
  kFaults.push(...(await faultsOf(page, name)), ...(await layout(page)).map((one) => `${name}: ${one}`));
}

/** Each role's screen of this moment in narrow windows, and the wall in both of its sizes. */
async function everybody(when) {
  for (const [person, role] of Object.entries(kRoles)) {
    const page = pages.get(Number(person));
    for (const [size, width, height] of kNarrow) {
      await page.setViewportSize({ width, height });
      await state(Number(person), `size-${size}-${role}-${when}`);
    }
    await page.setViewportSize({ width: 1280, height: 720 });
  }
  const wall = pages.get(kScreen);
  for (const [width, height] of [[1920, 1080], [3840, 2160]]) {
    await wall.setViewportSize({ width, height });
    await state(kScreen, `size-${height}-screen-${when}`);
    assert.ok(await wall.evaluate(() => document.documentElement.scrollHeight <= innerHeight + 1),
      `${height}: the wall fits without scrolling, ${when}`);
  }
}

const focused = (page) => page.evaluate(() => {
  const one = document.activeElement;
  return { name: (one.ariaLabel || one.textContent).trim(), question: one.closest('[data-question]')?.dataset.question,
    outline: getComputedStyle(one).outlineStyle };
});

/** Tab until the button of this name has the focus, as whoever sees only the focus ring would. */
async function tabTo(page, name) {
  for (let i = 0; i < 80; i += 1) {
    await page.keyboard.press('Tab');
    const now = await focused(page);
    if (now.name === name) {
      assert.notEqual(now.outline, 'none', `${name}: the focus can be seen`);
      return;
    }
  }
  throw new Error(`no way to ${name} by Tab`);
}

/**
 * Chinese that is neither in the rosters nor the product's own name nor a level's, in what is seen and in what is read
 * aloud.
 */
async function chinese(page) {
  const [files, batch] = [small.rosterTexts(), '第一批'];
  let text = await page.evaluate(
    () => [document.body.innerText, document.title,
      ...[...document.querySelectorAll('[aria-label], [title], [placeholder]')]
      .map((one) => `${one.ariaLabel || ''} ${one.title} ${one.placeholder || ''}`)].join('\n'));
  for (const one of [...files, batch, '中文', '票决', '副高级']) text = text.replaceAll(one, '');
  return [...new Set(text.match(/[\u3400-\u9fff\u3000-\u303f\uff00-\uffef]+/g) || [])].filter((one) => one !== '票');
}

// Long on purpose: one ballot, told in the order in which it happens; each step stands on those before it.
test('every size, the keyboard, and English', { timeout: 400_000 }, async (t) => {
  const keyboard = pages.get(kKeyboard);
  const english = pages.get(kEnglish);

  await t.test('before: narrow, zoomed, on the wall', () => everybody('before'));

  await t.test('English from the sign-in on', async () => {
    assert.ok((await chinese(english)).length > 5, 'control: Chinese would be found');
    await english.getByRole('button', { name: 'English' }).click();
    await english.getByRole('button', { name: 'Sign in', exact: true }).waitFor();
    assert.deepEqual(await chinese(english), [], 'sign-in');
    await english.getByRole('button', { name: 'Sign in', exact: true }).click();
    await english.getByRole('button', { name: 'Sign in', exact: true }).waitFor({ state: 'detached' });
    await english.waitForTimeout(300);
    assert.deepEqual(await chinese(english), [], 'waiting');
    await state(kEnglish, 'english-expert-waiting');
  });

  await t.test('the keyboard alone: from the sign-in to 投出 ✓', async () => {
    await tabTo(keyboard, '签到');
    await keyboard.keyboard.press('Enter');
    await keyboard.getByText('请等待开启表决').waitFor();
    await small.openBatch();
    await keyboard.getByText('已选 0/3').waitFor();
    await keyboard.keyboard.press('1');
    await keyboard.getByText('已选 1/3').waitFor();
    await keyboard.keyboard.press('ArrowDown');
    assert.equal((await focused(keyboard)).question, '2');
    await keyboard.keyboard.press('2');
    await keyboard.keyboard.press('Enter');
    assert.equal((await focused(keyboard)).question, '3');
    await keyboard.keyboard.press('ArrowUp');
    assert.equal((await focused(keyboard)).question, '2');
    await keyboard.keyboard.press('ArrowDown');
    await keyboard.keyboard.press('Escape');
    await keyboard.getByText('屏幕已遮盖').waitFor();
    // Typed blindly: marks nothing. The focus comes back to where it was.
    await keyboard.keyboard.press('3');
    await keyboard.keyboard.press('Escape');
    await keyboard.locator('#row-3 :focus').waitFor();
    await keyboard.getByText('已选 2/3').waitFor();
  });

  await t.test('voting: narrow, zoomed, on the wall', () => everybody('voting'));

  await t.test('the keyboard alone: review and cast', async () => {
    await keyboard.keyboard.press('3');
    await keyboard.getByText('已选 3/3').waitFor();
    assert.deepEqual(await keyboard.evaluate(() => [...document.querySelectorAll('[aria-pressed=true]')]
      .map((one) => one.dataset.choice)), ['agree', 'disagree', 'abstain']);
    await keyboard.keyboard.press('Enter');
    await keyboard.getByText('请核对您的选择').waitFor();
    // 投出 is the first stop, and the focus on it can be seen: once the page is drawn.
    await keyboard.locator('[data-cast]:focus').waitFor();
    assert.deepEqual((await focused(keyboard)).name, '投出');
    assert.notEqual((await focused(keyboard)).outline, 'none');
    for (const [size, width, height] of kNarrow) {
      await keyboard.setViewportSize({ width, height });
      await state(kKeyboard, `size-${size}-expert-review`);
    }
    await keyboard.setViewportSize({ width: 1280, height: 720 });
    // In the first half second a key casts nothing that nobody has looked at yet.
    await keyboard.waitForTimeout(600);
    await keyboard.keyboard.press('Enter');
    await keyboard.getByText('选票已投出').waitFor();
    await keyboard.locator('.big-sign').getByText('✓').waitFor();
  });

  await t.test('English: the paper, the review, the cast', async () => {
    await english.locator('.ballot-row').first().waitFor();
    assert.deepEqual(await chinese(english), [], 'paper');
    // A notice that is still there when the paper is: it must lie on none of the bar's buttons.
    await english.evaluate(() => {
      const standing = Object.assign(document.createElement('div'), { className: 'notice bad', id: 'standing' });
      standing.innerHTML = '<p>A refusal of one line.<span class="notice-next">What was kept.</span></p>'
        + '<button class="button small">Close</button>';
      document.querySelector('.notice-place').append(standing);
      scrollTo(0, document.body.scrollHeight);
    });
    await state(kEnglish, 'english-expert-paper-notice');
    await english.evaluate(() => document.getElementById('standing').remove());
    for (let i = 0; i < 3; i += 1) await english.locator('.ballot-row').nth(i).locator('[data-choice=agree]').click();
    await state(kEnglish, 'english-expert-paper');
    await english.locator('.action-bar .primary').click();
    await english.locator('#review-title').waitFor();
    assert.deepEqual(await chinese(english), [], 'review');
    await english.locator('.action-bar .primary').click();
    await english.locator('.big-sign').waitFor();
    assert.deepEqual(await chinese(english), [], 'cast');
    await state(kEnglish, 'english-expert-cast');
  });

  await t.test('counted and declared: narrow, zoomed, on the wall; English', async () => {
    for (const person of [1, 4, 5, 6, 7]) await small.cast(person, ['agree']);
    await small.closeBatch();
    await pages.get(kChair).getByRole('button', { name: '宣布并签署' }).waitFor();
    await everybody('counted');
    assert.deepEqual(await chinese(english), [], 'counted');
    await small.declare();
    await keyboard.getByText('需 5 人，同意 7 人，通过').waitFor();
    await english.waitForTimeout(300);
    assert.deepEqual(await chinese(english), [], 'declared');
    await state(kEnglish, 'english-expert-declared');
    await everybody('declared');
  });

  await t.test('every state is in order', () => assert.deepEqual(kFaults, []));
});
