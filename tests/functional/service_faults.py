# SPDX-License-Identifier: Apache-2.0
"""What befalls a service in its tests, beside the death of its parts: strangers, a full disk, no connection left."""

import contextlib
import ctypes
import os
import pathlib
import resource
import shutil
import signal
import socket
import struct
import subprocess
import tempfile

import driver
from service_parts import LOOPBACK, until

CLONE_NEWNS = 0x0002_0000


class Crowd:
    """Connections that never say anything."""

    def __init__(self, port):
        self.port, self.sockets = port, []

    def __enter__(self):
        self.limits = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (self.limits[1], self.limits[1]))
        return self

    def come(self, count, addresses):
        """From so many addresses of loopback; returns when each was taken or turned away."""
        waiting = []
        for number in range(count):
            one = socket.socket()
            one.setblocking(False)
            one.bind((f"127.0.{addresses}.{1 + number % addresses}", 0))
            one.connect_ex((LOOPBACK, self.port))
            waiting.append(one)
        self.sockets += waiting

        def none_is_on_its_way():
            waiting[:] = [one for one in waiting if one.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR) == 0 and
                          not self.connected(one)]
            return not waiting
        with contextlib.suppress(driver.Failed):  # who waits in the kernel's queue is a stranger, too
            until(none_is_on_its_way, 3, "everybody has come")

    @staticmethod
    def connected(one):
        try:
            one.getpeername()
            return True
        except OSError:
            return False

    def __exit__(self, *_):
        for one in self.sockets:
            one.close()
        resource.setrlimit(resource.RLIMIT_NOFILE, self.limits)


class SmallDisk:
    """A file system of so many MiB that only this process and what it starts can see, and that goes with them."""

    def __init__(self, mib):
        self.mib, self.why_not = mib, None

    def __enter__(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="piaojue-disk-"))
        self.folder.chmod(0o711)
        if os.geteuid() != 0:
            self.why_not = "only root can make a small disk"
            return self
        if ctypes.CDLL(None, use_errno=True).unshare(CLONE_NEWNS) != 0:
            self.why_not = f"no file systems of its own here: {os.strerror(ctypes.get_errno())}"
            return self
        try:
            subprocess.run(["mount", "--make-rprivate", "/"], check=True, capture_output=True)
            subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={self.mib}m,mode=0755", "piaojue", self.folder],
                           check=True, capture_output=True)
        except subprocess.CalledProcessError as failure:
            self.why_not = f"no file system can be mounted here: {failure.stderr.decode(errors='replace').strip()}"
        return self

    def fill(self):
        with open(self.folder / "ballast", "wb", buffering=0) as file:
            with contextlib.suppress(OSError):
                while file.write(bytes(1 << 20)):
                    pass
            with contextlib.suppress(OSError):
                while file.write(bytes(1 << 10)):
                    pass

    def free(self):
        (self.folder / "ballast").unlink()

    def __exit__(self, *_):
        if not self.why_not:
            subprocess.run(["umount", "-l", self.folder], check=False)
        shutil.rmtree(self.folder, ignore_errors=True)


class Hoard:
    """Every connection that PostgreSQL gives; whoever holds one is thrown out first."""

    def __init__(self, postgres):
        self.postgres, self.sockets = postgres, []

    def __enter__(self):
        return self

    def take_all(self):
        held = self.postgres.sql("SELECT pid FROM pg_stat_activity WHERE usename = 'piaojue'").split()
        self.take()
        for pid in held:
            with contextlib.suppress(ProcessLookupError):
                os.kill(int(pid), signal.SIGTERM)  # what pg_terminate_backend does, which wants a connection itself
        for _ in range(10):
            self.take()

    def take(self):
        """Connections that have said who they are and not yet proved it: each has its place already."""
        while True:
            one = socket.create_connection((LOOPBACK, self.postgres.port), 5)
            body = struct.pack(">I", 196_608) + b"user\0piaojue\0database\0piaojue\0\0"
            one.sendall(struct.pack(">I", len(body) + 4) + body)
            if one.recv(1) != b"R":
                one.close()
                return
            self.sockets.append(one)

    def __exit__(self, *_):
        for one in self.sockets:
            one.close()
