// SPDX-License-Identifier: Apache-2.0
// The roster of the meeting: those who are eligible, in the order of their batches.
#include "sheets/roster.h"

#include <algorithm>

#include "office/desk/deeds.h"
#include "office/desk/new_files.h"
#include "strings/desk.h"

namespace piaojue::desk {

namespace words = strings::desk;
using office::read_file;

namespace {

std::string csv_cell(std::string const& text) {
  std::string out = "\"";
  for (char const c : text) (out += c == '"' ? "\"" : "") += c;
  return out + "\"";
}

struct Ballot {
  std::string csv;
  std::vector<std::uint32_t> order;
  std::vector<Subject> people;  ///< ascending
};

/// @param in numbers of those who are on it.
Ballot ballot_of(sheets::Candidates const& sheet, std::vector<office::Applicant> const& people,
                 std::vector<std::uint32_t> const& in) {
  std::map<std::pair<std::string, std::string>, std::uint32_t> number;
  for (std::uint32_t i = 1; i <= people.size(); ++i) number[{people[i - 1].name, people[i - 1].employer}] = i;
  // The file is read by programs: its headings are those of the imported sheets, in no other language.
  Ballot out{std::string(words::kRosterHeader.zh) + "\r\n", {}, {}};
  for (auto const& batch : sheet.batches)
    for (auto const q : batch.candidates) {
      auto const& c = sheet.candidates.at(q - 1);
      std::uint32_t const n = number.at({c.name, c.employer});
      if (!std::ranges::binary_search(in, n)) continue;
      Text const& channel =
          c.channel == meeting::Channel::kExceptional ? words::kRosterExceptional : words::kRosterNormal;
      out.csv += std::to_string(n);
      for (std::string const& cell : {c.name, c.employer, c.level, std::string(channel.zh), batch.title, c.summary,
                                      c.group_opinion, c.opened_before})
        out.csv += "," + csv_cell(cell);
      out.csv += "\r\n";
      out.order.push_back(n);
      out.people.push_back({n, c.name});
    }
  std::ranges::sort(out.people);
  return out;
}

}  // namespace

Explained<void> roster(Desk& desk, Roster const& request) {
  auto const before = desk.casework(Follow::kAll);
  if (!before) return before.error();
  auto const in = before->check_roster();
  if (!in) return in.error();
  auto const candidates = desk.sheet(*before->import(), Upload::kCandidates);
  if (!candidates) return candidates.error();
  auto const sheet = imported(sheets::import_candidates(*candidates));
  if (!sheet) return sheet.error();
  auto ballot = ballot_of(*sheet, before->review()->people(), *in);
  auto const members = desk.sheet(*before->import(), Upload::kMembers);
  if (!members) return members.error();

  NewFiles files(request.out);
  auto const csv = as_bytes(ballot.csv);
  files.add("candidates.csv", Bytes(csv.begin(), csv.end()));
  files.add(sheets::is_workbook(*members) ? "members.xlsx" : "members.csv", *members);
  if (request.meeting) {
    auto toml = read_file(*request.meeting, std::size_t{1} << 20);
    if (!toml) return toml.error();
    files.add("meeting.toml", std::move(*toml));
  }
  auto const checked =
      desk.draft(*before, entry::Roster{std::move(ballot.order)}, std::move(ballot.people), files.marks());
  if (!checked) return checked.error();
  if (auto const put = files.write(); !put) return put.error();
  if (auto const written = desk.write(*checked); !written) return written.error();
  desk.say({words::kRosterWritten, {{"count", std::uint64_t{in->size()}}, {"folder", request.out.string()}}});
  return {};
}

}  // namespace piaojue::desk
