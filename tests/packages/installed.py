#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The packages in a clean Debian: installed by apt, a meeting of their programs alone, purged. As root, by
scripts/package deb --test, in a mount namespace of its own:

    tests/packages/installed.py --packages DIR --clean ROOT --root ROOT

@param --clean a system as debootstrap made it, which stays as it is. @param --root where its copy is tried."""

import argparse
import contextlib
import hashlib
import os
import pathlib
import re
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "functional"))
import driver  # noqa: E402
import page  # noqa: E402
import small  # noqa: E402

NAMES = ("piaojue-client", "piaojue-server", "piaojue-office", "piaojue-verify")
# Who starts each. A record is its server's own file: whoever verifies it there is its administrator.
PROGRAMS = {"piaojue": "laptop", "piaojue-server": "piaojue", "piaojue-office": "laptop", "piaojue-verify": "root"}
EXAMPLES = "/usr/share/doc/piaojue-office/examples"
# What apt and dpkg keep of themselves, whichever packages come and go; logs; the tables of users, looked at apart.
OF_THE_SYSTEM = ("/var/lib/apt/", "/var/lib/dpkg/", "/var/cache/", "/var/log/", "/proc/", "/dev/", "/packages", "/tmp/",
                 "/etc/passwd", "/etc/group", "/etc/shadow", "/etc/gshadow", "/etc/subuid", "/etc/subgid", "/run/")
STARTED = time.monotonic()


class Wrong(Exception):
    pass


def say(text):
    print(f"[{time.monotonic() - STARTED:5.1f} s] {text}", flush=True)


def hold(right, what):
    """What must be so."""
    if not right:
        raise Wrong(what)


class Root:
    """A Debian of its own below a folder; its programs are started in it, as users of it."""

    def __init__(self, clean, root, packages=None):
        self.root = root
        if root.exists():
            shutil.rmtree(root)
        subprocess.run(["cp", "-a", clean, root], check=True)
        if packages:
            shutil.copytree(packages, root / "packages", ignore=lambda _, names: [n for n in names if n[-4:] != ".deb"])
        subprocess.run(["mount", "-t", "proc", "proc", root / "proc"], check=True)
        shutil.copy("/etc/resolv.conf", root / "etc" / "resolv.conf")
        # As where an administrator says that nothing starts by itself; nobody here could start it either.
        (root / "usr/sbin/policy-rc.d").write_text("#!/bin/sh\nexit 101\n")
        (root / "usr/sbin/policy-rc.d").chmod(0o755)
        self.run("useradd", "--create-home", "laptop")

    def run(self, *argv, ok=True, user=None, env=None, timeout_s=600):
        """@return the finished process; its exit code is 0 unless `ok` is something else."""
        done = subprocess.run(self.argv(argv, user), capture_output=True, text=True, timeout=timeout_s,
                              stdin=subprocess.DEVNULL, env=self.env(user, env))
        if ok and done.returncode != 0:
            raise Wrong(f"{argv}: exit {done.returncode}\n{done.stdout[-3000:]}\n{done.stderr[-3000:]}")
        return done

    def argv(self, argv, user=None):
        as_user = ["--userspec", ":".join(self.ids(user))] if user else []
        return ["chroot", *as_user, str(self.root), *map(str, argv)]

    def env(self, user, more=None):
        home = "/home/laptop" if user == "laptop" else "/root"
        return {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "HOME": home, "LC_ALL": "C.UTF-8",
                "DEBIAN_FRONTEND": "noninteractive", **(more or {})}

    def ids(self, user):
        fields = next(line.split(":") for line in self.passwd() if line.startswith(f"{user}:"))
        return fields[2], fields[3]

    def passwd(self):
        return (self.root / "etc/passwd").read_text(encoding="utf-8").splitlines()

    def install(self, *names, ok=True):
        debs = [f"/packages/{deb.name}" for name in names or NAMES
                for deb in sorted((self.root / "packages").glob(f"{name}_*.deb"))]
        hold(len(debs) == len(names or NAMES), f"packages of {names or NAMES}: {debs}")
        return self.run("apt-get", "install", "-y", "-q", "--no-install-recommends", *debs, ok=ok)

    def loaded(self):
        """Programs and libraries, as they are read when a program is started."""
        return [*(self.root / "usr/bin").glob("piaojue*"), *(self.root / "usr/lib").rglob("*.so*")]

    def purge(self):
        return self.run("apt-get", "purge", "-y", "-q", *NAMES)

    def files(self):
        """Every path of the system, without what apt, dpkg and logs keep."""
        found = subprocess.run(["find", self.root, "-xdev", "-printf", "/%P\n"], check=True, capture_output=True,
                               text=True).stdout.splitlines()
        return {path for path in found if not path.startswith(OF_THE_SYSTEM)}

    def own(self):
        """What the installed packages have put there: files, links, folders that nobody else has."""
        listed = [self.run("dpkg", "-L", name).stdout.splitlines() for name in NAMES]
        return sorted({path for paths in listed for path in paths if not (self.root / path[1:]).is_dir()})


@contextlib.contextmanager
def folder_in(*roots):
    """A folder that has the same name here and in the roots, with a blank and Chinese in it."""
    path = pathlib.Path(tempfile.mkdtemp(prefix="piaojue 会议 "))
    path.chmod(0o777)
    mounted = []
    try:
        for root in roots:
            inside = root.root / str(path)[1:]
            inside.mkdir(parents=True)
            subprocess.run(["mount", "--bind", path, inside], check=True)
            mounted.append(inside)
        yield path
    finally:
        for inside in mounted:
            subprocess.run(["umount", inside], check=True)
            inside.rmdir()
        shutil.rmtree(path, ignore_errors=True)


def wrappers(root, bin_dir):
    """Programs with the packages' names that start those of the root, as who would start them."""
    bin_dir.mkdir()
    for name, user in PROGRAMS.items():
        uid, gid = root.ids(user)
        (bin_dir / name).write_text(
            "#!/bin/sh\nexport HOME=/home/laptop\n"
            f"exec chroot --userspec={uid}:{gid} '{root.root}' /usr/bin/{name} \"$@\"\n")
        (bin_dir / name).chmod(0o755)


