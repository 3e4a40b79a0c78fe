// SPDX-License-Identifier: Apache-2.0
#pragma once
/// The entries of the log as typed values (specification §3). Fields, orders and canonical form: proto/piaojue/v2/
/// {manifest,entries}.proto; what each is checked for: `Record::check`. Questions are candidates: q is the number of
/// the candidate in the manifest, from 1, unique in the meeting.
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/refusal.h"
#include "crypto/elgamal.h"
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
inline constexpr std::size_t kCandidatesMax = 5000;
inline constexpr std::size_t kQuestionsPerBatchMax = 100;
inline constexpr std::size_t kBallotsMin = 3;  ///< fewer are never opened

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

struct Candidate {
  std::string name, employer, level;
  Channel channel = Channel::kNormal;
  std::string summary, group_opinion;
  std::string opened_before;  ///< an earlier meeting in which this question was opened; else empty
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

struct SignIn {
  Hash meeting;
  PersonId person = 0;
  std::uint32_t sequence = 0;
};
struct SignOut {
  Hash meeting;
  PersonId person = 0;
  std::uint32_t sequence = 0;
  std::string reason;              ///< by others only
  std::optional<Hash> batch_open;  ///< by oneself: the attempt in progress that the page asked about
  bool not_cast = false;           ///< "I have not voted in it, and that is my own decision"
};
struct Recuse {
  Hash meeting;
  PersonId person = 0;
  QuestionId question = 0;
  std::string reason;
};
struct KeyChange {
  Hash meeting;
  PersonId person = 0;
  SigningPublicKey identity_key, witness_key;
  BoxPublicKey box_key;
  Signature possession;
  std::string reason;
};
struct TrusteeChange {
  Hash meeting;
  TrusteeId trustee = 0;  ///< from 1
  PersonId person = 0;    ///< incoming
  std::string reason;
};
struct Interview {
  Hash meeting;
  QuestionId question = 0;
  std::string summary;
  Hash document;
};

struct BatchKeys {
  Hash meeting;
  BatchId batch = 0;
  std::uint32_t attempt = 0;
  TrusteeId trustee = 0;
  std::map<QuestionId, Bytes> token_keys;  ///< modulus, big-endian, modulus_bits / 8 bytes
  MixPublicKey mix_key;
  Point tally_key;  ///< Y_t
  crypto::elgamal::PokProof pok;
};
struct Recusal {
  PersonId person = 0;
  QuestionId question = 0;
  auto operator<=>(Recusal const&) const = default;
};
struct BatchOpen {
  Hash meeting;
  BatchId batch = 0;
  std::uint32_t attempt = 0;
  std::vector<QuestionId> questions;
  std::vector<PersonId> present;
  std::vector<Recusal> recusals;
  std::vector<Hash> keys;  ///< of every trustee, by trustee; none on paper
  bool paper = false;
  std::vector<Hash> unwitnessed;  ///< Declarations and PaperTallies that the signers accept unwitnessed
};
struct TokenRequest {
  Hash batch_open;
  PersonId person = 0;
  std::uint32_t cast = 0;  ///< EnvelopeSpoils of this person in this attempt so far
  Hash digest;
};
struct TokensIssued {
  Hash batch_open;
  TrusteeId trustee = 0;
  PersonId person = 0;
  std::uint32_t cast = 0;
  Hash digest;
};
struct EnvelopeCast {
  Hash batch_open;
  PersonId person = 0;
  std::uint32_t cast = 0;
  Hash digest;
};
struct EnvelopeSpoil {
  Hash batch_open;
  PersonId person = 0;
  std::uint32_t cast = 0;                        ///< the one that ends
  std::map<QuestionId, SigningPublicKey> spent;  ///< pk_v of the envelope's ballots; none: not signed by the person
};
enum class CheckVerdict : std::uint8_t { kAgrees = 1, kDiffers = 2, kUnopened = 3 };
struct CheckResult {
  Hash batch_open;
  PersonId person = 0;
  std::uint32_t cast = 0;
  CheckVerdict verdict = CheckVerdict::kUnopened;
};
struct BatchClose {
  Hash batch_open;
  std::map<PersonId, Hash> envelopes;  ///< leaf hash of the EnvelopeCast of each current cast
  std::vector<PersonId> without;       ///< everybody else of `present`
};
struct IssuanceClosed {
  Hash batch_open;
  TrusteeId trustee = 0;
  std::map<QuestionId, std::uint32_t> issued;
};
struct MixCount {
  std::uint32_t in = 0, out = 0;
  bool operator==(MixCount const&) const = default;
};
struct MixStep {
  Hash batch_open;
  TrusteeId trustee = 0;
  std::map<QuestionId, MixCount> counts;
  Hash output_hash;
};
struct QuestionBox {
  std::vector<Bytes> ballots;                      ///< strictly ascending
  std::map<std::uint32_t, std::uint32_t> refused;  ///< Refusal → how many
};
struct BallotBox {
  Hash batch_open;
  std::map<QuestionId, QuestionBox> boxes;
};
enum class ConfirmVerdict : std::uint8_t { kOk = 1, kMissing = 2, kNotCast = 3 };
struct Confirm {
  Hash batch_open;
  PersonId person = 0;
  Hash box;
  std::map<QuestionId, ConfirmVerdict> rows;
};
struct Override {
  Hash batch_open;
  Hash box;
  std::map<PersonId, bool> people;  ///< true: has signed MISSING by now; false: has said nothing
  std::string reason;
};
struct TallyShare {
  Hash batch_open;
  TrusteeId trustee = 0;
  Hash box;
  std::map<QuestionId, crypto::elgamal::TallyShare> shares;
};
struct Row {
  std::uint32_t present = 0, agree = 0, disagree = 0, abstain = 0, invalid = 0, not_cast = 0, recused = 0, needed = 0;
  bool passed = false, contested = false, mode_sensitive = false;
  bool operator==(Row const&) const = default;
};
struct Declaration {
  Hash batch_open;
  std::map<QuestionId, Row> rows;
};
struct Erased {
  Hash batch_open;
  TrusteeId trustee = 0;
};
struct Void {
  Hash batch_open;
  std::vector<QuestionId> questions;
  std::string reason;
};
struct PaperRow {
  std::uint32_t issued = 0, returned = 0, valid = 0, invalid = 0, agree = 0, disagree = 0, abstain = 0;
  bool operator==(PaperRow const&) const = default;
};
struct PaperTally {
  Hash batch_open;
  std::map<QuestionId, PaperRow> rows;
};
struct Incident {
  Hash batch_open;
  PersonId person = 0;
  std::uint32_t code = 0;
  Hash digest;
};
struct MeetingClose {
  Hash meeting;
  std::uint64_t size = 0;
  Hash root;
  std::vector<Hash> unwitnessed;  ///< as in BatchOpen
};

/// In the order of EntryType, so that index() + 1 is the type number.
using Body = std::variant<Manifest, SignIn, SignOut, Recuse, KeyChange, Interview, BatchKeys, BatchOpen, TokenRequest,
                          TokensIssued, EnvelopeCast, BatchClose, IssuanceClosed, MixStep, BallotBox, Confirm, Override,
                          TallyShare, Declaration, Erased, Void, PaperTally, Incident, MeetingClose, TrusteeChange,
                          EnvelopeSpoil, CheckResult>;

enum class EntryType : std::uint8_t {
  kMeetingOpen = 1,
  kSignIn,
  kSignOut,
  kRecuse,
  kKeyChange,
  kInterview,
  kBatchKeys,
  kBatchOpen,
  kTokenRequest,
  kTokensIssued,
  kEnvelopeCast,
  kBatchClose,
  kIssuanceClosed,
  kMixStep,
  kBallotBox,
  kConfirm,
  kOverride,
  kTallyShare,
  kDeclaration,
  kErased,
  kVoid,
  kPaperTally,
  kIncident,
  kMeetingClose,
  kTrusteeChange,
  kEnvelopeSpoil,
  kCheckResult
};
/// "MeetingOpen", "SignIn", …: the type name in the signing input and in every report.
std::string_view name(EntryType type);
inline EntryType type_of(Body const& body) { return static_cast<EntryType>(body.index() + 1); }

struct EntrySignature {
  PersonId signer = 0;
  Signature signature;
};

/// A parsed entry. `body_bytes` are the bytes that were signed, exactly as received.
struct Entry {
  Bytes body_bytes;
  Body body;
  std::vector<EntrySignature> signatures;  ///< ascending by signer
  EntryType type() const { return type_of(body); }
};

}  // namespace piaojue::meeting
