// SPDX-License-Identifier: Apache-2.0
// What a program kept of its secrets, unsealed: read whole or refused, and what was read is what is written and read
// again. Harm: half a key after a crash or a change of version, with which a trustee or an expert goes on as if nothing
// were missing.
#include <cstdlib>

#include "base/state.h"
#include "client/session/ballot_state.h"
#include "protocol/trustee/keys.h"

namespace {

using namespace piaojue;

void require(bool holds) {
  if (!holds) std::abort();
}

/// The input's own bytes say what is asked for: nothing is given from beyond the end, and once broken it stays so.
void try_reader(ByteView const in) {
  state::Reader reader(in);
  std::size_t given = 0;
  for (std::uint8_t const step : in) {
    bool const was_broken = reader.broken();
    if (step % 3 == 0) {
      auto const number = reader.u32();
      require(!reader.broken() || number == 0);
      given += 4;
    } else {
      auto const bytes = step % 3 == 1 ? reader.fixed(step / 3U) : reader.bytes();
      require(bytes.empty() || (bytes.data() >= in.data() && bytes.data() + bytes.size() <= in.data() + in.size()));
      require(!reader.broken() || bytes.empty());
      given += step % 3 == 1 ? step / 3U : 4 + bytes.size();
    }
    require(!was_broken || reader.broken());
    if (reader.broken()) break;
    require(given <= in.size() && reader.done() == (given == in.size()));
  }
  require(!reader.broken() || !reader.done());
}

template <class State>
void try_state(Secret const& bytes) {
  auto const parsed = State::parse(bytes);
  if (!parsed) return;
  auto const written = parsed->serialise();
  auto const again = State::parse(written);
  require(again && std::ranges::equal(again->serialise().view(), written.view()));
}

}  // namespace

extern "C" int LLVMFuzzerInitialize(int*, char***) {
  piaojue::init();
  return 0;
}

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
  ByteView const in(data, size);
  try_reader(in);
  auto const secret = Secret::copy_of(in);
  try_state<client::BallotState>(secret);
  try_state<trustee::AttemptKeys>(secret);
  return 0;
}
