// SPDX-License-Identifier: Apache-2.0
/** The chair's place: what waits for signatures, the batch that is on, the agenda, guards, who is there, the end. */
import { html, standing } from '../parts/ui.js';
import { Agenda } from '../parts/agenda.js';
import { Attendance } from '../parts/attendance.js';
import { Changes } from '../parts/changes.js';
import { EndCard } from '../parts/end.js';
import { GuardsBoard } from '../parts/guards.js';
import { LogPicture } from '../parts/log.js';
import { NextStep } from '../parts/nextstep.js';
import { OfficeButtons } from '../parts/office.js';
import { Proposals } from '../parts/proposals.js';
import { Current } from '../parts/running.js';
import { Closed } from './ended.js';
import { BeforeOpen, MeetingFacts, SignInCard } from './lobby.js';

export function Chair({ app }) {
  const { t, s } = app;
  if (s.now.meeting === 'before-open') return html`<${BeforeOpen} app=${app} />`;
  if (s.now.meeting === 'closed') return html`<${Closed} app=${app} />`;
  const here = standing(app, s.now.person).signed_in;
  return html`<h1 class="sr">${t('place.chair')}</h1>${here && html`<${NextStep} app=${app} />`}
    <div class="columns"><div class="stack">
      ${!here && html`<${SignInCard} app=${app} />`}
      <${Proposals} app=${app} /><${Current} app=${app} led=${here} />
      <${Agenda} app=${app} led=${here} /><${EndCard} app=${app} led=${here} /></div>
    <aside class="stack" aria-label=${t('attend.title')}><${GuardsBoard} app=${app} />
      <section class="card"><h2>${t('attend.title')}</h2><${Attendance} app=${app} list=${true} />
        <${OfficeButtons} app=${app} /></section>
      <${Changes} app=${app} />
      <section class="card"><h2>${t('log.title')}</h2><${LogPicture} app=${app} /></section>
      <${MeetingFacts} app=${app} /></aside></div>`;
}
