// SPDX-License-Identifier: Apache-2.0
#include "server/submissions.h"

namespace piaojue::server {

using meeting::Entry;
using meeting::Record;

void Submissions::answer(Asked const& asked, wire::Submit const& in) {
  if (auto const index = log_.feed.index_of_leaf(log::leaf_hash(in.entry))) return asked.accept(*index);
  auto entry = meeting::decode_entry(in.entry);
  if (!entry) return asked.refuse(entry.error());
  auto const is_own = [&](auto const& signature) { return signature.signer == asked.person(); };
  if (std::ranges::none_of(entry->signatures, is_own)) return asked.refuse(Refusal::kNotAuthorised);
  auto const id = meeting::proposal_id(entry->type(), entry->body_bytes);
  if (auto const index = log_.feed.index_of_proposal(id)) return asked.accept(*index);
  if (auto const allowed = enrolments_.check_entry(*entry); !allowed) return asked.refuse(allowed.error());
  if (proposals_.contains(id)) return sign(asked, id, entry->signatures);
  if (log_.record.signatures_complete(*entry)) return complete(asked, *entry, in);
  partial(asked, id, std::move(*entry), in);
}

void Submissions::complete(Asked const& asked, Entry const& entry, wire::Submit const& in) {
  if (auto const allowed = log_.record.check(entry); !allowed) {
    auto const* request = std::get_if<meeting::TokenRequest>(&entry.body);
    if (request && allowed.error() == Refusal::kAlreadyIssued) incidents_.second_request(entry, *request);
    return asked.refuse(allowed.error());
  }
  auto payload = payloads_.read(entry, in.payload);
  if (!payload) return asked.refuse(payload.error());
  asked.accept(log_.writer.append(entry, in.entry, std::move(*payload)));
}

void Submissions::partial(Asked const& asked, Hash const& id, Entry entry, wire::Submit const& in) {
  // By its name first: what somebody signs who is not asked is not a proposal with something added.
  if (auto const allowed = log_.record.check(entry, Record::Signatures::kPartial); !allowed) {
    return asked.refuse(allowed.error());
  }
  if (!in.payload.empty()) return asked.refuse(Refusal::kMalformed);
  if (auto const done = proposals_.propose(id, std::move(entry), in.entry, asked.person()); !done) {
    return asked.refuse(done.error());
  }
  asked.reply(wire::pending(asked.id(), id));
}

void Submissions::answer(Asked const& asked, wire::Countersign const& in) {
  if (in.signer != asked.person()) return asked.refuse(Refusal::kNotAuthorised);
  if (auto const index = log_.feed.index_of_proposal(in.proposal)) return asked.accept(*index);
  sign(asked, in.proposal, {{in.signer, in.signature}});
}

void Submissions::sign(Asked const& asked, Hash const& id, std::vector<meeting::EntrySignature> const& more) {
  auto const complete = proposals_.sign(id, more);
  if (!complete) return asked.refuse(complete.error());
  if (!*complete) return asked.reply(wire::pending(asked.id(), id));
  asked.accept(log_.writer.append((*complete)->entry, (*complete)->bytes));
}

}  // namespace piaojue::server
