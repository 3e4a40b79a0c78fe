// SPDX-License-Identifier: Apache-2.0
/**
 * Rule: no other page in the expert's browser reads anything from the program's page or has the program do anything,
 * even if it knows the secret path. Harm: any web site an expert has open could read or cast the vote.
 * What raw sockets can show of this is in tests/functional/page_test.py; here a real browser attacks.
 */
import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { after, before, test } from 'node:test';
import { launch } from './lib.mjs';
import { Small } from './small.mjs';

const kCommands = ['unmark', 'vote 1 disagree', 'cast', 'marks', 'quit'];
let small;
let browser;
let evil;
let context;
let page;
const seenByEvil = [];

before(async () => {
  small = await Small.make();
  await small.start();
  await small.openMeeting();
  await small.openBatch();
  browser = await launch(['--host-resolver-rules=MAP evil.test 127.0.0.1']);
  context = await browser.newContext({ locale: 'zh-CN' });
  page = await context.newPage();
  page.setDefaultTimeout(60_000);
  await page.goto(small.urls.get(2));
  await page.getByText('已选 0/3').waitFor();
  await page.getByRole('button', { name: '同意：方启明', exact: true }).click();
  await page.getByText('已选 1/3').waitFor();
  evil = createServer((request, response) => {
    seenByEvil.push(request);
    const type = request.url.endsWith('.js') ? 'text/javascript' : 'text/html';
    const body = request.url.endsWith('.js') ? 'globalThis.controlRan = true;'
      : '<!doctype html><title>evil</title>evil';
    response.writeHead(200, { 'content-type': type, 'access-control-allow-origin': '*' }).end(body);
  });
  await new Promise((done) => evil.listen(0, '127.0.0.1', done));
}, { timeout: 120_000 });

after(async () => {
  await browser?.close();
  evil?.close();
  await small?.stop();
}, { timeout: 60_000 });

/** Runs in the hostile page. What each attempt gives; '' for nothing. */
async function attack({ base, commands, control }) {
  const got = {};
  const brief = (promise) => Promise.race([promise, new Promise((done) => setTimeout(() => done(''), 8000))]);
  const fetched = (url, options) => brief(fetch(url, options)
    .then(async (r) => `${r.type} ${r.status} ${await r.text()}`, () => ''));
  const socket = (url) => brief(new Promise((done) => {
    const heard = [];
    const ws = new WebSocket(url);
    ws.onopen = () => {
      heard.push('open');
      commands.forEach((line, i) => ws.send(`@e${i} ${line}`));
      setTimeout(() => done(heard.join(' ')), 1500);
    };
    ws.onmessage = (m) => heard.push(m.data);
    ws.onerror = () => done(heard.join(' '));
  }));
  const element = (tag, url) => brief(new Promise((done) => {
    const one = document.createElement(tag);
    one.onload = () => done(`${tag} loaded`);
    one.onerror = () => done('');
    one.src = url;
    document.body.append(one);
  }));
  if (control) {
    got.controlFetch = await fetched(control);
    got.controlScript = await element('script', `${control}control.js`);
  }
  for (const path of ['', 'main.js', 'door']) {
    got[`cors ${path}`] = await fetched(base + path, { credentials: 'include' });
    got[`no-cors ${path}`] = await fetched(base + path, { mode: 'no-cors', credentials: 'include' });
    got[`post ${path}`] =
      await fetched(base + path, { method: 'POST', mode: 'no-cors', credentials: 'include', body: 'quit' });
  }
  got.socket = await socket(`${base.replace('http', 'ws')}door`);
  got.script = await element('script', `${base}main.js`);
  got.module = await brief(import(`${base}i18n.js`).then((m) => Object.keys(m).join(), () => ''));
  got.image = await element('img', base);
  got.style = await brief(new Promise((done) => {
    const link = Object.assign(document.createElement('link'), { rel: 'stylesheet', href: `${base}style.css` });
    link.onload = () => done('style loaded');
    link.onerror = () => done('');
    document.head.append(link);
  }));
  const frame = document.createElement('iframe');
  frame.name = 'framed';
  frame.src = base;
  document.body.append(frame);
  await new Promise((done) => setTimeout(done, 1500));
  try {
    got.frame = frame.contentDocument ? frame.contentDocument.body.innerText : '';
  } catch {
    got.frame = '';
  }
  const sink = Object.assign(document.createElement('iframe'), { name: 'sink' });
  document.body.append(sink);
  const form = Object.assign(document.createElement('form'),
    { method: 'post', action: `${base}door`, target: 'sink', enctype: 'text/plain' });
  form.append(Object.assign(document.createElement('input'), { name: '@1 quit', value: '' }));
  document.body.append(form);
  form.submit();
  await new Promise((done) => setTimeout(done, 800));
  return got;
}

async function state() {
  const [marks, status] = [await small.ask(2, 'marks'), await small.ask(2, 'status')];
  return { marks: marks.marks, size: status.size };
}

/**
 * @param rebound the page's own port under another name: what the page host itself answers may be read, and is nothing
 */
