// SPDX-License-Identifier: Apache-2.0
#pragma once
/// What should not be forgotten, said in the log: what somebody has signed and should not have, and a laptop that sent
/// something else than its person chose.
#include "server/log_writer.h"
#include "server/notice.h"

namespace piaojue::server {

class Incidents {
 public:
  Incidents(meeting::Record const& record, LogWriter& log, Notices& notices)
      : record_(record), log_(log), notices_(notices) {}

  /// A token request that the record has refused, because this person has made another one in this attempt. Only what
  /// the person really signed is held against it; once per person and code.
  void second_request(meeting::Entry const& entry, meeting::TokenRequest const& body);
  /// A check has said `differs`: code 46, with the leaf hash of the CheckResult. Not while the log is replayed, where
  /// the Incident follows by itself.
  void took_in(meeting::CheckResult const& result, std::uint64_t index);
  void mute(bool muted) { muted_ = muted; }

 private:
  void log(meeting::Incident const& incident);

  meeting::Record const& record_;
  LogWriter& log_;
  Notices& notices_;
  bool muted_ = false;
};

}  // namespace piaojue::server
