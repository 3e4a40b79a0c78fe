#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Times whole meetings of real processes on this machine: from the chair's close to the declared result, each phase;
the CPU time of one laptop; the server's memory; and the verifier on the record. Started by scripts/bench."""

import argparse
import os
import pathlib
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests" / "functional"))
import driver  # noqa: E402
import peak  # noqa: E402
import small  # noqa: E402

CHECK_S_MAX = 1.5


def cpu_s(pid):
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def cpu_of_all_s(meeting):
    processes = [meeting.meeting.server, *(meeting.client(person) for person in meeting.meeting.clients)]
    return sum(cpu_s(process.popen.pid) for process in processes)


def peak_mib(pid):
    for line in pathlib.Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmHWM"):
            return int(line.split()[1]) / 1024
    return 0.0


def when(client, event, **fields):
    """When this client's process printed the event, on this program's clock."""
    client.wait(event, 900, **fields)
    for at, line in zip(client.times, client.lines):
        if line.get("event") == event and all(line.get(k) == v for k, v in fields.items()):
            return at
    raise driver.Failed(event)


def wait_for_check(supervisor, person, state):
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        for check in supervisor.command("now")["checks"]:
            if check["person"] == person and check["state"] == state:
                return
        time.sleep(0.01)
    raise driver.Failed(f"no check of {person} is {state}")


def check(meeting, batch, person, questions):
    """One expert has his laptop checked, and casts anew. Seconds from his command to the verdict in his log."""
    expert, supervisor = meeting.client(person), meeting.client(meeting.supervisor)
    begun = time.monotonic()
    expert.command(f"check {meeting.supervisor}")
    wait_for_check(supervisor, person, "asked")
    supervisor.command(f"check-accept {person}")
    wait_for_check(supervisor, person, "opened")
    supervisor.command(f"verdict {person} agrees")
    expert.wait("entry", 60, type="CheckResult", person=person)
    took = time.monotonic() - begun
    expert.wait("tokens", 60, batch=batch, cast=1)
    meeting.cast({person: "agree"}, questions)
    return took


def run(bin_dir, experts, batches, label):
    meeting = small.Small(bin_dir, experts=experts, batches=batches, rules={"modulus_bits": 2048})
    with meeting:
        print(f"\n{label}: {experts} experts, {sum(batches)} candidates in {len(batches)} batch(es), 3 trustees",
              flush=True)
        started = time.monotonic()
        meeting.start()
        print(f"  enrolment, opening, sign-in      {time.monotonic() - started:8.2f} s", flush=True)
        chair, voter = meeting.client(meeting.chair), meeting.client(2)
        first = 1
        for batch, count in enumerate(batches, 1):
            questions = list(range(first, first + count))
            first += count
            begun = time.monotonic()
            meeting.open(batch, 900)
            opened = time.monotonic()
            meeting.tokens(batch)
            tokens = time.monotonic()
            before = cpu_s(voter.popen.pid)
            meeting.cast({p: ("agree", "agree", "disagree", "abstain", "agree")[p % 5] for p in meeting.experts},
                         questions)
            cast = time.monotonic()
            if len(batches) == 1:
                checked = check(meeting, batch, 2, questions)
                print(f"  one laptop checked, {count:2} rows      {checked:8.2f} s   limit: {CHECK_S_MAX} s")
            one_before, all_before = cpu_s(voter.popen.pid), cpu_of_all_s(meeting)
            meeting.close()
            closed = when(chair, "closed", batch=batch)
            phases = {name: when(chair, event, batch=batch) for name, event in
                      (("mix and box", "box"), ("confirm", "all_confirmed"), ("open and count", "counted"))}
            counted = phases["open and count"]
            one_cpu, all_cpu = cpu_s(voter.popen.pid) - one_before, cpu_of_all_s(meeting) - all_before
            if len(batches) == 1:
                print(f"  waiting for keys                 {opened - begun:8.2f} s")
                print(f"  tokens, open to last laptop      {tokens - opened:8.2f} s")
                print(f"  casting, all at once             {cast - tokens:8.2f} s")
                last = closed
                for name, at in phases.items():
                    print(f"  {name:<32} {at - last:8.2f} s")
                    last = at
                print(f"  close to result                  {counted - closed:8.2f} s")
                print(f"  CPU for that, of one laptop      {one_cpu:8.2f} s")
                print(f"  CPU for that, of all processes   {all_cpu:8.2f} s")
                print(f"  CPU of one laptop for the ballot {cpu_s(voter.popen.pid) - before:8.2f} s", flush=True)
            meeting.declare(batch)
            if len(batches) > 1:
                print(f"  batch {batch}/{len(batches)}: keys {opened - begun:.1f} s, tokens {tokens - opened:.1f} s, "
                      f"cast {cast - tokens:.1f} s, close to result {counted - closed:.1f} s (CPU of all "
                      f"{all_cpu:.1f} s, of one laptop {one_cpu:.2f} s), server "
                      f"{peak_mib(meeting.meeting.server.popen.pid):.0f} MiB", flush=True)
        print(f"  server's peak memory             {peak_mib(meeting.meeting.server.popen.pid):8.1f} MiB")
        print(f"  a laptop's peak memory           {peak_mib(voter.popen.pid):8.1f} MiB")
        print(f"  whole meeting                    {time.monotonic() - started:8.2f} s", flush=True)
        meeting.countersigned("close-meeting", "MeetingClose")
        head = chair.wait("head", 60)["hash"]
        record = meeting.directory / "record.piaojue"
        export = peak.run([bin_dir / "piaojue-server", "export", meeting.meeting.server_dir, "--out", record],
                          timeout=600)
        meeting.meeting.stop()
        print(f"  record                           {record.stat().st_size / 1e6:8.2f} MB")
        print(f"  export                           {export.cpu_s:8.2f} s CPU, {export.mib:.0f} MiB")
        verify(bin_dir, record, head, 3 if sum(batches) < 100 else 1)


def verify(bin_dir, record, head, times):
    for cores in (1, 2):
        argv = [bin_dir / "piaojue-verify", record, "--anchor", head, "--jobs", str(cores)]
        if cores == 1:
            argv = ["taskset", "-c", "0", *argv]
        timings, cpu = [], []
        for _ in range(times):
            before = time.monotonic()
            ran = peak.run(argv)
            timings.append(time.monotonic() - before)
            cpu.append(ran.cpu_s)
        print(f"  verifier on {cores} core(s), best        {min(timings):8.2f} s, {min(cpu):.2f} s CPU, "
              f"{ran.mib:.0f} MiB  {ran.done.stdout.rstrip().splitlines()[-1]}", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--bin", type=pathlib.Path, required=True)
    parser.add_argument("--large", action="store_true", help="25 experts and 1,200 candidates in batches of 40 (long)")
    parser.add_argument("--rows", type=int, default=0, help="25 experts and so many candidates in one batch")
    options = parser.parse_args()
    if options.rows:
        run(options.bin, 25, [options.rows], f"{options.rows} candidates")
    elif options.large:
        run(options.bin, 25, [40] * 30, "the round of 2021")
    else:
        run(options.bin, 25, [1], "one candidate")
        run(options.bin, 25, [20], "twenty candidates")


if __name__ == "__main__":
    main()
