// SPDX-License-Identifier: Apache-2.0
/** What everybody sees before there is anything to do: waiting, what the meeting is, and signing in. */
import { Act, html, kScreen, personName, Waiting } from '../parts/ui.js';
import { Attendance } from '../parts/attendance.js';
import { Hash } from '../parts/hash.js';
import { roleWords, Rules } from '../parts/meeting.js';
import { Proposals } from '../parts/proposals.js';
import { Secrecy } from '../parts/secrecy.js';

export function BeforeOpen({ app, children }) {
  const { t, s } = app;
  const asked = s.now.proposals.some((one) => one.yours);
  return html`<div class="stack"><section class="card">
      <h1>${t('before.hello', { name: s.now.name })}</h1>
      <p class="lead">${t('before.roles', { roles: roleWords(app, s.now.roles) })}</p>
      ${s.now.device_code && !(s.now.roles & kScreen) && html`<div class="device">
        <p>${t('device.compare')}</p><p class="device-code">${s.now.device_code}</p></div>`}
      ${!asked && html`<${Waiting} title=${t('before.title')}><p>${t('before.lead')}</p></${Waiting}>`}
    </section><${Proposals} app=${app} />${children}</div>`;
}

export function MeetingFacts({ app, open = false }) {
  const { t, s } = app;
  const { meeting } = s;
  if (!meeting) return null;
  return html`<section class="card"><details open=${open}><summary><h2>${t('facts.title')}</h2></summary>
    <h3>${meeting.title}</h3><p>${t('facts.date', { date: meeting.date })}</p>
    <h3>${t('facts.committee', { n: meeting.committee_size })}</h3>
    ${meeting.size_approval && html`<p>${t('facts.approval', { text: meeting.size_approval })}</p>`}
    <ul class="members">${meeting.people.filter((one) => !(one.roles & kScreen))
      .map((one) => html`<li key=${one.person}><strong>${one.name}</strong>
      <span class="quiet-text">${one.employer}${t('word.middot')}${roleWords(app, one.roles)}</span></li>`)}</ul>
    <h3>${t('facts.rules')}</h3><${Rules} app=${app} rules=${meeting.rules} />
    <h3>${t('facts.trustees')}</h3><p class="quiet-text">${t('facts.trusteesLead')}</p>
    <p>${meeting.trustees.map((one) => personName(app, one.person)).join(t('word.comma'))}</p>
    ${meeting.device_code && html`<p>${t('device.own')}${t('word.colon')}
      <strong class="code">${meeting.device_code}</strong></p>`}
    <${Hash} label=${t('facts.ownKey')} value=${meeting.identity_key} />
    <${Hash} label=${t('facts.meetingHash')} value=${meeting.meeting_hash} />
  </details></section>`;
}

export function SignInCard({ app }) {
  const { t, s } = app;
  return html`<section class="card center"><h1>${t('signIn.title', { name: s.now.name })}</h1>
    <p class="lead">${s.meeting?.title}</p><p>${t('signIn.lead')}</p>
    <div class="row-center">
      <${Act} app=${app} kind="primary huge" label=${t('signIn.do')} run=${() => app.act('sign-in', 'note.signedIn')} />
      </div>
    <${Attendance} app=${app} /><${Secrecy} app=${app} /></section>`;
}
