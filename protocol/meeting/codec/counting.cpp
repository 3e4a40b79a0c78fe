// SPDX-License-Identifier: Apache-2.0
#include "protocol/meeting/codec/messages.h"

namespace piaojue::meeting::codec {

v2::Confirm message(Confirm const& e) {
  v2::Confirm out;
  out.set_batch_open(raw(e.batch_open));
  out.set_person(e.person);
  out.set_box(raw(e.box));
  for (auto const& [q, verdict] : e.rows) {
    auto& to = *out.add_rows();
    to.set_question(q);
    to.set_verdict(static_cast<v2::ConfirmVerdict>(verdict));
  }
  return out;
}

void read(FieldReader& in, v2::Confirm const& m, Confirm& to) {
  in.fixed(to.batch_open, m.batch_open());
  to.person = m.person();
  in.fixed(to.box, m.box());
  in.at_most(kQuestionsPerBatchMax, m.rows_size());
  if (in.refused()) return;
  for (auto const& row : m.rows()) {
    in.one_of(in.next(to.rows, row.question()), row.verdict(),
              {ConfirmVerdict::kOk, ConfirmVerdict::kMissing, ConfirmVerdict::kNotCast});
  }
}

v2::Override message(Override const& e) {
  v2::Override out;
  out.set_batch_open(raw(e.batch_open));
  out.set_box(raw(e.box));
  for (auto const& [person, missing] : e.people) {
    auto& to = *out.add_people();
    to.set_person(person);
    to.set_missing(missing);
  }
  out.set_reason(e.reason);
  return out;
}

void read(FieldReader& in, v2::Override const& m, Override& to) {
  in.fixed(to.batch_open, m.batch_open());
  in.fixed(to.box, m.box());
  in.at_most(kExpertsMax, m.people_size());
  if (in.refused()) return;
  for (auto const& named : m.people()) in.next(to.people, named.person()) = named.missing();
  in.text(to.reason, m.reason());
}

v2::TallyShare message(TallyShare const& e) {
  v2::TallyShare out;
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

void read(FieldReader& in, v2::TallyShare const& m, TallyShare& to) {
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

v2::Declaration message(Declaration const& e) {
  v2::Declaration out;
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

void read(FieldReader& in, v2::Declaration const& m, Declaration& to) {
  in.fixed(to.batch_open, m.batch_open());
  in.at_most(kQuestionsPerBatchMax, m.rows_size());
  if (in.refused()) return;
  for (auto const& row : m.rows()) {
    in.next(to.rows, row.question()) = {row.present(), row.agree(),     row.disagree(),      row.abstain(),
                                        row.invalid(), row.not_cast(),  row.recused(),       row.needed(),
                                        row.passed(),  row.contested(), row.mode_sensitive()};
  }
}

v2::Void message(Void const& e) {
  v2::Void out;
  out.set_batch_open(raw(e.batch_open));
  for (QuestionId const q : e.questions) out.add_questions(q);
  out.set_reason(e.reason);
  return out;
}

void read(FieldReader& in, v2::Void const& m, Void& to) {
  in.fixed(to.batch_open, m.batch_open());
  in.at_most(kQuestionsPerBatchMax, m.questions_size());
  if (in.refused()) return;
  in.ascending(to.questions, m.questions());
  in.text(to.reason, m.reason());
}

v2::PaperTally message(PaperTally const& e) {
  v2::PaperTally out;
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

void read(FieldReader& in, v2::PaperTally const& m, PaperTally& to) {
  in.fixed(to.batch_open, m.batch_open());
  in.at_most(kQuestionsPerBatchMax, m.rows_size());
  if (in.refused()) return;
  for (auto const& row : m.rows()) {
    in.next(to.rows, row.question()) = {row.issued(), row.returned(), row.valid(),  row.invalid(),
                                        row.agree(),  row.disagree(), row.abstain()};
  }
}

v2::Erased message(Erased const& e) {
  v2::Erased out;
  out.set_batch_open(raw(e.batch_open));
  out.set_trustee(e.trustee);
  return out;
}

void read(FieldReader& in, v2::Erased const& m, Erased& to) {
  in.fixed(to.batch_open, m.batch_open());
  to.trustee = m.trustee();
}

}  // namespace piaojue::meeting::codec
