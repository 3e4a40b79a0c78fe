// SPDX-License-Identifier: Apache-2.0
#pragma once
/// The rows of a result table as they are printed, their digest, and the line of its QR code, by which a printed table
/// is held against a record (docs/office.md, "Papers"). Whoever prints results prints these rows.
#include <array>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/sentence.h"
#include "verifier/audit.h"

namespace piaojue::verifier {

/// The row of a question that stands, and who counted it on paper (nothing: it was voted on with ballots).
struct DeclaredRow {
  meeting::Row row;
  std::optional<meeting::By> counted_by;
  /// Paper that the committee has not signed is marked wherever its figures stand.
  bool unconfirmed_paper() const { return counted_by && *counted_by != meeting::By::kCommittee; }
};
/// Of each question the last row that was declared, and not voided.
std::map<meeting::QuestionId, DeclaredRow> declared_rows(Audit const& audit);

/// 序号 姓名 级别 渠道 出席 同意 不同意 弃权 无效 未投 回避 所需票数 结果, in Chinese as they are printed: one row a
/// candidate. 结果 carries the marks: 待复核表决 of a contested row, 未经评委会确认 of paper that an office counted.
inline constexpr std::size_t kResultColumns = 13;
using ResultRow = std::array<std::string, kResultColumns>;
std::vector<ResultRow> result_rows(Audit const& audit);
/// The heading of a column. @param column from 0.
Text const& result_heading(std::size_t column);

/// SHA-256 over "piaojue/v2/office/rows" ‖ 0x00 ‖ the rows, cells ended by 0x1F and rows by 0x1E.
meeting::Hash rows_digest(Audit const& audit);

/// Head and size of a log, as the line of a QR code states them.
struct LogHead {
  meeting::Hash head;
  std::uint64_t size = 0;
};

/// Begins the line of every paper's QR code: words of capital letters, digits and hyphens, divided by one blank. Heads
/// and digests are 64 hexadecimal digits.
inline constexpr std::string_view kLinePrefix = "PIAOJUE1 ";
/// "head entries other-head other-size": what every line says of the record, and of the log that whoever prints the
/// paper keeps beside it; without one "- 0".
std::string heads_of_line(Audit const& audit, std::optional<LogHead> const& other);
/// "PIAOJUE1 RESULTS head entries other-head other-size rows-digest".
std::string results_line(Audit const& audit, std::optional<LogHead> const& other);
/// A hash as a line holds it.
std::string in_capitals(meeting::Hash const& hash);

}  // namespace piaojue::verifier
