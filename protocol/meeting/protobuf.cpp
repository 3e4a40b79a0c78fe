// SPDX-License-Identifier: Apache-2.0
#include "protocol/meeting/protobuf.h"

namespace piaojue::meeting::protobuf {

namespace {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;

constexpr std::uint8_t kMore = 0x80;  ///< another byte of this varint follows
constexpr std::size_t kVarintBytesMax = 10;

enum WireType : std::uint32_t { kVarint = 0, kFixed64 = 1, kLength = 2, kGroup = 3, kFixed32 = 5 };

/// Takes varints and pieces off the front of a message.
class Cursor {
 public:
  explicit Cursor(ByteView rest) : rest_(rest) {}
  bool more() const { return !rest_.empty(); }

  Result<std::uint64_t> varint() {
    std::uint64_t out = 0;
    for (std::size_t i = 0; i < kVarintBytesMax && i < rest_.size(); ++i) {
      out |= std::uint64_t{rest_[i] & 0x7fu} << (7 * i);
      if ((rest_[i] & kMore) != 0) continue;
      rest_ = rest_.subspan(i + 1);
      return out;
    }
    return Refusal::kMalformed;
  }
  Result<ByteView> piece() {
    auto const size = varint();
    if (!size) return size.error();
    if (*size > rest_.size()) return Refusal::kMalformed;
    ByteView const out = rest_.first(*size);
    rest_ = rest_.subspan(*size);
    return out;
  }

 private:
  ByteView rest_;
};

/// Numbers that stand one behind the other.
std::size_t packed_numbers(ByteView bytes) {
  return static_cast<std::size_t>(std::ranges::count_if(bytes, [](std::uint8_t byte) { return (byte & kMore) == 0; }));
}

bool is_number(FieldDescriptor const& field) {
  auto const type = field.cpp_type();
  return type != FieldDescriptor::CPPTYPE_STRING && type != FieldDescriptor::CPPTYPE_MESSAGE;
}

class Count {
 public:
  explicit Count(std::size_t left) : left_(left) {}

  /// Our messages contain no message of their own type, so this ends.
  Result<void> message(ByteView bytes, Descriptor const& of) {
    std::uint64_t seen = 0;
    for (Cursor in(bytes); in.more();) {
      auto const tag = in.varint();
      if (!tag) return tag.error();
      auto const wire = static_cast<std::uint32_t>(*tag & 7);
      std::uint64_t const number = *tag >> 3;
      if (number == 0 || number > FieldDescriptor::kMaxNumber || wire == 4 || wire > kFixed32) {
        return Refusal::kMalformed;
      }
      FieldDescriptor const* const field = of.FindFieldByNumber(static_cast<int>(number));
      if (field == nullptr || !is_first(seen, *field)) return Refusal::kNotCanonical;
      if (auto const ok = value(in, *field, wire); !ok) return ok;
    }
    return {};
  }

 private:
  /// What is no list stands there once: Protobuf would read a million of them, each over the one before.
  static bool is_first(std::uint64_t& seen, FieldDescriptor const& field) {
    constexpr int kNumbers = 64;
    if (field.is_repeated() || field.number() >= kNumbers) return true;
    auto const bit = std::uint64_t{1} << field.number();
    return (std::exchange(seen, seen | bit) & bit) == 0;
  }
  Result<void> value(Cursor& in, FieldDescriptor const& field, std::uint32_t wire) {
    if (wire == kVarint && is_number(field)) {
      if (auto const number = in.varint(); !number) return number.error();
      return spend(field, 1);
    }
    if (wire != kLength || (is_number(field) && !field.is_repeated())) return Refusal::kNotCanonical;
    auto const piece = in.piece();
    if (!piece) return piece.error();
    if (is_number(field)) return spend(field, packed_numbers(*piece));
    if (auto const ok = spend(field, 1); !ok) return ok;
    if (field.cpp_type() != FieldDescriptor::CPPTYPE_MESSAGE) return {};
    return message(*piece, *field.message_type());
  }
  Result<void> spend(FieldDescriptor const& field, std::size_t elements) {
    if (!field.is_repeated()) return {};
    if (elements > left_) return Refusal::kTooLarge;
    left_ -= elements;
    return {};
  }

  std::size_t left_;
};

}  // namespace

Result<void> count_elements(ByteView bytes, Descriptor const& message, std::size_t elements_max) {
  return Count(elements_max).message(bytes, message);
}

}  // namespace piaojue::meeting::protobuf
