// SPDX-License-Identifier: Apache-2.0
// The auditor's page as people use it: one file, opened from a disk, in a browser. Needs web/node_modules, python3 (for
// the texts) and /usr/bin/chromium (or PIAOJUE_CHROMIUM). Pictures go to build/screens.
//
//     node --test tests/pages/auditor_page_test.mjs
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import { createRequire } from 'node:module';
import os from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { launch } from './browser.mjs';
import { declared, forgedMeeting, meeting, richMeeting } from './record_cases.mjs';

const ROOT = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../..');
const SCREENS = path.join(ROOT, 'build/screens');
const packages = createRequire(path.join(ROOT, 'web/package.json'));
const AXE = packages.resolve('axe-core');
const sodium = packages('libsodium-wrappers-sumo');

let folder, browser, url;
const files = {};
let anchor, anchorOfForged, anchorOfPlain;

before(async () => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), 'piaojue-auditor-page-'));
  fs.mkdirSync(SCREENS, { recursive: true });
  const page = path.join(folder, 'auditor.html');
  for (const lang of ['zh', 'en']) {
    execFileSync('python3', [path.join(ROOT, 'strings/generate.py'), 'js', lang, path.join(folder, `${lang}.js`), lang,
      ...['auditor', 'audit'].map((topic) => path.join(ROOT, `strings/${topic}.json`))]);
  }
  execFileSync('node', [path.join(ROOT, 'web/auditor/build.mjs'), page, folder]);
  url = pathToFileURL(page).href;
  await sodium.ready;
  const keep = (name, m) => {
    files[name] = path.join(folder, `${name}.piaojue`);
    fs.writeFileSync(files[name], m.bytes);
    return m.anchor;
  };
  anchor = keep('honest', richMeeting(sodium));
  anchorOfForged = keep('forged', forgedMeeting(sodium, 'a ballot whose proof is of something else'));
  const plain = meeting({ sodium });
  declared(plain);
  anchorOfPlain = keep('plain', plain.end());
  files.cut = path.join(folder, 'cut.piaojue');
  fs.writeFileSync(files.cut, fs.readFileSync(files.honest).subarray(0, 3000));
  browser = await launch();
});
after(async () => {
  await browser?.close();
  fs.rmSync(folder, { recursive: true, force: true });
});

