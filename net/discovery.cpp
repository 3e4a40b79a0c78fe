// SPDX-License-Identifier: Apache-2.0
#include "net/discovery.h"

#include <algorithm>
#include <array>
#include <boost/asio/ip/address.hpp>
#include <charconv>
#include <optional>

#include "base/platform/child.h"
#include "base/utf8.h"

namespace piaojue::net {
namespace {

constexpr std::string_view kService = "_piaojue._tcp";
/// Avahi's command ends by itself, when it has what there is; a second before we stop reading it is ended.
constexpr char const* kSeconds = "4";
constexpr std::chrono::milliseconds kPatience{5'000};
/// A command that is told to end, does.
constexpr std::chrono::milliseconds kGone{1'000};

/// Fields of a line: =;interface;protocol;name;kind;domain;host;address;port;texts.
enum Field : std::size_t { kMark, kInterface, kProtocol, kName, kKind, kDomain, kHost, kAddress, kPort, kFields };

std::optional<std::array<std::string_view, kFields>> split(std::string_view line) {
  std::array<std::string_view, kFields> out;
  for (auto& field : out) {
    auto const end = line.find(';');
    if (end == std::string_view::npos) return std::nullopt;
    field = line.substr(0, end);
    line.remove_prefix(end + 1);
  }
  return out;
}

/// Neither a control character nor one that turns around what stands beside it.
bool shows(char32_t c) {
  bool const control = c < 0x20 || (c >= 0x7f && c < 0xa0);
  bool const turns = c == 0x061c || (c >= 0x200b && c <= 0x200f) || (c >= 0x2028 && c <= 0x202e) ||
                     (c >= 0x2060 && c <= 0x206f) || c == 0xfeff;
  return !control && !turns;
}

/// "\032" is the byte 32, "\." a dot.
std::optional<std::string> title_of(std::string_view escaped) {
  std::string out;
  for (std::size_t at = 0; at < escaped.size();) {
    if (out.size() >= kFoundTitleMax) return std::nullopt;
    if (escaped[at] != '\\') {
      out += escaped[at++];
      continue;
    }
    auto const rest = escaped.substr(at + 1);
    if (rest.empty()) return std::nullopt;
    if (rest[0] < '0' || rest[0] > '9') {
      out += rest[0];
      at += 2;
      continue;
    }
    unsigned byte = 0;
    auto const digits = rest.substr(0, 3);
    auto const [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), byte);
    if (error != std::errc() || end != digits.data() + 3 || byte > 0xff) return std::nullopt;
    out += static_cast<char>(byte);
    at += 4;
  }
  for (std::size_t at = 0; at < out.size();) {
    auto const c = next_character(out, at);
    if (!c || !shows(*c)) return std::nullopt;
  }
  if (out.empty()) return std::nullopt;
  return out;
}

/// Whether it is an address in numbers that can be typed into a laptop.
bool is_address(std::string const& text) {
  // A name of a link behind it makes it good on this machine alone; a port behind it is taken along on Windows.
  bool const colons = text.find(':') != std::string::npos;
  if (text.find_first_not_of("0123456789abcdefABCDEF.:") != std::string::npos) return false;
  boost::system::error_code none;
  auto const address = boost::asio::ip::make_address(text, none);
  if (none || address.is_unspecified()) return false;
  return address.is_v4() ? !colons : (!address.to_v6().is_link_local() && !address.is_multicast());
}

std::optional<FoundServer> read_line(std::string_view line) {
  auto const fields = split(line);
  if (!fields || (*fields)[kMark] != "=" || (*fields)[kKind] != kService) return std::nullopt;
  auto title = title_of((*fields)[kName]);
  std::string const host((*fields)[kAddress]);
  auto const digits = (*fields)[kPort];
  std::uint16_t port = 0;
  auto const [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), port);
  bool const number = error == std::errc() && end == digits.data() + digits.size() && port > 0;
  if (!title || !number || !is_address(host)) return std::nullopt;
  return FoundServer{std::move(*title), host, port};
}

/// Whole characters of the beginning.
std::string_view cut(std::string_view title) {
  std::size_t end = 0;
  for (auto at = end; at < title.size() && next_character(title, at) && at <= kFoundTitleMax;) end = at;
  return title.substr(0, end);
}

}  // namespace

std::vector<FoundServer> read_found(std::string_view printed) {
  printed = printed.substr(0, kFoundTextMax);
  std::vector<FoundServer> out;
  while (!printed.empty() && out.size() < kFoundMax) {
    auto const end = printed.find('\n');
    // What has no end was cut off in the middle.
    if (end == std::string_view::npos) break;
    auto found = read_line(printed.substr(0, end));
    printed.remove_prefix(end + 1);
    bool const known = found && std::ranges::any_of(out, [&found](FoundServer const& one) {
                         return one.host == found->host && one.port == found->port;
                       });
    if (found && !known) out.push_back(std::move(*found));
  }
  return out;
}

std::vector<FoundServer> find_servers() {
  auto const ran = platform::run_to_end(
      {.program = "timeout", .arguments = {"-k", "1", kSeconds, "avahi-browse", "-rptk", std::string(kService)}},
      {.deadline = kPatience, .bytes_max = kFoundTextMax});
  // What came before it was too much, or too late, is good.
  return ran ? read_found(ran->out) : std::vector<FoundServer>();
}

struct Announcement::Impl {
  platform::Process child;
};

Announcement::Announcement(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

std::unique_ptr<Announcement> Announcement::start(std::string_view title, std::uint16_t port) {
  // setpriv sees to it that nothing is announced any more when this program was killed.
  auto child = platform::start({.program = "setpriv",
                                .arguments = {"--pdeathsig", "TERM", "avahi-publish", "-s", "-f", "--",
                                              std::string(cut(title)), std::string(kService), std::to_string(port)}});
  if (!child) return nullptr;
  return std::unique_ptr<Announcement>(new Announcement(std::unique_ptr<Impl>(new Impl{std::move(*child)})));
}

Announcement::~Announcement() {
  impl_->child.terminate();
  impl_->child.wait(kGone);
}

}  // namespace piaojue::net
