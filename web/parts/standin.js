// SPDX-License-Identifier: Apache-2.0
/**
 * No officer's absence, dead laptop or displeasure stops a meeting: what the office proposes, the committee and every
 * supervisor can propose too. Folded up, and its code not even here, until somebody asks for it.
 */
import { useState } from '../vendor/preact-hooks.js';
import { html } from './ui.js';

export function StandIn({ app }) {
  const { t } = app;
  const [parts, setParts] = useState(null);
  const open = async () => {
    const [running, agenda] = await Promise.all([import('./running.js'), import('./agenda.js')]);
    setParts({ Current: running.Current, Agenda: agenda.Agenda });
  };
  if (!parts) {
    return html`<section class="card"><h2>${t('standin.title')}</h2><p class="quiet-text">${t('standin.lead')}</p>
      <div class="row"><button type="button" class="button" onClick=${open}>${t('standin.do')}</button></div>
    </section>`;
  }
  return html`<section class="stack standin" aria-label=${t('standin.title')}>
    <p class="note warn">${t('standin.note')}</p>
    <${parts.Current} app=${app} /><${parts.Agenda} app=${app} />
    <div class="row"><button type="button" class="button" onClick=${() => setParts(null)}>${t('standin.close')}</button>
    </div></section>`;
}
