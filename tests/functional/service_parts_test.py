# SPDX-License-Identifier: Apache-2.0
"""The parts of a service by themselves: a failure test proves nothing when PostgreSQL, its standby or HAProxy do not do
what packaging/ says of them."""

import contextlib
import http.server
import shutil
import socket
import ssl
import struct
import threading
import time
import unittest

import service_faults
import service_parts


def client_hello(name):
    """What a laptop says first."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    with contextlib.suppress(ssl.SSLWantReadError):
        context.wrap_bio(incoming, outgoing, server_hostname=name).do_handshake()
    return outgoing.read()


class Standing:
    """In a node's place: answers every connection with its own name and the address that the PROXY header tells."""

    def __init__(self, name):
        self.name, self.port, self.monitor = name, service_parts.free_port(), service_parts.free_port()
        self.listener = socket.create_server((service_parts.LOOPBACK, self.port))
        self.healthy = True

        class Health(http.server.BaseHTTPRequestHandler):
            def do_GET(request):  # noqa: N802, N805  the library's name
                request.send_response(200 if self.healthy else 503)
                request.end_headers()

            def log_message(request, *_):  # noqa: N805
                pass
        self.health = http.server.ThreadingHTTPServer((service_parts.LOOPBACK, self.monitor), Health)
        self.threads = [threading.Thread(target=work, daemon=True)
                        for work in (self.health.serve_forever, self.serve)]
        for thread in self.threads:
            thread.start()

    def serve(self):
        with contextlib.suppress(OSError):
            while True:
                peer, (host, _) = self.listener.accept()
                with peer, contextlib.suppress(OSError):
                    peer.settimeout(5)
                    header = peer.recv(16, socket.MSG_WAITALL)
                    rest = peer.recv(struct.unpack(">H", header[14:16])[0], socket.MSG_WAITALL)
                    source = f"{socket.inet_ntoa(rest[:4])}"
                    assert header[:12] == b"\r\n\r\n\0\r\nQUIT\n" and peer.recv(1) == b"\x16"
                    peer.sendall(f"{self.name} {source} {host}\n".encode())

    def close(self):
        self.health.shutdown()
        self.health.server_close()
        with contextlib.suppress(OSError):
            self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        for thread in self.threads:
            thread.join(5)


