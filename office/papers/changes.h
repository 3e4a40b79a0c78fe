// SPDX-License-Identifier: Apache-2.0
#pragma once
/// The changes of guards on a paper (specification §13.1): under every list of results stands who had a hand in the
/// keys, the presence or the vote of another, and what is marked; or that there was nothing of the kind.
#include "office/papers/frame.h"

namespace piaojue::office {

void put_changes(Frame& frame, verifier::Audit const& audit);

}  // namespace piaojue::office
