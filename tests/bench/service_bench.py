# SPDX-License-Identifier: Apache-2.0
"""Measures a service on this machine, beside the bare engine in the same run: what the fence of a commit costs, how
long a meeting is without a node, sixty meetings at once, and five hundred idle ones. From these, the sizing table of
docs/operating.md. Started by scripts/bench --service."""

import argparse
import contextlib
import json
import math
import os
import pathlib
import re
import statistics
import subprocess
import sys
import tempfile
import threading
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests" / "functional"))
import driver  # noqa: E402
import raw  # noqa: E402
import service_parts  # noqa: E402
import small  # noqa: E402
from service_parts import Postgres, Service, ServiceMeeting  # noqa: E402

CHOICES = {1: "agree", 2: "disagree", 3: "agree"}


def say(text):
    print(text, flush=True)


def quantile(values, share):
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, math.ceil(share * len(ordered)) - 1)]


def of_process(pid, field):
    """Of /proc/…/status, in MiB; `cpu`: seconds of CPU."""
    if field == "cpu":
        fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
    status = pathlib.Path(f"/proc/{pid}/status").read_text()
    return int(re.search(rf"^{field}:\s+(\d+) kB", status, re.M).group(1)) / 1024


# ---- the fence

def commits(options):
    """Groups of rows through the store, beside the same rows in bare transactions (fence_bench.cpp)."""
    say("\n== The fence: groups of rows of 600 bytes, 8 meetings at once, on this disk; rows made durable a second")
    with contextlib.ExitStack() as stack:
        # Not in memory: what is measured is made durable.
        made = stack.enter_context(tempfile.TemporaryDirectory(prefix="piaojue-bench-", dir=ROOT / "build"))
        folder = pathlib.Path(made)
        folder.chmod(0o711)
        primary = Postgres.primary(folder / "postgres")
        stack.callback(primary.stop)
        for engine in ("PostgreSQL", "PostgreSQL with synchronous standby"):
            if engine != "PostgreSQL":
                stack.callback(primary.standby().stop)
            found = fence(primary, options)
            for rows in sorted({rows for _, rows in found}):
                bare, counted, fenced = (found[f"{one}_commit", rows] for one in ("bare", "counted", "fenced"))
                say(f"  {engine:<37} groups of {rows:2}: bare {bare:7.0f}   and counted {counted:7.0f}   fenced "
                    f"{fenced:7.0f}   of bare {fenced / bare:.2f} (wanted: 0.80), of counted {fenced / counted:.2f}")


def fence(primary, options):
    """Rows a second by benchmark and size of the groups: the median of rounds that take turns."""
    primary.sql("DROP DATABASE IF EXISTS piaojue_bench", "CREATE DATABASE piaojue_bench OWNER piaojue")
    url = service_parts.database_url(primary.password, [f"{service_parts.LOOPBACK}:{primary.port}"], "piaojue_bench")
    done = subprocess.run(
        [options.bin / "bench_fence", "--benchmark_format=json", f"--benchmark_min_time={options.seconds}",
         f"--benchmark_repetitions={options.repeat}", "--benchmark_enable_random_interleaving=true"],
        env={**os.environ, "PIAOJUE_BENCH_DATABASE": url}, capture_output=True, text=True, timeout=1800, check=True)
    found = {}
    for one in json.loads(done.stdout)["benchmarks"]:
        if one.get("error_occurred"):
            raise driver.Failed(f"{one['name']}: {one['error_message']}")
        if one["run_type"] == "iteration":
            name, rows = one["name"].split("/")[:2]
            found.setdefault((name, int(rows)), []).append(one["items_per_second"])
    return {key: statistics.median(values) for key, values in found.items()}


# ---- taking over

