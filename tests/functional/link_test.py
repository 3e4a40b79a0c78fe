# SPDX-License-Identifier: Apache-2.0
"""`piaojue-verify --link` on everything that a real meeting leaves on its disks: nothing joins a person with a ballot;
and what somebody plants there is found, under its name."""

import base64
import os
import pathlib
import re
import shutil
import sqlite3
import subprocess
import unittest

import raw
import record_test
import small

BIN = pathlib.Path(os.environ["PIAOJUE_BIN_DIR"])


def boxes(record):
    """Of each question's box its ballots, in the order of the record."""
    for at, length in record_test.items(record):
        item = raw.parse(record[at + 4:at + 4 + length])
        if 1 in item and record_test.NAMES[raw.parse(item[1][0])[1][0]] == "BallotBox":
            for box in raw.parse(raw.parse(item[1][0])[2][0])[2]:
                yield raw.parse(box)[2]


class Link(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.small = meeting = small.Small(BIN, experts=5, batches=(2, 1))
        meeting.start(screen=True)
        for batch, questions in ((1, [1, 2]), (2, [3])):
            meeting.open(batch)
            meeting.tokens(batch)
            meeting.cast({1: "agree", 2: "disagree", 3: "agree", 4: "abstain", 5: "agree"}, questions)
            meeting.close()
            meeting.declare(batch)
        for trustee in range(3):
            meeting.client(1).wait("entry", 30, type="Erased", trustee=trustee)
        meeting.end()
        meeting.meeting.stop()
        cls.record = meeting.directory / "record.piaojue"
        cls.boxes = list(boxes(cls.record.read_bytes()))
        assert [len(box) for box in cls.boxes] == [5, 5, 5]

    @classmethod
    def tearDownClass(cls):
        cls.small.meeting.stop()

    def setUp(self):
        self.seized = self.small.directory / "seized"
        shutil.copytree(self.small.directory / "meeting", self.seized)
        self.addCleanup(shutil.rmtree, self.seized)

    def link(self, *more, record=None, folders=None):
        command = [BIN / "piaojue-verify", record or self.record, "--lang", "en", "--link",
                   *(folders or [self.seized]), *more]
        return subprocess.run(command, capture_output=True, text=True, timeout=120,
                              env={**os.environ, "LC_ALL": "C.UTF-8"})

    def found(self, *more):
        done = self.link(*more)
        self.assertEqual(done.returncode, 1, done.stdout + done.stderr)
        return [line for line in done.stdout.splitlines() if line.startswith("! ")], done.stdout

    def test_what_an_honest_meeting_leaves_joins_nobody(self):
        # Harm: one seized disk makes enemies for life.
        done = self.link()
        self.assertEqual((done.returncode, done.stdout.splitlines()[-1]), (0, "NOT LINKED"), done.stdout + done.stderr)
        self.assertGreater(len(done.stdout.splitlines()), 15, "each attempt has its line")
        # The control: the log lies on the server's and every laptop's disk, and its ballots are known again there.
        copies = int(re.search(r"(\d+) pieces of ballots", done.stdout)[1])
        self.assertGreaterEqual(copies, 15 * (1 + 5))

    def test_a_ballot_in_a_laptops_folder_is_found(self):
        # Harm: a laptop that keeps what it sent.
        for person, ballot in ((2, 3), (4, 0)):
            path = self.seized / f"client-{person:02d}/cache/entry"
            path.parent.mkdir()
            path.write_bytes(b"x" * 1000 + self.boxes[0][ballot][100:140])
        lines, text = self.found()
        name = "bytes of a ballot in a person's folder: cache/entry"
        self.assertIn(f"! {name}: 2 pairs; it names the ballots of 2 people", lines)
        self.assertIn("评委002 has ballot 4 of the box", text)
        self.assertIn("评委004 has ballot 1 of the box", text)

    def test_a_choice_in_a_file_is_found(self):
        # Harm: a browser that keeps what its page stored, in its own spelling.
        path = self.seized / "client-03/Local Storage"
        path.write_bytes(b"\1\2\3" + "vote:1=disagree".encode("utf-16-le"))
        lines, _ = self.found()
        self.assertEqual(len(lines), 1, lines)
        self.assertIn("words for a choice that only some experts' folders have: Local Storage", lines[0])

    def test_rows_of_a_database_that_is_gone_are_found_in_its_pages(self):
        # Harm: a table of names and ballots that was dropped, in free pages.
        path = self.seized / "server/other.db"
        with sqlite3.connect(path) as database:
            database.execute("PRAGMA secure_delete = OFF")
            database.execute("CREATE TABLE t (who TEXT, what BLOB)")
            for person, ballot in enumerate(self.boxes[1], 1):
                database.execute("INSERT INTO t VALUES (?, ?)", (f"评委{person:03d}", ballot))
            database.commit()
            database.execute("DROP TABLE t")
        lines, text = self.found()
        self.assertTrue(any("a ballot beside a person's name" in line and "other.db" in line for line in lines), lines)
        self.assertTrue(any("ballots that lie beside the log" in line and "other.db" in line for line in lines), lines)
        self.assertIn("评委001 has ballot 1 of the box", text)

    def test_what_a_dump_or_a_line_of_json_writes_in_digits_is_found(self):
        # Harm: an export of the database, or a log that was made while something was looked for.
        dump = self.seized / "server/dump.sql"
        dump.write_text("".join(f"INSERT INTO t VALUES ('评委{person:03d}', '\\x{ballot.hex()}');\n"
                                for person, ballot in enumerate(self.boxes[1], 1)))
        line = self.seized / "client-02/debug.json"
        line.write_text('{"sent":"' + base64.b64encode(self.boxes[0][2]).decode() + '"}')
        lines, text = self.found()
        for name in ("key or digest: seized/server/dump.sql#hex: 5", "person's folder: debug.json#base64: 1"):
            self.assertTrue(any(name in line for line in lines), text)
        self.assertIn("评委003 has ballot 3 of the box", text)

    def test_files_with_the_times_of_casting_are_found(self):
        # Harm: a file a ballot, written when its packet came; nothing in it names anybody.
        folder = self.seized / "server/spool"
        folder.mkdir()
        packets = []
        for i, ballot in enumerate(self.boxes[2]):
            when = 1_700_000_000_000_000 + i * 977_001
            path = folder / os.urandom(4).hex()
            path.write_bytes(ballot)
            os.utime(path, ns=(when * 1000, when * 1000))
            packets += [f"{when},9000,{5 - i}", f"{when + 5},60,{5 - i}"]
        (self.seized / "hall.capture.csv").write_text("# microseconds,bytes,person\n" + "\n".join(packets) + "\n")
        lines, text = self.found()
        self.assertTrue(any("time of the first packet = time of the file" in line for line in lines), text)
        self.assertIn("评委005 has ballot 1 of the box", text)

    def test_with_the_truth_it_is_said_how_far_from_chance_each_attempt_stayed(self):
        truth = self.small.directory / "truth.csv"
        truth.write_text("".join(f"{person},{ballot[5:37].hex()}\n" for box in self.boxes
                                 for person, ballot in zip((3, 1, 4, 5, 2), box)))
        done = self.link("--truth", truth)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        self.assertIn("3 by chance; p of as many by chance", done.stdout)
        truth.write_text("1,00\n")
        done = self.link("--truth", truth)
        self.assertEqual((done.returncode, done.stdout), (2, ""))
        self.assertIn("line 1 should be", done.stderr)

    def test_what_can_not_be_read_is_refused_before_anything_is_said(self):
        # Harm: half a search that says that there was nothing; a machine that is filled by what an enemy left lying.
        cut = self.small.directory / "cut.piaojue"
        cut.write_bytes(self.record.read_bytes()[:-7])
        large = self.seized / "server/large"
        cases = {
            "damaged": lambda: self.link(record=cut),
            "can not be read": lambda: self.link(record=self.small.directory / "gone.piaojue"),
            "is no folder": lambda: self.link(folders=[self.record]),
        }
        for words, run in cases.items():
            done = run()
            self.assertEqual((done.returncode, done.stdout), (2, ""), words)
            self.assertIn(words, done.stderr)
        (self.seized / "a.capture.csv").write_text("1,2,3\n1,-2,3\n")
        done = self.link()
        self.assertEqual((done.returncode, done.stdout), (2, ""))
        self.assertIn("line 2 should be", done.stderr)
        (self.seized / "a.capture.csv").unlink()
        os.symlink("/", self.seized / "everything")
        os.symlink(self.seized, self.seized / "again")
        os.mkfifo(self.seized / "pipe")
        self.assertIn("2 links were not followed", self.link().stdout)
        with open(large, "wb") as file:
            file.truncate((256 << 20) + 1)
        done = self.link()
        self.assertEqual((done.returncode, done.stdout), (2, ""))
        self.assertIn("is larger than what is read here", done.stderr)


if __name__ == "__main__":
    unittest.main()