async function attackFrom(name, address, base, rebound = false) {
  const before = await state();
  const from = small.client(2).lines.length;
  const tab = await context.newPage();
  const asked = [];
  tab.on('request', (request) => request.url().startsWith(base) && asked.push(request));
  if (rebound) await tab.route(address,
    (route) => route.fulfill({ contentType: 'text/html', body: '<!doctype html><title>evil</title>evil' }));
  await tab.goto(address);
  const control = rebound ? '' : `http://localhost:${evil.address().port}/`;
  const got = await tab.evaluate(attack, { base, commands: kCommands, control });
  if (control) {
    assert.match(got.controlFetch, /^cors 200 .*evil/, 'the control can be read, so this attack can succeed');
    assert.equal(got.controlScript, 'script loaded');
    delete got.controlFetch;
    delete got.controlScript;
  }
  assert.ok(asked.length > 8, `${name}: the attempts reached the network: ${asked.length}`);
  for (const [what, answer] of Object.entries(got)) {
    const nothing = rebound ? /^((basic|opaque) (421|413|0) )?$/ : /^$/;
    assert.match(answer, nothing, `${name}: ${what} must give nothing`);
  }
  for (const frame of tab.frames()) {
    if (frame !== tab.mainFrame())
      assert.ok(!(await frame.content()).includes('方启明'), `${name}: a frame shows the ballot`);
  }
  const cookies = (await Promise.all(asked.map((one) => one.allHeaders()))).filter((headers) => headers.cookie).length;
  await tab.close();
  assert.deepEqual(await state(), before, `${name}: something changed`);
  const told = small.client(2).lines.slice(from).map((line) => JSON.parse(line));
  assert.deepEqual(told.filter((one) => one.event === 'entry'
    || (one.event === 'reply' && !/^t\d+$/.test(one.tag || ''))), [], `${name}: a command was executed`);
  assert.equal(small.client(2).child.exitCode, null);
  await page.getByText('已选 1/3').waitFor();
  return cookies;
}

// Long on purpose: one siege, told in the order in which it happens; each step stands on those before it.
test('a page of another origin gets and does nothing, though it knows the path', { timeout: 170_000 }, async (t) => {
  const base = page.url();
  const host = new URL(base).host;
  const secret = (await context.cookies(base)).map((one) => one.value).find((value) => value.length > 20);
  assert.ok(secret, 'there is a cookie to be stolen');

  await t.test('from another port of this machine', async () => {
    await attackFrom('another port', `http://127.0.0.1:${evil.address().port}/`, base);
  });

  await t.test('from another site: the cookie is not sent either', async () => {
    const cookies = await attackFrom('another site', `http://evil.test:${evil.address().port}/`, base);
    assert.equal(cookies, 0);
  });

  await t.test('from a name that was rebound to this machine, with the page\'s own port', async () => {
    const rebound = base.replace('127.0.0.1', 'evil.test');
    const cookies = await attackFrom('rebinding', `http://evil.test:${new URL(base).port}/attack`, rebound, true);
    assert.equal(cookies, 0);
  });

  await t.test('from a window that it opens: no handle on it, no message from it', async () => {
    for (const name of ['evil.test', '127.0.0.1']) {
      const tab = await context.newPage();
      await tab.goto(`http://${name}:${evil.address().port}/`);
      const coming = context.waitForEvent('page');
      const got = await tab.evaluate(async (url) => {
        const heard = [];
        addEventListener('message', (event) => heard.push(String(event.data)));
        const other = open(url);
        await new Promise((done) => setTimeout(done, 2500));
        for (const line of ['@1 quit', '@1 cast', '{"event":"reply"}']) other?.postMessage(line, '*');
        await new Promise((done) => setTimeout(done, 500));
        let text = '';
        try {
          text = other.document.body.innerText;
        } catch {
          // As it should be.
        }
        return { heard, text, closed: !other || other.closed };
      }, base);
      assert.deepEqual(got.heard, []);
      assert.equal(got.text, '');
      if (name === '127.0.0.1') assert.equal(got.closed, true, 'the opener policy cut the two windows apart');
      const opened = await coming;
      // From another site the browser withholds the cookie: the opened window is nothing, and takes nothing over.
      if (name === 'evil.test') {
        assert.ok(!(await opened.content()).includes('方启明'));
        await page.getByText('已选 1/3').waitFor();
      }
      await opened.close();
      await tab.close();
    }
    assert.deepEqual((await state()).marks, { 1: 'agree' });
    assert.equal(small.client(2).child.exitCode, null);
  });

  await t.test('other servers of this machine never saw the cookie', () => {
    assert.ok(seenByEvil.length >= 4);
    for (const request of seenByEvil)
      assert.ok(!JSON.stringify(request.headers).includes(secret) && !request.url.includes(secret));
  });

  await t.test('control: the same attempts from the page itself succeed', async () => {
    // The tab of before may have been taken over by the window opened from the same machine; nothing is lost.
    const again = page.getByRole('button', { name: '改在本页使用' });
    if (await again.isVisible()) await again.click();
    await page.getByText('已选 1/3').waitFor();
    const before = await small.ask(2, 'marks');
    assert.deepEqual(before.marks, { 1: 'agree' });
    const got = await page.evaluate((url) => new Promise((done) => {
      const ws = new WebSocket(url);
      const heard = [];
      ws.onopen = () => ws.send('@e1 vote 1 disagree');
      ws.onmessage = (m) => (heard.push(m.data), m.data.includes('"tag":"e1"') && done(heard));
      ws.onerror = () => done(['error']);
    }), `ws://${host}${new URL(base).pathname}door`);
    assert.ok(got.some((line) => line.includes('"tag":"e1"') && line.includes('"ok":true')), got.join('\n'));
    assert.deepEqual((await small.ask(2, 'marks')).marks, { 1: 'disagree' });
  });
});
