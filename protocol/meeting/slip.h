// SPDX-License-Identifier: Apache-2.0
#pragma once
/// The printed slip (specification §9): how a laptop finds the server, knows it again, and says for whom it enrols.
///
///   piaojue1:192.0.2.10:7443:<SPKI hash, 64 hex digits>:<meeting id, 32 hex digits>:<person>:<code>
///
/// Server and client write and read it with these functions. People type it from paper: case is free everywhere, in the
/// code I and L are read as 1, O as 0, and hyphens are passed over. `format_slip` gives the one canonical spelling.
#include <string>
#include <string_view>

#include "protocol/meeting/entry.h"

namespace piaojue::meeting {

inline constexpr std::size_t kSlipCodeChars = 16;
inline constexpr std::size_t kSlipCodeBytes = 10;
inline constexpr std::size_t kSlipTextMax = 64U << 10;  ///< of a slip file, with all that is printed around the line

struct Slip {
  std::string host;  ///< name or address; an IPv6 address without its brackets
  std::uint16_t port = 0;
  Hash server_spki;  ///< SHA-256 of the server's SubjectPublicKeyInfo
  std::array<std::uint8_t, 16> meeting_id{};
  PersonId person = 0;
  std::string code;  ///< canonical: 16 characters of Crockford's base 32, upper case
  bool operator==(Slip const&) const = default;
};

std::string format_slip(Slip const& slip);

/// Exactly one slip, with white space around it at most.
/// @return kTooLarge. kMalformed: not of this form. kOutOfRange: port or person is 0 or beyond its bound.
[[nodiscard]] Result<Slip> parse_slip(std::string_view text);

/// A slip file: the one line of it that begins with "piaojue1:" (after spaces), whatever stands around it.
/// @return as parse_slip; kMalformed also for no such line; kConflict: more than one.
[[nodiscard]] Result<Slip> find_slip(std::string_view file);

/// 80 bits as 16 characters of Crockford's base 32.
std::string format_slip_code(std::array<std::uint8_t, kSlipCodeBytes> const& bits);
/// What a person typed, in the canonical spelling. @return kMalformed.
[[nodiscard]] Result<std::string> normalise_slip_code(std::string_view typed);

}  // namespace piaojue::meeting
