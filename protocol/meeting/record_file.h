// SPDX-License-Identifier: Apache-2.0
#pragma once
/// The record file (specification §5): "PIAOJUE-RECORD-2\n", then items, each u32be length ‖ RecordItem (canonical
/// Protobuf). Order: entries in log order; a checkpoint after its last entry, its cosignatures after it, ascending by
/// person. The last checkpoint is of the full size and comes after the last entry. Reading streams: one item at a time.
#include <functional>
#include <istream>
#include <ostream>

#include "protocol/log/cosignature.h"
#include "protocol/meeting/entry.h"

namespace piaojue::meeting {

inline constexpr std::string_view kRecordMagic = "PIAOJUE-RECORD-2\n";

using RecordItem = std::variant<Bytes /* entry */, std::string /* checkpoint note */, log::Cosignature>;

class RecordWriter {
 public:
  explicit RecordWriter(std::ostream& out);  ///< writes the magic
  void write(RecordItem const& item);  ///< in the order above; whether the stream failed is for the caller to ask it

 private:
  std::ostream& out_;
};

class RecordReader {
 public:
  explicit RecordReader(std::istream& in) : in_(in) {}
  /// @return the next item; nothing at a clean end of file. kMalformed: wrong magic, truncated, does not parse, a
  /// checkpoint that does not follow an entry, a cosignature that does not follow its checkpoint or is out of order.
  /// kTooLarge: longer than 24 MiB + 64 bytes. kNotCanonical. Whether an entry is longer than it may be is for the
  /// state machine; what a note says, of which size it is and whether the last one is of the full size, for who knows
  /// its key (specification §13, check 2).
  [[nodiscard]] Result<std::optional<RecordItem>> next();
  std::uint64_t offset() const { return offset_; }  ///< of the item that `next` read last

 private:
  std::istream& in_;
  std::uint64_t offset_ = 0;
  std::uint64_t position_ = 0;
  bool started_ = false;
  enum class Order : std::uint8_t { kStart, kEntry, kCheckpoint } order_ = Order::kStart;
  std::uint32_t person_ = 0;  ///< of the last cosignature under this checkpoint
};

}  // namespace piaojue::meeting
