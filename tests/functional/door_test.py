# SPDX-License-Identifier: Apache-2.0
"""Wrong input at the doors that people use: command lines and the client's commands. A clear word, the right exit
code, nothing lost."""

import hashlib
import json
import os
import pathlib
import subprocess
import unittest

import small

BIN = pathlib.Path(os.environ["PIAOJUE_BIN_DIR"])


def run(program, *args, env=None):
    return subprocess.run([str(BIN / program), *map(str, args)], capture_output=True, text=True,
                          stdin=subprocess.DEVNULL, env={**os.environ, **(env or {})}, timeout=60)


class Programs(unittest.TestCase):
    def test_help_and_version(self):
        for program in ("piaojue", "piaojue-server", "piaojue-verify"):
            self.assertEqual(run(program, "--help").returncode, 0, program)
            self.assertRegex(run(program, "--version").stdout + run(program, "--version").stderr, r"\d+\.\d+\.\d+")
            self.assertEqual(run(program, "--no-such-flag").returncode, 2, program)

    def test_programs_say_which_file_they_are(self):
        # Harm: an office compares a number that is not its program's, or cannot compare at all.
        for program in ("piaojue", "piaojue-server", "piaojue-verify", "piaojue-office"):
            name, build, sha256 = run(program, "--version", "--hash").stdout.splitlines()
            self.assertRegex(name, rf"^{program} \d+\.\d+\.\d+$")
            self.assertRegex(build, r"^build [0-9a-f]{40}$")
            self.assertEqual(sha256, f"sha256 {hashlib.sha256((BIN / program).read_bytes()).hexdigest()}")
            self.assertEqual(run(program, "--version").stdout.splitlines(), [name, build])
            self.assertNotEqual(run(program, "--hash").returncode, 0, "alone it asks for nothing")

    def test_a_meeting_is_never_overwritten(self):
        # Harm: `init` typed again in the morning of the meeting.
        with small.Small(BIN) as meeting:
            files = small.write_rosters(meeting.directory / "again", 4, (1,))
            done = run("piaojue-server", "init", meeting.meeting.server_dir, "--meeting", files[0], "--members",
                       files[1], "--candidates", files[2])
            self.assertNotEqual(done.returncode, 0)
            self.assertTrue(done.stderr.strip())

    def test_wrong_rosters_and_rules_are_named_and_leave_nothing_behind(self):
        # Harm: half a meeting that looks like a whole one.
        with small.Small(BIN) as meeting:
            base = meeting.directory / "wrong"
            for change, said in (
                    (lambda t, m, c: m.write_text("姓名,单位,角色\n张三,某单位,看客\n", encoding="utf-8"), "看客"),
                    (lambda t, m, c: c.write_text("", encoding="utf-8"), ""),
                    (lambda t, m, c: t.write_text(t.read_text() + "no_such_rule = 1\n"), "no_such_rule"),
                    (lambda t, m, c: t.write_text(t.read_text().replace("committee_size = 5", "committee_size = 4")),
                     ""),
                    (lambda t, m, c: m.write_bytes(b"\xff\xfe\x00\x01\x02"), "")):
                files = small.write_rosters(base, 4, (1,))
                change(*files)
                target = meeting.directory / "never"
                done = run("piaojue-server", "init", target, "--meeting", files[0], "--members", files[1],
                           "--candidates", files[2])
                self.assertNotEqual(done.returncode, 0)
                self.assertTrue(done.stderr.strip())
                self.assertIn(said, done.stderr)
                self.assertFalse(target.exists() and any(target.rglob("*.toml")), "nothing is left")

    def test_a_wrong_slip_or_passphrase_is_said(self):
        with small.Small(BIN) as meeting:
            home = meeting.directory / "home"
            env = {"PIAOJUE_PASSPHRASE": "口令"}
            self.assertNotEqual(run("piaojue", "enrol", "--slip", "piaojue2:nonsense", "--home", home,
                                    env=env).returncode, 0)
            done = run("piaojue", "enrol", "--slip", "there/is/no.slip", "--home", home, env=env)
            self.assertNotEqual(done.returncode, 0)
            self.assertIn("there/is/no.slip", done.stderr)
            self.assertNotIn("MALFORMED", done.stderr, "a wrong name is no wrong slip")
            self.assertFalse(home.exists())
            self.assertNotEqual(run("piaojue", "run", "--home", meeting.directory / "nowhere", env=env).returncode, 0)
            meeting.meeting.start_server()
            meeting.meeting.enrol(1)
            done = run("piaojue", "run", "--home", meeting.meeting.home(1), env={"PIAOJUE_PASSPHRASE": "another"})
            self.assertNotEqual(done.returncode, 0)
            self.assertTrue(done.stderr.strip())


