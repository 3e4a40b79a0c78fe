# SPDX-License-Identifier: Apache-2.0
"""Whoever has the database's disk: every file of PostgreSQL's folder after a whole meeting, tables and journal, dead
rows and all. What must not survive is not in it (docs/threat-model.md, "What a database keeps"); a row that is planted
and deleted again is, or the search would prove nothing."""

import base64
import os
import pathlib
import re
import unittest

import driver
import raw
import record_test
import seized_test
import service_test

BIN = pathlib.Path(os.environ["PIAOJUE_BIN_DIR"])
SNIPPET, AROUND = 48, 24
MEETING_ID = 2  # its field in manifest.proto


class Folder:
    """Every file of it, as it is on the disk now."""

    def __init__(self, database):
        database.sql("CHECKPOINT")
        self.files = {path: path.read_bytes() for path in sorted(database.data.rglob("*")) if path.is_file()}

    def places(self, what):
        """[(path, offset)] of these bytes."""
        return [(path, found.start()) for path, data in self.files.items()
                for found in re.finditer(re.escape(what), data)]

    def half(self, sodium, own, sealed, name):
        """Where there are 32 bytes that open `sealed` beside the own key; of tables and journal."""
        return [path for path, data in self.files.items() if {"base", "pg_wal"} & set(path.parts)
                and sodium.find_half(data, own, sealed, name) >= 0]


def forms(secret):
    """As bytes, and as text in which somebody may have written them."""
    return {secret, secret.hex().encode(), secret.hex().upper().encode(), base64.b64encode(secret)}


def server_secrets(folder):
    """{name: bytes} of the private keys in a server's folder."""
    found = {}
    for path in sorted((folder / "keys").iterdir()):
        text = path.read_text()
        if "PRIVATE KEY" in text:
            body = re.search(r"-----BEGIN [A-Z ]*PRIVATE KEY-----(.*?)-----END", text, re.S)[1]
            found[path.name] = base64.b64decode("".join(body.split()))
        elif re.fullmatch(r"\s*[0-9a-f]{64}\s*", text):
            found[path.name] = bytes.fromhex(text.strip())
    return found


class DataFolder(service_test.Held):
    def test_what_must_not_survive_is_in_no_file_of_the_database(self):
        # Harm: votes are secret until somebody sells the database's old disks.
        service = self.service(nodes=1, standby=False, settings={"autovacuum": "off", "wal_keep_size": "4GB"})
        meeting = service_test.ServiceMeeting(service, 7, experts=3)
        slips = {person: raw.Slip(path) for person, (path, _) in meeting.meeting.slips.items()}
        service_test.bring(meeting, "voting")
        driver.at_once([lambda p=p: service_test.vote(meeting, p) for p in meeting.experts])
        sodium = seized_test.Sodium(meeting.directory)
        disks = seized_test.Disks(meeting, "voting")
        expert = disks.own_key(sodium, 2)
        label, sealed = next(one for one in disks.sealed(2) if one[0].startswith(b"attempt"))
        true_half = seized_test.half_in_memory(sodium, service.nodes["node-a"].process.popen.pid, expert, sealed, label)
        if true_half is None:
            print("this machine lets nobody look into a process: the expert's half is not planted")
        self.assertNotEqual(true_half, b"", "the node has it while it is voted, or the search below proves nothing")
        secrets = server_secrets(meeting.meeting.server_dir)
        self.assertGreaterEqual(len(secrets), 6, secrets.keys())
        envelopes = [[bytes.fromhex(word) for word in row.split("|")] for row in service.primary.service_sql(
            "SELECT encode(key, 'hex'), encode(value, 'hex') FROM piaojue_envelope WHERE meeting = 7").split()]
        self.assertEqual(len(envelopes), 3, "or this shows nothing")
        service_test.countersigned(meeting, "close", "BatchClose")
        self.counted(meeting)
        self.verified(meeting)
        for table in ("token_payload", "issued_payload", "envelope", "mix_output", "proposal"):
            self.assertEqual(service.primary.service_sql(f"SELECT count(*) FROM piaojue_{table}"), "0", table)
        for node in service.nodes.values():
            node.term()

        folder = Folder(service.primary)
        secrets["service.key"] = bytes.fromhex((service.directory / "service.key").read_text().strip())
        for name, secret in secrets.items():
            for form in forms(secret):
                self.assertEqual(folder.places(form), [], name)
        meeting_id = raw.parse(self.entry(meeting, "MeetingOpen"))[MEETING_ID][0]
        self.slips_are_not_in(folder, slips, meeting_id)
        self.ballots_stand_in_their_box_only(folder, self.entry(meeting, "BallotBox"))
        own = secrets["seal.key"]
        self.assertEqual(folder.half(sodium, own, envelopes[0][1], envelopes[0][0]), [], "the server's half")
        self.assertEqual(folder.half(sodium, expert, sealed, label), [], "an expert's half, in memory only")

        # And what is there is found.
        half, other = os.urandom(32), os.urandom(32)
        self.plant(service.primary, [half, secrets["seal.key"], *([true_half] if true_half else [])])
        folder = Folder(service.primary)
        self.assertTrue(folder.places(secrets["seal.key"]))
        self.assertTrue(folder.half(sodium, other, sodium.seal(other, half, b"row"), b"row"))
        if true_half:
            self.assertTrue(folder.half(sodium, expert, sealed, label), "what was sealed opens with the true half")

    def plant(self, database, rows):
        """Written, and deleted again."""
        values = ", ".join(f"('\\x{row.hex()}')" for row in rows)
        database.sql("CREATE TABLE planted (row bytea)", f"INSERT INTO planted VALUES {values}", "DELETE FROM planted",
                     database="piaojue")

    def slips_are_not_in(self, folder, slips, meeting_id):
        self.assertTrue(folder.places(meeting_id), "or their keys would be others")
        for person, slip in slips.items():
            for form in (slip.code.encode(), slip.typed.encode(), *forms(slip.bits),
                         *forms(raw.enrol_key(slip.bits, meeting_id, person))):
                self.assertEqual(folder.places(form), [], f"person {person}")

    def entry(self, meeting, wanted):
        """The body of the record's first entry of that name."""
        record = (meeting.directory / "record.piaojue").read_bytes()
        for at, length in record_test.items(record):
            item = raw.parse(record[at + 4:at + 4 + length])
            fields = raw.parse(item[1][0]) if 1 in item else {1: [0]}
            if record_test.NAMES.get(fields[1][0]) == wanted:
                return fields[2][0]
        raise AssertionError(wanted)

    def ballots_stand_in_their_box_only(self, folder, box):
        """A ballot beside anything else, such as the person who cast it, would have other neighbours."""
        found = 0
        for start in range(AROUND, len(box) - SNIPPET - AROUND, SNIPPET):
            for path, at in folder.places(box[start:start + SNIPPET]):
                data = folder.files[path]
                before, after = data[at - AROUND:at], data[at + SNIPPET:at + SNIPPET + AROUND]
                found += 1
                self.assertTrue(before == box[start - AROUND:start]
                                or after == box[start + SNIPPET:start + SNIPPET + AROUND], f"{path} at {at}")
        self.assertGreater(found, 10, "or this shows nothing")


if __name__ == "__main__":
    unittest.main()
