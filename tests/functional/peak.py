# SPDX-License-Identifier: Apache-2.0
"""Runs a program and says how much memory and time it took.

getrusage of one's own children can not: until a child has become the program itself it is a copy of whoever starts it,
and Linux counts that copy's memory as the child's. A bench holds every event of every laptop, so a small interpreter
stands between."""

import pathlib
import subprocess
import sys
import tempfile

BETWEEN = """
import resource, subprocess, sys
code = subprocess.call(sys.argv[2:])
used = resource.getrusage(resource.RUSAGE_CHILDREN)
open(sys.argv[1], "w").write(f"{used.ru_maxrss / 1024} {used.ru_utime + used.ru_stime}")
sys.exit(code)
"""


class Ran:
    """`done` is what subprocess.run gave; what is below 10 MiB is told as those 10 of the interpreter."""

    def __init__(self, done, mib, cpu_s):
        self.done, self.mib, self.cpu_s = done, mib, cpu_s


def run(argv, **options):
    with tempfile.TemporaryDirectory() as folder:
        said = pathlib.Path(folder) / "said"
        between = [sys.executable, "-I", "-S", "-c", BETWEEN, str(said)]
        done = subprocess.run([*between, *map(str, argv)], capture_output=True, text=True, stdin=subprocess.DEVNULL,
                              **options)
        mib, cpu_s = map(float, said.read_text().split())
    return Ran(done, mib, cpu_s)
