# SPDX-License-Identifier: Apache-2.0
"""What a power cut leaves of a folder: powercut.c tells what a program wrote and what it waited for; of all else, any
part may be gone.

The model is what file systems promise, and no more. Bytes of a file are on the disk when a wait for that file has
ended; what was written since comes there block by block, in any order, each or not. Names (made, moved, removed) come
in their order, as in the journal of ext4, xfs and btrfs, and surely up to the last one in a folder that was waited for;
a name may be there before the bytes behind it."""

import os
import pathlib
import random
import shutil
import struct
import subprocess

HEAD = struct.Struct("<IIIIQQ")
MAKE, MAKE_FOLDER, WRITE, CUT, SYNC, MOVE, REMOVE, LINK = range(1, 9)
NAMES = {MAKE, MAKE_FOLDER, MOVE, REMOVE, LINK}
BLOCK = 4096


class Operation:
    """One step: what, on which path, and for bytes on which file (a number that renaming does not change)."""

    def __init__(self, what, mode, path, other, offset, data):
        self.what, self.mode, self.path, self.other, self.offset, self.data = what, mode, path, other, offset, data
        self.file = None
        self.durable = False


def read_journal(path):
    """All whole records; the last one may be cut short by kill -9."""
    if not path.exists():
        return []
    raw = path.read_bytes()
    out, at = [], 0
    while at + HEAD.size <= len(raw):
        what, mode, path_size, other_size, offset, size = HEAD.unpack_from(raw, at)
        end = at + HEAD.size + path_size + other_size + size
        if end > len(raw):
            break
        at += HEAD.size
        name = raw[at:at + path_size].decode()
        other = raw[at + path_size:at + path_size + other_size].decode()
        out.append(Operation(what, mode, os.path.normpath(name), os.path.normpath(other) if other else "", offset,
                             raw[at + path_size + other_size:end]))
        at = end
    return out


class Tree:
    """Names, and the files behind them."""

    def __init__(self, folder):
        self.names, self.files, self.modes = {}, {}, {}
        for path in sorted(pathlib.Path(folder).rglob("*")):
            if path.is_symlink() or not (path.is_file() or path.is_dir()):
                continue
            name = os.path.relpath(path, folder)
            if path.is_dir():
                self.names[name] = None
                self.modes[name] = path.stat().st_mode & 0o7777
            else:
                self.names[name] = self.new(path.stat().st_mode & 0o7777, path.read_bytes())

    def new(self, mode, data=b"", file=None):
        file = len(self.files) if file is None else file
        self.files[file] = bytearray(data)
        self.modes[file] = mode
        return file

    def step(self, it):
        """A step on names."""
        if it.what == MAKE:
            self.names[it.path] = it.file if it.file in self.files else self.new(it.mode, file=it.file)
        elif it.what == MAKE_FOLDER:
            self.names[it.path] = None
            self.modes[it.path] = it.mode
        elif it.what == LINK:
            self.names[it.other] = self.names[it.path]
        elif it.what == REMOVE:
            self.names.pop(it.path, None)
        elif it.what == MOVE:
            for name in [name for name in self.names if name == it.path or name.startswith(it.path + "/")]:
                to = it.other + name[len(it.path):]
                self.names[to] = self.names.pop(name)
                if self.names[to] is None:
                    self.modes[to] = self.modes[name]

    def put(self, file, offset, data):
        held = self.files.setdefault(file, bytearray())
        if len(held) < offset:
            held.extend(bytes(offset - len(held)))
        held[offset:offset + len(data)] = data

    def cut(self, file, size):
        held = self.files.setdefault(file, bytearray())
        del held[size:]
        held.extend(bytes(size - len(held)))

    def write(self, folder):
        """Makes the folder what this says."""
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(mode=0o700, parents=True)
        for name in sorted(self.names):
            to = folder / name
            if not to.parent.is_dir():
                continue  # its folder's name was lost
            if self.names[name] is None:
                to.mkdir(self.modes[name], exist_ok=True)
            else:
                to.write_bytes(self.files[self.names[name]])
            to.chmod(self.modes[name if self.names[name] is None else self.names[name]])


