#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes digest.json (specification §6, §8.2, §8.3): what stands in the log for what is never put there, with hashlib
alone.

    python3 tests/vectors/digest.py > tests/vectors/digest.json
"""
import hashlib
import json
import struct

OPEN = bytes(range(32))


def u32(n):
    return struct.pack(">I", n)


def digest(domain, *parts):
    return hashlib.sha256(domain.encode() + b"\0" + b"".join(parts)).hexdigest()


def listed(items):
    """How many, then each."""
    return u32(len(items)) + b"".join(items)


def sized(item):
    return u32(len(item)) + item


def main():
    blinded = {3: [b"\x11" * 4, b"\x22" * 4], 5: [b"\x33" * 4, b"\x44" * 4]}
    onions = {3: b"\x11" * 5, 5: b""}
    mixed = {3: [b"\x01" * 3, b"\x02" * 2], 5: []}
    out = {
        "ctx": digest("piaojue/v2/ctx", OPEN, u32(7)),
        "request": digest("piaojue/v2/request", OPEN, u32(9), u32(2),
                          listed([u32(q) + listed(zs) for q, zs in blinded.items()])),
        "issued": digest("piaojue/v2/issued", OPEN, u32(1), u32(9), u32(2),
                         listed([u32(q) + s for q, s in {3: b"\x11" * 4, 5: b"\x33" * 4}.items()])),
        "envelope": digest("piaojue/v2/envelope", OPEN, u32(9), u32(2),
                           listed([u32(q) + sized(onion) for q, onion in onions.items()])),
        "mix": digest("piaojue/v2/mix", OPEN, u32(2), b"\x55" * 32,
                      listed([u32(q) + listed([sized(item) for item in items]) for q, items in mixed.items()])),
        "proposal": hashlib.sha256(u32(19) + b"\x0a\x0b").hexdigest(),
    }
    print(json.dumps(out, indent=1))


if __name__ == "__main__":
    main()
