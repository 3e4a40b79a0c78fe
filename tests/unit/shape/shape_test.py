#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""scripts/shape finds what it says that it finds. A measure that cannot fail would let the house grow wild unseen."""
import importlib.machinery
import importlib.util
import pathlib
import sys
import unittest

sys.dont_write_bytecode = True
TOP = pathlib.Path(__file__).resolve().parents[3]
loader = importlib.machinery.SourceFileLoader("shape", str(TOP / "scripts/shape"))
shape = importlib.util.module_from_spec(importlib.util.spec_from_loader("shape", loader))
loader.exec_module(shape)


def spans(kind, text):
    found, broken = shape.functions(kind, text)
    assert broken is None, f"line {broken}"
    return {name: (first, last) for name, first, last in found}


def body(lines):
    """A block that fills so many lines, with its two braces."""
    return "{\n" + "  f();\n" * (lines - 2) + "}\n"


class CppFunctions(unittest.TestCase):
    def test_every_way_to_write_a_head_is_a_function(self):
        # One that is missed could be as long as it likes.
        text = """namespace a {
struct S : public Base {
  S(int x) : x_{x}, y_(x) {
    f();
  }
  ~S() {}
 private:
  [[nodiscard]] bool operator==(S const& o) const noexcept { return true; }
  auto trail() -> std::vector<int> {
    return {};
  }
};
template <typename T, int N = 3>
requires (N > 2) T pick(T const& t = {}) { return t; }
asio::awaitable<void> S::Impl::run(int a,
                                   int b) {
  auto const l = [&] { return '}'; };
}
TEST_F(Suite, RuleHolds) {
}
auto const kLambda = [](int x) {
  return x;
};
}
"""
        self.assertEqual(spans("cpp", text), {
            "S": (3, 5), "~S": (6, 6), "operator==": (8, 8), "trail": (9, 11), "pick": (13, 14),
            "S::Impl::run": (15, 18), "Suite.RuleHolds": (19, 20), "kLambda": (21, 23)})

    def test_what_is_no_function_is_none(self):
        # A table of a hundred rows is data.
        text = "Row const kRows[] = {\n" + '  {"(", 1},\n' * 100 + "};\nenum class E {\n" + "  kA,\n" * 100 + "};\n"
        self.assertEqual(spans("cpp", text), {})

    def test_braces_in_literals_and_comments_do_not_count(self):
        text = 'void f() {\n  g("}", \'}\', R"x(})x", 1\'000); // }\n  /* } */\n#define X }\n}\nvoid h() {}\n'
        self.assertEqual(spans("cpp", text), {"f": (1, 5), "h": (6, 6)})

    def test_70_lines_are_well_and_71_are_not(self):
        at = shape.long_functions("a.cpp", "cpp", "void f() " + body(70))
        over = shape.long_functions("a.cpp", "cpp", "\nvoid f() " + body(71))
        self.assertEqual(at, ([], 0))
        self.assertEqual(over, ([("a.cpp", 2, "f: 71 lines (at most 70)")], 0))

    def test_long_on_purpose_needs_its_reason_and_is_counted(self):
        # An exception that nobody sees would become the rule.
        said = shape.long_functions("a.cpp", "cpp", "/// Reads. Long on purpose: one table.\nvoid f() " + body(71))
        bare = shape.long_functions("a.cpp", "cpp", "/// Reads. Long on purpose:\nvoid f() " + body(71))
        self.assertEqual(said, ([], 1))
        self.assertEqual(len(bare[0]), 1)

    def test_what_cannot_be_matched_is_a_finding(self):
        # Else a file that the measure does not understand would be one without functions.
        self.assertEqual(len(shape.long_functions("a.cpp", "cpp", "void f() {\n")[0]), 1)
        self.assertEqual(len(shape.long_functions("a.py", "py", "def f(:\n")[0]), 1)


class JsFunctions(unittest.TestCase):
    def test_functions_arrows_methods_and_markup(self):
        text = """export function Paper({ rows, lang = 'zh' }) {
  const go = async (x) => {
    if (x) { return /[}/]/.test(x); }
  };
  return html`
    <${Row} on=${() => { go(`${1}}`); }} />
    }
  `;
}
const Tall = (props) => html`
  <p>
  </p>
`;
class A { static async size(a) {
} }
const o = { run: function* (a) { for (const b of a) { yield b / 2 / 3; } } };
"""
        found = spans("js", text)
        self.assertEqual(found.pop("a function"), (6, 6))
        self.assertEqual(found, {"Paper": (1, 9), "go": (2, 4), "Tall": (10, 13), "size": (14, 15), "run": (16, 16)})

    def test_71_lines_of_markup_are_a_long_function(self):
        findings, _ = shape.long_functions("a.js", "js", "const A = () => html`\n" + "<p></p>\n" * 69 + "`;\n")
        self.assertEqual(findings, [("a.js", 1, "A: 71 lines (at most 70)")])