def follow(before, journal, folder):
    """Gives every step on bytes its file, and says what is durable. @return what stands there if nothing is lost"""
    folder = os.path.normpath(folder)
    tree, number, open_steps, names = Tree(before), 1 << 20, {}, []
    steps = []
    for it in journal:
        it.path = os.path.relpath(it.path, folder)
        it.other = os.path.relpath(it.other, folder) if it.other else ""
        if it.path.endswith("-shm"):
            continue  # SQLite's index of its log: made anew after a crash, never waited for
        now = [it]
        if it.what in (WRITE, CUT) and tree.names.get(it.path) is None:
            # A stream of the C library: its name came with its first bytes.
            now.insert(0, Operation(MAKE, it.mode or 0o600, it.path, "", 0, b""))
        steps += now
        for step in now:
            if step.what in NAMES:
                if step.what == MAKE:
                    step.file = number
                    number += 1
                tree.step(step)
                names.append(step)
            elif step.what == SYNC:
                if tree.names.get(step.path) is not None:
                    for earlier in open_steps.pop(tree.names[step.path], []):
                        earlier.durable = True
                else:
                    here = [n for n, name in enumerate(names) if step.path in
                            {os.path.dirname(path) or "." for path in (name.path, name.other) if path}]
                    for name in names[:here[-1] + 1 if here else 0]:
                        name.durable = True
            else:
                step.file = tree.names[step.path]
                open_steps.setdefault(step.file, []).append(step)
                if step.what == WRITE:
                    tree.put(step.file, step.offset, step.data)
                else:
                    tree.cut(step.file, step.offset)
    journal[:] = steps
    return tree


def lose(before, journal, dice):
    """@return one of the trees that may be there after a power cut, and how many steps it lacks"""
    tree = Tree(before)
    names = [it for it in journal if it.what in NAMES]
    sure = max([n + 1 for n, it in enumerate(names) if it.durable], default=0)
    kept_names = set(map(id, names[:dice.randint(sure, len(names))]))
    chance = dice.choice([0.0, 0.5, 0.9, 1.0])  # of each block that nobody waited for
    lost = len(names) - len(kept_names)
    for it in journal:
        if it.what in NAMES:
            if id(it) in kept_names:
                tree.step(it)
            elif it.what == MAKE:
                tree.new(it.mode, file=it.file)
        elif it.what == CUT:
            if it.durable or dice.random() < chance:
                tree.cut(it.file, it.offset)
            else:
                lost += 1
        elif it.what == WRITE:
            at = 0
            while at < len(it.data):
                size = min(len(it.data) - at, BLOCK - (it.offset + at) % BLOCK)
                if it.durable or dice.random() < chance:
                    tree.put(it.file, it.offset + at, it.data[at:at + size])
                else:
                    lost += 1
                at += size
    return tree, lost


class Disk:
    """A folder on such a disk."""

    def __init__(self, folder, aside):
        """@param aside: a folder of our own, for what is remembered"""
        self.folder, self.aside = pathlib.Path(folder), pathlib.Path(aside)
        self.aside.mkdir(parents=True)
        self.before, self.journal = self.aside / "before", self.aside / "journal"
        self.library = self.aside / "powercut.so"
        subprocess.run(["cc", "-O1", "-shared", "-fPIC", "-o", self.library,
                        pathlib.Path(__file__).with_name("powercut.c")], check=True)
        self.told = 0  # steps before the last power cut
        self.remember()

    def remember(self):
        """What is there now is on the disk."""
        shutil.rmtree(self.before, ignore_errors=True)
        Tree(self.folder).write(self.before)
        self.journal.unlink(missing_ok=True)

    @property
    def env(self):
        """For the one program that writes there."""
        # AddressSanitizer wants to be the first library; here this one must be.
        return {"LD_PRELOAD": str(self.library), "POWERCUT_FOLDER": str(self.folder),
                "POWERCUT_JOURNAL": str(self.journal),
                "ASAN_OPTIONS": os.environ.get("ASAN_OPTIONS", "") + ":verify_asan_link_order=0"}

    def whole(self):
        """What the journal makes of the folder, if nothing is lost."""
        return follow(self.before, read_journal(self.journal), self.folder)

    def steps(self):
        """How many the disk was told of so far."""
        return self.told + len(read_journal(self.journal))

    def power_cut(self, dice):
        """The program has been killed: the folder becomes what the disk may have."""
        journal = read_journal(self.journal)
        follow(self.before, journal, self.folder)
        tree, _ = lose(self.before, journal, dice)
        self.told += len(journal)
        tree.write(self.folder)
        self.remember()


def dice(seed):
    return random.Random(seed)
