// SPDX-License-Identifier: Apache-2.0
// Workbooks put together by hand, part by part, the way Excel, WPS and LibreOffice write them, and the ways attackers
// do.
#include "sheets/xlsx.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <zip.h>

#include <array>
#include <map>

#include "sheets/number_format.h"
#include "sheets/roster.h"
#include "sheets/sheet_writer.h"

using namespace piaojue;
using namespace piaojue::sheets;
using namespace std::string_literals;
using testing::ElementsAre;
using testing::HasSubstr;

namespace {

using Parts = std::map<std::string, std::string>;

std::string archive(Parts const& parts) {
  zip_error_t error;
  zip_error_init(&error);
  zip_source_t* out = zip_source_buffer_create(nullptr, 0, 0, &error);
  zip_source_keep(out);
  zip_t* zip = zip_open_from_source(out, ZIP_TRUNCATE, &error);
  for (auto const& [name, text] : parts)
    zip_file_add(zip, name.c_str(), zip_source_buffer(zip, text.data(), text.size(), 0), ZIP_FL_ENC_UTF_8);
  EXPECT_EQ(zip_close(zip), 0);
  std::string bytes;
  zip_source_open(out);
  std::array<char, 4096> piece{};
  for (zip_int64_t got; (got = zip_source_read(out, piece.data(), piece.size())) > 0;)
    bytes.append(piece.data(), static_cast<std::size_t>(got));
  zip_source_close(out);
  zip_source_free(out);
  return bytes;
}

std::string const kXml = "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>\n";
std::string const kMain = "http://schemas.openxmlformats.org/spreadsheetml/2006/main";
std::string const kRel = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";

/// A workbook of one sheet as Excel lays it out.
Parts book(std::string const& sheet_data, std::string const& after = {}, std::string const& strings = {},
           std::string const& properties = {}) {
  Parts out;
  out["_rels/.rels"] = kXml + "<Relationships><Relationship Id=\"rId1\" Type=\"" + kRel +
                       "/officeDocument\" Target=\"xl/workbook.xml\"/></Relationships>";
  out["xl/workbook.xml"] = kXml + "<workbook xmlns=\"" + kMain + "\" xmlns:r=\"" + kRel + "\">" + properties +
                           "<sheets><sheet name=\"名单\" sheetId=\"1\" r:id=\"rId1\"/></sheets></workbook>";
  out["xl/_rels/workbook.xml.rels"] =
      kXml + "<Relationships><Relationship Id=\"rId1\" Type=\"" + kRel +
      "/worksheet\" Target=\"worksheets/sheet1.xml\"/><Relationship Id=\"rId2\" Type=\"" + kRel +
      "/styles\" Target=\"styles.xml\"/><Relationship Id=\"rId3\" Type=\"" + kRel +
      "/sharedStrings\" Target=\"/xl/sharedStrings.xml\"/></Relationships>";
  // Styles 0 General, 1 yyyy-m-d (14), 2 yyyy年m月 (57), 3 custom yyyy"年"m"月"d"日", 4 [$-804]yyyy/m, 5 0.00E+00, 6
  // yyyy, 7 h:mm
  out["xl/styles.xml"] =
      kXml + "<styleSheet xmlns=\"" + kMain +
      "\"><numFmts><numFmt numFmtId=\"176\" formatCode=\"yyyy&quot;年&quot;m&quot;月&quot;d&quot;日&quot;\"/>"
      "<numFmt numFmtId=\"177\" formatCode=\"[$-804]yyyy/m;@\"/><numFmt numFmtId=\"178\" "
      "formatCode=\"yyyy\"/></numFmts>"
      "<cellStyleXfs><xf numFmtId=\"14\"/></cellStyleXfs><cellXfs><xf numFmtId=\"0\"/><xf numFmtId=\"14\"/>"
      "<xf numFmtId=\"57\"/><xf numFmtId=\"176\"/><xf numFmtId=\"177\"/><xf numFmtId=\"11\"/><xf numFmtId=\"178\"/>"
      "<xf numFmtId=\"20\"/></cellXfs></styleSheet>";
  out["xl/sharedStrings.xml"] = kXml + "<sst xmlns=\"" + kMain + "\">" + strings + "</sst>";
  out["xl/worksheets/sheet1.xml"] =
      kXml + "<worksheet xmlns=\"" + kMain + "\"><sheetData>" + sheet_data + "</sheetData>" + after + "</worksheet>";
  return out;
}

std::string inl(std::string const& place, std::string const& text) {
  return "<c r=\"" + place + "\" t=\"inlineStr\"><is><t>" + text + "</t></is></c>";
}
std::string row(int number, std::vector<std::string> const& cells) {
  std::string out = "<row r=\"" + std::to_string(number) + "\">";
  for (std::size_t c = 0; c < cells.size(); ++c)
    if (!cells[c].empty()) out += inl(column_letters(c + 1) + std::to_string(number), cells[c]);
  return out + "</row>";
}

Imported<Workbook> read(Parts const& parts) { return read_workbook(as_bytes(archive(parts))); }

CellError error_of(std::string const& bytes) {
  auto const got = read_workbook(as_bytes(bytes));
  EXPECT_EQ(got.error().size(), 1U);
  return got.has_value() ? CellError{} : got.error().front();
}
CellError error_of(Parts const& parts) { return error_of(archive(parts)); }

std::string const kMemberRows =
    row(1, {"姓名", "单位", "角色"}) + row(2, {"张三", "甲", "主任委员"}) + row(3, {"李四", "甲", "工作人员"});

Imported<Members> members(Parts const& parts) { return import_members(as_bytes(archive(parts))); }
CellError member_error(Parts const& parts) {
  auto const got = members(parts);
  EXPECT_EQ(got.error().size(), 1U);
  return got.has_value() ? CellError{} : got.error().front();
}

}  // namespace

