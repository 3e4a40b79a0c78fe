#pragma once
/// Private to codec.cpp and record_file.cpp, the two places that know Protobuf: its bytes in one spelling only
/// (specification §2.3).
#include <google/protobuf/message.h>
#include <google/protobuf/stubs/logging.h>

#include "crypto/bytes.h"
#include "crypto/refusal.h"

namespace piaojue::meeting::protobuf {

/// Fields ascending, defaults left out, varints shortest, repeated numbers packed: what the C++ encoder writes. None of
/// our messages has a map, the only thing whose order it leaves open.
inline crypto::Bytes encode(google::protobuf::Message const& message) {
  crypto::Bytes out(message.ByteSizeLong());
  message.SerializeWithCachedSizesToArray(out.data());
  return out;
}

/// @return kMalformed: does not parse (a string that is not UTF-8 included). kNotCanonical: another spelling, unknown
/// fields, or something after the end.
[[nodiscard]] inline crypto::Result<void> decode(crypto::ByteView bytes, google::protobuf::Message& into) {
  // Protobuf writes a line to stderr for every string that is not UTF-8: whoever can send bytes could fill a disk.
  [[maybe_unused]] static bool const quiet = (google::protobuf::SetLogHandler(nullptr), true);
  if (!into.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) return crypto::Refusal::kMalformed;
  into.DiscardUnknownFields();
  if (into.ByteSizeLong() != bytes.size() || !std::ranges::equal(encode(into), bytes)) {
    return crypto::Refusal::kNotCanonical;
  }
  return {};
}

}  // namespace piaojue::meeting::protobuf
