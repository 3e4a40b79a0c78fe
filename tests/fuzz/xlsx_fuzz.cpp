// SPDX-License-Identifier: Apache-2.0
// Workbooks from anybody's machine: no bytes may crash the readers, and a sheet is imported whole or not at all. Bytes
// that are no archive are put into one as the sheet of an otherwise good workbook, so that the cells are reached too:
// behind the bytes 1 follow its styles, the workbook's own part, and its texts.
#include <zip.h>

#include <array>
#include <cstdlib>
#include <string>

#include "base/utf8.h"
#include "office/rules/facts.h"
#include "office/rules/vocabulary.h"
#include "sheets/marked_copy.h"
#include "sheets/roster.h"
#include "sheets/table.h"
#include "sheets/xlsx.h"
#include "strings/sheets.h"

namespace {

using namespace piaojue;

std::string packed(std::string const& sheet, std::string const& styles, std::string const& book,
                   std::string const& strings) {
  std::string const rel = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";
  std::array<std::pair<char const*, std::string>, 6> const parts{{
      {"_rels/.rels", "<R><Relationship Id=\"a\" Type=\"" + rel + "/officeDocument\" Target=\"xl/workbook.xml\"/></R>"},
      {"xl/workbook.xml", book},
      {"xl/_rels/workbook.xml.rels", "<R><Relationship Id=\"b\" Type=\"" + rel +
                                         "/worksheet\" Target=\"s.xml\"/><Relationship Id=\"c\" Type=\"" + rel +
                                         "/styles\" Target=\"t.xml\"/><Relationship Id=\"d\" Type=\"" + rel +
                                         "/sharedStrings\" Target=\"u.xml\"/></R>"},
      {"xl/s.xml", sheet},
      {"xl/t.xml", styles},
      {"xl/u.xml", strings},
  }};
  zip_error_t error;
  zip_error_init(&error);
  zip_source_t* out = zip_source_buffer_create(nullptr, 0, 0, &error);
  zip_source_keep(out);
  zip_t* zip = zip_open_from_source(out, ZIP_TRUNCATE, &error);
  for (auto const& [name, text] : parts) {
    auto const at = zip_file_add(zip, name, zip_source_buffer(zip, text.data(), text.size(), 0), 0);
    zip_set_file_compression(zip, static_cast<zip_uint64_t>(at), ZIP_CM_STORE, 0);
  }
  if (zip_close(zip) != 0) std::abort();
  std::string bytes;
  zip_source_open(out);
  std::array<char, 4096> piece{};
  for (zip_int64_t got; (got = zip_source_read(out, piece.data(), piece.size())) > 0;)
    bytes.append(piece.data(), static_cast<std::size_t>(got));
  zip_source_close(out);
  zip_source_free(out);
  return bytes;
}

/// Something whole, or something to say in both languages.
template <class T, class Empty>
void check(sheets::Imported<T> const& imported, Empty const& empty) {
  if (imported ? empty(*imported) : imported.error().empty()) std::abort();
  if (imported) return;
  for (auto const& error : imported.error())
    if (error.text(Lang::kZh).empty() || error.text(Lang::kEn).empty()) std::abort();
}

void try_all(ByteView file) {
  auto const book = sheets::read_workbook(file);
  check(book, [](auto const& value) { return value.sheets.empty(); });
  if (book)
    for (auto const& sheet : book->sheets)
      for (auto const& row : sheet.rows)
        if (row.cells.size() > sheets::kSheetColumnsMax || row.number > sheets::kSheetRowsMax) std::abort();
  check(sheets::import_members(file), [](auto const& value) { return value.people.empty(); });
  check(sheets::import_candidates(file), [](auto const& value) { return value.candidates.empty(); });
  check(office::import_applicants(file, file, {}), [](auto const& value) { return value.people.empty(); });
  sheets::Table table(file, office::applicant_fields());
  auto const reading = table.reading();
  for (Sentence const& sentence : reading.sentences(strings::sheets::kFileCandidates))
    if (!is_utf8(sentence.in(Lang::kZh))) std::abort();
  auto const errors = table.take_errors();
  // A copy is refused where the sheet's own name is none, and else can be read. Writing takes far longer than reading:
  // one input in sixteen.
  if (file.size() % 16 != 0) return;
  if (auto const copy = sheets::marked_copy(file, reading, errors); copy && !sheets::read_workbook(*copy)) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
  ByteView const bytes(data, size);
  if (sheets::is_workbook(bytes)) {
    try_all(bytes);
    return 0;
  }
  std::array<std::string, 4> parts{"", "<a/>", "<workbook><sheets><sheet name=\"s\" id=\"b\"/></sheets></workbook>",
                                   "<a/>"};
  std::string_view text = as_text(bytes);
  for (std::string& part : parts) {
    auto const cut = std::min(text.find('\1'), text.size());
    part = text.substr(0, cut);
    if (cut == text.size()) break;
    text.remove_prefix(cut + 1);
  }
  std::string const file = packed(parts[0], parts[1], parts[2], parts[3]);
  try_all(as_bytes(file));
  return 0;
}
