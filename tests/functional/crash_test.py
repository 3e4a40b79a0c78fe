# SPDX-License-Identifier: Apache-2.0
"""kill -9 of server, trustee and client at every stage of a batch: nothing acknowledged is lost, nobody votes twice,
the meeting goes on, and the verifier finds nothing wrong with the record."""

import os
import pathlib
import random
import threading
import time
import unittest

import driver
import small

BIN = pathlib.Path(os.environ["PIAOJUE_BIN_DIR"])
STAGES = ["opened", "tokens", "half cast", "all cast", "closing", "closed", "confirming", "counted"]


class Crash(unittest.TestCase):
    def crash(self, meeting, whom):
        """Kills a process (0: the server) and starts it again."""
        if whom == 0:
            meeting.meeting.server.kill9()
            meeting.meeting.start_server()
        else:
            meeting.client(whom).kill9()
            meeting.meeting.start_client(whom).wait("connected", 30)

    def run_batch(self, meeting, batch, question, whom, stage):
        """One batch in which `whom` is killed at `stage`; three of four agree."""
        choices = {1: "agree", 2: "disagree", 3: "agree", 4: "agree"}
        chair = meeting.client(meeting.chair)
        meeting.open(batch)
        if stage == "opened":
            self.crash(meeting, whom)
        meeting.tokens(batch)
        if stage == "tokens":
            self.crash(meeting, whom)
            meeting.tokens(batch, people=[whom] if whom in meeting.experts else [])
        half = {p: choices[p] for p in (2, 3)}
        if stage == "half cast" and whom == 2:
            # In mid-ballot: marks made, nothing cast.
            meeting.client(2).command(f"vote {question} agree")
            self.crash(meeting, 2)
            meeting.tokens(batch, people=[2])
        meeting.cast(half, [question])
        if stage == "half cast" and whom != 2:
            self.crash(meeting, whom)
            if whom in meeting.experts:
                meeting.tokens(batch, people=[whom])
        meeting.cast({p: choices[p] for p in (1, 4)}, [question])
        if stage == "all cast":
            self.crash(meeting, whom)
            if whom in meeting.experts:
                # It has its paper again, with the half that the server held.
                meeting.client(whom).wait("state", 40, batch=batch, stage="cast")
        chair = meeting.client(meeting.chair)
        if stage == "closing":
            start = 0 if whom == meeting.supervisor else meeting.client(meeting.supervisor).mark()
            chair.command("close", 60)
            self.crash(meeting, whom)
            # Whether the proposal is still there is open: asking again is the user's way, and must do no harm.
            meeting.client(meeting.chair).command("close", 60, ok=None)
            meeting.client(meeting.supervisor).sign("BatchClose", start, 60)
            meeting.client(meeting.chair).wait("closed", 60, batch=batch)
        else:
            meeting.close()
        if stage == "closed":
            self.crash(meeting, whom)
        if stage == "confirming":
            meeting.client(meeting.supervisor).wait("box", 40, batch=batch)
            self.crash(meeting, whom)
        if stage == "counted":
            meeting.client(meeting.chair).wait("counted", 60, batch=batch)
            self.crash(meeting, whom)
        rows = meeting.declare(batch)
        row = rows[question]
        self.assertEqual((row["present"], row["agree"], row["disagree"], row["abstain"], row["invalid"],
                          row["not_cast"]),
                         (4, 3, 1, 0, 0, 0), f"{stage}: every vote counts once")
        self.assertTrue(row["passed"])

    def run_all(self, whom):
        with small.Small(BIN, experts=4, batches=[1] * len(STAGES)) as meeting:
            who = {"server": 0, "trustee": meeting.supervisor, "expert": 2, "chair": meeting.chair}[whom]
            meeting.start()
            for number, stage in enumerate(STAGES, 1):
                with self.subTest(killed=whom, stage=stage):
                    try:
                        self.run_batch(meeting, number, number, who, stage)
                    except driver.Failed as failure:
                        self.fail(f"{whom} killed at '{stage}': {failure}")
            done = meeting.end()
            self.assertEqual(done.returncode, 0, done.stdout)
            self.assertTrue(done.stdout.rstrip().endswith("VERIFIED 27/27"), done.stdout)

    # Harm in each: a career decided by a power cut.
    def test_server_killed_at_every_stage(self):
        self.run_all("server")

    def test_trustee_killed_at_every_stage(self):
        self.run_all("trustee")

    def test_expert_killed_at_every_stage(self):
        self.run_all("expert")

    def test_chair_killed_at_every_stage(self):
        self.run_all("chair")


