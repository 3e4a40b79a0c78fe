#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Makes the manual's pages from what the programs say of themselves with --help: nothing is written twice.

    packaging/manual.py --programs BIN --auditor piaojue-auditor --out DIR [--emulator qemu-aarch64-static]

DIR gets NAME.1 and NAME.zh_CN.1 of each program, with a section for each of its commands. The same programs give the
same pages on every machine: nothing of a folder, a home or a day goes into them."""

import argparse
import pathlib
import re
import subprocess

PROGRAMS = ("piaojue", "piaojue-server", "piaojue-office", "piaojue-verify")
# What CLI11 says in English alone, and every page has: of a command it is left out.
COMMON = {"-h,--help": "给出这段帮助", "--version": "给出版本和构建号"}
WORDS = {
    "en": {"NAME": "NAME", "SYNOPSIS": "SYNOPSIS", "DESCRIPTION": "DESCRIPTION", "Options": "OPTIONS",
           "Positionals": "ARGUMENTS", "Subcommands": "COMMANDS", "NOTES": "NOTES", "SEE ALSO": "SEE ALSO"},
    "zh": {"NAME": "名称", "SYNOPSIS": "概要", "DESCRIPTION": "描述", "Options": "选项", "Positionals": "参数",
           "Subcommands": "命令", "NOTES": "说明", "SEE ALSO": "参见"},
}
LOCALE = {"en": "en_US.UTF-8", "zh": "zh_CN.UTF-8"}
# What runs programs that were built for another processor; none where it is empty.
EMULATOR = []
GROUP = re.compile(r"^(Positionals|Options|Subcommands):$")


def say(program, argv, language):
    """What a program prints, started under its bare name, in a home that is a word: usage and defaults name no folder
    of this machine."""
    name, executable = [program.name], program
    with open(program, "rb") as file:
        if EMULATOR and file.read(4) == b"\x7fELF":
            name, executable = [EMULATOR[0], "-0", program.name, program], None
    return subprocess.run([*name, *argv], executable=executable, capture_output=True, text=True, check=True, timeout=30,
                          stdin=subprocess.DEVNULL,
                          env={"HOME": "~", "LC_ALL": LOCALE[language], "PATH": "/usr/bin:/bin"}).stdout


def help_of(program, language, command=()):
    beside = str(program.resolve().parent.parent / "share")
    return say(program, [*command, "--help"], language).replace(beside, "/usr/share")


class Help:
    """A help's parts: what stands before the usage, the usage, the groups of (name, text), what stands behind."""

    def __init__(self, text):
        self.about, self.usage, self.groups, self.notes = [], "", {}, []
        group, behind = None, False
        for line in text.splitlines():
            found = GROUP.match(line)
            if found:
                group, behind = self.groups.setdefault(found[1], []), False
            elif group is not None and (not line.strip() or behind):
                # An empty line ends a group; what follows that is none is a footer, which may look like one.
                behind = True
                self.notes += [line] if line.strip() or self.notes else []
            elif line.startswith("Usage: ") and not self.usage:
                self.usage = line.removeprefix("Usage: ")
            elif group is None:
                self.about.append(line)
            elif group is not None and re.match(r"^  \S", line):
                name, _, said = re.sub(r"(\S)  +", "\\1\t", line.strip(), count=1).partition("\t")
                group.append([name, said])
            elif group:
                group[-1][1] = f"{group[-1][1]} {line.strip()}".strip()


def escaped(text):
    """Of a line: a hyphen that is typed stays one, and nothing is taken for a request."""
    text = text.replace("\\", "\\e").replace("-", "\\-").replace("~", "\\(ti").replace("^", "\\(ha")
    return "\\&" + text if text[:1] in (".", "'") else text


def flowing(text):
    """As escaped, and told where a Chinese line, which has no blanks, may be broken."""
    return re.sub("([、，；：。（）])", r"\1\\:", escaped(text))


