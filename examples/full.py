#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The whole way of one year's review, on the sheets beside this file: import, a part of it anew, verdicts, a correction
notice and what is amended after it, a withdrawal, decisions for many at once, roster with suggested recusals, a meeting
of real processes, papers (HTML, XLSX, PDF), publicity, announcement, certificates. Nothing is typed by hand; all is
left in the folder --out.

With --candidates 1200 the sheets are generated (generated.py), normal channel only, and all experts agree to those
who are to pass: for time and memory."""

import argparse
import csv
import json
import os
import pathlib
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
import peak  # noqa: E402
import small  # noqa: E402

PASSPHRASE = "示例口令：办公室"


class Office:
    def __init__(self, bin_dir, folder):
        self.bin, self.folder, self.largest_mib = pathlib.Path(bin_dir), folder, 0

    def clerk(self, command, *args):
        if "--date" in args:
            args = (*args, "--date-reason", "示例：日期为事先设定")
        argv = [self.bin / "piaojue-office", command, "--office", self.folder, *args]
        ran = peak.run(argv, env={**os.environ, "PIAOJUE_PASSPHRASE": PASSPHRASE})
        self.largest_mib = max(self.largest_mib, ran.mib)
        done = ran.done
        if done.returncode != 0:
            raise driver.Failed(f"clerk {command}: exit {done.returncode}\n{done.stdout}{done.stderr}")
        if "--json" not in args:
            print("".join(f"            {line}\n" for line in done.stdout.splitlines()), end="", flush=True)
        return done.stdout

    def before(self, members, candidates, appraisals, meeting, roster, papers, part=None):
        """@param part a sheet of some of the candidates, which comes again."""
        demo.say("the office enlists a clerk and imports the sheets")
        self.clerk("enlist", "--name", "周晓棠", "--date", "2026-06-01")
        self.clerk("import", "--members", members, "--candidates", candidates, "--appraisals", appraisals, "--date",
                   "2026-06-12", "--extension", "示例：主管部门关于沿用原标准的通知")
        if part:
            demo.say("some come again, on a sheet of their own, while nothing is decided about them")
            self.clerk("import", "--part", "--candidates", part, "--date", "2026-06-13")
        verdicts = self.verdicts()
        wrong = [v["candidate"] for v in verdicts if v["standing"] == "NOT_ELIGIBLE"]
        self.amend((wrong or [1])[0])
        self.withdraw(wrong[-1:] or [len(verdicts)])
        demo.say("a person decides what the machine leaves open: all who need it together")
        open_ = [v["candidate"] for v in self.verdicts() if v["standing"] == "REVIEW" and not v["withdrawn"]]
        if open_:
            self.clerk("decide", "--candidate", ",".join(map(str, open_)), "--verdict", "ELIGIBLE", "--reason",
                       "经办人核对原件，材料属实", "--basis", "第五条、第十七条", "--date", "2026-07-01")
        self.clerk("verdicts", "--out", papers, "--date", "2026-07-01")
        suggested = json.loads(self.clerk("recusals", "--json"))
        strike = ([] if len(suggested) < 2 else
                  ["--strike-recusal", f"{suggested[-1]['person']}:{suggested[-1]['candidate']}", "--strike-reason",
                   "已调离该单位"])
        self.clerk("roster", "--out", roster, "--meeting", meeting, "--date", "2026-07-01", *strike)

    def verdicts(self):
        out = json.loads(self.clerk("verdicts", "--json"))
        count = {word: sum(v["machine"] == word for v in out) for word in ("ELIGIBLE", "NOT_ELIGIBLE", "REVIEW")}
        demo.say(f"verdicts: {count}")
        return out

    def amend(self, candidate):
        """A correction notice, and what came of it: the appraisals of the last five years."""
        demo.say(f"No. {candidate} is told what to correct, hands it in, and the facts are amended")
        self.clerk("notice", "--candidate", candidate, "--item", "年度考核表与单位证明不符|第五条", "--date",
                   "2026-06-15")
        self.clerk("notice", "--candidate", candidate, "--corrected", "--date", "2026-06-18")
        evidence = self.folder.parent / "evidence.txt"
        evidence.write_text("单位证明（示例）\n", encoding="utf-8")
        now = dict(line.split("\t", 1) for line in self.clerk("amend", "--candidate", candidate).splitlines())
        sets = [f"{year}年度考核=合格" for year in range(2021, 2026)
                if now.get(f"{year}年度考核", "").strip() not in ("合格", "优秀")]
        self.clerk("amend", "--candidate", candidate, *(word for one in sets or ["业绩摘要=经补正"]
                                                        for word in ("--set", one)),
                   "--reason", "补正：单位证明", "--file", evidence, "--date", "2026-06-18")

    def withdraw(self, candidates):
        demo.say(f"withdrawn: {candidates}")
        self.clerk("withdraw", "--candidate", ",".join(map(str, candidates)), "--reason", "本人书面申请", "--date",
                   "2026-06-20")

    def after(self, record, anchor, papers):
        demo.say("papers from the verified record")
        of_record = ("--record", record, "--anchor", anchor, "--out", papers)
        self.clerk("papers", *of_record, "--date", "2026-11-20")
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
        self.clerk("papers", *of_record, "--phone", "0532-00000000", "--place", "示例地址", "--identity-numbers",
                   "--date", "2026-11-24")
        self.clerk("file", "--number", "示例备案〔2026〕1 号", "--date", "2026-12-02")
        self.clerk("announce", "--number", "示例发〔2026〕2 号", "--date", "2026-12-03")
        self.clerk("certificates", "--date", "2026-12-04")


class FullDemo(demo.Demo):
    """The demo's meeting, on the office's roster instead of the sheets beside it."""

    def __init__(self, bin_dir, out, roster):
        super().__init__(bin_dir, out)
        shutil.rmtree(out)
        self.meeting = driver.Meeting(bin_dir, out, roster / "meeting.toml", roster / "members.csv",
                                      roster / "candidates.csv", roster / "recusals.csv")
        with open(roster / "recusals.csv", encoding="utf-8-sig", newline="") as file:
            self.suggested = [(int(row["评审专家序号"]), int(row["申报人序号"])) for row in csv.DictReader(file)]

    def gather(self, batch, late):
        """Each expert is offered what the office suggests to him; one of them signs one of it."""
        super().gather(batch, late)
        for expert in self.experts:
            offered = [(expert, one["question"]) for one in self.client(expert).command("now")["suggested"]]
            expected = [pair for pair in self.suggested if pair[0] == expert and pair not in self.recused]
            if offered != expected:
                raise driver.Failed(f"{self.name(expert)} is offered {offered}, not {expected}")
        expert, question = next(pair for pair in self.suggested if pair[1] in batch[1] and pair not in self.recused
                                and pair[0] in self.present)
        self.client(expert).command(f"recuse {question} 与申报人同一单位")
        self.recused.add((expert, question))
        demo.say(f"{len(self.suggested)} recusals were suggested; {self.name(expert)} signs that from {question}")


def large(bin_dir, out, office, count):
    *sheets, to_pass = generated.write_round(out / "sheets", 25, count)
    roster = out / "roster"
    part = out / "sheets" / "part.csv"
    with open(sheets[1], encoding="utf-8", newline="") as file:
        rows = list(csv.reader(file))
    with open(part, "w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([rows[0], *rows[2:5]])
    office.before(*sheets, roster, out / "papers", part)
    names, batches, titles = [], [], []
    with open(roster / "candidates.csv", encoding="utf-8-sig", newline="") as file:
        for question, row in enumerate(csv.DictReader(file), 1):
            names.append(row["姓名"])
            if row["批次"] not in titles:
                titles.append(row["批次"])
                batches.append([])
            batches[titles.index(row["批次"])].append(question)
    meeting = small.Small.on(bin_dir, out, 25, [roster / "meeting.toml", roster / "members.csv",
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
    demo.say(f"done in {time.monotonic() - begun:.0f} s; the office's largest command took {office.largest_mib:.0f} "
             f"MiB; all of it is in {options.out}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
