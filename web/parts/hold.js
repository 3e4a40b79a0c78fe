// SPDX-License-Identifier: Apache-2.0
/**
 * A button for what can not be taken back: it has to be held for a moment, by pointer or by Space or Enter. A press
 * that a screen reader or a switch makes has no length; there a second press, after a pause, stands for it.
 */
import { useEffect, useRef, useState } from '../vendor/preact-hooks.js';
import { html } from './ui.js';

const kHoldMs = 1200;
const kAgainAfterMs = 700;

export function Hold({ app, label, run, disabled = false, kind = 'primary' }) {
  const [mode, setMode] = useState('idle'); // holding, armed, busy
  const timer = useRef(0);
  const armedAt = useRef(0);
  const touched = useRef(false);
  const there = useRef(true);
  useEffect(() => () => {
    there.current = false;
    clearTimeout(timer.current);
  }, []);

  const done = async () => {
    setMode('busy');
    await run();
    if (there.current) setMode('idle');
  };
  const begin = () => {
    touched.current = true;
    if (disabled || app.offline || mode !== 'idle') return;
    setMode('holding');
    timer.current = setTimeout(done, kHoldMs);
  };
  const end = () => {
    clearTimeout(timer.current);
    if (mode === 'holding') setMode('idle');
  };
  const isKey = (event) => event.key === ' ' || event.key === 'Enter';
  const onKeyDown = (event) => {
    if (!isKey(event)) return;
    event.preventDefault();
    if (!event.repeat) begin();
  };
  const onKeyUp = (event) => isKey(event) && (event.preventDefault(), end());
  const onClick = () => {
    const byHand = touched.current;
    touched.current = false;
    if (byHand || disabled || app.offline || mode === 'busy') return;
    if (mode === 'armed' && performance.now() - armedAt.current > kAgainAfterMs) return void done();
    armedAt.current = performance.now();
    setMode('armed');
  };
  const shown = { idle: label, holding: app.t('hold.holding'), armed: app.t('hold.again'), busy: app.t('word.working')
    }[mode];
  return html`<span class="hold-frame">
    <button type="button" class=${`button hold ${kind} ${mode}`} disabled=${disabled || app.offline}
      onPointerDown=${begin} onPointerUp=${end} onPointerLeave=${end} onPointerCancel=${end} onKeyDown=${onKeyDown}
        onKeyUp=${onKeyUp}
      onBlur=${end} onClick=${onClick} onContextMenu=${(event) => event.preventDefault()}>
      <span class="hold-fill" aria-hidden="true"></span>
      <span class="hold-label" aria-live="polite">${shown}</span></button>
    <span class="hold-hint">${app.t('hold.hint')}</span></span>`;
}
