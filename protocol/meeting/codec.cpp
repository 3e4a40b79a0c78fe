// SPDX-License-Identifier: Apache-2.0
#include "protocol/meeting/codec.h"

#include "crypto/domain.h"
#include "protocol/meeting/codec/messages.h"
#include "protocol/meeting/protobuf.h"

namespace piaojue::meeting {

namespace {

/// Everybody and the server.
constexpr std::size_t kSignaturesMax = kPeopleMax + 1;

template <class Message, class Value>
Result<Body> decode_as(ByteView bytes) {
  Message message;
  if (auto const parsed = protobuf::decode(bytes, message); !parsed) return parsed.error();
  Body body;
  codec::FieldReader reader;
  codec::read(reader, message, body.emplace<Value>());
  if (reader.refused()) return *reader.refused();
  return body;
}

}  // namespace

Result<Body> decode_body(EntryType type, ByteView bytes) {
  if (bytes.size() > kEntryBytesMax) return Refusal::kTooLarge;
  switch (type) {
    case EntryType::kMeetingOpen:
      return decode_as<v2::Manifest, Manifest>(bytes);
    case EntryType::kSignIn:
      return decode_as<v2::SignIn, SignIn>(bytes);
    case EntryType::kSignOut:
      return decode_as<v2::SignOut, SignOut>(bytes);
    case EntryType::kRecuse:
      return decode_as<v2::Recuse, Recuse>(bytes);
    case EntryType::kKeyChange:
      return decode_as<v2::KeyChange, KeyChange>(bytes);
    case EntryType::kInterview:
      return decode_as<v2::Interview, Interview>(bytes);
    case EntryType::kBatchKeys:
      return decode_as<v2::BatchKeys, BatchKeys>(bytes);
    case EntryType::kBatchOpen:
      return decode_as<v2::BatchOpen, BatchOpen>(bytes);
    case EntryType::kTokenRequest:
      return decode_as<v2::TokenRequest, TokenRequest>(bytes);
    case EntryType::kTokensIssued:
      return decode_as<v2::TokensIssued, TokensIssued>(bytes);
    case EntryType::kEnvelopeCast:
      return decode_as<v2::EnvelopeCast, EnvelopeCast>(bytes);
    case EntryType::kBatchClose:
      return decode_as<v2::BatchClose, BatchClose>(bytes);
    case EntryType::kIssuanceClosed:
      return decode_as<v2::IssuanceClosed, IssuanceClosed>(bytes);
    case EntryType::kMixStep:
      return decode_as<v2::MixStep, MixStep>(bytes);
    case EntryType::kBallotBox:
      return decode_as<v2::BallotBox, BallotBox>(bytes);
    case EntryType::kConfirm:
      return decode_as<v2::Confirm, Confirm>(bytes);
    case EntryType::kOverride:
      return decode_as<v2::Override, Override>(bytes);
    case EntryType::kTallyShare:
      return decode_as<v2::TallyShare, TallyShare>(bytes);
    case EntryType::kDeclaration:
      return decode_as<v2::Declaration, Declaration>(bytes);
    case EntryType::kErased:
      return decode_as<v2::Erased, Erased>(bytes);
    case EntryType::kVoid:
      return decode_as<v2::Void, Void>(bytes);
    case EntryType::kPaperTally:
      return decode_as<v2::PaperTally, PaperTally>(bytes);
    case EntryType::kIncident:
      return decode_as<v2::Incident, Incident>(bytes);
    case EntryType::kMeetingClose:
      return decode_as<v2::MeetingClose, MeetingClose>(bytes);
    case EntryType::kTrusteeChange:
      return decode_as<v2::TrusteeChange, TrusteeChange>(bytes);
    case EntryType::kEnvelopeSpoil:
      return decode_as<v2::EnvelopeSpoil, EnvelopeSpoil>(bytes);
    case EntryType::kCheckResult:
      return decode_as<v2::CheckResult, CheckResult>(bytes);
  }
  return Refusal::kUnknownType;
}

Result<Entry> decode_entry(ByteView bytes) {
  if (bytes.size() > kEntryBytesMax) return Refusal::kTooLarge;
  v2::Entry message;
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
  return std::visit([](auto const& value) { return protobuf::encode(codec::message(value)); }, body);
}

Bytes encode_entry(EntryType type, ByteView body_bytes, std::vector<EntrySignature> signatures) {
  std::ranges::sort(signatures, {}, &EntrySignature::signer);
  v2::Entry out;
  out.set_type(static_cast<std::uint32_t>(type));
  out.set_body(body_bytes.data(), body_bytes.size());
  for (EntrySignature const& signature : signatures) {
    auto& to = *out.add_signatures();
    to.set_signer(signature.signer);
    to.set_signature(codec::raw(signature.signature));
  }
  return protobuf::encode(out);
}

EntrySignature sign_body(EntryType type, ByteView body_bytes, PersonId signer, crypto::SigningKey const& key) {
  return {signer, key.sign({crypto::entry_signing_input(name(type), body_bytes)})};
}

Made made(Body body, PersonId signer, crypto::SigningKey const& key) {
  Entry entry{encode_body(body), std::move(body), {}};
  entry.signatures = {sign_body(entry.type(), entry.body_bytes, signer, key)};
  auto bytes = encode_entry(entry.type(), entry.body_bytes, entry.signatures);
  return {std::move(entry), std::move(bytes)};
}

Made made(Body body) {
  Entry entry{encode_body(body), std::move(body), {}};
  auto bytes = encode_entry(entry.type(), entry.body_bytes, {});
  return {std::move(entry), std::move(bytes)};
}

Bytes signed_entry(Body body, PersonId signer, crypto::SigningKey const& key) {
  return made(std::move(body), signer, key).bytes;
}

Hash proposal_id(EntryType type, ByteView body_bytes) {
  Bytes number;
  append_u32be(number, static_cast<std::uint32_t>(type));
  return crypto::sha256({number, body_bytes});
}

Bytes possession_input(std::array<std::uint8_t, 16> const& meeting_id, PersonId person, SigningPublicKey const& ik,
                       SigningPublicKey const& wk, BoxPublicKey const& bk) {
  Bytes out = to_bytes(as_bytes(crypto::domain::kKeyPossession));
  out.push_back(0);
  piaojue::append(out, meeting_id);
  append_u32be(out, person);
  piaojue::append(out, ik.view());
  piaojue::append(out, wk.view());
  piaojue::append(out, bk.view());
  return out;
}

}  // namespace piaojue::meeting
