// SPDX-License-Identifier: Apache-2.0
/** After the meeting: its record and the hash from paper in, papers out; and a printed table against the record. */
import { useEffect, useState } from '../vendor/preact-hooks.js';
import { Hash } from '../parts/hash.js';
import { Act, html, oneLine } from '../parts/ui.js';
import { meetingWord } from './day.js';
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

/** The record of a meeting that this desk has made: fetched and verified, then held against the signed sheet. */
function Fetched({ app, all, fetched, setFetched, anchor, setAnchor, agreed, setAgreed }) {
  const { t } = app;
  const [meeting, setMeeting] = useState((all.find((one) => one.name === app.wanted) || all[0]).name);
  const fetch = async () => {
    setFetched(null);
    const there = all.find((one) => one.name === meeting)?.service;
    const reply = await app.call(there ? 'service-record' : 'meeting-record', { meeting, lang: t.lang });
    app.say(reply.ok ? null : { reply });
    if (reply.ok) setFetched({ ...reply, meeting });
  };
  const other = (event) => {
    setMeeting(event.target.value);
    setFetched(null);
  };
  return html`${all.length > 1 && html`<label class="field inline"><span>${t('day.which')}</span>
      <select value=${meeting} onChange=${other}>
      ${all.map((one) => html`<option key=${one.name} value=${one.name}>${meetingWord(t, one)}</option>`)}
      </select></label>`}
    <div class="row">
      <${Act} app=${app} kind=${fetched ? '' : 'primary large'} label=${t('fetch.do')} run=${fetch} /></div>
    ${fetched && html`<p class="note good" role="status"><span aria-hidden="true">✓ </span>
      ${t('fetch.verified', fetched)}</p><${Hash} label=${t('fetch.head')} value=${fetched.head} big=${true} />
      <p>${t('fetch.compare')}</p>
      <label class="check block"><input type="checkbox" checked=${agreed}
        onChange=${(e) => setAgreed(e.target.checked)} />${' '}${t('fetch.agreed')}</label>
      <label class="field"><span>${t('fetch.orType')}</span><textarea rows="2" class="code" autocomplete="off"
        spellcheck="false" value=${anchor} disabled=${agreed} onInput=${(e) => setAnchor(e.target.value)}></textarea>
        </label>${fetched.rehearsal && html`<p class="note warn"><span aria-hidden="true">! </span>
        ${t('fetch.rehearsal')}</p>`}`}`;
}

/** A record from elsewhere: a file, and the hash from paper. */
function Given({ app, setRecord, anchor, setAnchor }) {
  const { t } = app;
  return html`<div class="fields">
    <${FileField} app=${app} kind="record" label=${t('record.file')} onReady=${setRecord} />
    <label class="field"><span>${t('record.anchor')}</span>
      <textarea rows="2" class="code" autocomplete="off" spellcheck="false" value=${anchor}
        onInput=${(e) => setAnchor(e.target.value)}></textarea></label></div>`;
}

/** Which record it is about, and what it is held against. */
function useEvidence(app) {
  const [all, setAll] = useState([]);
  const [elsewhere, setElsewhere] = useState(false);
  const [record, setRecord] = useState('');
  const [fetched, setFetched] = useState(null);
  const [agreed, setAgreed] = useState(false);
  const [anchor, setAnchor] = useState('');
  useEffect(() => {
    app.call('meetings').then((reply) => reply.ok && setAll(reply.meetings));
  }, []);
  const own = all.length > 0 && !elsewhere;
  const take = (next) => {
    setAgreed(false);
    setFetched(next);
  };
  const values = own ? { meeting: fetched?.meeting || '', anchor: agreed ? fetched?.head || '' : oneLine(anchor) }
    : { anchor: oneLine(anchor) };
  return { all, own, values, ready: Boolean((own ? fetched : record) && values.anchor), elsewhere, setElsewhere,
    fields: { setRecord, fetched, setFetched: take, agreed, setAgreed, anchor, setAnchor } };
}

export function Meeting({ app }) {
  const { t } = app;
  const evidence = useEvidence(app);
  const [paper, setPaper] = useState('');
  const [more, setMore] = useState({ posted: '', phone: '', place: '', identity_numbers: false });
  const [checked, setChecked] = useState(null);
  const { ready, own, values, all, fields } = evidence;
  const check = async () => {
    const reply = await app.call('check-paper', values);
    setChecked(reply.ok ? reply : null);
    app.say(reply.ok ? null : { reply });
  };
  return html`<h1>${t('desk.step.meeting')}</h1>
    <div class="stack"><section class="card"><h2>${t('record.title')}</h2><p>${t('record.lead')}</p>
      ${own ? html`<${Fetched} app=${app} all=${all} ...${fields} />` : html`<${Given} app=${app} ...${fields} />`}
      ${all.length > 0 && html`<p><button type="button" class="button small quiet"
        onClick=${() => evidence.setElsewhere(own)}>${t(own ? 'fetch.elsewhere' : 'fetch.own')}</button></p>`}
      <${OfPapers} app=${app} more=${more} setMore=${setMore} />
      <div class="row-end">
        <${Act} app=${app} kind="primary large" label=${t('record.do')} disabled=${!ready}
          run=${() => app.act('papers', { ...values, ...more })} /></div></section>
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
