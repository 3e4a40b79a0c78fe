# SPDX-License-Identifier: Apache-2.0
"""Starts a real server and real clients, each its own process, and drives them through the door that
docs/client-door.md describes: command lines in, JSON lines out. Used by the functional tests, the demo and the
meeting benchmark."""

import fcntl
import json
import os
import pathlib
import signal
import struct
import subprocess
import threading
import time


class Failed(Exception):
    """A step did not end as it should; says which process, and the last lines that it printed."""


def lock_holder(path):
    """Which process holds the lock of fcntl on that file; 0: none."""
    form = "hhqqi4x"
    with open(path, "rb+") as file:
        asked = struct.pack(form, fcntl.F_WRLCK, 0, 0, 0, 0)
        kind, _, _, _, pid = struct.unpack(form, fcntl.fcntl(file, fcntl.F_GETLK, asked))
    return 0 if kind == fcntl.F_UNLCK else pid


class Process:
    """One program with its output collected line by line. Ended by its own id, never by name."""

    def __init__(self, name, argv, log_dir, env=None, stdin=False):
        self.name = name
        self.argv = [str(a) for a in argv]
        self.lines = []
        self.times = []  # of this program's monotonic clock, one a line
        self.changed = threading.Condition()
        self.stderr_path = pathlib.Path(log_dir) / f"{name}.stderr"
        with open(self.stderr_path, "ab") as stderr:
            self.popen = subprocess.Popen(
                self.argv, stdin=subprocess.PIPE if stdin else subprocess.DEVNULL, stdout=subprocess.PIPE,
                stderr=stderr, env={**os.environ, **(env or {})}, text=True, encoding="utf-8", bufsize=1)
        self.reader = threading.Thread(target=self._read, daemon=True)
        self.reader.start()

    def _read(self):
        for line in self.popen.stdout:
            with self.changed:
                self.times.append(time.monotonic())
                self.lines.append(self._take(line.rstrip("\n")))
                self.changed.notify_all()
        with self.changed:
            self.changed.notify_all()

    def _take(self, line):
        return line

    def wait_line(self, wanted, timeout_s=30.0, start=0):
        """First line from `start` on for which `wanted(line)` is true: (its position, the line)."""
        deadline = time.monotonic() + timeout_s
        position = start
        with self.changed:
            while True:
                while position < len(self.lines):
                    if wanted(self.lines[position]):
                        return position, self.lines[position]
                    position += 1
                left = deadline - time.monotonic()
                if left <= 0 or (not self.reader.is_alive() and position >= len(self.lines)):
                    raise Failed(f"{self.name}: waited {timeout_s} s in vain; exit code {self.popen.poll()}; "
                                 f"last lines: {self.lines[-6:]}; stderr: {self.stderr_tail()}")
                self.changed.wait(min(left, 0.5))

    def stderr_tail(self):
        try:
            return self.stderr_path.read_text(errors="replace")[-1500:]
        except OSError:
            return ""

    def kill9(self):
        self.popen.kill()
        self.popen.wait()
        self._close()

    def stop(self, timeout_s=10.0):
        if self.popen.poll() is None:
            self.popen.send_signal(signal.SIGTERM)
            try:
                self.popen.wait(timeout_s)
            except subprocess.TimeoutExpired:
                self.popen.kill()
                self.popen.wait()
        self._close()
        return self.popen.returncode

    def _close(self):
        self.reader.join(10)
        for pipe in (self.popen.stdin, self.popen.stdout):
            if pipe:
                try:
                    pipe.close()
                except BrokenPipeError:
                    pass

    @property
    def running(self):
        return self.popen.poll() is None


class Client(Process):
    """A `piaojue run`. `command` returns the reply; events are dicts in `lines`."""

    def __init__(self, meeting, person, name, args=(), env=None):
        self.person = person
        home = meeting.home(person)
        super().__init__(f"client-{person:02d}", [meeting.bin / "piaojue", "run", "--home", home, *args], meeting.logs,
                         env={"PIAOJUE_PASSPHRASE": meeting.passphrase(person), **(env or {})}, stdin=True)
        self.display = name
        self.send_lock = threading.Lock()

    def _take(self, line):
        try:
            return json.loads(line)
        except ValueError:
            return {"event": "unreadable", "line": line}

    def begin(self, line):
        """Sends a command without waiting; `finish` gives its reply."""
        with self.send_lock:
            start = len(self.lines)
            self.popen.stdin.write(line + "\n")
            self.popen.stdin.flush()
        return start, line.split()[0]

    def finish(self, begun, timeout_s=30.0):
        start, command = begun
        _, reply = self.wait_line(lambda e: e.get("event") == "reply" and e.get("command") == command, timeout_s, start)
        return reply

    def command(self, line, timeout_s=30.0, ok=True):
        """@param ok: True: must succeed; False: must be refused; None: either."""
        reply = self.finish(self.begin(line), timeout_s)
        if ok is not None and bool(reply.get("ok")) != ok:
            raise Failed(f"{self.name} ({self.display}): '{line}' -> {reply}")
        return reply

    def until(self, line, wanted, timeout_s=30.0):
        """Says the command again and again until `wanted(reply)` is something; returns that."""
        deadline = time.monotonic() + timeout_s
        while True:
            reply = self.command(line, ok=None)
            found = wanted(reply)
            if found:
                return found
            if time.monotonic() > deadline:
                raise Failed(f"{self.name} ({self.display}): '{line}' was never what was waited for: {reply}")
            time.sleep(0.2)

    def wait(self, event, timeout_s=30.0, start=0, **fields):
        """First event of that name whose fields have these values, from line `start` on."""
        def wanted(e):
            return e.get("event") == event and all(e.get(k) == v for k, v in fields.items())
        try:
            return self.wait_line(wanted, timeout_s, start)[1]
        except Failed as failure:
            raise Failed(f"waiting for {event} {fields}: {failure}") from None

    def sign(self, kind, start=0, timeout_s=20.0):
        """Signs a proposal of this type that wants this person's signature, first told from line `start` on; a
        BatchOpen with as many heads as it lists. @return the proposal"""
        it = self.wait("proposal", timeout_s, start, type=kind, yours=True)
        self.command(f"approve {it['id']}" + (f" {len(it['people'])}" if kind == "BatchOpen" else ""))
        return it

    def tick_all(self):
        """A supervisor's ticks, as if every line of the sign-in sheet were signed."""
        for row in self.command("sheet")["rows"]:
            if row["device_code"]:
                self.command(f"tick {row['person']} {row['device_code']}")

    def events(self, event, **fields):
        return [e for e in list(self.lines)
                if e.get("event") == event and all(e.get(k) == v for k, v in fields.items())]

    def mark(self):
        return len(self.lines)


