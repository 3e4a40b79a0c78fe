#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The Windows programs under Wine, as scripts/package windows --test has them: installed for one user into a folder
with a blank and Chinese, a meeting on a Linux server in which two laptops are piaojue.exe, verified by both verifiers,
removed without a trace. Wine is not Windows: what this shows is that the programs ask Windows for what is documented.

    tests/packages/windows.py --packages DIR --native DIR --root DIR

@param --packages the installer, the programs, SHA256SUMS. @param --native the programs for this machine, with
test_verifier in ../tests."""

import argparse
import collections
import concurrent.futures
import hashlib
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
sys.path.insert(0, str(HERE.parent / "functional"))
import driver  # noqa: E402
import small  # noqa: E402

WINE = ROOT / "cmake/toolchains/wine"
FOLDER = "C:\\票决 程序"
KEYS = ("HKCU\\Software\\Piaojue", "HKCU\\Software\\Microsoft\\Windows\\CurrentVersion\\Uninstall\\Piaojue")
ENTRIES = ({"会议终端", "评审办公室", "核验", "卸载票决"},
           {"Meeting Terminal", "Review Office", "Verify a Record", "Uninstall Piaojue"})
NAMES = ("piaojue", "piaojue-office", "piaojue-verify")
# Tests of the verifier that make records: honest ones, and for each check some that fail it.
RECORDS = "Check*:HonestRecord*:HonestMeeting*:*ARule*:AfterAFailure*-*CanNotEndAnywhereElse"
# Experts 1, the chair and its trustee, and 3, who is killed in mid-ballot.
ON_WINDOWS = (1, 3)
STARTED = time.monotonic()


class Wrong(Exception):
    pass


def say(text):
    print(f"[{time.monotonic() - STARTED:5.1f} s] {text}", flush=True)


def hold(right, what):
    """What must be so."""
    if not right:
        raise Wrong(what)


class Wine:
    """A Windows of its own below a folder."""

    def __init__(self, prefix):
        self.prefix = prefix
        self.disk = prefix / "drive_c"

    def run(self, *argv, ok=(0,), timeout_s=180):
        """@return the finished process, its exit code one of `ok`."""
        # Into files: a first window starts Wine's desktop, which holds a pipe for as long as any program runs there.
        with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
            done = subprocess.run([str(WINE), str(self.prefix), *map(str, argv)], stdin=subprocess.DEVNULL, stdout=out,
                                  stderr=err, timeout=timeout_s, check=False, env={**os.environ, "LC_ALL": "C.UTF-8"})
            out.seek(0)
            err.seek(0)
            done.stdout, done.stderr = (file.read().decode("utf-8", "replace").replace("\r\n", "\n")
                                        for file in (out, err))
        if done.returncode not in ok:
            raise Wrong(f"{argv}: exit {done.returncode}\n{done.stdout[-3000:]}\n{done.stderr[-3000:]}")
        return done

    def start(self, *argv):
        return subprocess.Popen([str(WINE), str(self.prefix), *map(str, argv)], stdin=subprocess.PIPE,
                                stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                                env={**os.environ, "LC_ALL": "C.UTF-8"})

    def end(self):
        subprocess.run([str(WINE), str(self.prefix), "--end"], check=False, stderr=subprocess.DEVNULL)

    def files(self):
        return {str(path.relative_to(self.disk)) for path in self.disk.rglob("*")}

    def registry(self):
        """What this user has of ours in the registry."""
        return [key for key in KEYS if self.run("reg", "query", key, ok=(0, 1)).returncode == 0]


def unix(wine, windows):
    return wine.disk / windows[3:].replace("\\", "/")


def check_installing(wine, packages):
    """Installed, installed once more over it, refused while it runs; every entry is there."""
    setup = next(packages.glob("*-setup.exe"))
    # NSIS wants what follows /D= without quotes, which is how two arguments are joined.
    wine.run(setup, "/S", *f"/D={FOLDER}".split())
    home = unix(wine, FOLDER)
    for name in NAMES:
        published = hashlib.sha256((packages / f"{name}.exe").read_bytes()).hexdigest()
        installed = hashlib.sha256((home / "bin" / f"{name}.exe").read_bytes()).hexdigest()
        said = wine.run(f"{FOLDER}\\bin\\{name}.exe", "--version", "--hash").stdout.splitlines()
        hold(installed == published and f"sha256 {published}" in said, f"{name} says {said}")
    links = list(wine.disk.glob("users/*/AppData/Roaming/Microsoft/Windows/Start Menu/Programs/票决/*.lnk"))
    entries = {link.stem for link in links}
    hold(entries in ENTRIES, f"entries: {entries}")
    hold(wine.registry() == list(KEYS), "Windows' own list of programs has no entry")
    say(f"installed for one user into {FOLDER}; programs have the published hashes; 4 entries in the start menu")

    # An antivirus program or a running laptop: nothing is changed.
    before = {path: path.stat().st_mtime_ns for path in home.rglob("*")}
    began = time.monotonic()
    busy = wine.start(f"{FOLDER}\\bin\\piaojue.exe", "run", "--no-browser", "--page", "--home", "C:\\laptop")
    try:
        hold(b"page" in busy.stdout.readline(), "the laptop does not start")
        started = time.monotonic() - began
        refused = wine.run(setup, "/S", ok=(2,))
        hold({path: path.stat().st_mtime_ns for path in home.rglob("*")} == before, f"changed: {refused}")
    finally:
        busy.kill()
        busy.wait()
        busy.stdin.close()
        busy.stdout.close()
    shutil.rmtree(wine.disk / "laptop", ignore_errors=True)
    say(f"refused while a laptop runs, nothing changed; the laptop's page was there after {started:.1f} s")
    wine.run(setup, "/S")  # the folder is known from before
    hold({path for path in home.rglob("*")} == set(before), "a second installation has other files")
    wine.run(setup, "/S", "/D=Z:\\proc\\piaojue", ok=(2,))
    say("installed over itself; a folder without rights is refused")


def check_removed(wine, before):
    wine.run(f"{FOLDER}\\uninstall.exe", "/S")  # goes on in a copy of its own, so that it can remove itself
    deadline = time.monotonic() + 30
    while True:
        left = {path for path in wine.files() - before if "Temp/" not in path}
        if not left or time.monotonic() > deadline:
            break
        time.sleep(0.5)
    hold(not left, f"left behind: {sorted(left)}")
    hold(not wine.registry(), f"left in the registry: {wine.registry()}")
    say("removed: no file, no entry, nothing in the registry is left")


def laptops(wine, native, folder):
    """Programs under the native names; the laptops of ON_WINDOWS are piaojue.exe."""
    bin_dir = folder / "bin"
    bin_dir.mkdir(parents=True)
    for name in ("piaojue-server", "piaojue-verify"):
        (bin_dir / name).symlink_to(native / name)
    homes = "|".join(f"*/client-{person:02d}" for person in ON_WINDOWS)
    (bin_dir / "piaojue").write_text(f"""#!/usr/bin/env bash
