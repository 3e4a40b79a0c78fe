// SPDX-License-Identifier: Apache-2.0
#pragma once
/// From an office's draft to a meeting (docs/office-service.md). Everything of a draft is kept under the request that
/// the office chose, so that an answer which was lost is asked for again and nothing is made twice.
#include <mutex>

#include "server/allowance.h"
#include "server/drafting.h"
#include "server/office_identity.h"
#include "server/office_wire.h"

namespace piaojue::server {

/// What it is made with.
struct DraftingTools {
  store::Offices& offices;
  ServiceSeal const& seal;
  /// The row "keys" of a meeting (key_bundle.h).
  std::function<Bytes(store::MeetingNumber, Keys const&)> seal_keys;
  meeting::SlipAddress address;  ///< on slips: where laptops reach the service
  NowMs now_ms;
  std::function<std::uint64_t()> now_s;
  store::DraftBounds bounds = {};
  Rate creations_per_office{20, 0.1};
};

/// The slips of a meeting, one line each, ascending by person from 1; what is kept sealed until they are fetched.
Secret join_slips(std::vector<meeting::Slip> const& slips);

class OfficeDrafts {
 public:
  explicit OfficeDrafts(DraftingTools tools) : tools_(std::move(tools)) {}

  /// The draft that a connection is busy with: read once, not for each of its pieces.
  struct Open {
    store::RequestId request;
    office_wire::OfficeDraft draft;
  };
  // All refuse with a code. kUnknown: the office has begun no such draft. kConflict: this request is another's draft.
  // kBusy: a bound. `is_unusable`: faults of what people wrote.

  [[nodiscard]] Explained<office_wire::Answer> begin(OfficeNumber office, office_wire::BeginDraft const& in);
  /// @return kConflict also: the whole part is not what was said, and was dropped.
  [[nodiscard]] Explained<office_wire::Answer> put(OfficeNumber office, std::optional<Open>& open,
                                                   office_wire::PutPiece const& in);
  /// @return kWrongPhase also: not all parts are there.
  [[nodiscard]] Explained<office_wire::Answer> create(OfficeNumber office, store::RequestId const& request);
  /// @return kUnknown also: the office has no such meeting.
  [[nodiscard]] Explained<office_wire::Answer> rehearse(OfficeNumber office, office_wire::Rehearse const& in);

 private:
  [[nodiscard]] Explained<store::OfficeDraftRow> enter(OfficeNumber office, store::RequestId const& request,
                                                       Bytes description, std::uint64_t bytes);
  [[nodiscard]] Explained<void> judge(OfficeNumber office, store::RequestId const& request,
                                      store::DraftPart const& part);
  [[nodiscard]] Explained<Bytes> read_part(OfficeNumber office, store::RequestId const& request,
                                           store::DraftPart const& part);
  [[nodiscard]] Explained<ReadMeeting> read_meeting(OfficeNumber office, store::RequestId const& request,
                                                    office_wire::OfficeDraft const& draft);
  [[nodiscard]] Explained<office_wire::Answer> make(OfficeNumber office, store::RequestId const& request,
                                                    store::MeetingNumber number, ReadMeeting read,
                                                    std::vector<Hash> const& sheets);
  [[nodiscard]] Explained<void> count_creation(OfficeNumber office);

  DraftingTools const tools_;
  std::mutex mutex_;
  std::map<OfficeNumber, Allowance> creations_;
};

}  // namespace piaojue::server
