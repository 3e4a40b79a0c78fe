// SPDX-License-Identifier: Apache-2.0
#include "server/settings.h"

#include <toml++/toml.h>

#include <algorithm>
#include <charconv>
#include <set>

namespace piaojue::server {
namespace {

/// Takes keys out of a table one by one; what is left at the end is unknown.
class Reader {
 public:
  Reader(toml::table const& table, std::string where, std::string& error)
      : table_(table), where_(std::move(where)), error_(error) {}

  template <class T>
  void take(std::string_view key, T& out) {
    known_.emplace(key);
    auto const* node = table_.get(key);
    if (!node || !error_.empty()) return;
    if constexpr (std::is_same_v<T, bool>) {
      if (auto const value = node->value_exact<bool>())
        out = *value;
      else
        say(key, "must be true or false");
    } else if constexpr (std::is_same_v<T, std::string>) {
      if (auto const value = node->value_exact<std::string>())
        out = *value;
      else
        say(key, "must be a text in quotation marks");
    } else {
      auto const value = node->value_exact<std::int64_t>();
      if (!value || *value < 0 || *value > std::numeric_limits<std::int32_t>::max())
        say(key, "must be a whole number");
      else
        out = static_cast<T>(*value);
    }
  }
  toml::array const* array(std::string_view key) {
    known_.emplace(key);
    auto const* node = table_.get(key);
    if (!node) return nullptr;
    if (!node->is_array()) say(key, "must be a list in square brackets");
    return node->as_array();
  }
  toml::table const* table(std::string_view key) {
    known_.emplace(key);
    auto const* node = table_.get(key);
    if (!node) return nullptr;
    if (!node->is_table()) say(key, "must be a table");
    return node->as_table();
  }
  bool has(std::string_view key) const { return table_.contains(key); }
  void say(std::string_view key, std::string_view what) {
    if (!error_.empty()) return;
    error_ = where_ + std::string(key) + " " + std::string(what);
  }
  /// After the last `take`.
  void done() {
    for (auto const& [key, node] : table_) {
      if (known_.contains(std::string(key.str()))) continue;
      say(key.str(), "is not a key that is known here (line " + std::to_string(node.source().begin.line) + ")");
    }
  }

 private:
  toml::table const& table_;
  std::string where_;
  std::string& error_;
  std::set<std::string, std::less<>> known_;
};

std::optional<toml::table> parse(std::string_view text, std::string& error) {
  try {
    return toml::parse(text);
  } catch (toml::parse_error const& failure) {
    error = "line " + std::to_string(failure.source().begin.line) + ": " + std::string(failure.description());
    return std::nullopt;
  }
}

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

Read<Settings> parse_settings(std::string_view text) {
  Read<Settings> out;
  auto const table = parse(text, out.error);
  if (!table) return out;
  Settings settings;
  Reader top(*table, "", out.error);
  std::string listen = format_address(settings.listen);
  top.take("listen", listen);
  top.take("host", settings.host);
  top.take("log_file", settings.log_file);
  top.take("threads", settings.threads);
  if (auto const* limits = top.table("limits")) {
    Reader reader(*limits, "limits.", out.error);
    reader.take("connections", settings.connections_max);
    reader.take("handshake_ms", settings.handshake_ms);
    reader.take("frame_ms", settings.frame_ms);
    reader.take("idle_ms", settings.idle_ms);
    reader.take("frames_per_s", settings.frames_per_s);
    reader.take("frames_burst", settings.frames_burst);
    reader.take("send_queue_mib", settings.send_queue_mib);
    reader.done();
  }
  top.done();
  auto const address = parse_address(listen);
  if (!address) top.say("listen", "must be an address and a port, such as \"192.0.2.10:7443\"");
  if (out.error.empty()) {
    settings.listen = *address;
    out.value = std::move(settings);
  }
  return out;
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
         number(s.send_queue_mib) + "\n";
}

Read<meeting::Manifest> parse_meeting(std::string_view text, sheets::Members const& members,
                                      sheets::Candidates const& candidates) {
  Read<meeting::Manifest> out;
  auto const table = parse(text, out.error);
  if (!table) return out;
  meeting::Manifest m;
  m.people = members.people;
  m.candidates = candidates.candidates;
  m.batches = candidates.batches;

  Reader top(*table, "", out.error);
  top.take("title", m.title);
  top.take("date", m.date);
  top.take("rehearsal", m.rehearsal);
  top.take("committee_size", m.committee_size);
  top.take("size_approval", m.size_approval);
  std::vector<std::string> words = {"server", "chair", "supervisor"};
  if (auto const* list = top.array("trustees")) {
    words.clear();
    for (auto const& node : *list) {
      auto const word = node.value_exact<std::string>();
      if (!word) top.say("trustees", "must hold texts: \"server\", \"chair\", \"supervisor\", \"clerk\" or names");
      words.push_back(word.value_or(""));
    }
  }
  bool min_given = false;
  if (auto const* rules = top.table("rules")) {
    Reader reader(*rules, "rules.", out.error);
    auto& r = m.rules;
    std::string mode = "include";
    reader.take("pass_numerator", r.pass_numerator);
    reader.take("pass_denominator", r.pass_denominator);
    reader.take("pass_strict", r.pass_strict);
    reader.take("recusal_mode", mode);
    reader.take("abstain_allowed", r.abstain_allowed);
    reader.take("quorum_numerator", r.quorum_numerator);
    reader.take("quorum_denominator", r.quorum_denominator);
    reader.take("modulus_bits", r.modulus_bits);
    min_given = reader.has("trustees_min");
    reader.take("trustees_min", r.trustees_min);
    reader.take("max_unconfirmed", r.max_unconfirmed);
    reader.take("supervisors_needed", r.supervisors_needed);
    if (mode == "include")
      r.recusal_mode = meeting::RecusalMode::kInclude;
    else if (mode == "exclude")
      r.recusal_mode = meeting::RecusalMode::kExclude;
    else if (mode == "leave")
      r.recusal_mode = meeting::RecusalMode::kLeave;
    else
      reader.say("recusal_mode", "must be \"include\", \"exclude\" or \"leave\"");
    reader.done();
  }
  top.done();
  for (auto const* key : {"title", "date", "committee_size"}) {
    if (!top.has(key)) top.say(key, "is missing");
  }
  for (auto const& word : words) {
    auto const person = trustee_person(word, members, m.trustees);
    if (!person) {
      top.say("trustees", "names \"" + word + "\", who is not (or more than once) among the members");
    } else if (std::ranges::find(m.trustees, *person) != m.trustees.end()) {
      top.say("trustees", "names \"" + word + "\" twice");
    } else {
      m.trustees.push_back(*person);
    }
  }
  // A rehearsal on one machine need not say that one trustee is enough.
  if (!min_given && m.rehearsal) {
    m.rules.trustees_min = std::min(m.rules.trustees_min, static_cast<std::uint32_t>(m.trustees.size()));
  }
  if (out.error.empty()) out.value = std::move(m);
  return out;
}

}  // namespace piaojue::server
