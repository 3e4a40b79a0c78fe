# SPDX-License-Identifier: Apache-2.0
"""The parts of a service, real and private: PostgreSQL with a synchronous standby, HAProxy, nodes, all of them on
loopback, in one folder, from the templates in packaging/, ended by their own ids. Used by the tests whose names begin
with service, by examples/service.py and by tests/bench/service_bench.py."""

import asyncio
import atexit
import contextlib
import os
import pathlib
import pwd
import random
import re
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import unittest
import urllib.error
import urllib.request

import driver
import small

ROOT = pathlib.Path(__file__).resolve().parents[2]
POSTGRES_BIN = max(pathlib.Path("/usr/lib/postgresql").glob("*/bin"), key=lambda p: int(p.parent.name),
                   default=pathlib.Path("/usr/bin"))
LOOPBACK = "127.0.0.1"
BALANCER_SOURCE = "127.0.0.2"  # its own address towards the nodes: laptops that come by themselves are none of its
NODE_NAMES = ("node-a", "node-b", "node-c")


def free_port():
    """Below what the kernel gives to outgoing connections, so that none of those takes it before it is listened on."""
    for _ in range(200):
        port = random.randrange(15_000, 32_000)
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            with contextlib.suppress(OSError):
                probe.bind((LOOPBACK, port))
                return port
    raise driver.Failed("no free port was found")


def quick_folder(prefix):
    """For databases of tests: in memory where there is room. What dies in these tests are processes and not machines;
    what an fsync keeps is PostgreSQL's matter, and takes most of the time on a disk that also compiles."""
    memory = pathlib.Path("/dev/shm")
    room = memory.is_dir() and os.access(memory, os.W_OK) and shutil.disk_usage(memory).free > 2 << 30
    folder = pathlib.Path(tempfile.mkdtemp(prefix=prefix, dir=memory if room else None))
    folder.chmod(0o711)  # PostgreSQL's account passes through
    return folder


def fill(template, path, **values):
    """The file of packaging/ with each @NAME@ replaced; one that is not given is a fault of the test."""
    text = (ROOT / "packaging" / template).read_text(encoding="utf-8")
    path.write_text(re.sub(r"@([A-Z_]+)@", lambda name: str(values[name[1]]), text), encoding="utf-8")
    return path


def until(wanted, timeout_s, what):
    """The first value of `wanted()` that is something."""
    deadline = time.monotonic() + timeout_s
    while True:
        found = wanted()
        if found:
            return found
        if time.monotonic() > deadline:
            raise driver.Failed(f"{what}: not within {timeout_s} s")
        time.sleep(0.05)


def children(pid):
    """Ids of a process's own children."""
    found = []
    for stat in pathlib.Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            if int(stat.read_text(errors="replace").rpartition(")")[2].split()[1]) == pid:
                found.append(int(stat.parent.name))
    return found