def check_installed(root, packages):
    """The programs are the published ones; nothing runs or is enabled; folders are their owners' alone."""
    published = dict(reversed(line.split()) for line in
                     (packages / "PROGRAMS.sha256").read_text(encoding="utf-8").splitlines())
    for name in PROGRAMS:
        said = root.run(f"/usr/bin/{name}", "--version", "--hash").stdout.splitlines()
        of_file = hashlib.sha256((root.root / "usr/bin" / name).read_bytes()).hexdigest()
        hold(said[2] == f"sha256 {of_file}" and published[f"usr/bin/{name}"] == of_file, f"{name} says {said}")
    for unit in ("piaojue-server", "piaojue-node"):
        state = root.run("systemctl", "is-enabled", f"{unit}.service", ok=False).stdout.strip()
        hold(state == "disabled", f"{unit} is {state}")
    for path, mode in (("var/lib/piaojue", 0o700), ("etc/piaojue", 0o750)):
        hold((root.root / path).stat().st_mode & 0o777 == mode, f"{path} has another mode")
    for name in PROGRAMS:
        for place in ("man/man1", "man/zh_CN/man1"):
            hold((root.root / "usr/share" / place / f"{name}.1.gz").exists(), f"{name} has no page in {place}")
    say("installed by apt: programs have the published hashes, no unit is enabled, folders are closed, manual is there")


def peak_memory_mib(process):
    status = pathlib.Path(f"/proc/{process.popen.pid}/status").read_text(encoding="utf-8")
    return next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmHWM")) / 1024


