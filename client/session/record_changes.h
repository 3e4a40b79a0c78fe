// SPDX-License-Identifier: Apache-2.0
#pragma once
/// Private to this room: what the record will list beside the results (specification §13.1, `changes`): everything by
/// which somebody had a hand in the keys, the presence or the vote of another, and every mark on a result.
#include "client/session/facts.h"
#include "client/session/log_copy.h"

namespace piaojue::client {

class RecordChanges {
 public:
  explicit RecordChanges(LogCopy const& log) : log_(log) {}

  void took_in(meeting::Entry const& entry, std::uint64_t index);
  /// As `now.changes`.
  facts::array list() const;

 private:
  struct Change {
    std::uint64_t index = 0;
    std::string_view kind;
    std::optional<PersonId> person;
    std::string_view by;  ///< empty: nobody
  };
  /// One overload an entry type that is listed.
  struct Teller;
  /// Nobody but those who signed it has cosigned the end of the meeting.
  bool close_unwitnessed() const;

  LogCopy const& log_;
  std::vector<Change> changes_;
  std::optional<std::uint64_t> closed_;  ///< index of MeetingClose
  std::vector<PersonId> closers_;
};

}  // namespace piaojue::client
