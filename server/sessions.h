// SPDX-License-Identifier: Apache-2.0
#pragma once
/// Who is connected, as whom, and how much of the log each has been sent.
#include <map>

#include "server/enrolments.h"
#include "server/outbox.h"

namespace piaojue::server {

/// To those who are connected, for whoever has something to send and need not know who that is.
class Post {
 public:
  virtual ~Post() = default;
  virtual void to_all(Frame const& frame) = 0;
  /// To the session under the person's current keys, if there is one.
  virtual void to_person(PersonId person, Frame const& frame) = 0;
};

struct Session {
  Enrolment const* enrolment = nullptr;  ///< nothing: no certificate
  PersonId person = 0;
  Standing standing = Standing::kEnded;
  bool screen = false;
  bool hello = false;    ///< it has said what it has of the log, and is pushed the rest
  bool closing = false;  ///< an output says so, and nothing more is for it
  std::uint64_t pushed = 0;
  std::uint32_t wrong_codes = 0;

  bool greeted() const { return hello && !closing; }
};

class Sessions final : public Post {
 public:
  Sessions(Draft const& draft, Enrolments const& enrolments, Limits const& limits, Outbox& outbox);

  void open(SessionId id, std::optional<Hash> const& spki);
  void closed(SessionId id);
  void close(SessionId id, Close reason);
  /// Nothing: unknown, or closing.
  Session const* find(SessionId id) const;
  /// From here on it is pushed the log from `next_index`.
  void greet(SessionId id, std::uint64_t next_index);
  /// Closes it after too many of them.
  void count_wrong_code(SessionId id);
  /// After an enrolment or a KeyChange: closes what has ended. @return the sessions that have gained their rights.
  std::vector<SessionId> restand(PersonId person);

  void to_all(Frame const& frame) override;
  void to_person(PersonId person, Frame const& frame) override;
  void to_all(Lane lane, Frame const& frame);

  /// Puts what each session lacks of a log of `size` entries into the outbox.
  void push_log(std::uint64_t size, std::function<std::vector<Frame>(std::uint64_t from)> const& frames);
  /// Who is connected or enrolled has changed since the last push of it.
  bool status_due() const { return status_due_; }
  void status_changed() { status_due_ = true; }
  /// After a recovery: nobody is there to be told.
  void reset_status() { status_due_ = false; }
  void push_status();

 private:
  Draft const& draft_;
  Enrolments const& enrolments_;
  Limits const& limits_;
  Outbox& outbox_;
  std::map<SessionId, Session> sessions_;
  bool status_due_ = false;
};

}  // namespace piaojue::server
