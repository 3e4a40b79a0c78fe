// SPDX-License-Identifier: Apache-2.0
/** A new meeting from the sheets: its name, who guards it, where laptops find it; and a rehearsal before it. */
import { useEffect, useState } from '../vendor/preact-hooks.js';
import { Act, html, later, oneLine } from '../parts/ui.js';
import { keyOf, Suggestions } from './roster.js';

/** As examples/meeting.toml has them. */
const kRules = {
  pass_numerator: 2, pass_denominator: 3, pass_strict: true, recusal_mode: 'include', abstain_allowed: true,
  quorum_numerator: 2, quorum_denominator: 3, modulus_bits: 2048, max_unconfirmed: 2, checks_allowed: true,
  protest_s: 20,
};
const kBatchSize = 20;
const Sending = later(() => import('./sending.js').then((all) => all.Sending));

/** What was typed, for as long as the page is open: after a rehearsal the real one is made from the same. */
let kept = null;

function Text({ label, value, put, type = 'text', ...more }) {
  return html`<label class="field"><span>${label}</span><input type=${type} autocomplete="off" value=${value}
    onInput=${(e) => put(type === 'number' ? Number(e.target.value) : e.target.value)} ...${more} /></label>`;
}

function Check({ label, checked, put, disabled = false }) {
  return html`<label class="check block"><input type="checkbox" checked=${checked} disabled=${disabled}
    onChange=${(e) => put(e.target.checked)} />${' '}${label}</label>`;
}

/** Who guards the votes, and the sentence that follows from it: it is computed, never a promise. */
function Trustees({ app, plan, form, put }) {
  const { t } = app;
  const names = [t('word.server'), form.chair && plan.chair, form.supervisor && plan.supervisor].filter(Boolean);
  const alone = names.length === 1;
  return html`<fieldset class="choice-list"><legend>${t('new.trustees')}</legend>
    <p class="quiet-text">${t('facts.trusteesLead')}</p>
    <${Check} label=${t('word.server')} checked=${true} disabled=${true} put=${() => {}} />
    ${plan.chair && html`<${Check} label=${t('new.chair', { name: plan.chair })} checked=${form.chair}
      put=${put('chair')} />`}
    ${plan.supervisor && html`<${Check} label=${t('new.supervisor', { name: plan.supervisor })}
      checked=${form.supervisor} put=${put('supervisor')} />`}
    <p class=${alone ? 'note warn' : 'note'}>${alone && html`<span aria-hidden="true">! </span>`}
      ${alone ? t('new.alone') : t('secrecy.any-one-of', { names: names.join(t('word.comma')) })}</p></fieldset>`;
}

function Rules({ app, form, put }) {
  const { t } = app;
  const { rules } = form;
  const set = (key) => (value) => put('rules')({ ...rules, [key]: value });
  const number = (key, min, max) => html`<${Text} key=${key} label=${t(`new.rule.${key}`)} type="number" min=${min}
    max=${max} value=${rules[key]} put=${set(key)} />`;
  return html`<details><summary>${t('new.rules', rules)}</summary><div class="fields">
    ${number('pass_numerator', 1, 100)}${number('pass_denominator', 1, 100)}
    ${number('quorum_numerator', 1, 100)}${number('quorum_denominator', 1, 100)}
    <label class="field"><span>${t('new.rule.recusal_mode')}</span>
      <select value=${rules.recusal_mode} onChange=${(e) => set('recusal_mode')(e.target.value)}>
      ${['include', 'exclude', 'leave'].map((mode) =>
        html`<option key=${mode} value=${mode}>${t(`new.recusal.${mode}`)}</option>`)}</select></label>
    ${number('max_unconfirmed', 0, Math.floor(form.committee_size / 3))}${number('protest_s', 5, 300)}
    <label class="field"><span>${t('new.rule.modulus_bits')}</span>
      <select value=${rules.modulus_bits} onChange=${(e) => set('modulus_bits')(Number(e.target.value))}>
      ${[2048, 3072, 4096].map((bits) => html`<option key=${bits} value=${bits}>${bits}</option>`)}</select></label>
    </div>${['pass_strict', 'abstain_allowed', 'checks_allowed'].map((key) =>
      html`<${Check} key=${key} label=${t(`new.rule.${key}`)} checked=${rules[key]} put=${set(key)} />`)}</details>`;
}

