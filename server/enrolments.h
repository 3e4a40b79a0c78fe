// SPDX-License-Identifier: Apache-2.0
#pragma once
/// Who is enrolled, by which slip, with which keys, and whose certificate a connection shows. Knows people by name;
/// knows nothing of any attempt. How a stranger gets here: enrolling.h.
#include <deque>
#include <set>
#include <unordered_map>

#include "protocol/meeting/enrolment.h"
#include "server/config.h"
#include "server/draft.h"

namespace piaojue::server {

/// The newest slip of a person, as a write: K, sealed (specification §9.1). It takes the place of the one before.
void write_slip(Writes& writes, Secret const& seal_key, PersonId person, Secret const& enrol_key);

/// One enrolment, as it is kept.
struct Enrolment {
  PersonId person = 0;
  std::uint32_t number = 0;  ///< of this person's enrolments, from 0
  Hash slip;                 ///< SHA-256 of the K that was used
  Hash request;              ///< SHA-256 of the request: the same one again gets the same answer
  meeting::DeviceKeys keys;
  crypto::Signature possession;
  Hash spki;
  std::string certificate, authority;
};
Bytes encode_enrolment(Enrolment const& enrolment);
/// @return kStorage.
[[nodiscard]] Result<Enrolment> decode_enrolment(PersonId person, std::uint32_t number, ByteView bytes);

/// How a certificate's holder stands with the log.
enum class Standing : std::uint8_t {
  kCurrent,  ///< its keys are the person's keys
  kWaiting,  ///< the person enrolled anew, and KeyChange is not in the log yet: may watch
  kEnded,    ///< replaced
};

class Enrolments {
 public:
  Enrolments(Draft const& draft, meeting::Record const& record, Shelf<Table::kEnrolment> rows);

  /// Before the log is replayed. @return kStorage.
  [[nodiscard]] Result<void> load(Contents const& contents);

  /// A person brings keys and a certificate. Numbered here. @return lives as long as this.
  Enrolment const* add(Enrolment enrolment);
  /// @return kBadSignature: the possession. kOutOfRange: a key of small order. kConflict: a key is somebody's already,
  /// or one of its own for another purpose.
  [[nodiscard]] Result<void> check_new(PersonId person, meeting::DeviceKeys const& keys,
                                       crypto::Signature const& possession) const;

  Enrolment const* find(Hash const& spki) const { return find(by_spki_, spki); }
  Enrolment const* by_slip(Hash const& slip) const { return find(by_slip_, slip); }
  Enrolment const* newest(PersonId person) const;
  Standing standing(Enrolment const& enrolment) const;
  std::vector<PersonId> people() const;  ///< who is enrolled, ascending

  /// The drafted manifest with the newest keys of everybody: what the clerk is asked to sign.
  meeting::Manifest with_keys() const;
  /// What makes the newest keys of a person those of the log. Nothing: they are, or the meeting is not open.
  std::optional<meeting::KeyChange> key_change(PersonId person) const;
  /// What this server asks of an entry beyond what the record does: the meeting that was drafted is opened, and keys
  /// are those that were enrolled. Others would lock a person out: there is no certificate that goes with them.
  /// @return kConflict.
  [[nodiscard]] Result<void> check_entry(meeting::Entry const& entry) const;

 private:
  struct HashOf {
    std::size_t operator()(Hash const& hash) const { return FixedBytesHash<Hash>{}(hash); }
  };
  using ByHash = std::unordered_map<Hash, Enrolment const*, HashOf>;
  /// As the log compares keys, whatever they are for (specification §3.2).
  using KeyBytes = std::array<std::uint8_t, 32>;

  static Enrolment const* find(ByHash const& by_hash, Hash const& hash);
  static std::array<KeyBytes, 3> bytes_of(meeting::DeviceKeys const& keys);
  [[nodiscard]] Result<void> check_keys(meeting::Manifest const& opening) const;
  [[nodiscard]] Result<void> check_keys(meeting::KeyChange const& change) const;
  Enrolment const* keep(Enrolment enrolment);

  Draft const& draft_;
  meeting::Record const& record_;
  Shelf<Table::kEnrolment> rows_;
  std::map<PersonId, std::deque<Enrolment>> by_person_;  ///< in order of numbers; a deque keeps addresses
  ByHash by_slip_, by_spki_;
  std::set<KeyBytes> keys_seen_;
};

}  // namespace piaojue::server
