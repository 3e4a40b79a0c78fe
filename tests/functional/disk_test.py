# SPDX-License-Identifier: Apache-2.0
"""A disk that is full, and a disk that lies: the server says so, ends, and has acknowledged nothing that it can not
keep. After the repair it goes on where it was."""

import os
import pathlib
import subprocess
import tempfile
import unittest

import driver
import small

BIN = pathlib.Path(os.environ["PIAOJUE_BIN_DIR"])

FAILING_FSYNC = r"""
#include <errno.h>
#include <unistd.h>
#include <stdlib.h>
/* Every fsync and fdatasync fails once the file named by FAIL_WHEN exists. */
static int failing(void) { const char* when = getenv("FAIL_WHEN"); return when && access(when, F_OK) == 0; }
int fsync(int fd) { (void)fd; if (failing()) { errno = EIO; return -1; } return 0; }
int fdatasync(int fd) { (void)fd; if (failing()) { errno = EIO; return -1; } return 0; }
"""


class Disk(unittest.TestCase):
    def go_on(self, meeting, signed_in):
        """The same directory on a mended disk: everything acknowledged is there, and the meeting runs to its end."""
        meeting.meeting.start_server()
        for person in [*meeting.experts, *meeting.officers]:
            if person not in signed_in:
                # What was in flight when the disk broke may have reached it, or the laptop has asked again by itself.
                reply = meeting.client(person).command("sign-in", 60, ok=None)
                self.assertTrue(reply["ok"] or reply["code"] == "CONFLICT", reply)
        for person in signed_in:
            self.assertEqual(meeting.client(person).command("sign-in", 60, ok=False)["code"], "CONFLICT",
                             "still signed in")
        for person in [*meeting.experts, *meeting.officers]:
            meeting.client(meeting.chair).wait("entry", 20, type="SignIn", person=person)
        meeting.open(1)
        meeting.tokens(1)
        meeting.cast({1: "agree", 2: "agree", 3: "agree", 4: "disagree"}, [1])
        meeting.close()
        self.assertEqual(meeting.declare(1)[1]["agree"], 3)
        done = meeting.end()
        self.assertTrue(done.stdout.rstrip().endswith("VERIFIED 27/27"), done.stdout)

    def sign_in_until_the_server_stops(self, meeting, when):
        """@return people whose sign-in was acknowledged before the server ended."""
        signed_in = set()
        for person in [*meeting.experts, *meeting.officers]:
            if len(signed_in) == 2:
                when()
            begun = meeting.client(person).begin("sign-in")
            try:
                if meeting.client(person).finish(begun, 4)["ok"]:
                    signed_in.add(person)
            except driver.Failed:
                break
        return signed_in

    def start(self, meeting, env=None, wrapper=()):
        server = meeting.meeting
        assert server.server is None
        server.server = driver.Process("server", [*wrapper, server.bin / "piaojue-server", "run", server.server_dir],
                                       server.logs, env=env)
        server.server.wait_line(lambda line: line.startswith("listening "), 20)
        people = [*meeting.experts, *meeting.officers]
        server.enrol_all(people)
        server.start_clients(people)
        meeting.open_meeting()

    def assert_stopped_clearly(self, meeting):
        process = meeting.meeting.server
        process.popen.wait(20)
        self.assertNotEqual(process.popen.returncode, 0)
        self.assertGreater(process.popen.returncode, 0, "ended by itself, not by a signal")
        said = process.stderr_tail() + "".join(
            path.read_text(errors="replace")[-3000:] for path in meeting.meeting.server_dir.glob("*.log"))
        self.assertRegex(said.lower(), "stor|disk|durable|commit")

    def test_a_failing_fsync_stops_the_server_and_nothing_acknowledged_is_lost(self):
        # Harm: "you have signed in" that a power cut takes back.
        with small.Small(BIN) as meeting:
            source = meeting.directory / "fsync.c"
            source.write_text(FAILING_FSYNC)
            library = meeting.directory / "fsync.so"
            subprocess.run(["cc", "-shared", "-fPIC", "-o", library, source], check=True)
            trigger = meeting.directory / "disk-is-broken"
            # AddressSanitizer wants to be the first library; here this one must be.
            sanitizer = os.environ.get("ASAN_OPTIONS", "") + ":verify_asan_link_order=0"
            self.start(meeting, env={"LD_PRELOAD": str(library), "FAIL_WHEN": str(trigger), "ASAN_OPTIONS": sanitizer})
            signed_in = self.sign_in_until_the_server_stops(meeting, trigger.touch)
            self.assert_stopped_clearly(meeting)
            self.assertEqual(len(signed_in), 2, "nothing was acknowledged after the disk broke")
            self.go_on(meeting, signed_in)

    def test_a_full_disk_stops_the_server_and_nothing_acknowledged_is_lost(self):
        # Harm: the last free block is used up in mid-ballot.
        with small.Small(BIN) as meeting:
            self.start(meeting)
            pid = meeting.meeting.server.popen.pid
            def fill():
                # No file of the server may grow any more: what a write on a full disk gets.
                size = max(path.stat().st_size for path in meeting.meeting.server_dir.rglob("*") if path.is_file())
                subprocess.run(["prlimit", f"--pid={pid}", f"--fsize={max(4096, min(size, 8192))}:unlimited"],
                               check=True)
            signed_in = self.sign_in_until_the_server_stops(meeting, fill)
            self.assert_stopped_clearly(meeting)
            self.go_on(meeting, signed_in)


if __name__ == "__main__":
    unittest.main()