class Parts(unittest.TestCase):
    def setUp(self):
        self.directory = service_parts.quick_folder("piaojue-parts-")
        self.addCleanup(shutil.rmtree, self.directory, ignore_errors=True)

    def primary(self, **settings):
        primary = service_parts.Postgres.primary(self.directory / "postgres", **settings)
        self.addCleanup(primary.stop)
        return primary

    def standby(self, primary, **options):
        standby = primary.standby(**options)
        self.addCleanup(standby.stop)
        return standby

    def test_an_acknowledged_row_is_on_the_standby(self):
        # Harm: a primary that burns takes votes with it that people were told are kept.
        primary = self.primary()
        standby = self.standby(primary)
        primary.service_sql("CREATE TABLE t (n int)", "INSERT INTO t VALUES (1)")
        primary.kill()
        standby.promote()
        self.assertEqual(standby.service_sql("SELECT n FROM t"), "1")
        standby.service_sql("INSERT INTO t VALUES (2)")
        # The one that fell comes back as the standby of the one that is, and commits wait for it again.
        shutil.rmtree(primary.data)
        again = standby.standby(name="again")
        self.addCleanup(again.stop)
        standby.service_sql("INSERT INTO t VALUES (3)")
        self.assertEqual(again.service_sql("SELECT count(*) FROM t"), "3")

    def test_without_the_standby_nothing_is_acknowledged(self):
        # Harm: "kept on both" that is kept on one.
        primary = self.primary()
        standby = self.standby(primary)
        primary.service_sql("CREATE TABLE t (n int)")
        standby.stall()
        with self.assertRaises(service_parts.driver.Failed):
            primary.service_sql("INSERT INTO t VALUES (1)", timeout_s=2)
        standby.resume()
        primary.service_sql("INSERT INTO t VALUES (2)")

    def test_a_url_of_two_machines_finds_the_one_that_is_primary(self):
        # Harm: nodes that go on asking the machine that fell.
        primary = self.primary()
        standby = self.standby(primary)
        url = service_parts.database_url(primary.password, [standby.address(), primary.address()])

        def ask():
            return primary.tool("psql", "-X", "-A", "-t", "-c", "SELECT inet_server_port()", url).strip()
        self.assertEqual(ask(), str(primary.port))
        primary.kill()
        standby.promote()
        self.assertEqual(ask(), str(standby.port))

    def test_a_wire_is_slow_silent_or_down(self):
        # Harm: a test of a slow database that is quick.
        primary = self.primary()
        wire = service_parts.Wire(primary.port)
        self.addCleanup(wire.close)
        standby = self.standby(primary, through=wire.port)
        primary.service_sql("CREATE TABLE t (n int)")

        def seconds():
            began = time.monotonic()
            primary.service_sql("INSERT INTO t VALUES (1)", timeout_s=20)
            return time.monotonic() - began
        self.assertLess(seconds(), 0.2)
        wire.delay_s = 0.15
        self.assertGreater(seconds(), 0.3)
        wire.delay_s = 0.0
        wire.cut()
        with self.assertRaises(service_parts.driver.Failed):
            primary.service_sql("INSERT INTO t VALUES (1)", timeout_s=2)
        wire.heal()
        seconds()
        wire.down()
        with self.assertRaises(OSError):
            socket.create_connection((service_parts.LOOPBACK, wire.port), 5)
        wire.up()
        seconds()
        self.assertTrue(standby.running)

    def test_a_full_disk_is_full_and_then_it_is_not(self):
        # Harm: a test of a full disk that has room.
        with service_faults.SmallDisk(300) as disk:
            if disk.why_not:
                self.skipTest(disk.why_not)
            primary = service_parts.Postgres.primary(disk.folder / "postgres")
            self.addCleanup(primary.stop)
            primary.service_sql("CREATE TABLE t (b bytea)")
            disk.fill()
            with self.assertRaisesRegex(service_parts.driver.Failed, "No space left"):
                primary.service_sql("INSERT INTO t SELECT sha512(n::text::bytea) FROM generate_series(1, 10000) n")
            disk.free()
            primary.service_sql("INSERT INTO t SELECT sha512(n::text::bytea) FROM generate_series(1, 10000) n")
            primary.stop()

    def test_no_connection_is_left_while_somebody_hoards_them(self):
        # Harm: as above.
        primary = self.primary(max_connections=20)
        with service_faults.Hoard(primary) as hoard:
            hoard.take_all()
            with self.assertRaisesRegex(service_parts.driver.Failed, "too many clients"):
                primary.service_sql("SELECT 1")
        service_parts.until(lambda: primary.service_sql("SELECT 1", ok=False) == "1", 10, "there are some again")

    def test_a_restored_backup_has_nothing_of_what_came_after_it(self):
        # Harm: a test of an old backup that is not old.
        primary = self.primary()
        primary.service_sql("CREATE TABLE t (n int)")
        backup = primary.backup()
        primary.service_sql("INSERT INTO t VALUES (1)")
        primary.restore(backup)
        self.assertEqual(primary.service_sql("SELECT count(*) FROM t"), "0")

    def test_one_name_leads_to_one_node_and_to_another_when_it_falls(self):
        # Harm: laptops of one meeting are spread over all nodes, and sent on for ever.
        nodes = [Standing(name) for name in service_parts.NODE_NAMES]
        for node in nodes:
            self.addCleanup(node.close)
        balancer = service_parts.Balancer(self.directory, [(n.port, n.monitor) for n in nodes])
        self.addCleanup(balancer.close)
        balancer.start()
        balancer.wait_up(*service_parts.NODE_NAMES)

        def asked(name, source="127.0.0.1"):
            with socket.create_connection((service_parts.LOOPBACK, balancer.port), 5, (source, 0)) as laptop:
                laptop.sendall(client_hello(name))
                return laptop.makefile().readline().split()
        where = {n: asked(f"m{n}")[0] for n in range(1, 61)}
        self.assertEqual(set(where.values()), set(service_parts.NODE_NAMES))
        self.assertEqual(where, {n: asked(f"m{n}")[0] for n in where})
        self.assertEqual(asked("m1", "127.0.0.9")[1:], ["127.0.0.9", service_parts.BALANCER_SOURCE])
        nodes[0].healthy = False
        service_parts.until(lambda: balancer.states()["node-a"] == "DOWN", 10, "HAProxy sees that node-a is down")
        now = {n: asked(f"m{n}")[0] for n in where}
        self.assertNotIn("node-a", now.values())
        self.assertEqual({n: at for n, at in where.items() if at != "node-a"},
                         {n: now[n] for n, at in where.items() if at != "node-a"}, "nobody else is moved")

    def test_who_says_nothing_is_let_go(self):
        # Harm: a stranger holds the door by standing in it.
        node = Standing("node-a")
        self.addCleanup(node.close)
        balancer = service_parts.Balancer(self.directory, [(node.port, node.monitor)], per_address=50)
        self.addCleanup(balancer.close)
        balancer.start()
        balancer.wait_up("node-a")
        with contextlib.ExitStack() as stack:
            held = []
            for _ in range(60):
                with contextlib.suppress(ConnectionError):  # beyond 50 it can be told before connect has returned
                    held.append(stack.enter_context(
                        socket.create_connection((service_parts.LOOPBACK, balancer.port), 5)))
            service_parts.until(lambda: balancer.sessions() <= 51, 3, "no more than 50 of one address")
            with socket.create_connection((service_parts.LOOPBACK, balancer.port), 5, ("127.0.0.7", 0)) as laptop:
                laptop.sendall(client_hello("m1"))
                self.assertTrue(laptop.makefile().readline().startswith("node-a"), "another address comes through")
            began = time.monotonic()
            for one in held:
                one.settimeout(10)
                with contextlib.suppress(ConnectionError):
                    self.assertEqual(one.recv(1), b"")
            self.assertLess(time.monotonic() - began, 7)
        with socket.create_connection((service_parts.LOOPBACK, balancer.port), 5) as stranger:
            stranger.sendall(b"GET / HTTP/1.0\r\n\r\n")
            stranger.settimeout(10)
            with contextlib.suppress(ConnectionError):
                self.assertEqual(stranger.recv(1), b"", "and what is no TLS never reaches a node")


if __name__ == "__main__":
    unittest.main()
