#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The packages for arm64 in a clean Debian for amd64 whose second architecture is arm64, under qemu: installed by apt,
the chair's laptop in a meeting of amd64's packages, the verifier, purged. As root, by scripts/package deb --arch arm64
--test, in a mount namespace of its own, while the kernel starts programs for arm64 through qemu:

    tests/packages/arm64.py --packages DIR --native DIR --clean ROOT --root DIR

@param --native the packages for amd64. @param --clean as of installed.py. @param --root below which its copies are
tried."""

import argparse
import hashlib
import pathlib
import shutil
import subprocess
import time

import installed
from installed import NAMES, PROGRAMS, Root, hold, say


def arm64_root(given):
    root = Root(given.clean, given.root / "arm64", given.packages)
    root.run("dpkg", "--add-architecture", "arm64")
    root.run("apt-get", "update", "-q")
    root.install()
    return root


def check_programs(root, packages):
    """Each runs, is the published one, and is for that processor."""
    published = dict(reversed(line.split()) for line in
                     (packages / "PROGRAMS.sha256").read_text(encoding="utf-8").splitlines())
    for name in PROGRAMS:
        of_file = (root.root / "usr/bin" / name).read_bytes()
        hold(of_file[:4] == b"\x7fELF" and of_file[18:20] == b"\xb7\x00", f"{name} is not for arm64")
        said = root.run(f"/usr/bin/{name}", "--version", "--hash").stdout.splitlines()
        wanted = hashlib.sha256(of_file).hexdigest()
        hold(said[2] == f"sha256 {wanted}" and published[f"usr/bin/{name}"] == wanted, f"{name} says {said}")
    say("arm64: installed by apt beside amd64; programs run under qemu and have the published hashes")


def chair_on_arm64(folder):
    """folder/bin: amd64's programs, except for the laptop of person 1."""
    (folder / "bin/piaojue").rename(folder / "bin/piaojue-amd64")
    (folder / "bin/piaojue").write_text('#!/bin/sh\nhere=$(dirname "$0")\ncase " $* " in\n'
                                        '*/client-01\\ *) exec "$here/../arm64/piaojue" "$@" ;;\nesac\n'
                                        'exec "$here/piaojue-amd64" "$@"\n')
    (folder / "bin/piaojue").chmod(0o755)


def look(processes):
    """Of the meeting that runs: one of its programs is emulated, and the others are not."""
    emulated = [one for one in processes if "qemu" in pathlib.Path(f"/proc/{one.popen.pid}/exe").readlink().name]
    hold(len(emulated) == 1, f"{len(emulated)} of {len(processes)} programs run under qemu")


def verify(folder, native):
    """The same record, by arm64's verifier: every line is the same.

    @param native the finished process of amd64's."""
    begun = time.monotonic()
    done = subprocess.run([folder / "arm64/piaojue-verify", *native.args[1:]], capture_output=True, text=True,
                          timeout=600, stdin=subprocess.DEVNULL)
    hold(done.returncode == 0 and done.stdout == native.stdout, f"verifiers differ: {done}, {native}")
    say(f"arm64's verifier says of that record what amd64's says, in {time.monotonic() - begun:.1f} s")


def main():
    parser = argparse.ArgumentParser()
    for name in ("packages", "native", "clean", "root"):
        parser.add_argument(f"--{name}", type=lambda text: pathlib.Path(text).resolve(), required=True)
    given = parser.parse_args()
    shutil.rmtree(given.root, ignore_errors=True)
    given.root.mkdir()
    native = Root(given.clean, given.root / "amd64", given.native)
    native.run("apt-get", "update", "-q")
    native.install()
    arm64 = arm64_root(given)
    check_programs(arm64, given.packages)
    with installed.folder_in(native, arm64) as folder:
        installed.wrappers(native, folder / "bin")
        installed.wrappers(arm64, folder / "arm64")
        chair_on_arm64(folder)
        verify(folder, installed.hold_meeting(native, folder, dies=1, emulated=1, look=look))
    own = arm64.own()
    arm64.run("apt-get", "purge", "-y", "-q", *(f"{name}:arm64" for name in NAMES))
    hold([path for path in own if (arm64.root / path[1:]).exists()] == [], "a purge leaves files of arm64's packages")
    say("packages: all that was tried of arm64 is right")


if __name__ == "__main__":
    installed.started(main)