def prose(lines):
    """Paragraphs; what is indented stands as it is."""
    out = []
    shown = False
    for line in [*lines, ""]:
        if line.startswith(" ") and line.strip():
            if not shown:
                out += [".PP", ".nf"]
            shown = True
            out.append(escaped(line.strip("\n").removeprefix("  ")))
            continue
        if shown:
            out.append(".fi")
            shown = False
        if line.strip():
            out += [".PP", flowing(line.strip())]
    return out


def items(pairs, language, bold="B"):
    out = []
    for name, said in pairs:
        if name in COMMON and language == "zh":
            said = COMMON[name]
        out += [".TP", f".{bold} {quoted(name)}", flowing(said) if said else "\\&"]
    return out


def quoted(text):
    return '"' + escaped(text).replace('"', '\\(dq') + '"'


def commands(program, language, names, before=()):
    """A section a command, with what it takes; also of commands below a command."""
    out = []
    for name in names:
        command = (*before, name)
        told = Help(help_of(program, language, command))
        out += [f".SS {quoted(' '.join(command))}", *prose(told.about)]
        if told.usage:
            out += [".PP", f".B {quoted(told.usage)}"]
        for group in ("Positionals", "Options"):
            out += items([pair for pair in told.groups.get(group, []) if pair[0] not in COMMON], language)
        out += prose(told.notes)
        out += commands(program, language, [pair[0] for pair in told.groups.get("Subcommands", [])], command)
    return out


def page(program, language, version, others):
    words = WORDS[language]
    told = Help(help_of(program, language))
    name = program.name
    about = [line for line in told.about if line.strip()]
    # One line for whatis(1): the first, without what is set apart by a colon or a full stop.
    brief = about[0].strip().rstrip("。.").replace("Piaojue 票决：", "").replace("Piaojue 票决: ", "")
    manual = "票决" if language == "zh" else "Piaojue"
    out = [f'.TH {quoted(name.upper())} 1 "" {quoted("Piaojue " + version)} {quoted(manual)}',
           ".ad l", f".SH {words['NAME']}", f"{name} \\- {escaped(brief)}",
           f".SH {words['SYNOPSIS']}", f".B {quoted(told.usage)}",
           f".SH {words['DESCRIPTION']}", *prose(told.about)]
    for group in ("Positionals", "Options"):
        if told.groups.get(group):
            out += [f".SH {words[group]}", *items(told.groups[group], language)]
    names = [pair[0] for pair in told.groups.get("Subcommands", [])]
    if names:
        out += [f".SH {words['Subcommands']}", *commands(program, language, names)]
    if told.notes:
        out += [f".SH {words['NOTES']}", *prose(told.notes)]
    package = {"piaojue": "piaojue-client", "piaojue-auditor": "piaojue-verify"}.get(name, name)
    out += [f".SH {words['SEE ALSO']}", *(f".BR {escaped(other)} (1)," for other in others if other != name),
            f".I {escaped('/usr/share/doc/' + package)}"]
    return "\n".join(out) + "\n"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--programs", type=pathlib.Path, required=True)
    parser.add_argument("--auditor", type=pathlib.Path, required=True)
    parser.add_argument("--out", type=pathlib.Path, required=True)
    parser.add_argument("--emulator")
    given = parser.parse_args()
    EMULATOR.extend([given.emulator] if given.emulator else [])
    given.out.mkdir(parents=True, exist_ok=True)
    programs = [given.programs.resolve() / name for name in PROGRAMS]
    version = say(programs[0], ["--version"], "en").split()[1]
    programs.append(given.auditor.resolve())
    for program in programs:
        for language in WORDS:
            path = given.out / (program.name + (".zh_CN.1" if language == "zh" else ".1"))
            path.write_text(page(program, language, version, [p.name for p in programs]), encoding="utf-8")


if __name__ == "__main__":
    main()
