# SPDX-License-Identifier: Apache-2.0
"""After a restore that is older than the laptops' logs (`store extend`, ADR 33): the meeting goes on from a laptop's
log, nothing that anybody has seen is taken back, and no laptop is told a second log."""

import os
import pathlib
import shutil
import sqlite3
import unittest

import driver
import service_parts
import small
from service_parts import Service, ServiceMeeting, until

BIN = pathlib.Path(os.environ["PIAOJUE_BIN_DIR"])
CHOICES = {1: "agree", 2: "disagree", 3: "agree"}


def export(meeting, person):
    """A laptop's record, as its person exports it; no server is needed."""
    path = meeting.directory / f"record-of-{person}.piaojue"
    path.unlink(missing_ok=True)
    meeting.client(person).command(f"export {path}")
    return path


def items(record):
    """Items of a record file: (kind, bytes with their length); 1 an entry, 2 a checkpoint, 3 a cosignature."""
    data, at = record.read_bytes(), len(b"PIAOJUE-RECORD-2\n")
    out = []
    while at < len(data):
        end = at + 4 + int.from_bytes(data[at:at + 4], "big")
        out.append((data[at + 4] >> 3, data[at:end]))
        at = end
    return out


def write(path, parts):
    path.write_bytes(b"PIAOJUE-RECORD-2\n" + b"".join(part for _, part in parts))
    return path


def entries(meeting, person):
    return meeting.client(person).command("now")["size"]


class Extending(unittest.TestCase):
    def refuses(self, meeting, *words, says):
        done = meeting.meeting.run_tool("piaojue-server", "store", "extend", *words, "--lang", "en", ok=(1, 2))
        self.assertRegex(done.stderr, says)

    def vote_again(self, meeting, batch):
        """What was being voted on is voided by the usual signatures, and everybody votes once more."""
        void = "void all 恢复备份"
        until(lambda: self.tried(lambda: meeting.countersigned(void, "Void")), 60, "voided")
        meeting.open(batch)
        for person in meeting.experts:
            service_parts.vote(meeting, person, CHOICES[person], batch)
        meeting.close()
        row = meeting.declare(batch, attempt=2, timeout_s=120)[batch]
        self.assertEqual((row["agree"], row["disagree"], row["not_cast"], row["invalid"]), (2, 1, 0, 0))

    @staticmethod
    def tried(action):
        try:
            action()
        except driver.Failed:
            return False
        return True

    def verified(self, meeting):
        done = meeting.end()
        self.assertTrue(done.stdout.rstrip().endswith("VERIFIED 27/27"), done.stdout)
        for client in meeting.all_clients:
            self.assertEqual(client.events("split"), [], client.person)


