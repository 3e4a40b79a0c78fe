# SPDX-License-Identifier: Apache-2.0
"""An adversary's client: TLS, frames and Protobuf fields by hand, so that tests can send what the real client never
would."""

import hashlib
import hmac
import pathlib
import socket
import ssl
import struct
import subprocess
import tempfile


def varint(value):
    out = bytearray()
    while True:
        byte = value & 0x7F
        value >>= 7
        out.append(byte | (0x80 if value else 0))
        if not value:
            return bytes(out)


def field(number, value):
    """An integer as a varint, bytes or text length-delimited."""
    if isinstance(value, int):
        return varint(number << 3) + varint(value)
    if isinstance(value, str):
        value = value.encode()
    return varint(number << 3 | 2) + varint(len(value)) + value


def parse(message):
    """{field number: [values]}; nested messages stay bytes."""
    fields, at = {}, 0
    def read():
        nonlocal at
        shift = value = 0
        while True:
            byte = message[at]
            at += 1
            value |= (byte & 0x7F) << shift
            shift += 7
            if not byte & 0x80:
                return value
    while at < len(message):
        key = read()
        if key & 7 == 0:
            value = read()
        elif key & 7 == 2:
            length = read()
            value = message[at:at + length]
            at += length
        else:
            raise ValueError(f"wire type {key & 7}")
        fields.setdefault(key >> 3, []).append(value)
    return fields


# ClientFrame and ServerFrame fields (proto/piaojue/v2/rpc.proto)
ENROL_START, ENROL_KEYS, HELLO, SUBMIT, COUNTERSIGN, COSIGN, RELAY, GET_DRAFT, PING = range(2, 11)
REFUSED, ENROL_PROOF, ENROLLED, WELCOME, ACCEPTED, PENDING, RELAYED, DRAFT, PONG = range(2, 11)
# Refusal numbers (docs/specification.md, section 12)
CODES = {}
for line in (pathlib.Path(__file__).parents[2] / "docs/specification.md").read_text(encoding="utf-8").splitlines():
    cells = [cell.strip() for cell in line.split("|")]
    if len(cells) == 5 and cells[1].isdigit() and cells[2].isupper() and cells[2].replace("_", "").isalpha():
        CODES.setdefault(cells[2], int(cells[1]))


def request(number, kind, body=b""):
    return field(1, number) + field(kind, body)


CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


def check_character(symbols):
    """Of a slip's digits and code: over GF(2^5) with x^5 + x^2 + 1, the sum of x^i times the i-th."""
    power, check = 1, 0
    for symbol in symbols:
        power = times(power, 2)
        check ^= times(power, CROCKFORD.index(symbol))
    return CROCKFORD[check]


def times(a, b):
    """In GF(2^5) with x^5 + x^2 + 1."""
    product = 0
    while b:
        product ^= a if b & 1 else 0
        a = a << 1 ^ (0b100101 if a & 16 else 0)
        b >>= 1
    return product


class Slip:
    """A slip's line, piaojue2:host:port:mmmm-ppp-XXXX-XXXX-XXXX-XXXX-C (specification section 9.1)."""

    def __init__(self, path_or_text):
        text = str(path_or_text)
        if not text.startswith("piaojue2:"):
            text = next(line for line in pathlib.Path(path_or_text).read_text(encoding="utf-8").splitlines()
                        if line.strip().startswith("piaojue2:"))
        self.text = text.strip()
        _, self.host, port, self.typed = self.text.split(":")
        self.port = int(port)
        *meeting, person, a, b, c, d, self.check = self.typed.split("-")
        self.meeting, self.person, self.code = int(meeting[0]) if meeting else 0, int(person), a + b + c + d
        self.bits = sum(CROCKFORD.index(x) << 5 * i for i, x in enumerate(reversed(self.code))).to_bytes(10, "big")

    def with_code(self, code):
        """The same slip with another code of 16 characters, and the check character that fits."""
        head, tail = self.text[:-21], "-".join(code[i:i + 4] for i in range(0, 16, 4))
        digits = "".join(self.typed.split("-")[:-5])
        return Slip(f"{head}{tail}-{check_character(digits + code)}")


def hmac_sha256(key, *parts):
    return hmac.new(key, b"".join(parts), "sha256").digest()


def enrol_key(bits, meeting_id, person):
    """K of specification section 9.1: HKDF-SHA-256 (RFC 5869), one block."""
    return hmac_sha256(hmac_sha256(meeting_id, bits), b"piaojue/v2/enrol\0", struct.pack(">I", person), b"\1")


def expand_label(secret, label, context, length):
    """HKDF-Expand-Label of RFC 8446 section 7.1, one block; the hash is told by the length of the secret."""
    label = b"tls13 " + label
    info = struct.pack(">HB", length, len(label)) + label + bytes([len(context)]) + context
    return hmac.new(secret, info + b"\1", f"sha{len(secret) * 8}").digest()[:length]


