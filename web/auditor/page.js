// SPDX-License-Identifier: Apache-2.0
// The auditor's page. What comes from a record goes into text nodes only, never into markup.
import { anchorOf } from './audit.js';
import { fill, STRINGS } from './strings.js';

/** What a page can hold in memory, several times over. */
const FILE_LIMIT = 512 * 1024 * 1024;
const ANCHOR_FILE_LIMIT = 4096;
const SIGNS = { holds: '✓', failed: '✗', not_reached: '—', waiting: '…' };
const SVG = 'http://www.w3.org/2000/svg';

const state = {
  /** @type {'zh' | 'en'} */ language: 'zh',
  /** @type {File | null} */ file: null,
  /** @type {'empty' | 'running' | 'done'} */ phase: 'empty',
  /** key and values of a sentence @type {{key: string, values?: object} | null} */ error: null,
  progress: null,
  report: null,
  /** counts the starts */ run: 0,
  /** ends the worker @type {(() => void) | null} */ release: null,
};

const $ = (id) => document.getElementById(id);
const strings = () => STRINGS[state.language];

/** An element; children are elements or text. */
function el(name, attributes = {}, ...children) {
  const out = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) if (value !== null && value !== false) out.setAttribute(key, value === true ? '' : value);
  out.append(...children.filter((child) => child !== null));
  return out;
}
function svg(name, attributes, ...children) {
  const out = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) out.setAttribute(key, value);
  out.append(...children);
  return out;
}
const groups = (digits) => digits.match(/.{1,4}/g)?.join(' ') ?? '';

// ---- Rendering ----

function render() {
  const s = strings();
  document.documentElement.lang = s.htmlLang;
  document.title = s.title;
  for (const element of document.querySelectorAll('[data-text]')) element.textContent = s[element.dataset.text];
  $('language').textContent = s.otherLanguage;
  $('language').lang = state.language === 'zh' ? 'en' : 'zh-CN';
  $('file-chosen').textContent = state.file ? fill(s.fileChosen, { name: state.file.name, size: state.file.size }) : s.fileNone;
  renderError();
  const running = state.phase === 'running';
  $('start').disabled = running;
  $('stop').hidden = !running;
  $('running').hidden = !running;
  renderProgress();
  const verdict = $('verdict');
  verdict.hidden = state.phase !== 'done';
  verdict.replaceChildren();
  verdict.className = '';
  if (state.report && state.phase === 'done') renderVerdict(verdict, state.report);
  $('report').hidden = state.phase === 'empty';
  $('report').replaceChildren(...(state.phase === 'empty' ? [] : sections()));
}

function renderError() {
  const { error } = state;
  $('error').hidden = !error;
  $('error').textContent = error ? fill(strings().errors[error.key], error.values) : '';
  for (const id of ['file', 'anchor']) {
    if (error?.field === id) $(id).setAttribute('aria-invalid', 'true');
    else $(id).removeAttribute('aria-invalid');
  }
}

function renderProgress() {
  const p = state.progress ?? { read: 0, total: 1, entries: 0, ballots: 0, judged: 0 };
  const percent = Math.min(100, Math.floor((100 * p.read) / p.total));
  $('bar').value = percent;
  $('progress').textContent = fill(strings().progress, { ...p, percent });
}

/** One line: what the whole audit came to. */
function verdictLine(report) {
  const s = strings();
  if (report.unusable) return `${SIGNS.failed} ${s.verdict.unusable}`;
  if (report.verified) return `${SIGNS.holds} ${s.verdict.verified}`;
  const { check } = report.first_failure;
  return `${SIGNS.failed} ${fill(s.verdict.failed, { check, what: s.checks[check - 1].what })}`;
}

function renderVerdict(box, report) {
  const s = strings();
  box.className = `verdict ${report.verified ? 'good' : 'bad'}`;
  box.append(el('p', { class: 'verdict-line' }, verdictLine(report)));
  const sentence = (text) => box.append(el('p', {}, text));
  if (report.unusable) {
    sentence(fill(s.errors[report.unusable.reason], report.unusable));
  } else if (report.verified) {
    sentence(s.verdict.verifiedMeaning);
  } else {
    sentence(failureText(report.first_failure));
    sentence(fill(s.verdict.failedMeaning, s.checks[report.first_failure.check - 1]));
  }
  if (!report.unusable) box.append(hashes(report), el('p', { class: 'buttons no-print' }, printButton()));
}

