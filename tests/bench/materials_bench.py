#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""How much reading slows voting: a whole round's files on the server's disk (1,200 candidates with three files of 2 MB
each, 7 GB), 25 laptops that open one file after the other without a pause, and a batch of twenty that is voted on
meanwhile, beside one on which nobody reads. Every laptop stands on this machine and takes its processors too, so that a
hall does better than this. Started by scripts/bench --materials."""

import argparse
import functools
import hashlib
import pathlib
import statistics
import sys
import tempfile
import threading
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests" / "functional"))
import driver  # noqa: E402
import small  # noqa: E402

EXPERTS = 25
ROWS = 20
# Seconds that init may take: it reads 7 GB twice and writes them once, which some disks do in minutes.
INIT_S = 1800


def write_files(folder, candidates, files, size):
    """Each file another one, though most of it is the same: as many bytes on the disk as in a real round."""
    body = b"".join(hashlib.sha256(n.to_bytes(4, "big")).digest() for n in range(size // 32))
    for q in range(1, candidates + 1):
        at = folder / str(q)
        at.mkdir(parents=True)
        for i in range(files):
            head = b"%%PDF-1.7 %d %d\n" % (q, i)
            (at / f"{i + 1}.pdf").write_bytes(head + body[len(head):])


class Readers:
    """Every laptop opens files without a pause, and counts them."""

    def __init__(self, clients, candidates, files):
        self.ended = threading.Event()
        self.took = []
        self.threads = [threading.Thread(target=self.read, args=(client, n, candidates, files), daemon=True)
                        for n, client in enumerate(clients)]

    def read(self, client, n, candidates, files):
        at = n * 37
        while not self.ended.is_set():
            at += 1
            begun = time.monotonic()
            client.command(f"attachment {at % candidates + 1} {at // candidates % files}", 120)
            self.took.append((begun, time.monotonic() - begun))

    def __enter__(self):
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self.ended.set()
        for thread in self.threads:
            thread.join()


def vote(meeting, batch, questions):
    """Seconds of each step that people wait for, and when the batch was opened: waiting for its keys is no step."""
    chair = meeting.client(meeting.chair)
    took = {}
    at = time.monotonic()

    def step(name):
        nonlocal at
        took[name] = time.monotonic() - at
        at = time.monotonic()

    meeting.open(batch, 900)
    opened = at = time.monotonic()
    meeting.tokens(batch)
    step("tokens, open to last laptop")
    meeting.cast({p: ("agree", "disagree", "abstain")[p % 3] for p in meeting.experts}, questions)
    step("casting, all at once")
    meeting.close()
    at = time.monotonic()
    chair.wait("counted", 900, batch=batch)
    step("close to result")
    meeting.declare(batch)
    return took, opened


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--bin", type=pathlib.Path, required=True)
    parser.add_argument("--candidates", type=int, default=1200)
    parser.add_argument("--files", type=int, default=3)
    parser.add_argument("--bytes", type=int, default=2 << 20)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="piaojue-materials-") as folder:
        folder = pathlib.Path(folder)
        write_files(folder, options.candidates, options.files, options.bytes)
        driver.Meeting.run_tool = functools.partialmethod(driver.Meeting.run_tool, timeout_s=INIT_S)
        begun = time.monotonic()
        rest = options.candidates - 2 * ROWS
        batches = [ROWS, ROWS] + [100] * (rest // 100) + ([rest % 100] if rest % 100 else [])
        meeting = small.Small(options.bin, experts=EXPERTS, batches=batches, materials=folder,
                              rules={"modulus_bits": 2048})
    with meeting:
        total = options.candidates * options.files * options.bytes / 1e9
        print(f"\n{options.candidates} candidates, {options.files} files of {options.bytes / 1e6:.1f} MB: "
              f"{total:.1f} GB, taken in by init in {time.monotonic() - begun:.0f} s", flush=True)
        meeting.start()
        quiet, _ = vote(meeting, 1, range(1, ROWS + 1))
        readers = [meeting.client(p) for p in meeting.experts]
        with Readers(readers, options.candidates, options.files) as reading:
            time.sleep(10)
            busy, opened = vote(meeting, 2, range(ROWS + 1, 2 * ROWS + 1))
        # The readers have ended: whoever opened a file during the vote has it, too.
        ended = opened + sum(busy.values())
        during = [took for begun, took in reading.took if opened - took < begun < ended]
        print(f"  {'':<32} {'nobody reads':>14} {'25 read':>10}")
        for name, took in quiet.items():
            print(f"  {name:<32} {took:12.2f} s {busy[name]:8.2f} s")
        print(f"  files opened meanwhile: {len(during)}, {statistics.median(during):.2f} s each (median), "
              f"{max(during):.2f} s the slowest", flush=True)


if __name__ == "__main__":
    main()
