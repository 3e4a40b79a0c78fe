// SPDX-License-Identifier: Apache-2.0
#pragma once
/// Fields of the messages between server and laptop, for the two that write and read them: client/session/wire.cpp
/// and server/wire.cpp. The headers of rpc.proto are heavy.
#include "piaojue/v2/rpc.pb.h"
#include "protocol/log/cosignature.h"
#include "protocol/meeting/entry.h"
#include "protocol/meeting/protobuf.h"

namespace piaojue::meeting::wire {

inline void set(std::string* field, ByteView bytes) { field->assign(as_text(bytes)); }
inline Bytes get(std::string const& field) { return to_bytes(as_bytes(field)); }

/// @return false: not of T's length.
template <class T>
[[nodiscard]] bool take(T& out, std::string const& field) {
  auto const value = T::from(as_bytes(field));
  if (value) out = *value;
  return value.has_value();
}

inline void fill(v2::Cosignature& out, log::Cosignature const& in) {
  out.set_tree_size(in.tree_size);
  set(out.mutable_root(), in.root.view());
  out.set_person(in.person);
  out.set_time_s(in.time_s);
  set(out.mutable_signature(), in.signature.view());
}
[[nodiscard]] inline bool take(log::Cosignature& out, v2::Cosignature const& in) {
  out.tree_size = in.tree_size();
  out.person = in.person();
  out.time_s = in.time_s();
  return take(out.root, in.root()) && take(out.signature, in.signature());
}

/// Puts (question, value) pairs in a map. @return false unless questions ascend strictly.
template <class Map, class Value>
[[nodiscard]] bool add(Map& map, QuestionId question, Value value) {
  if (!map.empty() && map.rbegin()->first >= question) return false;
  map.emplace_hint(map.end(), question, std::move(value));
  return true;
}

}  // namespace piaojue::meeting::wire
