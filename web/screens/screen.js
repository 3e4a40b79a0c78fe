// SPDX-License-Identifier: Apache-2.0
/**
 * The big screen: read from ten metres. Its controls, the language and how much of the result it shows, are there while
 * somebody moves the mouse or has the focus on them, and in nobody's way otherwise.
 */
import { useEffect, useRef, useState } from '../vendor/preact-hooks.js';
import { candidate, html } from '../parts/ui.js';
import { Countdown } from '../parts/countdown.js';
import { Hash } from '../parts/hash.js';
import { kVerdictSigns, rowText, verdict, verdictKind } from '../parts/results.js';
import { Waits } from '../parts/waits.js';

const kAwakeMs = 4000;
const kClockMs = 1000;

function Figure({ label, value }) {
  return html`<div class="wall-figure"><dt>${label}</dt><dd>${value}</dd></div>`;
}

function Clock({ app }) {
  const [now, setNow] = useState(new Date());
  useEffect(() => {
    const timer = setInterval(() => setNow(new Date()), kClockMs);
    return () => clearInterval(timer);
  }, []);
  const two = (n) => String(n).padStart(2, '0');
  return html`<p class="wall-clock"><span class="sr">${app.t('wall.clock')} </span>
    ${two(now.getHours())}:${two(now.getMinutes())}</p>`;
}

/** Whether somebody is at the controls just now. */
function useAwake() {
  const [awake, setAwake] = useState(false);
  const timer = useRef(0);
  useEffect(() => {
    const wake = () => {
      setAwake(true);
      clearTimeout(timer.current);
      timer.current = setTimeout(() => setAwake(false), kAwakeMs);
    };
    const events = ['pointermove', 'pointerdown', 'keydown'];
    for (const one of events) addEventListener(one, wake);
    return () => {
      clearTimeout(timer.current);
      for (const one of events) removeEventListener(one, wake);
    };
  }, []);
  return awake;
}

/** The declared rows of the last round that has any, as long as nothing new is on. */
function latest(now) {
  const { attempt } = now;
  const item = attempt && now.agenda.find((one) => one.batch === attempt.batch);
  return item?.attempts.find((one) => one.attempt === attempt.attempt);
}

/** What the hall can do something about. */
const kWaitsShown = ['confirm', 'witness-open', 'witness-box', 'mix', 'share', 'witness-share', 'paper'];

/** More rows than can be read from ten metres are shown one page after the other. */
const kRowsShown = 12;
const kInOneColumn = 6;
const kFew = 3;
const kPageMs = 9000;

function Outcome({ app, rows, counts }) {
  const pages = Math.ceil(rows.length / kRowsShown);
  const [turn, setTurn] = useState(0);
  useEffect(() => {
    if (pages < 2) return undefined;
    const timer = setInterval(() => setTurn((n) => n + 1), kPageMs);
    return () => clearInterval(timer);
  }, [pages]);
  const page = turn % pages;
  const shown = rows.slice(page * kRowsShown, (page + 1) * kRowsShown);
  return html`${pages > 1 && html`<p class="wall-page">${app.t('wall.page', { n: page + 1, total: pages })}</p>`}
    <ul class=${shown.length > kInOneColumn ? 'wall-rows many' : shown.length > kFew ? 'wall-rows' : 'wall-rows few'}>
      ${shown.map((row) => html`<li key=${row.question} class=${`wall-row ${verdictKind(row)}`}>
    <span class="wall-sign" aria-hidden="true">${kVerdictSigns[verdictKind(row)]}</span>
    <span class="wall-name">${app.t('word.candidateNumber',
      { n: row.question, name: candidate(app, row.question).name })}</span>
    <span class="wall-verdict">${verdict(app, row)}</span>
    ${counts && html`<span class="wall-counts">${rowText(app, row)}</span>`}</li>`)}</ul>`;
}

function Tally({ app, rows }) {
  const n = (kind) => rows.filter((row) => verdictKind(row) === kind).length;
  return html`<p class="wall-tally">${['passed', 'failed', 'contested'].filter((kind) => n(kind) > 0)
    .map((kind) => html`<span key=${kind} class=${`verdict ${kind}`}>
      <span aria-hidden="true">${kVerdictSigns[kind]}</span> ${app.t(`row.${kind}`)} ${n(kind)}</span>`)}</p>`;
}

function Declared({ app, last, title, counts }) {
  const { t } = app;
  return html`<div class="wall-result"><h2>${t(last.paper ? 'wall.resultPaper' : 'wall.result', { title })}</h2>
      <${Tally} app=${app} rows=${last.rows} /></div>
    ${last.paper && last.by_committee !== true && html`<p class="wall-mark">${t('paperMark.office')}</p>`}
    <${Outcome} app=${app} rows=${last.rows} counts=${counts} />`;
}

function Bar({ label, done, total }) {
  return html`<progress class="wall-bar" value=${done} max=${Math.max(1, total)} aria-label=${label}></progress>`;
}

