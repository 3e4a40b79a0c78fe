# SPDX-License-Identifier: Apache-2.0
"""A service of one node over a private PostgreSQL, for service_desk_test.mjs: it reads a command a line, and answers
each with an object a line. Its end is that of its input."""

import csv
import json
import os
import pathlib
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests" / "functional"))
os.environ.setdefault("PIAOJUE_BIN_DIR", os.environ["PIAOJUE_BIN"])

import driver  # noqa: E402
from service_office_test import BIN, Hall, OneNode  # noqa: E402  (their folder is known only now)

EXPERTS = 11  # of the example sheets


def meet(service, slips):
    """The meeting, of one batch, by laptops without pages, to its end; its head."""
    slips = pathlib.Path(slips)
    with open(slips.parent / "candidates.csv", encoding="utf-8", newline="") as file:
        lines = list(csv.reader(file))
    hall = Hall(service, slips, EXPERTS)
    with hall:
        hall.start()
        hall.open(1)
        hall.tokens(1)
        hall.cast({person: "agree" for person in hall.experts}, range(1, len(lines)))
        hall.close()
        hall.declare(1)
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
            does = {"stop": lambda: node.term() and {}, "start": lambda: node.start() and {},
                    "slip": lambda: slip(service, rest), "meet": lambda: meet(service, rest)}
            try:
                out = does[verb]()
            except (driver.Failed, OSError) as fault:
                out = {"failed": str(fault)}
            print(json.dumps({"event": verb, **out}), flush=True)


if __name__ == "__main__":
    main()
