// SPDX-License-Identifier: Apache-2.0
#include "protocol/meeting/codec/messages.h"

namespace piaojue::meeting::codec {

namespace {

constexpr std::uint32_t kManifestVersion = 2;

}  // namespace

v2::Manifest message(Manifest const& m) {
  v2::Manifest out;
  out.set_version(kManifestVersion);
  out.set_meeting_id(m.meeting_id.data(), m.meeting_id.size());
  out.set_title(m.title);
  out.set_date(m.date);
  out.set_rehearsal(m.rehearsal);
  auto& rules = *out.mutable_rules();
  rules.set_pass_numerator(m.rules.pass_numerator);
  rules.set_pass_denominator(m.rules.pass_denominator);
  rules.set_pass_strict(m.rules.pass_strict);
  rules.set_recusal_mode(static_cast<v2::RecusalMode>(m.rules.recusal_mode));
  rules.set_abstain_allowed(m.rules.abstain_allowed);
  rules.set_quorum_numerator(m.rules.quorum_numerator);
  rules.set_quorum_denominator(m.rules.quorum_denominator);
  rules.set_modulus_bits(m.rules.modulus_bits);
  rules.set_max_unconfirmed(m.rules.max_unconfirmed);
  rules.set_checks_allowed(m.rules.checks_allowed);
  rules.set_protest_s(m.rules.protest_s);
  out.set_committee_size(m.committee_size);
  out.set_size_approval(m.size_approval);
  out.set_server_key(raw(m.server_key));
  out.set_checkpoint_key(raw(m.checkpoint_key));
  for (Person const& person : m.people) {
    auto& to = *out.add_people();
    to.set_name(person.name);
    to.set_roles(person.roles);
    to.set_employer(person.employer);
    to.set_identity_key(raw(person.identity_key));
    to.set_witness_key(raw(person.witness_key));
    to.set_box_key(raw(person.box_key));
    to.set_possession(raw(person.possession));
  }
  for (PersonId const person : m.trustees) out.add_trustees(person);
  for (Candidate const& candidate : m.candidates) {
    auto& to = *out.add_candidates();
    to.set_name(candidate.name);
    to.set_employer(candidate.employer);
    to.set_level(candidate.level);
    to.set_channel(static_cast<v2::Channel>(candidate.channel));
    to.set_summary(candidate.summary);
    to.set_group_opinion(candidate.group_opinion);
    to.set_opened_before(candidate.opened_before);
    for (Attachment const& attachment : candidate.attachments) {
      auto& file = *to.add_attachments();
      file.set_name(attachment.name);
      file.set_size(attachment.size);
      file.set_sha256(raw(attachment.sha256));
    }
  }
  for (Batch const& batch : m.batches) {
    auto& to = *out.add_batches();
    to.set_title(batch.title);
    for (QuestionId const q : batch.candidates) to.add_candidates(q);
  }
  out.set_server_box_key(raw(m.server_box_key));
  return out;
}

void read(FieldReader& in, v2::Manifest const& m, Manifest& to) {
  // The bounds first, so that nothing is built beyond them.
  in.at_most(kPeopleMax, m.people_size());
  in.at_most(kTrusteesMax, m.trustees_size());
  in.at_most(kCandidatesMax, m.candidates_size());
  in.at_most(kCandidatesMax, m.batches_size());
  if (in.refused()) return;
  if (m.version() != kManifestVersion) return in.refuse(Refusal::kOutOfRange);
  if (m.meeting_id().size() != to.meeting_id.size()) return in.refuse(Refusal::kMalformed);
  std::ranges::copy(as_bytes(m.meeting_id()), to.meeting_id.begin());
  in.text(to.title, m.title());
  in.text(to.date, m.date());
  to.rehearsal = m.rehearsal();
  if (!m.has_rules()) return in.refuse(Refusal::kMalformed);
  auto const& rules = m.rules();
  to.rules.pass_numerator = rules.pass_numerator();
  to.rules.pass_denominator = rules.pass_denominator();
  to.rules.pass_strict = rules.pass_strict();
  in.one_of(to.rules.recusal_mode, rules.recusal_mode(),
            {RecusalMode::kInclude, RecusalMode::kExclude, RecusalMode::kLeave});
  to.rules.abstain_allowed = rules.abstain_allowed();
  to.rules.quorum_numerator = rules.quorum_numerator();
  to.rules.quorum_denominator = rules.quorum_denominator();
  to.rules.modulus_bits = rules.modulus_bits();
  to.rules.max_unconfirmed = rules.max_unconfirmed();
  to.rules.checks_allowed = rules.checks_allowed();
  to.rules.protest_s = rules.protest_s();
  to.committee_size = m.committee_size();
  in.text(to.size_approval, m.size_approval());
  in.fixed(to.server_key, m.server_key());
  in.fixed(to.checkpoint_key, m.checkpoint_key());
  in.fixed(to.server_box_key, m.server_box_key());
  for (auto const& person : m.people()) {
    Person& p = to.people.emplace_back();
    in.text(p.name, person.name());
    p.roles = person.roles();
    in.text(p.employer, person.employer());
    in.fixed(p.identity_key, person.identity_key());
    in.fixed(p.witness_key, person.witness_key());
    in.fixed(p.box_key, person.box_key());
    in.fixed(p.possession, person.possession());
  }
  to.trustees.assign(m.trustees().begin(), m.trustees().end());
  for (auto const& candidate : m.candidates()) {
    Candidate& c = to.candidates.emplace_back();
    in.text(c.name, candidate.name());
    in.text(c.employer, candidate.employer());
    in.text(c.level, candidate.level());
    in.one_of(c.channel, candidate.channel(), {Channel::kNormal, Channel::kExceptional});
    in.text(c.summary, candidate.summary());
    in.text(c.group_opinion, candidate.group_opinion());
    in.text(c.opened_before, candidate.opened_before());
    in.at_most(kAttachmentsMax, candidate.attachments_size());
    if (in.refused()) return;
    for (auto const& attachment : candidate.attachments()) {
      Attachment& a = c.attachments.emplace_back();
      in.text(a.name, attachment.name());
      a.size = attachment.size();
      in.fixed(a.sha256, attachment.sha256());
    }
  }
  for (auto const& batch : m.batches()) {
    in.at_most(kQuestionsPerBatchMax, batch.candidates_size());
    if (in.refused()) return;
    Batch& b = to.batches.emplace_back();
    in.text(b.title, batch.title());
    in.ascending(b.candidates, batch.candidates());
  }
}

v2::MeetingClose message(MeetingClose const& e) {
  v2::MeetingClose out;
  out.set_meeting(raw(e.meeting));
  out.set_size(e.size);
  out.set_root(raw(e.root));
  for (Hash const& leaf : e.unwitnessed) out.add_unwitnessed(raw(leaf));
  return out;
}

void read(FieldReader& in, v2::MeetingClose const& m, MeetingClose& to) {
  in.fixed(to.meeting, m.meeting());
  to.size = m.size();
  in.fixed(to.root, m.root());
  in.hashes(to.unwitnessed, m.unwitnessed());
}

}  // namespace piaojue::meeting::codec
