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
            self.assertIn(raw.ENROLLED, raw.Enrolment(connection, self.slips[person]).run(identity))
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
        # Harm: anybody on the network could read the log, submit entries, or speak to somebody's laptop.
        relay = raw.field(1, 1) + raw.field(2, 3) + raw.field(3, b"x")
        for kind, body in ((raw.HELLO, b""), (raw.SUBMIT, raw.field(1, b"x")), (raw.COSIGN, b""), (raw.RELAY, relay),
                           (raw.COUNTERSIGN, raw.field(1, bytes(32))), (raw.GET_DRAFT, b"")):
            with self.connect() as connection:
                self.assertEqual(connection.refusal(1, kind, body), raw.CODES["NOT_AUTHORISED"], kind)

    def test_a_code_is_good_for_one_person_once(self):
        # Harm: a copied slip would make a second "expert" whose ballot counts.
        slip = self.slips[2]
        first = raw.Identity()
        with self.connect() as connection:
            granted = raw.Enrolment(connection, slip).run(first)
            self.assertIn(raw.ENROLLED, granted)
        with self.connect() as connection:
            again = raw.Enrolment(connection, slip).run(first)
            self.assertEqual(again[raw.ENROLLED], granted[raw.ENROLLED], "the same request gets the same answer")
        with self.connect() as connection:
            enrolment = raw.Enrolment(connection, slip)
            enrolment.start()
            self.assertEqual(connection.refusal(2, raw.ENROL_KEYS, enrolment.keys(raw.Identity())),
                             raw.CODES["CONFLICT"])
        with self.connect() as connection:
            enrolment = raw.Enrolment(connection, slip, person=3)
            enrolment.start()
            self.assertFalse(enrolment.proven, "the code of person 2 is none of person 3")
            self.assertEqual(connection.refusal(2, raw.ENROL_KEYS, enrolment.keys(raw.Identity())),
                             raw.CODES["NOT_ON_ROLL"])

    def test_guessing_codes_ends_the_connection(self):
        # Harm: codes have 80 bits, but a server that answers for ever invites trying.
        identity = raw.Identity()
        with self.connect() as connection:
            enrolment = raw.Enrolment(connection, self.slips[4].with_code("0" * 16))
            answers = []
            for number in range(1, 20, 2):
                frame = enrolment.start(number)
                if frame is None or raw.ENROL_PROOF not in frame:
                    answers.append("start")
                    break
                self.assertFalse(enrolment.proven)
                answers.append(connection.refusal(number + 1, raw.ENROL_KEYS, enrolment.keys(identity)))
        self.assertLessEqual(len(answers), 5)
        self.assertNotIn(None, answers)
        self.assertEqual(answers[0], raw.CODES["NOT_ON_ROLL"])
        self.assertIn(answers[-1], ("start", "closed", raw.CODES["BUSY"]))

    def test_a_proof_of_another_connection_proves_nothing(self):
        # Harm: who sits between laptop and server hands on the proofs, and enrols his own keys under the person's code.
        identity = raw.Identity()
        with self.connect() as mine, self.connect() as theirs:
            enrolment = raw.Enrolment(mine, self.slips[4])
            enrolment.start()
            self.assertTrue(enrolment.proven)
            self.assertNotEqual(mine.exporter(), theirs.exporter())
            self.assertNotEqual(enrolment.proof, raw.hmac_sha256(enrolment.key, b"piaojue/v2/enrol/server\0",
                                                                 theirs.exporter(), theirs.server_key()))
            body = enrolment.keys(identity, exporter=theirs.exporter())
            self.assertEqual(mine.refusal(2, raw.ENROL_KEYS, body), raw.CODES["NOT_ON_ROLL"])

    def test_who_has_a_slip_can_not_be_told_by_asking(self):
        # Harm: a stranger counts the committee, or finds the one who has not enrolled yet.
        for person in (4, 200, 0):
            with self.connect() as connection:
                proofs = []
                for number in (1, 2):
                    enrolment = raw.Enrolment(connection, self.slips[4], person)
                    self.assertIn(raw.ENROL_PROOF, enrolment.start(number))
                    proofs.append(enrolment.proof)
                self.assertEqual(*proofs, "of the same person always the same, whether there is one or not")

    def test_keys_before_the_server_has_proved_itself_are_out_of_turn(self):
        # Harm: a conversation with two ways through it.
        with self.connect() as connection, self.connect() as other:
            enrolment = raw.Enrolment(connection, self.slips[4])
            enrolment.start()
            self.assertEqual(other.refusal(1, raw.ENROL_KEYS, enrolment.keys(raw.Identity())),
                             raw.CODES["WRONG_PHASE"])

    def test_keys_that_somebody_does_not_hold_are_refused(self):
        # Harm: somebody could enrol a key that he does not hold and disown its signatures later; a key of small order
        # is everybody's.
        identity, other = raw.Identity(), raw.Identity()
        taken = self.enrolled(1)
        with self.connect() as connection:
            enrolment = raw.Enrolment(connection, self.slips[4])
            for number, code, changed in ((1, "BAD_SIGNATURE", {"possession": other.sign(b"something else")}),
                                          (3, "CONFLICT", {"wk": identity.public(taken.wk)}),
                                          (5, "CONFLICT", {"bk": identity.public(taken.bk)}),
                                          (7, "OUT_OF_RANGE", {"bk": bytes(32)}),
                                          (9, "OUT_OF_RANGE", {"wk": b"\1" + bytes(31)})):
                enrolment.start(number)
                body = enrolment.keys(identity, **changed)
                self.assertEqual(connection.refusal(number + 1, raw.ENROL_KEYS, body), raw.CODES[code], changed)

    def test_a_certificate_of_another_meeting_is_refused(self):
        # Harm: last year's expert would sit in this year's hall.
        with small.Small(BIN) as other:
            other.meeting.start_server()
            slip = raw.Slip(other.meeting.slips[1][0])
            identity = raw.Identity()
            with raw.Connection(slip.host, slip.port) as connection:
                raw.Enrolment(connection, slip).run(identity)
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
                connection.send(raw.request(1, raw.ENROL_KEYS, raw.field(1, b"\xff\xfe")))
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
        self.assertIsNotNone(connection.refusal(3, raw.COUNTERSIGN, raw.field(1, bytes(32))))
        self.assertIsNotNone(connection.refusal(4, raw.GET_DRAFT))
        relay = raw.field(1, 1) + raw.field(2, 3) + raw.field(3, b"x")
        self.assertEqual(connection.refusal(5, raw.RELAY, relay), raw.CODES["NOT_AUTHORISED"])
        self.assertIn(raw.PONG, connection.ask(6, raw.PING))


