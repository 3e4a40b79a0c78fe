// SPDX-License-Identifier: Apache-2.0
#pragma once
/// The office's folder, opened for one deed: its ledger, what follows from it, and the one who signs. A deed is checked
/// and signed first (`Draft`), then its files are written, then its entry: what is refused has written nothing. Only a
/// disk that fails can leave files without their entry, never an entry without its files.
#include <filesystem>
#include <functional>
#include <ostream>

#include "office/casework/casework.h"
#include "office/desk/listed.h"
#include "office/ledger/ledger_file.h"

namespace piaojue::desk {

namespace fs = std::filesystem;
using office::Casework;
using office::Deed;
using office::FileMark;
using office::Subject;
using sheets::Day;
namespace entry = office::entry;

/// Where the desk stands, and on which day.
struct Setting {
  fs::path office;               ///< the folder
  fs::path tables;               ///< of the standard and the holidays
  std::optional<Day> day = {};   ///< of the deed; none: today
  Lang lang = Lang::kZh;         ///< of all that it says
  std::string date_reason = {};  ///< why that day lies before the last deed's or has not come yet

  Day today() const;
};

/// The day that this machine's clock and time zone say.
Day day_of_clock();

/// "2026-11-23"; empty: no day.
Explained<std::optional<Day>> parse_day_option(std::string const& text);

/// Who signs. The key is opened once everything that can be refused was asked, so that nobody types a passphrase in
/// vain.
struct Hand {
  std::uint32_t person = 1;
  std::function<Explained<crypto::SigningKey const*>(office::LedgerFile const&)> key;
};

/// What of the ledger a deed has to follow, and so which tables it needs.
enum class Follow : std::uint8_t {
  kLedger,    ///< nothing but what is written
  kDays,      ///< deadlines and publicity: the holidays
  kVerdicts,  ///< verdicts and decisions: the standard, the holidays and the imported sheets
  kAll,
};
/// Files that are handed in. Sheets and evidence are kept by the deed that takes them, and marked in the ledger by
/// their codes.
enum class Upload : std::uint8_t { kMembers, kCandidates, kAppraisals, kRecord, kPaper, kEvidence, kMaterial, kSlip };
inline constexpr std::size_t kEvidenceBytesMax = std::size_t{20} << 20;
std::string_view upload_code(Upload kind);  ///< "members", …
std::optional<Upload> upload_of(std::string_view code);

enum class IfMissing : std::uint8_t { kRefuse, kCreate };

/// A deed that was checked and signed and is not yet written: by now only a disk can refuse it.
struct Draft {
  office::Action action;
  office::Signer signer;
  Casework after;         ///< what follows from it
  office::Ledger ledger;  ///< as it will be
};

class Desk {
 public:
  /// @param say what was done is told there; it must live as long as this.
  static Explained<Desk> open(Setting setting, Hand hand, std::ostream& say, IfMissing missing = IfMissing::kRefuse);

  Setting const& setting() const { return setting_; }
  Day today() const { return setting_.today(); }
  office::Ledger const& ledger() const { return file_.ledger(); }
  office::LedgerFile& file() { return file_; }
  Explained<crypto::SigningKey> unlock(std::uint32_t person, std::string_view passphrase) const {
    return file_.unlock(person, passphrase);
  }
  std::ostream& out() const { return *say_; }
  std::string in_words(Sentence const& sentence) const { return sentence.in(setting_.lang); }
  void say(Sentence const& sentence) const { *say_ << in_words(sentence) << "\n"; }

  /// Refused: tables or sheets are missing or were altered, or the ledger does not follow from itself by them.
  Explained<Casework> casework(Follow follow) const;
  /// A file as it was imported; empty if none of that kind was. Refused if somebody has changed it since.
  Explained<Bytes> sheet(Casework::Import const& import, Upload kind) const;
  SheetsOf sheets() const;
  /// What the machine finds of everybody on the list. @param further amendments that are not written yet.
  Explained<office::Review> review(Casework const& cases,
                                   std::map<std::uint32_t, entry::Amend> const& further = {}) const;
  Explained<office::WorkCalendar> calendar() const;

  /// Checks the entry against `before` and signs it. @param behind to be written before it; none: the next entry.
  /// Refused besides: its date lies before that of the last entry or after today, and the setting gives no reason.
  Explained<Draft> draft(Casework const& before, entry::Body const& body, std::vector<Subject> subjects,
                         std::vector<FileMark> files = {}, Draft const* behind = nullptr);
  Explained<void> write(Draft const& draft);
  /// Both at once. @return what follows from it.
  Explained<Casework> write(Casework const& before, entry::Body const& body, std::vector<Subject> subjects,
                            std::vector<FileMark> files = {});

 private:
  Desk(Setting setting, Hand hand, std::ostream& say, office::LedgerFile file)
      : setting_(std::move(setting)), hand_(std::move(hand)), say_(&say), file_(std::move(file)) {}
  Explained<fs::path> tables() const;

  Setting setting_;
  Hand hand_;
  std::ostream* say_;
  office::LedgerFile file_;
};

/// Why the next deed needs `Setting::date_reason`; nothing: it does not. @param last the entries so far.
std::optional<Sentence> odd_date(Day day, office::Ledger const& last);

/// Of the office's folder: imported files, each under its hash.
inline constexpr std::string_view kImportsFolder = "imports";

/// With its parents. Refused: it can not be made.
Explained<void> make_folder(fs::path const& folder);

}  // namespace piaojue::desk
