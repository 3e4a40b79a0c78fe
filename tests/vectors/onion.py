#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes onion.json (specification §8.1): layer secrets, onions and sealed boxes, from hashlib's BLAKE2b and X25519,
XSalsa20 and Poly1305 written out below from their papers. Nothing of libsodium is used.

    python3 tests/vectors/onion.py > tests/vectors/onion.json
"""
import hashlib
import json
import struct

P = 2**255 - 19


def x25519(k, u):  # RFC 7748 §5
    k = int.from_bytes(k, "little") & ~7 & (2**254 - 1) | 2**254
    x1 = int.from_bytes(u, "little") & (2**255 - 1)
    x2, z2, x3, z3, swap = 1, 0, x1, 1, 0
    for t in range(254, -1, -1):
        bit = k >> t & 1
        if swap ^ bit:
            x2, x3, z2, z3 = x3, x2, z3, z2
        swap = bit
        a, b, c, d = x2 + z2, x2 - z2, x3 + z3, x3 - z3
        aa, bb, da, cb = a * a, b * b, d * a, c * b
        e = aa - bb
        x3, z3 = (da + cb) ** 2 % P, x1 * (da - cb) ** 2 % P
        x2, z2 = aa * bb % P, e * (aa + 121665 * e) % P
    if swap:
        x2, z2 = x3, z3
    return (x2 * pow(z2, P - 2, P) % P).to_bytes(32, "little")


BASE = (9).to_bytes(32, "little")
SIGMA = struct.unpack("<4I", b"expand 32-byte k")


def rounds(x):
    def rotate(n, by):
        return (n << by | n >> (32 - by)) & 0xFFFFFFFF

    def quarter(a, b, c, d):
        x[b] ^= rotate(x[a] + x[d] & 0xFFFFFFFF, 7)
        x[c] ^= rotate(x[b] + x[a] & 0xFFFFFFFF, 9)
        x[d] ^= rotate(x[c] + x[b] & 0xFFFFFFFF, 13)
        x[a] ^= rotate(x[d] + x[c] & 0xFFFFFFFF, 18)

    for _ in range(10):
        for i in range(4):  # columns, then rows, each from its place on the diagonal
            quarter(*(4 * ((i + j) % 4) + i for j in range(4)))
        for i in range(4):
            quarter(*(4 * i + (i + j) % 4 for j in range(4)))
    return x


def matrix(key, middle):
    k, n = struct.unpack("<8I", key), struct.unpack("<4I", middle)
    return [SIGMA[0], *k[:4], SIGMA[1], *n, SIGMA[2], *k[4:], SIGMA[3]]


def hsalsa20(key, nonce):
    z = rounds(matrix(key, nonce))
    return struct.pack("<8I", *(z[i] for i in (0, 5, 10, 15, 6, 7, 8, 9)))


def xsalsa20(key, nonce, size):
    subkey, out = hsalsa20(key, nonce[:16]), b""
    for block in range(size // 64 + 1):
        start = matrix(subkey, nonce[16:] + struct.pack("<Q", block))
        out += struct.pack("<16I", *((a + b) & 0xFFFFFFFF for a, b in zip(rounds(list(start)), start)))
    return out[:size]


def poly1305(key, message):
    r = int.from_bytes(key[:16], "little") & 0x0FFFFFFC0FFFFFFC0FFFFFFC0FFFFFFF
    total = 0
    for i in range(0, len(message), 16):
        total = (total + int.from_bytes(message[i : i + 16] + b"\1", "little")) * r % (2**130 - 5)
    return (total + int.from_bytes(key[16:], "little") & (2**128 - 1)).to_bytes(16, "little")


def box(plain, nonce, public_key, secret):
    key = hsalsa20(x25519(secret, public_key), bytes(16))
    stream = xsalsa20(key, nonce, 32 + len(plain))
    cipher = bytes(a ^ b for a, b in zip(plain, stream[32:]))
    return poly1305(stream[:32], cipher) + cipher


def seal(plain, public_key, esk):  # crypto_box_seal, with the ephemeral secret given
    epk = x25519(esk, BASE)
    return epk + box(plain, hashlib.blake2b(epk + public_key, digest_size=24).digest(), public_key, esk)


def secret_of(seed, ctx, hop):
    message = b"piaojue/v2/onion" + b"\0" + ctx + struct.pack(">I", hop)
    return hashlib.blake2b(message, key=seed, digest_size=32).digest()


def onion(ballot, public_keys, secrets, ctx):
    inner = ballot
    for hop in reversed(range(len(public_keys))):
        inner = seal(ctx + struct.pack(">I", hop) + inner, public_keys[hop], secrets[hop])
    return inner


def drawn(label, size=32):
    return hashlib.shake_256(label.encode()).digest(size)


assert x25519(bytes.fromhex("77076d0a7318a57d3c16c17251b26645df4c2f87ebc0992ab177fba51db92c2a"), BASE).hex() == \
    "8520f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b4e6a", "RFC 7748 §6.1"
assert poly1305(bytes.fromhex("85d6be7857556d337f4452fe42d506a80103808afb0db2fd4abff6af4149f51b"),
                b"Cryptographic Forum Research Group").hex() == "a8061dc1305136c6c22b8baf0c0127a9", "RFC 8439 §2.5.2"

onions = []
for hops, size in [(1, 0), (2, 100), (3, 777), (7, 64)]:
    name = f"{hops} hops, {size} bytes"
    seed, ctx, ballot = drawn(name + " seed"), drawn(name + " ctx"), drawn(name + " ballot", size)
    mix_secrets = [drawn(f"{name} mix {hop}") for hop in range(hops)]
    mix_keys = [x25519(secret, BASE) for secret in mix_secrets]
    secrets = [secret_of(seed, ctx, hop) for hop in range(hops)]
    onions.append({
        "name": name, "seed": seed.hex(), "ctx": ctx.hex(), "ballot": ballot.hex(),
        "mix_secrets": [s.hex() for s in mix_secrets], "mix_keys": [k.hex() for k in mix_keys],
        "layer_secrets": [s.hex() for s in secrets], "onion": onion(ballot, mix_keys, secrets, ctx).hex()})
boxes = []
for size in [0, 1, 63, 64, 65, 500]:
    name = f"box of {size} bytes"
    secret, plain = drawn(name), drawn(name + " plain", size)
    boxes.append({"secret": secret.hex(), "plain": plain.hex(),
                  "sealed": seal(plain, x25519(secret, BASE), drawn(name + " esk")).hex()})
half = {"own": drawn("own").hex(), "half": drawn("half").hex(),
        "key": hashlib.blake2b(b"piaojue/v2/half\0" + drawn("half"), key=drawn("own"), digest_size=32).hexdigest()}
print(json.dumps({"onions": onions, "boxes": boxes, "half": half}, indent=1))
