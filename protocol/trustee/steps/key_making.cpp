// SPDX-License-Identifier: Apache-2.0
#include "protocol/trustee/steps/key_making.h"

namespace piaojue::trustee {

using meeting::Record;

namespace {

HandedOut mark_of(Held const& held) {
  return {duty_of(DutyKind::kKeys, {held.keys->batch, held.keys->attempt}), crypto::sha256({held.body}), {}};
}

}  // namespace

/// Questions of a batch for which an attempt may still come: undecided, not being voted on, never opened by ballot,
/// as far as the log and this trustee itself know.
std::vector<QuestionId> KeyMaking::wanted(Record const& record, BatchId batch) const {
  std::vector<QuestionId> out = record.undecided(batch);
  if (record.in_progress() && record.attempt()->open.batch == batch) {
    std::vector<QuestionId> const live = record.attempt()->live();
    std::erase_if(out, [&](QuestionId q) { return std::ranges::find(live, q) != live.end(); });
  }
  std::erase_if(out, [&](QuestionId q) { return record.question(q).opened || seat_.pledges.given().contains(q); });
  return out;
}

/// Names no question of which a share was given. What stood in the log once and was dropped from it (another held the
/// slot, or another key) is refused for ever.
bool KeyMaking::can_be_used(Record const& record, Held const& held) const {
  auto const& given = seat_.pledges.given();
  if (std::ranges::any_of(held.keys->token_keys, [&](auto const& key) { return given.contains(key.first); })) {
    return false;
  }
  return held.keys->tally_key && !record.tally_key_seen(held.keys->tally_key->public_share());
}

void KeyMaking::due(Jobs& jobs, Record const& record) {
  std::uint32_t ahead = 0;
  for (BatchId batch = 1; batch <= record.manifest().batches.size() && ahead < lookahead_; ++batch) {
    std::vector<QuestionId> const questions = wanted(record, batch);
    if (questions.empty()) continue;
    ++ahead;
    due(jobs, record, {batch, record.attempts(batch) + 1}, questions);
  }
}

void KeyMaking::due(Jobs& jobs, Record const& record, Slot const& slot, std::vector<QuestionId> const& questions) {
  std::vector<Held> const* const all = seat_.keys.load(slot);
  if (all == nullptr) return;
  auto const pending = record.pending_keys().find({slot.first, seat_.id});
  std::optional<Bytes> logged;
  if (pending != record.pending_keys().end() && pending->second.keys.attempt == slot.second) {
    logged = meeting::encode_body(pending->second.keys);
  }
  Held const* best = nullptr;  // the newest, or the one that is in the log
  for (Held const& held : *all) {
    if (!held.covers(questions)) continue;
    bool const is_logged = logged && held.body == *logged;
    if (!is_logged && !can_be_used(record, held)) continue;
    best = &held;
    if (is_logged) break;
  }
  if (best == nullptr) {
    // One set at a time: the batch that comes first must not share the processor with the one after it.
    if (!seat_.book.runs(DutyKind::kKeys)) make(jobs, record, slot, questions);
    return;
  }
  if (logged && best->body == *logged) return;
  if (seat_.book.handed_out(mark_of(*best))) return;
  seat_.book.add(jobs, record, duty_of(DutyKind::kKeys, slot), nothing_heavy,
                 [this, held = *best](Record const&) { return hand_out(held); });
}

void KeyMaking::make(Jobs& jobs, Record const& record, Slot const& slot, std::vector<QuestionId> const& questions) {
  auto const made = std::make_shared<Result<AttemptKeys>>(Refusal::kInternal);
  std::uint32_t const bits = record.manifest().rules.modulus_bits;
  seat_.book.add(
      jobs, record, duty_of(DutyKind::kKeys, slot),
      [made, slot, questions, bits, from = source_] {
        *made = AttemptKeys::generate(slot.first, slot.second, questions, bits, from);
      },
      [this, made, slot](Record const& now) -> Result<Submissions> {
        if (!*made) return made->error();
        return take_made(now, slot, std::move(made->value()));
      });
}

Result<Submissions> KeyMaking::take_made(Record const& now, Slot const& slot, AttemptKeys made) {
  // The attempt may have been opened without these while they were made.
  if (now.phase() != meeting::MeetingPhase::kOpen || now.attempts(slot.first) + 1 != slot.second) return Submissions{};
  std::vector<Held>* const all = seat_.keys.load(slot);
  if (all == nullptr) return Refusal::kStorage;
  auto const fresh = std::make_shared<AttemptKeys>(std::move(made));
  // The older ones stay: BatchOpen may name them before the new ones reach the log.
  all->push_back({fresh, meeting::encode_body(fresh->body(now.meeting(), seat_.id))});
  auto const saved = seat_.keys.save(slot);
  if (!saved) {
    all->pop_back();
    return saved.error();
  }
  return hand_out(all->back());
}

Result<Submissions> KeyMaking::hand_out(Held const& held) {
  seat_.book.hand_out(mark_of(held));
  auto body = meeting::decode_body(meeting::EntryType::kBatchKeys, held.body);
  if (!body) return body.error();
  return one(seat_.submission(std::move(*body)));
}

}  // namespace piaojue::trustee
