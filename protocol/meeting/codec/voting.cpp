// SPDX-License-Identifier: Apache-2.0
#include "protocol/meeting/codec.h"

#include "crypto/domain.h"
#include "piaojue/v1/entries.pb.h"
#include "piaojue/v1/manifest.pb.h"
#include "protocol/meeting/protobuf.h"

namespace piaojue::meeting {

namespace {

constexpr std::uint32_t kManifestVersion = 1;
/// Everybody and the server.
constexpr std::size_t kSignaturesMax = kPeopleMax + 1;

// ---- Typed values to messages -------------------------------------------------------------------------------------

template <class T>
std::string raw(T const& fixed) {
  return std::string(as_text(fixed.view()));
}
std::string raw(Bytes const& bytes) { return std::string(as_text(bytes)); }
template <class T>
std::string raw(std::optional<T> const& fixed) {
  return fixed ? raw(*fixed) : std::string();
}
/// c ‖ s.
std::string raw(crypto::Scalar const& c, crypto::Scalar const& s) { return raw(c) + raw(s); }

v1::Manifest message(Manifest const& m) {
  v1::Manifest out;
  out.set_version(kManifestVersion);
  out.set_meeting_id(m.meeting_id.data(), m.meeting_id.size());
  out.set_title(m.title);
  out.set_date(m.date);
  out.set_rehearsal(m.rehearsal);
  auto& rules = *out.mutable_rules();
  rules.set_pass_numerator(m.rules.pass_numerator);
  rules.set_pass_denominator(m.rules.pass_denominator);
  rules.set_pass_strict(m.rules.pass_strict);
  rules.set_recusal_mode(static_cast<v1::RecusalMode>(m.rules.recusal_mode));
  rules.set_abstain_allowed(m.rules.abstain_allowed);
  rules.set_quorum_numerator(m.rules.quorum_numerator);
  rules.set_quorum_denominator(m.rules.quorum_denominator);
  rules.set_modulus_bits(m.rules.modulus_bits);
  rules.set_trustees_min(m.rules.trustees_min);
  rules.set_max_unconfirmed(m.rules.max_unconfirmed);
  rules.set_supervisors_needed(m.rules.supervisors_needed);
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
    to.set_possession(raw(person.possession));
  }
  for (PersonId const person : m.trustees) out.add_trustees(person);
  for (Candidate const& candidate : m.candidates) {
    auto& to = *out.add_candidates();
    to.set_name(candidate.name);
    to.set_employer(candidate.employer);
    to.set_level(candidate.level);
    to.set_channel(static_cast<v1::Channel>(candidate.channel));
    to.set_summary(candidate.summary);
    to.set_group_opinion(candidate.group_opinion);
  }
  for (Batch const& batch : m.batches) {
    auto& to = *out.add_batches();
    to.set_title(batch.title);
    for (QuestionId const q : batch.candidates) to.add_candidates(q);
  }
  return out;
}
v1::SignIn message(SignIn const& e) {
  v1::SignIn out;
  out.set_meeting(raw(e.meeting));
  out.set_person(e.person);
  out.set_sequence(e.sequence);
  return out;
}
v1::SignOut message(SignOut const& e) {
  v1::SignOut out;
  out.set_meeting(raw(e.meeting));
  out.set_person(e.person);
  out.set_sequence(e.sequence);
  out.set_reason(e.reason);
  return out;
}
v1::Recuse message(Recuse const& e) {
  v1::Recuse out;
  out.set_meeting(raw(e.meeting));
  out.set_person(e.person);
  out.set_question(e.question);
  out.set_reason(e.reason);
  return out;
}
v1::KeyChange message(KeyChange const& e) {
  v1::KeyChange out;
  out.set_meeting(raw(e.meeting));
  out.set_person(e.person);
  out.set_identity_key(raw(e.identity_key));
  out.set_witness_key(raw(e.witness_key));
  out.set_possession(raw(e.possession));
  out.set_reason(e.reason);
  return out;
}
v1::Interview message(Interview const& e) {
  v1::Interview out;
  out.set_meeting(raw(e.meeting));
  out.set_question(e.question);
  out.set_summary(e.summary);
  out.set_document(raw(e.document));
  return out;
}
v1::BatchKeys message(BatchKeys const& e) {
  v1::BatchKeys out;
  out.set_meeting(raw(e.meeting));
  out.set_batch(e.batch);
  out.set_attempt(e.attempt);
  out.set_trustee(e.trustee);
  for (auto const& [q, modulus] : e.token_keys) {
    auto& to = *out.add_token_keys();
    to.set_question(q);
    to.set_modulus(raw(modulus));
  }
  out.set_mix_key(raw(e.mix_key));
  out.set_tally_key(raw(e.tally_key));
  out.set_pok(raw(e.pok.c, e.pok.s));
  return out;
}
v1::BatchOpen message(BatchOpen const& e) {
  v1::BatchOpen out;
  out.set_meeting(raw(e.meeting));
  out.set_batch(e.batch);
  out.set_attempt(e.attempt);
  for (QuestionId const q : e.questions) out.add_questions(q);
  for (PersonId const p : e.present) out.add_present(p);
  for (Recusal const& recusal : e.recusals) {
    auto& to = *out.add_recusals();
    to.set_person(recusal.person);
    to.set_question(recusal.question);
  }
  for (Hash const& leaf : e.keys) out.add_keys(raw(leaf));
  out.set_paper(e.paper);
  return out;
}
v1::TokenRequest message(TokenRequest const& e) {
  v1::TokenRequest out;
  out.set_batch_open(raw(e.batch_open));
  out.set_person(e.person);
  out.set_digest(raw(e.digest));
  return out;
}
v1::TokensIssued message(TokensIssued const& e) {
  v1::TokensIssued out;
  out.set_batch_open(raw(e.batch_open));
  out.set_trustee(e.trustee);
  out.set_person(e.person);
  out.set_digest(raw(e.digest));
  return out;
}
v1::EnvelopeCast message(EnvelopeCast const& e) {
  v1::EnvelopeCast out;
  out.set_batch_open(raw(e.batch_open));
  out.set_person(e.person);
  out.set_sequence(e.sequence);
  out.set_digest(raw(e.digest));
  return out;
}
v1::BatchClose message(BatchClose const& e) {
  v1::BatchClose out;
  out.set_batch_open(raw(e.batch_open));
  for (auto const& [person, envelope] : e.envelopes) {
    auto& to = *out.add_envelopes();
    to.set_person(person);
    to.set_envelope(raw(envelope));
  }
  return out;
}
v1::IssuanceClosed message(IssuanceClosed const& e) {
  v1::IssuanceClosed out;
  out.set_batch_open(raw(e.batch_open));
  out.set_trustee(e.trustee);
  for (auto const& [q, count] : e.issued) {
    auto& to = *out.add_issued();
    to.set_question(q);
    to.set_count(count);
  }
  return out;
}
v1::MixStep message(MixStep const& e) {
  v1::MixStep out;
  out.set_batch_open(raw(e.batch_open));
  out.set_trustee(e.trustee);
  for (auto const& [q, count] : e.counts) {
    auto& to = *out.add_counts();
    to.set_question(q);
    to.set_count_in(count.in);
    to.set_count_out(count.out);
  }
  out.set_output_hash(raw(e.output_hash));
  return out;
}
v1::BallotBox message(BallotBox const& e) {
  v1::BallotBox out;
  out.set_batch_open(raw(e.batch_open));
  for (auto const& [q, box] : e.boxes) {
    auto& to = *out.add_boxes();
    to.set_question(q);
    for (Bytes const& ballot : box.ballots) to.add_ballots(ballot.data(), ballot.size());
    for (auto const& [code, count] : box.refused) {
      auto& refused = *to.add_refused();
      refused.set_code(code);
      refused.set_count(count);
    }
  }
  return out;
}
v1::Confirm message(Confirm const& e) {
  v1::Confirm out;
  out.set_batch_open(raw(e.batch_open));
  out.set_person(e.person);
  out.set_box(raw(e.box));
  for (auto const& [q, ok] : e.rows) {
    auto& to = *out.add_rows();
    to.set_question(q);
    to.set_ok(ok);
  }
  return out;
}
v1::Override message(Override const& e) {
  v1::Override out;
  out.set_batch_open(raw(e.batch_open));
  out.set_box(raw(e.box));
  for (PersonId const p : e.silent) out.add_silent(p);
  for (PersonId const p : e.missing) out.add_missing(p);
  out.set_reason(e.reason);
  return out;
}
v1::TallyShare message(TallyShare const& e) {
  v1::TallyShare out;
  out.set_batch_open(raw(e.batch_open));
  out.set_trustee(e.trustee);
  out.set_box(raw(e.box));
  for (auto const& [q, share] : e.shares) {
    auto& to = *out.add_shares();
    to.set_question(q);
    to.set_share(raw(share.d));
    to.set_proof(raw(share.proof.c, share.proof.s));
  }
  return out;
}
v1::Declaration message(Declaration const& e) {
  v1::Declaration out;
  out.set_batch_open(raw(e.batch_open));
  for (auto const& [q, row] : e.rows) {
    auto& to = *out.add_rows();
    to.set_question(q);
    to.set_present(row.present);
    to.set_agree(row.agree);
    to.set_disagree(row.disagree);
    to.set_abstain(row.abstain);
    to.set_invalid(row.invalid);
    to.set_not_cast(row.not_cast);
    to.set_recused(row.recused);
    to.set_needed(row.needed);
    to.set_passed(row.passed);
    to.set_contested(row.contested);
    to.set_mode_sensitive(row.mode_sensitive);
  }
  return out;
}
v1::Erased message(Erased const& e) {
  v1::Erased out;
  out.set_batch_open(raw(e.batch_open));
  out.set_trustee(e.trustee);
  return out;
}
v1::Void message(Void const& e) {
  v1::Void out;
  out.set_batch_open(raw(e.batch_open));
  for (QuestionId const q : e.questions) out.add_questions(q);
  out.set_reason(e.reason);
  out.set_shares_lost(e.shares_lost);
  return out;
}
v1::PaperTally message(PaperTally const& e) {
  v1::PaperTally out;
  out.set_batch_open(raw(e.batch_open));
  for (auto const& [q, row] : e.rows) {
    auto& to = *out.add_rows();
    to.set_question(q);
    to.set_issued(row.issued);
    to.set_returned(row.returned);
    to.set_valid(row.valid);
    to.set_invalid(row.invalid);
    to.set_agree(row.agree);
    to.set_disagree(row.disagree);
    to.set_abstain(row.abstain);
  }
  return out;
}
v1::Incident message(Incident const& e) {
  v1::Incident out;
  out.set_batch_open(raw(e.batch_open));
  out.set_person(e.person);
  out.set_code(e.code);
  out.set_digest(raw(e.digest));
  return out;
}
v1::MeetingClose message(MeetingClose const& e) {
  v1::MeetingClose out;
  out.set_meeting(raw(e.meeting));
  out.set_size(e.size);
  out.set_root(raw(e.root));
  return out;
}

// ---- Messages to typed values -------------------------------------------------------------------------------------

/// Reads fields and remembers the first refusal; the value made meanwhile is thrown away.
class FieldReader {
 public:
  void refuse(Refusal why) {
    if (!refused_) refused_ = why;
  }
  std::optional<Refusal> const& refused() const { return refused_; }

