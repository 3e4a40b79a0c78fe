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
  return `${place.protocol === 'https:' ? 'wss' : 'ws'}://${place.host}${place.pathname.replace(/[^/]*$/, '')}door`;
}

export function createDoor(url) {
  let state = {
    link: 'connecting', // open, lost, taken-over, renewed, ended
    epoch: 0, // counts the connections, so that a half-filled paper knows when to compare itself
    phase: null,
    phaseMessage: '',
    programLang: 'zh',
    meeting: null,
    now: null,
    entries: [],
    split: null,
    ownRefusal: null,
    receipt: null,
  };
  const listeners = new Set();
  const waiting = new Map();
  let socket = null;
  let failures = 0;
  let nextTag = 1;

  function set(patch) {
    state = { ...state, ...patch };
    for (const listener of listeners) listener(state);
  }

  function call(line) {
    if (!socket || socket.readyState !== WebSocket.OPEN) return Promise.resolve(kLost);
    const tag = String(nextTag++);
    return new Promise((resolve) => {
      waiting.set(tag, resolve);
      socket.send(`@${tag} ${line}`);
    });
  }

  async function askMeeting() {
    const reply = await call('meeting');
    if (reply.ok) set({ meeting: reply });
  }

  function enterPhase(event) {
    set({ phase: event.phase, phaseMessage: event.message || '', programLang: event.lang || 'zh', link: 'open' });
    if (event.phase !== 'run') return;
    call('follow on');
    askMeeting();
  }

  /** What is not said again in `now`. Everything else that happens is drawn from there. */
  const told = {
    'page-phase': enterPhase,
    now: (event) => set({ now: event }),
    meeting: askMeeting,
    split: (event) => set({ split: event }),
    refused: (event) => set({ ownRefusal: event }),
    opened: () => set({ ownRefusal: null, receipt: null }),
    cast: (event) => set({ receipt: { batch: event.batch, attempt: event.attempt, sequence: event.sequence, index: event.index } }),
    fatal: (event) => set({ phase: 'ended', phaseMessage: [event.message, event.detail].filter(Boolean).join(' ') }),
    'taken-over': () => set({ link: 'taken-over' }),
    entry: (event) => set({ entries: [...state.entries.slice(1 - kEntriesKept), { index: event.index, type: event.type }] }),
  };

  function hear(text) {
    const event = JSON.parse(text);
    if (event.event === 'reply') {
      const resolve = waiting.get(event.tag);
      waiting.delete(event.tag);
      if (resolve) resolve(event);
      return;
    }
    if (Object.hasOwn(told, event.event)) told[event.event](event);
  }

  function closed(event) {
    socket = null;
    for (const resolve of waiting.values()) resolve(kLost);
    waiting.clear();
    if (event.code === kTakenOver || state.link === 'taken-over') return set({ link: 'taken-over' });
    if (event.code === kRenewed) return set({ link: 'renewed' });
    if (event.code === kEnded) return set({ link: 'ended', phase: 'ended' });
    set({ link: state.epoch === 0 ? 'connecting' : 'lost', lostFor: failures });
    setTimeout(connect, kBackoffMs[Math.min(failures, kBackoffMs.length - 1)]);
    failures += 1;
  }

  function connect() {
    socket = new WebSocket(url);
    socket.onopen = () => {
      failures = 0;
      set({ epoch: state.epoch + 1, link: 'open' });
    };
    socket.onmessage = (message) => hear(message.data);
    socket.onclose = closed;
  }

  return {
    connect,
    call,
    get state() {
      return state;
    },
    /** Told at once too: the connection may have been there before whoever draws it. */
    subscribe(listener) {
      listeners.add(listener);
      listener(state);
      return () => listeners.delete(listener);
    },
  };
}
