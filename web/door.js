// SPDX-License-Identifier: Apache-2.0
/**
 * The door to this laptop's own program (docs/client-door.md): one WebSocket, a tagged line for each command, and the
 * state that every screen is drawn from. Nothing is kept anywhere but in this object; a reload asks for it all afresh.
 */
const kBackoffMs = [150, 300, 600, 1200, 2500];
const kEntriesKept = 60;
/** Closing codes of the host: this page is not to knock again after them. */
const kTakenOver = 4001;
const kRenewed = 4002;
const kEnded = 4003;

/** The reply that stands for an answer lost with the connection; its sentence is in strings/. */
const kLost = { ok: false, code: 'DOOR_LOST' };

export function doorUrl(place) {
  const scheme = place.protocol === 'https:' ? 'wss' : 'ws';
  return `${scheme}://${place.host}${place.pathname.replace(/[^/]*$/, '')}door`;
}

/** What is known before the program has said anything. */
const kNothingYet = {
  link: 'connecting', // open, lost, taken-over, renewed, ended
  epoch: 0, // counts the connections, so that a half-filled paper knows when to compare itself
  phase: null,
  phaseMessage: '',
  introduced: null, // who the server says that this person is, until it is confirmed
  programLang: 'zh',
  prefers: { large: false, sound: true },
  meeting: null,
  now: null,
  heardAt: 0, // when `now` was said, by this page's clock
  entries: [],
  split: null,
  ownRefusal: null,
  receipt: null,
};

export class Door {
  state = kNothingYet;
  #url;
  #listeners = new Set();
  #waiting = new Map();
  #socket = null;
  #failures = 0;
  #nextTag = 1;

  constructor(url) {
    this.#url = url;
  }

  connect() {
    const socket = new WebSocket(this.#url);
    this.#socket = socket;
    socket.onopen = () => {
      this.#failures = 0;
      this.#set({ epoch: this.state.epoch + 1, link: 'open' });
    };
    socket.onmessage = (message) => this.#hear(JSON.parse(message.data));
    socket.onclose = (event) => this.#closed(event.code);
  }

  /** Gives the reply, or what stands for one if the connection is lost first. */
  call(line) {
    if (!this.#socket || this.#socket.readyState !== WebSocket.OPEN) return Promise.resolve(kLost);
    const tag = String(this.#nextTag++);
    return new Promise((resolve) => {
      this.#waiting.set(tag, resolve);
      this.#socket.send(`@${tag} ${line}`);
    });
  }

  /** Told at once too: the connection may have been there before whoever draws it. */
  subscribe(listener) {
    this.#listeners.add(listener);
    listener(this.state);
    return () => this.#listeners.delete(listener);
  }

  #set(patch) {
    this.state = { ...this.state, ...patch };
    for (const listener of this.#listeners) listener(this.state);
  }

  async #askMeeting() {
    const reply = await this.call('meeting');
    if (reply.ok) this.#set({ meeting: reply });
  }

  #enterPhase({ phase, message, lang, prefers, introduced }) {
    this.#set({ phase, phaseMessage: message || '', programLang: lang || 'zh', link: 'open',
      prefers: prefers || this.state.prefers, introduced: introduced || null });
    if (phase !== 'run') return;
    this.call('follow on');
    this.#askMeeting();
  }

  /** What is not said again in `now`. Everything else that happens is drawn from there. */
  #told = {
    'page-phase': (event) => this.#enterPhase(event),
    now: (event) => this.#set({ now: event, heardAt: performance.now() }),
    meeting: () => this.#askMeeting(),
    prefers: ({ large, sound }) => this.#set({ prefers: { large, sound } }),
    split: (event) => this.#set({ split: event }),
    refused: (event) => this.#set({ ownRefusal: event }),
    opened: () => this.#set({ ownRefusal: null, receipt: null }),
    cast: ({ batch, attempt, cast, index }) => this.#set({ receipt: { batch, attempt, cast, index } }),
    fatal: ({ message, detail }) =>
      this.#set({ phase: 'ended', phaseMessage: [message, detail].filter(Boolean).join(' ') }),
    'taken-over': () => this.#set({ link: 'taken-over' }),
    entry: ({ index, type }) =>
      this.#set({ entries: [...this.state.entries.slice(1 - kEntriesKept), { index, type }] }),
  };

  #hear(event) {
    if (event.event === 'reply') {
      const resolve = this.#waiting.get(event.tag);
      this.#waiting.delete(event.tag);
      if (resolve) resolve(event);
      return;
    }
    if (Object.hasOwn(this.#told, event.event)) this.#told[event.event](event);
  }

  #closed(code) {
    this.#socket = null;
    for (const resolve of this.#waiting.values()) resolve(kLost);
    this.#waiting.clear();
    if (code === kTakenOver || this.state.link === 'taken-over') return this.#set({ link: 'taken-over' });
    if (code === kRenewed) return this.#set({ link: 'renewed' });
    if (code === kEnded) return this.#set({ link: 'ended', phase: 'ended' });
    this.#set({ link: this.state.epoch === 0 ? 'connecting' : 'lost', lostFor: this.#failures });
    setTimeout(() => this.connect(), kBackoffMs[Math.min(this.#failures, kBackoffMs.length - 1)]);
    this.#failures += 1;
    return undefined;
  }
}
