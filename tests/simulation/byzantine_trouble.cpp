// SPDX-License-Identifier: Apache-2.0
/// What the adversary does beside the course of a meeting: to people, and to what single laptops are shown.
#include "byzantine_adversary.h"

namespace piaojue::simulation::byzantine {

namespace wire = server::wire;
using meeting::kServer;
using D = Deviation;

// ---- People -------------------------------------------------------------------------------------------------------

void Adversary::people() {
  auto& meeting_ = hall_.meeting;
  auto const victim = static_cast<PersonId>(dice().between(1, meeting_.options.experts));
  if (deviations().wants(D::kSignOutOthers) && record().presence(victim).signed_in && !mine(victim)) {
    auto body = meeting_.make_sign_out(victim);
    body.size = 0;
    body.root.reset();
    body.reason = "离席";
    if (hall_.propose(*log_, body)) deviations().did(D::kSignOutOthers);
  }
  recusals(victim);
  if (deviations().wants(D::kTakeKeys)) take_keys();
  if (!record().in_progress() && deviations().wants(D::kTrusteeChange)) change_trustee();
  // His own people come back before the next batch, or leave in the middle of one.
  for (PersonId p = 1; p < meeting_.screen(); ++p) {
    if (!mine(p)) continue;
    if (!record().presence(p).signed_in) {
      if (!record().in_progress() && meeting_.sign_in(p)) log_->quiet = 0;
    } else if (record().in_progress() && deviations().wants(D::kLeave)) {
      auto body = meeting_.make_sign_out(p);
      bool const entitled = attempt().present(p) && !attempt().live_questions_of(p).empty();
      auto const* const voter = attempt().voter(p);
      if (attempt().shares.empty() && entitled) {
        body.batch_open = attempt().open_hash;
        body.not_cast = voter == nullptr || !voter->envelope;
      }
      if (hall_.append(*log_, body, {p})) deviations().did(D::kLeave);
    }
  }
  if (!record().in_progress()) return;
  auto const phase = attempt().phase;
  bool const opening = phase == meeting::BatchPhase::kOpening;
  if (phase == meeting::BatchPhase::kCounted || phase > meeting::BatchPhase::kOpening) return;
  auto const kind = opening ? D::kVoidAfterShare : D::kVoid;
  if (!deviations().wants(kind) || hall_.waits(*log_, EntryType::kVoid)) return;
  auto live = attempt().live();
  if (!opening && live.size() > 1 && dice().chance(0.5)) live.resize(1);
  if (hall_.propose(*log_, meeting::Void{attempt().open_hash, live, "材料有误"})) deviations().did(kind);
}

void Adversary::recusals(PersonId victim) {
  auto const q = static_cast<QuestionId>(dice().between(1, record().manifest().candidates.size()));
  if (record().in_progress()) return;
  auto const sequence = record().recuse_backs(victim, q);
  meeting::Recuse const recuse{record().meeting(), victim, q, "同一单位", sequence};
  if (deviations().wants(D::kRecuseOthers) && !mine(victim) && hall_.propose(*log_, recuse)) {
    deviations().did(D::kRecuseOthers);
  }
  if (!deviations().wants(D::kRecuseBack)) return;
  meeting::RecuseBack const back{record().meeting(), victim, q, "误登", sequence};
  bool const stands = record().recusals().contains(victim) && record().recusals().at(victim).contains(q);
  // His own people come and go; somebody else's word he can not take back without that person.
  bool const done = stands         ? hall_.propose(*log_, back)
                    : mine(victim) ? hall_.append(*log_, recuse, {victim}).has_value()
                                   : false;
  if (stands && done) deviations().did(D::kRecuseBack);
}

/// New keys for somebody who never asked for them: from the next attempt on the adversary speaks for him.
void Adversary::take_keys() {
  auto& meeting_ = hall_.meeting;
  auto const person = static_cast<PersonId>(dice().between(1, meeting_.options.experts));
  if (mine(person) || hall_.corrupt.contains(person)) return;
  Meeting::PersonKeys fresh;
  meeting::KeyChange body{
      record().meeting(), person, fresh.identity.public_key(), fresh.witness.public_key(), fresh.box.public_key(), {},
      "电脑更换"};
  body.possession = fresh.identity.sign({meeting::possession_input(meeting_.manifest.meeting_id, person,
                                                                   body.identity_key, body.witness_key, body.box_key)});
  if (!hall_.propose(*log_, body)) return;
  auto const id = meeting::proposal_id(EntryType::kKeyChange, meeting::encode_body(body));
  // Honest people would have to sign it, and they compare the code.
  if (log_->proposals.erase(id) > 0 || record().identity_key(person) != fresh.identity.public_key()) return;
  deviations().did(D::kTakeKeys);
  log_->taken.emplace(person, std::exchange(meeting_.people.at(person), std::move(fresh)));
}

void Adversary::change_trustee() {
  auto const slots = record().slots();
  if (slots.size() < 2) return;
  auto const t = static_cast<TrusteeId>(dice().between(1, slots.size() - 1));
  // Who guards the votes honestly goes on doing so: that one of them does is what the protocol asks for.
  auto const in = static_cast<PersonId>(dice().between(1, hall_.meeting.options.experts));
  if (!mine(slots[t]) && mine(in)) return;
  meeting::TrusteeChange const body{record().meeting(), t, in, "电脑损坏"};
  if (hall_.propose(*log_, body)) deviations().did(D::kTrusteeChange);
}

// ---- Logs ---------------------------------------------------------------------------------------------------------

void Adversary::trouble() {
  for (std::size_t i = 0; i < hall_.logs.size(); ++i) {
    log_ = hall_.logs[i].get();
    hall_.enter(*log_);
    if (hall_.logs.size() < 3 && record().phase() == meeting::MeetingPhase::kOpen && deviations().now(D::kFork)) fork();
  }
  if (hall_.logs.size() > 1 && deviations().wants(D::kShowOtherLog)) show_other_log();
  for (auto const& [person, laptop] : hall_.laptops) {
    if (!laptop->connected() || laptop->session().halted()) continue;
    log_ = laptop->log;
    hall_.enter(*log_);
    if (deviations().wants(D::kUnlawfulEntry)) show_unlawful(*laptop);
    if (deviations().wants(D::kChangedEntry)) show_changed(*laptop);
    if (deviations().wants(D::kFalseCosignature)) false_cosignature(*laptop);
    if (deviations().now(D::kStraySpoil)) {
      auto const kind = static_cast<meeting::RelayKind>(dice().between(1, 6));
      hall_.send(*laptop, wire::relay_push(dice().chance(0.5) ? 0 : 1, kind, Bytes(dice().below(200), 7)));
    }
    if (deviations().wants(D::kUnsignedEntry)) {
      // A MISSING is worth most in another's name: an OK.
      if (!record().attempt() || !attempt().box) continue;
      auto const victim = static_cast<PersonId>(dice().between(1, hall_.meeting.options.experts));
      if (!attempt().present(victim) || mine(victim) || attempt().confirms.contains(victim)) continue;
      meeting::Confirm body{attempt().open_hash, victim, attempt().box_hash, {}};
      for (auto const q : attempt().live_questions_of(victim)) body.rows[q] = meeting::ConfirmVerdict::kOk;
      if (body.rows.empty()) continue;
      deviations().did(D::kUnsignedEntry);
      push_false(*laptop, hall_.signed_by_corrupt(body, victim));
    }
  }
}

void Adversary::fork() {
  auto& other = hall_.fork(*log_);
  for (auto* laptop : hall_.shown(*log_)) {
    if (dice().chance(0.5)) laptop->log = &other;
  }
}

void Adversary::show_other_log() {
  for (auto const& [person, laptop] : hall_.laptops) {
    if (!dice().chance(0.2)) continue;
    auto& other = *dice().pick(hall_.logs);
    if (&other == laptop->log) continue;
    deviations().did(D::kShowOtherLog);
    laptop->log = &other;
    hall_.enter(other);
    laptop->known = std::min(laptop->known, static_cast<std::uint64_t>(hall_.meeting.entries.size()));
    return;
  }
}

/// What honest people have said in one log is put into the other, where it fits.
void Adversary::cross() {
  for (auto const& other : hall_.logs) {
    if (other.get() == log_ || hall_.logs.size() < 2) continue;
    auto const& from = other->entries;
    for (auto i = std::min(other->forked_at, log_->forked_at); i < from.size(); ++i) {
      auto const entry = meeting::decode_entry(from[i]).value();
      if (entry.signatures.size() != 1 || !hall_.laptops.contains(entry.signatures[0].signer)) continue;
      if (std::ranges::find(hall_.meeting.entries, from[i]) != hall_.meeting.entries.end()) continue;
      if (record().check(entry)) hall_.append(*log_, from[i]);
    }
  }
}

// ---- What a single laptop is shown --------------------------------------------------------------------------------

/// As the next entry of its log, under a checkpoint that fits. Whoever takes it in is no honest laptop any more.
void Adversary::push_false(HonestLaptop& laptop, Bytes const& entry) {
  auto const size = laptop.record().size();
  if (size != hall_.meeting.entries.size() || laptop.record().tree().root() != record().tree().root()) return;
  auto tree = record().tree();
  tree.append(log::leaf_hash(entry));
  auto const note = log::sign_checkpoint({hall_.meeting.manifest.origin(), tree.size(), tree.root()},
                                         hall_.meeting.people.at(kServer).witness);
  laptop.receive(wire::log_push(size, std::vector{std::make_shared<Bytes const>(entry)}, note));
  if (laptop.record().size() > size) hall_.wrong("an honest laptop took in an entry that the rules refuse");
  if (laptop.connected() && !laptop.session().halted()) hall_.wrong("an honest laptop went on after a false entry");
}

/// Something that he would like to stand in the log, under keys that are his: only the rules are against it.
std::optional<meeting::Body> Adversary::unlawful() {
  if (!record().attempt() || !record().in_progress() || attempt().open.paper) return std::nullopt;
  auto const& a = attempt();
  switch (a.phase) {
    case meeting::BatchPhase::kVoting: {
      // Nobody's envelope counts.
      meeting::BatchClose body{a.open_hash, {}, a.open.present};
      if (a.envelopes().empty()) return std::nullopt;
      return body;
    }
    case meeting::BatchPhase::kConfirming: {
      if (record().gate()) return std::nullopt;
      if (!hall_.meeting.trustee_keys.contains({a.open.batch, a.open.attempt, 0})) return std::nullopt;
      // Of an empty box there is no sum.
      bool const empty = std::ranges::any_of(a.live(), [&](auto q) { return a.box->boxes.at(q).ballots.empty(); });
      if (empty) return std::nullopt;
      deviations().did(D::kEarlyShare);
      return hall_.meeting.make_share(0);
    }
    case meeting::BatchPhase::kCounted: {
      auto body = record().draft_declaration();
      if (!body) return std::nullopt;
      auto& row = body->rows.begin()->second;
      row.passed = !row.passed;
      row.contested = false;
      return *body;
    }
    default:
      return std::nullopt;
  }
}

void Adversary::show_unlawful(HonestLaptop& laptop) {
  auto const body = unlawful();
  if (!body) return;
  deviations().did(D::kUnlawfulEntry);
  std::vector<PersonId> signers;
  if (std::holds_alternative<meeting::TallyShare>(*body)) {
    signers = {kServer};
  } else {
    for (auto const p : hall_.meeting.office()) {
      if (mine(p)) signers.push_back(p);
    }
    if (signers.empty()) signers = {kServer};
  }
  push_false(laptop, hall_.meeting.signed_by(*body, signers));
}

void Adversary::show_changed(HonestLaptop& laptop) {
  auto const size = laptop.record().size();
  if (size < 2 || size > hall_.meeting.entries.size()) return;
  auto const at = dice().between(1, size - 1);
  auto changed = hall_.meeting.entries[at];
  changed.back() ^= 1U;
  deviations().did(D::kChangedEntry);
  laptop.receive(wire::log_push(at, std::vector{std::make_shared<Bytes const>(changed)}, {}));
  if (laptop.connected() && !laptop.session().halted()) hall_.wrong("an honest laptop went on after a changed past");
}

void Adversary::false_cosignature(HonestLaptop& laptop) {
  auto const victim = static_cast<PersonId>(dice().between(1, hall_.meeting.options.experts));
  if (mine(victim) || victim == laptop.person() || record().size() != laptop.record().size()) return;
  deviations().did(D::kFalseCosignature);
  auto const forged = log::cosign({hall_.meeting.manifest.origin(), record().size(), record().tree().root()}, victim,
                                  1'700'000'000, hall_.meeting.people.at(kServer).witness);
  hall_.send(laptop, wire::cosignature_push({forged}));
}

}  // namespace piaojue::simulation::byzantine
