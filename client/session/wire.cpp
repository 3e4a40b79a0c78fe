// SPDX-License-Identifier: Apache-2.0
#include "client/session/wire.h"

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
  if (code < 1 || code > static_cast<std::uint32_t>(Refusal::kInternal)) return Refusal::kInternal;
  return static_cast<Refusal>(code);
}

template <class Fill>
Bytes request(std::uint64_t id, Fill const& fill_in) {
  v1::ClientFrame out;
  out.set_id(id);
  fill_in(out);
  return encode(out);
}

/// @return false: a field of a wrong length.
bool read(Message& out, v1::ServerFrame const& in) {
  switch (in.body_case()) {
    case v1::ServerFrame::kRefused:
      out.what = Refused{refusal(in.refused().code())};
      return true;
    case v1::ServerFrame::kEnrolled: {
      auto const& from = in.enrolled();
      out.what = Enrolled{from.certificate(), from.ca_certificate(), from.name(), from.roles()};
      return true;
    }
    case v1::ServerFrame::kWelcome: {
      auto const& from = in.welcome();
      Welcome to;
      if (from.meeting_id().size() != to.meeting_id.size()) return false;
      std::ranges::copy(as_bytes(from.meeting_id()), to.meeting_id.begin());
      to.size = from.size();
      to.person = from.person();
      to.roles = from.roles();
      out.what = to;
      return true;
    }
    case v1::ServerFrame::kAccepted:
      out.what = Accepted{in.accepted().index()};
      return true;
    case v1::ServerFrame::kPending: {
      Pending to;
      bool const fits = take(to.proposal, in.pending().proposal());
      out.what = to;
      return fits;
    }
    case v1::ServerFrame::kSealKey:
      out.what = SealKey{get(in.seal_key().key())};
      return true;
    case v1::ServerFrame::kDraft:
      out.what = Draft{get(in.draft().manifest())};
      return true;
    case v1::ServerFrame::kPong:
      out.what = Pong{};
      return true;
    case v1::ServerFrame::kLog: {
      Log to;
      to.first_index = in.log().first_index();
      for (auto const& entry : in.log().entries()) to.entries.push_back(get(entry));
      to.checkpoint = in.log().checkpoint();
      out.what = std::move(to);
      return true;
    }
    case v1::ServerFrame::kCosignatures: {
      Cosignatures to;
      for (auto const& from : in.cosignatures().cosignatures()) {
        if (!take(to.list.emplace_back(), from)) return false;
      }
      out.what = std::move(to);
      return true;
    }
    case v1::ServerFrame::kProposal: {
      Proposal to{{}, get(in.proposal().entry())};
      bool const fits = take(to.id, in.proposal().proposal());
      out.what = std::move(to);
      return fits;
    }
    case v1::ServerFrame::kProposalClosed: {
      ProposalClosed to;
      bool const fits = take(to.id, in.proposal_closed().proposal());
      if (in.proposal_closed().refused_code() != 0) to.refused = refusal(in.proposal_closed().refused_code());
      out.what = to;
      return fits;
    }
    case v1::ServerFrame::kTokenWork: {
      auto msgs = meeting::parse_token_payload(as_bytes(in.token_work().payload()));
      if (!msgs) return false;
      out.what = TokenWork{in.token_work().index(), std::move(*msgs)};
      return true;
    }
    case v1::ServerFrame::kIssued: {
      auto sigs = meeting::parse_issued_payload(as_bytes(in.issued().payload()));
      if (!sigs) return false;
      out.what = Issued{in.issued().index(), std::move(*sigs)};
      return true;
    }
    case v1::ServerFrame::kMixWork: {
      MixWork to;
      to.trustee = in.mix_work().trustee();
      auto mixed = meeting::parse_mix_payload(as_bytes(in.mix_work().payload()));
      if (!mixed || !take(to.batch_open, in.mix_work().batch_open())) return false;
      to.before = std::move(*mixed);
      out.what = std::move(to);
      return true;
    }
    case v1::ServerFrame::kStatus: {
      Status to;
      to.connected.assign(in.status().connected().begin(), in.status().connected().end());
      to.enrolled.assign(in.status().enrolled().begin(), in.status().enrolled().end());
      out.what = std::move(to);
      return true;
    }
    case v1::ServerFrame::BODY_NOT_SET:
      return false;
  }
  return false;
}

}  // namespace

Bytes enrol(std::uint64_t id, std::string const& code, SigningPublicKey const& ik, SigningPublicKey const& wk,
            Signature const& possession, std::string const& csr_pem, PersonId person) {
  return request(id, [&](v1::ClientFrame& out) {
    auto& body = *out.mutable_enrol();
    body.set_code(code);
    set(body.mutable_identity_key(), ik.view());
    set(body.mutable_witness_key(), wk.view());
    set(body.mutable_possession(), possession.view());
    body.set_csr(csr_pem);
    body.set_person(person);
  });
}

Bytes hello(std::uint64_t id, std::uint64_t next_index) {
  return request(id, [&](v1::ClientFrame& out) { out.mutable_hello()->set_next_index(next_index); });
}

Bytes submit(std::uint64_t id, ByteView entry, ByteView payload) {
  return request(id, [&](v1::ClientFrame& out) {
    set(out.mutable_submit()->mutable_entry(), entry);
    set(out.mutable_submit()->mutable_payload(), payload);
  });
}

Bytes countersign(std::uint64_t id, Hash const& proposal, PersonId signer, Signature const& signature) {
  return request(id, [&](v1::ClientFrame& out) {
    set(out.mutable_countersign()->mutable_proposal(), proposal.view());
    out.mutable_countersign()->set_signer(signer);
    set(out.mutable_countersign()->mutable_signature(), signature.view());
  });
}

Bytes cosign(std::uint64_t id, log::Cosignature const& cosignature) {
  return request(id, [&](v1::ClientFrame& out) { fill(*out.mutable_cosign()->mutable_cosignature(), cosignature); });
}

Bytes get_seal_key(std::uint64_t id, Hash const& batch_open) {
  return request(
      id, [&](v1::ClientFrame& out) { set(out.mutable_get_seal_key()->mutable_batch_open(), batch_open.view()); });
}

Bytes get_draft(std::uint64_t id) {
  return request(id, [](v1::ClientFrame& out) { out.mutable_get_draft(); });
}

Bytes ping(std::uint64_t id) {
  return request(id, [](v1::ClientFrame& out) { out.mutable_ping(); });
}

Result<Message> parse(ByteView frame) {
  v1::ServerFrame in;
  if (!meeting::protobuf::parse(frame, in)) return Refusal::kMalformed;
  Message out;
  out.id = in.id();
  if (in.body_case() == v1::ServerFrame::BODY_NOT_SET) return Refusal::kUnknownType;
  if (!read(out, in)) return Refusal::kMalformed;
  return out;
}

}  // namespace piaojue::client::wire
