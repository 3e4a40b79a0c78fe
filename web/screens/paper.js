// SPDX-License-Identifier: Apache-2.0
/**
 * The ballot paper. Choices live here and, unsealed for as long as the paper is being filled in, in this laptop's own
 * program, which is told of each at once and gives them back after a reload. As soon as the paper is cast, or the
 * ballot closed, both forget them.
 */
import { useEffect, useMemo, useReducer, useRef } from '../vendor/preact-hooks.js';
import { Act, candidate, candidates, html, kChoices, Still } from '../parts/ui.js';
import { Attachments } from '../parts/attachments.js';
import { Countdown } from '../parts/countdown.js';
import { Leave } from '../parts/leave.js';
import { Reminder } from '../parts/reminder.js';
import { SecrecyMore, secrecySentence } from '../parts/secrecy.js';
import { SpotExplain, SpotState } from '../parts/spot.js';
import { Stages } from '../parts/stages.js';
import { Waits } from '../parts/waits.js';

/** The one paper there is. Outside of the components, so that a look at another place does not lose it. */
const paper = { key: '', sent: '', reviewing: false, casting: false, choices: {}, told: new Set() };

/** @param key batch, attempt and cast of the new one; '' if there is none */
function forgetPaper(key) {
  Object.assign(paper, { key, reviewing: false, casting: false, choices: {}, told: new Set() });
}

/** The stages of a ballot in which a paper is filled in. */
const kPaperStages = ['waiting', 'requested', 'ready'];

/** Whether there is a paper to fill in; forgets it on the way if there is none any more. */
export function paperIsOpen(now) {
  const { attempt, ballot } = now;
  const votable = attempt && ballot && attempt.live && attempt.phase === 'voting' && !attempt.paper
    && kPaperStages.includes(ballot.stage);
  // The answer to a cast comes a moment before `now` tells of it; the paper does not come back for that moment.
  const key = votable ? `${attempt.batch}.${attempt.attempt}.${ballot.cast}` : '';
  const open = key !== '' && key !== paper.sent;
  if (open ? key !== paper.key : paper.key !== '' && !paper.casting) forgetPaper(open ? key : '');
  return open;
}

function stepsOf(t, stage, casting) {
  const got = stage !== 'waiting' && stage !== 'requested';
  const states = [got ? 'done' : 'active', casting ? 'active' : 'pending', 'pending', 'pending'];
  return ['receive', 'seal', 'cast', 'check'].map((id, i) => ({ id, label: t(`stage.${id}`), state: states[i] }));
}

class Choice extends Still {
  render({ t, one, name, chosen, onPress }) {
    const word = t(`choice.${one.choice}`);
    return html`<button type="button" class=${`choice ${one.choice}`} aria-pressed=${chosen} data-choice=${one.choice}
      aria-label=${t('paper.choose', { name, choice: word })} onClick=${onPress}>
      <span class="choice-sign" aria-hidden="true">${one.sign}</span><span>${word}</span></button>`;
  }
}

/** What there is to read of a candidate: a few lines of each, all of it once the row is opened. */
function File({ t, who, interview, open }) {
  const texts = [['summary', who.summary], ['opinion', who.group_opinion], ['interview', interview]];
  return html`<div class="ballot-file"><dl>${texts.filter(([, text]) => text).map(([key, text]) => html`<div key=${key}
      class=${key === 'summary' && !interview ? 'two-lines' : ''}><dt>${t(`paper.${key}`)}</dt><dd>${text}</dd>
    </div>`)}</dl>
    ${open && html`<${Attachments} t=${t} who=${who} />`}</div>`;
}

/** Drawn again only when its own choice, or what is known of its candidate, has changed. */
class Row extends Still {
  state = { open: false };
  press = Object.fromEntries(
    kChoices.map((one) => [one.choice, () => this.props.onChoose(this.props.question, one.choice)]));
  turn = () => this.setState({ open: !this.state.open });

