// SPDX-License-Identifier: Apache-2.0
#pragma once
/// Frames of the conversation (specification §9, rpc.proto) as typed values, and back: the only place of this room that
/// knows Protobuf.
#include <variant>

#include "protocol/log/cosignature.h"
#include "protocol/meeting/payload.h"

namespace piaojue::client::wire {

using crypto::Hash;
using crypto::Signature;
using crypto::SigningPublicKey;
using meeting::PersonId;
using meeting::TrusteeId;

// ---- Requests
Bytes enrol(std::uint64_t id, std::string const& code, SigningPublicKey const& ik, SigningPublicKey const& wk,
            Signature const& possession, std::string const& csr_pem, PersonId person);
Bytes hello(std::uint64_t id, std::uint64_t next_index);
Bytes submit(std::uint64_t id, ByteView entry, ByteView payload);
Bytes countersign(std::uint64_t id, Hash const& proposal, PersonId signer, Signature const& signature);
Bytes cosign(std::uint64_t id, log::Cosignature const& cosignature);
Bytes get_seal_key(std::uint64_t id, Hash const& batch_open);
Bytes get_draft(std::uint64_t id);
Bytes ping(std::uint64_t id);

// ---- What the server sends
struct Refused {
  Refusal code = Refusal::kInternal;
};
struct Enrolled {
  std::string certificate, authority, name;
  std::uint32_t roles = 0;
};
struct Welcome {
  std::array<std::uint8_t, 16> meeting_id{};
  std::uint64_t size = 0;
  PersonId person = 0;
  std::uint32_t roles = 0;
};
struct Accepted {
  std::uint64_t index = 0;
};
struct Pending {
  Hash proposal;
};
struct SealKey {
  Bytes key;  ///< 32 bytes; the reader wipes it
};
struct Draft {
  Bytes manifest;
};
struct Pong {};
struct Log {
  std::uint64_t first_index = 0;
  std::vector<Bytes> entries;
  std::string checkpoint;
};
struct Cosignatures {
  std::vector<log::Cosignature> list;
};
struct Proposal {
  Hash id;
  Bytes entry;
};
struct ProposalClosed {
  Hash id;
  std::optional<Refusal> refused;
};
struct TokenWork {
  std::uint64_t index = 0;
  meeting::BlindedMsgs msgs;
};
struct Issued {
  std::uint64_t index = 0;
  meeting::BlindSigs sigs;
};
struct MixWork {
  Hash batch_open;
  TrusteeId trustee = 0;
  meeting::MixPayload before;  ///< output of the hop before
};
struct Status {
  std::vector<PersonId> connected, enrolled;
};
struct Message {
  std::uint64_t id = 0;  ///< of the request; 0: a push
  std::variant<Refused, Enrolled, Welcome, Accepted, Pending, SealKey, Draft, Pong, Log, Cosignatures, Proposal,
               ProposalClosed, TokenWork, Issued, MixWork, Status>
      what;
};
/// @return kMalformed: no ServerFrame, or a field of a wrong length. kUnknownType: a body of a later version.
[[nodiscard]] Result<Message> parse(ByteView frame);

}  // namespace piaojue::client::wire
