#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A whole meeting on the files beside this one: one server, fourteen laptops (eleven experts, the chair among them; the
clerk, a supervisor, the big screen), each a process of its own, over TLS. Started by scripts/demo.

What happens: one expert is late and two leave early; one is recused from a candidate; a laptop is killed with kill
-9 in mid-ballot, comes back and votes; an expert has a sealed ballot opened to see what it holds; another one's laptop
is away when voting ends, he says that his vote is missing, and the batch is voided and voted again; one expert does not
vote, and says that it is his own decision; one row ends exactly at two thirds."""

import argparse
import csv
import pathlib
import shutil
import sys
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "tests" / "functional"))
import driver  # noqa: E402

STARTED = time.monotonic()


def say(text):
    print(f"[{time.monotonic() - STARTED:5.1f} s] {text}", flush=True)


def read_members(path):
    """{person: (name, roles)} in the roster's order, which is the order of the slips."""
    raw = path.read_bytes()
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = raw.decode("gb18030")
    rows = list(csv.DictReader(text.splitlines()))
    role = next(name for name in rows[0] if name.strip() in ("角色", "身份", "职务", "委员会职务"))
    return {number: (row["姓名"].strip(), row[role]) for number, row in enumerate(rows, 1) if row["姓名"].strip()}


class Demo:
    def __init__(self, bin_dir, out):
        self.out = out
        self.meeting = driver.Meeting(bin_dir, out, HERE / "meeting.toml", HERE / "members-gb18030.csv",
                                      HERE / "candidates-utf8bom.csv")
        self.people = read_members(HERE / "members-gb18030.csv")
        def having(word):
            return [p for p, (_, roles) in self.people.items() if word in roles]
        self.chair = next(p for p in having("主任委员") if "副主任" not in self.people[p][1])
        self.supervisor = having("监督")[0]
        self.signers = [*having("主任委员"), *having("监督")]  # of the meeting, with the clerk; also the deputy chair
        self.screen = having("大屏")[0]
        self.clerk = next(p for p in self.people if any(w in self.people[p][1] for w in ("经办", "工作人员")))
        self.experts = [p for p in self.people if p not in (self.supervisor, self.screen, self.clerk)]
        self.present = set()
        self.recused = set()
        self.idle = set()  # present, and not going to vote

    def name(self, person):
        return self.people[person][0]

    def client(self, person):
        return self.meeting.clients[person]

    def countersigned(self, command, kind):
        """The chair proposes, the supervisor signs; done when the chair's own log has it."""
        chair, supervisor = self.client(self.chair), self.client(self.supervisor)
        start = {p: p.mark() for p in (chair, supervisor)}
        chair.command(command, 60)
        supervisor.sign(kind, start[supervisor])
        chair.wait("entry", 30, start[chair], type=kind)

    def sign_in(self, people):
        begun = [(p, self.client(p).begin("sign-in")) for p in people]
        for person, begin in begun:
            reply = self.client(person).finish(begin)
            if not reply["ok"]:
                raise driver.Failed(f"{self.name(person)}: {reply}")
        self.present.update(p for p in people if p in self.experts)

    def open(self, batch, timeout_s=600):
        """The chair proposes, again while keys are still being made; the supervisor counts the heads and signs."""
        deadline = time.monotonic() + timeout_s
        start = {p: self.client(p).mark() for p in (self.chair, self.supervisor)}
        while True:
            reply = self.client(self.chair).command(f"open {batch}", ok=None)
            if reply["ok"]:
                break
            if reply.get("code") not in ("KEY_UNLOGGED", "CONFLICT") or time.monotonic() > deadline:
                raise driver.Failed(f"open {batch}: {reply}")
            time.sleep(0.2)
        self.client(self.supervisor).sign("BatchOpen", start[self.supervisor])
        self.client(self.chair).wait("opened", 30, start[self.chair], batch=batch)
        for person in sorted(self.present):
            self.client(person).wait("tokens", 40, batch=batch, attempt=self.attempt(batch))

    def attempt(self, batch):
        return max((e["attempt"] for e in self.client(self.chair).events("opened", batch=batch)), default=1)

    def mark_paper(self, person, questions, agree, abstain):
        """The first `agree[q]` of those who may vote on q agree, the next `abstain[q]` abstain; one of them is this."""
        for q in questions:
            voters = [p for p in sorted(self.present - self.idle) if (p, q) not in self.recused]
            if person not in voters:
                continue
            position = (voters.index(person) + q) % len(voters)
            abstaining = position < agree[q] + abstain.get(q, 0)
            choice = "agree" if position < agree[q] else "abstain" if abstaining else "disagree"
            self.client(person).command(f"vote {q} {choice}")

    def vote(self, people, questions, agree, abstain):
        def one(person):
            self.mark_paper(person, questions, agree, abstain)
            self.client(person).command("cast", 40)
        driver.at_once([lambda p=p: one(p) for p in people])

    def declare(self, batch, attempt):
        chair = self.client(self.chair)
        counted = chair.wait("counted", 60, batch=batch, attempt=attempt)
        self.countersigned("declare", "Declaration")
        declared = chair.wait("declared", 30, batch=batch, attempt=attempt)
        for row in declared["rows"]:
            words = (("contested", "待复核表决"), ("mode_sensitive", "随回避方式而异"))
            marks = "".join(f"  [{word}]" for key, word in words if row.get(key))
            print(f"            {row['question']:>3}  {row['name']:<6} {row['text']}{marks}", flush=True)
        return counted

    def run(self):
        batch = self.begin_meeting()
        late, early = self.experts[-1], self.experts[1:3]
        self.gather(batch, late)
        self.first_batch(batch[1])
        self.second_batch(batch[2], late)
        self.third_batch(batch[3], early)
        self.close_meeting()
        return self.verify()

    def begin_meeting(self):
        """@return the questions of each batch, once the meeting is open."""
        say(f"meeting made from {HERE.name}/: {len(self.people)} people, {len(self.experts)} of them experts")
        address = self.meeting.start_server()
        say(f"server on {address}; laptops enrol with their slips")
        self.meeting.enrol_all()
        self.meeting.start_clients()
        say("every laptop is connected; the clerk proposes the meeting; the supervisor ticks the sign-in sheet line by "
            "line, and signs, with the chair and his deputy")
        start = {p: self.client(p).mark() for p in self.signers}
        begun = self.client(self.clerk).begin("draft")
        self.client(self.supervisor).wait("proposal", 20, start[self.supervisor], type="MeetingOpen")
        self.client(self.supervisor).tick_all()
        for p in self.signers:
            self.client(p).sign("MeetingOpen", start[p])
        self.client(self.clerk).finish(begun)
        for client in self.meeting.clients.values():
            questions = client.wait("meeting", 20)["batches"]
        return {b["batch"]: b["questions"] for b in questions}

    def gather(self, batch, late):
        """All but one sign in; interviews and a recusal are noted."""
        self.sign_in([self.clerk, self.supervisor, *[p for p in self.experts if p != late]])
        for q in batch[3]:
            self.client(self.clerk).command(f"interview {q} 面试答辩：回答清楚，业绩属实，答辩小组建议提交评审。")
        shy = self.experts[4]
        self.client(shy).command(f"recuse {batch[1][2]} 与申报人为同一单位")
        self.recused.add((shy, batch[1][2]))
        say(f"signed in: {len(self.present)} of {len(self.experts)} experts ({self.name(late)} is late); "
            f"{self.name(shy)} is recused from question {batch[1][2]}")

    def first_batch(self, questions):
        """Ten present, need seven; one laptop dies in mid-ballot."""
        self.open(1)
        say(f"batch 1 open: {len(questions)} candidates, {len(self.present)} present")
        wanted = dict(zip(questions, [10, 9, 8, 7, 7, 6, 8, 10, 9, 5, 7, 6]))
        abstain = {questions[4]: 2, questions[9]: 1}
        victim = self.experts[6]
        self.vote([p for p in sorted(self.present) if p != victim], questions, wanted, abstain)
        self.client(victim).command(f"vote {questions[0]} agree")
        self.client(victim).kill9()
        say(f"{self.name(victim)}'s laptop was killed (kill -9) in mid-ballot; it is started again")
        self.meeting.start_client(victim).wait("tokens", 40, batch=1)
        self.vote([victim], questions, wanted, abstain)
        self.checked(self.experts[3], questions, wanted, abstain)
        say("all have cast; chair and supervisor close: mixing, checking, confirming, opening")
        self.countersigned("close", "BatchClose")
        self.declare(1, 1)

    def checked(self, person, questions, agree, abstain):
        """Somebody doubts his laptop: the sealed envelope is opened on the supervisor's, void, and voted again."""
        doubter, supervisor = self.client(person), self.client(self.supervisor)
        start = doubter.mark()
        doubter.command(f"check {self.supervisor}", 40)
        deadline = time.monotonic() + 60
        for wanted, line in (("asked", f"check-accept {person}"), ("opened", f"verdict {person} agrees")):
            while not any(c["person"] == person and c["state"] == wanted for c in supervisor.command("now")["checks"]):
                if time.monotonic() > deadline:
                    raise driver.Failed(f"{self.name(person)}'s check is not {wanted}")
                time.sleep(0.2)
            supervisor.command(line, 40)
        doubter.wait("tokens", 40, start, batch=1)
        say(f"抽查: {self.name(person)} had his sealed ballot opened on the supervisor's laptop: it held what he had "
            "chosen; it is void, and he casts a new one that nobody opens")
        self.vote([person], questions, agree, abstain)

    def second_batch(self, questions, late):
        """Eleven present, need eight; one is shut out, says so, and all vote again."""
        self.sign_in([late])
        say(f"{self.name(late)} has arrived: {len(self.present)} present")
        self.open(2)
        wanted = dict(zip(questions, [9, 7, 8, 10, 6]))
        shut_out = self.experts[7]
        self.client(shut_out).kill9()
        self.vote(sorted(self.present - {shut_out}), questions, {q: 0 for q in questions}, {})
        self.countersigned("close", "BatchClose")
        say(f"batch 2: the laptop of {self.name(shut_out)} was away, and the voting was closed without him")
        self.missing(shut_out)
        self.countersigned("void all 一位专家的设备中断，未能投票，按程序重新投票", "Void")
        say("so chair and supervisor void the batch, before anything was opened; it is voted again, by all eleven")
        self.open(2)
        self.vote(sorted(self.present), questions, wanted, {})
        self.countersigned("close", "BatchClose")
        self.declare(2, 2)

    def missing(self, person):
        """His own program asks him, his answer is signed and stands in the log, and nothing can be opened over it."""
        client, chair = self.meeting.start_client(person), self.client(self.chair)
        client.wait("state", 60, stage="asked", batch=2)
        client.command("not-voted no", 40)
        chair.wait("entry", 40, type="Confirm", person=person, ok=False)
        now = chair.command("now")["attempt"]
        if now["missing"] != [person] or now["shared"] != 0:
            raise driver.Failed(f"{self.name(person)} said MISSING, and the chair's laptop does not show it: {now}")
        say(f"the laptop is back and asks: 「您没有投票，是您自己的决定吗？」 {self.name(person)} says no: "
            "MISSING, signed, in red on every screen; no trustee opens anything over it")

    def third_batch(self, questions, early):
        """Two have left, nine present, need seven: six is exactly two thirds and fails. One does not vote."""
        for person in early:
            self.client(person).command("sign-out")
            self.present.discard(person)
        say(f"{' and '.join(self.name(p) for p in early)} have left: {len(self.present)} present")
        self.open(3)
        silent = self.experts[9]
        self.idle.add(silent)
        self.vote(sorted(self.present - self.idle), questions, dict(zip(questions, [6, 7, 8])), {})
        self.countersigned("close", "BatchClose")
        self.client(silent).wait("state", 60, stage="asked", batch=3)
        self.client(silent).command("not-voted yes", 40)
        say(f"batch 3: {self.name(silent)} has not voted; asked by his own laptop, he says that it was his decision: "
            "NOT_CAST, signed; he counts as present, and agrees to nobody")
        self.declare(3, 1)

    def close_meeting(self):
        """Every laptop shows the same head hash, which is written down."""
        self.countersigned("close-meeting", "MeetingClose")
        head = self.client(self.screen).wait("head", 30)["hash"]
        say("the meeting is closed; every laptop shows the same head hash:")
        for p in self.meeting.clients:
            if self.client(p).wait("head", 30)["hash"] != head:
                raise driver.Failed(f"{self.name(p)} sees another head hash")
        print(f"            {head}", flush=True)
        (self.out / "anchor.txt").write_text(head + "\n", encoding="utf-8")

    def verify(self):
        """The auditor's part, on the server's record and on a laptop's own. @return the verifier's exit code."""
        record = self.out / "record.piaojue"
        self.meeting.run_tool("piaojue-server", "export", self.meeting.server_dir, "--out", record)
        own = self.out / "record-of-a-laptop.piaojue"
        self.client(self.experts[3]).command(f"export {own}")
        self.meeting.stop()
        say("an auditor, with the record and the hash on paper, trusting nobody:")
        self.meeting.run_tool("piaojue-verify", own, "--anchor-file", self.out / "anchor.txt")
        done = self.meeting.run_tool("piaojue-verify", record, "--anchor-file", self.out / "anchor.txt", ok=None)
        shutil.copy(self.meeting.bin / "auditor.html", self.out / "auditor.html")
        say(f"the same without installing anything: open {self.out}/auditor.html in a browser, drop both files in")
        print(done.stdout, end="", flush=True)
        sys.stderr.write(done.stderr)
        if done.returncode == 0 and not done.stdout.rstrip().endswith("VERIFIED 27/27"):
            raise driver.Failed("the record was not verified by 27 checks")
        return done.returncode


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--bin", type=pathlib.Path, required=True, help="folder of the programs")
    parser.add_argument("--out", type=pathlib.Path, required=True, help="folder to make (replaced if it exists)")
    options = parser.parse_args()
    shutil.rmtree(options.out, ignore_errors=True)
    demo = Demo(options.bin, options.out)
    try:
        with demo.meeting:
            return demo.run()
    except driver.Failed as failure:
        print(f"demo: {failure}", file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main())
