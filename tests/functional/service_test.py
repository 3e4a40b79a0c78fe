# SPDX-License-Identifier: Apache-2.0
"""A service while its parts fail: real nodes, PostgreSQL with a synchronous standby, HAProxy. Nothing acknowledged is
lost, nobody votes twice, no laptop ever sees two logs, and the verifier finds nothing wrong with any record."""

import contextlib
import os
import pathlib
import random
import re
import time
import unittest

import driver
import raw
import service_faults
import service_parts
from service_parts import Service, ServiceMeeting, until

BIN = pathlib.Path(os.environ["PIAOJUE_BIN_DIR"])
CHOICES = {1: "agree", 2: "disagree", 3: "agree"}
PHASES = ("before", "voting", "mixing", "opening", "declared")


def vote(meeting, person, batch=1, timeout_s=120):
    service_parts.vote(meeting, person, CHOICES[person], batch, timeout_s)


def bring(meeting, phase):
    """To where one batch is when the fault comes."""
    meeting.start()
    if phase == "before":
        return
    meeting.open(1)
    if phase == "voting":
        vote(meeting, 2)
        return
    driver.at_once([lambda p=p: vote(meeting, p) for p in meeting.experts])
    meeting.close()
    if phase == "opening":
        meeting.client(meeting.supervisor).wait("box", 60, batch=1)
    if phase == "declared":
        meeting.declare(1)


def countersigned(meeting, command, kind, timeout_s=60):
    """Small.countersigned, by people whose proposal may be gone with a node: the chair asks again, as one does."""
    chair, supervisor = meeting.client(meeting.chair), meeting.client(meeting.supervisor)
    start = {c: c.mark() for c in (chair, supervisor)}
    deadline = time.monotonic() + timeout_s
    while True:
        chair.command(command, 30, ok=None)
        with contextlib.suppress(driver.Failed):
            supervisor.sign(kind, start[supervisor], 5)
        with contextlib.suppress(driver.Failed):
            return chair.wait("entry", 5, start[chair], type=kind)
        if time.monotonic() > deadline:
            raise driver.Failed(f"{meeting.number}: no {kind} within {timeout_s} s")


class Held(service_parts.ServiceCase):
    """What every one of these tests asks for at the end."""

    def verified(self, meeting):
        """The meeting ends, its record is whole, and no laptop has ever been told two logs."""
        countersigned(meeting, "close-meeting", "MeetingClose")
        head = meeting.client(meeting.chair).wait("head", 20)["hash"]
        record = meeting.directory / "record.piaojue"
        meeting.meeting.run_tool("piaojue-server", "export", *meeting.meeting.place, "--out", record)
        done = meeting.meeting.run_tool("piaojue-verify", record, "--anchor", head, ok=None)
        self.assertTrue(done.stdout.rstrip().endswith("VERIFIED 27/27"), f"{meeting.number}: {done.stdout}")
        self.assertEqual(meeting.said("split"), {})
        checked = meeting.service.tool("store", "check", meeting.service.toml, "--number", meeting.number)
        self.assertIn("whole", checked.stdout)

    def counted(self, meeting, batch=1):
        """Every vote counts once."""
        chair = meeting.client(meeting.chair)
        if not chair.events("declared", batch=batch):
            chair.wait("counted", 120, batch=batch, attempt=1)
            countersigned(meeting, "declare", "Declaration")
        row = chair.wait("declared", 30, batch=batch, attempt=1)["rows"][0]
        self.assertEqual((row["present"], row["agree"], row["disagree"], row["not_cast"], row["invalid"]),
                         (3, 2, 1, 0, 0), f"meeting {meeting.number}, batch {batch}")

    def finish(self, meeting, phase="before"):
        """From that phase to a record that is verified."""
        chair = meeting.client(meeting.chair)
        if phase == "before":
            meeting.open(1)
        if phase in ("before", "voting"):
            driver.at_once([lambda p=p: vote(meeting, p) for p in meeting.experts])
            if not chair.events("closed", batch=1):
                countersigned(meeting, "close", "BatchClose")
        self.counted(meeting)
        self.verified(meeting)

    def many(self, service, numbers, **options):
        """Meetings made one after the other, then everybody enrolled and signed in side by side."""
        meetings = [ServiceMeeting(service, number, **options) for number in numbers]
        driver.at_once([meeting.start for meeting in meetings])
        return meetings

    def together(self, meetings, action):
        driver.at_once([lambda m=m: action(m) for m in meetings])