class Postgres:
    """One cluster in a folder of its own; never as root, which PostgreSQL refuses to run as."""

    def __init__(self, directory, name, password=None):
        self.directory, self.name = pathlib.Path(directory), name
        self.data, self.log = self.directory / name, self.directory / f"{name}.log"
        self.port, self.popen, self.stalled = free_port(), None, []
        self.password = password or secrets.token_hex(12)
        self.account = None
        if os.geteuid() == 0:
            names = {entry.pw_name for entry in pwd.getpwall()}
            self.account = pwd.getpwnam("postgres" if "postgres" in names else "nobody")
        self.directory.mkdir(parents=True, exist_ok=True)
        if self.account:
            os.chown(self.directory, self.account.pw_uid, self.account.pw_gid)

    @classmethod
    def primary(cls, directory, name="primary", **settings):
        """Made and started, with the database and the role `piaojue`."""
        self = cls(directory, name)
        words = self.directory / f"{name}.password"
        words.write_text(self.password + "\n")
        if self.account:
            os.chown(words, self.account.pw_uid, self.account.pw_gid)
        self.tool("initdb", "-D", self.data, "-U", "postgres", "--pwfile", words, "--auth=scram-sha-256", "-k",
                  "--no-locale", "-E", "UTF8", "--no-sync")
        words.unlink()
        self.configure(**settings)
        self.start()
        self.sql(f"CREATE ROLE piaojue LOGIN PASSWORD '{self.password}'", "CREATE DATABASE piaojue OWNER piaojue")
        return self

    def configure(self, **settings):
        """packaging/postgresql.conf, and what a test wants beyond it."""
        own = self.data / "piaojue.conf"
        fill("postgresql.conf", own, ADDRESS=LOOPBACK, PORT=self.port, SOCKETS="", SHARED_BUFFERS="64MB")
        with open(own, "a", encoding="utf-8") as file:
            file.write("recovery_init_sync_method = syncfs\n")  # of a thousand small files, one by one, takes seconds
            file.writelines(f"{key} = {value}\n" for key, value in settings.items())
        main = self.data / "postgresql.conf"
        if "piaojue.conf" not in main.read_text():
            with open(main, "a", encoding="utf-8") as file:
                file.write("include 'piaojue.conf'\n")

    def popen_as(self, argv, **options):
        if self.account:
            options.update(user=self.account.pw_uid, group=self.account.pw_gid, extra_groups=[])
        env = {**os.environ, "LC_ALL": "C", "PGPASSWORD": self.password, "PGCONNECT_TIMEOUT": "5",
               **options.pop("env", {})}
        return subprocess.Popen([str(a) for a in argv], cwd=self.directory, stdin=subprocess.DEVNULL, env=env,
                                **options)

    def tool(self, program, *args, timeout_s=60, ok=True):
        """One of PostgreSQL's own programs; what it printed."""
        process = self.popen_as([POSTGRES_BIN / program, *args], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                text=True)
        try:
            out, err = process.communicate(timeout=timeout_s)
        except subprocess.TimeoutExpired:
            process.kill()
            process.communicate()
            raise driver.Failed(f"{program}: not done within {timeout_s} s") from None
        if ok and process.returncode != 0:
            raise driver.Failed(f"{program} {' '.join(map(str, args))}: exit {process.returncode}\n{out}\n{err}")
        return out

    def sql(self, *statements, database="postgres", user="postgres", timeout_s=30, ok=True):
        """Each in a transaction of its own; the rows of all of them as `a|b` lines."""
        commands = [word for statement in statements for word in ("-c", statement)]
        return self.tool("psql", "-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-h", LOOPBACK, "-p", self.port, "-U",
                         user, "-d", database, *commands, timeout_s=timeout_s, ok=ok).strip()

    def service_sql(self, *statements, **options):
        """As the service's own role, in its database."""
        return self.sql(*statements, database="piaojue", user="piaojue", **options)

    def start(self, timeout_s=30):
        assert not self.running
        atexit.register(self.stop)  # also where it was being made when the test was ended
        with open(self.log, "ab") as log:
            self.popen = self.popen_as([POSTGRES_BIN / "postgres", "-D", self.data], stdout=log, stderr=log)
        until(self.ready, timeout_s, f"PostgreSQL {self.name} answers (its log: {self.log})")

    def ready(self):
        if not self.running:
            raise driver.Failed(f"PostgreSQL {self.name} has ended:\n{self.log.read_text(errors='replace')[-1500:]}")
        return "accepting" in self.tool("pg_isready", "-h", LOOPBACK, "-p", self.port, ok=False)

    @property
    def running(self):
        return self.popen is not None and self.popen.poll() is None

    def kill(self):
        """As if its machine lost its power: nothing of it does anything any more."""
        self.resume()
        pids = children(self.popen.pid)
        self.popen.kill()
        for pid in pids:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self.popen.wait()
        until(lambda: not any(os.path.exists(f"/proc/{pid}") for pid in pids), 10, "its processes are gone")

    def stop(self, timeout_s=20):
        """At once, and in order; whoever is connected is cut off."""
        if self.running:
            self.resume()
            self.popen.send_signal(signal.SIGINT)
            try:
                self.popen.wait(timeout_s)
            except subprocess.TimeoutExpired:
                self.kill()

    def stall(self):
        """Every process of it stands still; its sockets stay open, and nobody answers."""
        for _ in range(2):  # whoever was born while the first round went on
            for pid in [self.popen.pid, *children(self.popen.pid)]:
                if pid not in self.stalled:
                    with contextlib.suppress(ProcessLookupError):
                        os.kill(pid, signal.SIGSTOP)
                        self.stalled.append(pid)

    def resume(self):
        for pid in reversed(self.stalled):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGCONT)
        self.stalled = []

    def standby(self, directory=None, name="standby", through=None):
        """A synchronous standby of this one: what is acknowledged from now on is on both disks.
        @param through: a port that leads here, over which it replicates"""
        other = Postgres(directory or self.directory, name, self.password)
        where = f"host={LOOPBACK} port={through or self.port} user=postgres password={self.password}"
        self.tool("pg_basebackup", "-D", other.data, "-c", "fast", "-X", "stream", "-R", "--no-sync", "-d",
                  f"{where} application_name={name}")
        other.configure()
        other.start()
        self.wait_for(name)
        return other

    def wait_for(self, name, timeout_s=30):
        """Commits wait for the standby of that name from now on."""
        self.alter(synchronous_standby_names=f"FIRST 1 ({name})")
        until(lambda: self.sql("SELECT count(*) FROM pg_stat_replication WHERE sync_state = 'sync' AND "
                               f"application_name = '{name}'") == "1", timeout_s, f"{name} is synchronous")

    def alter(self, **settings):
        """For as long as the cluster lives; None: no more."""
        self.sql(*(f"ALTER SYSTEM RESET {key}" if value is None else f"ALTER SYSTEM SET {key} = '{value}'"
                   for key, value in settings.items()), "SELECT pg_reload_conf()")

    def promote(self):
        """This standby is the primary from now on, and waits for nobody until it has a standby of its own."""
        self.tool("pg_ctl", "promote", "-D", self.data, "-w", "-t", "30")
        self.alter(synchronous_standby_names="")

    def backup(self, name="backup"):
        """A copy of the whole cluster as it is now; its folder."""
        where = f"host={LOOPBACK} port={self.port} user=postgres password={self.password}"
        self.tool("pg_basebackup", "-D", self.directory / name, "-c", "fast", "-X", "stream", "--no-sync", "-d", where)
        return self.directory / name

    def restore(self, backup):
        """In the place of all that came after it."""
        self.stop()
        shutil.rmtree(self.data)
        backup.rename(self.data)
        self.start()

    def address(self):
        return f"{LOOPBACK}:{self.port}"

    def superuser_url(self, database):
        return f"postgresql://postgres:{self.password}@{self.address()}/{database}"


