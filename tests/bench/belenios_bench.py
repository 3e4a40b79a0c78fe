#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The verifier beside belenios-tool, in turns, on one core each: 25 voters × 20 questions of three answers, three
trustees.

Belenios holds its own election of that size, in its default group (BELENIOS-2048), tallied to the end; the record is
bench_verify's. CPU time is compared, the best of each. Without belenios-tool (`apt install belenios-tool`, or --tool)
only ours is told, beside the floor: what its ballots cost in libsodium and OpenSSL alone."""

import argparse
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests" / "functional"))
import peak  # noqa: E402

VOTERS, QUESTIONS, ANSWERS, TRUSTEES = 25, 20, 3, 3
GROUP = "BELENIOS-2048"


class Election:
    """Belenios' documented steps (its examples/demo.sh)."""

    def __init__(self, tool, folder):
        self.tool, self.folder = tool, folder
        self.env = {**os.environ, "BELENIOS_USE_URANDOM": "1"}

    def run(self, *args, said=None):
        done = subprocess.run([self.tool, *args], cwd=self.folder, env=self.env, input=said, capture_output=True,
                              text=True)
        if done.returncode != 0:
            sys.exit(f"{self.tool} {' '.join(args)}: exit {done.returncode}\n{done.stdout}{done.stderr}")
        return done.stdout

    def add(self, event, said):
        self.run("archive", "add-event", f"--type={event}", said=said)

    def write(self, name, text):
        (self.folder / name).write_text(text, encoding="utf-8")

    def set_up(self):
        uuid = self.run("setup", "generate-token").strip()
        common = ("--uuid", uuid, "--group", GROUP)
        self.write("voters.txt", "".join(f"v{i}@example.com,v{i},1\n" for i in range(VOTERS)))
        self.run("setup", "generate-credentials", *common, "--file", "voters.txt")
        next(self.folder.glob("*.pubcreds")).rename(self.folder / "public_creds.json")
        credentials = next(self.folder.glob("*.privcreds")).read_text().splitlines()
        for _ in range(TRUSTEES):
            self.run("setup", "generate-trustee-key", "--group", GROUP)
        self.trustees = sorted(self.folder.glob("*.pubkey"))
        self.write("public_keys.jsons", "".join(path.read_text() for path in self.trustees))
        self.run("setup", "make-trustees")
        (self.folder / "public_keys.jsons").unlink()
        question = {"answers": ["agree", "disagree", "abstain"], "min": 1, "max": 1}
        self.write("template.json", json.dumps(
            {"description": "", "name": "", "administrator": "a", "credential_authority": "c",
             "questions": [{**question, "question": str(q)} for q in range(QUESTIONS)]}))
        self.run("setup", "make-election", *common, "--template", "template.json")
        self.run("archive", "init")
        for name in ("election.json", "trustees.json", "public_creds.json"):
            (self.folder / name).unlink(missing_ok=True)
        return [line.split()[1] for line in credentials]

    def hold(self):
        for i, credential in enumerate(self.set_up()):
            self.write("credential", credential + "\n")
            self.write("choices", json.dumps(
                [[int((i + q) % ANSWERS == answer) for answer in range(ANSWERS)] for q in range(QUESTIONS)]))
            self.add("Ballot", self.run("election", "generate-ballot", "--privcred", "credential", "--ballot",
                                        "choices"))
        self.add("EndBallots", "")
        self.add("EncryptedTally", self.run("election", "compute-encrypted-tally"))
        for number, key in enumerate(self.trustees, 1):
            self.add("PartialDecryption", self.run("election", "decrypt", "--privkey",
                                                   key.with_suffix(".privkey").name, "--trustee-id", str(number)))
        self.add("Result", self.run("election", "compute-result"))

    def verify_s(self):
        ran = peak.run([self.tool, "election", "verify"], cwd=self.folder, env=self.env)
        if ran.done.returncode != 0:
            sys.exit(f"{self.tool} election verify: {ran.done.stderr}")
        return ran.cpu_s


def floor_s(bin_dir):
    said = subprocess.run([bin_dir / "bench_verify", "--benchmark_filter=BallotsAlone", "--benchmark_format=json"],
                          capture_output=True, text=True, check=True).stdout
    return json.loads(said)["benchmarks"][0]["cpu_time"] / 1000


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--bin", type=pathlib.Path, required=True)
    parser.add_argument("--tool", default=shutil.which("belenios-tool"))
    parser.add_argument("--times", type=int, default=5)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        record = folder / "record.piaojue"
        anchor = subprocess.run([options.bin / "bench_verify", "--write", record], capture_output=True, text=True,
                                check=True).stdout.strip()
        election = None
        if options.tool:
            election = Election(options.tool, folder / "belenios")
            election.folder.mkdir()
            election.hold()
        ours, theirs, floors = [], [], []
        for _ in range(options.times):
            ran = peak.run([options.bin / "piaojue-verify", record, "--anchor", anchor, "--jobs", "1"])
            if ran.done.returncode != 0:
                sys.exit(ran.done.stdout + ran.done.stderr)
            ours.append(ran.cpu_s)
            floors.append(floor_s(options.bin))
            if election:
                theirs.append(election.verify_s())
    print(f"piaojue-verify, {VOTERS} × {QUESTIONS}       {min(ours):8.3f} s CPU")
    print(f"its ballots alone (floor)      {min(floors):8.3f} s CPU")
    if not theirs:
        print("belenios-tool                  not on this machine")
        return
    print(f"belenios-tool, {GROUP}   {min(theirs):8.3f} s CPU, {min(theirs) / min(ours):.1f} × "
          f"({min(theirs) / min(floors):.1f} × the floor)")


if __name__ == "__main__":
    main()