// ---- What offices write

TEST(Xlsx, SharedInlineRichAndPhoneticStringsAreTheirText) {
  auto const got = read(book("<row r=\"1\"><c r=\"A1\" t=\"s\"><v>0</v></c><c r=\"B1\" t=\"s\"><v>1</v></c>" +
                                 inl("C1", "内&amp;联") +
                                 "<c r=\"D1\" t=\"str\"><v>文</v></c><c r=\"E1\" t=\"b\"><v>1</v></c></row>",
                             {},
                             "<si><t>王㛃䶮𬭎</t></si><si><r><t>甲</t></r><r><rPr/><t xml:space=\"preserve\"> "
                             "乙_x000D_</t></r><rPh sb=\"0\"><t>yi</t></rPh></si>"));
  ASSERT_TRUE(got.has_value()) << got.error()[0].text();
  EXPECT_EQ(got->format, SheetFormat::kXlsx);
  EXPECT_EQ(got->sheets[0].name, "名单");
  EXPECT_THAT(got->sheets[0].rows[0].cells, ElementsAre("王㛃䶮𬭎", "甲 乙\n", "内&联", "文", "TRUE"));
}

// WPS leaves out places; Excel leaves out empty cells and rows.
TEST(Xlsx, CellsWithoutPlacesFollowAndGapsAreCounted) {
  auto const got =
      read(book("<row><c><v>1</v></c><c/><c><v>2.5</v></c></row><row r=\"4\"><c r=\"B4\"><v>0.1</v></c></row>"));
  ASSERT_TRUE(got.has_value());
  EXPECT_THAT(got->sheets[0].rows[0].cells, ElementsAre("1", "", "2.5"));
  EXPECT_EQ(got->sheets[0].rows[1].number, 4U);
  EXPECT_THAT(got->sheets[0].rows[1].cells, ElementsAre("", "0.1"));
}

// Only what the style shows is known: 2019年7月 is no first of July.
TEST(Xlsx, DatesComeFromTheirStylesInBothCalendars) {
  std::string cells = "<row r=\"1\">";
  for (int style = 0; style <= 7; ++style)
    cells += "<c r=\"" + column_letters(static_cast<std::size_t>(style) + 1) + "1\" s=\"" + std::to_string(style) +
             "\"><v>43647</v></c>";
  cells += "</row>";
  auto const got = read(book(cells));
  ASSERT_TRUE(got.has_value());
  EXPECT_THAT(got->sheets[0].rows[0].cells,
              ElementsAre("43647", "2019-07-01", "2019-07", "2019-07-01", "2019-07", "43647", "2019", "43647"));
  EXPECT_EQ(got->sheets[0].rows[0].mark(0), CellMark::kNumber);
  EXPECT_EQ(got->sheets[0].rows[0].mark(1), CellMark::kDate);
  auto const mac =
      read(book("<row r=\"1\"><c r=\"A1\" s=\"1\"><v>42185</v></c></row>", {}, {}, "<workbookPr date1904=\"1\"/>"));
  ASSERT_TRUE(mac.has_value());
  EXPECT_THAT(mac->sheets[0].rows[0].cells, ElementsAre("2019-07-01"));
}