  template <class T>
  void fixed(T& to, std::string const& from) {
    if (auto const value = T::from(as_bytes(from))) {
      to = *value;
    } else {
      refuse(Refusal::kMalformed);
    }
  }
  template <class T>
  void fixed(std::optional<T>& to, std::string const& from) {
    if (!from.empty()) fixed(to.emplace(), from);
  }
  void pair(crypto::Scalar& c, crypto::Scalar& s, std::string const& from) {
    if (from.size() != 2 * crypto::Scalar::kSize) return refuse(Refusal::kMalformed);
    std::copy_n(as_bytes(from).begin(), crypto::Scalar::kSize, c.data.begin());
    std::copy_n(as_bytes(from).begin() + crypto::Scalar::kSize, crypto::Scalar::kSize, s.data.begin());
  }
  void text(std::string& to, std::string const& from) {
    if (from.size() > kTextBytesMax) return refuse(Refusal::kTooLarge);
    to = from;
  }
  template <class Enum>
  void one_of(Enum& to, int from, std::initializer_list<Enum> values) {
    for (Enum const value : values) {
      if (from == static_cast<int>(value)) {
        to = value;
        return;
      }
    }
    refuse(Refusal::kOutOfRange);
  }
  /// A list that must be strictly ascending.
  template <class T, class From>
  void ascending(std::vector<T>& to, From const& from) {
    to.assign(from.begin(), from.end());
    if (std::ranges::adjacent_find(to, std::greater_equal<T>{}) != to.end()) refuse(Refusal::kNotCanonical);
  }
  template <class K, class V>
  V& next(std::map<K, V>& to, K key) {
    if (!to.empty() && to.rbegin()->first >= key) {
      refuse(Refusal::kNotCanonical);
      return to[key];
    }
    return to.emplace_hint(to.end(), key, V{})->second;
  }
  void at_most(std::size_t bound, int count) {
    if (static_cast<std::size_t>(count) > bound) refuse(Refusal::kTooLarge);
  }