class Nodes(Held):
    def test_a_node_killed_in_each_phase_of_a_batch(self):
        # Harm: a career decided by a power cut.
        service = self.service(start=("node-a",))
        meetings = {phase: ServiceMeeting(service, number, experts=3) for number, phase in enumerate(PHASES, 1)}
        driver.at_once([lambda p=p, m=m: bring(m, p) for p, m in meetings.items()])
        self.assertEqual({service.holder(m.number) for m in meetings.values()}, {"node-a"})
        driver.at_once([service.nodes[name].start for name in ("node-b", "node-c")])
        service.balancer.wait_up(*service_parts.NODE_NAMES)
        service.nodes["node-a"].kill9()
        driver.at_once([lambda p=p, m=m: self.finish(m, p) for p, m in meetings.items()])
        self.assertNotIn("node-a", {service.holder(m.number) for m in meetings.values()})

    def test_a_node_that_slept_writes_nothing_more(self):
        # Harm: two logs of one meeting: that of the node which took it over, and that of the one which woke up.
        service = self.service()
        meeting = ServiceMeeting(service, 7, experts=3)
        bring(meeting, "voting")
        before = service.node_of(7)
        meeting.client(3).wait("tokens", 40, batch=1)
        meeting.client(3).command("vote 1 agree")
        before.pause()
        slept = time.monotonic()
        begun = meeting.client(3).begin("cast")  # waits in the socket of the node that sleeps
        meeting.client(1).begin("vote 1 agree")
        # Eight seconds, and where a laptop was sent on to the silent node first, its ten for a connection.
        until(lambda: service.holder(7) != before.name, 40, "another node takes the meeting")
        reply = meeting.client(3).finish(begun, 60)
        self.assertTrue(reply["ok"], reply)
        driver.at_once([lambda p=p: vote(meeting, p) for p in meeting.experts])
        time.sleep(max(0.0, 20 - (time.monotonic() - slept)))
        now = self.written(service, 7)
        before.go_on()
        until(lambda: before.http("/healthz")[0] in (200, 503), 10, "it is awake")
        until(lambda: "meeting_lost" in before.said(), 10, "it has lost the meeting, and says so")
        self.assertEqual(self.written(service, 7), now, "nothing of it")
        self.assertNotEqual(service.holder(7), before.name)
        self.finish(meeting, "voting")

    def written(self, service, number):
        """Of the log and of whose it is."""
        return service.primary.service_sql(
            f"SELECT node, epoch FROM piaojue_meeting WHERE meeting = {number}",
            f"SELECT count(*), md5(string_agg(value, '' ORDER BY key)) FROM piaojue_entry WHERE meeting = {number}")

    def test_of_two_nodes_that_both_believe_to_hold_a_meeting_one_speaks(self):
        # Harm: a laptop is told that its vote is kept by somebody who can not keep it.
        service = self.service(wires=True)
        meeting = ServiceMeeting(service, 7, experts=3)
        bring(meeting, "voting")
        before = service.node_of(7)
        meeting.client(3).wait("tokens", 40, batch=1)
        meeting.client(3).command("vote 1 agree")
        for wire in service.wires[before.name]:
            wire.cut()
        begun = meeting.client(3).begin("cast")  # the node has it, and can not write it down
        # Eight seconds, and where a laptop was sent on to the silent node first, its ten for a connection.
        until(lambda: service.holder(7) != before.name, 40, "another node takes the meeting")
        self.assertEqual(before.http("/healthz")[0], 503, "it knows that it may be nobody's node any more")
        self.assertTrue(meeting.client(3).finish(begun, 60)["ok"])
        now = self.written(service, 7)
        for wire in service.wires[before.name]:
            wire.heal()  # what it had sent arrives now
        until(lambda: before.http("/healthz")[0] == 200, 20, "it is back")
        time.sleep(1)
        self.assertEqual(self.written(service, 7), now, "nothing of it")
        self.finish(meeting, "voting")

    def test_nodes_are_replaced_one_by_one_during_votes(self):
        # Harm: nobody dares to mend a service while somebody, somewhere, is voting.
        service = self.service()
        meetings = self.many(service, (1, 2, 3), experts=3, batches=(1, 1))
        self.together(meetings, lambda m: m.open(1))
        seconds = []

        def replace():
            for node in service.nodes.values():
                code, took = node.term()
                self.assertEqual(code, 0, node.said()[-2000:])
                seconds.append(took)
                node.start()
                service.balancer.wait_up(*service_parts.NODE_NAMES)

        def go(meeting):
            driver.at_once([lambda p=p: vote(meeting, p) for p in meeting.experts])
            countersigned(meeting, "close", "BatchClose")
            self.counted(meeting)
        driver.at_once([replace, *(lambda m=m: go(m) for m in meetings)])
        self.assertLess(max(seconds), 6, "two seconds to hand over, and its connections to close")

        def again(meeting):
            meeting.open(2)
            driver.at_once([lambda p=p: vote(meeting, p, 2) for p in meeting.experts])
            countersigned(meeting, "close", "BatchClose")
            self.counted(meeting, 2)
            self.verified(meeting)
        self.together(meetings, again)

    def test_two_processes_under_one_name_are_not_both_a_node(self):
        # Harm: a configuration copied to a second machine, and two processes that each believe to be the one.
        service = self.service()
        other = service_parts.Node(service, "copy", service.url())
        text = other.toml.read_text().replace('name = "copy"', 'name = "node-a"')
        other.toml.write_text(text)
        done = service.tool("serve", other.toml, "--lang", "en", ok=(1,), timeout_s=30)
        self.assertIn("node-a", done.stderr)
        self.assertTrue(service.nodes["node-a"].running)

    def test_clocks_an_hour_apart(self):
        # Harm: a node whose battery is empty takes every meeting from all others, or lets nobody in.
        service = Service(BIN, start=())
        library = next(pathlib.Path("/usr/lib").glob("*/faketime/libfaketimeMT.so.1"))
        hours = {"node-a": "+1h", "node-b": "-1h", "node-c": "+0"}
        with service:
            for name, node in service.nodes.items():
                node.start(env={"LD_PRELOAD": str(library), "FAKETIME": hours[name],
                                "FAKETIME_DONT_FAKE_MONOTONIC": "1",
                                "ASAN_OPTIONS": os.environ.get("ASAN_OPTIONS", "") + ":verify_asan_link_order=0"})
            service.balancer.wait_up(*service_parts.NODE_NAMES)
            meetings = self.many(service, (1, 2, 3, 4), experts=3)
            self.together(meetings, lambda m: m.open(1))
            service.nodes["node-a"].kill9()
            self.together(meetings, lambda m: self.finish(m, "voting"))


