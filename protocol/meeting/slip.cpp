// SPDX-License-Identifier: Apache-2.0
#include "protocol/meeting/slip.h"

#include <charconv>

#include "base/utf8.h"
#include "protocol/meeting/crockford.h"

namespace piaojue::meeting {
namespace {

constexpr std::string_view kScheme = "piaojue2:";
constexpr std::size_t kHostCharsMax = 253;
constexpr std::size_t kBitsChars = 16;
constexpr std::size_t kPersonChars = 3;
constexpr std::size_t kMeetingCharsMax = 9;
constexpr char kMeetingLetter = 'm';

/// Unicode's White_Space, and what has no width at all.
bool is_blank(char32_t c) {
  return (c >= 0x09 && c <= 0x0D) || c == 0x20 || c == 0x85 || c == 0xA0 || c == 0x1680 ||
         (c >= 0x2000 && c <= 0x200D) || c == 0x2028 || c == 0x2029 || c == 0x202F || c == 0x205F || c == 0x2060 ||
         c == 0x3000 || c == 0xFEFF;
}

/// Unicode's Pd, the minus sign, the soft hyphen, and the line that some input methods give for a dash.
bool is_hyphen(char32_t c) {
  return c == 0x2D || c == 0xAD || c == 0x58A || c == 0x5BE || c == 0x1400 || c == 0x1806 ||
         (c >= 0x2010 && c <= 0x2015) || c == 0x2043 || c == 0x2212 || c == 0x2500 || c == 0x2E17 || c == 0x2E1A ||
         c == 0x2E3A || c == 0x2E3B || c == 0x2E40 || c == 0x301C || c == 0x3030 || c == 0x30A0 || c == 0xFE31 ||
         c == 0xFE32 || c == 0xFE58 || c == 0xFE63 || c == 0xFF0D;
}

/// Full-width forms as narrow ones; what is not UTF-8 as U+FFFD, which stands nowhere on a slip.
std::u32string narrow(std::string_view text) {
  std::u32string out;
  for (std::size_t at = 0; at < text.size();) {
    auto const c = next_character(text, at);
    if (!c) ++at;
    char32_t const plain = c.value_or(0xFFFD);
    out.push_back(plain >= 0xFF01 && plain <= 0xFF5E ? plain - 0xFEE0 : plain);
  }
  return out;
}

std::u32string_view trim(std::u32string_view text) {
  while (!text.empty() && is_blank(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_blank(text.back())) text.remove_suffix(1);
  return text;
}

/// The locale must not decide what a slip means.
char32_t lower(char32_t c) { return c >= U'A' && c <= U'Z' ? c - U'A' + U'a' : c; }

bool starts_with_scheme(std::u32string_view text) {
  return text.size() >= kScheme.size() &&
         std::equal(kScheme.begin(), kScheme.end(), text.begin(),
                    [](char a, char32_t b) { return static_cast<char32_t>(a) == lower(b); });
}

/// Nothing unless all of it is ASCII, or the full stop that a Chinese keyboard gives between the numbers of an address.
std::optional<std::string> ascii(std::u32string_view text) {
  std::string out;
  for (char32_t const c : text) {
    bool const stop = c == 0x3002 || c == 0xFF61;
    if (c >= 0x80 && !stop) return std::nullopt;
    out.push_back(stop ? '.' : static_cast<char>(c));
  }
  return out;
}

/// Decimal, digits only, no leading zero.
std::optional<std::uint32_t> number(std::string_view digits) {
  if (digits.empty() || digits.size() > 9 || (digits.size() > 1 && digits.front() == '0')) return std::nullopt;
  std::uint32_t value = 0;
  auto const [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  if (error != std::errc{} || end != digits.data() + digits.size()) return std::nullopt;
  return value;
}

bool is_alnum(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9'); }

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

Result<SlipAddress> decode_address(std::u32string_view text) {
  auto const plain = ascii(trim(text));
  auto const colon = plain ? plain->rfind(':') : std::string::npos;
  if (colon == std::string::npos) return Refusal::kMalformed;
  auto const host_name = host(std::string_view(*plain).substr(0, colon));
  auto const port = number(std::string_view(*plain).substr(colon + 1));
  if (!host_name || !port) return Refusal::kMalformed;
  if (*port == 0 || *port > 65535) return Refusal::kOutOfRange;
  return SlipAddress{*host_name, static_cast<std::uint16_t>(*port)};
}

/// Times α in GF(2^5) with x^5 + x^2 + 1.
std::uint8_t times_alpha(std::uint8_t a) {
  return static_cast<std::uint8_t>((a << 1 & 31) ^ ((a & 16) != 0 ? 0b00101 : 0));
}

/// Σ α^i·s_i, i = 1, 2, … from the left: by Horner's rule from the right.
std::uint8_t check_character(std::vector<std::uint8_t> const& values) {
  std::uint8_t out = 0;
  for (auto value = values.rbegin(); value != values.rend(); ++value) out = times_alpha(out ^ *value);
  return out;
}

std::string padded(PersonId person) {
  std::string const digits = std::to_string(person);
  return std::string(kPersonChars - std::min(kPersonChars, digits.size()), '0') + digits;
}

/// The decimal number of `values`, each of which must be a digit.
std::optional<std::uint32_t> decimal(std::span<std::uint8_t const> values) {
  std::uint32_t out = 0;
  for (std::uint8_t const value : values) {
    if (value > 9) return std::nullopt;
    out = out * 10 + value;
  }
  return out;
}

SlipBits bits_of(std::span<std::uint8_t const> values) {
  SlipBits out{};
  std::uint32_t held = 0;
  int have = 0;
  auto to = out.begin();
  for (std::uint8_t const value : values) {
    held = held << 5 | value;
    have += 5;
    if (have >= 8) *to++ = static_cast<std::uint8_t>(held >> (have -= 8));
  }
  return out;
}

Result<SlipCode> decode_code(std::u32string_view text) {
  std::vector<std::uint8_t> values;
  for (char32_t const c : text) {
    if (is_blank(c) || is_hyphen(c)) continue;
    auto const value = crockford_value(c);
    if (!value || values.size() > kMeetingCharsMax + kPersonChars + kBitsChars) return Refusal::kMalformed;
    values.push_back(*value);
  }
  if (values.size() < kPersonChars + kBitsChars + 1) return Refusal::kMalformed;
  std::uint8_t const check = values.back();
  values.pop_back();
  // Read from the right: the meeting's number may be left out.
  std::span<std::uint8_t const> const all(values);
  auto const bits = all.last(kBitsChars);
  auto const before = all.first(all.size() - kBitsChars);
  auto const meeting_digits = before.first(before.size() - kPersonChars);
  auto const meeting = decimal(meeting_digits);
  auto const person = decimal(before.last(kPersonChars));
  if (meeting_digits.size() > kMeetingCharsMax || !meeting || !person) return Refusal::kMalformed;
  if (!meeting_digits.empty() && meeting_digits.front() == 0) return Refusal::kMalformed;
  if (check_character(values) != check) return Refusal::kProof;
  if (*person == 0 || *person > kPeopleMax) return Refusal::kOutOfRange;
  return SlipCode{*meeting, *person, bits_of(bits)};
}

Result<Slip> decode_slip(std::u32string_view text) {
  text = trim(text);
  if (!starts_with_scheme(text)) return Refusal::kMalformed;
  text.remove_prefix(kScheme.size());
  auto const colon = text.rfind(U':');
  if (colon == std::u32string_view::npos) return Refusal::kMalformed;
  auto address = decode_address(text.substr(0, colon));
  if (!address) return address.error();
  auto const code = decode_code(text.substr(colon + 1));
  if (!code) return code.error();
  return Slip{std::move(*address), *code};
}

}  // namespace

std::string format_slip_address(SlipAddress const& address) {
  bool const brackets = address.host.find(':') != std::string::npos;
  return (brackets ? "[" + address.host + "]" : address.host) + ':' + std::to_string(address.port);
}

Result<SlipAddress> parse_slip_address(std::string_view text) {
  if (text.size() > kSlipTextMax) return Refusal::kTooLarge;
  return decode_address(narrow(text));
}

std::string format_slip_code(SlipCode const& code) {
  std::string const meeting = code.meeting == 0 ? std::string() : std::to_string(code.meeting);
  std::string const person = padded(code.person);
  std::string const bits = to_crockford(code.bits);
  std::vector<std::uint8_t> values;
  for (auto const* const part : {&meeting, &person, &bits})
    for (char const c : *part) values.push_back(*crockford_value(static_cast<char32_t>(c)));
  std::string out = meeting;
  if (!out.empty()) out += '-';
  out.append(person).append("-").append(in_groups_of_four(bits)).append("-");
  out += kCrockford[check_character(values)];
  return out;
}

Result<SlipCode> parse_slip_code(std::string_view text) {
  if (text.size() > kSlipTextMax) return Refusal::kTooLarge;
  return decode_code(narrow(text));
}

std::string meeting_name(std::uint32_t number) {
  return number == 0 ? std::string() : std::string(1, kMeetingLetter) + std::to_string(number);
}

Result<std::uint32_t> parse_meeting_name(std::string_view name) {
  if (name.empty() || name.front() != kMeetingLetter) return Refusal::kMalformed;
  auto const value = number(name.substr(1));
  if (!value || *value == 0) return Refusal::kMalformed;
  return *value;
}

Result<SlipAddress> parse_told_address(std::string_view text) {
  if (text.size() > kToldAddressBytesMax) return Refusal::kTooLarge;
  auto address = parse_slip_address(text);
  if (address && format_slip_address(*address) != text) return Refusal::kMalformed;
  return address;
}

std::string format_slip(Slip const& slip) {
  return std::string(kScheme) + format_slip_address(slip.address) + ':' + format_slip_code(slip.code);
}

Result<Slip> parse_slip(std::string_view text) {
  if (text.size() > kSlipTextMax) return Refusal::kTooLarge;
  return decode_slip(narrow(text));
}

Result<Slip> find_slip(std::string_view file) {
  if (file.size() > kSlipTextMax) return Refusal::kTooLarge;
  std::optional<std::u32string> found;
  while (!file.empty()) {
    auto const end = file.find('\n');
    std::u32string line(trim(narrow(file.substr(0, end))));
    file = end == std::string_view::npos ? std::string_view{} : file.substr(end + 1);
    if (!starts_with_scheme(line)) continue;
    if (found) return Refusal::kConflict;
    found = std::move(line);
  }
  if (!found) return Refusal::kMalformed;
  return decode_slip(*found);
}

}  // namespace piaojue::meeting
