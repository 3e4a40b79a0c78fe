// SPDX-License-Identifier: Apache-2.0
#pragma once
/// What every paper is, and what stands at its foot.
#include <cstdint>
#include <string>

#include "base/explained.h"
#include "crypto/types.h"
#include "sheets/date.h"
#include "verifier/rows.h"

namespace piaojue::office {

/// Papers are official forms of this country: they are printed in its language, whatever the desk speaks.
inline constexpr Lang kPaperLang = Lang::kZh;

/// The head of a log over its first `size` entries, as a foot and a QR code state it.
using LedgerHead = verifier::LogHead;

struct Paper {
  std::string name;  ///< of its files, without ending: "04-投票结果汇总表"
  std::string html;  ///< one page for print, without scripts and links
  Bytes xlsx;        ///< empty: a page only
};

/// Of the papers that are made before there is a record: their foot holds the ledger's head alone.
struct OfficeHeading {
  std::string title;  ///< of the office or the committee
  sheets::Day date{};
  LedgerHead ledger;
};

}  // namespace piaojue::office
