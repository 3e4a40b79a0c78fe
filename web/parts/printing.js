// SPDX-License-Identifier: Apache-2.0
/** One part of a page on paper, without the rest: whatever holds it and whatever stands beside it is left out. */
import { useEffect, useState } from '../vendor/preact-hooks.js';
import { html, kChair, kClerk, kSupervisor } from './ui.js';

/** @return whether the part is to be drawn for the printer, and what begins it */
export function usePrinting() {
  const [printing, setPrinting] = useState(false);
  useEffect(() => {
    if (!printing) return undefined;
    const done = () => setPrinting(false);
    addEventListener('afterprint', done);
    print();
    return () => removeEventListener('afterprint', done);
  }, [printing]);
  return [printing, () => setPrinting(true)];
}

/** What meeting this is; nothing as long as nobody has said it. */
function meetingOf({ meeting, now }) {
  return meeting || now.proposals.find((one) => one.type === 'MeetingOpen') || now.announced;
}

/** What meeting this paper is of. Before it is open, what is proposed, or what the server says that it will be. */
export function PaperTitle({ app }) {
  const { t } = app;
  const of = meetingOf(app.s);
  if (!of?.title) return null;
  return html`<p class="paper-title"><strong>${of.title}</strong><br />${t('facts.date', { date: of.date })}</p>`;
}

const kSigners = [[kChair, 'chair'], [kSupervisor, 'supervisor'], [kClerk, 'clerk']];

/**
 * A line for each who signs a paper, and once more what they sign: the lines may stand on a sheet of their own.
 * @param people whoever there is, with roles @param title of the paper @param roles whose lines; all three without it
 */
export function SignatureLines({ app, people, title, roles = kChair | kSupervisor | kClerk }) {
  const { t } = app;
  const of = meetingOf(app.s);
  return html`<div class="signatures"><p class="signed-what">${title}${of?.title
      && html`${t('word.colon')}${of.title}${t('word.middot')}${of.date}`}</p>
    ${kSigners.filter(([bit]) => bit & roles).flatMap(([bit, role]) =>
      people.filter((one) => one.roles & bit).map((one) => html`<p key=${`${role}${one.person}`}>
        <span>${t('closingSheet.signer', { role: t(`role.${role}`), name: one.name })}</span>
        <span class="signature-line"></span><span>${t('closingSheet.date')}</span></p>`))}</div>`;
}
