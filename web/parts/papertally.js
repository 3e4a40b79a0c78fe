// SPDX-License-Identifier: Apache-2.0
/**
 * Ballots on paper, when machines fail: of each candidate four figures are typed, all others follow from them and are
 * shown, so that a count that does not add up is seen while it is typed.
 */
import { candidate, html, Still } from './ui.js';
import { Hold } from './hold.js';
import { PaperBallots, issuedOf } from './paperballots.js';

const kTyped = ['agree', 'disagree', 'abstain', 'invalid'];

/** Outside of the component, so that a look at another place loses nothing of what was typed. */
const typed = { key: '', rows: {}, issued: '', changing: false, redraw: () => {} };

function count(text) {
  return /^\d{1,4}$/.test(text ?? '') ? Number(text) : null;
}

/** How many ballots of a candidate were given out: of the number typed once, without those who step back from him. */
function issuedFor(app, q) {
  const { attempt } = app.s.now;
  const whole = typed.issued === '' ? attempt.present.length : count(typed.issued);
  return whole === null ? null : whole - (attempt.present.length - issuedOf(app, q));
}

/** One function for all rows, so that no row is drawn again for its sake. */
function typeInto(q, part, value) {
  typed.rows[q] = { ...typed.rows[q], [part]: value };
  typed.redraw();
}

/** All figures of a row; null while something is not typed. */
function figures(app, q) {
  const row = typed.rows[q] || {};
  const [agree, disagree, abstain, invalid] = kTyped.map((part) => count(row[part]));
  const issued = issuedFor(app, q);
  if ([agree, disagree, abstain, invalid, issued].includes(null)) return null;
  const valid = agree + disagree + abstain;
  return { issued, returned: valid + invalid, valid, invalid, agree, disagree, abstain };
}

function liveOf(app) {
  const { attempt } = app.s.now;
  const key = `${attempt.batch}.${attempt.attempt}`;
  if (typed.key !== key) Object.assign(typed, { key, rows: {}, issued: '', changing: false });
  return attempt.questions.filter((q) => !attempt.voided.includes(q));
}

/** What a row says of itself: what is left to type, or whether as many came back as were given out. */
function check(t, row, issued) {
  if (!row) return { bad: true, text: t('paperTally.incomplete') };
  if (row.returned > issued) return { bad: true, text: t('paperTally.tooMany', row) };
  if (row.returned < issued) return { bad: false, text: t('paperTally.short', { ...row, n: issued - row.returned }) };
  return { bad: false, text: t('paperTally.good', row) };
}

/** The signature under the whole table; where a bar leads, it stands there. */
export function PaperHold({ app }) {
  const { t } = app;
  const live = liveOf(app);
  const rows = live.map((q) => [q, figures(app, q)]);
  const submit = async () => {
    for (const [q, row] of rows) {
      const reply = await app.call(`paper ${q} ${[row.issued, row.returned, row.valid, row.invalid, row.agree,
        row.disagree, row.abstain].join(' ')}`);
      if (!reply.ok) return app.say({ reply });
    }
    await app.act('paper-submit', 'note.paperDone');
  };
  return html`<${Hold} app=${app} label=${t('paperTally.do')} run=${submit}
    disabled=${rows.some(([, row]) => !row || row.issued < 0)} />`;
}

/** Enter goes on to the next figure, from the last one to the signature. */
function onEnter(event) {
  if (event.key !== 'Enter') return;
  event.preventDefault();
  const fields = [...event.target.closest('table').querySelectorAll('input')];
  const next = fields[fields.indexOf(event.target) + 1];
  if (next) return void (next.focus(), next.select());
  document.querySelector('.next-step .hold, .sign-row .hold')?.focus();
}

/** Drawn again only when one of its own figures has changed. */
class Row extends Still {
  render({ t, question, name, onType, text, bad, returned, ...row }) {
    return html`<tr><th scope="row"><span class="row-number">${question}</span>${name}</th>
      ${kTyped.map((part) => html`<td key=${part}><input type="text" inputmode="numeric" autocomplete="off" size="3"
        maxlength="4" aria-label=${t('paperTally.cell', { name, part: t(`paperTally.${part}`) })}
        value=${row[part] ?? ''} onInput=${(e) => onType(question, part, e.target.value.trim())} /></td>`)}
      <td class="number">${returned ?? t('paperTally.none')}</td>
      <td class=${bad ? 'tally-check disagree-ink' : 'tally-check agree-ink'}>
        <span aria-hidden="true">${bad ? '!' : '✓'} </span>${text}</td></tr>`;
  }
}

function Totals({ app, live }) {
  const { t } = app;
  const sum = (part) => live.reduce((n, q) => n + (count(typed.rows[q]?.[part]) ?? 0), 0);
  const returned = kTyped.reduce((n, part) => n + sum(part), 0);
  const issued = live.reduce((n, q) => n + (issuedFor(app, q) ?? 0), 0);
  return html`<tr><th scope="row">${t('paperTally.total')}</th>
    ${kTyped.map((part) => html`<td key=${part} class="number">${sum(part)}</td>`)}
    <td class="number">${returned}</td><td>${t('paperTally.totalIssued', { n: issued })}</td></tr>`;
}

function Issued({ app, change }) {
  const { t, s } = app;
  const whole = s.now.attempt.present.length;
  if (!typed.changing) {
    return html`<p>${t('paperTally.issuedOnce', { n: typed.issued === '' ? whole : typed.issued })}
      <button type="button" class="button small" onClick=${() => change({ changing: true })}>
        ${t('paperTally.issuedChange')}</button></p>`;
  }
  return html`<label class="field heads-field"><span>${t('paperTally.issuedField', { n: whole })}</span>
    <input type="text" inputmode="numeric" autocomplete="off" value=${typed.issued}
      onInput=${(e) => change({ issued: e.target.value.trim() })} /></label>`;
}

export function PaperTally({ app, led = false }) {
  const { t, s } = app;
  const live = liveOf(app);
  typed.redraw = app.redraw;
  const change = (patch) => {
    Object.assign(typed, patch);
    app.redraw();
  };
  const waiting = s.now.proposals.some((one) => one.type === 'PaperTally');
  const head = (key) => html`<th scope="col">${t(`paperTally.${key}`)}</th>`;
  return html`<${PaperBallots} app=${app} /><h3>${t('paperTally.title')}</h3><p>${t('paperTally.lead')}</p>
    <${Issued} app=${app} change=${change} />
    <div class="scroll-x" tabindex="0" role="region" aria-label=${t('paperTally.title')}>
      <table class="plain tally" onKeyDown=${onEnter}><thead><tr><th scope="col">${t('row.candidate')}</th>
      ${kTyped.map(head)}${head('returned')}${head('check')}</tr></thead>
    <tbody>${live.map((q) => {
      const row = figures(app, q);
      const said = check(t, row, row?.issued ?? 0);
      return html`<${Row} key=${q} t=${t} question=${q} name=${candidate(app, q).name} onType=${typeInto}
        returned=${row?.returned} text=${said.text} bad=${said.bad} ...${typed.rows[q]} />`;
    })}</tbody><tfoot><${Totals} app=${app} live=${live} /></tfoot></table></div>
    ${waiting && html`<p class="note">${t('sign.waiting')}</p>`}
    ${!waiting && !led && html`<div class="sign-row"><${PaperHold} app=${app} /></div>`}`;
}
