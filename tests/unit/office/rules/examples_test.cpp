// SPDX-License-Identifier: Apache-2.0
// The workbooks in examples/: what they hold, and that they say what the program takes them for. They are written by
// this test where PIAOJUE_WRITE_EXAMPLES is set, so that nobody edits them by hand and forgets why a cell is as it is.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <iterator>

#include "office/rules/eligibility.h"
#include "sheets/csv.h"
#include "sheets/roster.h"
#include "sheets/sheet_writer.h"
#include "support/paths.h"

using namespace piaojue;
using namespace piaojue::office;
using namespace piaojue::sheets;

namespace {

std::string const kFolder = piaojue::test::source_dir() + "/examples/";

std::string file(std::string const& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

std::vector<std::vector<OutCell>> from_csv(std::string const& name) {
  auto const csv = read_csv(as_bytes(file(kFolder + name)));
  std::vector<std::vector<OutCell>> out;
  for (Row const& row : csv->rows) {
    auto& cells = out.emplace_back();
    for (std::string const& cell : row.cells) cells.emplace_back(cell);
  }
  return out;
}

std::string identity(int day) {
  // Born so that whoever finishes school in 2006 to 2008 is grown up.
  std::string const start = "370299" + std::to_string(1965 + day) + "0" + std::to_string(1 + day % 9) + "15";
  for (int n = 0;; ++n)
    for (char const c : std::string("0123456789X")) {
      std::string const number = start + "00" + std::to_string(n % 10) + c;
      if (IdentityNumber::parse(number)) return number;
    }
}

struct Books {
  OutSheet members, candidates, appraisals;
};

/// Everything invented, like the sheets that it begins with. 370299 is no region.
Books books() {
  Books out{{"评审委员会", from_csv("members-gb18030.csv")},
            {"申报人", from_csv("candidates-utf8bom.csv")},
            {"年度考核", {{std::string("姓名"), std::string("单位"), std::string("年度"), std::string("等次")}}}};
  out.members.rows[0].emplace_back(std::string("可评级别"));
  for (char const* heading :
       {"证件号码", "学历", "学位", "学位类型", "毕业时间", "参加工作时间", "现职称", "现职称取得时间", "继续教育",
        "处分", "申报日期", "奖项类别", "奖项名称", "奖项级别", "奖项等次", "排名", "获奖时间"})
    out.candidates.rows[0].emplace_back(std::string(heading));
  for (std::size_t r = 1; r < out.candidates.rows.size(); ++r) {
    auto& row = out.candidates.rows[r];
    row.resize(8);
    auto const i = static_cast<int>(r);
    std::string const level = std::get<std::string>(row[3]);
    bool const exceptional = std::get<std::string>(row[4]) == "破格";
    bool const full = level == "正高级工程师" || level == "正高级";
    bool const senior = level == "高级工程师" || level == "副高级";
    bool const middle = level == "工程师" || level == "中级";
    auto const text = [&](std::string value) { row.emplace_back(std::move(value)); };
    bool const college = exceptional && senior;
    text(identity(i));
    text(college ? "大专" : i % 4 == 0 ? "硕士研究生" : "本科");
    text(college ? "无" : i % 4 == 0 ? "硕士" : "学士");
    text(i % 4 == 0 && !college ? "学术学位" : "");
    row.emplace_back(Date{2006 + i % 3, 7, 0});
    row.emplace_back(Date{2006 + i % 3, 8, 1});
    text(full ? "高级工程师" : senior ? "工程师" : middle ? "助理工程师" : "无");
    row.emplace_back(full || senior ? Date{exceptional ? 2023
                                           : i == 5    ? 2022
                                                       : 2020,
                                           11, 0}
                     : middle ? Date{2018, 12, 0}
                              : Date{});
    text("达标");
    text("无");
    row.emplace_back(Date{2026, 6, 10});
    if (exceptional) {
      for (char const* cell : {"科学技术奖", "工业互联网平台关键技术（示例）"}) text(cell);
      text(full ? "省级" : "市级");
      text("一等奖");
      row.emplace_back(std::int64_t{2});
      row.emplace_back(Date{2025, 3, 0});
    }
    for (int year = 2020; year <= 2025; ++year)
      if (i != 7 || year != 2023)
        out.appraisals.rows.push_back({row[1], row[2], std::int64_t{year},
                                       std::string(i == 3 && year == 2024 ? "基本合格"
                                                   : (i + year) % 5 == 0  ? "优秀"
                                                                          : "合格")});
  }
  for (auto* sheet : {&out.members, &out.candidates, &out.appraisals}) sheet->header_rows = 1;
  out.candidates.widths = {6, 12, 24, 14, 8, 14, 40, 30, 22};
  return out;
}

struct Written {
  std::string name;
  OutSheet sheet;
};
std::vector<Written> written() {
  auto b = books();
  return {{"members.xlsx", std::move(b.members)},
          {"candidates.xlsx", std::move(b.candidates)},
          {"appraisals.xlsx", std::move(b.appraisals)}};
}

}  // namespace

TEST(ExampleWorkbooks, HoldWhatIsWrittenHere) {
  for (Written const& one : written()) {
    auto const bytes = write_xlsx(std::span(&one.sheet, 1));
    ASSERT_TRUE(bytes.has_value()) << bytes.error().in(Lang::kZh);
    if (std::getenv("PIAOJUE_WRITE_EXAMPLES") != nullptr) {
      std::ofstream out(kFolder + one.name, std::ios::binary);
      out << as_text(*bytes);
    }
    auto const here = read_workbook(*bytes);
    auto const there = read_workbook(as_bytes(file(kFolder + one.name)));
    ASSERT_TRUE(here.has_value() && there.has_value()) << one.name;
    ASSERT_EQ(here->sheets[0].rows.size(), there->sheets[0].rows.size());
    for (std::size_t r = 0; r < here->sheets[0].rows.size(); ++r)
      EXPECT_EQ(here->sheets[0].rows[r].cells, there->sheets[0].rows[r].cells) << one.name << r;
  }
}

// A newcomer's first import must show each of the three verdicts.
TEST(ExampleWorkbooks, AreImportedWholeAndShowEveryVerdict) {
  auto const people = import_members(as_bytes(file(kFolder + "members.xlsx")));
  ASSERT_TRUE(people.has_value()) << people.error()[0].text();
  EXPECT_EQ(people->people.size(), 14U);
  auto const candidates = file(kFolder + "candidates.xlsx");
  auto const roster = import_candidates(as_bytes(candidates));
  ASSERT_TRUE(roster.has_value()) << roster.error()[0].text();
  EXPECT_EQ(roster->candidates.size(), 20U);
  auto const got = import_applicants(as_bytes(candidates), as_bytes(file(kFolder + "appraisals.xlsx")), {});
  ASSERT_TRUE(got.has_value()) << got.error()[0].text();
  auto const standard =
      parse_standard(file(piaojue::test::source_dir() + "/office/rules/tables/standard-2023-13.toml"));
  ASSERT_TRUE(standard.has_value());
  std::map<Verdict, int> count;
  for (Applicant const& one : got->people) {
    // Filed in 2026, after the standard's two years.
    EXPECT_EQ(assess(one.facts, *standard).articles.front(), "第十八条");
    ++count[assess(one.facts, *standard, "示例：上级通知继续执行").verdict];
  }
  // Two lack a year or an appraisal; three are 破格, and one has a year without an appraisal.
  EXPECT_EQ(count[Verdict::kEligible], 14);
  EXPECT_EQ(count[Verdict::kNotEligible], 2);
  EXPECT_EQ(count[Verdict::kReview], 4);
}
