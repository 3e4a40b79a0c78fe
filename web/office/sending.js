// SPDX-License-Identifier: Apache-2.0
/** A new meeting on its way to the service: how far it is, why it stands still, and what came of it. */
import { useEffect, useState } from '../vendor/preact-hooks.js';
import { html } from '../parts/ui.js';

const kLookMs = 700;
const kMegabyte = 1_048_576;
const megabytes = (n) => (n / kMegabyte).toFixed(1);

function OnItsWay({ app, now }) {
  const { t, desk } = app;
  const { sent, all } = now;
  const values = { ...desk.service, sent: megabytes(sent), all: megabytes(all) };
  const said = all === 0 ? 'send.connects' : sent < all ? 'send.sent' : 'send.judged';
  return html`<p role="status">${t(said, values)}</p>
    <progress aria-label=${t('send.title')} max="1" value=${all > 0 ? sent / all : 0}></progress>
    <p class="quiet-text">${t('send.mayLeave')}</p>`;
}

/** @param turn another one: look again @param took told what there is, each time */
export function Sending({ app, turn, took }) {
  const { t } = app;
  const [now, setNow] = useState({ state: 'none' });
  useEffect(() => {
    let left = false;
    let timer = 0;
    const look = async () => {
      const reply = await app.call('service-sending', { lang: t.lang });
      if (left) return;
      if (reply.ok) {
        setNow(reply);
        took(reply);
      } else {
        app.say({ reply });
      }
      if (reply.state === 'sending') timer = setTimeout(look, kLookMs);
    };
    look();
    return () => {
      left = true;
      clearTimeout(timer);
    };
  }, [turn, app.s.epoch]);
  if (now.state === 'none') return null;
  return html`<div class="sending"><h3>${t('send.title')}</h3>
    ${now.state === 'sending' && html`<${OnItsWay} app=${app} now=${now} />`}
    <div role="alert">${now.state === 'refused' && html`<p class="note bad said"><span aria-hidden="true">! </span>
        ${now.message}</p><p>${t('send.kept')}</p>`}
      ${now.state === 'made' && html`<p class="note warn said"><span aria-hidden="true">! </span>${now.warning}</p>
        <div class="row-end"><button type="button" class="button primary"
          onClick=${() => app.go('day', now.meeting)}>${t('send.open', now)}</button></div>`}</div></div>`;
}
