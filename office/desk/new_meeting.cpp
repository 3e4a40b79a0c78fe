// SPDX-License-Identifier: Apache-2.0
#include "office/desk/new_meeting.h"

#include <algorithm>

#include "base/platform/machine.h"
#include "net/listen_at.h"
#include "sheets/committee.h"
#include "sheets/text.h"
#include "strings/desk.h"

namespace piaojue::desk {

namespace words = strings::desk;

namespace {

constexpr std::uint16_t kUsualPort = 7443;
/// A folder of this name is no meeting yet, whoever looks: it begins with a point.
constexpr std::string_view kUnfinished = ".making";
constexpr char const* kAttached = "materials";

/// A basic string of TOML.
std::string toml_text(std::string_view text) {
  std::string out = "\"";
  for (char const c : text) {
    auto const byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (byte < 0x20 || byte == 0x7f) {
      constexpr std::string_view kDigits = "0123456789abcdef";
      out += "\\u00";
      out += kDigits[byte >> 4U];
      out += kDigits[byte & 15U];
    } else {
      out += c;
    }
  }
  return out + "\"";
}

std::string_view mode_word(meeting::RecusalMode mode) {
  switch (mode) {
    case meeting::RecusalMode::kInclude:
      return "include";
    case meeting::RecusalMode::kExclude:
      return "exclude";
    case meeting::RecusalMode::kLeave:
      break;
  }
  return "leave";
}

Explained<void> check_request(Meetings const& meetings, NewMeeting const& request) {
  if (sheets::trimmed(request.settings.title).empty()) return Explanation(words::kMeetingNoTitle);
  auto const addresses = own_addresses();
  if (std::ranges::find(addresses, request.host, &OwnAddress::host) == addresses.end())
    return Explanation(Sentence(words::kMeetingNoAddress, {{"host", request.host}}));
  for (auto const& name : meetings.names())
    if (meetings.running(name)) return Explanation(Sentence(words::kServerOther, {{"meeting", name}}));
  return {};
}

/// `init` on files that are there.
Explained<void> init(Meetings const& meetings, fs::path const& making, std::string const& host) {
  auto const addresses = own_addresses();
  auto const at = std::ranges::find(addresses, host, &OwnAddress::host);
  auto const port = at == addresses.end() ? 0 : at->port;
  std::vector<std::string> arguments{"init", (making / "server").string()};
  for (auto const* const kind : {"meeting.toml", "members.csv", "candidates.csv", "recusals.csv"}) {
    auto const name = std::string(kind);
    arguments.push_back("--" + name.substr(0, name.find('.')));
    arguments.push_back((making / kind).string());
  }
  std::error_code none;
  if (fs::exists(making / kAttached, none))
    arguments.insert(arguments.end(), {"--materials", (making / kAttached).string()});
  arguments.insert(arguments.end(), {"--listen", host + ":" + std::to_string(port)});
  auto const said = meetings.ask(std::move(arguments), making);
  if (!said) return said.error();
  return {};
}

/// Removes it unless it was kept.
class Making {
 public:
  explicit Making(fs::path folder) : folder_(std::move(folder)) { remove(); }
  ~Making() { remove(); }
  Making(Making const&) = delete;
  Making& operator=(Making const&) = delete;
  fs::path const& folder() const { return folder_; }
  /// The server has copied what was laid out for it.
  void forget(char const* part) const {
    std::error_code none;
    fs::remove_all(folder_ / part, none);
  }
  Explained<void> keep_as(fs::path const& to) {
    std::error_code error;
    fs::rename(folder_, to, error);
    if (error) return Explanation(Sentence(words::kLedgerNoFolder, {{"folder", to.string()}}));
    return {};
  }

