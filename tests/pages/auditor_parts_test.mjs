// SPDX-License-Identifier: Apache-2.0
// Parts of the second verifier by themselves: its primitives where implementations differ, its messages against proto/,
// its reader of a typed hash.
//
//     node --test tests/pages/auditor_parts_test.mjs
import assert from 'node:assert/strict';
import crypto from 'node:crypto';
import fs from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { anchorOf } from '../../web/auditor/audit.js';
import { Crypto } from '../../web/auditor/crypto.js';
import { ENTRY, RECORD_ITEM, TYPES } from '../../web/auditor/messages.js';
import { items, Unusable } from '../../web/auditor/record.js';
import { bytes } from './record_maker.mjs';

const ROOT = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../..');
const sodium = createRequire(path.join(ROOT, 'web/package.json'))('libsodium-wrappers-sumo');
before(() => sodium.ready);
const unhex = (digits) => new Uint8Array(Buffer.from(digits, 'hex'));

// ---- Ed25519 ----

/** A point of order 8. */
const TORSION = unhex('c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a');
const MESSAGE = bytes('message');

/** A signature of which R, A or neither has a part of order 8; k is the challenge. */
function signature({ inKey, inR }) {
  const point = (scalar, torsion) => {
    const p = sodium.crypto_scalarmult_ed25519_base_noclamp(scalar);
    return torsion ? sodium.crypto_core_ed25519_add(p, TORSION) : p;
  };
  const [a, r] = [sodium.crypto_core_ed25519_scalar_random(), sodium.crypto_core_ed25519_scalar_random()];
  const [key, R] = [point(a, inKey), point(r, inR)];
  const hash = new Uint8Array(crypto.createHash('sha512').update(bytes(R, key, MESSAGE)).digest());
  const k = sodium.crypto_core_ed25519_scalar_reduce(hash);
  const S = sodium.crypto_core_ed25519_scalar_add(r, sodium.crypto_core_ed25519_scalar_mul(k, a));
  return { key, signature: bytes(R, S), k };
}

test('a signature holds by the equation without cofactor, whatever libsodium does', () => {
  // Harm: a record that one verifier accepts and the other refuses.
  const own = new Crypto(sodium, globalThis.crypto.subtle);
  const plain = signature({ inKey: false, inR: false });
  assert.equal(own.verify(plain.signature, MESSAGE, plain.key), true);
  assert.equal(own.verify(plain.signature, bytes('other'), plain.key), false);
  const mixedR = signature({ inKey: false, inR: true });
  assert.equal(own.verify(mixedR.signature, MESSAGE, mixedR.key), false);
  // With such a key the equation holds for every eighth challenge.
  const seen = new Set();
  while (seen.size < 2) {
    const mixedKey = signature({ inKey: true, inR: false });
    const holds = mixedKey.k[0] % 8 === 0;
    assert.equal(own.verify(mixedKey.signature, MESSAGE, mixedKey.key), holds);
    seen.add(holds);
  }
});

test('keys of small order are known', () => {
  const own = new Crypto(sodium, globalThis.crypto.subtle);
  const prime = '7fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffed';
  const le = (digits) => unhex(digits).reverse();
  for (const key of [new Uint8Array(32), TORSION, le(prime), le(prime.replace(/d$/, 'c')), le(prime.replace(/d$/, 'e')),
    Uint8Array.from(TORSION, (b, i) => (i === 31 ? b | 0x80 : b))])
    assert.equal(own.isSmallOrderEd25519(key), true, Buffer.from(key).toString('hex'));
  const { publicKey } = sodium.crypto_sign_keypair();
  assert.equal(own.isSmallOrderEd25519(publicKey), false);
  assert.equal(own.isSmallOrderX25519(new Uint8Array(32)), true);
  assert.equal(own.isSmallOrderX25519(sodium.crypto_box_keypair().publicKey), false);
});

// ---- The typed hash ----