def takeover(options):
    """kill -9 of the node that serves, again and again: until a laptop is welcomed by the next one."""
    say(f"\n== Taking over after kill -9, {options.times} times; a meeting of 25 people, a batch of 40 voted on")
    with Service(options.bin) as service:
        meeting = ServiceMeeting(service, 1, experts=23, batches=(40,), rules={"modulus_bits": 2048})
        meeting.start()
        meeting.open(1, 1800)  # keys for forty questions, made by three trustees on the same cores
        meeting.tokens(1)
        meeting.cast({p: "agree" for p in meeting.experts[:20]}, range(1, 41))
        gaps, ours = [], []
        witness = meeting.client(meeting.clerk)
        for _ in range(options.times):
            name = service.holder(1)
            start, fallen = witness.mark(), time.monotonic()
            service.nodes[name].kill9()
            left_s = float(service.primary.service_sql(
                "SELECT extract(epoch FROM alive_until - clock_timestamp()) FROM piaojue_node "
                f"WHERE name = '{name}'"))
            run_out = time.monotonic() + left_s
            position, _ = witness.wait_line(lambda e: e.get("event") == "connected", 60, start)
            gaps.append(witness.times[position] - fallen)
            ours.append(witness.times[position] - run_out)
            service.nodes[name].start()
            service.balancer.wait_up(*service_parts.NODE_NAMES)
            time.sleep(1)
        for what, values, wanted in (("from the kill to a welcome", gaps, "12"),
                                     ("of that after the lease has run out", ours, "1")):
            say(f"  {what:<37} p50 {quantile(values, .5):6.2f} s   p99 {quantile(values, .99):6.2f} s "
                f"(wanted: less than {wanted})")


# ---- many meetings

def sixty(options):
    say(f"\n== {options.meetings} meetings of 5 people at once, a batch of {options.batch} each, on three nodes")
    with Service(options.bin) as service:
        began = time.monotonic()
        meetings = [ServiceMeeting(service, n, experts=3, batches=(options.batch,))
                    for n in range(1, options.meetings + 1)]
        say(f"  made and adopted                 {time.monotonic() - began:8.1f} s")
        before, size = cpu_of(service), size_of(service)
        began = time.monotonic()
        few = threading.Semaphore(6)

        # People come in one hall after the other; three hundred laptops that enrol in the same seconds, on the cores of
        # one machine, wait longer for each other than enrolment's deadline.
        def sit_down(meeting):
            with few:
                meeting.start()
        driver.at_once([lambda m=m: sit_down(m) for m in meetings])
        say(f"  enrolled, six at a time          {time.monotonic() - began:8.1f} s")
        began = time.monotonic()
        questions = range(1, options.batch + 1)

        def run(meeting):
            meeting.open(1, 600)
            meeting.tokens(1)
            meeting.cast(CHOICES, questions)
            meeting.close()
            meeting.declare(1, timeout_s=300)
            done = meeting.end()
            if not done.stdout.rstrip().endswith("VERIFIED 27/27"):
                raise driver.Failed(f"meeting {meeting.number}: {done.stdout}")
        turns = threading.Semaphore(options.at_once)

        def one(meeting):
            with turns:
                run(meeting)
            meeting.meeting.stop()
        driver.at_once([lambda m=m: one(m) for m in meetings])
        took = time.monotonic() - began
        spent = {name: cpu - before[name] for name, cpu in cpu_of(service).items()}
        size = size_of(service) - size
        say(f"  all VERIFIED after               {took:8.1f} s (laptops on the same cores)")
        say(f"  CPU a meeting: nodes {sum(v for k, v in spent.items() if k != 'postgres') / len(meetings):.2f} s, "
            f"PostgreSQL {spent['postgres'] / len(meetings):.2f} s; database {size / len(meetings) / 1024:.0f} KiB a "
            "meeting")


def size_of(service):
    return int(service.primary.service_sql("SELECT pg_database_size('piaojue')"))


def cpu_of(service):
    """Seconds of CPU of each node, and of the primary with all who have served for it."""
    spent = {name: of_process(node.process.popen.pid, "cpu") for name, node in service.nodes.items()}
    pid = service.primary.popen.pid
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    ended = (int(fields[13]) + int(fields[14])) / os.sysconf("SC_CLK_TCK")
    spent["postgres"] = ended + sum(of_process(p, "cpu") for p in [pid, *service_parts.children(pid)])
    return spent


# ---- idle meetings

class Idle:
    """Laptops of a meeting that only sit there: enrolled, welcomed, and heard from every 15 s."""

    def __init__(self, node, number, slips, identities):
        self.connections = []
        for slip, identity in zip(slips, identities):
            identity = identity.again(number)
            with raw.Connection(service_parts.LOOPBACK, node.port, name=f"m{number}") as stranger:
                frame = raw.Enrolment(stranger, raw.Slip(slip)).run(identity)
                if not frame or raw.ENROLLED not in frame:
                    raise driver.Failed(f"meeting {number}: {slip}: {frame}")
            self.connections.append(raw.Connection(service_parts.LOOPBACK, node.port, name=f"m{number}",
                                                   certificate=identity.pair()))
            if raw.WELCOME not in (self.connections[-1].ask(1, raw.HELLO) or {}):
                raise driver.Failed(f"meeting {number}: no welcome")

    def stay(self, stack):
        """As a laptop does, or the node lets it go after 45 s."""
        over = threading.Event()

        def ping():
            number = 1
            while not over.wait(15):
                number += 1
                for connection in self.connections:
                    with contextlib.suppress(OSError):
                        connection.ask(number, raw.PING)
        thread = threading.Thread(target=ping, daemon=True)
        thread.start()
        stack.callback(thread.join, 30)
        stack.callback(over.set)

    def close(self):
        for connection in self.connections:
            connection.close()