function hashes(report) {
  const s = strings();
  const hash = (name, digits) => [el('dt', {}, name), el('dd', { class: 'hash' }, groups(digits))];
  return el('dl', { class: 'hashes' }, ...hash(s.head, report.head), ...hash(s.paper, report.anchor));
}
function printButton() {
  const button = el('button', { type: 'button' }, strings().print);
  button.addEventListener('click', () => window.print());
  return button;
}

function sections() {
  const { report } = state;
  if (!report) return [checksSection(null)];
  if (report.unusable) return [];
  const s = strings();
  const rest = report.meeting ? [meetingSection(report), attendanceSection(report), resultsSection(report)] : [];
  return [
    checksSection(report),
    report.verified || rest.length === 0 ? null : el('p', { class: 'not-proven' }, `${SIGNS.failed} ${s.verdict.notProven}`),
    ...rest,
    // Whoever has read to the end, or holds the last sheet of paper, sees it again.
    el('p', { class: `verdict verdict-line ${report.verified ? 'good' : 'bad'}` }, verdictLine(report)),
  ].filter((x) => x !== null);
}

function section(id, heading, ...children) {
  return el('section', { 'aria-labelledby': id }, el('h2', { id }, heading), ...children);
}

/** Where and why. */
function failureText(failure) {
  const s = strings();
  const { entry, type, offset, refusal, reason, values } = failure;
  const place = entry === null ? '' : fill(s.place.entry, { entry }) + (type ? fill(s.place.type, { type: s.types[type] }) : '') +
    (offset === null ? '' : fill(s.place.offset, { offset })) + s.place.colon;
  if (reason === 'refused') return place + fill(s.refused, { refusal, sentence: s.refusals[refusal] });
  return place + fill(s.reasons[reason], values);
}

function checksSection(report) {
  const s = strings();
  const items = s.checks.map((check, i) => {
    const { outcome, failures, failures_total } = report?.checks[i] ?? { outcome: 'waiting', failures: [], failures_total: 0 };
    const item = el('li', { class: `check ${outcome}` },
      el('span', { class: 'number' }, String(i + 1)),
      el('span', { class: 'outcome' }, el('span', { class: 'sign', 'aria-hidden': 'true' }, SIGNS[outcome]), ` ${s.outcome[outcome]}`),
      el('span', { class: 'what' }, check.what));
    if (outcome === 'failed') {
      const list = el('ul', { class: 'failures' }, ...failures.map((failure) => el('li', {}, failureText(failure))));
      if (failures_total > failures.length) list.append(el('li', {}, fill(s.more, { n: failures_total - failures.length })));
      item.append(el('div', { class: 'why' }, el('p', {}, fill(s.defeats, check)), list));
    }
    return item;
  });
  return section('checks-heading', s.checksHeading, el('ol', { class: 'checks' }, ...items));
}

function meetingSection({ meeting, entries, ballots }) {
  const s = strings();
  return section('meeting-heading', s.meetingHeading,
    el('p', { class: 'meeting-title' }, meeting.title),
    meeting.rehearsal ? el('p', { class: 'rehearsal' }, s.rehearsal) : null,
    el('p', {}, fill(s.meetingFacts, { date: meeting.date, size: meeting.committee_size, entries, ballots })));
}

function attendanceSection({ attendance }) {
  const s = strings();
  const columns = ['person', 'name', 'roles', 'in', 'out', 'recusals'];
  const cells = (p) => ({
    person: String(p.person),
    name: p.name + (p.employer ? fill(s.employer, { employer: p.employer }) : ''),
    roles: s.roles.filter(([bit]) => p.roles & bit).map(([, name]) => name).join(s.listComma),
    in: p.first_sign_in === null ? s.never : fill(s.atEntry, { entry: p.first_sign_in }),
    out: p.last_sign_out === null ? s.none : fill(s.atEntry, { entry: p.last_sign_out }),
    recusals: p.recusals.map((r) => fill(s.recusal, r)).join(s.listComma) || s.none,
  });
  const row = (p) => {
    const values = cells(p);
    // On a narrow screen each row is a block of its own; the column's name then stands before each value.
    return el('tr', {}, ...columns.map((column) =>
      el(column === 'name' ? 'th' : 'td', column === 'name' ? { scope: 'row' } : {},
        el('span', { class: 'column-name' }, s.attendance[column]), el('span', {}, values[column]))));
  };
  return section('attendance-heading', s.attendanceHeading,
    el('table', { class: 'attendance' },
      el('caption', {}, s.attendanceCaption),
      el('thead', {}, el('tr', {}, ...columns.map((column) => el('th', { scope: 'col' }, s.attendance[column])))),
      el('tbody', {}, ...attendance.map(row))));
}

