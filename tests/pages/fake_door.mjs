// SPDX-License-Identifier: Apache-2.0
/**
 * A door without a program behind it: serves web/ to one page, and says what a test wants said. For states that a real
 * meeting hardly ever comes to, and for sizes that would take it long.
 */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { kMade, kWeb } from './lib.mjs';

const kPlace = 'http://127.0.0.1:9/fake/';
const kTypes = { html: 'text/html', js: 'text/javascript', css: 'text/css' };
const kPolicy = ["default-src 'none'", "script-src 'self'", "style-src 'self'", "img-src 'self' data: blob:",
  "connect-src 'self'", "form-action 'none'", "base-uri 'none'", "frame-ancestors 'none'"].join('; ');
const fileOf = (path) => readFileSync([kWeb, kMade].map((folder) => join(folder, path)).find(existsSync), 'utf8');

export class FakeDoor {
  /** @param commands by first word: (rest) => fields of the reply @param start the office's page is another one */
  constructor(page, { phase = 'run', message, meeting, now, commands = {}, start = 'index.html' }) {
    Object.assign(this, { page, start, phase, message, meeting, now, commands, heard: [], bytes: 0, up: true });
  }

  async open() {
    await this.page.route(`${kPlace}**`, (route) => {
      const path = new URL(route.request().url()).pathname.slice('/fake/'.length) || this.start;
      const body = fileOf(path);
      if (!path.endsWith('jsqr.js')) this.bytes += Buffer.byteLength(body);
      return route.fulfill(
        { body, headers: { 'Content-Type': `${kTypes[path.split('.').pop()]}; charset=utf-8`,
          'Content-Security-Policy': kPolicy, 'Cache-Control': 'no-store' } });
    });
    await this.page.routeWebSocket(/\/fake\/door$/, (socket) => {
      if (!this.up) return socket.close({ code: 1011 });
      this.socket = socket;
      socket.onMessage((line) => this.hear(String(line)));
      if (this.phase) this.say({ event: 'page-phase', phase: this.phase, version: 'test', lang: 'zh',
        message: this.message });
      return undefined;
    });
    await this.page.goto(kPlace);
  }

  say(event) {
    this.socket.send(JSON.stringify(event));
  }

  /** Tells the page of a change. */
  change(patch) {
    this.now = { ...this.now, ...patch };
    this.say({ event: 'now', ...this.now });
  }

  drop() {
    this.up = false;
    this.socket.close({ code: 1011 });
  }

  hear(line) {
    const [, tag, command, rest = ''] = /^@(\w+) (\S+) ?(.*)$/.exec(line);
    this.heard.push(`${command} ${rest}`.trim());
    const own = { meeting: () => (this.meeting ? { ok: true, ...this.meeting } : { ok: false, code: 'WRONG_PHASE' }),
      marks: () => ({ ok: true, marks: {} }) };
    const answer = this.commands[command] || own[command] || (() => ({ ok: true }));
    const reply = answer(rest);
    if (reply) this.say({ event: 'reply', tag, command, code: reply.ok ? 'OK' : 'INTERNAL', message: '', ...reply });
    if (command === 'follow' && this.now) this.say({ event: 'now', ...this.now });
  }
}

const kNames = ['林远航', '苏文瑾', '高㛃', '买合木提·艾山', '秦正阳', '韩北辰', '许清如', '范知行', '方启明', '江临川',
  '陆思远'];
const kHash = '3f2a 90c1 77de 0b14 5a6e 2c98 d1f0 4477 8be3 19aa c05d 62f7 e841 3b96 7d20 a5cf';

export const kDeviceCode = '7KQ2-9XWT-M4ZD-8R5C';

/** A meeting of eleven experts, a clerk, a supervisor and a screen. */
export function meetingOf({ candidates = 3, exceptional = [], openedBefore = [], rules = {}, rehearsal = false } = {}) {
  const experts = kNames.map((name, i) =>
    ({ person: i + 1, name, employer: '海州工业互联网研究院', roles: i === 0 ? 3 : 1 }));
  const people = [
    ...experts,
    { person: 12, name: '周晓棠', employer: '新区职称评审办公室', roles: 4 },
    { person: 13, name: '孙秉正', employer: '新区监督检查室', roles: 8 },
    { person: 14, name: '会场大屏', employer: '会场', roles: 16 },
  ];
  const all = Array.from({ length: candidates }, (_, i) => i + 1);
  return {
    title: '青岛西海岸新区工业互联网工程技术职务资格评审委员会 2026 年度评审会议', date: '2026-11-22', rehearsal,
    meeting_hash: kHash, committee_size: 11, size_approval: '',
    rules: { pass: '2/3', strict: true, quorum: '2/3', recusal_mode: 'include', abstain_allowed: true,
      modulus_bits: 2048, max_unconfirmed: 2, checks_allowed: true, protest_s: 20, ...rules },
    people,
    trustees: [{ trustee: 0, person: 0, name: 'server' }, { trustee: 1, person: 1, name: kNames[0] },
      { trustee: 2, person: 13, name: '孙秉正' }],
    candidates: all.map((question) => ({
      question, name: `申报人${String(question).padStart(3, '零')}`, employer: '云梭智能制造有限公司',
      level: '高级工程师', exceptional: exceptional.includes(question),
      summary: '主持离散制造车间数字孪生平台建设，设备综合效率由 61% 提升至 74%；发明专利 2 项；行业标准主要起草人。',
      group_opinion: '评议组 5 人，同意推荐 5 人：业绩突出',
      opened_before: openedBefore.includes(question) ? '2025 年度评审会议' : '',
    })),
    batches: [{ batch: 1, title: '第一批（高级）', questions: all }], identity_key: kHash, witness_key: kHash,
    device_code: kDeviceCode,
  };
}

