// SPDX-License-Identifier: Apache-2.0
#pragma once
/// A ZIP archive as a workbook is one: its parts by their names, each inflated piece by piece within the limits of
/// sheet.h, whatever the archive says of itself. Names are told apart as a package does it (ECMA-376 part 2, 10.1.3):
/// not by the case of Latin letters; and a backslash, which some programs write, is a slash.
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "sheets/sheet.h"

struct zip;
struct zip_file;

namespace piaojue::sheets {

/// The one thing that stops the reading of a workbook; none: all is well so far.
using Fault = std::optional<CellError>;
/// Of the workbook, not of a cell.
CellError whole(Sentence expected);

class Archive {
 public:
  /// Everything that the archive says of itself is checked before a part of it is inflated.
  /// @param file stays where it is as long as this archive.
  Fault open(ByteView file);
  bool has(std::string_view name) const { return parts_.contains(part_name(name)); }
  /// @param end in small letters.
  bool any_ends_with(std::string_view end) const;
  /// @param use is given the part piece by piece; it stops the reading by returning false.
  Fault read(std::string_view name, std::function<bool(std::string_view, bool last)> const& use);

 private:
  static std::string part_name(std::string_view written);
  struct Discard {
    void operator()(zip* archive) const;
    void operator()(zip_file* file) const;
  };
  struct Part {
    std::size_t index, size, packed;
  };
  /// Notes one part of the archive, or says why the archive is not to be read.
  Fault take_part(std::size_t index, std::size_t& total);

  std::unique_ptr<zip, Discard> zip_;
  std::map<std::string, Part, std::less<>> parts_;
};

}  // namespace piaojue::sheets
