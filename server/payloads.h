// SPDX-License-Identifier: Apache-2.0
#pragma once
/// Hands each payload, and the attempt that it is of, to the part whose kind it is: by person to Delivery, by hop to
/// MixChain. Keeps nothing itself, so that the two go on sharing no table and no type.
#include "server/delivery.h"
#include "server/mix_chain.h"

namespace piaojue::server {

class Payloads {
 public:
  Payloads(meeting::Record const& record, AttemptSeal const& seal, Delivery& delivery, MixChain& mix_chain)
      : record_(record), seal_(seal), delivery_(delivery), mix_chain_(mix_chain) {}

  /// After the entries: the rows of the attempt in progress, once they can be read; until then they are kept as they
  /// are. @return kStorage: not those that its entries speak of.
  [[nodiscard]] Result<void> load(Contents const& contents);
  /// The attempt's half may have come back. @return likewise, and from then on nothing is taken in this attempt; true:
  /// the rows could be read now, and not before.
  [[nodiscard]] Result<bool> look_again();

  /// Bytes become a value that is checked against its entry, which the record would accept.
  /// @return kMalformed: can not be read, or the entry has none. What `check` of the part refuses it with. kBusy: the
  /// attempt's half is away, or what it sealed is lost.
  [[nodiscard]] Result<Payload> read(meeting::Entry const& entry, Bytes raw) const;
  /// The entry is in the log. While the log is replayed there is no payload: `load` comes after.
  void took_in(meeting::Entry const& entry, std::uint64_t index, Payload payload);
  /// For somebody who has just connected: what is still to be done as a trustee, then what was answered.
  std::vector<Frame> frames_for(PersonId person) const;

 private:
  template <HasPayload Body>
  Result<void> check(Body const& body, typename PayloadKind<Body>::Value const& value) const;
  template <HasPayload Body>
  void take_in(Body const& body, std::uint64_t index, Parcel<Body>* parcel);
  std::optional<TrusteeId> trustee_of(PersonId person) const;

  meeting::Record const& record_;
  AttemptSeal const& seal_;
  Delivery& delivery_;
  MixChain& mix_chain_;
  std::optional<Contents> unread_;  ///< of the attempt in progress: its half is away
  bool lost_ = false;               ///< could not be read although it is back: the attempt can not go on
};

}  // namespace piaojue::server
