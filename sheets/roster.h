// SPDX-License-Identifier: Apache-2.0
#pragma once
/// Sheets of members and candidates, in CSV or XLSX, to the values of a manifest (specification §10.1). Nothing is
/// imported until all is right; every fault is named with its cell. Nothing is guessed: who sits in a wrong batch or
/// channel is voted on wrongly.
///
/// Codes (role, level, channel) may be written in full-width letters and with spaces. Names, employers and texts are
/// trimmed and otherwise left as they are; only namesakes of one employer bear what tells them apart (sheets/people.h).
#include "protocol/meeting/entry.h"
#include "sheets/people.h"
#include "sheets/sheet.h"
#include "sheets/table.h"
#include "sheets/vocabulary.h"

namespace piaojue::sheets {

/// 姓名, 单位 (may be missing), 角色 (synonyms 身份, 评委会职务, …; 职务, unless one of these stands beside it): one or
/// more of 专家/评委, 主任委员, 副主任委员 (both: chair and expert), 工作人员/经办人 (clerk), 监督人员/监督
/// (supervisor), 大屏 (screen), joined by 、 / , ; or +; 可评级别 and 证件号码 (may be missing).
struct Members {
  std::vector<meeting::Person> people;  ///< in the order of the sheet, without keys: person p is people[p − 1]
  meeting::PersonId chair = 0;  ///< the 主任委员, or else the first 副主任委员: "chair" in meeting.toml
  /// By person (p is [p − 1]): the levels that the person may judge, from the column 可评级别; none written: all.
  std::vector<std::vector<Level>> levels;
  std::vector<People::Person> as_written = {};  ///< by person; numbers are for telling people apart, and nothing else
  Reading reading = {};
};

/// 姓名, 单位, 级别 (正高级 副高级 中级 助理级, or the title of an engineer), 渠道 (正常 破格; or 是否破格), 批次 (any
/// text: same text, same batch; without it batches are proposed); 证件号码, 业绩摘要, 评议组意见 and 此前会议 may be
/// missing. Levels come out as one of the four words.
struct Candidates {
  std::vector<meeting::Candidate>
      candidates;                       ///< batch by batch, in each in the order of the sheet: question q is [q − 1]
  std::vector<meeting::Batch> batches;  ///< in the order in which the sheet names them first
  std::vector<People::Person> as_written = {};  ///< by question
  bool proposed = false;  ///< the sheet names no batch: `batches` are what `propose_batches` makes of it
  Reading reading = {};
};

/// Errors besides those of `read_workbook`: a missing or double column, an empty or unknown value, one person in two
/// rows, combinations of roles and numbers of people that no manifest may have, more than kQuestionsPerBatchMax in a
/// batch, a batch named for some and not for others.
Imported<Members> import_members(ByteView file);
/// @param amended stands in the place of what the sheet says.
Imported<Candidates> import_candidates(ByteView file, AmendedCells const& amended = {});

/// Batches by level, the highest first, 正常 before 破格, in each the order of before; what would be larger than
/// `size_max` is divided into parts that differ by one at most. Titles: 正高级 正常, 中级 正常（2/6）.
/// @param size_max 1 to kQuestionsPerBatchMax.
void propose_batches(Candidates& candidates, std::size_t size_max = meeting::kQuestionsPerBatchMax);

}  // namespace piaojue::sheets
