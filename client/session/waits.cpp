// SPDX-License-Identifier: Apache-2.0
#include "client/session/waits.h"

namespace piaojue::client {

using meeting::BatchPhase;
using meeting::TrusteeId;

namespace {

constexpr std::uint64_t kMsPerSecond = 1000;

template <class Map>
std::set<TrusteeId> keys_of(Map const& map) {
  std::set<TrusteeId> out;
  for (auto const& [key, value] : map) out.insert(key);
  return out;
}

}  // namespace

std::vector<PersonId> Waits::holders_without(std::set<TrusteeId> const& done) const {
  auto const& holders = log_.record().attempt()->holders;
  std::vector<PersonId> out;
  for (TrusteeId t = 0; t < holders.size(); ++t) {
    if (!done.contains(t)) out.push_back(holders[t]);
  }
  return out;
}

bool Waits::find_witnesses(List& out, std::string_view what, std::uint64_t index) const {
  auto const standing = log_.witnesses().of(*log_.record().attempt(), index);
  if (standing.witnessed()) return false;
  out.push_back({what, standing.missing});
  return true;
}

/// Of the first batch that something is left to decide of.
void Waits::find_keys(List& out) const {
  auto const& record = log_.record();
  for (meeting::BatchId batch = 1; batch <= record.manifest().batches.size(); ++batch) {
    auto const undecided = record.undecided(batch);
    bool const by_ballot = std::ranges::any_of(undecided, [&](auto q) { return !record.question(q).opened; });
    if (!by_ballot) continue;
    std::vector<PersonId> people;
    for (TrusteeId t = 0; t < record.slots().size(); ++t) {
      auto const keys = record.pending_keys().find({batch, t});
      bool const there = keys != record.pending_keys().end() && keys->second.keys.attempt == record.attempts(batch) + 1;
      if (!there) people.push_back(record.slots()[t]);
    }
    out.push_back({"keys", people});
    return;
  }
}

void Waits::find_in_voting(List& out) const {
  auto const& attempt = *log_.record().attempt();
  if (attempt.open.paper) {
    out.push_back({"paper", log_.record().office(meeting::kNobody).chairs});
    return;
  }
  if (find_witnesses(out, "witness-open", attempt.open_index)) return;
  std::set<PersonId> issuers;
  for (auto const& [person, voter] : attempt.voters) {
    if (!voter.request || voter.issued.size() == attempt.holders.size()) continue;
    for (PersonId const holder : holders_without(voter.issued)) issuers.insert(holder);
  }
  out.push_back({"tokens", {issuers.begin(), issuers.end()}});
  auto without = attempt.without();
  std::erase_if(without, [&](PersonId person) { return attempt.questions_of(person).empty(); });
  out.push_back({"envelope", std::move(without)});
}

void Waits::find_in_confirming(List& out) const {
  auto const& attempt = *log_.record().attempt();
  if (find_witnesses(out, "witness-box", attempt.box_index)) return;
  if (auto const late = attempt.unconfirmed(); !late.empty()) {
    out.push_back({"confirm", late});
    return;
  }
  auto const since = since_ms_.find("protest");
  auto const protest_ms = log_.record().manifest().rules.protest_s * kMsPerSecond;
  bool const protest =
      attempt.override_index && (since == since_ms_.end() || clock_.now_ms < since->second + protest_ms);
  // The share of trustee 0 comes first.
  if (attempt.override_index) out.push_back({"protest", protest ? attempt.holders : std::vector<PersonId>()});
  if (!protest) out.push_back({"share", {attempt.holders.front()}});
}

Waits::List Waits::find() const {
  List out;
  auto const& record = log_.record();
  auto const wanted = proposals_.wanted_people();
  out.push_back({"signature", {wanted.begin(), wanted.end()}});
  if (record.phase() != meeting::MeetingPhase::kOpen) return out;
  if (!record.in_progress()) {
    find_keys(out);
    return out;
  }
  auto const& attempt = *record.attempt();
  switch (attempt.phase) {
    case BatchPhase::kVoting:
      find_in_voting(out);
      break;
    case BatchPhase::kClosing:
      out.push_back({"issuance-closed", holders_without(attempt.issuance_closed)});
      break;
    case BatchPhase::kMixing: {
      bool const mixed = attempt.mixes.size() == attempt.holders.size();
      out.push_back(mixed ? Wait{"box", {meeting::kServer}} : Wait{"mix", {attempt.holders[attempt.mixes.size()]}});
      break;
    }
    case BatchPhase::kConfirming:
      find_in_confirming(out);
      break;
    case BatchPhase::kOpening:
      if (!find_witnesses(out, "witness-share", attempt.first_share_index)) {
        out.push_back({"share", holders_without(keys_of(attempt.shares))});
      }
      break;
    case BatchPhase::kCounted: {
      auto const office = record.office(meeting::kNobody);
      std::set<PersonId> people(office.chairs.begin(), office.chairs.end());
      people.insert(office.present_supervisors.begin(), office.present_supervisors.end());
      out.push_back({"declare", {people.begin(), people.end()}});
      break;
    }
    case BatchPhase::kDeclared:
    case BatchPhase::kVoided:
      break;
  }
  return out;
}

facts::array Waits::list(bool times) {
  auto const found = find();
  // "protest" is kept without people too, so that its time is not counted anew.
  std::erase_if(since_ms_, [&](auto const& one) {
    return std::ranges::none_of(found, [&](Wait const& wait) {
      return wait.what == one.first && (!wait.people.empty() || wait.what == "protest");
    });
  });
  facts::array out;
  for (auto const& wait : found) {
    if (wait.people.empty()) continue;
    auto const since = since_ms_.emplace(wait.what, clock_.now_ms).first->second;
    facts::object one;
    one["for"] = facts::numbers(wait.people);
    one["what"] = wait.what;
    if (times) one["since_s"] = (clock_.now_ms - since) / kMsPerSecond;
    out.push_back(std::move(one));
  }
  return out;
}

}  // namespace piaojue::client
