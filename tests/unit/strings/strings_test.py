#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Every sentence for people stands once, in strings/*.json, in both languages, and is used; none stands in C++.
tests/pages/strings_test.mjs holds the same of the pages."""
import json
import pathlib
import re
import sys
import tempfile
import unittest

sys.dont_write_bytecode = True
TOP = pathlib.Path(__file__).resolve().parents[3]
sys.path.insert(0, str(TOP / "strings"))
import generate  # noqa: E402

# Their keys are used by the pages' modules, which the pages' own test looks at; audit by the auditor's page.
OF_THE_PAGES = {"page", "office_page", "auditor", "audit", "reader"}
# Chinese that is read, not said: words that sheets, slips and people's commands may use. Each with its reason.
READ = {
    "client/session/command.cpp": "choices as people type them",
    "office/casework/entries.cpp": "the colon between a heading of the sheet and its cell",
    "office/desk/amend.cpp": "the comma between codes as people type them",
    "office/desk/listed.cpp": "the ending of a heading; a name of the record, which has the language of the sheets",
    "office/rules/amount.cpp": "units of amounts as sheets write them",
    "office/rules/correction.cpp": "the semicolon between items of a list",
    "office/rules/eligibility.cpp": "the bracket at which an article's number is cut",
    "office/rules/form.cpp": "a cell that says none",
    "office/rules/gates.cpp": "units of hours as sheets write them",
    "office/rules/studies.cpp": "forms of study and degrees as sheets write them",
    "office/rules/templates.cpp": "empty sheets, which are Chinese as the headings are that are read from them",
    "office/rules/vocabulary.cpp": "headings and words of applicants' sheets",
    "office/rules/vocabulary.h": "numbers of the standard's articles, which are names",
    "server/suggestions.cpp": "the headings of the file of suggested recusals",
    "sheets/batches.cpp": "a title of the record, which has the language of the sheets",
    "sheets/committee.cpp": "the bracket behind a name",
    "sheets/date.cpp": "dates as sheets write them",
    "sheets/header.cpp": "headings of sheets",
    "sheets/heading.cpp": "remarks in headings",
    "sheets/identity.cpp": "names of documents before their numbers",
    "sheets/passed_rows.cpp": "how rows begin that name nobody",
    "sheets/people.cpp": "what tells namesakes apart in a name of the record; dots and brackets in names",
    "sheets/plain_text.cpp": "signs that are written wide",
    "sheets/reading.cpp": "the comma between names of sheets",
    "sheets/table.cpp": "the comma of a list of headings",
    "sheets/variants.cpp": "characters that are written in two ways",
    "sheets/vocabulary.cpp": "headings and words of rosters",
}
# English that no person reads as a sentence, or that is one file for every language. Each with its reason.
FOR_MACHINES = {
    "base/refusal.cpp": "what a programmer's error ends in",
    "base/work_pool.cpp": "an exception of another library's that has no words",
    "net/channel.cpp": "details of a closed connection, for the server's log; the client has its own words",
    "net/listener.cpp": "the same",
    "server/metrics.cpp": "what each family counts, for dashboards; OpenMetrics has one language",
    "server/main.cpp": "the words of the parser of commands, which are cut off",
    "server/settings.cpp": "the comments of server.toml, which is written once in one language",
    "store/leases.cpp": "names of columns, in SQL",
    "store/postgres_offices.cpp": "names of columns, in SQL",
    "store/meetings.cpp": "the same",
    "store/moving.cpp": "the same",
    "store/postgres/rows.cpp": "the same",
    "store/postgres_store.cpp": "the same",
    "store/schema.cpp": "the same",
}
ROOMS = ("base", "client", "crypto", "local", "net", "office", "protocol", "server", "sheets", "store", "strings",
         "verifier")
# Without the wide blank, which is layout.
CHINESE = re.compile("[\u3001-\u303f\u3400-\u9fff\uff00-\uffef]")
COMMENT_OR_LITERAL = re.compile(
    r'''//[^\n]*|\b\d[\w']*|/\*.*?\*/|R"(\w*)\(.*?\)\1"|"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])+\'''',
    re.S)
# Three words of a sentence. What is for machines is shorter, or has no such words: the `key value` lines of status,
# show and listening, the grammar of the door's commands ("recuse <question> <reason…>"), an auditor's last line
# ("VERIFIED 27/27"), names, paths, SQL.
ENGLISH = re.compile(r"(?<![\w<{/.-])[a-z]+(?:[,;:]? [a-z]+){2,}(?![\w>}])")
# Two topics may have the same word; the same sentence is one entry.
SENTENCE = 10


def sources():
    """path → text of every C++ file of the rooms."""
    return {str(path.relative_to(TOP)): path.read_text(encoding="utf-8")
            for room in ROOMS for path in sorted((TOP / room).rglob("*")) if path.suffix in (".cpp", ".h")}


def topics():
    return {path.stem: generate.read(path) for path in sorted((TOP / "strings").glob("*.json"))}


def chinese_lines(text):
    """Lines with a Chinese literal."""
    out = []
    for m in COMMENT_OR_LITERAL.finditer(text):
        if not m.group().startswith("/") and CHINESE.search(m.group()):
            out.append(text.count("\n", 0, m.start()) + 1)
    return out


def english_lines(text):
    """Lines with a literal that says three lower-case words in a row."""
    out = []
    for m in COMMENT_OR_LITERAL.finditer(text):
        if m.group()[0] in "\"R" and ENGLISH.search(m.group()):
            out.append(text.count("\n", 0, m.start()) + 1)
    return out


def unused(topic, keys, files):
    """Keys whose constant no file mentions that speaks the topic."""
    speakers = [text for text in files.values() if f'"strings/{topic}.h"' in text or f"{topic}::k" in text]
    words = set(re.findall(r"\bk[A-Z]\w*", "\n".join(speakers)))
    return [key for key in keys if generate.constant(key) not in words]


def twice(by_topic):
    """Sentences that are entries of two topics: they would drift apart."""
    seen = {}
    out = []
    for topic, texts in by_topic.items():
        for key, text in texts.items():
            before = seen.setdefault((text["zh"], text["en"]), f"{topic}.{key}")
            if before.split(".")[0] != topic and len(generate.PLACE.sub("", text["zh"])) >= SENTENCE:
                out.append(f"{topic}.{key} is {before}")
    return out


class Strings(unittest.TestCase):
    def test_both_languages_are_complete_with_the_same_places(self):
        # Whoever reads one language only must not find a hole where the other has a name or a number.
        self.assertGreater(sum(len(texts) for texts in topics().values()), 900)

    def test_every_text_is_used(self):
        # A text that nothing says is translated and corrected for nobody, and hides that its place has another.
        files = sources()
        for topic, texts in topics().items():
            if topic not in OF_THE_PAGES:
                self.assertEqual(unused(topic, texts, files), [], topic)

    def test_no_sentence_stands_in_two_topics(self):
        self.assertEqual(twice(topics()), [])

    def test_no_chinese_in_the_programs(self):
        # A sentence in code has no other language, and nobody who corrects wording finds it.
        found = {path: lines for path, text in sources().items() if (lines := chinese_lines(text))}
        against = {path: lines for path, lines in found.items() if path not in READ}
        self.assertEqual(against, {})
        self.assertEqual([path for path in READ if path not in found], [], "nothing Chinese is read there any more")


    def test_no_english_sentence_in_the_programs(self):
        # It reaches a reader of Chinese in English, in the middle of a Chinese sentence or alone on the terminal.
        found = {path: lines for path, text in sources().items() if (lines := english_lines(text))}
        self.assertEqual({path: lines for path, lines in found.items() if path not in FOR_MACHINES}, {})
        self.assertEqual([path for path in FOR_MACHINES if path not in found], [], "nothing stands there any more")


class TheTestItself(unittest.TestCase):
    """Each way to break a rule is found; else the tests above would be green for nothing."""

    def refused(self, text):
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder, "topic.json")
            path.write_text(text if isinstance(text, str) else json.dumps(text), encoding="utf-8")
            with self.assertRaises(SystemExit):
                generate.read(path)

    def test_a_language_that_lacks_a_text_or_a_place_is_found(self):
        self.refused({"a": {"zh": "一"}})
        self.refused({"a": {"zh": "一", "en": ""}})
        self.refused({"a": {"zh": "一 {n}", "en": "one"}})
        self.refused({"a": {"zh": "一 {n}", "en": "one {m}"}})
        self.refused('{"a": {"zh": "一", "en": "one"}, "a": {"zh": "二", "en": "two"}}')

    def test_an_unused_key_is_found(self):
        files = {"desk.cpp": '#include "strings/desk.h"\nsay(strings::desk::kRowBad);', "other.cpp": "kRowGood"}
        self.assertEqual(unused("desk", ["row.bad", "row.good"], files), ["row.good"])

    def test_a_chinese_literal_is_found_and_a_comment_is_not(self):
        self.assertEqual(chinese_lines('// 票\nsay("票");\n/* 票 */ say("// 票");\nsay(R"(票)");'), [2, 3, 4])

    def test_an_english_sentence_is_found_and_what_is_for_machines_is_not(self):
        text = ('// no answer in time\nsay("no answer in time");\n/* the disk is full */ x = 1\'000\'000; y = 2\'000;\n'
                'say("fsync of the directory");\nsay("server key ", key);\nsay("SELECT key FROM code WHERE key = 1");\n'
                'say("recuse <question> <reason>");\nsay(R"(it is gone)");')
        self.assertEqual(english_lines(text), [2, 4, 8])

    def test_a_sentence_in_two_topics_is_found(self):
        text = {"zh": "此前各项均完好，请再试一次。", "en": "Try again."}
        self.assertEqual(twice({"a": {"x": text}, "b": {"y": text}}), ["b.y is a.x"])
        self.assertEqual(twice({"a": {"x": text, "z": text}, "b": {"y": {"zh": "无", "en": "none"}}}), [])


if __name__ == "__main__":
    unittest.main()
