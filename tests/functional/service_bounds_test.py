# SPDX-License-Identifier: Apache-2.0
"""What one meeting, one laptop or one careless hand at the database may do to all the others of a node: nothing."""

import contextlib
import subprocess
import time
import unittest

import driver
import service_parts
import service_test
from service_parts import until


@contextlib.contextmanager
def psql_left_open(database, numbers):
    """Somebody looks at these meetings' rows, for update, and goes for lunch."""
    held = database.popen_as([service_parts.POSTGRES_BIN / "psql", "-X", "-q", "-h", service_parts.LOOPBACK, "-p",
                              database.port, "-U", "postgres", "-d", "piaojue", "-c", "BEGIN", "-c",
                              f"SELECT 1 FROM piaojue_meeting WHERE meeting IN ({', '.join(map(str, numbers))}) "
                              "FOR UPDATE", "-c", "SELECT pg_sleep(600)"], stdout=subprocess.DEVNULL)
    try:
        until(lambda: database.sql("SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'PgSleep'") == "1", 10,
              "the rows are locked")
        yield
    finally:
        held.kill()
        held.wait()
        database.sql("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE wait_event = 'PgSleep'")


class Bounds(service_test.Held):
    def test_rows_that_somebody_has_locked_stop_their_own_meetings_only(self):
        # Harm: a psql that was left open over four meetings keeps the fifth from voting, and the sixth from beginning.
        service = self.service(nodes=1, standby=False)
        meetings = self.many(service, range(1, 6), experts=3)
        later = service_test.ServiceMeeting(service, 6, experts=3)
        self.together(meetings, lambda m: m.open(1))
        *locked, free = meetings
        node = service.nodes["node-a"]
        for meeting in locked:
            meeting.client(3).wait("tokens", 60, batch=1)
            meeting.client(3).command("vote 1 agree")
        with psql_left_open(service.primary, [m.number for m in locked]):
            for meeting in locked:
                meeting.client(3).begin("cast")
            until(lambda: service.primary.sql("SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'")
                  != "0", 10, "a commit waits for the rows, or this shows nothing")
            started = time.monotonic()
            driver.at_once([lambda p=p: service_test.vote(free, p) for p in free.experts])
            self.assertLess(time.monotonic() - started, 15)
            # When they have been let go, their laptops come back, and their leases are asked for and given back.
            until(lambda: node.said().count("meeting_lost") >= len(locked), 45, "they are let go")
            started = time.monotonic()
            service_test.bring(later, "voting")
            self.assertLess(time.monotonic() - started, 30)
        self.together([*meetings, later], lambda m: self.finish(m, "voting"))

    def test_a_database_that_becomes_unsafe_acknowledges_nothing(self):
        # Harm: somebody makes the database quick for an import, and a power cut takes votes back.
        service = self.service(nodes=1, standby=False)
        meeting = service_test.ServiceMeeting(service, 7, experts=3)
        service_test.bring(meeting, "voting")
        node, voter = service.nodes["node-a"], meeting.client(3)
        voter.wait("tokens", 60, batch=1)
        voter.command("vote 1 agree")
        service.primary.alter(fsync="off")
        until(lambda: node.http("/healthz")[0] == 503, 10, "it says so to the balancer")
        self.assertIn("fsync", node.http("/healthz")[1])
        self.assertIn("database_unsafe", node.said())
        begun, reply = voter.begin("cast"), {}
        with contextlib.suppress(driver.Failed):
            reply = voter.finish(begun, 4)
        self.assertFalse(reply.get("ok"), reply)  # what was written all the same is told to nobody
        service.primary.alter(fsync=None)
        until(lambda: node.http("/healthz")[0] == 200, 15, "it goes on by itself")
        self.finish(meeting, "voting")


if __name__ == "__main__":
    unittest.main()
