// SPDX-License-Identifier: Apache-2.0
#pragma once
/// Frames of the conversation (specification §9, rpc.proto) as typed values, and back: the only place of this room that
/// knows Protobuf.
#include <memory>
#include <span>
#include <variant>

#include "protocol/log/cosignature.h"
#include "protocol/meeting/enrolment.h"
#include "protocol/meeting/payload.h"
#include "protocol/meeting/relay.h"
#include "server/draft.h"
#include "store/store.h"

namespace piaojue::server::wire {

using crypto::Hash;
using crypto::Signature;
using crypto::SigningPublicKey;
using meeting::PersonId;
using meeting::QuestionId;
using meeting::TrusteeId;

struct EnrolStart {
  std::uint32_t meeting = 0;
  PersonId person = 0;
};
struct EnrolKeys {
  Bytes csr;  ///< DER
  meeting::DeviceKeys keys;
  Signature possession;
  crypto::Mac proof;
};
struct Hello {
  std::uint64_t next_index = 0;
};
struct Submit {
  Bytes entry, payload;
};
struct Countersign {
  Hash proposal;
  PersonId signer = 0;
  Signature signature;
};
struct Cosign {
  log::Cosignature cosignature;
};
struct Relay {
  PersonId to = 0;
  meeting::RelayKind kind = meeting::RelayKind::kSpoil;
  Bytes body;
};
struct GetAttachment {
  QuestionId question = 0;
  std::uint32_t attachment = 0;
  std::uint64_t offset = 0;
};
struct GetDraft {};
struct Ping {};
struct SetCountdown {
  std::uint32_t seconds = 0;  ///< 0: none any more
};

struct Request {
  std::uint64_t id = 0;
  bool enrolment = false;  ///< it is an EnrolStart or EnrolKeys, readable or not
  /// Refusal: the frame has an id, but what it asks for is unknown, or has a field of a wrong length or out of range.
  std::variant<Refusal, EnrolStart, EnrolKeys, Hello, Submit, Countersign, Cosign, Relay, GetAttachment, GetDraft, Ping,
               SetCountdown>
      what;
};
/// @return kMalformed: no ClientFrame, without an id, or with a field that none has.
[[nodiscard]] Result<Request> parse_request(ByteView frame);

/// Whether the answer to this frame may be long, such as a log or a piece of a file: said by its tags alone, and also
/// of one that parse_request refuses.
[[nodiscard]] bool wants_much(ByteView frame);

// ---- Replies
Bytes refused(std::uint64_t id, Refusal code);
/// The first frame of a connection, and the last: another node serves the meeting.
/// @param address as meeting::format_slip_address writes it.
Bytes moved(std::string const& address);
Bytes enrol_proof(std::uint64_t id, meeting::MeetingId const& meeting_id, crypto::Mac const& proof);
Bytes enrolled(std::uint64_t id, std::string const& certificate, std::string const& authority, std::string const& name,
               std::uint32_t roles);
/// What is told of the meeting before it is open.
struct Announced {
  std::string title, date;
};
/// @param suggested of that person alone.
/// @param addresses as Moved's; what is beyond the bounds of meeting/slip.h is left out.
Bytes welcome(std::uint64_t id, std::array<std::uint8_t, 16> const& meeting_id, std::uint64_t size, PersonId person,
              std::uint32_t roles, std::vector<Suggestion> const& suggested, Announced const& announced = {},
              std::vector<std::string> const& addresses = {});
Bytes accepted(std::uint64_t id, std::uint64_t index);
Bytes pending(std::uint64_t id, Hash const& proposal);
Bytes relayed(std::uint64_t id);
Bytes draft(std::uint64_t id, ByteView manifest);
Bytes attachment_piece(std::uint64_t id, ByteView bytes);
Bytes pong(std::uint64_t id);

// ---- Pushes
using EntryBytes = std::shared_ptr<Bytes const>;
Bytes log_push(std::uint64_t first_index, std::span<EntryBytes const> entries, std::string const& checkpoint);
Bytes cosignature_push(std::vector<log::Cosignature> const& cosignatures);
Bytes proposal_push(Hash const& proposal, ByteView entry);
/// @param refused nothing: it is in the log.
Bytes proposal_closed(Hash const& proposal, std::optional<Refusal> refused);
Bytes token_work(std::uint64_t index, ByteView payload);
Bytes issued_push(std::uint64_t index, ByteView payload);
Bytes mix_work(Hash const& batch_open, TrusteeId trustee, ByteView payload);
Bytes relay_push(PersonId from, meeting::RelayKind kind, ByteView body);
/// @param countdown_s nothing: none is shown.
Bytes status_push(std::vector<PersonId> const& connected, std::vector<PersonId> const& enrolled,
                  std::optional<std::uint32_t> countdown_s = {});

}  // namespace piaojue::server::wire
