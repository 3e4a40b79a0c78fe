// SPDX-License-Identifier: Apache-2.0
#pragma once
/// A result table, printed or typed, held against the record. Who made it does not matter: its rows must be those that
/// this record gives (rows.h).
#include <optional>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/explained.h"
#include "verifier/rows.h"

namespace piaojue::verifier {

inline constexpr std::size_t kPaperBytesMax = 10U << 20;

struct PaperCheck {
  std::size_t rows = 0;               ///< of figures that were compared; 0: only the QR code was there
  std::optional<LogHead> other;       ///< of the other log that the QR code names
  std::vector<Sentence> differences;  ///< none: the paper agrees with the record
};

/// Where a printed table has the candidate's employer, among the columns of `ResultRow`; older ones have none.
inline constexpr std::size_t kEmployerColumn = 2;

/// A result table as its page (HTML), as its sheet (XLSX, whose first row is the head), or as text: the line of its QR
/// code and, if they were typed from the paper, rows of 序号 and the nine columns from 出席.
/// @return refused: too large, none of these, or no QR line and no row in it.
Explained<PaperCheck> compare_paper(Audit const& audit, ByteView paper);

}  // namespace piaojue::verifier
