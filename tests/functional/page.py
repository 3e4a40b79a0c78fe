# SPDX-License-Identifier: Apache-2.0
"""A browser's side of the page's door, from the standard library: HTTP/1.1 and WebSocket, honest by default, each
part of which a test can make wrong."""

import base64
import hashlib
import json
import os
import select
import socket
import struct
import time
import urllib.parse

HEADERS = {
    "cache-control": "no-store",
    "content-security-policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; "
                               "connect-src 'self'; form-action 'none'; base-uri 'none'; frame-ancestors 'none'",
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
}

# A page that says where no page is (docs/client-door.md): its own style by hash, its own button.
NOTICE = {
    **HEADERS,
    "content-security-policy": "default-src 'none'; style-src 'sha256-…'; form-action 'self'; base-uri 'none'; "
                               "frame-ancestors 'none'",
    "referrer-policy": "same-origin",
}


class Answer:
    def __init__(self, head, body):
        lines = head.decode("latin-1").split("\r\n")
        self.status = int(lines[0].split()[1])
        self.headers = {}
        for line in lines[1:]:
            name, _, value = line.partition(":")
            self.headers[name.strip().lower()] = value.strip()
        self.body = body

    def is_notice(self):
        return self.body.startswith(b"<!doctype html>") and b"<title>" in self.body

    def missing_headers(self):
        """Of an answer of ours, or of a notice."""
        wanted = NOTICE if "sha256-" in self.headers.get("content-security-policy", "") else HEADERS
        got = {**self.headers}
        if wanted is NOTICE:
            style = self.body[self.body.index(b"<style>") + 7:self.body.index(b"</style>")]
            by_hash = base64.b64encode(hashlib.sha256(style).digest()).decode()
            got["content-security-policy"] = got["content-security-policy"].replace(by_hash, "…")
        return {k: got.get(k) for k, v in wanted.items() if got.get(k) != v}


def connect(port, receive_buffer=None):
    sock = socket.socket()
    if receive_buffer:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
    sock.settimeout(15)
    sock.connect(("127.0.0.1", port))
    return sock


def exchange(port, data):
    """Sends bytes, reads until the other side closes: an Answer, or nothing if it said nothing."""
    with connect(port) as sock:
        try:
            sock.sendall(data)
            got = b""
            while True:
                part = sock.recv(65536)
                if not part:
                    break
                got += part
        except (ConnectionResetError, BrokenPipeError):
            pass
        head, end, body = got.partition(b"\r\n\r\n")
        return Answer(head, body) if end else None


def request(port, path, cookie=None, method="GET", host=None, headers=()):
    lines = [f"{method} {path} HTTP/1.1"]
    if host != "":
        lines.append(f"Host: {host or f'127.0.0.1:{port}'}")
    if cookie:
        lines.append(f"Cookie: {cookie}")
    lines += headers
    return exchange(port, ("\r\n".join(lines) + "\r\n\r\n").encode())


class Session:
    """What a browser keeps after it opened the address: path and cookie."""

    def __init__(self, url):
        parts = urllib.parse.urlsplit(url)
        self.port = parts.port
        self.open_path = parts.path
        self.answer = request(self.port, self.open_path)
        self.path = self.answer.headers.get("location", "")
        self.cookie = self.answer.headers.get("set-cookie", "").split(";")[0]

    def get(self, name="", **wrong):
        return request(self.port, self.path + name, **{"cookie": self.cookie, **wrong})

    def upgrade(self, cookie=None, origin=None, host=None, receive_buffer=None):
        """@return (socket, Answer)"""
        sock = connect(self.port, receive_buffer)
        lines = [f"GET {self.path}door HTTP/1.1", f"Host: {host or f'127.0.0.1:{self.port}'}", "Upgrade: websocket",
                 "Connection: Upgrade", "Sec-WebSocket-Version: 13",
                 "Sec-WebSocket-Key: " + base64.b64encode(os.urandom(16)).decode()]
        if cookie != "":
            lines.append("Cookie: " + (cookie or self.cookie))
        if origin != "":
            lines.append("Origin: " + (origin or f"http://127.0.0.1:{self.port}"))
        sock.sendall(("\r\n".join(lines) + "\r\n\r\n").encode())
        got = b""
        while b"\r\n\r\n" not in got:
            part = sock.recv(1)
            if not part:
                break
            got += part
        head, end, _ = got.partition(b"\r\n\r\n")
        return sock, Answer(head, b"") if end else None

    def door(self, receive_buffer=None):
        return Door(self, receive_buffer)