class Door(unittest.TestCase):
    def test_commands_at_the_wrong_time_or_by_the_wrong_person_are_refused_with_a_reason(self):
        # Harm: a chair's slip of the finger that the hall has to live with.
        with small.Small(BIN, experts=4, batches=(1,)) as meeting:
            meeting.start(screen=True)
            chair, expert = meeting.client(meeting.chair), meeting.client(2)
            for who, line in ((chair, "close"), (chair, "declare"), (chair, "open 7"), (chair, "no-such-command"),
                              (chair, "vote"),
                              (expert, "vote 1 agree"), (expert, "open 1"), (expert, "close"), (expert, "sign-in"),
                              (meeting.client(meeting.screen), "sign-in"), (chair, "void all"),
                              (expert, "recuse 99 why")):
                reply = who.command(line, ok=False)
                self.assertTrue(reply.get("code"), line)
                self.assertTrue(reply.get("message"), line)
            meeting.open(1)
            meeting.tokens(1)
            self.assertTrue(expert.command("cast", ok=False)["message"], "an incomplete paper is not cast")
            expert.command("vote 1 perhaps", ok=False)
            meeting.cast({1: "agree", 2: "disagree", 3: "agree", 4: "agree"}, [1])
            for line in ("vote 1 agree", "cast"):
                self.assertTrue(expert.command(line, ok=False)["code"], "what was cast is not taken out again")
            meeting.close()
            expert.wait("closed", 20, batch=1)
            expert.command("vote 1 disagree", ok=False)
            expert.command("cast", ok=False)
            row = meeting.declare(1)[1]
            self.assertEqual((row["agree"], row["disagree"]), (3, 1), "the envelope that was cast counts, once")
            waited = {line.get("waiting") for line in chair.lines if line.get("event") == "trustee"}
            self.assertIn("NOT_WITNESSED", waited, "a box that is not cosigned yet is no reason to secure a server")
            self.assertNotIn("LOG_SPLIT", waited)
            self.assertEqual(meeting.end().returncode, 0)

    def test_quorum_and_presence_decide_who_may_vote(self):
        # Harm: a result by too few, or by somebody who was not in the hall.
        with small.Small(BIN, experts=5, batches=(1, 1)) as meeting:
            meeting.meeting.start_server()
            people = [*meeting.experts, *meeting.officers]
            meeting.meeting.enrol_all(people)
            meeting.meeting.start_clients(people)
            meeting.open_meeting()
            meeting.sign_in([1, 2, 3, *meeting.officers])
            meeting.client(1).wait("keys", 60, batch=1)
            self.assertEqual(meeting.client(1).command("open 1", ok=False)["code"], "QUORUM")
            meeting.sign_in([4])
            meeting.open(1)
            meeting.sign_in([5])  # late: joins the next batch
            meeting.tokens(1, people=[1, 2, 3, 4])
            meeting.client(5).command("vote 1 agree", ok=False)
            # Leaves without having voted: asked first, and stays in P as not cast.
            self.assertEqual(meeting.client(4).command("sign-out", ok=False)["code"], "ASK")
            meeting.client(4).command("sign-out not-voted yes")
            meeting.cast({1: "agree", 2: "agree", 3: "agree"}, [1])
            meeting.close()
            row = meeting.declare(1)[1]
            self.assertEqual((row["present"], row["agree"], row["not_cast"], row["needed"], row["passed"]),
                             (4, 3, 1, 3, True))
            self.assertEqual(meeting.end().returncode, 0)

    def test_a_sign_in_sheet_has_the_codes_that_each_screen_shows(self):
        # Harm: keys that somebody swapped on the way stand in the meeting, because nobody could compare them.
        with small.Small(BIN, experts=5) as meeting:
            meeting.meeting.start_server()
            people = [1, 2, 3, 4, *meeting.officers]
            meeting.meeting.enrol_all(people)
            meeting.meeting.start_clients(people)
            supervisor = meeting.client(meeting.supervisor)
            meeting.client(meeting.clerk).begin("draft")
            proposal = supervisor.wait("proposal", 20, type="MeetingOpen")
            rows = {row["person"]: row for row in supervisor.command("sheet")["rows"]}
            for person in people:
                now = meeting.client(person).command("now")
                self.assertEqual((now["meeting"], now["device_code"]), ("before-open", rows[person]["device_code"]))
            self.assertIsNone(rows[5]["device_code"], "who has not enrolled has none")
            of_another = rows[2]["device_code"]
            self.assertEqual(supervisor.command(f"tick 1 {of_another}", ok=False)["code"], "CONFLICT")
            self.assertEqual(supervisor.command(f"approve {proposal['id']}", ok=False)["code"], "WRONG_PHASE")
            left = None
            for person in people:
                left = supervisor.command(f"tick {person} {rows[person]['device_code']}")["left"]
            self.assertEqual(left, [])
            supervisor.command(f"approve {proposal['id']}")

    def test_two_of_two_roles_can_end_a_meeting_without_its_chair_and_it_is_marked(self):
        # Harm: the chair's laptop is broken, and the record has no end; or two people end it and nobody can tell.
        with small.Small(BIN, experts=4, batches=(1,)) as meeting:
            meeting.start()
            start = meeting.client(meeting.supervisor).mark()
            self.assertEqual(meeting.client(meeting.clerk).command("close-meeting", ok=None)["code"], "PENDING")
            meeting.client(meeting.supervisor).sign("MeetingClose", start)
            head = meeting.client(meeting.chair).wait("head", 30)["hash"]
            record = meeting.directory / "record.piaojue"
            meeting.meeting.run_tool("piaojue-server", "export", meeting.meeting.server_dir, "--out", record)
            done = meeting.meeting.run_tool("piaojue-verify", record, "--anchor", head, "--json")
            kinds = {one["kind"]: one for one in json.loads(done.stdout)["changes"]}
            self.assertEqual(kinds["close_two"]["signers"], [meeting.clerk, meeting.supervisor])


if __name__ == "__main__":
    unittest.main()
