// SPDX-License-Identifier: Apache-2.0
/** Ballots on paper, when machines fail: a row of figures a candidate, summed up while they are typed. */
import { useReducer } from '../vendor/preact-hooks.js';
import { candidate, html } from './ui.js';
import { Hold } from './hold.js';

const kParts = ['issued', 'returned', 'valid', 'invalid', 'agree', 'disagree', 'abstain'];

/** Outside of the component, so that a look at another place loses nothing of what was typed. */
const typed = { key: '', rows: {} };

/** What does not add up, by the key of its sentence; nothing if all does. */
function wrong(row) {
  const n = Object.fromEntries(kParts.map((part) => [part, Number(row[part])]));
  if (kParts.some((part) => row[part] === undefined || row[part] === '' || !Number.isInteger(n[part]) || n[part] < 0))
    return 'paperTally.incomplete';
  if (n.valid !== n.agree + n.disagree + n.abstain) return 'paperTally.validSum';
  if (n.returned !== n.valid + n.invalid) return 'paperTally.returnedSum';
  return n.returned > n.issued ? 'paperTally.tooMany' : '';
}

export function PaperTally({ app }) {
  const { t, s } = app;
  const { attempt } = s.now;
  const live = attempt.questions.filter((q) => !attempt.voided.includes(q));
  const [, redraw] = useReducer((n) => n + 1, 0);
  const key = `${attempt.batch}.${attempt.attempt}`;
  if (typed.key !== key) Object.assign(typed, { key, rows: {} });
  const { rows } = typed;
  const type = (q, part, value) => {
    rows[q] = { ...rows[q], [part]: value };
    redraw();
  };
  const submit = async () => {
    for (const q of live) {
      const reply = await app.call(`paper ${q} ${kParts.map((part) => rows[q][part]).join(' ')}`);
      if (!reply.ok) return app.say({ reply });
    }
    await app.act('paper-submit', 'note.paperDone');
  };
  const ready = live.every((q) => ['', 'paperTally.tooMany'].includes(wrong(rows[q] || {})));
  const waiting = s.now.proposals.some((one) => one.type === 'PaperTally');
  return html`<h3>${t('paperTally.title')}</h3><p>${t('paperTally.lead')}</p>
    <div class="scroll-x" tabindex="0" role="region" aria-label=${t('paperTally.title')}>
      <table class="plain tally"><thead><tr><th scope="col">${t('row.candidate')}</th>
      ${kParts.map((part) => html`<th key=${part} scope="col">${t(`paperTally.${part}`)}</th>`)}</tr></thead>
    <tbody>${live.map((q) => {
      const bad = wrong(rows[q] || {});
      return html`<tr key=${q}>
        <th scope="row">${candidate(app, q).name}
          <span class=${bad ? 'tally-check disagree-ink' : 'tally-check agree-ink'}>
            ${t(bad || 'paperTally.good')}</span></th>
            ${kParts.map((part) =>
              html`<td key=${part}><input type="text" inputmode="numeric" autocomplete="off" size="3"
        aria-label=${t('paperTally.cell', { name: candidate(app, q).name, part: t(`paperTally.${part}`) })}
          value=${rows[q]?.[part] ?? ''} onInput=${(e) => type(q, part, e.target.value.trim())} /></td>`)}</tr>`;
    })}</tbody></table></div>
    ${waiting ? html`<p class="note">${t('sign.waiting')}</p>`
      : html`<div class="sign-row">
        <${Hold} app=${app} label=${t('paperTally.do')} disabled=${!ready} run=${submit} /></div>`}`;
}
