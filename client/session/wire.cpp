// SPDX-License-Identifier: Apache-2.0
#include "client/session/wire.h"

#include "protocol/meeting/announced.h"
#include "protocol/meeting/wire.h"

namespace piaojue::client::wire {

using meeting::protobuf::encode;
using meeting::wire::fill;
using meeting::wire::get;
using meeting::wire::set;

namespace {

using meeting::wire::take;

/// Codes beyond the table come from a later version; they stay refusals.
Refusal refusal(std::uint32_t code) {
  if (code < 1 || code > static_cast<std::uint32_t>(kLastRefusal)) return Refusal::kInternal;
  return static_cast<Refusal>(code);
}

template <class Fill>
Bytes request(std::uint64_t id, Fill const& fill_in) {
  v2::ClientFrame out;
  out.set_id(id);
  fill_in(out);
  return encode(out);
}

// ---- One body each into its value. @return false: a field of a wrong length. ------------------------------------

bool is_one_line(std::string const& text) {
  return std::ranges::none_of(text, [](char c) { return (c >= 0 && c < ' ') || c == '\x7F'; });
}

bool read(Welcome& to, v2::Welcome const& from) {
  if (from.meeting_id().size() != to.meeting_id.size()) return false;
  std::ranges::copy(as_bytes(from.meeting_id()), to.meeting_id.begin());
  to.size = from.size();
  to.person = from.person();
  to.roles = from.roles();
  if (static_cast<std::size_t>(from.suggested_size()) > kSuggestedMax) return false;
  for (auto const& one : from.suggested()) {
    auto const& reason = one.reason();
    if (reason.size() > kSuggestedReasonBytesMax || !is_one_line(reason)) return false;
    to.suggested.push_back({one.question(), reason});
  }
  // Nothing rests on them: what can not be shown is no reason to leave a server.
  auto const shown = [](std::string const& text) {
    return text.size() <= meeting::kAnnouncedBytesMax && is_one_line(text);
  };
  if (shown(from.title())) to.title = from.title();
  if (shown(from.date())) to.date = from.date();
  if (static_cast<std::size_t>(from.addresses_size()) > meeting::kToldAddressesMax) return false;
  for (auto const& one : from.addresses()) {
    auto address = meeting::parse_told_address(one);
    if (!address) return false;
    to.addresses.push_back(std::move(*address));
  }
  return true;
}

bool read(Moved& to, v2::Moved const& from) {
  auto address = meeting::parse_told_address(from.address());
  if (address) to.address = std::move(*address);
  return address.has_value();
}

bool read(Log& to, v2::LogPush const& from) {
  to.first_index = from.first_index();
  for (auto const& entry : from.entries()) to.entries.push_back(get(entry));
  to.checkpoint = from.checkpoint();
  return true;
}

bool read(Cosignatures& to, v2::CosignaturePush const& from) {
  return std::ranges::all_of(from.cosignatures(), [&](auto const& one) { return take(to.list.emplace_back(), one); });
}

bool read(Proposal& to, v2::ProposalPush const& from) {
  to.entry = get(from.entry());
  return take(to.id, from.proposal());
}

bool read(ProposalClosed& to, v2::ProposalClosed const& from) {
  if (from.refused_code() != 0) to.refused = refusal(from.refused_code());
  return take(to.id, from.proposal());
}

bool read(TokenWork& to, v2::TokenWork const& from) {
  auto msgs = meeting::parse_token_payload(as_bytes(from.payload()));
  if (!msgs) return false;
  to = TokenWork{from.index(), std::move(*msgs)};
  return true;
}

bool read(Issued& to, v2::IssuedPush const& from) {
  auto sigs = meeting::parse_issued_payload(as_bytes(from.payload()));
  if (!sigs) return false;
  to = Issued{from.index(), std::move(*sigs)};
  return true;
}

bool read(MixWork& to, v2::MixWork const& from) {
  auto mixed = meeting::parse_mix_payload(as_bytes(from.payload()));
  if (!mixed || !take(to.batch_open, from.batch_open())) return false;
  to.trustee = from.trustee();
  to.before = std::move(*mixed);
  return true;
}

bool read(Status& to, v2::StatusPush const& from) {
  to.connected.assign(from.connected().begin(), from.connected().end());
  to.enrolled.assign(from.enrolled().begin(), from.enrolled().end());
  if (from.has_countdown_s()) to.countdown_s = from.countdown_s();
  return true;
}

bool read(EnrolProof& to, v2::EnrolProof const& from) {
  if (from.meeting_id().size() != to.meeting_id.size()) return false;
  std::ranges::copy(as_bytes(from.meeting_id()), to.meeting_id.begin());
  return take(to.proof, from.proof());
}

bool read(Relay& to, v2::RelayPush const& from) {
  to = Relay{from.from(), static_cast<meeting::RelayKind>(from.kind()), get(from.body())};
  return from.kind() != v2::RELAY_KIND_UNSPECIFIED && v2::RelayKind_IsValid(from.kind());
}

bool read(Message& out, v2::ServerFrame const& in) {
  switch (in.body_case()) {
    case v2::ServerFrame::kRefused:
      out.what = Refused{refusal(in.refused().code())};
      return true;
    case v2::ServerFrame::kMoved:
      return read(out.what.emplace<Moved>(), in.moved());
    case v2::ServerFrame::kEnrolProof:
      return read(out.what.emplace<EnrolProof>(), in.enrol_proof());
    case v2::ServerFrame::kEnrolled: {
      auto const& from = in.enrolled();
      out.what = Enrolled{from.certificate(), from.ca_certificate(), from.name(), from.roles()};
      return true;
    }
    case v2::ServerFrame::kWelcome:
      return read(out.what.emplace<Welcome>(), in.welcome());
    case v2::ServerFrame::kAccepted:
      out.what = Accepted{in.accepted().index()};
      return true;
    case v2::ServerFrame::kPending:
      return take(out.what.emplace<Pending>().proposal, in.pending().proposal());
    case v2::ServerFrame::kRelayed:
      out.what = Relayed{};
      return true;
    case v2::ServerFrame::kDraft:
      out.what = Draft{get(in.draft().manifest())};
      return true;
    case v2::ServerFrame::kAttachmentPiece:
      out.what = AttachmentPiece{get(in.attachment_piece().bytes())};
      return true;
    case v2::ServerFrame::kPong:
      out.what = Pong{};
      return true;
    case v2::ServerFrame::kLog:
      return read(out.what.emplace<Log>(), in.log());
    case v2::ServerFrame::kCosignatures:
      return read(out.what.emplace<Cosignatures>(), in.cosignatures());
    case v2::ServerFrame::kProposal:
      return read(out.what.emplace<Proposal>(), in.proposal());
    case v2::ServerFrame::kProposalClosed:
      return read(out.what.emplace<ProposalClosed>(), in.proposal_closed());
    case v2::ServerFrame::kTokenWork:
      return read(out.what.emplace<TokenWork>(), in.token_work());
    case v2::ServerFrame::kIssued:
      return read(out.what.emplace<Issued>(), in.issued());
    case v2::ServerFrame::kMixWork:
      return read(out.what.emplace<MixWork>(), in.mix_work());
    case v2::ServerFrame::kStatus:
      return read(out.what.emplace<Status>(), in.status());
    case v2::ServerFrame::kRelay:
      return read(out.what.emplace<Relay>(), in.relay());
    case v2::ServerFrame::BODY_NOT_SET:
      return false;
  }
  return false;
}

}  // namespace

Bytes enrol_start(std::uint64_t id, std::uint32_t meeting_number, PersonId person) {
  return request(id, [&](v2::ClientFrame& out) {
    out.mutable_enrol_start()->set_meeting(meeting_number);
    out.mutable_enrol_start()->set_person(person);
  });
}

Bytes enrol_keys(std::uint64_t id, ByteView csr, meeting::DeviceKeys const& keys, Signature const& possession,
                 crypto::Mac const& proof) {
  return request(id, [&](v2::ClientFrame& out) {
    auto& body = *out.mutable_enrol_keys();
    set(body.mutable_csr(), csr);
    set(body.mutable_identity_key(), keys.identity_key.view());
    set(body.mutable_witness_key(), keys.witness_key.view());
    set(body.mutable_box_key(), keys.box_key.view());
    set(body.mutable_possession(), possession.view());
    set(body.mutable_proof(), proof.view());
  });
}

Bytes hello(std::uint64_t id, std::uint64_t next_index) {
  return request(id, [&](v2::ClientFrame& out) { out.mutable_hello()->set_next_index(next_index); });
}

Bytes submit(std::uint64_t id, ByteView entry, ByteView payload) {
  return request(id, [&](v2::ClientFrame& out) {
    set(out.mutable_submit()->mutable_entry(), entry);
    set(out.mutable_submit()->mutable_payload(), payload);
  });
}

Bytes countersign(std::uint64_t id, Hash const& proposal, PersonId signer, Signature const& signature) {
  return request(id, [&](v2::ClientFrame& out) {
    set(out.mutable_countersign()->mutable_proposal(), proposal.view());
    out.mutable_countersign()->set_signer(signer);
    set(out.mutable_countersign()->mutable_signature(), signature.view());
  });
}

Bytes cosign(std::uint64_t id, log::Cosignature const& cosignature) {
  return request(id, [&](v2::ClientFrame& out) { fill(*out.mutable_cosign()->mutable_cosignature(), cosignature); });
}

Bytes relay(std::uint64_t id, PersonId to, meeting::RelayKind kind, ByteView body) {
  return request(id, [&](v2::ClientFrame& out) {
    out.mutable_relay()->set_to(to);
    out.mutable_relay()->set_kind(static_cast<v2::RelayKind>(kind));
    set(out.mutable_relay()->mutable_body(), body);
  });
}

Bytes get_attachment(std::uint64_t id, meeting::QuestionId question, std::uint32_t attachment, std::uint64_t offset) {
  return request(id, [&](v2::ClientFrame& out) {
    auto& body = *out.mutable_get_attachment();
    body.set_question(question);
    body.set_attachment(attachment);
    body.set_offset(offset);
  });
}

Bytes get_draft(std::uint64_t id) {
  return request(id, [](v2::ClientFrame& out) { out.mutable_get_draft(); });
}

Bytes ping(std::uint64_t id) {
  return request(id, [](v2::ClientFrame& out) { out.mutable_ping(); });
}

Bytes set_countdown(std::uint64_t id, std::uint32_t seconds) {
  return request(id, [&](v2::ClientFrame& out) { out.mutable_set_countdown()->set_seconds(seconds); });
}

Result<Message> parse(ByteView frame) {
  v2::ServerFrame in;
  if (!meeting::protobuf::parse(frame, in)) return Refusal::kMalformed;
  Message out;
  out.id = in.id();
  if (in.body_case() == v2::ServerFrame::BODY_NOT_SET) return Refusal::kUnknownType;
  if (!read(out, in)) return Refusal::kMalformed;
  return out;
}

}  // namespace piaojue::client::wire
