// SPDX-License-Identifier: Apache-2.0
#include "verifier/changes.h"

#include <algorithm>
#include <array>
#include <tuple>

#include "strings/audit.h"
#include "strings/verifier.h"
#include "verifier/shown.h"

namespace piaojue::verifier {
namespace {

using namespace meeting;
namespace words = strings::audit;

/// A text that has another wording where the committee signed.
Text const& by_whom(Change const& change, Text const& committee, Text const& office) {
  return change.by == By::kCommittee ? committee : office;
}

/// A change as a sentence.
class Teller {
 public:
  Teller(Change const& change, Manifest const& manifest, Lang lang) : c_(change), m_(manifest), lang_(lang) {}

  std::string tell() const {
    return std::visit([this](auto const& what) { return of(what).in(lang_); }, c_.what);
  }
  std::string signers() const {
    std::vector<std::string> names;
    for (PersonId const signer : c_.signers) names.push_back(name(signer));
    Text const* const text = signed_text();
    return text == nullptr ? std::string() : Sentence(*text, {{"signers", listed(names)}}).in(lang_);
  }

 private:
  Text const* signed_text() const {
    if (!c_.by) return nullptr;
    if (std::holds_alternative<RecusalTakenBack>(c_.what)) {  // its person is among the signers
      if (c_.by == By::kOne) return &words::kChangeSignedBackOne;
      return &by_whom(c_, words::kChangeSignedBackCommittee, words::kChangeSignedBackOffice);
    }
    switch (*c_.by) {
      case By::kOffice:
        return &words::kChangeSignedOffice;
      case By::kCommittee:
        return &words::kChangeSignedCommittee;
      case By::kPersonAndSupervisor:
        return &words::kChangeSignedPerson;
      case By::kTwo:
        return &words::kChangeSignedTwo;
      case By::kOne:
      case By::kOpeners:
        break;
    }
    return nullptr;
  }
  std::string name(PersonId person) const {
    return person == kServer || person > m_.people.size() ? std::string(strings::verifier::kRoleServer.in(lang_))
                                                          : shown(m_.people[person - 1].name);
  }
  std::string listed(std::vector<std::string> const& parts) const {
    std::string out;
    for (std::string const& part : parts) {
      if (!out.empty()) out += strings::verifier::kReportAnd.in(lang_);
      out += part;
    }
    return out;
  }

  Sentence of(KeysChanged const& e) const {
    return {by_whom(c_, words::kChangeKeyChangeCommittee, words::kChangeKeyChangeOffice),
            {{"person", name(e.person)}, {"reason", shown(e.reason)}}};
  }
  Sentence of(TrusteeChanged const& e) const {
    return {words::kChangeTrusteeChange,
            {{"trustee", std::uint32_t{e.trustee}},
             {"from", name(e.from)},
             {"person", name(e.person)},
             {"reason", shown(e.reason)}}};
  }
  Sentence of(SignedOut const& e) const {
    return {words::kChangeSignOut, {{"person", name(e.person)}, {"reason", shown(e.reason)}}};
  }
  Sentence of(Recused const& e) const {
    return {words::kChangeRecuse,
            {{"person", name(e.person)}, {"question", std::uint32_t{e.question}}, {"reason", shown(e.reason)}}};
  }
  Sentence of(RecusalTakenBack const& e) const {
    return {words::kChangeRecuseBack,
            {{"person", name(e.person)}, {"question", std::uint32_t{e.question}}, {"reason", shown(e.reason)}}};
  }
  Sentence of(Checked const& e) const {
    Text const& text = e.verdict == CheckVerdict::kAgrees    ? words::kChangeCheckAgrees
                       : e.verdict == CheckVerdict::kDiffers ? words::kChangeCheckDiffers
                                                             : words::kChangeCheckUnopened;
    return {text, {{"person", name(e.person)}}};
  }
  Sentence of(Overridden const& e) const {
    std::vector<std::string> people;
    for (auto const& [person, missing] : e.people) {
      Text const& text = missing ? words::kChangeOverrideMissing : words::kChangeOverrideSilent;
      people.push_back(Sentence(text, {{"person", name(person)}}).in(lang_));
    }
    return {words::kChangeOverride, {{"people", listed(people)}, {"reason", shown(e.reason)}}};
  }
  Sentence of(Contested const& e) const {
    return {words::kChangeContested, {{"question", std::uint32_t{e.question}}, {"low", e.low}, {"high", e.high}}};
  }
  Sentence of(CountedOnPaper const& e) const {
    std::vector<std::string> questions;
    for (QuestionId const q : e.questions) questions.push_back(std::to_string(q));
    return {by_whom(c_, words::kChangePaperCommittee, words::kChangePaperOffice), {{"questions", listed(questions)}}};
  }
  Sentence of(ClosedByTwo const&) const { return {words::kChangeCloseTwo}; }
  Sentence of(AcceptedUnwitnessed const& e) const {
    return {words::kChangeUnwitnessed,
            {{"declared", e.declared},
             {"have", std::uint64_t{e.have}},
             {"need", std::uint64_t{e.need}},
             {"have_experts", std::uint64_t{e.have_experts}},
             {"need_experts", std::uint64_t{e.need_experts}}}};
  }
  Sentence of(LeftUndecided const& e) const {
    return {words::kChangeUndecided, {{"question", std::uint32_t{e.question}}}};
  }
  Sentence of(ClosedUnwitnessed const&) const { return {words::kChangeCloseUnwitnessed}; }

