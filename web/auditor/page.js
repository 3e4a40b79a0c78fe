// SPDX-License-Identifier: Apache-2.0
// The auditor's page. What comes from a record goes into text nodes only, never into markup.
import { anchorOf, CHECKS, typedDigits } from './audit.js';
import { en } from './strings/en.js';
import { zh } from './strings/zh.js';

/** What a page can hold in memory, several times over. */
const FILE_LIMIT = 512 * 1024 * 1024;
const ANCHOR_FILE_LIMIT = 4096;
const SIGNS = { holds: '✓', failed: '✗', not_reached: '—', waiting: '…', contested: '?' };
/** Bits of a role in the manifest (specification §3.1). */
const ROLES = [[1, 'expert'], [2, 'chair'], [4, 'clerk'], [8, 'supervisor'], [16, 'screen']];
const FIGURES = ['agree', 'disagree', 'abstain', 'invalid', 'not_cast', 'recused', 'present'];
const TEXTS = { zh, en };
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
/** A text of the page's language; what has no value is left out. */
const t = (key, values = {}) => TEXTS[state.language][key]
  .replace(/\{(\w+)\}/g, (_, name) => String(values[name] ?? ''));

/** An element; children are elements or text. */
function el(name, attributes = {}, ...children) {
  const out = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) if (value !== null && value !== false)
    out.setAttribute(key, value === true ? '' : value);
  out.append(...children.filter((child) => child !== null));
  return out;
}
function svg(name, attributes, ...children) {
  const out = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) out.setAttribute(key, value);
  out.append(...children);
  return out;
}

// ---- Rendering ----

function render() {
  document.documentElement.lang = t('htmlLang');
  document.title = t('title');
  for (const element of document.querySelectorAll('[data-text]')) element.textContent = t(element.dataset.text);
  $('language').textContent = t('otherLanguage');
  $('language').lang = state.language === 'zh' ? 'en' : 'zh-CN';
  $('file-chosen').textContent = state.file ? t('fileChosen', { name: state.file.name, size: state.file.size })
    : t('fileNone');
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
  $('error').textContent = error ? t(`errors.${error.key}`, error.values) : '';
  for (const id of ['file', 'anchor']) {
    if (error?.field === id) $(id).setAttribute('aria-invalid', 'true');
    else $(id).removeAttribute('aria-invalid');
  }
}

function renderProgress() {
  const p = state.progress ?? { read: 0, total: 1, entries: 0, ballots: 0, judged: 0 };
  const percent = Math.min(100, Math.floor((100 * p.read) / p.total));
  $('bar').value = percent;
  $('progress').textContent = t('progress', { ...p, percent });
}

/** One line: what the whole audit came to. */
function verdictLine(report) {
  if (report.unusable) return `${SIGNS.failed} ${t('verdict.unusable')}`;
  if (report.verified) return `${SIGNS.holds} ${t('verdict.verified')}`;
  const { check } = report.first_failure;
  return `${SIGNS.failed} ${t('verdict.failed', { check, what: t(`check.${check}.what`) })}`;
}

function renderVerdict(box, report) {
  box.className = `verdict ${report.verified ? 'good' : 'bad'}`;
  box.append(el('p', { class: 'verdict-line' }, verdictLine(report)));
  const sentence = (text) => box.append(el('p', {}, text));
  if (report.unusable) {
    sentence(t(`errors.${report.unusable.reason}`, report.unusable));
  } else if (report.verified) {
    sentence(t('verdict.verifiedMeaning'));
    sentence(changesLine(report));
  } else {
    sentence(failureText(report.first_failure));
    sentence(t('verdict.failedMeaning', { defeats: t(`check.${report.first_failure.check}.defeats`) }));
  }
  if (!report.unusable) box.append(hashes(report), el('p', { class: 'buttons no-print' }, printButton()));
}

