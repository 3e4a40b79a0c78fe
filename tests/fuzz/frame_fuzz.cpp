// SPDX-License-Identifier: Apache-2.0
// Frames from a stranger: any bytes, cut anywhere, must give the same payloads or the same refusal, within the limit.
#include <cstdlib>

#include "message_mutator.h"
#include "net/frame.h"

namespace {

using namespace piaojue;
using namespace piaojue::net;

constexpr std::uint32_t kLimit = 4096;

struct Outcome {
  std::vector<Bytes> payloads;
  bool refused = false;
  bool mid_frame = false;
  bool operator==(Outcome const&) const = default;
};

void require(bool holds) {
  if (!holds) std::abort();
}

/// The piece lengths come from the input's own bytes, so that the fuzzer steers the cuts.
Outcome read(ByteView stream, bool cut) {
  FrameReader reader(kLimit);
  Outcome outcome;
  ByteView rest = stream;
  while (!rest.empty() && !outcome.refused) {
    std::size_t const piece = cut ? std::min<std::size_t>(1 + rest.front() % 7, rest.size()) : rest.size();
    ByteView chunk = rest.first(piece);
    rest = rest.subspan(piece);
    for (;;) {
      auto payload = reader.next(chunk);
      outcome.refused = payload.has_error();
      if (!payload || !*payload) break;
      require(!(*payload)->empty() && (*payload)->size() <= kLimit);
      outcome.payloads.push_back(std::move(**payload));
    }
    require(outcome.refused || chunk.empty());
  }
  outcome.mid_frame = !outcome.refused && reader.mid_frame();
  return outcome;
}

}  // namespace

extern "C" std::size_t LLVMFuzzerCustomMutator(std::uint8_t* data, std::size_t size, std::size_t max, unsigned seed) {
  if (seed % 3 == 0) return LLVMFuzzerMutate(data, size, max);
  return piaojue::fuzz::mutate_behind(0, data, size, max, seed, piaojue::fuzz::mutate_pieces);
}

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
  ByteView const stream(data, size);
  Outcome const whole = read(stream, false);
  require(whole == read(stream, true));
  // What was read is, encoded again, the beginning of what came.
  Bytes again;
  for (Bytes const& payload : whole.payloads) piaojue::append(again, encode_frame(payload, kLimit).value());
  require(again.size() <= size && std::equal(again.begin(), again.end(), data));
  require(whole.refused || whole.mid_frame || again.size() == size);
  return 0;
}
