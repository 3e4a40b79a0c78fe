# SPDX-License-Identifier: Apache-2.0
"""A meeting on its way from a service into a directory and back (`store copy`, `adopt`): real nodes, PostgreSQL,
HAProxy, laptops. It is whole in one place and served in one at most, wherever the command is ended."""

import hashlib
import os
import pathlib
import random
import sqlite3
import subprocess
import time
import unittest

import driver
import service_parts
from service_parts import ServiceMeeting

BIN = pathlib.Path(os.environ["PIAOJUE_BIN_DIR"])
PDF = b"%PDF-1.7\n" + bytes(range(256)) * 3000  # three pieces of a database's row
KEYS = ("ca.pem", "ca-key.pem", "tls.pem", "tls-key.pem", "signing.key", "checkpoint.key", "box.key", "seal.key")
TABLES = ("meta", "slip", "enrolment", "entry", "checkpoint", "cosignature", "proposal", "token_payload",
          "issued_payload", "envelope", "mix_output", "trustee")


def rows(directory):
    """{table: {key: value}} of a directory's database."""
    with sqlite3.connect(f"file:{directory / 'meeting.db'}?mode=ro", uri=True) as database:
        return {table: dict(database.execute(f'SELECT key, value FROM "{table}"')) for table in TABLES}


class Copying(service_parts.ServiceCase):
    def service(self, **options):
        return super().service(standby=False, **options)

    def meeting(self, service, number=7, **options):
        folder = service.directory / f"materials-{number}"
        (folder / "1").mkdir(parents=True)
        (folder / "1" / "dossier.pdf").write_bytes(PDF)
        return ServiceMeeting(service, number, materials=folder, **options)

    def copy(self, service, number, directory, *more, **how):
        return service.tool("store", "copy", service.toml, directory, "--number", number, "--lang", "en", *more, **how)

    def run_in(self, service, directory):
        """A single server on that directory."""
        server = driver.Process(f"run-{directory.name}", [BIN / "piaojue-server", "run", directory, "--no-announce"],
                                service.logs)
        self.addCleanup(server.stop)
        server.wait_line(lambda line: line.startswith("listening "), 20)
        return server

    def refuses(self, service, *words, says, ok=(1, 2)):
        done = service.tool(*words, "--lang", "en", ok=ok, timeout_s=30)
        self.assertRegex(done.stderr, says)

    def is_whole(self, directory, original):
        """Keys, files and modes are those of the directory that was adopted."""
        for name in KEYS:
            self.assertEqual((directory / "keys" / name).read_bytes(), (original / "keys" / name).read_bytes(), name)
        stored = directory / "materials" / hashlib.sha256(PDF).hexdigest()
        self.assertEqual(stored.read_bytes(), PDF)
        for path in [directory, *directory.rglob("*")]:
            want = 0o700 if path.is_dir() else 0o600
            if path.name not in ("meeting.db-shm", "meeting.db-wal"):
                self.assertEqual(path.stat().st_mode & 0o777, want, path)

    def state(self, service):
        """By the mark in the database."""
        length = service.primary.service_sql("SELECT coalesce((SELECT length(value) FROM piaojue_meta WHERE "
                                             "meeting = 7 AND key = 'moved'), 0)")
        return {"0": "here", "16": "leaving", "32": "gone"}[length]

    def damage_file(self, service):
        """Twice is as not at all."""
        service.primary.service_sql("UPDATE piaojue_file SET hash = set_byte(hash, 0, get_byte(hash, 0) # 1)")

    def left_in(self, service, number):
        """Tables of the database in which something of the meeting is left."""
        tables = service.primary.service_sql(
            "SELECT relname FROM pg_class WHERE relkind = 'r' AND relname LIKE 'piaojue_%'").split()
        asked = [t for t in tables if t not in ("piaojue_format", "piaojue_node") and
                 not t.startswith("piaojue_office")]
        return {t for t in asked if service.primary.service_sql(
            f"SELECT count(*) FROM {t} WHERE meeting = {number}") != "0"}


