// SPDX-License-Identifier: Apache-2.0
/** What a supervisor can object to just now, and how: in one place, while it can still be objected to. */
import { html } from './ui.js';

/** Which sentences hold now, with what they say. */
function listOf({ meeting, now }) {
  const asked = now.proposals.filter((one) => one.yours).length;
  const { attempt, trustee } = now;
  const voting = Boolean(attempt?.live) && attempt.phase === 'voting' && !attempt.paper;
  return [
    trustee?.protest && ['objections.stop', { n: trustee.protest.left_s }],
    asked > 0 && ['objections.refuse', { n: asked }],
    voting && meeting.rules.checks_allowed && ['objections.check', {}],
    attempt?.live && attempt.paper && ['objections.paper', {}],
    attempt?.live && attempt.phase === 'counted' && ['objections.result', {}],
    ['objections.hash', {}],
    ['objections.say', {}],
  ].filter(Boolean);
}

export function Objections({ app }) {
  const { t, s } = app;
  return html`<section class="card"><h2>${t('objections.title')}</h2>
    <ul>${listOf(s).map(([key, values]) => html`<li key=${key}>${t(key, values)}</li>`)}</ul></section>`;
}
