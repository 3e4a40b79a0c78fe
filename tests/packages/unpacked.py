#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The portable archive on an older system: unpacked and installed by an ordinary user, a meeting of its programs with
the system calls of Linux 4.19, removed. As root, by scripts/package portable --test, in a mount namespace of its own:

    tests/packages/unpacked.py --archive ARCHIVE --clean ROOT --root ROOT

@param --clean a system as debootstrap made it, which stays as it is. @param --root where its copy is tried."""

import argparse
import contextlib
import hashlib
import json
import pathlib
import re
import shutil
import subprocess
import sys
import time

import installed
from installed import Wrong, driver, hold, page, say

HERE = installed.HERE
CLOSURE = HERE.parents[1] / "packaging/folder/closure.py"
PROGRAMS = ("piaojue", "piaojue-server", "piaojue-office", "piaojue-verify")
PLACE = "/home/laptop/票决 会场"
NOT_STARTED = 126  # of the launcher, as of a shell that may not start what it found
PASSPHRASE = "经办口令口令一号"
SMALL = ("-t", "tmpfs", "-o")  # a disk, with its size behind it
# Which browser it would be, and what it was told.
BROWSER = "#!/bin/sh\n{ printf '%s\\n' \"$1\"; env; } >/tmp/browser.new && mv /tmp/browser.new /tmp/browser\n"


class System(installed.Root):
    """An older Debian with two people, and the archive beside them as on a stick that was put in."""

    def __init__(self, clean, root, archive):
        super().__init__(clean, root)
        self.archive = f"/{archive.name}"
        shutil.copy(archive, root / archive.name)
        self.name = archive.name.removesuffix(".tar.xz")
        self.run("useradd", "--create-home", "second")
        self.run("chmod", "755", "/home/laptop", "/home/second")  # as these systems make homes
        self.folder = f"{PLACE}/{self.name}"
        self.files_at_first = self.files()
        self.at_first = {user: self.left(user) for user in ("laptop", "second")}

    def left(self, user):
        """Everything in that home."""
        return {str(path) for path in self.at(f"/home/{user}").rglob("*")}

    def at(self, path):
        """Where it is on this machine."""
        return self.root / str(path)[1:]

    def loaded(self):
        return [*self.at(f"{self.folder}/bin").iterdir(), *self.at(f"{self.folder}/lib").iterdir()]

    def env(self, user, more=None):
        return {"PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C.UTF-8",
                "HOME": f"/home/{user}" if user else "/root", **(more or {})}

    def unpack(self, place, user="laptop", ok=True):
        self.run("mkdir", "-p", place, user=user)
        return self.run("tar", "-x", "-f", self.archive, "-C", place, user=user, ok=ok)

    def program(self, name, *argv, user="laptop", folder=None, **more):
        return self.run(f"{folder or self.folder}/bin/{name}", *argv, user=user, **more)

    def refuses(self, word, *argv, user="laptop", code=NOT_STARTED, **more):
        """What is said in Chinese has that word in it, and it is said in English elsewhere."""
        for language, wanted in (("zh_CN.UTF-8", word), ("en_US.UTF-8", "")):
            done = self.run(*argv, user=user, ok=False, env={"LC_ALL": language, **more})
            hold(done.returncode == code and wanted in done.stderr and done.stdout == "", f"{argv}: {done}")
            hold(len(done.stderr.strip().splitlines()) == 1, f"not one sentence: {done.stderr}")
            hold(("没有" in done.stderr) == (wanted != ""), f"not in {language}: {done.stderr}")


def wrappers(system, folder):
    """Programs that start those of the unpacked folder as the laptop's user, with the system calls of 4.19."""
    bin_dir = folder / "bin"
    bin_dir.mkdir()
    uid, gid = system.ids("laptop")
    for name in PROGRAMS:
        (bin_dir / name).write_text(
            "#!/bin/sh\nexport HOME=/home/laptop PATH=/usr/local/bin:/usr/bin:/bin\n"
            f"exec {sys.executable} '{HERE}/older_kernel.py' /usr/sbin/chroot --userspec={uid}:{gid} '{system.root}' "
            f"'{system.folder}/bin/{name}' \"$@\"\n")
        (bin_dir / name).chmod(0o755)
    return bin_dir