  Change const& c_;
  Manifest const& m_;
  Lang lang_;
};

// ---- What an entry changes of what is another's; nothing: it changes nothing of the kind ---------------------------

using Maybe = std::optional<WhatChanged>;

template <class E>
Maybe changed(E const&, By, std::vector<PersonId> const&) {
  return std::nullopt;
}
Maybe changed(KeyChange const& e, By by, std::vector<PersonId> const&) {
  return KeysChanged{e.person, by == By::kCommittee, e.reason};
}
Maybe changed(TrusteeChange const& e, By, std::vector<PersonId> const& slots) {
  return TrusteeChanged{e.trustee, slots.at(e.trustee), e.person, e.reason};
}
Maybe changed(SignOut const& e, By by, std::vector<PersonId> const&) {
  return by == By::kOne ? Maybe() : SignedOut{e.person, e.reason};
}
Maybe changed(Recuse const& e, By by, std::vector<PersonId> const&) {
  return by == By::kOne ? Maybe() : Recused{e.person, e.question, e.reason};
}
Maybe changed(EnvelopeSpoil const& e, By, std::vector<PersonId> const&) {
  Checked what;
  what.person = e.person;
  what.cast = e.cast;
  if (e.supervisor != 0) what.supervisor = e.supervisor;
  return what;
}
Maybe changed(Override const& e, By, std::vector<PersonId> const&) {
  return Overridden{{e.people.begin(), e.people.end()}, e.reason};
}
Maybe changed(PaperTally const& e, By, std::vector<PersonId> const&) {
  CountedOnPaper what;
  for (auto const& [q, row] : e.rows) what.questions.push_back(q);
  return what;
}
Maybe changed(MeetingClose const&, By by, std::vector<PersonId> const&) {
  return by == By::kTwo ? ClosedByTwo{} : Maybe();
}

/// Whether the recusal that the last entry took back is a matter of others: that a person changes his own mind before
/// anybody votes is not.
bool is_listed(Record const& after) { return after.last_by() != By::kOne || after.taken_back().opened; }

/// Where a change stands among those of one entry.
std::tuple<std::uint64_t, std::size_t, std::uint64_t> place(Change const& change) {
  std::uint64_t const last = std::visit(
      [](auto const& what) -> std::uint64_t {
        if constexpr (requires { what.question; }) {
          return what.question;
        } else if constexpr (requires { what.declared; }) {
          return what.declared;
        } else {
          return 0;
        }
      },
      change.what);
  return {change.entry, change.what.index(), last};
}

}  // namespace

std::string_view kind(Change const& change) {
  static constexpr std::array<std::string_view, std::variant_size_v<WhatChanged>> kKinds{
      "key_change", "trustee_change", "sign_out",    "recuse",    "recuse_back",      "check", "override", "contested",
      "paper",      "close_two",      "unwitnessed", "undecided", "close_unwitnessed"};
  return kKinds.at(change.what.index());
}

std::string_view name_of(By by) {
  switch (by) {
    case By::kOffice:
      return "office";
    case By::kCommittee:
      return "committee";
    case By::kTwo:
      return "two";
    case By::kOne:
      return "one";
    case By::kPersonAndSupervisor:
    case By::kOpeners:
      break;
  }
  return "person";
}

std::string_view name_of(CheckVerdict verdict) {
  switch (verdict) {
    case CheckVerdict::kAgrees:
      return "agrees";
    case CheckVerdict::kDiffers:
      return "differs";
    case CheckVerdict::kUnopened:
      break;
  }
  return "unopened";
}

std::string told(Change const& change, Manifest const& manifest, Lang lang) {
  return Teller(change, manifest, lang).tell();
}

std::string told_signers(Change const& change, Manifest const& manifest, Lang lang) {
  return Teller(change, manifest, lang).signers();
}

void ChangeLog::note(Record const& after, Entry const& entry, std::uint64_t index, WhatChanged what) {
  Change change{index, after.last_by(), {}, std::move(what)};
  for (EntrySignature const& signature : entry.signatures) change.signers.push_back(signature.signer);
  changes_.push_back(std::move(change));
}

void ChangeLog::take_result(CheckResult const& result, std::uint64_t index) {
  // The latest Spoil of a person is the one that a CheckResult is about.
  for (auto change = changes_.rbegin(); change != changes_.rend(); ++change) {
    auto* const checked = std::get_if<Checked>(&change->what);
    if (checked == nullptr || checked->person != result.person) continue;
    checked->verdict = result.verdict;
    checked->result = index;
    return;
  }
}

void ChangeLog::take(Record const& after, Entry const& entry, std::uint64_t index) {
  auto what = std::visit([&](auto const& e) { return changed(e, after.last_by(), slots_); }, entry.body);
  if (auto const* back = std::get_if<RecuseBack>(&entry.body); back && is_listed(after)) {
    what = RecusalTakenBack{back->person, back->question, back->reason};
  }
  if (what) note(after, entry, index, std::move(*what));
  if (auto const* result = std::get_if<CheckResult>(&entry.body)) take_result(*result, index);
  if (std::holds_alternative<MeetingClose>(entry.body) && after.in_progress())
    for (QuestionId const q : after.attempt()->live()) add({index, std::nullopt, {}, LeftUndecided{q}});
  slots_ = after.slots();
}

std::vector<Change> ChangeLog::finish() {
  std::ranges::stable_sort(changes_, {}, place);
  return std::move(changes_);
}

}  // namespace piaojue::verifier