 private:
  std::optional<Refusal> refused_;
};

void read(FieldReader& in, v1::Manifest const& m, Manifest& to) {
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
  to.rules.trustees_min = rules.trustees_min();
  to.rules.max_unconfirmed = rules.max_unconfirmed();
  to.rules.supervisors_needed = rules.supervisors_needed();
  to.committee_size = m.committee_size();
  in.text(to.size_approval, m.size_approval());
  in.fixed(to.server_key, m.server_key());
  in.fixed(to.checkpoint_key, m.checkpoint_key());
  for (auto const& person : m.people()) {
    Person& p = to.people.emplace_back();
    in.text(p.name, person.name());
    p.roles = person.roles();
    in.text(p.employer, person.employer());
    in.fixed(p.identity_key, person.identity_key());
    in.fixed(p.witness_key, person.witness_key());
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
  }
  for (auto const& batch : m.batches()) {
    in.at_most(kQuestionsPerBatchMax, batch.candidates_size());
    if (in.refused()) return;
    Batch& b = to.batches.emplace_back();
    in.text(b.title, batch.title());
    in.ascending(b.candidates, batch.candidates());
  }
}
void read(FieldReader& in, v1::SignIn const& m, SignIn& to) {
  in.fixed(to.meeting, m.meeting());
  to.person = m.person();
  to.sequence = m.sequence();
}
void read(FieldReader& in, v1::SignOut const& m, SignOut& to) {
  in.fixed(to.meeting, m.meeting());
  to.person = m.person();
  to.sequence = m.sequence();
  in.text(to.reason, m.reason());
}
void read(FieldReader& in, v1::Recuse const& m, Recuse& to) {
  in.fixed(to.meeting, m.meeting());
  to.person = m.person();
  to.question = m.question();
  in.text(to.reason, m.reason());
}
void read(FieldReader& in, v1::KeyChange const& m, KeyChange& to) {
  in.fixed(to.meeting, m.meeting());
  to.person = m.person();
  in.fixed(to.identity_key, m.identity_key());
  in.fixed(to.witness_key, m.witness_key());
  in.fixed(to.possession, m.possession());
  in.text(to.reason, m.reason());
}
void read(FieldReader& in, v1::Interview const& m, Interview& to) {
  in.fixed(to.meeting, m.meeting());
  to.question = m.question();
  in.text(to.summary, m.summary());
  in.fixed(to.document, m.document());
}
void read(FieldReader& in, v1::BatchKeys const& m, BatchKeys& to) {
  in.fixed(to.meeting, m.meeting());
  to.batch = m.batch();
  to.attempt = m.attempt();
  to.trustee = m.trustee();
  in.at_most(kQuestionsPerBatchMax, m.token_keys_size());
  if (in.refused()) return;
  for (auto const& key : m.token_keys()) {
    in.next(to.token_keys, key.question()) = to_bytes(as_bytes(key.modulus()));
  }
  in.fixed(to.mix_key, m.mix_key());
  in.fixed(to.tally_key, m.tally_key());
  in.pair(to.pok.c, to.pok.s, m.pok());
}
void read(FieldReader& in, v1::BatchOpen const& m, BatchOpen& to) {
  in.fixed(to.meeting, m.meeting());
  to.batch = m.batch();
  to.attempt = m.attempt();
  in.at_most(kQuestionsPerBatchMax, m.questions_size());
  in.at_most(kExpertsMax, m.present_size());
  in.at_most(kExpertsMax * kQuestionsPerBatchMax, m.recusals_size());
  in.at_most(kTrusteesMax, m.keys_size());
  if (in.refused()) return;
  in.ascending(to.questions, m.questions());
  in.ascending(to.present, m.present());
  for (auto const& recusal : m.recusals()) {
    Recusal const next{recusal.person(), recusal.question()};
    if (!to.recusals.empty() && to.recusals.back() >= next) in.refuse(Refusal::kNotCanonical);
    to.recusals.push_back(next);
  }
  for (auto const& leaf : m.keys()) in.fixed(to.keys.emplace_back(), leaf);
  to.paper = m.paper();
}
void read(FieldReader& in, v1::TokenRequest const& m, TokenRequest& to) {
  in.fixed(to.batch_open, m.batch_open());
  to.person = m.person();
  in.fixed(to.digest, m.digest());
}
void read(FieldReader& in, v1::TokensIssued const& m, TokensIssued& to) {
  in.fixed(to.batch_open, m.batch_open());
  to.trustee = m.trustee();
  to.person = m.person();
  in.fixed(to.digest, m.digest());
}
void read(FieldReader& in, v1::EnvelopeCast const& m, EnvelopeCast& to) {
  in.fixed(to.batch_open, m.batch_open());
  to.person = m.person();
  to.sequence = m.sequence();
  in.fixed(to.digest, m.digest());
}
void read(FieldReader& in, v1::BatchClose const& m, BatchClose& to) {
  in.fixed(to.batch_open, m.batch_open());
  in.at_most(kExpertsMax, m.envelopes_size());
  if (in.refused()) return;
  for (auto const& counted : m.envelopes()) in.fixed(in.next(to.envelopes, counted.person()), counted.envelope());
}
void read(FieldReader& in, v1::IssuanceClosed const& m, IssuanceClosed& to) {
  in.fixed(to.batch_open, m.batch_open());
  to.trustee = m.trustee();
  in.at_most(kQuestionsPerBatchMax, m.issued_size());
  if (in.refused()) return;
  for (auto const& count : m.issued()) in.next(to.issued, count.question()) = count.count();
}
void read(FieldReader& in, v1::MixStep const& m, MixStep& to) {
  in.fixed(to.batch_open, m.batch_open());
  to.trustee = m.trustee();
  in.at_most(kQuestionsPerBatchMax, m.counts_size());
  if (in.refused()) return;
  for (auto const& count : m.counts()) in.next(to.counts, count.question()) = {count.count_in(), count.count_out()};
  in.fixed(to.output_hash, m.output_hash());
}
void read(FieldReader& in, v1::BallotBox const& m, BallotBox& to) {
  in.fixed(to.batch_open, m.batch_open());
  in.at_most(kQuestionsPerBatchMax, m.boxes_size());
  if (in.refused()) return;
  for (auto const& box : m.boxes()) {
    in.at_most(kExpertsMax, box.ballots_size());
    in.at_most(kExpertsMax, box.refused_size());
    if (in.refused()) return;
    QuestionBox& question = in.next(to.boxes, box.question());
    // Their order is the state machine's matter (BALLOT_ENCODING), as is everything else about ballots.
    for (auto const& ballot : box.ballots()) question.ballots.push_back(to_bytes(as_bytes(ballot)));
    for (auto const& refused : box.refused()) in.next(question.refused, refused.code()) = refused.count();
  }
}
void read(FieldReader& in, v1::Confirm const& m, Confirm& to) {
  in.fixed(to.batch_open, m.batch_open());
  to.person = m.person();
  in.fixed(to.box, m.box());
  in.at_most(kQuestionsPerBatchMax, m.rows_size());
  if (in.refused()) return;
  for (auto const& row : m.rows()) in.next(to.rows, row.question()) = row.ok();
}
void read(FieldReader& in, v1::Override const& m, Override& to) {
  in.fixed(to.batch_open, m.batch_open());
  in.fixed(to.box, m.box());
  in.at_most(kExpertsMax, m.silent_size());
  in.at_most(kExpertsMax, m.missing_size());
  if (in.refused()) return;
  in.ascending(to.silent, m.silent());
  in.ascending(to.missing, m.missing());
  in.text(to.reason, m.reason());
}
void read(FieldReader& in, v1::TallyShare const& m, TallyShare& to) {
  in.fixed(to.batch_open, m.batch_open());
  to.trustee = m.trustee();
  in.fixed(to.box, m.box());
  in.at_most(kQuestionsPerBatchMax, m.shares_size());
  if (in.refused()) return;
  for (auto const& from : m.shares()) {
    auto& share = in.next(to.shares, from.question());
    in.fixed(share.d, from.share());
    in.pair(share.proof.c, share.proof.s, from.proof());
  }
}
void read(FieldReader& in, v1::Declaration const& m, Declaration& to) {
  in.fixed(to.batch_open, m.batch_open());
  in.at_most(kQuestionsPerBatchMax, m.rows_size());
  if (in.refused()) return;
  for (auto const& row : m.rows()) {
    in.next(to.rows, row.question()) = {row.present(), row.agree(),     row.disagree(),      row.abstain(),
                                        row.invalid(), row.not_cast(),  row.recused(),       row.needed(),
                                        row.passed(),  row.contested(), row.mode_sensitive()};
  }
}
void read(FieldReader& in, v1::Erased const& m, Erased& to) {
  in.fixed(to.batch_open, m.batch_open());
  to.trustee = m.trustee();
}
void read(FieldReader& in, v1::Void const& m, Void& to) {
  in.fixed(to.batch_open, m.batch_open());
  in.at_most(kQuestionsPerBatchMax, m.questions_size());
  if (in.refused()) return;
  in.ascending(to.questions, m.questions());
  in.text(to.reason, m.reason());
  to.shares_lost = m.shares_lost();
}
void read(FieldReader& in, v1::PaperTally const& m, PaperTally& to) {
  in.fixed(to.batch_open, m.batch_open());
  in.at_most(kQuestionsPerBatchMax, m.rows_size());
  if (in.refused()) return;
  for (auto const& row : m.rows()) {
    in.next(to.rows, row.question()) = {row.issued(), row.returned(), row.valid(),  row.invalid(),
                                        row.agree(),  row.disagree(), row.abstain()};
  }
}
void read(FieldReader& in, v1::Incident const& m, Incident& to) {
  in.fixed(to.batch_open, m.batch_open());
  to.person = m.person();
  to.code = m.code();
  in.fixed(to.digest, m.digest());
}
void read(FieldReader& in, v1::MeetingClose const& m, MeetingClose& to) {
  in.fixed(to.meeting, m.meeting());
  to.size = m.size();
  in.fixed(to.root, m.root());
}

template <class Message, class Value>
Result<Body> decode_as(ByteView bytes) {
  Message message;
  if (auto const parsed = protobuf::decode(bytes, message); !parsed) return parsed.error();
  Body body;
  FieldReader reader;
  read(reader, message, body.emplace<Value>());
  if (reader.refused()) return *reader.refused();
  return body;
}

}  // namespace

