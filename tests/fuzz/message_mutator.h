// SPDX-License-Identifier: Apache-2.0
#pragma once
/// Mutates what is written in Protobuf's wire format as fields, and what is a row of pieces with their lengths (frames,
/// items of a record) as pieces, so that the code behind the parsers is reached.
/// Source: https://protobuf.dev/programming-guides/encoding/
#include <google/protobuf/unknown_field_set.h>

#include <cstdint>
#include <cstring>
#include <numeric>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "base/bytes.h"

namespace piaojue::fuzz {

inline std::size_t below(std::mt19937& random, std::size_t size) { return size == 0 ? 0 : random() % size; }

/// Repeats, leaves out or moves one of a row, or hands one of them to `change`.
template <class T, class Change>
void mutate_row(std::vector<T>& row, std::mt19937& random, Change const& change) {
  if (row.empty()) return;
  std::size_t const at = below(random, row.size());
  auto const place = row.begin() + static_cast<std::ptrdiff_t>(at);
  switch (random() % 8) {
    case 0:
      return void(row.erase(place));
    case 1:
      return void(row.insert(place, T(*place)));
    case 2:
      return std::swap(*place, row[below(random, row.size())]);
    default:
      return change(*place);
  }
}

using Fields = google::protobuf::UnknownFieldSet;
using Field = google::protobuf::UnknownField;

inline Bytes mutate_message(ByteView message, std::mt19937& random);

inline void mutate_bytes(std::string& bytes, std::mt19937& random) {
  Fields message;
  if (random() % 3 != 0 && !bytes.empty() && message.ParseFromString(bytes)) {
    bytes = as_text(mutate_message(as_bytes(bytes), random));
    return;
  }
  switch (random() % 6) {
    case 0:
      return bytes.clear();
    case 1:
      return bytes.resize(bytes.size() / 2);
    case 2:
      return bytes.resize(bytes.size() + 1 + random() % 33);
    case 3:
      return void(bytes.assign(bytes.size(), random() % 2 == 0 ? '\x00' : '\xFF'));
    default:
      if (bytes.empty()) return;
      char& one = bytes[below(random, bytes.size())];
      one = static_cast<char>(one ^ 1 << random() % 8);
  }
}

inline void mutate_field(Field& field, std::mt19937& random) {
  if (field.type() == Field::TYPE_LENGTH_DELIMITED) return mutate_bytes(*field.mutable_length_delimited(), random);
  if (field.type() != Field::TYPE_VARINT) return;
  std::uint64_t const was = field.varint();
  std::uint64_t const values[] = {0, 1, was + 1, was - 1, random() % 16, 0xFFFFFFFF, ~std::uint64_t{0}};
  field.set_varint(values[random() % std::size(values)]);
}

/// @return another message; what is none as it is
inline Bytes mutate_message(ByteView message, std::mt19937& random) {
  Fields fields;
  if (!fields.ParseFromArray(message.data(), static_cast<int>(message.size()))) return {message.begin(), message.end()};
  if (random() % 16 == 0) fields.AddVarint(static_cast<int>(1 + random() % 20), random() % 300);
  std::vector<int> order(static_cast<std::size_t>(fields.field_count()));
  std::iota(order.begin(), order.end(), 0);
  mutate_row(order, random, [&](int at) { mutate_field(*fields.mutable_field(at), random); });
  Fields out;
  for (int const at : order) out.AddField(fields.field(at));
  std::string written;
  if (!out.SerializeToString(&written)) return {message.begin(), message.end()};
  return {written.begin(), written.end()};
}

/// Pieces, each behind its length in four bytes (big-endian); the last may be cut short.
inline Bytes mutate_pieces(ByteView from, std::mt19937& random) {
  std::vector<std::string> pieces;
  while (from.size() >= 4) {
    std::size_t const says =
        std::size_t{from[0]} << 24U | std::size_t{from[1]} << 16U | std::size_t{from[2]} << 8U | from[3];
    std::size_t const size = std::min(says, from.size() - 4);
    pieces.emplace_back(from.begin() + 4, from.begin() + 4 + static_cast<std::ptrdiff_t>(size));
    from = from.subspan(4 + size);
  }
  mutate_row(pieces, random, [&](std::string& piece) { mutate_bytes(piece, random); });
  Bytes out;
  for (auto const& piece : pieces) {
    std::size_t const lie = random() % 64 == 0 ? random() % 3 : 1;  // one too few, right, one too many
    std::size_t const says = piece.size() + lie - 1;
    for (unsigned const shift : {24U, 16U, 8U, 0U}) out.push_back(static_cast<std::uint8_t>(says >> shift));
    out.insert(out.end(), piece.begin(), piece.end());
  }
  out.insert(out.end(), from.begin(), from.end());
  return out;
}

/// Writes `kept` bytes of the input and what `mutate` makes of the rest. @return the new size; `size` if it is too long
template <class Mutate>
std::size_t mutate_behind(std::size_t kept, std::uint8_t* data, std::size_t size, std::size_t max, unsigned seed,
                          Mutate const& mutate) {
  if (size < kept) return size;
  std::mt19937 random(seed);
  Bytes out(data + kept, data + size);
  for (unsigned i = 0; i <= random() % 4; ++i) out = mutate(out, random);
  if (kept + out.size() > max) return size;
  if (!out.empty()) std::memcpy(data + kept, out.data(), out.size());
  return kept + out.size();
}

}  // namespace piaojue::fuzz

/// libFuzzer's own changes, of bytes.
extern "C" std::size_t LLVMFuzzerMutate(std::uint8_t* data, std::size_t size, std::size_t max);