class Anytime(unittest.TestCase):
    """As above, at instants that nobody chose; PIAOJUE_SEED chooses them again."""

    def harry(self, kill, meeting, times=10):
        """Kills so often, while a meeting of two batches runs to its end."""
        seed = int(os.environ.get("PIAOJUE_SEED", random.randrange(1 << 30)))
        instants = random.Random(seed)
        over = threading.Event()
        faults = []

        def work():
            try:
                for _ in range(times):
                    if over.wait(instants.uniform(0.05, 2.5)):
                        return
                    kill()
            except Exception as fault:  # noqa: BLE001  said below
                faults.append(fault)

        worker = threading.Thread(target=work)
        worker.start()
        try:
            for batch in (1, 2):
                meeting.open(batch)
                driver.at_once([lambda p=p: self.vote(meeting, p, batch) for p in meeting.experts])
                meeting.close()
                row = meeting.declare(batch, timeout_s=120)[batch]
                self.assertEqual((row["present"], row["agree"], row["disagree"], row["not_cast"]), (4, 3, 1, 0),
                                 f"seed {seed}")
        except driver.Failed as failure:
            self.fail(f"seed {seed}: {failure}")
        finally:
            over.set()
            worker.join()
        self.assertEqual(faults, [], f"seed {seed}")
        done = meeting.end()
        self.assertTrue(done.stdout.rstrip().endswith("VERIFIED 27/27"), f"seed {seed}: {done.stdout}")

    def vote(self, meeting, person, batch):
        """What somebody does whose laptop may fall at any moment: he looks where he is, and goes on from there."""
        deadline = time.monotonic() + 120
        while time.monotonic() < deadline:
            client = meeting.client(person)
            try:
                now = client.command("now", 10, ok=None)
                ballot = now.get("ballot") or {}
                if now["attempt"] and now["attempt"]["batch"] == batch:
                    if ballot.get("in_log"):
                        return
                    if ballot.get("stage") == "ready":
                        client.command(f"vote {batch} {'disagree' if person == 2 else 'agree'}", 10, ok=None)
                        client.command("cast", 10, ok=None)
            except (driver.Failed, OSError, ValueError):
                pass  # it has fallen; another one stands in its place
            time.sleep(0.2)
        self.fail(f"{person} could not vote in batch {batch}")

    def test_server_killed_at_any_instant(self):
        with small.Small(BIN, batches=(1, 1)) as meeting:
            meeting.start()

            def kill():
                meeting.meeting.server.kill9()
                meeting.meeting.start_server()

            self.harry(kill, meeting)

    def test_an_expert_who_is_a_trustee_killed_at_any_instant(self):
        with small.Small(BIN, batches=(1, 1), trustees=("server", "评委004", "supervisor")) as meeting:
            meeting.start()

            def kill():
                meeting.client(4).kill9()
                meeting.meeting.start_client(4)

            self.harry(kill, meeting)


class AtOnce(unittest.TestCase):
    """What an attempt keeps opens with a half that others hold (specification sections 9.3, 14). While one of them
    lives, it goes on; when all have fallen at once, it is voided and voted again, and no vote is lost in silence."""

    def kill_and_start_again(self, meeting, people, server):
        for person in people:
            meeting.client(person).kill9()
        start = {client.person: client.mark() for client in meeting.all_clients}
        if server:
            meeting.meeting.server.kill9()
            meeting.meeting.start_server()
        for person in people:
            meeting.meeting.start_client(person)
            start[person] = 0
        for client in meeting.all_clients:
            if server or client.person in people:
                client.wait("connected", 60, start[client.person])

    def vote(self, meeting, attempt, people):
        meeting.tokens(1, attempt, people)
        choices = {1: "agree", 2: "disagree", 3: "agree", 4: "agree"}
        meeting.cast({p: choices[p] for p in people}, [1])

    def finish(self, meeting, attempt):
        meeting.close()
        row = meeting.declare(1, attempt)[1]
        self.assertEqual((row["present"], row["agree"], row["disagree"], row["not_cast"]), (4, 3, 1, 0))
        done = meeting.end()
        self.assertTrue(done.stdout.rstrip().endswith("VERIFIED 27/27"), done.stdout)

    def void_and_vote_again(self, meeting):
        meeting.countersigned("void all 断电，按程序重新投票", "Void")
        meeting.open(1)
        self.vote(meeting, 2, [1, 2, 3, 4])
        self.finish(meeting, 2)

    def test_two_trustees_at_once_while_the_server_holds_their_halves(self):
        # Harm: a table that is knocked over, and eleven people vote again.
        with small.Small(BIN) as meeting:
            meeting.start()
            meeting.open(1)
            self.vote(meeting, 1, [1, 2])
            self.kill_and_start_again(meeting, [meeting.chair, meeting.supervisor], server=False)
            self.vote(meeting, 1, [3, 4])
            self.finish(meeting, 1)

    def test_every_trustee_at_once_ends_the_attempt_and_nothing_else(self):
        # Harm: a meeting that stands still for ever, or goes on with keys that nobody has.
        with small.Small(BIN) as meeting:
            meeting.start()
            meeting.open(1)
            self.vote(meeting, 1, [1, 2, 3])
            self.kill_and_start_again(meeting, [meeting.chair, meeting.supervisor], server=True)
            for person in (meeting.chair, meeting.supervisor):
                meeting.client(person).wait("trustee", 60, state="keys-lost")
            self.void_and_vote_again(meeting)

    def test_an_expert_and_the_server_at_once_is_said_and_voted_again(self):
        # Harm: an envelope that its owner can check no more is counted as if he had.
        with small.Small(BIN) as meeting:
            meeting.start()
            meeting.open(1)
            self.vote(meeting, 1, [1, 2, 3, 4])
            self.kill_and_start_again(meeting, [2], server=True)
            self.assertTrue(meeting.client(2).wait("refused", 60, batch=1)["message"])
            meeting.close()
            chair = meeting.client(meeting.chair)
            chair.wait("box", 60, batch=1)
            for person in (1, 3, 4):
                chair.wait("entry", 60, type="Confirm", person=person)
            attempt = chair.command("now")["attempt"]
            self.assertEqual((attempt["unconfirmed"], attempt["gate"], attempt["shared"]), ([2], "GATE_UNCONFIRMED", 0))
            self.void_and_vote_again(meeting)


if __name__ == "__main__":
    unittest.main()
