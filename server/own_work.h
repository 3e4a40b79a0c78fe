// SPDX-License-Identifier: Apache-2.0
#pragma once
/// What this server itself has to do in an attempt, on other threads: the duties of trustee 0, and the ballot box that
/// is made of what the last hop has put out. A result enters the log when its job has been handed back; BatchKeys when
/// somebody else holds the half under which their secret keys are sealed (specification §9.3).
#include <map>

#include "server/job.h"
#include "server/log_writer.h"
#include "server/notice.h"
#include "server/trustee_seat.h"

namespace piaojue::server {

class OwnWork {
 public:
  /// Where items come from, none with a name in it. Each gives the same ones once; nothing: not due.
  struct Sources {
    std::function<std::optional<Result<meeting::MixItems>>()> for_hop0;
    std::function<std::shared_ptr<meeting::MixItems const>()> for_box;
  };
  struct Log {
    meeting::Record const& record;
    meeting::Witnesses const& witnesses;
    LogWriter& writer;
  };
  struct Trustee {
    TrusteeSeat& seat;
    OwnHalves const& halves;
  };
  OwnWork(Log log, Sources sources, Trustee trustee, ParallelFor const& parallel, Notices& notices)
      : log_(log), sources_(std::move(sources)), trustee_(trustee), parallel_(parallel), notices_(notices) {}

  /// The log, its witnesses, a half or the clock has gone on: more may be due.
  void look_again() { look_due_ = true; }
  /// What is due and not running yet.
  std::vector<Job> take_due();
  /// It has run. Unknown ids are ignored.
  void finish(JobId id);

 private:
  void feed_hop0();
  std::optional<Job> box_job();
  Job seat_job(trustee::Trustee::Job due);
  void submit(Result<std::vector<trustee::Submission>> submissions);
  void append(trustee::Submission submission);
  void submit_held_back();

  Log log_;
  Sources sources_;
  Trustee trustee_;
  ParallelFor const& parallel_;
  Notices& notices_;
  bool look_due_ = true;
  JobId last_ = 0;
  std::map<JobId, std::function<void()>> running_;  ///< what is to be done when a job has run
  std::vector<trustee::Submission> held_back_;      ///< BatchKeys
};

}  // namespace piaojue::server
