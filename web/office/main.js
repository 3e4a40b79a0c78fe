// SPDX-License-Identifier: Apache-2.0
/** The review office's page: its frame, who has signed on, and the steps from the sheets to the certificates. */
import { render } from '../vendor/preact.js';
import { useEffect, useMemo, useRef, useState } from '../vendor/preact-hooks.js';
import { Door, doorUrl } from '../door.js';
import { addTexts, loadTexts, sentence, texts } from '../i18n.js';
import { html, later, oneLine } from '../parts/ui.js';
import { officeZh } from '../strings/office_zh.js';
import { Day } from './day.js';
import { Import } from './import.js';
import { Meeting } from './meeting.js';
import { NewMeeting } from './newmeeting.js';
import { People, SignOn } from './people.js';
import { Publicity } from './publicity.js';
import { Search } from './search.js';
import { Verdicts } from './verdicts.js';

addTexts('zh', officeZh);
const kSteps = {
  import: Import, verdicts: Verdicts, newmeeting: NewMeeting, day: Day, meeting: Meeting, publicity: Publicity,
  search: Search, people: People, service: later(() => import('./service.js').then((all) => all.Service)),
};
const kNoticeMs = 6000;

async function loadEnglish() {
  const [{ officeEn }] = await Promise.all([import('../strings/office_en.js'), loadTexts('en')]);
  addTexts('en', officeEn);
}

/** Whether the step has been done: what the ledger says. */
function done(id, desk) {
  return { import: desk.imported, verdicts: desk.roster, newmeeting: desk.meetings > 0, meeting: desk.publicity,
    publicity: desk.publicity?.people.every((one) => one.state === 'HANDED_OFF') }[id];
}

function Notice({ app, close }) {
  const { t, notice } = app;
  const bad = notice?.reply;
  return html`<div class="notice-place" role=${bad ? 'alert' : 'status'} aria-live=${bad ? 'assertive' : 'polite'}>
    ${notice && html`<div class=${bad ? 'notice bad' : 'notice good'}><span aria-hidden="true">${bad ? '!' : '✓'}</span>
      <p class="said">${bad ? sentence(t, bad) : notice.said}
        ${bad && html`<span class="notice-next">${t('desk.nothingWritten')}</span>`}</p>
      <button type="button" class="button small" onClick=${close}>${t('word.dismiss')}</button></div>`}</div>`;
}

/**
 * The brand, the name, the other language; below, for whoever has signed on, the steps: in one row with the rest they
 * would take a third one as soon as some are done.
 */
function Top({ app, step, setStep, otherLanguage }) {
  const { t, desk } = app;
  const button = (id) => html`<button key=${id} type="button" class="nav-button"
    aria-current=${id === step ? 'page' : undefined} onClick=${() => setStep(id)}>${t(`desk.step.${id}`)}
    ${done(id, desk) ? html` <span aria-label=${t('desk.stepDone')} role="img">✓</span>` : ''}</button>`;
  return html`<header><div class="top">
    <span class="brand"><span class="brand-mark" aria-hidden="true">票</span>${t('brand')}</span>
    <span class="top-title">${t('desk.title')}</span>
    <span class="top-end">
      ${desk?.person > 0 && html`<span class="top-name">${desk.people[desk.person - 1].name}</span>`}
      <button type="button" class="button small" lang=${t.lang === 'zh' ? 'en' : 'zh-CN'} onClick=${otherLanguage}>
        ${t('lang.other')}</button></span></div>
    ${desk?.person > 0 && html`<div class="top"><nav aria-label=${t('desk.steps')}>
      ${Object.keys(kSteps).map(button)}</nav></div>`}</header>`;
}

