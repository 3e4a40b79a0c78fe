// SPDX-License-Identifier: Apache-2.0
#pragma once
/// The office's deeds, each checked first and then written to the ledger: one function a deed, for the command line
/// (commands.h) and for the page (page.h). What is refused is thrown as `Refused`, and nothing was written.
#include <filesystem>
#include <iostream>

#include "office/ledger/ledger_file.h"
#include "office/papers/papers.h"
#include "office/rules/correction.h"
#include "office/rules/eligibility.h"
#include "office/rules/publicity.h"
#include "sheets/sheet.h"

namespace piaojue::desk {

namespace fs = std::filesystem;
using office::Action;
using office::Deed;
using office::FileMark;
using office::Ledger;
using office::LedgerEntry;
using office::Subject;
using sheets::Day;

/// What is refused, in Chinese; caught at the command line and at the page, nowhere else.
struct Refused {
  std::string why;
};
[[noreturn]] void refuse(std::string why);

template <class T>
T need(Explained<T> explained) {
  if (!explained) refuse(explained.error().in(Lang::kZh));
  return std::move(*explained);
}
inline void need(Explained<void> const& explained) {
  if (!explained) refuse(explained.error().in(Lang::kZh));
}
template <class T>
T need(sheets::Imported<T> imported) {
  if (!imported) refuse(sheets::explained(imported.error()).in(Lang::kZh));
  return std::move(*imported);
}

/// What is asked for, and by whom.
struct Options {
  std::ostream* say = &std::cout;
  crypto::SigningKey const* key = nullptr;  ///< of `as`, if it is open already; else by its passphrase
  std::string office, date, passphrase_file, data, title = "职称评审委员会办公室";
  std::uint32_t as = 1;
  bool json = false;
  // of single commands
  std::string name, by_passphrase_file, members, candidates, appraisals, filed, extension, verdict, reason, basis, out,
      record, anchor, place, text, number, paper, meeting;
  std::uint32_t by = 0, candidate = 0, days = 10;
  std::vector<std::string> items;
  bool corrected = false, lapse = false, upheld = false, dismissed = false;
};

/// The day that was written, or today.
Day day_of(std::string const& text);
std::string text_of(Action const& action, std::string const& key);

/// The ledger of one folder, and what follows from it.
class Office {
 public:
  explicit Office(Options const& options, bool create = false);

  Ledger const& ledger() const { return file_.ledger(); }
  office::LedgerFile& file() { return file_; }
  fs::path const& folder() const { return folder_; }
  std::ostream& say() const { return *options_.say; }
  Day today() const { return day_of(options_.date); }

  /// @return its index.
  std::uint64_t write(Deed deed, std::vector<Subject> subjects, std::map<std::string, std::string> texts,
                      std::vector<FileMark> files = {});

  /// The last action of that kind, or nothing.
  Action const* last(Deed deed) const;
  Action const& imported() const;
  /// A file as it was imported; refused if somebody has changed it since.
  Bytes sheet(std::string const& kind) const;
  Subject subject(std::uint32_t number) const;

  struct Assessments {
    std::vector<office::Applicant> people;
    std::vector<office::Assessed> assessed;
  };
  Assessments assessments() const;
  office::Decision decision(Action const& action, std::uint32_t by) const;
  office::WorkCalendar calendar() const;
  office::Correction correction(std::uint32_t number) const;
  Explained<office::CorrectionState> issue(office::Correction& to, Subject const& who, Action const& action) const;
  static std::vector<std::size_t> all_items(office::Correction const& of);

  /// Everything from the Record entry on, step by step. @param more one that is not yet written.
  office::Publicity publicity(Action const* more = nullptr) const;
  /// Tries the step on a copy first; only then is it written.
  void step(Deed deed, std::vector<Subject> subjects, std::map<std::string, std::string> texts);
  /// Everybody who has come to `state`, or the one who was named.
  std::vector<Subject> at_state(office::PasserState state) const;

 private:
  Options const& options_;
  /// Of the standard and the holidays; refused if it is not there.
  fs::path tables() const;

  fs::path folder_;
  office::LedgerFile file_;
  std::optional<crypto::SigningKey> key_;
};

// ---- The deeds ------------------------------------------------------------------------------------------------------

void enlist(Options const& o);
void import(Options const& o);
void verdicts(Options const& o);  ///< a table, JSON, or a paper
void decide(Options const& o);
void notice(Options const& o);  ///< a correction notice, or how it ended
void roster(Options const& o);
/// Cites the record in the ledger, once, and makes the papers.
void papers(Options const& o);
void object_or_resolve(Options const& o, Deed deed);
/// 核准备案, 发文公布, 移交: of everybody who has come so far, or of one.
void advance(Options const& o, Deed deed);
/// @return what differs; none: the paper agrees with the record. Says how many rows, or prints them.
std::vector<std::string> check_paper_file(Options const& o);
void trail(Options const& o);

}  // namespace piaojue::desk
