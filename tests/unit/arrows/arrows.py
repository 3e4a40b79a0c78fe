# SPDX-License-Identifier: Apache-2.0
"""Reads cmake/arrows.txt and holds the sources to it."""
import pathlib
import re

TOP = pathlib.Path(__file__).resolve().parents[3]
INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]*"([^"]+)"', re.M)
ROW = re.compile(r"([a-z/]+)\s*\|\s*([a-z/_.]*)\s*\|\s*([a-z/ ()]*)")


class House:
    """Rooms, and what each stands on."""

    def __init__(self, table):
        self.direct = {}  # room → the rooms that it stands on and hands on
        self.own = {}  # room → the rooms for its own use
        for line in table.splitlines():
            if not line or line.startswith("#"):
                continue
            row = ROW.fullmatch(line.rstrip())
            if not row:
                raise ValueError(f"not a row: {line}")
            room, _, uses = row.groups()
            words = uses.split()
            self.own[room] = {w.strip("()") for w in words if w.startswith("(")}
            self.direct[room] = [w for w in words if not w.startswith("(")]
            for used in [*self.direct[room], *self.own[room]]:
                if used not in self.direct:
                    raise ValueError(f"{room} stands on {used}, which is not above it in the table")

    def below(self, room):
        """All that a room hands on: what it stands on, and what that stands on."""
        out = set()
        for used in self.direct[room]:
            out |= {used} | self.below(used)
        return out

    def may_include(self, room):
        """The room itself, what is below it, and what it has for its own use, with what that stands on."""
        out = {room} | self.below(room)
        for used in self.own[room]:
            out |= {used} | self.below(used)
        return out

    def room_of(self, path):
        """The room that a file lies in: the longest whose folder it is below; None if in no room (tests)."""
        folder = pathlib.PurePosixPath(path).parent
        for at in [folder, *folder.parents]:
            if str(at) in self.direct:
                return str(at)
        return None


def room_of_include(house, name, includer, exists):
    """The room of what an #include names; None if there is no such file."""
    if re.fullmatch(r"piaojue/v\d+/\w+\.pb\.h", name):
        return "proto"
    if re.fullmatch(r"strings/\w+\.h", name):
        return "strings"
    for path in (name, str(pathlib.PurePosixPath(includer).parent / name)):
        if exists(path):
            return house.room_of(path) or "tests"
    return None


def is_inner(house, path):
    """Whether a file lies in a folder inside a room: such a folder is for that room alone."""
    return str(pathlib.PurePosixPath(path).parent) not in house.direct


def against(house, sources, exists):
    """sources: path → text. `file:line: what` for each include that is against an arrow or names nothing."""
    out = []
    for path, text in sorted(sources.items()):
        room = house.room_of(path)
        if room is None:
            continue
        for m in INCLUDE.finditer(text):
            name = m.group(1)
            place = f"{path}:{text.count(chr(10), 0, m.start(1)) + 1}"
            other = room_of_include(house, name, path, exists)
            if other is None:
                out.append(f"{place}: there is no {name}")
            elif other not in house.may_include(room):
                out.append(f"{place}: {room} does not stand on {other}: {name}")
            elif other != room and other not in ("proto", "strings") and is_inner(house, name):
                out.append(f"{place}: only {other} itself may use {name}")
    return out


def modules_against(modules):
    """modules: path → the modules of web/ that it imports. The auditor shares code with nothing, both ways."""
    def side(path):
        return "auditor" if path.startswith("web/auditor/") else "pages"
    return [f"{path}: {side(path)} and {side(to)} share no code: {to}"
            for path, names in sorted(modules.items()) for to in names if side(path) != side(to)]
