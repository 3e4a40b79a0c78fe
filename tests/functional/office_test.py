# SPDX-License-Identifier: Apache-2.0
"""The review office's commands on real files: from the sheets to the roster, from a real meeting's record to the
certificates. What is refused says why, with its exit code, and writes nothing."""

import base64
import csv
import fcntl
import html
import json
import os
import pathlib
import pty
import re
import select
import shutil
import signal
import subprocess
import tempfile
import termios
import tomllib
import unittest

import driver
import page
import small

BIN = pathlib.Path(os.environ["PIAOJUE_BIN_DIR"])
ROOT = small.ROOT
EXAMPLES = ROOT / "examples"


class Office(unittest.TestCase):
    def setUp(self):
        self.directory = pathlib.Path(tempfile.mkdtemp(prefix="piaojue-office-"))
        self.addCleanup(shutil.rmtree, self.directory, ignore_errors=True)
        self.office = self.directory / "office"

    def clerk(self, command, *args, rc=0, passphrase="经办口令口令一号", office=None, dated=True):
        # Days of these tests are set, in no order: each says why, as people have to. dated=False: nobody says it.
        if dated and "--date" in args:
            args = (*args, "--date-reason", "示例")
        done = subprocess.run([BIN / "piaojue-office", command, "--office", office or self.office, *map(str, args)],
                              capture_output=True, text=True, timeout=120, stdin=subprocess.DEVNULL, cwd=self.directory,
                              env={**os.environ, "PIAOJUE_PASSPHRASE": passphrase})
        self.assertEqual(done.returncode, rc, f"{command} {args}\n{done.stdout}\n{done.stderr}")
        if rc != 0:
            self.assertTrue(done.stderr.strip(), command)
        return done

    def enlist(self):
        self.clerk("enlist", "--name", "周晓棠")

    def import_examples(self):
        self.clerk("import", "--members", EXAMPLES / "members.xlsx", "--candidates", EXAMPLES / "candidates.xlsx",
                   "--appraisals",
                   EXAMPLES / "appraisals.xlsx", "--date", "2026-10-08", "--extension", "示例：沿用原标准的通知")

    def test_sheets_are_looked_at_without_an_office(self):
        """Harm: what an import passes over, or what is wrong in two hundred rows, is seen only by whoever has a ledger
        to import into; and what is handed out to be filled in is refused when it comes back."""
        def run(*args, rc=0):
            done = subprocess.run([BIN / "piaojue-office", *map(str, args)], capture_output=True, text=True, timeout=60,
                                  cwd=self.directory, env={**os.environ, "LC_ALL": "zh_CN.UTF-8"})
            self.assertEqual(done.returncode, rc, f"{args}\n{done.stdout}\n{done.stderr}")
            return done.stdout

        run("templates", "--out", "empty")
        self.assertEqual(sorted(path.name for path in (self.directory / "empty").iterdir()),
                         ["appraisals.xlsx", "candidates.xlsx", "members.xlsx"])
        members = ("--members", EXAMPLES / "members.xlsx")
        said = run("check-sheets", *members, "--candidates", EXAMPLES / "candidates.xlsx")
        self.assertIn("读取的列：", said)
        self.assertIn("表格没有问题，可以导入", said)
        said = run("check-sheets", *members, "--candidates", "empty/candidates.xlsx", rc=1)
        self.assertIn("（示例）", said)
        self.assertIn("表头下面没有内容", said)
        hidden = ROOT / "tests" / "cases" / "import" / "c10-hidden-level-column.xlsx"
        said = run("check-sheets", *members, "--candidates", hidden, "--problems", "problems", rc=1)
        self.assertIn("M 列「级别」：这一列被隐藏", said)
        self.assertEqual([path.name for path in (self.directory / "problems").iterdir()], ["candidates-problems.xlsx"])
        # What turns nobody away is said all the same: an even committee, a sex that is not the number's.
        said = run("check-sheets", "--members", hidden.parent / "c55-twelve-experts.xlsx", "--candidates",
                   hidden.parent / "c17-hint-in-heading.xlsx")
        self.assertIn("评委会 12 人，应为单数", said)
        self.assertIn("第 2 行 王一凡：性别写的是「男」", said)
        # The copy shows the column; corrected, it can be imported as it is.
        run("check-sheets", *members, "--candidates", "problems/candidates-problems.xlsx")

    def test_people_are_enlisted_by_people_who_are_there(self):
        # Harm: whoever gets at the folder enlists himself and signs decisions.
        self.clerk("trail", "--name", "周晓棠", rc=1)
        self.clerk("enlist", "--name", "周晓棠", passphrase="短", rc=1)
        self.enlist()
        self.clerk("enlist", "--name", "李经办", rc=1)
        wrong = self.directory / "wrong"
        wrong.write_text("不是口令不是口令\n", encoding="utf-8")
        self.clerk("enlist", "--name", "李经办", "--by", 1, "--by-passphrase-file", wrong, rc=1)
        wrong.write_text("经办口令口令一号\n", encoding="utf-8")
        self.clerk("enlist", "--name", "李经办", "--by", 1, "--by-passphrase-file", wrong,
                   passphrase="经办口令口令二号")
        self.assertEqual(len(json.loads(self.clerk("trail", "--name", "李经办", "--json").stdout)), 1)

    def test_who_gives_up_at_the_passphrase_sees_again_what_he_types(self):
        # Harm: a terminal that stays silent; the next passphrase is typed where it is shown, or the window is closed.
        for signal_of in (lambda master, _: os.write(master, b"\x03"),
                          lambda _, program: program.send_signal(signal.SIGTERM)):
            master, slave = pty.openpty()
            with subprocess.Popen([BIN / "piaojue-office", "enlist", "--office", self.office, "--name", "周晓棠"],
                                  stdin=slave, stdout=subprocess.PIPE, stderr=slave, start_new_session=True,
                                  preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),
                                  env={k: v for k, v in os.environ.items() if k != "PIAOJUE_PASSPHRASE"}) as program:
                try:
                    shown = b""
                    while not shown.endswith("：".encode()):
                        self.assertTrue(select.select([master], [], [], 30)[0], shown)
                        shown += os.read(master, 1024)
                    self.assertFalse(termios.tcgetattr(slave)[3] & termios.ECHO)
                    signal_of(master, program)
                    self.assertIn(program.wait(30), (-signal.SIGINT, -signal.SIGTERM), "as ever, by that signal")
                    self.assertTrue(termios.tcgetattr(slave)[3] & termios.ECHO)
                finally:
                    program.kill()
                    os.close(slave)
                    os.close(master)

    def test_a_passphrase_is_asked_for_at_the_terminal_and_not_shown(self):
        # Harm: it stands on the screen, or is given in an argument that every user of the machine can list.
        def typed(*lines):
            master, slave = pty.openpty()
            with subprocess.Popen([BIN / "piaojue-office", "enlist", "--office", self.office, "--name", "周晓棠"],
                                  stdin=slave,
                                  stdout=subprocess.PIPE, stderr=slave,
                                  env={k: v for k, v in os.environ.items() if k != "PIAOJUE_PASSPHRASE"}) as program:
                os.close(slave)
                shown = b""
                try:
                    for line in lines:
                        while not shown.endswith("：".encode()):
                            self.assertTrue(select.select([master], [], [], 30)[0], shown)
                            shown += os.read(master, 1024)
                        os.write(master, line.encode() + b"\n")
                        shown += b"|"
                    program.wait(60)
                finally:
                    program.kill()
                while True:
                    try:
                        shown += os.read(master, 1024)
                    except OSError:
                        break
                os.close(master)
            return program.returncode, shown.decode(errors="replace")
        code, shown = typed("经办口令口令一号", "经办口令口令二号")
        self.assertEqual(code, 1, shown)
        self.assertIn("两次", shown)
        self.assertFalse((self.office / "ledger").exists())
        code, shown = typed("经办口令口令一号", "经办口令口令一号")
        self.assertEqual(code, 0, shown)
        self.assertNotIn("口令口令", shown)
        self.import_examples()

    def page(self):
        program = driver.Process("office", [BIN / "piaojue-office", "page", "--office", self.office, "--no-browser"],
                                 self.directory)
        self.addCleanup(program.stop)
        return program, page.Session(json.loads(program.wait_line(lambda _: True)[1])["url"]).door()

    def test_what_is_about_people_stays_in_the_office(self):
        # Harm: another user of the machine reads everybody's identity numbers; a sheet that was not imported lies about
        # for ever.
        self.enlist()
        self.import_examples()
        incoming = self.office / "incoming"
        def send_up(door):
            self.assertTrue(door.command('unlock {"person":1,"passphrase":"经办口令口令一号"}')["ok"])
            data = base64.b64encode((EXAMPLES / "candidates.xlsx").read_bytes()).decode()
            self.assertTrue(door.command("upload " + json.dumps({"kind": "candidates", "offset": 0,
                                                                 "data": data}))["ok"])
            self.assertTrue((incoming / "candidates").exists())
        program, door = self.page()
        before = door.command("state {}")
        self.assertEqual(set(before) - {"event", "tag", "ok", "code"}, {"folder", "today", "person", "people"})
        send_up(door)
        self.assertIn("papers", door.command("state {}"))
        # What ends a matter is named: nothing is dismissed or lapsed because a word was missing.
        for line in ('answer {"candidate":1}', 'answer {"candidate":1,"outcome":"x"}',
                     'resolve {"candidate":1,"text":"x"}'):
            self.assertIn("请写明", door.command(line)["message"], line)
        for path in (self.office, *self.office.rglob("*")):
            self.assertEqual(path.stat().st_mode & 0o077, 0, path)
        program.kill9()
        program, door = self.page()
        self.assertFalse(incoming.exists())
        send_up(door)
        self.assertEqual(program.stop(), 0)
        self.assertFalse(incoming.exists())

    def test_sheets_saved_by_another_program_are_judged_the_same(self):
        # Harm: an office whose program writes numbers, dates or strings another way is judged on other facts.
        def judged(folder, prefix, office):
            self.clerk("enlist", "--name", "周晓棠", office=office)
            self.clerk("import", *(word for kind in ("members", "candidates", "appraisals")
                                   for word in (f"--{kind}", folder / f"{prefix}{kind}.xlsx")),
                       "--date", "2026-10-08", "--extension", "示例", office=office)
            return json.loads(self.clerk("verdicts", "--json", office=office).stdout)
        sheets = ROOT / "tests/cases/sheets"
        mine = judged(EXAMPLES, "", self.directory / "mine")
        self.assertEqual(len(mine), 20)
        self.assertEqual(judged(sheets, "libreoffice-", self.directory / "theirs"), mine)
        # Dates that became serial numbers are read; identity numbers that lost their digits are named, each with its
        # cell, and nothing else.
        self.enlist()
        refused = self.clerk("import", "--members", EXAMPLES / "members.xlsx", "--candidates",
                             sheets / "libreoffice-typed-candidates.xlsx",
                             "--date", "2026-10-08", "--extension", "示例", rc=1).stderr
        faults = [line for line in refused.splitlines() if "行" in line]
        self.assertEqual(len(faults), 17, refused)
        for line in faults:
            self.assertRegex(line, r"第 \d+ 行 I 列.*证件号码被存成了数字")

    def test_wrong_usage_is_exit_2(self):
        for args in (("fly",), ("enlist",), ("decide", "--candidate", "0", "--verdict", "ELIGIBLE", "--reason", "x"),
                     ("decide", "--candidate", "1", "--verdict", "MAYBE", "--reason", "x"),
                     ("resolve", "--candidate", "1", "--text", "x")):
            self.clerk(*args, rc=2)

    def test_tables_that_are_not_there_are_asked_for(self):
        # Harm: a clerk in another folder is told that a file is missing, and not what to do; or a year is guessed.
        self.enlist()
        self.import_examples()
        self.assertIn("--data", self.clerk("verdicts", "--data", self.directory / "nowhere", rc=1).stderr)
        of_another_year = self.directory / "tables"
        of_another_year.mkdir()
        shutil.copy(ROOT / "office" / "rules" / "tables" / "standard-2023-13.toml", of_another_year)
        notice = ("notice", "--candidate", 1, "--item", "缺考核表|第五条", "--date", "2026-10-09")
        self.assertIn("holidays-2026.toml", self.clerk(*notice, "--data", of_another_year, rc=1).stderr)
        self.assertIn("补正期限", self.clerk(*notice).stdout)

    def test_an_installation_has_all_that_it_needs(self):
        # Harm: what runs in the build folder stands still on the office's machine.
        prefix = self.directory / "usr"
        subprocess.run(["cmake", "--install", BIN.parent, "--prefix", prefix], check=True, capture_output=True,
                       timeout=60)
        for program in ("piaojue", "piaojue-office", "piaojue-server", "piaojue-verify"):
            subprocess.run([prefix / "bin" / program, "--version"], check=True, capture_output=True, timeout=20)
        self.assertTrue((prefix / "share" / "piaojue" / "auditor.html").exists())
        self.enlist()
        self.import_examples()
        done = subprocess.run([prefix / "bin" / "piaojue-office", "verdicts", "--office", self.office],
                              capture_output=True, text=True, timeout=60, cwd=self.directory)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(len(done.stdout.splitlines()), 20)

    def test_a_sheet_with_a_fault_imports_nothing(self):
        self.enlist()
        bad = self.directory / "bad.csv"
        bad.write_text("姓名,单位,级别,渠道,批次\n张三,某公司,高级,正常,一\n", encoding="utf-8")
        before = (self.office / "ledger").read_bytes()
        done = self.clerk("import", "--members", EXAMPLES / "members.xlsx", "--candidates", bad, rc=1)
        self.assertIn("第 2 行", done.stderr)
        self.clerk("verdicts", rc=1)
        self.assertEqual((self.office / "ledger").read_bytes(), before)

    def test_from_sheets_to_the_files_of_the_meeting(self):
        self.enlist()
        self.import_examples()
        verdicts = json.loads(self.clerk("verdicts", "--json").stdout)
        self.assertEqual(len(verdicts), 20)
        review = [v["candidate"] for v in verdicts if v["standing"] == "REVIEW"]
        out = self.directory / "roster"
        if review:
            self.assertIn("须人工认定", self.clerk("roster", "--out", out, rc=1).stderr)
            self.assertFalse(out.exists())
        # A decision without its basis does not settle a REVIEW.
        self.clerk("decide", "--candidate", review[0], "--verdict", "ELIGIBLE", "--reason", "材料齐全", rc=1)
        self.clerk("decide", "--candidate", review[0], "--verdict", "ELIGIBLE", "--reason", "证件 370202199001011234",
                   "--basis", "x", rc=1)
        for number in review:
            self.clerk("decide", "--candidate", number, "--verdict", "NOT_ELIGIBLE" if number == review[0]
                       else "ELIGIBLE", "--reason", "经办人核对原件", "--basis", "第五条", "--date", "2026-10-20")
        self.clerk("roster", "--out", out, "--meeting", EXAMPLES / "meeting.toml", "--date", "2026-11-01")
        with open(out / "candidates.csv", encoding="utf-8", newline="") as file:
            rows = list(csv.reader(file))
        left_out = sum(v["standing"] == "NOT_ELIGIBLE" for v in verdicts) + 1
        self.assertEqual(len(rows) - 1, 20 - left_out)
        done = subprocess.run([BIN / "piaojue-server", "init", self.directory / "server", "--meeting",
                               out / "meeting.toml", "--members",
                               out / "members.csv", "--candidates", out / "candidates.csv", "--recusals",
                               out / "recusals.csv", "--listen", "127.0.0.1:0"],
                              capture_output=True, text=True, timeout=120)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        suggested = len((out / "recusals.csv").read_text(encoding="utf-8").splitlines()) - 1
        self.assertIn(f"suggested recusals {suggested}\n", done.stdout)
        # Harm: the sheet is exchanged after people were judged by it.
        self.clerk("import", "--members", EXAMPLES / "members.xlsx", "--candidates", EXAMPLES / "candidates.xlsx", rc=1)
        for path in (self.office / "imports").iterdir():
            path.chmod(0o600)
            path.write_bytes(path.read_bytes() + b" ")
        self.assertIn("被改动", self.clerk("verdicts", rc=1).stderr)

    def test_a_correction_notice_is_made_once(self):
        self.enlist()
        self.import_examples()
        issue = ("notice", "--candidate", 3, "--item", "缺 2021 年度考核表|第五条（三）", "--days", 5, "--date",
                 "2026-09-24")
        self.assertIn("2026-10-09", self.clerk(*issue).stdout)
        self.clerk(*issue, rc=1)
        self.clerk("notice", "--candidate", 3, "--lapse", "--date", "2026-10-09", rc=1)
        self.clerk("notice", "--candidate", 3, "--corrected", "--date", "2026-10-10", rc=1)
        self.assertIn("视为放弃申报", self.clerk("notice", "--candidate", 3, "--lapse", "--date", "2026-10-10").stdout)
        self.assertEqual(len(json.loads(self.clerk("trail", "--candidate", 3, "--json").stdout)), 3)
        # Whoever has given up is given up. Harm: a deed about him that no command can follow any more ends the office.
        size = (self.office / "ledger").stat().st_size
        for deed in (("withdraw", "--candidate", "3", "--reason", "本人申请"),
                     ("amend", "--candidate", "3", "--set", "学历=大专", "--reason", "核对原件", "--file",
                      self.evidence()),
                     ("decide", "--candidate", "3", "--verdict", "ELIGIBLE", "--reason", "齐", "--basis", "第五条")):
            self.assertIn("视为放弃", self.clerk(*deed, "--date", "2026-10-12", rc=1).stderr)
        self.assertEqual((self.office / "ledger").stat().st_size, size)
        self.assertIn("补正期限", self.clerk("notice", "--candidate", 4, "--item", "缺考核表|第五条", "--date",
                                         "2026-10-12").stdout)

    def verdict_of(self, number):
        return json.loads(self.clerk("verdicts", "--json").stdout)[number - 1]

    def evidence(self):
        path = self.directory / "依据.pdf"
        path.write_bytes(b"%PDF-1.4 invented")
        return path

    def test_facts_are_amended_with_both_values_and_the_verdict_follows(self):
        # Harm: a corrected fact is typed into the sheet outside of the ledger, or the old decision stands on new facts.
        self.enlist()
        self.import_examples()
        listed = dict(line.split("\t", 1) for line in
                      self.clerk("amend", "--candidate", 2).stdout.splitlines() if "\t" in line)
        self.assertNotIn("证件号码", listed)
        self.assertEqual(listed["姓名"], self.verdict_of(2)["name"])
        before = self.verdict_of(2)
        how = ("--reason", "核对原件", "--file", self.evidence(), "--date", "2026-10-09")
        # Nothing is written of what can not be read, is the same, is no column, or would show an identity number.
        size = (self.office / "ledger").stat().st_size
        for set_, word in (("毕业时间=某年", "应为日期"), (f"学历={listed['学历']}", "与原来相同"),
                           ("身高=180", "没有"),
                           ("证件号码=370202199001011234", "不写入"), ("业绩摘要=370202199001011234", "身份证号"),
                           ("姓名=", "不能为空"), ("2024年度考核=很好", "应为优秀"), ("学历", "列名=新值")):
            self.assertIn(word, self.clerk("amend", "--candidate", 2, "--set", set_, *how, rc=1).stderr, set_)
        for missing in (("--reason", "x"), ("--file", self.evidence())):
            self.clerk("amend", "--candidate", 2, "--set", "毕业时间=2001-07", *missing, rc=1)
        self.assertEqual((self.office / "ledger").stat().st_size, size)
        self.clerk("decide", "--candidate", 2, "--verdict", "ELIGIBLE", "--reason", "齐", "--basis", "第五条", "--date",
                   "2026-10-09")
        said = self.clerk("amend", "--candidate", 2, "--set", "处分=警告", "--set", "处分影响期止=2027-06", *how).stdout
        self.assertIn("不符合条件", said)
        self.assertIn("须重新决定", said)
        after = self.verdict_of(2)
        self.assertEqual((after["machine"], after["human"], after["amended"]), ("NOT_ELIGIBLE", None, 1))
        self.assertNotEqual(before["machine"], after["machine"])
        entry = json.loads(self.clerk("trail", "--candidate", 2, "--json").stdout)[-1]
        self.assertEqual(entry["deed"], "Amend")
        self.assertIn("处分影响期止：— → 2027-06", entry["texts"]["changes"])
        # The file is kept, and others' verdicts are what they were.
        self.assertEqual(len(list((self.office / "imports").iterdir())), 4)
        out = self.directory / "papers"
        self.clerk("verdicts", "--out", out, "--date", "2026-10-10")
        text = next(out.glob("08-*.html")).read_text(encoding="utf-8")
        self.assertIn("更正 处分影响期止：— → 2027-06（周晓棠，2026-10-09）：核对原件", text)
        self.assertIn("更正前程序结论", text)
        self.assertIn("因事实更正失效", text)
        # And back again: the last word counts. A name and an appraisal are amended as well.
        self.clerk("amend", "--candidate", 2, "--set", "处分=无", "--set", "处分影响期止=", "--set",
                   "姓名=新姓名", "--set", "2019年度考核=合格", *how)
        again = self.verdict_of(2)
        self.assertEqual((again["machine"], again["name"]), (before["machine"], "新姓名"))

    def test_who_withdraws_is_not_waited_for_and_does_not_come(self):
        # Harm: the meeting waits for, or votes on, somebody who took the application back.
        self.enlist()
        self.import_examples()
        review = [v["candidate"] for v in json.loads(self.clerk("verdicts", "--json").stdout)
                  if v["standing"] == "REVIEW"]
        self.clerk("withdraw", "--candidate", f"{review[0]},1", "--reason", "本人申请", "--date", "2026-10-09")
        for command in (("decide", "--candidate", 1, "--verdict", "ELIGIBLE", "--reason", "x", "--basis", "y"),
                        ("amend", "--candidate", 1, "--set", "学历=硕士", "--reason", "x", "--file", self.evidence()),
                        ("withdraw", "--candidate", 1, "--reason", "再一次")):
            self.assertIn("已撤回", self.clerk(*command, rc=1).stderr)
        if review[1:]:
            # Decisions for many, one entry.
            entries = len(json.loads(self.clerk("trail", "--name", "周晓棠", "--json").stdout))
            said = self.clerk("decide", "--candidate", ",".join(map(str, review[1:])), "--verdict", "ELIGIBLE",
                              "--reason", "一并核对原件", "--basis", "第五条", "--date", "2026-10-10").stdout
            self.assertIn(f"{len(review) - 1} 人一并决定", said)
            self.assertEqual(len(json.loads(self.clerk("trail", "--name", "周晓棠", "--json").stdout)), entries + 1)
        out = self.directory / "roster"
        self.clerk("roster", "--out", out, "--date", "2026-11-01")
        names = [v["name"] for v in json.loads(self.clerk("verdicts", "--json").stdout)]
        text = (out / "candidates.csv").read_text(encoding="utf-8")
        for gone in (1, review[0]):
            self.assertNotIn(f'"{names[gone - 1]}"', text)
        self.assertIn(f'"{names[review[1] - 1]}"', text)

    def test_many_are_decided_together_or_none(self):
        # Harm: of a list with one name that can not be decided, a part is decided and nobody knows which.
        self.enlist()
        self.import_examples()
        size = (self.office / "ledger").stat().st_size
        self.clerk("decide", "--candidate", "2,21", "--verdict", "ELIGIBLE", "--reason", "x", "--basis", "y", rc=1)
        self.clerk("decide", "--candidate", "1-20", "--verdict", "ELIGIBLE", "--reason", "x", rc=1)
        self.assertEqual((self.office / "ledger").stat().st_size, size)
        self.clerk("decide", "--candidate", "1-20", "--verdict", "NOT_ELIGIBLE", "--reason", "x", "--basis", "y")
        self.assertEqual({v["standing"] for v in json.loads(self.clerk("verdicts", "--json").stdout)}, {"NOT_ELIGIBLE"})
        self.clerk("decide", "--candidate", "3-1", "--verdict", "ELIGIBLE", "--reason", "x", rc=2)

    def test_a_part_of_the_list_comes_again_while_nothing_is_decided_about_it(self):
        # Harm: one wrong row, and the whole list has to be judged anew; or somebody who was decided about is exchanged.
        self.enlist()
        self.import_examples()
        verdicts = json.loads(self.clerk("verdicts", "--json").stdout)
        kept = verdicts[4]
        part = self.directory / "part.csv"
        cells = dict(line.split("\t", 1) for line in
                     self.clerk("amend", "--candidate", 4).stdout.splitlines() if "\t" in line)
        def write(*rows):
            with open(part, "w", encoding="utf-8", newline="") as file:
                csv.writer(file).writerows([["姓名", "单位", "级别", "渠道", "批次", "学历", "毕业时间"], *rows])
        write([cells["姓名"], cells["单位"], "助理级", "正常", cells["批次"], "大专", "2020-07"],
              ["新来者", "某新公司", "中级", "正常", cells["批次"], "本科", "2015-07"])
        bring = ("import", "--part", "--candidates", part, "--date", "2026-10-09")
        self.clerk("decide", "--candidate", 5, "--verdict", "NOT_ELIGIBLE", "--reason", "x", "--basis", "y")
        self.clerk(*bring, "--members", EXAMPLES / "members.xlsx", rc=2)
        self.assertIn("重新导入 1 人，新增 1 人", self.clerk(*bring).stdout)
        again = json.loads(self.clerk("verdicts", "--json").stdout)
        self.assertEqual(len(again), 21)
        self.assertEqual((again[20]["name"], again[3]["level"]), ("新来者", "助理级"))
        self.assertEqual((again[4]["machine"], again[4]["human"]), (kept["machine"], "NOT_ELIGIBLE"))
        # The same person twice; and one about whom something was done.
        write([cells["姓名"], cells["单位"], "助理级", "正常", "一", "大专", ""],
              [kept["name"], dict(line.split("\t", 1) for line in
                                  self.clerk("amend", "--candidate", 5).stdout.splitlines())["单位"],
               "中级", "正常", "一", "", ""])
        self.assertIn("不能再随部分名单导入", self.clerk(*bring, rc=1).stderr)
        self.assertEqual(len(json.loads(self.clerk("verdicts", "--json").stdout)), 21)

    def part(self, *rows, rc=0, more=()):
        part = self.directory / "part.csv"
        with open(part, "w", encoding="utf-8", newline="") as file:
            csv.writer(file).writerows(rows)
        done = self.clerk("import", "--part", "--candidates", part, "--date", "2026-10-09", *more, rc=rc)
        return done.stdout if rc == 0 else done.stderr

    def import_list(self, *rows):
        self.enlist()
        listed = self.directory / "list.csv"
        with open(listed, "w", encoding="utf-8", newline="") as file:
            csv.writer(file).writerows(rows)
        self.clerk("import", "--members", EXAMPLES / "members.xlsx", "--candidates", listed, "--date", "2026-10-09")

    def verdicts(self):
        return json.loads(self.clerk("verdicts", "--json").stdout)

    def test_an_identity_number_of_a_part_never_takes_anybody_s_place(self):
        # Harm: a copied number replaces somebody on the list; a corrected one makes two applicants of one.
        head = ["姓名", "单位", "级别", "渠道", "证件号码"]
        wang, li = "11010519491231002X", "440524198001010013"
        self.import_list(head, ["王五", "甲公司", "中级", "正常", wang], ["李四", "乙公司", "中级", "正常", li])
        self.assertIn("第 1 号 王五", self.part(head, ["李四", "乙公司", "中级", "正常", wang], rc=1))
        self.assertEqual([one["name"] for one in self.verdicts()], ["王五", "李四"])
        other = "370211198503121024"
        again = (head, ["王五", "甲公司", "助理级", "正常", other])
        refused = self.part(*again, rc=1)
        self.assertIn("请把 1 写入证件号码已更正的申报人", refused)
        self.assertIn("是另外的人", refused)
        self.assertIn("重新导入 1 人，新增 0 人", self.part(*again, more=("--corrected", "1")))
        self.assertEqual([(one["name"], one["level"]) for one in self.verdicts()],
                         [("王五", "助理级"), ("李四", "中级")])
        self.assertIn("新增 1 人", self.part(head, ["王五", "甲公司", "中级", "正常", wang], more=("--namesakes",)))
        self.assertEqual(len(self.verdicts()), 3)
        self.assertNotIn(other, (self.office / "ledger").read_bytes().decode("utf-8", "replace"))

    def test_a_name_in_other_characters_is_looked_at_across_sheets(self):
        # Harm: one person stands on the ballot twice, because the second sheet was typed with another keyboard.
        head = ["姓名", "单位", "级别", "渠道", "学历", "学位", "毕业时间", "参加工作时间", "现职称", "现职称取得时间",
                "继续教育", "处分", "申报日期", *(f"{year}年度考核" for year in range(2019, 2024))]
        facts = ["副高级", "正常", "本科", "学士", "2007-07", "2007-07", "工程师", "2018-12", "达标", "无",
                 "2024-09-01", *["合格"] * 5]
        self.import_list(head, ["张国华", "甲公司", *facts], ["李四", "乙公司", *facts])
        self.assertEqual([one["machine"] for one in self.verdicts()], ["ELIGIBLE", "ELIGIBLE"])
        self.part(head, ["張國華", "甲公司", *facts])
        one, other, again = self.verdicts()
        self.assertEqual([one["machine"], other["machine"], again["machine"]], ["REVIEW", "ELIGIBLE", "REVIEW"])
        self.assertIn("第 3 号", one["reason"])
        self.assertIn("第 1 号", again["reason"])

    def test_a_part_takes_no_year_of_appraisals_away(self):
        # Harm: the one bad year of somebody is gone, because a part brought another year.
        years = ["2021年度考核", "2022年度考核", "2023年度考核"]
        head = ["姓名", "单位", "级别", "渠道"]
        self.import_list(head + years, ["张国华", "甲公司", "中级", "正常", "基本合格", "合格", "合格"])
        self.part(head + years[2:], ["张国华", "甲公司", "中级", "正常", "优秀"])
        cells = self.clerk("amend", "--candidate", 1).stdout
        for line in ("2021年度考核\t基本合格", "2022年度考核\t合格", "2023年度考核\t优秀"):
            self.assertIn(line, cells)

    def test_a_refused_import_says_which_file_it_is(self):
        # Harm: of three files one is a PDF, and the clerk looks for the fault in the two others.
        self.enlist()
        cases = ROOT / "tests" / "cases" / "import"
        refused = self.clerk("import", "--members", EXAMPLES / "members.xlsx", "--candidates",
                             cases / "c46-not-a-sheet.pdf", rc=1).stderr
        self.assertRegex(refused, "申报人名册.*PDF")
        refused = self.clerk("import", "--members", cases / "c47-not-a-sheet.jpg", "--candidates",
                             EXAMPLES / "candidates.xlsx", rc=1).stderr
        self.assertRegex(refused, "人员名册.*图片")

    def test_a_day_out_of_order_asks_for_a_reason(self):
        # Harm: a notice or an objection is dated into its deadline afterwards, and nobody asks.
        self.clerk("enlist", "--name", "周晓棠", "--date", "2199-01-01", rc=1, dated=False)
        self.assertFalse((self.office / "ledger.head").exists())
        self.clerk("enlist", "--name", "周晓棠", "--date", "2026-10-08", dated=False)
        sheets = ("import", "--members", EXAMPLES / "members.xlsx", "--candidates", EXAMPLES / "candidates.xlsx")
        refused = self.clerk(*sheets, "--date", "2026-10-07", rc=1, dated=False).stderr
        self.assertIn("2026-10-08", refused)
        self.assertIn("日期不按先后的理由", refused)
        self.clerk(*sheets, "--date", "2026-10-07", "--date-reason", "补记", dated=False)
        self.clerk("verdicts", "--out", self.directory / "p", "--date", "2199-01-01", rc=1, dated=False)
        trail = json.loads(self.clerk("trail", "--candidate", 1, "--json").stdout)
        self.assertEqual(trail[-1]["texts"]["date_reason"], "补记")

    def test_a_missing_year_is_said_when_it_is_planned(self):
        # Harm: the list hangs for days before anybody learns that its end can not be reckoned.
        self.enlist()
        self.import_examples()
        self.assertIn("2026-12-30", self.clerk("deadline", "--from", "2026-12-23", "--days", 5).stdout)
        self.assertIn("2027", self.clerk("deadline", "--from", "2026-12-25", rc=1).stderr)
        self.assertIn("2027", self.clerk("notice", "--candidate", 3, "--item", "缺|第五条", "--days", 10, "--date",
                                         "2026-12-25", rc=1).stderr)

    def test_the_folder_for_the_meeting_has_no_identity_number(self):
        # Harm: a copy of the members' sheet goes to the hall with everybody's number in it; or, without it, the chair
        # is another one, or somebody judges a level that is not his.
        self.enlist()
        members = self.directory / "members.csv"
        members.write_text("\n".join([
            "姓名,单位,评委会职务,可评级别,证件号码",
            "李副,单位甲,副主任委员,全部,", "王正,单位乙,主任委员,正高级、副高级,",
            "张同,单位丙,专家,中级,110101197003070020", "张同,单位丙,评委,,110101198503070021",
            "办,单位丁,经办人,,", "督,单位戊,监督,,", "屏,,大屏,,", ""]), encoding="utf-8")
        candidates = self.directory / "candidates.csv"
        candidates.write_text("姓名,单位,级别,渠道,批次\n甲,别处,中级,正常,一\n", encoding="utf-8")
        self.clerk("import", "--members", members, "--candidates", candidates)
        self.clerk("decide", "--candidate", "1", "--verdict", "ELIGIBLE", "--reason", "x", "--basis", "y")
        out = self.directory / "roster"
        self.clerk("roster", "--out", out)
        with open(out / "members.csv", encoding="utf-8", newline="") as file:
            rows = list(csv.reader(file))
        self.assertEqual(rows, [
            ["姓名", "单位", "角色", "可评级别"], ["李副", "单位甲", "副主任委员", ""],
            ["王正", "单位乙", "主任委员", "正高级、副高级"], ["张同（1970年生）", "单位丙", "专家", "中级"],
            ["张同（1985年生）", "单位丙", "专家", ""], ["办", "单位丁", "工作人员", ""],
            ["督", "单位戊", "监督人员", ""], ["屏", "", "大屏", ""]])
        for file in out.iterdir():
            self.assertNotRegex(file.read_text(encoding="utf-8"), r"\d{17}[\dX]")
        # Read again it says the same of everybody.
        self.clerk("check-sheets", "--members", out / "members.csv", "--candidates", candidates)
        again = self.directory / "again"
        self.office = self.directory / "office-again"
        self.enlist()
        self.clerk("import", "--members", out / "members.csv", "--candidates", candidates)
        self.clerk("decide", "--candidate", "1", "--verdict", "ELIGIBLE", "--reason", "x", "--basis", "y")
        self.clerk("roster", "--out", again)
        self.assertEqual((again / "members.csv").read_bytes(), (out / "members.csv").read_bytes())

    def test_suggested_recusals_go_along_unless_they_are_struck(self):
        # Harm: an expert sits over his own colleague because the list that said so stayed in the office.
        self.enlist()
        members = self.directory / "members.csv"
        with open(EXAMPLES / "members-gb18030.csv", encoding="gb18030") as file:
            members.write_text(file.read(), encoding="utf-8")
        with open(members, encoding="utf-8", newline="") as file:
            people = list(csv.DictReader(file))
        expert = next(i for i, row in enumerate(people, 1) if "专家" in row["角色"] or "评委" in row["角色"])
        candidates = self.directory / "c.csv"
        with open(candidates, "w", encoding="utf-8", newline="") as file:
            csv.writer(file).writerows([["姓名", "单位", "级别", "渠道", "批次"],
                                        ["甲", "别处", "中级", "正常", "一"],
                                        ["乙", people[expert - 1]["单位"], "中级", "正常", "一"]])
        self.clerk("import", "--members", members, "--candidates", candidates)
        self.clerk("decide", "--candidate", "1-2", "--verdict", "ELIGIBLE", "--reason", "x", "--basis", "y")
        rows = json.loads(self.clerk("recusals", "--json").stdout)
        mine = [(row["person"], row["candidate"]) for row in rows]
        self.assertIn((expert, 2), mine)
        out = self.directory / "roster"
        self.clerk("roster", "--out", out)
        with open(out / "recusals.csv", encoding="utf-8", newline="") as file:
            self.assertEqual([(int(row["评审专家序号"]), int(row["申报人序号"])) for row in csv.DictReader(file)], mine)
        strike = ("roster", "--out", out, "--strike-recusal", f"{expert}:2")
        self.clerk(*strike, rc=1)
        self.clerk("roster", "--out", out, "--strike-recusal", f"{expert}:1", "--strike-reason", "x", rc=1)
        self.clerk(*strike, "--strike-reason", "已调离该单位")
        self.assertNotIn(f'"{expert}","', (out / "recusals.csv").read_text(encoding="utf-8").split("\n", 1)[1])

    def test_ballots_of_paper_are_of_the_roster_that_was_made_last(self):
        # Harm: on the day on which machines fail there are no ballots; or their numbers are not the meeting's, they
        # name somebody who has withdrawn, or making them is a deed that nobody has done.
        self.enlist()
        candidates = self.directory / "c.csv"
        with open(candidates, "w", encoding="utf-8", newline="") as file:
            csv.writer(file).writerows([["姓名", "单位", "级别", "渠道", "批次"],
                                        ["甲", "甲公司", "中级", "正常", "二"],
                                        ["乙", "乙公司", "副高级", "正常", "一"],
                                        ["丙", "丙公司", "中级", "正常", "二"],
                                        ["丁", "丁公司", "中级", "正常", "二"]])
        self.clerk("import", "--members", EXAMPLES / "members.xlsx", "--candidates", candidates)
        self.clerk("decide", "--candidate", "1-4", "--verdict", "ELIGIBLE", "--reason", "x", "--basis", "y")
        roster, out = self.directory / "roster", self.directory / "ballots"
        make = ("ballots", "--roster", roster, "--out", out)
        self.assertIn("请先形成名单", self.clerk(*make, rc=1).stderr)
        self.clerk("roster", "--out", roster, "--meeting", EXAMPLES / "meeting.toml")
        before = (self.office / "ledger").read_bytes()
        self.assertIn("2 种", self.clerk(*make).stdout)
        self.assertEqual((self.office / "ledger").read_bytes(), before)
        texts = [(out / f"11-表决票-{batch}.html").read_text(encoding="utf-8") for batch in (1, 2)]
        rows = [re.findall(r"<tr><td>(第 \d 号)</td><td>(.)</td>", text) for text in texts]
        with open(roster / "candidates.csv", encoding="utf-8", newline="") as file:
            listed = [row["姓名"] for row in csv.DictReader(file)]
        # The server numbers batch by batch, in the order of this file.
        of_meeting = {name: n for n, name in enumerate(["甲", "丙", "丁", "乙"], 1)}
        self.assertEqual(sorted(listed), sorted(of_meeting))
        self.assertEqual(rows, [[(f"第 {of_meeting[name]} 号", name) for name in names] for names in ("甲丙丁", "乙")])
        with open(EXAMPLES / "meeting.toml", "rb") as file:
            self.assertIn(tomllib.load(file)["title"], texts[0])
        self.clerk("withdraw", "--candidate", "3", "--reason", "本人申请")
        self.assertIn("请重新形成名单", self.clerk(*make, rc=1).stderr)
        self.clerk("roster", "--out", self.directory / "roster-2")
        self.assertIn("不是最近一次形成的名单", self.clerk(*make, rc=1).stderr)

    def test_papers_before_the_meeting_name_everybody_and_no_identity_number(self):
        # Harm: an applicant who is told by word of mouth, or whose number hangs on a wall.
        self.enlist()
        self.import_examples()
        out = self.directory / "papers"
        self.clerk("verdicts", "--out", out, "--date", "2026-10-09")
        self.clerk("notice", "--candidate", 3, "--item", "缺<b>年度考核表|第五条（三）", "--days", 5, "--date",
                   "2026-09-24", "--out", out)
        table, = out.glob("08-资格审核表.html")
        notice, = out.glob("09-补正通知书-3.html")
        verdicts = json.loads(self.clerk("verdicts", "--json").stdout)
        text = table.read_text(encoding="utf-8")
        for verdict in verdicts:
            self.assertIn(f"<td>{verdict['name']}</td>", text)
            self.assertTrue(html.escape(verdict["reason"]) in text, verdict)
        said = notice.read_text(encoding="utf-8")
        self.assertIn("2026-10-09", said, "the deadline of the working days")
        self.assertIn("缺&lt;b&gt;年度考核表", said)
        for page in (text, said):
            self.assertNotRegex(page, r"(?<![0-9a-f])\d{17}[0-9X](?![0-9a-f])")
        self.clerk("verdicts", "--out", out, "--json", rc=2)
        deeds = [entry["deed"] for entry in json.loads(self.clerk("trail", "--name", "周晓棠", "--json").stdout)]
        self.assertEqual(deeds.count("Papers"), 2)

    def test_what_is_refused_has_written_neither_entry_nor_file(self):
        # Harm: the one correction notice is spent without its paper; a sheet that was not imported, or papers that no
        # entry names, lie about.
        self.enlist()
        ledger = self.office / "ledger"
        sheets = ("--members", EXAMPLES / "members.xlsx", "--candidates", EXAMPLES / "candidates.xlsx")
        self.clerk("import", *sheets, passphrase="不是口令不是口令", rc=1)
        self.assertFalse((self.office / "imports").exists())
        self.import_examples()
        before = ledger.read_bytes()
        out = self.directory / "papers"
        notice = ("notice", "--candidate", 3, "--item", "缺年度考核表|第五条（三）", "--date", "2026-09-24", "--out")
        for command in (("verdicts", "--out"), notice):
            self.clerk(*command, out, passphrase="不是口令不是口令", rc=1)
            self.assertFalse(out.exists(), command)
        # No folder can be made below a file.
        self.clerk(*notice, ledger / "papers", rc=1)
        self.assertEqual(ledger.read_bytes(), before)
        self.clerk(*notice, out)
        self.assertTrue(any(out.glob("09-*.html")))

    def test_an_altered_ledger_is_refused_by_its_entry(self):
        self.enlist()
        self.import_examples()
        path = self.office / "ledger"
        altered = bytearray(path.read_bytes())
        altered[-5] ^= 1
        path.write_bytes(altered)
        self.assertIn("第 1 条", self.clerk("verdicts", rc=1).stderr)

    def meet(self):
        """A meeting of two applicants who both pass. @return record and head hash"""
        with small.Small(BIN, experts=4, batches=(2,)) as meeting:
            meeting.start()
            meeting.open(1)
            meeting.tokens(1)
            meeting.cast({1: "agree", 2: "agree", 3: "agree", 4: "abstain"}, [1, 2])
            meeting.close()
            meeting.declare(1)
            self.assertEqual(meeting.end().returncode, 0)
            head = meeting.client(meeting.chair).wait("head", 10)["hex"]
            record = self.directory / "record.piaojue"
            shutil.copy(meeting.directory / "record.piaojue", record)
        return record, head

    def test_nobody_is_posted_whom_the_office_no_longer_takes_for_eligible(self):
        # Harm: somebody who was found not eligible after the roster was made gets the certificate all the same.
        record, head = self.meet()
        people = ["申报人0001", "申报人0002"]
        self.import_list(["姓名", "单位", "级别", "渠道", "批次"],
                         *([name, "某公司", "高级工程师", "正常", "第1批"] for name in people))
        self.clerk("decide", "--candidate", "1-2", "--verdict", "ELIGIBLE", "--reason", "齐", "--basis", "第五条")
        self.clerk("roster", "--out", self.directory / "roster")
        fallen = ("decide", "--candidate", "2", "--verdict", "NOT_ELIGIBLE", "--reason", "x", "--basis", "y")
        self.assertIn("请重新形成名单", self.clerk(*fallen).stdout)
        make = ("papers", "--record", record, "--anchor", head, "--out", self.directory / "papers")
        size = (self.office / "ledger").stat().st_size
        self.assertIn("第 2 号", self.clerk(*make, rc=1).stderr)
        self.assertEqual((self.office / "ledger").stat().st_size, size)
        # Made again after the vote, a roster does not part the record from the one that it was drafted from.
        self.clerk("withdraw", "--candidate", "2", "--reason", "本人申请")
        self.clerk("roster", "--out", self.directory / "roster-2")
        self.assertIn("第 2 号", self.clerk(*make).stdout)
        posted = next((self.directory / "papers").glob("*公示名单*.html")).read_text(encoding="utf-8")
        self.assertIn(people[0], posted)
        self.assertNotIn(people[1], posted)

    def test_from_the_record_to_the_certificates(self):
        record, head = self.meet()
        self.enlist()
        out = self.directory / "papers"
        of = ("--record", record, "--anchor", head)
        self.clerk("papers", "--record", record, "--anchor", "0" * 64, "--out", out, rc=1)
        self.clerk("papers", *of, "--out", out, passphrase="不是口令不是口令", rc=1)
        self.assertFalse(out.exists())
        before = (self.office / "ledger").read_bytes()
        self.clerk("papers", *of, "--out", self.office / "ledger" / "papers", rc=1)
        self.assertEqual((self.office / "ledger").read_bytes(), before, "the record is cited, but its papers are not")
        self.clerk("papers", *of, "--out", out, "--date", "2026-09-17")
        table = next(out.glob("04-*.html"))
        self.clerk("check-paper", *of, table)
        self.clerk("check-paper", *of, next(out.glob("04-*.xlsx")))
        forged = self.directory / "forged.html"
        text = table.read_text(encoding="utf-8")
        self.assertIn('<td class="n">3</td>', text)
        forged.write_text(text.replace('<td class="n">3</td>', '<td class="n">4</td>', 1), encoding="utf-8")
        verify = [BIN / "piaojue-verify", record, "--anchor", head, "--paper"]
        self.assertEqual(subprocess.run([*verify, table], capture_output=True, timeout=60).returncode, 0)
        self.assertEqual(subprocess.run([*verify, forged], capture_output=True, timeout=60).returncode, 1)
        done = subprocess.run([BIN / "piaojue-office", "check-paper", *of, forged], capture_output=True, text=True,
                              timeout=60)
        self.assertEqual(done.returncode, 1)
        self.assertIn("不符", done.stdout)
        # Publicity in two places, five working days, an objection that holds back one.
        self.clerk("file", "--number", "一号", "--date", "2026-09-18", rc=1)
        self.clerk("publish", "--place", "服务平台", "--date", "2026-09-17")
        self.assertIn("2026-09-24", self.clerk("publish", "--place", "政务网", "--date", "2026-09-18").stdout)
        self.clerk("publish", "--place", "第三处", "--date", "2026-09-18", rc=1)
        self.clerk("object", "--candidate", 1, "--text", "业绩待核", "--date", "2026-09-21")
        self.clerk("file", "--number", "一号", "--date", "2026-09-24", rc=1)
        self.clerk("file", "--number", "一号", "--date", "2026-09-25")
        self.clerk("certificates", "--date", "2026-09-25", rc=1)
        self.clerk("announce", "--number", "二号", "--date", "2026-09-28")
        self.assertIn("已移交电子证书：1 人", self.clerk("certificates", "--date", "2026-09-29").stdout)
        trail = json.loads(self.clerk("trail", "--candidate", 1, "--json").stdout)
        self.assertEqual([entry["deed"] for entry in trail], ["Record", "Object"])


if __name__ == "__main__":
    unittest.main()
