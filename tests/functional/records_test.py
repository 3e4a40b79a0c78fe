# SPDX-License-Identifier: Apache-2.0
"""What somebody who listens in the hall's network sees of a vote: the TLS records of a real laptop."""

import os
import pathlib
import unittest

import small
import tap

BIN = pathlib.Path(os.environ["PIAOJUE_BIN_DIR"])


class Records(unittest.TestCase):
    # Harm: a capture of the hall's network says who voted what, by a record more or a byte more.
    def test_what_a_laptop_sends_to_cast_is_the_same_whatever_it_says(self):
        choices = ("agree", "disagree", "abstain", "mixed", "of one question")
        with small.Small(BIN, experts=4, batches=(2, 2, 2, 2, 1)) as meeting:
            taps = tap.Tap.on(meeting, (2, 3))
            sent = {}
            for batch, choice in enumerate(choices, 1):
                questions = (2 * batch - 1, 2 * batch) if batch < 5 else (2 * batch - 1,)
                meeting.open(batch)
                meeting.tokens(batch)
                for person, wire in taps.items():
                    laptop = meeting.client(person)
                    for q in questions:
                        laptop.command(f"vote {q} {choice if choice in choices[:3] else choices[q % 3]}")
                    wire.quiet()
                    before = len(wire.records)
                    laptop.command("cast", 40)
                    after = [length for _, length in wire.records[before:] if length >= tap.PING_BYTES]
                    self.assertTrue(after, "the tap is not on the way")
                    sent[person, choice] = after
                meeting.cast({1: "agree", 4: "agree"}, questions)
                meeting.close()
                meeting.declare(batch)
        for wire in taps.values():
            wire.close()
        for person in taps:
            first = sent[person, choices[0]]
            self.assertGreater(max(first), 1000, "an envelope went through")
            for choice in choices[1:-1]:
                self.assertEqual(sent[person, choice], first, f"person {person}, {choice}: {sent}")
            self.assertNotEqual(sent[person, choices[-1]], first, "what compares sees nothing")


if __name__ == "__main__":
    unittest.main()
