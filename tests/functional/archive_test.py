# SPDX-License-Identifier: Apache-2.0
"""What is left on the disks after a meeting, read as somebody would who has seized them all: no table, log line,
file or time joins a name to a ballot."""

import os
import pathlib
import re
import sqlite3
import struct
import unittest

import raw
import record_test
import small

BIN = pathlib.Path(os.environ["PIAOJUE_BIN_DIR"])


class Archive(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.small = meeting = small.Small(BIN, experts=5, batches=(2, 1))
        meeting.start(screen=True)
        cls.seen_while_open = {}
        for batch, questions in ((1, [1, 2]), (2, [3])):
            meeting.open(batch)
            meeting.tokens(batch)
            meeting.cast({1: "agree", 2: "disagree", 3: "agree", 4: "abstain", 5: "agree"}, questions)
            # Positive control: while the attempt is open the files do hold what must be gone later.
            cls.seen_while_open[batch] = [str(p) for home in meeting.directory.glob("meeting/client-*")
                                          for p in home.rglob("*") if p.is_file() and "attempt" in str(p)]
            meeting.close()
            meeting.declare(batch)
        cls.erased = [meeting.client(1).wait("entry", 30, type="Erased", trustee=t) for t in range(3)]
        cls.done = meeting.end()
        meeting.meeting.stop()
        cls.record = (meeting.directory / "record.piaojue").read_bytes()
        cls.ballots = []
        for at, length in record_test.items(cls.record):
            item = raw.parse(cls.record[at + 4:at + 4 + length])
            if 1 not in item:
                continue
            entry = raw.parse(item[1][0])
            if record_test.NAMES[entry[1][0]] == "BallotBox":
                for box in raw.parse(entry[2][0])[2]:
                    cls.ballots += raw.parse(box)[2]
        assert len(cls.ballots) == 15, len(cls.ballots)

    @classmethod
    def tearDownClass(cls):
        cls.small.meeting.stop()

    def test_the_server_keeps_nothing_between_names_and_ballots(self):
        # Harm: one table read out after the meeting makes enemies for life.
        databases = [p for p in self.small.meeting.server_dir.rglob("*") if p.is_file()
                     and p.read_bytes()[:15] == b"SQLite format 3"]
        self.assertEqual(len(databases), 1)
        with sqlite3.connect(f"file:{databases[0]}?mode=ro", uri=True) as database:
            tables = {name: database.execute(f'SELECT count(*) FROM "{name}"').fetchone()[0]
                      for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
            schema = " ".join(sql or "" for (sql,) in database.execute("SELECT sql FROM sqlite_master"))
            kept = [bytes(key) for (key,) in database.execute("SELECT key FROM trustee")]
        for name in ("token_payload", "issued_payload", "envelope", "mix_output"):
            self.assertEqual(tables[name], 0, name)
        # What outlives an attempt says only for which questions a share was given (specification section 10.4).
        self.assertEqual(kept, [struct.pack(">III", 2, 0, 0)], "neither keys (0) nor a mix (1)")
        self.assertNotRegex(schema.lower(), r"time|date|autoincrement")
        self.assertEqual(schema.upper().count("WITHOUT ROWID"), len(tables), "no row number that tells an order")

    def test_no_file_but_the_log_holds_anything_of_a_ballot(self):
        # Harm: deleted rows that are still in a free page or in the write-ahead log.
        checked = 0
        for path in self.small.directory.rglob("*"):
            if not path.is_file():
                continue
            data = path.read_bytes()
            logs = path.name.startswith(("journal", "record", "own")) or data[:15] == b"SQLite format 3"
            for ballot in self.ballots:
                # pk_v stands once, in its box: in copies of the log, and nowhere else. (A database page may cut it in
                # two.)
                self.assertLessEqual(data.count(ballot[5:37]), 1 if logs else 0, path)
                checked += data.count(ballot[5:37])
        self.assertGreaterEqual(checked, 15, "the control: the log does hold them")

    def test_laptops_keep_neither_attempt_nor_trustee_state(self):
        # Harm: a laptop seized later.
        self.assertTrue(all(self.seen_while_open.values()), "the control must find what is erased later")
        left = [p.name for home in self.small.directory.glob("meeting/client-*") for p in home.rglob("*")
                if p.is_file() and p.stat().st_size and ("attempt" in str(p) or "trustee" in str(p))]
        # Of both laptops that hold a slot: for which questions a share was given (specification section 10.4).
        self.assertEqual(left, ["trustee+pledges.blob"] * 2)

    def test_no_log_line_names_a_person_or_a_digest(self):
        # Harm: a log line "09:14:03 评委002 cast" beside another "09:14:03 hop 0: one more onion".
        names = [name for _, name in self.small.meeting.slips.values()]
        logs = [*self.small.meeting.logs.iterdir(), *self.small.meeting.server_dir.glob("*.log*")]
        text = "".join(p.read_text(errors="replace") for p in logs if "server" in str(p))
        self.assertTrue(text.strip(), "the server does log")
        for name in names:
            self.assertNotIn(name, text)
        self.assertNotRegex(text, r"[0-9a-f]{32}", "no digest, key or token")
        self.assertNotRegex(text.lower(), r'"person|agree|disagree|abstain|envelopecast|tokenrequest')

    def test_ballots_stand_in_no_order_but_their_own(self):
        # Harm: an order of casting that survives in the box.
        for at, length in record_test.items(self.record):
            item = raw.parse(self.record[at + 4:at + 4 + length])
            if 1 in item and record_test.NAMES[raw.parse(item[1][0])[1][0]] == "BallotBox":
                for box in raw.parse(raw.parse(item[1][0])[2][0])[2]:
                    ballots = raw.parse(box)[2]
                    self.assertEqual(ballots, sorted(ballots))
        # And no file of the server's was last changed by one person's act: all times are the server's own groups.
        self.assertNotRegex(" ".join(p.name for p in self.small.meeting.server_dir.rglob("*") if "slips" not in str(p)),
                            r"person|\b0?[1-5]\b")


if __name__ == "__main__":
    unittest.main()
