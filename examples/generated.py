# SPDX-License-Identifier: Apache-2.0
"""Sheets of a whole round, for time and memory: as many of each level pass as in the first real round. Every person
is invented."""

import csv

import small

# Of 1,200 applicants: those to pass (951), those that the experts will not agree to.
LEVELS = (("正高级", 18, 5), ("副高级", 62, 16), ("中级", 552, 145), ("助理级", 319, 83))

# What each level brings for the articles, ways of 第五条 taken in turn:
# 学历, 学位, 毕业时间, 参加工作时间, 现职称, 现职称取得时间, years of appraisals
WAYS = {
    "正高级": (("硕士研究生", "硕士", "2005-07", "2005-08-01", "高级工程师", "2019-11", 5),
            ("本科", "学士", "2003-07", "2003-08-01", "高级工程师", "2020-11", 6)),
    "副高级": (("博士研究生", "博士", "2020-07", "2020-08-01", "工程师", "2023-11", 2),
            ("本科", "学士", "2010-07", "2010-08-01", "工程师", "2020-11", 5)),
    "中级": (("本科", "学士", "2017-07", "2017-08-01", "助理工程师", "2020-11", 5),
           ("本科", "学士", "2018-07", "2018-08-01", "无", "", 5),
           ("大专", "", "2014-07", "2014-08-01", "无", "", 5),
           ("硕士研究生", "硕士", "2021-07", "2021-08-01", "无", "", 3)),
    "助理级": (("本科", "学士", "2024-07", "2024-08-01", "无", "", 1),
            ("大专", "", "2021-07", "2021-08-01", "无", "", 3)),
}
# Every fiftieth is left to a person: a year is missing unless a start on 1 January counts as one (第十七条).
UNCLEAR_EVERY = 50
UNCLEAR = {
    "正高级": ("硕士研究生", "硕士", "2005-07", "2005-08-01", "高级工程师", "2022-01-01", 5),
    "副高级": ("博士研究生", "博士", "2020-07", "2020-08-01", "工程师", "2025-01-01", 2),
    "中级": ("本科", "学士", "2020-07", "2021-01-01", "无", "", 5),
    "助理级": ("本科", "学士", "2025-07", "2026-01-01", "无", "", 1),
}


def identity_number(number):
    """GB 11643, in a region that is not given out."""
    digits = f"370299{1965 + number % 15}{number % 12 + 1:02d}{number % 28 + 1:02d}{number % 1000:03d}"
    weights = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
    return digits + "10X98765432"[sum(int(d) * w for d, w in zip(digits, weights)) % 11]


def applicants(count):
    """(level, passes) of each, level by level; in proportion when there are fewer or more than 1,200."""
    people = []
    for level, passing, failing in LEVELS:
        total = max(1, round((passing + failing) * count / 1200))
        passes = max(1, round(passing * count / 1200))
        people += [(level, n * passes // total != (n + 1) * passes // total) for n in range(total)]
    return (people + [("助理级", False)] * count)[:count]


def write_round(directory, experts, count, batch_size=100):
    """@return the sheets members, candidates, appraisals, the meeting's rules, the names of those who are to pass."""
    meeting, members, _ = small.write_rosters(directory, experts, [])
    head = ["姓名", "单位", "级别", "渠道", "批次", "业绩摘要", "评议组意见", "证件号码", "学历", "学位", "毕业时间",
            "参加工作时间", "现职称", "现职称取得时间", "继续教育", "处分", "申报日期"]
    candidates, appraisals, to_pass = [head], [["姓名", "单位", "年度", "等次"]], set()
    for number, (level, passes) in enumerate(applicants(count), 1):
        name, employer = f"申报人{number:04d}", f"某公司{number % 97}"
        way = WAYS[level][number % len(WAYS[level])] if number % UNCLEAR_EVERY else UNCLEAR[level]
        degree, diploma, graduated, since, title, title_since, years = way
        candidates.append([name, employer, level, "正常", f"第{(number - 1) // batch_size + 1}批",
                           "主持某工业互联网项目",
                           "建议提交评审", identity_number(number), degree, diploma, graduated, since, title,
                           title_since, "达标", "无", "2026-06-10"])
        appraisals += [[name, employer, str(year), "合格"] for year in range(2026 - years, 2026)]
        if passes:
            to_pass.add(name)
    for file, rows in (("candidates.csv", candidates), ("appraisals.csv", appraisals)):
        with open(directory / file, "w", encoding="utf-8", newline="") as out:
            csv.writer(out).writerows(rows)
    return members, directory / "candidates.csv", directory / "appraisals.csv", meeting, to_pass
