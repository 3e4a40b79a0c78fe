// SPDX-License-Identifier: Apache-2.0
/** The agenda: what is to be voted on, what opening freezes, what is contested and how it goes on. */
import { useState } from '../vendor/preact-hooks.js';
import { Act, candidate, candidates, Dialog, html, kExpert, names, personName, standing } from './ui.js';
import { Heads } from './heads.js';
import { Rounds } from './results.js';
import { secrecySentence } from './secrecy.js';

/** Questions of a batch that were counted and came out contested: on paper only from there on. */
function contestedOf(item) {
  const contested = new Set(item.attempts.flatMap((one) => one.rows).filter((row) => row.contested)
    .map((row) => row.question));
  return item.undecided.filter((q) => contested.has(q));
}

/** What is frozen, as a list. */
function Frozen({ app, item, present }) {
  const { t, s } = app;
  const mine = s.now.recusals.filter((one) => item.undecided.includes(one.question) && present.includes(one.person));
  const recused = mine.map((one) =>
    t('open.recusal', { name: personName(app, one.person), candidate: candidate(app, one.question).name }));
  return html`<dl class="facts">
    <div><dt>${t('open.present')}</dt>
      <dd>${t('open.presentValue', { n: present.length, needed: s.now.experts.quorum_min })}</dd></div>
    <div><dt>${t('open.candidates')}</dt><dd>${t('open.candidatesValue', { n: item.undecided.length })}</dd></div>
    <div><dt>${t('open.recusals')}</dt><dd>${recused.join(t('word.comma')) || t('word.none')}</dd></div>
    <div><dt>${t('open.secrecy')}</dt><dd>${secrecySentence(app)}</dd></div></dl>`;
}

/** Questions whose votes could not be opened: too many are kept from them on the office's word alone. */
function tooFewFor(app, item, present) {
  // Whom mode leave keeps from one question it keeps from the batch.
  const leave = app.s.meeting.rules.recusal_mode === 'leave';
  return item.undecided.filter((q) => {
    const recused = app.s.now.recusals.filter((one) => present.includes(one.person)
      && (leave ? item.undecided.includes(one.question) : one.question === q));
    const people = (list) => new Set(list.map((one) => one.person)).size;
    const voters = present.length - people(recused);
    return voters < 3 || 3 * voters < 2 * (present.length - people(recused.filter((one) => one.attested)));
  });
}

/** What stands in the way of opening, or should be known before. */
function OpenNotes({ app, item, paper, present, lacking }) {
  const { t, s } = app;
  const gone = s.now.people.filter((one) => one.online === false);
  const offline = gone.filter((one) => present.includes(one.person)).map((one) => one.person);
  const guards = (paper ? [] : s.now.guards?.people || []).filter((one) => one.online === false)
    .map((one) => one.person);
  const contested = contestedOf(item);
  const before = item.undecided.filter((q) => candidate(app, q).opened_before);
  const tooFew = paper ? [] : tooFewFor(app, item, present);
  return html`${!s.now.experts.quorum && html`<p class="note bad">${t('code.QUORUM')}</p>`}
    ${tooFew.length > 0 && html`<p class="note bad">${t('open.tooFew', { names: candidates(app, tooFew) })}</p>`}
    ${item.interviews_missing.length > 0 && html`<p class="note bad">
      ${t('agenda.interviews', { names: candidates(app, item.interviews_missing) })}</p>`}
    ${offline.length > 0 && html`<p class="note warn">${t('open.offline', { names: names(app, offline) })}</p>`}
    ${guards.length > 0 && html`<p class="note bad">${t('open.guardsOffline', { names: names(app, guards) })}</p>`}
    ${!paper && lacking.length > 0 && html`<p class="note warn">
      ${t('open.lacking', { names: names(app, lacking) })}</p>`}
    ${contested.length > 0 && html`<p class="note warn">
      ${t('open.contested', { names: candidates(app, contested) })}</p>`}
    ${before.length > 0 && html`<p class="note warn">${t('open.before', { names: candidates(app, before) })}</p>`}
    ${paper && html`<p class="note warn">${t('open.paperNote')}</p>`}`;
}

