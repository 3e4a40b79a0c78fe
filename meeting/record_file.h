#pragma once
/// The record file (specification §5): "PIAOJUE-RECORD-1\n", then items, each u32be length ‖ RecordItem (canonical Protobuf).
/// Order: entries in log order; a checkpoint after its last entry, its cosignatures after it, ascending by person. The last
/// checkpoint is of the full size and comes after the last entry. Reading streams: one item at a time.
#include <functional>
#include <istream>
#include <ostream>

#include "log/cosignature.h"
#include "meeting/entry.h"

namespace piaojue::meeting {

inline constexpr std::string_view kRecordMagic = "PIAOJUE-RECORD-1\n";

using RecordItem = std::variant<Bytes /* entry */, std::string /* checkpoint note */, log::Cosignature>;

class RecordWriter {
 public:
  explicit RecordWriter(std::ostream& out);  ///< writes the magic
  void write(RecordItem const& item);

 private:
  std::ostream& out_;
};

class RecordReader {
 public:
  explicit RecordReader(std::istream& in) : in_(in) {}
  /// @return the next item; nothing at a clean end of file. kMalformed: wrong magic, truncated, does not parse.
  /// kTooLarge: longer than an entry may be. kNotCanonical.
  [[nodiscard]] Result<std::optional<RecordItem>> next();
  std::uint64_t offset() const { return offset_; }  ///< of the item that `next` read last

 private:
  std::istream& in_;
  std::uint64_t offset_ = 0;
  std::uint64_t position_ = 0;
  bool started_ = false;
};

}  // namespace piaojue::meeting
