// SPDX-License-Identifier: Apache-2.0
#pragma once
/// What somebody has signed and should not have, said in the log.
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

 private:
  meeting::Record const& record_;
  LogWriter& log_;
  Notices& notices_;
};

}  // namespace piaojue::server
