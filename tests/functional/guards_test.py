# SPDX-License-Identifier: Apache-2.0
"""What a meeting does when a guard fails: a laptop that lies, a trustee's that breaks, one that can not confirm, a
server that is told to stop. Real programs; each way ends in a record that verifies and names what was done."""

import json
import os
import pathlib
import shutil
import unittest

import driver
import small

BIN = pathlib.Path(os.environ["PIAOJUE_BIN_DIR"])


class Guards(unittest.TestCase):
    def sit(self, batches=(1,), **rules):
        meeting = small.Small(BIN, experts=7, batches=batches, **rules)
        self.addCleanup(shutil.rmtree, meeting.directory, True)
        self.addCleanup(meeting.meeting.stop)
        meeting.start()
        return meeting

    def vote(self, meeting, batch, question, attempt=1, people=None):
        """Two of seven disagree."""
        people = people or meeting.experts
        meeting.tokens(batch, attempt, people)
        meeting.cast({p: "disagree" if p in (5, 6) else "agree" for p in people}, [question])

    def changes(self, meeting):
        """Closes, exports, verifies. @return the changes that the record lists, by kind"""
        meeting.countersigned("close-meeting", "MeetingClose")
        head = meeting.client(meeting.chair).wait("head", 30)["hash"]
        record = meeting.directory / "record.piaojue"
        meeting.meeting.run_tool("piaojue-server", "export", meeting.meeting.server_dir, "--out", record)
        done = meeting.meeting.run_tool("piaojue-verify", record, "--anchor", head, "--json", ok=None)
        report = json.loads(done.stdout)
        self.assertTrue(report["verified"], [c for c in report["checks"] if c["outcome"] != "holds"])
        self.assertEqual(report["checks_holding"], 27)
        out = {}
        for change in report["changes"]:
            out.setdefault(change["kind"], []).append(change)
        return out

    def new_laptop(self, meeting, person):
        """A new slip, new keys; chair and supervisor compare the device code with that person's screen."""
        client = meeting.client(person)
        if client.running:
            client.stop()
        before = set((meeting.meeting.server_dir / "slips").iterdir())
        meeting.meeting.run_tool("piaojue-server", "slip", meeting.meeting.server_dir, "--person", person)
        slip, = set((meeting.meeting.server_dir / "slips").iterdir()) - before
        shutil.rmtree(meeting.meeting.home(person))
        meeting.meeting.enrol(person, slip)
        start = {p: meeting.client(p).mark() for p in (meeting.chair, meeting.supervisor)}
        client = meeting.meeting.start_client(person)
        client.wait("connected", 30)
        shown = client.command("now")["device_code"]
        for signer in (meeting.chair, meeting.supervisor):
            # Nobody signs it among others.
            meeting.client(signer).wait("proposal", 30, 0, type="KeyChange", yours=True)
            meeting.client(signer).command("approve all", ok=None)
            proposal = meeting.client(signer).sign("KeyChange", 0, 30)
            self.assertEqual(proposal["device_code"], shown)
        meeting.client(meeting.chair).wait("entry", 30, start[meeting.chair], type="KeyChange", person=person)
        client.wait("entry", 30, type="KeyChange", person=person)
        return client

    def checks(self, meeting, person, state):
        """Waits until the supervisor's program has this person's check in that state; what it shows of it."""
        supervisor = meeting.client(meeting.supervisor)
        found = supervisor.until("now", lambda now: [c for c in now["checks"]
                                                     if c["person"] == person and c["state"] == state])
        return found[0]

    def test_a_laptop_that_differs_is_stopped_replaced_and_the_batch_voted_again(self):
        # Harm: malware that swaps a vote is caught by its owner, and goes on voting all the same.
        meeting = self.sit()
        meeting.open(1)
        self.vote(meeting, 1, 1)
        doubter, supervisor = meeting.client(2), meeting.client(meeting.supervisor)
        doubter.command(f"check {meeting.supervisor}", 40)
        self.checks(meeting, 2, "asked")
        supervisor.command("check-accept 2", 40)
        self.assertEqual(self.checks(meeting, 2, "opened")["questions"], [{"question": 1, "choice": "agree"}])
        supervisor.command("verdict 2 differs", 40)
        self.assertEqual(meeting.client(3).wait("entry", 30, type="Incident")["code"], "CHECK_DIFFERS")
        for person in (3, meeting.clerk):
            meeting.client(person).until("now", lambda now: any(a["kind"] == "check-differs" and a["person"] == 2
                                                                for a in now["alarms"]))
        for client in meeting.all_clients:
            self.assertFalse([e for e in client.events("tokens", batch=1, cast=1)], "no more tokens for this laptop")
        meeting.countersigned("void all 抽查不一致，按程序重新投票", "Void")
        self.new_laptop(meeting, 2)
        meeting.open(1)
        self.vote(meeting, 1, 1, 2)
        meeting.close()
        row = meeting.declare(1, 2)[1]
        self.assertEqual((row["present"], row["agree"], row["disagree"], row["contested"]), (7, 5, 2, False))
        changes = self.changes(meeting)
        self.assertEqual([(c["person"], c["verdict"]) for c in changes["check"]], [(2, "differs")])
        self.assertEqual([(c["person"], c["by"], c["first"]) for c in changes["key_change"]], [(2, "office", False)])

    def test_a_check_that_was_never_answered_keeps_the_batch_shut(self):
        # Harm: a supervisor keeps the signed spoil for himself; it shows a pk_v beside a name while that vote counts.
        meeting = self.sit()
        chair, doubter = meeting.client(meeting.chair), meeting.client(2)
        meeting.open(1)
        self.vote(meeting, 1, 1)
        doubter.command(f"check {meeting.supervisor}", 40)
        self.checks(meeting, 2, "asked")
        meeting.close()
        self.assertEqual(doubter.wait("looked", 60, batch=1)["missing"], [1], "said at once, on its own screen")
        self.assertEqual(doubter.command("now")["ballot"]["check"]["state"], "asked")
        attempt = chair.until("now", lambda now: now["attempt"]["missing"] == [2] and now["attempt"], 60)
        self.assertEqual((attempt["gate"], attempt["spoils"], attempt["shared"]), ("GATE_MISSING", [], 0))
        meeting.countersigned("void all 抽查未能完成，按程序重新投票", "Void")
        meeting.open(1)
        self.vote(meeting, 1, 1, 2)
        meeting.close()
        self.assertEqual(meeting.declare(1, 2)[1]["agree"], 5)
        self.assertEqual(self.changes(meeting), {})

    def test_a_committee_gives_a_slot_to_somebody_else(self):
        # Harm: a broken laptop ends the meeting, because nothing opens without all trustees; or an office of two puts
        # its own people in all slots.
        meeting = self.sit(batches=(1, 1))
        meeting.open(1)
        self.vote(meeting, 1, 1)
        meeting.close()
        meeting.declare(1)
        chair = meeting.client(meeting.chair)
        start = {p: meeting.client(p).mark() for p in meeting.experts}
        self.assertEqual(chair.command("change-trustee 2 3 电脑损坏")["code"], "PENDING")
        proposal = meeting.client(3).wait("proposal", 30, start[3], type="TrusteeChange")
        self.assertEqual((proposal["trustee"], proposal["from"], proposal["person"]), (2, meeting.supervisor, 3))
        meeting.client(meeting.supervisor).command(f"approve {proposal['id']}", ok=False)
        self.committee(meeting, "TrusteeChange", start)
        chair.until("now", lambda now: any(a["kind"] == "guards-changed" for a in now["alarms"]))
        meeting.open(2)
        opened = chair.wait("opened", 30, batch=2)
        self.assertEqual(opened["trustees"], 3)
        self.vote(meeting, 2, 2)
        meeting.close()
        self.assertEqual(meeting.declare(2)[2]["agree"], 5)
        changes = self.changes(meeting)
        self.assertEqual([(c["trustee"], c["from"], c["person"]) for c in changes["trustee_change"]],
                         [(2, meeting.supervisor, 3)])

    def committee(self, meeting, kind, start):
        """Signed by the chair, who proposed it; four more of seven experts are asked, and three are too few."""
        chair = meeting.client(meeting.chair)
        for person in (2, 3, 4, 5):
            self.assertFalse(chair.events("entry", type=kind), f"{person - 1} signatures are too few")
            meeting.client(person).sign(kind, start[person])
        chair.wait("entry", 30, start[meeting.chair], type=kind)

    def lose_before_confirming(self, meeting, batch, person):
        """His envelope is counted, and his laptop is gone when it should look for it."""
        meeting.client(person).kill9()
        meeting.close()
        chair = meeting.client(meeting.chair)
        chair.until("now", lambda now: now["attempt"]["batch"] == batch and now["attempt"]["unconfirmed"] == [person]
                    and now["attempt"]["gate"] == "GATE_UNCONFIRMED", 60)
        return chair.command("now")["attempt"]["override_cost"]

    def test_an_override_can_be_stopped_and_one_that_stands_is_marked(self):
        # Harm: whoever could not look is passed over in a second; or his vote is dropped and no mark says so.
        meeting = self.sit(batches=(1, 1), rules={"max_unconfirmed": 1, "protest_s": 6})
        chair = meeting.client(meeting.chair)
        meeting.open(1)
        self.vote(meeting, 1, 1)
        self.assertEqual(self.lose_before_confirming(meeting, 1, 7), {"people": [7], "votes": 1, "within": 1})
        meeting.countersigned("override 7 设备失联", "Override")
        # Nothing is opened before the server's share: whoever stops that one leaves everything as it was.
        meeting.meeting.run_tool("piaojue-server", "stop", meeting.meeting.server_dir)
        chair.until("now", lambda now: now["trustee"]["protest"])
        with self.assertRaises(driver.Failed):
            chair.wait("entry", 15, type="TallyShare")
        meeting.meeting.start_client(7).wait("connected", 30)
        meeting.countersigned("void all 有人要求停止，按程序重新投票", "Void")
        meeting.open(1)
        self.vote(meeting, 1, 1, 2)
        meeting.close()
        self.assertEqual(meeting.declare(1, 2)[1]["agree"], 5)

        meeting.open(2)
        self.vote(meeting, 2, 2)
        self.lose_before_confirming(meeting, 2, 7)
        meeting.countersigned("override 7 设备失联", "Override")
        row = meeting.declare(2, timeout_s=90)[2]
        # 5 of 7 agree, one of them unproven: with 4 it would not pass.
        self.assertEqual((row["agree"], row["contested"], row["passed"]), (5, True, False))
        changes = self.changes(meeting)
        self.assertEqual([c["people"] for c in changes["override"]], [[{"person": 7, "missing": False}]] * 2)
        self.assertEqual([(c["question"], c["low"], c["high"]) for c in changes["contested"]], [(2, 4, 6)])

    def test_a_trustee_who_stops_leaves_the_count_to_paper_and_its_committee(self):
        # Harm: shares that were given to some could let the sums be read, and the ballots be cast again until they
        # suit; or two officers write the figures of a count on paper, and nothing tells.
        meeting = self.sit(rules={"protest_s": 6})
        chair = meeting.client(meeting.chair)
        meeting.open(1)
        self.vote(meeting, 1, 1)
        self.lose_before_confirming(meeting, 1, 7)
        meeting.countersigned("override 7 设备失联", "Override")
        chair.until("now", lambda now: now["trustee"]["protest"])
        chair.command("stop")
        chair.wait("entry", 60, type="TallyShare", trustee=2)
        self.assertEqual(chair.events("entry", type="TallyShare", trustee=1), [])
        meeting.meeting.start_client(7).wait("connected", 30)
        start = {p: meeting.client(p).mark() for p in meeting.experts}
        chair.command("void all 有人要求停止，改用纸质票")
        self.committee(meeting, "Void", start)
        self.assertEqual(chair.command("open 1", ok=False)["code"], "GATE_REOPENED")
        start = {p: meeting.client(p).mark() for p in (*meeting.experts, meeting.supervisor)}
        chair.command("open 1 paper")
        meeting.client(meeting.supervisor).sign("BatchOpen", start[meeting.supervisor])
        chair.wait("opened", 30, start[meeting.chair], batch=1, paper=True)
        chair.command("paper 1 7 7 7 0 5 2 0")
        chair.command("paper-submit")
        self.committee(meeting, "PaperTally", start)
        self.assertEqual(meeting.declare(1, 2)[1]["agree"], 5)
        voided, counted = chair.command("now")["agenda"][0]["attempts"]
        self.assertEqual((voided["by_committee"], counted["by_committee"]), (None, True))
        changes = self.changes(meeting)
        self.assertEqual([(c["by"], c["questions"]) for c in changes["paper"]], [("committee", [1])])


if __name__ == "__main__":
    unittest.main()
