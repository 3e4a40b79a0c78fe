// SPDX-License-Identifier: Apache-2.0
/**
 * Starts a real server and real clients with their pages, each a process of its own, and a browser that looks at them.
 * The equivalent of tests/functional/driver.py and small.py.
 */
import { execFile, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

export { launch, launchProfile } from './browser.mjs';

export const kRoot = resolve(dirname(fileURLToPath(import.meta.url)), '../..');
export const kWeb = join(kRoot, 'web');
const require = createRequire(join(kWeb, 'package.json'));
export const kBin = resolve(kRoot, process.env.PIAOJUE_BIN || 'build/release/bin');
/** What is made at build time and built into the programs beside web/: texts, other people's modules. */
export const kMade = resolve(kBin, '../web');
const kScreens = join(kRoot, 'build/screens');
const kWaitMs = 60_000;

/** A module that is made at build time; by its text, since how node reads a file depends on the folder it lies in. */
const made = (path) => import(`data:text/javascript,${encodeURIComponent(readFileSync(join(kMade, path), 'utf8'))}`);
const { zh } = await made('strings/zh.js');
const { en } = await made('strings/en.js');
const { officeZh } = await made('strings/office_zh.js');
const { officeEn } = await made('strings/office_en.js');
const auditor = { zh: (await made('auditor/strings/zh.js')).zh, en: (await made('auditor/strings/en.js')).en };
const reader = { zh: (await made('reader/strings/zh.js')).zh, en: (await made('reader/strings/en.js')).en };
/** What is served: the texts of every page, those of the office's page alone, of the auditor's, of the PDFs' reader. */
export const kTexts = { page: { zh, en }, office: { zh: officeZh, en: officeEn }, auditor, reader };

/** One program; its output line by line. Ended by its own handle. */
export class Program {
  constructor(name, argv, env = {}) {
    this.lines = [];
    this.waiters = new Set();
    this.stderr = '';
    this.name = name;
    this.child = spawn(argv[0], argv.slice(1), { env: { ...process.env, ...env }, stdio: ['pipe', 'pipe', 'pipe'] });
    createInterface({ input: this.child.stdout }).on('line', (line) => {
      this.lines.push(line);
      for (const look of this.waiters) look();
    });
    this.child.stderr.on('data', (text) => (this.stderr = (this.stderr + text).slice(-2000)));
    this.ended = new Promise((done) => this.child.once('exit', done));
  }

  /** The first line from `from` on for which `wanted` gives something: what it gives. */
  wait(wanted, what, from = 0, ms = kWaitMs) {
    return new Promise((done, fail) => {
      let at = from;
      const timer = setTimeout(() => {
        this.waiters.delete(look);
        fail(new Error(`${this.name}: waited in vain for ${what}; last: ${this.lines.slice(-5)
          .join('\n')}; ${this.stderr}`));
      }, ms);
      const look = () => {
        for (; at < this.lines.length; at += 1) {
          const found = wanted(this.lines[at]);
          if (!found) continue;
          clearTimeout(timer);
          this.waiters.delete(look);
          return done(found);
        }
        return undefined;
      };
      this.waiters.add(look);
      look();
    });
  }

  event(name, from = 0, ms = kWaitMs) {
    return this.wait((line) => {
      const event = line.startsWith('{') ? JSON.parse(line) : {};
      return event.event === name ? event : null;
    }, `event ${name}`, from, ms);
  }

  type(line) {
    this.child.stdin.write(`${line}\n`);
  }

  async stop(signal = 'SIGTERM') {
    if (this.child.exitCode === null) this.child.kill(signal);
    const timer = setTimeout(() => this.child.kill('SIGKILL'), 8000);
    await this.ended;
    clearTimeout(timer);
  }
}

/** A meeting in a temporary folder: rosters, server, slips, clients. */
export class Meeting {
  constructor({ members, candidates, toml, listen = '127.0.0.1:0', materials = null }) {
    this.listen = listen;
    this.materials = materials;
    this.directory = mkdtempSync(join(tmpdir(), 'piaojue-pages-'));
    this.clients = new Map();
    const put = (name, text) => {
      writeFileSync(join(this.directory, name), text);
      return join(this.directory, name);
    };
    this.files = [put('meeting.toml', toml), put('members.csv', members), put('candidates.csv', candidates)];
  }

  /** The server's folder with its slips, without a server. */
  async init() {
    const [toml, members, candidates] = this.files;
    this.serverDirectory = join(this.directory, 'server');
    await this.tool('piaojue-server', 'init', this.serverDirectory, '--meeting', toml, '--members', members,
      '--candidates', candidates, '--listen', this.listen,
      ...(this.materials ? ['--materials', this.materials] : []));
    const folder = join(this.serverDirectory, 'slips');
    this.slips = new Map(readdirSync(folder).map((name) => [parseInt(name, 10), join(folder, name)]));
  }

  async start() {
    await this.init();
    await this.startServer();
    // With its port, which was not known before.
    const folder = join(this.serverDirectory, 'slips');
    this.slips = new Map(readdirSync(folder).map((name) => [parseInt(name, 10), join(folder, name)]));
  }

  async startServer() {
    this.server = new Program('server', [join(kBin, 'piaojue-server'), 'run', this.serverDirectory]);
    await this.server.wait((line) => line.startsWith('listening '), 'listening');
  }

  async tool(name, ...args) {
    return promisify(execFile)(join(kBin, name), args);
  }

  slipText(person) {
    return readFileSync(this.slips.get(person), 'utf8');
  }

  home(person) {
    return join(this.directory, `client-${person}`);
  }

  /** A client with its page; gives the address that opens it. */
  async page(person, { passphrase, args = [] } = {}) {
    const env = passphrase ? { PIAOJUE_PASSPHRASE: passphrase } : {};
    const client = new Program(`client-${person}`,
      [join(kBin, 'piaojue'), 'run', '--home', this.home(person), '--page', '0', '--no-browser', '--page-assets', kWeb,
        ...args], env);
    this.clients.set(person, client);
    return (await client.event('page')).url;
  }

  async stop() {
    await Promise.all([...this.clients.values()].map((client) => client.stop()));
    await this.server?.stop();
  }

  remove() {
    rmSync(this.directory, { recursive: true, force: true });
  }
}

/** A window of one person. Whatever its scripts complain of is an error of the test. */
export async function openWindow(browser, { width = 1366, height = 768, scale = 1 } = {}) {
  const context = await browser.newContext({ viewport: { width, height }, deviceScaleFactor: scale, locale: 'zh-CN' });
  const page = await context.newPage();
  page.setDefaultTimeout(30_000);
  page.complaints = [];
  page.on('pageerror', (error) => page.complaints.push(String(error)));
  page.on('console', (message) => {
    // A connection that is refused while it is being lost is what some tests are about.
    const expected = /WebSocket connection|ERR_CONNECTION|net::/.test(message.text());
    if (message.type() === 'error' && !expected) page.complaints.push(message.text());
  });
  return page;
}

export async function shoot(page, name, fullPage = true) {
  mkdirSync(kScreens, { recursive: true });
  await page.screenshot({ path: join(kScreens, `${name}.png`), fullPage, animations: 'disabled' });
}

const kAxe = readFileSync(require.resolve('axe-core/axe.min.js'), 'utf8');
const kRules = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];

