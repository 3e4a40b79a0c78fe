// SPDX-License-Identifier: Apache-2.0
#include "protocol/meeting/codec/messages.h"

namespace piaojue::meeting::codec {

v2::BatchKeys message(BatchKeys const& e) {
  v2::BatchKeys out;
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

void read(FieldReader& in, v2::BatchKeys const& m, BatchKeys& to) {
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

v2::BatchOpen message(BatchOpen const& e) {
  v2::BatchOpen out;
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
  for (Hash const& leaf : e.unwitnessed) out.add_unwitnessed(raw(leaf));
  return out;
}

void read(FieldReader& in, v2::BatchOpen const& m, BatchOpen& to) {
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
  in.hashes(to.unwitnessed, m.unwitnessed());
}

}  // namespace piaojue::meeting::codec
