// SPDX-License-Identifier: Apache-2.0
#pragma once
/// Private to this room: each entry's body as its Protobuf message and back. `message` is total; what `read` finds
/// wrong with a field or a list it says to the reader, and the value is thrown away. One file a part of a meeting.
#include "piaojue/v2/entries.pb.h"
#include "piaojue/v2/manifest.pb.h"
#include "protocol/meeting/codec/fields.h"
#include "protocol/meeting/entry.h"

namespace piaojue::meeting::codec {

// manifest.cpp
v2::Manifest message(Manifest const& m);
void read(FieldReader& in, v2::Manifest const& m, Manifest& to);
v2::MeetingClose message(MeetingClose const& e);
void read(FieldReader& in, v2::MeetingClose const& m, MeetingClose& to);

// people.cpp
v2::SignIn message(SignIn const& e);
void read(FieldReader& in, v2::SignIn const& m, SignIn& to);
v2::SignOut message(SignOut const& e);
void read(FieldReader& in, v2::SignOut const& m, SignOut& to);
v2::Recuse message(Recuse const& e);
void read(FieldReader& in, v2::Recuse const& m, Recuse& to);
v2::RecuseBack message(RecuseBack const& e);
void read(FieldReader& in, v2::RecuseBack const& m, RecuseBack& to);
v2::KeyChange message(KeyChange const& e);
void read(FieldReader& in, v2::KeyChange const& m, KeyChange& to);
v2::TrusteeChange message(TrusteeChange const& e);
void read(FieldReader& in, v2::TrusteeChange const& m, TrusteeChange& to);
v2::Interview message(Interview const& e);
void read(FieldReader& in, v2::Interview const& m, Interview& to);

// opening.cpp
v2::BatchKeys message(BatchKeys const& e);
void read(FieldReader& in, v2::BatchKeys const& m, BatchKeys& to);
v2::BatchOpen message(BatchOpen const& e);
void read(FieldReader& in, v2::BatchOpen const& m, BatchOpen& to);

// voting.cpp
v2::TokenRequest message(TokenRequest const& e);
void read(FieldReader& in, v2::TokenRequest const& m, TokenRequest& to);
v2::TokensIssued message(TokensIssued const& e);
void read(FieldReader& in, v2::TokensIssued const& m, TokensIssued& to);
v2::EnvelopeCast message(EnvelopeCast const& e);
void read(FieldReader& in, v2::EnvelopeCast const& m, EnvelopeCast& to);
v2::EnvelopeSpoil message(EnvelopeSpoil const& e);
void read(FieldReader& in, v2::EnvelopeSpoil const& m, EnvelopeSpoil& to);
v2::CheckResult message(CheckResult const& e);
void read(FieldReader& in, v2::CheckResult const& m, CheckResult& to);
v2::BatchClose message(BatchClose const& e);
void read(FieldReader& in, v2::BatchClose const& m, BatchClose& to);
v2::IssuanceClosed message(IssuanceClosed const& e);
void read(FieldReader& in, v2::IssuanceClosed const& m, IssuanceClosed& to);
v2::MixStep message(MixStep const& e);
void read(FieldReader& in, v2::MixStep const& m, MixStep& to);
v2::BallotBox message(BallotBox const& e);
void read(FieldReader& in, v2::BallotBox const& m, BallotBox& to);
v2::Incident message(Incident const& e);
void read(FieldReader& in, v2::Incident const& m, Incident& to);

// counting.cpp
v2::Confirm message(Confirm const& e);
void read(FieldReader& in, v2::Confirm const& m, Confirm& to);
v2::Override message(Override const& e);
void read(FieldReader& in, v2::Override const& m, Override& to);
v2::TallyShare message(TallyShare const& e);
void read(FieldReader& in, v2::TallyShare const& m, TallyShare& to);
v2::Declaration message(Declaration const& e);
void read(FieldReader& in, v2::Declaration const& m, Declaration& to);
v2::Void message(Void const& e);
void read(FieldReader& in, v2::Void const& m, Void& to);
v2::PaperTally message(PaperTally const& e);
void read(FieldReader& in, v2::PaperTally const& m, PaperTally& to);
v2::Erased message(Erased const& e);
void read(FieldReader& in, v2::Erased const& m, Erased& to);

}  // namespace piaojue::meeting::codec
