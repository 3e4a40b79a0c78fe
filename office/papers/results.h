// SPDX-License-Identifier: Apache-2.0
#pragma once
/// The rows of the result table as they are printed, and their digest, by which a printed table is held against a
/// record (docs/office.md, "Papers").
#include <array>
#include <optional>

#include "office/papers/paper.h"
#include "verifier/audit.h"

namespace piaojue::office {

/// 序号 姓名 级别 渠道 出席 同意 不同意 弃权 无效 未投 回避 所需票数 结果, as they are printed: one row a candidate.
inline constexpr std::size_t kResultColumns = 13;
using ResultRow = std::array<std::string, kResultColumns>;
std::vector<ResultRow> result_rows(verifier::Audit const& audit);
/// The heading of a column. @param column from 0.
Text const& result_heading(std::size_t column);

/// SHA-256 over "piaojue/v1/office/rows" ‖ 0x00 ‖ the rows, cells ended by 0x1F and rows by 0x1E.
crypto::Hash rows_digest(verifier::Audit const& audit);

}  // namespace piaojue::office