  shouldComponentUpdate(next, state) {
    return state.open !== this.state.open || super.shouldComponentUpdate(next);
  }

  more() {
    const { t, who, interview } = this.props;
    const attached = who.attachments?.length || 0;
    if (!who.summary && !who.group_opinion && !interview && attached === 0) return null;
    const { open } = this.state;
    return html`<button type="button" class="ballot-more" aria-expanded=${open} onClick=${this.turn}>
      <span>${t(open ? 'paper.less' : 'paper.more')}<span class="sr">${t('word.colon')}${who.name}</span></span>
      ${attached > 0 && html`<span class="ballot-attached">${t('paper.attached', { n: attached })}</span>`}</button>`;
  }

  render({ t, question, total, who, interview, choice, choices }, { open }) {
    return html`<li class=${`ballot-row${choice ? ' done' : ''}${open ? ' opened' : ''}`} id=${`row-${question}`}
      data-question=${question}>
      <div class="ballot-group" role="group"
        aria-label=${t('paper.rowLabel',
          { n: question, total, name: who.name, state: choice ? t(`choice.${choice}`) : t('paper.empty') })}>
        <div class="ballot-who"><p><span class="ballot-number">${question}</span>
          <span class="ballot-name">${who.name}</span>
          ${who.exceptional && html`<span class="tag strong">${t('channel.exceptional')}</span>`}</p>
          <span class="ballot-line ballot-employer">${who.employer}</span>
          <span class="ballot-line">${who.level}${t('word.middot')}
            ${t(who.exceptional ? 'channel.exceptional' : 'channel.normal')}</span>
          ${who.opened_before && html`<span class="ballot-line abstain-ink">
            ${t('paper.openedBefore', { text: who.opened_before })}</span>`}</div>
        <${File} t=${t} who=${who} interview=${interview} open=${open} />
        ${this.more()}
        <div class="ballot-choices">
          ${choices.map((one) => html`<${Choice} key=${one.choice} t=${t} one=${one} name=${who.name}
          chosen=${choice === one.choice} onPress=${this.press[one.choice]} />`)}</div>
      </div></li>`;
  }
}

function focusRow(question, choice) {
  const row = document.getElementById(`row-${question}`);
  if (!row) return;
  const wanted = choice || row.querySelector('[aria-pressed=true]')?.dataset.choice;
  const button = (wanted && row.querySelector(`[data-choice=${wanted}]`)) || row.querySelector('.choice');
  button.focus({ preventScroll: true });
  row.scrollIntoView({ block: 'nearest' });
}

/** What this laptop may still have to wait for before a paper can leave. */
const kBeforeCast = ['keys', 'witness-open', 'tokens'];
/** For so long a key that opened the review does not cast the paper that nobody has looked at yet. */
const kUnseenMs = 500;

/** Whom the ballot itself is waited for from: by name, where the program knows. */
function BallotWait({ app }) {
  const { t, s } = app;
  const named = (s.now.waits || []).some((one) => kBeforeCast.includes(one.what) && one.for.length > 0);
  return html`<div class="ballot-wait"><p>${t('paper.tokensComing')}</p>
    ${named && html`<${Waits} app=${app} of=${kBeforeCast} />`}</div>`;
}

/** Who has no choice yet, each with the way there. */
function Unmarked({ app, questions, onBack }) {
  const { t } = app;
  const left = questions.filter((q) => !paper.choices[q]);
  if (left.length === 0) return null;
  return html`<section class="review-group unmarked"><h2>${t('review.unmarked', { n: left.length })}</h2>
    <ul>${left.map((q) => html`<li key=${q}><span>${candidates(app, [q])}</span>
      <button type="button" class="button small" aria-label=${t('review.markOf', { name: candidate(app, q).name })}
        onClick=${() => onBack(q)}>${t('review.mark')}</button></li>`)}</ul></section>`;
}

