#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""debian/ against the sources: each file that is installed lies in exactly one package, with what starts it, its manual
and its licence. A package that lacks one is found by whoever has installed it."""
import configparser
import fnmatch
import json
import pathlib
import re
import unittest

TOP = pathlib.Path(__file__).resolve().parents[3]
DEBIAN = TOP / "debian"
PACKAGES = ("piaojue-client", "piaojue-server", "piaojue-office", "piaojue-verify")
# Of scripts/setup, what is for tests and benchmarks alone, or compiles faster.
NOT_TO_BUILD = {"libgtest-dev", "libgmock-dev", "librapidcheck-dev", "libbenchmark-dev"}


def read(path):
    return (TOP / path).read_text(encoding="utf-8")


def installed():
    """What `cmake --install --prefix usr` puts there, by the rules as they stand in the sources."""
    out = set()
    rooms = [p for p in TOP.iterdir() if p.is_dir() and p.name[0] != "." and p.name not in ("build", "tests", "web")]
    for path in (path for room in rooms for path in room.rglob("CMakeLists.txt")):
        text = re.sub(r"#.*", "", path.read_text(encoding="utf-8"))
        text = text.replace("${CMAKE_SOURCE_DIR}", str(TOP))
        out |= {f"usr/bin/{name}" for name in re.findall(r"\bpiaojue_program\(\s*([\w-]+)", text)}
        if re.search(r"\bpiaojue_auditor_page\(\)", text):
            out.add("usr/share/piaojue/auditor.html")
        for files, where in re.findall(r"\binstall\((?:FILES|PROGRAMS)\s+(.*?)\s+DESTINATION\s+(\S+?)\)", text, re.S):
            for word in files.split():
                named = [path.parent / word]
                if word == "${tables}":
                    named = list((path.parent / "tables").glob("*.toml"))
                out |= {f"usr/{where}/{file.name}" for file in named}
    return out


def lines(name):
    path = DEBIAN / name
    return [line.split() for line in path.read_text(encoding="utf-8").splitlines()] if path.exists() else []


def faults(files, lists):
    """What is in no package, or in two, or no file. @param files installed ones. @param lists {package: patterns}"""
    out = []
    for file in sorted(files):
        owners = [package for package, patterns in lists.items()
                  for pattern in patterns if fnmatch.fnmatch(file, pattern)]
        if len(owners) != 1:
            out.append(f"{file} is in {owners}")
    for package, patterns in lists.items():
        out += [f"{package}: {pattern} is installed by nothing" for pattern in patterns
                if not fnmatch.filter(files, pattern)]
    return out


def lists():
    """{package: patterns of what it takes from the installation}; other files come from the sources."""
    return {package: [words[0] for words in lines(f"{package}.install") if words[0].startswith("usr/")]
            for package in PACKAGES}


class Packages(unittest.TestCase):
    def test_every_file_is_in_one_package(self):
        self.assertGreater(len(installed()), 15)
        self.assertEqual(faults(installed(), lists()), [])

    def test_what_comes_from_the_sources_is_there(self):
        for package in PACKAGES:
            for kind in ("install", "docs", "examples"):
                for words in lines(f"{package}.{kind}"):
                    if not words[0].startswith("usr/"):
                        self.assertTrue(list(TOP.glob(words[0])), f"{package}.{kind}: {words[0]}")

    def test_an_icon_lies_with_its_program(self):
        # Harm: an entry in the menu that starts nothing, or has no picture.
        for package, patterns in lists().items():
            for pattern in patterns:
                if not pattern.endswith(".desktop"):
                    continue
                entry = configparser.ConfigParser(interpolation=None)
                entry.read(TOP / "packaging/desktop" / pathlib.PurePath(pattern).name, encoding="utf-8")
                entry = entry["Desktop Entry"]
                self.assertIn(f"usr/bin/{entry['Exec']}", patterns, package)
                self.assertIn(f"usr/share/icons/hicolor/scalable/apps/{entry['Icon']}.svg", patterns, package)

    def test_a_unit_lies_with_its_program_and_its_user(self):
        # Harm: systemd has a service whose user nobody makes.
        units = [words for words in lines("piaojue-server.install") if words[0].endswith(".service")]
        self.assertEqual({pathlib.PurePath(words[0]).name for words in units},
                         {path.name for path in (TOP / "packaging").glob("*.service")})
        made = re.search(r"^ *adduser .* (\w+)$", read("debian/piaojue-server.postinst"), re.M)[1]
        for words in units:
            unit = read(f"packaging/{pathlib.PurePath(words[0]).name}")
            self.assertIn(re.search(r"^ExecStart=/(\S+)", unit, re.M)[1], lists()["piaojue-server"])
            self.assertIn(f"\nUser={made}\nGroup={made}\n", unit)
            self.assertIn(pathlib.PurePath(words[0]).name, read("debian/piaojue-server.prerm"))

    def test_every_program_has_its_manual(self):
        for package, patterns in lists().items():
            programs = sorted(p.removeprefix("usr/bin/") for p in patterns if p.startswith("usr/bin/"))
            pages = sorted(pathlib.PurePath(words[0]).name for words in lines(f"{package}.manpages"))
            wanted = [program + ending for program in programs for ending in (".1", ".zh_CN.1")]
            self.assertEqual(pages, sorted(wanted), package)

    def test_the_version_is_the_projects(self):
        # Harm: a package says another version than the program in it.
        version = re.search(r"project\(piaojue VERSION ([0-9.]+)", read("CMakeLists.txt"))[1]
        self.assertEqual(re.match(r"piaojue \(([^)]+)\)", read("debian/changelog"))[1], version)

    def test_what_is_needed_to_build_is_the_same_everywhere(self):
        # Harm: the package builds on this machine alone.
        setup = re.sub(r"#.*", "", read("scripts/setup"))
        words = re.search(r"packages=\(([^)]*)\)", setup)[1].split()
        wanted = {word for word in words if re.match(r"lib.*-dev$", word)}
        control = re.search(r"^Build-Depends:(.*?)^\S", read("debian/control"), re.M | re.S)[1]
        named = {word for word in re.findall(r"lib[a-z0-9.+-]+-dev", control)}
        self.assertEqual(named, wanted - NOT_TO_BUILD)

    def test_who_made_what_is_embedded_is_named(self):
        # Harm: other people's work is given away without their licence.
        text = read("debian/copyright")
        modules = json.loads(read("web/package.json"))["dependencies"]
        self.assertEqual([name for name in modules if f"web/node_modules/{name}/" not in text], [])
        for licence in set(re.findall(r"^License: (\S+)$", text, re.M)):
            self.assertRegex(text, rf"(?m)^License: {re.escape(licence)}\n ", "its words")


class TheTestItself(unittest.TestCase):
    def test_a_file_in_no_package_or_in_two_is_found(self):
        self.assertEqual(faults({"usr/bin/a", "usr/bin/b", "usr/bin/c"},
                                {"x": ["usr/bin/a", "usr/bin/b"], "y": ["usr/bin/b", "usr/gone"]}),
                         ["usr/bin/b is in ['x', 'y']", "usr/bin/c is in []", "y: usr/gone is installed by nothing"])


if __name__ == "__main__":
    unittest.main()
