# SPDX-License-Identifier: Apache-2.0
"""A meeting from the office's desk (docs/office.md): made from verified sheets, its server started, watched and
stopped, slips and sheet from memory, by the door of the page."""

import json
import os
import pathlib
import shutil
import signal
import subprocess
import tempfile
import time
import unittest

import driver
import page
import small

BIN = pathlib.Path(os.environ["PIAOJUE_BIN_DIR"])
EXAMPLES = small.ROOT / "examples"
PASSPHRASE = "口令口令一二三四"
DATE = ("--date", "2026-10-08", "--date-reason", "示例")


class Desk(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        """An office in which everybody is decided about; each test has a copy."""
        cls.made = pathlib.Path(tempfile.mkdtemp(prefix="piaojue-desk-"))
        cls.addClassCleanup(shutil.rmtree, cls.made, ignore_errors=True)

        def clerk(command, *args):
            done = subprocess.run([BIN / "piaojue-office", command, "--office", cls.made / "office", *args], text=True,
                                  capture_output=True, env={**os.environ, "PIAOJUE_PASSPHRASE": PASSPHRASE},
                                  check=False, timeout=120, stdin=subprocess.DEVNULL)
            if done.returncode != 0:
                raise driver.Failed(f"{command}: {done.stderr}")
            return done.stdout

        clerk("enlist", "--name", "周晓棠", *DATE)
        clerk("import", "--members", EXAMPLES / "members.xlsx", "--candidates", EXAMPLES / "candidates.xlsx",
              "--appraisals", EXAMPLES / "appraisals.xlsx", "--extension", "示例：沿用原标准的通知", *DATE)
        left = [str(v["candidate"]) for v in json.loads(clerk("verdicts", "--json")) if v["standing"] == "REVIEW"]
        clerk("decide", "--candidate", ",".join(left), "--verdict", "ELIGIBLE", "--reason", "材料齐全", "--basis",
              "办公室会议纪要", *DATE)

    def setUp(self):
        self.directory = pathlib.Path(tempfile.mkdtemp(prefix="piaojue-desk-"))
        self.addCleanup(shutil.rmtree, self.directory, ignore_errors=True)
        self.office = self.directory / "office"
        shutil.copytree(self.made / "office", self.office)
        self.desk = None
        self.addCleanup(self.end_servers)
        self.begin()

    def begin(self):
        """The desk's page, and whoever has signed on at it."""
        if self.desk:
            self.desk.stop()
        else:
            self.addCleanup(lambda: self.desk.stop())
        self.desk = driver.Process("desk", [BIN / "piaojue-office", "page", "--office", self.office, "--no-browser",
                                            *DATE], self.directory)
        self.session = page.Session(json.loads(self.desk.wait_line(lambda _: True)[1])["url"])
        self.door = self.session.door()
        self.ask("unlock", person=1, passphrase=PASSPHRASE)

    def end_servers(self):
        for lock in self.office.glob("meetings/*/server/lock"):
            if driver.lock_holder(lock):
                os.kill(driver.lock_holder(lock), signal.SIGKILL)

    def ask(self, verb, ok=True, **values):
        reply = self.door.command(f"{verb} {json.dumps(values, ensure_ascii=False)}", 150)
        self.assertEqual(reply["ok"], ok, f"{verb} {values}: {reply}")
        return reply

    def new(self, ok=True, **other):
        return self.ask("meeting-new", ok=ok, **{
            "title": "评审会议", "date": "2026-10-20", "rehearsal": False, "committee_size": 11, "size_approval": "",
            "chair": True, "supervisor": True, "rules": {}, "host": "127.0.0.1", "batch_size": 4, "struck": [],
            "struck_reason": "", **other})

    def until(self, wanted, timeout_s=40, **values):
        deadline = time.monotonic() + timeout_s
        while True:
            state = self.ask("meeting-state", **values)
            if wanted(state):
                return state
            self.assertLess(time.monotonic(), deadline, state)
            time.sleep(0.3)

    def lock(self, name):
        return self.office / "meetings" / name / "server" / "lock"

    def test_a_meeting_is_made_whole_or_not_at_all(self):
        """Harm: a half-made meeting is taken for a made one, or a refusal is one that nobody can act on."""
        entries = self.ask("state")["entries"]
        self.assertIn("单数", self.new(ok=False, committee_size=12)["message"])
        self.assertIn("会议名称", self.new(ok=False, title=" ")["message"])
        self.assertIn("203.0.113.9", self.new(ok=False, host="203.0.113.9")["message"])
        self.assertTrue(self.new(ok=False, chair=False, supervisor=False)["message"])
        self.assertEqual(list((self.office / "meetings").iterdir()), [])
        self.assertFalse((self.office / "roster").exists())
        self.assertEqual(self.ask("state")["entries"], entries, "what is refused is not signed")
        # A title is a text, whatever stands in it.
        title = '甲" rehearsal = true # 乙\\'
        name = self.new(title=title)["meeting"]
        self.assertEqual(name, "2026-10-20-1")
        status = self.ask("meeting-state", meeting=name)["status"]
        self.assertEqual((status["title"], status["rehearsal"], status["phase"]), (title, False, "before-open"))
        self.assertEqual(self.ask("state")["entries"], entries + 1)
        self.assertEqual((self.office / "roster" / "candidates.csv").read_bytes(),
                         (self.office / "meetings" / name / "candidates.csv").read_bytes())

    def test_a_rehearsal_leaves_the_roster_as_it_is(self):
        """Harm: a rehearsal with other batches takes the place of the roster that the meeting was held on, and the
        meeting's record is refused."""
        real = self.new()["meeting"]
        def standing():
            return self.ask("state")["entries"], (self.office / "roster" / "candidates.csv").read_bytes()
        before = standing()
        practice = self.new(rehearsal=True, batch_size=9, chair=False, supervisor=False)["meeting"]
        self.assertEqual((real, practice), ("2026-10-20-1", "2026-10-20-2-rehearsal"))
        self.assertEqual(before, standing())
        self.assertTrue(self.ask("meeting-state", meeting=practice)["status"]["rehearsal"])

    def test_the_server_outlives_the_page_and_falls_are_told(self):
        """Harm: closing a browser's tab, or an update of the desk, ends the meeting; a server that fell is missed by
        everybody but those in the hall; or it falls again and again and nobody reads why."""
        name = self.new()["meeting"]
        other = self.new(rehearsal=True)["meeting"]
        self.ask("meeting-start", meeting=name)
        pid = driver.lock_holder(self.lock(name))
        self.assertNotEqual(pid, 0)
        self.assertIn(name, self.ask("meeting-start", ok=False, meeting=other)["message"])
        self.begin()
        self.assertEqual(driver.lock_holder(self.lock(name)), pid, "the same process")
        self.assertTrue(self.ask("meeting-state", meeting=name)["running"])
        os.kill(pid, signal.SIGKILL)
        state = self.until(lambda s: s["running"] and s["falls"], meeting=name)
        self.assertEqual(len(state["falls"]), 1)
        self.assertIn("listening", state["falls"][0]["lines"])
        self.assertNotEqual(driver.lock_holder(self.lock(name)), pid)
        for fall in (2, 3):
            os.kill(driver.lock_holder(self.lock(name)), signal.SIGKILL)
            self.until(lambda s, n=fall: s["running"] and len(s["falls"]) == n, meeting=name)
        os.kill(driver.lock_holder(self.lock(name)), signal.SIGKILL)
        self.assertFalse(self.until(lambda s: s["down"], meeting=name)["running"], "not a fourth time")
        self.ask("meeting-start", meeting=name)
        pid = driver.lock_holder(self.lock(name))
        self.ask("meeting-stop", meeting=name, knowing="")
        self.assertEqual(driver.lock_holder(self.lock(name)), 0)
        time.sleep(3)
        state = self.ask("meeting-state", meeting=name)
        self.assertEqual((state["running"], state["wanted"], state["falls"]), (False, False, []),
                         "what was stopped stays stopped")

    def test_slips_are_printed_from_memory(self):
        """Harm: codes that enrol anybody lie in a folder of papers; a slip that is void or used is handed out."""
        name = self.new()["meeting"]
        self.ask("meeting-start", meeting=name)
        made = self.ask("meeting-slips", meeting=name, per_page=8)
        self.assertEqual(made["count"], 14)
        answer = self.session.get(made["page"])
        self.assertEqual(answer.status, 200)
        self.assertNotIn("script-src", answer.headers["content-security-policy"])
        server = self.office / "meetings" / name / "server"
        old = (server / "slips" / "03-高㛃.txt").read_text(encoding="utf-8")
        code = next(line for line in old.splitlines() if line.startswith("piaojue2:")).rpartition(":")[2]
        self.assertIn(code, answer.body.decode())
        self.assertFalse((self.office / "papers").exists())
        # The new one voids the old; the page of before is gone.
        again = self.ask("meeting-new-slip", meeting=name, person=3, per_page=1)
        self.assertEqual(again["count"], 1)
        text = self.session.get(again["page"]).body.decode()
        self.assertIn("高㛃", text)
        self.assertNotIn(code, text)
        self.assertEqual(self.session.get(made["page"]).status, 404)
        newest = next(server.glob("slips/03-高㛃-2.txt"))
        subprocess.run([BIN / "piaojue", "enrol", "--slip", newest, "--home", self.directory / "three"], check=True,
                       timeout=60, stdin=subprocess.DEVNULL, capture_output=True,
                       env={**os.environ, "PIAOJUE_PASSPHRASE": PASSPHRASE})
        self.assertEqual(self.ask("meeting-slips", meeting=name, per_page=8)["count"], 13, "used: no more")
        self.assertIn("没有可以打印", self.ask("meeting-slips", ok=False, meeting=name, person=3)["message"])
        person = self.until(lambda s: s["status"]["people"][2]["enrolled"], meeting=name)["status"]["people"][2]
        sheet = self.session.get(self.ask("meeting-sheet", meeting=name)["page"]).body.decode()
        self.assertIn(person["device_code"], sheet)

    def test_the_clerks_terminal_opens_and_opens_again(self):
        """Harm: a terminal's command line, on the one machine where somebody was promised none."""
        name = self.new()["meeting"]
        self.ask("meeting-start", meeting=name)
        first = self.ask("meeting-terminal", meeting=name)["url"]
        door = page.Session(first).door()
        slip = door.command("prefill")["slip"]
        self.assertIn("012-", json.dumps(slip), "the slip of the clerk who has signed on")
        self.assertTrue(self.ask("meeting-state", meeting=name)["terminal"])
        second = self.ask("meeting-terminal", meeting=name)["url"]
        self.assertNotEqual(first, second)
        self.assertEqual(page.Session(second).door().answer.status, 101)

    def test_without_a_key_nothing_is_made_or_stopped(self):
        """Harm: whoever finds the page open stops the meeting."""
        self.desk.stop()
        self.desk = driver.Process("desk", [BIN / "piaojue-office", "page", "--office", self.office, "--no-browser"],
                                   self.directory)
        self.door = page.Session(json.loads(self.desk.wait_line(lambda _: True)[1])["url"]).door()
        for verb in ("meeting-plan", "meeting-new", "meetings", "meeting-state", "meeting-start", "meeting-stop",
                     "meeting-slips", "meeting-new-slip", "meeting-sheet", "meeting-terminal", "meeting-record"):
            self.ask(verb, ok=False, meeting="2026-10-20-1")

    def test_a_name_of_no_meeting_reaches_nothing(self):
        """Harm: a page's name leads to another folder, "../.."."""
        self.new()
        for name in ("", "..", "../meetings/2026-10-20-1", "2026-10-20-1/", ".making", "2026-10-20-9"):
            for verb in ("meeting-state", "meeting-start", "meeting-slips", "meeting-record"):
                self.assertIn("没有这次会议", self.ask(verb, ok=False, meeting=name)["message"])

    def test_without_a_command_the_page_opens_on_an_office_of_ones_own(self):
        """Harm: the first thing that a clerk is asked for is a command."""
        home = self.directory / "home"
        home.mkdir()
        program = driver.Process("own", [BIN / "piaojue-office"], self.directory, env={"HOME": str(home)})
        self.addCleanup(program.stop)
        door = page.Session(json.loads(program.wait_line(lambda _: True)[1])["url"]).door()
        state = door.command("state {}")
        self.assertEqual((state["folder"], state["people"]), (str(home / "piaojue-office"), []))
        self.assertTrue(door.command('enlist {"name":"周晓棠","passphrase":"口令口令一二三四"}')["ok"])
        self.assertTrue((home / "piaojue-office" / "ledger").exists())


if __name__ == "__main__":
    unittest.main()
