// SPDX-License-Identifier: Apache-2.0
#include "server/enrolments.h"

#include "base/bilingual.h"
#include "crypto/seal.h"
#include "protocol/meeting/codec.h"
#include "strings/server.h"

namespace piaojue::server {

using crypto::SigningPublicKey;
using meeting::DeviceKeys;
using meeting::MeetingPhase;

namespace {

bool same_keys(DeviceKeys const& keys, std::optional<SigningPublicKey> const& identity,
               std::optional<SigningPublicKey> const& witness, std::optional<crypto::BoxPublicKey> const& box) {
  return keys.identity_key == identity && keys.witness_key == witness && keys.box_key == box;
}

}  // namespace

void write_slip(Writes& writes, Secret const& seal_key, PersonId person, Secret const& enrol_key) {
  auto const row = key_of_person(person);
  writes.put(Table::kSlip, row, crypto::seal(seal_key, enrol_key.view(), row));
}

// ---- Rows

Bytes encode_enrolment(Enrolment const& enrolment) {
  Bytes out;
  auto const& keys = enrolment.keys;
  for (auto const& part :
       {enrolment.slip.view(), enrolment.request.view(), keys.identity_key.view(), keys.witness_key.view(),
        keys.box_key.view(), enrolment.possession.view(), enrolment.spki.view()}) {
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
  constexpr std::size_t kFixed = 6 * 32 + 64 + 4;
  if (bytes.size() < kFixed) return Refusal::kStorage;
  std::size_t at = 0;
  auto const part = [&](auto& value) {
    using T = std::remove_reference_t<decltype(value)>;
    value = *T::from(bytes.subspan(at, T::kSize));
    at += T::kSize;
  };
  part(out.slip);
  part(out.request);
  part(out.keys.identity_key);
  part(out.keys.witness_key);
  part(out.keys.box_key);
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

Enrolments::Enrolments(Draft const& draft, meeting::Record const& record, Shelf<Table::kEnrolment> rows)
    : draft_(draft), record_(record), rows_(rows) {}

Result<void> Enrolments::load(Contents const& contents) {
  for (auto const& [key, value] : contents[Table::kEnrolment]) {
    if (key.size() != 8) return Refusal::kStorage;
    auto row = decode_enrolment(number_at(key, 0), number_at(key, 4), value);
    if (!row) return row.error();
    auto const before = by_person_.find(row->person);
    std::size_t const number = before == by_person_.end() ? 0 : before->second.size();
    if (!draft_.person(row->person) || row->number != number) return Refusal::kStorage;
    keep(std::move(*row));
  }
  return {};
}

std::array<Enrolments::KeyBytes, 3> Enrolments::bytes_of(DeviceKeys const& keys) {
  return {keys.identity_key.data, keys.witness_key.data, crypto::canonical(keys.box_key).data};
}

Enrolment const* Enrolments::keep(Enrolment enrolment) {
  auto& list = by_person_[enrolment.person];
  auto const* kept = &list.emplace_back(std::move(enrolment));
  by_slip_[kept->slip] = kept;
  by_spki_[kept->spki] = kept;
  for (auto const& key : bytes_of(kept->keys)) keys_seen_.insert(key);
  return kept;
}

Enrolment const* Enrolments::add(Enrolment enrolment) {
  auto const before = by_person_.find(enrolment.person);
  enrolment.number = before == by_person_.end() ? 0 : static_cast<std::uint32_t>(before->second.size());
  rows_.put(key_of(enrolment.person, enrolment.number), encode_enrolment(enrolment));
  return keep(std::move(enrolment));
}

Result<void> Enrolments::check_new(PersonId person, DeviceKeys const& keys, crypto::Signature const& possession) const {
  auto const& draft = draft_.manifest();
  auto const input =
      meeting::possession_input(draft.meeting_id, person, keys.identity_key, keys.witness_key, keys.box_key);
  if (!crypto::is_valid(keys.identity_key) || !crypto::is_valid(keys.witness_key) || !crypto::is_valid(keys.box_key)) {
    return Refusal::kOutOfRange;
  }
  if (!crypto::verify(keys.identity_key, {input}, possession)) return Refusal::kBadSignature;
  // One key twice, of whatever kind, and the log refuses the whole manifest without saying whose it is.
  std::set<KeyBytes> taken{draft.server_key.data, draft.checkpoint_key.data,
                           crypto::canonical(draft.server_box_key).data};
  for (auto const& key : bytes_of(keys)) {
    if (keys_seen_.contains(key) || !taken.insert(key).second) return Refusal::kConflict;
  }
  return {};
}

Enrolment const* Enrolments::find(ByHash const& by_hash, Hash const& hash) {
  auto const it = by_hash.find(hash);
  return it == by_hash.end() ? nullptr : it->second;
}

Enrolment const* Enrolments::newest(PersonId person) const {
  auto const it = by_person_.find(person);
  return it == by_person_.end() ? nullptr : &it->second.back();
}

Standing Enrolments::standing(Enrolment const& enrolment) const {
  bool const is_newest = newest(enrolment.person) == &enrolment;
  if (record_.phase() == MeetingPhase::kBeforeOpen) return is_newest ? Standing::kCurrent : Standing::kEnded;
  if (record_.identity_key(enrolment.person) == enrolment.keys.identity_key) return Standing::kCurrent;
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
    filled.identity_key = list.back().keys.identity_key;
    filled.witness_key = list.back().keys.witness_key;
    filled.box_key = list.back().keys.box_key;
    filled.possession = list.back().possession;
  }
  return manifest;
}

std::optional<meeting::KeyChange> Enrolments::key_change(PersonId person) const {
  auto const* enrolment = newest(person);
  if (record_.phase() != MeetingPhase::kOpen || !enrolment ||
      record_.identity_key(person) == enrolment->keys.identity_key) {
    return std::nullopt;
  }
  return meeting::KeyChange{record_.meeting(),
                            person,
                            enrolment->keys.identity_key,
                            enrolment->keys.witness_key,
                            enrolment->keys.box_key,
                            enrolment->possession,
                            in_both(strings::server::kKeyChangeReason)};
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
    if (!person.identity_key) continue;
    auto const* enrolment = newest(p);
    if (!enrolment || !same_keys(enrolment->keys, person.identity_key, person.witness_key, person.box_key)) {
      return Refusal::kConflict;
    }
  }
  return {};
}

Result<void> Enrolments::check_keys(meeting::KeyChange const& change) const {
  auto const* enrolment = newest(change.person);
  if (!enrolment || !same_keys(enrolment->keys, change.identity_key, change.witness_key, change.box_key)) {
    return Refusal::kConflict;
  }
  return {};
}

}  // namespace piaojue::server
