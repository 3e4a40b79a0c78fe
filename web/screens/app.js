// SPDX-License-Identifier: Apache-2.0
/** The frame around every place: whose it is, which language, what is wrong with the connection, and the cover. */
import { useEffect, useMemo, useReducer, useRef, useState } from '../vendor/preact-hooks.js';
import { loadTexts, sentence, texts } from '../i18n.js';
import {
  asMarked, html, kChair, kClerk, kExpert, kScreen, kSupervisor, Waiting,
} from '../parts/ui.js';
import { Alarms, Protest } from '../parts/alarms.js';
import { Cover } from '../parts/cover.js';
import { Menu, useLargerType } from '../parts/menu.js';
import { hasPaper, isLate, reminderText } from '../parts/reminder.js';
import { useSound } from '../parts/sound.js';
import { Ended, Halted, KeyEnded, Renewed, TakenOver } from './ended.js';

const kPlaces = [
  { id: 'chair', bit: kChair },
  { id: 'vote', bit: kExpert },
  { id: 'clerk', bit: kClerk },
  { id: 'supervisor', bit: kSupervisor },
  { id: 'screen', bit: kScreen },
];
/** Each laptop loads the places that it shows and no others. */
const kLoad = {
  chair: async () => (await import('./chair.js')).Chair,
  vote: async () => (await import('./vote.js')).Vote,
  clerk: async () => (await import('./clerk.js')).Clerk,
  supervisor: async () => (await import('./supervisor.js')).Supervisor,
  screen: async () => (await import('./screen.js')).Screen,
  enrol: async () => (await import('./enrol.js')).Enrol,
  introduced: async () => (await import('./enrol.js')).Introduced,
  device: async () => (await import('./enrol.js')).DeviceCode,
  unlock: async () => (await import('./unlock.js')).Unlock,
};
const kLoaded = new Map();
const kNoticeMs = 6000;

function placesOf(roles) {
  return kPlaces.filter((place) => roles & place.bit);
}

/** Whether somebody is waited for in a place that is not the one shown. */
function calls(place, now) {
  if (place.id === 'vote') return Boolean(now.attempt?.live && now.ballot) && (now.ballot.asks !== null
    || hasPaper(now));
  const checks = place.id === 'supervisor' && now.checks ? now.checks : [];
  if (checks.some((one) => one.state === 'asked' || one.state === 'opened')) return true;
  return place.id !== 'screen' && now.proposals.some((one) => one.yours);
}

function Top({ app, places, place, go, other }) {
  const { t, s } = app;
  return html`<header>${s.now?.rehearsal && html`<p class="rehearsal-band">${t('rehearsal.band')}</p>`}
    <div class="top"><span class="brand"><span class="brand-mark" aria-hidden="true">票</span>${t('brand')}</span>
    <span class="top-title">${s.meeting?.title || ''}</span>
    ${places.length > 1 && html`<nav aria-label=${t('nav.label')}>
      ${places.map((one) => html`<button key=${one.id} type="button" class="nav-button"
      aria-current=${one.id === place ? 'page' : undefined} onClick=${() => go(one.id)}>${t(`place.${one.id}`)}${
      one.id !== place && calls(one, s.now) ? html` <span class="badge">${t('nav.waiting')}</span>` : ''}</button>`)}
      </nav>`}
    <span class="top-end">${s.now?.name && html`<span class="top-name">${s.now.name}</span>`}
      <${Menu} app=${app} />
      <button type="button" class="button small" lang=${other === 'zh' ? 'zh-CN' : 'en'}
        onClick=${() => app.setLang(other)}>${t('lang.other')}</button></span></div></header>`;
}

/**
 * Both connections: of this page to the program, and of the program to the meeting's server. Takes no place of its own.
 */
