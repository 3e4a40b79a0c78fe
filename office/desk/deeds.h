// SPDX-License-Identifier: Apache-2.0
#pragma once
/// The office's deeds: a request each, with what it needs and nothing else, and one function that does it. The command
/// line (commands.h) and the page (page_requests.h) both parse into these. What is refused has written neither
/// entry nor file (desk.h says what a failing disk can leave).
#include "office/desk/new_files.h"
#include "office/papers/papers.h"

namespace piaojue::desk {

// ---- People (people.cpp) -------------------------------------------------------------------------------------------

struct Enlist {
  std::string name;
  std::string_view passphrase;  ///< of the new key; to be wiped by its owner
  std::optional<Hand> voucher;  ///< none: the first person, for himself
};
/// @return the new person's number.
Explained<std::uint32_t> enlist(Desk& desk, Enlist const& request);

enum class Form : std::uint8_t { kTable, kJson };
struct Trail {
  std::optional<std::uint32_t> candidate;
  std::string name;  ///< of an applicant or of one who signs, if there is no number
  Form form = Form::kTable;
};
Explained<void> trail(Desk& desk, Trail const& request);

// ---- Before the meeting (import.cpp, verdicts.cpp, amend.cpp, notices.cpp, recusals.cpp, roster.cpp, ballots.cpp) --

struct Import {
  fs::path members;  ///< of a part: none
  fs::path candidates;
  std::optional<fs::path> appraisals;
  std::optional<Day> filed;  ///< of applicants whose sheet does not say
  std::string extension;     ///< basis for using the standard outside its dates
  bool tell = false;         ///< also how the sheets were read, and what is to be thought of
  /// Of a part: applicants of the list whose identity number it corrects; whoever else of one name and employer has
  /// another number is somebody else. Without them such a row is refused, and asked about.
  std::vector<std::uint32_t> corrected = {};
  bool namesakes = false;
};
/// Everything of all sheets, or nothing.
Explained<void> import(Desk& desk, Import const& request);
/// A part of the list: who is on it already, by identity number or else by name and employer, is taken anew; who is not
/// gets the next number. Refused once anything was done about one of them.
Explained<void> import_part(Desk& desk, Import const& request);
/// What it would do. Refused as the import itself.
struct PartPreview {
  std::vector<Subject> again, fresh;  ///< in the order of the sheet
  std::vector<Sentence> readings;
};
Explained<PartPreview> preview_part(Desk const& desk, Import const& request);

Explained<void> print_verdicts(Desk& desk, Form form);

struct VerdictPaper {
  fs::path out;
  std::string title;  ///< of who issues it
};
Explained<void> make_verdict_paper(Desk& desk, VerdictPaper const& request);

/// "3,5-9": ascending, each once. Refused: no such list, nobody, more than there can be.
Explained<std::vector<std::uint32_t>> parse_numbers(std::string_view text);

struct Decide {
  std::vector<std::uint32_t> candidates;  ///< one, or many for one reason
  office::Verdict verdict = office::Verdict::kNotEligible;
  std::string reason, basis;
};
Explained<void> decide(Desk& desk, Decide const& request);

struct Amend {
  std::uint32_t candidate = 0;
  std::vector<ListedCell> cells;  ///< as they shall be
  std::string reason;
  fs::path evidence;  ///< a copy is kept
};
/// Refused besides: no such column, a value that can not be read there, the same as before, an identity number.
Explained<void> amend(Desk& desk, Amend const& request);
/// What can be amended of one applicant, and what stands there now.
Explained<void> print_cells(Desk& desk, std::uint32_t candidate);

struct Withdraw {
  std::vector<std::uint32_t> candidates;
  std::string reason;
  std::optional<fs::path> evidence;
};
Explained<void> withdraw(Desk& desk, Withdraw const& request);

struct Notice {
  std::uint32_t candidate = 0;
  std::vector<office::CorrectionItem> items;
  int days = 10;                ///< working days
  std::optional<fs::path> out;  ///< for the paper
  std::string title;
};
/// Once for each applicant.
Explained<void> notice(Desk& desk, Notice const& request);

struct Answer {
  std::uint32_t candidate = 0;
  entry::Outcome outcome = entry::Outcome::kCorrected;
};
Explained<void> answer(Desk& desk, Answer const& request);

/// An expert who ought to stand back from somebody on the ballot.
struct SuggestedRecusal {
  std::uint32_t person = 0;     ///< by the number in the members' sheet
  std::uint32_t applicant = 0;  ///< by the number in the list
  std::uint32_t question = 0;   ///< by the place on the ballot
  std::string expert, expert_employer, candidate, candidate_employer;
  Text const* reason = nullptr;
};
/// The ballot of those who would go to the meeting today. Batches that no sheet names are proposed for them.
/// @param in as `Casework::check_roster` says. @param batch_size at most, of a batch that is proposed.
Explained<std::vector<BallotLine>> ballot_list(Desk const& desk, Casework const& cases,
                                               std::vector<std::uint32_t> const& in,
                                               std::size_t batch_size = meeting::kQuestionsPerBatchMax);
/// By question.
Explained<std::vector<SuggestedRecusal>> suggested_recusals(Desk const& desk, Casework const& cases,
                                                            std::vector<std::uint32_t> const& in,
                                                            std::size_t batch_size = meeting::kQuestionsPerBatchMax);
Explained<void> print_recusals(Desk& desk, Form form);

struct Roster {
  fs::path out;
  std::optional<fs::path> meeting;           ///< settings that are put beside
  std::vector<entry::StruckRecusal> struck;  ///< suggestions that do not go to the meeting
  std::string struck_reason;
  std::size_t batch_size = meeting::kQuestionsPerBatchMax;  ///< of batches that are proposed, at most
};
/// The files of a roster and its deed, neither of them written.
struct RosterFiles {
  NewFiles files;
  entry::Roster said;
  std::vector<Subject> people;
  std::size_t recusals = 0;  ///< that go along
};
Explained<RosterFiles> roster_files(Desk const& desk, Casework const& before, Roster const& request);
/// Recusals that were suggested and not struck go along as `recusals.csv`: each expert is shown his own, to sign.
/// The files of `piaojue-server init`.
Explained<void> roster(Desk& desk, Roster const& request);

/// Of the office's folder: what the page's rosters lie in.
inline constexpr std::string_view kRosterFolder = "roster";
/// In a roster's folder.
inline constexpr std::string_view kRosterCandidates = "candidates.csv", kRosterMeeting = "meeting.toml";

struct Ballots {
  fs::path roster;  ///< the folder that the last roster was written to
  fs::path out;
  std::string title;  ///< where no settings of the meeting lie in it
};
/// Ballots of paper in the meeting's numbering, a file a batch. No deed. Refused: no roster was made, it is behind, or
/// the folder has another one.
Explained<void> ballots(Desk& desk, Ballots const& request);

// ---- Of the meeting (meeting_papers.cpp) ---------------------------------------------------------------------------

struct Evidence {
  fs::path record;
  std::string anchor;  ///< the hash from paper, or a file with it
};
struct Papers {
  Evidence evidence;
  fs::path out;
  std::optional<Day> posted;      ///< of the public list; none: as the ledger has it, or else left open
  std::string phone, place;       ///< to which objections go
  bool identity_numbers = false;  ///< on the hand-off list
};
/// Cites the record in the ledger, once, and makes the papers.
Explained<void> papers(Desk& desk, Papers const& request);

struct Comparison {
  std::vector<Sentence> differences;        ///< none: the paper agrees with the record
  std::size_t rows = 0;                     ///< that were compared
  std::vector<verifier::ResultRow> by_eye;  ///< of the record, if the paper had its code alone
};
/// @param ledger to hold the head on the paper against; none: it is not asked.
Explained<Comparison> compare(Evidence const& evidence, fs::path const& paper, Desk const* desk);
/// What a comparison without differences says.
std::string agreement(Comparison const& comparison, Lang lang);

// ---- After it (publicity.cpp) --------------------------------------------------------------------------------------

/// The last of so many working days behind `from`. Refused, with its year, if a year's table of holidays is missing.
struct Deadline {
  Day from{};
  int days = 0;
};
Explained<Day> deadline_of(Desk const& desk, Deadline const& request);
Explained<void> print_deadline(Desk& desk, Deadline const& request);

struct Publish {
  std::string place;
};
/// Refused besides: the last day can not be reckoned, as long as nobody waits for it.
Explained<void> publish(Desk& desk, Publish const& request);

struct Object {
  std::uint32_t candidate = 0;
  std::string text;
};
Explained<void> object(Desk& desk, Object const& request);

struct Resolve {
  std::uint32_t candidate = 0;
  bool upheld = false;
  std::string finding;
};
Explained<void> resolve(Desk& desk, Resolve const& request);

/// 核准备案, 发文公布, 移交: of everybody who has come so far, or of one.
struct File {
  std::optional<std::uint32_t> candidate;
  std::string document;
};
Explained<void> file(Desk& desk, File const& request);
struct Announce {
  std::optional<std::uint32_t> candidate;
  std::string document;
};
Explained<void> announce(Desk& desk, Announce const& request);
struct Certificates {
  std::optional<std::uint32_t> candidate;
};
Explained<void> certificates(Desk& desk, Certificates const& request);

// ---- Shared by deeds that make papers ------------------------------------------------------------------------------

/// @param ledger that the paper names the head of.
office::OfficeHeading heading_of(Desk const& desk, office::Ledger const& ledger, std::string const& title);

/// Papers that can be made and noted, and are not yet written.
struct PaperDraft {
  NewFiles files;  ///< to be written before any entry
  Draft entry;
};
/// @param behind the deed that they are of, if that is not yet written either.
Explained<PaperDraft> draft_papers(Desk& desk, Casework const& before, fs::path const& folder,
                                   std::vector<office::Paper> const& made, Draft const* behind = nullptr);
/// Notes in the ledger papers whose files are written.
Explained<void> note_papers(Desk& desk, PaperDraft const& papers);

}  // namespace piaojue::desk
