# SPDX-License-Identifier: Apache-2.0
"""What a person has who never sees a terminal: an icon, one program, its page, and a way back to it."""

import configparser
import fcntl
import json
import os
import pathlib
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import unittest

import driver
import page
import raw
import small

BIN = pathlib.Path(os.environ["PIAOJUE_BIN_DIR"])


def as_nobody(code, *args):
    """Runs these lines of Python as another user of this machine: what they print."""
    # What is imported may lie where only root reads.
    user = "import os, page, socket; os.setgroups([]); os.setgid(65534); os.setuid(65534)\n"
    here = pathlib.Path(__file__).parent
    done = subprocess.run([sys.executable, "-c", f"import sys; sys.path.insert(0, {str(here)!r})\n{user}{code}",
                           *map(str, args)], capture_output=True, text=True, timeout=30)
    if done.returncode != 0:
        raise AssertionError(done.stderr)
    return done.stdout.strip()


class Started(driver.Process):
    """A program as an icon starts it: no arguments but these, and a browser that only notes what it should open."""

    def __init__(self, desk, argv, name="icon"):
        self.env = {"PATH": desk.path, "HOME": str(desk.folder), "XDG_DATA_HOME": str(desk.folder / "data"),
                    "LC_ALL": "zh_CN.UTF-8"}
        super().__init__(name, argv, desk.folder, env=self.env)

    def _take(self, line):
        return json.loads(line)

    def url(self):
        return self.wait_line(lambda e: e.get("event") == "page", 20)[1]["url"]

    def ended(self):
        code = self.popen.wait(20)
        self._close()
        return code


class Server(driver.Process):
    def __init__(self, desk, directory, *args):
        super().__init__("server", [BIN / "piaojue-server", "run", directory, *args], desk.folder,
                         env={"PATH": f"{desk.tools}:{os.environ['PATH']}"})


class Desktop(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="piaojue-desktop-"))
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)
        self.tools = self.folder / "tools"
        self.tools.mkdir()
        self.path = f"{self.tools}:{os.environ['PATH']}"
        self.tool("xdg-open", f'echo "$1" >> {self.folder}/opened')

    def tool(self, name, script):
        path = self.tools / name
        path.write_text(f"#!/bin/sh\n{script}\n")
        path.chmod(0o755)

    def opened(self, at_least=1):
        """What the browser was asked to open."""
        path = self.folder / "opened"
        deadline = time.monotonic() + 10
        while time.monotonic() < deadline:
            lines = path.read_text().split() if path.exists() else []
            if len(lines) >= at_least:
                return lines
            time.sleep(0.05)
        raise AssertionError(f"only {lines} of {at_least}")

    def start(self, *args, program="piaojue"):
        started = Started(self, [BIN / program, *args], f"{program}-{time.monotonic_ns()}")
        self.addCleanup(started.stop)
        return started


