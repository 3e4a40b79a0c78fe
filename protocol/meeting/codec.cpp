// SPDX-License-Identifier: Apache-2.0
#include "protocol/meeting/codec.h"

#include "crypto/domain.h"
#include "protocol/meeting/codec/messages.h"
#include "protocol/meeting/protobuf.h"

namespace piaojue::meeting {

namespace {

/// Elements of all repeated fields of a body: what the bounds of §2.3 let the largest one have.
std::size_t elements_max(EntryType type) {
  constexpr std::size_t kPerQuestion = kQuestionsPerBatchMax;
  constexpr std::size_t kPerExpert = kExpertsMax;
  constexpr std::size_t kResults = kCandidatesMax;  // that a BatchOpen or MeetingClose names unwitnessed
  switch (type) {
    case EntryType::kMeetingOpen:
      // Every candidate stands in the list of one batch; there are no more batches than candidates.
      return kPeopleMax + kTrusteesMax + 3 * kCandidatesMax + kAttachmentsAllMax;
    case EntryType::kBatchOpen:
      return kPerQuestion + kPerExpert + kPerExpert * kPerQuestion + kTrusteesMax + kResults;
    case EntryType::kBatchClose:
      return 2 * kPerExpert;
    case EntryType::kBallotBox:
      return kPerQuestion * (1 + 2 * kPerExpert);
    case EntryType::kOverride:
      return kPerExpert;
    case EntryType::kMeetingClose:
      return kResults;
    default:
      return kPerQuestion;
  }
}

template <class Message, class Value>
Result<Body> decode_as(EntryType type, ByteView bytes) {
  Message message;
  if (auto const parsed = protobuf::decode(bytes, message, elements_max(type)); !parsed) return parsed.error();
  Body body;
  codec::FieldReader reader;
  codec::read(reader, message, body.emplace<Value>());
  if (reader.refused()) return *reader.refused();
  return body;
}

}  // namespace

std::size_t entry_bytes_max(EntryType type) {
  switch (type) {
    case EntryType::kMeetingOpen:
    case EntryType::kBallotBox:
      return kEntryBytesMax;
    case EntryType::kBatchOpen:
    case EntryType::kBatchClose:
    case EntryType::kDeclaration:
    case EntryType::kPaperTally:
    case EntryType::kMeetingClose:
      return 1u << 20;
    case EntryType::kBatchKeys:
      return 128u << 10;
    default:
      return 64u << 10;
  }
}

std::size_t signatures_max(EntryType type) {
  switch (type) {
    case EntryType::kSignIn:
    case EntryType::kInterview:
    case EntryType::kBatchKeys:
    case EntryType::kTokenRequest:
    case EntryType::kTokensIssued:
    case EntryType::kEnvelopeCast:
    case EntryType::kIssuanceClosed:
    case EntryType::kMixStep:
    case EntryType::kBallotBox:
    case EntryType::kConfirm:
    case EntryType::kTallyShare:
    case EntryType::kErased:
    case EntryType::kIncident:
      return 1;
    default:
      // An office or a committee, who may be nearly everybody.
      return kPeopleMax;
  }
}

Result<Body> decode_body(EntryType type, ByteView bytes) {
  if (bytes.size() > entry_bytes_max(type)) return Refusal::kTooLarge;
  switch (type) {
    case EntryType::kMeetingOpen:
      return decode_as<v2::Manifest, Manifest>(type, bytes);
    case EntryType::kSignIn:
      return decode_as<v2::SignIn, SignIn>(type, bytes);
    case EntryType::kSignOut:
      return decode_as<v2::SignOut, SignOut>(type, bytes);
    case EntryType::kRecuse:
      return decode_as<v2::Recuse, Recuse>(type, bytes);
    case EntryType::kKeyChange:
      return decode_as<v2::KeyChange, KeyChange>(type, bytes);
    case EntryType::kInterview:
      return decode_as<v2::Interview, Interview>(type, bytes);
    case EntryType::kBatchKeys:
      return decode_as<v2::BatchKeys, BatchKeys>(type, bytes);
    case EntryType::kBatchOpen:
      return decode_as<v2::BatchOpen, BatchOpen>(type, bytes);
    case EntryType::kTokenRequest:
      return decode_as<v2::TokenRequest, TokenRequest>(type, bytes);
    case EntryType::kTokensIssued:
      return decode_as<v2::TokensIssued, TokensIssued>(type, bytes);
    case EntryType::kEnvelopeCast:
      return decode_as<v2::EnvelopeCast, EnvelopeCast>(type, bytes);
    case EntryType::kBatchClose:
      return decode_as<v2::BatchClose, BatchClose>(type, bytes);
    case EntryType::kIssuanceClosed:
      return decode_as<v2::IssuanceClosed, IssuanceClosed>(type, bytes);
    case EntryType::kMixStep:
      return decode_as<v2::MixStep, MixStep>(type, bytes);
    case EntryType::kBallotBox:
      return decode_as<v2::BallotBox, BallotBox>(type, bytes);
    case EntryType::kConfirm:
      return decode_as<v2::Confirm, Confirm>(type, bytes);
    case EntryType::kOverride:
      return decode_as<v2::Override, Override>(type, bytes);
    case EntryType::kTallyShare:
      return decode_as<v2::TallyShare, TallyShare>(type, bytes);
    case EntryType::kDeclaration:
      return decode_as<v2::Declaration, Declaration>(type, bytes);
    case EntryType::kErased:
      return decode_as<v2::Erased, Erased>(type, bytes);
    case EntryType::kVoid:
      return decode_as<v2::Void, Void>(type, bytes);
    case EntryType::kPaperTally:
      return decode_as<v2::PaperTally, PaperTally>(type, bytes);
    case EntryType::kIncident:
      return decode_as<v2::Incident, Incident>(type, bytes);
    case EntryType::kMeetingClose:
      return decode_as<v2::MeetingClose, MeetingClose>(type, bytes);
    case EntryType::kTrusteeChange:
      return decode_as<v2::TrusteeChange, TrusteeChange>(type, bytes);
    case EntryType::kEnvelopeSpoil:
      return decode_as<v2::EnvelopeSpoil, EnvelopeSpoil>(type, bytes);
    case EntryType::kCheckResult:
      return decode_as<v2::CheckResult, CheckResult>(type, bytes);
    case EntryType::kRecuseBack:
      return decode_as<v2::RecuseBack, RecuseBack>(type, bytes);
  }
  return Refusal::kUnknownType;
}

EntryType type_of(ByteView entry) {
  constexpr std::uint8_t kTypeTag = 1 << 3;
  constexpr std::uint8_t kMore = 0x80;
  bool const one_byte = entry.size() >= 2 && entry[0] == kTypeTag && entry[1] < kMore;
  return static_cast<EntryType>(one_byte && entry[1] <= std::variant_size_v<Body> ? entry[1] : 0);
}

Result<Entry> decode_entry(ByteView bytes) {
  // A type that is not read here is refused below, whatever else there is.
  auto const type = type_of(bytes);
  if (bytes.size() > entry_bytes_max(type)) return Refusal::kTooLarge;
  v2::Entry message;
  if (auto const parsed = protobuf::decode(bytes, message, signatures_max(type)); !parsed) return parsed.error();
  if (message.type() == 0 || message.type() > std::variant_size_v<Body>) return Refusal::kUnknownType;

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