class PythonFunctions(unittest.TestCase):
    def test_71_lines_are_too_many(self):
        findings, _ = shape.long_functions("a.py", "py", "def f():\n" + "    g()\n" * 70)
        self.assertEqual(findings, [("a.py", 1, "f: 71 lines (at most 70)")])


class LongLines(unittest.TestCase):
    def columns(self, kind, text):
        return [line for _, line, _ in shape.long_lines("a", kind, text)]

    def test_120_columns_are_well_and_121_are_not(self):
        for kind in ("cpp", "js", "css", "md", "py", "cmake", "sh"):
            with self.subTest(kind):
                self.assertEqual(self.columns(kind, "# " + "a " * 58 + "ab\n"), [])
                self.assertEqual(self.columns(kind, "\n# " + "a " * 59 + "b\n"), [2])

    def test_a_chinese_character_is_two_wide(self):
        self.assertEqual(self.columns("md", "票 决" * 24 + "\n"), [])
        self.assertEqual(self.columns("md", "票 决" * 25 + "\n"), [1])

    def test_what_cannot_be_wrapped_may_stand(self):
        self.assertEqual(self.columns("md", "* https://" + "a" * 120 + "\n| " + "a " * 80 + "|\n"), [])
        self.assertEqual(self.columns("cpp", 'auto k = R"(\n' + "a " * 80 + '\n)";\n'), [])
        self.assertEqual(self.columns("js", "const k = `\n" + "a " * 80 + "\n`;\n"), [])
        self.assertEqual(self.columns("py", 'k = """\n' + "a " * 80 + '\n"""\n'), [])

    def test_markup_and_docstrings_can_be_wrapped(self):
        self.assertEqual(self.columns("py", 'def f():\n    """A.\n\n    ' + "a " * 80 + '\n    """\n'), [4])
        self.assertEqual(self.columns("js", "const k = html`\n" + "a " * 80 + "\n`;\n"), [2])


class Heads(unittest.TestCase):
    def test_a_source_without_its_licence_is_found(self):
        self.assertEqual(len(shape.no_spdx("a.cpp", "cpp", "int a;\n")), 1)
        self.assertEqual(shape.no_spdx("a.cpp", "cpp", "// SPDX-License-Identifier: Apache-2.0\nint a;\n"), [])
        self.assertEqual(shape.no_spdx("a", "sh", "#!/bin/sh\n# SPDX-License-Identifier: Apache-2.0\n"), [])

    def test_a_program_without_extension_is_measured(self):
        self.assertEqual(shape.kind_of("scripts/a", "#!/usr/bin/env bash\n"), "sh")
        self.assertEqual(shape.kind_of("scripts/a", "#!/usr/bin/env python3\n"), "py")
        self.assertEqual(shape.kind_of("a/CMakeLists.txt", ""), "cmake")


class Circles(unittest.TestCase):
    def test_a_circle_of_three_is_found_once(self):
        # A module of a circle sees another one half made, depending on who was asked for first.
        found = shape.circles({
            "web/a.js": "import { b } from './parts/b.js';\n",
            "web/parts/b.js": "import {\n  c,\n} from '../c.js';\n",
            "web/c.js": "export { a } from './a.js';\n",
            "web/d.js": "import './a.js';\n"})
        self.assertEqual(len(found), 1)
        self.assertIn("web/a.js → web/parts/b.js → web/c.js → web/a.js", found[0][2])

    def test_arrows_that_meet_are_no_circle(self):
        self.assertEqual(shape.circles({
            "web/a.js": "import './b.js';\nimport './c.js';\n", "web/b.js": "import './c.js';\n", "web/c.js": ""}), [])


class Subjects(unittest.TestCase):
    def test_72_characters_are_well_and_73_are_not(self):
        self.assertEqual(shape.long_subjects("abc " + "x" * 72 + "\n"), [])
        self.assertEqual(len(shape.long_subjects("abc " + "x" * 73 + "\n")), 1)


class Whole(unittest.TestCase):
    def test_every_finding_of_a_file_comes_through(self):
        # The parts could be right and never be asked.
        bad = "int a; //" + " a" * 60 + "\nvoid f() " + body(71)
        circle = "// " + shape.SPDX + "\nimport './x.js';\n"
        findings, _ = shape.measure([("a.cpp", "cpp", bad), ("web/x.js", "js", circle)])
        self.assertEqual([line for _, line, _ in findings], [2, 1, 1, 2])


if __name__ == "__main__":
    unittest.main()
