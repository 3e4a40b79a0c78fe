#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes the seeds of xlsx_fuzz and csv_fuzz from tests/cases/import and examples: tests/fuzz/seed_sheets.py

A workbook becomes what xlsx_fuzz takes apart: its sheet, styles, workbook part and texts, the byte 1 between them; so a
mutated byte spoils a cell and not the archive. Its cells also become a CSV, for csv_fuzz to mutate as a grid."""
import pathlib
import re
import xml.etree.ElementTree
import zipfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
MAIN = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
BYTES_MAX = 12_000


def parts_of(path):
    with zipfile.ZipFile(path) as book:
        names = {name.lower(): name for name in book.namelist()}

        def part(name):
            return book.read(names[name]) if name in names else b"<a/>"

        return [part(name) for name in ("xl/worksheets/sheet1.xml", "xl/styles.xml", "xl/workbook.xml",
                                        "xl/sharedstrings.xml")]


def csv_of(sheet, strings):
    texts = ["".join(t.text or "" for t in si.iter(f"{MAIN}t"))
             for si in xml.etree.ElementTree.fromstring(strings).iter(f"{MAIN}si")]
    rows = []
    for row in xml.etree.ElementTree.fromstring(sheet).iter(f"{MAIN}row"):
        cells = {}
        for cell in row.iter(f"{MAIN}c"):
            value = cell.find(f"{MAIN}v")
            text = "".join(t.text or "" for t in cell.iter(f"{MAIN}t")) or (value.text if value is not None else "")
            if cell.get("t") == "s" and text:
                text = texts[int(text)]
            cells[re.match("[A-Z]+", cell.get("r")).group()] = (text or "").replace(",", "，").replace("\n", " ")
        last = max(ord(letters) - ord("A") for letters in cells) if cells else 0
        rows.append(",".join(cells.get(chr(ord("A") + c), "") for c in range(last + 1)))
    return "\n".join(rows).encode()


def main():
    for name in ("xlsx_fuzz", "csv_fuzz"):
        (ROOT / "tests/fuzz/corpus" / name).mkdir(parents=True, exist_ok=True)
    corpus = ROOT / "tests/fuzz/corpus"
    for path in sorted((ROOT / "tests/cases/import").glob("*")):
        if path.suffix == ".xlsx":
            sheet, styles, book, strings = parts_of(path)
            # The id by which the workbook names its sheet is the one that the fuzz target gives it.
            book = re.sub(rb'r:id="rId\d+"', b'r:id="b"', book)
            seed = b"\1".join((sheet, re.sub(rb"<(fonts|fills|borders|dxfs|cellStyles).*?</\1>", b"", styles), book,
                               strings))
            if len(seed) <= BYTES_MAX:
                (corpus / "xlsx_fuzz" / path.stem).write_bytes(seed)
            (corpus / "csv_fuzz" / path.stem).write_bytes(csv_of(sheet, strings))
        elif path.suffix != ".md" and path.stat().st_size <= BYTES_MAX:
            (corpus / "csv_fuzz" / path.stem).write_bytes(path.read_bytes())


main()
