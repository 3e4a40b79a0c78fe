// SPDX-License-Identifier: Apache-2.0
/**
 * Times the pages as a person feels them, each beside what is wanted: first paint, a cast, the big screen, the weight
 * of a page, the smoothness of a long paper. Reports and asserts nothing. Started by scripts/bench.
 */
import { loadavg } from 'node:os';
import { launch, openWindow } from '../pages/lib.mjs';
import { kScreen, Small } from '../pages/small.mjs';

/** As many as a batch may have; fewer for a quick look: node tests/bench/pages_bench.mjs 10 */
const kQuestions = Number(process.argv[2] || 100);
const kKeysMs = 900_000;
const kTimes = 5;

const report = (what, value, wanted) => {
  console.log(`  ${what.padEnd(58)} ${value}${wanted ? `   (wanted ${wanted})` : ''}`);
};
const median = (list) => [...list].sort((a, b) => a - b)[Math.floor(list.length / 2)];

const small = await Small.make(kQuestions);
let browser;
try {
  await small.start();
  await small.openMeeting();
  await small.openBatch(kKeysMs);
  browser = await launch();
  console.log(`\nPages: a paper of ${kQuestions} questions (at most 100 in a batch), load ${loadavg()[0].toFixed(1)}`);

  const page = await openWindow(browser);
  page.setDefaultTimeout(120_000);
  const session = await page.context().newCDPSession(page);
  await session.send('Network.enable');
  const bytes = new Map();
  const names = new Map();
  session.on('Network.responseReceived', (event) => {
    names.set(event.requestId, new URL(event.response.url).pathname.split('/').slice(2).join('/'));
  });
  session.on('Network.loadingFinished', (event) => bytes.set(event.requestId, event.encodedDataLength));
  await page.goto(small.urls.get(2));
  await page.getByText(`已选 0/${kQuestions}`).waitFor();
  const weights = [...bytes].map(([id, size]) => [names.get(id) || '', size]);
  const weight = weights.reduce((sum, [name, size]) => sum + (name.includes('jsqr') ? 0 : size), 0);
  report('weight of an expert\'s page, without jsqr', `${(weight / 1000).toFixed(0)} kB in ${weights.length} files`,
    '< 200 kB');

  const paints = [];
  for (let i = 0; i < kTimes; i += 1) {
    await page.reload();
    await page.getByText(`已选 0/${kQuestions}`).waitFor();
    paints.push(await page.evaluate(() => {
      const { responseStart } = performance.getEntriesByType('navigation')[0];
      return performance.getEntriesByName('first-contentful-paint')[0].startTime - responseStart;
    }));
  }
  report('first paint after the program answered, median of 5', `${median(paints).toFixed(0)} ms`, '< 200 ms');

  const frames = await page.evaluate(() => new Promise((done) => {
    const times = [];
    const last = document.documentElement.scrollHeight - innerHeight;
    const step = (now) => {
      times.push(now);
      scrollBy({ top: 60, behavior: 'instant' });
      if (scrollY < last - 1 && times.length < 600) requestAnimationFrame(step);
      else done(times.slice(1).map((at, i) => at - times[i]));
    };
    requestAnimationFrame(step);
  }));
  const rate = (1000 * frames.length / frames.reduce((a, b) => a + b, 0)).toFixed(0);
  report('scrolling the paper',
    `${rate} frames/s, longest ${Math.max(...frames).toFixed(0)} ms of ${frames.length}`, '60, < 50 ms');

  const chosen = await page.evaluate(async () => {
    const times = [];
    for (const one of document.querySelectorAll('[data-choice=agree]')) {
      const begun = performance.now();
      one.click();
      while (one.getAttribute('aria-pressed') !== 'true') await new Promise((done) => setTimeout(done, 0));
      times.push(performance.now() - begun);
    }
    return times;
  });
  report('a click on a choice until it shows, median / longest',
    `${median(chosen).toFixed(0)} / ${Math.max(...chosen).toFixed(0)} ms`);
  await page.getByText(`已选 ${kQuestions}/${kQuestions}`).waitFor();

  // The wall: from the line on the stdout of its own program, which has just heard of it, to the changed document.
  const wall = await openWindow(browser, { width: 1920, height: 1080 });
  await wall.goto(small.urls.get(kScreen));
  await wall.getByText('0/5').waitFor();
  await wall.evaluate(() => {
    globalThis.shown = {};
    new MutationObserver(() => {
      const said = /(\d)\/5/.exec(document.body.innerText)?.[1];
      if (said) globalThis.shown[said] ??= Date.now();
    }).observe(document.body, { subtree: true, childList: true, characterData: true });
  });

  await page.getByRole('button', { name: '核对选票' }).click();
  const send = page.getByRole('button', { name: '投出', exact: true });
  await send.waitFor();
  await page.waitForFunction(() => !document.querySelector('.action-bar .primary').disabled, null,
    { timeout: kKeysMs });
  const cast = await page.evaluate(() => new Promise((done) => {
    const begun = performance.now();
    const seen = new MutationObserver(() => document.querySelector('.big-sign') && done(performance.now() - begun));
    seen.observe(document.body, { subtree: true, childList: true });
    document.querySelector('.action-bar .primary').click();
  }));
  report('click on 投出 to 投出 ✓', `${cast.toFixed(0)} ms`, '< 300 ms');

  const delays = [];
  const client = small.client(kScreen);
  for (const [i, person] of [3, 4, 5].entries()) {
    const from = client.lines.length;
    const heard = client.wait((line) => (line.includes('"EnvelopeCast"') ? Date.now() : 0), 'the cast', from);
    await small.cast(person, ['agree']);
    const at = await heard;
    await wall.getByText(`${i + 2}/5`).waitFor();
    delays.push((await wall.evaluate((n) => globalThis.shown[n], i + 2)) - at);
  }
  report('an entry at the wall\'s program to the wall, each of 3 casts', `${delays.join(', ')} ms`, '< 100 ms');
} finally {
  await browser?.close();
  await small.stop();
}
