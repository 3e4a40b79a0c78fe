// SPDX-License-Identifier: Apache-2.0
/** Both languages are complete, every text is used, and there is no text for people anywhere but in strings/. */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { kWeb } from './lib.mjs';
import { en as commonEn } from '../../web/strings/en.js';
import { officeEn } from '../../web/strings/office_en.js';
import { officeZh } from '../../web/strings/office_zh.js';
import { zh as commonZh } from '../../web/strings/zh.js';

const zh = { ...commonZh, ...officeZh };
const en = { ...commonEn, ...officeEn };
const kFolders = ['.', 'screens', 'parts', 'office'];
const kCode = new Map(kFolders.flatMap((folder) => readdirSync(join(kWeb, folder)).filter((name) => name.endsWith('.js'))
  .map((name) => [join(folder, name), readFileSync(join(kWeb, folder, name), 'utf8')])));
const kAll = [...kCode.values()].join('\n');
const holes = (text) => [...text.matchAll(/\{(\w+)\}/g)].map((one) => one[1]).sort();
const withoutComments = (code) => code.replace(/\/\*[\s\S]*?\*\//g, '').replace(/(^|\s)\/\/[^\n]*/g, '$1');

test('the same keys in both languages, none of them empty', () => {
  assert.deepEqual(Object.keys(commonZh), Object.keys(commonEn));
  assert.deepEqual(Object.keys(officeZh), Object.keys(officeEn));
  assert.equal(Object.keys(zh).length, Object.keys(commonZh).length + Object.keys(officeZh).length, 'no key in both files');
  for (const texts of [zh, en]) for (const [key, text] of Object.entries(texts)) assert.ok(text.length > 0, key);
});

test('the same values are filled in', () => {
  for (const key of Object.keys(zh)) {
    for (const hole of holes(en[key])) assert.ok(holes(zh[key]).includes(hole), `${key}: {${hole}}`);
    for (const hole of holes(zh[key])) assert.ok(holes(en[key]).includes(hole), `${key}: {${hole}}`);
  }
});

test('every text is used, and every text that is used is there', () => {
  const literal = new Set([...kAll.matchAll(/'([a-zA-Z]+(?:\.[a-zA-Z0-9-]+)*)'/g)].map((one) => one[1]));
  const families = [...kAll.matchAll(/`([a-zA-Z.]+)\$\{/g)].map((one) => one[1]).filter((one) => one.includes('.'));
  for (const key of Object.keys(zh)) assert.ok(literal.has(key) || families.some((family) => key.startsWith(family)), `${key} is not used`);
  const groups = new Set(Object.keys(zh).filter((key) => key.includes('.')).map((key) => key.split('.')[0]));
  for (const key of literal) if (key.includes('.') && groups.has(key.split('.')[0])) assert.ok(Object.hasOwn(zh, key), `${key} is missing`);
  for (const family of families) if (groups.has(family.split('.')[0])) assert.ok(Object.keys(zh).some((key) => key.startsWith(family)), family);
});

test('no text in code', () => {
  for (const [name, code] of kCode) {
    const bare = withoutComments(code).replace('aria-hidden="true">票<', '');
    assert.doesNotMatch(bare, /[\u3000-\u303f\u3400-\u9fff\uff00-\uffef]/, `${name}: Chinese`);
    // Between two tags of a template, once what is filled in is taken out.
    const flat = bare.replace(/\$\{[^{}]*\}/g, '');
    for (const [, text] of flat.matchAll(/>([^<>`={}();]*)</g)) assert.doesNotMatch(text, /[A-Za-z]{3}/, `${name}: ${text}`);
    assert.doesNotMatch(bare, /'[A-Z][a-z]+ [a-z]+ [a-z]+[^']*'/, `${name}: a sentence`);
    assert.doesNotMatch(bare, /(aria-label|title|placeholder|alt)="[A-Za-z]/, `${name}: a label`);
  }
});

test('no texts in Chinese that were left in English', () => {
  for (const [key, text] of Object.entries(zh)) {
    const latin = text.replace(/\{\w+\}/g, '').replace(/piaojue1:|slips|Esc|English|Piaojue|Excel|WPS|xlsx|CSV|XLSX/g, '').match(/[A-Za-z]{2,}/g);
    assert.ok(!latin || key.startsWith('code.'), `${key}: ${latin}`);
  }
});

test('nothing from the server is put in as HTML, nothing is kept, nothing is evaluated', () => {
  for (const [name, code] of kCode) {
    assert.doesNotMatch(withoutComments(code), /innerHTML|dangerouslySetInnerHTML|outerHTML|insertAdjacentHTML|document\.write|localStorage|sessionStorage|indexedDB|eval\(|new Function|pushState/, name);
  }
});
