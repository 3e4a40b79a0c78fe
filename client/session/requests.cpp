// SPDX-License-Identifier: Apache-2.0
#include "client/session/requests.h"

namespace piaojue::client {
namespace {

/// Sent and not answered: the server answers in order of commits, so more would only fill its queue.
constexpr std::size_t kInFlightMax = 32;

}  // namespace

// ==================================================================================================== Asking

bool Requests::ask(std::function<Bytes(std::uint64_t id)> const& make, Done done, Busy busy) {
  if (!may_ask()) return false;
  auto const id = next_id_++;
  open_.emplace(id, Request{make(id), std::move(done), busy});
  pump();
  return true;
}

bool Requests::submit(meeting::Made const& made, ByteView payload, Submitted done) {
  auto const& entry = made.entry;
  Expected const expected{meeting::proposal_id(entry.type(), entry.body_bytes), !entry.signatures.empty()};
  return ask([&](std::uint64_t id) { return wire::submit(id, made.bytes, payload); },
             [this, expected, done = std::move(done)](Answer& answer) { take_submitted(answer, expected, done); });
}

bool Requests::countersign(Hash const& proposal, PersonId signer, crypto::Signature const& signature, Submitted done) {
  Expected const expected{proposal, true};
  return ask([&](std::uint64_t id) { return wire::countersign(id, proposal, signer, signature); },
             [this, expected, done = std::move(done)](Answer& answer) { take_submitted(answer, expected, done); });
}

bool Requests::relay(PersonId to, meeting::RelayKind kind, ByteView body, Done done) {
  return ask([&](std::uint64_t id) { return wire::relay(id, to, kind, body); }, std::move(done), Busy::kIsAnswer);
}

bool Requests::answer_relay(PersonId to, meeting::RelayKind kind, ByteView body) {
  if (!may_ask()) return false;
  auto const id = next_id_++;
  open_.emplace(id, Request{wire::relay(id, to, kind, body), {}, Busy::kIsAnswer, true});
  pump();
  return true;
}

void Requests::take_submitted(Answer const& answer, Expected const& expected, Submitted const& done) {
  if (!answer) return done(answer.error(), {});
  if (auto const* pending = std::get_if<wire::Pending>(&answer->what)) {
    return done(std::optional<std::uint64_t>(), pending->proposal);
  }
  auto const* accepted = std::get_if<wire::Accepted>(&answer->what);
  if (accepted == nullptr) return done(Refusal::kMalformed, {});
  if (accepted->index < logged_) return check(accepted->index, {expected, done});
  claimed_.emplace(accepted->index, Claimed{expected, done});
}

void Requests::check(std::uint64_t index, Claimed const& claimed) {
  if (!is_logged_(index, claimed.expected)) return claimed.done(Refusal::kLogInconsistent, {});
  claimed.done(std::optional(index), {});
}

void Requests::logged(std::uint64_t size) {
  logged_ = size;
  while (!claimed_.empty() && claimed_.begin()->first < size) {
    auto const node = claimed_.extract(claimed_.begin());
    check(node.key(), node.mapped());
  }
}

void Requests::close(Refusal why) {
  closed_ = true;
  frames_.clear();
  for (auto const& [index, claimed] : std::exchange(claimed_, {})) claimed.done(why, {});
  for (auto& [id, request] : std::exchange(open_, {})) {
    Answer answer = why;
    if (request.done) request.done(answer);
  }
  in_flight_ = 0;
}

// ==================================================================================================== The connection

bool Requests::connected() {
  if (connected_) return false;
  connected_ = true;
  reconnect_ = false;
  return true;
}

bool Requests::disconnected() {
  reconnect_ = false;
  if (!connected_) return false;
  connected_ = false;
  pinging_ = false;
  hello_ = 0;
  in_flight_ = 0;
  frames_.clear();
  std::erase_if(open_, [](auto const& one) { return one.second.ends_with_connection; });
  for (auto& [id, request] : open_) request.sent = false;
  return std::exchange(welcomed_, false);
}

void Requests::say_hello(std::uint64_t next_index) {
  hello_ = next_id_++;
  frames_.push_back(wire::hello(hello_, next_index));
}

bool Requests::take_welcome(std::uint64_t size) {
  welcome_size_ = size;
  if (std::exchange(welcomed_, true)) return false;
  ++welcomes_;
  return true;
}

void Requests::take_answer(wire::Message message) {
  auto const it = open_.find(message.id);
  if (it == open_.end() || !it->second.sent) return;  // answered before: the request was repeated
  --in_flight_;
  auto const* refused = std::get_if<wire::Refused>(&message.what);
  bool const again = it->second.when_busy == Busy::kTryAgain && it->second.busy < limits_.busy_retries_max;
  if (refused != nullptr && refused->code == Refusal::kBusy && again) {
    ++it->second.busy;
    it->second.sent = false;
    it->second.again_ms = clock_.now_ms + limits_.busy_retry_ms;
    return;
  }
  auto const done = std::move(it->second.done);
  open_.erase(it);
  if (!done) return;
  Answer answer = refused != nullptr ? Answer(refused->code) : Answer(std::move(message));
  done(answer);
}

void Requests::ping_if_due() {
  if (!is_welcomed() || pinging_ || clock_.now_ms < pinged_ms_ + limits_.ping_ms) return;
  pinged_ms_ = clock_.now_ms;
  // The channel's idle deadline closes a connection on which no answer comes.
  pinging_ = ask([](std::uint64_t id) { return wire::ping(id); }, [this](Answer&) { pinging_ = false; });
}

void Requests::pump() {
  if (!is_welcomed() || closed_ || keeper_.failed()) return;
  for (auto& [id, request] : open_) {
    if (in_flight_ >= kInFlightMax) return;
    if (request.sent || request.again_ms > clock_.now_ms) continue;
    request.sent = true;
    ++in_flight_;
    frames_.push_back(request.frame);
  }
}

std::vector<Bytes> Requests::take_frames() {
  keeper_.flush();
  bool const out = connected_ && !keeper_.failed() && (frames_.empty() || keeper_.sync());
  if (!out) frames_.clear();
  return std::exchange(frames_, {});
}

}  // namespace piaojue::client