Result<Body> decode_body(EntryType type, ByteView bytes) {
  if (bytes.size() > kEntryBytesMax) return Refusal::kTooLarge;
  switch (type) {
    case EntryType::kMeetingOpen:
      return decode_as<v1::Manifest, Manifest>(bytes);
    case EntryType::kSignIn:
      return decode_as<v1::SignIn, SignIn>(bytes);
    case EntryType::kSignOut:
      return decode_as<v1::SignOut, SignOut>(bytes);
    case EntryType::kRecuse:
      return decode_as<v1::Recuse, Recuse>(bytes);
    case EntryType::kKeyChange:
      return decode_as<v1::KeyChange, KeyChange>(bytes);
    case EntryType::kInterview:
      return decode_as<v1::Interview, Interview>(bytes);
    case EntryType::kBatchKeys:
      return decode_as<v1::BatchKeys, BatchKeys>(bytes);
    case EntryType::kBatchOpen:
      return decode_as<v1::BatchOpen, BatchOpen>(bytes);
    case EntryType::kTokenRequest:
      return decode_as<v1::TokenRequest, TokenRequest>(bytes);
    case EntryType::kTokensIssued:
      return decode_as<v1::TokensIssued, TokensIssued>(bytes);
    case EntryType::kEnvelopeCast:
      return decode_as<v1::EnvelopeCast, EnvelopeCast>(bytes);
    case EntryType::kBatchClose:
      return decode_as<v1::BatchClose, BatchClose>(bytes);
    case EntryType::kIssuanceClosed:
      return decode_as<v1::IssuanceClosed, IssuanceClosed>(bytes);
    case EntryType::kMixStep:
      return decode_as<v1::MixStep, MixStep>(bytes);
    case EntryType::kBallotBox:
      return decode_as<v1::BallotBox, BallotBox>(bytes);
    case EntryType::kConfirm:
      return decode_as<v1::Confirm, Confirm>(bytes);
    case EntryType::kOverride:
      return decode_as<v1::Override, Override>(bytes);
    case EntryType::kTallyShare:
      return decode_as<v1::TallyShare, TallyShare>(bytes);
    case EntryType::kDeclaration:
      return decode_as<v1::Declaration, Declaration>(bytes);
    case EntryType::kErased:
      return decode_as<v1::Erased, Erased>(bytes);
    case EntryType::kVoid:
      return decode_as<v1::Void, Void>(bytes);
    case EntryType::kPaperTally:
      return decode_as<v1::PaperTally, PaperTally>(bytes);
    case EntryType::kIncident:
      return decode_as<v1::Incident, Incident>(bytes);
    case EntryType::kMeetingClose:
      return decode_as<v1::MeetingClose, MeetingClose>(bytes);
  }
  return Refusal::kUnknownType;
}

