// SPDX-License-Identifier: Apache-2.0
/** All texts by key. `{name}` in a text is replaced; what is put in stays text. */
import { zh } from './strings/zh.js';

const kTexts = { zh };
const kMade = new Map();

/** Texts of a page that has more than all others. Before the language is first used. */
export function addTexts(lang, texts) {
  kTexts[lang] = { ...kTexts[lang], ...texts };
}

function make(lang) {
  const texts = kTexts[lang];
  const t = (key, values) => {
    const text = texts[key] ?? key;
    return values ? text.replace(/\{(\w+)\}/g, (all, name) => String(values[name] ?? all)) : text;
  };
  t.has = (key) => Object.hasOwn(texts, key);
  t.lang = lang;
  return t;
}

/** The same function for the same language every time, so that memoised rows see no change. */
export function texts(lang) {
  if (!kMade.has(lang)) kMade.set(lang, make(lang));
  return kMade.get(lang);
}

/** The other language comes when it is asked for. */
export async function loadTexts(lang) {
  if (lang === 'en' && !kTexts.en) kTexts.en = (await import('./strings/en.js')).en;
}

/** What a refusal means: in the page's language if it is known there, otherwise as the program said it. */
export function sentence(t, reply) {
  const known = reply.code && t.has(`code.${reply.code}`) ? t(`code.${reply.code}`) : reply.message
    || t('code.UNLISTED');
  return reply.detail ? `${known} ${reply.detail}` : known;
}
