// SPDX-License-Identifier: Apache-2.0
/** The sheets: a preview that names each bad cell, and all of them at once or none. */
import { useState } from '../vendor/preact-hooks.js';
import { Act, html } from '../parts/ui.js';
import { Columns } from './columns.js';
import { FileField } from './upload.js';

const kSheets = '.csv,.xlsx';

function Downloads({ app, kinds, ending }) {
  return html`<p>${kinds.map((kind) => html`<a key=${kind} class="button small" download
    href=${`sheets/${kind}${ending}.xlsx`}>${app.t(`import.${kind}File`)}</a> `)}</p>`;
}

/** Of one row of a sheet, all that is wrong with it: who mends the sheet goes through it once. */
function byRow(errors) {
  const rows = new Map();
  for (const one of errors) {
    const key = JSON.stringify([one.file, one.sheet, one.row]);
    rows.set(key, [...(rows.get(key) ?? []), one]);
  }
  return [...rows.values()];
}

function Faults({ app, errors }) {
  const { t } = app;
  const rows = byRow(errors);
  return html`<section class="card"><h2 id="faults-title" class="alarm">${t('import.faults', { n: rows.length })}</h2>
    <p>${t('import.faultsLead')}</p>
    <div class="scroll" tabindex="0" role="region" aria-labelledby="faults-title">
      <table><${Columns} keys=${['file', 'sheet', 'row', 'what']}
        figures=${['row']} word=${(key) => t(`import.${key}`)} />
    <tbody>${rows.map((cells) =>
      html`<tr key=${cells[0].file + cells[0].sheet + cells[0].row}><td>${cells[0].file}</td><td>${cells[0].sheet}</td>
        <td class="number">${cells[0].row || ''}</td><td>${cells.map((one, i) =>
          html`<p key=${i}>${one.column && html`<strong>${one.column}</strong> `}
            ${one.value && html`<q>${one.value}</q> `}${one.expected}</p>`)}</td></tr>`)}</tbody></table></div>
    <p>${t('import.problems')}</p>
    <${Downloads} app=${app} kinds=${[...new Set(errors.map((one) => one.kind))]} ending="-problems" /></section>`;
}

/** Which columns were read and which were not: what is passed over in silence is missed by nobody. */
function Readings({ app, readings }) {
  const { t } = app;
  return html`<section class="card"><details open><summary>${t('import.readings')}</summary>
    <ul class="plain">${readings.map((text) => html`<li key=${text}>${text}</li>`)}</ul></details></section>`;
}


function Found({ app, found, run }) {
  const { t } = app;
  return html`<section class="card"><h2>${t('import.found')}</h2>
    <dl class="figures"><div><dt>${t('import.members')}</dt><dd>${found.members}</dd></div>
      <div><dt>${t('import.experts')}</dt><dd>${found.experts}</dd></div>
      <div><dt>${t('import.candidates')}</dt><dd>${found.candidates}</dd></div>
      ${found.levels.map((one) => html`<div key=${one.level}><dt>${one.level}</dt><dd>${one.count}</dd></div>`)}</dl>
    ${found.faults.map((text) => html`<p key=${text} class="note warn"><span aria-hidden="true">! </span>${text}</p>`)}
    ${found.recusals.length > 0
      && html`<details open><summary>${t('import.recusals', { n: found.recusals.length })}</summary>
      <ul class="plain">${found.recusals.map((one, i) => html`<li key=${i}>${t('import.recusal', one)}</li>`)}</ul>
      </details>`}
    <p>${t('import.lead2')}</p>
    <div class="row-end"><${Act} app=${app} kind="primary large" label=${t('import.do')} run=${run} /></div></section>`;
}

/** Who would be taken anew and who added, by name, before anything is. */
function FoundPart({ app, found, run }) {
  const { t } = app;
  const row = (one) => html`<li key=${one.number}>${one.number} ${one.name}</li>`;
  const list = (key, people) => people.length > 0 && html`<details open>
    <summary>${t(key, { n: people.length })}</summary><ul class="plain">${people.map(row)}</ul></details>`;
  return html`<section class="card"><h2>${t('import.found')}</h2>${list('import.partAgain', found.again)}
    ${list('import.partFresh', found.fresh)}<div class="row-end">
      <${Act} app=${app} kind="primary large" label=${t('import.partDo')} run=${run} /></div></section>`;
}

