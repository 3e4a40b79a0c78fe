#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The specification says what the code does, wherever both say it in a form that can be compared. Whoever writes a
verifier has the text only: a field, a string or a number that differs makes two verifiers differ."""
import pathlib
import re
import unittest

TOP = pathlib.Path(__file__).resolve().parents[3]
TEXT = (TOP / "docs/specification.md").read_text(encoding="utf-8")
PROTO = TOP / "proto/piaojue/v2"
SOURCES = (".h", ".cpp", ".proto", ".py", ".js", ".mjs", ".html", ".md", ".pv", ".cmake")
FOLDERS = ("base", "crypto", "protocol", "net", "store", "server", "client", "local", "office", "sheets", "verifier",
           "strings", "proto", "web", "tests", "docs", "examples")
REFERENCE = re.compile(r"§(\d+(?:\.\d+)*)")
# Sections of another text: it is named just before, or before the section before.
OTHERS = re.compile(r"(?:RFC\s\d+|xchacha)(?:\s+(?:and\s+)?§[\d.]+)*\s+(?:and\s+)?$")


def read(path):
    return (TOP / path).read_text(encoding="utf-8")


def messages(proto):
    """Every message and enum of a proto: {name: [its lines, without comments and options]}."""
    proto = re.sub(r"//[^\n]*", "", proto)
    out = {}
    for kind, name, body in re.findall(r"^\s*(message|enum) (\w+) \{((?:[^{}]|\{[^{}]*\})*)\}", proto, re.M):
        lines = [" ".join(line.split()) for line in re.split(r"[;{}\n]", body)]
        out[kind, name] = [line for line in lines if line]
    return out


def table(heading):
    """Rows of the tables in a section, as lists of cells."""
    section = re.split(rf"^#+ {re.escape(heading)}[^\n]*$", TEXT, flags=re.M)[1]
    section = re.split(r"^#+ ", section, flags=re.M)[0]
    rows = re.findall(r"^\|(.+)\|$", section, re.M)
    return [[cell.strip() for cell in re.split(r"(?<!\\)\|", row)] for row in rows]


def sections():
    return set(re.findall(r"^#+ (\d+(?:\.\d+)?) ", TEXT, re.M))


def references(text):
    return {m[1] for m in REFERENCE.finditer(text) if not OTHERS.search(text[max(0, m.start() - 60):m.start()])}


class Specification(unittest.TestCase):
    def test_its_messages_are_those_of_the_code(self):
        here = messages("".join(re.findall(r"^ *```proto\n(.*?)^ *```", TEXT, re.M | re.S)))
        code = {}
        for path in PROTO.glob("*.proto"):
            code |= messages(path.read_text(encoding="utf-8"))
        self.assertEqual({name: lines for name, lines in here.items() if code.get(name) != lines}, {})
        # The conversation is in rpc.proto, the types are a table; everything else stands in the text.
        for path in ("entries.proto", "manifest.proto", "record.proto"):
            self.assertLessEqual(set(messages(read(PROTO / path))) - {("enum", "EntryType")}, set(here))

    def test_its_types_are_those_of_the_code(self):
        cells = [cell for row in table("3 Entries") for cell in row]
        here = {int(n): name for n, name in zip(cells, cells[1:]) if n.isdigit()}
        enum = messages(read(PROTO / "entries.proto"))["enum", "EntryType"]
        code = {int(n): name.title().replace("_", "") for name, n in
                (line.removeprefix("ENTRY_TYPE_").split(" = ") for line in enum) if n != "0"}
        self.assertEqual(here, code)

    def test_its_strings_are_those_of_the_code(self):
        here = {s for row in table("2.2 Domain strings") for s in re.findall(r"`(piaojue/v2/[a-z/]*)`", row[0])}
        self.assertEqual(here, set(re.findall(r'"(piaojue/v2/[a-z/]*)"', read("crypto/domain.h"))))

    def test_its_refusals_are_those_of_the_code(self):
        here = {row[1]: int(row[0]) for row in table("12 Refusals") if row[0].isdigit()}
        names = dict(re.findall(r'\{Refusal::(k\w+), "([A-Z_]+)"\}', read("base/refusal.cpp")))
        order = re.findall(r"^  (k[A-Z]\w+)(?: = 1)?,", read("base/refusal.h"), re.M)
        self.assertEqual(here, {names[k]: n for n, k in enumerate(order, 1)})

    def test_its_bounds_are_those_of_the_code(self):
        code = dict(re.findall(r"constexpr \S+ (k\w+) = ([^;]+);", read("protocol/meeting/manifest.h")))
        for name, words in {"kPeopleMax": "{} people", "kExpertsMax": "{} experts", "kTrusteesMax": "{} trustees",
                            "kCandidatesMax": "{} candidates", "kQuestionsPerBatchMax": "{} questions a batch",
                            "kCommitteeMin": "and ≥ {} unless", "kSignInsMax": "at most {} SignIns",
                            "kBallotsMin": "n_q ≥ {} and"}.items():
            self.assertIn(words.format(code[name]), " ".join(TEXT.split()), name)
        self.assertIn(f"`cast` < {int(code['kCastsMax']) - 1} ", TEXT)
        self.assertEqual(code["kUnsignedSpoilsMax"], "2")  # "at most twice"
        self.assertEqual((code["kEntryBytesMax"], code["kTextBytesMax"]), ("24u << 20", "16u << 10"))

    def test_its_bounds_of_entries_are_those_of_the_code(self):
        body = re.search(r"entry_bytes_max\(EntryType type\) \{(.*?)^\}", read("protocol/meeting/codec.cpp"),
                         re.M | re.S)[1]
        code = {}
        for cases, value in re.findall(r"((?:\s+(?:case \S+|default):)+)\s+(?://[^\n]*\s+)?return ([^;]+);", body):
            bound = {"kEntryBytesMax": "24 MiB", "1u << 20": "1 MiB", "128u << 10": "128 KiB", "64u << 10": "64 KiB"}
            for name in re.findall(r"k(\w+):", cases) or ["all others"]:
                code[name] = bound[value]
        here = {name: row[1] for row in table("9.4 Bounds")[2:] for name in row[0].split(", ")}
        self.assertEqual(here, code)

    def test_its_bounds_of_connections_are_those_of_the_code(self):
        said = " ".join(TEXT.split())
        for path, code, words in (
                ("net/channel.h", "handshake_deadline{10'000}", "10 s for the handshake and 10 s after it"),
                ("net/channel.h", "stranger_deadline{10'000}", "10 s for the handshake and 10 s after it"),
                ("net/channel.h", "strangers_max = 64;", "at most 64 in all and 8 an address"),
                ("net/channel.h", "strangers_per_address_max = 8;", "at most 64 in all and 8 an address"),
                ("server/config.h", "enrol_tries_per_session = 5;", "counted per session (5)"),
                ("server/config.h", "enrol_tries_per_address{40, 0.5};", "one forgiven every 2 s, 40 in hand"),
                ("server/config.h", "relays_per_person{256, 32};", "32 messages a second, with 2 MiB and 256 in hand"),
                ("server/config.h", "relay_bytes_per_person{2U << 20, 256U << 10};", "of one person 256 KiB and 32"),
                ("server/config.h", "proposals_max = 64;", "At most 64 proposals wait"),
                ("server/config.h", "proposals_per_person_max = 8;", "8 of one person, 32 MiB together"),
                ("server/config.h", "proposal_bytes_max = 32U << 20;", "8 of one person, 32 MiB together"),
                ("server/config.h", "hold_ms = 60'000;", "get `BUSY` for at most 60 s and then go through for 60 s"),
                ("server/sessions.cpp", "kStrangerBytes = 16U << 10;", "no certificate yet, 16 KiB"),
                ("server/outbox.h", "kFrameBytesAtFirst = 64U << 10;", "waits for its KeyChange, 64 KiB"),
                ("server/sessions.cpp", "kPersonBytes = 2U << 20;", "others 2 MiB"),
                ("protocol/meeting/relay.h", "kRelayBytesMax = 512U << 10;", "relayed has at most 512 KiB"),
                ("protocol/meeting/halves.h", "kPerOwnerMax = 16;", "of an owner 16 halves are held")):
            self.assertIn(code, read(path), "the code has another number: " + words)
            self.assertIn(words, said, code)

    def test_every_section_that_is_named_is_there(self):
        there = sections()
        self.assertGreater(len(there), 40)
        lost = {}
        files = [path for folder in FOLDERS for path in (TOP / folder).rglob("*.*") if path.suffix in SOURCES]
        for path in [*TOP.glob("*.md"), *files]:
            if "node_modules" in path.parts or path == pathlib.Path(__file__).resolve():
                continue
            gone = references(path.read_text(encoding="utf-8")) - there
            if gone:
                lost[str(path.relative_to(TOP))] = sorted(gone)
        self.assertEqual(lost, {})

    def test_every_decision_that_is_named_is_there(self):
        there = {int(p.name[:4]) for p in (TOP / "docs/adr").glob("*.md")}
        named = {int(n) for list_ in re.findall(r"ADR ((?:\d+(?:, )?)+)", TEXT) for n in re.findall(r"\d+", list_)}
        self.assertGreater(len(named), 15)
        self.assertLessEqual(named, there)


class TheTestItself(unittest.TestCase):
    def test_a_section_of_another_text_is_none_of_ours(self):
        text = "as §1 and §99.1 say (RFC 8446 §7.5), RFC 9474 §8.9 and §8.8; RFC 6962, see §3.2"
        self.assertEqual(references(text), {"1", "99.1", "3.2"})

    def test_a_field_that_differs_is_found(self):
        one = messages("message A {\n  uint32 x = 1;  // said\n  repeated bytes y = 2;\n}\n")
        self.assertEqual(one, {("message", "A"): ["uint32 x = 1", "repeated bytes y = 2"]})
        self.assertNotEqual(one, messages("message A {\n  uint32 x = 1;\n  bytes y = 2;\n}\n"))


if __name__ == "__main__":
    unittest.main()