def database_url(password, addresses, database="piaojue", user="piaojue"):
    """libpq's, with every machine that may be the primary."""
    return (f"postgresql://{user}:{password}@{','.join(addresses)}/{database}"
            "?target_session_attrs=read-write&connect_timeout=3")


class Wire:
    """A port that leads to another one: it can be slow, silent (nothing arrives, nothing is refused), or down."""

    def __init__(self, target):
        self.target, self.delay_s = target, 0.0
        self.port = free_port()
        self.loop = asyncio.new_event_loop()
        self.thread = threading.Thread(target=self.loop.run_forever, daemon=True)
        self.thread.start()
        self.writers, self.tasks, self.server = set(), set(), None
        self.flows = self._run(self._event())
        self.up()

    async def _event(self):
        event = asyncio.Event()
        event.set()
        return event

    def _run(self, coroutine):
        return asyncio.run_coroutine_threadsafe(coroutine, self.loop).result(10)

    async def _serve(self, reader, writer):
        self.tasks.add(asyncio.current_task())
        try:
            await self.flows.wait()
            there, back = await asyncio.open_connection(LOOPBACK, self.target)
        except OSError:
            writer.transport.abort()
            return
        finally:
            self.tasks.discard(asyncio.current_task())
        self.writers.update((writer, back))
        for pair in ((reader, back), (there, writer)):
            task = self.loop.create_task(self._pump(*pair))
            self.tasks.add(task)
            task.add_done_callback(self.tasks.discard)

    async def _pump(self, reader, writer):
        """Every piece is as late as the delay was when it came, and a later piece does not wait for an earlier one."""
        pieces = asyncio.Queue()
        sender = self.loop.create_task(self._send(pieces, writer))
        try:
            while data := await reader.read(65_536):
                pieces.put_nowait((self.loop.time() + self.delay_s, data))
        except OSError:
            pass
        finally:
            pieces.put_nowait((0, b""))
        await sender

    async def _send(self, pieces, writer):
        try:
            while True:
                due, data = await pieces.get()
                await asyncio.sleep(max(0.0, due - self.loop.time()))
                await self.flows.wait()
                if not data:
                    break
                writer.write(data)
                await writer.drain()
        except OSError:
            pass
        self.writers.discard(writer)
        writer.close()

    def cut(self):
        """As if somebody pulled the cable: what is on its way waits."""
        self.loop.call_soon_threadsafe(self.flows.clear)

    def heal(self):
        self.loop.call_soon_threadsafe(self.flows.set)

    def up(self):
        async def listen():
            self.server = await asyncio.start_server(self._serve, LOOPBACK, self.port)
        self._run(listen())

    def down(self):
        """Whoever is connected is reset, whoever comes is refused."""
        async def end():
            if self.server:
                self.server.close()
                self.server = None
            for writer in list(self.writers):
                writer.transport.abort()
            self.writers.clear()
        self._run(end())

    def close(self):
        self.heal()
        self.down()

        async def end():
            for task in list(self.tasks):
                task.cancel()
            await asyncio.gather(*self.tasks, return_exceptions=True)
        self._run(end())
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.thread.join(5)
        self.loop.close()