/** A page, and what it complained of or asked the network for. */
async function open(options = {}) {
  const context = await browser.newContext({ viewport: { width: 1100, height: 900 }, ...options });
  const page = await context.newPage();
  const trouble = [];
  page.on('console', (message) => message.type() === 'error' && trouble.push(message.text()));
  page.on('pageerror', (error) => trouble.push(String(error)));
  page.on('request', (request) => /^(file|blob|data):/.test(request.url())
    || trouble.push(`asked for ${request.url()}`));
  await page.goto(url);
  return { page, trouble, close: () => context.close() };
}
async function verify(page, record, hash) {
  await page.setInputFiles('#file', record);
  await page.fill('#anchor', hash.match(/..../g).join(' '));
  await page.click('#start');
  await page.waitForSelector('#verdict:not([hidden])', { timeout: 30000 });
}
const drawn = (page, name) => page.screenshot({ path: path.join(SCREENS, `auditor-${name}.png`), fullPage: true });
/** Rule: nobody is kept from verifying by a machine-detectable barrier (WCAG 2.2 A and AA). */
async function accessible(page, what) {
  // As a script of the debugger, which no policy of the page hinders.
  await page.evaluate(fs.readFileSync(AXE, 'utf8'));
  const { violations } = await page.evaluate(() =>
    globalThis.axe.run({ runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'] }));
  assert.deepEqual(violations.map((v) => `${v.id}: ${v.nodes.map((n) => n.target).join(' | ')}`), [], what);
}
/** Rule: no text has to be chased sideways. */
async function fits(page, what) {
  const [content, window] =
    await page.evaluate(() => [document.documentElement.scrollWidth, document.documentElement.clientWidth]);
  assert.ok(content <= window, `${what}: ${content} wide in ${window}`);
}

test('an honest record is verified, in Chinese and in English, without network or complaint', async () => {
  const { page, trouble, close } = await open();
  assert.equal(await page.locator('html').getAttribute('lang'), 'zh-CN');
  await accessible(page, 'empty');
  await drawn(page, 'empty-zh');
  await verify(page, files.honest, anchor);
  assert.match(await page.locator('#verdict').innerText(), /核验通过 27\/27/);
  assert.match(await page.locator('main').innerText(), /核验通过 27\/27\s*$/);
  assert.equal(await page.locator('.check.holds').count(), 27);
  assert.match(await page.locator('.check.holds').first().innerText(), /✓\s*通过/);
  // Figures that people voted: of eight, five agree, two do not, one abstains; one of them missed his ballot.
  const results = await page.locator('#report').innerText();
  assert.match(results, /出席 8 人，需 6 人，同意 5 人，待复核表决/);
  assert.match(results, /3×5 = 15 < 16 = 2×8/);
  assert.match(results, /同意数可能在 4 到 6 之间/);
  assert.match(results, /出席 8 人，需 6 人，同意 8 人，通过/);
  assert.match(results, /作废/);
  // Rule: paper that the committee has not confirmed says so wherever its figures stand.
  for (const place of ['.attempt', '.question .paper', '.change-paper'])
    assert.match((await page.locator(place).allInnerTexts()).join(' '), /纸质表决，未经评委会确认/, place);
  // Rule: every change of a guard is listed, with who signed it.
  assert.match(await page.locator('#verdict').innerText(), /防护措施的变动：6 处/);
  const changes = await page.locator('.change').allInnerTexts();
  assert.equal(changes.length, 6);
  assert.match(changes[0],
    /条目 \d+：主任委员和监督人员为 成员8 换了密钥[^]*签署（主任委员和监督人员）：成员9、成员11/);
  assert.match(changes[1], /抽查 成员1 的一封选票：与其选择一致/);
  assert.match(changes[2], /成员8（声明缺票）/);
  assert.match(changes[3], /第 1 号申报人待复核表决/);
  assert.equal(await page.locator('svg.bar[role=img]').count(), await page.locator('.figures table').count());
  assert.ok((await page.locator('svg.bar').count()) >= 3);
  await accessible(page, 'verified, zh');
  await drawn(page, 'verified-zh');
  await page.click('#language');
  assert.equal(await page.locator('html').getAttribute('lang'), 'en');
  const english = await page.locator('#report').innerText();
  assert.match(english, /present 8, needed 6, agree 5, contested/);
  assert.match(english, /The office gave 成员8 other keys/);
  // Harm: half a translation. Names and reasons stay as they were written down; what the page says itself does not.
  const places = ['h1', 'h2', 'p.lead', 'label', '.hint', 'thead th', '.figures th', 'caption:not(.visually-hidden)',
    '.arithmetic', '.outcome', '.what', 'button:not([lang])'].join();
  const own = await page.evaluate(
    (those) => [...document.querySelectorAll(those)].map((e) => e.textContent).join(' '), places);
  assert.doesNotMatch(own, /[\u4e00-\u9fff]/);
  await accessible(page, 'verified, en');
  await drawn(page, 'verified-en');
  assert.deepEqual(trouble, []);
  await close();
});

test('a record without any change of a guard says so', async () => {
  const { page, close } = await open();
  await verify(page, files.plain, anchorOfPlain);
  assert.match(await page.locator('#verdict').innerText(), /没有人改动他人的密钥/);
  assert.equal(await page.locator('.change').count(), 0);
  await close();
});

test('a forged ballot is named: check, entry, ballot and what it would have done', async () => {
  const { page, trouble, close } = await open();
  await verify(page, files.forged, anchorOfForged);
  const verdict = await page.locator('#verdict').innerText();
  assert.match(verdict, /核验不通过：第 16 项/);
  assert.equal(await page.locator('.hash mark').count(), 0);
  assert.match(verdict, /条目 \d+（票箱）.*第 1 号申报人第 \d 张选票/);
  assert.match(verdict, /一张选票算作两票/);
  assert.equal(await page.locator('.check.failed').count(), 1);
  // Rule: figures of a record that is not verified never stand there as if they were.
  assert.equal(await page.locator('.not-proven').count(), 1);
  assert.equal(await page.evaluate(() => document.activeElement.id), 'verdict');
  await accessible(page, 'failed, zh');
  await drawn(page, 'failed-zh');
  await page.click('#language');
  assert.match(await page.locator('#verdict').innerText(), /FAILED: check 16/);
  await accessible(page, 'failed, en');
  await drawn(page, 'failed-en');
  assert.deepEqual(trouble, []);
  await close();
});

test('a hash with a wrong digit stands against the right one, and the group is marked', async () => {
  // Harm: whoever mistyped one digit of 64 is told that the record is false, and not where to look.
  const { page, trouble, close } = await open();
  const typed = `${anchor.slice(0, 9)}${anchor[9] === '0' ? '1' : '0'}${anchor.slice(10)}`;
  await verify(page, files.honest, typed);
  assert.match(await page.locator('#verdict').innerText(), /核验不通过：第 1 项/);
  assert.match(await page.locator('#verdict').innerText(), /与纸上不同的是第 3 组/);
  assert.deepEqual(await page.locator('#verdict .hash mark').allInnerTexts(),
    [anchor, typed].map((digits) => digits.slice(8, 12)));
  await accessible(page, 'mistyped hash, zh');
  await drawn(page, 'mistyped-zh');
  assert.deepEqual(trouble, []);
  await close();
});

test('input that is no record is answered with a sentence that says what to do', async () => {
  const { page, close } = await open();
  const said = () => page.locator('#error').innerText();
  await page.click('#start');
  assert.match(await said(), /请先选择/);
  await page.setInputFiles('#file', files.honest);
  await page.fill('#anchor', anchor.slice(2));
  await page.click('#start');
  assert.match(await said(), /现在有 62 位/);
  assert.equal(await page.evaluate(() => document.activeElement.id), 'anchor');
  await accessible(page, 'wrong hash');
  await page.fill('#anchor', `${anchor.slice(1)}O`);
  await page.click('#start');
  assert.match(await said(), /只能有/);
  await verify(page, files.cut, anchor);
  assert.match(await page.locator('#verdict').innerText(), /无法核验[\s\S]*第 \d+ 字节处中断或损坏/);
  assert.equal(await page.locator('.check').count(), 0);
  await accessible(page, 'unusable, zh');
  await drawn(page, 'unusable-zh');
  await page.click('#language');
  await accessible(page, 'unusable, en');
  await drawn(page, 'unusable-en');
  await verify(page, path.join(ROOT, 'README.md'), anchor);
  assert.match(await page.locator('#verdict').innerText(), /no record of a Piaojue meeting/);
  await close();
});

test('the page that is at work shows so, can be stopped, and is used with keys alone', async () => {
  const { page, close } = await open();
  // A worker that says where it is and no more: the state between start and result, held still.
  await page.addInitScript(() => {
    globalThis.Worker = class {
      postMessage() {
        setTimeout(() => this.onmessage(
          { data: { progress: { read: 42, total: 100, entries: 7, ballots: 9, judged: 3 } } }), 50);
      }
      terminate() {}
    };
  });
  await page.reload();
  await page.setInputFiles('#file', files.honest);
  await page.focus('#anchor');
  await page.keyboard.type(anchor);
  await page.keyboard.press('Tab');
  await page.keyboard.press('Enter');
  await page.waitForFunction(() => document.getElementById('bar').value === 42);
  assert.match(await page.locator('#progress').innerText(), /42%/);
  assert.equal(await page.locator('.check.waiting').count(), 27);
  await accessible(page, 'running, zh');
  await drawn(page, 'running-zh');
  assert.equal(await page.evaluate(() => document.activeElement.id), 'stop');
  await page.keyboard.press('Enter');
  assert.equal(await page.locator('#running').isHidden(), true);
  assert.equal(await page.evaluate(() => document.activeElement.id), 'start');
  await page.click('#language');
  await page.click('#start');
  await page.waitForFunction(() => document.getElementById('bar').value === 42);
  await accessible(page, 'running, en');
  await close();
});

test('files are taken where they are dropped', async () => {
  const { page, close } = await open();
  const transfer = await page.evaluateHandle(({ bytes, text }) => {
    const data = new DataTransfer();
    data.items.add(new File([new Uint8Array(bytes)], 'record.piaojue'));
    data.items.add(new File([text], 'anchor.txt', { type: 'text/plain' }));
    return data;
  }, { bytes: [...fs.readFileSync(files.honest)], text: `${anchor.match(/..../g).join(' ')}\n` });
  await page.dispatchEvent('main', 'drop', { dataTransfer: transfer });
  await page.waitForFunction(() => document.getElementById('anchor').value !== ''
    && /record\.piaojue/.test(document.getElementById('file-chosen').textContent));
  await page.click('#start');
  await page.waitForSelector('#verdict.good', { timeout: 30000 });
  await close();
});

test('at 320 pixels, at twice the size, in the dark and on paper nothing is cut off', async () => {
  for (const [name, options] of [
    ['320', { viewport: { width: 320, height: 800 } }],
    // A window of 1280 at 200 %.
    ['zoom', { viewport: { width: 640, height: 450 }, deviceScaleFactor: 2 }],
    ['dark', { colorScheme: 'dark' }],
  ]) {
    const { page, close } = await open(options);
    await fits(page, `empty, ${name}`);
    await verify(page, files.forged, anchorOfForged);
    await fits(page, `failed, ${name}`);
    await accessible(page, `failed, ${name}`);
    await verify(page, files.honest, anchor);
    await fits(page, `verified, ${name}`);
    await accessible(page, `verified, ${name}`);
    await drawn(page, name);
    if (name === 'dark') {
      await page.emulateMedia({ media: 'print' });
      await drawn(page, 'print');
    }
    await close();
  }
});

test('nothing in a record becomes markup', async () => {
  // Harm: a candidate's name that is a script would rewrite the verdict. The page has no way to make markup from text.
  const source = fs.readdirSync(path.join(ROOT, 'web/auditor'), { recursive: true }).filter((f) => f.endsWith('.js'))
    .map((f) => fs.readFileSync(path.join(ROOT, 'web/auditor', f), 'utf8')).join('\n');
  assert.doesNotMatch(source,
    /innerHTML|outerHTML|insertAdjacentHTML|document\.write|DOMParser|createContextualFragment|\beval\(|new Function/);
  const { page, close } = await open();
  const policy = await page.locator('meta[http-equiv]').getAttribute('content');
  assert.match(policy, /default-src 'none'/);
  assert.doesNotMatch(policy, /unsafe-inline|'unsafe-eval'|https?:|\*/);
  // The policy holds: a script that is put in does not run.
  await page.evaluate(() => {
    const script = document.createElement('script');
    script.textContent = 'globalThis.intruder = true';
    document.body.append(script);
  });
  assert.equal(await page.evaluate(() => globalThis.intruder), undefined);
  await close();
});

const DEMO = path.join(ROOT, 'build/demo/record.piaojue');
test('the demonstration is verified within seconds, with helpers', { skip: !fs.existsSync(DEMO) }, async (t) => {
  const { page, trouble, close } = await open();
  const started = performance.now();
  await verify(page, DEMO, fs.readFileSync(path.join(ROOT, 'build/demo/anchor.txt'), 'utf8').replace(/\s/g, ''));
  const seconds = (performance.now() - started) / 1000;
  t.diagnostic(`${seconds.toFixed(2)} s`);
  assert.match(await page.locator('#verdict').innerText(), /核验通过 27\/27/);
  assert.ok(seconds < 15, `${seconds} s`);
  // Harm: a meeting of thousands of ballots on one processor takes minutes, and nobody waits for it.
  assert.ok(Number(await page.locator('#verdict').getAttribute('data-helped')) > 0);
  await drawn(page, 'demo');
  assert.deepEqual(trouble, []);
  await close();
});
