// SPDX-License-Identifier: Apache-2.0
#include "protocol/meeting/codec/messages.h"

namespace piaojue::meeting::codec {

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

void read(FieldReader& in, v1::Confirm const& m, Confirm& to) {
  in.fixed(to.batch_open, m.batch_open());
  to.person = m.person();
  in.fixed(to.box, m.box());
  in.at_most(kQuestionsPerBatchMax, m.rows_size());
  if (in.refused()) return;
  for (auto const& row : m.rows()) in.next(to.rows, row.question()) = row.ok();
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

v1::Void message(Void const& e) {
  v1::Void out;
  out.set_batch_open(raw(e.batch_open));
  for (QuestionId const q : e.questions) out.add_questions(q);
  out.set_reason(e.reason);
  out.set_shares_lost(e.shares_lost);
  return out;
}

void read(FieldReader& in, v1::Void const& m, Void& to) {
  in.fixed(to.batch_open, m.batch_open());
  in.at_most(kQuestionsPerBatchMax, m.questions_size());
  if (in.refused()) return;
  in.ascending(to.questions, m.questions());
  in.text(to.reason, m.reason());
  to.shares_lost = m.shares_lost();
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

void read(FieldReader& in, v1::PaperTally const& m, PaperTally& to) {
  in.fixed(to.batch_open, m.batch_open());
  in.at_most(kQuestionsPerBatchMax, m.rows_size());
  if (in.refused()) return;
  for (auto const& row : m.rows()) {
    in.next(to.rows, row.question()) = {row.issued(), row.returned(), row.valid(),  row.invalid(),
                                        row.agree(),  row.disagree(), row.abstain()};
  }
}

v1::Erased message(Erased const& e) {
  v1::Erased out;
  out.set_batch_open(raw(e.batch_open));
  out.set_trustee(e.trustee);
  return out;
}

void read(FieldReader& in, v1::Erased const& m, Erased& to) {
  in.fixed(to.batch_open, m.batch_open());
  to.trustee = m.trustee();
}

}  // namespace piaojue::meeting::codec
