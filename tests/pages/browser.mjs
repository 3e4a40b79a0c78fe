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

/** Writes down what each page of a context has run, before the page, the context or its browser is closed. */
function watchContext(context) {
  const open = new Set();
  const end = async (page) => {
    if (!open.delete(page)) return;
    const seen = await page.coverage.stopJSCoverage().catch(() => []);
    const ours = seen.filter(({ url }) => /^(http|file):/.test(url) && !url.includes('/vendor/'));
    if (ours.length) writeFileSync(join(kCoverage, `page-${randomUUID()}.json`), JSON.stringify({ result: ours }));
  };
  const endAll = () => Promise.all([...open].map(end));
  const before = (thing, what) => {
    const close = thing.close.bind(thing);
    thing.close = async (...args) => {
      await what();
      return close(...args);
    };
  };
  const begin = (page) => {
    open.add(page);
    page.coverage.startJSCoverage({ resetOnNavigation: false }).catch(() => open.delete(page));
    before(page, () => end(page));
  };
  context.on('page', begin);
  context.pages().forEach(begin);
  before(context, endAll);
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
  const { newContext, close } = browser;
  browser.newContext = async (...args) => {
    const context = await newContext.apply(browser, args);
    all.push(watchContext(context));
    return context;
  };
  browser.close = async (...args) => {
    await Promise.all(all.map((end) => end()));
    return close.apply(browser, args);
  };
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
