// SPDX-License-Identifier: Apache-2.0
#pragma once
/// A result table held against the record, in each form in which the office makes it.
#include "verifier/paper.h"

namespace piaojue::office {

/// As `verifier::compare_paper`, and a table's XLSX too.
Explained<verifier::PaperCheck> check_paper(verifier::Audit const& audit, ByteView paper);

}  // namespace piaojue::office
