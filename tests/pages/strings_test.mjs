// SPDX-License-Identifier: Apache-2.0
/**
 * Every text of the pages is used, every text that is used is there, and there is no text for people in their code:
 * all stand in strings/*.json. tests/unit/strings holds the same of the programs.
 */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { kTexts, kWeb } from './lib.mjs';

const { page, office, auditor, reader } = kTexts;
const zh = { ...page.zh, ...office.zh };
const en = { ...page.en, ...office.en };

/** path → code of the modules in these folders of web/ */
const codeIn = (...folders) => new Map(folders.flatMap((folder) =>
  readdirSync(join(kWeb, folder)).filter((name) => /\.m?js$/.test(name))
    .map((name) => [join(folder, name), readFileSync(join(kWeb, folder, name), 'utf8')])));
const kPages = codeIn('.', 'screens', 'parts', 'office', 'reader');
const kReader = codeIn('reader');
const kAuditor = codeIn('auditor', 'auditor/rules');
const kTemplate = readFileSync(join(kWeb, 'auditor/template.html'), 'utf8');
const holes = (text) => [...new Set([...text.matchAll(/\{(\w+)\}/g)].map((one) => one[1]))].sort();
const withoutComments = (code) => code.replace(/\/\*[\s\S]*?\*\//g, '').replace(/(^|\s)\/\/[^\n]*/g, '$1');
const kChinese = /[\u3000-\u303f\u3400-\u9fff\uff00-\uffef]/;
/** The sign of the brand, and a blank as wide as a character. */
const kNoTexts = ['aria-hidden="true">票<'];

/** What code asks for: whole keys, and beginnings that something is put behind. */
function asked(code) {
  const literals = new Set([...code.matchAll(/['"]([a-zA-Z]\w*(?:\.[a-zA-Z0-9_-]+)*)['"]/g)].map((one) => one[1]));
  const families = [...code.matchAll(/`([a-zA-Z.]+\.)\$\{/g)].map((one) => one[1]);
  return { literals, families };
}

/** Keys that nothing asks for, and what is asked for in a group of keys but is not there. */
function unmatched(keys, code) {
  const { literals, families } = asked(code);
  const group = (key) => (key.includes('.') ? key.split('.')[0] : null);
  const groups = new Set(keys.map(group));
  return {
    unused: keys.filter((key) => !literals.has(key) && !families.some((family) => key.startsWith(family))),
    missing: [...literals].filter((key) => group(key) && groups.has(group(key)) && !keys.includes(key))
      .concat(families.filter((family) => groups.has(group(family)) && !keys.some((key) => key.startsWith(family)))),
  };
}

/** Texts that stand in code; `markup`: of which some is between the tags of templates. */
function textsIn(code, markup = true) {
  const bare = kNoTexts.reduce((rest, one) => rest.replaceAll(one, ''), withoutComments(code));
  // Between two tags of a template, once what is filled in is taken out.
  const flat = bare.replace(/\$\{[^{}]*\}/g, '');
  return [
    ...bare.split('\n').filter((line) => kChinese.test(line)),
    ...(markup ? [...flat.matchAll(/>([^<>`={}();]*)</g)] : []).map((one) => one[1])
      .filter((text) => /[A-Za-z]{3}/.test(text)),
    ...bare.match(/'[A-Z][a-z]+ [a-z]+ [a-z]+[^']*'/g) ?? [],
    ...bare.match(/(aria-label|title|placeholder|alt)="[A-Za-z]/g) ?? [],
  ];
}

test('the same keys in both languages, with the same values, none of them empty', () => {
  for (const texts of [page, office, auditor, reader]) {
    assert.deepEqual(Object.keys(texts.zh), Object.keys(texts.en));
    for (const [key, text] of Object.entries(texts.zh)) {
      assert.ok(text.length > 0 && texts.en[key].length > 0, key);
      assert.deepEqual(holes(text), holes(texts.en[key]), key);
    }
  }
  assert.equal(Object.keys(zh).length, Object.keys(page.zh).length + Object.keys(office.zh).length, 'no key in both');
});

test('every text is used, and every text that is used is there', () => {
  const none = { unused: [], missing: [] };
  assert.deepEqual(unmatched(Object.keys(zh), [...kPages.values()].join('\n')), none);
  assert.deepEqual(unmatched(Object.keys(auditor.zh), [...kAuditor.values(), kTemplate].join('\n')), none);
  assert.deepEqual(unmatched(Object.keys(reader.zh), [...kReader.values()].join('\n')), none);
});

test('no text in code', () => {
  // The auditor's command line and its tests of form are for programmers.
  const readByProgrammers = /throw new |console\.error|Error\(/;
  for (const [name, code] of kPages) assert.deepEqual(textsIn(code), [], name);
  for (const [name, code] of kAuditor) {
    assert.deepEqual(textsIn(code.split('\n').filter((line) => !readByProgrammers.test(line)).join('\n'), false), [],
      name);
  }
});

test('the checks can fail', () => {
  assert.deepEqual(unmatched(['a.b', 'a.c'], "t('a.b')").unused, ['a.c']);
  assert.deepEqual(unmatched(['a.b', 'a.c'], "t('a.b'), t('a.d'), t(`a.${x}`)").missing, ['a.d']);
  assert.deepEqual(unmatched(['a.b'], "t('a.b') + t(`a.b.${x}`)").missing, ['a.b.']);
  assert.equal(textsIn("say('投票已截止')").length, 1);
  assert.equal(textsIn('html`<p>Vote now</p>`').length, 1);
  assert.equal(textsIn("say('The vote is closed.')").length, 1);
  assert.equal(textsIn('html`<input placeholder="Name">`').length, 1);
  assert.deepEqual(textsIn("// 投票\nt('vote.do'); html`<p>${t('vote.do')}</p>`"), []);
});

test('no texts in Chinese that were left in English', () => {
  const names = /\{\w+\}|piaojue2:|slips|Esc|English|Piaojue|Excel|WPS|xlsx|CSV|XLSX|PDF|PNG|JPEG|MB|Windows|Linux/g;
  for (const [key, text] of Object.entries({ ...zh, ...reader.zh })) {
    const latin = text.replace(names, '').match(/[A-Za-z]{2,}/g);
    assert.ok(!latin || key.startsWith('code.'), `${key}: ${latin}`);
  }
});

test('nothing from the server is put in as HTML, nothing is kept, nothing is evaluated', () => {
  const forbidden = new RegExp(['innerHTML', 'dangerouslySetInnerHTML', 'outerHTML', 'insertAdjacentHTML',
    'document\\.write', 'localStorage', 'sessionStorage', 'indexedDB', 'eval\\(', 'new Function', 'pushState']
      .join('|'));
  for (const [name, code] of kPages) assert.doesNotMatch(withoutComments(code), forbidden, name);
});
