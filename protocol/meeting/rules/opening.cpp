// SPDX-License-Identifier: Apache-2.0
#include "protocol/meeting/rules/opening.h"

#include "crypto/onion.h"
#include "crypto/x25519.h"
#include "protocol/meeting/arithmetic.h"
#include "protocol/meeting/digest.h"
#include "protocol/meeting/rules/seen.h"

namespace piaojue::meeting::rules {

namespace blind_rsa = crypto::blind_rsa;
namespace elgamal = crypto::elgamal;

// ---- BatchKeys -----------------------------------------------------------------------------------------------------

auto Rule<BatchKeys>::check(State const& s, BatchKeys const& e) -> Result<Prepared> {
  Prepared prepared;
  if (e.attempt != s.attempts(e.batch) + 1) return Refusal::kWrongPhase;
  if (e.token_keys.empty()) return Refusal::kMalformed;
  // The largest entries that one person signs alone: what replaces what for ever would fill everybody's disk.
  auto const pending = s.pending_keys.find({e.batch, e.trustee});
  if (pending != s.pending_keys.end() && pending->second.times >= kBatchKeysMax) return Refusal::kTooLarge;
  for (auto const& [q, modulus] : e.token_keys) {
    if (!contains(s.batch(e.batch).candidates, q)) return Refusal::kUnknown;
    if (s.questions.at(q).declared) return Refusal::kWrongPhase;
  }
  auto fresh = [&](Hash const& hash) {
    if (s.seen_keys.contains(hash)) return false;
    if (contains(prepared.seen, hash)) return false;
    prepared.seen.push_back(hash);
    return true;
  };
  for (auto const& [q, modulus] : e.token_keys) {
    auto key = blind_rsa::PublicKey::from_modulus(modulus, s.manifest.rules.modulus_bits);
    if (!key || !fresh(seen_key(modulus))) return Refusal::kKeyParam;
    prepared.token_keys.emplace(q, std::move(*key));
  }
  if (!fresh(seen_key(e.mix_key)) || !fresh(seen_key(e.tally_key.view()))) return Refusal::kKeyParam;
  if (!crypto::is_valid(e.mix_key)) return Refusal::kKeyParam;
  if (!elgamal::is_valid_point(e.tally_key)) return Refusal::kKeyParam;
  if (!elgamal::verify_knowledge(e.tally_key, pok_binding(s.meeting, e.batch, e.attempt, e.trustee), e.pok)) {
    return Refusal::kProof;
  }
  return prepared;
}

void Rule<BatchKeys>::take(State& s, BatchKeys const& e, Place const& place, Prepared prepared) {
  PendingKeys& pending = s.pending_keys[{e.batch, e.trustee}];
  pending = {e, place.leaf, std::move(prepared.token_keys), pending.times + 1};
  s.seen_keys.insert(prepared.seen.begin(), prepared.seen.end());
}

// ---- BatchOpen -----------------------------------------------------------------------------------------------------

namespace {

/// What leaves space, in the largest entry and the largest message, for everything around ballots and onions.
constexpr std::size_t kBoxBytesMax = kEntryBytesMax - (1u << 20);

/// The roll of a batch that holds `questions`, from who is signed in and who has stepped back.
struct Roll {
  std::vector<PersonId> present;
  std::vector<Recusal> recusals;
  std::uint32_t left = 0;
  std::uint32_t kept_out = 0;  ///< U of specification §10.4
};
Roll roll(State const& s, std::vector<QuestionId> const& questions) {
  Roll out;
  for (PersonId const person : s.experts_present()) {
    std::vector<Recusal> own;
    bool attested = false;
    if (auto const has = s.recusals.find(person); has != s.recusals.end()) {
      for (QuestionId const q : questions) {
        auto const note = has->second.find(q);
        if (note == has->second.end()) continue;
        own.push_back({person, q});
        attested = attested || note->second.attested;
      }
    }
    if (!own.empty() && s.manifest.rules.recusal_mode == RecusalMode::kLeave) {
      ++out.left;
      out.kept_out += !attested;
      continue;
    }
    out.present.push_back(person);
    out.recusals.insert(out.recusals.end(), own.begin(), own.end());
  }
  return out;
}
BallotShape shape(State const& s, std::size_t trustees) {
  return {static_cast<std::uint32_t>(trustees), s.manifest.rules.modulus_bits / 8, s.manifest.rules.abstain_allowed};
}
/// A box or a mix that would not fit into an entry or a message must not come about: it would stop an open batch.
bool fits_an_entry(State const& s, BatchOpen const& e) {
  std::size_t const ballots = e.present.size() * e.questions.size() - e.recusals.size();
  std::size_t const each = shape(s, e.keys.size()).bytes() + e.keys.size() * crypto::onion::kLayerBytes + 16;
  return ballots * each <= kBoxBytesMax;
}

/// Every trustee of the manifest takes part; there is no way to open with fewer.
Result<void> check_keys(State const& s, BatchOpen const& e, Rule<BatchOpen>::Prepared& prepared) {
  if (e.keys.size() != s.slots.size()) return Refusal::kKeyUnlogged;
  std::vector<Point> shares;
  for (TrusteeId t = 0; t < s.slots.size(); ++t) {
    auto const found = s.pending_keys.find({e.batch, t});
    if (found == s.pending_keys.end() || found->second.leaf != e.keys[t]) return Refusal::kKeyUnlogged;
    PendingKeys const& pending = found->second;
    for (QuestionId const q : e.questions) {
      if (!pending.token_keys.contains(q)) return Refusal::kKeyUnlogged;
    }
    prepared.pending.push_back(&pending);
    shares.push_back(pending.keys.tally_key);
  }
  auto const sum = elgamal::sum(shares);
  if (!sum || !elgamal::is_valid_point(*sum)) return Refusal::kKeyParam;
  prepared.election_key = *sum;
  return {};
}

/// W and X of specification §4.3, as they would be.
std::map<PersonId, Witness> witnesses_now(State const& s) {
  std::map<PersonId, Witness> out;
  for (PersonId const person : s.signed_in()) {
    PersonKeys const* const keys = s.current_keys(person);
    Witness& witness = out[person];
    witness.expert = s.has_role(person, kExpert);
    if (keys != nullptr && keys->first) witness.key = keys->witness;
  }
  return out;
}

bool can_be_witnessed(std::map<PersonId, Witness> const& witnesses) {
  std::size_t experts = 0, keys = 0, expert_keys = 0;
  for (auto const& [person, witness] : witnesses) {
    experts += witness.expert;
    keys += witness.key.has_value();
    expert_keys += witness.expert && witness.key;
  }
  return keys >= two_thirds(witnesses.size()) && expert_keys >= two_thirds(experts);
}

Result<void> check_questions(State const& s, BatchOpen const& e) {
  if (e.questions.empty()) return Refusal::kMalformed;
  for (QuestionId const q : e.questions) {
    if (!contains(s.batch(e.batch).candidates, q)) return Refusal::kUnknown;
    if (s.questions.at(q).decided()) return Refusal::kWrongPhase;
  }
  return {};
}

/// What only a batch of ballots asks for.
Result<void> check_ballots_can_be_cast(State const& s, BatchOpen const& e, Rule<BatchOpen>::Prepared& prepared) {
  for (QuestionId const q : e.questions) {
    if (s.questions.at(q).opened) return Refusal::kGateReopened;
  }
  if (auto const ok = check_keys(s, e, prepared); !ok) return ok.error();
  if (!fits_an_entry(s, e)) return Refusal::kTooLarge;
  if (!can_be_witnessed(witnesses_now(s))) return Refusal::kWitnesses;
  return {};
}

}  // namespace

Result<void> check_unwitnessed(State const& s, std::vector<Hash> const& leaves) {
  for (Hash const& leaf : leaves) {
    auto const found = s.results.find(leaf);
    if (found == s.results.end()) return Refusal::kUnknown;
    if (found->second) return Refusal::kConflict;
  }
  return {};
}

void take_unwitnessed(State& s, std::vector<Hash> const& leaves) {
  for (Hash const& leaf : leaves) s.results.at(leaf) = true;
}

auto Rule<BatchOpen>::check(State const& s, BatchOpen const& e) -> Result<Prepared> {
  Prepared prepared;
  if (s.in_progress() || e.attempt != s.attempts(e.batch) + 1) return Refusal::kWrongPhase;
  if (auto const ok = check_questions(s, e); !ok) return ok.error();
  Roll const now = roll(s, e.questions);
  if (e.present != now.present) return Refusal::kConflict;
  if (e.present.size() < quorum(s.manifest)) return Refusal::kQuorum;
  if (e.recusals != now.recusals) return Refusal::kConflict;
  for (QuestionId const q : e.questions) {
    if (s.manifest.candidates[q - 1].channel == Channel::kExceptional && !s.interviews.contains(q)) {
      return Refusal::kInterviewMissing;
    }
  }
  if (auto const ok = check_unwitnessed(s, e.unwitnessed); !ok) return ok.error();
  if (e.paper) {
    if (!e.keys.empty()) return Refusal::kConflict;
    return prepared;
  }
  if (auto const ok = check_ballots_can_be_cast(s, e, prepared); !ok) return ok.error();
  return prepared;
}

void Rule<BatchOpen>::take(State& s, BatchOpen const& e, Place const& place, Prepared const& prepared) {
  if (s.attempt) {
    Attempt& last = *s.attempt;
    std::set<TrusteeId> shared;
    for (auto const& [trustee, share] : last.shares) shared.insert(trustee);
    s.past_attempts[last.open_hash] = {last.open.batch, last.open.attempt, std::move(last.holders), std::move(shared),
                                       std::move(last.erased)};
  }
  Attempt next;
  next.open = e;
  next.open_hash = place.leaf;
  next.open_index = place.index;
  next.witnesses = witnesses_now(s);
  Roll const now = roll(s, e.questions);
  next.left = now.left;
  next.kept_out = now.kept_out;
  for (Recusal const& recusal : e.recusals) {
    next.attested[recusal.question] += s.recusals.at(recusal.person).at(recusal.question).attested;
  }
  for (auto& [person, notes] : s.recusals) {
    for (auto& [question, note] : notes) note.opened = note.opened || contains(e.questions, question);
  }
  auto contexts = std::make_shared<std::map<QuestionId, BallotContext>>();
  if (!e.paper) {
    next.shape = shape(s, prepared.pending.size());
    next.election_key = prepared.election_key;
    next.holders = s.slots;
    next.issued.resize(s.slots.size());
    for (PendingKeys const* pending : prepared.pending) next.keys.push_back(pending->keys);
    for (QuestionId const q : e.questions) {
      BallotContext context{next.shape, q, meeting::context(next.open_hash, q), next.election_key, {}};
      for (PendingKeys const* pending : prepared.pending) context.token_keys.push_back(pending->token_keys.at(q));
      contexts->emplace(q, std::move(context));
      for (auto& counts : next.issued) counts[q] = 0;
    }
  }
  next.contexts = std::move(contexts);
  // Keys for an attempt that is over or has begun are of no use any more.
  std::erase_if(s.pending_keys, [&](auto const& item) { return item.first.first == e.batch; });
  take_unwitnessed(s, e.unwitnessed);
  ++s.attempts_of[e.batch];
  for (QuestionId const q : e.questions) ++s.questions.at(q).attempts;
  s.attempt = std::move(next);
}

Result<BatchOpen> Rule<BatchOpen>::draft(State const& s, BatchId batch, bool paper, std::vector<Hash> unwitnessed) {
  if (s.phase != MeetingPhase::kOpen) return Refusal::kWrongPhase;
  if (!s.is_batch(batch)) return Refusal::kUnknown;
  if (s.in_progress()) return Refusal::kWrongPhase;
  BatchOpen out;
  out.meeting = s.meeting;
  out.batch = batch;
  out.attempt = s.attempts(batch) + 1;
  out.paper = paper;
  out.unwitnessed = std::move(unwitnessed);
  out.questions = s.undecided(batch);
  if (out.questions.empty()) return Refusal::kWrongPhase;
  if (!paper) {
    std::erase_if(out.questions, [&](QuestionId q) { return s.questions.at(q).opened; });
    if (out.questions.empty()) return Refusal::kGateReopened;
    for (TrusteeId t = 0; t < s.slots.size(); ++t) {
      auto const pending = s.pending_keys.find({batch, t});
      if (pending == s.pending_keys.end()) return Refusal::kKeyUnlogged;
      out.keys.push_back(pending->second.leaf);
      std::erase_if(out.questions, [&](QuestionId q) { return !pending->second.token_keys.contains(q); });
    }
    if (out.questions.empty()) return Refusal::kKeyUnlogged;
  }
  Roll now = roll(s, out.questions);
  out.present = std::move(now.present);
  out.recusals = std::move(now.recusals);
  // The rules themselves say whether the draft would stand.
  if (auto const ok = check(s, out); !ok) return ok.error();
  return out;
}

}  // namespace piaojue::meeting::rules
