// SPDX-License-Identifier: Apache-2.0
// Makes the auditor's page: one file that needs no network and no server.
//
//     node web/auditor/build.mjs OUT.html STRINGS        (after `npm ci` in web/)
//
// STRINGS: the folder of zh.js and en.js, which strings/generate.py makes of strings/*.json.
//
// The modules are put one after the other, each a function of its own that returns what it exports. They import by name
// only and without cycles; anything else stops the build.
import { createHash } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const HERE = path.dirname(fileURLToPath(import.meta.url));
const PACKAGES = path.join(HERE, '../node_modules');
/** Packages that are taken in, and the one file of each. */
const PACKAGE_FILES = {
  'libsodium-wrappers-sumo': 'libsodium-wrappers-sumo/dist/modules-sumo-esm/libsodium-wrappers.mjs',
  'libsodium-sumo': 'libsodium-sumo/dist/modules-sumo-esm/libsodium-sumo.mjs',
};
const IMPORT = /^import\s*(?:\{([^}]*)\}|(\w+))\s*from\s*['"]([^'"]+)['"];/gm;

const read = (file) => fs.readFileSync(file, 'utf8');
const [target, strings] = process.argv.slice(2);
if (!strings) {
  console.error('usage: node web/auditor/build.mjs OUT.html STRINGS');
  process.exit(2);
}

/** The file that an import names. @param {string} name @param {string} from the file that imports it */
function resolve(name, from) {
  if (PACKAGE_FILES[name]) return path.join(PACKAGES, PACKAGE_FILES[name]);
  if (name.startsWith('./strings/')) return path.join(path.resolve(strings), path.basename(name));
  return path.resolve(path.dirname(from), name);
}
/** How a module is named in the page: the same wherever it was built. */
const shown = (file) => path.relative(path.dirname(file) === path.resolve(strings) ? path.dirname(file)
  : path.join(HERE, '..'), file);

/** The program that begins with a module. @param {string} entry */
function bundle(entry) {
  const names = new Map();  // file → name of its constant
  const out = [];
  const visit = (file) => {
    if (names.has(file)) {
      if (names.get(file) === null) throw new Error(`${file} is imported in a cycle`);
      return names.get(file);
    }
    names.set(file, null);
    let text = read(file).replace(IMPORT, (_, list, single, from) => {
      const source = visit(resolve(from, file));
      return single ? `const ${single} = ${source}.default;` : `const {${list.replaceAll(' as ', ': ')}} = ${source};`;
    });
    const exported = [];
    text = text.replace(/^export (async function|function\*?|class|const) (\w+)/gm, (_, kind, name) => {
      exported.push(name);
      return `${kind} ${name}`;
    });
    // As packages write it, on one line: a default, and perhaps a list that nobody here asks for.
    text = text.replace(/\bexport default (\w+);(?:export\{[^}]*\};)?\s*$/, (_, name) => {
      exported.push(`default: ${name}`);
      return '';
    });
    // Only used to find a file beside the module; there is none.
    text = text.replaceAll('import.meta.url', "''");
    if (/^\s*(import|export)\b/m.test(text))
      throw new Error(`${file} imports or exports in a way that is not understood`);
    const name = `$module${out.length}`;
    names.set(file, name);
    out.push(`// ${shown(file)}\nconst ${name} = (() => {\n'use strict';\n${text}\nreturn { ${exported.join(
        ', ')} };\n})();\n`);
    return name;
  };
  visit(path.join(HERE, entry));
  const program = `(() => {\n${out.join('')}})();\n`;
  if (/<\/script|<!--/i.test(program)) throw new Error(`${entry} would end the script that holds it`);
  return program;
}

const hashOf = (text) => `'sha256-${createHash('sha256').update(text).digest('base64')}'`;

const style = read(path.join(HERE, 'auditor.css'));
const page = bundle('page.js');
const worker = bundle('worker.js');
const policy = [
  "default-src 'none'", `script-src ${hashOf(page)} 'wasm-unsafe-eval'`, `style-src ${hashOf(style)}`,
    'worker-src blob:',
  "base-uri 'none'", "form-action 'none'",
].join('; ');
/** By their text, since how node reads a file depends on the folder that it lies in. */
const texts = async (lang) =>
  (await import(`data:text/javascript,${encodeURIComponent(read(path.join(strings, `${lang}.js`)))}`))[lang];
const TEXTS = { zh: await texts('zh'), en: await texts('en') };
/** A text in each of these languages. */
const text = (key, ...langs) => langs.map((lang) => TEXTS[lang][key]).join(' ');
const parts = {
  CSP: policy, STYLE: style, PAGE: page, WORKER: worker, TITLE: text('title', 'zh'),
    NO_SCRIPT: text('noScript', 'zh', 'en'),
};
const html = read(path.join(HERE, 'template.html')).replace(/\{\{(\w+)\}\}/g, (_, name) => parts[name]);
fs.mkdirSync(path.dirname(path.resolve(target)), { recursive: true });
fs.writeFileSync(target, html);