/** The keyboard's first stop is what the review is for; a paper that can not leave yet is read from its heading on. */
function useFirstFocus(heading, canCast) {
  const shown = useRef(0);
  useEffect(() => {
    scrollTo(0, 0);
    heading.current.focus({ preventScroll: true });
  }, []);
  useEffect(() => {
    if (!canCast || document.activeElement !== heading.current) return;
    shown.current = performance.now();
    document.querySelector('[data-cast]').focus({ preventScroll: true });
  }, [canCast]);
  return (event) => {
    const unseen = event.repeat || performance.now() - shown.current < kUnseenMs;
    if (unseen && (event.key === 'Enter' || event.key === ' ')) event.preventDefault();
  };
}

function Review({ app, questions, choices, onBack, onCast, complete }) {
  const { t } = app;
  const heading = useRef(null);
  const ready = app.s.now.ballot.stage === 'ready';
  const onCastKey = useFirstFocus(heading, complete && ready);
  return html`<section class="review" aria-labelledby="review-title">
    <h1 id="review-title" tabindex="-1" ref=${heading}>${t('review.title')}</h1>
    <p class="lead">${t('review.lead')}</p>
    <${Unmarked} app=${app} questions=${questions} onBack=${onBack} />
    <div class="review-groups">${choices.map((one) => {
      const mine = questions.filter((q) => paper.choices[q] === one.choice);
      return html`<section key=${one.choice} class=${`review-group ${one.choice}`}>
        <h2><span aria-hidden="true">${one.sign}</span> ${t(`choice.${one.choice}`)} <span class="count">
          ${t('review.count', { n: mine.length })}</span></h2>
        ${mine.length === 0 && html`<p class="quiet-text">${t('review.none')}</p>`}
        <ul>${mine.map((q) =>
          html`<li key=${q}><span>${candidates(app, [q])}
            <span class="quiet-text"> ${candidate(app, q).employer}</span></span>
          <button type="button" class="button small"
            aria-label=${t('review.changeOf', { name: candidate(app, q).name })}
            onClick=${() => onBack(q)}>${t('review.change')}</button></li>`)}</ul></section>`;
    })}</div>
    <div class="action-bar">
      <button type="button" class="button" onClick=${() => onBack(null)}>${t('review.back')}</button>
      <div class="action-note" role="status">${!complete ? html`<p>${t('review.notYet')}</p>`
        : !ready && html`<${BallotWait} app=${app} />`}</div>
      <${Act} app=${app} kind="primary" label=${t('review.cast')} disabled=${!complete || !ready} run=${onCast}
        data-cast="" onKeyDown=${onCastKey} /></div>
  </section>`;
}

/** Keeps what the program holds and what stands here the same; gives the function that says one choice. */
function useMarks(app, questions, redraw) {
  const tell = async (question) => {
    const choice = paper.choices[question];
    const key = paper.key;
    paper.told.delete(question);
    const reply = await app.call(`vote ${question} ${choice}`);
    if (key !== paper.key) return;
    if (reply.ok && paper.choices[question] === choice) paper.told.add(question);
    if (!reply.ok && reply.code !== 'DOOR_LOST') app.say({ reply });
  };
  // At the start and after each reconnect: what the program holds is taken over, what it has not heard is said again.
  useEffect(() => {
    let left = false;
    app.call('marks').then((reply) => {
      if (left || !reply.ok || paper.casting) return;
      for (const question of questions) {
        const held = reply.marks[question];
        if (paper.choices[question] === undefined && held) paper.choices[question] = held;
        if (paper.choices[question] === held) paper.told.add(question);
        else tell(question);
      }
      redraw();
    });
    return () => (left = true);
  }, [app.s.epoch, paper.key]);
  return tell;
}

