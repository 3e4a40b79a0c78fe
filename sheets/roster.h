// SPDX-License-Identifier: Apache-2.0
#pragma once
/// Sheets of members and candidates, in CSV or XLSX, to the values of a manifest (specification §10.1). Nothing is
/// imported until all is right; every fault is named with its cell. Nothing is guessed: who sits in a wrong batch or
/// channel is voted on wrongly.
///
/// The header is the first of the first ten rows that has a cell 姓名; its cells may hold spaces, a star and remarks in
/// brackets. Columns that are not known are passed over. Codes (role, level, channel) may be written in full-width
/// letters and with spaces. Names, employers and texts are trimmed and otherwise left as they are.
#include "protocol/meeting/entry.h"
#include "sheets/sheet.h"
#include "sheets/vocabulary.h"

namespace piaojue::sheets {

/// 姓名, 单位 (may be missing), 角色 (synonyms 身份, 职务, …): one or more of 专家/评委, 主任委员, 副主任委员 (both:
/// chair and expert), 工作人员/经办人 (clerk), 监督人员/监督 (supervisor), 大屏 (screen), joined by 、 / , ; or +;
/// 可评级别 (may be missing).
struct Members {
  std::vector<meeting::Person> people;  ///< in the order of the sheet, without keys: person p is people[p − 1]
  meeting::PersonId chair = 0;  ///< the 主任委员, or else the first 副主任委员: "chair" in meeting.toml
  /// By person (p is [p − 1]): the levels that the person may judge, from the column 可评级别; none written: all.
  std::vector<std::vector<Level>> levels;
};

/// 姓名, 单位, 级别 (正高级 副高级 中级 助理级, or the title of an engineer), 渠道 (正常 破格), 批次 (any text: same
/// text, same batch); 业绩摘要, 评议组意见 and 此前会议 may be missing. Levels come out as one of the four words.
struct Candidates {
  std::vector<meeting::Candidate>
      candidates;                       ///< batch by batch, in each in the order of the sheet: question q is [q − 1]
  std::vector<meeting::Batch> batches;  ///< in the order in which the sheet names them first
};

/// Errors besides those of `read_workbook`: a missing or double column, an empty or unknown value, the same name and
/// employer twice, combinations of roles and numbers of people that no manifest may have, more than
/// kQuestionsPerBatchMax in a batch.
Imported<Members> import_members(ByteView file);
Imported<Candidates> import_candidates(ByteView file);

}  // namespace piaojue::sheets
