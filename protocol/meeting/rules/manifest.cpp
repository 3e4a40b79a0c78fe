// SPDX-License-Identifier: Apache-2.0
#include "protocol/meeting/rules/manifest.h"

#include "crypto/sign.h"
#include "protocol/meeting/attachment.h"
#include "protocol/meeting/codec.h"
#include "protocol/meeting/rules/opening.h"
#include "protocol/meeting/rules/seen.h"

namespace piaojue::meeting::rules {

namespace {

constexpr std::uint32_t kFractionMax = 100;
constexpr std::uint32_t kProtestMin_s = 5;
constexpr std::uint32_t kProtestMax_s = 300;

bool is_date(std::string_view text) {
  if (text.size() != 10 || text[4] != '-' || text[7] != '-') return false;
  for (std::size_t const at : {0, 1, 2, 3, 5, 6, 8, 9}) {
    if (text[at] < '0' || text[at] > '9') return false;
  }
  int const month = (text[5] - '0') * 10 + text[6] - '0';
  int const day = (text[8] - '0') * 10 + text[9] - '0';
  return month >= 1 && month <= 12 && day >= 1 && day <= 31;
}

// ---- MeetingOpen ---------------------------------------------------------------------------------------------------

std::size_t count_role(Manifest const& m, Role role) {
  return static_cast<std::size_t>(
      std::ranges::count_if(m.people, [&](Person const& person) { return (person.roles & role) != 0; }));
}

/// People of a role who are drafted with keys.
std::size_t with_keys(Manifest const& m, Role role) {
  return static_cast<std::size_t>(std::ranges::count_if(
      m.people, [&](Person const& person) { return (person.roles & role) != 0 && person.identity_key; }));
}

Result<void> check_roles(Manifest const& m) {
  for (Person const& person : m.people) {
    std::uint32_t const roles = person.roles;
    if (person.name.empty() || roles == 0 || roles >= 2 * kScreen) return Refusal::kOutOfRange;
    if ((roles & kScreen) != 0 && roles != kScreen) return Refusal::kOutOfRange;
    // Two places in a signature are two people; and who counts or supervises holds no ballot.
    std::uint32_t const offices = ((roles & kChair) != 0) + ((roles & kClerk) != 0) + ((roles & kSupervisor) != 0);
    if (offices > 1) return Refusal::kOutOfRange;
    if ((roles & kExpert) != 0 && (roles & (kClerk | kSupervisor)) != 0) return Refusal::kOutOfRange;
  }
  for (Role const role : {kExpert, kChair, kClerk, kSupervisor}) {
    if (with_keys(m, role) == 0) return Refusal::kOutOfRange;
  }
  // Fewer could not even make up a committee: whoever brings the other keys would decide alone.
  if (with_keys(m, kExpert) < quorum(m)) return Refusal::kOutOfRange;
  return {};
}

/// All of a person's keys, or none.
bool is_whole(Person const& person) {
  bool const has = person.identity_key.has_value();
  return person.witness_key.has_value() == has && person.box_key.has_value() == has &&
         person.possession.has_value() == has;
}

Result<void> check_people_keys(Manifest const& m) {
  std::set<Hash> seen;
  auto is_new = [&](Hash const& key) { return seen.insert(key).second; };
  if (!is_new(seen_key(m.server_key.view())) || !is_new(seen_key(m.checkpoint_key.view())) ||
      !is_new(seen_key(m.server_box_key))) {
    return Refusal::kOutOfRange;
  }
  if (!valid_people_keys(m.server_key, m.checkpoint_key, m.server_box_key)) return Refusal::kOutOfRange;
  for (Person const& person : m.people) {
    if (!is_whole(person)) return Refusal::kOutOfRange;
    if (!person.identity_key) continue;
    if (!valid_people_keys(*person.identity_key, *person.witness_key, *person.box_key)) return Refusal::kOutOfRange;
    if (!is_new(seen_key(person.identity_key->view())) || !is_new(seen_key(person.witness_key->view())) ||
        !is_new(seen_key(*person.box_key))) {
      return Refusal::kOutOfRange;
    }
  }
  for (PersonId p = 1; p <= m.people.size(); ++p) {
    Person const& person = m.people[p - 1];
    if (person.identity_key &&
        !crypto::verify(*person.identity_key,
                        {possession_input(m.meeting_id, p, *person.identity_key, *person.witness_key, *person.box_key)},
                        *person.possession)) {
      return Refusal::kBadSignature;
    }
  }
  return {};
}

Result<void> check_rules(Manifest const& m) {
  Rules const& r = m.rules;
  auto fraction = [](std::uint32_t numerator, std::uint32_t denominator) {
    return 0 < numerator && numerator <= denominator && denominator <= kFractionMax;
  };
  if (!fraction(r.pass_numerator, r.pass_denominator)) return Refusal::kOutOfRange;
  if (!fraction(r.quorum_numerator, r.quorum_denominator)) return Refusal::kOutOfRange;
  if (!contains(std::array{2048u, 3072u, 4096u}, r.modulus_bits)) return Refusal::kOutOfRange;
  if (!contains(std::array{RecusalMode::kInclude, RecusalMode::kExclude, RecusalMode::kLeave}, r.recusal_mode)) {
    return Refusal::kOutOfRange;
  }
  if (r.max_unconfirmed > m.committee_size / 3) return Refusal::kOutOfRange;
  if (r.protest_s < kProtestMin_s || r.protest_s > kProtestMax_s) return Refusal::kOutOfRange;
  return {};
}

Result<void> check_trustees(Manifest const& m) {
  if (m.trustees.empty() || m.trustees[0] != kServer) return Refusal::kOutOfRange;
  // With one trustee secrecy rests on the server alone: good enough to rehearse, not to vote.
  if (!m.rehearsal && m.trustees.size() < 2) return Refusal::kOutOfRange;
  for (std::size_t t = 1; t < m.trustees.size(); ++t) {
    PersonId const person = m.trustees[t];
    if (person == kServer || person > m.people.size()) return Refusal::kOutOfRange;
    if ((m.people[person - 1].roles & kScreen) != 0) return Refusal::kOutOfRange;
    if (!m.people[person - 1].identity_key) return Refusal::kOutOfRange;
    if (std::find(m.trustees.begin(), m.trustees.begin() + static_cast<std::ptrdiff_t>(t), person) !=
        m.trustees.begin() + static_cast<std::ptrdiff_t>(t)) {
      return Refusal::kOutOfRange;
    }
  }
  return {};
}

Result<void> check_attachments(Candidate const& candidate) {
  std::set<std::string> names;
  for (Attachment const& file : candidate.attachments) {
    if (file.size == 0 || file.size > kAttachmentBytesMax || !is_attachment_name(file.name)) {
      return Refusal::kOutOfRange;
    }
    // People know a file by its name, and not by how it is spelt.
    if (!names.insert(folded(file.name)).second) return Refusal::kOutOfRange;
  }
  return {};
}

Result<void> check_candidates(Manifest const& m) {
  if (m.candidates.empty()) return Refusal::kOutOfRange;
  for (Candidate const& candidate : m.candidates) {
    if (candidate.name.empty() || candidate.level.empty()) return Refusal::kOutOfRange;
    if (candidate.channel != Channel::kNormal && candidate.channel != Channel::kExceptional)
      return Refusal::kOutOfRange;
    if (auto const ok = check_attachments(candidate); !ok) return ok;
  }
  std::vector<bool> placed(m.candidates.size(), false);
  for (Batch const& batch : m.batches) {
    if (batch.title.empty() || batch.candidates.empty()) return Refusal::kOutOfRange;
    QuestionId before = 0;
    for (QuestionId const q : batch.candidates) {
      if (q <= before || q > placed.size() || placed[q - 1]) return Refusal::kOutOfRange;
      placed[q - 1] = true;
      before = q;
    }
  }
  if (contains(placed, false)) return Refusal::kOutOfRange;
  return {};
}

}  // namespace

Result<void> Rule<Manifest>::check(State const&, Manifest const& m) {
  if (m.people.size() > kPeopleMax || m.trustees.size() > kTrusteesMax || m.candidates.size() > kCandidatesMax ||
      m.batches.size() > kCandidatesMax || count_role(m, kExpert) > kExpertsMax) {
    return Refusal::kTooLarge;
  }
  for (Batch const& batch : m.batches) {
    if (batch.candidates.size() > kQuestionsPerBatchMax) return Refusal::kTooLarge;
  }
  std::size_t attachments = 0;
  for (Candidate const& candidate : m.candidates) {
    if (candidate.attachments.size() > kAttachmentsMax) return Refusal::kTooLarge;
    attachments += candidate.attachments.size();
  }
  if (attachments > kAttachmentsAllMax) return Refusal::kTooLarge;
  if (m.title.empty() || !is_date(m.date)) return Refusal::kOutOfRange;
  if (m.committee_size % 2 == 0 || m.committee_size < count_role(m, kExpert)) return Refusal::kOutOfRange;
  if (m.committee_size < kCommitteeMin && !m.rehearsal) return Refusal::kOutOfRange;
  // The rules first: the quorum of experts is divided by one of them.
  for (auto const check : {check_rules, check_roles, check_trustees, check_candidates, check_people_keys}) {
    if (auto const ok = check(m); !ok) return ok;
  }
  return {};
}

void Rule<Manifest>::take(State& s, Manifest const& e, Place const& place) {
  s.phase = MeetingPhase::kOpen;
  s.manifest = e;
  s.meeting = place.leaf;
  s.slots = e.trustees;
  s.seen_keys = {seen_key(e.server_key.view()), seen_key(e.checkpoint_key.view()), seen_key(e.server_box_key)};
  for (PersonId p = 1; p <= e.people.size(); ++p) {
    Person const& person = e.people[p - 1];
    if (!person.identity_key) continue;
    s.keys[p].push_back({*person.identity_key, *person.witness_key, *person.box_key, true, place.index});
    s.seen_keys.insert(seen_key(person.identity_key->view()));
    s.seen_keys.insert(seen_key(person.witness_key->view()));
    s.seen_keys.insert(seen_key(*person.box_key));
  }
  for (BatchId b = 1; b <= e.batches.size(); ++b) {
    for (QuestionId const q : e.batches[b - 1].candidates) s.questions[q].batch = b;
  }
}

// ---- MeetingClose --------------------------------------------------------------------------------------------------

Result<void> Rule<MeetingClose>::check(State const& s, MeetingClose const& e) {
  // A share that never comes must not keep a meeting open for ever: what was to be opened is undecided.
  if (s.in_progress() && s.attempt->phase != BatchPhase::kOpening) return Refusal::kWrongPhase;
  if (auto const ok = check_unwitnessed(s, e.unwitnessed); !ok) return ok;
  if (e.size < s.settled || e.size > s.tree.size()) return Refusal::kLogInconsistent;
  if (e.root != s.tree.root(e.size)) return Refusal::kLogInconsistent;
  return {};
}

void Rule<MeetingClose>::take(State& s, MeetingClose const& e, Place const&) {
  take_unwitnessed(s, e.unwitnessed);
  s.phase = MeetingPhase::kClosed;
}

}  // namespace piaojue::meeting::rules
