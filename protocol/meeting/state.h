// SPDX-License-Identifier: Apache-2.0
#pragma once
/// What the entries so far have made true. The rules read it to check an entry and change it when they take one in;
/// everybody else sees it through `Record`.
#include <unordered_set>

#include "crypto/blind_rsa.h"
#include "protocol/log/merkle.h"
#include "protocol/meeting/attempt.h"

namespace piaojue::meeting {

struct Presence {
  bool signed_in = false;
  std::uint32_t sequence = 0;  ///< SignIn and SignOut so far
};

/// BatchKeys that are in the log and that no BatchOpen has used yet.
struct PendingKeys {
  BatchKeys keys;
  Hash leaf;
  std::map<QuestionId, crypto::blind_rsa::PublicKey> token_keys;  ///< parsed
};

struct State {
  struct Keys {
    SigningPublicKey identity, witness;
  };

  MeetingPhase phase = MeetingPhase::kBeforeOpen;
  Manifest manifest;
  Hash meeting;  ///< leaf hash of entry 0
  log::Tree tree;
  std::uint64_t settled = 0;  ///< size after the last entry that MeetingClose must have seen

  std::map<PersonId, Keys> keys;  ///< current ones; nothing for people who have not enrolled
  std::map<PersonId, Presence> presences;
  std::map<PersonId, std::map<QuestionId, std::string>> recusals;  ///< with the reason
  std::map<QuestionId, Interview> interviews;
  std::map<QuestionId, QuestionState> questions;

  std::optional<Attempt> attempt;                                     ///< the one that is open or was the last one
  std::map<Hash, PastAttempt> past_attempts;                          ///< those before it, by leaf hash of BatchOpen
  std::map<BatchId, std::uint32_t> attempts_of;                       ///< BatchOpens so far
  std::map<std::pair<BatchId, TrusteeId>, PendingKeys> pending_keys;  ///< the newest ones

  /// What may occur once in a meeting. Hashes of rules/seen.h where the thing itself is long.
  std::unordered_set<SigningPublicKey, FixedBytesHash<SigningPublicKey>> seen_people_keys;
  std::unordered_set<Hash, FixedBytesHash<Hash>> seen_trustee_keys;
  std::unordered_set<Hash, FixedBytesHash<Hash>> seen_ballots;

  // ---- Questions that rules and others ask ----

  bool is_person(PersonId p) const { return p != kServer && p <= manifest.people.size(); }
  bool is_question(QuestionId q) const { return q != 0 && q <= manifest.candidates.size(); }
  bool is_batch(BatchId b) const { return b != 0 && b <= manifest.batches.size(); }
  bool is_trustee(TrusteeId t) const { return t < manifest.trustees.size(); }
  Batch const& batch(BatchId b) const { return manifest.batches[b - 1]; }

  std::optional<SigningPublicKey> identity_key(PersonId person) const;
  std::optional<SigningPublicKey> witness_key(PersonId person) const;
  bool has_role(PersonId person, Role role) const;
  Presence presence(PersonId person) const;
  std::vector<PersonId> experts_present() const;
  std::vector<PersonId> witnesses() const;

  bool in_progress() const;
  /// The attempt stands in one of these; there must be one.
  bool in(std::initializer_list<BatchPhase> phases) const;
  bool voting() const;  ///< ballots are being cast; papers are not
  std::uint32_t attempts(BatchId batch) const;
  std::vector<QuestionId> undecided(BatchId batch) const;
};

}  // namespace piaojue::meeting
