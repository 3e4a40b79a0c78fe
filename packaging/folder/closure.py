#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The libraries of the portable archive (docs/adr/0036-…): which, from where, and that nothing else is needed.

    closure.py gather FOLDER                     puts into FOLDER/lib the loader and every library that the programs
                                                 FOLDER/bin/*.bin need, as this Debian has them, and what they say of
                                                 their rights into FOLDER/share/doc/libraries
    closure.py check FOLDER [--not-in TEXT …]    nothing in FOLDER needs a library, or a version of one, that is not in
                                                 FOLDER; no file has TEXT in it, such as the path of a build"""

import argparse
import hashlib
import pathlib
import re
import shutil
import subprocess
import sys

LOADER = "ld-linux-x86-64.so.2"
PLACES = ("/lib/x86_64-linux-gnu", "/usr/lib/x86_64-linux-gnu")
# What older systems have; more than that is asked of this folder alone, and is counted.
SYSTEM = {"GLIBC": (2, 28), "GLIBCXX": (3, 4, 25), "CXXABI": (1, 3, 11)}
KERNEL = (4, 19)
# Of these the programs have parts in them: headers, and what a generator wrote.
COMPILED_IN = ("libboost1.81-dev", "libcli11-dev", "libtomlplusplus-dev", "libspdlog-dev", "libprotobuf-dev")
RIGHTS = pathlib.Path("/usr/share/common-licenses")


class Wrong(Exception):
    pass


def ran(*argv):
    return subprocess.run(argv, check=True, capture_output=True, text=True, timeout=60,
                          env={"LC_ALL": "C", "PATH": "/usr/bin:/bin"}).stdout


class Elf:
    """What one file asks for and offers, as objdump reads it."""

    def __init__(self, path):
        self.path = path
        told = ran("objdump", "-p", str(path))
        self.needed = re.findall(r"^ +NEEDED +(\S+)$", told, re.M)
        self.own_places = re.findall(r"^ +(?:RPATH|RUNPATH) +(\S+)$", told, re.M)
        self.asks = {}  # library: its versions
        self.offers = set()
        library = None
        for line in told.splitlines():
            if found := re.match(r"^  required from (\S+):$", line):
                library = self.asks.setdefault(found[1], set())
            elif found := re.match(r"^    0x[0-9a-f]+ 0x[0-9a-f]+ \d+ (\S+)$", line):
                library.add(found[1])
            elif found := re.match(r"^\d+ 0x[0-9a-f]+ 0x[0-9a-f]+ (\S+)", line):
                self.offers.add(found[1])


def is_elf(path):
    with open(path, "rb") as file:
        return file.read(4) == b"\x7fELF"


def of_system(name):
    for place in PLACES:
        if (pathlib.Path(place) / name).exists():
            return pathlib.Path(place) / name
    raise Wrong(f"{name}: not in {', '.join(PLACES)}")


def owner_of(path):
    """(package, architecture:) of the file that this is, and whether it is the package's, byte for byte."""
    real = path.resolve()
    # Where /lib is a link, packages name their files by either.
    for name in (str(real), str(real).removeprefix("/usr")):
        try:
            package = ran("dpkg-query", "-S", name).split(": ")[0]
        except subprocess.CalledProcessError:
            continue
        sums = pathlib.Path("/var/lib/dpkg/info") / f"{package}.md5sums"
        md5 = hashlib.md5(real.read_bytes(), usedforsecurity=False).hexdigest()
        if f"{md5}  {name[1:]}\n" not in sums.read_text(encoding="utf-8"):
            raise Wrong(f"{real} is not as {package} has it")
        return package
    raise Wrong(f"{real} is of no package")


def closure(programs):
    """Every library that they need, the loader first: name and where it is."""
    found = {LOADER: of_system(LOADER)}
    wanted = [name for program in programs for name in Elf(program).needed]
    while wanted:
        name = wanted.pop()
        if name not in found:
            found[name] = of_system(name)
            wanted += Elf(found[name]).needed
    return found


def keep_rights(packages, out):
    """The copyright file of each, and what these point to."""
    out.mkdir(parents=True, exist_ok=True)
    pointed = set()
    for package in sorted(packages):
        text = (pathlib.Path("/usr/share/doc") / package.split(":")[0] / "copyright").read_bytes()
        (out / f"{package.split(':')[0]}.copyright").write_bytes(text)
        pointed |= set(re.findall(rb"/usr/share/common-licenses/([A-Za-z0-9.+-]*[A-Za-z0-9])", text))
    (out / "licenses").mkdir(exist_ok=True)
    for name in sorted(pointed):
        if (RIGHTS / name.decode()).exists():
            shutil.copyfile(RIGHTS / name.decode(), out / "licenses" / name.decode())


def gather(folder):
    lib = folder / "lib"
    lib.mkdir()
    rows, packages = [], set(COMPILED_IN)
    for name, path in sorted(closure(sorted((folder / "bin").glob("*.bin"))).items()):
        package = owner_of(path)
        packages.add(package)
        shutil.copyfile(path, lib / name)
        (lib / name).chmod(0o755 if name == LOADER else 0o644)
        rows.append((f"lib/{name}", package))
    rows += [("bin/*.bin", package) for package in COMPILED_IN]
    doc = folder / "share/doc/libraries"
    keep_rights(packages, doc)
    lines = ["Each library is the file of a Debian package, unchanged; of the last ones parts are in the programs.",
             "Their sources are Debian's, in the version that is named: https://snapshot.debian.org", ""]
    about = "${Package} ${Version}  source ${source:Package} ${source:Version}"
    lines += [f"{name:<28} {ran('dpkg-query', '-W', '-f', about, package)}" for name, package in rows]
    (doc / "libraries.txt").write_text("\n".join(lines) + "\n", encoding="utf-8")


def number(version):
    """("GLIBC", (2, 28)) of "GLIBC_2.28"; nothing of a name without a number."""
    found = re.match(r"^([A-Z]+)_([0-9]+(?:\.[0-9]+)*)$", version)
    return (found[1], tuple(int(part) for part in found[2].split("."))) if found else None


def kernel_of(libc):
    """The oldest kernel that it starts on (.note.ABI-tag)."""
    found = re.search(r"OS: Linux, ABI: (\d+)\.(\d+)\.(\d+)", ran("readelf", "-n", str(libc)))
    return tuple(int(part) for part in found.groups()) if found else None


def faults_of(elf, folder, offered):
    """What this file asks for that the folder does not have."""
    name = elf.path.relative_to(folder)
    for place in elf.own_places:
        yield f"{name}: looks for libraries in {place}"
    for needed in elf.needed:
        if needed not in offered:
            yield f"{name}: needs {needed}, which is not in lib"
    for library, versions in sorted(elf.asks.items()):
        for version in sorted(versions - offered.get(library, set())):
            yield f"{name}: asks {library} for {version}, which it does not have"


def check(folder, not_in):
    """@return what is wrong. Says what is right."""
    files = sorted(path for path in folder.rglob("*") if not path.is_dir() or path.is_symlink())
    faults = [f"{path.relative_to(folder)}: is a link" for path in files if path.is_symlink()]
    elves = [Elf(path) for path in files if not path.is_symlink() and is_elf(path)]
    offered = {elf.path.name: elf.offers for elf in elves if elf.path.parent == folder / "lib"}
    for elf in elves:
        faults += faults_of(elf, folder, offered)
    for path in files:
        content = path.read_bytes() if not path.is_symlink() else b""
        faults += [f"{path.relative_to(folder)}: has {text} in it" for text in not_in if text.encode() in content]
    libc = folder / "lib/libc.so.6"
    kernel = kernel_of(libc) if libc.exists() else None
    if kernel is None or kernel > KERNEL:
        faults.append(f"lib/libc.so.6 wants Linux {kernel}, systems have {KERNEL}")
    newer = sorted({version for elf in elves for versions in elf.asks.values() for version in versions
                    if (of := number(version)) and of[0] in SYSTEM and of[1] > SYSTEM[of[0]]},
                   key=number)
    print(f"closure: {len(elves)} programs and libraries, Linux {'.'.join(map(str, kernel or ('?',)))} or later")
    print(f"closure: newer than systems of glibc 2.28 have, and answered by the folder itself: {' '.join(newer)}")
    return faults


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=("gather", "check"))
    parser.add_argument("folder", type=lambda text: pathlib.Path(text).resolve())
    parser.add_argument("--not-in", action="append", default=[])
    given = parser.parse_args()
    try:
        if given.what == "gather":
            gather(given.folder)
            return 0
        faults = check(given.folder, given.not_in)
    except Wrong as wrong:
        faults = [str(wrong)]
    for fault in faults:
        print(f"closure: {fault}", file=sys.stderr)
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