class AndBack(Copying):
    def test_a_meeting_goes_on_in_a_directory_and_then_in_the_service_again(self):
        # Harm: the last day of a service is the last of its meetings; or two servers write two logs, and every laptop
        # stops for good.
        service = self.service(nodes=2)
        meeting = self.meeting(service, experts=3, batches=(1, 1))
        meeting.start()
        meeting.open(1)
        service_parts.vote(meeting, 2, "disagree")
        there = service.directory / "out"
        # While a node serves it and laptops are connected: it lets go by itself.
        self.assertIn("meeting 7 moved to", self.copy(service, 7, there).stdout)
        self.is_whole(there, meeting.meeting.server_dir)
        self.assertEqual(self.left_in(service, 7), {"piaojue_meeting", "piaojue_meta", "piaojue_number"})
        for command in (("status",), ("slip", "--person", 1, "--out", there / "no.txt"), ("stop",)):
            self.refuses(service, command[0], service.toml, *command[1:], "--number", 7, says="was moved out")
        self.refuses(service, "adopt", service.toml, meeting.meeting.server_dir, says="another directory")
        self.copy(service, 7, there)  # once more changes nothing
        self.refuses(service, "store", "copy", service.toml, service.directory / "two", "--number", 7,
                     says="another directory")
        self.assertNotIn("7", service.tool("store", "check", service.toml).stdout)
        # The directory's server stands where the slips say.
        service.balancer.stop()
        server = self.run_in(service, there)
        for person, choice in ((1, "agree"), (3, "agree")):
            service_parts.vote(meeting, person, choice)
        meeting.close()
        row = meeting.declare(1, timeout_s=120)[1]
        self.assertEqual((row["agree"], row["disagree"], row["not_cast"]), (2, 1, 0))
        self.refuses(service, "adopt", service.toml, there, says="another server runs")
        server.stop()
        service.tool("adopt", service.toml, there)
        self.refuses(service, "run", there, says="taken into a service")
        service.balancer.start()
        service.balancer.wait_up(*service.nodes)
        meeting.open(2)
        for person in meeting.experts:
            service_parts.vote(meeting, person, "agree", 2)
        meeting.close()
        self.assertEqual(meeting.declare(2, timeout_s=120)[2]["agree"], 3)
        done = meeting.end()
        self.assertTrue(done.stdout.rstrip().endswith("VERIFIED 27/27"), done.stdout)
        self.assertEqual(meeting.said("split"), {})

    def test_a_node_that_slept_while_its_meeting_was_moved_writes_and_says_nothing(self):
        # Harm: the paused machine wakes up and goes on with a meeting that is somewhere else by now.
        service = self.service(nodes=1)
        meeting = self.meeting(service, experts=3)
        meeting.start()
        node = service.nodes["node-a"]
        node.pause()
        there = service.directory / "out"
        self.copy(service, 7, there)
        service.balancer.stop()
        self.run_in(service, there)
        node.go_on()
        meeting.open(1)
        for person in meeting.experts:
            service_parts.vote(meeting, person, "agree")
        self.assertEqual(service.holder(7), "")
        self.assertEqual(self.left_in(service, 7), {"piaojue_meeting", "piaojue_meta", "piaojue_number"})
        self.assertEqual(meeting.said("split"), {})

    def test_what_can_not_be_moved_is_said_and_stays(self):
        # Harm: an operator who is told nothing, and a meeting that is nowhere.
        service = self.service(nodes=1)
        meeting = self.meeting(service)
        full = service.directory / "full"
        full.mkdir()
        (full / "thesis.txt").write_text("mine", encoding="utf-8")
        self.refuses(service, "store", "copy", service.toml, full, "--number", 7, says="holds something else")
        self.assertEqual([path.name for path in full.iterdir()], ["thesis.txt"])
        self.refuses(service, "store", "copy", service.toml, service.directory / "a", "--number", 8,
                     says="no meeting 8")
        self.refuses(service, "store", "copy", service.toml, "--number", 7, says="DIR is missing", ok=(2,))
        self.refuses(service, "store", "copy", service.toml, full, "--number", 7, "--undo", says="not on its way")
        self.refuses(service, "store", "copy", service.toml, "--number", 7, "--undo", says="DIR is missing", ok=(2,))
        self.refuses(service, "store", "copy", service.toml, meeting.meeting.server_dir, "--number", 7,
                     says="holds something else")
        # A file is missing: nothing is moved, and nodes go on.
        there = service.directory / "out"
        meeting.meeting.enrol(1)
        self.damage_file(service)
        self.refuses(service, "store", "copy", service.toml, there, "--number", 7, says="dossier.pdf")
        self.assertEqual((self.state(service), there.exists()), ("here", False))
        self.damage_file(service)
        # It goes missing on the way: nothing serves the meeting until that is mended or taken back.
        service.nodes["node-a"].pause()
        copying = subprocess.Popen([str(word) for word in (
            BIN / "piaojue-server", "store", "copy", service.toml, there, "--number", 7, "--lang", "en")],
            stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, stdin=subprocess.DEVNULL, text=True)
        service_parts.until(lambda: self.state(service) == "leaving", 20, "it is on its way")
        self.damage_file(service)
        self.assertRegex(copying.communicate(timeout=60)[1], "dossier.pdf")
        service.nodes["node-a"].go_on()
        self.refuses(service, "run", there, says="not here yet")
        self.refuses(service, "store", "check", service.toml, says="nobody serves it")
        self.refuses(service, "adopt", service.toml, there, says="on its way out")
        self.refuses(service, "adopt", service.toml, meeting.meeting.server_dir, says="on its way out")
        self.refuses(service, "slip", service.toml, "--number", 7, "--person", 1, "--out", service.directory / "s.txt",
                     says="was moved out")
        # Only the directory that it goes to shows that it has not come there.
        self.refuses(service, "store", "copy", service.toml, full, "--number", 7, "--undo", says="second log")
        service.tool("store", "copy", service.toml, there, "--number", 7, "--undo")
        self.assertIn("meeting 7 whole", service.tool("store", "check", service.toml).stdout)
        self.damage_file(service)
        meeting.meeting.enrol(2)  # nodes serve it again
        # What an undone copy has left is nobody's, and is not taken away: it may be all that there is.
        self.refuses(service, "run", there, says="not here yet")
        self.refuses(service, "store", "copy", service.toml, there, "--number", 7, says="holds something else")
        again = service.directory / "again"
        self.copy(service, 7, again)
        self.is_whole(again, meeting.meeting.server_dir)
        ServiceMeeting(service, 9)
        for taken in (there, again):
            self.refuses(service, "store", "copy", service.toml, taken, "--number", 9, says="holds something else")
        self.assertIn("meeting 9 whole", service.tool("store", "check", service.toml).stdout)


    def test_a_database_that_was_set_back_takes_no_beginning_of_a_log(self):
        # Harm: the operator adopts the directory, all seems well, and nodes go on from a log that laptops have more of.
        service = self.service(nodes=1)
        meeting = self.meeting(service, experts=3)
        meeting.start()
        before = service.primary.backup("before")
        there = service.directory / "out"
        self.copy(service, 7, there)
        gone, gone_too = service.primary.backup("gone"), service.primary.backup("gone-too")
        service.balancer.stop()
        server = self.run_in(service, there)
        meeting.client(meeting.clerk).command("sign-out", 60)
        server.stop()
        service.nodes["node-a"].term()
        service.primary.restore(before)
        self.refuses(service, "adopt", service.toml, there, says="has more of meeting 7 than the database")
        self.run_in(service, there).stop()
        # Adopted again, as it should be; and then set back to when it was away.
        service.primary.restore(gone)
        service.tool("adopt", service.toml, there)
        service.tool("adopt", service.toml, there)
        service.primary.restore(gone_too)
        self.refuses(service, "adopt", service.toml, there, says="was set back")
        self.assertEqual(self.left_in(service, 7), {"piaojue_meeting", "piaojue_meta", "piaojue_number"})

    def test_a_new_service_key_reaches_what_is_on_its_way_out(self):
        # Harm: "resealed 9 of 9", the old key is destroyed, and the tenth meeting can not be opened by anybody.
        service = self.service(nodes=1, start=[])
        meeting = self.meeting(service)
        service.primary.service_sql("INSERT INTO piaojue_meta (meeting, key, value) VALUES (7, 'moved', "
                                    "decode(repeat('ab', 16), 'hex'))")
        new_key = service.directory / "new.key"
        service.tool("service-key", new_key)
        lines = service.toml.read_text(encoding="utf-8").splitlines()
        old = next(line for line in lines if line.startswith("service_key"))
        both, new = service.directory / "both.toml", service.directory / "new.toml"
        for path, words in ((both, [f'service_key = "{new_key}"', f"old_{old}"]),
                            (new, [f'service_key = "{new_key}"'])):
            path.touch(0o600)
            path.write_text("\n".join(words + [line for line in lines if line != old]) + "\n", encoding="utf-8")
        self.assertIn("resealed 1 of 1", service.tool("store", "reseal", both).stdout)
        checked = service.tool("store", "check", new, "--lang", "en", ok=(1,))
        self.assertIn("meeting 7 whole", checked.stdout)
        self.assertIn("nobody serves it", checked.stderr)
        there = service.directory / "out"
        service.tool("store", "copy", new, there, "--number", 7)
        self.is_whole(there, meeting.meeting.server_dir)


