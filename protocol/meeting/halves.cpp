// SPDX-License-Identifier: Apache-2.0
#include "protocol/meeting/halves.h"

#include "crypto/domain.h"
#include "protocol/meeting/wire.h"

namespace piaojue::meeting {

namespace domain = crypto::domain;
using protobuf::encode;
using protobuf::parse_within;

namespace {

Bytes signing_input(DepositParties const& parties, HalfOf const& of, ByteView sealed) {
  Bytes out = to_bytes(as_bytes(domain::kDeposit));
  append(out, domain::kEnd);
  append(out, parties.meeting.view());
  for (std::uint32_t const number : {parties.owner, parties.holder, of.batch, of.attempt}) append_u32be(out, number);
  append(out, sealed);
  return out;
}

void fill(v2::HalfOf& out, HalfOf const& in) {
  out.set_batch(in.batch);
  out.set_attempt(in.attempt);
}

HalfOf take_half_of(v2::HalfOf const& in) { return {in.batch(), in.attempt()}; }

Result<Secret> open_half(crypto::BoxKey const& key, ByteView sealed) {
  auto half = crypto::open(key, sealed);
  if (half && half->size() != crypto::kSealKeyBytes) return Refusal::kMalformed;
  return half;
}

}  // namespace

Bytes encode_half_of(HalfOf const& of) {
  v2::HalfOf out;
  fill(out, of);
  return encode(out);
}

Result<HalfOf> parse_half_of(ByteView bytes) {
  v2::HalfOf in;
  if (!parse_within(bytes, in, 0)) return Refusal::kMalformed;
  return take_half_of(in);
}

Bytes encode_deposit(Deposit const& deposit) {
  v2::Deposit out;
  fill(*out.mutable_of(), deposit.of);
  wire::set(out.mutable_sealed(), deposit.sealed);
  wire::set(out.mutable_signature(), deposit.signature.view());
  return encode(out);
}

Result<Deposit> parse_deposit(ByteView bytes) {
  v2::Deposit in;
  Deposit out;
  if (!parse_within(bytes, in, 0) || !wire::take(out.signature, in.signature())) return Refusal::kMalformed;
  out.of = take_half_of(in.of());
  out.sealed = wire::get(in.sealed());
  return out;
}

Bytes encode_returned(ReturnedHalf const& returned) {
  v2::Return out;
  fill(*out.mutable_of(), returned.of);
  wire::set(out.mutable_sealed(), returned.sealed);
  return encode(out);
}

Result<ReturnedHalf> parse_returned(ByteView bytes) {
  v2::Return in;
  if (!parse_within(bytes, in, 0)) return Refusal::kMalformed;
  return ReturnedHalf{take_half_of(in.of()), wire::get(in.sealed())};
}

Result<Deposit> make_deposit(DepositParties const& parties, crypto::SigningKey const& key,
                             BoxPublicKey const& holder_key, HalfOf const& of, Secret const& half) {
  auto sealed = crypto::seal_to(holder_key, half.view());
  if (!sealed) return sealed.error();
  Signature const signature = key.sign({signing_input(parties, of, *sealed)});
  return Deposit{of, std::move(*sealed), signature};
}

Result<Secret> open_deposit(DepositParties const& parties, SigningPublicKey const& key,
                            crypto::BoxKey const& holder_key, Deposit const& deposit) {
  Bytes const input = signing_input(parties, deposit.of, deposit.sealed);
  if (!crypto::verify(key, {input}, deposit.signature)) return Refusal::kBadSignature;
  return open_half(holder_key, deposit.sealed);
}

Result<Secret> open_returned(crypto::BoxKey const& owner_key, ByteView sealed) { return open_half(owner_key, sealed); }

bool has_halves(Record const& record, HalfOf const& of) {
  if (record.phase() != MeetingPhase::kOpen || of.batch == 0 || of.batch > record.manifest().batches.size()) {
    return false;
  }
  auto const& attempt = record.attempt();
  if (record.in_progress() && attempt->open.batch == of.batch && attempt->open.attempt == of.attempt) return true;
  return of.attempt == record.attempts(of.batch) + 1;
}

Result<void> HeldHalves::take(PersonId owner, BoxPublicKey const& owner_key, HalfOf const& of, Secret half) {
  auto const held = held_.find({owner, of});
  // Of a laptop that was replaced nothing is asked for any more, and the new one begins anew.
  if (held != held_.end() && held->second.owner_key == owner_key) {
    if (!held->second.half.equals(half.view())) return Refusal::kConflict;
    return {};
  }
  auto const of_owner = std::ranges::count_if(held_, [&](auto const& one) { return one.first.first == owner; });
  if (static_cast<std::size_t>(of_owner) >= kPerOwnerMax) return Refusal::kBusy;
  held_.insert_or_assign(std::pair(owner, of), Held{std::move(half), owner_key});
  return {};
}

ReturnedHalf HeldHalves::give_back(PersonId owner, HalfOf const& of) const {
  auto const held = held_.find({owner, of});
  if (held == held_.end()) return {of, {}};
  auto sealed = crypto::seal_to(held->second.owner_key, held->second.half.view());
  return {of, sealed ? std::move(*sealed) : Bytes()};
}

void HeldHalves::forget_ended(Record const& record) {
  std::erase_if(held_, [&](auto const& one) { return !has_halves(record, one.first.second); });
}

}  // namespace piaojue::meeting