function Banner({ app, place }) {
  const { t, s } = app;
  const [key, kind] = s.link === 'lost'
    ? [asMarked(s, s.lostFor > 5 ? 'link.goneLong' : 'link.lost'), 'warn']
    : s.phase === 'run' && s.now && !s.now.connected ? [asMarked(s, 'link.server'), 'warn']
      : s.phase === 'run' && s.now && !s.now.synced ? ['link.syncing', 'calm'] : ['', ''];
  // In one's own place the paper itself reminds.
  const elsewhere = place !== 'vote' && s.phase === 'run' && s.now && isLate(s.now);
  return html`<div class="banners" role="status" aria-live="polite">
    ${key && html`<p class=${`banner ${kind}`}>${t(key)}</p>`}
    ${!key && elsewhere && html`<p class="banner calm">${reminderText(app)}</p>`}</div>`;
}

function noticeText(t, notice) {
  if (notice.ok) return t(notice.ok);
  if (notice.reply.ok) return t('note.pending');
  return sentence(t, notice.reply);
}

function Notice({ app, notice, close }) {
  const { t } = app;
  const bad = notice?.reply && !notice.reply.ok;
  return html`<div class="notice-place" role=${bad ? 'alert' : 'status'} aria-live=${bad ? 'assertive' : 'polite'}>
    ${notice && html`<div class=${bad ? 'notice bad' : 'notice good'}><span aria-hidden="true">${bad ? '!' : '✓'}</span>
      <p>${noticeText(t, notice)}${bad && html`<span class="notice-next">
        ${t(asMarked(app.s, 'note.nothingLost'))}</span>`}</p>
      <button type="button" class="button small" onClick=${close}>${t('word.dismiss')}</button></div>`}</div>`;
}

function Loading({ app }) {
  return html`<section class="card narrow"><h1 class="sr">${app.t('brand')}</h1>
    <${Waiting} title=${app.t('link.connecting')}><p>${app.t('link.connectingLead')}</p></${Waiting}></section>`;
}

/** A place whose module may still be on its way; asked for again after each reconnect, should it not have come. */
function Shown({ app, id }) {
  const [, redraw] = useReducer((n) => n + 1, 0);
  useEffect(() => {
    if (!kLoaded.has(id)) kLoad[id]().then((part) => kLoaded.set(id, part) && redraw(), () => {});
  }, [id, app.s.epoch]);
  const part = kLoaded.get(id);
  return part ? html`<${part} app=${app} />` : html`<${Loading} app=${app} />`;
}

/** What holds for everybody and for as long as it is so; the chair's other warnings stand where they matter. */
const kGeneralWarnings = ['one-trustee', 'issued-mismatch', 'bad-checkpoint'];

function General({ app }) {
  const list = (app.s.phase === 'run' && app.s.now?.warnings) || [];
  return list.filter((one) => kGeneralWarnings.includes(one.kind))
    .map((one, i) => html`<p key=${`${one.kind}${i}`} class="note warn general"><span aria-hidden="true">! </span>
      ${app.t(`warning.${one.kind}`)}</p>`);
}

function Place({ app, place }) {
  const { s } = app;
  if (s.link === 'taken-over') return html`<${TakenOver} app=${app} />`;
  if (s.link === 'renewed') return html`<${Renewed} app=${app} />`;
  if (s.phase === 'ended') return html`<${Ended} app=${app} />`;
  if (s.phase === 'introduced') return html`<${Shown} key="introduced" id="introduced" app=${app} />`;
  if (s.phase === 'run' && app.introduced?.code) return html`<${Shown} key="device" id="device" app=${app} />`;
  if (s.phase === 'enrol') return html`<${Shown} key="enrol" id="enrol" app=${app} />`;
  if (s.phase === 'unlock') return html`<${Shown} key="unlock" id="unlock" app=${app} />`;
  const halted = s.split?.code || s.now?.halted;
  if (halted) return html`<${Halted} app=${app} code=${halted} />`;
  if (!s.now || (s.now.meeting !== 'before-open' && !s.meeting)) {
    return html`<${Loading} app=${app} />`;
  }
  if (s.now.meeting !== 'before-open' && !s.now.key_current && !(s.now.roles & kScreen))
    return html`<${KeyEnded} app=${app} />`;
  return place ? html`<${Shown} key=${place} id=${place} app=${app} />` : null;
}

