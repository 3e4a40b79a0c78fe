// SPDX-License-Identifier: Apache-2.0
/**
 * Servers that announce themselves in this network, to be chosen instead of typed. Anybody can announce anything: what
 * is chosen is only an address, and the slip's code shows whether it is the right one.
 */
import { useEffect, useState } from '../vendor/preact-hooks.js';
import { html } from './ui.js';

const kAgainMs = 6_000;

/** @param value the address in the field. @param choose takes another one. */
export function Discovered({ app, value, choose }) {
  const { t } = app;
  const [servers, setServers] = useState([]);
  useEffect(() => {
    let timer = null;
    let over = false;
    let before = 0;
    const look = async () => {
      const reply = await app.call('found');
      if (over) return;
      if (reply.servers) {
        setServers(reply.servers);
        // One alone is most likely the one; what was typed stays.
        if (before === 0 && reply.servers.length === 1) choose((typed) => typed || reply.servers[0].server);
        before = reply.servers.length;
      }
      timer = setTimeout(look, kAgainMs);
    };
    look();
    return () => {
      over = true;
      clearTimeout(timer);
    };
  }, [app.s.epoch]);
  return html`<div role="group" aria-label=${t('found.title')} class="found">
    <p class="quiet-text" role="status">${servers.length > 0 ? t('found.some', { n: servers.length })
      : t('found.none')}</p>
    ${servers.map((one) => html`<button type="button" class="button found-server" key=${one.server}
      aria-pressed=${value === one.server} onClick=${() => choose(one.server)}>
      <b>${one.title}</b> <span class="code">${one.server}</span></button>`)}
    ${servers.length > 0 && html`<p class="quiet-text">${t('found.note')}</p>`}</div>`;
}
