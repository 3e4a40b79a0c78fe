// SPDX-License-Identifier: Apache-2.0
#include "server/settings.h"

#include <algorithm>
#include <charconv>

#include "protocol/meeting/slip.h"
#include "server/toml_reader.h"
#include "strings/server.h"

namespace piaojue::server {

namespace text = strings::server;
namespace {

/// "server", "chair", "supervisor", "clerk", or a person by name. @return nothing: nobody, or more than one of a name.
std::optional<meeting::PersonId> trustee_person(std::string const& word, sheets::Members const& members,
                                                std::vector<meeting::PersonId> const& taken) {
  auto const free = [&](meeting::PersonId p) { return std::ranges::find(taken, p) == taken.end(); };
  auto const first_of = [&](meeting::Role role) -> std::optional<meeting::PersonId> {
    for (meeting::PersonId p = 1; p <= members.people.size(); ++p) {
      if ((members.people[p - 1].roles & role) && free(p)) return p;
    }
    return std::nullopt;
  };
  if (word == "server") return meeting::kServer;
  if (word == "chair") return members.chair != 0 && free(members.chair) ? members.chair : first_of(meeting::kChair);
  if (word == "supervisor") return first_of(meeting::kSupervisor);
  if (word == "clerk") return first_of(meeting::kClerk);
  std::optional<meeting::PersonId> found;
  for (meeting::PersonId p = 1; p <= members.people.size(); ++p) {
    if (members.people[p - 1].name != word) continue;
    if (found) return std::nullopt;
    found = p;
  }
  return found;
}

}  // namespace

std::optional<Address> parse_address(std::string_view text) {
  auto const colon = text.rfind(':');
  if (colon == std::string_view::npos) return std::nullopt;
  auto host = text.substr(0, colon);
  auto const digits = text.substr(colon + 1);
  if (host.size() > 2 && host.front() == '[' && host.back() == ']') {
    host = host.substr(1, host.size() - 2);
  } else if (host.find(':') != std::string_view::npos) {
    return std::nullopt;
  }
  Address address;
  address.host = host;
  auto const [end, failure] = std::from_chars(digits.data(), digits.data() + digits.size(), address.port);
  if (host.empty() || digits.empty() || failure != std::errc() || end != digits.data() + digits.size()) {
    return std::nullopt;
  }
  return address;
}

std::string format_address(Address const& address) {
  bool const v6 = address.host.find(':') != std::string::npos;
  return (v6 ? "[" + address.host + "]" : address.host) + ":" + std::to_string(address.port);
}

Explained<Settings> parse_settings(std::string_view toml) {
  auto const table = parse_toml(toml);
  if (!table) return table.error();
  Settings settings;
  std::optional<Explanation> fault;
  Reader top(*table, "", fault);
  std::string listen = format_address(settings.listen);
  top.take("listen", listen);
  top.take("host", settings.host);
  top.take("meeting_number", settings.meeting_number);
  if (settings.meeting_number > meeting::kMeetingNumberMax) {
    top.say("meeting_number", text::kKeyNotMeetingNumber, {{"most", meeting::kMeetingNumberMax}});
  }
  top.take("log_file", settings.log_file);
  top.take("threads", settings.threads);
  if (auto const* limits = top.table("limits")) {
    Reader reader(*limits, "limits.", fault);
    reader.take("connections", settings.connections_max);
    reader.take("handshake_ms", settings.handshake_ms);
    reader.take("frame_ms", settings.frame_ms);
    reader.take("idle_ms", settings.idle_ms);
    reader.take("frames_per_s", settings.frames_per_s);
    reader.take("frames_burst", settings.frames_burst);
    reader.take("send_queue_mib", settings.send_queue_mib);
    reader.take("send_queues_mib", settings.send_queues_mib);
    reader.done();
  }
  top.done();
  auto const address = parse_address(listen);
  if (!address) top.say("listen", text::kKeyNotAddress);
  if (fault) return *fault;
  settings.listen = *address;
  return settings;
}

std::string format_settings(Settings const& s) {
  auto const quoted = [](std::string const& text) {
    std::string escaped = "\"";
    for (char const c : text) {
      if (c == '"' || c == '\\') escaped += '\\';
      escaped += c;
    }
    return escaped + "\"";
  };
  auto const number = [](auto n) { return std::to_string(n); };
  return "# piaojue-server: how the program runs. Written by `init`, read at each start.\n\n"
         "# Address and port. The slips name them: to change them means new slips for all who have not enrolled yet.\n"
         "listen = " +
         quoted(format_address(s.listen)) +
         "\n"
         "# What slips say instead of the address above, if laptops reach this machine under another name.\n"
         "host = " +
         quoted(s.host) +
         "\n"
         "# Number of the meeting where many are held together; the slips carry it. 0: it has none.\n"
         "meeting_number = " +
         number(s.meeting_number) +
         "\n"
         "# One JSON object a line. Empty: to stderr.\n"
         "log_file = " +
         quoted(s.log_file) +
         "\n"
         "# For keys, mixing and proofs. 0: one for each processor.\n"
         "threads = " +
         number(s.threads) +
         "\n\n"
         "[limits]\n"
         "# Connections at the same time; beyond it a new one is closed.\n"
         "connections = " +
         number(s.connections_max) +
         "\n"
         "# Time for the TLS handshake, for a frame from its first byte to its last, and between two frames.\n"
         "handshake_ms = " +
         number(s.handshake_ms) +
         "\n"
         "frame_ms = " +
         number(s.frame_ms) +
         "\n"
         "idle_ms = " +
         number(s.idle_ms) +
         "\n"
         "# Requests of one connection; one that sends more is closed.\n"
         "frames_per_s = " +
         number(s.frames_per_s) +
         "\n"
         "frames_burst = " +
         number(s.frames_burst) +
         "\n"
         "# What may wait for a slow connection before it is closed. Pushes are shared, not copied.\n"
         "send_queue_mib = " +
         number(s.send_queue_mib) +
         "\n"
         "# The same of all connections together, shared pushes once; beyond it whoever has most of his own is "
         "closed.\n"
         "send_queues_mib = " +
         number(s.send_queues_mib) + "\n";
}

namespace {

void take_rules(Reader& reader, meeting::Rules& rules) {
  std::string mode = "include";
  reader.take("pass_numerator", rules.pass_numerator);
  reader.take("pass_denominator", rules.pass_denominator);
  reader.take("pass_strict", rules.pass_strict);
  reader.take("recusal_mode", mode);
  reader.take("abstain_allowed", rules.abstain_allowed);
  reader.take("quorum_numerator", rules.quorum_numerator);
  reader.take("quorum_denominator", rules.quorum_denominator);
  reader.take("modulus_bits", rules.modulus_bits);
  reader.take("max_unconfirmed", rules.max_unconfirmed);
  reader.take("checks_allowed", rules.checks_allowed);
  reader.take("protest_s", rules.protest_s);
  if (mode == "include") {
    rules.recusal_mode = meeting::RecusalMode::kInclude;
  } else if (mode == "exclude") {
    rules.recusal_mode = meeting::RecusalMode::kExclude;
  } else if (mode == "leave") {
    rules.recusal_mode = meeting::RecusalMode::kLeave;
  } else {
    reader.say("recusal_mode", text::kKeyNotRecusalMode);
  }
  reader.done();
}

std::vector<std::string> take_trustees(Reader& reader) {
  auto const* list = reader.array("trustees");
  if (!list) return {"server", "chair", "supervisor"};
  std::vector<std::string> words;
  for (auto const& node : *list) {
    auto const word = node.value_exact<std::string>();
    if (!word) reader.say("trustees", text::kKeyNotTrustees);
    words.push_back(word.value_or(""));
  }
  return words;
}

void choose_trustees(Reader& reader, std::vector<std::string> const& words, sheets::Members const& members,
                     std::vector<meeting::PersonId>& trustees) {
  for (auto const& word : words) {
    auto const person = trustee_person(word, members, trustees);
    if (!person) {
      reader.say("trustees", text::kKeyTrusteeUnknown, {{"word", word}});
    } else if (std::ranges::find(trustees, *person) != trustees.end()) {
      reader.say("trustees", text::kKeyTrusteeTwice, {{"word", word}});
    } else {
      trustees.push_back(*person);
    }
  }
}

}  // namespace

Explained<meeting::Manifest> parse_meeting(std::string_view toml, sheets::Members const& members,
                                           sheets::Candidates const& candidates) {
  auto const table = parse_toml(toml);
  if (!table) return table.error();
  meeting::Manifest m;
  m.people = members.people;
  m.candidates = candidates.candidates;
  m.batches = candidates.batches;

  std::optional<Explanation> fault;
  Reader top(*table, "", fault);
  top.take("title", m.title);
  top.take("date", m.date);
  top.take("rehearsal", m.rehearsal);
  top.take("committee_size", m.committee_size);
  top.take("size_approval", m.size_approval);
  auto const words = take_trustees(top);
  m.rules.max_unconfirmed = std::min(m.rules.max_unconfirmed, m.committee_size / 3);
  if (auto const* rules = top.table("rules")) {
    Reader reader(*rules, "rules.", fault);
    take_rules(reader, m.rules);
  }
  top.done();
  for (auto const* key : {"title", "date", "committee_size"}) {
    if (!top.has(key)) top.say(key, text::kKeyMissing);
  }
  choose_trustees(top, words, members, m.trustees);
  if (fault) return *fault;
  return m;
}

}  // namespace piaojue::server
