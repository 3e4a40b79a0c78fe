#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A meeting to click through: starts a server and the laptops of a chair, three experts and the big screen, each a
process of its own with its page in the browser, and prints their addresses. The clerk and the supervisor work by
themselves (the clerk proposes the meeting, the supervisor ticks and signs whatever is put before her); their pages can
be watched too. It is a rehearsal: a committee of fewer than seven guards nothing. When the chair closes the meeting,
the record is exported and verified. Started by scripts/demo --pages."""

import argparse
import pathlib
import shutil
import sys
import threading
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "tests" / "functional"))
import driver  # noqa: E402

MEMBERS = """姓名,单位,角色
林远航,海州工业互联网研究院,主任委员、专家
苏文瑾,云梭智能制造有限公司,专家
高㛃,天岳标识解析中心,专家
买合木提·艾山,琅琊台装备集团,专家
周晓棠,新区职称评审办公室（示例）,工作人员
孙秉正,新区监督检查室（示例）,监督人员
会场大屏,会场,大屏
"""
CANDIDATES = """姓名,单位,级别,渠道,批次,业绩摘要,评议组意见
方启明,云梭智能制造有限公司,高级工程师,正常,第一批（高级）,主持离散制造车间数字孪生平台建设，设备综合效率由 61% 提升至 74%；发明专利 2 项。,评议组 5 人，同意推荐 5 人：业绩突出
陆思远,胶澜数据科技有限公司,高级工程师,正常,第一批（高级）,负责工业时序数据库内核研发，接入测点 120 万个；行业标准主要起草人。,评议组 5 人，同意推荐 5 人：能力达到要求
秦𬭎,星图工控安全技术有限公司,高级工程师,正常,第一批（高级）,建成工控安全监测平台，覆盖企业 64 家。,评议组 5 人，同意推荐 3 人：创新性一般
江临川,海州工业互联网研究院,正高级工程师,正常,第二批（正高级、破格）,牵头制定国家标准 2 项；成果转化 4300 万元。,评议组 5 人，同意推荐 5 人：同意推荐
任天行,云梭智能制造有限公司,高级工程师,破格,第二批（正高级、破格）,省科技进步三等奖第 2 位。,评议组 5 人，同意推荐 4 人：建议面试答辩后评审
"""
MEETING = """title = "工业互联网工程技术职务资格评审委员会评审会议（页面演示）"
date = "2026-11-22"
rehearsal = true
committee_size = 5
trustees = ["server", "chair", "supervisor"]
[rules]
max_unconfirmed = 1
"""
CHAIR, EXPERTS, CLERK, SUPERVISOR, SCREEN = 1, (2, 3, 4), 5, 6, 7


def sign_whatever_comes(client, ended):
    """The supervisor of the demonstration: a second after it is proposed, so that one can see it wait."""
    seen = 0
    while not ended.is_set():
        proposals = client.events("proposal")
        for it in proposals[seen:]:
            if not it.get("yours"):
                continue
            time.sleep(1)
            if it["type"] == "MeetingOpen":
                client.tick_all()
            heads = f" {len(it['people'])}" if it["type"] == "BatchOpen" else ""
            client.command(f"approve {it['id']}{heads}", ok=None)
        seen = len(proposals)
        time.sleep(0.2)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--bin", type=pathlib.Path, required=True, help="folder of the programs")
    parser.add_argument("--out", type=pathlib.Path, required=True, help="folder to make (replaced if it exists)")
    parser.add_argument("--exit-when-closed", action="store_true", help="end when the record is verified")
    options = parser.parse_args()
    shutil.rmtree(options.out, ignore_errors=True)
    options.out.mkdir(parents=True)
    for name, text in (("members.csv", MEMBERS), ("candidates.csv", CANDIDATES),
                       ("meeting.toml", MEETING)):
        (options.out / name).write_text(text, encoding="utf-8")
    meeting = driver.Meeting(options.bin, options.out, options.out / "meeting.toml", options.out / "members.csv",
                             options.out / "candidates.csv")
    ended = threading.Event()
    try:
        with meeting:
            print(f"server on {meeting.start_server()}; the laptops enrol with their slips", flush=True)
            meeting.enrol_all()
            for person in meeting.slips:
                meeting.start_client(person, ["--page", "0", "--no-browser"])
            for person in meeting.slips:
                meeting.clients[person].wait("connected", 30)
            clerk, supervisor, chair = (meeting.clients[p] for p in (CLERK, SUPERVISOR, CHAIR))
            threading.Thread(target=sign_whatever_comes, args=(supervisor, ended), daemon=True).start()
            clerk.begin("draft")
            places = [(CHAIR, "chair, and an expert"), *((p, "expert") for p in EXPERTS), (SCREEN, "big screen"),
                     (CLERK, "clerk, works by itself"), (SUPERVISOR, "supervisor, signs by itself")]
            print("\nOpen each address in a browser (each works once; open the chair's first):\n", flush=True)
            for person, what in places:
                client = meeting.clients[person]
                print(f"  {client.wait('page', 10)['url']}\n      {client.display}: {what}", flush=True)
            print("\nSign the meeting on the chair's page, sign in on the chair's and the three experts' pages, and go "
                  "on from there.\nCtrl-C ends it all.", flush=True)
            chair.wait("meeting", 24 * 3600)
            for client in (clerk, supervisor):
                client.command("sign-in")
            clerk.command("interview 5 面试答辩：回答清楚，业绩属实，答辩小组建议提交评审。")
            head = chair.wait("head", 24 * 3600)["hash"]
            (options.out / "anchor.txt").write_text(head + "\n", encoding="utf-8")
            record = options.out / "record.piaojue"
            meeting.run_tool("piaojue-server", "export", meeting.server_dir, "--out", record)
            done = meeting.run_tool("piaojue-verify", record, "--anchor", head, ok=None)
            print(done.stdout, end="", flush=True)
            print(f"\nrecord {record}\nanchor {options.out / 'anchor.txt'}", flush=True)
            while not options.exit_when_closed:
                time.sleep(1)
            return done.returncode
    except KeyboardInterrupt:
        return 0
    except driver.Failed as failure:
        print(f"demo: {failure}", file=sys.stderr)
        return 1
    finally:
        ended.set()


if __name__ == "__main__":
    sys.exit(main())