class Meeting:
    """A meeting's directory, its server and its clients."""

    def __init__(self, bin_dir, directory, meeting_toml, members_csv, candidates_csv, recusals_csv=None,
                 materials=None, listen="127.0.0.1:0", number=None):
        """@param number: of a meeting that goes into a service, whose laptops come to `listen`"""
        self.bin = pathlib.Path(bin_dir)
        self.directory = pathlib.Path(directory)
        self.directory.mkdir(parents=True, exist_ok=True)
        self.logs = self.directory / "logs"
        self.logs.mkdir(exist_ok=True)
        self.server_dir = self.directory / "server"
        self.place = [self.server_dir]  # what the commands that read a meeting are told
        self.clients = {}
        self.server = None
        self.run_tool("piaojue-server", "init", self.server_dir, "--meeting", meeting_toml, "--members", members_csv,
                      "--candidates", candidates_csv, *(("--recusals", recusals_csv) if recusals_csv else ()),
                      *(("--materials", materials) if materials else ()),
                      *(("--number", number) if number else ()), "--listen", listen)
        self.slips = {}
        for slip in sorted((self.server_dir / "slips").iterdir()):
            number, _, name = slip.stem.partition("-")
            self.slips[int(number)] = (slip, name)

    def home(self, person):
        return self.directory / f"client-{person:02d}"

    def passphrase(self, person):
        return f"本机测试口令-{person}"

    def run_tool(self, program, *args, env=None, ok=(0,), timeout_s=120):
        done = subprocess.run([str(self.bin / program), *map(str, args)], capture_output=True, text=True,
                              env={**os.environ, **(env or {})}, timeout=timeout_s, stdin=subprocess.DEVNULL)
        if ok is not None and done.returncode not in ok:
            raise Failed(f"{program} {' '.join(map(str, args))}: exit {done.returncode}\n{done.stdout}\n{done.stderr}")
        return done

    def start_server(self, args=(), env=None):
        if self.server:
            self.server.stop()
        argv = [self.bin / "piaojue-server", "run", self.server_dir, *args]
        self.server = Process("server", argv, self.logs, env=env)
        _, line = self.server.wait_line(lambda text: text.startswith("listening "), 20)
        return line.split()[1]

    def enrol(self, person, slip=None):
        slip = slip or self.slips[person][0]
        return self.run_tool("piaojue", "enrol", "--slip", slip, "--home", self.home(person),
                             env={"PIAOJUE_PASSPHRASE": self.passphrase(person)})

    def enrol_all(self, people=None, at_once=4):
        waiting = list(people or self.slips)
        failures = []
        def work():
            while True:
                try:
                    person = waiting.pop(0)
                except IndexError:
                    return
                try:
                    self.enrol(person)
                except Exception as failure:  # noqa: BLE001  reported below
                    failures.append(failure)
        threads = [threading.Thread(target=work) for _ in range(at_once)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        if failures:
            raise failures[0]

    def start_client(self, person, args=(), env=None):
        self.clients[person] = Client(self, person, self.slips[person][1], args, env)
        return self.clients[person]

    def start_clients(self, people=None):
        for person in people or self.slips:
            self.start_client(person)
        for person in people or self.slips:
            self.clients[person].wait("connected", 30)

    def stop(self):
        for client in self.clients.values():
            if client.running:
                client.popen.send_signal(signal.SIGTERM)
        for client in self.clients.values():
            client.stop()
        if self.server:
            self.server.stop()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()


def at_once(actions):
    """Runs callables side by side; raises the first failure."""
    failures = []
    def guard(action):
        try:
            action()
        except Exception as failure:  # noqa: BLE001  raised below
            failures.append(failure)
    threads = [threading.Thread(target=guard, args=(action,)) for action in actions]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failures:
        raise failures[0]
