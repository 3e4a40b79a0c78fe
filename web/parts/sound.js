// SPDX-License-Identifier: Apache-2.0
/** Two soft notes, once, when a batch opens in which this person votes; made here, nothing comes from outside. */
import { useEffect, useRef } from '../vendor/preact-hooks.js';

const kNotesHz = [523, 659];
const kNoteS = 0.35;
const kGain = 0.06;

/** Browsers are mute until somebody has pressed something; from then on this one may sound. */
let context = null;

function awaken() {
  context ||= window.AudioContext ? new window.AudioContext() : null;
  context?.resume();
}

function play() {
  if (context?.state !== 'running') return;
  kNotesHz.forEach((hertz, i) => {
    const begin = context.currentTime + i * kNoteS;
    const gain = context.createGain();
    gain.gain.setValueAtTime(0, begin);
    gain.gain.linearRampToValueAtTime(kGain, begin + 0.04);
    gain.gain.linearRampToValueAtTime(0, begin + kNoteS);
    const note = context.createOscillator();
    note.frequency.value = hertz;
    note.connect(gain).connect(context.destination);
    note.start(begin);
    note.stop(begin + kNoteS);
  });
}

/** Batch and attempt of what this person may vote in now; '' if there is nothing. */
function openFor(now) {
  const { attempt, ballot } = now;
  return attempt?.live && attempt.phase === 'voting' && ballot ? `${attempt.batch}.${attempt.attempt}` : '';
}

export function useSound(s) {
  const heard = useRef(null);
  useEffect(() => {
    for (const kind of ['pointerdown', 'keydown']) addEventListener(kind, awaken);
    return () => ['pointerdown', 'keydown'].forEach((kind) => removeEventListener(kind, awaken));
  }, []);
  const open = s.phase === 'run' && s.now ? openFor(s.now) : null;
  useEffect(() => {
    if (open === null) return;
    // What is open already when the page comes is no news.
    if (heard.current !== null && open !== '' && open !== heard.current && s.prefers.sound) play();
    heard.current = open;
  }, [open]);
}
