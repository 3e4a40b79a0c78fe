# SPDX-License-Identifier: Apache-2.0
"""Power cuts at instants that nobody chose: a program is killed, and of what it wrote since it last waited for the disk
any part is gone, in any order (powercut.py). PIAOJUE_SEED chooses the same again."""

import os
import pathlib
import subprocess
import sys
import tempfile
import unittest

import crash_test
import powercut
import small

BIN = pathlib.Path(os.environ["PIAOJUE_BIN_DIR"])


class PowerCut(crash_test.Anytime):
    """Acknowledged is what is on the disk: of all else nothing may be missed."""

    # The class above has tests of its own.
    test_server_killed_at_any_instant = None
    test_an_expert_who_is_a_trustee_killed_at_any_instant = None

    def cuts(self, meeting, folder, stop, start):
        """@return the disk, and what kills, loses and starts again"""
        disk = powercut.Disk(folder, meeting.directory / "disk")
        dice = powercut.dice(int(os.environ.get("PIAOJUE_SEED", "1")) * 7919)

        def cut():
            stop()
            disk.power_cut(dice)
            start(disk.env)

        return disk, cut

    def test_nothing_that_the_server_acknowledged_is_lost(self):
        # Harm: "your vote is in" that a power cut takes back, or a log that two laptops remember differently.
        with small.Small(BIN, batches=(1, 1)) as meeting:
            meeting.start()
            server = meeting.meeting
            server.server.stop()
            disk, cut = self.cuts(meeting, server.server_dir, lambda: server.server.kill9(),
                                        lambda env: server.start_server(env=env))
            server.start_server(env=disk.env)
            self.harry(cut, meeting)
            self.assertGreater(disk.steps(), 10, "a disk that is told nothing proves nothing")

    def test_nothing_that_a_laptop_acknowledged_is_lost(self):
        # Harm: a trustee that has forgotten its key, or signs the other of two things after a power cut.
        with small.Small(BIN, batches=(1, 1), trustees=("server", "评委004", "supervisor")) as meeting:
            meeting.start()
            meeting.client(4).stop()
            disk, cut = self.cuts(meeting, meeting.meeting.home(4), lambda: meeting.client(4).kill9(),
                                        lambda env: meeting.meeting.start_client(4, env=env))
            meeting.meeting.start_client(4, env=disk.env)
            self.harry(cut, meeting)
            self.assertGreater(disk.steps(), 10, "a disk that is told nothing proves nothing")

    def test_the_model_sees_all_that_is_written(self):
        # Harm: a model that overlooks writes, and then finds nothing missing.
        with small.Small(BIN) as meeting:
            meeting.start()
            server = meeting.meeting
            server.server.stop()
            disk = powercut.Disk(server.server_dir, meeting.directory / "disk")
            server.start_server(env=disk.env)
            meeting.open(1)
            meeting.tokens(1)
            meeting.cast({1: "agree", 2: "agree", 3: "agree", 4: "disagree"}, [1])
            meeting.close()
            meeting.declare(1)
            server.server.stop()
            with tempfile.TemporaryDirectory() as made:
                told = pathlib.Path(made, "told")
                disk.whole().write(told)
                there = powercut.Tree(server.server_dir)
                model = powercut.Tree(told)
                self.assertEqual(sorted(there.names), sorted(model.names))
                for name, file in there.names.items():
                    if file is not None:
                        self.assertEqual(there.files[file], model.files[model.names[name]], name)


class Model(unittest.TestCase):
    """The model finds what it is there to find: a program that does not wait for the disk."""

    def acknowledged_after_cuts(self, way):
        """A program that replaces a file and says so, under fifty dice. @return how often what it said was there"""
        with tempfile.TemporaryDirectory() as made:
            folder = pathlib.Path(made, "folder")
            folder.mkdir()
            (folder / "kept").write_text("old")
            disk = powercut.Disk(folder, pathlib.Path(made, "disk"))
            subprocess.run([sys.executable, "-c", way, str(folder)], env={**os.environ, **disk.env}, check=True)
            journal = powercut.read_journal(disk.journal)
            self.assertTrue(journal)
            powercut.follow(disk.before, journal, folder)
            there = 0
            for seed in range(50):
                tree, _ = powercut.lose(disk.before, journal, powercut.dice(seed))
                held = tree.files[tree.names["kept"]]
                self.assertIn("kept", tree.names)
                there += held == b"new"
            return there

    REPLACE = """
import os, sys
os.chdir(sys.argv[1])
fd = os.open("kept.new", os.O_WRONLY | os.O_CREAT, 0o600)
os.write(fd, b"new")
{bytes}
os.close(fd)
os.rename("kept.new", "kept")
{names}
"""

    def test_a_file_replaced_as_it_should_be_is_always_there(self):
        way = self.REPLACE.format(bytes="os.fsync(fd)", names="os.fsync(os.open('.', os.O_RDONLY))")
        self.assertEqual(self.acknowledged_after_cuts(way), 50)

    def test_a_file_whose_bytes_nobody_waited_for_is_lost(self):
        way = self.REPLACE.format(bytes="", names="os.fsync(os.open('.', os.O_RDONLY))")
        self.assertIn(self.acknowledged_after_cuts(way), range(1, 45))

    def test_a_name_that_nobody_waited_for_is_lost(self):
        way = self.REPLACE.format(bytes="os.fsync(fd)", names="")
        self.assertIn(self.acknowledged_after_cuts(way), range(1, 45))


if __name__ == "__main__":
    unittest.main()