class Balancer:
    """HAProxy with packaging/haproxy.cfg."""

    def __init__(self, directory, nodes, maxconn=4000, per_address=2000):
        """@param nodes: of each its port and its monitor's, at most three; what is missing is down."""
        self.directory, self.port = pathlib.Path(directory), free_port()
        self.log = self.directory / "haproxy.log"
        self.control = pathlib.Path(tempfile.mkdtemp(prefix="piaojue-ha-")) / "s"  # a socket's path is short
        pairs = [*nodes, *[(1, 1)] * (3 - len(nodes))]
        values = {f"{word}_{letter}": value for letter, (port, monitor) in zip("ABC", pairs)
                  for word, value in (("NODE", f"{LOOPBACK}:{port}"), ("MONITOR", monitor))}
        self.config = fill("haproxy.cfg", self.directory / "haproxy.cfg", LISTEN=f"{LOOPBACK}:{self.port}",
                           SOURCE=BALANCER_SOURCE, SOCKET=self.control, MAXCONN=maxconn,
                           CONNECTIONS_PER_ADDRESS=per_address, **values)
        self.popen = None

    @property
    def address(self):
        return f"{LOOPBACK}:{self.port}"

    def start(self):
        with open(self.log, "ab") as log:
            self.popen = subprocess.Popen(["haproxy", "-db", "-f", str(self.config)], stdin=subprocess.DEVNULL,
                                          stdout=log, stderr=log)
        def listens():
            if self.popen.poll() is not None:
                raise driver.Failed(f"HAProxy has ended: {self.log.read_text(errors='replace')[-1500:]}")
            with contextlib.suppress(OSError):
                return self.say("show info")
        until(listens, 10, "HAProxy answers")

    def say(self, command):
        """On its own socket, as an operator does."""
        with socket.socket(socket.AF_UNIX) as control:
            control.settimeout(5)
            control.connect(str(self.control))
            control.sendall(command.encode() + b"\n")
            answer = b""
            while more := control.recv(65_536):
                answer += more
        return answer.decode()

    def states(self):
        """{node: "UP" or "DOWN"}, as HAProxy sees them; "" before its first look."""
        names, *rows = [line.split(",") for line in self.say("show stat").splitlines() if "," in line]
        rows = [dict(zip(names, row)) for row in rows]
        return {row["svname"]: "" if row["check_status"] in ("", "INI") else row["status"].split()[0]
                for row in rows if row["# pxname"] == "nodes" and row["svname"].startswith("node-")}

    def sessions(self):
        return int(re.search(r"^CurrConns: (\d+)", self.say("show info"), re.M).group(1))

    def wait_up(self, *names, timeout_s=20):
        """These are up, and no others."""
        until(lambda: {name: state == "UP" for name, state in self.states().items()} ==
              {name: name in names for name in NODE_NAMES} and "" not in self.states().values(), timeout_s,
              f"HAProxy sees {names}")

    def memory_mib(self):
        status = pathlib.Path(f"/proc/{self.popen.pid}/status").read_text()
        return int(re.search(r"^VmRSS:\s+(\d+) kB", status, re.M).group(1)) / 1024

    def stop(self):
        if self.popen and self.popen.poll() is None:
            self.popen.terminate()
            try:
                self.popen.wait(5)
            except subprocess.TimeoutExpired:
                self.popen.kill()
                self.popen.wait()

    def close(self):
        self.stop()
        shutil.rmtree(self.control.parent, ignore_errors=True)


