// SPDX-License-Identifier: Apache-2.0
#include "server/enrolments.h"

#include <sodium.h>

#include "protocol/meeting/codec.h"
#include "protocol/meeting/slip.h"
#include "strings/server.h"

namespace piaojue::server {

using crypto::SigningPublicKey;
using meeting::MeetingPhase;

namespace {

/// In both languages, because it is written into the log before anybody says in which he reads it.
std::string key_change_reason() {
  Text const& text = strings::server::kKeyChangeReason;
  return std::string(text.zh) + " (" + std::string(text.en) + ")";
}

Hash digest_of(wire::Enrol const& request) {
  Bytes number;
  append_u32be(number, request.person);
  return crypto::sha256(
      {number, request.identity_key.view(), request.witness_key.view(), request.possession.view(), request.csr});
}

}  // namespace

std::string new_enrolment_code() {
  std::array<std::uint8_t, meeting::kSlipCodeBytes> bits;
  randombytes_buf(bits.data(), bits.size());
  return meeting::format_slip_code(bits);
}

Hash code_hash(std::string_view code) { return crypto::sha256({as_bytes(code)}); }

void write_code(Writes& writes, PersonId person, std::string_view code) {
  writes.put(Table::kCode, key_of(person, code_hash(code)), {});
}

// ---- Rows

Bytes encode_enrolment(Enrolment const& enrolment) {
  Bytes out;
  for (auto const& part : {enrolment.code.view(), enrolment.request.view(), enrolment.identity_key.view(),
                           enrolment.witness_key.view(), enrolment.possession.view(), enrolment.spki.view()}) {
    piaojue::append(out, part);
  }
  append_u32be(out, static_cast<std::uint32_t>(enrolment.certificate.size()));
  piaojue::append(out, as_bytes(enrolment.certificate));
  piaojue::append(out, as_bytes(enrolment.authority));
  return out;
}

Result<Enrolment> decode_enrolment(PersonId person, std::uint32_t number, ByteView bytes) {
  Enrolment out;
  out.person = person;
  out.number = number;
  constexpr std::size_t kFixed = 5 * 32 + 64 + 4;
  if (bytes.size() < kFixed) return Refusal::kStorage;
  std::size_t at = 0;
  auto const part = [&](auto& value) {
    using T = std::remove_reference_t<decltype(value)>;
    value = *T::from(bytes.subspan(at, T::kSize));
    at += T::kSize;
  };
  part(out.code);
  part(out.request);
  part(out.identity_key);
  part(out.witness_key);
  part(out.possession);
  part(out.spki);
  std::size_t const length = number_at(bytes, at);
  at += 4;
  if (bytes.size() - at < length) return Refusal::kStorage;
  out.certificate = as_text(bytes.subspan(at, length));
  out.authority = as_text(bytes.subspan(at + length));
  return out;
}

// ---- Enrolments

Enrolments::Enrolments(Draft const& draft, meeting::Record const& record, World world, Limits const& limits,
                       Shelf<Table::kEnrolment> rows, Notices& notices)
    : draft_(draft), record_(record), world_(std::move(world)), limits_(limits), rows_(rows), notices_(notices) {}

Result<void> Enrolments::load(Contents const& contents) {
  for (auto const& [key, value] : contents[Table::kEnrolment]) {
    if (key.size() != 8) return Refusal::kStorage;
    auto row = decode_enrolment(number_at(key, 0), number_at(key, 4), value);
    if (!row) return row.error();
    auto const before = by_person_.find(row->person);
    std::size_t const number = before == by_person_.end() ? 0 : before->second.size();
    if (!draft_.person(row->person) || row->number != number) return Refusal::kStorage;
    add(std::move(*row));
  }
  return {};
}

Enrolment const* Enrolments::add(Enrolment enrolment) {
  auto& list = by_person_[enrolment.person];
  auto const* added = &list.emplace_back(std::move(enrolment));
  by_code_[added->code] = added;
  by_spki_[added->spki] = added;
  keys_seen_.insert(added->identity_key);
  keys_seen_.insert(added->witness_key);
  return added;
}

Result<Enrolments::Taken> Enrolments::take_request(wire::Enrol const& request) {
  if (auto const allowed = check_rate(); !allowed) return allowed.error();
  auto const code = code_hash(request.code);
  if (auto const known = check_code(request.person, code); !known) return known.error();

  auto const digest = digest_of(request);
  if (auto const used = by_code_.find(code); used != by_code_.end()) {
    if (used->second->request != digest) return Refusal::kConflict;
    return Taken{used->second, false};
  }
  if (record_.phase() == MeetingPhase::kClosed) return Refusal::kWrongPhase;
  if (auto const allowed = check_keys(request); !allowed) return allowed.error();
  auto issued = world_.issue_certificate(request.csr, request.person);
  if (!issued) return issued.error();
  if (by_spki_.contains(issued->spki)) return Refusal::kConflict;

  auto const before = by_person_.find(request.person);
  Enrolment row{.person = request.person,
                .number = before == by_person_.end() ? 0 : static_cast<std::uint32_t>(before->second.size()),
                .code = code,
                .request = digest,
                .identity_key = request.identity_key,
                .witness_key = request.witness_key,
                .possession = request.possession,
                .spki = issued->spki,
                .certificate = std::move(issued->certificate_pem),
                .authority = std::move(issued->authority_pem)};
  rows_.put(key_of(row.person, row.number), encode_enrolment(row));
  auto const* added = add(std::move(row));
  notices_.add({Event::kEnrolled, {}, by_person_.size()});
  return Taken{added, true};
}

Result<void> Enrolments::check_rate() {
  auto const now = world_.now_ms ? world_.now_ms() : 0;
  if (limits_.wrong_code_ms > 0 && now > wrong_codes_at_ms_) {
    auto const forgiven = static_cast<double>(now - wrong_codes_at_ms_) / static_cast<double>(limits_.wrong_code_ms);
    wrong_codes_ = std::max(0.0, wrong_codes_ - forgiven);
  }
  wrong_codes_at_ms_ = std::max(now, wrong_codes_at_ms_);
  if (wrong_codes_ + 1 > limits_.wrong_codes_burst) {
    if (!std::exchange(throttled_, true)) notices_.add({Event::kThrottled, {}, 0});
    return Refusal::kBusy;
  }
  throttled_ = false;
  return {};
}

Result<void> Enrolments::check_code(PersonId person, Hash const& hash) {
  bool known = false;
  if (draft_.person(person) && world_.codes) {
    auto const codes = world_.codes(person);
    if (!codes) return Refusal::kStorage;
    // Every one is compared, in constant time: how long it takes tells nothing about how near a guess was.
    for (auto const& one : *codes) known |= sodium_memcmp(one.data.data(), hash.data.data(), Hash::kSize) == 0;
    auto const used = by_code_.find(hash);
    known |= used != by_code_.end() && used->second->person == person;
  }
  if (known) return {};
  wrong_codes_ += 1;
  notices_.add({Event::kWrongCode, {}, 0});
  return Refusal::kNotOnRoll;
}

Result<void> Enrolments::check_keys(wire::Enrol const& request) const {
  auto const& draft = draft_.manifest();
  auto const input =
      meeting::possession_input(draft.meeting_id, request.person, request.identity_key, request.witness_key);
  if (!crypto::verify(request.identity_key, {input}, request.possession)) return Refusal::kBadSignature;
  auto const taken = [&](SigningPublicKey const& key) {
    return keys_seen_.contains(key) || key == draft.server_key || key == draft.checkpoint_key;
  };
  if (request.identity_key == request.witness_key || taken(request.identity_key) || taken(request.witness_key)) {
    return Refusal::kConflict;
  }
  return {};
}

Enrolment const* Enrolments::find(Hash const& spki) const {
  auto const it = by_spki_.find(spki);
  return it == by_spki_.end() ? nullptr : it->second;
}

Enrolment const* Enrolments::newest(PersonId person) const {
  auto const it = by_person_.find(person);
  return it == by_person_.end() ? nullptr : &it->second.back();
}

Standing Enrolments::standing(Enrolment const& enrolment) const {
  bool const is_newest = newest(enrolment.person) == &enrolment;
  if (record_.phase() == MeetingPhase::kBeforeOpen) return is_newest ? Standing::kCurrent : Standing::kEnded;
  if (record_.identity_key(enrolment.person) == enrolment.identity_key) return Standing::kCurrent;
  return is_newest ? Standing::kWaiting : Standing::kEnded;
}

std::vector<PersonId> Enrolments::people() const {
  std::vector<PersonId> out;
  for (auto const& [person, list] : by_person_) out.push_back(person);
  return out;
}

// ---- Keys and the log

meeting::Manifest Enrolments::with_keys() const {
  auto manifest = draft_.manifest();
  for (auto const& [person, list] : by_person_) {
    auto& filled = manifest.people[person - 1];
    filled.identity_key = list.back().identity_key;
    filled.witness_key = list.back().witness_key;
    filled.possession = list.back().possession;
  }
  return manifest;
}

std::optional<meeting::KeyChange> Enrolments::key_change(PersonId person) const {
  auto const* enrolment = newest(person);
  if (record_.phase() != MeetingPhase::kOpen || !enrolment || record_.identity_key(person) == enrolment->identity_key) {
    return std::nullopt;
  }
  return meeting::KeyChange{record_.meeting(),       person,
                            enrolment->identity_key, enrolment->witness_key,
                            enrolment->possession,   key_change_reason()};
}

bool Enrolments::has_keys(PersonId person, std::optional<SigningPublicKey> const& identity,
                          std::optional<SigningPublicKey> const& witness) const {
  auto const* enrolment = newest(person);
  return enrolment && enrolment->identity_key == identity && enrolment->witness_key == witness;
}

Result<void> Enrolments::check_entry(meeting::Entry const& entry) const {
  if (auto const* opening = std::get_if<meeting::Manifest>(&entry.body)) {
    if (auto allowed = draft_.check_opening(*opening); !allowed) return allowed;
    return check_keys(*opening);
  }
  if (auto const* change = std::get_if<meeting::KeyChange>(&entry.body)) return check_keys(*change);
  return {};
}

Result<void> Enrolments::check_keys(meeting::Manifest const& opening) const {
  for (PersonId p = 1; p <= opening.people.size(); ++p) {
    auto const& person = opening.people[p - 1];
    if (person.identity_key && !has_keys(p, person.identity_key, person.witness_key)) return Refusal::kConflict;
  }
  return {};
}

Result<void> Enrolments::check_keys(meeting::KeyChange const& change) const {
  if (!has_keys(change.person, change.identity_key, change.witness_key)) return Refusal::kConflict;
  return {};
}

}  // namespace piaojue::server
