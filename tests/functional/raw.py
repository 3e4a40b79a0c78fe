# SPDX-License-Identifier: Apache-2.0
"""An adversary's client: TLS, frames and Protobuf fields by hand, so that tests can send what the real client never
would."""

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
ENROL, HELLO, SUBMIT, PING = 2, 3, 4, 9
REFUSED, ENROLLED, WELCOME, ACCEPTED, PONG = 2, 3, 4, 5, 9
# Refusal numbers (docs/specification.md, section 12)
CODES = {}
for line in (pathlib.Path(__file__).parents[2] / "docs/specification.md").read_text(encoding="utf-8").splitlines():
    cells = [cell.strip() for cell in line.split("|")]
    if len(cells) == 5 and cells[1].isdigit() and cells[2].isupper() and cells[2].replace("_", "").isalpha():
        CODES.setdefault(cells[2], int(cells[1]))


def request(number, kind, body=b""):
    return field(1, number) + field(kind, body)


class Slip:
    """The slip text of specification section 9."""

    def __init__(self, path_or_text):
        text = str(path_or_text)
        if not text.startswith("piaojue1:"):
            text = next(line for line in pathlib.Path(path_or_text).read_text(encoding="utf-8").splitlines()
                        if line.strip().startswith("piaojue1:"))
        parts = text.strip().split(":")
        self.text = text.strip()
        self.host, self.port, self.spki, self.meeting_id = parts[1], int(parts[2]), parts[3], bytes.fromhex(parts[4])
        self.person, self.code = int(parts[5]), parts[6]


class Connection:
    def __init__(self, host, port, certificate=None, tls=ssl.TLSVersion.TLSv1_3, timeout_s=20):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        context.minimum_version = context.maximum_version = tls
        if certificate:
            context.load_cert_chain(*map(str, certificate))
        self.socket = context.wrap_socket(socket.create_connection((host, port), timeout_s))

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

    def close(self):
        self.socket.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


def openssl(*args, stdin=None):
    return subprocess.run(["openssl", *map(str, args)], input=stdin, capture_output=True, check=True).stdout


class Identity:
    """Keys and an Enrol message made with the openssl tool instead of our own code."""

    def __init__(self, directory=None):
        self.directory = pathlib.Path(directory or tempfile.mkdtemp(prefix="piaojue-raw-"))
        self.ik, self.wk, self.tls = (self.directory / f"{name}.pem" for name in ("ik", "wk", "tls"))
        openssl("genpkey", "-algorithm", "ed25519", "-out", self.ik)
        openssl("genpkey", "-algorithm", "ed25519", "-out", self.wk)
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
        return openssl("req", "-new", "-key", self.tls, "-subj", "/CN=piaojue", "-outform", "PEM")

    def enrol_body(self, slip, code=None, person=None):
        person = slip.person if person is None else person
        ik, wk = self.public(self.ik), self.public(self.wk)
        possession = self.sign(b"piaojue/v2/enrol\0" + slip.meeting_id + struct.pack(">I", person) + ik + wk)
        if not hasattr(self, "csr_bytes"):
            self.csr_bytes = self.csr()
        return (field(1, code or slip.code) + field(2, ik) + field(3, wk) + field(4, possession) +
                field(5, self.csr_bytes) + field(6, person))

    def keep_certificate(self, reply):
        self.certificate.write_bytes(parse(reply[ENROLLED][0])[1][0])

    def pair(self):
        return self.certificate, self.tls
