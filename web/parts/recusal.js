// SPDX-License-Identifier: Apache-2.0
/**
 * Standing back from a candidate: what is proposed to an expert, what he says himself, and what he takes back before
 * the batch opens. Nothing of it counts before he has signed it.
 */
import { useState } from '../vendor/preact-hooks.js';
import { Act, candidate, candidates, html, oneLine, ReasonDialog } from './ui.js';

/** As people write one employer in several ways: width, case, blanks and brackets count for nothing. */
function folded(employer) {
  return employer.normalize('NFKC').toLowerCase().replace(/[\s\p{Ps}\p{Pe}]/gu, '');
}

export function sameEmployer(a, b) {
  return folded(a) !== '' && folded(a) === folded(b);
}

function ownRecusals(app) {
  return app.s.now.recusals.filter((one) => one.person === app.s.now.person);
}

/** What one may still step back from: not decided, not being voted on, not recused by one's own word already. */
function openQuestions(app) {
  const { now } = app.s;
  const mine = new Set(ownRecusals(app).filter((one) => one.attested).map((one) => one.question));
  const live = new Set(now.attempt?.live ? now.attempt.questions : []);
  return now.agenda.flatMap((item) => item.undecided).filter((q) => !mine.has(q) && !live.has(q));
}

/** The office's suggestions, and candidates of one's own employer: [{ question, reason }]. */
function suggestionsFor(app) {
  const { t, s } = app;
  const noted = new Set(ownRecusals(app).map((one) => one.question));
  const open = openQuestions(app).filter((q) => !noted.has(q));
  const byOffice = (s.now.suggested || []).filter((one) => open.includes(one.question));
  const named = new Set(byOffice.map((one) => one.question));
  const employer = s.meeting?.people[s.now.person - 1]?.employer || '';
  const own = open.filter((q) => !named.has(q) && sameEmployer(candidate(app, q).employer || '', employer))
    .map((question) => ({ question, reason: t('suggested.sameEmployer') }));
  return { byOffice, own };
}

function Suggestion({ app, one }) {
  const { t } = app;
  const { name, employer } = candidate(app, one.question);
  return html`<li class="row"><span class="grow">
      ${t('suggested.of', { candidate: candidates(app, [one.question]), employer, reason: one.reason })}</span>
    <${Act} app=${app} label=${t('suggested.sign')} aria-label=${t('suggested.signOf', { name })}
      run=${() => app.act(`recuse ${one.question} ${oneLine(one.reason)}`, 'note.recused')} /></li>`;
}

/** One click each; before and after the sign-in. */
export function Suggested({ app }) {
  const { t, s } = app;
  if (!s.meeting || s.now.meeting !== 'open') return null;
  const { byOffice, own } = suggestionsFor(app);
  if (byOffice.length + own.length === 0) return null;
  return html`<section class="card suggested">
    <h2>${t(own.length > 0 ? 'suggested.title' : 'suggested.titleOffice')}</h2><p>${t('suggested.lead')}</p>
    <ul class="plain">${[...byOffice, ...own].map((one) =>
      html`<${Suggestion} key=${one.question} app=${app} one=${one} />`)}</ul></section>`;
}

export function RecuseDialog({ app, onClose }) {
  const { t } = app;
  const [question, setQuestion] = useState(0);
  return html`<${ReasonDialog} app=${app} title=${t('recuse.title')} lead=${t('recuse.lead')}
    confirm=${t('recuse.confirm')} ready=${question > 0} onClose=${onClose}
    run=${(reason) => app.act(`recuse ${question} ${reason}`, 'note.recused')}>
    <label class="field"><span>${t('word.candidate')}</span>
      <select value=${question} onChange=${(e) => setQuestion(Number(e.target.value))}>
      <option value="0">${t('recuse.choose')}</option>
      ${openQuestions(app).map((q) => html`<option key=${q} value=${q}>${candidates(app, [q])}${t('word.middot')}
        ${candidate(app, q).employer}</option>`)}</select></label>
  </${ReasonDialog}>`;
}

function TakeBackDialog({ app, question, onClose }) {
  const { t } = app;
  return html`<${ReasonDialog} app=${app} title=${t('recuse.backTitle', { candidate: candidates(app, [question]) })}
    lead=${t('recuse.backLead')} confirm=${t('recuse.back')} onClose=${onClose}
    run=${(reason) => app.act(`recuse-back ${question} ${reason}`, 'note.recuseBack')} />`;
}

/** One's own, each as the log has it, with what can still be done about it. */
export function OwnRecusals({ app }) {
  const { t } = app;
  const [back, setBack] = useState(0);
  const mine = ownRecusals(app);
  if (mine.length === 0) return null;
  return html`<ul>${mine.map((one) => html`<li key=${one.question}>
      ${t('recuse.is', { name: candidates(app, [one.question]), reason: one.reason })}
      ${!one.attested && html`<p class="note warn">${t(one.own_word ? 'recuse.byOffice' : 'recuse.byOfficeKey')}</p>`}
      ${!one.attested && one.own_word && html`<${Act} app=${app}
        label=${t('recuse.attest', { name: candidate(app, one.question).name })}
        run=${() => app.act(`recuse ${one.question} ${oneLine(one.reason)}`, 'note.recused')} />`}
      ${one.can_take_back && html` <button type="button" class="button small"
        aria-label=${t('recuse.backOf', { name: candidate(app, one.question).name })}
        onClick=${() => setBack(one.question)}>${t('recuse.back')}</button>`}</li>`)}</ul>
    ${back > 0 && html`<${TakeBackDialog} app=${app} question=${back} onClose=${() => setBack(0)} />`}`;
}
