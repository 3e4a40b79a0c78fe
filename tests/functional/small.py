# SPDX-License-Identifier: Apache-2.0
"""A small meeting for the functional tests: generated rosters, helpers that take a batch through its stages."""

import pathlib
import shutil
import tempfile
import time

import driver

ROOT = pathlib.Path(__file__).resolve().parents[2]


def write_rosters(directory, experts, batches, rules=None, trustees=("server", "chair", "supervisor"),
                  committee_size=None, rehearsal=False):
    """@param batches: number of candidates of each. Person 1 is the chair (and an expert), then the other experts,
    then clerk, supervisor, screen. Questions are numbered through from 1."""
    directory = pathlib.Path(directory)
    directory.mkdir(parents=True, exist_ok=True)
    members = ["姓名,单位,角色"]
    members += [f"评委{n:03d},某单位{n},{'主任委员' if n == 1 else '专家'}" for n in range(1, experts + 1)]
    members += ["经办人,人社局,工作人员", "监督员,纪检组,监督人员", "大屏,会场,大屏"]
    (directory / "members.csv").write_text("\n".join(members) + "\n", encoding="utf-8")
    candidates = ["姓名,单位,级别,渠道,批次,业绩摘要,评议组意见"]
    number = 0
    for batch, count in enumerate(batches, 1):
        for _ in range(count):
            number += 1
            candidates.append(f"申报人{number:04d},某公司{number},高级工程师,正常,第{batch}批,主持某工业互联网项目,建议提交评审")
    (directory / "candidates.csv").write_text("\n".join(candidates) + "\n", encoding="utf-8")
    size = committee_size or (experts if experts % 2 else experts + 1)
    rehearsal = rehearsal or size < 7  # a committee of fewer guards nothing, and is no meeting
    lines = ['title = "测试评审会"', 'date = "2026-11-22"', f"rehearsal = {str(rehearsal).lower()}",
             f"committee_size = {size}", "trustees = [" + ", ".join(f'"{t}"' for t in trustees) + "]", "[rules]"]
    lines += [f"{key} = {str(value).lower() if isinstance(value, bool) else repr(value).replace(chr(39), chr(34))}"
              for key, value in (rules or {}).items()]
    (directory / "meeting.toml").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return directory / "meeting.toml", directory / "members.csv", directory / "candidates.csv"


