// SPDX-License-Identifier: Apache-2.0
#pragma once
/// Who is enrolled, by which code, with which keys, and whose certificate a connection shows. Knows people by name;
/// knows nothing of any attempt.
#include <deque>
#include <set>
#include <unordered_map>

#include "server/config.h"
#include "server/draft.h"
#include "server/notice.h"
#include "server/wire.h"

namespace piaojue::server {

/// 16 characters of Crockford's base 32, 80 random bits. What is stored is only `code_hash`.
std::string new_enrolment_code();
Hash code_hash(std::string_view code);
/// One code for a person, as a write.
void write_code(Writes& writes, PersonId person, std::string_view code);

/// One enrolment, as it is kept.
struct Enrolment {
  PersonId person = 0;
  std::uint32_t number = 0;  ///< of this person's enrolments, from 0
  Hash code;                 ///< SHA-256 of the code that was used
  Hash request;              ///< SHA-256 of the request: the same one again gets the same answer
  crypto::SigningPublicKey identity_key, witness_key;
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
  struct World {
    IssueCertificate issue_certificate;
    CodesOf codes;
    NowMs now_ms;
  };
  Enrolments(Draft const& draft, meeting::Record const& record, World world, Limits const& limits,
             Shelf<Table::kEnrolment> rows, Notices& notices);

  /// Before the log is replayed. @return kStorage.
  [[nodiscard]] Result<void> load(Contents const& contents);

  /// What a request comes to. `enrolment` lives as long as this.
  struct Taken {
    Enrolment const* enrolment = nullptr;
    bool is_new = false;  ///< else it is the answer that was given before
  };
  /// @return kBusy: too many wrong codes. kNotOnRoll: a wrong code. kConflict: the code was used for another request,
  /// or a key is somebody's already. kWrongPhase: the meeting is over. kBadSignature, kStorage; or what no certificate
  /// is issued with.
  [[nodiscard]] Result<Taken> take_request(wire::Enrol const& request);

  Enrolment const* find(Hash const& spki) const;
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
  [[nodiscard]] Result<void> check_keys(meeting::Manifest const& opening) const;
  [[nodiscard]] Result<void> check_keys(meeting::KeyChange const& change) const;
  [[nodiscard]] Result<void> check_rate();
  [[nodiscard]] Result<void> check_code(PersonId person, Hash const& hash);
  [[nodiscard]] Result<void> check_keys(wire::Enrol const& request) const;
  Enrolment const* add(Enrolment enrolment);
  bool has_keys(PersonId person, std::optional<crypto::SigningPublicKey> const& identity,
                std::optional<crypto::SigningPublicKey> const& witness) const;

  struct HashOf {
    std::size_t operator()(Hash const& hash) const { return FixedBytesHash<Hash>{}(hash); }
  };
  using ByHash = std::unordered_map<Hash, Enrolment const*, HashOf>;

  Draft const& draft_;
  meeting::Record const& record_;
  World world_;
  Limits const& limits_;
  Shelf<Table::kEnrolment> rows_;
  Notices& notices_;
  std::map<PersonId, std::deque<Enrolment>> by_person_;  ///< in order of numbers; a deque keeps addresses
  ByHash by_code_, by_spki_;
  std::set<crypto::SigningPublicKey> keys_seen_;
  double wrong_codes_ = 0;
  std::uint64_t wrong_codes_at_ms_ = 0;
  bool throttled_ = false;  ///< said so to the operator
};

}  // namespace piaojue::server