/** Esc covers and uncovers, unless a dialog is open, which it closes. */
function useEscape(run) {
  useEffect(() => {
    const onKey = (event) => {
      if (event.key !== 'Escape' || event.defaultPrevented || event.repeat || document.querySelector('dialog[open]'))
        return;
      event.preventDefault();
      run();
    };
    document.addEventListener('keydown', onKey);
    return () => document.removeEventListener('keydown', onKey);
  }, []);
}

export function App({ door }) {
  const [s, setState] = useState(door.state);
  const [lang, setLang] = useState('zh');
  const [notice, setNotice] = useState(null);
  const [wanted, setWanted] = useState('');
  const [covered, setCovered] = useState(false);
  const [introduced, introduce] = useState(null);
  const [, redraw] = useReducer((n) => n + 1, 0);
  const isCovered = useRef(false);
  const focused = useRef(null);
  const timer = useRef(0);
  useEffect(() => door.subscribe(setState), []);
  // The language that the program was started with; the button has the last word.
  useEffect(() => void (s.programLang !== 'zh' && app.setLang(s.programLang)), [s.programLang]);

  useLargerType(s.prefers);
  useSound(s);
  const t = texts(lang);
  useEffect(() => {
    document.documentElement.lang = lang === 'zh' ? 'zh-CN' : 'en';
    document.title = t('brand');
  }, [lang]);

  const say = (next) => {
    clearTimeout(timer.current);
    setNotice(next);
    // A failure stays until it has been read.
    if (next?.ok || next?.reply?.ok) timer.current = setTimeout(() => setNotice(null), kNoticeMs);
  };
  const cover = (on) => {
    if (on) focused.current = document.activeElement;
    isCovered.current = on;
    setCovered(on);
    if (!on) queueMicrotask(() => requestAnimationFrame(() => focused.current?.focus({ preventScroll: true })));
  };
  useEscape(() => cover(!isCovered.current));

  const fixed = useMemo(() => ({
    call: (line) => door.call(line), say, cover: () => cover(true), isCovered: () => isCovered.current,
    setLang: (next) => loadTexts(next).then(() => setLang(next), () => {}), redraw: () => redraw(),
  }), []);
  const act = async (line, ok) => {
    const reply = await door.call(line);
    say(reply.ok && reply.code !== 'PENDING' ? { ok } : { reply });
    return reply.ok;
  };
  const app = { ...fixed, s, t, act, notice, introduced, introduce, offline: s.link !== 'open' };

  const places = s.now && s.phase === 'run' ? placesOf(s.now.roles) : [];
  const place = places.some((one) => one.id === wanted) ? wanted : places[0]?.id;
  const rehearsal = s.now?.rehearsal;
  const urgent = s.phase === 'run' && s.now;
  return html`<div class=${`page place-${place || 'none'}${rehearsal ? ' rehearsal' : ''}`}>
    ${covered && html`<${Cover} app=${app} onOpen=${() => cover(false)} />`}
    <div class=${covered ? 'covered' : 'open'} inert=${covered}>
      <a class="skip" href="#main">${t('nav.skip')}</a>
      <${Top} app=${app} places=${places} place=${place} go=${setWanted} other=${lang === 'zh' ? 'en' : 'zh'} />
      <${Banner} app=${app} place=${place} />
      <main id="main" tabindex="-1"><${General} app=${app} />${urgent
        && html`<${Alarms} app=${app} /><${Protest} app=${app} />`}<${Place} app=${app} place=${place} /></main>
      <${Notice} app=${app} notice=${notice} close=${() => say(null)} />
      ${rehearsal && html`<svg class="watermark" viewBox="0 0 400 300" aria-hidden="true">
        <text x="200" y="170" text-anchor="middle" transform="rotate(-24 200 150)">${t('rehearsal.mark')}</text></svg>`}
    </div></div>`;
}
