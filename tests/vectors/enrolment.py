#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes enrolment.json (specification §9.1): keys, proofs and device codes of an enrolment, and slips, with hashlib
and hmac alone.

    python3 tests/vectors/enrolment.py > tests/vectors/enrolment.json
"""
import hashlib
import hmac
import json
import struct

CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


def drawn(label, size):
    return hashlib.shake_256(label.encode()).digest(size)


def crockford(data, characters):
    bits = "".join(f"{byte:08b}" for byte in data)
    return "".join(CROCKFORD[int(bits[5 * i : 5 * i + 5], 2)] for i in range(characters))


def groups(text):
    return "-".join(text[i : i + 4] for i in range(0, len(text), 4))


def mac(key, *parts):
    return hmac.new(key, b"".join(parts), hashlib.sha256).digest()


def hkdf(ikm, salt, info):  # RFC 5869; 32 bytes are one block
    return mac(mac(salt, ikm), info, b"\1")


# Powers of α = x in GF(2^5) with x^5 + x^2 + 1: a product is the sum of two exponents.
POWERS = [1]
while len(POWERS) < 31:
    double = POWERS[-1] * 2
    POWERS.append(double ^ 0b100101 if double & 32 else double)
assert sorted(POWERS) == list(range(1, 32)), "α has order 31"


def check(digits):
    total = 0
    for i, c in enumerate(digits, start=1):
        s = CROCKFORD.index(c)
        if s:
            total ^= POWERS[(POWERS.index(s) + i) % 31]
    return CROCKFORD[total]


def typed(meeting, person, bits):
    m = str(meeting) if meeting else ""
    p = f"{person:03d}"
    code = crockford(bits, 16)
    return (m + "-" if m else "") + f"{p}-{groups(code)}-{check(m + p + code)}"


people = []
for i, person in enumerate([1, 7, 255, 400]):
    bits, meeting_id, exporter = drawn(f"bits {i}", 10), drawn(f"meeting {i}", 16), drawn(f"exporter {i}", 32)
    spki, csr = drawn(f"spki {i}", 91), drawn(f"csr {i}", 200 + i)
    ik, wk, bk = (drawn(f"{name} {i}", 32) for name in ("ik", "wk", "bk"))
    p = struct.pack(">I", person)
    key = hkdf(bits, meeting_id, b"piaojue/v2/enrol\0" + p)
    people.append({
        "person": person, "bits": bits.hex(), "meeting_id": meeting_id.hex(), "exporter": exporter.hex(),
        "spki": spki.hex(), "csr": csr.hex(), "ik": ik.hex(), "wk": wk.hex(), "bk": bk.hex(), "key": key.hex(),
        "server_proof": mac(key, b"piaojue/v2/enrol/server\0", exporter, spki).hex(),
        "client_proof": mac(key, b"piaojue/v2/enrol/client\0", exporter, csr, ik, wk, bk).hex(),
        "device_code": groups(crockford(
            hashlib.sha256(b"piaojue/v2/device\0" + meeting_id + p + ik + wk + bk).digest(), 16))})

slips = []
for i, (meeting, person) in enumerate([(0, 1), (0, 400), (1, 7), (12, 7), (4321, 128), (999999999, 399)]):
    for bits in (drawn(f"slip {i}", 10), bytes(10), b"\xff" * 10):
        slips.append({"meeting": meeting, "person": person, "bits": bits.hex(), "typed": typed(meeting, person, bits)})
print(json.dumps({"people": people, "slips": slips}, indent=1))