test('a head hash is taken as people type it, and nothing else is', () => {
  const digits = '0123456789abcdef'.repeat(4);
  const groups = digits.match(/..../g);
  const wide = digits.replace(/./g, (c) => String.fromCharCode(c.charCodeAt(0) + 0xfee0));
  for (const written of [`${digits.toUpperCase()}\r\n`, groups.join(' '), groups.join('\u3000'), groups.join('-'),
    groups.join('\u2011'), groups.join('\uff0d'), groups.join('\u2014'), groups.join('\u00a0'), wide,
    wide.toUpperCase()])
    assert.equal(anchorOf(written), digits, written);
  for (const wrong of ['', digits.slice(1), `${digits}0`, `${digits.slice(1)}g`, `0x${digits.slice(2)}`,
    groups.join('.'), groups.join('_')])
    assert.equal(anchorOf(wrong), null, wrong);
});

// ---- The messages ----

/** message → [number, name, type, repeated], of the text of a .proto file */
function messagesOf(text) {
  const out = new Map();
  for (const [, name, body] of text.replace(/\/\/[^\n]*/g, '').matchAll(/message (\w+) \{([^]*?)\n\}/g)) {
    out.set(name, [...body.matchAll(/(repeated )?([\w.]+) (\w+) = (\d+);/g)]
      .map(([, repeated, type, field, number]) => [Number(number), field, type, repeated !== undefined]));
  }
  return out;
}

test('the fields are those of proto/', () => {
  // Harm: a field under another number is another message, and every signature over it is another's.
  const proto = new Map(['manifest', 'entries', 'record'].flatMap((file) =>
    [...messagesOf(fs.readFileSync(path.join(ROOT, `proto/piaojue/v2/${file}.proto`), 'utf8'))]));
  const kinds = { u32: 'uint32', u64: 'uint64', bool: 'bool', text: 'string' };
  const check = (name, fields) => {
    const said = proto.get(name);
    assert.ok(said, name);
    assert.deepEqual(fields.map((f) => [f.number, f.name, f.many]),
      [...said].sort(([a], [b]) => a - b).map(([number, field, , repeated]) => [number, field, repeated]), name);
    for (const field of fields) {
      const [, , type] = said.find(([number]) => number === field.number);
      if (Array.isArray(field.kind)) check(type, field.kind);
      else if (field.kind === 'u32')
        assert.match(type, /^(uint32|RecusalMode|Channel|\w+Type|\w+Verdict)$/, `${name}.${field.name}`);
      else assert.equal(type, kinds[field.kind] ?? 'bytes', `${name}.${field.name}`);
    }
  };
  for (const [name, fields] of TYPES.filter((t) => t)) check(name === 'MeetingOpen' ? 'Manifest' : name, fields);
  check('Entry', ENTRY);
  check('RecordItem', RECORD_ITEM);
  assert.equal(TYPES.length - 1, 28);
});

// ---- The record file ----

test('a cosignature of person 0 is no item of a record', () => {
  // Harm: a file that one verifier calls damaged (exit 2) and the other a failed record (exit 1).
  const item = (body) => bytes(Uint8Array.of(0, 0, 0, body.length), body);
  const field = (tag, body) => bytes(Uint8Array.of(tag, body.length), body);
  const cosignature = (person) => field(0x1a, bytes(Uint8Array.of(0x08, 5), field(0x12, new Uint8Array(32).fill(7)),
    person === 0 ? new Uint8Array(0) : Uint8Array.of(0x18, person), Uint8Array.of(0x20, 7),
    field(0x2a, new Uint8Array(64).fill(7))));
  const file = (person) => bytes(bytes('PIAOJUE-RECORD-2\n'), item(field(0x0a, bytes('abc'))),
    item(field(0x12, bytes('note'))), item(cosignature(person)));
  assert.equal([...items(file(1))].length, 3);
  assert.throws(() => [...items(file(0))], (error) => error instanceof Unusable && error.reason === 'damaged');
});