export function rowOf(question, fields = {}) {
  return { question, name: '', present: 11, agree: 8, disagree: 2, abstain: 1, invalid: 0, not_cast: 0, recused: 0,
    needed: 8, passed: true, contested: false, mode_sensitive: false, text: '', ...fields };
}

/** What is known of an attempt; what a test says of it goes before. */
function attemptOf(questions, experts, fields) {
  const out = { batch: 1, attempt: 1, phase: 'voting', paper: false, live: true, questions, voided: [],
    present: experts, recusals: [], trustees: [0, 1, 2], quorum_min: 8, open_witnessed: true, box_witnessed: false,
    witness: { open: { have: 12, needed: 9, have_experts: 11, needed_experts: 8, missing: [12] }, box: null,
      share: null, result: null },
    issued: experts, voted: experts.slice(0, 9), mixed: 0, shared: 0, hops: 3, spoils: [], boxes: [], counted: [],
    entitled: experts, confirmed: [], missing: [], not_cast: [], overridden: [], override_cost: null, gate: null,
    rows: [], by_committee: null, ...fields };
  out.without ??= out.present.filter((p) => !out.voted.includes(p));
  const said = [...out.confirmed, ...out.missing, ...out.not_cast, ...out.overridden.map((one) => one.person)];
  out.unconfirmed ??= out.phase === 'confirming' ? out.entitled.filter((p) => !said.includes(p)) : [];
  return out;
}

/** The two other trustees, alive. @param gone trustees that are not. @param changed those with another key */
export function guardsOf(meeting, { gone = [], changed = [], kind = 'any-one-of' } = {}) {
  return { kind, people: kind === 'paper' ? [] : meeting.trustees.map((one) => ({ ...one,
    online: !gone.includes(one.trustee), key: changed.includes(one.trustee) ? 'changed' : 'first' })) };
}

/**
 * How everything stands for one person. @param attempt fields over those of a batch that is being voted on; null: none
 * yet
 */
export function nowOf(meeting, person, { attempt = {}, ballot = {}, signedIn = true, present = 11, ...more } = {}) {
  const questions = meeting.batches[0].questions;
  const experts = kNames.map((_, i) => i + 1).slice(0, present);
  const { roles, name } = meeting.people[person - 1];
  const current = attempt && attemptOf(questions, experts, attempt);
  const mine = current && roles & 1 && !current.paper && ballot
    ? { stage: 'ready', questions, marked: 0, cast: 0, in_log: false, missing: [], asks: null, check: null,
      refused: null, ...ballot } : null;
  const phase = current
    && [{ attempt: 1, phase: current.phase, paper: current.paper, by_committee: current.by_committee, present,
      reason: null, rows: current.phase === 'declared' ? current.rows : [] }];
  const contested = current?.rows.filter((row) => row.contested).map((row) => row.question) || [];
  return {
    person, name, roles, device_code: kDeviceCode, meeting: 'open', rehearsal: meeting.rehearsal, connected: true,
    synced: true, halted: null, key_current: true, size: 57, root: kHash,
    checkpoint: { size: 55, noted: 57, cosigners: experts }, head: null,
    people: meeting.people.map((one) => ({
      person: one.person, enrolled: true, online: true, key: true,
      signed_in: one.roles & 1 ? one.person <= present && (one.person !== person || signedIn) : true,
    })),
    experts: { committee: 11, present, quorum_min: 8, quorum: present >= 8 }, recusals: [], interviews: [],
    agenda: [{
      batch: 1, title: meeting.batches[0].title, questions, keys: [0, 1, 2], interviews_missing: [],
      undecided: current?.phase === 'declared' ? contested : questions, attempts: phase || [],
    }],
    attempt: current, ballot: mine, checks: [], waits: [],
    guards: guardsOf(meeting, { kind: current?.paper ? 'paper' : 'any-one-of' }), alarms: [], changes: [],
    trustee: [1, 13].includes(person)
      ? { trustee: 1, state: 'issuing', waiting: null, refused: null, waits_for_half: [], protest: null } : null,
    proposals: [], papers: [], warnings: [], ...more,
  };
}