class Door:
    """The socket, one text frame a line."""

    def __init__(self, session, receive_buffer=None):
        self.sock, self.answer = session.upgrade(receive_buffer=receive_buffer)
        if self.answer is None or self.answer.status != 101:
            raise AssertionError(f"no upgrade: {self.answer and self.answer.status}")
        self.lines = []
        self.closed = None  # the code, once it is closed
        self.buffer = b""
        self.tags = 0

    def __del__(self):
        self.sock.close()

    @staticmethod
    def masked(opcode, payload):
        mask = os.urandom(4)
        size = len(payload)
        head = bytes([0x80 | opcode])
        if size < 126:
            head += bytes([0x80 | size])
        elif size < 65536:
            head += bytes([0x80 | 126]) + struct.pack(">H", size)
        else:
            head += bytes([0x80 | 127]) + struct.pack(">Q", size)
        return head + mask + bytes(b ^ mask[i % 4] for i, b in enumerate(payload))

    def frame(self, opcode, payload):
        self.sock.sendall(self.masked(opcode, payload))

    def say(self, line):
        self.frame(1, line.encode())

    def _parse(self):
        """One frame from the buffer, or nothing."""
        b = self.buffer
        if len(b) < 2:
            return None
        size, at = b[1] & 0x7f, 2
        if size == 126:
            if len(b) < 4:
                return None
            size, at = struct.unpack(">H", b[2:4])[0], 4
        elif size == 127:
            if len(b) < 10:
                return None
            size, at = struct.unpack(">Q", b[2:10])[0], 10
        if len(b) < at + size:
            return None
        self.buffer = b[at + size:]
        return b[0], b[at:at + size]

    def pump(self, timeout_s):
        """Reads what comes within the time: True if a line came."""
        deadline = time.monotonic() + timeout_s
        while self.closed is None:
            frame = self._parse()
            if frame:
                first, payload = frame
                opcode = first & 15
                if opcode == 9:
                    self.frame(10, payload)
                elif opcode == 8:
                    self.closed = struct.unpack(">H", payload[:2])[0] if len(payload) >= 2 else 1005
                elif opcode in (0, 1):
                    self.partial = (self.partial if opcode == 0 else b"") + payload
                    if first & 0x80:
                        self.lines.append(json.loads(self.partial))
                        return True
                continue
            left = deadline - time.monotonic()
            if left <= 0 or not select.select([self.sock], [], [], left)[0]:
                return False
            try:
                part = self.sock.recv(65536)
            except ConnectionResetError:
                part = b""
            if not part:
                self.closed = self.closed or 1006
                return False
            self.buffer += part
        return False

    def wait(self, wanted, timeout_s=30.0, start=0):
        """First line from `start` on for which `wanted(line)` holds."""
        deadline = time.monotonic() + timeout_s
        at = start
        while True:
            while at < len(self.lines):
                if wanted(self.lines[at]):
                    return self.lines[at]
                at += 1
            left = deadline - time.monotonic()
            if left <= 0 or self.closed is not None:
                last = str(self.lines[-4:])[:2000]
                raise AssertionError(f"waited in vain (closed: {self.closed}); last lines: {last}")
            self.pump(left)

    def event(self, name, timeout_s=30.0, start=0, **fields):
        return self.wait(lambda e: e.get("event") == name and all(e.get(k) == v for k, v in fields.items()), timeout_s,
                         start)

    def command(self, line, timeout_s=30.0):
        self.tags += 1
        tag, start = f"p{self.tags}", len(self.lines)
        self.say(f"@{tag} {line}")
        return self.wait(lambda e: e.get("event") == "reply" and e.get("tag") == tag, timeout_s, start)

    def wait_closed(self, timeout_s=15.0):
        deadline = time.monotonic() + timeout_s
        while self.closed is None and time.monotonic() < deadline:
            self.pump(deadline - time.monotonic())
        return self.closed

    def leave(self):
        self.sock.close()
