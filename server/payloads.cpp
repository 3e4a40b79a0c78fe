// SPDX-License-Identifier: Apache-2.0
#include "server/payloads.h"

namespace piaojue::server {

Result<void> Payloads::load(Contents const& contents) {
  auto const& attempt = record_.attempt();
  if (!record_.in_progress() || attempt->open.paper) return {};
  if (!seal_.is_here()) {
    unread_.emplace();
    for (auto const table : {Table::kTokenPayload, Table::kIssuedPayload, Table::kEnvelope, Table::kMixOutput}) {
      (*unread_)[table] = contents[table];
    }
    return {};
  }
  if (auto loaded = delivery_.load(contents); !loaded) return loaded;
  return mix_chain_.load(contents);
}

Result<bool> Payloads::look_again() {
  if (!unread_ || !record_.in_progress() || !seal_.is_here()) return false;
  auto const contents = std::exchange(unread_, std::nullopt);
  if (auto loaded = load(*contents); !loaded) {
    lost_ = true;
    return loaded.error();
  }
  return true;
}

template <HasPayload Body>
Result<void> Payloads::check(Body const& body, typename PayloadKind<Body>::Value const& value) const {
  if constexpr (requires { delivery_.check(body, value); }) {
    return delivery_.check(body, value);
  } else {
    return mix_chain_.check(body, value);
  }
}

template <HasPayload Body>
void Payloads::take_in(Body const& body, std::uint64_t index, Parcel<Body>* parcel) {
  if constexpr (requires { delivery_.take_in(body, index, parcel); }) {
    delivery_.take_in(body, index, parcel);
  } else {
    mix_chain_.take_in(body, index, parcel);
  }
}

Result<Payload> Payloads::read(meeting::Entry const& entry, Bytes raw) const {
  auto const read_for = [&]<class Body>(Body const& body) -> Result<Payload> {
    if constexpr (HasPayload<Body>) {
      if (!seal_.is_here() || lost_) return Refusal::kBusy;
      auto value = PayloadKind<Body>::kRead(raw);
      if (!value) return value.error();
      if (auto const allowed = check(body, *value); !allowed) return allowed.error();
      return Payload(Parcel<Body>{std::move(raw), std::move(*value)});
    } else {
      if (!raw.empty()) return Refusal::kMalformed;
      return Payload();
    }
  };
  return std::visit(read_for, entry.body);
}

void Payloads::took_in(meeting::Entry const& entry, std::uint64_t index, Payload payload) {
  auto const take_for = [&]<class Body>(Body const& body) {
    if constexpr (HasPayload<Body>) {
      take_in(body, index, std::get_if<Parcel<Body>>(&payload));
    } else if constexpr (std::is_same_v<Body, meeting::BatchOpen>) {
      delivery_.begin();
      mix_chain_.begin();
    } else if constexpr (std::is_same_v<Body, meeting::EnvelopeSpoil>) {
      delivery_.take_in(body);
    }
  };
  std::visit(take_for, entry.body);
  // A meeting may be closed while shares are still missing.
  if (record_.in_progress() && record_.phase() == meeting::MeetingPhase::kOpen) return;
  delivery_.end();
  mix_chain_.end();
  unread_.reset();
  lost_ = false;
}

std::vector<Frame> Payloads::frames_for(PersonId person) const {
  std::vector<Frame> out;
  if (auto const trustee = trustee_of(person)) {
    out = delivery_.token_work(*trustee);
    if (auto frame = mix_chain_.work_of(*trustee)) out.push_back(std::move(*frame));
  }
  std::ranges::move(delivery_.answers(person), std::back_inserter(out));
  return out;
}

std::optional<TrusteeId> Payloads::trustee_of(PersonId person) const {
  if (!record_.attempt()) return std::nullopt;
  auto const& holders = record_.attempt()->holders;
  auto const at = std::ranges::find(holders, person);
  if (at == holders.end()) return std::nullopt;
  return static_cast<TrusteeId>(at - holders.begin());
}

}  // namespace piaojue::server
