#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes opening.json: opened envelopes of specification §8.4, made with whole numbers and hashlib alone. Ed25519 after
RFC 8032, ristretto255 after RFC 9496, messages in canonical Protobuf (§2.3).

    python3 tests/vectors/opening.py > tests/vectors/opening.json
"""
import hashlib
import json

P = 2**255 - 19
L = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, -1, P) % P
I = pow(2, (P - 1) // 4, P)


def sqrt_ratio(u, v):
    """Whether u/v is a square, and the root of it (or of i·u/v) that is not negative."""
    r = u * pow(v, 3, P) * pow(u * pow(v, 7, P), (P - 5) // 8, P) % P
    check = v * r * r % P
    if check in (-u % P, -u * I % P):
        r = r * I % P
    return check in (u % P, -u % P), min(r, P - r, key=lambda n: n & 1)


def x_of(y):
    x = sqrt_ratio(y * y - 1, D * y * y + 1)[1]
    return x


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


Y = 4 * pow(5, -1, P) % P
B = (x_of(Y), Y)


def edwards(p):
    return (p[1] | (p[0] & 1) << 255).to_bytes(32, "little")


def ristretto(p):
    """RFC 9496 §4.3.2, with z = 1."""
    x, y = p
    t = x * y % P
    u1, u2 = (1 + y) * (1 - y) % P, x * y % P
    root = sqrt_ratio(1, u1 * u2 * u2)[1]
    den1, den2 = root * u1 % P, root * u2 % P
    z_inv = den1 * den2 * t % P
    den = den2
    if t * z_inv % P & 1:
        x, y = y * I % P, x * I % P
        den = den1 * sqrt_ratio(1, -1 - D)[1] % P
    if x * z_inv % P & 1:
        y = -y % P
    s = den * (1 - y) % P
    return min(s, P - s, key=lambda n: n & 1).to_bytes(32, "little")


def number(b):
    return int.from_bytes(b, "little")


def sign(seed, message):
    h = hashlib.sha512(seed).digest()
    a = number(h[:32]) & ~7 & (1 << 254) - 1 | 1 << 254
    key = edwards(mul(a, B))
    k = number(hashlib.sha512(h[32:] + message).digest()) % L
    r = edwards(mul(k, B))
    c = number(hashlib.sha512(r + key + message).digest()) % L
    return key, r + ((k + c * a) % L).to_bytes(32, "little")


def varint(n):
    out = b""
    while n > 127:
        out += bytes([n & 127 | 128])
        n >>= 7
    return out + bytes([n])


def numeric(field, n):
    return varint(field << 3) + varint(n) if n else b""


def block(field, data):
    return varint(field << 3 | 2) + varint(len(data)) + data


def bytes_field(field, data):
    return block(field, data) if data else b""


def drawn(name, size):
    return hashlib.shake_256(name.encode()).digest(size)


def scalar(name):
    return number(drawn(name, 64)) % L


def u32be(n):
    return n.to_bytes(4, "big")


def opening(name, person, cast, choices):
    batch_open, seed = drawn(name + " batch_open", 32), drawn(name + " ik", 32)
    questions, rows = b"", []
    for q, choice in choices.items():
        r = scalar(f"{name} r {q}").to_bytes(32, "little")
        ballot = drawn(f"{name} ballot {q}", 700 + q)
        secrets = [drawn(f"{name} esk {q} {hop}", 32) for hop in range(3)]
        rows.append({"question": q, "choice": choice, "r": r.hex(), "ballot": ballot.hex(),
                     "secrets": [s.hex() for s in secrets]})
        inner = numeric(1, q) + numeric(2, choice) + bytes_field(3, r) + bytes_field(4, ballot)
        questions += block(4, inner + b"".join(block(5, s) for s in secrets))
    signed = b"piaojue/v2/opening\0" + batch_open + u32be(person) + u32be(cast) + hashlib.sha256(questions).digest()
    key, signature = sign(seed, signed)
    message = bytes_field(1, batch_open) + numeric(2, person) + numeric(3, cast) + questions + block(5, signature)
    return {"batch_open": batch_open.hex(), "person": person, "cast": cast, "ik_seed": seed.hex(), "ik": key.hex(),
            "questions": rows, "signed": signed.hex(), "signature": signature.hex(), "message": message.hex()}


def vote(name, v):
    x, r = scalar(name + " x"), scalar(name + " r")
    election_key = mul(x, B)
    return {"election_key": ristretto(election_key).hex(), "r": r.to_bytes(32, "little").hex(), "choice": v,
            "a": ristretto(mul(r, B)).hex(), "b": ristretto(add(mul(r, election_key), mul(v, B))).hex()}


# RFC 9496 §A.1 and RFC 8032 §7.1.
assert ristretto(B).hex() == "e2f2ae0a6abc4e71a884a961c500515f58e30b6aa582dd8db6a65945e08d2d76"
assert ristretto(mul(2, B)).hex() == "6a493210f7499cd17fecb510ae0cea23a110e8d5b901f8acadd3095c73a3b919"
assert sign(bytes.fromhex("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60"), b"")[1].hex() == (
    "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24"
    "655141438e7a100b")

if __name__ == "__main__":
    print(json.dumps({
        "openings": [opening("one", 5, 0, {1: 0}), opening("several", 300, 14, {3: 1, 7: 256, 200: 0})],
        "votes": [vote(f"vote {v} {i}", v) for v in (0, 1, 256) for i in range(2)],
    }, indent=1))
