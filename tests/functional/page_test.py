# SPDX-License-Identifier: Apache-2.0
"""The page's door: who gets in, what travels, and where it goes. Real processes, real sockets."""

import json
import os
import pathlib
import socket
import subprocess
import time
import unittest

import driver
import page
import raw
import small

BIN = pathlib.Path(os.environ["PIAOJUE_BIN_DIR"])


class Program(driver.Process):
    """A `piaojue run --page` by itself."""

    def __init__(self, home, logs, args=(), passphrase=None, name="page"):
        env = {"PIAOJUE_PASSPHRASE": passphrase or ""}
        super().__init__(name, [BIN / "piaojue", "run", "--home", home, "--page", "0", "--no-browser", *args], logs,
                         env=env, stdin=True)

    def _take(self, line):
        return json.loads(line)

    def say(self, line):
        self.popen.stdin.write(line + "\n")
        self.popen.stdin.flush()

    def event(self, name, timeout_s=30, start=0, **fields):
        return self.wait_line(lambda e: e.get("event") == name and all(e.get(k) == v for k, v in fields.items()),
                              timeout_s, start)[1]

    def url(self, start=0):
        return self.event("page", 20, start)["url"]

    def session(self):
        return page.Session(self.url())


class Desk(unittest.TestCase):
    """One program without a meeting: enough for everything that HTTP decides."""

    def setUp(self):
        self.folder = pathlib.Path(small.tempfile.mkdtemp(prefix="piaojue-page-"))
        self.program = Program(self.folder / "home", self.folder, self.extra())

    def extra(self):
        return ()

    def tearDown(self):
        self.program.stop()
        small.shutil.rmtree(self.folder, ignore_errors=True)


