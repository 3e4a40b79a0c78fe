// SPDX-License-Identifier: Apache-2.0
#pragma once
/// A service's side of the conversation with its offices (docs/office-service.md): frames in, frames out. Knows no
/// socket; asks the database and waits for it, so that it runs on threads that may wait, one request of a connection at
/// a time.
///
/// Whose a meeting is, is asked with the meeting itself (store/offices.h): there is no place here that knows of another
/// office's.
#include <deque>

#include "server/office_drafts.h"
#include "server/office_enrolling.h"

namespace piaojue::server {

struct OfficeWorld {
  store::Offices& offices;
  ServiceSeal seal;
  /// The row "keys" of a meeting (key_bundle.h).
  std::function<Bytes(store::MeetingNumber, Keys const&)> seal_keys;
  meeting::SlipAddress address;  ///< on slips: where laptops reach the service
  NowMs now_ms;
  std::function<std::uint64_t()> now_s;
  /// For the operator: why a request was answered STORAGE or INTERNAL. An office is not told.
  std::function<void(Explanation const&)> failed = {};
  store::DraftBounds bounds = {};
  Rate creations_per_office{20, 0.1};
  Rate records_per_office{8, 0.2};
  OfficeEnrolling::Limits enrolling = {};
};

/// One connection.
struct OfficeSession {
  OfficePeer peer;
  OfficeEnrolling::Stranger stranger = {};
  std::optional<OfficeDrafts::Open> open = {};
};
struct OfficeAnswer {
  Bytes frame;         ///< empty: nothing is said
  bool close = false;  ///< after that
};

class OfficeDesk {
 public:
  OfficeDesk(OfficeWorld world, OfficeIdentity identity);
  OfficeDesk(OfficeDesk const&) = delete;
  OfficeDesk& operator=(OfficeDesk const&) = delete;

  /// Any thread; of one session one after the other.
  OfficeAnswer answer(OfficeSession& session, ByteView frame);

 private:
  using Answered = Explained<office_wire::Answer>;
  Answered of_stranger(OfficeSession& session, office_wire::What const& what);
  Answered of_office(OfficeNumber office, OfficeSession& session, office_wire::What const& what);
  Answered list(OfficeNumber office, office_wire::ListMeetings const& in);
  Answered slips(OfficeNumber office, office_wire::GetSlips const& in);
  Answered erase_slips(OfficeNumber office, office_wire::SlipsKept const& in);
  Answered people(OfficeNumber office, office_wire::GetEnrolled const& in);
  Answered record(OfficeNumber office, office_wire::GetRecord const& in);
  struct Record {
    OfficeNumber office = 0;
    store::MeetingNumber meeting = 0;
    Hash sha256;
    std::shared_ptr<Bytes const> bytes;
  };
  Explained<Record> fresh_record(OfficeNumber office, store::MeetingNumber meeting);
  std::optional<Record> held_record(OfficeNumber office, office_wire::GetRecord const& in);
  office_wire::Refused told(Explanation const& why) const;

  OfficeWorld const world_;
  OfficeIdentity const identity_;
  OfficeEnrolling enrolling_;
  OfficeDrafts drafts_;
  std::mutex mutex_;
  std::map<OfficeNumber, Allowance> records_made_;
  std::deque<Record> records_;  ///< the newest ones: their next piece is asked for at once
};

}  // namespace piaojue::server
