// SPDX-License-Identifier: Apache-2.0
/**
 * A small meeting for the page tests: most people act through stdin, which is quick; whoever a test is about has a
 * page. Persons 1 to 7 are experts, 1 the chair too; 8 the clerk, 9 the supervisor, 10 the big screen.
 */
import { createServer } from 'node:net';
import { Meeting } from './lib.mjs';

export const kPass = '口令 一二三 abc';
export const kChair = 1;
export const kExperts = [1, 2, 3, 4, 5, 6, 7];
export const kClerk = 8;
export const kSupervisor = 9;
export const kScreen = 10;
const kTitle = '工业互联网工程技术职务资格评审委员会评审会议';
export const kToml = `title = "${kTitle}"
date = "2026-11-22"
rehearsal = false
committee_size = 7
trustees = ["server", "chair", "supervisor"]
[rules]
max_unconfirmed = 1
`;
export const kMembers = `姓名,单位,角色
林远航,海州工业互联网研究院,主任委员、专家
苏文瑾,云梭智能制造有限公司,专家
高㛃,天岳标识解析中心,专家
买合木提·艾山,琅琊台装备集团,专家
秦正阳,星图工控安全技术有限公司,专家
韩北辰,海州工业互联网研究院,专家
许清如,天岳标识解析中心,专家
周晓棠,新区职称评审办公室（示例）,工作人员
孙秉正,新区监督检查室（示例）,监督人员
会场大屏,会场,大屏
`;
export const kNames = ['方启明', '陆思远', '秦𬭎', '江临川', '任天行', '沈知微', '温如玉'];

function rosters(count) {
  const same = ['云梭智能制造有限公司', '高级工程师', '正常', '第一批',
    '主持离散制造车间数字孪生平台建设，设备综合效率由 61% 提升至 74%；发明专利 2 项。',
    '评议组 5 人，同意推荐 5 人：业绩突出'].join();
  const rows = Array.from({ length: count }, (_, i) => `${kNames[i] ?? `申报人${i + 1}`},${same}`);
  return `姓名,单位,级别,渠道,批次,业绩摘要,评议组意见\n${rows.join('\n')}\n`;
}

/** A free port that a server which is started again can have again. */
async function freePort() {
  const socket = createServer();
  await new Promise((done) => socket.listen(0, '127.0.0.1', done));
  const { port } = socket.address();
  await new Promise((done) => socket.close(done));
  return port;
}

export class Small {
  /** @param materials a folder for `init --materials` */
  static async make(count = 3, { materials = null } = {}) {
    const small = new Small();
    small.meeting = new Meeting({ members: kMembers, candidates: rosters(count), toml: kToml,
      listen: `127.0.0.1:${await freePort()}`, materials });
    small.count = count;
    small.urls = new Map();
    small.tag = 0;
    return small;
  }

  client(person) {
    return this.meeting.clients.get(person);
  }

  /** Every cell of the rosters, the longest first, and the title: what stays as it is in any language. */
  rosterTexts() {
    const cells = [kMembers, rosters(this.count)].flatMap((text) => text.split(/[\n,]/));
    return [...new Set([kTitle, '2026-11-22', ...cells])].filter(Boolean).sort((a, b) => b.length - a.length);
  }

  /** Everybody enrolled and running; @return nothing, the addresses are in `urls`. */
  async start(people = [...kExperts, kClerk, kSupervisor, kScreen]) {
    await this.meeting.start();
    process.env.PIAOJUE_PASSPHRASE = kPass;
    for (const person of people)
      await this.meeting.tool('piaojue', 'enrol', '--slip', this.meeting.slips.get(person), '--home',
        this.meeting.home(person));
    delete process.env.PIAOJUE_PASSPHRASE;
    for (const person of people) await this.run(person);
    for (const person of people) await this.client(person).event('connected');
  }

  async run(person) {
    this.urls.set(person, await this.meeting.page(person, { passphrase: kPass }));
    return this.urls.get(person);
  }

  /** The reply to a command on stdin. */
  async ask(person, line) {
    const client = this.client(person);
    const tag = `t${(this.tag += 1)}`;
    const from = client.lines.length;
    client.type(`@${tag} ${line}`);
    return client.wait((text) => {
      const event = text.startsWith('{') ? JSON.parse(text) : {};
      return event.event === 'reply' && event.tag === tag ? event : null;
    }, `the reply to ${line}`, from);
  }

  /** Again and again, until it is done: keys, tokens and other people's entries take their time. */
  async until(person, line, wanted = (reply) => reply.ok, ms = 90_000) {
    const end = Date.now() + ms;
    for (;;) {
      const reply = await this.ask(person, line);
      if (wanted(reply)) return reply;
      if (Date.now() > end) throw new Error(`${line}: ${JSON.stringify(reply)}`);
      await new Promise((done) => setTimeout(done, 200));
    }
  }

  /** One proposal of this type, signed by each of these people; a BatchOpen with the heads that it lists. */
  async sign(type, ...people) {
    for (const person of people) {
      const wanted = (one) => one.type === type && one.yours;
      const { proposals } = await this.until(person, 'proposals', (reply) => reply.proposals?.some(wanted));
      const one = proposals.find(wanted);
      await this.until(person, `approve ${one.id}${type === 'BatchOpen' ? ` ${one.people.length}` : ''}`);
    }
  }

  /** The supervisor ticks everybody on the sheet: each one's laptop shows that code, and each one has signed. */
  async tick() {
    const { rows } = await this.until(kSupervisor, 'sheet');
    for (const one of rows.filter((row) => row.device_code))
      await this.until(kSupervisor, `tick ${one.person} ${one.device_code}`);
  }

  async openMeeting(signIn = [...kExperts, kClerk, kSupervisor]) {
    await this.until(kClerk, 'draft');
    await this.tick();
    await this.sign('MeetingOpen', kChair, kSupervisor);
    for (const person of signIn) await this.until(person, 'sign-in');
  }

  /** @param ms the keys of a hundred questions take minutes. */
  async openBatch(ms = 60_000) {
    await this.client(kChair).event('keys', 0, ms);
    await this.until(kChair, 'open 1');
    await this.sign('BatchOpen', kSupervisor);
    await this.client(kChair).event('opened');
  }

  async cast(person, choices) {
    for (let i = 0; i < this.count; i += 1) await this.until(person, `vote ${i + 1} ${choices[i % choices.length]}`);
    await this.until(person, 'cast');
  }

  async closeBatch() {
    await this.until(kChair, 'close');
    await this.sign('BatchClose', kSupervisor);
    await this.client(kChair).event('counted');
  }

  /** @return the declared rows */
  async declare() {
    await this.until(kChair, 'declare');
    await this.sign('Declaration', kSupervisor);
    return (await this.client(kChair).event('declared')).rows;
  }

  async stop() {
    await this.meeting.stop();
    this.meeting.remove();
  }
}
