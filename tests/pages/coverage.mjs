// SPDX-License-Identifier: Apache-2.0
/**
 * Counts what the pages' tests have run of web/, for scripts/coverage: node coverage.mjs RAW OUT
 *
 * RAW has what browser.mjs wrote of the pages, RAW/node what node wrote (NODE_V8_COVERAGE). OUT/web.info is the count
 * in lcov's format, with the modules that nothing has loaded.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const kWeb = resolve(fileURLToPath(new URL('../../web', import.meta.url)));
const { CoverageReport } = createRequire(join(kWeb, 'package.json'))('monocart-coverage-reports');
const [raw, out] = process.argv.slice(2).map((path) => resolve(path));

const ours = (file) => file.startsWith(`${kWeb}/`) && !file.includes('/node_modules/') && /\.m?js$/.test(file);
const text = new Map();
const textOf = (file) => {
  if (!text.has(file)) text.set(file, existsSync(file) ? readFileSync(file, 'utf8') : null);
  return text.get(file);
};
const entry = (file, source, functions) => ({ url: pathToFileURL(file).href, source, functions });
const read = (folder) => readdirSync(folder).filter((name) => name.endsWith('.json'))
  .map((name) => JSON.parse(readFileSync(join(folder, name), 'utf8')).result);

/**
 * A module of web/ as a page has fetched it, from below its secret path; nothing, if the program's is another one than
 * the source's.
 */
function served({ url, source, functions }) {
  const file = join(kWeb, new URL(url).pathname.replace(/^\/[^/]+\//, ''));
  return ours(file) && textOf(file) === source ? [entry(file, source, functions)] : [];
}

/** What a range has in the part [from, to) of a script, counted from its beginning. */
const clip = (ranges, from, to) => ranges.filter((one) => one.startOffset < to && one.endOffset > from)
  .map(({ startOffset, endOffset, count }) => (
    { startOffset: Math.max(startOffset, from) - from, endOffset: Math.min(endOffset, to) - from, count }));

/** The modules of the auditor's page, which web/auditor/build.mjs has put one after the other. */
function bundled({ source, functions }) {
  const heads = [...source.matchAll(/^\/\/ (\S+)\nconst \$module\d+ = \(\(\) => \{\n'use strict';\n/gm)];
  return heads.flatMap((head, i) => {
    const file = join(kWeb, head[1]);
    if (!ours(file) || textOf(file) === null) return [];
    const from = head.index + head[0].length;
    const to = source.lastIndexOf('\nreturn {', heads[i + 1]?.index ?? source.length);
    const around = functions.map((one) => one.ranges[0])
      .filter((one) => one.startOffset <= from && one.endOffset >= to);
    const least = Math.min(...around.map((one) => one.endOffset - one.startOffset));
    const cut = functions
      .filter(({ ranges: [one] }) => (one.startOffset >= from && one.endOffset <= to)
        || (one.startOffset <= from && one.endOffset >= to && one.endOffset - one.startOffset === least))
      .map((one) => ({ ...one, ranges: clip(one.ranges, from, to) }));
    return [entry(file, source.slice(from, to), cut)];
  });
}

const inNode = existsSync(join(raw, 'node')) ? read(join(raw, 'node')).map((result) => result
  .filter(({ url }) => url.startsWith('file:') && ours(fileURLToPath(url)))
  .map(({ url, functions }) => entry(fileURLToPath(url), textOf(fileURLToPath(url)), functions))) : [];
const pages = read(raw);
const ran = [...inNode, ...pages.map((result) => result.filter(({ url }) => url.startsWith('http')).flatMap(served))];
// The page's text of a module is not that of its source: it counts only where nobody has run the source itself.
const known = new Set(ran.flat().map(({ url }) => url));
ran.push(...pages.map((result) => result.filter(({ url }) => /^file:.*\.html$/.test(url)).flatMap(bundled)
  .filter(({ url }) => !known.has(url))));

const report = new CoverageReport({
  name: 'web',
  outputDir: out,
  baseDir: resolve(kWeb, '..'),
  reports: [['lcovonly', { file: 'web.info' }]],
  logging: 'error',
  cleanCache: true,
  // It has cut off what a path begins with.
  sourcePath: (path) => path.replace(/^.*?\bweb\//, 'web/'),
  all: { dir: kWeb, filter: (path) => (ours(path) ? 'js' : false) },
});
for (const list of ran) if (list.length) await report.add(list);
await report.generate();
