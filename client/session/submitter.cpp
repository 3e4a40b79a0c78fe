// SPDX-License-Identifier: Apache-2.0
#include "client/session/submitter.h"

#include "protocol/meeting/codec.h"
#include "strings/client.h"

namespace piaojue::client {

using meeting::Record;

namespace {

constexpr std::uint64_t kRedraftMs = 100;

}  // namespace

void Submitter::put(Reply const& reply, meeting::Body const& body) {
  if (!log_.opened()) return reply.no(Refusal::kWrongPhase);
  if (!log_.current()) return reply.no(Refusal::kNotOnRoll, strings::client::kKeysNotCountersigned);
  auto const bytes = meeting::signed_entry(body, me_, identity_);
  auto const entry = meeting::decode_entry(bytes);
  if (!entry) return reply.no(entry.error());
  // What this person's own state machine refuses is not worth the server's time, and the answer is the same.
  if (auto const allowed = log_.record().check(*entry, Record::Signatures::kPartial); !allowed) {
    return reply.no(allowed.error());
  }
  bool const queued = requests_.submit(bytes, {}, [reply](auto const& index, Hash const& proposal) {
    if (!index) return reply.no(index.error());
    if (!*index) return reply.pending(to_hex(proposal.view()));
    facts::object more;
    more["index"] = **index;
    reply.ok(std::move(more));
  });
  if (!queued) reply.no(Refusal::kBusy);
}

void Submitter::put_drafted(Reply const& reply, Draft const& draft, std::uint32_t tries) {
  if (log_.halted()) return reply.no(*log_.halted());
  auto const body = draft();
  if (!body) return reply.no(body.error());
  if (!log_.current()) return reply.no(Refusal::kNotOnRoll);
  auto const bytes = meeting::signed_entry(*body, me_, identity_);
  auto const entry = meeting::decode_entry(bytes);
  auto const allowed = entry ? log_.record().check(*entry) : Result<void>(entry.error());
  if (!allowed) return reply.no(allowed.error());
  bool const queued = requests_.submit(bytes, {}, [this, reply, draft, tries](auto const& index, Hash const&) {
    if (index) {
      facts::object more;
      if (*index) more["index"] = **index;
      return reply.ok(std::move(more));
    }
    if (index.error() != Refusal::kConflict || tries >= limits_.redrafts_max) return reply.no(index.error());
    later_.emplace_back(clock_.now_ms + kRedraftMs,
                        [this, reply, draft, tries] { put_drafted(reply, draft, tries + 1); });
  });
  if (!queued) reply.no(Refusal::kBusy);
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
