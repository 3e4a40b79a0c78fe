// SPDX-License-Identifier: Apache-2.0
#pragma once
/// What the entries so far have made true. The rules read it to check an entry and change it when they take one in;
/// everybody else sees it through `Record`.
#include <unordered_set>

#include "crypto/blind_rsa.h"
#include "protocol/log/merkle.h"
#include "protocol/meeting/attempt.h"

namespace piaojue::meeting {

/// In whose name an entry is signed. What rests on it: which keys a KeyChange brings, which marks a result carries.
enum class By : std::uint8_t {
  kOne,                  ///< a person for himself, a trustee, the server, a clerk
  kPersonAndSupervisor,  ///< an EnvelopeSpoil that its person signs
  kOpeners,              ///< MeetingOpen
  kOffice,
  kCommittee,
  kTwo,  ///< MeetingClose by two people who are no office: marked
};

struct Presence {
  bool signed_in = false;
  std::uint32_t sequence = 0;  ///< SignIn and SignOut so far
  std::uint32_t sign_ins = 0;  ///< by himself, not counting the one that follows a SignOut by others
  bool out_by_others = false;  ///< the last SignOut was signed by others
};

/// The keys of a person from one place of the log on.
struct PersonKeys {
  SigningPublicKey identity, witness;
  BoxPublicKey box;
  bool first = false;       ///< of entry 0, or of a KeyChange signed by the committee
  std::uint64_t index = 0;  ///< of the entry that brought them
};

/// BatchKeys that are in the log and that no BatchOpen has used yet.
struct PendingKeys {
  BatchKeys keys;
  Hash leaf;
  std::map<QuestionId, crypto::blind_rsa::PublicKey> token_keys;  ///< parsed
  std::uint32_t times = 0;                                        ///< BatchKeys for this attempt, with those replaced
};

/// Why an expert is recused from a question, and on whose word (specification §1, §10.1).
struct RecusalNote {
  std::string reason;
  /// Signed by the expert under a first key, or by the committee; otherwise only the office says so.
  bool attested = false;
  bool by_office = false, by_committee = false;  ///< who has signed for it beside the expert, whoever attested it later
  /// The expert signed for it himself: the entry that brought the key of the last time.
  std::optional<std::uint64_t> own_key;
  bool opened = false;  ///< a BatchOpen with the question came while it stood
};

struct State {
  using Seen = std::unordered_set<Hash, FixedBytesHash<Hash>>;

  MeetingPhase phase = MeetingPhase::kBeforeOpen;
  Manifest manifest;
  Hash meeting;  ///< leaf hash of entry 0
  log::Tree tree;
  std::uint64_t settled = 0;  ///< size after the last entry that MeetingClose must have seen

  std::map<PersonId, std::vector<PersonKeys>> keys;  ///< in order; nothing for people who have not enrolled
  std::vector<PersonId> slots;                       ///< who holds each trustee's slot now; 0 first: the server
  std::map<PersonId, Presence> presences;
  std::set<PersonId> committee_pool;          ///< E of specification §1
  std::set<PersonId> came;                    ///< experts who have ever signed in under a first key
  std::map<PersonId, std::uint64_t> differs;  ///< index of the last EnvelopeSpoil of a person found to differ
  std::map<PersonId, std::map<QuestionId, RecusalNote>> recusals;  ///< those that stand
  std::map<std::pair<PersonId, QuestionId>, std::uint32_t> recuse_backs;
  RecusalNote taken_back;  ///< what the last RecuseBack took back
  std::map<QuestionId, Interview> interviews;
  std::map<QuestionId, QuestionState> questions;

  std::optional<Attempt> attempt;                                     ///< the one that is open or was the last one
  std::map<Hash, PastAttempt> past_attempts;                          ///< those before it, by leaf hash of BatchOpen
  std::map<BatchId, std::uint32_t> attempts_of;                       ///< BatchOpens so far
  std::map<std::pair<BatchId, TrusteeId>, PendingKeys> pending_keys;  ///< the newest ones
  By last_by = By::kOne;         ///< how the entry that was taken in last is signed
  std::map<Hash, bool> results;  ///< leaf hashes of Declarations and PaperTallies; true: named unwitnessed

  /// What may occur once in a meeting, as hashes of rules/seen.h.
  Seen seen_keys, seen_ballots, spent_ballots;

  // ---- Questions that rules and others ask ----

  bool is_person(PersonId p) const { return p != kServer && p <= manifest.people.size(); }
  bool is_question(QuestionId q) const { return q != 0 && q <= manifest.candidates.size(); }
  bool is_batch(BatchId b) const { return b != 0 && b <= manifest.batches.size(); }
  bool is_trustee(TrusteeId t) const { return t < manifest.trustees.size(); }
  Batch const& batch(BatchId b) const { return manifest.batches[b - 1]; }

  PersonKeys const* current_keys(PersonId person) const;  ///< nothing: not enrolled, or the server
  std::optional<SigningPublicKey> identity_key(PersonId person) const;
  std::optional<SigningPublicKey> witness_key(PersonId person) const;
  /// In force over a tree of so many entries.
  std::optional<SigningPublicKey> witness_key_at(PersonId person, std::uint64_t size) const;
  bool has_first_key(PersonId person) const;
  /// No KeyChange of this person lies behind the attempt's BatchOpen; there must be an attempt. The server: always.
  bool key_as_old_as_attempt(PersonId person) const;
  bool has_role(PersonId person, Role role) const;
  bool has_slot(PersonId person) const;
  Presence presence(PersonId person) const;
  RecusalNote const* recusal(PersonId person, QuestionId q) const;     ///< nothing: none stands
  std::uint32_t recuse_backs_of(PersonId person, QuestionId q) const;  ///< so far
  std::vector<PersonId> people_with(Role role) const;                  ///< ascending
  std::vector<PersonId> experts_present() const;
  std::vector<PersonId> signed_in() const;  ///< of any role, ascending

  bool in_progress() const;
  /// The attempt stands in one of these; there must be one.
  bool in(std::initializer_list<BatchPhase> phases) const;
  bool voting() const;  ///< ballots are being cast; papers are not
  std::uint32_t attempts(BatchId batch) const;
  std::vector<QuestionId> undecided(BatchId batch) const;
};

}  // namespace piaojue::meeting
