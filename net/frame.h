// SPDX-License-Identifier: Apache-2.0
#pragma once
/// Frames on the wire (specification §9): u32be length ‖ payload, 1 ≤ length ≤ frame_bytes_max. Sans-io: nothing here
/// touches a socket, so that a test or a fuzzer can step it a byte at a time.
#include <cstdint>
#include <optional>

#include "base/refusal.h"
#include "crypto/types.h"

namespace piaojue::net {

using crypto::Hash;

inline constexpr std::size_t kFrameHeaderBytes = 4;
/// For a peer that has shown a certificate of the meeting.
inline constexpr std::uint32_t kFrameBytesMax = 32U << 20;
/// For a peer that has not: enough for an enrolment request and nothing else.
inline constexpr std::uint32_t kFrameBytesMaxUnauthenticated = 16U << 10;

/// out.size() = payload.size() + kFrameHeaderBytes.
/// @return kMalformed: empty payload. kTooLarge: more than `frame_bytes_max`.
[[nodiscard]] Result<Bytes> encode_frame(ByteView payload, std::uint32_t frame_bytes_max = kFrameBytesMax);

/// The four header bytes of a payload of `payload_bytes`.
std::array<std::uint8_t, kFrameHeaderBytes> frame_header(std::uint32_t payload_bytes);

/// Cuts a byte stream into payloads. Memory held is bounded by what has really arrived (and its growth factor), never
/// by what a header announces.
class FrameReader {
 public:
  explicit FrameReader(std::uint32_t frame_bytes_max = kFrameBytesMaxUnauthenticated)
      : frame_bytes_max_(frame_bytes_max) {}

  /// Consumes from the front of `chunk` until one payload is complete or the chunk is used up. Call again with the same
  /// view while it yields a payload:
  ///
  ///     for (;;) {
  ///       auto payload = reader.next(chunk);
  ///       if (!payload) return refuse(payload.error());
  ///       if (!*payload) break;                    // chunk is empty, more bytes are needed
  ///       handle(std::move(**payload));            // may change the limit for the frames that follow
  ///     }
  ///
  /// @return kTooLarge: the header announces more than the limit; seen before anything of that size is allocated.
  ///         kMalformed: the header announces an empty payload. After a refusal the stream has no meaning any more, and
  ///         every further call gives the same refusal.
  [[nodiscard]] Result<std::optional<Bytes>> next(ByteView& chunk);

  /// For frames whose header has not been completed yet.
  void set_frame_bytes_max(std::uint32_t frame_bytes_max) { frame_bytes_max_ = frame_bytes_max; }
  std::uint32_t frame_bytes_max() const { return frame_bytes_max_; }
  /// A frame has begun and is not complete: the state in which a slow peer is timed, and an end of stream is a
  /// truncation.
  bool mid_frame() const { return header_have_ != 0; }

 private:
  std::uint32_t frame_bytes_max_;
  std::array<std::uint8_t, kFrameHeaderBytes> header_{};
  std::size_t header_have_ = 0;
  std::uint32_t expected_ = 0;
  Bytes payload_;
  std::optional<Refusal> broken_;
};

}  // namespace piaojue::net
