# SPDX-License-Identifier: Apache-2.0
"""Review offices at a real service (docs/office-service.md): a node, PostgreSQL, and the office's own program."""

import os
import pathlib
import subprocess
import types
import unittest

import driver
import service_parts
import small

BIN = pathlib.Path(os.environ["PIAOJUE_BIN_DIR"])
PDF = b"%PDF-1.7\n" + bytes(range(256)) * 2_000


class OneNode(service_parts.Service):
    """Offices need no balancer: their node is the first address of the service."""

    def start(self):
        self.start_databases()
        self.tool("service-key", self.directory / "service.key")
        pair = (service_parts.free_port(), service_parts.free_port())
        self.balancer = types.SimpleNamespace(address=f"{service_parts.LOOPBACK}:{pair[0]}", close=lambda: None)
        node = service_parts.Node(self, "node-a", self.url(), pair, **self.want["node"])
        self.nodes, self.toml = {"node-a": node}, node.toml
        self.tool("store", "migrate", self.toml)
        node.start()


class Office:
    """One review office: its folder, and its program."""

    def __init__(self, service, name):
        self.service, self.folder = service, service.directory / f"office-{name}"
        added = service.tool("office", "add", service.toml, "--name", name).stdout
        slip = service.directory / f"slip-{name}.txt"
        slip.write_text(added, encoding="utf-8")
        self.do("enrol", "--slip", slip)

    def do(self, command, *args, ok=(0,)):
        return self.service.tool("office", command, self.folder, *args, "--lang", "en", ok=ok)

    def create(self, files, *more):
        toml, members, candidates = files
        made = self.do("create", "--meeting", toml, "--members", members, "--candidates", candidates, *more)
        return int(made.stdout.split()[1])

    def list(self):
        """{number: (title, date, kind, stage, enrolled, slips)}"""
        rows = [line.split("\t") for line in self.do("list").stdout.splitlines()]
        return {int(row[0]): tuple(row[1:]) for row in rows}


class Laptops(driver.Meeting):
    """Of a meeting that an office made: there is no server's folder, only slips."""

    def __init__(self, directory, slips):
        self.bin, self.directory = BIN, directory
        self.logs = directory / "logs"
        self.logs.mkdir(parents=True)
        self.clients, self.server = {}, None
        self.slips = {int(slip.stem.partition("-")[0]): (slip, slip.stem.partition("-")[2])
                      for slip in sorted(slips.iterdir())}

    def start_server(self, args=()):
        pass  # the node is there


class Hall(small.Small):
    def __init__(self, service, slips, experts=3):
        self.directory = service.directory / "hall"
        self.meeting = Laptops(self.directory, slips)
        self.experts = list(range(1, experts + 1))
        self.chair, self.clerk, self.supervisor, self.screen = 1, experts + 1, experts + 2, experts + 3
        self.officers = [self.clerk, self.supervisor]