class Entrance(Desk):
    def test_an_address_opens_once(self):
        # Harm: whoever finds the address in a history or a process list sits down at somebody's ballot.
        session = self.program.session()
        self.assertEqual(session.answer.status, 303)
        cookie = session.answer.headers["set-cookie"]
        for part in ("HttpOnly", "SameSite=Strict", f"Path={session.path}"):
            self.assertIn(part, cookie)
        self.assertGreaterEqual(len(session.path.strip("/")), 43, "256 bits")
        again = page.request(session.port, session.open_path)
        self.assertEqual(again.status, 410)
        self.assertNotIn("set-cookie", again.headers)
        self.assertIn("这个地址已经用过", again.body.decode())
        self.assertIn("already", page.request(session.port, session.open_path + "?lang=en").body.decode())
        wrong = page.request(session.port, session.open_path[:-1] + ("A" if session.open_path[-1] != "A" else "B"))
        self.assertEqual((wrong.status, wrong.is_notice()), (404, True))

    def test_nothing_without_the_cookie(self):
        # Harm: another program of this machine reads the page, or speaks through it.
        session = self.program.session()
        for cookie in ("", "piaojue=", "piaojue=" + "A" * 43, session.cookie[:-1], session.cookie + "x",
                       "other=" + session.cookie[8:]):
            for name in ("", "index.html", "door"):
                answer = page.request(session.port, session.path + name, cookie=cookie)
                self.assertEqual((answer.status, answer.is_notice()), (403, True), (cookie, name))
            sock, answer = session.upgrade(cookie=cookie or "x=y")
            self.assertEqual(answer.status, 403)
            sock.close()
        answer = page.request(session.port, "/" + "A" * 43 + "/", cookie=session.cookie)
        self.assertEqual((answer.status, answer.is_notice()), (404, True))

    def test_where_no_page_is_a_page_says_so_in_one_language(self):
        # Harm: the browser's own error, in the middle of a meeting; or half of it in a language that nobody asked for.
        session = self.program.session()
        for path in (session.open_path, session.path, "/", "/nowhere", "/open/"):
            chinese = page.request(session.port, path).body.decode()
            self.assertIn('<html lang="zh">', chinese)
            german = page.request(session.port, path, headers=["Accept-Language: de,en;q=0.5"]).body.decode()
            self.assertIn('<html lang="en">', german)
            english = page.request(session.port, path + "?lang=en").body.decode()
            self.assertEqual(english, german)
            self.assertNotIn(session.path.strip("/"), chinese + english, "nothing of what is asked for, or held")
            self.assertNotIn("nowhere", chinese)

    def test_another_host_or_origin_gets_nothing(self):
        # Harm: a web site whose name points here (DNS rebinding), or whose script connects here, votes for its visitor.
        url = self.program.url()
        port = int(url.split(":")[2].split("/")[0])
        token = url[url.index("/open/"):]
        for host in ("evil.example", f"localhost:{port}", "127.0.0.1", f"127.0.0.1:{port + 1}", f"[::1]:{port}",
                     f"127.0.0.1.:{port}", ""):
            answer = page.request(port, token, host=host, headers=["Host:"] if host == "" else ())
            self.assertEqual((answer.status, answer.body), (421, b""), host)
            self.assertNotIn("set-cookie", answer.headers)
        two = page.exchange(port, f"GET {token} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nHost: evil\r\n\r\n".encode())
        self.assertTrue(two is None or two.status == 421)
        session = page.Session(url)
        self.assertEqual(session.answer.status, 303, "the token is still good: nobody used it up")
        for origin in ("", "null", "http://evil.example", f"http://localhost:{port}", f"https://127.0.0.1:{port}",
                       "http://127.0.0.1", f"http://127.0.0.1:{port}/"):
            sock, answer = session.upgrade(origin=origin)
            self.assertEqual((answer.status, answer.body), (403, b""), origin)
            sock.close()
        sock, answer = session.upgrade(host="evil.example")
        self.assertEqual(answer.status, 421)
        sock.close()
        session.door().leave()

    def test_every_answer_is_protected(self):
        # Harm: one forgotten header on one answer, and a frame, a cache or a sniffed type lets somebody in.
        session = self.program.session()
        door = session.door()
        answers = {"open": session.answer, "used": page.request(session.port, session.open_path), "root": session.get(),
                   "none": session.get("no-such.js"), "asset": session.get("vendor/htm.js"),
                   "no cookie": session.get(cookie=""),
                   "method": session.get(method="POST"), "host": session.get(host="evil"), "socket": door.answer,
                   "origin": session.upgrade(origin="http://evil")[1], "plain door": session.get("door"),
                   "outside": page.request(session.port, "/")}
        for name, answer in answers.items():
            self.assertEqual(answer.missing_headers(), {}, name)
        self.assertEqual((answers["asset"].status, answers["asset"].headers["content-type"]),
                         (200, "text/javascript; charset=utf-8"))
        self.assertEqual([answers[k].status for k in ("none", "plain door", "outside")], [404, 404, 404])
        door.leave()

    def test_other_methods_and_bodies_are_refused(self):
        # Harm: a parser that nobody needed is the one with the hole.
        session = self.program.session()
        for method in ("POST", "PUT", "DELETE", "OPTIONS", "HEAD", "TRACE", "PATCH", "CONNECT"):
            answer = session.get(method=method)
            self.assertEqual((answer.status, answer.body), (405, b""), method)
        for head in ("Content-Length: 5", "Transfer-Encoding: chunked"):
            answer = session.get(headers=[head])
            self.assertTrue(answer is None or (answer.status, answer.body) == (413, b""), head)
        for path in ("../profile.blob", "..%2f", "%2e%2e/profile.blob", "vendor/../index.html", ".hidden",
                     "vendor//htm.js", "index.html?x", "package.json", "vendor/"):
            self.assertEqual(session.get(path).status, 404, path)

    def test_too_long_too_slow_too_many(self):
        # Harm: any program of this machine stops the page, or fills this program's memory.
        session = self.program.session()
        self.assertIsNone(session.get(headers=["X: " + "a" * 9000]))
        self.assertIsNone(page.exchange(session.port, b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc" * 20 + b"\r\n\r\n"))
        begun = time.monotonic()
        held = [page.connect(session.port) for _ in range(16)]
        time.sleep(0.3)
        self.assertIsNone(session.get(), "the seventeenth connection")
        for sock in held:
            sock.sendall(b"GET /")
        for sock in held:
            try:
                self.assertEqual(sock.recv(100), b"")
            except ConnectionResetError:
                pass
            sock.close()
        self.assertLess(time.monotonic() - begun, 14, "a head must come within ten seconds")
        self.assertEqual(session.get("vendor/htm.js").status, 200, "and afterwards all is as before")
        door = session.door()
        door.frame(1, b"x" * (70 << 10))
        self.assertIn(door.wait_closed(), (1009, 1006))
        again = session.door()
        again.event("page-phase")
        again.frame(2, b"binary")
        self.assertIsNotNone(again.wait_closed())
        session.door().event("page-phase", phase="enrol")

    def test_a_page_that_does_not_read_is_let_go(self):
        # Harm: a tab that sleeps, and the program's memory grows until the vote is lost with it.
        session = self.program.session()
        door = session.door(receive_buffer=4096)
        door.event("page-phase")
        frame = door.masked(1, b"@t help") * 1000
        deadline = time.monotonic() + 120
        with self.assertRaises((ConnectionResetError, BrokenPipeError),
                               msg="it asked for far more than eight megabytes"):
            for _ in range(100):
                door.sock.sendall(frame)
            while time.monotonic() < deadline:
                door.sock.sendall(door.masked(1, b"@t help"))
                time.sleep(0.05)
        status = pathlib.Path(f"/proc/{self.program.popen.pid}/status").read_text()
        peak = int(next(line.split()[1] for line in status.splitlines() if line.startswith("VmHWM")))
        self.assertLess(peak, 200 << 10, "KiB")
        again = session.door()
        again.event("page-phase", phase="enrol")
        self.assertTrue(again.command("prefill")["ok"])

    def test_a_new_address_ends_the_old_page(self):
        # Harm: a tab that was left open somewhere keeps the door after its owner asked for a new one.
        session = self.program.session()
        door = session.door()
        door.event("page-phase")
        start = len(self.program.lines)
        self.program.say("@5 page")
        reply = self.program.event("reply", start=start, command="page")
        self.assertEqual((reply["ok"], reply["tag"]), (True, "5"))
        url = self.program.url(start)
        self.assertEqual(door.wait_closed(), 4002)
        self.assertIn(session.get("vendor/htm.js").status, (403, 404))
        new = page.Session(url)
        self.assertNotEqual((new.path, new.cookie), (session.path, session.cookie))
        self.assertEqual(new.get("vendor/htm.js").status, 200)
        sock, answer = new.upgrade(cookie=session.cookie)
        self.assertEqual(answer.status, 403)
        sock.close()

    def test_a_second_tab_takes_over(self):
        # Harm: two tabs, one vote each, and nobody knows which of them counts.
        session = self.program.session()
        first = session.door()
        first.event("page-phase")
        second = session.door()
        second.event("page-phase", phase="enrol")
        first.event("taken-over")
        self.assertEqual(first.wait_closed(), 4001)
        self.assertTrue(second.command("prefill")["ok"])

    def test_before_a_session_only_what_begins_one(self):
        # Harm: a script that types ahead, and is taken at its word once somebody has unlocked.
        session = self.program.session()
        door = session.door()
        phase = door.event("page-phase")
        self.assertEqual((phase["phase"], phase["lang"]), ("enrol", "zh"))
        self.assertRegex(phase["version"], r"\d+\.\d+")
        for line in ("sign-in", "vote 1 agree", "now", 'unlock {"passphrase":"x"}', "nonsense", "page"):
            self.assertEqual(door.command(line)["code"], "WRONG_PHASE", line)
        for line in ("slip", "slip piaojue2:nonsense", "enrol", "enrol {", "enrol []",
                     'enrol {"slip":"x","passphrase":"p"}',
                     'enrol {"slip":7,"passphrase":"p"}', 'enrol {"passphrase":""}'):
            self.assertEqual(door.command(line)["code"], "MALFORMED", line)
        self.program.say('enrol {"slip":"x","passphrase":"p"}')
        self.assertEqual(self.program.event("reply", command="enrol")["code"], "WRONG_PHASE",
                         "the page's commands are the page's")
        self.program.say("help")
        self.assertTrue(self.program.event("reply", command="help")["ok"])
        self.assertTrue(door.command("quit")["ok"])
        door.event("page-phase", phase="ended")
        self.assertEqual(door.wait_closed(), 4003)
        self.assertEqual(self.program.popen.wait(10), 0)


class Table(unittest.TestCase):
    """A meeting; one or two of its laptops by the page."""

    def by_page(self, meeting, person, args=(), passphrase=None):
        program = Program(meeting.meeting.home(person), meeting.meeting.logs, args, passphrase, f"page-{person}")
        self.addCleanup(program.stop)
        return program

    def test_slip_passphrase_session_in_one_process(self):
        # Harm: somebody who can not use a terminal can not take part.
        with small.Small(BIN, experts=4, batches=(1,)) as meeting:
            meeting.meeting.start_server()
            slip_file = meeting.meeting.slips[2][0]
            slip = raw.Slip(slip_file).text
            program = self.by_page(meeting, 2, ["--slip", slip_file])
            session = program.session()
            door = session.door()
            door.event("page-phase", phase="enrol")
            self.assertEqual(door.command("prefill")["slip"], slip)
            read = door.command("slip " + slip_file.read_text(encoding="utf-8"))
            self.assertEqual((read["slip"], read["person"], read["server"]), (slip, 2, ":".join(slip.split(":")[1:3])))
            typed = door.command("slip " + slip.split(":")[3].lower().replace("-", " "))
            self.assertEqual((typed["person"], typed["server"]), (2, None), "typed, without an address")
            wrong = slip[:-1] + ("0" if slip[-1] != "0" else "1")
            self.assertEqual(door.command("slip " + wrong)["code"], "CHECK_CHARACTER")
            another = raw.Slip(slip).with_code("0" * 16).text
            stranger = json.dumps({"slip": another, "passphrase": "本机测试口令-2"})
            refused = door.command("enrol " + stranger, 60)
            self.assertEqual(refused["code"], "WRONG_CODE")
            self.assertTrue(refused["detail"])
            other = door.command("enrol " + json.dumps({"slip": another, "passphrase": "another passphrase"}), 60)
            self.assertEqual(other["code"], "WRONG_PASSPHRASE",
                             "the keys of the first try are kept under the first passphrase")
            self.assertTrue(door.command("forget")["ok"], "a way on, where nothing was enrolled yet")
            done = door.command("enrol " + json.dumps({"slip": slip, "passphrase": "本机测试口令-2"}), 60)
            self.assertTrue(done["ok"], done)
            self.assertEqual((done["person"], done["name"]), (2, "评委002"))
            self.assertRegex(done["device_code"], r"^([0-9A-HJKMNP-TV-Z]{4}-){3}[0-9A-HJKMNP-TV-Z]{4}$")
            # Nothing goes on before the person has said that it is he.
            told = door.event("page-phase", phase="introduced")
            self.assertEqual((told["introduced"]["name"], told["introduced"]["device_code"]),
                             ("评委002", done["device_code"]))
            self.assertEqual(door.command("now")["code"], "WRONG_PHASE")
            self.assertTrue(door.command("me")["ok"])
            door.event("page-phase", phase="run")
            door.event("connected", person=2)
            before = door.command("now")
            self.assertEqual((before["meeting"], before["person"], before["agenda"] if "agenda" in before else None),
                             ("before-open", 2, None))
            self.assertEqual(before["device_code"], done["device_code"])
            self.assertEqual(door.command("meeting")["code"], "WRONG_PHASE")
            program.stop()

            again = self.by_page(meeting, 2)
            door = again.session().door()
            door.event("page-phase", phase="unlock")
            self.assertEqual(door.command("enrol {}")["code"], "WRONG_PHASE")
            self.assertEqual(door.command('unlock {"passphrase":"wrong"}')["code"], "WRONG_PASSPHRASE")
            self.assertTrue(door.command("unlock " + json.dumps({"passphrase": "本机测试口令-2"}))["ok"])
            door.event("page-phase", phase="run")
            door.event("connected", person=2)
            again.stop()

            straight = self.by_page(meeting, 2, passphrase="本机测试口令-2")
            door = straight.session().door()
            door.event("page-phase", phase="run")
            for line in again.lines + program.lines + straight.lines:
                self.assertNotIn("本机测试口令-2", json.dumps(line, ensure_ascii=False))
            for log in meeting.meeting.logs.iterdir():
                self.assertNotIn("本机测试口令-2", log.read_text(errors="replace"), log)
            # What the system shows of a program to whoever may look, for as long as it runs.
            self.assertNotIn("本机测试口令-2".encode(),
                             pathlib.Path(f"/proc/{straight.popen.pid}/environ").read_bytes())

    def test_somebody_elses_slip_is_given_back_in_the_page(self):
        # Harm: two slips changed places, and both laptops are dead ends until an operator deletes folders.
        with small.Small(BIN, experts=4, batches=(1,)) as meeting:
            meeting.meeting.start_server()
            slips = {p: raw.Slip(meeting.meeting.slips[p][0]).text for p in (2, 3)}
            program = self.by_page(meeting, 2)
            door = program.session().door()
            self.assertEqual(door.event("page-phase")["prefers"], {"large": False, "sound": True})
            for weak in ("1234567", "        ", "一一一一一一一一一", "é" * 8):
                fields = json.dumps({"slip": slips[3], "passphrase": weak})
                self.assertEqual(door.command("enrol " + fields, 60)["code"], "WEAK_PASSPHRASE", weak)
            fields = json.dumps({"slip": slips[3], "passphrase": "本机测试口令-2"})
            self.assertEqual(door.command("enrol " + fields, 60)["name"], "评委003")
            door.event("page-phase", phase="introduced")
            # A choice of this laptop, not of whoever was enrolled here.
            self.assertTrue(door.command("prefer large on")["ok"])
            self.assertEqual(door.event("prefers")["large"], True)
            self.assertEqual(door.command("prefer colour on")["code"], "MALFORMED")
            told = len(door.lines)
            self.assertTrue(door.command("forget")["ok"])
            self.assertEqual(door.event("page-phase", start=told, phase="enrol")["prefers"],
                             {"large": True, "sound": True})
            fields = json.dumps({"slip": slips[2], "passphrase": "本机测试口令-2"})
            told = len(door.lines)
            self.assertEqual(door.command("enrol " + fields, 60)["name"], "评委002")
            door.event("page-phase", start=told, phase="introduced")
            program.stop()
            # Also after a restart, for as long as the log has not begun; and the choice is still there.
            again = self.by_page(meeting, 2)
            door = again.session().door()
            self.assertEqual(door.event("page-phase", phase="unlock")["prefers"], {"large": True, "sound": True})
            self.assertTrue(door.command("forget")["ok"])
            door.event("page-phase", phase="enrol")

    def test_a_page_stays_alive_while_no_server_answers(self):
        # Harm: a frozen page in the morning, and nobody knows whether the slip or the network is wrong.
        with small.Small(BIN, experts=4, batches=(1,)) as meeting:
            slip = raw.Slip(meeting.meeting.slips[2][0]).text
            parts = slip.split(":")
            with socket.socket() as silent:  # listens and never answers
                silent.bind(("127.0.0.1", 0))
                silent.listen()
                parts[1], parts[2] = "127.0.0.1", str(silent.getsockname()[1])
                program = self.by_page(meeting, 2)
                session = program.session()
                door = session.door()
                door.say("@e1 enrol " + json.dumps({"slip": ":".join(parts), "passphrase": "一个测试用的口令"}))
                time.sleep(1)
                begun = time.monotonic()
                again = json.dumps({"slip": slip, "passphrase": "一个测试用的口令"})
                self.assertEqual(door.command("enrol " + again)["code"], "BUSY")
                self.assertEqual(session.get("vendor/htm.js").status, 200)
                self.assertLess(time.monotonic() - begun, 2)
                reply = door.wait(lambda e: e.get("tag") == "e1", 40)
                self.assertEqual(reply["code"], "NO_SERVER", "not the slip's fault, and not BUSY")
                self.assertTrue(reply["detail"])

    def test_a_vote_by_the_page_from_marks_to_declaration(self):
        # Harm: a choice that leaves the page's own line: on stdout, in an event, in another tab's reply.
        with small.Small(BIN, experts=4, batches=(2,)) as meeting:
            people = [*meeting.experts, *meeting.officers]
            meeting.meeting.start_server()
            meeting.meeting.enrol_all(people)
            meeting.meeting.start_clients([p for p in people if p != 2])
            program = self.by_page(meeting, 2, passphrase="本机测试口令-2")
            session = program.session()
            door = session.door()
            door.command("follow on")
            door.event("now", connected=True)  # whether it connected before this page came or after
            door.command("follow off")
            meeting.open_meeting()
            facts = door.command("meeting")
            self.assertEqual(([c["question"] for c in facts["candidates"]], facts["rules"]["pass"],
                              len(facts["people"])), ([1, 2], "2/3", 7))
            self.assertTrue(door.command("follow on")["ok"])
            door.event("now", meeting="open")
            for p in [p for p in people if p != 2]:
                meeting.client(p).command("sign-in")
            self.assertTrue(door.command("sign-in")["ok"])
            meeting.open(1)
            door.wait(lambda e: e.get("event") == "now" and e.get("ballot") and e["ballot"]["stage"] == "ready", 60)
            for q, choice in ((1, "disagree"), (2, "agree")):
                self.assertTrue(door.command(f"vote {q} {choice}")["ok"])
            self.assertEqual(door.command("marks")["marks"], {"1": "disagree", "2": "agree"})

            second = self.another_tab(session, door)
            # The program dies in the middle: what was marked was in memory only; the tokens are not lost.
            program.kill9()
            before = list(program.lines)
            program = self.by_page(meeting, 2, passphrase="本机测试口令-2")
            door = program.session().door()
            door.command("follow on")
            first = door.event("now")
            self.assertEqual((first["attempt"]["batch"], first["attempt"]["phase"]), (1, "voting"),
                             "at once, from its own log")
            fresh = door.wait(lambda e: e.get("event") == "now" and e.get("ballot") and e["ballot"]["stage"] == "ready",
                              60)
            self.assertEqual((fresh["ballot"]["marked"], door.command("marks")["marks"]), (0, {}))
            for q, choice in ((1, "disagree"), (2, "agree")):
                door.command(f"vote {q} {choice}")
            cast = door.command("cast", 60)
            self.assertTrue(cast["ok"], cast)
            self.assertEqual(door.command("marks")["marks"], {})
            for p in (1, 3, 4):
                meeting.client(p).wait("tokens", 40, batch=1)
            meeting.cast({1: "agree", 3: "agree", 4: "abstain"}, [1, 2])
            meeting.close()
            rows = meeting.declare(1)
            self.assertEqual((rows[1]["disagree"], rows[2]["agree"]), (1, 3))
            end = door.wait(lambda e: e.get("event") == "now" and e["agenda"][0]["attempts"]
                            and e["agenda"][0]["attempts"][-1]["rows"], 30)
            self.assertEqual([r["agree"] for r in end["agenda"][0]["attempts"][-1]["rows"]], [2, 3])

            self.assert_no_choice_left(before + list(program.lines), door.lines + second.lines)
            self.assertEqual(meeting.end().returncode, 0)

    def another_tab(self, session, door):
        """Another tab, in the middle of the paper. @return its door, left again with one mark."""
        second = session.door()
        self.assertEqual(door.wait_closed(), 4001)
        self.assertEqual(second.command("marks")["marks"], {"1": "disagree", "2": "agree"})
        self.assertEqual(second.command("now")["ballot"]["marked"], 2)
        self.assertTrue(second.command("unmark")["ok"])
        self.assertEqual(second.command("marks")["marks"], {})
        second.command("vote 1 disagree")
        second.leave()
        return second

    def assert_no_choice_left(self, stdout, to_pages):
        """Replies to the page are the page's: none on stdout, and no choice anywhere but in the replies to `marks`."""
        for line in stdout:
            self.assertNotEqual(line["event"], "reply", line)
            self.assertNotEqual(line["event"], "now", line)
            self.assertNotIn("marks", line)
            if line["event"] != "counted" and line["event"] != "declared" and "rows" not in line:
                self.assertNotIn("disagree", json.dumps(line), line)
        for line in to_pages:
            if line.get("command") != "marks":
                self.assertNotRegex(json.dumps(line), r'"[^"]*"\s*:\s*"(agree|disagree|abstain)"')


if __name__ == "__main__":
    unittest.main()
