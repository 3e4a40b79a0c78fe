// SPDX-License-Identifier: Apache-2.0
#include "net/frame.h"

#include <algorithm>

namespace piaojue::net {
namespace {

/// What a header alone may make us reserve.
constexpr std::size_t kReserveBytesMax = 64U << 10;

}  // namespace

std::array<std::uint8_t, kFrameHeaderBytes> frame_header(std::uint32_t payload_bytes) {
  return {static_cast<std::uint8_t>(payload_bytes >> 24), static_cast<std::uint8_t>(payload_bytes >> 16),
          static_cast<std::uint8_t>(payload_bytes >> 8), static_cast<std::uint8_t>(payload_bytes)};
}

Result<Bytes> encode_frame(ByteView payload, std::uint32_t frame_bytes_max) {
  if (payload.empty()) return Refusal::kMalformed;
  if (payload.size() > frame_bytes_max) return Refusal::kTooLarge;
  Bytes out;
  out.reserve(kFrameHeaderBytes + payload.size());
  piaojue::append(out, frame_header(static_cast<std::uint32_t>(payload.size())));
  piaojue::append(out, payload);
  return out;
}

Result<std::optional<Bytes>> FrameReader::next(ByteView& chunk) {
  if (broken_) return *broken_;
  while (header_have_ < kFrameHeaderBytes) {
    if (chunk.empty()) return std::optional<Bytes>{};
    header_[header_have_++] = chunk.front();
    chunk = chunk.subspan(1);
    if (header_have_ < kFrameHeaderBytes) continue;
    expected_ = read_u32be(header_);
    if (expected_ == 0) broken_ = Refusal::kMalformed;
    if (expected_ > frame_bytes_max_) broken_ = Refusal::kTooLarge;
    if (broken_) return *broken_;
    payload_.reserve(std::min<std::size_t>(expected_, kReserveBytesMax));
  }
  std::size_t const take = std::min<std::size_t>(chunk.size(), expected_ - payload_.size());
  piaojue::append(payload_, chunk.first(take));
  chunk = chunk.subspan(take);
  if (payload_.size() < expected_) return std::optional<Bytes>{};
  header_have_ = 0;
  expected_ = 0;
  return std::optional<Bytes>{std::exchange(payload_, Bytes{})};
}

}  // namespace piaojue::net
