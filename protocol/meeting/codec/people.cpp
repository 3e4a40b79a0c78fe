// SPDX-License-Identifier: Apache-2.0
#include "protocol/meeting/codec/messages.h"

namespace piaojue::meeting::codec {

v2::SignIn message(SignIn const& e) {
  v2::SignIn out;
  out.set_meeting(raw(e.meeting));
  out.set_person(e.person);
  out.set_sequence(e.sequence);
  return out;
}

void read(FieldReader& in, v2::SignIn const& m, SignIn& to) {
  in.fixed(to.meeting, m.meeting());
  to.person = m.person();
  to.sequence = m.sequence();
}

v2::SignOut message(SignOut const& e) {
  v2::SignOut out;
  out.set_meeting(raw(e.meeting));
  out.set_person(e.person);
  out.set_sequence(e.sequence);
  out.set_reason(e.reason);
  out.set_batch_open(raw(e.batch_open));
  out.set_not_cast(e.not_cast);
  out.set_size(e.size);
  out.set_root(raw(e.root));
  return out;
}

void read(FieldReader& in, v2::SignOut const& m, SignOut& to) {
  in.fixed(to.meeting, m.meeting());
  to.person = m.person();
  to.sequence = m.sequence();
  in.text(to.reason, m.reason());
  in.fixed(to.batch_open, m.batch_open());
  to.not_cast = m.not_cast();
  to.size = m.size();
  in.fixed(to.root, m.root());
}

namespace {

/// Recuse and RecuseBack have the same fields.
template <class Message, class E>
Message recusal_message(E const& e) {
  Message out;
  out.set_meeting(raw(e.meeting));
  out.set_person(e.person);
  out.set_question(e.question);
  out.set_reason(e.reason);
  out.set_sequence(e.sequence);
  return out;
}

template <class Message, class E>
void read_recusal(FieldReader& in, Message const& m, E& to) {
  in.fixed(to.meeting, m.meeting());
  to.person = m.person();
  to.question = m.question();
  in.text(to.reason, m.reason());
  to.sequence = m.sequence();
}

}  // namespace

v2::Recuse message(Recuse const& e) { return recusal_message<v2::Recuse>(e); }
void read(FieldReader& in, v2::Recuse const& m, Recuse& to) { read_recusal(in, m, to); }
v2::RecuseBack message(RecuseBack const& e) { return recusal_message<v2::RecuseBack>(e); }
void read(FieldReader& in, v2::RecuseBack const& m, RecuseBack& to) { read_recusal(in, m, to); }

v2::KeyChange message(KeyChange const& e) {
  v2::KeyChange out;
  out.set_meeting(raw(e.meeting));
  out.set_person(e.person);
  out.set_identity_key(raw(e.identity_key));
  out.set_witness_key(raw(e.witness_key));
  out.set_box_key(raw(e.box_key));
  out.set_possession(raw(e.possession));
  out.set_reason(e.reason);
  return out;
}

void read(FieldReader& in, v2::KeyChange const& m, KeyChange& to) {
  in.fixed(to.meeting, m.meeting());
  to.person = m.person();
  in.fixed(to.identity_key, m.identity_key());
  in.fixed(to.witness_key, m.witness_key());
  in.fixed(to.box_key, m.box_key());
  in.fixed(to.possession, m.possession());
  in.text(to.reason, m.reason());
}

v2::TrusteeChange message(TrusteeChange const& e) {
  v2::TrusteeChange out;
  out.set_meeting(raw(e.meeting));
  out.set_trustee(e.trustee);
  out.set_person(e.person);
  out.set_reason(e.reason);
  return out;
}

void read(FieldReader& in, v2::TrusteeChange const& m, TrusteeChange& to) {
  in.fixed(to.meeting, m.meeting());
  to.trustee = m.trustee();
  to.person = m.person();
  in.text(to.reason, m.reason());
}

v2::Interview message(Interview const& e) {
  v2::Interview out;
  out.set_meeting(raw(e.meeting));
  out.set_question(e.question);
  out.set_summary(e.summary);
  out.set_document(raw(e.document));
  return out;
}

void read(FieldReader& in, v2::Interview const& m, Interview& to) {
  in.fixed(to.meeting, m.meeting());
  to.question = m.question();
  in.text(to.summary, m.summary());
  in.fixed(to.document, m.document());
}

}  // namespace piaojue::meeting::codec
