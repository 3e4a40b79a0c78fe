// SPDX-License-Identifier: Apache-2.0
// Sheets from anybody's machine: no bytes may crash the import, a sheet is imported whole or not at all, and what was
// read from one encoding and separator reads the same when it is written in another.
#include <cstdlib>

#include "sheets/csv.h"
#include "sheets/roster.h"

namespace {

/// Something whole, or something to say in both languages.
template <class T, class Empty>
void check(piaojue::sheets::Imported<T> const& imported, Empty const& empty) {
  using piaojue::Lang;
  if (imported ? empty(*imported) : imported.error().empty()) std::abort();
  if (imported) return;
  for (auto const& error : imported.error())
    if (error.text(Lang::kZh).empty() || error.text(Lang::kEn).empty()) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
  using namespace piaojue;
  ByteView const file(data, size);
  auto const csv = sheets::read_csv(file);
  check(csv, [](auto const& value) { return value.rows.empty(); });
  if (csv) {
    std::string again;
    std::size_t number = 1;
    for (auto const& row : csv->rows) {
      for (; number < row.number; ++number) again += "\r\n";
      for (auto const& cell : row.cells) {
        if (&cell != &row.cells.front()) again += ',';
        again += '"';
        for (char const c : cell) again.append(c == '"' ? 2 : 1, c);
        again += '"';
      }
    }
    // What UTF-8 adds in length may cross the bound on a file.
    if (again.size() <= sheets::kSheetBytesMax) {
      auto const back = sheets::read_csv(as_bytes(again));
      if (!back || back->rows.size() != csv->rows.size()) std::abort();
      for (std::size_t i = 0; i < back->rows.size(); ++i)
        if (back->rows[i].number != csv->rows[i].number || back->rows[i].cells != csv->rows[i].cells) std::abort();
    }
  }
  check(sheets::import_members(file), [](auto const& value) { return value.people.empty(); });
  check(sheets::import_candidates(file), [](auto const& value) { return value.candidates.empty(); });
  return 0;
}
