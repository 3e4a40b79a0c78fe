// SPDX-License-Identifier: Apache-2.0
/** The big screen: read from ten metres, no controls but the language and how much of the result it shows. */
import { useEffect, useState } from '../vendor/preact-hooks.js';
import { candidate, html } from '../parts/ui.js';
import { Hash } from '../parts/hash.js';
import { kVerdictSigns, rowText, verdict, verdictKind } from '../parts/results.js';
import { Waits } from '../parts/waits.js';

function Figure({ label, value }) {
  return html`<div class="wall-figure"><dt>${label}</dt><dd>${value}</dd></div>`;
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
    <ul class=${shown.length > 6 ? 'wall-rows many' : 'wall-rows'}>
      ${shown.map((row) => html`<li key=${row.question} class=${`wall-row ${verdictKind(row)}`}>
    <span class="wall-sign" aria-hidden="true">${kVerdictSigns[verdictKind(row)]}</span>
    <span class="wall-name">${candidate(app, row.question).name}</span>
    <span class="wall-verdict">${verdict(app, row)}</span>
    ${counts && html`<span class="wall-counts">${rowText(app, row)}</span>`}</li>`)}</ul>`;
}

function Happening({ app, counts }) {
  const { t, s } = app;
  const { attempt, experts } = s.now;
  const title = attempt && s.meeting.batches.find((one) => one.batch === attempt.batch)?.title;
  const last = attempt && !attempt.live ? latest(s.now) : null;
  if (last?.phase === 'declared')
    return html`<h2>${t(last.paper ? 'wall.resultPaper' : 'wall.result', { title })}</h2>
      ${last.paper && last.by_committee !== true && html`<p class="wall-mark">${t('paperMark.office')}</p>`}
      <${Outcome} app=${app} rows=${last.rows} counts=${counts} />`;
  if (attempt?.live) {
    return html`<h2>${title}</h2>
      <p class="wall-state" role="status">
        ${t(attempt.paper && attempt.phase === 'voting' ? 'wall.paper' : `wall.${attempt.phase}`)}</p>
      <dl class="wall-figures"><${Figure} label=${t('wall.presentNow')} value=${attempt.present.length} />
        ${!attempt.paper && html`<${Figure} label=${t('wall.votedNow')}
            value=${`${attempt.voted.length}/${attempt.present.length}`} />`}
        ${attempt.phase === 'confirming'
          && html`<${Figure} label=${t('wall.confirmedNow')}
            value=${`${attempt.confirmed.length + attempt.not_cast.length}/${attempt.entitled.length}`} />`}</dl>
      <${Waits} app=${app} of=${kWaitsShown} />`;
  }
  return html`<p class="wall-state" role="status">
    ${t(last?.phase === 'voided' ? 'wall.voided' : experts.quorum ? 'wall.ready' : 'wall.signIn')}</p>
    <dl class="wall-figures"><${Figure} label=${t('attend.committee')} value=${experts.committee} />
      <${Figure} label=${t('attend.present')} value=${experts.present} />
      <${Figure} label=${t('attend.needed')} value=${experts.quorum_min} /></dl>`;
}

export function Screen({ app }) {
  const { t, s } = app;
  const [counts, setCounts] = useState(false);
  if (s.now.meeting === 'before-open')
    return html`<div class="wall"><h1>${t('brand')}</h1>
      <p class="wall-state" role="status">${t('wall.before')}</p></div>`;
  const closed = s.now.meeting === 'closed';
  return html`<div class="wall"><h1>${s.meeting.title}</h1>
    <div class="wall-main">
      ${closed ? html`<p class="wall-state" role="status">${t('closed.title')}</p>
        <${Hash} big=${true} label=${t('head.label')} value=${s.now.head} />`
      : html`<${Happening} app=${app} counts=${counts} />`}</div>
    ${!closed && html`<footer class="wall-foot">
      <${Hash} label=${t('head.size', { n: s.now.size })} value=${s.now.root} />
      <div class="style-choice" role="group" aria-label=${t('wall.style')}>
        <button type="button" class="button small" aria-pressed=${!counts} onClick=${() => setCounts(false)}>
          ${t('wall.namesOnly')}</button>
        <button type="button" class="button small" aria-pressed=${counts} onClick=${() => setCounts(true)}>
          ${t('wall.withCounts')}</button></div></footer>`}</div>`;
}
