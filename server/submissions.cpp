// SPDX-License-Identifier: Apache-2.0
#include "server/submissions.h"

namespace piaojue::server {

using meeting::Entry;
using meeting::Record;

void Submissions::answer(Asked const& asked, wire::Submit in) {
  // The server's own: nobody else's are as large, and nobody has them read to learn that.
  auto const type = meeting::type_of(in.entry);
  if (type == meeting::EntryType::kBallotBox || type == meeting::EntryType::kIncident) {
    return asked.refuse(Refusal::kNotAuthorised);
  }
  if (auto const index = log_.feed.index_of_leaf(log::leaf_hash(in.entry))) return answer_logged(asked, *index);
  auto entry = meeting::decode_entry(in.entry);
  if (!entry) return asked.refuse(entry.error());
  auto const is_own = [&](auto const& signature) { return signature.signer == asked.person(); };
  if (!entry->signatures.empty() && std::ranges::none_of(entry->signatures, is_own)) {
    return asked.refuse(Refusal::kNotAuthorised);
  }
  auto const id = meeting::proposal_id(entry->type(), entry->body_bytes);
  if (auto const index = log_.feed.index_of_proposal(id); index && !follows_itself(*entry, *index, asked.person())) {
    return answer_logged(asked, *index);
  }
  if (auto const allowed = parts_.enrolments.check_entry(*entry); !allowed) return asked.refuse(allowed.error());
  if (opens_unasked(*entry, asked.person())) return asked.refuse(Refusal::kNotAuthorised);
  if (parts_.proposals.contains(id)) return sign(asked, id, entry->signatures);
  if (log_.record.signatures_complete(*entry)) return complete(asked, *entry, std::move(in));
  partial(asked, id, std::move(*entry), in);
}

/// What the office has said of a person he himself may say in the same words, and so may the committee.
bool Submissions::follows_itself(Entry const& entry, std::uint64_t index, meeting::PersonId asker) const {
  return entry.type() == meeting::EntryType::kRecuse && !entry.signatures.empty() &&
         !log_.feed.is_signed_by(index, asker) && log_.record.check(entry, Record::Signatures::kPartial);
}

/// A manifest is looked into, with everybody's keys, before the record can ask who has signed it: nobody else may have
/// that done again and again.
bool Submissions::opens_unasked(Entry const& entry, meeting::PersonId person) const {
  if (entry.type() != meeting::EntryType::kMeetingOpen) return false;
  auto const is_asked = [&](meeting::WayToSign const& way) { return std::ranges::count(way.each, person) != 0; };
  return std::ranges::none_of(log_.record.ways_to_sign(entry), is_asked);
}

/// It is in the log, and counts for whoever sees his own signature there.
void Submissions::answer_logged(Asked const& asked, std::uint64_t index) const {
  if (!log_.feed.is_signed_by(index, asked.person())) return asked.refuse(Refusal::kConflict);
  asked.accept(index);
}

namespace {

/// There is more to look at than what the record does: a payload, or somebody may have to wait.
bool is_looked_at(meeting::EntryType type) {
  switch (type) {
    case meeting::EntryType::kSignIn:
    case meeting::EntryType::kSignOut:
    case meeting::EntryType::kRecuse:
    case meeting::EntryType::kRecuseBack:
    case meeting::EntryType::kTokenRequest:
    case meeting::EntryType::kTokensIssued:
    case meeting::EntryType::kEnvelopeCast:
    case meeting::EntryType::kMixStep:
      return true;
    default:
      return false;
  }
}

}  // namespace

void Submissions::complete(Asked const& asked, Entry const& entry, wire::Submit in) {
  // Anything else is checked once: the keys and proofs of a whole batch take long enough.
  if (!is_looked_at(entry.type()) && in.payload.empty()) return asked.accept(log_.writer.append(entry, in.entry));
  if (auto const allowed = log_.record.check(entry); !allowed) {
    auto const* request = std::get_if<meeting::TokenRequest>(&entry.body);
    if (request && allowed.error() == Refusal::kAlreadyIssued) parts_.incidents.second_request(entry, *request);
    return asked.refuse(allowed.error());
  }
  if (parts_.holds.holds_back(entry.type())) return asked.refuse(Refusal::kBusy);
  auto payload = parts_.payloads.read(entry, std::move(in.payload));
  if (!payload) return asked.refuse(payload.error());
  asked.accept(log_.writer.append(entry, in.entry, std::move(*payload)));
}

Result<void> Submissions::check_open(Asked const& asked, Entry const& entry) const {
  // A pk_v beside a name, while the envelope may still count.
  auto const* spoil = std::get_if<meeting::EnvelopeSpoil>(&entry.body);
  if (spoil && spoil->supervisor != 0) return Refusal::kNotAuthorised;
  if (!entry.signatures.empty()) return {};
  if (!log_.record.presence(asked.person()).signed_in) return Refusal::kNotAuthorised;
  auto const by_body = [](meeting::WayToSign const& way) {
    return way.by == meeting::By::kOffice || way.by == meeting::By::kCommittee;
  };
  if (std::ranges::none_of(log_.record.ways_to_sign(entry), by_body)) return Refusal::kNotAuthorised;
  return {};
}

void Submissions::partial(Asked const& asked, Hash const& id, Entry entry, wire::Submit const& in) {
  // By its name first: what somebody signs who is not asked is not a proposal with something added.
  if (auto const allowed = log_.record.check(entry, Record::Signatures::kPartial); !allowed) {
    return asked.refuse(allowed.error());
  }
  if (auto const allowed = check_open(asked, entry); !allowed) return asked.refuse(allowed.error());
  if (!in.payload.empty()) return asked.refuse(Refusal::kMalformed);
  auto const type = entry.type();
  if (auto const done = parts_.proposals.propose(id, std::move(entry), asked.person()); !done) {
    return asked.refuse(done.error());
  }
  parts_.holds.proposed(type);
  asked.reply(wire::pending(asked.id(), id));
}

void Submissions::answer(Asked const& asked, wire::Countersign const& in) {
  if (in.signer != asked.person()) return asked.refuse(Refusal::kNotAuthorised);
  auto const index = log_.feed.index_of_proposal(in.proposal);
  if (index && !parts_.proposals.contains(in.proposal)) return answer_logged(asked, *index);
  sign(asked, in.proposal, {{in.signer, in.signature}});
}

void Submissions::sign(Asked const& asked, Hash const& id, std::vector<meeting::EntrySignature> const& more) {
  auto const complete = parts_.proposals.sign(id, more);
  if (!complete) return asked.refuse(complete.error());
  if (!*complete) return asked.reply(wire::pending(asked.id(), id));
  if (parts_.holds.holds_back((*complete)->entry.type())) return asked.refuse(Refusal::kBusy);
  asked.accept(log_.writer.append((*complete)->entry, (*complete)->bytes));
}

}  // namespace piaojue::server