/** Which row one is at, and the ways to another. */
function useRows(questions, review) {
  const current = useRef(questions.find((q) => !paper.choices[q]) ?? questions[0]);
  const begun = useRef(false);
  const goTo = (question, choice) => {
    current.current = question;
    focusRow(question, choice);
  };
  const nextEmpty = () => {
    // Before any row was looked at, the first of them is the next.
    const at = begun.current ? questions.indexOf(current.current) : questions.length - 1;
    const empty = [...questions.slice(at + 1), ...questions.slice(0, at + 1)].find((q) => !paper.choices[q]);
    if (empty !== undefined) goTo(empty);
  };
  const next = (from) => {
    const at = questions.indexOf(from);
    if (at + 1 < questions.length) goTo(questions[at + 1]);
    // As it stands now: a key may come before the one before it has been drawn.
    else if (questions.every((q) => paper.choices[q])) review();
    else nextEmpty();
  };
  const lookAt = (event) => {
    const row = event.target.closest('[data-question]');
    if (!row) return;
    begun.current = true;
    current.current = Number(row.dataset.question);
  };
  return { current, goTo, next, nextEmpty, lookAt };
}

/** Arrows go from row to row, digits choose, Enter goes on: within the paper, and while nothing lies over it. */
function useKeys(app, { list, questions, choices, choose, rows }) {
  useEffect(() => {
    const onKey = (event) => {
      if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || app.isCovered()) return;
      if (paper.reviewing || paper.casting || document.querySelector('dialog[open]')) return;
      const on = event.target;
      // A click beside the rows puts the focus on what is around them.
      if (!list.current || !(on.contains(list.current) || list.current.contains(on))) return;
      const at = Math.max(0, questions.indexOf(rows.current.current));
      const move = { ArrowDown: 1, ArrowUp: -1 }[event.key];
      const picked = choices.find((one) => one.key === event.key);
      if (move) {
        rows.goTo(questions[Math.min(questions.length - 1, Math.max(0, at + move))], on.dataset?.choice);
      } else if (picked) {
        choose(questions[at], picked.choice);
        focusRow(questions[at], picked.choice);
      } else if (event.key === 'Enter' && !on.closest('.ballot-file, .ballot-more')) {
        rows.next(questions[at]);
      } else {
        return;
      }
      event.preventDefault();
    };
    document.addEventListener('keydown', onKey);
    return () => document.removeEventListener('keydown', onKey);
  });
}

async function castPaper(app, questions, tell, redraw) {
  const key = paper.key;
  paper.casting = true;
  redraw();
  await Promise.all(questions.filter((q) => !paper.told.has(q)).map(tell));
  const reply = await app.call('cast');
  if (key === paper.key) {
    paper.casting = false;
    // A paper that did not leave is still here, but no longer in the program: all of it is said again.
    paper.told.clear();
    if (reply.ok) {
      forgetPaper('');
      paper.sent = key;
    }
    if (!reply.ok && reply.code !== 'DOOR_LOST') for (const q of questions) tell(q);
  }
  app.say(reply.ok ? { ok: 'note.cast' } : { reply });
  redraw();
  app.redraw();
}

/**
 * What there is to read before the rows. As low as it goes, so that rows are seen: unfolded only whether the vote is
 * secret, that a laptop can be checked, and what is waited for.
 */
function PaperHead({ app, stages, questions, abstain }) {
  const { t, s } = app;
  const { attempt, ballot } = s.now;
  const title = s.meeting.batches.find((one) => one.batch === attempt.batch)?.title;
  const recused = attempt.questions.filter((q) => !questions.includes(q));
  return html`<header class="paper-head"><h1>${t('paper.title', { title })}</h1>
      ${attempt.attempt > 1 && html`<span class="tag">${t('round.title', { n: attempt.attempt })}</span>`}
      <details class="paper-help"><summary>${t('paper.help')}</summary>
        <p>${t(abstain ? 'paper.lead' : 'paper.leadNoAbstain')}</p>
        <p class="keys-help">${t(abstain ? 'paper.keys' : 'paper.keysNoAbstain')}</p>
        <${SpotExplain} app=${app} /><${SecrecyMore} app=${app} /></details></header>
    <p class="paper-secrecy"><strong>${secrecySentence(app)}</strong>
      ${s.meeting.rules.checks_allowed && html` <span>${t('spot.short')}</span>`}</p>
    <${SpotState} app=${app} />
    ${ballot.stage !== 'ready' && html`<div class="paper-wait">${stages}<${BallotWait} app=${app} /></div>`}
    ${recused.length > 0
      && html`<p class="quiet-text">${t('paper.recused', { names: candidates(app, recused) })}</p>`}`;
}