class Node:
    """A `piaojue-server serve`, with the configuration of packaging/service.toml."""

    def __init__(self, service, name, database, ports=None, **changed):
        """@param ports: its own and its monitor's; changed: keys of service.toml that get another value"""
        self.service, self.name, self.process, self.starts = service, name, None, 0
        self.port, self.monitor = ports or (free_port(), free_port())
        self.address = f"{LOOPBACK}:{self.port}"
        self.toml = service.write_toml(f"{name}.toml", NAME=name, LISTEN=self.address, ADDRESS=self.address,
                                       MONITOR=f"{LOOPBACK}:{self.monitor}", DATABASE=database)
        text = self.toml.read_text(encoding="utf-8")
        for key, value in changed.items():
            text, count = re.subn(rf"(?m)^{key} = .*$", f"{key} = {value}", text)
            assert count == 1, key
        self.toml.write_text(text, encoding="utf-8")

    def start(self, wait=True, env=None, wrapper=(), timeout_s=30):
        self.starts += 1
        self.process = driver.Process(f"{self.name}-{self.starts}",
                                      [*wrapper, self.service.bin / "piaojue-server", "serve", self.toml],
                                      self.service.logs, env=env)
        if wait:
            self.process.wait_line(lambda line: line.startswith("listening "), timeout_s)
        return self

    @property
    def running(self):
        return self.process is not None and self.process.running

    def kill9(self):
        self.process.kill9()

    def pause(self):
        self.process.popen.send_signal(signal.SIGSTOP)

    def go_on(self):
        self.process.popen.send_signal(signal.SIGCONT)

    def term(self, timeout_s=20):
        """SIGTERM; the exit code, and how long it took."""
        began = time.monotonic()
        code = self.process.stop(timeout_s)
        return code, time.monotonic() - began

    def said(self):
        """All that this node has printed, of every start."""
        return "".join(path.read_text(errors="replace")
                       for path in sorted(self.service.logs.glob(f"{self.name}-*.stderr")))

    def http(self, path, timeout_s=5):
        """(status, text) of the monitor; (0, why) when nobody answers."""
        try:
            with urllib.request.urlopen(f"http://{LOOPBACK}:{self.monitor}{path}", timeout=timeout_s) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as answer:
            return answer.code, answer.read().decode()
        except OSError as fault:
            return 0, str(fault)

    def metrics(self):
        """{name with its labels: value} of OpenMetrics."""
        status, text = self.http("/metrics")
        if status != 200:
            raise driver.Failed(f"{self.name}: /metrics answers {status} {text}")
        return {name: float(value) for name, value in re.findall(r"^([a-z]\S*) (\S+)", text, re.M)}


