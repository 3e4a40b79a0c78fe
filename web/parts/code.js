// SPDX-License-Identifier: Apache-2.0
/**
 * The code of a slip while it is being typed (specification §9.1): read without case, blanks and hyphens, O as 0, I and
 * L as 1, and held to its check character before anything is sent. The program reads it again; this is for the eyes.
 */
const kAlphabet = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';
const kCodeCharacters = 17; // with the check character
const kPersonDigits = 3;
const kShortest = kCodeCharacters + kPersonDigits;
const kMeetingDigitsMax = 9;

/** The line of a QR code or a file, with whatever stands around it; '' if there is none. */
export function slipLine(text) {
  return /piaojue2:[^\s]+/i.exec(text.normalize('NFKC'))?.[0] || '';
}

function plain(text) {
  return text.normalize('NFKC').toUpperCase().replace(/[\s\p{Pd}\u0085\u00ad\u2212]/gu, '').replaceAll('O', '0')
    .replace(/[IL]/g, '1');
}

/** In GF(2^5) with x^5 + x^2 + 1. */
function times(a, b) {
  let product = 0;
  for (let bit = 0; bit < 5; bit += 1) {
    if (b & (1 << bit)) product ^= a << bit;
  }
  for (let bit = 8; bit > 4; bit -= 1) {
    if (product & (1 << bit)) product ^= 0b100101 << (bit - 5);
  }
  return product;
}

/** C = Σ α^i·s_i with α = x. */
function checkOf(characters) {
  let power = 1;
  let sum = 0;
  for (const one of characters) {
    power = times(power, 2);
    sum ^= times(power, kAlphabet.indexOf(one));
  }
  return kAlphabet[sum];
}

/**
 * How far a typed code has come. @return { state, have, shown } with state `empty`, `short`, `letter` (a character that
 * no code has), `wrong` (long enough, and the check character does not fit) or `good`; `shown` is the one spelling.
 */
export function readCode(text) {
  const all = plain(text);
  const have = all.length;
  const state = (name, shown = '') => ({ state: name, have, shown });
  if (have === 0) return state('empty');
  if ([...all].some((one) => !kAlphabet.includes(one))) return state('letter');
  if (have < kShortest) return state('short');
  const [meeting, person, code] = [all.slice(0, -kShortest), all.slice(-kShortest, -kCodeCharacters),
    all.slice(-kCodeCharacters)];
  const digits = /^\d*$/.test(meeting + person);
  if (!digits || meeting.startsWith('0') || meeting.length > kMeetingDigitsMax) return state('wrong');
  if (checkOf(all.slice(0, -1)) !== all.at(-1)) return state('wrong');
  const groups = code.match(/.{1,4}/g);
  return state('good', [...(meeting ? [meeting] : []), person, ...groups].join('-'));
}