class SecondStart(Desktop):
    def test_an_icon_opens_the_page_and_opens_it_again(self):
        # Harm: who closed the tab clicks the icon, and is told that the program is in use; votes are in its memory.
        first = self.start()
        url = first.url()
        self.assertEqual(self.opened(), [url])
        session = page.Session(url)
        door = session.door()
        door.event("page-phase", phase="enrol")
        second = self.start()
        again = second.url()
        self.assertEqual(second.ended(), 0)
        self.assertIn("已在运行", second.stderr_tail())
        self.assertEqual(self.opened(2), [url, again])
        self.assertTrue(first.running)
        self.assertNotIn(again, json.dumps(first.lines), "the address is for who asked")
        self.assertEqual(door.wait_closed(), 4002)
        page.Session(again).door().event("page-phase", phase="enrol")
        home = self.folder / "data" / "piaojue"
        self.assertEqual(oct(home.stat().st_mode & 0o777), "0o700")
        self.assertEqual(oct((home / "page.sock").stat().st_mode & 0o777), "0o600")

    def test_after_a_kill_the_next_start_is_the_program(self):
        # Harm: a laptop that lost its power has a socket that nobody listens on, and never starts again.
        self.start().url()
        first = self.start("run", "--page", "--no-browser", "--home", self.folder / "home")
        first.url()
        first.kill9()
        self.assertTrue((self.folder / "home" / "page.sock").exists())
        second = self.start("run", "--page", "--no-browser", "--home", self.folder / "home")
        page.Session(second.url()).door().event("page-phase", phase="enrol")
        self.assertTrue(second.running)

    def test_one_that_is_ending_makes_room(self):
        # Harm: end it, start it: and the second start shows the page of the one that is gone a moment later.
        first = self.start()
        first.url()
        first.popen.send_signal(signal.SIGTERM)
        second = self.start()
        page.Session(second.url()).door().event("page-phase", phase="enrol")
        self.assertTrue(second.running)

    def test_without_a_page_the_folder_is_in_use(self):
        # Harm: a second program beside one that has no page: two of them with one key.
        home = self.folder / "home"
        home.mkdir(mode=0o700)
        with open(home / "lock", "w") as held:
            fcntl.flock(held, fcntl.LOCK_EX)
            begun = time.monotonic()
            second = self.start("run", "--page", "--home", home)
            self.assertEqual(second.ended(), 1)
            self.assertLess(time.monotonic() - begun, 10)
            self.assertIn("正由另一个", second.stderr_tail())

    def test_the_office_has_one_program_too(self):
        # Harm: two pages of one office, and a clerk who decides in one what the other does not show.
        first = self.start(program="piaojue-office")
        url = first.url()
        second = self.start("page", program="piaojue-office")
        again = second.url()
        self.assertEqual(second.ended(), 0)
        self.assertEqual(self.opened(2), [url, again])
        self.assertEqual(page.Session(again).answer.status, 303)
        self.assertTrue((self.folder / "piaojue-office" / "page.sock").exists())

    def test_without_descriptors_a_program_says_that_it_has_not_started(self):
        # Harm: an icon that does nothing, or a word of the system's alone, and nobody knows what to do next.
        for program, options in (("piaojue-office", ["page", "--office", self.folder / "office"]),
                                 ("piaojue", ["run", "--page", "--home", self.folder / "home"])):
            said = []
            for limit in range(5, 40):
                started = subprocess.Popen([BIN / program, *options, "--no-browser"], stdin=subprocess.DEVNULL,
                                           stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                                           preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_NOFILE,
                                                                                 (limit, limit)))
                with started:
                    runs = started.stdout.readline() != ""
                    started.kill()
                    said.append(started.stderr.read())
                if runs:
                    break
                self.assertNotEqual(said[-1], "", f"{program} {limit}")
            self.assertTrue(runs, "the test shows nothing")
            self.assertTrue(any("程序没有启动" in one and "重新启动" in one for one in said), said)

    @unittest.skipUnless(os.geteuid() == 0, "needs two users")
    def test_another_users_program_is_not_believed(self):
        # Harm: in a folder that many can write, a stranger's program answers, and its page asks for the passphrase.
        home = self.folder / "home"
        home.mkdir()
        for path in (self.folder, home):
            path.chmod(0o777)
        with open(home / "lock", "w") as held:
            fcntl.flock(held, fcntl.LOCK_EX)
            stranger = subprocess.Popen(
                [sys.executable, "-c", "import os, socket, sys; os.setgid(65534); os.setuid(65534)\n"
                 "os.chdir(sys.argv[1]); s = socket.socket(socket.AF_UNIX); s.bind('page.sock'); s.listen()\n"
                 "os.chmod('page.sock', 0o777); print('up', flush=True)\n"
                 "while True:\n c, _ = s.accept(); c.sendall(b'http://127.0.0.1:1/open/x\\n'); c.close()", home],
                stdout=subprocess.PIPE)
            try:
                stranger.stdout.readline()
                second = self.start("run", "--page", "--home", home)
                self.assertEqual(second.ended(), 1)
                self.assertIn("另一位用户", second.stderr_tail())
                self.assertFalse((self.folder / "opened").exists())
            finally:
                stranger.kill()
                stranger.wait()
                stranger.stdout.close()

    @unittest.skipUnless(os.geteuid() == 0, "needs two users")
    def test_another_user_is_not_answered(self):
        # Harm: whoever else is on this machine asks for the page, and sits down at somebody's ballot.
        first = self.start("run", "--page", "--no-browser", "--home", self.folder / "home")
        url = first.url()
        # As if somebody had opened the folder up: the system's word on who asks is what remains.
        for path in (self.folder, self.folder / "home", self.folder / "home" / "page.sock"):
            path.chmod(0o777)
        got = as_nobody("os.chdir(sys.argv[1]); s = socket.socket(socket.AF_UNIX)\n"
                        "s.settimeout(5); s.connect('page.sock')\n"
                        "try:\n s.send(b'page\\n')\n print(s.recv(300))\nexcept ConnectionError: print(b'')",
                        self.folder / "home")
        self.assertEqual(got, "b''")
        # Nor with an address that he read in the list of processes while the browser started.
        answer = as_nobody("port, path = int(sys.argv[1]), sys.argv[2]\n"
                           "a = page.request(port, path); print(a.status, a.headers.get('set-cookie'))\n"
                           "own = f'Origin: http://127.0.0.1:{port}'\n"
                           "b = page.request(port, '/page', method='POST', headers=[own])\n"
                           "print(b.status)", url.split(":")[2].split("/")[0], url[url.index("/open/"):])
        self.assertEqual(answer.split("\n"), ["403 None", "403"])
        self.assertEqual(page.Session(url).answer.status, 303, "and it is still good for its owner")