class Doors(Held):
    def test_the_balancer_is_restarted(self):
        # Harm: what nothing depends on is what everything depends on.
        service = self.service()
        meeting = ServiceMeeting(service, 7, experts=3)
        bring(meeting, "voting")
        service.balancer.stop()
        time.sleep(1)
        service.balancer.start()
        self.finish(meeting, "voting")

    def test_ten_thousand_connections_that_say_nothing(self):
        # Harm: whoever can open connections decides when a committee may vote.
        service = self.service(maxconn=9000)
        meeting = ServiceMeeting(service, 7, experts=3)
        bring(meeting, "voting")
        with service_faults.Crowd(service.balancer.port) as crowd:
            crowd.come(5_000, addresses=1)
            until(lambda: service.balancer.sessions() < 2_200, 10, "one address holds no more than its share")
            crowd.come(5_000, addresses=10)
            self.assertGreater(service.balancer.sessions(), 3_000)
            vote(meeting, 3, timeout_s=30)
            meeting.client(1).kill9()
            meeting.meeting.start_client(1).wait("connected", 30)
            vote(meeting, 1, timeout_s=30)
            self.assertLess(service.balancer.memory_mib(), 400)
            until(lambda: service.balancer.sessions() < 100, 15, "all of them are let go")
        self.finish(meeting, "voting")

    def test_what_belongs_to_another_meeting_opens_nothing(self):
        # Harm: an expert of one committee votes in another one's hall.
        service = self.service(nodes=1, standby=False)
        mine, other = (ServiceMeeting(service, number, experts=3) for number in (1, 2))
        slips = {m.number: raw.Slip(m.meeting.slips[2][0]) for m in (mine, other)}
        host, port = service_parts.LOOPBACK, service.balancer.port
        identity = raw.Identity()

        def connect(name, **options):
            connection = raw.Connection(host, port, name=name, **options)
            self.addCleanup(connection.close)
            return connection

        def known(name):
            with contextlib.suppress(OSError):
                return connect(name)
        for name in ("m1", "m2"):  # a second after they came
            until(lambda name=name: known(name), 10, f"{name} is known to the node")
        # A slip of the one, at the door of the other: nobody there knows the code.
        enrolment = raw.Enrolment(connect("m2"), slips[1])
        enrolment.start()
        self.assertFalse(enrolment.proven)
        self.assertEqual(enrolment.connection.refusal(2, raw.ENROL_KEYS, enrolment.keys(identity)),
                         raw.CODES["NOT_ON_ROLL"])
        # A certificate of the one, at the door of the other.
        self.assertIn(raw.ENROLLED, raw.Enrolment(connect("m1"), slips[1]).run(identity))
        self.assertIn(raw.WELCOME, connect("m1", certificate=identity.pair()).ask(1, raw.HELLO))
        with contextlib.suppress(OSError):
            answer = connect("m2", certificate=identity.pair()).refusal(1, raw.HELLO)
            self.assertIn(answer, ("closed", raw.CODES["NOT_AUTHORISED"]))
        # No name, or one that no meeting has: nothing that tells which there are.
        for name in (None, "m999", "office2", "m01", "M1"):
            with self.subTest(name=name), contextlib.suppress(OSError):
                self.assertEqual(connect(name, certificate=identity.pair()).refusal(1, raw.HELLO), "closed")


