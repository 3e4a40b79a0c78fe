# SPDX-License-Identifier: Apache-2.0
"""The server under systemd: its units as systemd reads them, and what it says to whoever starts it."""

import os
import pathlib
import re
import shutil
import socket
import subprocess
import tempfile
import unittest

import driver
import small

BIN = pathlib.Path(os.environ["PIAOJUE_BIN_DIR"])
PACKAGING = small.ROOT / "packaging"
UNITS = ("piaojue-server.service", "piaojue-node.service")


class Units(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="piaojue-units-"))
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)

    def test_systemd_understands_the_units(self):
        # Harm: a misspelt line is passed over with a warning that nobody reads, and what it forbids is allowed.
        for name in UNITS:
            text = (PACKAGING / name).read_text(encoding="utf-8")
            unit = self.folder / name
            # Its program is installed nowhere yet; systemd looks whether it can be run, and for the manual.
            unit.write_text(text.replace("/usr/bin/piaojue-server", str(BIN / "piaojue-server")), encoding="utf-8")
            done = subprocess.run(["systemd-analyze", "verify", "--man=no", "--recursive-errors=no", unit],
                                  capture_output=True, text=True, timeout=60, env={**os.environ, "LC_ALL": "C"})
            self.assertEqual((done.returncode, done.stderr), (0, ""), name)

    def test_the_units_confine_what_they_start(self):
        # Harm: keys in a core file, or a hole in one unit that the other has not.
        for name in UNITS:
            text = (PACKAGING / name).read_text(encoding="utf-8")
            for line in ("Type=notify", "LimitCORE=0", "MemorySwapMax=0", "NoNewPrivileges=yes", "ProtectSystem=strict",
                         "CapabilityBoundingSet=", "SystemCallFilter=@system-service", "UMask=0077"):
                self.assertIn(f"\n{line}\n", text, name)
            self.assertRegex(text, r"\nWatchdogSec=\d+s\n")
            unit = self.folder / name
            unit.write_text(text, encoding="utf-8")
            done = subprocess.run(["systemd-analyze", "security", "--offline=yes", "--no-pager", unit],
                                  capture_output=True, text=True, timeout=60, env={**os.environ, "LC_ALL": "C"})
            level = re.search(r"Overall exposure level for .*: ([0-9.]+)", done.stdout)
            self.assertIsNotNone(level, done.stdout + done.stderr)
            self.assertLess(float(level[1]), 2.0, name)

    def test_the_server_says_when_it_serves_that_it_lives_and_when_it_ends(self):
        # Harm: systemd takes a server for ready that replays its log, or kills one that serves.
        path = self.folder / "notify"
        heard = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.addCleanup(heard.close)
        heard.bind(str(path))
        heard.settimeout(30)
        with small.Small(BIN) as meeting:
            directory = meeting.meeting.server_dir
            server = driver.Process("notified", [BIN / "piaojue-server", "run", directory, "--port", "0"], self.folder,
                                    env={"NOTIFY_SOCKET": str(path), "WATCHDOG_USEC": "400000"})
            self.addCleanup(server.stop)
            self.assertEqual(heard.recv(512), b"READY=1")
            server.wait_line(lambda line: line.startswith("listening "), 10)
            for _ in range(3):
                self.assertEqual(heard.recv(512), b"WATCHDOG=1")
            server.stop()
            last = heard.recv(512)
            while last == b"WATCHDOG=1":
                last = heard.recv(512)
            self.assertEqual(last, b"STOPPING=1")
            self.assertEqual(server.popen.returncode, 0)


if __name__ == "__main__":
    unittest.main()
