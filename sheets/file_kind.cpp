// SPDX-License-Identifier: Apache-2.0
#include "sheets/file_kind.h"

#include <algorithm>
#include <array>
#include <string>
#include <string_view>

#include "strings/sheets.h"

namespace piaojue::sheets {

namespace say = strings::sheets;
using namespace std::string_view_literals;

namespace {

// ---- Compound files of Microsoft ([MS-CFB]): old Excel, old WPS, Word, and any newer workbook with a password

constexpr std::size_t kSectorBytes = 512, kEntryBytes = 128;

std::uint32_t little(std::string_view text, std::size_t at, std::size_t bytes) {
  std::uint32_t out = 0;
  for (std::size_t i = bytes; i-- > 0;)
    out = out << 8 | (at + i < text.size() ? static_cast<unsigned char>(text[at + i]) : 0U);
  return out;
}

std::string utf16(std::string_view ascii) {
  std::string out;
  for (char const c : ascii) (out += c) += '\0';
  return out + std::string(2, '\0');
}

/// Where the directory's entry of a stream stands; npos: there is none. Entries lie on multiples of their own size.
std::size_t entry_of(std::string_view file, std::string_view stream) {
  std::string const name = utf16(stream);
  for (std::size_t at = file.find(name, kSectorBytes); at != std::string_view::npos; at = file.find(name, at + 1))
    if (at % kEntryBytes == 0 && little(file, at + 64, 2) == name.size()) return at;
  return std::string_view::npos;
}

/// Whether the stream of an old workbook begins with the record that says that it is encrypted ([MS-XLS] 2.4.117).
bool has_file_pass(std::string_view file, std::size_t entry) {
  constexpr std::uint32_t kBof = 0x0809, kFilePass = 0x2F;
  std::size_t const sector = little(file, entry + 116, 4);
  if (sector > file.size() / kSectorBytes) return false;
  std::size_t const at = (sector + 1) * kSectorBytes;
  if (little(file, at, 2) != kBof) return false;
  return little(file, at + 4 + little(file, at + 2, 2), 2) == kFilePass;
}

Text const* compound_kind(std::string_view file) {
  constexpr auto kNone = std::string_view::npos;
  if (entry_of(file, "EncryptedPackage") != kNone || entry_of(file, "EncryptionInfo") != kNone)
    return &say::kKindPassword;
  for (std::string_view const stream : {"Workbook", "Book"})
    if (auto const entry = entry_of(file, stream); entry != kNone)
      return has_file_pass(file, entry) ? &say::kKindPassword : &say::kKindOldWorkbook;
  if (entry_of(file, "WordDocument") != kNone) return &say::kKindWord;
  return &say::kKindCompound;
}

// ---- Texts that are no CSV

/// The first letters, in ASCII and in small ones, whatever the text is encoded in.
std::string first_letters(std::string_view file) {
  constexpr std::size_t kLooked = 2048;
  std::string out;
  for (char c : file.substr(0, kLooked)) {
    if (c == '\0' || static_cast<unsigned char>(c) >= 0x80 || (out.empty() && c > '\0' && c <= ' ')) continue;
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    out += c;
  }
  return out;
}

Text const* markup_kind(std::string_view file) {
  std::string const text = first_letters(file);
  if (text.starts_with("mime-version:") || text.starts_with("from: <saved by")) return &say::kKindWebPage;
  if (text.starts_with("{\\rtf")) return &say::kKindWord;
  if (!text.starts_with('<')) return nullptr;
  if (text.find("office:spreadsheet") != std::string::npos || text.find("excel.sheet") != std::string::npos)
    return text.starts_with("<html") || text.starts_with("<!doctype html") ? &say::kKindWebPage : &say::kKindXmlSheet;
  for (std::string_view const tag : {"<html", "<!doctype html", "<head", "<meta", "<body", "<table", "<div", "<style",
                                     "<script", "<!--", "<tr", "<center", "<font", "<p>", "<form"})
    if (text.starts_with(tag)) return &say::kKindWebPage;
  if (text.starts_with("<?xml")) return text.find("<html") != std::string::npos ? &say::kKindWebPage : &say::kKindXml;
  return nullptr;
}

// ---- Lock files

/// Excel's ~$ file is 165 bytes: the length of a name and the name, in one byte a letter and again in two.
bool is_excels_lock(std::string_view file) {
  constexpr std::size_t kLockBytes = 165, kNameBytes = 54;
  if (file.size() != kLockBytes || file[0] == 0) return false;
  auto const length = static_cast<std::size_t>(static_cast<unsigned char>(file[0]));
  auto const padding = file.substr(1 + std::min(length, kNameBytes), kNameBytes - std::min(length, kNameBytes));
  return length <= kNameBytes && std::ranges::all_of(padding, [](char c) { return c == ' ' || c == '\0'; });
}

/// LibreOffice's .~lock. file: ",name,host,time,file:///home/…;".
bool is_libreoffices_lock(std::string_view file) {
  return file.size() < 4096 && file.find(",file:///") != std::string_view::npos &&
         file.find(';') == file.find_last_not_of("\r\n") && file.find('\n') >= file.find(';');
}

struct Beginning {
  std::string_view bytes;
  Text const* kind;
};

}  // namespace

Text const* other_kind(ByteView bytes) {
  std::string_view const file = as_text(bytes);
  static std::array<Beginning, 22> const kBeginnings{{
      {"%PDF"sv, &say::kKindPdf},
      {"\xFF\xD8\xFF"sv, &say::kKindPicture},
      {"\x89PNG"sv, &say::kKindPicture},
      {"GIF8"sv, &say::kKindPicture},
      {"II*\0"sv, &say::kKindPicture},
      {"MM\0*"sv, &say::kKindPicture},
      {"Rar!\x1A"sv, &say::kKindArchive},
      {"7z\xBC\xAF\x27\x1C"sv, &say::kKindArchive},
      {"\x1F\x8B"sv, &say::kKindArchive},
      {"\xFD\x37zXZ"sv, &say::kKindArchive},
      {"\x09\x08\x10\x00"sv, &say::kKindOldWorkbook},  // BIFF without a compound file around it
      {"\x09\x08\x08\x00"sv, &say::kKindOldWorkbook},
      {"\x09\x08\x06\x00"sv, &say::kKindOldWorkbook},
      {"\x09\x08\x04\x00"sv, &say::kKindOldWorkbook},
      {"\x09\x04\x06\x00"sv, &say::kKindOldWorkbook},
      {"\x09\x02\x06\x00"sv, &say::kKindOldWorkbook},
      {"\x09\x00\x04\x00"sv, &say::kKindOldWorkbook},
      {"SQLite format 3\0"sv, &say::kKindDatabase},
      {"\0\x01\0\0Standard"sv, &say::kKindDatabase},  // Access
      {"\x7F"
       "ELF"sv,
       &say::kKindProgram},
      {"ID;PWXL"sv, &say::kKindSylk},
      {"ID;PCAL"sv, &say::kKindSylk},
  }};
  for (Beginning const& beginning : kBeginnings)
    if (file.starts_with(beginning.bytes)) return beginning.kind;
  if (file.starts_with("\xD0\xCF\x11\xE0"sv)) return compound_kind(file);
  // Of two letters that may begin a text as well.
  bool const zeros = file.substr(0, 64).find('\0') != std::string_view::npos;
  if (file.starts_with("RIFF") && file.substr(0, 16).find("WEBP") == 8) return &say::kKindPicture;
  if (file.size() > 12 && file.substr(4, 4) == "ftyp") return &say::kKindPicture;  // HEIC of a telephone
  if (zeros && file.starts_with("BM")) return &say::kKindPicture;
  if (zeros && file.starts_with("MZ")) return &say::kKindProgram;
  if (is_excels_lock(file) || is_libreoffices_lock(file)) return &say::kKindLock;
  return markup_kind(file);
}

}  // namespace piaojue::sheets