function resultsSection(report) {
  const s = strings();
  const nameOf = (p) => report.attendance[p - 1].name;
  const attempts = report.attempts.map((a) => el('section', { class: 'attempt' },
    el('h3', {}, fill(s.attemptHeading, a)),
    el('p', {}, fill(a.paper ? s.attemptPaper : s.attemptFacts, a)),
    a.overridden.length ? el('p', {}, fill(s.overridden, { people: a.overridden.map(nameOf).join(s.listComma) })) : null,
    ...a.questions.map((q) => question(q, a, report.meeting.rules))));
  return section('results-heading', s.resultsHeading, ...(attempts.length ? attempts : [el('p', {}, s.noResults)]));
}

function question(q, a, rules) {
  const s = strings();
  const facts = { ...q, channel: q.exceptional ? s.channel.exceptional : s.channel.normal };
  const head = [
    el('h4', {}, fill(s.candidate, q)),
    el('p', { class: 'candidate-facts' }, fill(s.candidateFacts, facts)),
  ];
  if (q.voided) {
    return el('article', { class: 'question voided' }, ...head,
      el('p', { class: 'result' }, `${SIGNS.not_reached} ${q.void_reason ? fill(s.voided, { reason: q.void_reason }) : s.voidedPaper}`));
  }
  const outcome = q.contested ? s.contested : q.passed ? s.passed : s.notPassed;
  const sign = q.passed ? SIGNS.holds : SIGNS.failed;
  return el('article', { class: `question ${q.passed ? 'passed' : 'not-passed'}` }, ...head,
    el('p', { class: 'result' }, el('span', { 'aria-hidden': 'true' }, `${sign} `), fill(s.summary, { ...q, outcome })),
    el('div', { class: 'figures' },
      el('div', {}, bar(q), el('ul', { class: 'arithmetic' }, ...arithmetic(q, a, rules).map((text) => el('li', {}, text)))),
      figures(q)));
}

/** The sums, so that they can be followed with a pencil. */
function arithmetic(q, a, rules) {
  const s = strings();
  const [n, d] = [rules.pass_numerator, rules.pass_denominator];
  const [have, want] = [d * q.agree, n * q.present];
  const sign = have > want ? '>' : have < want ? '<' : '=';
  const parts = [q.agree, q.disagree, q.abstain, q.invalid, q.not_cast, q.recused].join('+');
  return [
    fill(s.comparison, { d, n, have, want, sign, agree: q.agree, present: q.present, rule: rules.pass_strict ? s.rule.strict : s.rule.inclusive }),
    fill(s.balance, { parts, present: q.present }),
    fill(a.paper ? s.paperFacts : s.boxFacts, q),
    ...(q.contested ? [fill(s.contestedWhy, q)] : []),
    ...(q.mode_sensitive ? [s.modeSensitive] : []),
  ];
}

/** Agree, disagree and the rest of the denominator, with the line that has to be reached. */
function bar(q) {
  const s = strings();
  const [width, height, top] = [300, 28, 22];
  const total = Math.max(q.present, 1);
  const x = (votes) => (width * Math.min(votes, total)) / total;
  const rest = q.present - q.agree - q.disagree;
  const line = x(q.needed);
  const label = fill(s.bar, { ...q, rest });
  const anchor = line < width / 4 ? 'start' : line > (3 * width) / 4 ? 'end' : 'middle';
  const text = svg('text', { x: line, y: 14, 'text-anchor': anchor, class: 'bar-text' });
  text.textContent = fill(s.neededLine, q);
  return svg('svg', { viewBox: `-2 0 ${width + 4} ${top + height + 4}`, role: 'img', 'aria-label': label, class: 'bar' },
    svg('rect', { x: 0, y: top, width, height, class: 'bar-rest' }),
    svg('rect', { x: 0, y: top, width: x(q.agree), height, class: 'bar-agree' }),
    svg('rect', { x: x(q.agree), y: top + height / 4, width: x(q.disagree), height: height / 2, class: 'bar-disagree' }),
    ...['bar-line-edge', 'bar-line'].map((kind) => svg('line', { x1: line, x2: line, y1: top - 4, y2: top + height + 4, class: kind })),
    text);
}