class Service:
    """All of it. With `wires` each node reaches the database through wires of its own, that a test can cut."""

    def __init__(self, bin_dir, directory=None, nodes=3, standby=True, wires=False, settings=None, slow_standby=False,
                 maxconn=4000, start=None, node=None, postgres=None):
        """@param settings: of PostgreSQL, beyond packaging/; start: names of the nodes that start at once (all)
        @param node: keys of every node's service.toml that get another value; postgres: a folder for its data"""
        self.bin = pathlib.Path(bin_dir)
        self.kept = directory is not None
        self.directory = pathlib.Path(directory or tempfile.mkdtemp(prefix="piaojue-service-")).resolve()
        self.directory.mkdir(parents=True, exist_ok=True)
        os.chmod(self.directory, 0o711)  # PostgreSQL's account passes through
        self.logs = self.directory / "logs"
        self.logs.mkdir(exist_ok=True)
        self.databases, self.wires, self.nodes, self.balancer, self.meetings = [], {}, {}, None, {}
        self.replication, self.cleaned = None, []
        self.want = dict(nodes=nodes, standby=standby, wires=wires, settings=settings or {}, slow=slow_standby,
                         maxconn=maxconn, start=start, postgres=postgres,
                         node={"sessions": 1000, **(node or {})})  # no more descriptors than any machine gives

    def __enter__(self):
        # Who ends a test from outside ends what it has started, too.
        def end(*_):
            signal.signal(signal.SIGTERM, signal.SIG_IGN)  # once is enough
            sys.exit(143)
        if threading.current_thread() is threading.main_thread():
            signal.signal(signal.SIGTERM, end)
        try:
            self.start()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(self, kind, *_):
        self.stop()
        if kind is None and not self.kept:
            shutil.rmtree(self.directory, ignore_errors=True)

    def start(self):
        """PostgreSQL, its standby, the tables, the key, the nodes, HAProxy."""
        self.start_databases()
        self.tool("service-key", self.directory / "service.key")
        names = NODE_NAMES[:self.want["nodes"]]
        ports = [(free_port(), free_port()) for _ in names]
        self.balancer = Balancer(self.directory, ports, self.want["maxconn"])
        self.nodes = {name: Node(self, name, self.url(name), pair, **self.want["node"])
                      for name, pair in zip(names, ports)}
        self.toml = self.write_toml("desk.toml", NAME="desk", LISTEN="127.0.0.1:0", ADDRESS="127.0.0.1:1", MONITOR="",
                                    DATABASE=self.url())
        self.tool("store", "migrate", self.toml)
        names = names if self.want["start"] is None else self.want["start"]
        driver.at_once([self.nodes[name].start for name in names])
        self.balancer.start()
        self.balancer.wait_up(*names)

    def start_databases(self):
        home = self.postgres_home()
        self.databases = [Postgres.primary(home, **self.want["settings"])]
        if self.want["slow"]:
            self.replication = Wire(self.primary.port)
        if self.want["standby"]:
            self.databases.append(self.primary.standby(through=self.replication.port if self.replication else None))

    def fail_over(self):
        """The primary's machine dies, and an operator promotes the standby."""
        self.primary.kill()
        self.standby.promote()
        self.databases.reverse()

    def url(self, node=None):
        """What this node is told; without one, straight to the database."""
        ports = [database.port for database in self.databases]
        if node and self.want["wires"]:
            self.wires[node] = [Wire(port) for port in ports]
            ports = [wire.port for wire in self.wires[node]]
        return database_url(self.primary.password, [f"{LOOPBACK}:{port}" for port in ports])

    def every_wire(self):
        return [wire for wires in self.wires.values() for wire in wires]

    def postgres_home(self):
        """In this folder where it is kept, unless PostgreSQL's account can not pass to it."""
        if self.want["postgres"]:
            return self.want["postgres"] / "postgres"
        if self.kept and all(path.stat().st_mode & 0o001 for path in self.directory.resolve().parents):
            return self.directory / "postgres"
        self.cleaned.append(quick_folder("piaojue-postgres-"))
        return self.cleaned[-1] / "postgres"

    @property
    def primary(self):
        return self.databases[0]

    @property
    def standby(self):
        return self.databases[1]

    def write_toml(self, name, **values):
        path = fill("service.toml", self.directory / name, **{
            "SERVICE_KEY": "service.key", "PROXY": BALANCER_SOURCE, "LOG_FILE": "", "BALANCER": self.balancer.address,
            **values})
        path.chmod(0o600)  # it has the database's password
        return path

    def tool(self, *args, ok=(0,), timeout_s=60, env=None):
        """`piaojue-server` with these words; its finished process."""
        done = subprocess.run([str(self.bin / "piaojue-server"), *map(str, args)], capture_output=True, text=True,
                              timeout=timeout_s, stdin=subprocess.DEVNULL, env={**os.environ, **(env or {})})
        if ok is not None and done.returncode not in ok:
            raise driver.Failed(f"piaojue-server {' '.join(map(str, args))}: exit {done.returncode}\n{done.stdout}\n"
                                f"{done.stderr}")
        return done

    def holder(self, number):
        """The name of the node that holds the meeting's lease; "" for none."""
        return self.primary.service_sql(f"SELECT coalesce(node, '') FROM piaojue_meeting WHERE meeting = {number}")

    def node_of(self, number):
        return self.nodes[self.holder(number)]

    def stop(self):
        for meeting in self.meetings.values():
            with contextlib.suppress(Exception):
                meeting.stop()
        for node in self.nodes.values():
            if node.running:
                with contextlib.suppress(ProcessLookupError):
                    node.go_on()
                node.process.stop(5)
        if self.balancer:
            self.balancer.close()
        for wire in [*self.every_wire(), *([self.replication] if self.replication else [])]:
            wire.close()
        for database in self.databases:
            database.stop()
        for path in self.cleaned:
            shutil.rmtree(path, ignore_errors=True)


