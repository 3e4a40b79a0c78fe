// SPDX-License-Identifier: Apache-2.0
#include "sheets/csv.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "strings/sheets.h"

using namespace piaojue;
using namespace piaojue::sheets;
using namespace std::string_literals;
using testing::ElementsAre;
using testing::HasSubstr;

namespace {

Imported<Csv> read(std::string const& text) { return read_csv(as_bytes(text)); }

std::vector<std::string> cells(Imported<Csv> const& csv, std::size_t row) { return csv->rows.at(row).cells; }

/// The one error of a sheet that can not be read.
CellError error_of(std::string const& text) {
  auto const csv = read(text);
  EXPECT_EQ(csv.error().size(), 1U);
  return csv.has_value() ? CellError{} : csv.error().front();
}

}  // namespace

// A roster saved by Excel on an office machine is GB18030 without any mark; taken for anything else every name is
// garbage.
TEST(Csv, SameSheetIsTheSameInUtf8WithMarkWithoutAndInGb18030) {
  std::string const utf8 = "姓名,单位\r\n王芳,青岛\r\n";
  std::string const gb18030 = "\xD0\xD5\xC3\xFB,\xB5\xA5\xCE\xBB\r\n\xCD\xF5\xB7\xBC,\xC7\xE0\xB5\xBA\r\n";
  for (auto const& [text, encoding] :
       {std::pair{utf8, Encoding::kUtf8}, {"\xEF\xBB\xBF" + utf8, Encoding::kUtf8Bom}, {gb18030, Encoding::kGb18030}}) {
    auto const csv = read(text);
    ASSERT_TRUE(csv.has_value());
    EXPECT_EQ(csv->encoding, encoding);
    ASSERT_EQ(csv->rows.size(), 2U);
    EXPECT_THAT(cells(csv, 0), ElementsAre("姓名", "单位"));
    EXPECT_THAT(cells(csv, 1), ElementsAre("王芳", "青岛"));
  }
}

// Two and four byte forms of GB18030: people with rare characters in their names must not become question marks.
TEST(Csv, RareCharactersSurviveGb18030) {
  // 㛃 U+36C3, 䶮 U+4DAE, 𬭎 U+2CB4E (beyond the first plane: four bytes), · U+00B7, 鿴 U+9FB4 by its place of
  // 2005.
  auto const csv = read("\xD0\xD5\xC3\xFB\n\x82\x30\xB7\x31\n\xFE\x9F\n\x99\x33\xA9\x32\n\xA1\xA4\n\xFE\x59\n");
  ASSERT_TRUE(csv.has_value());
  ASSERT_EQ(csv->rows.size(), 6U);
  EXPECT_THAT(cells(csv, 1), ElementsAre("㛃"));
  EXPECT_THAT(cells(csv, 2), ElementsAre("䶮"));
  EXPECT_THAT(cells(csv, 3), ElementsAre("𬭎"));
  EXPECT_THAT(cells(csv, 4), ElementsAre("·"));
  EXPECT_THAT(cells(csv, 5), ElementsAre("\u9FB4"));
}

// Characters beyond the first plane lie across the converter's chunks somewhere in every large sheet.
TEST(Csv, PairsAcrossTheConvertersChunksSurvive) {
  for (std::size_t const before : {4093U, 4094U, 4095U, 4096U}) {
    std::string text = "\xCD\xF5,";
    text.append(before - 2, '\n');
    text += "\x99\x33\xA9\x32";
    auto const csv = read(text);
    ASSERT_TRUE(csv.has_value());
    EXPECT_THAT(cells(csv, 1), ElementsAre("𬭎"));
  }
}

TEST(Csv, SeparatorIsFoundEvenWhereTheOthersStandInsideQuotes) {
  EXPECT_THAT(cells(read("a,b\n"), 0), ElementsAre("a", "b"));
  EXPECT_THAT(cells(read("a;b\n1,5;2\n"), 1), ElementsAre("1,5", "2"));
  EXPECT_THAT(cells(read("a\tb\n"), 0), ElementsAre("a", "b"));
  EXPECT_THAT(cells(read("\"a,b,c,d\";e\n"), 0), ElementsAre("a,b,c,d", "e"));
}

TEST(Csv, QuotesHoldSeparatorsLineEndsAndDoubledQuotes) {
  auto const csv = read("a,b\r\n\"x,\"\"y\"\"\",\"one\r\ntwo\rthree\nfour\"\r\nlast,\r\n");
  ASSERT_TRUE(csv.has_value());
  ASSERT_EQ(csv->rows.size(), 3U);
  EXPECT_THAT(cells(csv, 1), ElementsAre("x,\"y\"", "one\ntwo\nthree\nfour"));
  // A quoted line end does not make a new row: an error in the row below must name the row that Excel shows.
  EXPECT_EQ(csv->rows[2].number, 3U);
  EXPECT_THAT(cells(csv, 2), ElementsAre("last"));
}

// Excel writes the grid as far as anybody ever clicked.
TEST(Csv, EmptyColumnsAndRowsAtTheEndAreNothingAndEmptyRowsBetweenAreCounted) {
  auto const csv = read("a,b,,,,\n,,,\n\nc,,d,,\n,,,,\n\n\n");
  ASSERT_TRUE(csv.has_value());
  ASSERT_EQ(csv->rows.size(), 2U);
  EXPECT_THAT(cells(csv, 0), ElementsAre("a", "b"));
  EXPECT_EQ(csv->rows[1].number, 4U);
  EXPECT_THAT(cells(csv, 1), ElementsAre("c", "", "d"));
}

