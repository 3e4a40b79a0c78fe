#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""No arrow runs up, from any #include of any source, by the table that the compiler is held to: cmake/arrows.txt."""
import importlib.machinery
import importlib.util
import pathlib
import sys
import unittest

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import arrows  # noqa: E402

TABLE = (arrows.TOP / "cmake/arrows.txt").read_text(encoding="utf-8")
SMALL = """base | base/bytes.h |
proto | |
log | log/merkle.h | base (proto)
hall | hall/core.h | log
hall/side | hall/side/door.h | log
"""


def shape():
    loader = importlib.machinery.SourceFileLoader("shape", str(arrows.TOP / "scripts/shape"))
    module = importlib.util.module_from_spec(importlib.util.spec_from_loader("shape", loader))
    loader.exec_module(module)
    return module


def sources(house, *patterns):
    """path → text of every file of the house with such a name."""
    tops = {room.split("/")[0] for room in house.direct}
    return {str(path.relative_to(arrows.TOP)): path.read_text(encoding="utf-8")
            for top in sorted(tops) for pattern in patterns for path in (arrows.TOP / top).rglob(pattern)}


class TheHouse(unittest.TestCase):
    def test_no_include_is_against_an_arrow(self):
        # What the build cannot hinder: a main.cpp that links all, a folder that reaches for its neighbour.
        house = arrows.House(TABLE)
        found = sources(house, "*.cpp", "*.h")
        self.assertGreater(len(found), 150)
        against = arrows.against(house, found, lambda path: (arrows.TOP / path).is_file())
        self.assertEqual(against, [])

    def test_every_room_of_the_table_is_a_folder_and_every_library_is_in_the_table(self):
        # A room that the table does not know would be held to nothing.
        house = arrows.House(TABLE)
        for room in house.direct:
            self.assertTrue((arrows.TOP / room).is_dir(), room)
        for path, text in sources(house, "CMakeLists.txt").items():
            if "piaojue_room(" in text:
                self.assertIn(str(pathlib.PurePosixPath(path).parent), house.direct)

    def test_the_auditor_shares_no_code_with_the_pages(self):
        # The second verifier is worth something only while the first's faults are not its own.
        imports = shape().imports
        modules = {}
        for pattern in ("*.js", "*.mjs"):
            for path in (arrows.TOP / "web").rglob(pattern):
                name = str(path.relative_to(arrows.TOP))
                if "node_modules" not in name:
                    modules[name] = list(imports(name, path.read_text(encoding="utf-8")))
        self.assertIn("web/auditor/audit.js", modules)
        self.assertEqual(arrows.modules_against(modules), [])


class TheTestItself(unittest.TestCase):
    """Each way to break the rule is found; else the tests above would be green for nothing."""

    def against(self, path, *names):
        files = {"base/bytes.h", "log/merkle.h", "log/inner/steps.h", "hall/core.h", "hall/side/door.h",
                 "support/room.h"}
        text = "".join(f'#include "{name}"\n' for name in names)
        return arrows.against(arrows.House(SMALL), {path: text}, files.__contains__)

    def test_up_is_found_with_its_place(self):
        self.assertEqual(self.against("log/merkle.cpp", "base/bytes.h", "hall/core.h"),
                         ["log/merkle.cpp:2: log does not stand on hall: hall/core.h"])

    def test_between_folders_of_one_room_is_found(self):
        self.assertEqual(len(self.against("hall/side/door.cpp", "hall/core.h")), 1)
        self.assertEqual(len(self.against("hall/main.cpp", "hall/side/door.h")), 1)

    def test_a_folder_inside_a_room_is_for_that_room_alone(self):
        self.assertEqual(self.against("log/merkle.cpp", "log/inner/steps.h"), [])
        self.assertEqual(self.against("log/inner/steps.cpp", "log/merkle.h", "base/bytes.h"), [])
        self.assertEqual(self.against("hall/core.cpp", "log/inner/steps.h"),
                         ["hall/core.cpp:1: only log itself may use log/inner/steps.h"])

    def test_down_and_within_is_well(self):
        self.assertEqual(self.against("hall/main.cpp", "core.h", "hall/core.h", "log/merkle.h", "base/bytes.h"), [])

    def test_what_is_for_a_rooms_own_use_is_not_handed_on(self):
        self.assertEqual(self.against("log/codec.cpp", "piaojue/v2/rpc.pb.h"), [])
        self.assertEqual(len(self.against("hall/core.cpp", "piaojue/v2/rpc.pb.h")), 1)

    def test_a_room_that_includes_a_test_is_found(self):
        self.assertEqual(len(self.against("hall/core.cpp", "support/room.h")), 1)

    def test_a_file_that_is_not_there_is_found(self):
        self.assertEqual(self.against("hall/core.cpp", "gone.h"), ["hall/core.cpp:1: there is no gone.h"])

    def test_a_table_out_of_order_is_refused(self):
        with self.assertRaises(ValueError):
            arrows.House("log | | base\nbase | |\n")

    def test_a_module_shared_with_the_auditor_is_found(self):
        self.assertEqual(len(arrows.modules_against({"web/auditor/a.js": ["web/i18n.js"]})), 1)
        self.assertEqual(len(arrows.modules_against({"web/main.js": ["web/auditor/wire.js"]})), 1)


if __name__ == "__main__":
    unittest.main()
