// SPDX-License-Identifier: Apache-2.0
#pragma once
/// What the QR code of a paper says: words of capital letters, digits and hyphens, divided by one blank
/// (docs/office.md, "Papers"). Heads are 64 hexadecimal digits.
#include "office/papers/paper.h"
#include "verifier/audit.h"

namespace piaojue::office {

inline constexpr std::string_view kLinePrefix = "PIAOJUE1 ";

/// "PIAOJUE1 OFFICE ledger-head ledger-size", of papers from before the meeting.
std::string office_line(LedgerHead const& ledger);
/// "PIAOJUE1 PAPER head entries ledger-head ledger-size"; without a ledger "- 0".
std::string paper_line(verifier::Audit const& audit, std::optional<LedgerHead> const& ledger);
/// "PIAOJUE1 RESULTS head entries ledger-head ledger-size rows-digest".
std::string results_line(verifier::Audit const& audit, std::optional<LedgerHead> const& ledger);

/// A hash as a line holds it.
std::string in_capitals(crypto::Hash const& hash);

/// A code as an SVG picture of 92 × 92; empty if the text is too long for one.
std::string qr_svg(std::string const& text);

}  // namespace piaojue::office