def hold_meeting(root, folder, dies=2, emulated=None, look=lambda processes: None):
    """Three experts, a clerk and a supervisor; one laptop dies in mid-ballot and comes back.

    @param dies whose. @param emulated whose laptop is started through what would be measured with it.
    @param look gets the running programs, when all of them have something to do.
    @return the verifier's finished process."""
    meeting_folder = folder / "meeting"
    meeting_folder.mkdir()
    meeting_folder.chmod(0o777)
    files = small.write_rosters(folder / "rosters", 3, (2,))
    meeting = small.Small.on(folder / "bin", folder, 3, files)
    try:
        # Slips are the server's own files; people get them on paper.
        meeting.meeting.slips = {p: (path.read_text(encoding="utf-8"), name)
                                 for p, (path, name) in meeting.meeting.slips.items()}
        meeting.start()
        meeting.open(1)
        meeting.tokens(1)
        meeting.client(dies).command("vote 1 agree")
        meeting.client(dies).kill9()
        meeting.meeting.start_client(dies).wait("tokens", 40, batch=1)
        look([meeting.meeting.server, *meeting.all_clients])
        meeting.cast({1: "agree", 2: "agree", 3: "disagree"}, (1, 2))
        meeting.close()
        rows = meeting.declare(1)
        hold(all(row["agree"] == 2 for row in rows.values()), f"counted: {rows}")
        memory = max(peak_memory_mib(client) for client in meeting.all_clients if client.person != emulated)
        done = meeting.end()
    finally:
        meeting.meeting.stop()
    hold(done.returncode == 0 and "VERIFIED" in done.stdout, done.stdout + done.stderr)
    last = next(line for line in done.stdout.splitlines() if "VERIFIED" in line)
    say("a meeting of these programs alone, one laptop killed and back: "
        f"{last.strip()}; a laptop at most {memory:.0f} MiB")
    return done


def as_user(ids, does):
    """Whether `does()` holds for a user of the root, who to this machine is nobody in particular."""
    child = os.fork()
    if child == 0:
        try:
            os.setgroups([])
            os.setgid(int(ids[1]))
            os.setuid(int(ids[0]))
            os._exit(0 if does() else 1)
        except BaseException as failure:  # noqa: BLE001  the child's only way to say it
            print(f"packages: {failure!r}", file=sys.stderr, flush=True)
            os._exit(1)
    return os.waitpid(child, 0)[1] == 0


def whole_page(url):
    session = page.Session(url)
    parts = [session.get(), session.get("vendor/preact.js")]
    return session.answer.status == 303 and all(p.status == 200 for p in parts) and b"<script" in parts[0].body


def forget(root):
    """Takes programs and libraries of the root out of the machine's memory, as after it was switched on."""
    for path in root.loaded():
        if path.is_symlink() or not path.is_file():
            continue
        handle = os.open(path, os.O_RDONLY)
        os.posix_fadvise(handle, 0, 0, os.POSIX_FADV_DONTNEED)
        os.close(handle)


def start_pages(root, folder):
    """Both programs with a page, on a machine without any browser: that is said, and the address leads to the page."""
    for name, argv in (("piaojue", ["piaojue", "run", "--page", "0", "--home", folder / "页 home"]),
                       ("piaojue-office", ["piaojue-office", "page", "--office", folder / "办 公室"])):
        (folder / "logs").mkdir(exist_ok=True)
        forget(root)
        begun = time.monotonic()
        program = driver.Process(f"page-{name}", [folder / "bin" / argv[0], *argv[1:]], folder / "logs", stdin=True)
        try:
            _, line = program.wait_line(lambda text: "http://127.0.0.1:" in text, 30)
            url = "http://" + line.split("http://", 1)[1].split('"')[0].split()[0]
            # Another user first, were it root: the address works once.
            hold(page.Session(url).answer.status == 403, f"{name}'s page answers another user")
            hold(as_user(root.ids("laptop"), lambda: whole_page(url)), f"{name} has no whole page")
            took = time.monotonic() - begun
            said = program.stderr_tail()
            hold("浏览器" in said or "browser" in said, f"{name} says nothing of the browser that is not there")
        finally:
            program.stop()
        say(f"{name}: page {took:.2f} s after a cold start, for its own user alone, without a browser")