class Button(Desktop):
    """The page where no page is, and its button."""

    def press(self, port, path="/page", origin=None, headers=()):
        origin = f"http://127.0.0.1:{port}" if origin is None else origin
        more = [f"Origin: {origin}"] if origin else []
        return page.request(port, path, method="POST", headers=[*more, "Content-Length: 0", *headers])

    def test_the_button_opens_the_owners_browser_and_gives_nothing_away(self):
        # Harm: a dead end with the ballot in the program's memory; or a button that hands the page to whoever presses.
        program = self.start()
        session = page.Session(program.url())
        self.assertEqual(self.opened(), [program.url()], "noted before anything is pressed")
        used = page.request(session.port, session.open_path)
        self.assertEqual(used.status, 410)
        self.assertIn('<form method="post" action="/page?lang=zh">', used.body.decode())
        self.assertIn("form-action 'self'", used.headers["content-security-policy"])
        pressed = self.press(session.port, "/page?lang=en")
        self.assertEqual((pressed.status, pressed.headers["location"], pressed.body), (303, "/opened?lang=en", b""))
        self.assertNotIn("set-cookie", pressed.headers)
        done = page.request(session.port, "/opened?lang=en")
        self.assertEqual(done.status, 200)
        self.assertIn("A new page is open", done.body.decode())
        again = self.press(session.port)
        self.assertEqual(again.status, 303, "pressed twice")
        time.sleep(0.5)
        opened = self.opened(2)
        self.assertEqual(len(opened), 2, "one window for both")
        self.assertNotIn(opened[1].split("/")[-1].encode(), pressed.body + again.body + done.body)
        self.assertEqual(session.get("vendor/htm.js").status, 404, "the page before is no more")
        page.Session(opened[1]).door().event("page-phase", phase="enrol")
        program.wait_line(lambda e: e.get("url") == opened[1])

    def test_no_web_site_can_press_it(self):
        # Harm: whatever site the browser shows makes windows pop up, and ends the page in which somebody votes.
        program = self.start()
        session = page.Session(program.url())
        door = session.door()
        for origin in ("", "null", "http://evil.example", f"http://localhost:{session.port}",
                       f"https://127.0.0.1:{session.port}", "http://127.0.0.1"):
            self.assertEqual(self.press(session.port, origin=origin).status, 403, origin)
        self.assertEqual(page.request(session.port, "/page").status, 404)
        self.assertEqual(self.press(session.port, headers=["Host: evil"]).status, 421)
        self.assertEqual(self.press(session.port, "/page/").status, 405)
        self.assertEqual(page.exchange(session.port, (
            f"POST /page HTTP/1.1\r\nHost: 127.0.0.1:{session.port}\r\nOrigin: http://127.0.0.1:{session.port}\r\n"
            "Content-Length: 5\r\n\r\nabcde").encode()).status, 413)
        self.assertEqual(len(self.opened()), 1)
        self.assertTrue(door.command("prefill")["ok"])

    def test_without_a_browser_it_says_so(self):
        # Harm: "a new page is open", and there is none.
        self.path = str(self.tools)
        program = self.start()
        session = page.Session(program.url())
        self.opened()
        (self.tools / "xdg-open").unlink()
        self.assertEqual(self.press(session.port).headers["location"], "/not-opened?lang=zh")

    def test_without_the_browser_option_there_is_no_button(self):
        # Harm: a button that does nothing.
        program = self.start("run", "--page", "--no-browser", "--home", self.folder / "home")
        session = page.Session(program.url())
        used = page.request(session.port, session.open_path).body.decode()
        self.assertNotIn("<form", used)
        self.assertIn("再次启动程序", used)
        self.assertEqual(self.press(session.port).status, 403)