Result<Entry> decode_entry(ByteView bytes) {
  if (bytes.size() > kEntryBytesMax) return Refusal::kTooLarge;
  v1::Entry message;
  if (auto const parsed = protobuf::decode(bytes, message); !parsed) return parsed.error();
  if (message.type() == 0 || message.type() > std::variant_size_v<Body>) return Refusal::kUnknownType;
  if (static_cast<std::size_t>(message.signatures_size()) > kSignaturesMax) return Refusal::kTooLarge;

  Entry entry;
  for (auto const& signature : message.signatures()) {
    auto const value = Signature::from(as_bytes(signature.signature()));
    if (!value) return Refusal::kMalformed;
    if (!entry.signatures.empty() && entry.signatures.back().signer >= signature.signer()) {
      return Refusal::kNotCanonical;
    }
    entry.signatures.push_back({signature.signer(), *value});
  }
  entry.body_bytes = to_bytes(as_bytes(message.body()));
  auto body = decode_body(static_cast<EntryType>(message.type()), entry.body_bytes);
  if (!body) return body.error();
  entry.body = std::move(*body);
  return entry;
}

Bytes encode_body(Body const& body) {
  return std::visit([](auto const& value) { return protobuf::encode(message(value)); }, body);
}

Bytes encode_entry(EntryType type, ByteView body_bytes, std::vector<EntrySignature> signatures) {
  std::ranges::sort(signatures, {}, &EntrySignature::signer);
  v1::Entry out;
  out.set_type(static_cast<std::uint32_t>(type));
  out.set_body(body_bytes.data(), body_bytes.size());
  for (EntrySignature const& signature : signatures) {
    auto& to = *out.add_signatures();
    to.set_signer(signature.signer);
    to.set_signature(raw(signature.signature));
  }
  return protobuf::encode(out);
}

EntrySignature sign_body(EntryType type, ByteView body_bytes, PersonId signer, crypto::SigningKey const& key) {
  return {signer, key.sign({crypto::entry_signing_input(name(type), body_bytes)})};
}

Bytes signed_entry(Body const& body, PersonId signer, crypto::SigningKey const& key) {
  Bytes const bytes = encode_body(body);
  return encode_entry(type_of(body), bytes, {sign_body(type_of(body), bytes, signer, key)});
}

Hash proposal_id(EntryType type, ByteView body_bytes) {
  Bytes number;
  append_u32be(number, static_cast<std::uint32_t>(type));
  return crypto::sha256({number, body_bytes});
}

Bytes possession_input(std::array<std::uint8_t, 16> const& meeting_id, PersonId person, SigningPublicKey const& ik,
                       SigningPublicKey const& wk) {
  Bytes out = to_bytes(as_bytes(crypto::domain::kKeyPossession));
  out.push_back(0);
  piaojue::append(out, meeting_id);
  append_u32be(out, person);
  piaojue::append(out, ik.view());
  piaojue::append(out, wk.view());
  return out;
}

}  // namespace piaojue::meeting
