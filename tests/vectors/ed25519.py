#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes ed25519.json: signatures at the edges of specification §2.4, made with whole numbers and hashlib alone.

    python3 tests/vectors/ed25519.py > tests/vectors/ed25519.json
"""
import hashlib
import json

P = 2**255 - 19
L = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, -1, P) % P


def add(p, q):
    (x1, y1), (x2, y2) = p, q
    k = D * x1 * x2 * y1 * y2 % P
    return ((x1 * y2 + x2 * y1) * pow(1 + k, -1, P) % P, (y1 * y2 + x1 * x2) * pow(1 - k, -1, P) % P)


def mul(n, p):
    out = (0, 1)
    while n:
        if n & 1:
            out = add(out, p)
        p = add(p, p)
        n >>= 1
    return out


def x_of(y, sign):
    u, v = (y * y - 1) % P, (D * y * y + 1) % P
    square = u * pow(v, -1, P) % P
    x = pow(square, (P + 3) // 8, P)
    if (x * x - square) % P:
        x = x * pow(2, (P - 1) // 4, P) % P
    assert (x * x - square) % P == 0, "not on the curve"
    return P - x if x % 2 != sign and x else x


def encode(p):
    return (p[1] | (p[0] & 1) << 255).to_bytes(32, "little")


def number(b):
    return int.from_bytes(b, "little")


B = (x_of(4 * pow(5, -1, P) % P, 0), 4 * pow(5, -1, P) % P)
# A point of order 8: L times whatever does not lie in the prime subgroup.
def is_on_curve(y):
    return pow((y * y - 1) * pow(D * y * y + 1, -1, P), (P - 1) // 2, P) == 1


T = next(t for t in (mul(L, (x_of(y, 0), y)) for y in range(3, 99) if is_on_curve(y)) if mul(4, t) != (0, 1))
assert mul(8, T) == (0, 1)


def challenge(r, a, message):
    return number(hashlib.sha512(r + a + message).digest()) % L


def row(name, key, message, r, s, valid):
    sig = r + s.to_bytes(32, "little")
    return {"name": name, "key": key.hex(), "message": message, "sig": sig.hex(), "valid": valid}


a = number(hashlib.sha512(b"a").digest()) % L
r = number(hashlib.sha512(b"r").digest()) % L
A, R = mul(a, B), mul(r, B)
pure, mixed = encode(A), encode(add(A, T))
rows = []


def s_of(r_bytes, key, message, nonce=r):
    return (nonce + challenge(r_bytes, key, message.encode()) * a) % L


for name in ["plain", "mixed R"]:
    R_bytes = encode(R if name == "plain" else add(R, T))
    rows.append(row(name, pure, name, R_bytes, s_of(R_bytes, pure, name), name == "plain"))
s = s_of(encode(R), pure, "plain")
rows.append(row("S + L", pure, "plain", encode(R), s + L, False))
rows.append(row("S + 8L", pure, "plain", encode(R), s + 8 * L, False))
# R the neutral element, and the same with y = p + 1: the equation holds for the first, byte for byte.
for name, r_bytes in [("R neutral", encode((0, 1))), ("R neutral, y = p + 1", (P + 1).to_bytes(32, "little"))]:
    rows.append(row(name, pure, name, r_bytes, s_of(r_bytes, pure, name, 0), False))
for order, point in [(2, mul(4, T)), (4, mul(2, T)), (8, T)]:
    # k = 0 modulo the order would be needed for no error; whether it is or not, R is of small order.
    r_bytes = encode(point)
    rows.append(row(f"R of order {order}", pure, "x", r_bytes, s_of(r_bytes, pure, "x", 0), False))
# A key with a part of small order: valid exactly where that part falls out of the equation.
for rest in (4, 0):
    name = f"mixed key, k = {rest} mod 8"
    message = next(m for m in (f"{name} {i}" for i in range(999))
                   if challenge(encode(R), mixed, m.encode()) % 8 == rest)
    rows.append(row(name, mixed, message, encode(R), s_of(encode(R), mixed, message), rest == 0))
for i in range(200):
    message = f"both mixed {i}"
    r_bytes = encode(add(R, mul(5, T)))  # R − 3T
    if challenge(r_bytes, mixed, message.encode()) % 8 == 3:
        rows.append(row("mixed key and mixed R", mixed, message, r_bytes, s_of(r_bytes, mixed, message), True))
        break
# Keys of small order: under the neutral element one signature stands for every message.
small = sorted({encode(mul(i, T)) for i in range(8)})
other = [y.to_bytes(32, "little") for y in (P, P + 1)]
neutral_signed = bytearray(encode((0, 1)))
neutral_signed[31] |= 0x80
minus_one_signed = bytearray(encode((0, P - 1)))
minus_one_signed[31] |= 0x80
other += [bytes(neutral_signed), bytes(minus_one_signed)]
other += [(y | 1 << 255).to_bytes(32, "little") for y in (P, P + 1)]
rows.append(row("key neutral", encode((0, 1)), "any", encode(R), r, False))
assert len(small) == 8
print(json.dumps({"signatures": rows, "keys_of_small_order": [k.hex() for k in small + other],
                  "keys_of_large_order": [pure.hex(), mixed.hex(), encode(B).hex()]}, indent=1))
