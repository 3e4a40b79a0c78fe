// SPDX-License-Identifier: Apache-2.0
/** The service that this office belongs to: joined once, with the operator's slip; and its meetings there. */
import { useEffect, useState } from '../vendor/preact-hooks.js';
import { Act, html } from '../parts/ui.js';
import { Columns } from './columns.js';
import { FileField } from './upload.js';

const kColumns = ['number', 'title', 'date', 'stage', 'enrolled', 'act'];

function Join({ app, again }) {
  const { t } = app;
  const [file, setFile] = useState('');
  const [waits, setWaits] = useState(false);
  const run = async () => {
    setWaits(true);
    const reply = await app.act('service-enrol', { lang: t.lang });
    setWaits(false);
    if (!reply) return;
    setFile('');
    app.say({ said: t('service.joined', reply) });
  };
  // Another slip is another file, also of the same name.
  return html`<div class="fields"><${FileField} key=${app.desk.service?.address} app=${app} kind="slip" accept=".txt"
      label=${t('service.slip')} onReady=${setFile} /></div>
    <p role="status" class="quiet-text">${waits && t('service.joinWaits')}</p>
    <div class="row-end"><${Act} app=${app} kind=${again ? '' : 'primary large'} disabled=${!file}
      label=${t(again ? 'service.joinAgain' : 'service.join')} run=${run} /></div>`;
}

function Belongs({ app }) {
  const { t, desk } = app;
  return html`<section class="card"><h2>${t('service.belongsTitle')}</h2>
    <p class="lamp on"><span aria-hidden="true">✓</span>${' '}${t('service.belongs', desk.service)}</p>
    <p>${t('service.belongsLead')}</p>
    <details><summary>${t('service.again')}</summary><p>${t('service.againLead')}</p>
      <${Join} app=${app} again=${true} /></details></section>`;
}

function Row({ app, one }) {
  const { t } = app;
  const open = async () => {
    const reply = one.name ? { meeting: one.name } : await app.call('service-open', { number: one.meeting,
      lang: t.lang });
    if (reply.meeting) app.go('day', reply.meeting);
    else app.say({ reply });
  };
  return html`<tr><td class="code">${one.meeting}</td><th scope="row">${one.title}${' '}
      ${one.rehearsal && html`<span class="chip HELD_BACK">${t('day.rehearsal')}</span>`}</th><td>${one.date}</td>
    <td>${t(`day.phase.${one.stage}`)}</td><td class="number">${t('service.ofAll', { n: one.enrolled,
      all: one.people })}</td><td><${Act} app=${app} kind="small" label=${t('service.open')}
      aria-label=${t('service.openOf', { number: one.meeting })} run=${open} /></td></tr>`;
}

function Meetings({ app }) {
  const { t, desk } = app;
  const [rows, setRows] = useState(null);
  const [refused, setRefused] = useState('');
  const [waits, setWaits] = useState(false);
  const look = async () => {
    setWaits(true);
    const reply = await app.call('service-list', { lang: t.lang });
    setWaits(false);
    setRefused(reply.ok ? '' : reply.message || t('desk.lost'));
    if (reply.ok) setRows(reply.meetings);
  };
  useEffect(() => {
    look();
  }, [desk.service.address]);
  return html`<section class="card"><h2>${t('service.meetings')}</h2>
    <p role="status" class="quiet-text">${waits ? t('service.asks', desk.service)
      : rows && t('service.count', { n: rows.length })}</p>
    <div role="alert">${refused && html`<p class="note warn said"><span aria-hidden="true">! </span>
      ${refused}</p>`}</div>
    ${rows?.length > 0 && html`<div class="scroll" tabindex="0" role="region" aria-label=${t('service.meetings')}>
      <table><${Columns} keys=${kColumns} figures=${['enrolled']} word=${(key) => t(`service.col.${key}`)} />
      <tbody>${rows.map((one) => html`<${Row} key=${one.meeting} app=${app} one=${one} />`)}</tbody></table></div>`}
    <div class="row-end"><${Act} app=${app} label=${t('service.refresh')} run=${look} />
      <button type="button" class="button" onClick=${() => app.go('newmeeting')}>${t('desk.step.newmeeting')}</button>
      </div></section>`;
}

export function Service({ app }) {
  const { t, desk } = app;
  return html`<h1>${t('desk.step.service')}</h1><div class="stack">
    ${desk.service ? html`<${Belongs} app=${app} /><${Meetings} app=${app} />`
      : html`<section class="card"><h2>${t('service.joinTitle')}</h2><p>${t('service.joinLead')}</p>
        <${Join} app=${app} again=${false} /><p class="quiet-text">${t('service.noNeed')}</p></section>`}</div>`;
}
