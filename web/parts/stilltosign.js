// SPDX-License-Identifier: Apache-2.0
/** Who has still to sign what one has signed oneself: by name, so that somebody can walk over there. */
import { html, kChair, kClerk, kExpert, kSupervisor, names, standing } from './ui.js';
import { besideOf, needsCommittee } from './signers.js';

/** Of whom an entry says something: he is not asked about himself. */
const kConcerning = ['SignOut', 'Recuse', 'RecuseBack', 'KeyChange', 'EnvelopeSpoil'];
/** Who is named in it signs too. */
const kBesideOthers = ['RecuseBack', 'TrusteeChange'];
const kPlanners = kChair | kClerk | kSupervisor;

/** Who has not signed yet: a chair, any one of them, and every supervisor who is signed in. */
function officeLeft(app, it, asked) {
  const of = (bit) => asked.filter((one) => one.roles & bit).map((one) => one.person);
  const chairs = of(kChair);
  const supervisors = of(kSupervisor).filter((p) => standing(app, p).signed_in !== false && !it.signed.includes(p));
  return [chairs.some((p) => it.signed.includes(p)) ? [] : chairs, ...supervisors.map((p) => [p])];
}

/**
 * Who has still to sign (specification, §10.0), each a list of those of whom one will do; by the committee, all who
 * may. Where several ways are open, the one that people take when they can.
 */
function left(app, it) {
  if (it.type === 'MeetingOpen') {
    return { each: it.people.filter((one) => one.enrolled && !it.signed.includes(one.person)
      && (one.roles & kPlanners || it.trustees.includes(one.person))).map((one) => [one.person]) };
  }
  const asked = (app.s.meeting?.people || []).filter((one) => !kConcerning.includes(it.type)
    || one.person !== it.person);
  const own = kBesideOthers.includes(it.type) && !it.signed.includes(it.person) ? [[it.person]] : [];
  if (needsCommittee(app, it)) {
    const members = asked.filter((one) => one.roles & kExpert && standing(app, one.person).signed_in
      && one.person !== it.from && !it.signed.includes(one.person)).map((one) => one.person);
    return { each: own, members: members.filter((p) => p !== own[0]?.[0]) };
  }
  if (it.type === 'RecuseBack' && !besideOf(app, it)) return { each: own };
  return { each: [...own, ...officeLeft(app, it, asked)] };
}

export function StillToSign({ app, it }) {
  const { t } = app;
  const { each, members = [] } = left(app, it);
  const nameOf = (p) => (it.type === 'MeetingOpen' && it.people[p - 1]?.name) || names(app, [p]);
  const people = each.filter((some) => some.length > 0).map((some) => some.map(nameOf).join(t('word.or')));
  if (people.length + members.length === 0) return html`<p class="note">${t('sign.waiting')}</p>`;
  return html`<p class="note">${people.length > 0 && t('sign.waitingFor', { names: people.join(t('word.comma')) })}
    ${people.length > 0 && members.length > 0 && html`<br />`}
    ${members.length > 0 && t('sign.waitingCommittee', { names: names(app, members) })}</p>`;
}
