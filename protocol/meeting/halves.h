// SPDX-License-Identifier: Apache-2.0
#pragma once
/// Halves (specification §9.3): 32 random bytes that, with the owner's own key, seal what the owner keeps of an
/// attempt. Others hold them in memory only, so that one machine's disk alone opens nothing. Holder of an expert's half
/// is the server; of a trustee's, the server among them, every other trustee.
///
///   owner → holder   Deposit        after the half was drawn, and after every Hello
///   holder → owner   HalfOf         it is held
///   owner → holder   HalfOf         after a restart: give it back
///   holder → owner   ReturnedHalf
#include <compare>
#include <map>

#include "crypto/box.h"
#include "crypto/seal.h"
#include "crypto/sign.h"
#include "protocol/meeting/record.h"

namespace piaojue::meeting {

/// Of a person there is one half an attempt, whatever he keeps of it.
struct HalfOf {
  BatchId batch = 0;
  std::uint32_t attempt = 0;
  auto operator<=>(HalfOf const&) const = default;
};

struct Deposit {
  HalfOf of;
  Bytes sealed;  ///< the half, sealed to the holder's BK
  Signature signature;
};

struct ReturnedHalf {
  HalfOf of;
  Bytes sealed;  ///< to the BK that the owner had at the first deposit; empty: none is held
};

/// As bodies of a Relay. Parsing refuses with kMalformed: does not parse, a signature of a wrong length.
Bytes encode_half_of(HalfOf const& of);
[[nodiscard]] Result<HalfOf> parse_half_of(ByteView bytes);
Bytes encode_deposit(Deposit const& deposit);
[[nodiscard]] Result<Deposit> parse_deposit(ByteView bytes);
Bytes encode_returned(ReturnedHalf const& returned);
[[nodiscard]] Result<ReturnedHalf> parse_returned(ByteView bytes);

/// Who deposits with whom, in which meeting (the leaf hash of its entry 0). 0 is the server.
struct DepositParties {
  Hash meeting;
  PersonId owner = 0, holder = 0;
};
/// @param half crypto::kSealKeyBytes. @param key the owner's IK; the server's: the server key.
/// @return kKeyParam: the holder's BK is of small order.
[[nodiscard]] Result<Deposit> make_deposit(DepositParties const& parties, crypto::SigningKey const& key,
                                           BoxPublicKey const& holder_key, HalfOf const& of, Secret const& half);
/// @param key the owner's current IK.
/// @return kBadSignature. kMalformed: not sealed to this key, or no half.
[[nodiscard]] Result<Secret> open_deposit(DepositParties const& parties, SigningPublicKey const& key,
                                          crypto::BoxKey const& holder_key, Deposit const& deposit);
/// @return kMalformed: not sealed to this key, or no half.
[[nodiscard]] Result<Secret> open_returned(crypto::BoxKey const& owner_key, ByteView sealed);

/// The attempt is in progress, or the next one of its batch, for which keys are made ahead.
bool has_halves(Record const& record, HalfOf const& of);

/// What a holder holds for others. In memory only, and never written anywhere.
class HeldHalves {
 public:
  static constexpr std::size_t kPerOwnerMax = 16;

  /// Keeps the first of an owner and attempt. @param owner_key the owner's current BK: what it is given back under.
  /// @return kConflict: another one of the same laptop is held. kBusy: kPerOwnerMax.
  [[nodiscard]] Result<void> take(PersonId owner, BoxPublicKey const& owner_key, HalfOf const& of, Secret half);
  ReturnedHalf give_back(PersonId owner, HalfOf const& of) const;
  /// The log has gone on: nothing is kept of an attempt that has ended.
  void forget_ended(Record const& record);
  std::size_t size() const { return held_.size(); }

 private:
  struct Held {
    Secret half;
    BoxPublicKey owner_key;
  };
  std::map<std::pair<PersonId, HalfOf>, Held> held_;
};

}  // namespace piaojue::meeting
