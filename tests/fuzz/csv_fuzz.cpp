// SPDX-License-Identifier: Apache-2.0
// Sheets from anybody's machine: no bytes may crash the import, a sheet is imported whole or not at all, and what was
// read from one encoding and separator reads the same when it is written in another.
#include <cstdlib>

#include "sheets/csv.h"
#include "sheets/roster.h"

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
  using namespace piaojue;
  ByteView const file(data, size);
  auto const csv = sheets::read_csv(file);
  if (csv.ok() == csv.value.rows.empty()) std::abort();
  for (auto const& error : csv.errors) static_cast<void>(error.text());
  if (csv.ok()) {
    std::string again;
    std::size_t number = 1;
    for (auto const& row : csv.value.rows) {
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
      if (!back.ok() || back.value.rows.size() != csv.value.rows.size()) std::abort();
      for (std::size_t i = 0; i < back.value.rows.size(); ++i)
        if (back.value.rows[i].number != csv.value.rows[i].number ||
            back.value.rows[i].cells != csv.value.rows[i].cells)
          std::abort();
    }
  }
  auto const members = sheets::import_members(file);
  if (members.ok() == members.value.people.empty()) std::abort();
  auto const candidates = sheets::import_candidates(file);
  if (candidates.ok() == candidates.value.candidates.empty()) std::abort();
  for (auto const& error : members.errors) static_cast<void>(error.text());
  for (auto const& error : candidates.errors) static_cast<void>(error.text());
  return 0;
}
