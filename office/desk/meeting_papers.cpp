// SPDX-License-Identifier: Apache-2.0
// The papers of a verified record, and a printed table held against it.
#include <fstream>
#include <thread>

#include "office/desk/deeds.h"
#include "strings/desk.h"
#include "verifier/paper.h"
#include "verifier/report.h"

namespace piaojue::desk {

namespace words = strings::desk;
using office::LedgerHead;
using office::read_file;

namespace {

using MeetingPassers = std::map<meeting::QuestionId, Subject>;

constexpr std::size_t kAnchorFileBytesMax = 4096;

Explained<office::MeetingRecord> meeting_of(Evidence const& evidence) {
  std::string text = evidence.anchor;
  std::error_code none;
  if (fs::is_regular_file(text, none)) {
    auto const bytes = read_file(text, kAnchorFileBytesMax);
    if (!bytes) return bytes.error();
    text = as_text(*bytes);
  }
  auto const anchor = verifier::parse_anchor(text);
  if (!anchor) return Explanation(words::kAnchorWanted);
  std::ifstream in(evidence.record, std::ios::binary);
  if (!in || !fs::is_regular_file(evidence.record, none))
    return Explanation(Sentence(words::kFileUnopened, {{"path", evidence.record.string()}}));
  return office::read_meeting(in, *anchor, std::max(1U, std::thread::hardware_concurrency()));
}

LedgerHead head_of(office::Ledger const& ledger) { return {ledger.head(), ledger.size()}; }

}  // namespace

office::OfficeHeading heading_of(Desk const& desk, office::Ledger const& ledger, std::string const& title) {
  return {title, desk.today(), head_of(ledger)};
}

Explained<PaperDraft> draft_papers(Desk& desk, Casework const& before, fs::path const& folder,
                                   std::vector<office::Paper> const& made, Draft const* behind) {
  NewFiles files(folder);
  for (auto const& paper : made)
    for (auto const& [ending, bytes] : std::initializer_list<std::pair<char const*, ByteView>>{
             {".html", as_bytes(paper.html)}, {".xlsx", paper.xlsx}})
      if (!bytes.empty()) files.add(paper.name + ending, Bytes(bytes.begin(), bytes.end()));
  auto entry = desk.draft(before, entry::Papers{}, {}, files.marks(), behind);
  if (!entry) return entry.error();
  return PaperDraft{std::move(files), std::move(*entry)};
}

Explained<void> note_papers(Desk& desk, PaperDraft const& papers) {
  if (auto const written = desk.write(papers.entry); !written) return written.error();
  desk.say({words::kPapersWritten,
            {{"count", std::uint64_t{papers.files.marks().size()}}, {"folder", papers.files.folder().string()}}});
  return {};
}

namespace {

/// By question, of those who passed. Refused: the ballot is not the roster's; nothing is imported, or no number.
Explained<std::map<meeting::QuestionId, std::string>> identity_numbers(Desk const& desk, Casework const& cases,
                                                                       MeetingPassers const& passed) {
  auto const list = read_list(cases, desk.sheets());
  if (!list) return list.error();
  std::map<meeting::QuestionId, std::string> out;
  for (auto const& [question, who] : passed) {
    auto const& person = list->people.at(who.number - 1);
    if (person.identity) out[question] = person.identity->whole_for_hand_off();
  }
  if (out.empty()) return Explanation(words::kNoIdentityNumbers);
  return out;
}

/// Dates as the ledger has them, or as they will be if it is posted on the day that is given.
Explained<void> put_dates(Desk& desk, Casework const& cases, Papers const& request, office::OfficeFacts& facts) {
  if (auto const& now = cases.publicity(); now && !now->postings().empty() && cases.last_day()) {
    facts.posted_from = std::ranges::max(now->postings(), {}, &office::Posting::posted).posted;
    facts.posted_until = cases.last_day();
    return {};
  }
  if (!request.posted) return {};
  auto const last = deadline_of(desk, {*request.posted, office::kPublicityWorkingDaysMin});
  if (!last) return Explanation(Sentence(words::kPostingNoEnd, {{"why", last.error().what}}));
  facts.posted_from = request.posted;
  facts.posted_until = *last;
  return {};
}

Explained<office::OfficeFacts> facts_of(Desk& desk, Casework const& cases, office::MeetingRecord const& record,
                                        std::vector<std::string> const& ballot, Papers const& request) {
  office::OfficeFacts out{{}, {}, request.phone, request.place, {}, {}};
  auto const passed = cases.passers_by_question(ballot, office::passed(record.audit));
  if (!passed) return passed.error();
  for (auto const& [question, who] : *passed)
    if (cases.withdrawal(who.number)) {
      out.withdrawn.insert(question);
      desk.say({words::kPassedWithdrawn, {{"number", who.number}, {"name", who.name}}});
    }
  if (auto put = put_dates(desk, cases, request, out); !put) return put.error();
  if (request.identity_numbers) {
    auto numbers = identity_numbers(desk, cases, *passed);
    if (!numbers) return numbers.error();
    out.identity_numbers = std::move(*numbers);
  }
  return out;
}

/// Nobody is posted whom the office itself no longer takes for eligible: the roster may be older than that.
Explained<void> check_standing(Desk const& desk, std::vector<Subject> const& passers) {
  auto const cases = desk.casework(Follow::kAll);
  if (!cases) return cases.error();
  for (Subject const& who : passers) {
    if (cases->withdrawal(who.number)) continue;
    auto const standing = cases->review()->assessed().at(who.number - 1).standing();
    bool const given_up = cases->correction(who.number).state() == office::CorrectionState::kGivenUp;
    if (given_up || standing != office::Verdict::kEligible)
      return Explanation(Sentence(words::kPassedNotEligible, {{"number", who.number}, {"name", who.name}}));
  }
  return {};
}

}  // namespace

Explained<void> papers(Desk& desk, Papers const& request) {
  auto const record = meeting_of(request.evidence);
  if (!record) return record.error();
  auto const bare = desk.casework(Follow::kLedger);
  if (!bare) return bare.error();
  // Dates are reckoned only where there is something to reckon.
  auto const casework = bare->record() && !bare->record()->passed.empty() ? desk.casework(Follow::kDays) : bare;
  if (!casework) return casework.error();
  if (casework->record() && casework->record()->head != record->audit.head) return Explanation(words::kOtherRecord);
  std::vector<std::string> ballot;
  for (auto const& candidate : record->audit.manifest->candidates) ballot.push_back(candidate.name);
  auto const facts = facts_of(desk, *casework, *record, ballot, request);
  if (!facts) return facts.error();
  std::optional<Draft> cited;
  if (!casework->record()) {
    auto passers = casework->passers(ballot, office::passed(record->audit));
    if (!passers) return passers.error();
    if (casework->roster())
      if (auto const standing = check_standing(desk, *passers); !standing) return standing.error();
    auto drafted = desk.draft(*casework, entry::Record{record->audit.head}, std::move(*passers));
    if (!drafted) return drafted.error();
    cited = std::move(*drafted);
  }
  auto const made = office::make_papers(*record, head_of(cited ? cited->ledger : desk.ledger()), *facts);
  if (!made) return made.error();
  auto const drafted =
      draft_papers(desk, cited ? cited->after : *casework, request.out, *made, cited ? &*cited : nullptr);
  if (!drafted) return drafted.error();
  if (auto const put = drafted->files.write(); !put) return put.error();
  if (cited)
    if (auto const written = desk.write(*cited); !written) return written.error();
  return note_papers(desk, *drafted);
}

Explained<Comparison> compare(Evidence const& evidence, fs::path const& paper, Desk const* desk) {
  auto const record = meeting_of(evidence);
  if (!record) return record.error();
  auto const bytes = read_file(paper, verifier::kPaperBytesMax);
  if (!bytes) return bytes.error();
  auto checked = verifier::compare_paper(record->audit, *bytes);
  if (!checked) return checked.error();
  Comparison out{std::move(checked->differences), checked->rows, {}};
  if (desk != nullptr && checked->other) {
    auto const& ledger = desk->ledger();
    if (checked->other->size > ledger.size() || ledger.head(checked->other->size) != checked->other->head)
      out.differences.emplace_back(words::kPaperOtherLedger);
  }
  if (out.rows == 0) out.by_eye = verifier::result_rows(record->audit);
  return out;
}

std::string agreement(Comparison const& comparison, Lang lang) {
  if (comparison.rows > 0)
    return Sentence(words::kPaperAgrees, {{"rows", std::uint64_t{comparison.rows}}}).in(lang) + "\n";
  std::string out(words::kPaperCodeAgrees.in(lang));
  out += "\n";
  for (auto const& row : comparison.by_eye) {
    for (std::string const& cell : row) out += cell + " ";
    out += "\n";
  }
  return out;
}

}  // namespace piaojue::desk