// Harm: every date of the workbook moves by four years and a day, and verdicts with it.
TEST(Xlsx, TheCalendarIsSaidByTheWorkbooksOwnNamespaceOnly) {
  std::string const cell = "<row r=\"1\"><c r=\"A1\" s=\"1\"><v>42185</v></c></row>";
  auto const date = [&](std::string const& properties) {
    auto const got = read(book(cell, {}, {}, properties));
    return got ? got->sheets[0].rows[0].cells[0] : got.error()[0].text();
  };
  std::string const x15 = "xmlns:x15=\"http://schemas.microsoft.com/office/spreadsheetml/2010/11/main\"";
  EXPECT_EQ(date("<workbookPr date1904=\"1\"/><extLst><ext " + x15 +
                 "><x15:workbookPr chartTrackingRefBase=\"1\"/></ext></extLst>"),
            "2019-07-01");
  EXPECT_EQ(date("<workbookPr/><extLst><ext " + x15 + "><x15:workbookPr date1904=\"1\"/></ext></extLst>"),
            "2015-06-30");
  EXPECT_EQ(date("<workbookPr/><extLst><ext><workbookPr date1904=\"1\"/></ext></extLst>"), "2015-06-30");
  EXPECT_EQ(date("<x15:a " + x15 + "><workbookPr date1904=\"1\"/></x15:a>"), "2015-06-30");
}

// ISO 29500 strict names all by other addresses, and writes dates as texts.
TEST(Xlsx, TheStrictFormIsRead) {
  Parts parts =
      book("<row r=\"1\"><c r=\"A1\" t=\"d\" s=\"2\"><v>2019-07-15T00:00:00</v></c>" + inl("B1", "甲") + "</row>");
  for (auto& [name, text] : parts)
    for (auto const& [from, to] : {std::pair{kMain, "http://purl.oclc.org/ooxml/spreadsheetml/main"s},
                                   {kRel, "http://purl.oclc.org/ooxml/officeDocument/relationships"s}})
      for (std::size_t at; (at = text.find(from)) != std::string::npos;) text.replace(at, from.size(), to);
  auto const got = read(parts);
  ASSERT_TRUE(got.has_value()) << got.error()[0].text();
  EXPECT_THAT(got->sheets[0].rows[0].cells, ElementsAre("2019-07", "甲"));
}

// Packages of other programs: Excel opens each of these.
TEST(Xlsx, NamesOfPartsAreToldApartAsAPackageDoes) {
  auto const renamed = [](std::string const& from, std::string const& to) {
    Parts parts = book(row(1, {"甲"}), {}, "<si><t>乙</t></si>");
    parts[to] = parts[from];
    parts.erase(from);
    return read(parts);
  };
  for (auto const& [from, to] : {std::pair{"xl/worksheets/sheet1.xml"s, "XL/Worksheets/Sheet1.XML"s},
                                 {"xl/workbook.xml"s, "xl\\workbook.xml"s},
                                 {"xl/_rels/workbook.xml.rels"s, "xl\\_rels\\Workbook.xml.rels"s},
                                 {"_rels/.rels"s, "/_rels/.rels"s}}) {
    auto const got = renamed(from, to);
    ASSERT_TRUE(got.has_value()) << to << got.error()[0].text();
    EXPECT_THAT(got->sheets[0].rows[0].cells, ElementsAre("甲"));
  }
  // One part under two names is two answers to one question.
  Parts twice = book(row(1, {"甲"}));
  twice["xl/Worksheets/sheet1.xml"] = twice["xl/worksheets/sheet1.xml"];
  EXPECT_THAT(error_of(twice).expected.in(Lang::kZh), HasSubstr("损坏"));
}

