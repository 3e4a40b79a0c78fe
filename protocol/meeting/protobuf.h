// SPDX-License-Identifier: Apache-2.0
#pragma once
/// For the few places that know Protobuf. What is signed has its bytes in one spelling only (specification §2.3).
#include <google/protobuf/descriptor.h>
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

/// Walks over the bytes before Protobuf makes anything of them, and counts the elements of every repeated field, also
/// of messages within: each would cost far more memory than the two bytes that an empty one takes (specification §9.4).
/// Needs no memory itself.
/// @return kTooLarge: more than `elements_max`. kNotCanonical: a field that the message does not have, of another wire
/// type, or twice where it is no list. kMalformed: no message at all.
[[nodiscard]] Result<void> count_elements(ByteView bytes, google::protobuf::Descriptor const& message,
                                          std::size_t elements_max);

/// `parse` of a message with at most so many elements. @return kTooLarge, kMalformed.
[[nodiscard]] inline Result<void> parse_within(ByteView bytes, google::protobuf::Message& into,
                                               std::size_t elements_max) {
  if (auto const ok = count_elements(bytes, *into.GetDescriptor(), elements_max); !ok) {
    return ok.error() == Refusal::kTooLarge ? Refusal::kTooLarge : Refusal::kMalformed;
  }
  if (!parse(bytes, into)) return Refusal::kMalformed;
  return {};
}

/// @param elements_max of all its repeated fields together.
/// @return kTooLarge, kMalformed: does not parse. kNotCanonical: another spelling, unknown fields, or something after
/// the end.
[[nodiscard]] inline Result<void> decode(ByteView bytes, google::protobuf::Message& into, std::size_t elements_max) {
  if (auto const ok = count_elements(bytes, *into.GetDescriptor(), elements_max); !ok) return ok;
  if (!parse(bytes, into)) return Refusal::kMalformed;
  into.DiscardUnknownFields();
  if (into.ByteSizeLong() != bytes.size() || !std::ranges::equal(encode(into), bytes)) {
    return Refusal::kNotCanonical;
  }
  return {};
}

}  // namespace piaojue::meeting::protobuf