/** The day of what is done here is out of order: whoever goes on says why, once, and it stands in each entry. */
function OddDate({ app, said }) {
  const { t, desk } = app;
  const [reason, setReason] = useState(said.current);
  const put = (e) => {
    said.current = e.target.value;
    setReason(e.target.value);
  };
  return html`<section class="card"><p class="note warn"><span aria-hidden="true">! </span>${desk.odd_date}</p>
    <label class="field"><span>${t('desk.dateReason')}</span>
      <input type="text" autocomplete="off" value=${reason} onInput=${put} /></label></section>`;
}

function Office({ door }) {
  const [s, setState] = useState(door.state);
  const [lang, setLang] = useState('zh');
  const [desk, setDesk] = useState(null);
  const [[step, wanted], setStep] = useState(['import', '']);
  const [notice, setNotice] = useState(null);
  const timer = useRef(0);
  const dateReason = useRef('');
  useEffect(() => door.subscribe(setState), []);
  const t = texts(lang);
  useEffect(() => {
    document.documentElement.lang = lang === 'zh' ? 'zh-CN' : 'en';
    document.title = t('desk.title');
  }, [lang]);

  const say = (next) => {
    clearTimeout(timer.current);
    setNotice(next);
    // A refusal stays until it has been read.
    if (next && !next.reply) timer.current = setTimeout(() => setNotice(null), kNoticeMs);
  };
  const fixed = useMemo(() => {
    const call = (verb, values = {}) => {
      const reason = oneLine(dateReason.current);
      return door.call(`${verb} ${JSON.stringify(reason ? { ...values, date_reason: reason } : values)}`);
    };
    const refresh = async () => {
      const reply = await call('state');
      if (reply.ok) setDesk(reply);
      else if (reply.code !== 'DOOR_LOST') say({ reply });
    };
    return { call, refresh, say };
  }, []);
  /** Asks, says what came of it, and looks at the office afresh; gives the reply, or nothing if it was refused. */
  const act = async (verb, values) => {
    const reply = await fixed.call(verb, values);
    say(reply.ok ? { said: reply.said || t('desk.done') } : { reply });
    if (reply.ok) await fixed.refresh();
    return reply.ok ? reply : null;
  };
  useEffect(() => {
    if (s.epoch > 0) fixed.refresh();
  }, [s.epoch]);

  /** @param meeting that the step begins with; none: the newest, or the one that runs */
  const go = (id, meeting = '') => setStep([id, meeting]);
  const app = { ...fixed, act, go, wanted, t, s, desk, notice, offline: s.link !== 'open' };
  const otherLanguage = async () => {
    await loadEnglish();
    setLang(lang === 'zh' ? 'en' : 'zh');
  };
  const Step = kSteps[step];
  const gone = s.link === 'taken-over' || s.link === 'renewed' || s.link === 'ended';
  return html`<div class="page place-office"><a class="skip" href="#main">${t('nav.skip')}</a>
    <${Top} app=${app} step=${step} setStep=${go} otherLanguage=${otherLanguage} />
    <div class="banners" role="status" aria-live="polite">
      ${s.link === 'lost' && html`<p class="banner warn">${t('desk.lost')}</p>`}</div>
    <main id="main" tabindex="-1">
      ${gone ? html`<section class="card narrow"><h1>${t('desk.gone')}</h1>
        <p class="lead">${t('desk.goneLead')}</p></section>`
      : !desk ? html`<section class="card narrow"><h1 class="sr">${t('desk.title')}</h1>
        <p role="status">${t('link.connecting')}</p></section>`
        : desk.person === 0 ? html`<${SignOn} app=${app} />`
          : html`${desk.odd_date && html`<${OddDate} app=${app} said=${dateReason} />`}<${Step} app=${app} />
            <footer class="ledger-line">${t('desk.ledger', { n: desk.entries })}
              <span class="code">${desk.head}</span></footer>`}</main>
    <${Notice} app=${app} close=${() => say(null)} /></div>`;
}

const door = new Door(doorUrl(location));
const root = document.getElementById('app');
root.replaceChildren();
render(html`<${Office} door=${door} />`, root);
door.connect();
