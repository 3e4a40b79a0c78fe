// SPDX-License-Identifier: Apache-2.0
#include "protocol/trustee/steps/issuing.h"

#include "protocol/trustee/plan.h"

namespace piaojue::trustee {

using meeting::Attempt;
using meeting::BatchPhase;
using meeting::Record;

void Issuing::deliver(PersonId person, std::uint32_t cast, Hash const& batch_open, meeting::BlindedMsgs msgs) {
  Of const of{batch_open, person, cast};
  // Work may come before its BatchOpen; a server that sends it for attempts that never come must not fill the memory.
  if (!works_.contains(of) && works_.size() >= 2 * meeting::kPeopleMax) works_.erase(works_.begin());
  works_[of] = {std::make_shared<meeting::BlindedMsgs const>(std::move(msgs)), true};
}

void Issuing::begin_again() {
  for (auto& [key, work] : works_) work.fresh = true;
}

void Issuing::forget(Hash const& batch_open) {
  std::erase_if(works_, [&](auto const& work) { return work.first.batch_open == batch_open; });
}

void Issuing::due(Jobs& jobs, Record const& record, meeting::Witnesses const& witnesses, Held const& held) {
  Attempt const& attempt = *record.attempt();
  // Tokens for a hall that only one expert was shown would tell her ballot from all others.
  if (!witnesses.witnessed(attempt, attempt.open_index)) return;
  for (auto next = works_.lower_bound({attempt.open_hash, 0, 0});
       next != works_.end() && next->first.batch_open == attempt.open_hash;) {
    due(jobs, record, next++, held);
  }
}

void Issuing::due(Jobs& jobs, Record const& record, Works::iterator at, Held const& held) {
  Attempt const& attempt = *record.attempt();
  Of const of = at->first;
  Work& work = at->second;
  std::uint32_t const cast = attempt.cast_of(of.person);
  // A token of a cast that has ended is a second ballot for whoever gets hold of it.
  if (of.cast < cast) {
    works_.erase(at);
    return;
  }
  meeting::Voter const* const voter = attempt.voter(of.person);
  if (of.cast > cast || voter == nullptr || !voter->request) return;
  if (!work.fresh) {
    if (voter->issued.contains(seat_.id)) works_.erase(at);
    return;
  }
  Duty duty = duty_of(DutyKind::kTokens, slot_of(attempt), of.person);
  duty.cast = of.cast;
  auto const allowed = detail::check_request(record, seat_.id, of.person, *work.msgs);
  if (!allowed) {
    seat_.book.note(duty, allowed.error());
    works_.erase(at);
    return;
  }
  auto const sigs = std::make_shared<Signed>(Refusal::kInternal);
  bool const added = seat_.book.add(
      jobs, record, duty,
      [sigs, keys = held.keys, hop = seat_.id, msgs = work.msgs] { *sigs = detail::sign_request(*keys, hop, *msgs); },
      [this, sigs, of](Record const& now) { return take_signed(now, of, std::move(*sigs)); });
  if (added) work.fresh = false;
}

Result<Submissions> Issuing::take_signed(Record const& now, Of const& of, Signed sigs) {
  if (!sigs) {
    if (sigs.error() == Refusal::kOutOfRange) works_.erase(of);
    if (auto const again = works_.find(of); again != works_.end()) again->second.fresh = true;
    return sigs.error();
  }
  if (!is_current(now, of.batch_open) || now.attempt()->phase != BatchPhase::kVoting ||
      now.attempt()->cast_of(of.person) != of.cast) {
    return Submissions{};
  }
  Hash const digest = meeting::tokens_issued_digest(of.batch_open, seat_.id, of.person, of.cast, *sigs);
  Submission out = seat_.submission(meeting::TokensIssued{of.batch_open, seat_.id, of.person, of.cast, digest});
  out.payload = std::move(*sigs);
  out.person = of.person;
  out.cast = of.cast;
  return one(std::move(out));
}

void Issuing::due_closing(Jobs& jobs, Record const& record) {
  Attempt const& attempt = *record.attempt();
  Duty const duty = duty_of(DutyKind::kClose, slot_of(attempt));
  if (attempt.issuance_closed.contains(seat_.id) || seat_.book.handed_out({duty})) return;
  // A signature that is still being made holds the keys that are to be destroyed.
  if (seat_.book.runs(DutyKind::kTokens, slot_of(attempt))) return;
  seat_.book.add(jobs, record, duty, nothing_heavy,
                 [this, duty, open = attempt.open_hash](Record const& now) { return close(now, open, duty); });
}

Result<Submissions> Issuing::close(Record const& now, Hash const& open, Duty const& duty) {
  if (!is_current(now, open) || now.attempt()->phase != BatchPhase::kClosing) return Submissions{};
  Slot const slot = slot_of(duty);
  std::vector<Held> const* const all = seat_.keys.load(slot);
  if (all == nullptr) return Refusal::kStorage;
  if (!all->empty()) {
    for (Held const& held : *all) held.keys->token_keys.clear();
    auto const saved = seat_.keys.save(slot);
    if (!saved) return saved.error();
  }
  seat_.book.hand_out({duty});
  return one(seat_.submission(meeting::IssuanceClosed{open, seat_.id, now.attempt()->issued[seat_.id]}));
}

}  // namespace piaojue::trustee
