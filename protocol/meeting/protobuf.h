// SPDX-License-Identifier: Apache-2.0
#pragma once
/// For the few places that know Protobuf. What is signed has its bytes in one spelling only (specification §2.3).
#include <google/protobuf/message.h>
#include <google/protobuf/stubs/logging.h>

#include "base/refusal.h"
#include "crypto/types.h"

namespace piaojue::meeting::protobuf {

/// Fields ascending, defaults left out, varints shortest, repeated numbers packed: what the C++ encoder writes. None of
/// our messages has a map, the only thing whose order it leaves open.
inline Bytes encode(google::protobuf::MessageLite const& message) {
  Bytes out(message.ByteSizeLong());
  message.SerializeWithCachedSizesToArray(out.data());
  return out;
}

/// Any spelling: for what travels between server and laptop. @return false: does not parse (a string that is not UTF-8
/// included).
[[nodiscard]] inline bool parse(ByteView bytes, google::protobuf::MessageLite& into) {
  // Protobuf writes a line to stderr for every string that is not UTF-8: whoever can send bytes could fill a disk.
  [[maybe_unused]] static bool const quiet = (google::protobuf::SetLogHandler(nullptr), true);
  return bytes.size() <= std::numeric_limits<int>::max() &&
         into.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()));
}

/// @return kMalformed: does not parse. kNotCanonical: another spelling, unknown fields, or something after the end.
[[nodiscard]] inline Result<void> decode(ByteView bytes, google::protobuf::Message& into) {
  if (!parse(bytes, into)) return Refusal::kMalformed;
  into.DiscardUnknownFields();
  if (into.ByteSizeLong() != bytes.size() || !std::ranges::equal(encode(into), bytes)) {
    return Refusal::kNotCanonical;
  }
  return {};
}

}  // namespace piaojue::meeting::protobuf
