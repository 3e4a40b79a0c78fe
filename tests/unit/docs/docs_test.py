#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The documents name only what is there. A path that leads nowhere tells a reader that the rest is stale, too."""
import json
import pathlib
import re
import unittest

TOP = pathlib.Path(__file__).resolve().parents[3]
CODE = re.compile(r"`([^`\n]+)`")
LINK = re.compile(r"\]\(([^)#\s]+)(?:#[^)]*)?\)")
PATH = re.compile(r"[A-Za-z0-9_.-]+(?:/[A-Za-z0-9_.*{},-]+)*/?")
TEST = re.compile(r"`([A-Z][A-Za-z0-9]+)\.([A-Z][A-Za-z0-9]+)`")
# What a build or a run makes, and what a program makes in its own folder.
MADE = ("build/", "include/")


def documents():
    out = [*TOP.glob("*.md"), *(TOP / "docs").rglob("*.md"), *(TOP / "examples").glob("*.md")]
    return {path: path.read_text(encoding="utf-8") for path in out}


def braces(path):
    """a/{b,c} is a/b and a/c."""
    m = re.search(r"\{([^{}]*)\}", path)
    if not m:
        return [path]
    return [one for part in m.group(1).split(",") for one in braces(path[:m.start()] + part + path[m.end():])]


def there(path):
    return any(TOP.glob(path.rstrip("/"))) if "*" in path else (TOP / path).exists()


def missing_paths(text, tops):
    """Paths in code or after a prompt that begin with a folder of the house and lead nowhere."""
    words = [word for code in CODE.findall(text) for word in code.split()]
    for block in re.findall(r"^```.*?^```", text, re.M | re.S):
        words += block.split()
    out = set()
    for word in words:
        word = word.strip("'\"(),.;:")
        if not PATH.fullmatch(word) or "/" not in word or word.startswith(MADE) or word.split("/")[0] not in tops:
            continue
        out |= {path for path in braces(word) if not there(path)}
    return sorted(out)


class Documents(unittest.TestCase):
    def setUp(self):
        self.tops = {path.name for path in TOP.iterdir() if path.is_dir() and not path.name.startswith(".")}
        # A folder of an older plan is missed, not passed over.
        self.tops |= {"meeting", "trustee", "log", "review", "data", "desk", "fuzz", "bench"}

    def test_every_path_is_there(self):
        found = {str(path.relative_to(TOP)): missing_paths(text, self.tops) for path, text in documents().items()}
        self.assertEqual({name: paths for name, paths in found.items() if paths}, {})

    def test_every_room_opens_with_what_is_there(self):
        text = (TOP / "docs/architecture.md").read_text(encoding="utf-8")
        rows = re.findall(r"^\| `([a-z/]+)/` \|.*\| ([^|]+) \|$", text, re.M)
        self.assertGreater(len(rows), 15)
        lost = [f"{room}/{name}" for room, names in rows for name in CODE.findall(names)
                if not (TOP / room / name).exists()]
        self.assertEqual(lost, [])

    def test_every_link_leads_somewhere(self):
        lost = [f"{path.relative_to(TOP)}: {link}" for path, text in documents().items() for link in LINK.findall(text)
                if "://" not in link and not link.startswith("mailto:") and not (path.parent / link).exists()]
        self.assertEqual(lost, [])

    def test_every_test_that_is_named_is_there(self):
        # docs/imports.md says of each wrong input which test holds it.
        sources = "".join(p.read_text(encoding="utf-8") for p in (TOP / "tests").rglob("*_test.cpp"))
        there = set(re.findall(r"\bTEST(?:_F|_P)?\(\s*(\w+),\s*(\w+)\s*\)", sources))
        lost = [f"{path.name}: {suite}.{name}" for path, text in documents().items()
                for suite, name in TEST.findall(text) if (suite, name) not in there]
        self.assertEqual(lost, [])

    def test_every_dependency_has_its_reason(self):
        # What nobody gave a reason for stays for ever.
        text = (TOP / "docs/dependencies.md").read_text(encoding="utf-8")
        setup = re.sub(r"#.*", "", (TOP / "scripts/setup").read_text(encoding="utf-8"))
        wanted = {word for one in re.findall(r"packages\+?=\(([^)]*)\)", setup) for word in one.split()}
        modules = json.loads((TOP / "web/package.json").read_text(encoding="utf-8"))
        wanted |= set(modules["dependencies"]) | set(modules["devDependencies"])
        self.assertGreater(len(wanted), 30)
        self.assertEqual([name for name in sorted(wanted) if name not in text], [])

    def test_every_program_is_built(self):
        cmake = "".join(p.read_text(encoding="utf-8") for p in TOP.glob("*/CMakeLists.txt"))
        built = set(re.findall(r"piaojue_program\(\s*([\w-]+)", cmake))
        named = {word for text in documents().values()
                 for word in re.findall(r"\bpiaojue-(?:server|verify|office|clerk|desk)\b", text)}
        self.assertLessEqual(named, built)


class TheTestItself(unittest.TestCase):
    def test_a_path_that_leads_nowhere_is_found(self):
        text = "`docs/gone.md`, `docs/specification.md`, `tests/unit/{base,gone}/`\n```\nscripts/gone --x\n```\n"
        self.assertEqual(missing_paths(text, {"docs", "tests", "scripts"}),
                         ["docs/gone.md", "scripts/gone", "tests/unit/gone/"])


if __name__ == "__main__":
    unittest.main()
