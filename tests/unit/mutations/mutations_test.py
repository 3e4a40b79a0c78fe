#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The faults of tests/mutations fit the sources, and scripts/mutate says so when one does not."""
import importlib.machinery
import importlib.util
import pathlib
import tempfile
import unittest

TOP = pathlib.Path(__file__).resolve().parents[3]
loader = importlib.machinery.SourceFileLoader("mutate", str(TOP / "scripts/mutate"))
mutate = importlib.util.module_from_spec(importlib.util.spec_from_loader("mutate", loader))
loader.exec_module(mutate)


def fault(**other):
    return {"id": "a-fault", "file": "crypto/a.cpp", "old": "x < y", "new": "x <= y", "harm": "h",
            "room": "crypto"} | other


class Mutations(unittest.TestCase):
    # Harm: a fault that no longer fits is no longer asked, and nobody sees that its rule has lost its proof.
    def test_every_fault_applies(self):
        faults = mutate.read_faults(TOP / "tests/mutations")
        self.assertEqual(mutate.what_is_wrong(faults, TOP), [])
        self.assertGreaterEqual(len(faults), 60)

    # Harm: a fault in a folder that has no tests to run first stops the run after hours.
    def test_every_fault_has_tests_that_are_near(self):
        for each in mutate.read_faults(TOP / "tests/mutations"):
            self.assertTrue(any(each["file"].startswith(folder + "/") for folder in mutate.NEAR), each["file"])

    def wrong(self, *faults):
        with tempfile.TemporaryDirectory() as top:
            source = pathlib.Path(top, "crypto/a.cpp")
            source.parent.mkdir()
            source.write_text("return x < y && z == z;\n", encoding="utf-8")
            return mutate.what_is_wrong(faults, pathlib.Path(top))

    # Harm: put in at the wrong place, or nowhere, a fault "survives" or is "caught" without having been there.
    def test_a_text_that_is_not_there_exactly_once_is_refused(self):
        self.assertEqual(self.wrong(fault()), [])
        self.assertIn("0 times", self.wrong(fault(old="x > y"))[0])
        self.assertIn("2 times", self.wrong(fault(old="z"))[0])
        self.assertIn("0 times", self.wrong(fault(old=""))[0])

    def test_a_fault_that_is_none_is_refused(self):
        self.assertIn("changes nothing", self.wrong(fault(new="x < y"))[0])
        self.assertIn("changes nothing", self.wrong(fault(harm=""))[0])
        self.assertIn("twice", self.wrong(fault(), fault(new="true"))[0])
        self.assertIn("there is no", self.wrong(fault(file="crypto/b.cpp"))[0])
        self.assertIn("there is no", self.wrong(fault(room="verifier"))[0])
        self.assertIn("missing: ['harm']", self.wrong(fault(harm=None))[0])
        self.assertIn("in no folder", self.wrong(fault(tests="unit/nowhere:^A"))[0])

    # Harm: what was decided of one text of a fault, or of one commit, is believed of another.
    def test_a_result_is_of_one_commit_and_one_text(self):
        prints = {mutate.fingerprint("c", fault()), mutate.fingerprint("d", fault()),
                  mutate.fingerprint("c", fault(new="true")), mutate.fingerprint("c", fault(old="y"))}
        self.assertEqual(len(prints), 4)


if __name__ == "__main__":
    unittest.main()