def check_programs(system):
    """They are the published ones, and are not those of this system's libraries."""
    older = system.run("ldd", "--version").stdout.splitlines()[0].split()[-1]
    alone = system.run(f"{system.folder}/bin/piaojue-verify.bin", "--version", user="laptop", ok=False)
    hold(alone.returncode != 0 and "libraries" in alone.stderr, f"they run without their libraries: {alone}")
    for name in PROGRAMS:
        said = system.program(name, "--version", "--hash").stdout.splitlines()
        of_file = hashlib.sha256(system.at(f"{system.folder}/bin/{name}.bin").read_bytes()).hexdigest()
        hold(said[0].startswith(f"{name} ") and said[2] == f"sha256 {of_file}", f"{name} says {said}")
    hold("Usage: piaojue " in system.program("piaojue", "--help").stdout, "it does not know its name")
    say(f"glibc {older}: the programs do not run by themselves; started as they should be each says its own hash")


def check_menu(system, user="laptop"):
    """The icons start this folder's programs and are there to be seen."""
    system.run("sh", f"{system.folder}/install", user=user)
    entries = sorted(system.at(f"/home/{user}/.local/share/applications").iterdir())
    wanted = [f"piaojue{name}-portable.desktop" for name in ("-auditor", "-office", "")]
    hold([entry.name for entry in entries] == wanted, f"{entries}")
    for entry in entries:
        done = subprocess.run(["desktop-file-validate", entry], capture_output=True, text=True, check=False)
        hold(done.returncode == 0 and done.stdout == "", done.stdout)
        fields = dict(line.split("=", 1) for line in entry.read_text(encoding="utf-8").splitlines() if "=" in line)
        hold(system.at(fields["Icon"]).is_file(), f"no icon {fields['Icon']}")
        command = re.fullmatch(r'/bin/sh "([^"]+)"', fields["Exec"])
        hold(command and system.run("/bin/sh", command[1], "--help", user=user).stdout, f"{fields['Exec']}")
    say(f"three icons in the menu of {user}, each starts its program")


def only_of_the_folder(system, processes):
    """No code in them is of the machine's."""
    own = str(system.at(system.folder)) + "/"
    for process in processes:
        maps = pathlib.Path(f"/proc/{process.popen.pid}/maps").read_text(encoding="utf-8").splitlines()
        code = {fields[5] for line in maps if len(fields := line.split(None, 5)) == 6 and "x" in fields[1]}
        strange = sorted(path for path in code if not path.startswith((own, "[vdso]", "[vsyscall]")))
        hold(strange == [] and len(code) > 10, f"{process.name} has {strange or code}")
    say(f"the code of {len(processes)} programs is of the folder alone")


def browser_is_told_nothing(system, bin_dir, folder):
    """The browser has the machine's libraries and none of ours."""
    system.at("/usr/local/bin/xdg-open").write_text(BROWSER, encoding="utf-8")
    system.at("/usr/local/bin/xdg-open").chmod(0o755)
    told = system.at("/tmp/browser")
    running = driver.Process("with-browser", [bin_dir / "piaojue", "run", "--page", "0", "--home", folder / "浏 览"],
                             folder / "logs", stdin=True)
    try:
        deadline = time.monotonic() + 20
        while not told.exists() and time.monotonic() < deadline:
            time.sleep(0.05)
        url, *variables = told.read_text(encoding="utf-8").splitlines()
    finally:
        running.stop()
    hold(url.startswith("http://127.0.0.1:"), f"opened {url}")
    hold([v for v in variables if system.name in v or v.startswith("LD_")] == [], f"it was told {variables}")
    system.program("piaojue-auditor")
    hold(told.read_text(encoding="utf-8").splitlines()[0].endswith("/share/piaojue/auditor.html"), "no auditor's page")
    system.at("/usr/local/bin/xdg-open").unlink()
    told.unlink()
    say("the browser is opened, and told nothing of the folder's libraries")


def use_desk(system, bin_dir, folder):
    """The office reads the examples and holds a rehearsal: its desk finds and starts the folder's own server."""
    office, examples = folder / "办公 室", f"{system.folder}/share/doc/piaojue/examples"
    date = ("--date", "2026-10-08", "--date-reason", "示例")

    def clerk(command, *argv):
        return system.program("piaojue-office", command, "--office", office, *argv,
                              env={"PIAOJUE_PASSPHRASE": PASSPHRASE}).stdout
    clerk("enlist", "--name", "周晓棠", *date)
    clerk("import", "--members", f"{examples}/members.xlsx", "--candidates", f"{examples}/candidates.xlsx",
          "--appraisals", f"{examples}/appraisals.xlsx", "--extension", "示例：沿用原标准的通知", *date)
    left = [str(v["candidate"]) for v in json.loads(clerk("verdicts", "--json")) if v["standing"] == "REVIEW"]
    clerk("decide", "--candidate", ",".join(left), "--verdict", "ELIGIBLE", "--reason", "材料齐全", "--basis", "纪要",
          *date)
    desk = driver.Process("desk", [bin_dir / "piaojue-office", "page", "--office", office, "--no-browser", *date],
                          folder / "logs")
    try:
        url = json.loads(desk.wait_line(lambda line: "url" in line, 30)[1])["url"]
        loader = system.at(f"{system.folder}/lib/ld-linux-x86-64.so.2")
        hold(installed.as_user(system.ids("laptop"), lambda: rehearse(url, office, loader)), "no rehearsal at the desk")
    finally:
        desk.stop()
    say("the office judges its examples; its desk starts a rehearsal's server of this folder, and stops it")