function Live({ app, title }) {
  const { t, s } = app;
  const { attempt } = s.now;
  const checks = attempt.phase === 'confirming';
  const checked = attempt.confirmed.length + attempt.not_cast.length;
  const [done, total] = checks ? [checked, attempt.entitled.length] : [attempt.voted.length, attempt.present.length];
  const label = t(checks ? 'wall.confirmedNow' : 'wall.votedNow');
  return html`<div class="wall-split"><div class="wall-big"><h2>${title}</h2>
      <p class="wall-state" role="status">
        ${t(attempt.paper && attempt.phase === 'voting' ? 'wall.paper' : `wall.${attempt.phase}`)}</p>
      ${attempt.paper && html`<p class="wall-mark">${t('wall.onPaper')}</p>`}</div>
    <dl class="wall-figures"><${Figure} label=${t('wall.presentNow')} value=${attempt.present.length} />
      ${!attempt.paper && html`<${Figure} label=${label} value=${`${done}/${total}`} />`}</dl></div>
    ${!attempt.paper && html`<${Bar} label=${label} done=${done} total=${total} />`}
    <${Countdown} app=${app} big=${true} /><${Waits} app=${app} of=${kWaitsShown} help=${false} />`;
}

function stateOf(now, item) {
  if (now.attempt?.live && now.attempt.batch === item.batch) return 'current';
  if (item.undecided.length === 0) return 'decided';
  const contested = item.attempts.some((one) => one.rows.some((row) => row.contested));
  return contested ? 'contested' : item.attempts.length > 0 ? 'again' : 'todo';
}

function Program({ app }) {
  const { t, s } = app;
  return html`<section class="wall-agenda"><h2>${t('agenda.title')}</h2>
    <ol>${s.now.agenda.map((item) => {
      const state = stateOf(s.now, item);
      return html`<li key=${item.batch} class=${state}><span class="wall-name">${item.title}</span>
        <span>${t('wall.candidates', { n: item.questions.length })}</span>
        <span class="wall-verdict">${t(`agenda.${state}`)}</span></li>`;
    })}</ol></section>`;
}

function Between({ app, last }) {
  const { t, s } = app;
  const { experts } = s.now;
  return html`<div class="wall-split"><div class="wall-big"><p class="wall-state" role="status">
      ${t(last?.phase === 'voided' ? 'wall.voided' : experts.quorum ? 'wall.ready' : 'wall.signIn')}</p>
      <dl class="wall-figures"><${Figure} label=${t('attend.committee')} value=${experts.committee} />
        <${Figure} label=${t('attend.present')} value=${experts.present} />
        <${Figure} label=${t('attend.needed')} value=${experts.quorum_min} /></dl>
      <${Bar} label=${t('attend.present')} done=${experts.present} total=${experts.committee} /></div>
    <${Program} app=${app} /></div>`;
}

function Happening({ app, counts }) {
  const { s } = app;
  const { attempt } = s.now;
  const title = attempt && s.meeting.batches.find((one) => one.batch === attempt.batch)?.title;
  const last = attempt && !attempt.live ? latest(s.now) : null;
  if (last?.phase === 'declared')
    return html`<${Declared} app=${app} last=${last} title=${title} counts=${counts} />`;
  return attempt?.live ? html`<${Live} app=${app} title=${title} />` : html`<${Between} app=${app} last=${last} />`;
}

function Head({ app, title, date }) {
  return html`<header class="wall-head"><div><h1>${title}</h1>
    ${date && html`<p>${app.t('facts.date', { date })}</p>`}</div><${Clock} app=${app} /></header>`;
}

function Over({ app }) {
  const { t, s } = app;
  const rows = s.now.agenda.map((item) => [item, item.attempts.filter((one) => one.phase === 'declared')
    .flatMap((one) => one.rows)]).filter(([, list]) => list.length > 0);
  return html`<p class="wall-state" role="status">${t('closed.title')}</p>
    <div class="wall-split"><${Hash} big=${true} label=${t('head.label')} value=${s.now.head} />
      <ul class="wall-over">${rows.map(([item, list]) => html`<li key=${item.batch}>
        <span class="wall-name">${item.title}</span><${Tally} app=${app} rows=${last(list)} /></li>`)}</ul></div>`;
}

/** The last row of each candidate. */
function last(rows) {
  return [...new Map(rows.map((row) => [row.question, row])).values()];
}

export function Screen({ app }) {
  const { t, s } = app;
  const [counts, setCounts] = useState(false);
  const awake = useAwake();
  const kind = awake ? 'wall awake' : 'wall';
  if (s.now.meeting === 'before-open') {
    const { announced } = s.now;
    return html`<div class=${kind}><${Head} app=${app} title=${announced?.title || t('brand')}
        date=${announced?.date} />
      <div class="wall-main wall-middle"><p class="wall-state" role="status">${t('wall.before')}</p></div></div>`;
  }
  const closed = s.now.meeting === 'closed';
  return html`<div class=${kind}><${Head} app=${app} title=${s.meeting.title} date=${s.meeting.date} />
    <div class="wall-main">
      ${closed ? html`<${Over} app=${app} />` : html`<${Happening} app=${app} counts=${counts} />`}</div>
    ${!closed && html`<footer class="wall-foot">
      <div class="style-choice" role="group" aria-label=${t('wall.style')}>
        <button type="button" class="button small" aria-pressed=${!counts} onClick=${() => setCounts(false)}>
          ${t('wall.namesOnly')}</button>
        <button type="button" class="button small" aria-pressed=${counts} onClick=${() => setCounts(true)}>
          ${t('wall.withCounts')}</button></div></footer>`}</div>`;
}
