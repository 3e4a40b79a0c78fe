// SPDX-License-Identifier: Apache-2.0
/** Who is there, as seats in a row with a mark at the quorum; the same in figures beside it, and by name on request. */
import { html, Lamp, standing, kExpert } from './ui.js';

const kSeat = 18;

function Seats({ app, present, committee, needed }) {
  const width = committee * kSeat;
  const label = app.t('attend.picture', { present, committee, needed });
  return html`<svg class="seats" viewBox=${`0 0 ${width + 4} 34`} role="img" aria-label=${label}
    preserveAspectRatio="xMinYMid meet">
    ${Array.from({ length: committee },
      (_, i) => html`<rect key=${i} class=${i < present ? 'seat taken' : 'seat'} x=${i * kSeat + 2} y="8"
      width=${kSeat - 4} height="18" rx="3" />`)}
    <line class="needed-line" x1=${needed * kSeat + 1} x2=${needed * kSeat + 1} y1="1" y2="33" /></svg>`;
}

export function Attendance({ app, list = false }) {
  const { experts } = app.s.now;
  if (!experts) return null;
  const people = (app.s.meeting?.people || []).filter((one) => one.roles & kExpert);
  return html`<div class="attendance">
    <dl class="figures">
      <div><dt>${app.t('attend.committee')}</dt><dd>${experts.committee}</dd></div>
      <div><dt>${app.t('attend.present')}</dt><dd>${experts.present}</dd></div>
      <div><dt>${app.t('attend.needed')}</dt><dd>${experts.quorum_min}</dd></div>
    </dl>
    <${Seats} app=${app} present=${experts.present} committee=${experts.committee} needed=${experts.quorum_min} />
    <${Lamp} on=${experts.quorum}>${app.t(experts.quorum ? 'attend.quorum' : 'attend.noQuorum')}</${Lamp}>
    ${list && html`<ul class="people">${people.map((one) => {
      const at = standing(app, one.person);
      return html`<li key=${one.person} class=${at.signed_in ? 'person in' : 'person'}>
        <span aria-hidden="true">${at.signed_in ? '✓' : '○'}</span>
        <span class="person-name">${one.name}</span>
        <span class="person-state">${app.t(at.signed_in ? 'attend.in' : 'attend.out')}${
          at.signed_in && at.online === false ? app.t('attend.offline') : ''}</span></li>`;
    })}</ul>`}
  </div>`;
}
