// SPDX-License-Identifier: Apache-2.0
// The audit in a Web Worker, with further workers of the same program for the ballots. Messages in: {audit} to audit a
// record, {judge} to judge the ballots of a box. Nothing comes from anywhere but the page.
import sodium from 'libsodium-wrappers-sumo';
import { audit } from './audit.js';
import { judge } from './ballot.js';
import { Crypto } from './crypto.js';

const MOST_HELPERS = 8;
/** So many ballots of a record are judged sooner than helpers have started. */
const WITHOUT_HELPERS = 60;

/** Copies: a view would send the whole file along. */
const copies = (list) => list.map((bytes) => bytes.slice());

/** Workers that judge boxes; without any, where a browser has no workers within workers, the box is judged here. */
class Helpers {
  /**
   * @param {Crypto} crypto
   * @param {string} program text of this worker: its URL belongs to the page, and of a page from a disk nobody else may
   * read it
   */
  constructor(crypto, program) {
    this.crypto = crypto;
    this.program = program;
    this.workers = null;
    this.tasks = new Map();
    this.next = 0;
    this.ballots = 0;
    /** Boxes that were judged by helpers. */
    this.helped = 0;
  }
  start() {
    const n = Math.min(MOST_HELPERS, navigator.hardwareConcurrency ?? 2);
    try {
      this.url = URL.createObjectURL(new Blob([this.program], { type: 'text/javascript' }));
      this.workers = Array.from({ length: n }, () => new Worker(this.url));
    } catch {
      this.workers = [];
    }
    for (const worker of this.workers) {
      worker.onmessage = ({ data }) => {
        const task = this.tasks.get(data.task);
        if (data.each) task.each();
        else this.done(data.task, task, data);
      };
      // A helper that does not start: what it was given is judged here.
      worker.onerror = (event) => {
        event.preventDefault();
        this.workers = this.workers.filter((w) => w !== worker);
        for (const [id, task] of this.tasks) if (task.worker === worker) this.judgeHere(id, task);
      };
    }
  }
  done(id, task, { failures, error }) {
    this.tasks.delete(id);
    this.helped += 1;
    if (error) task.reject(new Error(error));
    else task.resolve(failures);
  }
  judgeHere(id, task) {
    this.tasks.delete(id);
    judge(this.crypto, task.context, task.ballots, task.each).then(task.resolve, task.reject);
  }
  /** As `judge`. */
  judge(context, ballots, each) {
    this.ballots += ballots.length;
    if (!this.workers && this.ballots > WITHOUT_HELPERS) this.start();
    if (!this.workers?.length) return judge(this.crypto, context, ballots, each);
    const task = this.next++;
    const worker = this.workers[task % this.workers.length];
    return new Promise((resolve, reject) => {
      this.tasks.set(task, { context, ballots, each, resolve, reject, worker });
      worker.postMessage({ judge: { task, context: { ...context, moduli: copies(context.moduli) },
          ballots: copies(ballots) } });
    });
  }
  end() {
    for (const worker of this.workers ?? []) worker.terminate();
    if (this.url) URL.revokeObjectURL(this.url);
  }
}

async function onAudit({ bytes, anchor, program }) {
  await sodium.ready;
  const helpers = new Helpers(new Crypto(sodium, crypto.subtle), program);
  let last = 0;
  try {
    const report = await audit(bytes, anchor, {
      sodium,
      subtle: crypto.subtle,
      judgeBox: (context, ballots, each) => helpers.judge(context, ballots, each),
      onProgress: (progress) => {
        // Thirty times a second are enough for a bar.
        if (performance.now() - last < 33) return;
        last = performance.now();
        self.postMessage({ progress });
      },
    });
    self.postMessage({ report, helped: helpers.helped });
  } catch (error) {
    self.postMessage({ error: String(error?.message ?? error) });
  } finally {
    helpers.end();
  }
}

async function onJudge({ task, context, ballots }) {
  try {
    await sodium.ready;
    const failures = await judge(new Crypto(sodium, crypto.subtle), context, ballots,
      () => self.postMessage({ task, each: true }));
    self.postMessage({ task, failures });
  } catch (error) {
    self.postMessage({ task, error: String(error?.message ?? error) });
  }
}

self.onmessage = ({ data }) => {
  if (data.audit) onAudit(data.audit);
  else onJudge(data.judge);
};