/** Asked of an office that belongs to a service: on this machine it has a server of its own to look after. */
function Where({ app, form, put }) {
  const { t, desk } = app;
  const one = (where) => html`<label class="check block"><input type="radio" name="where"
    checked=${form.where === where} onChange=${() => put('where')(where)} />${' '}
    ${t(`new.where.${where}`, desk.service)}</label>`;
  return html`<fieldset class="choice-list"><legend>${t('new.where')}</legend>${one('service')}${one('here')}
    </fieldset>`;
}

function Address({ app, plan, form, put }) {
  const { t } = app;
  const of = ({ host, port, loopback }) =>
    t(loopback ? 'new.addressHere' : port ? 'new.address' : 'new.addressFree', { host, port });
  return html`<label class="field"><span>${t('new.host')}</span>
    <select value=${form.host} onChange=${(e) => put('host')(e.target.value)}>
    ${plan.addresses.map((one) => html`<option key=${one.host} value=${one.host}>${of(one)}</option>`)}</select>
    </label>`;
}

function Batches({ app, plan, form, put }) {
  const { t } = app;
  return html`<section class="card"><h2>${t('new.batches', { n: plan.batches.length })}</h2>
    ${plan.proposed ? html`<p>${t('new.batchesProposed')}</p><div class="fields">
      <${Text} label=${t('new.batchSize')} type="number" min="1" max=${plan.batch_size_max} value=${form.batch_size}
        put=${put('batch_size')} /></div>` : html`<p>${t('new.batchesOfSheet')}</p>`}
    <ol class="plain">${plan.batches.map((one) =>
      html`<li key=${one.title}>${t('new.batch', { title: one.title, n: one.count })}</li>`)}</ol></section>`;
}

function fresh(plan, desk) {
  const size = plan.experts;
  return { title: '', date: desk.today, committee_size: size, size_approval: '', chair: Boolean(plan.chair),
    supervisor: Boolean(plan.supervisor), host: plan.addresses[0]?.host || '', batch_size: kBatchSize,
    rules: { ...kRules, max_unconfirmed: Math.min(kRules.max_unconfirmed, Math.floor(size / 3)) }, struck: [],
    struck_reason: '', where: 'service' };
}

/** What was sent before, as the form has it: sent again as it is, it goes on where it was. */
function formOf(sent) {
  const { lang, rehearsal, date_reason, ...form } = sent;
  return { ...form, struck: form.struck.map((pair) => pair.join(':')) };
}

/** What a real meeting still lacks, by the names of its fields; a rehearsal needs no trustee beside the server. */
function lacksOf(t, plan, form, struck) {
  const rightSize = form.committee_size % 2 === 1 && form.committee_size >= plan.experts;
  const toFill = [!oneLine(form.title) && t('new.title'), !form.date && t('new.date'),
    !rightSize && t('new.lacksSize'),
    struck.length > 0 && !oneLine(form.struck_reason) && t('new.lacksReason')].filter(Boolean);
  return { rightSize, named: toFill.length === 0,
    lacks: [...toFill, ...(form.chair || form.supervisor ? [] : [t('new.lacksTrustee')])] };
}

