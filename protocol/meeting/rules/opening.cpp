// SPDX-License-Identifier: Apache-2.0
#include "protocol/meeting/rules/opening.h"

#include "crypto/onion.h"
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
  for (auto const& [q, modulus] : e.token_keys) {
    if (!contains(s.batch(e.batch).candidates, q)) return Refusal::kUnknown;
    if (s.questions.at(q).declared) return Refusal::kWrongPhase;
  }
  auto fresh = [&](Hash const& hash) {
    if (s.seen_trustee_keys.contains(hash) || contains(prepared.seen, hash)) return false;
    prepared.seen.push_back(hash);
    return true;
  };
  for (auto const& [q, modulus] : e.token_keys) {
    auto key = blind_rsa::PublicKey::from_modulus(modulus, s.manifest.rules.modulus_bits);
    if (!key || !fresh(seen_modulus(modulus))) return Refusal::kKeyParam;
    prepared.token_keys.emplace(q, std::move(*key));
  }
  if (!fresh(seen_mix_key(e.mix_key)) || !fresh(seen_tally_key(e.tally_key))) {
    return Refusal::kKeyParam;
  }
  // Sealing nothing tells whether anything can be sealed to this key: libsodium refuses those of small order.
  if (!crypto::onion::wrap(std::span(&e.mix_key, 1), Hash{}, {})) return Refusal::kKeyParam;
  if (!elgamal::is_valid_point(e.tally_key)) return Refusal::kKeyParam;
  if (!elgamal::verify_knowledge(e.tally_key, pok_binding(s.meeting, e.batch, e.attempt, e.trustee), e.pok)) {
    return Refusal::kProof;
  }
  return prepared;
}

