// SPDX-License-Identifier: Apache-2.0
#pragma once
/// A result table, printed or typed, held against the record.
#include <vector>

#include "office/papers/paper.h"
#include "verifier/audit.h"

namespace piaojue::office {

inline constexpr std::size_t kPaperBytesMax = 10U << 20;

struct PaperCheck {
  std::size_t rows = 0;               ///< of figures that were compared; 0: only the QR code was there
  std::optional<LedgerHead> ledger;   ///< that the paper states
  std::vector<Sentence> differences;  ///< none: the paper agrees with the record
};
/// A result table, in the form of its XLSX, its page, or text: the line of its QR code and, if they were typed from the
/// paper, rows of 序号 and the nine columns from 出席. @return refused: none of these, or no QR line and no row in it.
Explained<PaperCheck> check_paper(verifier::Audit const& audit, ByteView paper);

}  // namespace piaojue::office
