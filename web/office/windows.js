// SPDX-License-Identifier: Apache-2.0
/** Pages in a tab of their own. The tab is opened by the click itself, or the browser would take it for a nuisance. */

const kPrintWithinMs = 10_000;
const kLookMs = 100;

/** Asks, and shows in a new tab what came of it. @param where of the reply: the address. @return the tab, or nothing */
export async function openWith(app, verb, values, where) {
  const tab = open('', '_blank');
  const reply = await app.call(verb, values);
  if (!reply.ok) {
    tab?.close();
    app.say({ reply });
    return null;
  }
  app.say(null);
  tab?.location.replace(new URL(where(reply), location.href).href);
  return tab;
}

/** As openWith, of a page of this program that is there to be printed. @return whether there was one */
export async function printWith(app, verb, values) {
  const tab = await openWith(app, verb, values, (reply) => reply.page);
  if (!tab) return false;
  const until = Date.now() + kPrintWithinMs;
  const look = () => {
    if (tab.closed || Date.now() > until) return;
    if (tab.location.href !== 'about:blank' && tab.document.readyState === 'complete') tab.print();
    else setTimeout(look, kLookMs);
  };
  look();
  return true;
}