class ServiceMeeting(small.Small):
    """A small meeting, numbered, made in a directory and taken into the service; its laptops come to the balancer."""

    def __init__(self, service, number, experts=3, batches=(1,), address=None, materials=None, **rules):
        self.service, self.number = service, number
        directory = service.directory / f"meeting-{number}"
        # Ten meetings that begin at once wait for their trustees' keys: smaller ones are there sooner.
        rules = {"rules": {"modulus_bits": 2048}, **rules}
        files = small.write_rosters(directory / "rosters", experts, batches, **rules)
        self.sit(service.bin, directory, experts, files, materials, number=number,
                 listen=address or service.balancer.address)
        service.tool("adopt", service.toml, self.meeting.server_dir)
        self.meeting.place = [service.toml, "--number", number]
        self.meeting.start_server = lambda: None  # the nodes are there
        service.meetings[number] = self.meeting

    def said(self, event):
        """{person: events of that name}, of every laptop."""
        return {client.person: client.events(event) for client in self.all_clients if client.events(event)}


def vote(meeting, person, choice, batch=1, timeout_s=120):
    """What somebody does whose server may fall at any moment: he looks where he is, and goes on from there. The batch
    has one question, of the batch's own number."""
    client = meeting.client(person)
    deadline = time.monotonic() + timeout_s
    while time.monotonic() < deadline:
        with contextlib.suppress(driver.Failed):
            now = client.command("now", 10, ok=None)
            ballot = now.get("ballot") or {}
            if now["attempt"] and now["attempt"]["batch"] == batch:
                if ballot.get("in_log"):
                    return
                if ballot.get("stage") == "ready":
                    client.command(f"vote {batch} {choice}", 10, ok=None)
                    client.command("cast", 40, ok=None)
        time.sleep(0.2)
    raise driver.Failed(f"{meeting.number}: {person} could not vote in batch {batch} within {timeout_s} s")


class ServiceCase(unittest.TestCase):
    """Tests with services of their own; where one fails, what the nodes have said."""

    def service(self, **options):
        service = Service(pathlib.Path(os.environ["PIAOJUE_BIN_DIR"]), **options)
        self.enterContext(service)
        self.addCleanup(self.say_more, service)
        return service

    def say_more(self, service):
        outcome = self._outcome.result
        if outcome and any(test is self for test, _ in [*outcome.failures, *outcome.errors]):
            for node in service.nodes.values():
                print(f"--- {node.name}\n{node.said()[-3000:]}")
