#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""scripts/tidy passes over what was clean, and over nothing else. A verdict that outlived what it rests on would call
code clean that nobody has read."""
import importlib.machinery
import importlib.util
import os
import pathlib
import sys
import tempfile
import unittest

sys.dont_write_bytecode = True
TOP = pathlib.Path(__file__).resolve().parents[3]
loader = importlib.machinery.SourceFileLoader("tidy", str(TOP / "scripts/tidy"))
tidy = importlib.util.module_from_spec(importlib.util.spec_from_loader("tidy", loader))
loader.exec_module(tidy)


class Verdicts(unittest.TestCase):
    """One unit that includes one header, and a clang-tidy that notes each call and obeys the file `says`."""

    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.top = pathlib.Path(self.folder.name).resolve()
        (self.top / "kept").mkdir()
        (self.top / "one.h").write_text("int f();\n")
        (self.top / "one.cpp").write_text('#include "one.h"\nint f() { return 1; }\n')
        (self.top / "says").write_text("0")
        stub = self.top / "stub"
        stub.write_text(f'#!/bin/sh\necho called >>"{self.top}/calls"\necho finding\nexit "$(cat "{self.top}/says")"\n')
        stub.chmod(0o755)
        self.before = (tidy.TOP, tidy.TIDY)
        tidy.TOP, tidy.TIDY = self.top, [str(stub)]
        self.command = {"directory": str(self.top), "file": str(self.top / "one.cpp"),
                        "command": f"/usr/bin/c++ -I{self.top} -std=c++20 -c {self.top}/one.cpp"}

    def tearDown(self):
        tidy.TOP, tidy.TIDY = self.before
        self.folder.cleanup()

    def calls(self):
        path = self.top / "calls"
        return len(path.read_text().splitlines()) if path.exists() else 0

    def judge(self, rests_on=b"version"):
        return tidy.judge("one.cpp", self.command, rests_on, self.top / "kept")

    def test_a_clean_unit_is_read_once(self):
        self.assertEqual(self.judge(), (True, None))
        self.assertEqual(self.judge(), (False, None))
        self.assertEqual(self.calls(), 1)

    def test_findings_are_said_every_time(self):
        (self.top / "says").write_text("1")
        for _ in range(2):
            read, said = self.judge()
            self.assertTrue(read)
            self.assertIn("finding", said)
        self.assertEqual(self.calls(), 2)

    def test_whatever_the_verdict_rests_on_has_it_read_again(self):
        self.judge()
        (self.top / "one.h").write_text("int f();  // changed\n")
        self.assertEqual(self.judge(), (True, None))
        (self.top / "one.cpp").write_text('#include "one.h"\nint f() { return 2; }\n')
        self.assertEqual(self.judge(), (True, None))
        self.command["command"] += " -DX"
        self.assertEqual(self.judge(), (True, None))
        self.assertEqual(self.judge(b"another version"), (True, None))
        self.assertEqual(self.calls(), 5)

    def test_what_does_not_preprocess_is_never_passed_over(self):
        (self.top / "one.h").unlink()
        self.judge()
        self.judge()
        self.assertEqual(self.calls(), 2)
        self.assertEqual(os.listdir(self.top / "kept"), [])


if __name__ == "__main__":
    unittest.main()