// Harm: what nobody sees decides. A row or column drawn together, and a format that shows nothing, hide as well.
TEST(XlsxRoster, WhateverNobodySeesIsNamed) {
  std::string const rows = kMemberRows + row(4, {"王五", "甲", "监督人员", "备注"});
  auto const with = [&](std::string const& columns) {
    Parts parts = book(rows);
    auto& text = parts["xl/worksheets/sheet1.xml"];
    text.replace(text.find("<sheetData>"), 0, columns);
    return parts;
  };
  for (std::string const col :
       {"<col min=\"3\" max=\"3\" hidden=\"1\"/>", "<col min=\"2\" max=\"3\" width=\"0\" customWidth=\"1\"/>",
        "<col min=\"3\" max=\"16384\" hidden=\"true\"/>"})
    EXPECT_THAT(members(with("<cols>" + col + "</cols>")).error().at(0).expected.in(Lang::kZh),
                HasSubstr("这一列被隐藏"));
  EXPECT_THAT(members(with("<sheetFormatPr defaultColWidth=\"0\"/>")).error().at(0).expected.in(Lang::kZh),
              HasSubstr("这一列被隐藏"));
  // A hidden column that nobody reads harms nobody, and so does one without anything in it.
  EXPECT_TRUE(members(with("<cols><col min=\"4\" max=\"9\" hidden=\"1\"/></cols>")).has_value());
  for (std::string const height : {"hidden=\"1\"", "ht=\"0\" customHeight=\"1\"", "ht=\"0.75\""}) {
    std::string low = rows;
    low.replace(low.rfind("<row r=\"4\""), 10, "<row r=\"4\" " + height);
    EXPECT_THAT(member_error(book(low)).expected.in(Lang::kZh), HasSubstr("这一行被隐藏")) << height;
  }
  Parts unseen = book(kMemberRows + "<row r=\"4\">" + inl("A4", "王五") + inl("B4", "甲") +
                      "<c r=\"C4\" s=\"1\" t=\"inlineStr\"><is><t>监督人员</t></is></c></row>");
  auto& styles = unseen["xl/styles.xml"];
  styles.replace(styles.find("<xf numFmtId=\"14\"/><xf numFmtId=\"57\"/>"), 21, "<xf numFmtId=\"179\"/>");
  styles.replace(styles.find("</numFmts>"), 0, "<numFmt numFmtId=\"179\" formatCode=\";;;\"/>");
  EXPECT_THAT(member_error(unseen).expected.in(Lang::kZh), HasSubstr("不显示"));
}

// Harm: 5,000,000 is shown as 500.0万元 below a heading in 万元, and ten thousand times as much is read.
TEST(Xlsx, WhatAFormatShowsAsAnotherNumberIsAFault) {
  for (std::string const code : {"0!.0,&quot;万元&quot;", "0.00,", "#,##0,", "0,,", "0%", "0.0,;-0.0,"}) {
    Parts parts = book(kMemberRows + "<row r=\"4\"><c r=\"A4\" s=\"1\"><v>5000000</v></c>" + inl("B4", "甲") +
                       inl("C4", "监督人员") + "</row>");
    auto& styles = parts["xl/styles.xml"];
    styles.replace(styles.find("<xf numFmtId=\"14\"/><xf numFmtId=\"57\"/>"), 21, "<xf numFmtId=\"179\"/>");
    styles.replace(styles.find("</numFmts>"), 0, "<numFmt numFmtId=\"179\" formatCode=\"" + code + "\"/>");
    EXPECT_THAT(member_error(parts).expected.in(Lang::kZh), HasSubstr("显示的数")) << code;
  }
  for (std::string_view const plain : {"0", "#,##0", "#,##0.00", "0.0", "General", "yyyy/m/d", "0\"，\"", "[Red]#,##0",
                                       "#,##0_);(#,##0)", "_(* #,##0_)", "0\"%\""})
    EXPECT_FALSE(scaled_by(plain)) << plain;
}