class Crowd(unittest.TestCase):
    def setUp(self):
        self.small = small.Small(BIN)
        self.addCleanup(self.small.meeting.stop)
        self.small.meeting.start_server()
        self.slip = raw.Slip(self.small.meeting.slips[2][0])

    def test_who_guesses_locks_out_nobody_but_his_own_address(self):
        # Harm: one stranger on the network, and the committee cannot enrol on the morning of the meeting.
        answers = []
        while len(answers) < 60 and (not answers or answers[-1] != "busy"):
            with raw.Connection(self.slip.host, self.slip.port, source="127.0.0.2") as connection:
                for number in range(1, 5):
                    frame = connection.ask(number, raw.ENROL_START, raw.field(2, 2))
                    answers.append("proof" if frame and raw.ENROL_PROOF in frame else "busy")
                    if answers[-1] == "busy":
                        break
        self.assertEqual(answers[-1], "busy", "an address has 40 tries in hand")
        self.assertGreaterEqual(len(answers), 40)
        with raw.Connection(self.slip.host, self.slip.port) as connection:
            self.assertIn(raw.ENROLLED, raw.Enrolment(connection, self.slip).run(raw.Identity()))

    def test_silent_connections_of_one_address_keep_nobody_else_out(self):
        # Harm: a hundred sockets that say nothing, and no laptop gets in.
        silent = []
        for _ in range(100):
            try:
                silent.append(socket.create_connection((self.slip.host, self.slip.port), 5, ("127.0.0.2", 0)))
            except OSError:
                break
        try:
            begun = time.monotonic()
            with raw.Connection(self.slip.host, self.slip.port) as connection:
                self.assertIn(raw.ENROLLED, raw.Enrolment(connection, self.slip).run(raw.Identity()))
            self.assertLess(time.monotonic() - begun, 5)
        finally:
            for connection in silent:
                connection.close()


class Expiry(unittest.TestCase):
    def test_an_expired_certificate_is_refused(self):
        # Harm: a laptop kept in a drawer would still open the door.
        with small.Small(BIN) as meeting:
            meeting.meeting.start_server()
            slip = raw.Slip(meeting.meeting.slips[1][0])
            identity = raw.Identity()
            with raw.Connection(slip.host, slip.port) as connection:
                raw.Enrolment(connection, slip).run(identity)
            # The same key, signed by the meeting's own CA, but for yesterday.
            server = meeting.meeting.server_dir
            ca = next(p for p in server.rglob("*.pem") if "ca" in p.name and b"CERTIFICATE" in p.read_bytes())
            key = next(p for p in server.rglob("*.pem") if "ca" in p.name and b"PRIVATE KEY" in p.read_bytes())
            csr = identity.directory / "csr.pem"
            csr.write_bytes(raw.openssl("req", "-inform", "DER", stdin=identity.csr()))
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
