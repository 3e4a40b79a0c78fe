// SPDX-License-Identifier: Apache-2.0
/** After the meeting: its record and the hash from paper in, papers out; and a printed table against the record. */
import { useState } from '../vendor/preact-hooks.js';
import { Act, html, oneLine } from '../parts/ui.js';
import { Papers } from './papers.js';
import { FileField } from './upload.js';

/** What the office adds to the record: on the public list, and on the hand-off list. */
function OfPapers({ app, more, setMore }) {
  const { t } = app;
  const text = (key, type) => html`<label class="field"><span>${t(`record.${key}`)}</span>
    <input type=${type} autocomplete="off" value=${more[key]}
      onInput=${(e) => setMore({ ...more, [key]: e.target.value })} /></label>`;
  return html`<h3>${t('record.listTitle')}</h3><p class="quiet-text">${t('record.listLead')}</p>
    <div class="fields">${text('posted', 'date')}${text('phone', 'text')}${text('place', 'text')}</div>
    <label class="check block"><input type="checkbox" checked=${more.identity_numbers}
      onChange=${(e) => setMore({ ...more, identity_numbers: e.target.checked })} />
      ${' '}${t('record.identity_numbers')}</label>`;
}

export function Meeting({ app }) {
  const { t } = app;
  const [record, setRecord] = useState('');
  const [anchor, setAnchor] = useState('');
  const [paper, setPaper] = useState('');
  const [more, setMore] = useState({ posted: '', phone: '', place: '', identity_numbers: false });
  const [checked, setChecked] = useState(null);
  const ready = record && oneLine(anchor);
  const check = async () => {
    const reply = await app.call('check-paper', { anchor: oneLine(anchor) });
    setChecked(reply.ok ? reply : null);
    app.say(reply.ok ? null : { reply });
  };
  return html`<h1>${t('desk.step.meeting')}</h1>
    <div class="stack"><section class="card"><h2>${t('record.title')}</h2><p>${t('record.lead')}</p>
      <div class="fields"><${FileField} app=${app} kind="record" label=${t('record.file')} onReady=${setRecord} />
        <label class="field"><span>${t('record.anchor')}</span>
          <textarea rows="2" class="code" autocomplete="off" spellcheck="false" value=${anchor}
            onInput=${(e) => setAnchor(e.target.value)}></textarea></label></div>
      <${OfPapers} app=${app} more=${more} setMore=${setMore} />
      <div class="row-end">
        <${Act} app=${app} kind="primary large" label=${t('record.do')} disabled=${!ready}
          run=${() => app.act('papers', { anchor: oneLine(anchor), ...more })} /></div></section>
    <${Papers} app=${app} />
    <section class="card"><h2>${t('compare.title')}</h2><p>${t('compare.lead')}</p>
      <${FileField} app=${app} kind="paper" label=${t('compare.file')} onReady=${(name) => {
        setPaper(name);
        setChecked(null);
      }} />
      <div class="row-end">
        <${Act} app=${app} kind="primary" label=${t('compare.do')} disabled=${!ready || !paper} run=${check} /></div>
      <div role="status">${checked
        && (checked.differences.length === 0
          ? html`<p class="note good said"><span aria-hidden="true">✓ </span>${checked.said}</p>`
        : html`<p class="note bad"><span aria-hidden="true">! </span>
          ${t('compare.differs', { n: checked.differences.length })}</p>
          <ul class="plain">${checked.differences.map((text, i) => html`<li key=${i}>${text}</li>`)}</ul>`)}</div>
          </section></div>`;
}
