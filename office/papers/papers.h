// SPDX-License-Identifier: Apache-2.0
#pragma once
/// The papers that a review leaves: print-ready pages (HTML without scripts, A4) and sheets to reckon on with. What is
/// of the meeting comes from its verified record alone, and every number is the auditor's own. docs/office.md says what
/// the QR code of a page says. A paper is one file of this folder.
#include <map>
#include <set>

#include "office/papers/code_line.h"
#include "office/papers/meeting_record.h"
#include "office/papers/paper.h"
#include "office/rules/correction.h"
#include "office/rules/eligibility.h"

namespace piaojue::office {

/// What the office adds to what the record says: of 公示名单 and the hand-off list.
struct OfficeFacts {
  std::optional<sheets::Day> posted_from, posted_until;  ///< 公示期; unknown: left open, to be written by hand
  std::string phone, place;                              ///< to which objections go; empty: left open
  std::set<meeting::QuestionId> withdrawn;               ///< passed, but had withdrawn: on neither of the two
  /// On the hand-off list, where the clerk asked for them. They stand on that paper alone.
  std::map<meeting::QuestionId, std::string> identity_numbers;
};

/// All eight of the meeting, in the order of their numbers. Refused unless the record is VERIFIED.
/// @param ledger none: the office keeps no ledger, which the papers say.
Explained<std::vector<Paper>> make_papers(MeetingRecord const& record, std::optional<LedgerHead> const& ledger,
                                          OfficeFacts const& facts = {});

// ---- Of the meeting; the record is verified ------------------------------------------------------------------------

Explained<Paper> attendance_paper(MeetingRecord const& record, std::optional<LedgerHead> const& ledger);  ///< 签到表
Explained<Paper> recusal_paper(MeetingRecord const& record, std::optional<LedgerHead> const& ledger);  ///< 回避登记表
Explained<Paper> interview_paper(MeetingRecord const& record,
                                 std::optional<LedgerHead> const& ledger);  ///< 面试答辩记录表
Explained<Paper> results_paper(MeetingRecord const& record,
                               std::optional<LedgerHead> const& ledger);  ///< 投票结果汇总表
Explained<Paper> minutes_paper(MeetingRecord const& record, std::optional<LedgerHead> const& ledger);  ///< 评审会议纪要
Explained<Paper> public_list(MeetingRecord const& record, std::optional<LedgerHead> const& ledger,
                             OfficeFacts const& facts = {});  ///< 公示名单
Explained<Paper> filing_paper(MeetingRecord const& record, std::optional<LedgerHead> const& ledger,
                              OfficeFacts const& facts = {});  ///< 证书交接表
Explained<Paper> signing_paper(MeetingRecord const& record,
                               std::optional<LedgerHead> const& ledger);  ///< 表决结果签字表

// ---- From before the meeting ---------------------------------------------------------------------------------------

/// What is printed of one applicant beside finding and decision, in words already.
struct CaseNotes {
  std::vector<std::string> grounds;    ///< behind the arithmetic: what was amended, from what to what, and by whom
  std::vector<std::string> decisions;  ///< behind the decision: one that fell, a withdrawal
};
/// 资格审核表. No identity numbers. @param assessed by applicant. @param notes by number of the applicant.
Explained<Paper> verdict_paper(OfficeHeading const& heading, std::vector<Applicant> const& people,
                               std::vector<Assessed> const& assessed,
                               std::map<std::uint32_t, CaseNotes> const& notes = {});
/// What the ballots of paper need to know, in the meeting's numbering: question q is candidates[q − 1].
struct BallotPapers {
  std::string meeting, date;  ///< empty: the heading's title, a date to be written by hand
  bool rehearsal = false;
  bool abstaining = true;
  std::vector<meeting::Candidate> candidates;
  std::vector<meeting::Batch> batches;
};
/// 表决票（纸质备用）, a paper a batch, to be printed as often as there are experts.
Explained<std::vector<Paper>> ballot_papers(OfficeHeading const& heading, BallotPapers const& of);
/// 补正通知书 for one applicant. @param number of the applicant in the imported sheet.
Explained<Paper> notice_paper(OfficeHeading const& heading, std::uint32_t number, CorrectionNotice const& notice);

}  // namespace piaojue::office
