// SPDX-License-Identifier: Apache-2.0
#include "byzantine_adversary.h"

#include "protocol/meeting/digest.h"

namespace piaojue::simulation::byzantine {

using meeting::BatchPhase;
using meeting::kServer;
using D = Deviation;

namespace {

/// Rounds without an entry after which he takes it that nothing more comes by itself.
constexpr std::uint64_t kPatience = 8;
constexpr std::uint32_t kAttemptsMax = 3;

}  // namespace

bool Adversary::decided(Deviation const deviation, std::uint64_t const of) {
  auto const [at, fresh] = decisions_.try_emplace({deviation, attempt().open_hash, of}, false);
  if (fresh) at->second = deviations().wants(deviation);
  return at->second;
}

bool Adversary::witnessed(std::uint64_t const index) {
  if (hall_.meeting.seen.witnessed(attempt(), index)) return true;
  if (!decided(D::kActUnwitnessed, index)) return false;
  deviations().did(D::kActUnwitnessed);
  return true;
}

void Adversary::work(Log& log) {
  log_ = &log;
  hall_.enter(log);
  ++log.quiet;
  cross();
  if (record().phase() == meeting::MeetingPhase::kClosed) {
    over_.insert(&log);
    return;
  }
  people();
  if (!record().in_progress()) return next_attempt();
  if (attempt().phase == BatchPhase::kCounted) {
    if (auto const draft = record().draft_declaration(); draft && !hall_.waits(log, EntryType::kDeclaration)) {
      hall_.propose(log, *draft);
    }
    return;
  }
  if (attempt().open.paper) return paper();
  for (TrusteeId t = 1; t < attempt().holders.size(); ++t) {
    if (mine(holder(t))) decided(D::kStallTrustee, t);
  }
  switch (attempt().phase) {
    case BatchPhase::kVoting:
      return voting();
    case BatchPhase::kClosing:
      return close_issuance();
    case BatchPhase::kMixing:
      return mix();
    case BatchPhase::kConfirming:
      return confirming();
    case BatchPhase::kOpening:
      return shares();
    default:
      return;
  }
}

// ---- Between attempts ---------------------------------------------------------------------------------------------

void Adversary::erase() {
  if (!record().attempt() || attempt().open.paper) return;
  for (TrusteeId t = 0; t < attempt().holders.size(); ++t) {
    auto const person = attempt().holders[t];
    if (!(t == 0 || mine(person)) || attempt().erased.contains(t)) continue;
    if (decided(D::kNotErased, t)) {
      deviations().did(D::kNotErased);
      continue;
    }
    hall_.append(*log_, meeting::Erased{attempt().open_hash, t}, {person});
  }
}

void Adversary::next_attempt() {
  erase();
  if (deviations().now(D::kCloseMeeting)) return close_meeting();
  for (meeting::BatchId b = 1; b <= record().manifest().batches.size(); ++b) {
    if (record().undecided(b).empty()) continue;
    if (record().attempts(b) >= kAttemptsMax || log_->quiet > 4 * kPatience) continue;
    bool const reopened =
        std::ranges::any_of(record().undecided(b), [&](auto q) { return record().question(q).opened; });
    bool const paper = reopened || deviations().now(D::kPaper);
    if (!paper && !keys(b)) return;
    if (hall_.waits(*log_, EntryType::kBatchOpen)) return;
    auto draft = record().draft_batch_open(b, paper, meeting::unwitnessed(record(), hall_.meeting.seen));
    if (!draft && draft.error() == Refusal::kWitnesses) {
      draft = record().draft_batch_open(b, true, meeting::unwitnessed(record(), hall_.meeting.seen));
    }
    if (draft && hall_.propose(*log_, *draft)) return;
    if (draft || draft.error() == Refusal::kKeyUnlogged) return;
  }
  close_meeting();
}

/// His own trustees' keys. @return those of everybody are there.
bool Adversary::keys(meeting::BatchId const batch) {
  bool all = true;
  for (TrusteeId t = 0; t < record().slots().size(); ++t) {
    if (record().pending_keys().contains({batch, t})) continue;
    if (t != 0 && !mine(holder(t))) {
      all = false;
      continue;
    }
    // In both halls the same keys, as long as they are for the same questions.
    auto const slot = std::tuple(batch, record().attempts(batch) + 1, t);
    auto const made = made_keys_.find(slot);
    if (made != made_keys_.end() && hall_.append(*log_, made->second)) continue;
    auto const entry = hall_.meeting.signed_by(hall_.meeting.make_keys(batch, t), {holder(t)});
    if (hall_.append(*log_, entry)) made_keys_[slot] = entry;
  }
  return all;
}

void Adversary::close_meeting() {
  if (hall_.waits(*log_, EntryType::kMeetingClose)) return;
  auto const draft = record().draft_meeting_close(meeting::unwitnessed(record(), hall_.meeting.seen));
  if (draft) hall_.propose(*log_, *draft);
}

// ---- Voting -------------------------------------------------------------------------------------------------------

void Adversary::voting() {
  tokens();
  cast();
  checks();
  verdicts();
  close_voting();
}

void Adversary::tokens() {
  if (!witnessed(attempt().open_index)) return;
  auto const open = attempt().open;
  for (auto const p : open.present) {
    if (!mine(p) || attempt().questions_of(p).empty()) continue;
    auto const* const voter = attempt().voter(p);
    if (voter != nullptr && voter->request) continue;
    if (decided(D::kNoVote, p)) {
      deviations().did(D::kNoVote);
      continue;
    }
    hall_.enter(*log_);
    if (!hall_.meeting.request(p)) continue;
    log_->quiet = 0;
    // To honest trustees with what they are to sign.
    meeting::BlindedMsgs msgs;
    for (auto const& [q, token] : hall_.meeting.experts.at(p).tokens) {
      for (auto const& blinding : token.blindings) msgs[q].push_back(blinding.blinded_msg);
    }
    auto const index = hall_.meeting.entries.size() - 1;
    for (auto const t : record().slots()) {
      auto const frame = server::wire::token_work(index, meeting::encode_token_payload(msgs));
      log_->deliveries.push_back({t, frame});
      for (auto* laptop : hall_.shown(*log_)) {
        if (laptop->person() == t) hall_.send(*laptop, frame);
      }
    }
  }
  auto const voters = attempt().voters;
  for (auto const& [person, voter] : voters) {
    if (!voter.request) continue;
    for (TrusteeId t = 0; t < attempt().holders.size(); ++t) {
      if (!voter.issued.contains(t) && (t == 0 || mine(holder(t)))) issue(t, person);
    }
  }
}

void Adversary::issue(TrusteeId const trustee, PersonId const person) {
  auto const of = (static_cast<std::uint64_t>(trustee) << 32U) | person;
  if (decided(D::kStallTrustee, trustee)) return deviations().did(D::kStallTrustee);
  if (decided(D::kWithholdTokens, of)) return deviations().did(D::kWithholdTokens);
  if (mine(person)) {
    auto const state = hall_.meeting.experts.find(person);
    if (state == hall_.meeting.experts.end() || state->second.tokens.empty()) return;
    if (hall_.meeting.issue(trustee, person)) log_->quiet = 0;
    return;
  }
  auto const asked = log_->blinded.find(person);
  auto const known = hall_.meeting.trustee_keys.find({attempt().open.batch, attempt().open.attempt, trustee});
  if (asked == log_->blinded.end() || known == hall_.meeting.trustee_keys.end()) return;
  auto const cast = attempt().cast_of(person);
  meeting::BlindSigs sigs;
  for (auto const& [q, list] : asked->second) {
    auto const key = known->second.token_keys.find(q);
    if (key == known->second.token_keys.end()) return;
    auto const signature = crypto::blind_rsa::blind_sign(*key->second, list.at(trustee));
    if (!signature) return;
    sigs[q] = *signature;
  }
  if (deviations().now(D::kFalseTokens)) sigs.begin()->second.back() ^= 1U;
  auto const open = attempt().open_hash;
  hall_.append(*log_,
               meeting::TokensIssued{open, trustee, person, cast,
                                     meeting::tokens_issued_digest(open, trustee, person, cast, sigs)},
               {holder(trustee)}, meeting::encode_issued_payload(sigs));
}

void Adversary::cast() {
  auto const present = attempt().open.present;
  for (auto const p : present) {
    auto const* const voter = attempt().voter(p);
    bool const ready = mine(p) && voter != nullptr && !voter->envelope && voter->request &&
                       voter->issued.size() == attempt().holders.size();
    auto const state = hall_.meeting.experts.find(p);
    if (!ready || state == hall_.meeting.experts.end() || state->second.tokens.empty()) continue;
    if (state->second.issued.size() == attempt().holders.size()) cast_of(p);
  }
}

void Adversary::cast_of(PersonId const person) {
  auto& meeting_ = hall_.meeting;
  std::map<QuestionId, Choice> choices;
  for (auto const q : attempt().questions_of(person))
    choices[q] = dice().chance(0.5) ? Choice::kAgree : Choice::kDisagree;
  // An onion that nobody can open in place of his ballot, which he keeps for later; or somebody else's.
  bool const holds = decided(D::kHoldBallot, person);
  bool const copies = !holds && decided(D::kCopyOnion, person);
  std::map<QuestionId, Bytes> whole;
  meeting_.tamper_onion = [&](PersonId, QuestionId const q, Bytes& onion) {
    whole[q] = onion;
    if (holds) onion.back() ^= 1U;
    if (!copies) return;
    for (auto const& [other, state] : meeting_.experts) {
      if (other == person || !state.onions.contains(q)) continue;
      onion = state.onions.at(q);
      deviations().did(D::kCopyOnion);
      break;
    }
  };
  auto const taken = meeting_.cast(person, choices);
  meeting_.tamper_onion = {};
  if (!taken) return;
  log_->quiet = 0;
  for (auto const& [q, ballot] : meeting_.experts.at(person).ballots) {
    hall_.ballots[ballot] = choices.at(q);
    if (holds) held_[{attempt().open_hash, q}].push_back({ballot, whole.at(q)});
  }
  if (holds) deviations().did(D::kHoldBallot);
}

/// Spoils: those that honest people have signed for his supervisors, his own, and the office's.
void Adversary::checks() {
  std::erase_if(hall_.spoils, [&](auto const& spoil) {
    auto const& [supervisor, bytes] = spoil;
    auto const entry = meeting::decode_entry(bytes).value();
    auto const person = std::get<meeting::EnvelopeSpoil>(entry.body).person;
    if (!hall_.laptops.contains(person) || hall_.laptops.at(person)->log != log_) return false;
    if (decided(D::kHoldSpoil, person) && dice().chance(0.95)) {
      deviations().did(D::kHoldSpoil);
      return false;
    }
    auto signatures = entry.signatures;
    signatures.push_back(
        meeting::sign_body(entry.type(), entry.body_bytes, supervisor, hall_.meeting.people.at(supervisor).identity));
    hall_.append(*log_, meeting::encode_entry(entry.type(), entry.body_bytes, std::move(signatures)));
    return true;
  });
  if (!record().manifest().rules.checks_allowed) return;
  auto const voters = attempt().voters;
  for (auto const& [person, voter] : voters) {
    if (!voter.envelope || voter.cast > 1) continue;
    if (!mine(person)) {
      bool const asked = decided(D::kSpoilByOffice, person) && !hall_.waits(*log_, EntryType::kEnvelopeSpoil);
      meeting::EnvelopeSpoil const body{attempt().open_hash, person, voter.cast, {}, 0};
      if (asked && voter.cast == 0 && hall_.propose(*log_, body)) deviations().did(D::kSpoilByOffice);
      continue;
    }
    if (voter.cast > 0 || !decided(D::kSpoilOwn, person)) continue;
    for (auto const supervisor : hall_.meeting.supervisors()) {
      auto const state = hall_.meeting.experts.find(person);
      if (!mine(supervisor) || state == hall_.meeting.experts.end() || state->second.tokens.empty()) continue;
      auto const ballots = state->second.ballots;
      if (!hall_.meeting.spoil(person, supervisor)) continue;
      deviations().did(D::kSpoilOwn);
      log_->quiet = 0;
      for (auto const& [q, ballot] : ballots) spent_[{attempt().open_hash, q}].push_back(ballot);
      break;
    }
  }
}

void Adversary::verdicts() {
  auto const voters = attempt().voters;
  for (auto const& [person, voter] : voters) {
    if (voter.spoils.empty() || voter.spoils.back().verdict) continue;
    auto const supervisor = voter.spoils.back().supervisor;
    if (supervisor == 0) continue;
    auto verdict = meeting::CheckVerdict::kAgrees;
    if (mine(supervisor) && deviations().now(D::kFalseVerdict)) {
      verdict = dice().chance(0.5) ? meeting::CheckVerdict::kDiffers : meeting::CheckVerdict::kUnopened;
    }
    meeting::CheckResult body{attempt().open_hash, person, voter.spoils.back().cast, verdict};
    if (mine(supervisor)) {
      hall_.append(*log_, body, {supervisor});
    } else if (log_->quiet > kPatience && !hall_.waits(*log_, EntryType::kCheckResult)) {
      body.verdict = meeting::CheckVerdict::kUnopened;
      hall_.propose(*log_, body);
    }
  }
}

void Adversary::close_voting() {
  if (hall_.waits(*log_, EntryType::kBatchClose)) return;
  bool all = true;
  for (auto* laptop : hall_.shown(*log_)) {
    if (!attempt().present(laptop->person()) || attempt().questions_of(laptop->person()).empty()) continue;
    auto const* const voter = attempt().voter(laptop->person());
    bool const asks = laptop->asks_for_check > 0 && log_->quiet < 3;
    all &= laptop->never_votes || laptop->session().halted() || (voter != nullptr && voter->envelope && !asks);
  }
  bool const early = !all && deviations().now(D::kCloseEarly);
  if (!all && !early && log_->quiet <= kPatience) return;
  if (auto const draft = record().draft_batch_close()) hall_.propose(*log_, *draft);
}

// ---- Confirming, opening ------------------------------------------------------------------------------------------

void Adversary::confirming() {
  auto const entitled = attempt().entitled();
  for (auto const p : entitled) {
    if (mine(p) && witnessed(attempt().box_index)) confirm(p);
  }
  if (!record().in_progress() || attempt().phase != BatchPhase::kConfirming) return;
  if (!record().gate()) {
    if (log_->quiet > kPatience / 2) unblock();
    return;
  }
  if (witnessed(attempt().box_index)) return shares();
  if (log_->quiet > 2 * kPatience) unblock();
}

void Adversary::confirm(PersonId const person) {
  if (attempt().confirms.contains(person) || !record().key_as_old_as_attempt(person)) return;
  if (decided(D::kSilent, person)) return deviations().did(D::kSilent);
  auto const state = hall_.meeting.experts.find(person);
  bool const counted = attempt().counted.contains(person);
  for (auto const q : attempt().live_questions_of(person)) {
    if (counted && (state == hall_.meeting.experts.end() || !state->second.ballots.contains(q))) return;
  }
  auto body = hall_.meeting.make_confirm(person);
  for (auto& [q, verdict] : body.rows) {
    bool const ok = verdict == meeting::ConfirmVerdict::kOk;
    if (ok && decided(D::kFalseMissing, person)) {
      verdict = meeting::ConfirmVerdict::kMissing;
      deviations().did(D::kFalseMissing);
    } else if (verdict == meeting::ConfirmVerdict::kMissing && decided(D::kFalseOk, person)) {
      verdict = meeting::ConfirmVerdict::kOk;
      deviations().did(D::kFalseOk);
    }
  }
  hall_.append(*log_, body, {person});
}

/// The gate is shut and nothing comes: people are passed over, or the questions voided.
void Adversary::unblock() {
  if (hall_.waits(*log_, EntryType::kOverride) || hall_.waits(*log_, EntryType::kVoid)) return;
  std::map<PersonId, bool> silent, missing;
  for (auto const p : attempt().unconfirmed())
    (attempt().said_missing(p) ? missing : silent).emplace(p, attempt().said_missing(p));
  meeting::Override body{attempt().open_hash, attempt().box_hash, {}, "电脑无响应"};
  bool const over_silent = decided(D::kOverrideSilent, 0), over_missing = decided(D::kOverrideMissing, 0);
  auto const number = attempt().open.attempt;
  bool const last_resort = number >= kAttemptsMax || (number > 1 && dice().chance(0.5));
  if (over_silent || last_resort) body.people.insert(silent.begin(), silent.end());
  if (over_missing || last_resort) body.people.insert(missing.begin(), missing.end());
  bool const has_missing = std::ranges::any_of(body.people, [](auto const& one) { return one.second; });
  if (!body.people.empty() && hall_.propose(*log_, body)) {
    if (body.people.size() > (has_missing ? missing.size() : 0)) deviations().did(D::kOverrideSilent);
    if (has_missing) deviations().did(D::kOverrideMissing);
    return;
  }
  hall_.propose(*log_, meeting::Void{attempt().open_hash, attempt().live(), "重新投票"});
}

void Adversary::shares() {
  if (decided(D::kHoldShare, 0) && !attempt().shares.contains(0)) {
    deviations().did(D::kHoldShare);
    if (log_->quiet > 2 * kPatience) unblock();
    if (log_->quiet > 3 * kPatience) {
      hall_.propose(*log_, meeting::Void{attempt().open_hash, attempt().live(), "重新投票"});
    }
    return;
  }
  for (TrusteeId t = 0; t < attempt().holders.size(); ++t) {
    if (!record().in_progress() || attempt().shares.contains(t)) continue;
    if (t != 0 && (!mine(holder(t)) || decided(D::kStallTrustee, t))) continue;
    if (!hall_.meeting.trustee_keys.contains({attempt().open.batch, attempt().open.attempt, t})) continue;
    auto body = hall_.meeting.make_share(t);
    if (decided(D::kFalseShare, t)) {
      // Refused by every state machine; shown all the same now and then (show_unlawful).
      deviations().did(D::kFalseShare);
      body.shares.begin()->second.proof.c.data[0] ^= 1U;
      if (!hall_.append(*log_, body, {holder(t)})) continue;
      hall_.wrong("a share with a false proof came into the log");
    }
    if (t != 0 && (dice().chance(0.3) || !witnessed(attempt().first_share_index))) continue;
    hall_.append(*log_, body, {holder(t)});
  }
  bool const stuck = record().in_progress() && attempt().phase == BatchPhase::kOpening && log_->quiet > 2 * kPatience;
  if (!stuck) return;
  if (!hall_.waits(*log_, EntryType::kVoid) && dice().chance(0.5)) {
    meeting::Void const body{attempt().open_hash, attempt().live(), "保管人失联"};
    if (hall_.propose(*log_, body)) return;
  }
  close_meeting();
}

void Adversary::paper() {
  if (attempt().phase != BatchPhase::kVoting || hall_.waits(*log_, EntryType::kPaperTally)) return;
  meeting::PaperTally body{attempt().open_hash, {}};
  for (auto const q : attempt().live()) {
    meeting::PaperRow row;
    for (auto const p : attempt().open.present) row.issued += attempt().recused(p, q) ? 0 : 1;
    row.returned = row.valid = row.issued;
    row.agree = static_cast<std::uint32_t>(dice().below(row.issued + 1));
    row.disagree = row.issued - row.agree;
    body.rows[q] = row;
  }
  if (hall_.propose(*log_, body) && deviations().allowed(D::kPaper)) deviations().did(D::kPaper);
}

}  // namespace piaojue::simulation::byzantine
