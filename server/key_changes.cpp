// SPDX-License-Identifier: Apache-2.0
#include "server/key_changes.h"

#include "protocol/meeting/codec.h"

namespace piaojue::server {

void KeyChanges::propose(PersonId person) {
  if (muted_) return;
  auto change = enrolments_.key_change(person);
  if (!change) {
    refused_.erase(person);
    return;
  }
  auto made = meeting::made(std::move(*change));
  auto const id = meeting::proposal_id(made.entry.type(), made.entry.body_bytes);
  auto const done = proposals_.propose(id, std::move(made.entry), meeting::kServer);
  if (done) {
    refused_.erase(person);
    return;
  }
  auto const [before, is_new] = refused_.try_emplace(person, done.error());
  if (is_new || before->second != done.error()) notices_.add({Event::kKeyChangeRefused, done.error(), 0});
  before->second = done.error();
}

}  // namespace piaojue::server
