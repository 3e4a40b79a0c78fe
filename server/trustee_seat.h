// SPDX-License-Identifier: Apache-2.0
#pragma once
/// Trustee 0, which this program is, and the rows that it keeps, sealed. A row is written with the group that carries
/// the entry which rests on it.
#include "server/config.h"
#include "server/outbox.h"

namespace piaojue::server {

class TrusteeSeat final : private trustee::TrusteeStore {
 public:
  struct Means {
    crypto::SigningKey const& key;
    Secret const& seal_key;
    trustee::TokenKeySource token_keys;
    ParallelFor parallel;
    std::uint32_t lookahead;
  };
  TrusteeSeat(Means means, Shelf<Table::kTrustee> rows);

  void load(Contents const& contents);
  void on_request(PersonId person, Hash const& open, meeting::BlindedMsgs messages);
  void on_mix_input(Hash const& open, meeting::MixItems items);
  std::vector<trustee::Trustee::Job> due(meeting::Record const& record, meeting::Witnesses const& witnesses);
  trustee::Trustee::Status status(meeting::Record const& record) const { return trustee_.status(record); }

 private:
  Result<void> save(std::string const& name, Secret const& plain) override;
  Result<std::optional<Secret>> load(std::string const& name) override;
  Result<void> erase(std::string const& name) override;

  Secret const& seal_key_;
  Shelf<Table::kTrustee> rows_;
  std::map<std::string, Bytes> sealed_;
  trustee::Trustee trustee_;
};

}  // namespace piaojue::server
