// SPDX-License-Identifier: Apache-2.0
#pragma once
/// Private to this room: follows the server's log by this person's own state machine, recomputes every root, and
/// cosigns (specification §4.3). What contradicts itself halts everything for good: evidence is kept, an event says so,
/// and nothing is signed any more, also after a restart.
#include <deque>

#include "client/session/log_copy.h"
#include "client/session/requests.h"
#include "client/wallet/identity.h"

namespace piaojue::client {

/// Whoever acts on what was taken in.
class LogListener {
 public:
  /// The entry stands in the record. @param again read back from the wallet at the start: `record` is at its end then.
  virtual void took_in(meeting::Entry const& entry, std::uint64_t index, bool again) = 0;
  /// The log contradicts itself; every open request has been refused.
  virtual void halted() = 0;

 protected:
  ~LogListener() = default;
};

class LogFollower {
 public:
  /// @param listener, as all the others, outlives this.
  LogFollower(Profile const& profile, Keys const& keys, SessionLimits const& limits, Clock const& clock, Keeper& keeper,
              Requests& requests, Events& events, LogListener& listener);

  /// Once, before anything else. @return kLogInconsistent: the journal does not apply.
  [[nodiscard]] Result<void> replay(std::vector<JournalRecord> const& journal);
  /// After `replay`: evidence of an earlier contradiction halts this session too. @return kStorage.
  [[nodiscard]] Result<void> load_evidence();

  // ---- What the server sends
  void take_welcome(wire::Welcome const& welcome);
  /// Of the newest Welcome; questions that the log does not have are among them.
  std::vector<wire::SuggestedRecusal> const& suggested() const { return suggested_; }
  /// Of the draft, as the server tells before there is a manifest.
  std::string const& announced_title() const { return announced_title_; }
  std::string const& announced_date() const { return announced_date_; }
  void take_hello_refused(Refusal code);
  void take_log(wire::Log const& push);
  void take_cosignatures(std::vector<log::Cosignature> const& list);

  /// From the newest checkpoint, not from the newest entry: entries that came without one are asked for again.
  void say_hello() { requests_.say_hello(log_.noted_size()); }
  /// Takes what came too early, and cosigns what is due.
  void act();

  // ---- To look at
  LogCopy const& copy() const { return log_; }
  meeting::Record const& record() const { return log_.record; }
  meeting::Witnesses const& witnesses() const { return log_.witnesses; }
  std::optional<Refusal> const& halted() const { return halted_; }
  std::optional<Refusal> const& bad_checkpoint() const { return bad_checkpoint_; }  ///< the newest one
  bool synced() const { return requests_.is_welcomed() && record().size() >= requests_.welcome_size(); }
  bool opened() const { return record().phase() != meeting::MeetingPhase::kBeforeOpen; }
  /// This program's keys are the ones that the log names for this person.
  bool current() const;
  /// What others keep secret for this person must be kept for these keys: no KeyChange lies behind the attempt's
  /// BatchOpen; there must be an attempt.
  bool current_for_attempt() const { return current() && record().key_as_old_as_attempt(me_); }
  /// Grows with every entry and cosignature that is taken in.
  std::uint64_t heard() const { return heard_; }
  /// Entries up to and with the newest one that is to be cosigned; 0: none.
  std::uint64_t milestone_size() const { return milestone_size_; }

 private:
  /// @return false: the session has halted.
  bool take_entry(Bytes const& bytes);
  void take_note(std::string const& note);
  bool take_cosignature(log::Cosignature const& cosignature);
  void took_in(meeting::Entry const& entry, std::uint64_t index, bool again);
  /// Requests::IsLogged. Halts where it is not.
  bool is_logged(std::uint64_t index, Requests::Expected const& expected);
  void cosign();
  void send_own();
  std::string newest_note() const { return log_.notes.empty() ? std::string() : log_.notes.rbegin()->second; }
  void halt(Refusal code, Sentence const& detail, std::string const& theirs = {}, std::string const& ours = {});

  Profile const& profile_;
  PersonId const me_;
  Keys const& keys_;
  SessionLimits const& limits_;
  Clock const& clock_;
  Keeper& keeper_;
  Requests& requests_;
  Events& events_;
  LogListener& listener_;

  LogCopy log_;
  std::vector<wire::SuggestedRecusal> suggested_;
  std::string announced_title_, announced_date_;
  std::optional<Refusal> halted_;
  std::optional<Refusal> bad_checkpoint_;
  std::uint64_t heard_ = 0;
  std::uint64_t milestone_size_ = 0;
  std::uint64_t cosigned_size_ = 0;  ///< largest checkpoint that this program has cosigned
  bool cosign_sent_ = false;
  std::deque<log::Cosignature> early_cosignatures_;
};

}  // namespace piaojue::client
