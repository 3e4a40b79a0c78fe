// SPDX-License-Identifier: Apache-2.0
#include "protocol/meeting/record.h"

#include "protocol/meeting/codec.h"
#include "protocol/meeting/rules/checking.h"
#include "protocol/meeting/rules/counting.h"
#include "protocol/meeting/rules/manifest.h"
#include "protocol/meeting/rules/opening.h"
#include "protocol/meeting/rules/people.h"
#include "protocol/meeting/rules/seen.h"
#include "protocol/meeting/rules/voting.h"

namespace piaojue::meeting {

using rules::Rule;

namespace {

/// `person`, `trustee`, `question` and `batch` of an entry exist, and what it takes back; and it is of this meeting or
/// this attempt.
template <class E>
Result<void> names_what_exists(State const& s, E const& e) {
  if constexpr (requires { e.meeting; }) {
    if (e.meeting != s.meeting) return Refusal::kUnknown;
  }
  // The attempt that a SignOut speaks of is its own rule's matter.
  if constexpr (requires { e.batch_open; } && !std::is_same_v<E, SignOut>) {
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
  if constexpr (std::is_same_v<E, RecuseBack>) {
    if (s.recusal(e.person, e.question) == nullptr) return Refusal::kUnknown;
  }
  if constexpr (requires { e.batch; }) {
    if (!s.is_batch(e.batch)) return Refusal::kUnknown;
  }
  return {};
}

/// Of the ways in which these people can sign, each with a place for every one of them.
WaysToSign fitting(WaysToSign ways, std::vector<PersonId> const& signers, bool complete) {
  std::erase_if(ways, [&](WayToSign const& way) { return !rules::fits(way, signers, complete); });
  return ways;
}

/// A check that does not ask who signed has no third argument.
template <class E>
auto check_rule(State const& s, E const& e, rules::Signing const& signing) {
  if constexpr (requires { Rule<E>::check(s, e); }) {
    return Rule<E>::check(s, e);
  } else {
    return Rule<E>::check(s, e, signing);
  }
}
template <class E>
using Checked =
    decltype(check_rule(std::declval<State const&>(), std::declval<E const&>(), std::declval<rules::Signing const&>()));

/// What all entries have in common comes first, in the order of specification §10; then the entry's own rule, for each
/// way in which it can be signed until one lets it pass.
/// @param by how it is signed, where it passes.
template <class E>
Checked<E> check_whole(State const& s, Entry const& entry, E const& e, bool complete, By& by) {
  bool const opens = std::is_same_v<E, Manifest>;
  if (opens != (s.phase == MeetingPhase::kBeforeOpen) || s.phase == MeetingPhase::kClosed) return Refusal::kWrongPhase;
  if constexpr (std::is_same_v<E, Manifest>) {
    // Its signers and their keys stand in itself, so it must make sense before they can be asked for.
    if (auto const ok = Rule<E>::check(s, e); !ok) return ok;
  } else {
    if (auto const ok = names_what_exists(s, e); !ok) return ok.error();
  }
  rules::Signing signing{By::kOne, rules::signers_of(entry)};
  WaysToSign const ways = fitting(Rule<E>::signers(s, e), signing.signers, complete);
  if (ways.empty()) return Refusal::kNotAuthorised;
  if (auto const ok = rules::check_signatures(s, entry); !ok) return ok.error();
  std::optional<Refusal> why;
  for (WayToSign const& way : ways) {
    signing.by = by = way.by;
    auto checked = check_rule(s, e, signing);
    if (checked) return checked;
    if (!why) why = checked.error();
  }
  return *why;
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

WaysToSign ways_of(State const& s, Entry const& entry) {
  return std::visit(
      [&]<class E>(E const& e) -> WaysToSign {
        if constexpr (!std::is_same_v<E, Manifest>) {
          if (!names_what_exists(s, e)) return {};
        }
        return Rule<E>::signers(s, e);
      },
      entry.body);
}

}  // namespace

Result<void> Record::check(Entry const& entry, Signatures signatures) const {
  return std::visit(
      [&](auto const& e) -> Result<void> {
        By by{};
        auto const ok = check_whole(state_, entry, e, signatures == Signatures::kComplete, by);
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
        By by{};
        auto checked = check_whole(state_, entry, e, true, by);
        if (!checked) return checked.error();
        rules::Place const place{log::leaf_hash(bytes), state_.tree.size(), {by, rules::signers_of(entry)}};
        if constexpr (requires { typename Rule<E>::Prepared; }) {
          Rule<E>::take(state_, e, place, std::move(*checked));
        } else {
          Rule<E>::take(state_, e, place);
        }
        state_.tree.append(place.leaf);
        state_.last_by = by;
        if (!settles_nothing(entry.type())) state_.settled = state_.tree.size();
        return {};
      },
      entry.body);
}

bool Record::ballot_seen(SigningPublicKey const& pk_v, crypto::elgamal::Ciphertext const& vote) const {
  return ballot_seen(pk_v) || ballot_seen(vote);
}

bool Record::ballot_seen(SigningPublicKey const& pk_v) const {
  return state_.seen_ballots.contains(rules::seen_ballot_key(pk_v));
}

bool Record::ballot_seen(crypto::elgamal::Ciphertext const& vote) const {
  return state_.seen_ballots.contains(rules::seen_vote(vote));
}

bool Record::tally_key_seen(Point const& y) const { return state_.seen_keys.contains(rules::seen_key(y.view())); }

Result<void> Record::gate() const {
  auto const& attempt = state_.attempt;
  if (!attempt || !attempt->box || !state_.in({BatchPhase::kConfirming, BatchPhase::kOpening})) {
    return Refusal::kWrongPhase;
  }
  return rules::gate(*attempt);
}

std::optional<BoxPublicKey> Record::box_key(PersonId person) const {
  if (person == kServer) {
    return phase() == MeetingPhase::kBeforeOpen ? std::nullopt : std::optional(manifest().server_box_key);
  }
  PersonKeys const* const keys = state_.current_keys(person);
  return keys == nullptr ? std::nullopt : std::optional(keys->box);
}

std::optional<TrusteeId> Record::slot_of(PersonId person) const {
  auto const at = std::ranges::find(state_.slots, person);
  if (at == state_.slots.end()) return std::nullopt;
  return static_cast<TrusteeId>(at - state_.slots.begin());
}

bool Record::can_be_named_unwitnessed(Hash const& leaf) const {
  auto const found = state_.results.find(leaf);
  return found != state_.results.end() && !found->second;
}

bool Record::ballot_spent(SigningPublicKey const& pk_v) const {
  return state_.spent_ballots.contains(rules::seen_ballot_key(pk_v));
}

Result<BatchOpen> Record::draft_batch_open(BatchId batch, bool paper, std::vector<Hash> unwitnessed) const {
  return Rule<BatchOpen>::draft(state_, batch, paper, std::move(unwitnessed));
}

Result<BatchClose> Record::draft_batch_close() const {
  if (!state_.voting()) return Refusal::kWrongPhase;
  return BatchClose{state_.attempt->open_hash, state_.attempt->envelopes(), state_.attempt->without()};
}

Result<Declaration> Record::draft_declaration() const {
  auto const& attempt = state_.attempt;
  if (!attempt || attempt->phase != BatchPhase::kCounted) return Refusal::kWrongPhase;
  return Declaration{attempt->open_hash, attempt->rows};
}

Result<MeetingClose> Record::draft_meeting_close(std::vector<Hash> unwitnessed) const {
  bool const opening = state_.in_progress() && state_.attempt->phase == BatchPhase::kOpening;
  if (state_.phase != MeetingPhase::kOpen || (state_.in_progress() && !opening)) return Refusal::kWrongPhase;
  return MeetingClose{state_.meeting, state_.tree.size(), state_.tree.root(), std::move(unwitnessed)};
}

WaysToSign Record::ways_to_sign(Entry const& entry) const { return ways_of(state_, entry); }

bool Record::wants_signature(Entry const& entry, PersonId person) const {
  std::vector<PersonId> signers = rules::signers_of(entry);
  if (rules::contains(signers, person)) return false;
  signers.push_back(person);
  return !fitting(ways_of(state_, entry), signers, false).empty();
}

bool Record::signatures_complete(Entry const& entry) const {
  return !fitting(ways_of(state_, entry), rules::signers_of(entry), true).empty();
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
