// SPDX-License-Identifier: Apache-2.0
#include "protocol/trustee/duty.h"

#include "protocol/trustee/trustee_store.h"

namespace piaojue::trustee {

namespace {

std::string_view name(DutyKind kind) {
  switch (kind) {
    case DutyKind::kKeys:
      return "keys";
    case DutyKind::kTokens:
      return "tokens";
    case DutyKind::kClose:
      return "close";
    case DutyKind::kMix:
      return "mix";
    case DutyKind::kCheckBox:
      return "check-box";
    case DutyKind::kShare:
      return "share";
    case DutyKind::kErase:
      return "erase";
  }
  return "";
}

}  // namespace

std::string to_text(Duty const& duty) {
  std::string out(name(duty.kind));
  out += "/" + std::to_string(duty.batch) + "/" + std::to_string(duty.attempt);
  if (duty.kind == DutyKind::kTokens) {
    out += "/" + std::to_string(duty.person) + "/" + std::to_string(duty.cast);
  }
  return out;
}

std::string to_text(StoreName const& name) {
  if (!name.of_attempt()) return "pledges";
  return std::string(name.kind == StoreKind::kKeys ? "keys" : "mix") + "/" + std::to_string(name.trustee) + "/" +
         std::to_string(name.batch) + "/" + std::to_string(name.attempt);
}

}  // namespace piaojue::trustee