class Connection:
    def __init__(self, host, port, certificate=None, tls=ssl.TLSVersion.TLSv1_3, timeout_s=20, source=None,
                 name=None):
        """@param name: of the server (SNI), which is the meeting's at a service"""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        context.minimum_version = context.maximum_version = tls
        if certificate:
            context.load_cert_chain(*map(str, certificate))
        # Python gives no exporter, but its log of secrets has the one that RFC 8446 section 7.5 makes it of.
        with tempfile.NamedTemporaryFile(prefix="piaojue-keys-") as log:
            context.keylog_filename = log.name
            plain = socket.create_connection((host, port), timeout_s, (source, 0) if source else None)
            self.socket = context.wrap_socket(plain, server_hostname=name)
            self.secrets = dict(line.split()[::2] for line in log.read().decode().splitlines() if line[:1] != "#")

    def send_raw(self, data):
        self.socket.sendall(data)

    def send(self, message):
        self.send_raw(struct.pack(">I", len(message)) + message)

    def receive(self):
        """One ServerFrame as {field: values}; None when the server has closed."""
        try:
            header = self._exactly(4)
            return None if header is None else parse(self._exactly(struct.unpack(">I", header)[0]))
        except (ssl.SSLError, ConnectionError):
            return None

    def _exactly(self, count):
        data = b""
        while len(data) < count:
            more = self.socket.recv(count - len(data))
            if not more:
                return None
            data += more
        return data

    def ask(self, number, kind, body=b""):
        """The reply to this request, skipping pushes; None when the server closes instead."""
        self.send(request(number, kind, body))
        while True:
            frame = self.receive()
            if frame is None or frame.get(1) == [number]:
                return frame

    def refusal(self, number, kind, body=b""):
        """The code by which a request is refused; "closed" if the server closes; None if it is granted."""
        frame = self.ask(number, kind, body)
        if frame is None:
            return "closed"
        return parse(frame[REFUSED][0]).get(1, [0])[0] if REFUSED in frame else None

    def exporter(self):
        secret = bytes.fromhex(self.secrets["EXPORTER_SECRET"])
        empty = hashlib.new(f"sha{len(secret) * 8}").digest()
        return expand_label(expand_label(secret, b"EXPORTER-piaojue-enrol", empty, len(secret)), b"exporter", empty, 32)

    def server_key(self):
        """The server's SubjectPublicKeyInfo, DER."""
        pem = openssl("x509", "-inform", "DER", "-pubkey", "-noout", stdin=self.socket.getpeercert(True))
        return openssl("pkey", "-pubin", "-outform", "DER", stdin=pem)

    def close(self):
        self.socket.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


def openssl(*args, stdin=None):
    return subprocess.run(["openssl", *map(str, args)], input=stdin, capture_output=True, check=True).stdout


class Enrolment:
    """One conversation of specification section 9.1, made of what the text says instead of our own code. A frame of it
    can be changed before it is sent."""

    def __init__(self, connection, slip, person=None):
        self.connection, self.slip = connection, slip
        self.person = slip.person if person is None else person

    def start(self, number=1):
        """@return the frame; afterwards `key` and whether the server knows it."""
        meeting = field(1, self.slip.meeting) if self.slip.meeting else b""
        frame = self.connection.ask(number, ENROL_START, meeting + field(2, self.person))
        if frame and ENROL_PROOF in frame:
            proof = parse(frame[ENROL_PROOF][0])
            self.meeting_id, self.proof = proof[1][0], proof[2][0]
            self.key = enrol_key(self.slip.bits, self.meeting_id, self.person)
            self.proven = self.proof == hmac_sha256(self.key, b"piaojue/v2/enrol/server\0", self.connection.exporter(),
                                                    self.connection.server_key())
        return frame

    def keys(self, identity, exporter=None, **changed):
        """The body of EnrolKeys. @param changed: csr, ik, wk, bk or possession instead of the identity's own"""
        csr, ik, wk, bk = (changed.get(name, value) for name, value in zip(("csr", "ik", "wk", "bk"), (
            identity.csr(), identity.public(identity.ik), identity.public(identity.wk), identity.public(identity.bk))))
        possession = changed.get("possession") or identity.sign(
            b"piaojue/v2/enrol\0" + self.meeting_id + struct.pack(">I", self.person) + ik + wk + bk)
        proof = hmac_sha256(self.key, b"piaojue/v2/enrol/client\0", exporter or self.connection.exporter(), csr, ik, wk,
                            bk)
        return (field(1, csr) + field(2, ik) + field(3, wk) + field(4, bk) + field(5, possession) + field(6, proof))

    def run(self, identity, number=1):
        """The frame that ends it."""
        self.start(number)
        assert self.proven, "the server does not know this code"
        frame = self.connection.ask(number + 1, ENROL_KEYS, self.keys(identity))
        if frame and ENROLLED in frame:
            identity.certificate.write_bytes(parse(frame[ENROLLED][0])[1][0])
        return frame


class Identity:
    """Keys made with the openssl tool instead of our own code."""

    def __init__(self, directory=None):
        self.directory = pathlib.Path(directory or tempfile.mkdtemp(prefix="piaojue-raw-"))
        self.ik, self.wk, self.bk, self.tls = (self.directory / f"{name}.pem" for name in ("ik", "wk", "bk", "tls"))
        for key, algorithm in ((self.ik, "ed25519"), (self.wk, "ed25519"), (self.bk, "X25519")):
            openssl("genpkey", "-algorithm", algorithm, "-out", key)
        openssl("genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256", "-out", self.tls)
        self.certificate = self.directory / "certificate.pem"

    @staticmethod
    def public(key):
        return openssl("pkey", "-in", key, "-pubout", "-outform", "DER")[-32:]

    def sign(self, message):
        path = self.directory / "message"
        path.write_bytes(message)
        return openssl("pkeyutl", "-sign", "-rawin", "-inkey", self.ik, "-in", path)

    def csr(self):
        """Always the same one, DER."""
        path = self.directory / "csr.der"
        if not path.exists():
            openssl("req", "-new", "-key", self.tls, "-subj", "/CN=piaojue", "-outform", "DER", "-out", path)
        return path.read_bytes()

    def pair(self):
        return self.certificate, self.tls
