// SPDX-License-Identifier: Apache-2.0
#pragma once
/// The papers that a meeting leaves, from its verified record alone: print-ready pages (HTML without scripts, A4) and
/// sheets to reckon on with. Every number is the auditor's own. docs/office.md says what each holds, and what the QR
/// code of a page says.
#include <istream>

#include "office/ledger/ledger.h"
#include "office/rules/correction.h"
#include "office/rules/eligibility.h"
#include "verifier/audit.h"

namespace piaojue::office {

struct MeetingRecord {
  verifier::Audit audit;
  std::map<meeting::QuestionId, meeting::Interview> interviews;
};
/// @return refused unless the record is VERIFIED against the hash from paper, naming the check that failed.
Answered<MeetingRecord> read_meeting(std::istream& record, Hash const& anchor, std::size_t jobs);

struct LedgerHead {
  Hash head;
  std::uint64_t size = 0;
};

struct Paper {
  std::string name;  ///< of its files, without ending: "04-投票结果汇总表"
  std::string html;
  Bytes xlsx;  ///< empty: a page only
};
/// 签到表, 回避登记表, 面试答辩记录表, 投票结果汇总表, 评审会议纪要, 公示名单, 核准备案及证书交接表.
/// @param ledger none: the office keeps no ledger, which the papers say.
Answered<std::vector<Paper>> make_papers(MeetingRecord const& record, std::optional<LedgerHead> const& ledger);

/// Of the papers that are made before there is a record: their foot holds the ledger's head alone.
struct OfficeHeading {
  std::string title;  ///< of the office or the committee
  sheets::Day date{};
  LedgerHead ledger;
};
/// 资格审核表: the machine's finding with its article and arithmetic, and the human's decision beside it. No identity
/// numbers. `assessed` is by applicant.
Answered<Paper> verdict_paper(OfficeHeading const& heading, std::vector<office::Applicant> const& people,
                              std::vector<office::Assessed> const& assessed);
/// 补正通知书 for one applicant. @param number of the applicant in the imported sheet.
Answered<Paper> notice_paper(OfficeHeading const& heading, std::uint32_t number,
                             office::CorrectionNotice const& notice);

/// 序号 姓名 级别 渠道 出席 同意 不同意 弃权 无效 未投 回避 所需票数 结果, as they are printed: one row a candidate.
inline constexpr std::size_t kResultColumns = 13;
std::vector<std::array<std::string, kResultColumns>> result_rows(verifier::Audit const& audit);
/// SHA-256 over "piaojue/v1/office/rows" ‖ 0x00 ‖ the rows, cells ended by 0x1F and rows by 0x1E.
Hash rows_digest(verifier::Audit const& audit);
/// "PIAOJUE1 RESULTS head entries ledger-head ledger-size rows-digest", in QR's alphanumeric characters.
std::string results_line(verifier::Audit const& audit, std::optional<LedgerHead> const& ledger);

inline constexpr std::size_t kPaperBytesMax = 10U << 20;

struct PaperCheck {
  std::size_t rows = 0;                  ///< of figures that were compared; 0: only the QR code was there
  std::optional<LedgerHead> ledger;      ///< that the paper states
  std::vector<std::string> differences;  ///< none: the paper agrees with the record
};
/// A result table, in the form of its XLSX, its page, or text: the line of its QR code and, if they were typed from the
/// paper, rows of 序号 and the nine columns from 出席. @return refused: none of these, or no QR line and no row in it.
Answered<PaperCheck> check_paper(verifier::Audit const& audit, ByteView paper);

/// For text between tags and in attributes.
std::string escaped(std::string_view text);

}  // namespace piaojue::office