void Rule<BatchKeys>::take(State& s, BatchKeys const& e, Place const& place, Prepared prepared) {
  s.pending_keys[{e.batch, e.trustee}] = {e, place.leaf, std::move(prepared.token_keys)};
  s.seen_trustee_keys.insert(prepared.seen.begin(), prepared.seen.end());
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
};
Roll roll(State const& s, std::vector<QuestionId> const& questions) {
  Roll out;
  for (PersonId const person : s.experts_present()) {
    std::vector<Recusal> own;
    if (auto const has = s.recusals.find(person); has != s.recusals.end()) {
      for (QuestionId const q : questions) {
        if (has->second.contains(q)) own.push_back({person, q});
      }
    }
    if (!own.empty() && s.manifest.rules.recusal_mode == RecusalMode::kLeave) {
      ++out.left;
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

Result<void> check_keys(State const& s, BatchOpen const& e, Rule<BatchOpen>::Prepared& prepared) {
  if (e.keys.size() < s.manifest.rules.trustees_min) return Refusal::kKeyUnlogged;
  std::vector<Point> shares;
  for (Hash const& leaf : e.keys) {
    auto const found = std::ranges::find_if(
        s.pending_keys, [&](auto const& item) { return item.first.first == e.batch && item.second.leaf == leaf; });
    if (found == s.pending_keys.end()) return Refusal::kKeyUnlogged;
    PendingKeys const& pending = found->second;
    for (QuestionId const q : e.questions) {
      if (!pending.token_keys.contains(q)) return Refusal::kKeyUnlogged;
    }
    if (!prepared.pending.empty() && prepared.pending.back()->keys.trustee >= pending.keys.trustee) {
      return Refusal::kNotCanonical;
    }
    prepared.pending.push_back(&pending);
    shares.push_back(pending.keys.tally_key);
  }
  if (prepared.pending.front()->keys.trustee != 0) return Refusal::kKeyUnlogged;
  auto const sum = elgamal::sum(shares);
  if (!sum || !elgamal::is_valid_point(*sum)) return Refusal::kKeyParam;
  prepared.election_key = *sum;
  return {};
}

}  // namespace

auto Rule<BatchOpen>::check(State const& s, BatchOpen const& e) -> Result<Prepared> {
  Prepared prepared;
  if (s.in_progress() || e.attempt != s.attempts(e.batch) + 1) return Refusal::kWrongPhase;
  if (e.questions.empty()) return Refusal::kMalformed;
  for (QuestionId const q : e.questions) {
    if (!contains(s.batch(e.batch).candidates, q)) return Refusal::kUnknown;
    if (s.questions.at(q).declared) return Refusal::kWrongPhase;
  }
  Roll const now = roll(s, e.questions);
  if (e.present != now.present) return Refusal::kConflict;
  if (!quorum_met(s.manifest.rules, static_cast<std::uint32_t>(e.present.size()), s.manifest.committee_size)) {
    return Refusal::kQuorum;
  }
  if (e.recusals != now.recusals) return Refusal::kConflict;
  for (QuestionId const q : e.questions) {
    if (s.manifest.candidates[q - 1].channel == Channel::kExceptional && !s.interviews.contains(q)) {
      return Refusal::kInterviewMissing;
    }
  }
  if (e.paper) {
    if (!e.keys.empty()) return Refusal::kConflict;
    return prepared;
  }
  for (QuestionId const q : e.questions) {
    if (s.questions.at(q).opened) return Refusal::kGateReopened;
  }
  if (auto const ok = check_keys(s, e, prepared); !ok) return ok.error();
  if (!fits_an_entry(s, e)) return Refusal::kTooLarge;
  return prepared;
}

void Rule<BatchOpen>::take(State& s, BatchOpen const& e, Place const& place, Prepared const& prepared) {
  if (s.attempt) {
    Attempt& last = *s.attempt;
    s.past_attempts[last.open_hash] = {last.open.batch, last.open.attempt, std::move(last.hops),
                                       std::move(last.erased)};
  }
  Attempt next;
  next.open = e;
  next.open_hash = place.leaf;
  next.open_index = place.index;
  next.open_witnesses = s.witnesses();
  next.left = roll(s, e.questions).left;
  auto contexts = std::make_shared<std::map<QuestionId, BallotContext>>();
  if (!e.paper) {
    next.shape = shape(s, prepared.pending.size());
    next.election_key = prepared.election_key;
    for (PendingKeys const* pending : prepared.pending) {
      next.hops.push_back(pending->keys.trustee);
      next.keys.push_back(pending->keys);
    }
    for (QuestionId const q : e.questions) {
      BallotContext context{next.shape, q, meeting::context(next.open_hash, q), next.election_key, {}};
      for (PendingKeys const* pending : prepared.pending) context.token_keys.push_back(pending->token_keys.at(q));
      contexts->emplace(q, std::move(context));
    }
  }
  next.contexts = std::move(contexts);
  // Keys for an attempt that is over or has begun are of no use any more.
  std::erase_if(s.pending_keys, [&](auto const& item) { return item.first.first == e.batch; });
  ++s.attempts_of[e.batch];
  for (QuestionId const q : e.questions) ++s.questions.at(q).attempts;
  s.attempt = std::move(next);
}

Result<BatchOpen> Rule<BatchOpen>::draft(State const& s, BatchId batch, bool paper, bool allow_fewer_trustees) {
  if (s.phase != MeetingPhase::kOpen) return Refusal::kWrongPhase;
  if (!s.is_batch(batch)) return Refusal::kUnknown;
  if (s.in_progress()) return Refusal::kWrongPhase;
  BatchOpen out;
  out.meeting = s.meeting;
  out.batch = batch;
  out.attempt = s.attempts(batch) + 1;
  out.paper = paper;
  out.questions = s.undecided(batch);
  if (out.questions.empty()) return Refusal::kWrongPhase;
  if (!paper) {
    std::erase_if(out.questions, [&](QuestionId q) { return s.questions.at(q).opened; });
    if (out.questions.empty()) return Refusal::kGateReopened;
    for (auto const& [whose, pending] : s.pending_keys) {
      if (whose.first != batch) continue;
      out.keys.push_back(pending.leaf);
      std::erase_if(out.questions, [&covered = pending.token_keys](QuestionId q) { return !covered.contains(q); });
    }
    std::size_t const enough = allow_fewer_trustees ? s.manifest.rules.trustees_min : s.manifest.trustees.size();
    if (out.keys.size() < enough || out.questions.empty()) return Refusal::kKeyUnlogged;
  }
  Roll now = roll(s, out.questions);
  out.present = std::move(now.present);
  out.recusals = std::move(now.recusals);
  // The rules themselves say whether the draft would stand.
  if (auto const ok = check(s, out); !ok) return ok.error();
  return out;
}

}  // namespace piaojue::meeting::rules
