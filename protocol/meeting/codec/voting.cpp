// SPDX-License-Identifier: Apache-2.0
#include "protocol/meeting/codec/messages.h"

namespace piaojue::meeting::codec {

v2::TokenRequest message(TokenRequest const& e) {
  v2::TokenRequest out;
  out.set_batch_open(raw(e.batch_open));
  out.set_person(e.person);
  out.set_cast(e.cast);
  out.set_digest(raw(e.digest));
  return out;
}

void read(FieldReader& in, v2::TokenRequest const& m, TokenRequest& to) {
  in.fixed(to.batch_open, m.batch_open());
  to.person = m.person();
  to.cast = m.cast();
  in.fixed(to.digest, m.digest());
}

v2::TokensIssued message(TokensIssued const& e) {
  v2::TokensIssued out;
  out.set_batch_open(raw(e.batch_open));
  out.set_trustee(e.trustee);
  out.set_person(e.person);
  out.set_cast(e.cast);
  out.set_digest(raw(e.digest));
  return out;
}

void read(FieldReader& in, v2::TokensIssued const& m, TokensIssued& to) {
  in.fixed(to.batch_open, m.batch_open());
  to.trustee = m.trustee();
  to.person = m.person();
  to.cast = m.cast();
  in.fixed(to.digest, m.digest());
}

v2::EnvelopeCast message(EnvelopeCast const& e) {
  v2::EnvelopeCast out;
  out.set_batch_open(raw(e.batch_open));
  out.set_person(e.person);
  out.set_cast(e.cast);
  out.set_digest(raw(e.digest));
  return out;
}

void read(FieldReader& in, v2::EnvelopeCast const& m, EnvelopeCast& to) {
  in.fixed(to.batch_open, m.batch_open());
  to.person = m.person();
  to.cast = m.cast();
  in.fixed(to.digest, m.digest());
}

v2::EnvelopeSpoil message(EnvelopeSpoil const& e) {
  v2::EnvelopeSpoil out;
  out.set_batch_open(raw(e.batch_open));
  out.set_person(e.person);
  out.set_cast(e.cast);
  for (auto const& [q, pk_v] : e.spent) {
    auto& to = *out.add_spent();
    to.set_question(q);
    to.set_pk_v(raw(pk_v));
  }
  out.set_supervisor(e.supervisor);
  return out;
}

void read(FieldReader& in, v2::EnvelopeSpoil const& m, EnvelopeSpoil& to) {
  in.fixed(to.batch_open, m.batch_open());
  to.person = m.person();
  to.cast = m.cast();
  in.at_most(kQuestionsPerBatchMax, m.spent_size());
  if (in.refused()) return;
  for (auto const& spent : m.spent()) in.fixed(in.next(to.spent, spent.question()), spent.pk_v());
  to.supervisor = m.supervisor();
}

v2::CheckResult message(CheckResult const& e) {
  v2::CheckResult out;
  out.set_batch_open(raw(e.batch_open));
  out.set_person(e.person);
  out.set_cast(e.cast);
  out.set_verdict(static_cast<v2::CheckVerdict>(e.verdict));
  return out;
}

void read(FieldReader& in, v2::CheckResult const& m, CheckResult& to) {
  in.fixed(to.batch_open, m.batch_open());
  to.person = m.person();
  to.cast = m.cast();
  in.one_of(to.verdict, m.verdict(), {CheckVerdict::kAgrees, CheckVerdict::kDiffers, CheckVerdict::kUnopened});
}

v2::BatchClose message(BatchClose const& e) {
  v2::BatchClose out;
  out.set_batch_open(raw(e.batch_open));
  for (auto const& [person, envelope] : e.envelopes) {
    auto& to = *out.add_envelopes();
    to.set_person(person);
    to.set_envelope(raw(envelope));
  }
  for (PersonId const person : e.without) out.add_without(person);
  return out;
}

void read(FieldReader& in, v2::BatchClose const& m, BatchClose& to) {
  in.fixed(to.batch_open, m.batch_open());
  in.at_most(kExpertsMax, m.envelopes_size());
  in.at_most(kExpertsMax, m.without_size());
  if (in.refused()) return;
  for (auto const& counted : m.envelopes()) in.fixed(in.next(to.envelopes, counted.person()), counted.envelope());
  in.ascending(to.without, m.without());
}

v2::IssuanceClosed message(IssuanceClosed const& e) {
  v2::IssuanceClosed out;
  out.set_batch_open(raw(e.batch_open));
  out.set_trustee(e.trustee);
  for (auto const& [q, count] : e.issued) {
    auto& to = *out.add_issued();
    to.set_question(q);
    to.set_count(count);
  }
  return out;
}

void read(FieldReader& in, v2::IssuanceClosed const& m, IssuanceClosed& to) {
  in.fixed(to.batch_open, m.batch_open());
  to.trustee = m.trustee();
  in.at_most(kQuestionsPerBatchMax, m.issued_size());
  if (in.refused()) return;
  for (auto const& count : m.issued()) in.next(to.issued, count.question()) = count.count();
}

v2::MixStep message(MixStep const& e) {
  v2::MixStep out;
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

void read(FieldReader& in, v2::MixStep const& m, MixStep& to) {
  in.fixed(to.batch_open, m.batch_open());
  to.trustee = m.trustee();
  in.at_most(kQuestionsPerBatchMax, m.counts_size());
  if (in.refused()) return;
  for (auto const& count : m.counts()) in.next(to.counts, count.question()) = {count.count_in(), count.count_out()};
  in.fixed(to.output_hash, m.output_hash());
}

v2::BallotBox message(BallotBox const& e) {
  v2::BallotBox out;
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

void read(FieldReader& in, v2::BallotBox const& m, BallotBox& to) {
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

v2::Incident message(Incident const& e) {
  v2::Incident out;
  out.set_batch_open(raw(e.batch_open));
  out.set_person(e.person);
  out.set_code(e.code);
  out.set_digest(raw(e.digest));
  return out;
}

void read(FieldReader& in, v2::Incident const& m, Incident& to) {
  in.fixed(to.batch_open, m.batch_open());
  to.person = m.person();
  to.code = m.code();
  in.fixed(to.digest, m.digest());
}

}  // namespace piaojue::meeting::codec