class Database(Held):
    def test_the_primary_falls_in_mid_commit_and_the_standby_is_promoted(self):
        # Harm: "your vote is kept", on a disk that is gone.
        seed = int(os.environ.get("PIAOJUE_SEED", random.randrange(1 << 30)))
        service = self.service()
        meetings = self.many(service, (1, 2, 3), experts=3)
        self.together(meetings, lambda m: m.open(1))

        def fall():
            time.sleep(random.Random(seed).uniform(0.1, 1.5))
            service.fail_over()
        try:
            driver.at_once([fall, *(lambda m=m, p=p: vote(m, p) for m in meetings for p in m.experts)])
            self.together(meetings, lambda m: self.finish(m, "voting"))
        except driver.Failed as failure:
            self.fail(f"seed {seed}: {failure}")

    def test_the_database_is_gone_for_fifteen_seconds(self):
        # Harm: an acknowledgement from memory; or a service that has to be started again by hand.
        service = self.service(wires=True)
        meetings = self.many(service, (1, 2), experts=3)
        self.together(meetings, lambda m: m.open(1))
        wires = service.every_wire()
        self.together(wires, lambda wire: wire.cut())
        begun = [(m, m.client(m.clerk).begin("sign-out")) for m in meetings]
        time.sleep(15)
        for meeting, (start, _) in begun:
            # Of what was committed before, such as the proposal of the opening, pushes may still come.
            self.assertEqual([e for e in meeting.client(meeting.clerk).lines[start:]
                              if e.get("event") == "reply" and e.get("ok")], [], "nothing was acknowledged")
        self.together(wires, lambda wire: wire.heal())
        self.together(meetings, lambda m: vote(m, 1))
        # The same once more, refused instead of silent, and shorter than a lease.
        self.together(wires, lambda wire: wire.down())
        time.sleep(4)
        self.together(wires, lambda wire: wire.up())
        self.together(meetings, lambda m: self.finish(m, "voting"))

    def test_a_slow_database_and_few_connections_to_it_only_make_people_wait(self):
        # Harm: a node that gives up, or starves its own lease, because the disks of the standby are slow.
        service = self.service(nodes=1, slow_standby=True, node={"database_connections": 4})
        service.replication.delay_s = 0.1  # each way: 200 ms a commit
        meetings = self.many(service, (1, 2, 3, 4), experts=3)
        self.together(meetings, self.finish)
        self.assertNotIn("meeting_lost", service.nodes["node-a"].said())

    def test_a_full_disk_acknowledges_nothing_and_goes_on_when_there_is_room(self):
        # Harm: the last free block is used up in mid-ballot.
        with service_faults.SmallDisk(400) as disk:
            if disk.why_not:
                self.skipTest(disk.why_not)
            service = self.service(nodes=2, standby=False, postgres=disk.folder)
            meeting = ServiceMeeting(service, 7, experts=3)
            bring(meeting, "voting")
            disk.fill()
            clerk = meeting.client(meeting.clerk)
            start, kept = clerk.mark(), 0
            with contextlib.suppress(driver.Failed):
                for number in range(300):
                    kept += clerk.command("sign-in" if number % 2 else "sign-out", 5)["ok"]
            self.assertLess(kept, 300, "the disk was not full")
            self.assertTrue(any(e["event"] == "disconnected" for e in list(clerk.lines[start:])))
            disk.free()
            if not service.primary.running:
                service.primary.start()
            self.finish(meeting, "voting")
            said = clerk.events("entry", type="SignOut") + clerk.events("entry", type="SignIn")
            self.assertGreaterEqual(len([e for e in said if e.get("person") == meeting.clerk]), kept)

    def test_a_database_that_can_only_be_read_acknowledges_nothing(self):
        # Harm: as above.
        service = self.service(nodes=2, standby=False)
        meeting = ServiceMeeting(service, 7, experts=3)
        bring(meeting, "voting")
        service.primary.alter(default_transaction_read_only="on")
        meeting.client(3).wait("tokens", 40, batch=1)
        meeting.client(3).command("vote 1 agree")
        begun = meeting.client(3).begin("cast")
        with self.assertRaises(driver.Failed):
            meeting.client(3).finish(begun, 8)
        service.primary.alter(default_transaction_read_only=None)
        self.finish(meeting, "voting")

    def test_a_row_altered_by_hand_is_named_and_that_meeting_alone_refused(self):
        # Harm: a result that somebody wrote into a table; or five hundred meetings that one row takes down.
        service = self.service(nodes=2, standby=False)
        meetings = self.many(service, (1, 2), experts=3)
        self.together(meetings, lambda m: m.open(1))
        self.together(meetings, lambda m: vote(m, 2))
        for node in service.nodes.values():
            self.assertEqual(node.term()[0], 0)
        service.primary.service_sql(
            "UPDATE piaojue_entry SET value = set_byte(value, 40, get_byte(value, 40) # 1) WHERE meeting = 1 AND "
            "key = (SELECT key FROM piaojue_entry WHERE meeting = 1 ORDER BY key DESC LIMIT 1)")
        driver.at_once([node.start for node in service.nodes.values()])
        service.balancer.wait_up(*service.nodes)
        self.finish(meetings[1], "voting")
        until(lambda: any("not_loaded" in node.said() for node in service.nodes.values()), 20, "it is said")
        self.assertEqual(service.holder(1), "", "nobody serves it")
        checked = service.tool("store", "check", service.toml, "--lang", "en", ok=(1,))
        self.assertRegex(checked.stdout + checked.stderr, "meeting 1 is not whole")
        self.assertRegex(checked.stdout, "meeting 2 whole")

    def test_no_connection_to_the_database_is_left(self):
        # Harm: somebody's report takes all connections, and the service falls over instead of waiting.
        service = self.service(nodes=2, standby=False, settings={"max_connections": 30})
        meeting = ServiceMeeting(service, 7, experts=3)
        bring(meeting, "voting")
        with service_faults.Hoard(service.primary) as hoard:
            hoard.take_all()
            extra = service_parts.Node(service, "extra", service.url())
            done = service.tool("serve", extra.toml, "--lang", "en", ok=(1,), timeout_s=30)
            self.assertRegex(done.stderr, "connection")
            self.assertNotIn(service.primary.password, done.stderr)
            time.sleep(4)
        self.finish(meeting, "voting")

    def test_a_backup_older_than_the_laptops_logs_is_told_by_every_laptop(self):
        # Harm: votes that were cast are taken back, and nobody notices.
        service = self.service(nodes=2, standby=False)
        meeting = ServiceMeeting(service, 7, experts=3, batches=(1, 1))
        bring(meeting, "declared")
        backup = service.primary.backup()
        meeting.open(2)
        driver.at_once([lambda p=p: vote(meeting, p, 2) for p in meeting.experts])
        for client in meeting.all_clients:
            client.wait("opened", 20, batch=2)
        for node in service.nodes.values():
            node.term()
        service.primary.restore(backup)
        driver.at_once([node.start for node in service.nodes.values()])
        for client in meeting.all_clients:
            # A server that knows less has signed nothing against itself: no two checkpoints of one size are there.
            split = client.wait("split", 60)
            self.assertEqual((split["code"], split["server_says"]), ("LOG_INCONSISTENT", ""))


