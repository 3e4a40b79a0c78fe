// SPDX-License-Identifier: Apache-2.0
/// What the adversary's hops and his server make of the envelopes.
#include "byzantine_adversary.h"
#include "protocol/meeting/digest.h"

namespace piaojue::simulation::byzantine {

using D = Deviation;

void Adversary::close_issuance() {
  for (TrusteeId t = 0; t < attempt().holders.size(); ++t) {
    if (attempt().issuance_closed.contains(t) || !(t == 0 || mine(holder(t)))) continue;
    if (decided(D::kStallTrustee, t)) {
      deviations().did(D::kStallTrustee);
      continue;
    }
    if (hall_.meeting.close_issuance(t)) log_->quiet = 0;
    if (attempt().phase != meeting::BatchPhase::kClosing) return;
  }
  if (log_->quiet > 20) hall_.propose(*log_, meeting::Void{attempt().open_hash, attempt().live(), "保管人失联"});
}

void Adversary::mix() {
  auto const next = static_cast<TrusteeId>(attempt().mixes.size());
  if (next == attempt().holders.size()) return box();
  if (log_->quiet > 20) {
    hall_.propose(*log_, meeting::Void{attempt().open_hash, attempt().live(), "保管人失联"});
    return;
  }
  if (next == 0 || mine(holder(next))) {
    if (!decided(D::kStallTrustee, next) || next == 0) return own_mix(next);
    return deviations().did(D::kStallTrustee);
  }
  // The honest hop is sent what the one before it has put out, once; after that at each of its Hellos.
  auto const frame = server::wire::mix_work(attempt().open_hash, next,
                                            meeting::encode_mix_payload(hall_.meeting.salt, hall_.meeting.items));
  bool const given = std::ranges::any_of(log_->deliveries, [&](auto const& one) { return one.frame == frame; });
  if (given) return;
  log_->deliveries.push_back({holder(next), frame});
  for (auto* laptop : hall_.shown(*log_)) {
    if (laptop->person() == holder(next)) hall_.send(*laptop, frame);
  }
}

void Adversary::own_mix(TrusteeId const trustee) {
  auto const& keys = hall_.meeting.trustee_keys;
  if (!keys.contains({attempt().open.batch, attempt().open.attempt, trustee})) return;
  if (trustee == 0) {
    for (auto const& [person, leaf] : attempt().counted) {
      if (!hall_.meeting.experts.contains(person)) return;  // of another log: he has not what was sent
      for (auto const q : attempt().questions_of(person)) {
        if (!hall_.meeting.experts.at(person).onions.contains(q)) return;
      }
    }
    tamper_input();
  }
  hall_.meeting.tamper_mix = [this](TrusteeId t, meeting::MixItems& items) { tamper_output(t, items); };
  // The counts of a MixStep are those before its maker changes the items: he keeps to them.
  if (hall_.meeting.mix(trustee)) log_->quiet = 0;
  hall_.meeting.tamper_mix = {};
}

/// Between the envelopes as they were signed and what goes into the first hop.
void Adversary::tamper_input() {
  std::vector<PersonId> people;
  for (auto const& [person, leaf] : attempt().counted) {
    if (!mine(person)) people.push_back(person);
  }
  if (people.size() < 2) return;
  auto const victim = dice().pick(people);
  auto& onions = hall_.meeting.experts.at(victim).onions;
  if (deviations().now(D::kSwapEnvelope)) {
    for (auto& [q, onion] : onions) onion.back() ^= 1U;
  }
  if (deviations().wants(D::kFeedTwice)) {
    auto const other = dice().pick(people);
    if (other == victim) return;
    deviations().did(D::kFeedTwice);
    for (auto& [q, onion] : onions) {
      auto const& copied = hall_.meeting.experts.at(other).onions;
      if (copied.contains(q)) onion = copied.at(q);
    }
  }
}

/// A ballot that he kept back, with the layers that the hops after this one take off.
std::optional<Bytes> Adversary::held_item(TrusteeId const after, QuestionId const q) {
  auto const held = held_.find({attempt().open_hash, q});
  if (held == held_.end() || held->second.empty()) return std::nullopt;
  auto const& one = dice().pick(held->second);
  if (after + 1U == attempt().holders.size()) return one.ballot;
  auto item = one.onion;
  for (TrusteeId t = 0; t <= after; ++t) {
    auto const keys = hall_.meeting.trustee_keys.find({attempt().open.batch, attempt().open.attempt, t});
    if (keys == hall_.meeting.trustee_keys.end()) return std::nullopt;
    auto inner = crypto::onion::peel(keys->second.mix_key, t, record().ballot_context(q).ctx, item);
    if (!inner) return std::nullopt;
    item = std::move(*inner);
  }
  return item;
}

void Adversary::tamper_output(TrusteeId const trustee, meeting::MixItems& items) {
  for (auto& [q, list] : items) {
    if (list.size() < 2) continue;
    auto& victim = list[dice().below(list.size())];
    if (deviations().now(D::kDropInMix)) victim.back() ^= 1U;
    if (deviations().wants(D::kDoubleInMix)) {
      deviations().did(D::kDoubleInMix);
      victim = list[0] == victim ? list[1] : list[0];
    }
    if (!deviations().wants(D::kReplaceInMix)) continue;
    auto item = held_item(trustee, q);
    if (!item || std::ranges::find(list, *item) != list.end()) continue;
    deviations().did(D::kReplaceInMix);
    victim = std::move(*item);
  }
}

void Adversary::box() {
  if (attempt().box) return;
  for (auto const q : attempt().live()) {
    if (!hall_.meeting.items.contains(q)) return;
  }
  if (hall_.logs.size() < 3 && deviations().now(D::kForkBox)) fork();
  auto body = hall_.meeting.make_box();
  auto const plain = body;
  tamper_box(body);
  // Where the rules refuse what he would like, he has to put in something that they take.
  if (!hall_.append(*log_, body, {meeting::kServer})) hall_.append(*log_, plain, {meeting::kServer});
}

void Adversary::tamper_box(meeting::BallotBox& box) {
  for (auto& [q, one] : box.boxes) {
    auto& ballots = one.ballots;
    if (ballots.empty()) continue;
    auto const victim = ballots.begin() + static_cast<std::ptrdiff_t>(dice().below(ballots.size()));
    if (deviations().now(D::kInvalidInBox)) (*victim)[victim->size() / 2] ^= 1U;
    if (auto const held = held_.find({attempt().open_hash, q});
        held != held_.end() && deviations().wants(D::kStuffBox)) {
      auto const& ballot = dice().pick(held->second).ballot;
      if (std::ranges::find(ballots, ballot) == ballots.end()) {
        deviations().did(D::kStuffBox);
        *victim = ballot;
      }
    } else if (deviations().now(D::kDropFromBox)) {
      ballots.erase(victim);
      ++one.refused[static_cast<std::uint32_t>(Refusal::kBallotProof)];
    }
    if (auto const spent = spent_.find({attempt().open_hash, q});
        spent != spent_.end() && deviations().now(D::kSpentInBox)) {
      ballots.back() = dice().pick(spent->second);
    }
    std::ranges::sort(ballots);
  }
}

}  // namespace piaojue::simulation::byzantine
