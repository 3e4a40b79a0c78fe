// SPDX-License-Identifier: Apache-2.0
#pragma once
/// Rows below a header that are nobody's: what a person reads past without a thought. Nobody is passed over whose name
/// stands in the row; a row that is doubtful is kept, to be a fault.
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/sentence.h"
#include "sheets/header.h"
#include "sheets/sheet.h"

namespace piaojue::sheets {

enum class PassedBecause : std::uint8_t {
  kNothing,  ///< nothing but numbers or formulas that were filled in beforehand
  kNote,     ///< 注：…, 填表说明, 制表人 …
  kTotal,    ///< 合计 and its like
  kExample,  ///< marked 示例
  kHeader,   ///< the header once more, as it is printed on each page
};
Text const& passed_word(PassedBecause why);

struct PassedRow {
  std::size_t first = 0, last = 0;  ///< from 1; several only of kNothing
  PassedBecause why = PassedBecause::kNothing;
  std::string words;  ///< the first cell that has any; empty of kNothing
};

class PassedRows {
 public:
  PassedRows(Header const& header, std::span<MergedCells const> merged);
  /// Whether the row is passed over, which is then noted. Rows come in their order.
  bool take(Row const& row);
  std::vector<PassedRow> const& all() const { return all_; }

 private:
  /// What of a row is filled in, as people see it.
  struct Filled {
    std::size_t column;  ///< from 1
    std::string text;
    bool read;  ///< in a column that is read
    bool formula;
  };
  std::vector<Filled> filled_in(Row const& row) const;
  std::optional<PassedBecause> why(Row const& row, std::vector<Filled> const& filled) const;
  /// @param code of the cell that would be the note or the total; the others must be what stands beside one.
  static std::optional<PassedBecause> note_or_total(std::string const& code, std::vector<Filled> const& filled);
  bool is_header(std::vector<Filled> const& filled) const;
  bool is_wide(std::size_t row, std::size_t column) const;

  Header const& header_;
  std::span<MergedCells const> merged_;
  std::size_t name_column_ = 0;
  std::vector<PassedRow> all_;
};

}  // namespace piaojue::sheets