export function OpenDialog({ app, item, onClose }) {
  const { t, s } = app;
  const must = contestedOf(item).length > 0;
  const [paper, setPaper] = useState(must);
  const [heads, setHeads] = useState('');
  const present = s.meeting.people.filter((one) => one.roles & kExpert && standing(app, one.person).signed_in)
    .map((one) => one.person);
  const holders = s.now.guards?.people?.length ? s.now.guards.people : s.meeting.trustees;
  const lacking = holders.filter((one) => !item.keys.includes(one.trustee)).map((one) => one.person);
  const can = s.now.experts.quorum && item.interviews_missing.length === 0 && (paper || lacking.length === 0)
    && Number(heads) === present.length;
  return html`<${Dialog} app=${app} title=${t('open.title', { title: item.title })} onClose=${onClose} wide=${true}>
    <p>${t('open.lead')}</p><${Frozen} app=${app} item=${item} present=${present} />
    <${OpenNotes} app=${app} item=${item} paper=${paper} present=${present} lacking=${lacking} />
    <label class="check"><input type="checkbox" checked=${paper} disabled=${must}
      onChange=${(e) => setPaper(e.target.checked)} /> ${t('open.paper')}</label>
    <${Heads} app=${app} people=${present} heads=${heads} setHeads=${setHeads} first=${true} />
    <div class="row-end dialog-foot">
      <${Act} app=${app} kind="primary large" label=${t('open.do')} disabled=${!can}
        run=${async () => (await app.act(`open ${item.batch}${paper ? ' paper' : ''}`, 'note.opened')) && onClose()} />
    </div></${Dialog}>`;
}

function Item({ app, item, led, onOpen }) {
  const { t, s } = app;
  const live = s.now.attempt?.live;
  const total = s.meeting.trustees.length;
  const decided = item.undecided.length === 0;
  const current = live && s.now.attempt.batch === item.batch;
  const again = item.attempts.length > 0;
  const contested = contestedOf(item);
  const waiting = contested.length > 0 ? 'contested' : again ? 'again' : 'todo';
  const state = current ? 'current' : decided ? 'decided' : waiting;
  return html`<article class=${current ? 'card agenda-item current' : 'card agenda-item'}>
    <header class="card-head"><h3>${item.title}</h3><span class="tag">${t(`agenda.${state}`)}</span></header>
    <p class="quiet-text">${t('agenda.candidates', { n: item.questions.length, undecided: item.undecided.length })}</p>
    ${contested.length > 0 && !current && html`<p class="note warn">
      ${t('agenda.contestedNext', { names: candidates(app, contested) })}</p>`}
    ${!decided && !current && html`<p>${item.keys.length < total
        ? t('agenda.keysComing', { done: item.keys.length, total }) : t('agenda.keysReady', { total })}</p>
      ${item.interviews_missing.length > 0 && html`<p class="note warn">
        ${t('agenda.interviews', { names: candidates(app, item.interviews_missing) })}</p>`}
      <div class="row-end"><button type="button" class=${live || led ? 'button' : 'button primary'}
        disabled=${live || app.offline}
        aria-label=${t(again ? 'agenda.openAgainOf' : 'agenda.openOf', { title: item.title })}
        onClick=${onOpen}>${t(again ? 'agenda.openAgain' : 'agenda.open')}</button></div>`}
    <${Rounds} app=${app} item=${item} heading="h4" /></article>`;
}

/** @param led the next batch is opened in a bar of its own */
export function Agenda({ app, led = false }) {
  const { t, s } = app;
  const [opening, setOpening] = useState(0);
  return html`<section aria-labelledby="agenda-title" class="stack"><h2 id="agenda-title">${t('agenda.title')}</h2>
    ${s.now.agenda.map((item) => html`<${Item} key=${item.batch} app=${app} item=${item} led=${led}
      onOpen=${() => setOpening(item.batch)} />`)}
    ${opening > 0 && html`<${OpenDialog} app=${app} item=${s.now.agenda.find((one) => one.batch === opening)}
        onClose=${() => setOpening(0)} />`}
  </section>`;
}