class Found(Desktop):
    """Servers that announce themselves, by an `avahi-browse` and an `avahi-publish` of our own."""

    def announced(self, *servers, after=""):
        """@param servers: (title, HOST:PORT)"""
        lines = ["+;eth0;IPv4;x;_piaojue._tcp;local"]
        for title, address in servers:
            name = "".join(chr(b) if chr(b).isalnum() and b < 128 else f"\\{b:03d}" for b in title.encode())
            host, _, port = address.rpartition(":")
            lines.append(f"=;eth0;IPv4;{name};_piaojue._tcp;local;office.local;{host};{port};")
        (self.folder / "printed").write_text("\n".join(lines) + "\n", encoding="utf-8")
        self.tool("avahi-browse", f'echo "$@" >> {self.folder}/browsed\ncat {self.folder}/printed\n{after}')

    def door(self):
        program = self.start("run", "--page", "--no-browser", "--home", self.folder / "home")
        door = page.Session(program.url()).door()
        door.event("page-phase", phase="enrol")
        return door

    def test_servers_in_the_room_are_listed(self):
        # Harm: everybody types fifteen characters of an address, and one in ten gets one of them wrong.
        self.announced(("2026年度（正高级）评审会", "192.0.2.10:7443"), ("B", "192.0.2.11:7443"), ("", "192.0.2.12:1"))
        door = self.door()
        reply = door.command("found")
        self.assertEqual(reply["servers"], [{"title": "2026年度（正高级）评审会", "server": "192.0.2.10:7443"},
                                            {"title": "B", "server": "192.0.2.11:7443"}])
        self.assertEqual((self.folder / "browsed").read_text(), "-rptk _piaojue._tcp\n")

    def test_a_flood_or_silence_costs_seconds(self):
        # Harm: whoever floods the network, or a daemon that hangs, stops the page of everybody who enrols.
        for name, after in (("flood", f"while :; do cat {self.folder}/printed; done"), ("silence", "exec sleep 60")):
            self.announced(*((f"S{i}", f"10.0.0.{i}:7443") for i in range(1, 60)), after=after)
            door = self.door()
            begun = time.monotonic()
            door.say("@f found")
            if name == "silence":
                self.assertEqual(door.command("found")["code"], "BUSY", name)
            self.assertTrue(door.command("prefill")["ok"], "everything else goes on")
            reply = door.wait(lambda e: e.get("tag") == "f", 20)
            self.assertEqual(len(reply["servers"]), 16, name)
            self.assertLess(time.monotonic() - begun, 12, name)
            self.assertTrue(door.command("quit")["ok"])
            door.wait_closed()
            left = subprocess.run(["pgrep", "-f", f"{self.folder}/tools/avahi-browse"], capture_output=True, text=True)
            self.assertEqual(left.stdout, "", f"{name}: what was asked goes on asking")

    def test_without_avahi_nothing_is_found(self):
        # Harm: a laptop without it stands there with an error instead of the field to type into.
        self.tool("avahi-browse", "exit 127")
        self.assertEqual(self.door().command("found")["servers"], [])

    def test_a_false_announcement_wastes_one_try(self):
        # Harm: a stranger in the hall's network announces his server, and a laptop enrols there.
        with small.Small(BIN, experts=4) as true, small.Small(BIN, experts=4) as false:
            address = true.meeting.start_server()
            trap = false.meeting.start_server()
            self.announced(("测试评审会", trap), ("测试评审会", address))
            door = self.door()
            self.assertEqual([s["server"] for s in door.command("found")["servers"]], [trap, address])
            slip = raw.Slip(true.meeting.slips[2][0]).typed

            def enrol(server):
                fields = {"slip": slip, "server": server, "passphrase": "口令口令口令一二"}
                return door.command("enrol " + json.dumps(fields), 60)
            self.assertEqual(enrol(trap)["code"], "WRONG_CODE")
            done = enrol(address)
            self.assertEqual((done["code"], done.get("person")), ("OK", 2))

    def test_a_server_announces_itself_until_it_ends(self):
        # Harm: laptops are led to a server that is gone; or a title travels that nobody wanted to tell.
        self.tool("avahi-publish",
                  f'echo "$@" >> {self.folder}/published\necho $$ > {self.folder}/pid\nexec sleep 600')
        toml, members, candidates = small.write_rosters(self.folder / "rosters", 4, (1,))
        directory = self.folder / "meeting"
        subprocess.run([BIN / "piaojue-server", "init", directory, "--meeting", toml, "--members", members,
                        "--candidates", candidates, "--listen", "0.0.0.0:0", "--host", "127.0.0.1"], check=True,
                       capture_output=True, timeout=60)

        def gone():
            deadline = time.monotonic() + 10
            while not (self.folder / "pid").read_text().strip() and time.monotonic() < deadline:
                time.sleep(0.05)  # the shell has opened it and not yet written
            pid = int((self.folder / "pid").read_text())
            while pathlib.Path(f"/proc/{pid}").exists() and time.monotonic() < deadline:
                time.sleep(0.05)
            return not pathlib.Path(f"/proc/{pid}").exists()
        for end in ("stop", "kill9"):
            (self.folder / "published").unlink(missing_ok=True)
            server = Server(self, directory)
            address = server.wait_line(lambda line: line.startswith("listening "), 20)[1].split()[1]
            deadline = time.monotonic() + 10
            while not (self.folder / "published").exists() and time.monotonic() < deadline:
                time.sleep(0.05)
            self.assertEqual((self.folder / "published").read_text(),
                             f"-s -f -- 测试评审会 _piaojue._tcp {address.rpartition(':')[2]}\n")
            getattr(server, end)()
            self.assertTrue(gone(), end)
        (self.folder / "published").unlink()
        silent = Server(self, directory, "--no-announce")
        silent.wait_line(lambda line: line.startswith("listening "), 20)
        time.sleep(0.5)
        self.assertFalse((self.folder / "published").exists())
        silent.stop()