// Harm: a count in 0!m is read as a month, and a text that hides nothing, or everything, is taken for the other.
TEST(Xlsx, ASignThatStandsForItselfSaysNothingOfTheNumber) {
  for (std::string_view const number : {"0!m", "0\\m", "0\"m\"", "0_m", "0*d", "[Red]0", "0!;0"}) {
    EXPECT_EQ(shown_by(number), Shows::kNumber) << number;
    EXPECT_FALSE(hidden_by(number).numbers) << number;
  }
  EXPECT_EQ(shown_by("[h]:mm"), Shows::kTime);
  EXPECT_EQ(shown_by("yyyy!年m!月d!日"), Shows::kDay);
  EXPECT_TRUE(hidden_by(";;;").texts);
  EXPECT_FALSE(hidden_by("!;!;!;").texts) << "one section that shows three signs";
}

TEST(Xlsx, HiddenSheetsArePassedOver) {
  Parts parts = book(row(1, {"甲"}));
  auto& text = parts["xl/workbook.xml"];
  text.replace(text.find("<sheet "), 7, "<sheet name=\"旧\" sheetId=\"2\" state=\"hidden\" r:id=\"rId9\"/><sheet ");
  auto const got = read(parts);
  ASSERT_TRUE(got.has_value()) << got.error()[0].text();
  EXPECT_EQ(got->sheets.size(), 1U);
  EXPECT_THAT(got->unread, ElementsAre("旧"));
}

// ---- What is wrong with a cell

TEST(XlsxRoster, IsTheSameRosterAsFromCsv) {
  auto const got = members(book(kMemberRows + row(4, {"王五", "甲", "监督人员"})));
  ASSERT_TRUE(got.has_value()) << got.error()[0].text();
  auto const csv = import_members(as_bytes("姓名,单位,角色\n张三,甲,主任委员\n李四,甲,工作人员\n王五,甲,监督人员\n"));
  ASSERT_EQ(got->people.size(), csv->people.size());
  for (std::size_t i = 0; i < 3; ++i) {
    EXPECT_EQ(got->people[i].name, csv->people[i].name);
    EXPECT_EQ(got->people[i].roles, csv->people[i].roles);
  }
}

// What a formula came to stands in the file as plain text, where anybody can write something else.
TEST(XlsxRoster, AFormulaCellIsNamedAndNotTrusted) {
  auto const error = member_error(book(kMemberRows + "<row r=\"4\">" + inl("A4", "王五") + inl("B4", "甲") +
                                       "<c r=\"C4\" t=\"str\"><f>IF(1,\"监督人员\")</f><v>监督人员</v></c></row>"));
  EXPECT_EQ(error.row, 4U);
  EXPECT_EQ(error.column, 3U);
  EXPECT_EQ(error.value, "监督人员");
  EXPECT_THAT(error.expected.in(Lang::kZh), HasSubstr("公式单元格，请改为数值"));
  EXPECT_THAT(error.text(), testing::StartsWith("工作表「名单」 第 4 行 C 列（角色）「监督人员」"));
  // In a column nobody reads it harms nobody.
  EXPECT_TRUE(members(book(kMemberRows + "<row r=\"4\">" + inl("A4", "王五") + inl("B4", "甲") + inl("C4", "监督") +
                           "<c r=\"F4\"><f>ROW()</f><v>4</v></c></row>"))
                  .has_value());
}

TEST(XlsxRoster, MergedHiddenAndErrorCellsAreNamed) {
  std::string const rows = kMemberRows + row(4, {"王五", "", "监督人员"});
  auto const merged = member_error(book(rows, "<mergeCells count=\"1\"><mergeCell ref=\"B3:B4\"/></mergeCells>"));
  EXPECT_EQ(merged.row, 3U);
  EXPECT_EQ(merged.column, 2U);
  EXPECT_THAT(merged.expected.in(Lang::kZh), HasSubstr("取消合并"));
  // A title over the whole width is what every office has.
  EXPECT_TRUE(
      members(book(row(1, {"评委会名单"}) + row(2, {"姓名", "单位", "角色"}) + row(3, {"张三", "甲", "主任委员"}) +
                       row(4, {"李四", "甲", "工作人员"}) + row(5, {"王五", "甲", "监督"}),
                   "<mergeCells><mergeCell ref=\"A1:C1\"/></mergeCells>"))
          .has_value());
  std::string hidden = rows;
  hidden.replace(hidden.rfind("<row r=\"4\""), 10, "<row r=\"4\" hidden=\"1\"");
  EXPECT_THAT(member_error(book(hidden)).expected.in(Lang::kZh), HasSubstr("隐藏"));
  auto const error = member_error(book(kMemberRows + "<row r=\"4\">" + inl("A4", "王五") +
                                       "<c r=\"B4\" t=\"e\"><v>#N/A</v></c>" + inl("C4", "监督") + "</row>"));
  EXPECT_THAT(error.expected.in(Lang::kZh), HasSubstr("错误值"));
}

