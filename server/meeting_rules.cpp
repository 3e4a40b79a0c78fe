// SPDX-License-Identifier: Apache-2.0
#include "server/meeting_rules.h"

#include "protocol/meeting/bodies.h"
#include "strings/server.h"

namespace piaojue::server {

namespace text = strings::server;

namespace {

using meeting::Manifest;

constexpr std::uint32_t kFractionMax = 100;
constexpr std::uint32_t kProtestMin_s = 5;
constexpr std::uint32_t kProtestMax_s = 300;

std::uint64_t count_role(Manifest const& m, meeting::Role role) {
  return static_cast<std::uint64_t>(
      std::ranges::count_if(m.people, [&](auto const& person) { return (person.roles & role) != 0; }));
}

Explained<void> check_people(Manifest const& m) {
  for (auto const& [role, word] : {std::pair{meeting::kExpert, &text::kRoleExpert},
                                   {meeting::kChair, &text::kRoleChair},
                                   {meeting::kClerk, &text::kRoleClerk},
                                   {meeting::kSupervisor, &text::kRoleSupervisor}}) {
    if (count_role(m, role) == 0) return Explanation(Sentence(text::kMeetingRoleMissing, {{"role", *word}}));
  }
  auto const experts = count_role(m, meeting::kExpert);
  std::uint64_t const size = m.committee_size;
  if (size % 2 == 0) return Explanation(text::kMeetingSizeEven);
  if (size < meeting::kCommitteeMin && !m.rehearsal) {
    return Explanation(Sentence(text::kMeetingSizeSmall, {{"least", std::uint64_t{meeting::kCommitteeMin}}}));
  }
  if (size < experts) {
    return Explanation(Sentence(text::kMeetingSizeBelowExperts, {{"size", size}, {"experts", experts}}));
  }
  std::uint64_t const quorum = meeting::quorum(m);
  if (experts < quorum) {
    return Explanation(Sentence(text::kMeetingExpertsFew, {{"experts", experts}, {"quorum", quorum}}));
  }
  return {};
}

Explained<void> check_trustees(Manifest const& m) {
  bool const server_first = !m.trustees.empty() && m.trustees.front() == meeting::kServer;
  std::size_t const least = m.rehearsal ? 1 : 2;
  if (!server_first || m.trustees.size() < least || m.trustees.size() > meeting::kTrusteesMax) {
    return Explanation(Sentence(text::kMeetingTrusteesNumber, {{"most", std::uint64_t{meeting::kTrusteesMax}}}));
  }
  for (auto const person : m.trustees) {
    if (person != meeting::kServer && (m.people[person - 1].roles & meeting::kScreen)) {
      return Explanation(text::kMeetingTrusteeScreen);
    }
  }
  return {};
}

Explained<void> check_fraction(char const* numerator, std::uint32_t above, char const* denominator,
                               std::uint32_t below) {
  if (0 < above && above <= below && below <= kFractionMax) return {};
  return Explanation(Sentence(
      text::kMeetingFraction,
      {{"numerator", std::string(numerator)}, {"denominator", std::string(denominator)}, {"most", kFractionMax}}));
}

Explained<void> check_rules(Manifest const& m) {
  auto const& rules = m.rules;
  if (auto done = check_fraction("rules.pass_numerator", rules.pass_numerator, "rules.pass_denominator",
                                 rules.pass_denominator);
      !done) {
    return done;
  }
  if (auto done = check_fraction("rules.quorum_numerator", rules.quorum_numerator, "rules.quorum_denominator",
                                 rules.quorum_denominator);
      !done) {
    return done;
  }
  if (rules.modulus_bits != 2048 && rules.modulus_bits != 3072 && rules.modulus_bits != 4096) {
    return Explanation(text::kMeetingModulusBits);
  }
  if (rules.max_unconfirmed > m.committee_size / 3) {
    return Explanation(Sentence(text::kMeetingMaxUnconfirmed, {{"most", m.committee_size / 3}}));
  }
  if (rules.protest_s < kProtestMin_s || rules.protest_s > kProtestMax_s) {
    return Explanation(Sentence(text::kMeetingProtest, {{"least", kProtestMin_s}, {"most", kProtestMax_s}}));
  }
  return {};
}

}  // namespace

Explained<void> check_meeting(Manifest const& draft) {
  // The rules first: the quorum is made of them.
  if (auto done = check_rules(draft); !done) return done;
  if (auto done = check_people(draft); !done) return done;
  return check_trustees(draft);
}

}  // namespace piaojue::server
