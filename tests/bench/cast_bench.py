#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What somebody who listens in the hall's network could tell from time: how long it takes from `cast` at a real laptop
to its first and its last record on the wire, by what was voted.

    tests/bench/cast_bench.py --bin DIR [--ballots N]

Each ballot of each laptop is agree or disagree by chance. Welch's t-test between the two, beside the same test between
two halves that chance made, which is what no difference looks like, and beside laptops that wait 2 ms longer for one
choice, which it must see. |t| below 4.5 is no sign of a difference."""

import argparse
import pathlib
import random
import statistics
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests/functional"))
import small  # noqa: E402
import tap  # noqa: E402

LAPTOPS = (2, 3, 4, 5)
NO_SIGN = 4.5
PLANTED_S = 0.002


def welch(a, b):
    return (statistics.fmean(a) - statistics.fmean(b)) / (
        statistics.variance(a) / len(a) + statistics.variance(b) / len(b)) ** 0.5


def cast(meeting, taps, question, choices):
    """One laptop after the other, so that none disturbs the other. @return [(choice, s to first, s to last record)]"""
    out = []
    for person, choice in choices.items():
        laptop, wire = meeting.client(person), taps[person]
        laptop.command(f"vote {question} {choice}")
        wire.quiet(0.3)
        before = len(wire.records)
        began = time.monotonic()
        laptop.command("cast", 40)
        sent = [moment for moment, length in wire.records[before:] if length >= tap.PING_BYTES]
        out.append((choice, sent[0] - began, sent[-1] - began))
    return out


def measure(bin_dir, ballots):
    chance = random.SystemRandom()
    seen = []
    with small.Small(bin_dir, experts=5, batches=(1,) * ballots) as meeting:
        taps = tap.Tap.on(meeting, LAPTOPS)
        for batch in range(1, ballots + 1):
            meeting.open(batch)
            meeting.tokens(batch)
            seen += cast(meeting, taps, batch, {person: chance.choice(("agree", "disagree")) for person in LAPTOPS})
            meeting.cast({1: "agree"}, (batch,))
            meeting.close()
            meeting.declare(batch)
        for wire in taps.values():
            wire.close()
    return seen


def say(name, a, b):
    t = welch(a, b)
    print(f"  {name:34} {statistics.fmean(a) * 1e3:8.3f} ms of {len(a)}, {statistics.fmean(b) * 1e3:8.3f} ms of "
          f"{len(b)}, deviation {statistics.stdev(a + b) * 1e3:.3f} ms, t {t:6.2f}")
    return abs(t)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--bin", required=True, type=pathlib.Path)
    parser.add_argument("--ballots", type=int, default=40)
    options = parser.parse_args()
    if options.ballots < 4:
        parser.error("--ballots: at least 4, or there is no deviation")
    seen = measure(options.bin.resolve(), options.ballots)
    worst = 0
    for name, column in (("first record", 1), ("last record", 2)):
        agree = [row[column] for row in seen if row[0] == "agree"]
        disagree = [row[column] for row in seen if row[0] == "disagree"]
        print(f"from cast to the {name}, agree and disagree:")
        worst = max(worst, say("what was voted", agree, disagree))
        mixed = agree + disagree
        random.SystemRandom().shuffle(mixed)
        say("halves by chance (no difference)", mixed[::2], mixed[1::2])
        if say(f"planted: {PLANTED_S * 1e3:.0f} ms for one choice", [s + PLANTED_S for s in agree], disagree) < NO_SIGN:
            print("  too few, or too noisy: a difference of that size would not have been seen")
    print(f"largest |t| by choice {worst:.2f}; below {NO_SIGN} there is no sign of a difference")
    return 0 if worst < NO_SIGN else 1


if __name__ == "__main__":
    sys.exit(main())
