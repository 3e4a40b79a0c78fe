#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Makes C++ tables and JavaScript modules of strings/*.json, the one place of every sentence for people.

    generate.py cpp TOPIC.json OUT.h OUT.cpp      namespace piaojue::strings::TOPIC, one `Text const kName` a key
    generate.py js LANG OUT.js EXPORT TOPIC.json… one module that exports an object from key to text; PREFIX:TOPIC.json
                                                  puts a prefix before each key of that topic

A topic is an object from key to {"zh": …, "en": …}. Both languages are there, neither is empty, and both have the same
{places}; anything else ends with exit code 1 and the key's name. Keys are dotted words: `no_ledger`, `row.bad_date`.
"""
import json
import pathlib
import re
import sys

PLACE = re.compile(r"\{(\w+)\}")
KEY = re.compile(r"[A-Za-z][A-Za-z0-9_-]*(\.[A-Za-z0-9_-]+)*")


def no_twice(pairs):
    """A key that stands twice would silently lose one of its texts."""
    out = {}
    for key, value in pairs:
        if key in out:
            raise SystemExit(f"strings: {key} stands twice")
        out[key] = value
    return out


def read(path):
    topic = json.loads(pathlib.Path(path).read_text(encoding="utf-8"), object_pairs_hook=no_twice)
    for key, text in topic.items():
        name = f"{path}: {key}"
        if not KEY.fullmatch(key):
            raise SystemExit(f"strings: {name}: not a key")
        if set(text) != {"zh", "en"} or not all(isinstance(text[lang], str) and text[lang] for lang in text):
            raise SystemExit(f"strings: {name}: zh and en, neither empty")
        if sorted(set(PLACE.findall(text["zh"]))) != sorted(set(PLACE.findall(text["en"]))):
            raise SystemExit(f"strings: {name}: zh and en have other places")
    return topic


def constant(key):
    """row.bad_date, ROW_BAD_DATE and row-badDate are kRowBadDate."""
    words = re.split(r"[._-]", key)
    return "k" + "".join(w.capitalize() if w.isupper() else w[0].upper() + w[1:] for w in words)


def quoted(text):
    """As a C++ literal; never a raw one, so that no text can end it."""
    return json.dumps(text, ensure_ascii=False).replace("?", "\\?")


def cpp(source, header, body):
    name = pathlib.Path(source).stem
    topic = read(source)
    constants = {constant(key): key for key in topic}
    if len(constants) != len(topic):
        raise SystemExit(f"strings: {source}: two keys have one constant")
    head = [f"// Written by strings/generate.py from {name}.json.", "#pragma once", '#include "base/sentence.h"', "",
            f"namespace piaojue::strings::{name} {{", ""]
    head += [f"extern Text const {one};" for one in constants]
    head += ["", f"}}  // namespace piaojue::strings::{name}", ""]
    text = [f"// Written by strings/generate.py from {name}.json.", f'#include "strings/{name}.h"', "",
            f"namespace piaojue::strings::{name} {{", ""]
    for one, key in constants.items():
        texts = f'{quoted(topic[key]["zh"])}, {quoted(topic[key]["en"])}'
        text.append(f'constinit Text const {one}{{"{name}.{key}", {texts}}};')
    text += ["", f"}}  // namespace piaojue::strings::{name}", ""]
    write(header, "\n".join(head))
    write(body, "\n".join(text))


def js(lang, out, export, sources):
    merged = {}
    for source in sources:
        prefix, _, path = source.rpartition(":")
        for key, text in read(path).items():
            key = prefix + key
            if key in merged:
                raise SystemExit(f"strings: {key} stands in two topics")
            merged[key] = text[lang]
    lines = [f"  {json.dumps(key)}: {json.dumps(text, ensure_ascii=False)}," for key, text in merged.items()]
    write(out, f"// Written by strings/generate.py.\nexport const {export} = {{\n" + "\n".join(lines) + "\n};\n")


def write(path, text):
    """Only what changed, so that nothing is built again for nothing."""
    target = pathlib.Path(path)
    target.parent.mkdir(parents=True, exist_ok=True)
    if not target.exists() or target.read_text(encoding="utf-8") != text:
        target.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["cpp", source, header, body]:
            cpp(source, header, body)
        case ["js", lang, out, export, *sources] if lang in ("zh", "en") and sources:
            js(lang, out, export, sources)
        case _:
            print(__doc__, file=sys.stderr)
            sys.exit(2)