function Form({ app, plan, form, put, busy, send, progress }) {
  const { t, desk } = app;
  const there = desk.service && form.where === 'service';
  const small = form.committee_size < plan.size_wanted;
  const struck = form.struck.filter((key) => plan.rows.some((one) => keyOf(one) === key));
  const make = (rehearsal) => async () => {
    const values = { ...form, title: oneLine(form.title), rehearsal,
      struck: struck.map((key) => key.split(':').map(Number)), struck_reason: oneLine(form.struck_reason) };
    if (there) return send(values);
    const reply = await app.act('meeting-new', values);
    return reply && app.go('day');
  };
  const { rightSize, named, lacks } = lacksOf(t, plan, form, struck);
  return html`<div class="stack"><section class="card"><h2>${t('new.what')}</h2>
    ${desk.service && html`<${Where} app=${app} form=${form} put=${put} />`}<div class="fields">
      <${Text} label=${t('new.title')} value=${form.title} put=${put('title')} />
      <${Text} label=${t('new.date')} type="date" value=${form.date} put=${put('date')} />
      <${Text} label=${t('new.size', { n: plan.experts })} type="number" min=${plan.experts} step="2"
        value=${form.committee_size} put=${put('committee_size')} />
      ${!there && html`<${Address} app=${app} plan=${plan} form=${form} put=${put} />`}
      ${small && html`<${Text} label=${t('new.approval', { n: plan.size_wanted })} value=${form.size_approval}
        put=${put('size_approval')} />`}</div>
      <p class="field-error" role="alert">${!rightSize && t('new.sizeWrong', { n: plan.experts })}</p>
      ${plan.faults.map((text) => html`<p key=${text} class="note warn"><span aria-hidden="true">! </span>${text}</p>`)}
      <${Rules} app=${app} form=${form} put=${put} />
      <${Trustees} app=${app} plan=${plan} form=${form} put=${put} />
      <p id="new-lacks" class=${lacks.length > 0 ? 'note warn' : ''} role="status">${lacks.length > 0
        && html`<span aria-hidden="true">! </span>${t('new.lacks', { list: lacks.join(t('word.comma')) })}`}</p>
      <div class="row-end">
        <${Act} app=${app} label=${t('new.rehearse')} disabled=${!named || busy} aria-describedby="new-lacks"
          run=${make(true)} />
        <${Act} app=${app} kind="primary large" label=${t('new.make')} disabled=${lacks.length > 0 || busy}
          aria-describedby="new-lacks" run=${make(false)} /></div>${progress}
      <p class="quiet-text">${t(there ? 'new.sendLead' : 'new.makeLead')}</p></section>
    <${Batches} app=${app} plan=${plan} form=${form} put=${put} />
    <section class="card"><h2>${t('new.recusals')}</h2>
      <${Suggestions} app=${app} rows=${plan.rows} struck=${struck} setStruck=${put('struck')}
        reason=${form.struck_reason} setReason=${put('struck_reason')} /></section></div>`;
}

export function NewMeeting({ app }) {
  const { t, desk } = app;
  const [plan, setPlan] = useState(null);
  const [refused, setRefused] = useState('');
  const [form, setForm] = useState(kept);
  const [turn, setTurn] = useState(0);
  const [busy, setBusy] = useState(false);
  const size = form?.batch_size || kBatchSize;
  useEffect(() => {
    let left = false;
    app.call('meeting-plan', { batch_size: size }).then((reply) => {
      if (left) return;
      setRefused(reply.ok ? '' : reply.message || t('desk.lost'));
      if (!reply.ok) return;
      setPlan(reply);
      setForm((before) => (before && reply.addresses.some((one) => one.host === before.host) ? before
        : { ...(before || fresh(reply, desk)), host: reply.addresses[0]?.host || '' }));
    });
    return () => (left = true);
  }, [size, desk.entries]);
  const put = (key) => (value) => setForm((before) => (kept = { ...before, [key]: value }));
  const ready = plan && form && !refused;
  const made = (reply) => {
    app.refresh();
    if (reply.warning) return;
    app.say({ said: t('send.made', reply) });
    app.go('day', reply.meeting);
  };
  const took = (reply) => {
    setBusy(reply.state === 'sending');
    if (reply.form?.title && !kept) setForm(kept = formOf(reply.form));
    if (reply.state === 'made') made(reply);
  };
  const send = async (values) => {
    const reply = await app.call('service-make', { ...values, lang: t.lang });
    app.say(reply.ok ? null : { reply });
    if (reply.state === 'made') made(reply);
    else if (reply.ok) setTurn((n) => n + 1);
  };
  if (desk.holds === false) return html`<h1>${t('desk.step.newmeeting')}</h1><section class="card"><p class="note warn">
    <span aria-hidden="true">! </span>${t('new.notHere', desk)}</p></section>`;
  const progress = desk.service && html`<${Sending} app=${app} turn=${turn} took=${took} />`;
  return html`<h1>${t('desk.step.newmeeting')}</h1>
    ${refused && html`<section class="card"><p class="note warn said"><span aria-hidden="true">! </span>${refused}</p>
      <p>${t('new.refusedNext')}</p><div class="row"><button type="button" class="button primary"
        onClick=${() => app.go(desk.imported ? 'verdicts' : 'import')}>
        ${t(desk.imported ? 'desk.step.verdicts' : 'desk.step.import')}</button></div></section>`}
    ${ready && html`<${Form} app=${app} plan=${plan} form=${form} put=${put} busy=${busy} send=${send}
      progress=${progress} />`}${!ready && progress}`;
}