// A template's example and an empty copy lie beside the sheet that is filled in; neither is a question, both are told.
TEST(XlsxRoster, AnExampleSheetAndAnEmptyOneAreNotTheOther) {
  auto const two = [](std::string const& name, std::string const& second) {
    Parts parts = book(kMemberRows + row(4, {"王五", "甲", "监督"}));
    parts["xl/worksheets/sheet2.xml"] = book(second)["xl/worksheets/sheet1.xml"];
    auto& text = parts["xl/workbook.xml"];
    text.replace(text.find("</sheets>"), 9, "<sheet name=\"" + name + "\" sheetId=\"2\" r:id=\"rId7\"/></sheets>");
    auto& rels = parts["xl/_rels/workbook.xml.rels"];
    rels.replace(rels.find("</Rel"), 0,
                 "<Relationship Id=\"rId7\" Type=\"" + kRel + "/worksheet\" Target=\"worksheets/sheet2.xml\"/>");
    return parts;
  };
  std::string const head = row(1, {"姓名", "单位", "角色"});
  for (auto const& [name, second] : {std::pair{"Sheet2"s, head + row(2, {"合计"})},
                                     {"填写示例"s, head + row(2, {"张三", "甲", "专家"})},
                                     {"名单（样表）"s, head + row(2, {"张三", "甲", "专家"})}}) {
    auto const got = members(two(name, second));
    ASSERT_TRUE(got.has_value()) << name << got.error()[0].text();
    EXPECT_EQ(got->people.size(), 3U);
    EXPECT_THAT(got->reading.others, ElementsAre(name));
  }
  EXPECT_THAT(member_error(two("二组", head + row(2, {"张三", "乙", "专家"}))).expected.in(Lang::kZh),
              HasSubstr("几个工作表"));
}

TEST(XlsxRoster, TheSheetWithTheHeaderIsFoundAndTwoAreAQuestion) {
  Parts parts = book(row(1, {"说明"}));
  parts["xl/worksheets/sheet2.xml"] = book(kMemberRows + row(4, {"王五", "甲", "监督"}))["xl/worksheets/sheet1.xml"];
  auto& text = parts["xl/workbook.xml"];
  text.replace(text.find("</sheets>"), 9, "<sheet name=\"二\" sheetId=\"2\" r:id=\"rId7\"/></sheets>");
  auto& rels = parts["xl/_rels/workbook.xml.rels"];
  rels.replace(rels.find("</Rel"), 5,
               "<Relationship Id=\"rId7\" Type=\"" + kRel + "/worksheet\" Target=\"worksheets/sheet2.xml\"/></Rel");
  EXPECT_TRUE(members(parts).has_value());
  parts["xl/worksheets/sheet1.xml"] = parts["xl/worksheets/sheet2.xml"];
  EXPECT_THAT(member_error(parts).expected.in(Lang::kZh), HasSubstr("几个工作表"));
}

// ---- What is no workbook, and what attacks

