# SPDX-License-Identifier: Apache-2.0
"""A service whose key lies on a PKCS#11 token: SoftHSM in a folder of the test's own, in the place of a device."""

import os
import pathlib
import shutil
import subprocess
import tempfile
import unittest

import service_parts
import service_test

BIN = pathlib.Path(os.environ["PIAOJUE_BIN_DIR"])
MODULE = next((path for path in (pathlib.Path("/usr/lib/softhsm/libsofthsm2.so"),
                                 *pathlib.Path("/usr/lib").glob("*/softhsm/libsofthsm2.so")) if path.exists()), None)


class SoftToken:
    """A token that is a folder, and the file with its PIN."""

    def __init__(self, folder, label="piaojue", pin="97531864"):
        self.folder, self.label = folder, label
        (folder / "tokens").mkdir()
        (folder / "softhsm2.conf").write_text(f"directories.tokendir = {folder / 'tokens'}\nlog.level = ERROR\n")
        os.environ["SOFTHSM2_CONF"] = str(folder / "softhsm2.conf")
        subprocess.run(["softhsm2-util", "--init-token", "--free", "--label", label, "--pin", pin, "--so-pin", pin],
                       check=True, capture_output=True, timeout=30)
        self.pin = self.write_pin("pin", pin)

    def write_pin(self, name, pin, mode=0o600):
        path = self.folder / name
        path.write_text(pin + "\n")
        path.chmod(mode)
        return path

    def uri(self, key, **changed):
        """Of a key on it; `changed` attributes instead of what is right, None: without."""
        words = {"token": self.label, "object": key, "pin-source": f"file:{self.pin}", "module-path": MODULE, **changed}
        given = [(name, value) for name, value in words.items() if value is not None]
        path, query = ([f"{name}={value}" for name, value in given if (name in ("token", "object")) == of_path]
                       for of_path in (True, False))
        return "pkcs11:" + ";".join(path) + "?" + "&".join(query)


class TokenService(service_parts.Service):
    """Its nodes find their key on the token."""

    def __init__(self, token, **options):
        self.token = token
        super().__init__(BIN, **options)

    def write_toml(self, name, **values):
        return super().write_toml(name, **{"SERVICE_KEY": self.token.uri("service"), **values})

    def tool(self, *args, **options):
        if args[0] == "service-key":
            args = ("service-key", self.token.uri("service"))
        return super().tool(*args, **options)


class Tokens(service_test.Held):
    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="piaojue-token-"))
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)
        self.token = SoftToken(self.folder)

    def test_a_meeting_whose_keys_are_sealed_under_a_key_of_a_token(self):
        # Harm: a key that cannot be copied, and meetings that can be opened on no second day.
        service = TokenService(self.token, nodes=1, standby=False)
        self.enterContext(service)
        meeting = service_test.ServiceMeeting(service, 7, experts=3)
        service_test.bring(meeting, "voting")
        node = service.nodes["node-a"]
        node.kill9()
        node.start()
        self.finish(meeting, "voting")
        # Without the token a node does not start; and another key of it opens nothing.
        node.term()
        shutil.move(self.folder / "tokens", self.folder / "away")
        (self.folder / "tokens").mkdir()
        self.refused(service, self.token.uri("service"), "no token")
        shutil.rmtree(self.folder / "tokens")
        shutil.move(self.folder / "away", self.folder / "tokens")
        service_parts.Service.tool(service, "service-key", self.token.uri("another"))
        self.refused(service, self.token.uri("another"), "opens the keys of no meeting")

    def refused(self, service, uri, said):
        toml = service.write_toml("bad.toml", NAME="bad", LISTEN="127.0.0.1:0", ADDRESS="127.0.0.1:1", MONITOR="",
                                  DATABASE=service.url(), SERVICE_KEY=uri)
        done = service.tool("serve", toml, "--lang", "en", ok=(1,), timeout_s=30)
        self.assertIn(said, done.stderr)

    def test_each_fault_is_a_sentence(self):
        # Harm: an operator at night before a device that says CKR_GENERAL_ERROR.
        token, made = self.token, self.key(self.token.uri("service"))
        self.assertEqual(made.returncode, 0, made.stderr)
        cases = {
            "a second one of that name": (token.uri("service"), "already"),
            "no such token": (token.uri("other", token="nowhere"), "no token"),
            "no module": (token.uri("other", **{"module-path": "/nowhere.so"}), "module"),
            "a PIN in the URI": (token.uri("other", **{"pin-source": None, "pin-value": "97531864"}), "PIN"),
            "no PIN": (token.uri("other", **{"pin-source": None}), "pin-source"),
            "a PIN that all can read": (token.uri("other", **{"pin-source": token.write_pin("open", "1", 0o644)}),
                                        "chmod 600"),
            "no name for the key": (token.uri(None), "object"),
            "no URI": ("pkcs11:nonsense", "pkcs11"),
        }
        for what, (uri, said) in cases.items():
            with self.subTest(what):
                done = self.key(uri)
                self.assertEqual(done.returncode, 1, done.stderr)
                self.assertIn(said, done.stderr)
                self.assertNotIn("97531864", done.stderr)
        # What `serve` asks for before it looks for a database.
        toml = self.folder / "node.toml"
        toml.write_text('name = "a"\nlisten = "127.0.0.1:0"\naddress = "127.0.0.1:1"\ndatabase = "host=127.0.0.1"\n'
                        f'service_key = "{token.uri("nothing")}"\n')
        toml.chmod(0o600)
        done = self.run_server("serve", toml)
        self.assertEqual(done.returncode, 1, done.stderr)
        self.assertIn("no secret key", done.stderr)

    def test_a_wrong_pin_is_tried_once(self):
        # Harm: a unit that is started again every two seconds, and a token that is locked after three of them.
        toml = self.folder / "node.toml"
        wrong, right = self.token.write_pin("wrong", "11112222"), self.token.pin
        for pin, said in ((wrong, "refuses the PIN"), (wrong, "was not tried"), (right, "was not tried")):
            toml.write_text('name = "a"\nlisten = "127.0.0.1:0"\naddress = "127.0.0.1:1"\ndatabase = "host=127.0.0.1"\n'
                            f'service_key = "{self.token.uri("service", **{"pin-source": pin})}"\n')
            toml.chmod(0o600)
            done = self.run_server("serve", toml)
            self.assertEqual(done.returncode, 3, done.stderr)
            self.assertIn(said, done.stderr)
        unit = (service_parts.ROOT / "packaging" / "piaojue-node.service").read_text()
        self.assertIn("\nRestartPreventExitStatus=3\n", unit)

    def key(self, uri):
        return self.run_server("service-key", uri)  # it has no --lang

    def run_server(self, *words):
        return subprocess.run([str(BIN / "piaojue-server"), *map(str, words)], capture_output=True, text=True,
                              timeout=60, stdin=subprocess.DEVNULL, env={**os.environ, "LC_ALL": "en_US.UTF-8"})


if __name__ == "__main__":
    unittest.main()
