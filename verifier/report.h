// SPDX-License-Identifier: Apache-2.0
#pragma once
/// An audit as people read it and as programs do. Texts of the record are shown without control characters: a name must
/// not be able to draw a line "VERIFIED" of its own on a terminal.
#include <string>

#include "verifier/audit.h"

namespace piaojue::verifier {

/// Checks, attendance, changes of guards, results with their arithmetic, head hash; the last line is `VERIFIED 27/27`
/// or `FAILED check N: entry I (Type): …`, in English in both languages, for scripts; `UNUSABLE offset O: …` for a file
/// that is no record.
/// @param colour ANSI colours beside the words.
std::string text_report(Audit const& audit, Lang lang, bool colour);

/// The same as one JSON object (specification §13.1), UTF-8, ended by a newline.
std::string json_report(Audit const& audit);

/// 64 hexadecimal digits in groups of four.
std::string grouped(meeting::Hash const& hash);
/// A hash as people copy it from paper: blanks and hyphens of any kind, either case, full-width forms (specification
/// §2.4). Nothing for anything else.
std::optional<meeting::Hash> parse_anchor(std::string_view text);

}  // namespace piaojue::verifier
