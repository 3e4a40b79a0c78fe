// SPDX-License-Identifier: Apache-2.0
#include "client/session/materials.h"

#include "strings/client.h"

namespace piaojue::client {

namespace text = strings::client;

namespace {

constexpr std::size_t kWantedMax = 64;

facts::object said(MaterialKey key) {
  facts::object out;
  out["question"] = key.question;
  out["index"] = key.index;
  return out;
}

facts::object page_of(MaterialKey key) {
  auto out = said(key);
  out["page"] = "files/" + std::to_string(key.question) + "/" + std::to_string(key.index);
  return out;
}

}  // namespace

meeting::Attachment const& Materials::attachment(MaterialKey key) const {
  return log_.record().manifest().candidates.at(key.question - 1).attachments.at(key.index);
}

void Materials::operate(Reply const& reply, command::Attachment const& in) {
  if (cache_ == nullptr) return reply.no(Refusal::kStorage);
  MaterialKey const key{in.question, in.index};
  if (log_.record().phase() != meeting::MeetingPhase::kOpen) {
    return refuse_one(reply, key, Refusal::kWrongPhase, text::kAttachmentGone);
  }
  auto const& candidates = log_.record().manifest().candidates;
  bool const there = in.question <= candidates.size() && in.index < candidates[in.question - 1].attachments.size();
  if (!there) return refuse_one(reply, key, Refusal::kUnknown, text::kAttachmentGone);
  if (cache_->has(key)) return reply.ok(page_of(key));
  auto const before = std::ranges::find(wanted_, key, &Wanted::key);
  if (before != wanted_.end()) return before->asked_by.push_back(reply);
  if (wanted_.size() >= kWantedMax) return refuse_one(reply, key, Refusal::kBusy, text::kAttachmentTooMany);
  wanted_.push_back({key, {reply}, 0, false, {}});
}

void Materials::refuse_one(Reply const& reply, MaterialKey key, Refusal code, Sentence const& why) {
  cache_->say_refused(key, why);
  reply.no(code, why);
}

void Materials::took_in(meeting::Entry const& entry) {
  if (entry.type() != meeting::EntryType::kMeetingClose) return;
  refuse(Refusal::kWrongPhase);
  if (cache_ != nullptr) cache_->wipe();
}

void Materials::refuse(Refusal why) {
  ++fetched_;
  if (cache_ != nullptr) cache_->drop();
  for (auto const& one : std::exchange(wanted_, {}))
    for (auto const& reply : one.asked_by) refuse_one(reply, one.key, why, text::kAttachmentGone);
}

void Materials::act() {
  if (wanted_.empty() || asking_) return;
  auto& first = wanted_.front();
  if (!first.begun) {
    ++fetched_;
    if (!cache_->begin(attachment(first.key).size)) return end(Refusal::kStorage, text::kAttachmentNoRoom);
    first.begun = true;
  }
  asking_ = requests_.ask(
      [&](std::uint64_t id) { return wire::get_attachment(id, first.key.question, first.key.index, first.got); },
      [this, mine = fetched_](Answer& answer) {
        asking_ = false;
        if (mine != fetched_) return;
        if (!answer) {
          return end(answer.error(),
                     answer.error() == Refusal::kStorage ? text::kAttachmentUnreadable : text::kAttachmentNotGiven);
        }
        auto const* piece = std::get_if<wire::AttachmentPiece>(&answer->what);
        take(piece != nullptr ? ByteView(piece->bytes) : ByteView());
      });
}

void Materials::take(ByteView piece) {
  auto& first = wanted_.front();
  auto const size = attachment(first.key).size;
  if (piece.size() != std::min<std::uint64_t>(meeting::kAttachmentPieceBytes, size - first.got)) {
    return end(Refusal::kConflict, text::kAttachmentDiffers);
  }
  first.hash.add(piece);
  first.got += piece.size();
  if (!cache_->add(piece)) return end(Refusal::kStorage, text::kAttachmentNoRoom);
  if (first.got == size) return finish();
  say_progress(first);
}

void Materials::finish() {
  auto& first = wanted_.front();
  auto const& what = attachment(first.key);
  // Entry 0 was signed with this hash: what is different, is not what the meeting is about.
  if (first.hash.finish() != what.sha256) return end(Refusal::kConflict, text::kAttachmentDiffers);
  auto const media = meeting::media_of(what.name);
  if (!media || !cache_->keep(first.key, what.name, *media)) return end(Refusal::kStorage, text::kAttachmentNoRoom);
  auto const done = std::move(first);
  wanted_.pop_front();
  for (auto const& reply : done.asked_by) reply.ok(page_of(done.key));
}

void Materials::end(Refusal code, Text const& why) {
  cache_->drop();
  auto const failed = std::move(wanted_.front());
  wanted_.pop_front();
  Sentence const words(why, {{"name", attachment(failed.key).name}});
  for (auto const& reply : failed.asked_by) refuse_one(reply, failed.key, code, words);
}

void Materials::say_progress(Wanted const& wanted) {
  cache_->say_progress(wanted.key, wanted.got, attachment(wanted.key).size);
  auto event = facts::event("attachment");
  facts::add(event, said(wanted.key));
  event["got"] = wanted.got;
  event["size"] = attachment(wanted.key).size;
  auto const line = boost::json::serialize(event);
  for (auto const& reply : wanted.asked_by) events_.emit_to(reply.asker(), line);
}

}  // namespace piaojue::client