class Entries(Desktop):
    def test_an_installation_has_icons_that_start_its_programs(self):
        # Harm: an icon that starts nothing, and nobody in the hall knows what to type.
        prefix = self.folder / "usr"
        subprocess.run(["cmake", "--install", BIN.parent, "--prefix", prefix], check=True, capture_output=True,
                       timeout=120)
        entries = sorted((prefix / "share" / "applications").glob("*.desktop"))
        self.assertEqual([e.name for e in entries],
                         ["piaojue-auditor.desktop", "piaojue-office.desktop", "piaojue.desktop"])
        subprocess.run(["desktop-file-validate", *entries], check=True, timeout=20)
        for path in entries:
            reader = configparser.ConfigParser(interpolation=None, strict=True)
            reader.optionxform = str
            reader.read(path, encoding="utf-8")
            entry = reader["Desktop Entry"]
            self.assertEqual(entry["Terminal"], "false")
            self.assertTrue(entry["Name"] and entry["Name[en]"].isascii())
            icon = prefix / "share" / "icons" / "hicolor" / "scalable" / "apps" / f"{entry['Icon']}.svg"
            self.assertIn("<svg", icon.read_text(encoding="utf-8"))
            self.assertNotIn("http", icon.read_text(encoding="utf-8").replace("http://www.w3.org/2000/svg", ""))
            program, *args = entry["Exec"].split()
            started = Started(self, [prefix / "bin" / program, *args], program)
            self.addCleanup(started.stop)
            if program == "piaojue-auditor":
                self.assertEqual(started.ended(), 0)
                opened = pathlib.Path(self.opened(3)[-1] if len(self.opened()) > 2 else self.opened()[-1])
                self.assertTrue(opened.resolve().samefile(prefix / "share" / "piaojue" / "auditor.html"))
            else:
                self.assertEqual(page.Session(started.url()).answer.status, 303)

    def test_help_names_the_commands(self):
        # Harm: whoever does sit at a terminal gets a page, and no word of what there is beside it.
        done = subprocess.run([BIN / "piaojue", "--help"], capture_output=True, text=True, timeout=20)
        for command in ("enrol", "run", "export", "show"):
            self.assertRegex(done.stdout, rf"\n  {command} ")
        self.assertEqual(subprocess.run([BIN / "piaojue", "--nonsense"], capture_output=True, timeout=20).returncode, 2)


if __name__ == "__main__":
    unittest.main()
