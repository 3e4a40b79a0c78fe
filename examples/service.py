# SPDX-License-Identifier: Apache-2.0
"""Ten meetings at once on a service: PostgreSQL with a synchronous standby, HAProxy and three nodes, all private and on
loopback. In the middle of the votes one node is killed; the ten records are verified. People are invented."""

import argparse
import collections
import pathlib
import shutil
import sys
import threading
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "tests" / "functional"))
import driver  # noqa: E402
from service_parts import Service, ServiceMeeting, vote  # noqa: E402

STARTED = time.monotonic()
MEETINGS = 10


def say(text):
    print(f"[{time.monotonic() - STARTED:5.1f} s] {text}", flush=True)


def choice(meeting, person):
    """In every other meeting the second expert does not agree, and two of three are not more than two thirds."""
    return "disagree" if person == 2 and meeting.number % 2 == 0 else "agree"


def by_node(service):
    """{node: its meetings}."""
    rows = service.primary.service_sql("SELECT node, meeting FROM piaojue_meeting ORDER BY meeting").splitlines()
    held = collections.defaultdict(list)
    for node, _, number in (row.partition("|") for row in rows):
        held[node].append(int(number))
    return dict(sorted(held.items()))


def say_who_serves(service):
    say("who serves which meeting: " + " · ".join(
        f"{node} {', '.join(map(str, numbers))}" for node, numbers in by_node(service).items()))


class Demo:
    def __init__(self, service):
        self.service, self.meetings, self.lines = service, [], {}

    def side_by_side(self, action, at_once=MEETINGS):
        turns = threading.Semaphore(at_once)

        def one(meeting):
            with turns:
                action(meeting)
        driver.at_once([lambda m=m: one(m) for m in self.meetings])

    def make_meetings(self):
        for number in range(1, MEETINGS + 1):
            self.meetings.append(ServiceMeeting(self.service, number, experts=3))
        say(f"{MEETINGS} meetings made with `piaojue-server init --number N` and taken in with `adopt`; slips lead to "
            f"the balancer, {self.service.balancer.address}")
        self.side_by_side(lambda m: m.start())
        say(f"{5 * MEETINGS} laptops have enrolled, and everybody has signed in")
        say_who_serves(self.service)

    def kill_one(self):
        """That node which serves most, once a third of the votes is there."""
        self.side_by_side(lambda m: m.open(1))
        self.side_by_side(lambda m: vote(m, 2, choice(m, 2)))
        name, numbers = max(by_node(self.service).items(), key=lambda row: len(row[1]))
        self.service.nodes[name].kill9()
        fallen = time.monotonic()
        say(f"all are voting; {name} is killed (kill -9) in the middle of meetings {', '.join(map(str, numbers))}")
        return name, numbers, fallen

    def go_on(self, name, numbers, fallen):
        def votes(meeting):
            driver.at_once([lambda p=p: vote(meeting, p, choice(meeting, p)) for p in meeting.experts])
        self.side_by_side(votes)
        if name in by_node(self.service):
            raise driver.Failed(f"{name} is dead and still holds {by_node(self.service)[name]}")
        say(f"{time.monotonic() - fallen:.1f} s later everybody has voted: the others took over, laptops found them by "
            "themselves, and nobody voted twice")
        say_who_serves(self.service)

    def count(self):
        def end(meeting):
            meeting.close()
            row = meeting.declare(1)[1]
            if (row["present"], row["agree"]) != (3, 3 if choice(meeting, 2) == "agree" else 2):
                raise driver.Failed(f"meeting {meeting.number}: {row}")
            self.lines[meeting.number] = row["text"]
        self.side_by_side(end)
        say("closed, mixed, checked, opened, declared and signed, ten times")

    def verify(self):
        """The auditor's part, from what the service exports."""
        failed = 0
        heads = {}

        def close(meeting):
            meeting.countersigned("close-meeting", "MeetingClose")
            heads[meeting.number] = meeting.client(meeting.chair).wait("head", 20)["hash"]
        self.side_by_side(close)
        say("an auditor, with each record and the hash on its paper, trusting nobody:")
        for meeting in self.meetings:
            record = self.service.directory / f"record-{meeting.number}.piaojue"
            (self.service.directory / f"anchor-{meeting.number}.txt").write_text(heads[meeting.number] + "\n")
            meeting.meeting.run_tool("piaojue-server", "export", *meeting.meeting.place, "--out", record)
            done = meeting.meeting.run_tool("piaojue-verify", record, "--anchor", heads[meeting.number], ok=None)
            result = done.stdout.rstrip().rpartition("\n")[2]
            failed += not result.startswith("VERIFIED")
            print(f"            {meeting.number:>3}  {self.lines[meeting.number]}  {result}", flush=True)
        return 1 if failed else 0

    def run(self):
        self.make_meetings()
        self.go_on(*self.kill_one())
        self.count()
        code = self.verify()
        say(f"records, logs and every configuration file are in {self.service.directory}")
        return code


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--bin", type=pathlib.Path, required=True, help="folder of the programs")
    parser.add_argument("--out", type=pathlib.Path, required=True, help="folder to make (replaced if it exists)")
    options = parser.parse_args()
    shutil.rmtree(options.out, ignore_errors=True)
    say("starting a private PostgreSQL, its synchronous standby, three nodes and HAProxy")
    try:
        with Service(options.bin, options.out) as service:
            for database in service.databases:
                say(f"PostgreSQL {database.name} on {database.address()}, in {database.data}")
            for node in service.nodes.values():
                say(f"{node.name} on {node.address}, told by {node.toml}")
            say(f"HAProxy on {service.balancer.address}, by {service.balancer.config}")
            return Demo(service).run()
    except driver.Failed as failure:
        print(f"demo: {failure}", file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main())
