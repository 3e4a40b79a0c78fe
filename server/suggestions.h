// SPDX-License-Identifier: Apache-2.0
#pragma once
/// `recusals.csv`, which the review office writes beside the candidates' sheet: 评审专家序号, 评审专家, 申报人序号,
/// 申报人, 理由. Numbers are those of the members' and the candidates' sheet; a name that does not belong to its number
/// is a fault, for then it is another meeting's file.
#include "base/explained.h"
#include "server/draft.h"

namespace piaojue::server {

/// Ascending by expert, then question. Refused: a fault of the sheet, with its cell; an expert or candidate who is not
/// of this meeting, somebody who is no expert, one pair twice.
[[nodiscard]] Explained<std::vector<Suggestion>> read_suggested(ByteView sheet, meeting::Manifest const& manifest);

}  // namespace piaojue::server
