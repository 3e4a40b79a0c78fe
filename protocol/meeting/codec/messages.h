// SPDX-License-Identifier: Apache-2.0
#pragma once
/// Private to this room: each entry's body as its Protobuf message and back. `message` is total; what `read` finds
/// wrong with a field or a list it says to the reader, and the value is thrown away. One file a part of a meeting.
#include "piaojue/v1/entries.pb.h"
#include "piaojue/v1/manifest.pb.h"
#include "protocol/meeting/codec/fields.h"
#include "protocol/meeting/entry.h"

namespace piaojue::meeting::codec {

// manifest.cpp
v1::Manifest message(Manifest const& m);
void read(FieldReader& in, v1::Manifest const& m, Manifest& to);
v1::MeetingClose message(MeetingClose const& e);
void read(FieldReader& in, v1::MeetingClose const& m, MeetingClose& to);

// people.cpp
v1::SignIn message(SignIn const& e);
void read(FieldReader& in, v1::SignIn const& m, SignIn& to);
v1::SignOut message(SignOut const& e);
void read(FieldReader& in, v1::SignOut const& m, SignOut& to);
v1::Recuse message(Recuse const& e);
void read(FieldReader& in, v1::Recuse const& m, Recuse& to);
v1::KeyChange message(KeyChange const& e);
void read(FieldReader& in, v1::KeyChange const& m, KeyChange& to);
v1::Interview message(Interview const& e);
void read(FieldReader& in, v1::Interview const& m, Interview& to);

// opening.cpp
v1::BatchKeys message(BatchKeys const& e);
void read(FieldReader& in, v1::BatchKeys const& m, BatchKeys& to);
v1::BatchOpen message(BatchOpen const& e);
void read(FieldReader& in, v1::BatchOpen const& m, BatchOpen& to);

// voting.cpp
v1::TokenRequest message(TokenRequest const& e);
void read(FieldReader& in, v1::TokenRequest const& m, TokenRequest& to);
v1::TokensIssued message(TokensIssued const& e);
void read(FieldReader& in, v1::TokensIssued const& m, TokensIssued& to);
v1::EnvelopeCast message(EnvelopeCast const& e);
void read(FieldReader& in, v1::EnvelopeCast const& m, EnvelopeCast& to);
v1::BatchClose message(BatchClose const& e);
void read(FieldReader& in, v1::BatchClose const& m, BatchClose& to);
v1::IssuanceClosed message(IssuanceClosed const& e);
void read(FieldReader& in, v1::IssuanceClosed const& m, IssuanceClosed& to);
v1::MixStep message(MixStep const& e);
void read(FieldReader& in, v1::MixStep const& m, MixStep& to);
v1::BallotBox message(BallotBox const& e);
void read(FieldReader& in, v1::BallotBox const& m, BallotBox& to);
v1::Incident message(Incident const& e);
void read(FieldReader& in, v1::Incident const& m, Incident& to);

// counting.cpp
v1::Confirm message(Confirm const& e);
void read(FieldReader& in, v1::Confirm const& m, Confirm& to);
v1::Override message(Override const& e);
void read(FieldReader& in, v1::Override const& m, Override& to);
v1::TallyShare message(TallyShare const& e);
void read(FieldReader& in, v1::TallyShare const& m, TallyShare& to);
v1::Declaration message(Declaration const& e);
void read(FieldReader& in, v1::Declaration const& m, Declaration& to);
v1::Void message(Void const& e);
void read(FieldReader& in, v1::Void const& m, Void& to);
v1::PaperTally message(PaperTally const& e);
void read(FieldReader& in, v1::PaperTally const& m, PaperTally& to);
v1::Erased message(Erased const& e);
void read(FieldReader& in, v1::Erased const& m, Erased& to);

}  // namespace piaojue::meeting::codec