TEST(XlsxRefused, OtherFilesAndBrokenOnes) {
  EXPECT_THAT(error_of(std::string("PK\x03\x04")).expected.in(Lang::kZh), HasSubstr("损坏"));
  EXPECT_THAT(error_of(Parts{{"a.txt", "x"}}).expected.in(Lang::kZh), HasSubstr("不是 Excel 工作簿"));
  Parts word = book(row(1, {"甲"}));
  auto& rels = word["_rels/.rels"];
  rels.replace(rels.find("xl/workbook.xml"), 15, "word/document.xml");
  EXPECT_THAT(error_of(word).expected.in(Lang::kZh), HasSubstr("Word"));
  Parts ods;
  ods["mimetype"] = "application/vnd.oasis.opendocument.spreadsheet";
  ods["content.xml"] = ods["META-INF/manifest.xml"] = "<a/>";
  EXPECT_THAT(error_of(ods).expected.in(Lang::kZh), HasSubstr("OpenDocument"));
  Parts zipped;
  zipped["申报/名单.xlsx"] = "x";
  EXPECT_THAT(error_of(zipped).expected.in(Lang::kZh), HasSubstr("请先解压"));
  Parts macro = book(row(1, {"甲"}));
  macro["xl/vbaProject.bin"] = "x";
  EXPECT_THAT(error_of(macro).expected.in(Lang::kZh), HasSubstr("宏"));
  Parts binary = book(row(1, {"甲"}));
  binary["_rels/.rels"].replace(binary["_rels/.rels"].find("workbook.xml"), 12, "workbook.bin");
  EXPECT_THAT(error_of(binary).expected.in(Lang::kZh), HasSubstr("xlsb"));
  EXPECT_THAT(error_of(book("")).expected.in(Lang::kZh), HasSubstr("空"));
  std::string cut = archive(book(kMemberRows));
  for (std::size_t keep : {cut.size() / 2, cut.size() - 1})
    EXPECT_THAT(error_of(cut.substr(0, keep)).expected.in(Lang::kZh), HasSubstr("损坏"));
  EXPECT_THAT(error_of(book("<row r=\"1\"><c r=\"A1\" t=\"s\"><v>7</v></c></row>")).expected.in(Lang::kZh),
              HasSubstr("损坏"));
  EXPECT_THAT(error_of(book("<row r=\"1\"><c r=\"A1\"><v>x</v></c></row>")).expected.in(Lang::kZh), HasSubstr("损坏"));
  EXPECT_THAT(error_of(book("<row r=\"2\"/><row r=\"1\"/>")).expected.in(Lang::kZh), HasSubstr("损坏"));
  EXPECT_THAT(error_of(book("<row r=\"1\">")).expected.in(Lang::kZh), HasSubstr("损坏"));
}

