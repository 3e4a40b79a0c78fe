// SPDX-License-Identifier: Apache-2.0
/** A real browser, which tells what of the pages' scripts it has run, if somebody asks. */
import { randomUUID } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';

const { chromium } = createRequire(new URL('../../web/package.json', import.meta.url))('playwright-core');
const kBrowser = process.env.PIAOJUE_CHROMIUM || '/usr/bin/chromium';
/** A folder for what V8 saw of the pages' scripts, if somebody wants to know it (scripts/coverage --pages). */
const kCoverage = process.env.PIAOJUE_PAGES_COVERAGE;

const start = (page) => page.coverage.startJSCoverage();
/** Writes down what a page has run since it began to be watched. */
async function write(page) {
  const seen = await page.coverage.stopJSCoverage().catch(() => []);
  const ours = seen.filter(({ url }) => /^(http|file):/.test(url) && !url.includes('/vendor/'));
  if (ours.length) writeFileSync(join(kCoverage, `page-${randomUUID()}.json`), JSON.stringify({ result: ours }));
}

/** Lets something be done before a thing does what it is called upon to do. */
function before(thing, names, what) {
  for (const name of names) {
    const call = thing[name].bind(thing);
    thing[name] = async (...args) => {
      await what();
      return call(...args);
    };
  }
}

/**
 * Writes down what each page of a context has run, before the page is closed, or loaded anew, which may be in another
 * process that knows nothing of it; and before the context or its browser is closed.
 */
function watchContext(context) {
  const open = new Set();
  const end = async (page) => {
    if (open.delete(page)) await write(page);
  };
  const endAll = () => Promise.all([...open].map(end));
  const begin = (page) => {
    open.add(page);
    start(page).catch(() => open.delete(page));
    before(page, ['close'], () => end(page));
    before(page, ['goto', 'reload'], async () => {
      if (!open.has(page)) return;
      await write(page);
      await start(page).catch(() => open.delete(page));
    });
  };
  context.on('page', begin);
  context.pages().forEach(begin);
  before(context, ['close'], endAll);
  return endAll;
}

/** The browser itself; what its pages run is written down, where that is wanted. */
function watch(browser) {
  if (!kCoverage) return browser;
  mkdirSync(kCoverage, { recursive: true });
  if (!browser.newContext) {
    watchContext(browser);
    return browser;
  }
  const all = [];
  const newContext = browser.newContext.bind(browser);
  browser.newContext = async (...args) => {
    const context = await newContext(...args);
    all.push(watchContext(context));
    return context;
  };
  before(browser, ['close'], () => Promise.all(all.map((end) => end())));
  return browser;
}

export async function launch(args = []) {
  return watch(await chromium.launch({ executablePath: kBrowser, args: ['--no-sandbox', ...args] }));
}

/** A browser that keeps its profile in a folder, as people's browsers do. */
export async function launchProfile(folder) {
  return watch(await chromium.launchPersistentContext(folder,
    { executablePath: kBrowser, args: ['--no-sandbox'], locale: 'zh-CN' }));
}
