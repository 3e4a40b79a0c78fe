// SPDX-License-Identifier: Apache-2.0
/**
 * The desk's page without its program: states that a real office comes to once a year or never, each in both languages
 * and judged by axe-core. Rule: a button that is grey says what is missing. Harm: a clerk looks at 建立会议 for ten
 * minutes, the evening before the meeting, and nobody is there who could tell her why it does not move.
 */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { FakeDoor, kDeviceCode, meetingOf } from './fake_door.mjs';
import { faultsInEnglish, faultsOf, launch, openWindow } from './lib.mjs';

let browser;

before(async () => {
  browser = await launch();
});
after(() => browser.close());

const { people, title } = meetingOf();
const kDesk = { person: 1, people: [{ person: 1, name: '周晓棠', fingerprint: '3F2A90C1' }], folder: '/srv/office',
  entries: 12, head: '3f2a90c1', today: '2026-11-20', meetings: 1, publicity: null, odd_date: '',
  papers: [],
  imported: { date: '2026-11-18', candidates: 20 },
  roster: { date: '2026-11-19', candidates: 20, folder: '/srv/office/roster', behind: false } };
const kPlan = { experts: 11, size_wanted: 11, committee_min: 7, chair: '林远航', supervisor: '孙秉正', proposed: true,
  batch_size_max: 1024, faults: [], batches: [{ title: '第一批（高级）', count: 20 }],
  addresses: [{ host: '192.0.2.10', port: 7443, loopback: false }, { host: '127.0.0.1', port: 0, loopback: true }],
  rows: [{ person: 2, candidate: 3, expert: '苏文瑾', name: '申报人零零3', employer: '云梭智能制造有限公司',
    reason: '同一单位' }] };
const status = (fields = {}) => ({ title, date: '2026-11-22', rehearsal: false, closed: false, phase: 'before-open',
  attempt: null, address: '192.0.2.10:7443',
  people: people.map(({ person, name }) => ({ person, name, enrolled: false, device_code: '' })),
  batches: [{ batch: 1, title: '第一批（高级）', candidates: 20, attempts: 0, declared: 0 }], ...fields });
const dayOf = (fields = {}, of = {}) => ({ 'meetings': () => ({ ok: true, meetings: [{ name: '2026-11-22', running:
  true }] }), 'meeting-state': () => ({ ok: true, name: '2026-11-22', running: true, terminal: false, down: false,
  falls: [], status: status(of), ...fields }) });
const kFall = { at: '09:12', lines: 'terminate called\nsegmentation fault' };
const enrolled = people.map(({ person, name }) => ({ person, name, enrolled: true, device_code: kDeviceCode }));
const kTwo = [{ name: '2026-11-20-r', running: true }, { name: '2026-11-22', running: false }];
const batches = [{ batch: 1, title: '第一批（高级）', candidates: 20, attempts: 1, declared: 20 }];

async function show(commands, desk = {}) {
  const page = await openWindow(browser);
  const door = new FakeDoor(page, { start: 'office.html', phase: null, commands: {
    'state': () => ({ ok: true, ...kDesk, ...desk }),
    'meeting-plan': () => ({ ok: true, ...kPlan }), 'meetings': () => ({ ok: true, meetings: [] }),
    'recusals': () => ({ ok: true, rows: kPlan.rows }),
    ...commands } });
  await door.open();
  return { page, door };
}

const step = (page, name) => page.getByRole('navigation').getByRole('button', { name }).click();
const button = (page, name) => page.getByRole('button', { name, exact: true });

async function both(page, name) {
  const faults = await faultsOf(page, `desk-page-${name}`);
  assert.deepEqual([...faults, ...await faultsInEnglish(page, `desk-page-${name}`)], []);
}

test('a meeting that can not be made yet says what is missing, one by one', async () => {
  const { page } = await show({});
  await step(page, '新会议');
  const make = button(page, '建立会议');
  const lacks = page.locator('#new-lacks');
  await lacks.getByText('缺少：会议名称').waitFor();
  assert.ok(await make.isDisabled());
  assert.equal(await make.getAttribute('aria-describedby'), 'new-lacks', 'read out with the button');
  await both(page, 'new-empty');
  await page.getByLabel('会议日期').fill('');
  await page.getByLabel(/^应到人数/).fill('12');
  for (const name of [/^主任委员的会议终端/, /^监督人员的会议终端/]) {
    await page.getByRole('checkbox', { name }).uncheck();
  }
  await page.getByRole('group', { name: /^建议回避/ }).getByRole('checkbox').uncheck();
  await lacks.getByText('缺少：会议名称、会议日期、正确的应到人数、去掉建议回避的理由、会议服务器以外的一个计票监管方')
    .waitFor();
  await both(page, 'new-lacks-all');
  await page.getByLabel('会议名称').fill('评审会议');
  await page.getByLabel('会议日期').fill('2026-11-22');
  await page.getByLabel(/^应到人数/).fill('11');
  await page.getByLabel('去掉的理由').fill('已调离');
  await lacks.getByText('缺少：会议服务器以外的一个计票监管方').waitFor();
  assert.ok(await button(page, '先建一次演练').isEnabled(), 'a rehearsal needs no trustee');
  await page.getByRole('checkbox', { name: /^监督人员的会议终端/ }).check();
  assert.ok(await make.isEnabled());
  assert.equal(await lacks.innerText(), '', 'and nothing is said any more');
  await both(page, 'new-ready');
  await page.context().close();
});

