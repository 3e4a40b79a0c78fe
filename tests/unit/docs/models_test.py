#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What scripts/models says of the models. If it passed over a difference, a proof that fails would go on being told."""
import importlib.machinery
import importlib.util
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import unittest

TOP = pathlib.Path(__file__).resolve().parents[3]
SCRIPT = TOP / "scripts" / "models"
# The stub says what stands beside the model: NAME.pv is answered with NAME.out, and with exit 2 where there is none.
STUB = '#!/bin/sh\ncat "${1%.pv}.out" 2>/dev/null || { echo "Error: Syntax error."; exit 2; }\n'
EQUAL = "RESULT Observational equivalence "


def load():
    loader = importlib.machinery.SourceFileLoader("models", str(SCRIPT))
    module = importlib.util.module_from_spec(importlib.util.spec_from_loader("models", loader))
    loader.exec_module(module)
    return module


MODELS = load()


class Comparing(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        (self.folder / "proverif").write_text(STUB)
        (self.folder / "proverif").chmod(0o755)

    def model(self, name, results, output):
        (self.folder / f"{name}.pv").write_text(f"(* Claim: none.\n   Results: {results} *)\nprocess 0\n")
        if output is not None:
            (self.folder / f"{name}.out").write_text(output)

    def run_script(self, *names, path=None):
        env = {**os.environ, "PATH": path if path is not None else f"{self.folder}:/usr/bin:/bin"}
        done = subprocess.run([sys.executable, str(SCRIPT), "--models", str(self.folder), *names], env=env,
                              capture_output=True, text=True, check=False)
        return done.returncode, done.stdout

    def test_what_comes_out_as_named_is_told_and_exits_0(self):
        self.model("good", "true, false", "RESULT not event(A) is true.\nRESULT event(B) ==> event(C) is false.\n")
        code, said = self.run_script()
        self.assertEqual(code, 0, said)
        self.assertIn("1 of 1 as expected", said)

    def test_one_other_result_exits_1_and_names_the_model(self):
        self.model("good", "true", "RESULT not event(A) is true.\n")
        self.model("lost", "true", "RESULT not event(A) is false.\n")
        code, said = self.run_script()
        self.assertEqual(code, 1, said)
        self.assertIn("lost.pv: false; expected true", said)
        self.assertIn("1 of 2 as expected; not: lost", said)

    def test_fewer_or_more_results_than_named_exit_1(self):
        self.model("fewer", "true, true", "RESULT not event(A) is true.\n")
        self.model("more", "true", "RESULT not event(A) is true.\nRESULT not event(B) is true.\n")
        self.model("none", "true", "Linear part: no equations\n")
        self.assertEqual([self.run_script(name)[0] for name in ("fewer", "more", "none")], [1, 1, 1])

    def test_an_attack_that_vanishes_exits_1(self):
        # A broken variant that is suddenly proved says that the model no longer shows what it is there for.
        self.model("broken", "attack", EQUAL + "is true.\n")
        self.assertEqual(self.run_script()[0], 1)

    def test_an_unproved_equivalence_is_an_attack_only_with_a_trace(self):
        self.model("guess", "attack", EQUAL + "cannot be proved.\n")
        self.model("trace", "attack", "A trace has been found.\n" + EQUAL + "cannot be proved.\n")
        self.assertEqual((self.run_script("guess")[0], self.run_script("trace")[0]), (1, 0))

    def test_a_model_that_proverif_cannot_read_exits_1(self):
        self.model("typo", "true", None)
        code, said = self.run_script()
        self.assertEqual(code, 1)
        self.assertIn("Syntax error", said)

    def test_a_model_that_names_no_results_exits_1(self):
        (self.folder / "bare.pv").write_text("process 0\n")
        self.model("word", "maybe", "RESULT not event(A) is true.\n")
        self.assertEqual((self.run_script("bare")[0], self.run_script("word")[0]), (1, 1))

    def test_a_name_that_is_not_there_exits_1(self):
        self.assertEqual(self.run_script("gone")[0], 1)

    def test_without_proverif_it_says_so_and_exits_0(self):
        self.model("good", "true", None)
        code, said = self.run_script(path=str(self.folder / "empty"))
        self.assertEqual(code, 0)
        self.assertIn("not installed; nothing was run", said)


class Reading(unittest.TestCase):
    def test_a_note_in_brackets_is_no_result(self):
        said = "RESULT inj-event(A) ==> inj-event(B) is false.\nRESULT (even event(A) ==> event(B) is false.)\n"
        self.assertEqual(MODELS.results(said), ["false"])

    def test_of_two_tries_at_an_equivalence_the_last_stands(self):
        self.assertEqual(MODELS.results(EQUAL + "cannot be proved.\n" + EQUAL + "is true.\n"), ["true"])


class TheModels(unittest.TestCase):
    def test_each_names_what_must_come_out(self):
        for model in (TOP / "docs/models").glob("*.pv"):
            with self.subTest(model.name):
                self.assertTrue(MODELS.expected(model.read_text(encoding="utf-8")))

    def test_each_stands_once_in_the_readme(self):
        text = (TOP / "docs/models/README.md").read_text(encoding="utf-8")
        rows = re.findall(r"^\| ((?:`\w+`(?:, )?)+) \|", text, re.M)
        named = sorted(name for row in rows for name in re.findall(r"`(\w+)`", row))
        self.assertEqual(named, sorted(model.stem for model in (TOP / "docs/models").glob("*.pv")))


if __name__ == "__main__":
    unittest.main()
