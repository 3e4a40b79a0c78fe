// SPDX-License-Identifier: Apache-2.0
#include "client/session/submitter.h"

#include "protocol/meeting/codec.h"
#include "strings/client.h"

namespace piaojue::client {

using meeting::By;
using meeting::Record;

namespace {

constexpr std::uint64_t kRedraftMs = 100;

}  // namespace

Result<meeting::Made> Submitter::make(meeting::Body const& body) const {
  auto const& record = log_.record();
  auto made = meeting::made(body);
  if (record.wants_signature(made.entry, me_)) {
    made = meeting::made(body, me_, identity_);
  } else {
    auto const ways = record.ways_to_sign(made.entry);
    if (ways.empty()) {
      // It may name what is not there, and that is the better answer.
      auto const allowed = record.check(made.entry, Record::Signatures::kPartial);
      return allowed ? Refusal::kNotAuthorised : allowed.error();
    }
    bool const others =
        std::ranges::any_of(ways, [](auto const& way) { return way.by == By::kOffice || way.by == By::kCommittee; });
    if (!others || !record.presence(me_).signed_in) return Refusal::kNotAuthorised;
  }
  // What this person's own state machine refuses is not worth the server's time, and the answer is the same.
  if (auto const allowed = record.check(made.entry, Record::Signatures::kPartial); !allowed) return allowed.error();
  return made;
}

void Submitter::answer(Reply const& reply, std::optional<std::uint64_t> const& index, Hash const& proposal) {
  if (!index) return reply.pending(to_hex(proposal.view()));
  facts::object more;
  more["index"] = *index;
  reply.ok(std::move(more));
}

void Submitter::submit(Reply const& reply, meeting::Made const& made) {
  bool const queued = requests_.submit(made, {}, [reply](auto const& index, Hash const& proposal) {
    if (!index) return reply.no(index.error());
    answer(reply, *index, proposal);
  });
  if (!queued) reply.no(Refusal::kBusy);
}

void Submitter::put(Reply const& reply, meeting::Body const& body) {
  if (!log_.opened()) return reply.no(Refusal::kWrongPhase);
  if (!log_.current()) return reply.no(Refusal::kNotOnRoll, strings::client::kKeysNotCountersigned);
  auto const made = make(body);
  if (!made) return reply.no(made.error());
  submit(reply, *made);
}

void Submitter::put_drafted(Reply const& reply, Draft const& draft, std::uint32_t tries) {
  if (log_.halted()) return reply.no(*log_.halted());
  auto const body = draft();
  if (!body) return reply.no(body.error());
  if (!log_.current()) return reply.no(Refusal::kNotOnRoll, strings::client::kKeysNotCountersigned);
  auto const made = make(*body);
  if (!made) return reply.no(made.error());
  auto const again = [this, reply, draft, tries](auto const& index, Hash const& proposal) {
    if (index) return answer(reply, *index, proposal);
    if (index.error() != Refusal::kConflict || tries >= limits_.redrafts_max) return reply.no(index.error());
    later_.emplace_back(clock_.now_ms + kRedraftMs,
                        [this, reply, draft, tries] { put_drafted(reply, draft, tries + 1); });
  };
  if (!requests_.submit(*made, {}, again)) reply.no(Refusal::kBusy);
}

void Submitter::put_settled(Reply const& reply, std::function<bool()> const& settled, Draft const& draft) {
  settle(reply, settled, draft, clock_.now_ms + limits_.settle_ms);
}

void Submitter::settle(Reply const& reply, std::function<bool()> const& settled, Draft const& draft,
                       std::uint64_t until_ms) {
  if (settled() || clock_.now_ms >= until_ms || log_.halted()) return put_drafted(reply, draft);
  later_.emplace_back(clock_.now_ms + kRedraftMs,
                      [this, reply, settled, draft, until_ms] { settle(reply, settled, draft, until_ms); });
}

bool Submitter::tick() {
  std::vector<std::function<void()>> due;
  std::erase_if(later_, [&](auto& one) {
    if (one.first > clock_.now_ms) return false;
    due.push_back(std::move(one.second));
    return true;
  });
  for (auto const& what : due) what();
  return !due.empty();
}

}  // namespace piaojue::client