function figures(q) {
  const s = strings();
  return el('table', {}, el('caption', { class: 'visually-hidden' }, fill(s.figuresCaption, q)),
    el('tbody', {}, ...Object.entries(s.figures).map(([key, name]) =>
      el('tr', {},
        el('th', { scope: 'row' }, key === 'present' ? null : el('span', { class: `key ${key}`, 'aria-hidden': 'true' }), name),
        el('td', {}, String(q[key]))))));
}

// ---- Acting ----

function show(error, field = null) {
  state.error = { ...error, field };
  renderError();
  $(field ?? 'error').focus();
}
/** For those who do not see the page change. */
function say(text) {
  $('live').textContent = text;
}

/** @param {Iterable<File>} files */
async function take(files) {
  state.error = null;
  for (const file of files) {
    if (file.size <= ANCHOR_FILE_LIMIT && /\.txt$/i.test(file.name)) $('anchor').value = (await file.text()).trim();
    else if (state.phase !== 'running') state.file = file;
  }
  render();
}

async function start() {
  state.error = null;
  renderError();
  if (!state.file) return show({ key: 'no_file' }, 'file');
  const written = $('anchor').value;
  const anchor = anchorOf(written);
  if (!anchor) {
    const n = written.replace(/\s/g, '').length;
    return show(/^[0-9a-fA-F\s]*$/.test(written) ? { key: 'anchor', values: { n } } : { key: 'anchor_other' }, 'anchor');
  }
  if (!globalThis.crypto?.subtle || !globalThis.Worker || !globalThis.WebAssembly) return show({ key: 'browser' });
  if (state.file.size > FILE_LIMIT) return show({ key: 'file_too_large', values: { limit: FILE_LIMIT >> 20 } }, 'file');
  const run = state.run + 1;
  Object.assign(state, { phase: 'running', report: null, progress: null, run });
  render();
  $('stop').focus();
  say(strings().running);
  let bytes;
  try {
    bytes = new Uint8Array(await state.file.arrayBuffer());
  } catch {
    end({ phase: 'empty' });
    return show({ key: 'unreadable' }, 'file');
  }
  if (state.phase !== 'running' || state.run !== run) return;  // stopped meanwhile
  const program = $('worker').textContent;
  const url = URL.createObjectURL(new Blob([program], { type: 'text/javascript' }));
  const worker = new Worker(url);
  worker.onmessage = ({ data }) => {
    if (data.progress) {
      state.progress = data.progress;
      renderProgress();
    } else if (data.report) {
      end({ phase: 'done', report: data.report });
      // For whoever wonders how it was done, and for the test that several workers do it.
      $('verdict').dataset.helped = String(data.helped);
      $('verdict').focus();
      say(verdictLine(data.report));
    } else {
      failed(data.error);
    }
  };
  worker.onerror = (event) => failed(event.message);
  worker.postMessage({ audit: { bytes, anchor, program } }, [bytes.buffer]);
  state.release = () => {
    worker.terminate();
    URL.revokeObjectURL(url);
  };
}

/** Ends a run, however it went. */
function end(change) {
  state.release?.();
  Object.assign(state, { release: null, ...change });
  render();
}
function failed(message) {
  end({ phase: 'empty', report: null });
  show({ key: 'internal', values: { message } });
}

$('form').addEventListener('submit', (event) => {
  event.preventDefault();
  if (state.phase !== 'running') start();
});
$('stop').addEventListener('click', () => {
  end({ phase: 'empty', report: null });
  say(strings().stopped);
  $('start').focus();
});
$('file').addEventListener('change', (event) => take(event.target.files));
$('language').addEventListener('click', () => {
  state.language = state.language === 'zh' ? 'en' : 'zh';
  render();
});
for (const name of ['dragover', 'drop']) {
  document.addEventListener(name, (event) => {
    event.preventDefault();
    document.body.classList.toggle('dropping', name === 'dragover');
    if (name === 'drop') take(event.dataTransfer.files);
  });
}
document.addEventListener('dragleave', () => document.body.classList.remove('dropping'));
render();
