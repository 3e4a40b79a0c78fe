#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes arithmetic.json (specification §1, §11): quorums, committees, and rows with low, high and CONTESTED, with
Python's fractions alone. A row is contested if the rule decides differently for what `agree` may have been at least and
at most; here both are found by giving the unproven ballots and the unheard votes away one by one.

    python3 tests/vectors/arithmetic.py > tests/vectors/arithmetic.json
"""
import json
import random
from fractions import Fraction
from math import ceil, floor

MODES = ("include", "exclude", "leave")


def passes(rule, agree, present):
    """More than, or at least, the part of those present; of nobody present nobody passes."""
    if present == 0:
        return False
    part = Fraction(agree, present)
    return part > rule["part"] if rule["strict"] else part >= rule["part"]


def needed(rule, present):
    want = rule["part"] * present
    return floor(want) + 1 if rule["strict"] else ceil(want)


def bounds(f):
    """By hand: ballots that nobody vouches for may be strangers' in place of disagreeing ones; people who have neither
    said OK nor that they cast nothing may have agreed."""
    low = high = f["agree"]
    vouched = f["confirmed"]
    for _ in range(f["box"]):
        if vouched > 0:
            vouched -= 1
        elif low > 0:
            low -= 1
    for _ in range(f["present"] - f["recused"] - f["confirmed"] - f["not_cast"]):
        high += 1
    return low, high


def row(rule, f):
    low, high = bounds(f)
    base = f["present"] - f["recused"] if rule["mode"] == "exclude" else f["present"]
    contested = passes(rule, low, base) != passes(rule, high, base)
    include = passes(rule, f["agree"], f["present"] + f["left"])
    exclude = passes(rule, f["agree"], f["present"] - f["recused"])
    return {
        "low": low,
        "high": high,
        "present": base,
        "agree": f["agree"],
        "disagree": f["disagree"],
        "abstain": f["box"] - f["agree"] - f["disagree"],
        "invalid": f["cast"] - f["box"],
        "not_cast": f["present"] - f["recused"] - f["cast"],
        "recused": 0 if rule["mode"] == "exclude" else f["recused"],
        "needed": needed(rule, base),
        "passed": passes(rule, f["agree"], base) and not contested,
        "contested": contested,
        "mode_sensitive": include != exclude,
    }


def case(name, rule, f):
    numbers = {"numerator": rule["part"].numerator, "denominator": rule["part"].denominator}
    return {"name": name, **numbers, "strict": rule["strict"], "mode": rule["mode"], "figures": f, "row": row(rule, f)}


def figures(present, cast, box, agree, disagree, confirmed, not_cast, recused=0, left=0):
    return {"present": present, "left": left, "recused": recused, "cast": cast, "box": box, "agree": agree,
            "disagree": disagree, "confirmed": confirmed, "not_cast": not_cast}


def rule(strict=True, mode="include", part=Fraction(2, 3)):
    return {"part": part, "strict": strict, "mode": mode}


NAMED = [
    ("all vouched for", rule(), figures(25, 25, 25, 17, 8, 25, 0)),
    ("one silent of those who agree", rule(), figures(25, 25, 25, 17, 8, 24, 0)),
    ("one silent, one to spare", rule(), figures(25, 25, 25, 18, 7, 24, 0)),
    ("one silent, one short", rule(), figures(25, 25, 25, 16, 9, 24, 0)),
    ("one silent, two short", rule(), figures(25, 25, 25, 15, 10, 24, 0)),
    ("a lost ballot that may have agreed: 7 of a needed 8", rule(), figures(11, 10, 10, 7, 3, 10, 0)),
    ("who is away by his own word", rule(), figures(11, 10, 10, 7, 3, 10, 1)),
    ("five of eight, three by their own word", rule(), figures(8, 5, 5, 5, 0, 5, 3)),
    ("tokens of three silent people", rule(), figures(9, 9, 9, 7, 2, 6, 0)),
    ("OK over an invalid ballot", rule(), figures(10, 10, 9, 9, 0, 10, 0)),
    ("nobody may vote", rule(), figures(3, 0, 0, 0, 0, 0, 0, recused=3)),
    ("at least, exactly", rule(strict=False), figures(18, 18, 18, 12, 6, 18, 0)),
    ("more than, exactly", rule(), figures(18, 18, 18, 12, 6, 18, 0)),
]


def drawn(generator):
    mode = generator.choice(MODES)
    d = generator.randint(1, 100)
    part = Fraction(generator.randint(1, d), d) if generator.random() < 0.3 else Fraction(2, 3)
    present = generator.randint(0, 40 if generator.random() < 0.8 else 255)
    recused = 0 if mode == "leave" else min(present, generator.choice([0, 0, 1, 2, generator.randint(0, present)]))
    left = generator.randint(0, 5) if mode == "leave" else 0
    cast = generator.randint(max(0, (present - recused) * 2 // 3), present - recused)
    box = generator.randint(max(0, cast - 3), cast)
    agree = generator.randint(0, box)
    disagree = generator.randint(0, box - agree)
    confirmed = generator.randint(max(0, cast - 4), cast)
    not_cast = generator.randint(0, present - recused - cast)
    f = figures(present, cast, box, agree, disagree, confirmed, not_cast, recused, left)
    return rule(generator.random() < 0.5, mode, part), f


def quorum(size, x, y):
    p = 0
    while y * p < x * size or 2 * p < size:
        p += 1
    return p


def committee(size, experts, concerned, x=2, y=3):
    body = max(quorum(size, x, y), experts) - concerned
    n = 0
    while 3 * n <= 2 * body:
        n += 1
    return n


def main():
    generator = random.Random(11)
    cases = [case(*named) for named in NAMED]
    cases += [case("", *drawn(generator)) for _ in range(300)]
    quorums = [{"size": n, "x": x, "y": y, "quorum": quorum(n, x, y)}
               for n in (7, 9, 11, 25, 35, 255) for x, y in ((2, 3), (1, 2), (1, 3), (3, 4), (1, 1), (1, 100))]
    committees = [{"size": n, "experts": e, "concerned": c, "needed": committee(n, e, c)}
                  for n in (7, 11, 25, 35) for e in range(1, n + 1) for c in (0, 1)]
    lists = {"rows": cases, "quorums": quorums, "committees": committees}
    print("{" + ",\n".join(f'"{name}": [\n' + ",\n".join(map(json.dumps, each)) + "]" for name, each in lists.items())
          + "}")


if __name__ == "__main__":
    main()
