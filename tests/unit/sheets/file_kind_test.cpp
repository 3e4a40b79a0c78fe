// SPDX-License-Identifier: Apache-2.0
// What people pick that is no sheet: each is named, whatever its name says.
#include "sheets/file_kind.h"

#include <gtest/gtest.h>

#include "sheets/sheet.h"
#include "strings/sheets.h"

using namespace piaojue;
using namespace piaojue::sheets;
using namespace std::string_literals;
namespace say = strings::sheets;

namespace {

std::string key_of(std::string const& file) {
  auto const got = read_workbook(as_bytes(file));
  EXPECT_FALSE(got.has_value());
  return got ? std::string{} : std::string(got.error().at(0).expected.key());
}

std::string utf16(std::string const& ascii) {
  std::string out;
  for (char const c : ascii) (out += c) += '\0';
  return out;
}

/// A compound file of Microsoft with one stream: its header, its directory in the first sector, and the stream.
std::string compound(std::string const& stream, std::string const& content = {}) {
  std::string out = "\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1"s;
  out.resize(512);
  std::string root = utf16("Root Entry") + "\0\0"s;
  std::string entry = utf16(stream) + "\0\0"s;
  for (std::string* one : {&root, &entry}) {
    auto const length = static_cast<char>(one->size());
    one->resize(128);
    (*one)[64] = length;
  }
  entry[116] = 1;  // its first sector
  out += root + entry;
  out.resize(1024);
  return out + content;
}

}  // namespace

// Harm: "找不到表头" is said of a photograph, and the clerk looks for a header in it.
TEST(FileKind, EachIsNamedForWhatItIs) {
  std::string const bof = "\x09\x08\x10\x00"s + std::string(16, '\0');
  std::vector<std::pair<std::string, Text const*>> const kinds{
      {"%PDF-1.7\n%\xE2\xE3", &say::kKindPdf},
      {"\xFF\xD8\xFF\xE0..JFIF", &say::kKindPicture},
      {"\x89PNG\r\n\x1A\n", &say::kKindPicture},
      {"GIF89a", &say::kKindPicture},
      {"RIFF\x10\0\0\0WEBPVP8 "s, &say::kKindPicture},
      {"\0\0\0\x18"
       "ftypheic\0\0\0\0"s,
       &say::kKindPicture},
      {"BM\x36\0\0\0"s, &say::kKindPicture},
      {"Rar!\x1A\x07\x01", &say::kKindArchive},
      {"7z\xBC\xAF\x27\x1C", &say::kKindArchive},
      {"\x1F\x8B\x08", &say::kKindArchive},
      {compound("Workbook", bof), &say::kKindOldWorkbook},
      {compound("Book", bof), &say::kKindOldWorkbook},
      {compound("Workbook", bof + "\x2F\0\x36\0"s), &say::kKindPassword},
      {compound("EncryptedPackage"), &say::kKindPassword},
      {compound("WordDocument"), &say::kKindWord},
      {compound("Something"), &say::kKindCompound},
      {"\x09\x08\x10\x00\x00\x06"s, &say::kKindOldWorkbook},
      {"\x09\x00\x04\x00\x02\x00"s, &say::kKindOldWorkbook},
      {"<html><body><table><tr><td>姓名</td></tr></table>", &say::kKindWebPage},
      {"\xEF\xBB\xBF\r\n <!DOCTYPE HTML PUBLIC>", &say::kKindWebPage},
      {"<HTML xmlns:x=\"urn:schemas-microsoft-com:office:excel\">", &say::kKindWebPage},
      {"\xFF\xFE" + utf16("<table border=1>"), &say::kKindWebPage},
      {"<META http-equiv=Content-Type><TABLE>", &say::kKindWebPage},
      {"MIME-Version: 1.0\r\nX-Document-Type: Workbook", &say::kKindWebPage},
      {"<?xml version=\"1.0\"?>\n<?mso-application progid=\"Excel.Sheet\"?>\n<Workbook>", &say::kKindXmlSheet},
      {"<Workbook xmlns=\"urn:schemas-microsoft-com:office:spreadsheet\">", &say::kKindXmlSheet},
      {"<?xml version=\"1.0\"?><data/>", &say::kKindXml},
      {"{\\rtf1\\ansi", &say::kKindWord},
      {"ID;PWXL;N;E\r\nP;PGeneral", &say::kKindSylk},
      {"\x06"
       "zhangs" +
           std::string(48, ' ') + "\x06\0"s + std::string(108, ' '),
       &say::kKindLock},
      {",root,office-pc,26.11.2026 06:30,file:///home/zhang/.config/libreoffice/4;", &say::kKindLock},
      {"SQLite format 3\0"s, &say::kKindDatabase},
      {"\x7F"
       "ELF\x02",
       &say::kKindProgram},
      {"MZ\x90\0\x03\0"s, &say::kKindProgram},
  };
  for (auto const& [file, kind] : kinds) EXPECT_EQ(key_of(file), kind->key) << file.substr(0, 20);
}

// Harm: a sheet is refused because its first letters are those of something else.
TEST(FileKind, ASheetIsNotTakenForAnythingElse) {
  for (std::string const text : {"BM,MZ\n1,2\n", "MZ\n", "PDF,姓名\n", "ID;姓名;单位\n1;2;3\n", "姓名,<html>\n",
                                 "mime,x\n", ",甲,乙;\n", "<5,>5\n", "GIF,a\n", "Rar,!\n"})
    EXPECT_TRUE(read_workbook(as_bytes(text)).has_value()) << text;
}

// Harm: a cut or hostile file is read beyond its end.
TEST(FileKind, EveryBeginningOfAFileIsSomething) {
  std::string const whole = compound("Workbook", "\x09\x08\xFF\xFF");
  for (std::size_t size = 4; size < whole.size(); ++size) EXPECT_NE(key_of(whole.substr(0, size)), "");
}
