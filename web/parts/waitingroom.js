// SPDX-License-Identifier: Apache-2.0
/** What there is to read while one waits: the agenda, and of each batch its candidates with all that is known. */
import { useState } from '../vendor/preact-hooks.js';
import { Attachments } from './attachments.js';
import { candidate, candidates, html } from './ui.js';

function Known({ label, text }) {
  return text ? html`<div><dt>${label}</dt><dd>${text}</dd></div>` : null;
}

function Candidate({ app, question, interview }) {
  const { t } = app;
  const who = candidate(app, question);
  const channel = t(who.exceptional ? 'channel.exceptional' : 'channel.normal');
  return html`<li class="room-candidate"><h4>${candidates(app, [question])}
      ${who.exceptional && html` <span class="tag strong">${channel}</span>`}</h4>
    <p class="quiet-text">${[who.employer, who.level, channel].join(t('word.middot'))}</p>
    ${who.opened_before && html`<p class="abstain-ink">${t('paper.openedBefore', { text: who.opened_before })}</p>`}
    <dl class="facts"><${Known} label=${t('paper.summary')} text=${who.summary} />
      <${Known} label=${t('paper.opinion')} text=${who.group_opinion} />
      <${Known} label=${t('paper.interview')} text=${interview} /></dl>
    <${Attachments} t=${t} who=${who} /></li>`;
}

function stateOf(now, item) {
  if (now.attempt?.live && now.attempt.batch === item.batch) return 'current';
  if (item.undecided.length === 0) return 'decided';
  return item.attempts.length > 0 ? 'again' : 'todo';
}

/** Drawn when it is opened: a meeting may have many hundreds of candidates. */
function Batch({ app, item, begin }) {
  const { t, s } = app;
  const [open, setOpen] = useState(begin);
  const interviews = new Map(s.now.interviews.map((one) => [one.question, one.summary]));
  return html`<details open=${open} onToggle=${(e) => setOpen(e.currentTarget.open)}><summary>
      <h3>${item.title}</h3><span class="tag">${t(`agenda.${stateOf(s.now, item)}`)}</span>
      <span class="quiet-text">${t('room.candidates', { n: item.questions.length })}</span></summary>
    ${open && html`<ul class="room-candidates">${item.questions.map((q) => html`<${Candidate} key=${q} app=${app}
      question=${q} interview=${interviews.get(q)} />`)}</ul>`}</details>`;
}

export function WaitingRoom({ app }) {
  const { t, s } = app;
  if (!s.meeting || s.now.agenda.length === 0) return null;
  const next = s.now.agenda.find((item) => item.undecided.length > 0)?.batch;
  return html`<section class="card room"><h2>${t('room.title')}</h2><p class="quiet-text">${t('room.lead')}</p>
    ${s.now.agenda.map((item) => html`<${Batch} key=${item.batch} app=${app} item=${item}
      begin=${item.batch === next} />`)}</section>`;
}
