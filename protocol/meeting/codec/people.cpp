// SPDX-License-Identifier: Apache-2.0
#include "protocol/meeting/codec/messages.h"

namespace piaojue::meeting::codec {

v1::SignIn message(SignIn const& e) {
  v1::SignIn out;
  out.set_meeting(raw(e.meeting));
  out.set_person(e.person);
  out.set_sequence(e.sequence);
  return out;
}

void read(FieldReader& in, v1::SignIn const& m, SignIn& to) {
  in.fixed(to.meeting, m.meeting());
  to.person = m.person();
  to.sequence = m.sequence();
}

v1::SignOut message(SignOut const& e) {
  v1::SignOut out;
  out.set_meeting(raw(e.meeting));
  out.set_person(e.person);
  out.set_sequence(e.sequence);
  out.set_reason(e.reason);
  return out;
}

void read(FieldReader& in, v1::SignOut const& m, SignOut& to) {
  in.fixed(to.meeting, m.meeting());
  to.person = m.person();
  to.sequence = m.sequence();
  in.text(to.reason, m.reason());
}

v1::Recuse message(Recuse const& e) {
  v1::Recuse out;
  out.set_meeting(raw(e.meeting));
  out.set_person(e.person);
  out.set_question(e.question);
  out.set_reason(e.reason);
  return out;
}

void read(FieldReader& in, v1::Recuse const& m, Recuse& to) {
  in.fixed(to.meeting, m.meeting());
  to.person = m.person();
  to.question = m.question();
  in.text(to.reason, m.reason());
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

void read(FieldReader& in, v1::KeyChange const& m, KeyChange& to) {
  in.fixed(to.meeting, m.meeting());
  to.person = m.person();
  in.fixed(to.identity_key, m.identity_key());
  in.fixed(to.witness_key, m.witness_key());
  in.fixed(to.possession, m.possession());
  in.text(to.reason, m.reason());
}

v1::Interview message(Interview const& e) {
  v1::Interview out;
  out.set_meeting(raw(e.meeting));
  out.set_question(e.question);
  out.set_summary(e.summary);
  out.set_document(raw(e.document));
  return out;
}

void read(FieldReader& in, v1::Interview const& m, Interview& to) {
  in.fixed(to.meeting, m.meeting());
  to.question = m.question();
  in.text(to.summary, m.summary());
  in.fixed(to.document, m.document());
}

}  // namespace piaojue::meeting::codec