/** What axe-core finds, a line each. Run in the page by the debugger, which the page's own policy does not bind. */
async function axe(page) {
  await page.evaluate(kAxe);
  const found = await page.evaluate(
    (values) => globalThis.axe.run(document, { runOnly: { type: 'tag', values }, resultTypes: ['violations'] }),
    kRules);
  return found.violations.flatMap(
    (one) => one.nodes.map((node) => `${one.id}: ${node.target.join(' ')}: ${node.failureSummary}`));
}

/**
 * A picture of this state, and what is wrong with it, a line each: for axe-core, wider than the window, keys instead of
 * texts, holes in texts, errors in the console.
 */
export async function faultsOf(page, name, { fullPage = true, spill = true } = {}) {
  await shoot(page, name, fullPage);
  const { spills, texts } = await page.evaluate(() => ({
    spills: document.documentElement.scrollWidth - document.documentElement.clientWidth,
    texts: [...[...document.body.innerText.matchAll(/\b[a-z]+[A-Za-z]*\.[a-z][A-Za-z-]+\b/g)]
      .filter((one) => !/\.(txt|record|piaojue|csv|xlsx|html)$/.test(one[0])),
      ...document.body.innerText.matchAll(/\{\w+\}|undefined|NaN|\[object/g)].map((one) => `text: ${one[0]}`),
  }));
  const wide = spill && spills > 0 ? [`${spills} px too wide`] : [];
  return [...(await axe(page)), ...wide, ...texts, ...page.complaints.splice(0)].map((one) => `${name}: ${one}`);
}

/** Longer than a signature wants a button to be held. */
const kHoldMs = 1500;

/** Presses a button for as long as a signature wants it. */
export async function hold(page, target) {
  await target.scrollIntoViewIfNeeded();
  await target.focus();
  await page.keyboard.down('Space');
  await page.waitForTimeout(kHoldMs);
  await page.keyboard.up('Space');
}

/** What a roster or the program may say too, in the words of a text. */
const kSaidByOthers = ['会议服务器', '职称评审办公室', '与申报人同一单位'];
/** Texts that are long enough to be no name. */
const kChineseTexts = Object.values({ ...zh, ...officeZh })
  .filter((one) => one.length >= 5 && !one.includes('{') && !kSaidByOthers.includes(one));

/** What of the pages' Chinese texts stands on a page in English, a line each. */
export async function leftInChinese(page) {
  const text = await page.locator('body').innerText();
  return kChineseTexts.filter((one) => text.includes(one));
}

/**
 * The page's other language, also where a modal dialog lies over the button or the wall hides it; gives the flaws of
 * this state in English, and comes back to Chinese.
 * @param program what a real program has said before, and how papers are called, stays in Chinese
 */
export async function faultsInEnglish(page, name, { program = false, ...options } = {}) {
  const other = page.locator('.top-end button[lang]');
  const turn = async (lang) => {
    await other.evaluate((one) => one.click());
    await page.waitForFunction((wanted) => document.documentElement.lang === wanted, lang);
  };
  await turn('en');
  const chinese = (program ? [] : await leftInChinese(page)).map((one) => `${name}-en: left in Chinese: ${one}`);
  const faults = [...chinese, ...await faultsOf(page, `${name}-en`, options)];
  await turn('zh-CN');
  return faults;
}

const kTabsMax = 120;
/** Until the window for a file is there. */
const kChooserMs = 10_000;

/** Somebody without a mouse: what is to be pressed is reached by Tab, and is seen to have the focus. */
export class Keyboard {
  constructor(page) {
    this.page = page;
    // Windows for files are caught from the beginning, not from the moment in which one is asked for.
    page.on('filechooser', () => {});
  }

  /** Tab until `target` has the focus; with `back`, the other way round. */
  async to(target, what, { back = false } = {}) {
    await target.waitFor();
    for (let i = 0; i <= kTabsMax; i += 1) {
      if (await target.evaluate((one) => one === document.activeElement)) return this.seen(what);
      await this.page.keyboard.press(back ? 'Shift+Tab' : 'Tab');
    }
    throw new Error(`${what}: not reached by Tab; the focus is on ${await this.focused()}`);
  }

  focused() {
    return this.page.evaluate(() => document.activeElement.outerHTML.slice(0, 160));
  }

  /** The focus has a frame, lies in the window, and nothing lies over it. */
  async seen(what) {
    const flaw = await this.page.evaluate(() => {
      const one = document.activeElement;
      // A field that is laid over its own button has the button's frame.
      const framed = one.closest('.button.file') || one;
      const { outlineStyle, outlineWidth } = getComputedStyle(framed);
      if (outlineStyle === 'none' || parseFloat(outlineWidth) < 2) return 'no frame around it';
      const box = framed.getBoundingClientRect();
      if (box.bottom <= 0 || box.top >= innerHeight || box.right <= 0 || box.left >= innerWidth) return 'not in sight';
      const at = document.elementFromPoint(box.x + box.width / 2, box.y + box.height / 2);
      return at && (framed.contains(at) || at.contains(framed)) ? '' : `under ${at?.outerHTML.slice(0, 120)}`;
    });
    if (flaw) throw new Error(`${what}: ${flaw}; the focus is on ${await this.focused()}`);
  }

  async press(target, what, key = 'Enter') {
    await this.to(target, what);
    await this.page.keyboard.press(key);
  }

  async type(target, what, text) {
    await this.to(target, what);
    await this.page.keyboard.press('Control+A');
    await this.page.keyboard.type(text);
  }

  /** A button that has to be held. */
  async hold(target, what, key = 'Space') {
    await this.to(target, what);
    await this.page.keyboard.down(key);
    await this.page.waitForTimeout(kHoldMs);
    await this.page.keyboard.up(key);
  }

  /** One of a list that opens, by arrows, as it stands closed. */
  async choose(target, what, value) {
    await this.to(target, what);
    for (let i = 0; i <= kTabsMax && await target.inputValue() !== value; i += 1) {
      await this.page.keyboard.press('ArrowDown');
    }
    if (await target.inputValue() !== value) throw new Error(`${what}: ${value} is not in the list`);
  }

  /**
   * A file, from the window that the key opens. A browser that has too much to do may let one key go by: as somebody at
   * a desk would, the key is pressed again, if the focus is still where it was.
   */
  async file(target, what, path) {
    await this.to(target, what);
    for (const last of [false, true]) {
      const opening = this.page.waitForEvent('filechooser', { timeout: kChooserMs }).catch(() => null);
      await this.page.keyboard.press('Space');
      const chooser = await opening;
      if (chooser) return chooser.setFiles(path);
      const held = await target.evaluate((one) => one === document.activeElement);
      if (last || !held) throw new Error(`${what}: no window for a file; the focus is on ${await this.focused()}`);
    }
  }
}