// A file of a few kilobytes that asks for gigabytes must cost us nothing.
TEST(XlsxRefused, BombsOfEveryKind) {
  std::string const zeros(24U << 20, ' ');
  Parts ratio = book(row(1, {"甲"}));
  ratio["xl/worksheets/sheet1.xml"] += zeros;
  auto const bytes = archive(ratio);
  ASSERT_LT(bytes.size(), 100'000U);
  EXPECT_THAT(error_of(bytes).expected.in(Lang::kZh), HasSubstr("压缩炸弹"));
  Parts large = book(row(1, {"甲"}));
  large["xl/worksheets/sheet1.xml"] += std::string(kWorkbookPartBytesMax, ' ');
  EXPECT_THAT(error_of(large).expected.in(Lang::kZh), HasSubstr("32 MiB"));
  Parts total = book(row(1, {"甲"}));
  for (char const* name : {"a", "b", "c"}) total[name] = zeros;
  EXPECT_THAT(error_of(total).expected.in(Lang::kZh), HasSubstr("64 MiB"));
  Parts many = book(row(1, {"甲"}));
  for (std::size_t i = 0; i < kWorkbookPartsMax; ++i) many["x" + std::to_string(i)] = "";
  EXPECT_THAT(error_of(many).expected.in(Lang::kZh), HasSubstr("500"));
  std::string deep;
  for (std::size_t i = 0; i < kXmlDepthMax; ++i) deep += "<a>";
  EXPECT_THAT(error_of(book(deep)).expected.in(Lang::kZh), HasSubstr("嵌套"));
  Parts entities = book(row(1, {"&x;"}));
  auto& sheet = entities["xl/worksheets/sheet1.xml"];
  sheet.replace(0, kXml.size(), "<!DOCTYPE w [<!ENTITY x SYSTEM \"file:///etc/passwd\">]>");
  EXPECT_THAT(error_of(entities).expected.in(Lang::kZh), HasSubstr("文档类型声明"));
  EXPECT_THAT(error_of(archive(book(kMemberRows)) + std::string(kSheetBytesMax, 'x')).expected.in(Lang::kZh),
              HasSubstr("10 MiB"));
}

// Harm: twelve kilobytes of a stranger's, named by every cell of a sheet, become twelve gigabytes, and the program that
// reads it is ended with everything else that it does.
TEST(XlsxRefused, OneTextThatEveryCellNamesIsCountedForEachOfThem) {
  std::string text;
  for (std::size_t i = 0; i < kCellCharactersMax; ++i) text += "字";
  std::string rows;
  auto const many = kSheetTextMax / text.size() + 1;
  for (std::size_t i = 1; i <= many; ++i) {
    rows += "<row r=\"" + std::to_string(i) + "\"><c r=\"A" + std::to_string(i) + "\" t=\"s\"><v>0</v></c></row>";
  }
  auto const error = error_of(book(rows, {}, "<si><t>" + text + "</t></si>"));
  EXPECT_EQ(error.expected.key(), "sheets.text_max");
}

TEST(XlsxRefused, EveryBoundOfTheGridIsExact) {
  auto const at = [](std::string const& place, int r) {
    return book("<row r=\"" + std::to_string(r) + "\"><c r=\"" + place + "\"><v>1</v></c></row>");
  };
  EXPECT_TRUE(read(at("CV1048576", 1'048'576)).has_value());
  EXPECT_EQ(error_of(at("A1048577", 1048577)).row, 0U);
  EXPECT_EQ(error_of(at("CW1", 1)).column, 101U);
  EXPECT_EQ(error_of(at("NTP1", 1)).column, 10'000U);
  std::string wide;
  for (std::size_t i = 0; i < kCellCharactersMax; ++i) wide += "汉";
  EXPECT_TRUE(read(book(row(1, {wide}))).has_value());
  EXPECT_THAT(error_of(book(row(1, {wide + "字"}))).expected.in(Lang::kZh), HasSubstr("4096"));
  EXPECT_THAT(error_of(book("<row r=\"1\"><c r=\"ZZZZ1\"><v>1</v></c></row>")).expected.in(Lang::kZh),
              HasSubstr("损坏"));
}

// ---- Sheets out

// A name "=HYPERLINK(…)" must arrive on the next desk as a name.
TEST(SheetWriter, NothingBecomesAFormulaAndItReadsBackTheSame) {
  OutSheet sheet{"公示名单",
                 {{std::string("姓名"), std::string("数"), std::string("日期")},
                  {std::string("=1+1"), std::int64_t{42}, Date{2019, 7, 1}},
                  {std::string("@王𬭎"), std::int64_t{-7}, Date{2019, 7, 0}},
                  {std::string("http://x"), std::int64_t{0}, Date{2019, 0, 0}}}};
  sheet.header_rows = 1;
  sheet.footer = "甲&乙";
  auto const bytes = write_xlsx(std::span(&sheet, 1));
  ASSERT_TRUE(bytes.has_value()) << bytes.error().in(Lang::kZh);
  auto const got = read_workbook(*bytes);
  ASSERT_TRUE(got.has_value()) << got.error()[0].text();
  auto const& rows = got->sheets[0].rows;
  EXPECT_THAT(rows[1].cells, ElementsAre("=1+1", "42", "2019-07-01"));
  EXPECT_THAT(rows[2].cells, ElementsAre("@王𬭎", "-7", "2019-07"));
  EXPECT_THAT(rows[3].cells, ElementsAre("http://x", "0", "2019"));
  for (auto const& r : rows) EXPECT_EQ(r.mark(0), CellMark::kText);
  EXPECT_EQ(*write_xlsx(std::span(&sheet, 1)), *bytes);
}

TEST(SheetWriter, WhatExcelWouldNotOpenIsRefused) {
  auto const refused = [](OutSheet const& sheet) { return !write_xlsx(std::span(&sheet, 1)).has_value(); };
  EXPECT_TRUE(refused({"", {}}));
  EXPECT_TRUE(refused({"a/b", {}}));
  EXPECT_TRUE(refused({std::string(32, 'a'), {}}));
  EXPECT_TRUE(refused({"a", {{std::string(32'768, 'x')}}}));
  EXPECT_TRUE(refused({"a", {{std::string("\xFF")}}}));
  EXPECT_TRUE(refused({"a", {std::vector<OutCell>(101, std::int64_t{1})}}));
  EXPECT_TRUE(refused({"a", std::vector<std::vector<OutCell>>(kSheetRowsMax + 1)}));
  EXPECT_FALSE(write_xlsx({}).has_value());
  std::array<OutSheet, 2> const twice{OutSheet{"a", {}}, OutSheet{"A", {}}};
  EXPECT_FALSE(write_xlsx(twice).has_value());
}