class Small:
    """A meeting in its own temporary folder."""

    def __init__(self, bin_dir, experts=4, batches=(1,), materials=None, **rules):
        """@param materials: a folder for `init --materials`."""
        directory = pathlib.Path(tempfile.mkdtemp(prefix="piaojue-test-"))
        files = write_rosters(directory / "rosters", experts, batches, **rules)
        self.sit(bin_dir, directory, experts, files, materials)

    @classmethod
    def on(cls, bin_dir, directory, experts, files):
        """On rosters that are there already, people in the order of write_rosters, in a folder that is kept."""
        self = cls.__new__(cls)
        self.sit(bin_dir, directory, experts, files)
        return self

    def sit(self, bin_dir, directory, experts, files, materials=None, **where):
        self.directory = directory
        self.meeting = driver.Meeting(bin_dir, directory / "meeting", *files, materials=materials, **where)
        self.experts = list(range(1, experts + 1))
        self.chair, self.clerk, self.supervisor, self.screen = 1, experts + 1, experts + 2, experts + 3
        self.officers = [self.clerk, self.supervisor]

    def __enter__(self):
        return self

    def __exit__(self, kind, *_):
        self.meeting.stop()
        if kind is None:
            shutil.rmtree(self.directory, ignore_errors=True)

    def client(self, person):
        return self.meeting.clients[person]

    @property
    def all_clients(self):
        return self.meeting.clients.values()

    def start(self, screen=False):
        """Server, enrolment, clients, MeetingOpen, everybody signed in."""
        self.meeting.start_server()
        people = [*self.experts, *self.officers] + ([self.screen] if screen else [])
        self.meeting.enrol_all(people)
        self.meeting.start_clients(people)
        self.open_meeting()
        self.sign_in([*self.experts, *self.officers])

    def sign_in(self, people):
        """One after the other; the chair's own log has them when it returns, so that quorum is counted with them."""
        for person in people:
            self.client(person).command("sign-in")
        for person in people:
            self.client(self.chair).wait("entry", 20, type="SignIn", person=person)

    def open_meeting(self):
        """Signed by everybody who is asked: the three roles, and whoever else holds a slot."""
        others = [client for client in self.all_clients if client.person != self.clerk]
        start = {client.person: client.mark() for client in others}
        begun = self.client(self.clerk).begin("draft")
        self.client(self.supervisor).wait("proposal", 20, start[self.supervisor], type="MeetingOpen")
        self.client(self.supervisor).tick_all()
        for client in others:
            if client.wait("proposal", 20, start[client.person], type="MeetingOpen")["yours"]:
                client.sign("MeetingOpen", start[client.person])
        self.client(self.clerk).finish(begun)
        for client in self.all_clients:
            client.wait("meeting", 20)

    def open(self, batch, timeout_s=150):
        """The chair proposes as soon as the keys are there, the supervisor counts the heads and signs."""
        deadline = time.monotonic() + timeout_s
        start = {p: self.client(p).mark() for p in (self.chair, self.supervisor)}
        while True:
            reply = self.client(self.chair).command(f"open {batch}", ok=None)
            if reply["ok"]:
                self.client(self.supervisor).sign("BatchOpen", start[self.supervisor])
                self.client(self.chair).wait("opened", 30, start[self.chair], batch=batch)
                return
            if reply.get("code") not in ("KEY_UNLOGGED", "CONFLICT") or time.monotonic() > deadline:
                raise driver.Failed(f"open {batch}: {reply}")
            time.sleep(0.1)

    def tokens(self, batch, attempt=1, people=None):
        for person in people or self.experts:
            self.client(person).wait("tokens", 40, batch=batch, attempt=attempt)

    def cast(self, choices, questions):
        """@param choices: {person: choice for all questions}."""
        def one(person, choice):
            for q in questions:
                self.client(person).command(f"vote {q} {choice}")
            self.client(person).command("cast", 40)
        driver.at_once([lambda p=p, c=c: one(p, c) for p, c in choices.items()])

    def close(self):
        self.countersigned("close", "BatchClose")

    def not_voted(self, *people):
        """Who has cast nothing says, once the box is there, that it was meant."""
        for person in people:
            self.client(person).wait("state", 60, stage="asked")
            self.client(person).command("not-voted yes")

    def countersigned(self, command, kind, timeout_s=60):
        """The chair proposes, the supervisor signs; done when the chair's own log has it."""
        start = {p: self.client(p).mark() for p in (self.chair, self.supervisor)}
        self.client(self.chair).command(command, timeout_s)
        self.client(self.supervisor).sign(kind, start[self.supervisor], timeout_s)
        self.client(self.chair).wait("entry", timeout_s, start[self.chair], type=kind)

    def declare(self, batch, attempt=1, timeout_s=60):
        self.client(self.chair).wait("counted", timeout_s, batch=batch, attempt=attempt)
        self.countersigned("declare", "Declaration", timeout_s)
        declared = self.client(self.chair).wait("declared", 30, batch=batch, attempt=attempt)
        return {row["question"]: row for row in declared["rows"]}

    def end(self):
        """Closes the meeting, exports, verifies; the verifier's finished process."""
        self.countersigned("close-meeting", "MeetingClose")
        head = self.client(self.chair).wait("head", 20)["hash"]
        record = self.directory / "record.piaojue"
        self.meeting.run_tool("piaojue-server", "export", *self.meeting.place, "--out", record)
        return self.meeting.run_tool("piaojue-verify", record, "--anchor", head, ok=None)
