// SPDX-License-Identifier: Apache-2.0
#pragma once
/// What the QR code of a paper says (docs/office.md, "Papers"); a result table's line is the verifier's to say.
#include "office/papers/paper.h"
#include "verifier/audit.h"

namespace piaojue::office {

/// "PIAOJUE1 OFFICE ledger-head ledger-size", of papers from before the meeting.
std::string office_line(LedgerHead const& ledger);
/// "PIAOJUE1 PAPER head entries ledger-head ledger-size"; without a ledger "- 0".
std::string paper_line(verifier::Audit const& audit, std::optional<LedgerHead> const& ledger);

/// A code as an SVG picture of 92 × 92; empty if the text is too long for one.
std::string qr_svg(std::string const& text);

}  // namespace piaojue::office
