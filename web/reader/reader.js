// SPDX-License-Identifier: Apache-2.0
/**
 * A candidate's PDF in a tab of its own, drawn as pictures by pdf.js. Nothing of a file acts here: there is no layer of
 * links and forms, no script of a file is run, and the tab's policy lets it fetch this one file alone (ADR 27).
 */
import { Bar } from './bar.js';
import { openPdf } from './pdf.js';
import { Sheets } from './sheets.js';
import { element } from './ui.js';

/** More than a file of 20 MB has that people read; each is an element of the page. */
const kPagesMax = 3000;

async function textsOf(lang) {
  const texts = lang === 'en' ? (await import('./strings/en.js')).en : (await import('./strings/zh.js')).zh;
  return (key, values = {}) => texts[key].replace(/\{(\w+)\}/g, (all, name) => String(values[name] ?? all));
}

/** The file, and its name. Nothing: it is not on this laptop now; the page that says why comes instead. */
async function fetchFile() {
  const answer = await fetch(`${location.pathname}/bytes`, { mode: 'same-origin', cache: 'no-store' });
  const type = answer.headers.get('Content-Type') || '';
  if (type.startsWith('text/html')) {
    location.reload();
    return null;
  }
  if (!answer.ok || type !== 'application/octet-stream') throw new Error(`answered ${answer.status}`);
  const named = /filename\*=UTF-8''([^;]*)/.exec(answer.headers.get('Content-Disposition') || '');
  return { name: named ? decodeURIComponent(named[1]) : '', bytes: new Uint8Array(await answer.arrayBuffer()) };
}

function show(t, pdf, status) {
  const count = Math.min(pdf.numPages, kPagesMax);
  const notes = element('div', { className: 'notes', role: 'status' });
  if (count < pdf.numPages) notes.append(element('p', {}, t('reader.tooMany', { m: pdf.numPages, n: count })));
  const sheets = new Sheets({ t, pdf, count });
  const bar = new Bar({ t, count, sheets });
  sheets.onView = (view) => bar.show(view);
  document.querySelector('.bar').append(bar.element, bar.fault);
  status.replaceWith(element('main', {}, notes, sheets.element));
  document.body.append(element('p', { className: 'foot', role: 'contentinfo' }, t('reader.onlyShown')));
  return sheets.begin();
}

async function main() {
  const lang = new URLSearchParams(location.search).get('lang') === 'en' ? 'en' : 'zh';
  document.documentElement.lang = lang === 'zh' ? 'zh-CN' : 'en';
  const t = await textsOf(lang);
  const words = element('p', { className: 'words', role: 'status' }, t('reader.loading'));
  const status = element('main', {}, words);
  // What stood there is for browsers that cannot read these modules.
  document.querySelector('main').replaceWith(status);
  const title = document.querySelector('h1');
  try {
    const file = await fetchFile();
    if (!file) return;
    document.title = file.name;
    title.textContent = file.name;
    await show(t, await openPdf(file.bytes), status);
  } catch (error) {
    const key = { PasswordException: 'reader.password', InvalidPDFException: 'reader.broken',
      MissingPDFException: 'reader.broken', FormatError: 'reader.broken' }[error.name] || 'reader.failed';
    words.textContent = t(key);
    if (!status.isConnected) document.querySelector('main').replaceWith(status);
  }
}

main();
