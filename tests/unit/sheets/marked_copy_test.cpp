// SPDX-License-Identifier: Apache-2.0
// Sheets given back with a column 问题.
#include "sheets/marked_copy.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sheets/roster.h"
#include "sheets/sheet_writer.h"
#include "sheets/table.h"

using namespace piaojue;
using namespace piaojue::sheets;
using testing::ElementsAre;
using testing::HasSubstr;

namespace {

Sheet marked(ByteView file) {
  auto const errors = import_candidates(file).error();
  auto const copy = marked_copy(file, Table(file, candidate_fields()).reading(), errors);
  EXPECT_TRUE(copy.has_value()) << copy.error().in(Lang::kZh);
  auto const book = read_workbook(copy ? *copy : Bytes{});
  EXPECT_TRUE(book.has_value());
  return book ? book->sheets.at(0) : Sheet{};
}

}  // namespace

// Harm: the clerk copies two hundred lines by hand to whoever must mend them, and misses one.
TEST(MarkedCopy, EachBadRowSaysWhatIsWrongAndAllElseIsAsItCame) {
  std::string const csv =
      "申报名单,,,,\n姓名,单位,级别,渠道,批次,备注\n王芳,甲,高级,正常,一,=1+1\n李四,乙,中级,正常,一\n,丙,中级,正,一\n";
  Sheet const sheet = marked(as_bytes(csv));
  ASSERT_EQ(sheet.rows.size(), 5U);
  EXPECT_THAT(sheet.rows[0].cells, ElementsAre("申报名单"));
  EXPECT_EQ(sheet.rows[1].cells.at(6), "问题");
  EXPECT_THAT(sheet.rows[2].cells,
              ElementsAre("王芳", "甲", "高级", "正常", "一", "=1+1", HasSubstr("C 列（级别）「高级」：")));
  EXPECT_THAT(sheet.rows[3].cells, ElementsAre("李四", "乙", "中级", "正常", "一"));
  EXPECT_THAT(sheet.rows[4].cells.at(6), HasSubstr("A 列（姓名）：不能为空\nD 列（渠道）「正」："));
}

// Harm: the second round shows the problems of the first.
TEST(MarkedCopy, TheColumnOfBeforeIsWrittenAnew) {
  std::string const csv = "姓名,单位,问题,级别,渠道,批次\n王芳,甲,级别不对,中级,正常,一\n李四,乙,,高级,正常,一\n";
  Sheet const sheet = marked(as_bytes(csv));
  EXPECT_THAT(sheet.rows[1].cells, ElementsAre("王芳", "甲", "", "中级", "正常", "一"));
  EXPECT_THAT(sheet.rows[2].cells.at(2), HasSubstr("高级"));
}

// Harm: a number that has lost its last digits becomes a text that is taken for whole.
TEST(MarkedCopy, ANumberStaysANumberAndADateADate) {
  OutSheet out{
      "名单",
      {{std::string("姓名"), std::string("单位"), std::string("级别"), std::string("渠道"), std::string("批次")},
       {std::string("王芳"), std::string("甲"), 370202198503121234.0, Date{2019, 7, 0}, std::string("一")}}};
  Sheet const sheet = marked(*write_xlsx(std::span(&out, 1)));
  EXPECT_EQ(sheet.name, "名单");
  EXPECT_EQ(sheet.rows[1].mark(2), CellMark::kNumber);
  EXPECT_EQ(sheet.rows[1].mark(3), CellMark::kDate);
  EXPECT_EQ(sheet.rows[1].cells[3], "2019-07");
}

TEST(MarkedCopy, WithoutAHeaderThereIsNothingToMark) {
  std::string const csv = "a,b\n";
  EXPECT_FALSE(marked_copy(as_bytes(csv), Table(as_bytes(csv), candidate_fields()).reading(), {}).has_value());
  EXPECT_FALSE(marked_copy({}, {}, {}).has_value());
}