/** That the sheet holds only some of the list, and whom a number that is another one is about. */
function OfPart({ app, part, setPart }) {
  const { t } = app;
  const put = (field, property) => (event) => setPart({ ...part, [field]: event.target[property] });
  return html`<label class="check block">
      <input type="checkbox" checked=${part.part} onChange=${put('part', 'checked')} />
      ${' '}${t('import.part')}</label><p class="quiet-text">${t('import.partLead')}</p>
    ${part.part && html`<div class="fields"><label class="field"><span>${t('import.corrected')}</span>
      <input type="text" autocomplete="off" value=${part.corrected} onInput=${put('corrected', 'value')} /></label>
      <label class="check block"><input type="checkbox" checked=${part.namesakes}
        onChange=${put('namesakes', 'checked')} />${' '}${t('import.namesakes')}</label></div>`}`;
}

export function Import({ app }) {
  const { t, desk } = app;
  const [ready, setReady] = useState({});
  const [filed, setFiled] = useState('');
  const [extension, setExtension] = useState('');
  const [part, setPart] = useState({ part: false, corrected: '', namesakes: false });
  const [found, setFound] = useState(null);
  // What was sent up is done with once it is imported: the fields are empty again.
  const [imports, setImports] = useState(0);
  const imported = () => {
    setFound(null);
    setReady({});
    setImports(imports + 1);
  };
  const arrived = (kind) => (name) => {
    setFound(null);
    setReady((before) => ({ ...before, [kind]: name }));
  };
  const look = async () => {
    const reply = await app.call('preview', part.part ? { filed, ...part } : { filed });
    setFound(reply.ok ? reply : null);
    app.say(reply.ok ? null : { reply });
  };
  const run = async () => {
    if (await app.act('import', { filed, extension: extension.trim() })) imported();
  };
  const takePart = async () => {
    if (await app.act('import', { filed, ...part })) imported();
  };
  const choosePart = (chosen) => {
    setFound(null);
    setPart(chosen);
  };
  const outcome = () => {
    if (found.again) return html`<${FoundPart} app=${app} found=${found} run=${takePart} />`;
    if (found.errors.length > 0) return html`<${Faults} app=${app} errors=${found.errors} />`;
    return html`<${Found} app=${app} found=${found} run=${run} />`;
  };
  return html`<h1>${t('desk.step.import')}</h1><div class="stack">
    ${desk.imported && html`<p class="note good"><span aria-hidden="true">✓ </span>
      ${t('import.done', { date: desk.imported.date, n: desk.imported.candidates })}</p>`}
    <section class="card"><h2>${t('import.title')}</h2><p>${t('import.lead')}</p>
      <p>${t('import.templates')}</p>
      <${Downloads} app=${app} kinds=${['members', 'candidates', 'appraisals']} ending="" />
      <div key=${imports} class="fields">
        <${FileField} app=${app} kind="members" label=${t('import.membersFile')} accept=${kSheets}
          onReady=${arrived('members')} />
        <${FileField} app=${app} kind="candidates" label=${t('import.candidatesFile')} accept=${kSheets}
          onReady=${arrived('candidates')} />
        <${FileField} app=${app} kind="appraisals" label=${t('import.appraisalsFile')} accept=${kSheets}
          onReady=${arrived('appraisals')} />
        <label class="field"><span>${t('import.filed')}</span>
          <input type="date" value=${filed} onInput=${(e) => setFiled(e.target.value)} /></label>
        <label class="field"><span>${t('import.extension')}</span>
          <input type="text" autocomplete="off" value=${extension} onInput=${(e) => setExtension(e.target.value)} />
          </label></div>
      ${desk.imported && html`<${OfPart} app=${app} part=${part} setPart=${choosePart} />`}
      <div class="row-end"><${Act} app=${app} kind="primary" label=${t('import.preview')}
        disabled=${!ready.candidates || (!part.part && !ready.members)} run=${look} /></div></section>
    ${found && found.readings.length > 0 && html`<${Readings} app=${app} readings=${found.readings} />`}
    ${found && outcome()}</div>`;
}
