#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A day to click through: opens the clerk's desk on an empty office, and prints its address. As soon as the server of a
meeting runs that was made there, the other laptops are started, each a process of its own: the chair, the deputy, the
supervisor, two experts and the big screen with pages, whose addresses are printed; the other experts sign in and vote
by themselves. The clerk's own terminal is opened from the desk. Started by scripts/demo --pages."""

import argparse
import json
import os
import pathlib
import shutil
import signal
import sys
import threading
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "tests" / "functional"))
import driver  # noqa: E402

PAGES_OF_EXPERTS = 2
INTRODUCTION = """
The clerk's desk, to be opened in a browser (the address works once):

  {url}

  1 enlist yourself under the name 周晓棠, with a passphrase of eight characters or more
  2 导入名单: members.xlsx, candidates.xlsx and appraisals.xlsx of {examples}/,
    with any text as the basis outside the standard's dates; 检查, 导入
  3 资格审核: decide about those who need it, together
  4 新会议: a title, the address 127.0.0.1, 建立会议 (or a rehearsal first)
  5 会议当天: 启动服务器; then the other laptops appear below
    打开会议终端 opens the clerk's own; there 提交会议方案
  6 after the end: 取回并核验记录, and papers

Ctrl-C ends it all.
"""


class Laptops(driver.Meeting):
    """Of a meeting that the desk has made: everybody's but the clerk's."""

    def __init__(self, bin_dir, out, folder):  # noqa: D107  the directory is there, so nothing of the base is made
        self.bin, self.server, self.clients = pathlib.Path(bin_dir), None, {}
        self.directory = out / folder.name
        self.logs = self.directory / "logs"
        self.logs.mkdir(parents=True, exist_ok=True)
        self.server_dir = folder / "server"
        slips = {int(path.stem.partition("-")[0]): path for path in sorted((self.server_dir / "slips").iterdir())}
        self.slips = {person: (path, path.stem.split("-")[1]) for person, path in slips.items()}
        status = self.run_tool("piaojue-server", "status", "--json", self.server_dir)
        self.people = json.loads(status.stdout)["people"]

    def having(self, role):
        return [one["person"] for one in self.people if role in one["roles"]]

    def appear(self):
        chairs, supervisors, clerks = self.having("chair"), self.having("supervisor"), self.having("clerk")
        watched = [p for p in self.having("expert") if p not in chairs][:PAGES_OF_EXPERTS]
        # A deputy signs the meeting too.
        pages = {**{p: "chair or deputy, and an expert" for p in chairs}, **{p: "supervisor" for p in supervisors},
                 **{p: "expert" for p in watched}, **{p: "big screen" for p in self.having("screen")}}
        self.enrol_all([p for p in self.slips if p not in clerks])
        print(f"\n{self.directory.name}: open each in a browser (each address works once):\n", flush=True)
        for person, what in pages.items():
            client = self.start_client(person, ["--page", "0", "--no-browser"])
            print(f"  {client.wait('page', 30)['url']}\n      {client.display}: {what}", flush=True)
        for person in self.slips:
            if person in pages or person in clerks:
                continue
            client = self.start_client(person)
            threading.Thread(target=votes_by_itself, args=(client,), daemon=True).start()
        print("\nThe other experts sign in and vote by themselves.", flush=True)


def votes_by_itself(client):
    """Signs in when the meeting opens, and votes whenever there is something to vote on."""
    batches, done = {}, 0
    while client.running:
        events = list(client.lines)
        for event in events[done:]:
            if event.get("event") == "meeting":
                batches = {one["batch"]: one["questions"] for one in event["batches"]}
                client.command("sign-in", ok=None)
            elif event.get("event") == "tokens":
                for question in batches.get(event["batch"], []):
                    choice = "disagree" if (client.person + question) % 5 == 0 else "agree"
                    client.command(f"vote {question} {choice}", ok=None)
                client.command("cast", 60, ok=None)
        done = len(events)
        time.sleep(0.2)


def follow(bin_dir, out, office, all_laptops):
    """Waits for meetings whose server runs, for as long as the desk is there."""
    seen = set()
    while True:
        for folder in sorted(office.glob("meetings/[0-9]*")):
            lock = folder / "server" / "lock"
            if folder in seen or not lock.exists() or not driver.lock_holder(lock):
                continue
            seen.add(folder)
            time.sleep(1)
            laptops = Laptops(bin_dir, out, folder)
            all_laptops.append(laptops)
            laptops.appear()
        time.sleep(0.5)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--bin", type=pathlib.Path, required=True, help="folder of the programs")
    parser.add_argument("--out", type=pathlib.Path, required=True, help="folder to make (replaced if it exists)")
    options = parser.parse_args()
    out = options.out.resolve()
    shutil.rmtree(out, ignore_errors=True)
    out.mkdir(parents=True)
    office, laptops = out / "office", []
    desk = driver.Process("desk", [options.bin / "piaojue-office", "page", "--office", office, "--no-browser"], out)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    try:
        url = json.loads(desk.wait_line(lambda _: True, 30)[1])["url"]
        print(INTRODUCTION.format(url=url, examples=HERE.name), flush=True)
        follow(options.bin, out, office, laptops)
    except KeyboardInterrupt:
        return 0
    except driver.Failed as failure:
        print(f"demo: {failure}", file=sys.stderr)
        return 1
    finally:
        desk.stop()
        for one in laptops:
            one.stop()
        for lock in office.glob("meetings/*/server/lock"):
            if holder := driver.lock_holder(lock):
                os.kill(holder, signal.SIGTERM)


if __name__ == "__main__":
    sys.exit(main())
