// SPDX-License-Identifier: Apache-2.0
// The conversation of an enrolment, at both ends. Harm: a stranger at the server's port who is let in without a code,
// fills its disk or stops it; or a server in between that makes a laptop believe that it knows the code.
#include <cstdlib>

#include "../unit/server/server_fixture.h"
#include "client/session/enrolment.h"

namespace {

using namespace piaojue;

void require(bool holds) {
  if (!holds) std::abort();
}

/// Frames from somebody without a certificate, each after its length in one byte; a length of 0: EnrolStart of person
/// 1, so that what follows is read as EnrolKeys.
void try_stranger(ByteView bytes) {
  static server::test::ServerFixture hall(server::test::small());
  // A day passes between two strangers, so that no limit hides what lies behind it.
  hall.now_ms += 86'400'000;
  auto const session = hall.connect(std::nullopt);
  while (!bytes.empty()) {
    std::size_t const length = std::min<std::size_t>(bytes.front(), bytes.size() - 1);
    if (length == 0) {
      hall.send(session, server::test::ServerFixture::start_frame(1));
    } else {
      hall.core->on_frame(session, bytes.subspan(1, length));
    }
    bytes = bytes.subspan(1 + length);
  }
  while (hall.core->has_group()) {
    auto const group = hall.core->take_group();
    require(group.writes.empty());
    for (auto const& output : group.outputs) {
      auto const* frame = std::get_if<server::Frame>(&output.what);
      if (frame == nullptr) continue;
      v2::ServerFrame said;
      require(said.ParseFromArray((*frame)->data(), static_cast<int>((*frame)->size())));
      require(said.has_enrol_proof() || said.has_refused());
    }
  }
  static_cast<void>(hall.core->take_notices());
  hall.core->closed(session);
}

void try_server(ByteView bytes) {
  meeting::SlipCode const code{0, 7, {1, 2, 3, 4, 5, 6, 7, 8, 9, 10}};
  client::EnrolChannel channel;
  channel.server_spki = to_bytes(as_bytes("SubjectPublicKeyInfo"));
  require(!client::read_enrol_proof(bytes, code, channel));
  static_cast<void>(client::read_enrolled(bytes));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
  ByteView const bytes(data, size);
  try_stranger(bytes);
  try_server(bytes);
  return 0;
}