def use_office(root, folder):
    """The office's tables are found in /usr/share, its examples are read."""
    office = folder / "office"
    def clerk(*argv):
        return root.run("piaojue-office", argv[0], "--office", office, *argv[1:], user="laptop",
                        env={"PIAOJUE_PASSPHRASE": "经办口令口令一号"})
    clerk("enlist", "--name", "周晓棠")
    clerk("import", "--members", f"{EXAMPLES}/members.xlsx", "--candidates", f"{EXAMPLES}/candidates.xlsx",
          "--appraisals", f"{EXAMPLES}/appraisals.xlsx", "--date", "2026-10-08", "--date-reason", "示例",
          "--extension", "示例：沿用原标准的通知")
    rows = clerk("verdicts").stdout.splitlines()
    hold(len(rows) == 20, f"verdicts: {len(rows)} rows")
    done = root.run("piaojue", "enrol", "--slip", "x", "--home", "/root/kept", user="laptop", ok=False,
                    env={"PIAOJUE_PASSPHRASE": "本机测试口令-1"})
    hold(done.returncode == 1 and done.stderr.strip(), f"a folder without rights: {done}")
    say("the office judges its examples by the tables of /usr/share; a folder without rights is a sentence")


def fill_disk(root):
    """A disk that is full while a package is unpacked: it is said, and the same command works when there is room."""
    place = root.root / "usr/share/piaojue"
    place.mkdir(exist_ok=True)
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", place], check=True)
    failed = root.install("piaojue-verify", ok=False)
    subprocess.run(["umount", place], check=True)
    hold(failed.returncode != 0 and "No space left" in failed.stdout + failed.stderr, failed.stdout + failed.stderr)
    root.install("piaojue-verify")
    root.run("piaojue-verify", "--version")
    root.run("apt-get", "purge", "-y", "-q", "piaojue-verify")
    say("a full disk stops dpkg with its reason; with room again the same command installs")


def state_of(folder):
    """Every file below it: {path: (mode, owner, hash)}. The lock says nothing by being there: it is held or not."""
    return {str(path.relative_to(folder)): (path.stat().st_mode, path.stat().st_uid,
                                            hashlib.sha256(path.read_bytes()).hexdigest())
            for path in folder.rglob("*") if path.is_file() and path.name != "lock"}


def older_package(packages, folder, out):
    """The server's package under an older number, as it stood before its administrator upgrades."""
    deb, = packages.glob("piaojue-server_*.deb")
    subprocess.run(["dpkg-deb", "-R", deb, folder / "older"], check=True)
    control = folder / "older/DEBIAN/control"
    control.write_text(re.sub(r"(?m)^Version: .*$", "Version: 0.0.1", control.read_text(encoding="utf-8")),
                       encoding="utf-8")
    subprocess.run(["dpkg-deb", "-b", folder / "older", out], check=True, capture_output=True)


def upgrade(root, folder, packages):
    """An upgrade changes no byte of a meeting and of an administrator's settings. What another version has made is
    refused with a sentence, and stays as it is."""
    older_package(packages, folder, root.root / "packages/older.deb")
    root.run("apt-get", "install", "-y", "-q", "--no-install-recommends", "/packages/older.deb")
    setting = root.root / "etc/needrestart/conf.d/piaojue-server.conf"
    setting.write_text(setting.read_text(encoding="utf-8") + "# own\n", encoding="utf-8")
    files = small.write_rosters(folder / "older rosters", 3, (2,))
    here = "/var/lib/piaojue/meeting"
    root.run("piaojue-server", "init", here, "--meeting", files[0], "--members", files[1], "--candidates", files[2],
             "--listen", "127.0.0.1:7443", user="piaojue")
    state = root.root / here[1:]
    before, settings = state_of(state), setting.read_text(encoding="utf-8")
    root.install()
    version = root.run("dpkg-query", "-W", "-f", "${Version}", "piaojue-server").stdout
    hold(version != "0.0.1", f"version is {version}")
    hold(state_of(state) == before and setting.read_text(encoding="utf-8") == settings, "an upgrade changed files")
    root.run("piaojue-server", "status", here, user="piaojue")
    with contextlib.closing(sqlite3.connect(state / "meeting.db")) as database:
        database.execute("UPDATE meta SET value = CAST('1' AS BLOB) WHERE key = CAST('format' AS BLOB)")
        database.commit()
    before = state_of(state)
    for command in ("status", "run"):
        done = root.run("piaojue-server", command, here, user="piaojue", ok=False, timeout_s=30)
        named = re.search("另一版本|another version", done.stdout + done.stderr)
        hold(done.returncode == 1 and named, f"{command} of another version: {done}")
    hold(state_of(state) == before, "another version's meeting was changed")
    shutil.rmtree(state)
    say(f"upgraded from 0.0.1 to {version}: {len(before)} files of a meeting and a setting stay as they were; another "
        "version's meeting is refused with a sentence, and stays too")


