// SPDX-License-Identifier: Apache-2.0
#pragma once
/// A service's side of the conversation with its offices (docs/office-service.md): frames in, frames out. Knows no
/// socket; asks the database and waits for it, so that it runs on threads that may wait, one request of a connection at
/// a time.
///
/// Whose a meeting is, is asked with the meeting itself (store/offices.h): there is no place here that knows of another
/// office's.
#include "server/limit_log.h"
#include "server/office_drafts.h"
#include "server/office_enrolling.h"

namespace piaojue::server {

struct OfficeWorld {
  store::Offices& offices;
  ServiceSeal seal;
  /// The row "keys" of a meeting (key_bundle.h).
  std::function<Bytes(store::MeetingNumber, Keys const&, ServiceKey)> seal_keys;
  meeting::SlipAddress address;  ///< on slips: where laptops reach the service
  NowMs now_ms;
  std::function<std::uint64_t()> now_s;
  /// For the operator: why a request was answered STORAGE or INTERNAL. An office is not told.
  std::function<void(Explanation const&)> failed = {};
  store::DraftBounds bounds = {};
  Rate drafts_per_office{60, 0.2};
  Rate creations_per_office{20, 0.1};
  Rate bytes_per_office{8.0 * (1ULL << 30), 1U << 20};
  Rate records_per_office{8, 0.2};
  /// Of a log that a record is made of. Its rows and what is read of them take about five times as much.
  std::uint64_t record_bytes_max = 64U << 20;
  std::uint64_t records_held_bytes_max = 512U << 20;  ///< of the records of all offices that are held
  // What a connection waits in silence is less than the 75 s after which the HAProxy before it ends it.
  std::chrono::milliseconds heavy_max{20'000};   ///< for one request
  std::chrono::milliseconds answer_max{40'000};  ///< from when it was asked, also while it waits for its turn
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
  /// It takes long: this says it, on a thread that nobody else's waits for. The session outlives it.
  std::function<OfficeAnswer()> heavy = {};
};

class OfficeDesk {
 public:
  OfficeDesk(OfficeWorld world, OfficeIdentity identity);
  OfficeDesk(OfficeDesk const&) = delete;
  OfficeDesk& operator=(OfficeDesk const&) = delete;

  using Moment = Going::Clock::time_point;
  /// Any thread; of one session one after the other. @param asked when the frame came.
  OfficeAnswer answer(OfficeSession& session, ByteView frame, Moment asked = Going::Clock::now());
  /// What is being answered is broken off soon.
  void stop() { stopping_ = true; }

 private:
  using Answered = Explained<office_wire::Answer>;
  Answered of_stranger(OfficeSession& session, office_wire::What const& what);
  Answered of_office(OfficeNumber office, OfficeSession& session, office_wire::What const& what, Moment asked);
  static bool is_heavy(OfficeSession const& session, office_wire::What const& what);
  OfficeAnswer say(std::uint64_t id, Answered const& answered, bool close = false);
  Answered list(OfficeNumber office, office_wire::ListMeetings const& in);
  Answered slips(OfficeNumber office, office_wire::GetSlips const& in);
  Answered erase_slips(OfficeNumber office, office_wire::SlipsKept const& in);
  Answered people(OfficeNumber office, office_wire::GetEnrolled const& in);
  Answered record(OfficeNumber office, office_wire::GetRecord const& in, Going const& going);
  struct Record {
    store::MeetingNumber meeting = 0;
    Hash sha256;
    std::shared_ptr<Bytes const> bytes;
  };
  Explained<Record> fresh_record(OfficeNumber office, store::MeetingNumber meeting, Going const& going);
  void hold(OfficeNumber office, Record const& record);
  std::optional<Record> held_record(OfficeNumber office, office_wire::GetRecord const& in);
  static Answered piece_of(Record const& record, std::uint64_t offset);
  office_wire::Refused told(Explanation const& why);
  /// One line a minute of each kind: whoever can make it fail can ask as often as he likes.
  bool is_to_be_told(Explanation const& why);

  OfficeWorld const world_;
  OfficeIdentity const identity_;
  OfficeEnrolling enrolling_;
  OfficeDrafts drafts_;
  std::atomic<bool> stopping_{false};
  std::mutex mutex_;
  LimitLog failures_;
  std::map<OfficeNumber, Allowance> records_made_;
  std::map<OfficeNumber, Record> records_;  ///< the newest one of each: its next piece is asked for at once
};

}  // namespace piaojue::server
