// SPDX-License-Identifier: Apache-2.0
#include "protocol/meeting/slip.h"

#include <charconv>

namespace piaojue::meeting {
namespace {

constexpr std::string_view kScheme = "piaojue1:";
constexpr std::string_view kAlphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
constexpr std::size_t kHostCharsMax = 253;

bool is_space(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; }

std::string_view trim(std::string_view text) {
  while (!text.empty() && is_space(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_space(text.back())) text.remove_suffix(1);
  return text;
}

/// The locale must not decide what a slip means.
char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }
char upper(char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c; }

bool starts_with_scheme(std::string_view text) {
  return text.size() >= kScheme.size() &&
         std::equal(kScheme.begin(), kScheme.end(), text.begin(), [](char a, char b) { return a == lower(b); });
}

/// Decimal, digits only, no leading zero.
std::optional<std::uint32_t> number(std::string_view digits) {
  if (digits.empty() || digits.size() > 9 || (digits.size() > 1 && digits.front() == '0')) return std::nullopt;
  std::uint32_t value = 0;
  auto const [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  if (error != std::errc{} || end != digits.data() + digits.size()) return std::nullopt;
  return value;
}

bool is_alnum(char c) {
  c = lower(c);
  return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

/// A name or an IPv4 address; an IPv6 address stands in brackets.
std::optional<std::string> host(std::string_view text) {
  if (text.empty() || text.size() > kHostCharsMax) return std::nullopt;
  if (text.front() == '[') {
    if (text.size() < 4 || text.back() != ']') return std::nullopt;
    text = text.substr(1, text.size() - 2);
    auto const fits = [](char c) { return is_alnum(c) || c == ':' || c == '.' || c == '%'; };
    if (!std::ranges::all_of(text, fits) || text.find(':') == std::string_view::npos) return std::nullopt;
    return std::string(text);
  }
  auto const fits = [](char c) { return is_alnum(c) || c == '.' || c == '-'; };
  if (!std::ranges::all_of(text, fits)) return std::nullopt;
  return std::string(text);
}

/// Cuts the part after the last colon off `rest`. From the right, because only the host may hold colons.
std::optional<std::string_view> take_last(std::string_view& rest) {
  auto const colon = rest.rfind(':');
  if (colon == std::string_view::npos) return std::nullopt;
  auto const part = rest.substr(colon + 1);
  rest = rest.substr(0, colon);
  return part;
}

}  // namespace

std::string format_slip_code(std::array<std::uint8_t, kSlipCodeBytes> const& bits) {
  std::string out;
  std::uint32_t held = 0;
  int have = 0;
  for (std::uint8_t const byte : bits) {
    held = held << 8 | byte;
    for (have += 8; have >= 5; have -= 5) out.push_back(kAlphabet[(held >> (have - 5)) & 31]);
  }
  return out;
}

Result<std::string> normalise_slip_code(std::string_view typed) {
  std::string out;
  for (char const raw : typed) {
    if (raw == '-') continue;
    char c = upper(raw);
    if (c == 'I' || c == 'L') c = '1';
    if (c == 'O') c = '0';
    if (kAlphabet.find(c) == std::string_view::npos || out.size() == kSlipCodeChars) return Refusal::kMalformed;
    out.push_back(c);
  }
  if (out.size() != kSlipCodeChars) return Refusal::kMalformed;
  return out;
}

std::string format_slip(Slip const& slip) {
  bool const brackets = slip.host.find(':') != std::string::npos;
  return std::string(kScheme) + (brackets ? "[" + slip.host + "]" : slip.host) + ':' + std::to_string(slip.port) + ':' +
         to_hex(slip.server_spki.view()) + ':' + to_hex(slip.meeting_id) + ':' + std::to_string(slip.person) + ':' +
         slip.code;
}

Result<Slip> parse_slip(std::string_view text) {
  if (text.size() > kSlipTextMax) return Refusal::kTooLarge;
  text = trim(text);
  if (!starts_with_scheme(text)) return Refusal::kMalformed;
  std::string_view rest = text.substr(kScheme.size());
  auto const code = take_last(rest);
  auto const person = take_last(rest);
  auto const meeting = take_last(rest);
  auto const spki = take_last(rest);
  auto const port = take_last(rest);
  if (!code || !person || !meeting || !spki || !port) return Refusal::kMalformed;

  Slip out;
  auto const host_name = host(rest);
  auto const port_number = number(*port);
  auto const person_number = number(*person);
  auto const spki_bytes = from_hex(*spki);
  auto const meeting_bytes = from_hex(*meeting);
  auto const canonical_code = normalise_slip_code(*code);
  if (!host_name || !port_number || !person_number || !spki_bytes || !meeting_bytes || !canonical_code ||
      meeting_bytes->size() != out.meeting_id.size()) {
    return Refusal::kMalformed;
  }
  auto const spki_hash = Hash::from(*spki_bytes);
  if (!spki_hash) return Refusal::kMalformed;
  if (*port_number == 0 || *port_number > 65535 || *person_number == 0 || *person_number > kPeopleMax) {
    return Refusal::kOutOfRange;
  }
  out.host = *host_name;
  out.port = static_cast<std::uint16_t>(*port_number);
  out.server_spki = *spki_hash;
  std::ranges::copy(*meeting_bytes, out.meeting_id.begin());
  out.person = *person_number;
  out.code = *canonical_code;
  return out;
}

Result<Slip> find_slip(std::string_view file) {
  if (file.size() > kSlipTextMax) return Refusal::kTooLarge;
  std::optional<std::string_view> found;
  while (!file.empty()) {
    auto const end = file.find('\n');
    auto const line = trim(file.substr(0, end));
    file = end == std::string_view::npos ? std::string_view{} : file.substr(end + 1);
    if (!starts_with_scheme(line)) continue;
    if (found) return Refusal::kConflict;
    found = line;
  }
  if (!found) return Refusal::kMalformed;
  return parse_slip(*found);
}

}  // namespace piaojue::meeting
