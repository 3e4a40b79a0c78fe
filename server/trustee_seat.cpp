// SPDX-License-Identifier: Apache-2.0
#include "server/trustee_seat.h"

#include "crypto/seal.h"

namespace piaojue::server {
namespace {

Bytes key_of_name(std::string_view name) { return to_bytes(as_bytes(name)); }

}  // namespace

TrusteeSeat::TrusteeSeat(Means means, Shelf<Table::kTrustee> rows)
    : seal_key_(means.seal_key),
      rows_(rows),
      trustee_(0, meeting::kServer, means.key, *this, std::move(means.token_keys), means.lookahead) {
  trustee_.set_parallel(std::move(means.parallel));
}

void TrusteeSeat::load(Contents const& contents) {
  for (auto const& [name, sealed] : contents[Table::kTrustee]) sealed_[std::string(as_text(name))] = sealed;
}

void TrusteeSeat::on_request(PersonId person, Hash const& open, meeting::BlindedMsgs messages) {
  trustee_.on_token_work(person, open, std::move(messages));
}

void TrusteeSeat::on_mix_input(Hash const& open, meeting::MixItems items) {
  trustee_.on_mix_input(open, std::move(items), {});
}

std::vector<trustee::Trustee::Job> TrusteeSeat::due(meeting::Record const& record,
                                                    meeting::Witnesses const& witnesses) {
  return trustee_.due(record, witnesses);
}

Result<void> TrusteeSeat::save(std::string const& name, Secret const& plain) {
  auto sealed = crypto::seal(seal_key_, plain.view(), as_bytes(name));
  // What it replaces may hold keys that are destroyed by this very write.
  if (sealed_.contains(name)) rows_.leave_no_trace();
  sealed_[name] = sealed;
  rows_.put(key_of_name(name), std::move(sealed));
  return {};
}

Result<std::optional<Secret>> TrusteeSeat::load(std::string const& name) {
  auto const it = sealed_.find(name);
  if (it == sealed_.end()) return std::optional<Secret>();
  auto plain = crypto::unseal(seal_key_, it->second, as_bytes(name));
  if (!plain) return Refusal::kStorage;
  return std::optional<Secret>(std::move(*plain));
}

Result<void> TrusteeSeat::erase(std::string const& name) {
  if (sealed_.erase(name) == 0) return {};
  rows_.erase(key_of_name(name));
  rows_.leave_no_trace();
  return {};
}

}  // namespace piaojue::server
