// SPDX-License-Identifier: Apache-2.0
#include "protocol/trustee/steps/issuing.h"

#include "protocol/trustee/plan.h"

namespace piaojue::trustee {

using meeting::Attempt;
using meeting::BatchPhase;
using meeting::Record;

void Issuing::deliver(PersonId person, Hash const& batch_open, meeting::BlindedMsgs msgs) {
  std::pair const key{batch_open, person};
  // Work may come before its BatchOpen; a server that sends it for attempts that never come must not fill the memory.
  if (!works_.contains(key) && works_.size() >= 2 * meeting::kPeopleMax) works_.erase(works_.begin());
  works_[key] = {std::make_shared<meeting::BlindedMsgs const>(std::move(msgs)), true};
}

void Issuing::begin_again() {
  for (auto& [key, work] : works_) work.fresh = true;
}

void Issuing::forget(Hash const& batch_open) {
  std::erase_if(works_, [&](auto const& work) { return work.first.first == batch_open; });
}

void Issuing::due(Jobs& jobs, Record const& record, meeting::Witnesses const& witnesses, Held const& held,
                  std::uint32_t hop) {
  Attempt const& attempt = *record.attempt();
  // Tokens for a hall that only one expert was shown would tell her ballot from all others.
  if (!witnesses.enough(attempt.open_index, attempt.open_witnesses)) return;
  for (auto next = works_.lower_bound({attempt.open_hash, 0});
       next != works_.end() && next->first.first == attempt.open_hash;) {
    due(jobs, record, next++, held, hop);
  }
}

void Issuing::due(Jobs& jobs, Record const& record, Works::iterator at, Held const& held, std::uint32_t hop) {
  Attempt const& attempt = *record.attempt();
  auto const& [open, person] = at->first;
  Work& work = at->second;
  if (!work.fresh) {
    auto const issued = attempt.issued.find(person);
    if (issued != attempt.issued.end() && issued->second.contains(seat_.id)) works_.erase(at);
    return;
  }
  if (!attempt.requests.contains(person)) return;
  Duty const duty = duty_of(DutyKind::kTokens, slot_of(attempt), person);
  auto const allowed = detail::check_request(record, seat_.id, person, *work.msgs);
  if (!allowed) {
    seat_.book.note(duty, allowed.error());
    works_.erase(at);
    return;
  }
  auto const sigs = std::make_shared<Signed>(Refusal::kInternal);
  bool const added = seat_.book.add(
      jobs, record, duty,
      [sigs, keys = held.keys, hop, msgs = work.msgs] { *sigs = detail::sign_request(*keys, hop, *msgs); },
      [this, sigs, open = open, person = person](Record const& now) {
        return take_signed(now, open, person, std::move(*sigs));
      });
  if (added) work.fresh = false;
}

Result<Submissions> Issuing::take_signed(Record const& now, Hash const& open, PersonId person, Signed sigs) {
  if (!sigs) {
    if (sigs.error() == Refusal::kOutOfRange) works_.erase({open, person});
    if (auto const again = works_.find({open, person}); again != works_.end()) again->second.fresh = true;
    return sigs.error();
  }
  if (!is_current(now, open) || now.attempt()->phase != BatchPhase::kVoting) return Submissions{};
  Submission out = seat_.submission(
      meeting::TokensIssued{open, seat_.id, person, meeting::tokens_issued_digest(open, seat_.id, person, *sigs)});
  out.payload = std::move(*sigs);
  out.person = person;
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
  return one(seat_.submission(meeting::IssuanceClosed{open, seat_.id, now.attempt()->issued_by(seat_.id)}));
}

}  // namespace piaojue::trustee
