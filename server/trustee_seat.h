// SPDX-License-Identifier: Apache-2.0
#pragma once
/// Trustee 0, which this program is, and the rows that it keeps: sealed under the attempt's half, or, where they must
/// outlive every attempt, under the own key alone. A row is written with the group that carries the entry which rests
/// on it.
#include "server/config.h"
#include "server/delivery.h"

namespace piaojue::server {

class TrusteeSeat final : private trustee::TrusteeStore {
 public:
  struct Means {
    crypto::SigningKey const& key;
    Secret const& seal_key;
    trustee::TokenKeySource token_keys;
    NowMs now_ms;
    StopAsked stop_asked;
    ParallelFor parallel;
    std::uint32_t lookahead;
  };
  TrusteeSeat(Means means, OwnHalves& halves, Shelf<Table::kTrustee> rows);

  /// After the entries: the half of each attempt that something is kept of is away from here on.
  /// @return kStorage: a row that is none.
  [[nodiscard]] Result<void> load(meeting::Record const& record, Contents const& contents);
  void on_request(Delivery::TokenWork work);
  void on_mix_input(Hash const& open, meeting::MixItems items);
  std::vector<trustee::Trustee::Job> due(meeting::Record const& record, meeting::Witnesses const& witnesses);
  /// It was not known whether its person has said stop: to be looked at again soon.
  bool waits_for_word() const { return waits_for_word_; }
  trustee::Trustee::Status status(meeting::Record const& record) const { return trustee_.status(record); }

 private:
  Result<void> save(trustee::StoreName const& name, Secret const& plain) override;
  Result<std::optional<Secret>> load(trustee::StoreName const& name) override;
  Result<void> erase(trustee::StoreName const& name) override;
  bool opens(meeting::HalfOf const& of, Secret const& key) const;
  bool knows_its_persons_word(meeting::Record const& record);

  Secret const& seal_key_;
  OwnHalves& halves_;
  Shelf<Table::kTrustee> rows_;
  StopAsked stop_asked_;
  std::set<meeting::HalfOf> stopped_;
  bool waits_for_word_ = false;
  std::map<trustee::StoreName, Bytes> sealed_;
  trustee::Trustee trustee_;
};

}  // namespace piaojue::server
