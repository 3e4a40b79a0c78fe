// SPDX-License-Identifier: Apache-2.0
// Sheets from anybody's machine: no bytes may crash the import, a sheet is imported whole or not at all, and what was
// read from one encoding and separator reads the same when it is written in another.
#include <cstdlib>

#include "base/utf8.h"
#include "office/rules/facts.h"
#include "office/rules/vocabulary.h"
#include "sheet_mutator.h"
#include "sheets/csv.h"
#include "sheets/marked_copy.h"
#include "sheets/roster.h"
#include "sheets/table.h"
#include "strings/sheets.h"

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

/// Whatever was read can be told, and given back with its faults beside it, and that can be read again.
void tell(piaojue::ByteView file, std::vector<piaojue::sheets::Field> fields) {
  using namespace piaojue;
  sheets::Table table(file, std::move(fields));
  auto const reading = table.reading();
  for (Sentence const& sentence : reading.sentences(strings::sheets::kFileCandidates))
    if (!is_utf8(sentence.in(Lang::kZh)) || !is_utf8(sentence.in(Lang::kEn))) std::abort();
  auto const errors = table.take_errors();
  for (auto const& error : errors)
    if (!is_utf8(error.value) || !is_utf8(error.text(Lang::kZh))) std::abort();
  // Writing takes far longer than reading: one input in sixteen.
  if (reading.read.empty() || file.size() % 16 != 0) return;
  auto const copy = sheets::marked_copy(file, reading, errors);
  if (!copy || !sheets::read_workbook(*copy)) std::abort();
}

}  // namespace

extern "C" std::size_t LLVMFuzzerMutate(std::uint8_t* data, std::size_t size, std::size_t max);
extern "C" std::size_t LLVMFuzzerCustomMutator(std::uint8_t* data, std::size_t size, std::size_t max, unsigned seed) {
  return seed % 3 == 0 ? LLVMFuzzerMutate(data, size, max) : piaojue::fuzz::mutate_grid(data, size, max, seed);
}

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
  check(office::import_applicants(file, file, {}), [](auto const& value) { return value.people.empty(); });
  tell(file, sheets::member_fields());
  tell(file, office::applicant_fields());
  return 0;
}