class ServiceOffices(unittest.TestCase):
    def setUp(self):
        self.service = self.enterContext(OneNode(BIN, nodes=1, standby=False))
        self.addCleanup(self.say_more)

    def say_more(self):
        outcome = self._outcome.result
        if outcome and any(test is self for test, _ in [*outcome.failures, *outcome.errors]):
            print(self.service.nodes["node-a"].said()[-3000:])

    def rosters(self, name="rosters", experts=3):
        return small.write_rosters(self.service.directory / name, experts, (2,), rules={"modulus_bits": 2048})

    def test_a_meeting_from_an_offices_draft_to_its_record(self):
        # Harm: an office whose meeting stands in the database, and nobody can hold it.
        office = Office(self.service, "人社局职称办")
        materials = self.service.directory / "materials"
        (materials / "1").mkdir(parents=True)
        (materials / "1" / "论文.pdf").write_bytes(PDF)
        number = office.create(self.rosters(), "--materials", materials)
        self.assertEqual(office.list()[number],
                         ("测试评审会", "2026-11-22", "rehearsal", "before-open", "0/6", "slips"))
        slips = self.service.directory / "slips"
        office.do("slips", "--number", number, "--out", slips)
        self.assertEqual(len(list(slips.iterdir())), 6)
        gone = office.do("slips", "--number", number, "--out", self.service.directory / "again", ok=(1,))
        self.assertIn("fetched", gone.stderr)
        self.assertEqual(self.service.primary.service_sql("SELECT count(*) FROM piaojue_office_slips"), "0")
        with Hall(self.service, slips) as hall:
            hall.start()
            people = [line.split("\t") for line in office.do("enrolled", "--number", number).stdout.splitlines()]
            self.assertEqual([person for person, *_, code in people if code == "-"], ["6"])  # the screen
            self.assertEqual(office.list()[number][3:], ("open", "5/6", "-"))
            early = office.do("record", "--number", number, "--out", self.service.directory / "early", ok=(1,))
            self.assertIn("not closed", early.stderr)
            hall.open(1)
            hall.tokens(1)
            hall.cast({1: "agree", 2: "agree", 3: "disagree"}, (1, 2))
            hall.close()
            rows = hall.declare(1)
            self.assertEqual({row["agree"] for row in rows.values()}, {2})
            hall.countersigned("close-meeting", "MeetingClose")
            head = hall.client(hall.chair).wait("head", 20)["hash"]
            record = self.service.directory / "record.piaojue"
            service_parts.until(lambda: office.list()[number][3] == "closed", 20, "the office sees the end")
            office.do("record", "--number", number, "--out", record)
            verified = subprocess.run([BIN / "piaojue-verify", record, "--anchor", head], capture_output=True,
                                      text=True, timeout=60)
            self.assertEqual(verified.returncode, 0, verified.stdout + verified.stderr)
        rehearsal = int(office.do("rehearse", "--number", number).stdout.split()[1])
        self.assertEqual(office.list()[rehearsal][2:], ("rehearsal", "before-open", "0/6", "slips"))

    def test_offices_know_nothing_of_each_other(self):
        # Harm: an office learns that another one meets, or takes its slips away.
        ours, theirs = Office(self.service, "一"), Office(self.service, "二")
        number = theirs.create(self.rosters())
        absent = 100_000 if number != 100_000 else 100_001
        out = self.service.directory / "out"
        for command, *more in (("slips", "--out", out), ("enrolled",), ("record", "--out", out), ("rehearse",)):
            said = [ours.do(command, "--number", one, *more, ok=(1,)) for one in (number, absent)]
            self.assertEqual(said[0].stderr, said[1].stderr)
            self.assertFalse(out.exists())
        self.assertEqual(ours.list(), {})
        self.assertEqual(theirs.list()[number][5], "slips")

    def test_what_a_crash_leaves_is_gone_on_with(self):
        # Harm: a node dies while a draft is on its way, and the office has two meetings, or none.
        office = Office(self.service, "职称办")
        files = self.rosters()
        number = office.create(files)
        requests = office.folder / "requests"
        self.assertEqual(list(requests.iterdir()), [])
        node = self.service.nodes["node-a"]
        node.kill9()
        again = office.do("list", ok=(1,))
        self.assertIn("can not be reached", again.stderr)
        node.start()
        self.assertEqual(list(office.list()), [number])
        # A new machine ends the old one's certificate.
        slip = self.service.directory / "new-slip.txt"
        given = self.service.tool("office", "slip", self.service.toml, "--office", "1").stdout
        slip.write_text(given, encoding="utf-8")
        old = office.folder
        office.folder = self.service.directory / "office-new"
        office.do("enrol", "--slip", slip)
        self.assertEqual(list(office.list()), [number])
        office.folder = old
        self.assertIn("not", office.do("list", ok=(1,)).stderr)

    def test_the_door_opens_by_itself_once_its_row_can_be_read(self):
        # Harm: after a fault of a minute no office is served until somebody restarts every node by hand.
        office = Office(self.service, "职称办")
        node, sql = self.service.nodes["node-a"], self.service.primary.service_sql
        row = sql("SELECT encode(sealed, 'hex') FROM piaojue_office_service")
        node.term()
        sql("UPDATE piaojue_office_service SET sealed = '\\x00'")
        node.start()
        service_parts.until(lambda: "offices_shut" in node.said(), 10, "the node says that the door is shut")
        self.assertIn("does not take this office's connection", office.do("list", ok=(1,)).stderr)
        sql(f"UPDATE piaojue_office_service SET sealed = decode('{row}', 'hex')")
        service_parts.until(lambda: "offices_open" in node.said(), 20, "the node opens the door")
        self.assertEqual(office.list(), {})
        self.assertEqual(node.said().count("offices_shut"), 1)  # not once a try
        # And it stays shut where the operator wants that.
        node.term()
        node.toml.write_text(node.toml.read_text().replace("offices = true", "offices = false"))
        node.start()
        self.assertIn("does not take this office's connection", office.do("list", ok=(1,)).stderr)
        self.assertEqual(node.said().count("offices_shut"), 1)


