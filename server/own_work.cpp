// SPDX-License-Identifier: Apache-2.0
#include "server/own_work.h"

namespace piaojue::server {

namespace {

meeting::BatchKeys const* batch_keys(trustee::Submission const& submission) {
  return std::get_if<meeting::BatchKeys>(&submission.made.entry.body);
}

}  // namespace

std::vector<Job> OwnWork::take_due() {
  std::vector<Job> jobs;
  if (!std::exchange(look_due_, false)) return jobs;
  submit_held_back();
  feed_hop0();
  if (auto job = box_job()) jobs.push_back(std::move(*job));
  for (auto& due : trustee_.seat.due(log_.record, log_.witnesses)) jobs.push_back(seat_job(std::move(due)));
  return jobs;
}

void OwnWork::finish(JobId id) {
  auto const node = running_.extract(id);
  if (node.empty()) return;
  node.mapped()();
  look_due_ = true;
}

void OwnWork::feed_hop0() {
  auto items = sources_.for_hop0();
  if (!items) return;
  if (!*items) return notices_.add({Event::kMixInputRefused, items->error(), 0});
  trustee_.seat.on_mix_input(log_.record.attempt()->open_hash, std::move(**items));
}

std::optional<Job> OwnWork::box_job() {
  auto items = sources_.for_box();
  if (!items) return std::nullopt;
  struct Work {
    meeting::Record record;
    std::shared_ptr<meeting::MixItems const> items;
    meeting::BallotBox box;
  };
  auto work = std::make_shared<Work>(Work{log_.record, std::move(items), {}});
  auto const id = ++last_;
  running_[id] = [this, work] {
    // Refused when a Void came in between: the next look finds other live questions and begins again.
    auto const logged = log_.writer.append_own(std::move(work->box));
    if (!logged) notices_.add({Event::kBoxRefused, logged.error(), 0});
  };
  return Job{id, std::nullopt, [work, parallel = parallel_] {
               work->box = trustee::make_ballot_box(work->record, *work->items, parallel);
             }};
}

Job OwnWork::seat_job(trustee::Trustee::Job due) {
  auto const id = ++last_;
  running_[id] = [this, finish = std::move(due.finish)] { submit(finish(log_.record)); };
  return Job{id, due.duty, std::move(due.run)};
}

void OwnWork::submit(Result<std::vector<trustee::Submission>> submissions) {
  if (!submissions) return notices_.add({Event::kTrusteeRefusal, submissions.error(), 0});
  for (auto& submission : *submissions) {
    auto const* keys = batch_keys(submission);
    if (keys && !trustee_.halves.is_held({keys->batch, keys->attempt})) {
      held_back_.push_back(std::move(submission));
    } else {
      append(std::move(submission));
    }
  }
}

void OwnWork::append(trustee::Submission submission) {
  auto payload = payload_of(std::move(submission.payload));
  auto const logged = log_.writer.append_own(submission.made, std::move(payload));
  // Refused when the log went on while the work was done, such as by a Void.
  if (!logged) notices_.add({Event::kTrusteeRefusal, logged.error(), 0});
}

void OwnWork::submit_held_back() {
  auto waiting = std::exchange(held_back_, {});
  for (auto& submission : waiting) {
    auto const* keys = batch_keys(submission);
    // Others were asked for since, or the attempt has come without these.
    if (log_.record.attempts(keys->batch) + 1 != keys->attempt) continue;
    if (trustee_.halves.is_held({keys->batch, keys->attempt})) {
      append(std::move(submission));
    } else {
      held_back_.push_back(std::move(submission));
    }
  }
}

}  // namespace piaojue::server
