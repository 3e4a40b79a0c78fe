// SPDX-License-Identifier: Apache-2.0
#pragma once
/// The printed slip (specification §9.1): where a laptop finds the server, for whom it enrols, and the code by which
/// both know each other. Nothing on it identifies the server's key: the code does, once.
///
///   typed:            12-007-XXXX-XXXX-XXXX-XXXX-C     (meeting 12, person 7; 007-XXXX-… where the server has one
///   meeting) QR code and file: piaojue2:192.0.2.10:7443:12-007-XXXX-XXXX-XXXX-XXXX-C
///
/// C is a check character over GF(2^5): it finds every single wrong character, and every two that changed places.
///
/// People type from paper, on any keyboard: case is free, O is read as 0, I and L as 1, blanks and hyphens of any kind
/// are passed over where they mean nothing, full-width forms are narrow ones. `format_*` gives the one spelling.
///
/// What reads refuses with
///   kMalformed   not of this form: too short or too long, a character that can not stand there
///   kProof       of this form, but C does not fit: a wrong character, or two that changed places
///   kOutOfRange  person 0 or above kPeopleMax, port 0 or above 65535
#include <string>
#include <string_view>

#include "protocol/meeting/entry.h"

namespace piaojue::meeting {

inline constexpr std::uint32_t kMeetingNumberMax = 999'999'999;  ///< nine digits
inline constexpr std::size_t kToldAddressBytesMax = 255;
inline constexpr std::size_t kToldAddressesMax = 8;     ///< in one Welcome
inline constexpr std::size_t kSlipTextMax = 64U << 10;  ///< of a slip file, with all that is printed around

/// 80 random bits, drawn afresh for each slip. Secret until they are used.
using SlipBits = std::array<std::uint8_t, 10>;

struct SlipAddress {
  std::string host;  ///< name or address; an IPv6 address without its brackets
  std::uint16_t port = 0;
  bool operator==(SlipAddress const&) const = default;
};

/// What is typed besides the address.
struct SlipCode {
  std::uint32_t meeting = 0;  ///< its number on this server; 0: the server has one
  PersonId person = 0;
  SlipBits bits{};
  bool operator==(SlipCode const&) const = default;
};

struct Slip {
  SlipAddress address;
  SlipCode code;
  bool operator==(Slip const&) const = default;
};

/// "192.0.2.10:7443", "[2001:db8::7]:7443".
std::string format_slip_address(SlipAddress const& address);
[[nodiscard]] Result<SlipAddress> parse_slip_address(std::string_view text);

/// @param code meeting ≤ kMeetingNumberMax, person ≤ 999.
std::string format_slip_code(SlipCode const& code);
[[nodiscard]] Result<SlipCode> parse_slip_code(std::string_view text);

/// What a connection for this meeting asks for by TLS's server_name (specification §9): "m12"; empty for 0, a server
/// with one meeting, of which nothing is asked.
std::string meeting_name(std::uint32_t number);
/// Its one spelling. @return kMalformed, also for the empty name: it is no meeting's.
[[nodiscard]] Result<std::uint32_t> parse_meeting_name(std::string_view name);

/// An address as a server tells it (Moved, Welcome): exactly as `format_slip_address` writes it, in at most
/// kToldAddressBytesMax. @return as parse_slip_address; kMalformed: another spelling of it. kTooLarge.
[[nodiscard]] Result<SlipAddress> parse_told_address(std::string_view text);

/// The line of QR code and file.
std::string format_slip(Slip const& slip);
/// Exactly one such line, with white space around it at most. @return also kTooLarge.
[[nodiscard]] Result<Slip> parse_slip(std::string_view text);

/// A slip file: the one line of it that begins with "piaojue2:" (after blanks), whatever stands around it.
/// @return as parse_slip; kMalformed also for no such line; kConflict: more than one.
[[nodiscard]] Result<Slip> find_slip(std::string_view file);

}  // namespace piaojue::meeting
