// SPDX-License-Identifier: Apache-2.0
#include "client/session/record_changes.h"

namespace piaojue::client {

using meeting::By;

namespace {

std::string_view word_of(By by) {
  switch (by) {
    case By::kOffice:
      return "office";
    case By::kCommittee:
      return "committee";
    case By::kPersonAndSupervisor:
      return "person";
    case By::kTwo:
      return "two";
    case By::kOne:
      return "one";
    case By::kOpeners:
      break;
  }
  return {};
}

}  // namespace

struct RecordChanges::Teller {
  RecordChanges& to;
  By signed_as;
  std::uint64_t index;

  void add(std::string_view kind, std::optional<PersonId> person = std::nullopt) {
    to.changes_.push_back({index, kind, person, word_of(signed_as)});
  }
  void mark(std::string_view kind, std::size_t times) {
    for (std::size_t i = 0; i < times; ++i) to.changes_.push_back({index, kind, std::nullopt, {}});
  }

  void operator()(meeting::KeyChange const& in) { add("key-change", in.person); }
  void operator()(meeting::TrusteeChange const& in) { add("trustee-change", in.person); }
  void operator()(meeting::SignOut const& in) {
    if (!in.reason.empty()) add("sign-out", in.person);
  }
  void operator()(meeting::Recuse const& in) {
    if (signed_as != By::kOne) add("recuse", in.person);
  }
  void operator()(meeting::RecuseBack const& in) {
    if (signed_as != By::kOne || to.log_.record.taken_back().opened) add("recuse-back", in.person);
  }
  void operator()(meeting::EnvelopeSpoil const& in) { add("check", in.person); }
  void operator()(meeting::Override const&) { add("override"); }
  void operator()(meeting::Declaration const& in) {
    mark("contested", static_cast<std::size_t>(
                          std::ranges::count_if(in.rows, [](auto const& row) { return row.second.contested; })));
  }
  void operator()(meeting::PaperTally const&) { add("paper"); }
  void operator()(meeting::BatchOpen const& in) { mark("unwitnessed", in.unwitnessed.size()); }
  void operator()(meeting::MeetingClose const& in) {
    mark("unwitnessed", in.unwitnessed.size());
    if (signed_as == By::kTwo) add("close-two");
    auto const& attempt = to.log_.record.attempt();
    bool const opening = attempt && attempt->phase == meeting::BatchPhase::kOpening;
    mark("undecided", opening ? attempt->live().size() : 0);
    to.closed_ = index;
  }
  template <class Other>
  void operator()(Other const&) {}
};

void RecordChanges::took_in(meeting::Entry const& entry, std::uint64_t index) {
  std::visit(Teller{*this, log_.signed_as.at(index), index}, entry.body);
  if (closed_ != index) return;
  for (auto const& signature : entry.signatures) closers_.push_back(signature.signer);
}

bool RecordChanges::close_unwitnessed() const {
  if (!closed_) return false;
  auto const& record = log_.record;
  std::vector<PersonId> others;
  for (PersonId p = 1; p <= record.manifest().people.size(); ++p) {
    bool const counts = record.has_first_key(p) && !record.has_role(p, meeting::kScreen);
    if (counts && std::ranges::find(closers_, p) == closers_.end()) others.push_back(p);
  }
  return log_.witnesses.who(*closed_, others).empty();
}

facts::array RecordChanges::list() const {
  facts::array out;
  auto const tell = [&](Change const& change) {
    facts::object one;
    one["index"] = change.index;
    one["kind"] = change.kind;
    one["person"] = change.person ? boost::json::value(*change.person) : boost::json::value();
    one["by"] = change.by.empty() ? boost::json::value() : boost::json::value(change.by);
    out.push_back(std::move(one));
  };
  for (auto const& change : changes_) tell(change);
  if (close_unwitnessed()) tell({*closed_, "close-unwitnessed", std::nullopt, {}});
  return out;
}

}  // namespace piaojue::client