class Killed(Copying):
    def test_killed_at_any_instant_it_is_in_one_place_or_is_repeated(self):
        # Harm: a power cut in the middle, and the meeting is in two places, or in none.
        service = self.service(nodes=1)
        meeting = self.meeting(service)
        meeting.meeting.enrol_all(meeting.experts)
        original = meeting.meeting.server_dir
        seed = random.randrange(1 << 32)
        chance = random.Random(seed)
        place, seen, until = None, None, time.monotonic() + 90
        killed = {"here": 0, "leaving": 0, "gone": 0}
        longest, rounds = 0.2, 0
        while time.monotonic() < until and (rounds < 6 or min(killed.values()) == 0):
            rounds += 1
            there = service.directory / f"round-{rounds}"
            with self.subTest(seed=seed, round=rounds):
                for _ in range(8):
                    longest = max(longest, self.kill_copy(service, there, chance.uniform(0, longest)))
                    state = self.state(service)
                    killed[state] += 1
                    self.assert_in_one_place(service, there, state)
                    if state == "gone":
                        break
                self.copy(service, 7, there)
                self.is_whole(there, original)
                after = rows(there)
                if seen:
                    self.assertEqual(after, seen)
                seen = after
                self.kill_adopt(service, there, chance.uniform(0, longest))
                service.tool("adopt", service.toml, there)
                self.assertIn("meeting 7 whole", service.tool("store", "check", service.toml).stdout)
                place = there
        self.refuses(service, "run", place, says="taken into a service")
        self.assertGreaterEqual(rounds, 2, killed)
        self.assertGreater(killed["leaving"], 0, killed)

    def kill_after(self, argv, seconds):
        """How long it ran; all the time until it ended by itself where it was quicker."""
        began = time.monotonic()
        process = subprocess.Popen([str(word) for word in argv], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                                   stdin=subprocess.DEVNULL)
        try:
            process.wait(seconds)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        return time.monotonic() - began + 0.1

    def kill_copy(self, service, there, seconds):
        return self.kill_after([BIN / "piaojue-server", "store", "copy", service.toml, there, "--number", 7], seconds)

    def kill_adopt(self, service, there, seconds):
        return self.kill_after([BIN / "piaojue-server", "adopt", service.toml, there], seconds)

    def assert_in_one_place(self, service, there, state):
        """Whole in the database, unless it is gone; and `run` refuses a directory as long as it is not."""
        if state == "gone":
            self.assertEqual(self.left_in(service, 7), {"piaojue_meeting", "piaojue_meta", "piaojue_number"})
            return
        checked = service.tool("store", "check", service.toml, "--number", 7)
        self.assertIn("meeting 7 whole", checked.stdout)
        self.assertFalse((there / "moved-in").exists())
        if there.exists() and (there / "server.toml").exists():
            self.refuses(service, "run", there, says="not here yet")


if __name__ == "__main__":
    unittest.main()