/** So many names stand in the bar; all of them on the review. */
const kNamesInBar = 3;

function unmarkedText(app, questions) {
  const left = questions.filter((q) => !paper.choices[q]);
  if (left.length === 0) return '';
  const names = candidates(app, left.slice(0, kNamesInBar));
  return left.length > kNamesInBar ? app.t('paper.unmarkedMore', { names, n: left.length })
    : app.t('paper.unmarked', { names });
}

export function Paper({ app }) {
  const { t, s } = app;
  const { ballot, interviews } = s.now;
  const [, redraw] = useReducer((n) => n + 1, 0);
  const questions = useMemo(() => ballot.questions, [ballot.questions.join()]);
  const abstain = s.meeting.rules.abstain_allowed;
  const choices = useMemo(() => kChoices.filter((one) => abstain || one.choice !== 'abstain'), [abstain]);
  const interviewOf = new Map(interviews.map((one) => [one.question, one.summary]));
  const returnTo = useRef(null);
  const list = useRef(null);
  const done = questions.filter((q) => paper.choices[q]).length;
  const complete = done === questions.length;
  const setReviewing = (reviewing) => {
    paper.reviewing = reviewing;
    redraw();
  };
  const review = () => setReviewing(true);
  const rows = useRows(questions, review);
  const tell = useMarks(app, questions, redraw);
  // One function for the life of the paper, so that rows see no change.
  const choose = useMemo(() => (question, choice) => {
    rows.current.current = question;
    paper.choices[question] = choice;
    redraw();
    tell(question);
  }, [paper.key]);
  const back = (question) => {
    returnTo.current = question ?? rows.current.current;
    setReviewing(false);
  };
  useEffect(() => {
    if (paper.reviewing || returnTo.current === null) return;
    rows.goTo(returnTo.current);
    returnTo.current = null;
  });
  useKeys(app, { list, questions, choices, choose, rows });

  const steps = stepsOf(t, ballot.stage, paper.casting);
  const stages = html`<${Stages} app=${app} label=${t('stage.label')} steps=${steps} />`;
  if (paper.reviewing) {
    return html`<div class="paper">${stages}<${Review} app=${app} questions=${questions} choices=${choices}
      onBack=${back} onCast=${() => castPaper(app, questions, tell, redraw)} complete=${complete} /></div>`;
  }
  return html`<div class="paper"><${PaperHead} app=${app} stages=${stages} questions=${questions} abstain=${abstain} />
    <ol class="ballot-list" ref=${list} onFocusIn=${rows.lookAt}>${questions.map((q) => html`<${Row} key=${q} t=${t}
        question=${q} total=${questions.length} who=${candidate(app, q)}
        interview=${interviewOf.get(q) || ''} choice=${paper.choices[q] || ''} choices=${choices}
        onChoose=${choose} />`)}</ol>
    <div class="row-end"><span class="quiet-text">${t('paper.memory')}</span><${Leave} app=${app} small=${true} /></div>
    <div class="action-bar"><${Countdown} app=${app} big=${true} />
      <span class="progress-count" role="status">${t('paper.count', { done, total: questions.length })}</span>
      <div class="action-note"><${Reminder} app=${app} />
        <p class="unmarked-names">${unmarkedText(app, questions)}</p></div>
      <button type="button" class="button" disabled=${complete} onClick=${rows.nextEmpty}>
        ${t('paper.nextEmpty')}</button>
      <button type="button" class="button" onClick=${app.cover}>${t('cover.now')}</button>
      <button type="button" class="button primary" onClick=${review}>${t('paper.review')}</button>
    </div>
  </div>`;
}
