# SPDX-License-Identifier: Apache-2.0
"""Somebody who listens in the hall's network: the TLS records of one real laptop."""

import socket
import struct
import threading
import time

PING_BYTES = 64  # pings are as long as each other, shorter than anything else, and may fall between


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

    @classmethod
    def on(cls, meeting, people):
        """Starts the server of a small.Small and puts a tap before it for each of them. @return {person: Tap}"""
        host, _, port = meeting.meeting.start_server().rpartition(":")
        taps = {}
        for person in people:
            taps[person] = cls((host, int(port)))
            slip, _ = meeting.meeting.slips[person]
            text = slip.read_text(encoding="utf-8")
            if f":{port}:" not in text:
                raise AssertionError(f"the slip of {person} names no port")
            slip.write_text(text.replace(f":{port}:", f":{taps[person].port}:"), encoding="utf-8")
        everybody = [*meeting.experts, *meeting.officers]
        meeting.meeting.enrol_all(everybody)
        meeting.meeting.start_clients(everybody)
        meeting.open_meeting()
        meeting.sign_in(everybody)
        return taps
