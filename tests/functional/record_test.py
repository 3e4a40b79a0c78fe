# SPDX-License-Identifier: Apache-2.0
"""The record of a real meeting, altered: every region, many single bytes, removed, repeated and swapped items. The
verifier must name what is wrong, and never say VERIFIED."""

import os
import pathlib
import re
import struct
import subprocess
import unittest

import raw
import small

BIN = pathlib.Path(os.environ["PIAOJUE_BIN_DIR"])
MAGIC = b"PIAOJUE-RECORD-2\n"
NAMES = dict(enumerate(("MeetingOpen SignIn SignOut Recuse KeyChange Interview BatchKeys BatchOpen TokenRequest "
                        "TokensIssued EnvelopeCast BatchClose IssuanceClosed MixStep BallotBox Confirm Override "
                        "TallyShare Declaration Erased Void PaperTally Incident MeetingClose TrusteeChange "
                        "EnvelopeSpoil CheckResult RecuseBack").split(), 1))


def items(data):
    at = len(MAGIC)
    while at < len(data):
        length = struct.unpack(">I", data[at:at + 4])[0]
        yield at, length
        at += 4 + length


class Record(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.small = small.Small(BIN, experts=4, batches=(2,))
        meeting = cls.small
        meeting.start(screen=True)
        meeting.client(2).command("recuse 2 同一单位")
        meeting.open(1)
        meeting.tokens(1)
        for person, choices in {1: ("agree", "agree"), 2: ("agree",), 3: ("agree", "disagree"),
                                4: ("abstain", "agree")}.items():
            for question, choice in enumerate(choices, 1):
                meeting.client(person).command(f"vote {question} {choice}")
            meeting.client(person).command("cast", 40)
        meeting.close()
        cls.rows = meeting.declare(1)
        cls.done = meeting.end()
        cls.head = meeting.client(meeting.chair).wait("head", 10)["hex"]
        cls.own = meeting.directory / "own.piaojue"
        meeting.client(3).command(f"export {cls.own}")
        meeting.meeting.stop()
        cls.path = meeting.directory / "record.piaojue"
        cls.data = cls.path.read_bytes()

    def verify(self, data, *args):
        path = self.small.directory / "altered.piaojue"
        path.write_bytes(data)
        return subprocess.run([BIN / "piaojue-verify", path, "--anchor", self.head, *args], capture_output=True,
                              text=True, timeout=60)

    def assert_refused(self, data, what):
        done = self.verify(data)
        self.assertIn(done.returncode, (1, 2), what)
        self.assertNotIn("VERIFIED", done.stdout, what)
        if done.returncode == 1:
            self.assertRegex(done.stdout, r"FAILED", what)
        else:
            self.assertTrue(done.stderr.strip(), what)
        return done

    def test_the_untouched_record_is_verified_and_so_is_a_laptop_s_own(self):
        self.assertEqual(self.done.returncode, 0, self.done.stdout)
        self.assertTrue(self.done.stdout.rstrip().endswith("VERIFIED 27/27"))
        again = self.verify(self.own.read_bytes())
        self.assertEqual(again.returncode, 0, again.stdout + again.stderr)
        # And the figures are those that people voted.
        self.assertEqual([self.rows[1][k] for k in ("present", "agree", "disagree", "abstain", "recused")],
                         [4, 3, 0, 1, 0])
        self.assertEqual([self.rows[2][k] for k in ("present", "agree", "disagree", "abstain", "recused")],
                         [4, 2, 1, 0, 1])

    def test_every_region_of_the_record_altered_is_named(self):
        # Harm: one region that nobody checks is where the result is changed.
        seen = set()
        for at, length in items(self.data):
            fields = raw.parse(self.data[at + 4:at + 4 + length])
            kind = next(iter(fields))
            if kind == 1:
                name = NAMES[raw.parse(fields[1][0])[1][0]]
            else:
                name = {2: "checkpoint", 3: "cosignature"}[kind]
            if name in seen and kind != 1:
                continue
            seen.add(name)
            # The length, the tag, the beginning, the middle, the end (where signatures are).
            for position in (at, at + 3, at + 4, at + 4 + length // 3, at + 4 + length // 2,
                             at + 4 + length - 40 if length > 60
                             else at + 4 + length // 4, at + 4 + length - 1):
                altered = bytearray(self.data)
                altered[position] ^= 0x01
                done = self.assert_refused(bytes(altered), f"{name} at {position}")
                if done.returncode == 1:
                    self.assertRegex(done.stdout, r"FAILED check \d+", f"{name} at {position}")
        self.assertGreaterEqual(len(seen), 17, seen)

    def test_any_single_byte_altered_is_refused(self):
        # Harm: as above; here without knowing the format. Every byte of the first kilobytes, then with a stride.
        positions = [*range(0, 200), *range(200, len(self.data), max(1, len(self.data) // 400))]
        for position in positions:
            altered = bytearray(self.data)
            altered[position] ^= 1 << (position % 8)
            self.assert_refused(bytes(altered), position)

    def test_items_removed_repeated_or_swapped_are_refused(self):
        # Harm: a sign-out that disappears changes a denominator.
        spans = [(at, at + 4 + length) for at, length in items(self.data)]
        entries = [span for span in spans if 1 in raw.parse(self.data[span[0] + 4:span[1]])]
        for begin, end in entries:
            self.assert_refused(self.data[:begin] + self.data[end:], f"removed {begin}")
        for begin, end in entries[::5]:
            self.assert_refused(self.data[:end] + self.data[begin:end] + self.data[end:], f"repeated {begin}")
        for (a, b), (c, d) in list(zip(entries, entries[1:]))[::4]:
            self.assert_refused(self.data[:a] + self.data[c:d] + self.data[b:c] + self.data[a:b] + self.data[d:],
                                f"swapped {a}")

    def test_a_truncated_or_lengthened_record_is_refused(self):
        for size in (0, 5, len(MAGIC), len(MAGIC) + 3, len(self.data) // 2, len(self.data) - 1):
            self.assert_refused(self.data[:size], size)
        self.assert_refused(self.data + b"\0", "one byte more")
        self.assert_refused(self.data + self.data[len(MAGIC):], "twice")

    def test_another_anchor_fails_check_1(self):
        # Harm: a whole other meeting, consistent in itself.
        other = self.head[:-1] + ("0" if self.head[-1] != "0" else "1")
        done = subprocess.run([BIN / "piaojue-verify", self.path, "--anchor", other], capture_output=True, text=True)
        self.assertEqual(done.returncode, 1)
        self.assertRegex(done.stdout, r"FAILED check 1\b")

    def test_unusable_input_is_exit_2_with_a_reason(self):
        for args in ([self.path, "--anchor", "zz"], ["/nonexistent", "--anchor", self.head], [self.path]):
            done = subprocess.run([BIN / "piaojue-verify", *args], capture_output=True, text=True)
            self.assertEqual(done.returncode, 2, args)
            self.assertTrue(done.stderr.strip())

    def test_json_says_the_same_as_the_text(self):
        import json
        done = self.verify(self.data, "--json")
        self.assertEqual(done.returncode, 0)
        report = json.loads(done.stdout)
        text = self.verify(self.data).stdout
        self.assertEqual(len(report["checks"]), 27)
        self.assertEqual(len(re.findall(r"出席 \d+ 人，需 \d+ 人，同意 \d+ 人", text)), 2)


if __name__ == "__main__":
    unittest.main()