class OfAService(Extending):
    def test_a_meeting_goes_on_from_the_longest_of_the_laptops_logs(self):
        # Harm: two databases burn, the backup is an hour old, and a committee's day is lost; or what somebody has seen
        # is taken back, and he can not prove it.
        service = self.enterContext(Service(BIN, nodes=2, standby=False))
        meeting = ServiceMeeting(service, 7, experts=3, batches=(1, 1))
        meeting.start()
        meeting.open(1)
        for person in meeting.experts:
            service_parts.vote(meeting, person, CHOICES[person])
        meeting.close()
        backup = service.primary.backup()
        meeting.declare(1, timeout_s=120)
        meeting.open(2)
        service_parts.vote(meeting, 2, CHOICES[2], 2)
        meeting.client(3).stop()
        shorter = meeting.directory / "shorter.piaojue"
        meeting.client(meeting.clerk).command(f"export {shorter}")
        service_parts.vote(meeting, 1, CHOICES[1], 2)
        until(lambda: entries(meeting, meeting.supervisor) == entries(meeting, meeting.chair), 20, "heard")
        for node in service.nodes.values():
            node.term()
        service.primary.restore(backup)
        at = (service.toml, "--number", 7)
        checked = service.tool("store", "check", *at).stdout
        restored = int(checked.split()[-1])
        longest = export(meeting, meeting.chair)
        self.assertGreater(entries(meeting, meeting.chair), restored)
        # The first log is not the longest: nobody's laptop stops over that, and nothing goes on.
        said = service.tool("store", "extend", *at, "--log", shorter, "--without", 3).stdout
        self.assertRegex(said, r"entries \d+ before, \d+ now\nwaits for 1 2 4 5\nwithout 3\nattempt lost")
        node = service.nodes["node-a"].start()
        service.balancer.wait_up("node-a")
        until(lambda: "longer_log" in node.said(), 30, "a laptop says that it has more")
        self.assertIn("waits for 1 2 4 5\nextended without 3\n", service.tool("status", *at).stdout)
        done = service.tool("store", "extend", *at, "--log", longest, ok=(1, 2))
        self.assertEqual(done.returncode, 2, "while a node serves it")
        node.term()
        service.tool("store", "extend", *at, "--log", shorter, longest)
        marks = {person: meeting.client(person).mark() for person in (1, 2, meeting.clerk, meeting.supervisor)}
        driver.at_once([one.start for one in service.nodes.values()])
        service.balancer.wait_up(*service.nodes)
        # Nothing is taken in before the last laptop has said how long its log is.
        for person, mark in marks.items():
            meeting.client(person).wait("connected", 60, mark)
        clerk = meeting.client(meeting.clerk)
        begun = clerk.begin("sign-out")
        with self.assertRaises(driver.Failed):
            clerk.finish(begun, 4)
        self.assertEqual(meeting.said("split"), {})
        meeting.meeting.start_client(3)
        until(lambda: "laptops_heard" in "".join(n.said() for n in service.nodes.values()), 60, "all were heard")
        self.assertNotIn("waits for", service.tool("status", *at).stdout)
        self.assertIn("extended without 3", service.tool("status", *at).stdout, "it was said, and is kept")
        self.assertNotIn("laptops_not_heard", "".join(n.said() for n in service.nodes.values()))
        self.assertTrue(clerk.finish(begun, 60)["ok"])
        clerk.command("sign-in", 60)
        self.vote_again(meeting, 2)
        self.verified(meeting)


