// SPDX-License-Identifier: Apache-2.0
#include "protocol/meeting/record.h"

#include "protocol/meeting/codec.h"
#include "protocol/meeting/rules/counting.h"
#include "protocol/meeting/rules/manifest.h"
#include "protocol/meeting/rules/opening.h"
#include "protocol/meeting/rules/people.h"
#include "protocol/meeting/rules/seen.h"
#include "protocol/meeting/rules/voting.h"

namespace piaojue::meeting {

using rules::Rule;

namespace {

/// `person`, `trustee`, `question` and `batch` of an entry exist, and it is of this meeting or this attempt.
template <class E>
Result<void> names_what_exists(State const& s, E const& e) {
  if constexpr (requires { e.meeting; }) {
    if (e.meeting != s.meeting) return Refusal::kUnknown;
  }
  if constexpr (requires { e.batch_open; }) {
    bool const current = s.attempt && e.batch_open == s.attempt->open_hash;
    bool const past = std::is_same_v<E, Erased> && s.past_attempts.contains(e.batch_open);
    if (!current && !past) return Refusal::kUnknown;
  }
  if constexpr (requires { e.person; }) {
    if (!s.is_person(e.person)) return Refusal::kUnknown;
  }
  if constexpr (requires { e.trustee; }) {
    if (!s.is_trustee(e.trustee)) return Refusal::kUnknown;
  }
  if constexpr (requires { e.question; }) {
    if (!s.is_question(e.question)) return Refusal::kUnknown;
  }
  if constexpr (requires { e.batch; }) {
    if (!s.is_batch(e.batch)) return Refusal::kUnknown;
  }
  return {};
}

/// What all entries have in common comes first, in the order of specification §10; then the entry's own rule.
/// @return what the rule's check returns.
template <class E>
auto check_whole(State const& s, Entry const& entry, E const& e, bool complete) -> decltype(Rule<E>::check(s, e)) {
  bool const opens = std::is_same_v<E, Manifest>;
  if (opens != (s.phase == MeetingPhase::kBeforeOpen) || s.phase == MeetingPhase::kClosed) return Refusal::kWrongPhase;
  if constexpr (std::is_same_v<E, Manifest>) {
    // Its signers and their keys stand in itself, so it must make sense before they can be asked for.
    if (auto const ok = Rule<E>::check(s, e); !ok) return ok;
    return rules::check_signatures(s, entry, Rule<E>::signers(s, e), complete);
  } else {
    if (auto const ok = names_what_exists(s, e); !ok) return ok.error();
    if (auto const ok = rules::check_signatures(s, entry, Rule<E>::signers(s, e), complete); !ok) return ok.error();
    return Rule<E>::check(s, e);
  }
}

/// Entries that change no result and may come between the drafting and the last signature of MeetingClose.
bool settles_nothing(EntryType type) {
  switch (type) {
    case EntryType::kSignIn:
    case EntryType::kSignOut:
    case EntryType::kKeyChange:
    case EntryType::kBatchKeys:
    case EntryType::kErased:
    case EntryType::kIncident:
      return true;
    default:
      return false;
  }
}

/// Have these people a place among those who sign the entry; with `complete`, is every place filled?
bool signers_fit(State const& s, Entry const& entry, std::vector<PersonId> const& signers, bool complete) {
  return std::visit(
      [&]<class E>(E const& e) {
        if constexpr (std::is_same_v<E, Manifest>) {
          return rules::fits(Rule<E>::signers(s, e), e, signers, complete);
        } else {
          return names_what_exists(s, e).has_value() &&
                 rules::fits(Rule<E>::signers(s, e), s.manifest, signers, complete);
        }
      },
      entry.body);
}

}  // namespace

Result<void> Record::check(Entry const& entry, Signatures signatures) const {
  return std::visit(
      [&](auto const& e) -> Result<void> {
        auto const ok = check_whole(state_, entry, e, signatures == Signatures::kComplete);
        if (!ok) return ok.error();
        return {};
      },
      entry.body);
}

Result<void> Record::apply(ByteView bytes) {
  auto const entry = decode_entry(bytes);
  if (!entry) return entry.error();
  return apply(*entry, bytes);
}

Result<void> Record::apply(Entry const& entry, ByteView bytes) {
  return std::visit(
      [&]<class E>(E const& e) -> Result<void> {
        auto checked = check_whole(state_, entry, e, true);
        if (!checked) return checked.error();
        rules::Place const place{log::leaf_hash(bytes), state_.tree.size()};
        if constexpr (requires { typename Rule<E>::Prepared; }) {
          Rule<E>::take(state_, e, place, std::move(*checked));
        } else {
          Rule<E>::take(state_, e, place);
        }
        state_.tree.append(place.leaf);
        if (!settles_nothing(entry.type())) state_.settled = state_.tree.size();
        return {};
      },
      entry.body);
}

bool Record::ballot_seen(SigningPublicKey const& pk_v, crypto::elgamal::Ciphertext const& vote) const {
  return state_.seen_ballots.contains(rules::seen_ballot_key(pk_v)) ||
         state_.seen_ballots.contains(rules::seen_vote(vote));
}

Result<void> Record::gate() const {
  auto const& attempt = state_.attempt;
  if (!attempt || !attempt->box || !state_.in({BatchPhase::kConfirming, BatchPhase::kOpening})) {
    return Refusal::kWrongPhase;
  }
  return rules::gate(*attempt);
}

Result<BatchOpen> Record::draft_batch_open(BatchId batch, bool paper, bool allow_fewer_trustees) const {
  return Rule<BatchOpen>::draft(state_, batch, paper, allow_fewer_trustees);
}

Result<BatchClose> Record::draft_batch_close() const {
  if (!state_.voting()) return Refusal::kWrongPhase;
  return BatchClose{state_.attempt->open_hash, state_.attempt->envelopes};
}

Result<Declaration> Record::draft_declaration() const {
  auto const& attempt = state_.attempt;
  if (!attempt || attempt->phase != BatchPhase::kCounted) return Refusal::kWrongPhase;
  return Declaration{attempt->open_hash, attempt->rows};
}

Result<MeetingClose> Record::draft_meeting_close() const {
  if (state_.phase != MeetingPhase::kOpen || state_.in_progress()) return Refusal::kWrongPhase;
  return MeetingClose{state_.meeting, state_.tree.size(), state_.tree.root()};
}

bool Record::wants_signature(Entry const& entry, PersonId person) const {
  std::vector<PersonId> signers = rules::signers_of(entry);
  if (rules::contains(signers, person)) return false;
  signers.push_back(person);
  return signers_fit(state_, entry, signers, false);
}

bool Record::signatures_complete(Entry const& entry) const {
  return signers_fit(state_, entry, rules::signers_of(entry), true);
}

// ---- The whole box ------------------------------------------------------------------------------------------------

std::optional<BallotRefusal> check_box(Record const& record, ParallelFor const& parallel) {
  auto const& attempt = record.attempt();
  if (!attempt || !attempt->box) return BallotRefusal{Refusal::kWrongPhase};
  struct Work {
    BallotContext const* context;
    Bytes const* ballot;
  };
  std::vector<Work> work;
  for (auto const& [q, box] : attempt->box->boxes) {
    if (attempt->voided.contains(q)) continue;
    for (Bytes const& ballot : box.ballots) work.push_back({&record.ballot_context(q), &ballot});
  }
  std::vector<std::optional<BallotRefusal>> verdicts(work.size());
  auto const one = [&](std::size_t i) { verdicts[i] = check_ballot(*work[i].context, *work[i].ballot); };
  if (parallel) {
    parallel(work.size(), one);
  } else {
    for (std::size_t i = 0; i < work.size(); ++i) one(i);
  }
  auto const bad = std::ranges::find_if(verdicts, [](auto const& verdict) { return verdict.has_value(); });
  return bad == verdicts.end() ? std::nullopt : *bad;
}

}  // namespace piaojue::meeting
