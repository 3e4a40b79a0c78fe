# SPDX-License-Identifier: Apache-2.0
"""The candidates' files on their way from the office's folder to a laptop: whole, or not at all."""

import hashlib
import os
import pathlib
import shutil
import subprocess
import tempfile
import unittest

import driver
import small

BIN = pathlib.Path(os.environ["PIAOJUE_BIN_DIR"])
PIECE = 256 << 10


def pdf(size, seed):
    """Of a size, with bytes that do not repeat."""
    blocks = (hashlib.sha256(f"{seed} {n}".encode()).digest() for n in range(size // 32 + 1))
    return (b"%PDF-1.7\n" + b"".join(blocks))[:size]


class Materials(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="piaojue-materials-"))
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)

    def put(self, path, content):
        at = self.folder / path
        at.parent.mkdir(parents=True, exist_ok=True)
        at.write_bytes(content)
        return content

    def stored(self, meeting, content):
        return meeting.meeting.server_dir / "materials" / hashlib.sha256(content).hexdigest()

    def cache(self, meeting, person):
        folder = meeting.meeting.home(person) / "cache"
        return list(folder.iterdir()) if folder.exists() else []

    # Harm: seven gigabytes are taken in for a minute without a word, and the clerk pulls the plug; or a script reads
    # what was meant for eyes.
    def test_a_terminal_sees_how_far_init_has_come_and_a_pipe_does_not(self):
        self.put("in/1/a.pdf", pdf(PIECE, "a"))
        self.put("in/1/b.pdf", pdf(PIECE, "b"))
        files = small.write_rosters(self.folder / "rosters", 3, (1,))
        argv = [str(BIN / "piaojue-server"), "init", None, "--meeting", files[0], "--members", files[1],
                "--candidates", files[2], "--materials", self.folder / "in", "--listen", "127.0.0.1:0"]
        said = {}
        for name in ("terminal", "pipe"):
            argv[2] = self.folder / name
            own, its = os.openpty() if name == "terminal" else os.pipe()
            done = subprocess.run(argv, stdout=subprocess.PIPE, stderr=its, timeout=60,
                                  env={**os.environ, "LC_ALL": "zh_CN.UTF-8"})
            os.close(its)
            said[name] = os.read(own, 65536).decode() if name == "terminal" else b"".join(iter(
                lambda: os.read(own, 65536), b"")).decode()
            os.close(own)
            self.assertEqual(done.returncode, 0, said[name])
            self.assertIn("attachments 2", done.stdout.decode())
        self.assertIn("已存入 2 个附件", said["terminal"])
        self.assertEqual(said["pipe"], "")

    # Harm: an expert reads another dossier than the office gave; or reads on when the meeting is over.
    def test_a_file_comes_whole_or_is_refused_and_goes_with_the_meeting(self):
        whole = self.put("1-申报人/论文.pdf", pdf(5 * PIECE + 3, "whole"))
        changed = self.put("1-申报人/证书.pdf", pdf(PIECE + 1, "changed"))
        cut = self.put("2/short.pdf", pdf(2 * PIECE, "cut"))
        with small.Small(BIN, batches=(2,), materials=self.folder) as meeting:
            meeting.start(screen=True)
            expert = meeting.client(2)
            files = [one["attachments"] for one in expert.command("meeting")["candidates"]]
            self.assertEqual([[one["name"] for one in of] for of in files], [["论文.pdf", "证书.pdf"], ["short.pdf"]])
            self.assertEqual(files[0][0], {"index": 0, "name": "论文.pdf", "size": len(whole),
                                           "media": "application/pdf"})
            start = expert.mark()
            self.assertEqual(expert.command("attachment 1 0")["page"], "files/1/0")
            came = [one["got"] for one in expert.lines[start:] if one["event"] == "attachment"]
            self.assertEqual(came, [PIECE * n for n in range(1, 6)])
            self.assertEqual(len(self.cache(meeting, 2)), 1)
            self.assertNotIn(whole[:200], self.cache(meeting, 2)[0].read_bytes(), "sealed")

            # Exchanged, cut off, gone: on the server's disk, after the meeting was signed.
            self.stored(meeting, changed).write_bytes(pdf(PIECE + 1, "another"))
            reply = expert.command("attachment 1 1", ok=False)
            self.assertEqual(reply["code"], "CONFLICT")
            self.assertIn("证书.pdf", reply["detail"])
            self.stored(meeting, cut).write_bytes(cut[:-1])
            self.assertEqual(expert.command("attachment 2 0", ok=False)["code"], "STORAGE")
            self.stored(meeting, cut).unlink()
            self.assertEqual(expert.command("attachment 2 0", ok=False)["code"], "STORAGE")
            self.stored(meeting, cut).write_bytes(cut)
            expert.command("attachment 2 0")
            meeting.client(meeting.supervisor).command("attachment 2 0")
            self.assertEqual(meeting.client(meeting.screen).command("attachment 1 0", ok=False)["code"],
                             "NOT_AUTHORISED")
            self.assertEqual(expert.command("attachment 1 2", ok=False)["code"], "UNKNOWN")

            # A program that ends leaves nothing, and one that is killed nothing that stays.
            meeting.client(meeting.supervisor).stop()
            self.assertEqual(self.cache(meeting, meeting.supervisor), [])
            expert.kill9()
            self.assertEqual(len(self.cache(meeting, 2)), 2)
            meeting.meeting.start_client(2).wait("connected", 30)
            self.assertEqual(self.cache(meeting, 2), [])
            meeting.client(2).command("attachment 1 0")
            meeting.meeting.start_client(meeting.supervisor).wait("connected", 30)
            meeting.countersigned("close-meeting", "MeetingClose")
            meeting.client(2).wait("head", 30)
            self.assertEqual(self.cache(meeting, 2), [])
            self.assertEqual(meeting.client(2).command("attachment 1 0", ok=False)["code"], "WRONG_PHASE")
            log = meeting.meeting.logs / "server.stderr"
            self.assertNotIn("论文", log.read_text())
            self.assertNotIn(hashlib.sha256(whole).hexdigest(), log.read_text())

    # Harm: after a restart of the server a file stands still for ever, or is put together of two halves.
    def test_a_server_that_dies_in_the_middle_of_a_file_ends_no_reading(self):
        for n in range(3):
            self.put(f"1/{n}.pdf", pdf(20 << 20, str(n)))
        with small.Small(BIN, materials=self.folder) as meeting:
            meeting.start()
            expert = meeting.client(2)
            start = expert.mark()
            begun = expert.begin("attachment 1 2")
            others = [expert.begin(f"attachment 1 {n}") for n in (0, 1)]
            expert.wait("attachment", 30, start, index=2)
            meeting.meeting.server.kill9()
            expert.wait("disconnected", 30, start)
            self.assertLess(len([one for one in expert.lines[start:] if one.get("command") == "attachment"]), 3)
            meeting.meeting.start_server()
            self.assertTrue(expert.finish(begun, 90)["ok"])
            for n, other in enumerate(others):
                expert.until(f"attachment 1 {n}", lambda reply: reply["ok"], 90)
                self.assertTrue(expert.finish(other)["ok"])

    # Harm: the clerk mends one fault after the other; or a program of somebody's gets into the hall.
    def test_a_folder_with_faults_makes_no_meeting_and_all_are_said(self):
        self.put("1/a.svg", b"<svg/>")
        self.put("1/b.pdf", b"<html>")
        self.put("9/c.pdf", pdf(100, "c"))
        files = small.write_rosters(self.folder / "rosters", 4, [1])
        shutil.move(self.folder / "rosters", self.folder.with_suffix(".rosters"))
        self.addCleanup(shutil.rmtree, self.folder.with_suffix(".rosters"), ignore_errors=True)
        files = [self.folder.with_suffix(".rosters") / one.name for one in files]
        target = self.folder.with_suffix(".meeting")
        self.addCleanup(shutil.rmtree, target, ignore_errors=True)
        with self.assertRaises(driver.Failed) as failed:
            driver.Meeting(BIN, target, *files, materials=self.folder)
        said = str(failed.exception)
        self.assertIn("exit 2", said)
        for one in ("1/a.svg", "1/b.pdf", "9"):
            self.assertIn(f"{self.folder}/{one}", said)
        self.assertFalse((target / "server").exists())


if __name__ == "__main__":
    unittest.main()
