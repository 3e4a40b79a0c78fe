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

office::OfficeHeading heading_of(Desk const& desk, std::string const& title) {
  return {title, desk.today(), head_of(desk.ledger())};
}

Explained<void> put_papers(Desk& desk, Casework const& before, fs::path const& folder,
                           std::vector<office::Paper> const& made) {
  if (auto const there = make_folder(folder); !there) return there;
  std::vector<FileMark> files;
  for (auto const& paper : made)
    for (auto const& [ending, bytes] : std::initializer_list<std::pair<char const*, ByteView>>{
             {".html", as_bytes(paper.html)}, {".xlsx", paper.xlsx}}) {
      if (bytes.empty()) continue;
      auto const name = paper.name + ending;
      if (auto const written = office::write_file(folder / name, bytes); !written) return written;
      files.push_back({name, crypto::sha256({bytes})});
    }
  auto const count = files.size();
  if (auto const written = desk.write(before, entry::Papers{}, {}, std::move(files)); !written) return written.error();
  desk.say({words::kPapersWritten, {{"count", std::uint64_t{count}}, {"folder", folder.string()}}});
  return {};
}

Explained<void> papers(Desk& desk, Papers const& request) {
  auto const record = meeting_of(request.evidence);
  if (!record) return record.error();
  auto casework = desk.casework(Follow::kLedger);
  if (!casework) return casework.error();
  if (casework->record() && casework->record()->head != record->audit.head) return Explanation(words::kOtherRecord);
  if (!casework->record()) {
    std::vector<std::string> ballot;
    for (auto const& candidate : record->audit.manifest->candidates) ballot.push_back(candidate.name);
    auto passers = casework->passers(ballot, office::passed(record->audit));
    if (!passers) return passers.error();
    casework = desk.write(*casework, entry::Record{record->audit.head}, std::move(*passers));
    if (!casework) return casework.error();
  }
  auto const made = office::make_papers(*record, head_of(desk.ledger()));
  if (!made) return made.error();
  return put_papers(desk, *casework, request.out, *made);
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