TEST(Csv, AllThreeLineEndsAndNoneAtTheEnd) {
  for (std::string const end : {"\r\n", "\n", "\r"}) {
    auto const csv = read("a,b" + end + "c,d");
    ASSERT_EQ(csv->rows.size(), 2U);
    EXPECT_THAT(cells(csv, 1), ElementsAre("c", "d"));
  }
}

// What people pick by mistake must be said in words, not shown as garbage.
TEST(Csv, OtherFilesAreRefusedWithWhatToDo) {
  EXPECT_THAT(error_of("PK\x03\x04rest").expected.in(Lang::kZh), HasSubstr("另存为"));
  EXPECT_THAT(error_of("\xD0\xCF\x11\xE0 old").expected.in(Lang::kZh), HasSubstr("旧版 Excel"));
  EXPECT_THAT(error_of("\xFF\xFE\xD3\x59").expected.in(Lang::kZh), HasSubstr("UTF-16"));
  EXPECT_THAT(error_of("a\0b"s).expected.in(Lang::kZh), HasSubstr("不是文本"));
  EXPECT_THAT(error_of("\xEF\xBB\xBF\xD0\xD5").expected.in(Lang::kZh), HasSubstr("不是 UTF-8"));
  EXPECT_THAT(error_of("abc\xFF\xFF").expected.in(Lang::kZh), HasSubstr("GB18030"));
  EXPECT_THAT(error_of("\xD0\xD5\xC3").expected.in(Lang::kZh),
              HasSubstr("GB18030"));  // cut in the middle of a character
  EXPECT_THAT(error_of("").expected.in(Lang::kZh), HasSubstr("空"));
  EXPECT_THAT(error_of("\n,,,\n").expected.in(Lang::kZh), HasSubstr("空"));
}

TEST(Csv, AQuoteOutOfPlaceIsNamedWithItsCell) {
  EXPECT_EQ(error_of("a,b\nc,\"d").row, 2U);
  EXPECT_EQ(error_of("a,b\nc,\"d").column, 2U);
  EXPECT_EQ(error_of("a,b\n\"c\"x,d\n").row, 2U);
  EXPECT_THAT(cells(read("5\" pipe,b\n"), 0), ElementsAre("5\" pipe", "b"));
}

TEST(Csv, EveryBoundIsExact) {
  auto const row = [](std::size_t columns) { return std::string(columns - 1, ',') + "x\n"; };
  EXPECT_TRUE(read(row(kSheetColumnsMax)).has_value());
  EXPECT_EQ(error_of(row(kSheetColumnsMax + 1)).column, 101U);
  EXPECT_TRUE(read("a\n" + std::string(kSheetRowsMax - 2, '\n') + "x\n").has_value());
  EXPECT_EQ(error_of("a\n" + std::string(kSheetRowsMax - 1, '\n') + "x\n").row, kSheetRowsMax + 1);
  // A row's empty cells take memory as well once something stands behind them: ten bytes of file for a kilobyte.
  std::string wide_rows;
  for (std::size_t i = 0; i < kCellsMax / kSheetColumnsMax; ++i) wide_rows += row(kSheetColumnsMax);
  EXPECT_TRUE(read(wide_rows).has_value());
  EXPECT_THAT(error_of(wide_rows + "x\n").expected.in(Lang::kZh), HasSubstr("1000000 格"));
  std::string wide;
  for (std::size_t i = 0; i < kCellCharactersMax; ++i) wide += "𬭎";
  EXPECT_TRUE(read("a," + wide + "\n").has_value());
  EXPECT_TRUE(read("a,\"" + wide + "\"\n").has_value());
  EXPECT_EQ(error_of("a," + wide + "b\n").column, 2U);
  EXPECT_EQ(error_of("a,\"" + wide + "b\"\n").column, 2U);
  // Nothing but separators takes no memory and is no error.
  EXPECT_TRUE(read("a" + std::string(kSheetBytesMax - 1, ',')).has_value());
  EXPECT_THAT(error_of(std::string(kSheetBytesMax + 1, ',')).expected.in(Lang::kZh), HasSubstr("10 MiB"));
}

TEST(Csv, AnErrorReadsAsExcelNamesTheCell) {
  EXPECT_EQ((CellError{5, 3, "高级", strings::sheets::kCandidateWhichSenior}).text(),
            "第 5 行 C 列「高级」：应写明正高级还是副高级");
  EXPECT_EQ((CellError{2, 28, "", strings::sheets::kNotEmpty}).text(), "第 2 行 AB 列：不能为空");
  EXPECT_EQ((CellError{0, 0, "", strings::sheets::kFileEmpty}).text(), "整个文件：文件是空的");
  EXPECT_THAT((CellError{1, 1, "a\nb", {}}).text(), HasSubstr("「a b」"));
}

// Harm: who reads no Chinese sees a table of signs, and who shows no list sees only the first of many faults.
TEST(Csv, AnErrorReadsInEnglishTooAndAllOfThemAsOne) {
  CellError const level{
      5, 3, "高级", strings::sheets::kCandidateWhichSenior, "名单", &strings::sheets::kFileCandidates};
  EXPECT_EQ(level.text(), "申报人表 工作表「名单」 第 5 行 C 列「高级」：应写明正高级还是副高级");
  EXPECT_EQ(level.text(Lang::kEn),
            "candidates' sheet, sheet “名单”, row 5, column C “高级”: Say whether this is 正高级 (full senior) or "
            "副高级 (senior).");
  CellErrors const both{{2, 28, "", strings::sheets::kNotEmpty}, {0, 0, "", strings::sheets::kFileEmpty}};
  EXPECT_EQ(explained(both).in(Lang::kZh),
            "表格有 2 处问题，未导入任何内容：\n  第 2 行 AB 列：不能为空\n  整个文件：文件是空的");
}
