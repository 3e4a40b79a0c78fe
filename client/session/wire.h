// SPDX-License-Identifier: Apache-2.0
#pragma once
/// Frames of the conversation (specification §9, rpc.proto) as typed values, and back: the only place of this room that
/// knows Protobuf.
#include <variant>

#include "protocol/log/cosignature.h"
#include "protocol/meeting/enrolment.h"
#include "protocol/meeting/payload.h"
#include "protocol/meeting/relay.h"
#include "protocol/meeting/slip.h"

namespace piaojue::client::wire {

using crypto::Hash;
using crypto::Signature;
using crypto::SigningPublicKey;
using meeting::PersonId;
using meeting::TrusteeId;

// ---- Requests
Bytes enrol_start(std::uint64_t id, std::uint32_t meeting_number, PersonId person);
/// @param csr DER.
Bytes enrol_keys(std::uint64_t id, ByteView csr, meeting::DeviceKeys const& keys, Signature const& possession,
                 crypto::Mac const& proof);
Bytes hello(std::uint64_t id, std::uint64_t next_index);
Bytes submit(std::uint64_t id, ByteView entry, ByteView payload);
Bytes countersign(std::uint64_t id, Hash const& proposal, PersonId signer, Signature const& signature);
Bytes cosign(std::uint64_t id, log::Cosignature const& cosignature);
Bytes relay(std::uint64_t id, PersonId to, meeting::RelayKind kind, ByteView body);
/// @param attachment from 0.
Bytes get_attachment(std::uint64_t id, meeting::QuestionId question, std::uint32_t attachment, std::uint64_t offset);
Bytes get_draft(std::uint64_t id);
Bytes ping(std::uint64_t id);
Bytes set_countdown(std::uint64_t id, std::uint32_t seconds);

// ---- What the server sends
struct Refused {
  Refusal code = Refusal::kInternal;
};
/// Another node serves the meeting.
struct Moved {
  meeting::SlipAddress address;
};
struct EnrolProof {
  meeting::MeetingId meeting_id{};
  crypto::Mac proof;
};
struct Enrolled {
  std::string certificate, authority, name;
  std::uint32_t roles = 0;
};
/// What the office thinks that this person has to stand back from: nothing but an offer to sign.
struct SuggestedRecusal {
  meeting::QuestionId question = 0;
  std::string reason;  ///< one line: it can go back as the reason of a command
};
inline constexpr std::size_t kSuggestedMax = 5000, kSuggestedReasonBytesMax = 256;
struct Welcome {
  std::array<std::uint8_t, 16> meeting_id{};
  std::uint64_t size = 0;
  PersonId person = 0;
  std::uint32_t roles = 0;
  std::vector<SuggestedRecusal> suggested;
  std::string title, date;                      ///< before MeetingOpen, one line each: for people to read, and no more
  std::vector<meeting::SlipAddress> addresses;  ///< where the meeting may be reached, in the order to be tried
};
struct Accepted {
  std::uint64_t index = 0;
};
struct Pending {
  Hash proposal;
};
struct Relayed {};
struct Draft {
  Bytes manifest;
};
struct AttachmentPiece {
  Bytes bytes;
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
  std::optional<std::uint32_t> countdown_s;
};
struct Relay {
  PersonId from = 0;
  meeting::RelayKind kind{};
  Bytes body;
};
struct Message {
  std::uint64_t id = 0;  ///< of the request; 0: a push
  std::variant<Refused, Moved, EnrolProof, Enrolled, Welcome, Accepted, Pending, Relayed, Draft, AttachmentPiece, Pong,
               Log, Cosignatures, Proposal, ProposalClosed, TokenWork, Issued, MixWork, Status, Relay>
      what;
};
/// @return kMalformed: no ServerFrame, or a field of a wrong length. kUnknownType: a body of a later version.
[[nodiscard]] Result<Message> parse(ByteView frame);

}  // namespace piaojue::client::wire
