# SPDX-License-Identifier: Apache-2.0
"""A service of one node over a private PostgreSQL, for service_desk_test.mjs: it reads a command a line, and answers
each with an object a line. Its end is that of its input."""

import json
import os
import pathlib
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests" / "functional"))
os.environ.setdefault("PIAOJUE_BIN_DIR", os.environ["PIAOJUE_BIN"])

from service_office_test import BIN, Hall, OneNode  # noqa: E402  (their folder is known only now)

EXPERTS = 11
BATCHES = {1: range(1, 11), 2: range(11, 16), 3: range(16, 19)}  # and their questions


def meet(service, slips):
    """The meeting of the example sheets, by laptops without pages, to its end; its head."""
    hall = Hall(service, pathlib.Path(slips), EXPERTS)
    with hall:
        hall.start()
        for batch, questions in BATCHES.items():
            hall.open(batch)
            hall.tokens(batch)
            hall.cast({person: "agree" for person in hall.experts}, questions)
            hall.close()
            hall.declare(batch)
        hall.countersigned("close-meeting", "MeetingClose")
        head = hall.client(hall.chair).wait("head", 20)["hash"]
    return {"head": head}


def slip(service, name):
    """Of a new office, as the operator hands it on."""
    path = service.directory / f"slip-{name}.txt"
    path.write_text(service.tool("office", "add", service.toml, "--name", name).stdout, encoding="utf-8")
    return {"slip": str(path)}


def main():
    with OneNode(BIN, nodes=1, standby=False) as service:
        node = service.nodes["node-a"]
        print(json.dumps({"event": "ready", "address": node.address}), flush=True)
        for line in sys.stdin:
            verb, _, rest = line.strip().partition(" ")
            if verb == "stop":
                node.term()
                out = {}
            elif verb == "start":
                node.start()
                out = {}
            else:
                out = {"slip": slip, "meet": meet}[verb](service, rest)
            print(json.dumps({"event": verb, **out}), flush=True)


if __name__ == "__main__":
    main()