def rehearse(url, office, loader):
    """As the page does it: a rehearsal is made, its server started by that loader and stopped."""
    door = page.Session(url).door()

    def ask(verb, **values):
        answer = door.command(f"{verb} {json.dumps(values, ensure_ascii=False)}", 150)
        hold(answer["ok"], f"the desk answers {verb} with {answer}")
        return answer
    ask("unlock", person=1, passphrase=PASSPHRASE)
    made = ask("meeting-new", title="演练", date="2026-10-20", rehearsal=True, committee_size=11, size_approval="",
               chair=True, supervisor=True, rules={}, host="127.0.0.1", batch_size=4, struck=[], struck_reason="")
    name = made["meeting"]
    ask("meeting-start", meeting=name)
    lock = office / "meetings" / name / "server" / "lock"
    server = driver.lock_holder(lock)
    hold(server != 0 and ask("meeting-state", meeting=name)["running"], "no server runs")
    started = pathlib.Path(f"/proc/{server}/exe").readlink()
    hold(started == loader, f"the server was started by {started}")
    ask("meeting-stop", meeting=name, knowing="")
    hold(driver.lock_holder(lock) == 0, "the server runs on")
    return True


def second_user(system):
    """Another person of the machine uses the same folder, with data of his own."""
    check_menu(system, "second")
    done = system.program("piaojue", "enrol", "--slip", "x", "--home", "/home/laptop/kept", user="second", ok=False,
                          env={"PIAOJUE_PASSPHRASE": "本机测试口令-1"})
    hold(done.returncode == 1 and done.stderr.strip(), f"a folder without rights: {done}")
    system.run("sh", f"{system.folder}/install", "--remove", user="second")
    hold(system.left("second") == system.at_first["second"], f"left in the second home: {system.left('second')}")
    system.run("chmod", "700", f"{system.folder}/lib", user="laptop")
    system.refuses("不完整，或者您无权读取", f"{system.folder}/bin/piaojue", "--version", user="second")
    system.refuses("不完整，或有文件被改动", "sh", f"{system.folder}/install", user="second", code=1)
    system.run("chmod", "755", f"{system.folder}/lib", user="laptop")
    say("a second user has the same icons; a folder that he may not read, or write, is a sentence")


def full_disk(system):
    """A disk that is full while the archive is unpacked, or while icons are written."""
    small = "/home/laptop/小 盘"
    system.run("mkdir", small, user="laptop")
    with mounted(system.at(small), *SMALL, "size=40m,mode=777", "tmpfs"):
        done = system.unpack(small, ok=False)
        hold(done.returncode != 0 and "No space left" in done.stderr, f"tar says {done.stderr[-300:]}")
        for argv, code in (((f"{small}/{system.name}/bin/piaojue", "--version"), NOT_STARTED),
                           (("sh", f"{small}/{system.name}/install"), 1)):
            if system.at(argv[-1] if code == 1 else argv[0]).exists():
                system.refuses("不完整", *argv, code=code)
    system.run("rmdir", small, user="laptop")
    share = "/home/laptop/.local/share"
    system.run("mkdir", "-p", share, user="laptop")
    with mounted(system.at(share), *SMALL, "size=4k,nr_inodes=5,mode=777", "tmpfs"):
        system.refuses("没有", "sh", f"{system.folder}/install", code=1)
        hold(list(system.at(share).rglob("*.desktop")) == [], "half of the icons are there")
    system.run("chmod", "555", share, user="laptop")
    system.refuses("没有权限，或磁盘已满", "sh", f"{system.folder}/install", code=1)
    system.run("chmod", "755", share, user="laptop")
    system.run("rmdir", share, "/home/laptop/.local", user="laptop")
    say("a full disk, while unpacking or installing, and a home without rights are sentences; nothing is half there")


@contextlib.contextmanager
def mounted(place, *how):
    subprocess.run(["mount", *how, place], check=True)
    try:
        yield
    finally:
        subprocess.run(["umount", place], check=True)


