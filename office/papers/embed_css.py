#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""embed_css.py STYLE.css OUT.cpp: the style sheet without what only its reader needs, as the constant kPaperCss."""
import json
import pathlib
import re
import sys


def squeezed(css):
    """Strings of our style sheets hold no braces, colons, commas or semicolons: blanks around these are layout."""
    css = re.sub(r"/\*.*?\*/", "", css, flags=re.S)
    css = re.sub(r"\s+", " ", css)
    css = re.sub(r" ?([{};,]) ?", r"\1", css)
    css = re.sub(r": ", ":", css)
    return css.replace(";}", "}").strip()


source, out = map(pathlib.Path, sys.argv[1:])
css = json.dumps(squeezed(source.read_text(encoding="utf-8")), ensure_ascii=False)
out.write_text(f'// Written by embed_css.py from {source.name}.\n#include "office/papers/frame.h"\n\n'
               f"namespace piaojue::office {{\n\nconstinit std::string_view const kPaperCss{{{css}}};\n\n"
               "}  // namespace piaojue::office\n", encoding="utf-8")
