// SPDX-License-Identifier: Apache-2.0
/** The small things that every screen is made of. */
import { Component, h } from '../vendor/preact.js';
import { useEffect, useReducer, useRef, useState } from '../vendor/preact-hooks.js';
import htm from '../vendor/htm.js';
import { sentence } from '../i18n.js';

export const html = htm.bind(h);

/** Roles of the manifest, as bits. */
export const kExpert = 1;
export const kChair = 2;
export const kClerk = 4;
export const kSupervisor = 8;
export const kScreen = 16;

/** Never colour alone: a sign for each choice, and its word from strings/. */
export const kChoices = [
  { choice: 'agree', sign: '✓', key: '1' },
  { choice: 'disagree', sign: '✗', key: '2' },
  { choice: 'abstain', sign: '—', key: '3' },
];

/** What is said instead to an expert who has marked something that is not cast: the program keeps it while it runs. */
const kToWhoMarked = {
  'link.lost': 'link.lostMarked',
  'link.goneLong': 'link.goneLongMarked',
  'link.server': 'link.serverMarked',
  'note.nothingLost': 'note.marksKept',
  'taken.next': 'taken.nextMarked',
  'renewed.next': 'renewed.nextMarked',
};
export const asMarked = (s, key) => (s.now?.ballot?.marked > 0 ? kToWhoMarked[key] : key);

/** A component that is drawn again only when one of its props has changed. */
export class Still extends Component {
  shouldComponentUpdate(next) {
    const names = Object.keys(next);
    return names.length !== Object.keys(this.props).length || names.some((name) => next[name] !== this.props[name]);
  }
}

/** A part whose module is loaded when it is first drawn; asked for again after each reconnect. */
export function later(load) {
  let part = null;
  return function Later(props) {
    const [, redraw] = useReducer((n) => n + 1, 0);
    useEffect(() => {
      if (!part) load().then((loaded) => redraw((part = loaded)), () => {});
    }, [props.app.s.epoch]);
    return part && html`<${part} ...${props} />`;
  };
}

/** A command's last argument runs to the end of its line, so what was typed must be one. */
export function oneLine(text) {
  return text.replace(/\s+/g, ' ').trim();
}

export function personName(app, person) {
  if (person === 0) return app.t('word.server');
  return app.s.meeting?.people[person - 1]?.name || app.t('word.person', { n: person });
}

export function names(app, people) {
  // A name's own dot never begins a line.
  return people.map((person) => personName(app, person).replaceAll('\u00b7', '\u2060\u00b7')).join(app.t('word.comma'));
}

/** What a list of questions says: each candidate by number and name. */
export function candidates(app, questions) {
  return questions.map((q) => app.t('word.candidateNumber', { n: q, name: candidate(app, q).name }))
    .join(app.t('word.comma'));
}

export function candidate(app, question) {
  return app.s.meeting?.candidates[question - 1] || { question, name: String(question) };
}

export function standing(app, person) {
  return app.s.now.people.find((one) => one.person === person) || {};
}

/** A button that says that it works while its command is on the way, and can not be pressed twice. */
export function Act({ app, label, run, kind = '', disabled = false, ...more }) {
  const [busy, setBusy] = useState(false);
  const there = useRef(true);
  useEffect(() => () => (there.current = false), []);
  const press = async () => {
    if (busy) return;
    setBusy(true);
    await run();
    if (there.current) setBusy(false);
  };
  return html`<button type="button" class=${`button ${kind}`} disabled=${disabled || app.offline} aria-busy=${busy}
    onClick=${press} ...${more}>${busy ? app.t('word.working') : label}</button>`;
}

/** A dialog that is gone without having been closed leaves the focus nowhere: whoever has no mouse begins anew. */
function giveBack(before) {
  requestAnimationFrame(() => {
    if (document.activeElement !== document.body) return;
    (before.isConnected ? before : document.querySelector('main'))?.focus({ preventScroll: true });
  });
}

/**
 * The browser's own modal dialog: it keeps the focus inside, gives it back, and closes with Esc.
 * @param leave what its closing button says; of one in which something is done already, nothing is cancelled
 */
export function Dialog({ app, title, onClose, children, wide = false, leave = 'word.cancel' }) {
  const ref = useRef(null);
  useEffect(() => {
    const before = document.activeElement;
    app.say(null);
    ref.current.showModal();
    return () => giveBack(before);
  }, []);
  // What lies outside of a modal dialog can not be read, so a refusal is said in here.
  const refused = app.notice?.reply && !app.notice.reply.ok ? app.notice.reply : null;
  return html`<dialog ref=${ref} class=${wide ? 'dialog wide' : 'dialog'} aria-labelledby="dialog-title"
    onClose=${onClose}>
    <header class="dialog-head"><h2 id="dialog-title">${title}</h2>
      <button type="button" class="button quiet" onClick=${() => ref.current.close()}>${app.t(leave)}</button>
      </header>
    ${children}
    <div role="alert">${refused
      && html`<p class="note bad">${sentence(app.t, refused)}<br />
        ${app.t(asMarked(app.s, 'note.nothingLost'))}</p>`}</div>
  </dialog>`;
}

/** A dialog that asks for one reason. @param ready false: something else in it is not chosen yet */
export function ReasonDialog({ app, title, lead, label, confirm, run, onClose, children, ready = true }) {
  const [reason, setReason] = useState('');
  return html`<${Dialog} app=${app} title=${title} onClose=${onClose}>
    ${lead && html`<p>${lead}</p>`}${children}
    <label class="field"><span>${label || app.t('word.reason')}</span>
      <textarea rows="3" maxlength="2000" autocomplete="off" value=${reason}
        onInput=${(e) => setReason(e.target.value)}></textarea></label>
    <div class="row-end"><${Act} app=${app} kind="primary" label=${confirm} disabled=${!ready || !oneLine(reason)}
      run=${async () => (await run(oneLine(reason))) && onClose()} /></div>
  </${Dialog}>`;
}

export function Waiting({ title, children }) {
  return html`<div class="waiting"><span class="pulse" aria-hidden="true"></span>
    <div><p class="waiting-title">${title}</p>
    ${children}</div></div>`;
}

export function Lamp({ on, children }) {
  return html`<span class=${on ? 'lamp on' : 'lamp off'}>
    <span aria-hidden="true">${on ? '✓' : '!'}</span> ${children}</span>`;
}
