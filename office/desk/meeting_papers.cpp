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

Explained<void> papers(Desk& desk, Papers const& request) {
  auto const record = meeting_of(request.evidence);
  if (!record) return record.error();
  auto const casework = desk.casework(Follow::kLedger);
  if (!casework) return casework.error();
  if (casework->record() && casework->record()->head != record->audit.head) return Explanation(words::kOtherRecord);
  std::optional<Draft> cited;
  if (!casework->record()) {
    std::vector<std::string> ballot;
    for (auto const& candidate : record->audit.manifest->candidates) ballot.push_back(candidate.name);
    auto passers = casework->passers(ballot, office::passed(record->audit));
    if (!passers) return passers.error();
    auto drafted = desk.draft(*casework, entry::Record{record->audit.head}, std::move(*passers));
    if (!drafted) return drafted.error();
    cited = std::move(*drafted);
  }
  auto const made = office::make_papers(*record, head_of(cited ? cited->ledger : desk.ledger()));
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