class BehindTheBalancer(unittest.TestCase):
    """As an office reaches it: through HAProxy, at whichever node is alive."""

    def setUp(self):
        self.service = self.enterContext(service_parts.Service(BIN, nodes=2, standby=False))

    def rosters(self, name="rosters"):
        return small.write_rosters(self.service.directory / name, 3, (2,), rules={"modulus_bits": 2048})

    def slips(self, office, number):
        out = self.service.directory / f"slips-{number}"
        office.do("slips", "--number", number, "--out", out)
        return len(list(out.iterdir()))

    def only(self, name):
        """Just this node is up."""
        for other, node in self.service.nodes.items():
            if other != name and node.running:
                node.term()
        if not self.service.nodes[name].running:
            self.service.nodes[name].start()
        self.service.balancer.wait_up(name)

    def test_an_office_comes_through_haproxy_to_whichever_node_there_is(self):
        # Harm: an office that works in every test and stands before a balancer that does not let it in.
        office = Office(self.service, "职称办")
        materials = self.service.directory / "materials"
        (materials / "1").mkdir(parents=True)
        (materials / "1" / "论文.pdf").write_bytes(PDF)
        self.only("node-a")
        number = office.create(self.rosters(), "--materials", materials)
        self.only("node-b")
        self.assertEqual(list(office.list()), [number])
        self.assertEqual(self.slips(office, number), 6)
        rehearsal = int(office.do("rehearse", "--number", number).stdout.split()[1])
        self.assertEqual(set(office.list()), {number, rehearsal})
        count = self.service.primary.service_sql("SELECT count(DISTINCT meeting) FROM piaojue_file")
        self.assertEqual(count, "1")  # a rehearsal shares the files

    def change_keys(self, name, now, before=None):
        """Of a node, or of the operator's own file."""
        toml = self.service.toml if name is None else self.service.nodes[name].toml
        kept = [line for line in toml.read_text().splitlines() if not line.startswith(("service_key", "old_service"))]
        keys = [f'service_key = "{now}"', *([f'old_service_key = "{before}"'] if before else [])]
        toml.write_text("\n".join([*keys, *kept]) + "\n")

    def test_a_service_key_is_changed_while_offices_make_meetings(self):
        # Harm: a meeting that is made during the change opens at half of the nodes, or at none afterwards.
        office = Office(self.service, "职称办")
        self.service.tool("service-key", self.service.directory / "new.key")
        made = [office.create(self.rosters("before"))]
        self.service.nodes["node-a"].term()
        self.change_keys("node-a", "new.key", "service.key")
        self.only("node-a")
        made.append(office.create(self.rosters("at-a")))
        self.only("node-b")  # knows the key before, and no other
        self.assertEqual(self.slips(office, made[1]), 6)
        self.assertNotIn("keys_shut", self.service.nodes["node-b"].said())
        for name in ("node-b", None):
            if name:
                self.service.nodes[name].term()
            self.change_keys(name, "new.key", "service.key")
        self.only("node-b")
        said = self.service.tool("store", "reseal", self.service.toml).stdout
        self.assertIn("resealed 2 of 2", said)
        made.append(office.create(self.rosters("after")))  # at a node that has the key before still
        self.service.nodes["node-b"].term()
        for name in ("node-a", "node-b", None):
            self.change_keys(name, "new.key")
        self.only("node-b")
        self.assertEqual([self.slips(office, made[0]), self.slips(office, made[2])], [6, 6])
        checked = self.service.tool("store", "check", self.service.toml).stdout
        self.assertEqual(checked.count(" whole"), 3)


if __name__ == "__main__":
    unittest.main()