def purge_and_come_back(root, folder):
    """A purge leaves a meeting alone, and its server; a package that comes back finds it."""
    bin_dir = folder / "bin"
    files = [folder / "rosters" / name for name in ("meeting.toml", "members.csv", "candidates.csv")]
    subprocess.run([bin_dir / "piaojue-server", "init", "/var/lib/piaojue/meeting", "--meeting", files[0], "--members",
                    files[1], "--candidates", files[2], "--listen", "127.0.0.1:7443"], check=True, capture_output=True)
    state = root.root / "var/lib/piaojue"
    before = {str(p.relative_to(state)) for p in state.rglob("*")}
    said = root.purge()
    hold("/var/lib/piaojue" in said.stderr + said.stdout, "purge says nothing of what it kept")
    hold({str(p.relative_to(state)) for p in state.rglob("*")} == before and before, "a meeting was deleted by a purge")
    hold(any(line.startswith("piaojue:") for line in root.passwd()), "its user is gone")
    say(f"purge kept the meeting in /var/lib/piaojue ({len(before)} files) and said so")
    root.install()
    root.run("piaojue-server", "status", "/var/lib/piaojue/meeting", user="piaojue")
    shutil.rmtree(state / "meeting")
    say("installed again, the server reads that meeting")


def nothing_left(root, files, own):
    """@param files of the system before anything of Piaojue. @param own what the packages had put there."""
    left = sorted(path for path in own if os.path.lexists(root.root / path[1:]))
    hold(left == [], f"left of the packages: {left}")
    named = sorted(path for path in root.files() if "piaojue" in path)
    hold(named == [], f"left: {named}")
    new = sorted(root.files() - files)
    hold(new == [], f"new in the system: {new}")
    for table in ("passwd", "group", "shadow", "gshadow"):
        hold("piaojue" not in (root.root / "etc" / table).read_text(encoding="utf-8"), f"{table} knows piaojue still")
    hold("piaojue" not in root.run("dpkg", "--get-selections").stdout, "dpkg knows the packages still")
    say(f"purged without a meeting: of {len(own)} files nothing is left, nor user and group")


def main():
    parser = argparse.ArgumentParser()
    for name in ("packages", "clean", "root"):
        parser.add_argument(f"--{name}", type=lambda text: pathlib.Path(text).resolve(), required=True)
    given = parser.parse_args()
    root = Root(given.clean, given.root, given.packages)
    root.run("apt-get", "update", "-q")
    # Once in and out, so that what stays of the packages they depend on is there before it is looked for.
    root.install()
    own = root.own()
    check_installed(root, given.packages)
    root.purge()
    root.run("apt-get", "clean")
    files = root.files()
    nothing_left(root, files, own)
    fill_disk(root)
    with folder_in(root) as folder:
        upgrade(root, folder, given.packages)
        wrappers(root, folder / "bin")
        hold_meeting(root, folder)
        start_pages(root, folder)
        use_office(root, folder)
        purge_and_come_back(root, folder)
        root.purge()
    nothing_left(root, files, own)
    say("packages: all that was tried is right")


def started(does):
    """As a program: what is wrong is a sentence and an exit code."""
    try:
        does()
    except (Wrong, driver.Failed) as failure:
        print(f"packages: {failure}", file=sys.stderr)
        sys.exit(1)


if __name__ == "__main__":
    started(main)
