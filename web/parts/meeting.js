// SPDX-License-Identifier: Apache-2.0
/** What a meeting is, in words: the same for whoever signs it and for whoever has signed in. */
import { html, kChair, kClerk, kExpert, kScreen, kSupervisor } from './ui.js';

export function roleWords(app, roles) {
  return [[kChair, 'chair'], [kExpert, 'expert'], [kClerk, 'clerk'], [kSupervisor, 'supervisor'], [kScreen, 'screen']]
    .filter(([bit]) => roles & bit).map(([, word]) => app.t(`role.${word}`)).join(app.t('word.comma'));
}

export function Rules({ app, rules }) {
  const { t } = app;
  return html`<ul class="rules"><li>${t(rules.strict ? 'rules.passStrict' : 'rules.pass', { part: rules.pass })}</li>
    <li>${t('rules.quorum', { part: rules.quorum })}</li><li>${t(`rules.recusal.${rules.recusal_mode}`)}</li>
    <li>${t(rules.abstain_allowed ? 'rules.abstain' : 'rules.noAbstain')}</li>
    <li>${t('rules.unconfirmed', { n: rules.max_unconfirmed })}</li>
    <li>${t(rules.checks_allowed ? 'rules.checks' : 'rules.noChecks')}</li>
    <li>${t('rules.protest', { n: rules.protest_s })}</li></ul>`;
}