 private:
  void remove() const {
    std::error_code none;
    fs::remove_all(folder_, none);
  }
  fs::path folder_;
};

}  // namespace

std::string meeting_toml(MeetingSettings const& settings) {
  auto const& rules = settings.rules;
  auto const flag = [](bool on) { return on ? "true" : "false"; };
  auto const number = [](std::uint32_t n) { return std::to_string(n); };
  std::string trustees = toml_text("server");
  if (settings.chair) trustees += ", " + toml_text("chair");
  if (settings.supervisor) trustees += ", " + toml_text("supervisor");
  std::string out;
  auto const line = [&out](std::string_view key, std::string const& value) {
    out += std::string(key) + " = " + value + "\n";
  };
  line("title", toml_text(settings.title));
  line("date", toml_text(sheets::day_text(settings.date)));
  line("rehearsal", flag(settings.rehearsal));
  line("committee_size", number(settings.committee_size));
  line("size_approval", toml_text(settings.size_approval));
  line("trustees", "[" + trustees + "]");
  out += "\n[rules]\n";
  line("pass_numerator", number(rules.pass_numerator));
  line("pass_denominator", number(rules.pass_denominator));
  line("pass_strict", flag(rules.pass_strict));
  line("recusal_mode", toml_text(mode_word(rules.recusal_mode)));
  line("abstain_allowed", flag(rules.abstain_allowed));
  line("quorum_numerator", number(rules.quorum_numerator));
  line("quorum_denominator", number(rules.quorum_denominator));
  line("modulus_bits", number(rules.modulus_bits));
  line("max_unconfirmed", number(rules.max_unconfirmed));
  line("checks_allowed", flag(rules.checks_allowed));
  line("protest_s", number(rules.protest_s));
  return out;
}

Explained<MeetingFiles> meeting_files(Desk& desk, fs::path const& folder, NewMeeting const& request) {
  auto roster = request.roster;
  roster.out = folder;
  auto const before = desk.casework(Follow::kAll);
  if (!before) return before.error();
  auto files = roster_files(desk, *before, roster);
  if (!files) return files.error();
  files->files.add("meeting.toml", to_bytes(as_bytes(meeting_toml(request.settings))));
  MeetingFiles out{std::move(*files), {}};
  // Signed first: what the ledger would refuse makes no meeting.
  if (!request.settings.rehearsal) {
    auto checked = desk.draft(*before, out.made.said, out.made.people, out.made.files.marks());
    if (!checked) return checked.error();
    out.deed.emplace(std::move(*checked));
  }
  return out;
}

Explained<void> enter_roster(Desk& desk, fs::path const& roster_folder, MeetingFiles const& files) {
  if (!files.deed) return {};
  if (auto const put = files.made.files.write(roster_folder); !put) return put.error();
  return desk.write(*files.deed);
}

Explained<std::string> make_meeting(Desk& desk, Meetings const& meetings, Materials const& materials,
                                    fs::path const& roster_folder, NewMeeting const& request) {
  if (auto const right = check_request(meetings, request); !right) return right.error();
  auto const name = meetings.next_name(request.settings.date, request.settings.rehearsal);
  if (auto const made = make_folder(meetings.folder(name).parent_path()); !made) return made.error();
  Making making(meetings.folder(std::string(kUnfinished)));
  auto const files = meeting_files(desk, making.folder(), request);
  if (!files) return files.error();
  auto const& made = files->made;
  if (auto const put = made.files.write(); !put) return put.error();
  auto const attached = materials.lay_out(making.folder() / kAttached, made.said.order, made.people);
  if (!attached) return attached.error();
  if (auto const begun = init(meetings, making.folder(), request.host); !begun) return begun.error();
  making.forget(kAttached);
  if (auto const entered = enter_roster(desk, roster_folder, *files); !entered) return entered.error();
  if (auto const kept = making.keep_as(meetings.folder(name)); !kept) return kept.error();
  desk.say({words::kMeetingMade, {{"meeting", name}}});
  return name;
}

std::vector<OwnAddress> own_addresses() {
  std::vector<OwnAddress> out;
  for (auto& one : platform::own_addresses()) {
    auto const port = net::can_listen(one.address, kUsualPort) ? kUsualPort : std::uint16_t{0};
    out.push_back({std::move(one.address), std::move(one.interface), one.loopback, port});
  }
  std::ranges::stable_sort(out, {}, &OwnAddress::loopback);
  return out;
}

Explained<MeetingPlan> plan_meeting(Desk const& desk, std::size_t batch_size) {
  auto const cases = desk.casework(Follow::kAll);
  if (!cases) return cases.error();
  auto const in = cases->check_roster();
  if (!in) return in.error();
  auto const lines = ballot_list(desk, *cases, *in, batch_size);
  if (!lines) return lines.error();
  auto recusals = suggested_recusals(desk, *cases, *in, batch_size);
  if (!recusals) return recusals.error();
  auto const list = read_list(*cases, desk.sheets());
  if (!list) return list.error();
  auto const bytes = desk.sheet(*cases->import(), Upload::kMembers);
  if (!bytes) return bytes.error();
  auto const members = imported(sheets::import_members(*bytes));
  if (!members) return members.error();

  MeetingPlan out;
  out.proposed = list->proposed;
  out.recusals = std::move(*recusals);
  sheets::Candidates ballot;
  for (auto const& line : *lines) {
    if (out.batches.empty() || out.batches.back().first != line.batch) out.batches.emplace_back(line.batch, 0);
    ++out.batches.back().second;
    ballot.candidates.push_back(line.candidate);
  }
  auto const& people = members->people;
  for (std::size_t p = 0; p < people.size(); ++p) {
    if ((people[p].roles & meeting::kExpert) != 0) ++out.experts;
    bool const chairs = members->chair == 0 ? (people[p].roles & meeting::kChair) != 0 : p + 1 == members->chair;
    if (chairs && out.chair.empty()) out.chair = people[p].name;
    if ((people[p].roles & meeting::kSupervisor) != 0 && out.supervisor.empty()) out.supervisor = people[p].name;
  }
  auto const senior = [](auto const& candidate) { return sheets::level_of(candidate.level) >= sheets::Level::kSenior; };
  if (std::ranges::any_of(ballot.candidates, senior)) out.size_wanted = sheets::CommitteeRules().senior_one_speciality;
  out.faults = sheets::committee_faults(*members, ballot, out.experts, {}, sheets::CommitteeScope::kOneSpeciality);
  return out;
}

}  // namespace piaojue::desk