class BadInput(Held):
    """Each a sentence that names it, exit code 1, nothing written, no password said."""

    def test_each_is_said_and_nothing_is_written(self):
        # Harm: an operator at night who does not know what is wrong, or a node that "repairs" what it does not know.
        service = self.service(nodes=0, standby=False)
        ServiceMeeting(service, 1, experts=3)
        primary = service.primary
        primary.sql("CREATE ROLE guest LOGIN PASSWORD 'guest'", "CREATE DATABASE empty OWNER piaojue",
                    "CREATE DATABASE newer TEMPLATE piaojue OWNER piaojue", "CREATE DATABASE foreigner OWNER piaojue",
                    "CREATE DATABASE frozen TEMPLATE piaojue OWNER piaojue",
                    "CREATE DATABASE hasty TEMPLATE piaojue OWNER piaojue",
                    "ALTER DATABASE frozen SET default_transaction_read_only = on",
                    "ALTER ROLE piaojue IN DATABASE hasty SET synchronous_commit = off")
        primary.sql("UPDATE piaojue_format SET version = version + 1", database="newer")
        primary.sql("CREATE TABLE piaojue_entry (id serial, title text)", database="foreigner", user="piaojue")
        at, word = primary.address(), primary.password
        url = f"postgresql://piaojue:{word}@{at}"
        other_key = service.directory / "other.key"
        service.tool("service-key", other_key)
        open_key = service.directory / "open.key"
        open_key.write_bytes(other_key.read_bytes())
        open_key.chmod(0o644)
        cases = {
            "no URL at all": ({"DATABASE": f"postgresql//piaojue:{word}"}, "database|connection"),
            "nobody there": ({"DATABASE": f"postgresql://piaojue:{word}@127.0.0.1:1/piaojue"}, "127.0.0.1"),
            "wrong password": ({"DATABASE": f"postgresql://piaojue:wrong-{word}@{at}/piaojue"}, "password"),
            "no such database": ({"DATABASE": f"{url}/nowhere"}, "nowhere"),
            "no rights": ({"DATABASE": f"postgresql://guest:guest@{at}/piaojue"}, "right|permission"),
            "no tables": ({"DATABASE": f"{url}/empty"}, "migrate"),
            "tables of a newer version": ({"DATABASE": f"{url}/newer"}, "version"),
            "tables of another program": ({"DATABASE": f"{url}/foreigner"}, "piaojue_"),
            "can only be read": ({"DATABASE": f"{url}/frozen"}, "read"),
            "acknowledges too early": ({"DATABASE": f"{url}/hasty"}, "synchronous_commit"),
            "a key that opens nothing": ({"SERVICE_KEY": "other.key"}, "other.key"),
            "a key that all can read": ({"SERVICE_KEY": "open.key"}, "open.key"),
            "no key": ({"SERVICE_KEY": "none.key"}, "none.key"),
        }
        before = self.everything(primary)
        for what, (changed, named) in cases.items():
            with self.subTest(what):
                toml = service.write_toml("bad.toml", **{
                    "NAME": "bad", "LISTEN": "127.0.0.1:0", "ADDRESS": "127.0.0.1:1", "MONITOR": "",
                    "DATABASE": service.url(), **changed})
                done = service.tool("serve", toml, "--lang", "en", ok=None, timeout_s=30)
                # A file that can not be used as it is: 2 with every command.
                self.assertIn(done.returncode, (2,) if named == "open.key" else (1,),
                              done.stderr)
                self.assertRegex(done.stderr, named)
                self.assertNotIn(word, done.stderr + done.stdout)
        # What makes tables makes none beside those of somebody else.
        toml = service.write_toml("bad.toml", NAME="bad", LISTEN="127.0.0.1:0", ADDRESS="127.0.0.1:1", MONITOR="",
                                  DATABASE=f"{url}/foreigner")
        self.assertIn("piaojue_", service.tool("store", "migrate", toml, "--lang", "en", ok=(1,)).stderr)
        self.assertEqual(self.everything(primary), before)

    def everything(self, primary):
        """What stands in every database; without the word that pg_dump makes up each time."""
        return {name: re.sub(r"(?m)^\\(un)?restrict .*$", "", primary.tool("pg_dump", primary.superuser_url(name)))
                for name in ("piaojue", "empty", "newer", "foreigner", "frozen", "hasty")}


if __name__ == "__main__":
    unittest.main()
