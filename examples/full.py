#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The whole way of one year's review, on the sheets beside this file: import, verdicts, decisions, roster, a meeting of
real processes, papers (HTML, XLSX, PDF), publicity, announcement, certificates. Nothing is typed by hand; all is left
in the folder --out.

With --candidates 1200 the sheets are generated (generated.py), normal channel only, and all experts agree to those
who are to pass: for time and memory."""

import argparse
import csv
import json
import os
import pathlib
import resource
import shutil
import subprocess
import sys
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))
sys.path.insert(0, str(HERE.parent / "tests" / "functional"))
import demo  # noqa: E402
import driver  # noqa: E402
import generated  # noqa: E402
import small  # noqa: E402

PASSPHRASE = "示例口令：办公室"


class Office:
    def __init__(self, bin_dir, folder):
        self.bin, self.folder = pathlib.Path(bin_dir), folder

    def clerk(self, command, *args):
        argv = [self.bin / "piaojue-office", command, "--office", self.folder, *args]
        done = subprocess.run([str(a) for a in argv], capture_output=True, text=True, stdin=subprocess.DEVNULL,
                              env={**os.environ, "PIAOJUE_PASSPHRASE": PASSPHRASE})
        if done.returncode != 0:
            raise driver.Failed(f"clerk {command}: exit {done.returncode}\n{done.stdout}{done.stderr}")
        if "--json" not in args:
            print("".join(f"            {line}\n" for line in done.stdout.splitlines()), end="", flush=True)
        return done.stdout

    def before(self, members, candidates, appraisals, meeting, roster, papers):
        demo.say("the office enlists a clerk and imports the sheets")
        self.clerk("enlist", "--name", "周晓棠", "--date", "2026-06-01")
        self.clerk("import", "--members", members, "--candidates", candidates, "--appraisals", appraisals, "--date",
                   "2026-06-12", "--extension", "示例：主管部门关于沿用原标准的通知")
        verdicts = json.loads(self.clerk("verdicts", "--json"))
        count = {word: sum(v["machine"] == word for v in verdicts) for word in ("ELIGIBLE", "NOT_ELIGIBLE", "REVIEW")}
        demo.say(f"verdicts: {count}; a person decides what the machine leaves open")
        for verdict in verdicts:
            if verdict["standing"] == "REVIEW":
                self.clerk("decide", "--candidate", verdict["candidate"], "--verdict", "ELIGIBLE", "--reason",
                           "经办人核对原件，材料属实",
                           "--basis", verdict["articles"] or "第五条", "--date", "2026-06-20")
        self.clerk("verdicts", "--out", papers, "--date", "2026-06-20")
        self.clerk("roster", "--out", roster, "--meeting", meeting, "--date", "2026-07-01")

    def after(self, record, anchor, papers):
        demo.say("papers from the verified record")
        self.clerk("papers", "--record", record, "--anchor", anchor, "--out", papers, "--date", "2026-11-20")
        self.clerk("check-paper", "--record", record, "--anchor", anchor, next(papers.glob("04-*.xlsx")))
        chromium = shutil.which("chromium")
        for page in sorted(papers.glob("*.html")) if chromium else ():
            subprocess.run([chromium, "--headless", "--no-sandbox", "--disable-gpu", "--no-pdf-header-footer",
                            f"--print-to-pdf={page.with_suffix('.pdf')}", str(page)], check=True, capture_output=True,
                           timeout=300)
        demo.say(f"{len(list(papers.glob('*.pdf')))} papers as PDF" if chromium else "chromium is not there: no PDF")
        demo.say("publicity in two places, filing, announcement, certificates")
        self.clerk("publish", "--place", "山东省专业技术人员管理服务平台", "--date", "2026-11-23")
        self.clerk("publish", "--place", "青岛西海岸新区政务网", "--date", "2026-11-24")
        self.clerk("file", "--number", "示例备案〔2026〕1 号", "--date", "2026-12-02")
        self.clerk("announce", "--number", "示例发〔2026〕2 号", "--date", "2026-12-03")
        self.clerk("certificates", "--date", "2026-12-04")


class FullDemo(demo.Demo):
    """The demo's meeting, on the office's roster instead of the sheets beside it."""

    def __init__(self, bin_dir, out, roster):
        super().__init__(bin_dir, out)
        shutil.rmtree(out)
        self.meeting = driver.Meeting(bin_dir, out, roster / "meeting.toml", next(roster.glob("members.*")),
                                      roster / "candidates.csv")


def large(bin_dir, out, office, count):
    *sheets, to_pass = generated.write_round(out / "sheets", 25, count)
    roster = out / "roster"
    office.before(*sheets, roster, out / "papers")
    with open(roster / "candidates.csv", encoding="utf-8-sig", newline="") as file:
        names = [row["姓名"] for row in csv.DictReader(file)]
    batches = [list(range(first, min(first + 100, count + 1))) for first in range(1, count + 1, 100)]
    meeting = small.Small.on(bin_dir, out, 25, [roster / "meeting.toml", next(roster.glob("members.*")),
                                                roster / "candidates.csv"])
    demo.say(f"{count} candidates, 25 experts")
    try:
        meeting.start()
        for batch, questions in enumerate(batches, 1):
            meeting.open(batch, 900)
            for person in meeting.experts:
                meeting.client(person).wait("tokens", 900, batch=batch)
            def one(person, questions=questions):
                for q in questions:
                    meeting.client(person).command(f"vote {q} {'agree' if names[q - 1] in to_pass else 'disagree'}")
                meeting.client(person).command("cast", 900)
            driver.at_once([lambda p=p: one(p) for p in meeting.experts])
            meeting.countersigned("close", "BatchClose", 900)
            meeting.declare(batch, timeout_s=900)
            demo.say(f"batch {batch} declared")
        meeting.countersigned("close-meeting", "MeetingClose")
        head = meeting.client(meeting.chair).wait("head", 60)["hex"]
        (out / "anchor.txt").write_text(head + "\n", encoding="utf-8")
        meeting.meeting.run_tool("piaojue-server", "export", meeting.meeting.server_dir, "--out",
                                 out / "record.piaojue", timeout_s=900)
    finally:
        meeting.meeting.stop()


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--bin", type=pathlib.Path, required=True, help="folder of the programs")
    parser.add_argument("--out", type=pathlib.Path, required=True, help="folder to make (replaced if it exists)")
    parser.add_argument("--candidates", type=int, help="generate so many instead of the examples")
    options = parser.parse_args()
    shutil.rmtree(options.out, ignore_errors=True)
    options.out.mkdir(parents=True)
    office = Office(options.bin, options.out / "office")
    begun = time.monotonic()
    try:
        if options.candidates:
            large(options.bin, options.out, office, options.candidates)
            folder = options.out
        else:
            roster = options.out / "roster"
            office.before(HERE / "members.xlsx", HERE / "candidates.xlsx", HERE / "appraisals.xlsx",
                          HERE / "meeting.toml", roster, options.out / "papers")
            folder = options.out / "meeting"
            meeting = FullDemo(options.bin, folder, roster)
            with meeting.meeting:
                if meeting.run() != 0:
                    return 1
        office.after(folder / "record.piaojue", folder / "anchor.txt", options.out / "papers")
    except driver.Failed as failure:
        print(f"full: {failure}", file=sys.stderr)
        return 1
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024
    demo.say(f"done in {time.monotonic() - begun:.0f} s; the largest process took {peak} MiB; "
             f"all of it is in {options.out}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
