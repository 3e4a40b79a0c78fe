# SPDX-License-Identifier: Apache-2.0
"""What a stranger, or a client that does not follow the program, can send to a running server over real TLS."""

import os
import pathlib
import socket
import ssl
import struct
import subprocess
import time
import unittest

import raw
import small

BIN = pathlib.Path(os.environ["PIAOJUE_BIN_DIR"])


class Network(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.small = small.Small(BIN)
        cls.small.meeting.start_server()
        cls.slips = {p: raw.Slip(path) for p, (path, _) in cls.small.meeting.slips.items()}
        cls.host, cls.port = cls.slips[1].host, cls.slips[1].port

    @classmethod
    def tearDownClass(cls):
        cls.small.meeting.stop()

    def connect(self, *args, **kwargs):
        connection = raw.Connection(self.host, self.port, *args, **kwargs)
        self.addCleanup(connection.close)
        return connection

    def enrolled(self, person):
        identity = raw.Identity()
        with self.connect() as connection:
            reply = connection.ask(1, raw.ENROL, identity.enrol_body(self.slips[person]))
            self.assertIn(raw.ENROLLED, reply)
        identity.keep_certificate(reply)
        return identity

    def assert_serves(self):
        """The server still answers an honest stranger's refusal: nobody has taken it down."""
        with self.connect() as connection:
            self.assertEqual(connection.refusal(1, raw.HELLO), raw.CODES["NOT_AUTHORISED"])

    def test_tls_1_2_is_refused(self):
        # Harm: a downgrade would bring back renegotiation and ciphers without forward secrecy.
        with self.assertRaises((ssl.SSLError, ConnectionError)):
            self.connect(tls=ssl.TLSVersion.TLSv1_2)

    def test_without_a_certificate_everything_but_enrolment_is_refused(self):
        # Harm: anybody on the network could read the log or submit entries.
        for kind, body in ((raw.HELLO, b""), (raw.SUBMIT, raw.field(1, b"x")), (7, raw.field(1, bytes(32))), (8, b"")):
            with self.connect() as connection:
                self.assertEqual(connection.refusal(1, kind, body), raw.CODES["NOT_AUTHORISED"], kind)

    def test_a_code_is_good_for_one_person_once(self):
        # Harm: a copied slip would make a second "expert" whose ballot counts.
        slip = self.slips[2]
        first = raw.Identity()
        with self.connect() as connection:
            body = first.enrol_body(slip)
            granted = connection.ask(1, raw.ENROL, body)
            self.assertIn(raw.ENROLLED, granted)
        with self.connect() as connection:
            again = connection.ask(1, raw.ENROL, body)
            self.assertEqual(again[raw.ENROLLED], granted[raw.ENROLLED], "the same request gets the same answer")
        with self.connect() as connection:
            self.assertIsNotNone(connection.refusal(1, raw.ENROL, raw.Identity().enrol_body(slip)))
        with self.connect() as connection:
            # The code of person 2 used for person 3.
            other = raw.Identity()
            self.assertIsNotNone(connection.refusal(1, raw.ENROL, other.enrol_body(self.slips[3], code=slip.code)))

    def test_guessing_codes_ends_the_connection(self):
        # Harm: codes have 80 bits, but a server that answers for ever invites trying.
        identity = raw.Identity()
        body = identity.enrol_body(self.slips[4], code="0000000000000000")
        with self.connect() as connection:
            answers = [connection.refusal(n, raw.ENROL, body) for n in range(1, 8)]
        self.assertIn("closed", answers)
        self.assertNotIn(None, answers)

    def test_possession_by_another_key_is_refused(self):
        # Harm: somebody could enrol a key that he does not hold and disown its signatures later.
        identity, other = raw.Identity(), raw.Identity()
        honest = identity.enrol_body(self.slips[4])
        rest = honest[honest.index(raw.field(3, identity.public(identity.wk))):]
        forged = raw.field(1, self.slips[4].code) + raw.field(2, other.public(other.ik)) + rest
        with self.connect() as connection:
            self.assertEqual(connection.refusal(1, raw.ENROL, forged), raw.CODES["BAD_SIGNATURE"])

    def test_a_certificate_of_another_meeting_is_refused(self):
        # Harm: last year's expert would sit in this year's hall.
        with small.Small(BIN) as other:
            other.meeting.start_server()
            slip = raw.Slip(other.meeting.slips[1][0])
            identity = raw.Identity()
            with raw.Connection(slip.host, slip.port) as connection:
                identity.keep_certificate(connection.ask(1, raw.ENROL, identity.enrol_body(slip)))
            with raw.Connection(slip.host, slip.port, identity.pair()) as connection:
                self.assertIn(raw.WELCOME, connection.ask(1, raw.HELLO))
            with self.assertRaises((ssl.SSLError, ConnectionError)):
                if self.connect(identity.pair()).ask(1, raw.HELLO) is None:
                    raise ConnectionError("closed")
        self.assert_serves()

    def test_a_self_made_certificate_is_refused(self):
        # Harm: a certificate that says "person 1" must not make anybody person 1.
        identity = raw.Identity()
        raw.openssl("req", "-x509", "-new", "-key", identity.tls, "-subj", "/CN=piaojue person 1", "-days", "2", "-out",
                    identity.certificate)
        with self.assertRaises((ssl.SSLError, ConnectionError)):
            if self.connect(identity.pair()).ask(1, raw.HELLO) is None:
                raise ConnectionError("closed")
        self.assert_serves()

    def test_a_frame_beyond_the_limit_closes_at_once(self):
        # Harm: a header alone could make the server allocate gigabytes.
        for size in (16 * 1024 + 1, 0x7FFFFFFF, 0xFFFFFFFF):
            connection = self.connect()
            connection.send_raw(struct.pack(">I", size))
            started = time.monotonic()
            self.assertIsNone(connection.receive())
            self.assertLess(time.monotonic() - started, 5)
        self.assert_serves()

    def test_garbage_truncation_and_unknown_types_harm_nobody_else(self):
        # Harm: one broken laptop would end the meeting of all.
        for message in (os.urandom(400), b"\xff" * 64, raw.field(1, 1) + raw.field(99, b"?"), raw.field(1, 1),
                        raw.request(1, raw.HELLO, b"\x08"), raw.request(1, raw.SUBMIT, os.urandom(2000))):
            connection = self.connect()
            connection.send(message)
            frame = connection.receive()
            if frame is not None:
                self.assertIn(raw.REFUSED, frame)
        connection = self.connect()
        connection.send_raw(struct.pack(">I", 100) + b"half")
        connection.close()
        self.assert_serves()

    def test_a_stranger_writes_nothing_into_the_server_s_diary(self):
        # Harm: Protobuf complains on stderr of each text that is not UTF-8; a stranger fills the disk with it.
        server = self.small.meeting.server
        before = server.stderr_path.read_bytes()
        for _ in range(3):
            with self.connect() as connection:
                connection.send(raw.request(1, raw.ENROL, raw.field(1, b"\xff\xfe")))
                connection.receive()
        self.assert_serves()
        self.assertNotIn(b"UTF-8", server.stderr_path.read_bytes()[len(before):])

    def test_something_that_is_not_tls_is_dropped(self):
        # Harm: a port scanner would hold a place for ever.
        with socket.create_connection((self.host, self.port), 20) as stranger:
            stranger.sendall(b"GET / HTTP/1.1\r\n\r\n")
            stranger.settimeout(20)
            data = stranger.recv(4096)
            while data:
                data = stranger.recv(4096)
        self.assert_serves()

    def test_a_handshake_that_does_not_finish_is_dropped(self):
        # Harm: a few hundred silent connections would lock everybody out.
        with socket.create_connection((self.host, self.port), 30) as silent:
            silent.settimeout(30)
            started = time.monotonic()
            self.assertEqual(silent.recv(1), b"")
            self.assertLess(time.monotonic() - started, 20)

    def test_a_client_that_floods_is_closed_and_others_are_served(self):
        # Harm: one laptop out of order would stop the ballot of all.
        identity = self.enrolled(3)
        flood = self.connect(identity.pair())
        self.assertIn(raw.WELCOME, flood.ask(1, raw.HELLO))
        closed = False
        try:
            ping = b"".join(struct.pack(">I", len(m)) + m for m in (raw.request(n, raw.PING) for n in range(2, 2002)))
            for _ in range(50):
                flood.send_raw(ping)
                self.assert_serves() if _ % 10 == 0 else None
            while flood.receive() is not None:
                pass
            closed = True
        except (ssl.SSLError, ConnectionError, TimeoutError):
            closed = True
        self.assertTrue(closed)
        self.assert_serves()

    def test_the_big_screen_has_no_right_to_anything(self):
        # Harm: the screen stands unattended in the hall.
        identity = self.enrolled(self.small.screen)
        connection = self.connect(identity.pair())
        self.assertIn(raw.WELCOME, connection.ask(1, raw.HELLO))
        self.assertIsNotNone(connection.refusal(2, raw.SUBMIT, raw.field(1, b"x")))
        self.assertIsNotNone(connection.refusal(3, 7, raw.field(1, bytes(32))))
        self.assertIsNotNone(connection.refusal(4, 8))
        self.assertIn(raw.PONG, connection.ask(5, raw.PING))


class Expiry(unittest.TestCase):
    def test_an_expired_certificate_is_refused(self):
        # Harm: a laptop kept in a drawer would still open the door.
        with small.Small(BIN) as meeting:
            meeting.meeting.start_server()
            slip = raw.Slip(meeting.meeting.slips[1][0])
            identity = raw.Identity()
            with raw.Connection(slip.host, slip.port) as connection:
                identity.keep_certificate(connection.ask(1, raw.ENROL, identity.enrol_body(slip)))
            # The same key, signed by the meeting's own CA, but for yesterday.
            server = meeting.meeting.server_dir
            ca = next(p for p in server.rglob("*.pem") if "ca" in p.name and b"CERTIFICATE" in p.read_bytes())
            key = next(p for p in server.rglob("*.pem") if "ca" in p.name and b"PRIVATE KEY" in p.read_bytes())
            csr = identity.directory / "csr.pem"
            csr.write_bytes(identity.csr())
            index = identity.directory / "index.txt"
            index.write_text("")
            config = identity.directory / "ca.cnf"
            config.write_text(f"[ca]\ndefault_ca=d\n[d]\ndatabase={index}\nnew_certs_dir={identity.directory}\n"
                              "default_md=sha256\npolicy=p\nrand_serial=yes\n[p]\ncommonName=supplied\n")
            subprocess.run(["openssl", "ca", "-batch", "-config", config, "-cert", ca, "-keyfile", key, "-in", csr,
                            "-out",
                            identity.certificate, "-startdate", "20250101000000Z", "-enddate", "20250102000000Z",
                            "-notext"], check=True, capture_output=True)
            with self.assertRaises((ssl.SSLError, ConnectionError)):
                with raw.Connection(slip.host, slip.port, identity.pair()) as connection:
                    if connection.ask(1, raw.HELLO) is None:
                        raise ConnectionError("closed")


if __name__ == "__main__":
    unittest.main()
