// SPDX-License-Identifier: Apache-2.0
#include "server/wire.h"

#include <google/protobuf/io/coded_stream.h>

#include "protocol/meeting/announced.h"
#include "protocol/meeting/slip.h"
#include "protocol/meeting/wire.h"
#include "strings/refusals.h"

namespace piaojue::server::wire {

using meeting::protobuf::encode;
using meeting::protobuf::parse_within;
using meeting::wire::fill;
using meeting::wire::get;
using meeting::wire::set;
using meeting::wire::take;

namespace {

/// What may be large is not held twice for longer than that takes.
Bytes take_out(std::string& field) {
  auto const moved = std::exchange(field, {});
  return get(moved);
}

std::optional<EnrolKeys> read(v2::EnrolKeys const& in) {
  EnrolKeys out;
  out.csr = get(in.csr());
  bool const whole = take(out.keys.identity_key, in.identity_key()) && take(out.keys.witness_key, in.witness_key()) &&
                     take(out.keys.box_key, in.box_key()) && take(out.possession, in.possession()) &&
                     take(out.proof, in.proof());
  return whole ? std::optional(std::move(out)) : std::nullopt;
}

std::optional<Countersign> read(v2::Countersign const& in) {
  Countersign out;
  out.signer = in.signer();
  bool const whole = take(out.proposal, in.proposal()) && take(out.signature, in.signature());
  return whole ? std::optional(out) : std::nullopt;
}

/// The kinds stand in one order here and there.
decltype(Request::what) read(v2::Relay const& in) {
  static_assert(static_cast<int>(meeting::RelayKind::kReturn) == v2::RELAY_KIND_RETURN);
  if (in.kind() <= v2::RELAY_KIND_UNSPECIFIED || in.kind() > v2::RELAY_KIND_RETURN) return Refusal::kOutOfRange;
  if (in.body().size() > meeting::kRelayBytesMax) return Refusal::kTooLarge;
  return Relay{in.to(), static_cast<meeting::RelayKind>(in.kind()), get(in.body())};
}

}  // namespace

Result<Request> parse_request(ByteView frame) {
  v2::ClientFrame in;
  // A field that no frame has would cost far more memory than the two bytes that it takes.
  if (!parse_within(frame, in, 0) || in.id() == 0) return Refusal::kMalformed;
  Request out;
  out.id = in.id();
  out.enrolment = in.has_enrol_start() || in.has_enrol_keys();
  out.what = Refusal::kMalformed;
  switch (in.request_case()) {
    case v2::ClientFrame::kEnrolStart:
      out.what = EnrolStart{in.enrol_start().meeting(), in.enrol_start().person()};
      break;
    case v2::ClientFrame::kEnrolKeys:
      if (auto keys = read(in.enrol_keys())) out.what = std::move(*keys);
      break;
    case v2::ClientFrame::kHello:
      out.what = Hello{in.hello().next_index()};
      break;
    case v2::ClientFrame::kSubmit:
      out.what =
          Submit{take_out(*in.mutable_submit()->mutable_entry()), take_out(*in.mutable_submit()->mutable_payload())};
      break;
    case v2::ClientFrame::kCountersign:
      if (auto countersign = read(in.countersign())) out.what = *countersign;
      break;
    case v2::ClientFrame::kCosign: {
      Cosign cosign;
      if (take(cosign.cosignature, in.cosign().cosignature())) out.what = cosign;
      break;
    }
    case v2::ClientFrame::kRelay:
      out.what = read(in.relay());
      break;
    case v2::ClientFrame::kGetAttachment: {
      auto const& from = in.get_attachment();
      out.what = GetAttachment{from.question(), from.attachment(), from.offset()};
      break;
    }
    case v2::ClientFrame::kGetDraft:
      out.what = GetDraft{};
      break;
    case v2::ClientFrame::kPing:
      out.what = Ping{};
      break;
    case v2::ClientFrame::kSetCountdown:
      out.what = SetCountdown{in.set_countdown().seconds()};
      break;
    case v2::ClientFrame::REQUEST_NOT_SET:
      out.what = Refusal::kUnknownType;
      break;
  }
  return out;
}

bool wants_much(ByteView frame) {
  google::protobuf::io::CodedInputStream in(frame.data(), static_cast<int>(frame.size()));
  while (auto const tag = in.ReadTag()) {
    std::uint64_t number = 0;
    std::uint32_t length = 0;
    switch (tag >> 3) {
      case v2::ClientFrame::kHelloFieldNumber:
      case v2::ClientFrame::kGetAttachmentFieldNumber:
      case v2::ClientFrame::kGetDraftFieldNumber:
        return true;
      default:
        break;
    }
    // A frame has a number and messages, and nothing else.
    bool const skipped = (tag & 7) == 0
                             ? in.ReadVarint64(&number)
                             : (tag & 7) == 2 && in.ReadVarint32(&length) && in.Skip(static_cast<int>(length));
    if (!skipped) return false;
  }
  return false;
}

Bytes refused(std::uint64_t id, Refusal code) {
  v2::ServerFrame out;
  out.set_id(id);
  out.mutable_refused()->set_code(static_cast<std::uint32_t>(code));
  out.mutable_refused()->set_detail(std::string(strings::sentence_of(code).en));
  return encode(out);
}

Bytes moved(std::string const& address) {
  v2::ServerFrame out;
  out.mutable_moved()->set_address(address);
  return encode(out);
}

Bytes enrol_proof(std::uint64_t id, meeting::MeetingId const& meeting_id, crypto::Mac const& proof) {
  v2::ServerFrame out;
  out.set_id(id);
  set(out.mutable_enrol_proof()->mutable_meeting_id(), meeting_id);
  set(out.mutable_enrol_proof()->mutable_proof(), proof.view());
  return encode(out);
}

Bytes enrolled(std::uint64_t id, std::string const& certificate, std::string const& authority, std::string const& name,
               std::uint32_t roles) {
  v2::ServerFrame out;
  out.set_id(id);
  auto& body = *out.mutable_enrolled();
  body.set_certificate(certificate);
  body.set_ca_certificate(authority);
  body.set_name(name);
  body.set_roles(roles);
  return encode(out);
}

Bytes welcome(std::uint64_t id, std::array<std::uint8_t, 16> const& meeting_id, std::uint64_t size, PersonId person,
              std::uint32_t roles, std::vector<Suggestion> const& suggested, Announced const& announced,
              std::vector<std::string> const& addresses) {
  v2::ServerFrame out;
  out.set_id(id);
  auto& body = *out.mutable_welcome();
  set(body.mutable_meeting_id(), meeting_id);
  body.set_size(size);
  body.set_person(person);
  body.set_roles(roles);
  for (auto const& one : suggested) {
    auto& to = *body.add_suggested();
    to.set_question(one.question);
    to.set_reason(one.reason);
  }
  if (announced.title.size() <= meeting::kAnnouncedBytesMax) body.set_title(announced.title);
  if (announced.date.size() <= meeting::kAnnouncedBytesMax) body.set_date(announced.date);
  for (auto const& address : addresses) {
    bool const fits = static_cast<std::size_t>(body.addresses_size()) < meeting::kToldAddressesMax;
    if (fits && address.size() <= meeting::kToldAddressBytesMax) body.add_addresses(address);
  }
  return encode(out);
}

Bytes accepted(std::uint64_t id, std::uint64_t index) {
  v2::ServerFrame out;
  out.set_id(id);
  out.mutable_accepted()->set_index(index);
  return encode(out);
}

Bytes pending(std::uint64_t id, Hash const& proposal) {
  v2::ServerFrame out;
  out.set_id(id);
  set(out.mutable_pending()->mutable_proposal(), proposal.view());
  return encode(out);
}

Bytes relayed(std::uint64_t id) {
  v2::ServerFrame out;
  out.set_id(id);
  out.mutable_relayed();
  return encode(out);
}

Bytes draft(std::uint64_t id, ByteView manifest) {
  v2::ServerFrame out;
  out.set_id(id);
  set(out.mutable_draft()->mutable_manifest(), manifest);
  return encode(out);
}

Bytes attachment_piece(std::uint64_t id, ByteView bytes) {
  v2::ServerFrame out;
  out.set_id(id);
  set(out.mutable_attachment_piece()->mutable_bytes(), bytes);
  return encode(out);
}

Bytes pong(std::uint64_t id) {
  v2::ServerFrame out;
  out.set_id(id);
  out.mutable_pong();
  return encode(out);
}

Bytes log_push(std::uint64_t first_index, std::span<EntryBytes const> entries, std::string const& checkpoint) {
  v2::ServerFrame out;
  auto& body = *out.mutable_log();
  body.set_first_index(first_index);
  for (auto const& entry : entries) set(body.add_entries(), *entry);
  body.set_checkpoint(checkpoint);
  return encode(out);
}

Bytes cosignature_push(std::vector<log::Cosignature> const& cosignatures) {
  v2::ServerFrame out;
  auto& body = *out.mutable_cosignatures();
  for (auto const& cosignature : cosignatures) fill(*body.add_cosignatures(), cosignature);
  return encode(out);
}

Bytes proposal_push(Hash const& proposal, ByteView entry) {
  v2::ServerFrame out;
  set(out.mutable_proposal()->mutable_proposal(), proposal.view());
  set(out.mutable_proposal()->mutable_entry(), entry);
  return encode(out);
}

Bytes proposal_closed(Hash const& proposal, std::optional<Refusal> refused) {
  v2::ServerFrame out;
  auto& body = *out.mutable_proposal_closed();
  set(body.mutable_proposal(), proposal.view());
  body.set_refused_code(refused ? static_cast<std::uint32_t>(*refused) : 0);
  return encode(out);
}

Bytes token_work(std::uint64_t index, ByteView payload) {
  v2::ServerFrame out;
  out.mutable_token_work()->set_index(index);
  set(out.mutable_token_work()->mutable_payload(), payload);
  return encode(out);
}

Bytes issued_push(std::uint64_t index, ByteView payload) {
  v2::ServerFrame out;
  out.mutable_issued()->set_index(index);
  set(out.mutable_issued()->mutable_payload(), payload);
  return encode(out);
}

Bytes mix_work(Hash const& batch_open, TrusteeId trustee, ByteView payload) {
  v2::ServerFrame out;
  auto& body = *out.mutable_mix_work();
  set(body.mutable_batch_open(), batch_open.view());
  body.set_trustee(trustee);
  set(body.mutable_payload(), payload);
  return encode(out);
}

Bytes relay_push(PersonId from, meeting::RelayKind kind, ByteView body) {
  v2::ServerFrame out;
  auto& push = *out.mutable_relay();
  push.set_from(from);
  push.set_kind(static_cast<v2::RelayKind>(kind));
  set(push.mutable_body(), body);
  return encode(out);
}

Bytes status_push(std::vector<PersonId> const& connected, std::vector<PersonId> const& enrolled,
                  std::optional<std::uint32_t> countdown_s) {
  v2::ServerFrame out;
  auto& body = *out.mutable_status();
  for (auto const person : connected) body.add_connected(person);
  for (auto const person : enrolled) body.add_enrolled(person);
  if (countdown_s) body.set_countdown_s(*countdown_s);
  return encode(out);
}

}  // namespace piaojue::server::wire