class OfADirectory(Extending):
    def setUp(self):
        self.meeting = self.enterContext(small.Small(BIN, experts=3, batches=(1, 1)))
        self.server = self.meeting.meeting.server_dir
        self.old = self.meeting.directory / "old"

    def keep(self):
        """A copy of the folder as it is now, as somebody makes one who stops the server for it."""
        self.meeting.meeting.server.stop()
        shutil.copytree(self.server, self.old)
        self.meeting.meeting.start_server()

    def restore(self):
        self.meeting.meeting.server.stop()
        shutil.rmtree(self.server)
        self.old.rename(self.server)

    def test_a_directory_goes_on_from_a_laptops_log(self):
        # Harm: as above, in one room.
        meeting = self.meeting
        meeting.start()
        self.keep()
        meeting.open(1)
        for person in meeting.experts:
            service_parts.vote(meeting, person, CHOICES[person])
        self.restore()
        log = export(meeting, meeting.supervisor)
        other = meeting.directory / "cut.piaojue"
        other.write_bytes(log.read_bytes()[:-40])
        self.refuses(meeting, self.server, "--log", other, says="no whole record file")
        other.write_bytes(log.read_bytes().replace("测试评审会".encode(), "测试评审汇".encode()))
        self.refuses(meeting, self.server, "--log", other, says="no file can be used")
        self.refuses(meeting, self.server, "--log", meeting.directory / "none", says="can not be read")
        # What the server has not signed and what breaks a rule is no way to go on; nobody is left out who is nobody.
        parts = items(log)
        last = max(i for i, (kind, _) in enumerate(parts) if kind == 1)
        flipped = bytearray(parts[last][1])
        flipped[-1] ^= 1
        self.refuses(meeting, self.server, "--log", write(other, parts[:last + 1]), says="no checkpoint of all")
        altered = [*parts[:last], (1, bytes(flipped)), *parts[last + 1:]]
        self.refuses(meeting, self.server, "--log", write(other, altered), says="breaks the rules")
        self.refuses(meeting, self.server, "--log", log, "--without", "99", says="nobody is enrolled as person 99")
        note = next(i for i in range(last, len(parts)) if parts[i][0] == 2)
        signed = bytearray(parts[note][1])
        signed[-5] = signed[-5] - 1 if signed[-5] != ord("A") else ord("B")
        altered = [*parts[:note], (2, bytes(signed)), *parts[note + 1:]]
        self.refuses(meeting, self.server, "--log", write(other, altered), says="no checkpoint of all")
        meeting.meeting.run_tool("piaojue-server", "store", "extend", self.server, "--log", log)
        with sqlite3.connect(self.server / "meeting.db") as database:
            for table in ("slip", "proposal", "token_payload", "issued_payload", "envelope", "mix_output"):
                self.assertEqual(database.execute(f"SELECT count(*) FROM {table}").fetchone(), (0,), table)
        meeting.meeting.start_server()
        self.vote_again(meeting, 1)
        self.refuses(meeting, self.server, "--log", log, says="another server runs")
        self.verified(meeting)

    def extended(self, person):
        """Restored, extended from that person's log, and the server runs again; what `extend` said."""
        self.restore()
        log = export(self.meeting, person)
        done = self.meeting.meeting.run_tool("piaojue-server", "store", "extend", self.server, "--log", log)
        self.meeting.meeting.start_server()
        return done.stdout

    def test_what_was_opened_is_counted_and_nobody_votes_again(self):
        # Harm: votes that can be counted are thrown away; or a sum that one trustee has opened is voted anew.
        meeting = self.meeting
        meeting.start()
        self.keep()
        meeting.open(1)
        for person in meeting.experts:
            service_parts.vote(meeting, person, CHOICES[person])
        meeting.client(3).stop()
        meeting.close()
        chair = meeting.client(meeting.chair)
        chair.wait("box", 60, batch=1)
        meeting.client(meeting.supervisor).stop()
        meeting.meeting.start_client(3)
        for trustee in (0, 1):
            chair.wait("entry", 60, type="TallyShare", trustee=trustee)
        self.assertIn("attempt kept", self.extended(meeting.chair))
        meeting.meeting.start_client(meeting.supervisor)
        row = meeting.declare(1, timeout_s=120)[1]
        self.assertEqual((row["agree"], row["disagree"], row["not_cast"], row["invalid"]), (2, 1, 0, 0))
        self.verified(meeting)

    def test_keys_that_were_lost_cost_an_attempt_and_no_vote(self):
        # Harm: a server that goes on with keys that it does not have, or never makes others.
        meeting = self.meeting
        meeting.meeting.start_server()
        people = [*meeting.experts, *meeting.officers]
        meeting.meeting.enrol_all(people)
        meeting.meeting.start_clients(people)
        meeting.open_meeting()
        self.keep()
        with sqlite3.connect(self.old / "meeting.db") as database:
            database.execute("DELETE FROM trustee")  # made before the backup, if the machine is quick
        meeting.sign_in(people)
        until(lambda: "KEY_UNLOGGED" != meeting.client(meeting.chair).command(
            "open 1", ok=None).get("code"), 60, "everybody's keys are in the log")
        self.extended(meeting.chair)
        meeting.open(1)
        self.vote_again(meeting, 1)
        self.verified(meeting)

    def test_a_restore_from_before_somebody_enrolled_is_refused(self):
        # Harm: a meeting that is taken up without somebody who can not come back, and whose vote is missing.
        meeting = self.meeting
        meeting.meeting.start_server()
        people = [*meeting.experts, *meeting.officers]
        meeting.meeting.enrol_all(people[:-1])
        self.keep()
        meeting.meeting.enrol_all(people[-1:])
        meeting.meeting.start_clients(people)
        meeting.open_meeting()
        self.restore()
        log = export(meeting, meeting.chair)
        self.refuses(meeting, self.server, "--log", log, says="older than the opening")


if __name__ == "__main__":
    unittest.main()
