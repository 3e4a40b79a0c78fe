// SPDX-License-Identifier: Apache-2.0
// Workbooks from anybody's machine: no bytes may crash the readers, and a sheet is imported whole or not at all. Bytes
// that are no archive are put into one as the sheet of an otherwise good workbook, so that the cells are reached too.
#include <zip.h>

#include <array>
#include <cstdlib>
#include <string>

#include "office/rules/facts.h"
#include "sheets/roster.h"
#include "sheets/xlsx.h"

namespace {

using namespace piaojue;

std::string packed(std::string const& sheet, std::string const& styles) {
  std::string const rel = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";
  std::array<std::pair<char const*, std::string>, 5> const parts{{
      {"_rels/.rels", "<R><Relationship Id=\"a\" Type=\"" + rel + "/officeDocument\" Target=\"xl/workbook.xml\"/></R>"},
      {"xl/workbook.xml", "<workbook><sheets><sheet name=\"s\" id=\"b\"/></sheets></workbook>"},
      {"xl/_rels/workbook.xml.rels", "<R><Relationship Id=\"b\" Type=\"" + rel +
                                         "/worksheet\" Target=\"s.xml\"/><Relationship Id=\"c\" Type=\"" + rel +
                                         "/styles\" Target=\"t.xml\"/></R>"},
      {"xl/s.xml", sheet},
      {"xl/t.xml", styles},
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
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
  ByteView const bytes(data, size);
  if (sheets::is_workbook(bytes)) {
    try_all(bytes);
    return 0;
  }
  // The styles stand behind the first byte 1.
  std::string const text(as_text(bytes));
  auto const cut = text.find('\1');
  std::string const file = packed(text.substr(0, cut), cut == std::string::npos ? "<a/>" : text.substr(cut + 1));
  try_all(as_bytes(file));
  return 0;
}
