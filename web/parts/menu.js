// SPDX-License-Identifier: Apache-2.0
/** How this laptop shows its page: larger type, and whether a batch that opens is heard. The program keeps both. */
import { useEffect } from '../vendor/preact-hooks.js';
import { html } from './ui.js';

const kSwitches = ['large', 'sound'];

/** @param preferences { large, sound } as the program said them */
export function useLargerType(preferences) {
  useEffect(() => {
    document.documentElement.classList.toggle('large', preferences.large);
  }, [preferences.large]);
}

export function Menu({ app }) {
  const { t, s } = app;
  const turn = async (name, on) => {
    const reply = await app.call(`prefer ${name} ${on ? 'on' : 'off'}`);
    if (!reply.ok) app.say({ reply });
    // What the program did not keep is not shown as if it had.
    app.redraw();
  };
  return html`<details class="menu"><summary class="button small">${t('menu.title')}</summary>
    <div class="menu-list">${kSwitches.map((name) => html`<label key=${name} class="check">
      <input type="checkbox" checked=${s.prefers[name]} disabled=${app.offline}
        onChange=${(e) => turn(name, e.target.checked)} /> ${t(`menu.${name}`)}</label>`)}</div></details>`;
}
