// SPDX-License-Identifier: Apache-2.0
#pragma once
/// The office's folder, opened for one deed: its ledger, what follows from it, and the one who signs. A deed is checked
/// and signed first (`Draft`), then its files are written, then its entry: what is refused has written nothing. Only a
/// disk that fails can leave files without their entry, never an entry without its files.
#include <filesystem>
#include <functional>
#include <ostream>

#include "office/casework/casework.h"
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
  fs::path office;              ///< the folder
  fs::path tables;              ///< of the standard and the holidays
  std::optional<Day> day = {};  ///< of the deed; none: today
  Lang lang = Lang::kZh;        ///< of all that it says

  Day today() const;
};

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
  kVerdicts,  ///< verdicts and decisions: the standard and the imported sheets
  kAll,
};
/// Files that are handed in. The first three are kept when they are imported, and marked in the ledger by their codes.
enum class Upload : std::uint8_t { kMembers, kCandidates, kAppraisals, kRecord, kPaper };
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

  /// Checks the entry against `before` and signs it. @param behind to be written before it; none: the next entry.
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
  Explained<office::WorkCalendar> calendar() const;
  Explained<office::Review> review(Casework::Import const& import) const;

  Setting setting_;
  Hand hand_;
  std::ostream* say_;
  office::LedgerFile file_;
};

/// What a sheet says, or all that is wrong with it, cell by cell.
template <class T>
Explained<T> imported(sheets::Imported<T> sheet) {
  if (!sheet) return sheets::explained(sheet.error());
  return std::move(*sheet);
}

/// Of the office's folder: imported files, each under its hash.
inline constexpr std::string_view kImportsFolder = "imports";

/// With its parents. Refused: it can not be made.
Explained<void> make_folder(fs::path const& folder);

}  // namespace piaojue::desk
