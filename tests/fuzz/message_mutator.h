// SPDX-License-Identifier: Apache-2.0
#pragma once
/// Mutates what is written in Protobuf's wire format as fields, and what is a row of pieces with their lengths (frames,
/// items of a record) as pieces, so that the code behind the parsers is reached.
/// Source: https://protobuf.dev/programming-guides/encoding/
#include <cstdint>
#include <cstring>
#include <optional>
#include <random>
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

/// A field: its number, and a number or bytes.
struct Field {
  std::uint64_t number = 0;
  std::uint8_t type = 0;  ///< 0: varint, 1: eight bytes, 2: bytes with their length, 5: four bytes
  std::uint64_t value = 0;
  Bytes bytes;
};

inline std::optional<std::uint64_t> read_varint(ByteView& from) {
  std::uint64_t out = 0;
  for (unsigned shift = 0; shift < 64 && !from.empty(); shift += 7) {
    std::uint8_t const byte = from.front();
    from = from.subspan(1);
    out |= std::uint64_t{byte & 0x7FU} << shift;
    if (byte < 0x80) return out;
  }
  return std::nullopt;
}

inline void write_varint(Bytes& to, std::uint64_t value) {
  for (; value >= 0x80; value >>= 7) to.push_back(static_cast<std::uint8_t>(value | 0x80U));
  to.push_back(static_cast<std::uint8_t>(value));
}

/// @return nothing if it is no message
inline std::optional<std::vector<Field>> read_message(ByteView from) {
  std::vector<Field> out;
  while (!from.empty()) {
    auto const key = read_varint(from);
    if (!key || *key >> 3U == 0) return std::nullopt;
    Field field{.number = *key >> 3U, .type = static_cast<std::uint8_t>(*key & 7U), .value = 0, .bytes = {}};
    std::size_t size = field.type == 1 ? 8 : field.type == 5 ? 4 : 0;
    if (field.type == 0 || field.type == 2) {
      auto const value = read_varint(from);
      if (!value) return std::nullopt;
      field.value = *value;
      size = field.type == 2 ? static_cast<std::size_t>(*value) : 0;
    } else if (size == 0) {
      return std::nullopt;
    }
    if (size > from.size()) return std::nullopt;
    field.bytes.assign(from.begin(), from.begin() + static_cast<std::ptrdiff_t>(size));
    from = from.subspan(size);
    out.push_back(std::move(field));
  }
  return out;
}

inline Bytes write_message(std::vector<Field> const& fields) {
  Bytes out;
  for (auto const& field : fields) {
    write_varint(out, field.number << 3U | field.type);
    if (field.type == 0) write_varint(out, field.value);
    if (field.type == 2) write_varint(out, field.bytes.size());
    out.insert(out.end(), field.bytes.begin(), field.bytes.end());
  }
  return out;
}

inline Bytes mutate_message(ByteView message, std::mt19937& random);

inline void mutate_bytes(Bytes& bytes, std::mt19937& random) {
  if (random() % 3 != 0 && !bytes.empty() && read_message(bytes)) {
    bytes = mutate_message(bytes, random);
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
      return bytes.assign(bytes.size(), random() % 2 == 0 ? 0x00 : 0xFF);
    default:
      if (!bytes.empty()) bytes[below(random, bytes.size())] ^= static_cast<std::uint8_t>(1U << random() % 8);
  }
}

inline void mutate_field(Field& field, std::mt19937& random) {
  if (field.type != 0) return mutate_bytes(field.bytes, random);
  std::uint64_t const values[] = {0, 1, field.value + 1, field.value - 1, random() % 16, 0xFFFFFFFF, ~std::uint64_t{0}};
  field.value = values[random() % std::size(values)];
}

/// @return another message; what is none as it is
inline Bytes mutate_message(ByteView message, std::mt19937& random) {
  auto fields = read_message(message);
  if (!fields) return Bytes(message.begin(), message.end());
  if (random() % 16 == 0) {
    fields->push_back({.number = 1 + random() % 20, .type = 0, .value = random() % 300, .bytes = {}});
  }
  mutate_row(*fields, random, [&](Field& field) { mutate_field(field, random); });
  return write_message(*fields);
}

/// Pieces, each behind its length in four bytes (big-endian); the last may be cut short.
inline Bytes mutate_pieces(ByteView from, std::mt19937& random) {
  std::vector<Bytes> pieces;
  while (from.size() >= 4) {
    std::size_t const says =
        std::size_t{from[0]} << 24U | std::size_t{from[1]} << 16U | std::size_t{from[2]} << 8U | from[3];
    std::size_t const size = std::min(says, from.size() - 4);
    pieces.emplace_back(from.begin() + 4, from.begin() + 4 + static_cast<std::ptrdiff_t>(size));
    from = from.subspan(4 + size);
  }
  mutate_row(pieces, random, [&](Bytes& piece) { mutate_bytes(piece, random); });
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
