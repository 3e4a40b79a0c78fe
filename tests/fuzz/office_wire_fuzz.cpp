// SPDX-License-Identifier: Apache-2.0
// Frames between an office and its service, from whoever reaches the port: any bytes give a value or a refusal, and
// what is accepted says the same when it is written again. A draft's description, too, which a service keeps and
// compares. Harm: a stranger's frame that stops a node of many committees; or a repeated request that is taken for
// another draft.
#include <cstdlib>

#include "server/office_wire.h"

namespace {

void require(bool holds) {
  if (!holds) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
  using namespace piaojue;
  namespace wire = server::office_wire;
  ByteView const bytes{data, size};
  if (auto const request = wire::parse_request(bytes)) {
    require(request->id != 0);
    if (request->what) {
      bool const enrols = std::holds_alternative<wire::EnrolStart>(*request->what) ||
                          std::holds_alternative<wire::EnrolKey>(*request->what);
      require(enrols == request->enrolment);
      auto const written = wire::encode_request(request->id, *request->what);
      auto const again = wire::parse_request(written);
      require(again && again->id == request->id && again->what &&
              wire::encode_request(again->id, *again->what) == written);
    }
  }
  if (auto const draft = wire::parse_draft(bytes)) {
    require(draft->parts.size() <= wire::kPartsMax && draft->files.size() <= wire::kPartsMax);
    for (std::size_t i = 0; i < draft->parts.size(); ++i) require(draft->parts[i].number == i);
    auto const written = wire::encode(*draft);
    auto const again = wire::parse_draft(written);
    require(again && wire::encode(*again) == written);
  }
  if (auto const reply = wire::parse_reply(bytes)) {
    auto const written = wire::encode_reply(reply->id, reply->answer);
    auto const again = wire::parse_reply(written);
    require(again && wire::encode_reply(again->id, again->answer) == written);
  }
  return 0;
}
