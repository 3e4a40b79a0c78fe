// SPDX-License-Identifier: Apache-2.0
#pragma once
/// The manifest, entry 0 of a log (specification §3.1), with the numbers that everything else is named by, and the
/// entry that ends the log. Questions are candidates: q is the number of the candidate in the manifest, from 1, unique
/// in the meeting.
#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "crypto/types.h"

namespace piaojue::meeting {

using crypto::BoxPublicKey;
using crypto::Hash;
using crypto::MixPublicKey;
using crypto::Point;
using crypto::Signature;
using crypto::SigningPublicKey;

using PersonId = std::uint32_t;    ///< 1 … people; 0 is the server as a signer
using QuestionId = std::uint32_t;  ///< 1 … candidates
using BatchId = std::uint32_t;     ///< 1 … batches
using TrusteeId = std::uint32_t;   ///< 0 … trustees − 1; 0 is the server
inline constexpr PersonId kServer = 0;

/// Bounds on what a manifest and an entry may hold; beyond them kTooLarge.
inline constexpr std::size_t kEntryBytesMax = 24u << 20;
inline constexpr std::size_t kTextBytesMax = 16u << 10;  ///< any one text field
inline constexpr std::size_t kPeopleMax = 400;
inline constexpr std::size_t kExpertsMax = 255;  ///< the sum encodes two numbers below 256
inline constexpr std::size_t kTrusteesMax = 7;
inline constexpr std::uint32_t kCommitteeMin = 7;       ///< fewer guard nothing; a rehearsal may be smaller
inline constexpr std::uint32_t kCastsMax = 16;          ///< envelopes of a person in an attempt
inline constexpr std::uint32_t kUnsignedSpoilsMax = 2;  ///< of a person in an attempt, not signed by the person
inline constexpr std::uint32_t kSignInsMax = 32;        ///< of a person by himself
inline constexpr std::uint32_t kRecuseBacksMax = 8;     ///< of a person and question
inline constexpr std::uint32_t kBatchKeysMax = 32;      ///< of a trustee for an attempt, before it is opened
inline constexpr std::size_t kCandidatesMax = 5000;
inline constexpr std::size_t kQuestionsPerBatchMax = 100;
inline constexpr std::size_t kAttachmentsMax = 20;         ///< of a candidate
inline constexpr std::size_t kAttachmentsAllMax = 24'000;  ///< of all candidates
inline constexpr std::size_t kAttachmentBytesMax = 20u << 20;
inline constexpr std::size_t kAttachmentNameBytesMax = 200;
inline constexpr std::size_t kAttachmentPieceBytes = 256u << 10;  ///< that are asked for at once, or what is left
inline constexpr std::size_t kBallotsMin = 3;                     ///< fewer are never opened

enum Role : std::uint32_t { kExpert = 1, kChair = 2, kClerk = 4, kSupervisor = 8, kScreen = 16 };

enum class RecusalMode : std::uint8_t { kInclude = 1, kExclude = 2, kLeave = 3 };
enum class Channel : std::uint8_t { kNormal = 1, kExceptional = 2 };

struct Rules {
  std::uint32_t pass_numerator = 2;
  std::uint32_t pass_denominator = 3;
  bool pass_strict = true;
  RecusalMode recusal_mode = RecusalMode::kInclude;
  bool abstain_allowed = true;
  std::uint32_t quorum_numerator = 2;
  std::uint32_t quorum_denominator = 3;
  std::uint32_t modulus_bits = 2048;
  std::uint32_t max_unconfirmed = 2;
  bool checks_allowed = true;
  std::uint32_t protest_s = 20;
};

struct Person {
  std::string name;
  std::uint32_t roles = 0;  ///< bits of Role
  std::string employer;
  std::optional<SigningPublicKey> identity_key;  ///< all of these or none
  std::optional<SigningPublicKey> witness_key;
  std::optional<BoxPublicKey> box_key;
  std::optional<Signature> possession;
};

/// A file that belongs to a candidate: its content is not in the log (specification §9.5).
struct Attachment {
  std::string name;  ///< as `is_attachment_name` (attachment.h); no two of a candidate alike
  std::uint64_t size = 0;
  Hash sha256;
};

struct Candidate {
  std::string name, employer, level;
  Channel channel = Channel::kNormal;
  std::string summary, group_opinion;
  std::string opened_before;  ///< an earlier meeting in which this question was opened; else empty
  std::vector<Attachment> attachments;
};

struct Batch {
  std::string title;
  std::vector<QuestionId> candidates;
};

struct Manifest {
  std::array<std::uint8_t, 16> meeting_id{};
  std::string title, date;
  bool rehearsal = false;
  Rules rules;
  std::uint32_t committee_size = 0;  ///< N
  std::string size_approval;
  SigningPublicKey server_key, checkpoint_key;
  std::vector<Person> people;
  std::vector<PersonId> trustees;
  std::vector<Candidate> candidates;
  std::vector<Batch> batches;
  BoxPublicKey server_box_key;

  /// "piaojue/" and the meeting id in hex: origin of the log and name of its checkpoint key.
  std::string origin() const;
};

struct MeetingClose {
  Hash meeting;
  std::uint64_t size = 0;
  Hash root;
  std::vector<Hash> unwitnessed;  ///< as in BatchOpen
};

}  // namespace piaojue::meeting