class Reused(raw.Identity):
    """The same keys in every meeting, so that making them is not what is measured; a certificate each."""

    def again(self, number):
        self.certificate = self.directory / f"certificate-{number}.pem"
        return self


def idle(options):
    say(f"\n== {options.meetings} idle meetings × {options.sessions} sessions on one node")
    with Service(options.bin, nodes=1, node={"meetings": options.meetings + 10, "sessions": 8000}) as service, \
            contextlib.ExitStack() as stack:
        node = service.nodes["node-a"]
        empty = of_process(node.process.popen.pid, "VmRSS")
        files = small.write_rosters(service.directory / "rosters", options.sessions - 2, (5,))
        identities = [Reused() for _ in range(options.sessions)]
        began, made = time.monotonic(), []
        for number in range(1, options.meetings + 1):
            made.append(driver.Meeting(options.bin, service.directory / f"idle-{number}", *files, number=number,
                                       listen=node.address))
            service.tool("adopt", service.toml, made[-1].server_dir)
        say(f"    made and adopted after {time.monotonic() - began:.0f} s")
        time.sleep(2)  # the node looks for new ones every second
        for number, meeting in enumerate(made, 1):
            sitting = Idle(node, number, [slip for slip, _ in meeting.slips.values()][:options.sessions], identities)
            stack.callback(sitting.close)
            sitting.stay(stack)
            if number % 50 == 0:
                say(f"    {number} meetings after {time.monotonic() - began:.0f} s, "
                    f"RSS {of_process(node.process.popen.pid, 'VmRSS'):.0f} MiB")
        full = of_process(node.process.popen.pid, "VmRSS")
        metrics = node.metrics()
        say(f"  RSS {full:.0f} MiB, {(full - empty) / options.meetings:.2f} MiB a meeting; "
            f"{ {k: v for k, v in metrics.items() if k in ('piaojue_sessions', 'piaojue_meetings')} }")
        busy = ServiceMeeting(service, options.meetings + 1, experts=3, address=node.address)
        busy.start()
        late = pushes(busy, options.pushes)
        say(f"  a push beside them: p50 {quantile(late, .5) * 1000:.1f} ms, p99 {quantile(late, .99) * 1000:.1f} ms "
            f"({len(late)} pushes)")


def pushes(meeting, count):
    """From a reply to somebody to the same entry at each other laptop; negative: these had it first. In turn, because
    nobody may come and go without end."""
    late, everybody = [], list(meeting.all_clients)
    for number in range(count):
        who = everybody[number // 20 % len(everybody)]
        others = [client for client in everybody if client is not who]
        starts = {client: client.mark() for client in others}
        began = time.monotonic()
        index = who.command("sign-out" if number % 2 == 0 else "sign-in")["index"]
        for client in others:
            position, _ = client.wait_line(lambda e: e.get("event") == "entry" and e.get("index") == index, 20,
                                           starts[client])
            late.append(client.times[position] - began)
    return late


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--bin", type=pathlib.Path, required=True, help="folder of the programs")
    parser.add_argument("part", nargs="*", choices=[[], "commits", "takeover", "sixty", "idle"], help="default: all")
    parser.add_argument("--quick", action="store_true", help="a tenth of everything, to see that it runs")
    options = parser.parse_args()
    share = 10 if options.quick else 1
    options.seconds, options.repeat = (1, 1) if options.quick else (3, 5)
    options.times = 30 // share
    parts = options.part or ["commits", "takeover", "sixty", "idle"]
    if "commits" in parts:
        commits(options)
    if "takeover" in parts:
        takeover(options)
    if "sixty" in parts:
        options.meetings, options.batch, options.at_once = 60 // share, 5, 60
        sixty(options)
    if "idle" in parts:
        options.meetings, options.sessions, options.pushes = 500 // share, 12, 100
        idle(options)


if __name__ == "__main__":
    main()
