// SPDX-License-Identifier: Apache-2.0
#pragma once
/// From an office's draft to a meeting (docs/office-service.md). Everything of a draft is kept under the request that
/// the office chose, so that an answer which was lost is asked for again and nothing is made twice.
#include <atomic>
#include <chrono>
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
  std::function<Bytes(store::MeetingNumber, Keys const&, ServiceKey)> seal_keys;
  meeting::SlipAddress address;  ///< on slips: where laptops reach the service
  NowMs now_ms;
  std::function<std::uint64_t()> now_s;
  store::DraftBounds bounds = {};
  Rate drafts_per_office{60, 0.2};  ///< new ones: each may let older ones go, with all their files
  Rate creations_per_office{20, 0.1};
  Rate bytes_per_office{8.0 * (1ULL << 30), 1U << 20};
};

/// Of one request that may take long: until when it may go on.
class Going {
 public:
  using Clock = std::chrono::steady_clock;
  Going(std::atomic<bool> const& stopping, Clock::time_point until) : stopping_(stopping), until_(until) {}
  bool on() const { return !stopping_ && Clock::now() < until_; }
  Clock::time_point until() const { return until_; }

 private:
  std::atomic<bool> const& stopping_;
  Clock::time_point const until_;
};

/// The slips of a meeting, one line each, ascending by person from 1; what is kept sealed until they are fetched.
Secret join_slips(std::vector<meeting::Slip> const& slips);

class OfficeDrafts {
 public:
  explicit OfficeDrafts(DraftingTools tools) : tools_(std::move(tools)) {}

  /// The draft that a connection is busy with: read once, not for each of its pieces.
  struct Open {
    store::DraftId id;
    office_wire::OfficeDraft draft;
  };
  // All refuse with a code. kUnknown: the office has begun no such draft, or it was dropped meanwhile. kConflict: this
  // request is another's draft. kBusy: a bound, also of time. `is_unusable`: faults of what people wrote.

  [[nodiscard]] Explained<office_wire::Answer> begin(OfficeNumber office, std::optional<Open>& open,
                                                     office_wire::BeginDraft const& in, Going const& going);
  /// Whether this piece is the last one of a large part, which is read whole then; or its draft is to be read first.
  static bool is_heavy(std::optional<Open> const& open, office_wire::PutPiece const& in);
  /// @return kConflict also: the whole part is not what was said, and was dropped.
  [[nodiscard]] Explained<office_wire::Answer> put(OfficeNumber office, std::optional<Open>& open,
                                                   office_wire::PutPiece const& in, Going const& going);
  /// @return kWrongPhase also: not all parts are there.
  [[nodiscard]] Explained<office_wire::Answer> create(OfficeNumber office, store::RequestId const& request,
                                                      Going const& going);
  /// @return kUnknown also: the office has no such meeting.
  [[nodiscard]] Explained<office_wire::Answer> rehearse(OfficeNumber office, office_wire::Rehearse const& in,
                                                        Going const& going);

 private:
  [[nodiscard]] Explained<store::OfficeDraftRow> enter(OfficeNumber office, store::RequestId const& request,
                                                       Bytes description, std::uint64_t bytes, Going const& going);
  [[nodiscard]] Explained<void> judge(OfficeNumber office, store::DraftId const& id, store::DraftPart const& part,
                                      Going const& going);
  [[nodiscard]] Explained<Bytes> read_part(OfficeNumber office, store::DraftId const& id, store::DraftPart const& part,
                                           Going const& going);
  [[nodiscard]] Explained<ReadMeeting> read_meeting(OfficeNumber office, store::DraftId const& id,
                                                    office_wire::OfficeDraft const& draft, Going const& going);
  /// Of which `contents` and `slips` are made here.
  [[nodiscard]] Explained<office_wire::Answer> make(OfficeNumber office, store::DraftId const& id, ReadMeeting read,
                                                    store::Offices::NewMeeting made, Going const& going);
  using Allowances = std::map<OfficeNumber, Allowance>;
  [[nodiscard]] bool take(Allowances& from, Rate const& rate, OfficeNumber office, double amount);
  void give_back(Allowances& to, OfficeNumber office);

  DraftingTools const tools_;
  std::mutex mutex_;
  Allowances begins_, creations_, bytes_;
};

}  // namespace piaojue::server