/** The head hash below that from paper: a digit that was mistyped is found by the group that differs. */
function hashes(report) {
  const [ours, theirs] = [report.head, report.anchor].map((digits) => digits.match(/.{1,4}/g));
  const differing = ours.map((group, i) => (group === theirs[i] ? 0 : i + 1)).filter(Boolean);
  const shown = (all) => all.flatMap((group, i) =>
    [i === 0 ? '' : ' ', differing.includes(i + 1) ? el('mark', {}, group) : group]);
  const hash = (name, all) => [el('dt', {}, name), el('dd', { class: 'hash' }, ...shown(all))];
  return el('div', {}, differing.length === 0 ? null
    : el('p', {}, t('differs', { groups: differing.join(t('listComma')) })),
  el('dl', { class: 'hashes' }, ...hash(t('head'), ours), ...hash(t('paper'), theirs)));
}
function printButton() {
  const button = el('button', { type: 'button' }, t('print'));
  button.addEventListener('click', () => window.print());
  return button;
}

function sections() {
  const { report } = state;
  if (!report) return [checksSection(null)];
  if (report.unusable) return [];
  const rest = report.meeting ? [meetingSection(report), changesSection(report), resultsSection(report),
    attendanceSection(report)] : [];
  return [
    checksSection(report),
    report.verified || rest.length === 0 ? null
      : el('p', { class: 'not-proven' }, `${SIGNS.failed} ${t('verdict.notProven')}`),
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
  const { entry, type, offset, refusal, reason, values } = failure;
  const place = entry === null ? '' : t('place.entry', { entry })
    + (type ? t('place.type', { type: t(`types.${type}`) }) : '') +
    (offset === null ? '' : t('place.offset', { offset })) + t('place.colon');
  if (reason === 'refused') return place + t('refused', { refusal, sentence: t(`refused.${refusal}`) });
  return place + t(`reasons.${reason}`, values);
}

function checksSection(report) {
  const items = Array.from({ length: CHECKS }, (_, i) => {
    const { outcome, failures, failures_total } = report?.checks[i]
      ?? { outcome: 'waiting', failures: [], failures_total: 0 };
    const item = el('li', { class: `check ${outcome}` },
      el('span', { class: 'number' }, String(i + 1)),
      el('span', { class: 'outcome' }, el('span', { class: 'sign', 'aria-hidden': 'true' }, SIGNS[outcome]),
        ` ${t(`outcome.${outcome}`)}`),
      el('span', { class: 'what' }, t(`check.${i + 1}.what`)));
    if (outcome === 'failed') {
      const list = el('ul', { class: 'failures' }, ...failures.map((failure) => el('li', {}, failureText(failure))));
      if (failures_total > failures.length)
        list.append(el('li', {}, t('more', { n: failures_total - failures.length })));
      item.append(el('div', { class: 'why' }, el('p', {}, t('defeats', { defeats: t(`check.${i + 1}.defeats`) })),
        list));
    }
    return item;
  });
  return section('checks-heading', t('checksHeading'), el('ol', { class: 'checks' }, ...items));
}

function meetingSection({ meeting, entries, ballots }) {
  return section('meeting-heading', t('meetingHeading'),
    el('p', { class: 'meeting-title' }, meeting.title),
    meeting.rehearsal ? el('p', { class: 'rehearsal' }, t('rehearsal')) : null,
    meeting.trustees === 1 ? el('p', { class: 'rehearsal' }, t('oneTrustee')) : null,
    el('p', {}, t('meetingFacts', { date: meeting.date, size: meeting.committee_size, entries, ballots })));
}

// ---- Changes of guards ----

const changesLine = ({ changes }) =>
  changes.length ? t('changesVerified', { n: changes.length }) : t('change.none');

/** What one change was, as a sentence. @param {any} change @param {(p: number) => string} nameOf */
function changeText(change, nameOf) {
  const { kind, by, verdict } = change;
  const variant = { key_change: by, check: verdict, paper: by }[kind];
  const person = (p) => (p === undefined ? '' : nameOf(p));
  const people = (change.people ?? []).map(({ person: p, missing }) =>
    t(`change.override.${missing ? 'missing' : 'silent'}`, { person: nameOf(p) })).join(t('listComma'));
  return t(`change.${kind}${variant ? `.${variant}` : ''}`, {
    ...change, person: person(change.person), from: person(change.from), people,
    questions: (change.questions ?? []).join(t('listComma')),
  });
}

function changesSection(report) {
  const nameOf = (p) => report.attendance[p - 1].name;
  const item = (change) => {
    const signers = change.signers.map(nameOf).join(t('listComma'));
    const signed = change.kind === 'recuse_back' ? 'signed_back' : 'signed';
    return el('li', { class: `change change-${change.kind}` },
      el('p', {}, t('place.entry', change) + t('place.colon') + changeText(change, nameOf)),
      change.by ? el('p', { class: 'signers' }, t(`change.${signed}.${change.by}`, { signers })) : null);
  };
  return section('changes-heading', t('changesHeading'),
    el('p', {}, report.changes.length ? t('changesLead') : t('change.none')),
    report.changes.length ? el('ul', { class: 'changes' }, ...report.changes.map(item)) : null);
}

function attendanceSection({ attendance }) {
  const columns = ['person', 'name', 'roles', 'in', 'out', 'recusals'];
  const cells = (p) => ({
    person: String(p.person),
    name: p.name + (p.employer ? t('employer', { employer: p.employer }) : ''),
    roles: ROLES.filter(([bit]) => p.roles & bit).map(([, name]) => t(`role.${name}`)).join(t('listComma')),
    in: p.first_sign_in === null ? t('never') : t('atEntry', { entry: p.first_sign_in }),
    out: p.last_sign_out === null ? t('none') : t('atEntry', { entry: p.last_sign_out }),
    recusals: p.recusals.map((r) => t('recusal', r)).join(t('listComma')) || t('none'),
  });
  const row = (p) => {
    const values = cells(p);
    // On a narrow screen each row is a block of its own; the column's name then stands before each value.
    return el('tr', {}, ...columns.map((column) =>
      el(column === 'name' ? 'th' : 'td', column === 'name' ? { scope: 'row' } : {},
        el('span', { class: 'column-name' }, t(`attendance.${column}`)), el('span', {}, values[column]))));
  };
  return section('attendance-heading', t('attendanceHeading'),
    el('table', { class: 'attendance' },
      el('caption', {}, t('attendanceCaption')),
      el('thead', {}, el('tr', {}, ...columns.map((column) => el('th', { scope: 'col' }, t(`attendance.${column}`))))),
      el('tbody', {}, ...attendance.map(row))));
}

function resultsSection(report) {
  const nameOf = (p) => report.attendance[p - 1].name;
  const attempts = report.attempts.map((a) => el('section', { class: 'attempt' },
    el('h3', {}, t('attemptHeading', a)),
    el('p', {}, a.paper ? t('attemptPaper', { ...a, counted: paperFacts(a) }) : t('attemptFacts', a)),
    a.overridden.length ? el('p', {}, t('overridden', { people: a.overridden.map(nameOf).join(t('listComma')) }))
      : null,
    ...a.questions.map((q) => question(q, a, report.meeting.rules))));
  return section('results-heading', t('resultsHeading'),
    ...(attempts.length ? attempts : [el('p', {}, t('noResults'))]));
}

/** Who counted, where no laptop vouches for it. */
const paperFacts = (a) => (a.counted_by ? t(`paper.${a.counted_by}`) : t('paperUncounted'));

function question(q, a, rules) {
  const facts = { ...q, channel: q.exceptional ? t('channel.exceptional') : t('channel.normal') };
  const head = [
    el('h4', {}, t('candidate', q)),
    el('p', { class: 'candidate-facts' }, t('candidateFacts', facts)),
    q.opened_before ? el('p', {}, t('openedBefore', { meeting: q.opened_before })) : null,
  ];
  if (q.voided) {
    return el('article', { class: 'question voided' }, ...head,
      el('p', { class: 'result' },
        `${SIGNS.not_reached} ${q.void_reason ? t('voided', { reason: q.void_reason }) : t('voidedPaper')}`));
  }
  const outcome = q.contested ? t('contested') : q.passed ? t('passed') : t('notPassed');
  const kind = q.contested ? 'contested' : q.passed ? 'passed' : 'not-passed';
  const sign = { contested: SIGNS.contested, passed: SIGNS.holds, 'not-passed': SIGNS.failed }[kind];
  return el('article', { class: `question ${kind}` }, ...head,
    el('p', { class: 'result' }, el('span', { 'aria-hidden': 'true' }, `${sign} `), t('summary', { ...q, outcome })),
    a.paper ? el('p', { class: 'paper' }, paperFacts(a)) : null,
    el('div', { class: 'figures' },
      el('div', {}, bar(q),
        el('ul', { class: 'arithmetic' }, ...arithmetic(q, a, rules).map((text) => el('li', {}, text)))),
      figures(q)));
}

/** The sums, so that they can be followed with a pencil. */
function arithmetic(q, a, rules) {
  const [n, d] = [rules.pass_numerator, rules.pass_denominator];
  const [have, want] = [d * q.agree, n * q.present];
  const sign = have > want ? '>' : have < want ? '<' : '=';
  const parts = [q.agree, q.disagree, q.abstain, q.invalid, q.not_cast, q.recused].join('+');
  return [
    t('comparison', { d, n, have, want, sign, agree: q.agree, present: q.present, rule: rules.pass_strict
      ? t('rule.strict') : t('rule.inclusive') }),
    t('balance', { parts, present: q.present }),
    t(a.paper ? 'paperFacts' : 'boxFacts', q),
    ...(q.contested ? [t('contestedWhy', q)] : []),
    ...(q.mode_sensitive ? [t('modeSensitive')] : []),
  ];
}

/** Agree, disagree and the rest of the denominator, with the line that has to be reached. */
function bar(q) {
  const [width, height, top] = [300, 28, 22];
  const total = Math.max(q.present, 1);
  const x = (votes) => (width * Math.min(votes, total)) / total;
  const rest = q.present - q.agree - q.disagree;
  const line = x(q.needed);
  const label = t('bar', { ...q, rest });
  const anchor = line < width / 4 ? 'start' : line > (3 * width) / 4 ? 'end' : 'middle';
  const text = svg('text', { x: line, y: 14, 'text-anchor': anchor, class: 'bar-text' });
  text.textContent = t('neededLine', q);
  return svg('svg', { viewBox: `-2 0 ${width + 4} ${top + height + 4}`, role: 'img', 'aria-label': label,
    class: 'bar' },
    svg('rect', { x: 0, y: top, width, height, class: 'bar-rest' }),
    svg('rect', { x: 0, y: top, width: x(q.agree), height, class: 'bar-agree' }),
    svg('rect', { x: x(q.agree), y: top + height / 4, width: x(q.disagree), height: height / 2,
      class: 'bar-disagree' }),
    ...['bar-line-edge', 'bar-line']
      .map((kind) => svg('line', { x1: line, x2: line, y1: top - 4, y2: top + height + 4, class: kind })),
    text);
}

function figures(q) {
  return el('table', {}, el('caption', { class: 'visually-hidden' }, t('figuresCaption', q)),
    el('tbody', {}, ...FIGURES.map((key) =>
      el('tr', {},
        el('th', { scope: 'row' }, key === 'present' ? null
          : el('span', { class: `key ${key}`, 'aria-hidden': 'true' }), t(`figures.${key}`)),
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
    const digits = typedDigits(written);
    return show(/^[0-9a-f]*$/.test(digits) ? { key: 'anchor', values: { n: digits.length } } : { key: 'anchor_other' },
      'anchor');
  }
  if (!globalThis.crypto?.subtle || !globalThis.Worker || !globalThis.WebAssembly) return show({ key: 'browser' });
  if (state.file.size > FILE_LIMIT) return show({ key: 'file_too_large', values: { limit: FILE_LIMIT >> 20 } }, 'file');
  const run = state.run + 1;
  Object.assign(state, { phase: 'running', report: null, progress: null, run });
  render();
  $('stop').focus();
  say(t('running'));
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
  say(t('stopped'));
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
