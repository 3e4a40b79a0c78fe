// SPDX-License-Identifier: Apache-2.0
#include "server/enrolling.h"

#include "crypto/seal.h"

namespace piaojue::server {

using meeting::MeetingPhase;

namespace {

constexpr std::size_t kEnrolKeyBytes = 32;

Hash digest_of(PersonId person, wire::EnrolKeys const& in) {
  return crypto::sha256({key_of_person(person), in.keys.identity_key.view(), in.keys.witness_key.view(),
                         in.keys.box_key.view(), in.possession.view(), in.csr});
}

}  // namespace

Enrolling::Enrolling(Draft const& draft, meeting::Record const& record, World world, Secret const& seal_key,
                     Limits const& limits, Enrolments& enrolments, Notices& notices)
    : draft_(draft),
      record_(record),
      world_(std::move(world)),
      seal_key_(seal_key),
      limits_(limits),
      enrolments_(enrolments),
      notices_(notices),
      decoy_(Secret::random(kEnrolKeyBytes)),
      decoy_slip_(crypto::seal(seal_key_, decoy_.view(), {})) {}

void Enrolling::open(SessionId session, Peer peer) { strangers_.emplace(session, Stranger{std::move(peer), 0, {}}); }

bool Enrolling::is_used_up(SessionId session) const {
  auto const it = strangers_.find(session);
  return it != strangers_.end() && it->second.tries > limits_.enrol_tries_per_session;
}

Allowance& Enrolling::allowance_of(std::string const& address) {
  auto const now = world_.now_ms();
  // Who has not tried for a while is as good as somebody who never did.
  if (!by_address_.contains(address)) std::erase_if(by_address_, [&](auto& one) { return one.second.is_full(now); });
  return by_address_.try_emplace(address, limits_.enrol_tries_per_address, now).first->second;
}

Result<void> Enrolling::count_try(Stranger& stranger) {
  ++stranger.tries;
  bool const of_session = stranger.tries <= limits_.enrol_tries_per_session;
  auto const now = world_.now_ms();
  if (of_session && allowance_of(stranger.peer.address).take(now)) return {};
  if (limit_log_.is_due(stranger.peer.address, now)) {
    notices_.add({Event::kLimit, Refusal::kBusy, 0, stranger.peer.address});
  }
  return Refusal::kBusy;
}

Result<Secret> Enrolling::slip_key(PersonId person) const {
  // Always the same work, so that neither answer nor time tells who has a slip; and always the same K for the same
  // person, because two that differ would tell it too.
  auto const row = key_of_person(person);
  auto decoy = crypto::hkdf_sha256(decoy_.view(), {}, row, kEnrolKeyBytes);
  auto const stored = world_.slip_of(person);
  if (!stored) return Refusal::kStorage;
  bool const is_there = *stored && draft_.person(person);
  auto key = crypto::unseal(seal_key_, is_there ? **stored : decoy_slip_, is_there ? ByteView(row) : ByteView());
  if (!key) return Refusal::kStorage;
  return is_there ? std::move(*key) : std::move(decoy);
}

Result<crypto::Mac> Enrolling::start(SessionId session, wire::EnrolStart const& in) {
  auto const it = strangers_.find(session);
  if (it == strangers_.end()) return Refusal::kNotAuthorised;
  auto& stranger = it->second;
  if (auto const counted = count_try(stranger); !counted) return counted.error();
  // Of another meeting nobody is known.
  PersonId const person = in.meeting == world_.meeting_number ? in.person : 0;
  auto const key = slip_key(person);
  if (!key) return key.error();
  stranger.started = person;
  return meeting::server_proof(*key, stranger.peer.exporter, stranger.peer.server_spki);
}

Result<Enrolling::Taken> Enrolling::finish(SessionId session, wire::EnrolKeys const& in) {
  auto const it = strangers_.find(session);
  if (it == strangers_.end()) return Refusal::kNotAuthorised;
  auto& stranger = it->second;
  if (!stranger.started) return Refusal::kWrongPhase;
  auto const key = slip_key(*stranger.started);
  if (!key) return key.error();
  if (!crypto::same(in.proof, meeting::client_proof(*key, stranger.peer.exporter, in.csr, in.keys))) {
    if (auto const counted = count_try(stranger); !counted) return counted.error();
    notices_.add({Event::kWrongCode, {}, 0});
    return Refusal::kNotOnRoll;
  }
  // Who knows the code guesses nothing, and many people may sit behind one address.
  allowance_of(stranger.peer.address).give_back();
  return enrol(*stranger.started, crypto::sha256({key->view()}), in);
}

Result<Enrolling::Taken> Enrolling::enrol(PersonId person, Hash const& slip, wire::EnrolKeys const& in) {
  auto const digest = digest_of(person, in);
  if (auto const* used = enrolments_.by_slip(slip)) {
    if (used->request != digest) return Refusal::kConflict;
    return Taken{used, false};
  }
  if (record_.phase() == MeetingPhase::kClosed) return Refusal::kWrongPhase;
  if (auto const allowed = enrolments_.check_new(person, in.keys, in.possession); !allowed) return allowed.error();
  auto issued = world_.issue_certificate(in.csr, person);
  if (!issued) return issued.error();
  if (enrolments_.find(issued->spki)) return Refusal::kConflict;
  Enrolment enrolment;
  enrolment.person = person;
  enrolment.slip = slip;
  enrolment.request = digest;
  enrolment.keys = in.keys;
  enrolment.possession = in.possession;
  enrolment.spki = issued->spki;
  enrolment.certificate = std::move(issued->certificate_pem);
  enrolment.authority = std::move(issued->authority_pem);
  auto const* added = enrolments_.add(std::move(enrolment));
  notices_.add({Event::kEnrolled, {}, enrolments_.people().size()});
  return Taken{added, true};
}

}  // namespace piaojue::server
