// SPDX-License-Identifier: Apache-2.0
/** One part of a page on paper, without the rest: whatever holds it and whatever stands beside it is left out. */
import { useEffect, useState } from '../vendor/preact-hooks.js';
import { html } from './ui.js';

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

/** What meeting this paper is of. Before it is open, what is proposed, or what the server says that it will be. */
export function PaperTitle({ app }) {
  const { t, s } = app;
  const of = s.meeting || s.now.proposals.find((one) => one.type === 'MeetingOpen') || s.now.announced;
  if (!of?.title) return null;
  return html`<p class="paper-title"><strong>${of.title}</strong><br />${t('facts.date', { date: of.date })}</p>`;
}