/** Name, what the program says, a text to wait for. */
const kDays = [
  ['stopped', dayOf({ running: false }), '没有运行'],
  ['running', dayOf(), '已登记 0 台，应登记 14 台'],
  ['fell', dayOf({ falls: [kFall] }), '自行停止，已重新启动'],
  ['down', dayOf({ running: false, down: true, falls: [kFall, kFall] }), '不再自动启动'],
  ['enrolled', dayOf({ terminal: true }, { people: enrolled }), '再次打开会议终端'],
  ['voting', dayOf({}, { people: enrolled, phase: 'open', attempt: { batch: 1, attempt: 1 } }), '轮表决进行中'],
  ['closed', dayOf({}, { people: enrolled, phase: 'closed', closed: true, batches }), '会议已结束'],
  ['rehearsal', { ...dayOf({ name: '2026-11-20-r' }, { rehearsal: true }),
    'meetings': () => ({ ok: true, meetings: kTwo }) }, '这是演练'],
  ['none', {}, '还没有建立会议'],
];

for (const [name, commands, text] of kDays) {
  test(`the day: ${name}`, async () => {
    const { page } = await show(commands);
    await step(page, '会议当天');
    await page.getByText(text).first().waitFor();
    await both(page, `day-${name}`);
    await page.context().close();
  });
}

const kService = { name: '人社局职称办', address: '192.0.2.20:7443' };
const kSlip = { ok: true, meetings: [{ name: '2026-11-22-1', running: false, service: 123456 }] };
const there = (fields, of) => ({ 'meetings': () => kSlip, 'service-state': () => ({ ok: true, name: '2026-11-22-1',
  number: 123456, kept: false, fetched: false, status: { ...status(of), slips: false }, ...fields }) });
const kFaraway = { ok: false, code: 'OFFICE_REFUSED', message: '连不上服务。\n请查看网络，过一会儿再按一次。' };
const sending = (reply) => ({ 'service-sending': () => ({ ok: true, ...reply }) });

/** Name, step, what the program says, a text to wait for: states that a service comes to in a moment, or never. */
const kAtService = [
  ['sent', '新会议', sending({ state: 'sending', sent: 5 << 20, all: 40 << 20 }), '已送达 5.0 MB，共 40.0 MB'],
  ['judged', '新会议', sending({ state: 'sending', sent: 9 << 20, all: 9 << 20 }), '正在等待服务'],
  ['warned', '新会议', sending({ state: 'made', meeting: '2026-11-22-1', number: 123456,
    warning: '会议已在服务中建立，但工作台账没有记入它的名单' }), '没有记入它的名单'],
  ['elsewhere', '会议当天', there({}), '登记单已在另一台电脑上取走'],
  ['away', '会议当天', { 'meetings': () => kSlip, 'service-state': () => kFaraway }, '连不上服务'],
  ['list-away', '会议服务', { 'service-list': () => kFaraway }, '连不上服务'],
];

for (const [name, where, commands, text] of kAtService) {
  test(`at the service: ${name}`, async () => {
    const { page } = await show({ 'service-sending': () => ({ ok: true, state: 'none' }), ...commands },
      { service: kService });
    await step(page, where);
    await page.getByText(text).first().waitFor();
    await both(page, `service-${name}`);
    // A grey button says what is missing; nothing is made twice.
    if (name === 'sent') assert.ok(await button(page, '先建一次演练').isDisabled());
    await page.context().close();
  });
}

test('who signs on, and a day that is out of order', async () => {
  const first = await show({}, { person: 0, people: [] });
  await first.page.getByRole('heading', { name: '设立办公室工作台账' }).waitFor();
  await both(first.page, 'first');
  await first.page.context().close();
  const again = await show({}, { person: 0 });
  await again.page.getByLabel('口令').waitFor();
  await both(again.page, 'sign-on');
  await again.page.context().close();
  const { page, door } = await show({}, { imported: null, roster: null, meetings: 0, odd_date: '2199-01-04 晚于今天' });
  await page.getByText('2199-01-04 晚于今天').waitFor();
  await both(page, 'import-first');
  door.drop();
  await page.locator('.banner.warn').waitFor();
  await both(page, 'lost');
  await page.context().close();
});

// Harm: a clerk with a Windows laptop fills in a whole meeting, and the button fails.
test('an office whose programs hold no meetings says where one is made', async () => {
  const { page } = await show({}, { holds: false });
  await step(page, '新会议');
  await page.locator('main').getByText('会议不能在这里建立').waitFor();
  await page.locator('main').getByText('/srv/office').waitFor();
  assert.equal(await button(page, '建立会议').count(), 0);
  await both(page, 'new-not-here');
  await page.context().close();
});

test('the steps that wait for others say so', async () => {
  const { page } = await show({ 'meeting-plan': () => ({ ok: false, code: 'OFFICE_REFUSED', message: '尚未决定' }) },
    { imported: null, roster: null });
  for (const [name, text] of [['资格审核', '导入'], ['新会议', '每位申报人都有结论后'], ['会议材料', '还没有材料']]) {
    await step(page, name);
    await page.locator('main').getByText(text).first().waitFor();
    await both(page, `waits-${name}`);
  }
  await page.context().close();
});
