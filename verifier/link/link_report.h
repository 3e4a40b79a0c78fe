// SPDX-License-Identifier: Apache-2.0
#pragma once
/// What `piaojue-verify --link` says: each attempt, what it found, and how far from chance that is.
#include "verifier/link/evidence.h"

namespace piaojue::verifier::link {

struct Outcome {
  std::string text;  ///< for people; the last line is LINKED n or NOT LINKED
  bool found = false;
};
Outcome try_and_report(Evidence const& evidence, Lang lang);

}  // namespace piaojue::verifier::link
