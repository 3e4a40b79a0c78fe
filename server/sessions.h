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
  /// To everybody what is for him.
  virtual void to_each(std::function<Frame(PersonId)> const& frame) = 0;
  /// To the session under the person's current keys. @return false: there is none.
  virtual bool to_person(PersonId person, Frame const& frame) = 0;
};

struct Session {
  Enrolment const* enrolment = nullptr;  ///< nothing: no certificate
  PersonId person = 0;
  Standing standing = Standing::kEnded;
  bool screen = false;
  bool hello = false;    ///< it has said what it has of the log, and is pushed the rest
  bool closing = false;  ///< an output says so, and nothing more is for it
  std::uint64_t pushed = 0;
  std::uint32_t frame_bytes_max = 0;

  bool greeted() const { return hello && !closing; }
};

class Sessions final : public Post {
 public:
  Sessions(Draft const& draft, meeting::Record const& record, Enrolments const& enrolments, Limits const& limits,
           Outbox& outbox);

  /// @param certificate SHA-256 of its SubjectPublicKeyInfo; nothing: a stranger.
  void open(SessionId id, std::optional<Hash> const& certificate);
  void closed(SessionId id);
  void close(SessionId id, Close reason);
  /// Nothing: unknown, or closing.
  Session const* find(SessionId id) const;
  /// From here on it is pushed the log from `next_index`.
  void greet(SessionId id, std::uint64_t next_index);
  /// After an enrolment or a KeyChange: closes what has ended. @return the sessions that have gained their rights.
  std::vector<SessionId> restand(PersonId person);
  /// Meeting or attempt has opened, or a slot is another's: somebody may send more, or less, from here on.
  void relimit();
  /// Those under their persons' current keys that have said Hello.
  std::map<SessionId, PersonId> present() const;

  void to_all(Frame const& frame) override;
  void to_each(std::function<Frame(PersonId)> const& frame) override;
  bool to_person(PersonId person, Frame const& frame) override;
  void to_all(Lane lane, Frame const& frame);

  /// Puts what each session lacks of a log of `size` entries into the outbox.
  void push_log(std::uint64_t size, std::function<std::vector<Frame>(std::uint64_t from)> const& frames);
  /// Who is connected or enrolled has changed since the last push of it.
  bool status_due() const { return status_due_; }
  void status_changed() { status_due_ = true; }
  /// After a recovery: nobody is there to be told.
  void reset_status() { status_due_ = false; }
  /// @param countdown_s that the chair gives for the vote; nothing: none.
  void push_status(std::optional<std::uint32_t> countdown_s);

 private:
  void limit(SessionId id, Session& session);

  Draft const& draft_;
  meeting::Record const& record_;
  Enrolments const& enrolments_;
  Limits const& limits_;
  Outbox& outbox_;
  std::map<SessionId, Session> sessions_;
  bool status_due_ = false;
};

}  // namespace piaojue::server
