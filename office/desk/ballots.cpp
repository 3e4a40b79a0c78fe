// SPDX-License-Identifier: Apache-2.0
// Ballots of paper for the day on which machines fail. They are made from the roster's own file, as the server will
// read it, so that their numbers are the meeting's. It is no deed: nothing is decided, and the ledger stays as it is.
#include <toml++/toml.h>

#include <algorithm>

#include "office/desk/deeds.h"
#include "office/desk/listed.h"
#include "sheets/roster.h"
#include "strings/desk.h"

namespace piaojue::desk {

namespace words = strings::desk;

namespace {

constexpr std::size_t kSheetBytesMax = std::size_t{16} << 20, kSettingsBytesMax = std::size_t{1} << 20;

/// The candidates' sheet of the roster that was made last. Refused: none was, it is behind, or this is another file.
Explained<Bytes> roster_sheet(Desk const& desk, fs::path const& folder) {
  auto const cases = desk.casework(Follow::kLedger);
  if (!cases) return cases.error();
  if (cases->roster() == nullptr) return Explanation(words::kBallotsNoRoster);
  if (cases->roster_behind()) return Explanation(words::kRosterBehind);
  auto const path = folder / kRosterCandidates;
  auto sheet = office::read_file(path, kSheetBytesMax);
  if (!sheet) return sheet.error();
  office::FileMark const mark{std::string(kRosterCandidates), crypto::sha256({*sheet})};
  auto const& entries = desk.ledger().entries();
  auto const last = std::ranges::find(entries.rbegin(), entries.rend(), office::Deed::kRoster,
                                      [](auto const& entry) { return entry.action.deed; });
  if (last == entries.rend() || std::ranges::find(last->action.files, mark) == last->action.files.end())
    return Explanation(Sentence(words::kBallotsOtherRoster, {{"path", path.string()}}));
  return sheet;
}

/// What the meeting's settings beside the sheet say; without them the date is written by hand.
Explained<void> take_settings(fs::path const& path, office::BallotPapers& out) {
  std::error_code none;
  if (!fs::exists(path, none)) return {};
  auto const bytes = office::read_file(path, kSettingsBytesMax);
  if (!bytes) return bytes.error();
  auto const unreadable = Explanation(Sentence(words::kBallotsSettings, {{"path", path.string()}}));
  try {
    auto const table = toml::parse(as_text(*bytes));
    out.meeting = table["title"].value_or(std::string());
    out.date = table["date"].value_or(std::string());
    out.rehearsal = table["rehearsal"].value_or(false);
    out.abstaining = table["rules"]["abstain_allowed"].value_or(true);
    return {};
  } catch (toml::parse_error const&) {
    return unreadable;
  }
}

}  // namespace

Explained<void> ballots(Desk& desk, Ballots const& request) {
  auto const sheet = roster_sheet(desk, request.roster);
  if (!sheet) return sheet.error();
  auto const listed = imported(sheets::import_candidates(*sheet));
  if (!listed) return listed.error();
  office::BallotPapers of;
  of.candidates = listed->candidates;
  of.batches = listed->batches;
  if (auto const taken = take_settings(request.roster / kRosterMeeting, of); !taken) return taken.error();
  auto const made = office::ballot_papers(heading_of(desk, desk.ledger(), request.title), of);
  if (!made) return made.error();
  NewFiles files(request.out);
  for (office::Paper const& paper : *made) files.add(paper.name + ".html", to_bytes(as_bytes(paper.html)));
  if (auto const put = files.write(); !put) return put.error();
  desk.say({words::kBallotsWritten, {{"count", std::uint64_t{made->size()}}, {"folder", request.out.string()}}});
  return {};
}

}  // namespace piaojue::desk
