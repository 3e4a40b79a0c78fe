// SPDX-License-Identifier: Apache-2.0
/**
 * Blank ballots of a batch that is voted on on paper, as many as are given out. Without any name: a candidate whom
 * somebody steps back from has a slip of his own, since a struck line would say whose the whole ballot is.
 */
import { candidate, html, kChoices } from './ui.js';
import { PaperTitle, usePrinting } from './printing.js';

/** How many ballots of this candidate are given out. */
export function issuedOf(app, q) {
  const { attempt } = app.s.now;
  return attempt.present.length - attempt.recusals.filter((one) => one.question === q).length;
}

/** Which candidates stand on one sheet together, and how many of it are printed. */
function sheetsOf(app) {
  const { attempt } = app.s.now;
  const live = attempt.questions.filter((q) => !attempt.voided.includes(q));
  const all = live.filter((q) => issuedOf(app, q) === attempt.present.length);
  const apart = live.filter((q) => !all.includes(q));
  return [...(all.length > 0 ? [{ questions: all, copies: attempt.present.length }] : []),
    ...apart.map((q) => ({ questions: [q], copies: issuedOf(app, q) }))];
}

function Ballot({ app, title, questions }) {
  const { t, s } = app;
  const choices = kChoices.filter((one) => one.choice !== 'abstain' || s.meeting.rules.abstain_allowed);
  return html`<article class="paper-ballot"><${PaperTitle} app=${app} />
    <h2>${t('paperBallot.title', { title })}</h2><p>${t('paperBallot.lead')}</p>
    <table><thead><tr><th scope="col">${t('paperBallot.number')}</th><th scope="col">${t('row.candidate')}</th>
      <th scope="col">${t('paperBallot.employer')}</th>
      ${choices.map((one) => html`<th key=${one.choice} scope="col">${t(`choice.${one.choice}`)}</th>`)}</tr></thead>
    <tbody>${questions.map((q) => html`<tr key=${q}><td>${q}</td><th scope="row">${candidate(app, q).name}</th>
      <td>${candidate(app, q).employer}</td>
      ${choices.map((one) => html`<td key=${one.choice} class="paper-box"><span></span></td>`)}</tr>`)}</tbody></table>
    </article>`;
}

export function PaperBallots({ app }) {
  const { t, s } = app;
  const [printing, begin] = usePrinting();
  const { attempt } = s.now;
  const title = s.meeting.batches.find((one) => one.batch === attempt.batch)?.title;
  const sheets = sheetsOf(app);
  return html`<div class="paper-ballots"><p>${t('paperBallot.print', { n: attempt.present.length })}
      ${sheets.length > 1 && html` ${t('paperBallot.apart')}`}</p>
    <div class="row"><button type="button" class="button" onClick=${begin}>${t('paperBallot.do')}</button></div>
    ${printing && html`<div class="printing print-only">${sheets.map((sheet, i) =>
      Array.from({ length: sheet.copies }, (_, n) => html`<${Ballot} key=${`${i}.${n}`} app=${app} title=${title}
        questions=${sheet.questions} />`))}</div>`}</div>`;
}