def odd_places(system):
    """Where programs can not be started, each time it is said why."""
    stick = "/home/laptop/U盘"
    system.run("mkdir", stick, user="laptop")
    with mounted(system.at(stick), "--bind", system.at(system.folder)):
        subprocess.run(["mount", "-o", "remount,bind,noexec", system.at(stick)], check=True)
        system.refuses("不允许启动", "sh", f"{stick}/bin/piaojue", "--version")
        system.refuses("不允许启动", "sh", f"{stick}/install", code=1)
    system.run("rmdir", stick, user="laptop")
    odd = "/home/laptop/票决: 一"
    system.run("mv", system.folder, odd, user="laptop")
    system.refuses("路径中不能有", f"{odd}/bin/piaojue", "--version")
    system.run("mv", odd, system.folder, user="laptop")
    other = system.at("/tmp/other/uname")
    other.parent.mkdir()
    other.write_text("#!/bin/sh\necho aarch64\n")
    other.chmod(0o755)
    system.refuses("aarch64", f"{system.folder}/bin/piaojue", "--version", PATH="/tmp/other:/usr/sbin:/usr/bin:/bin")
    shutil.rmtree(other.parent)
    changed = system.at(f"{system.folder}/share/piaojue/auditor.html")
    whole = changed.read_bytes()
    changed.write_bytes(whole.replace(b"sha256", b"sha255", 1))
    system.refuses("有文件被改动", "sh", f"{system.folder}/install", code=1)
    changed.write_bytes(whole)
    say("a noexec medium, a path with a colon, another processor, an exchanged file: each is a sentence")


def check_finds(system, folder):
    """The check of the closure, on folders that are not closed."""
    def faults(spoil):
        copy = folder / "spoilt"
        shutil.copytree(system.at(system.folder), copy)
        spoil(copy)
        done = subprocess.run([CLOSURE, "check", copy, "--not-in", "/nowhere/at/all"], capture_output=True, text=True,
                              check=False)
        shutil.rmtree(copy)
        return done.returncode, done.stderr
    hold(faults(lambda copy: None) == (0, ""), "the folder is not closed")
    code, said = faults(lambda copy: (copy / "lib/libsodium.so.23").unlink())
    hold(code == 1 and "bin/piaojue.bin: needs libsodium.so.23" in said, said)
    code, said = faults(lambda copy: shutil.copy(system.at("/lib/x86_64-linux-gnu/libc.so.6"), copy / "lib/libc.so.6"))
    hold(code == 1 and "asks libc.so.6 for GLIBC_2.34, which it does not have" in said, said)
    code, said = faults(lambda copy: (copy / "lib/libm.so.6").unlink() or (copy / "lib/libm.so.6").symlink_to("/x"))
    hold(code == 1 and "libm.so.6: is a link" in said, said)
    code, said = faults(lambda copy: (copy / "share/note").write_text("built in /nowhere/at/all"))
    hold(code == 1 and "share/note: has /nowhere/at/all in it" in said, said)
    say("a library that is missing or too old, a link, the path of a build: the check names each")


def remove(system):
    system.run("sh", f"{system.folder}/install", "--remove", user="laptop")
    system.run("rm", "-rf", PLACE, user="laptop")
    for user, before in system.at_first.items():
        hold(system.left(user) == before, f"left in the home of {user}: {sorted(system.left(user) - before)}")
    new = sorted(system.files() - system.files_at_first)
    hold(new == [], f"new in the system: {new}")
    say("removed: nothing is left, in the homes and in the system")


def main():
    parser = argparse.ArgumentParser()
    for name in ("archive", "clean", "root"):
        parser.add_argument(f"--{name}", type=lambda text: pathlib.Path(text).resolve(), required=True)
    given = parser.parse_args()
    system = System(given.clean, given.root, given.archive)
    system.unpack(PLACE)
    say(f"unpacked by an ordinary user in {PLACE}")
    check_programs(system)
    check_menu(system)
    with installed.folder_in(system) as folder:
        bin_dir = wrappers(system, folder)
        (folder / "logs").mkdir()
        (folder / "logs").chmod(0o777)
        installed.hold_meeting(system, folder, look=lambda processes: only_of_the_folder(system, processes))
        installed.start_pages(system, folder)
        browser_is_told_nothing(system, bin_dir, folder)
        use_desk(system, bin_dir, folder)
        check_finds(system, folder)
    second_user(system)
    odd_places(system)
    system.run("sh", f"{system.folder}/install", "--remove", user="laptop")
    full_disk(system)
    check_menu(system)
    remove(system)
    say("portable: all that was tried is right")


if __name__ == "__main__":
    try:
        main()
    except (Wrong, driver.Failed) as failure:
        print(f"portable: {failure}", file=sys.stderr)
        sys.exit(1)
