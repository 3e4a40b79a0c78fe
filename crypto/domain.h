// SPDX-License-Identifier: Apache-2.0
#pragma once
/// The one table of domain strings (specification §2). Every signature, hash and proof of the protocol begins with
/// exactly one of these followed by 0x00, so that no value made for one purpose is valid for another.
#include <array>
#include <cstdint>
#include <string_view>

namespace piaojue::crypto::domain {

/// What follows each of them.
inline constexpr std::array<std::uint8_t, 1> kEnd{0};

/// Ed25519 signatures over entries are over kSignature ‖ type name ‖ 0x00 ‖ body.
inline constexpr std::string_view kSignature = "piaojue/v2/";
inline constexpr std::string_view kContext = "piaojue/v2/ctx";           ///< ctx(batch, q)
inline constexpr std::string_view kToken = "piaojue/v2/token";           ///< token message
inline constexpr std::string_view kBallot = "piaojue/v2/ballot";         ///< signature by sk_v
inline constexpr std::string_view kOrProof = "piaojue/v2/or";            ///< OR proof challenge
inline constexpr std::string_view kDleq = "piaojue/v2/dleq";             ///< tally share proof challenge
inline constexpr std::string_view kPok = "piaojue/v2/pok";               ///< proof of knowledge of x_t
inline constexpr std::string_view kTokenRequest = "piaojue/v2/request";  ///< digest of blinded messages
inline constexpr std::string_view kTokensIssued = "piaojue/v2/issued";   ///< digest of blind signatures
inline constexpr std::string_view kEnvelope = "piaojue/v2/envelope";     ///< digest of onions
inline constexpr std::string_view kMixOutput = "piaojue/v2/mix";         ///< salted hash of a mix output
inline constexpr std::string_view kEnrol = "piaojue/v2/enrol";           ///< key of an enrolment
inline constexpr std::string_view kKeyPossession = kEnrol;               ///< signature by IK over a person's new keys
inline constexpr std::string_view kEnrolServer = "piaojue/v2/enrol/server";  ///< the server's proof of a code
inline constexpr std::string_view kEnrolClient = "piaojue/v2/enrol/client";  ///< the client's proof of a code
inline constexpr std::string_view kDevice = "piaojue/v2/device";             ///< device code
inline constexpr std::string_view kOpening = "piaojue/v2/opening";           ///< signature of a CheckOpening
inline constexpr std::string_view kOnion = "piaojue/v2/onion";               ///< ephemeral secrets of an onion's layers
inline constexpr std::string_view kDeposit = "piaojue/v2/deposit";           ///< signature of a deposited half
inline constexpr std::string_view kHalf = "piaojue/v2/half";                 ///< keys of sealed state

}  // namespace piaojue::crypto::domain
