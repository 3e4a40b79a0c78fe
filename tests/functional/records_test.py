# SPDX-License-Identifier: Apache-2.0
"""What somebody who listens in the hall's network sees of a vote: the TLS records of a real laptop."""

import os
import pathlib
import socket
import struct
import threading
import time
import unittest

import small

BIN = pathlib.Path(os.environ["PIAOJUE_BIN_DIR"])
PING_BYTES = 64


class Tap:
    """Passes one laptop's connections on to the server, and notes the length of each record that the laptop sends."""

    def __init__(self, server):
        self.server = server
        self.records = []  # (moment, length)
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.sockets = [self.listener]
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            try:
                laptop, _ = self.listener.accept()
            except OSError:
                return
            server = socket.create_connection(self.server)
            self.sockets += [laptop, server]
            threading.Thread(target=self.copy, args=(laptop, server, True), daemon=True).start()
            threading.Thread(target=self.copy, args=(server, laptop, False), daemon=True).start()

    def copy(self, source, to, noted):
        rest = b""
        try:
            while data := source.recv(65536):
                if noted:
                    rest += data
                    while len(rest) >= 5 and len(rest) >= 5 + struct.unpack(">H", rest[3:5])[0]:
                        length = struct.unpack(">H", rest[3:5])[0]
                        self.records.append((time.monotonic(), length))
                        rest = rest[5 + length:]
                to.sendall(data)
            to.shutdown(socket.SHUT_WR)
        except OSError:
            pass

    def quiet(self, seconds=0.7, timeout_s=30):
        """Waits until the laptop has sent nothing for so long."""
        deadline = time.monotonic() + timeout_s
        while self.records and time.monotonic() - self.records[-1][0] < seconds:
            if time.monotonic() > deadline:
                raise AssertionError("the laptop never rests")
            time.sleep(0.05)

    def close(self):
        for one in self.sockets:
            one.close()


class Records(unittest.TestCase):
    # Harm: a capture of the hall's network says who voted what, by a record more or a byte more.
    def test_what_a_laptop_sends_to_cast_is_the_same_whatever_it_says(self):
        choices = ("agree", "disagree", "abstain", "mixed", "of one question")
        with small.Small(BIN, experts=4, batches=(2, 2, 2, 2, 1)) as meeting:
            host, _, port = meeting.meeting.start_server().rpartition(":")
            people = [*meeting.experts, *meeting.officers]
            taps = {}
            for person in (2, 3):
                taps[person] = Tap((host, int(port)))
                slip, name = meeting.meeting.slips[person]
                text = slip.read_text(encoding="utf-8")
                self.assertIn(f":{port}:", text)
                slip.write_text(text.replace(f":{port}:", f":{taps[person].port}:"), encoding="utf-8")
            meeting.meeting.enrol_all(people)
            meeting.meeting.start_clients(people)
            meeting.open_meeting()
            meeting.sign_in(people)
            sent = {}
            for batch, choice in enumerate(choices, 1):
                questions = (2 * batch - 1, 2 * batch) if batch < 5 else (2 * batch - 1,)
                meeting.open(batch)
                meeting.tokens(batch)
                for person, tap in taps.items():
                    laptop = meeting.client(person)
                    for q in questions:
                        laptop.command(f"vote {q} {choice if choice in choices[:3] else choices[q % 3]}")
                    tap.quiet()
                    before = len(tap.records)
                    laptop.command("cast", 40)
                    # But for pings, which are as long as each other and may fall between.
                    after = [length for _, length in tap.records[before:] if length >= PING_BYTES]
                    self.assertTrue(after, "the tap is not on the way")
                    sent[person, choice] = after
                meeting.cast({1: "agree", 4: "agree"}, questions)
                meeting.close()
                meeting.declare(batch)
        for tap in taps.values():
            tap.close()
        for person in taps:
            first = sent[person, choices[0]]
            self.assertGreater(max(first), 1000, "an envelope went through")
            for choice in choices[1:-1]:
                self.assertEqual(sent[person, choice], first, f"person {person}, {choice}: {sent}")
            self.assertNotEqual(sent[person, choices[-1]], first, "what compares sees nothing")


if __name__ == "__main__":
    unittest.main()