export LC_ALL=C.UTF-8
arguments=() windows=0
for argument in "$@"; do
  case "$argument" in {homes}) windows=1 ;; esac
  case "$argument" in /*) argument="Z:$argument" ;; esac
  arguments+=("$argument")
done
((windows)) || exec '{native}/piaojue' "$@"
exec '{WINE}' '{wine.prefix}' '{FOLDER}\\bin\\piaojue.exe' "${{arguments[@]}}"
""", encoding="utf-8")
    (bin_dir / "piaojue").chmod(0o755)
    return bin_dir


def peak_memory_mib(pid):
    status = pathlib.Path(f"/proc/{pid}/status").read_text(encoding="utf-8")
    return next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmHWM")) / 1024


def cpu_s(process):
    fields = pathlib.Path(f"/proc/{process.popen.pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def hold_meeting(wine, native, folder):
    """Five experts, 25 rows; two laptops and with one of them the chair's trustee are Windows programs. @return the
    record and its hash on paper."""
    files = small.write_rosters(folder / "rosters", 5, (25,))
    meeting = small.Small.on(laptops(wine, native, folder), folder, 5, files)
    try:
        meeting.start()
        meeting.open(1)
        meeting.tokens(1)
        killed = meeting.client(3)
        killed.command("vote 1 agree")
        killed.kill9()
        meeting.meeting.start_client(3).wait("tokens", 60, batch=1)
        before = {person: cpu_s(meeting.client(person)) for person in meeting.experts}
        meeting.cast({1: "agree", 2: "agree", 3: "agree", 4: "disagree", 5: "agree"}, range(1, 26))
        meeting.close()
        rows = meeting.declare(1)
        used = {person: cpu_s(meeting.client(person)) - before[person] for person in meeting.experts}
        memory = {person: peak_memory_mib(meeting.client(person).popen.pid) for person in meeting.experts}
        hold(len(rows) == 25 and all(row["agree"] == 4 for row in rows.values()), f"counted: {rows}")
        done = meeting.end()
        head = meeting.client(1).events("head")[-1]["hash"]
    finally:
        meeting.meeting.stop()
    hold(done.returncode == 0 and "VERIFIED" in done.stdout, done.stdout + done.stderr)
    say("a meeting, laptops 1 (chair, trustee) and 3 (killed in mid-ballot and back) under Wine: VERIFIED")
    say(f"a ballot of 25 rows to its declaration: {used[3]:.2f} s CPU under Wine, {used[2]:.2f} s native; the chair's "
        f"with its trustee {used[1]:.2f} s; memory at most {memory[1]:.0f} and {memory[3]:.0f} MiB with Wine, "
        f"{memory[2]:.0f} MiB native")
    return folder / "record.piaojue", head


def check_office(wine, native):
    """The office's desk, its folder with a blank and Chinese, in this machine's browser, in both languages."""
    began = time.monotonic()
    office = wine.start(f"{FOLDER}\\bin\\piaojue-office.exe", "page", "--no-browser", "--office",
                        "C:\\评审 办公室")
    try:
        url = json.loads(office.stdout.readline())["url"]
        there = time.monotonic() - began
        done = subprocess.run(["node", HERE / "windows_office.mjs", url], capture_output=True, text=True, check=False,
                              timeout=180, env={**os.environ, "PIAOJUE_BIN": str(native)})
        hold(done.returncode == 0, f"the office's page: {done.stdout[-2000:]}{done.stderr[-2000:]}")
        peak = peak_memory_mib(office.pid)
    finally:
        office.kill()
        office.wait()
        office.stdin.close()
        office.stdout.close()
    shutil.rmtree(wine.disk / "评审 办公室")
    say(f"the office's desk serves its page from Wine to Chromium, in zh and en: address after {there:.1f} s, then "
        f"{done.stdout.strip()}; at most {peak:.0f} MiB; pictures in build/screens/windows-office-*")


def both_say(wine, native, path, anchor):
    """@return the exit code of both verifiers, which say the same of the record word for word."""
    arguments = ("--anchor", anchor, "--jobs", "1")
    here = subprocess.run([native / "piaojue-verify", path, *arguments], capture_output=True, text=True, check=False,
                          env={**os.environ, "LC_ALL": "C.UTF-8"}, timeout=120)
    there = wine.run(f"{FOLDER}\\bin\\piaojue-verify.exe", f"Z:{path}", *arguments, ok=range(256))
    hold(here.returncode == there.returncode, f"{path.name}: {here.returncode}, {there.returncode}\n{there.stderr}")
    hold(here.stdout.replace(str(path), "") == there.stdout.replace(f"Z:{path}", ""),
         f"{path.name}:\n{here.stdout}\n{there.stdout}")
    return here.returncode


def check_verifiers(wine, native, record, head):
    """Of the meeting's record, of what somebody changed in it, and of what the unit tests forge for each check."""
    data = record.read_bytes()
    cases = {"whole": data, "cut": data[:-7], "flipped": data[:len(data) // 2] + bytes([data[len(data) // 2] ^ 1])
             + data[len(data) // 2 + 1:]}
    said = []
    for name, changed in cases.items():
        path = record.with_name(f"记录 {name}.piaojue")
        path.write_bytes(changed)
        said.append(f"{name} {both_say(wine, native, path, head)}")
    hold(said[0] == "whole 0" and "flipped 0" not in said, f"exit codes: {said}")
    forged = record.with_name("forged")
    forged.mkdir()
    subprocess.run([native.parent / "tests/test_verifier", "--gtest_filter=" + RECORDS], check=True, timeout=600,
                   stdout=subprocess.DEVNULL, env={**os.environ, "PIAOJUE_KEEP_RECORDS": str(forged)})
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        codes = collections.Counter(pool.map(
            lambda path: both_say(wine, native, path, path.with_suffix(".anchor").read_text(encoding="utf-8").strip()),
            sorted(forged.glob("*.piaojue"))))
    hold(codes[0] > 5 and codes[1] > 50, f"exit codes of the unit tests' records: {codes}")
    say(f"piaojue-verify.exe says word for word what the native one does: {', '.join(said)}; of the unit tests' "
        f"records {codes[0]} VERIFIED, {codes[1]} failed, {codes[2]} could not be read")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--packages", required=True, type=pathlib.Path)
    parser.add_argument("--native", required=True, type=pathlib.Path)
    parser.add_argument("--root", required=True, type=pathlib.Path)
    options = parser.parse_args()
    root = options.root.resolve()
    shutil.rmtree(root, ignore_errors=True)
    root.mkdir(parents=True)
    wine = Wine(root / "prefix")
    try:
        wine.run("cmd", "/c", "ver")
        before = wine.files()
        check_installing(wine, options.packages.resolve())
        folder = root / "会议 一"
        folder.mkdir()
        record, head = hold_meeting(wine, options.native.resolve(), folder)
        check_verifiers(wine, options.native.resolve(), record, head)
        check_office(wine, options.native.resolve())
        check_removed(wine, before)
    except (Wrong, driver.Failed) as wrong:
        print(f"package: {wrong}", file=sys.stderr)
        return 1
    finally:
        wine.end()
    print("package: under Wine 8 all of it passed")
    return 0


if __name__ == "__main__":
    sys.exit(main())
