// SPDX-License-Identifier: Apache-2.0
#pragma once
/// A ZIP archive as a workbook is one: its parts by their names, each inflated piece by piece within the limits of
/// sheet.h, whatever the archive says of itself.
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
  bool has(std::string const& name) const { return parts_.contains(name); }
  /// @param use is given the part piece by piece; it stops the reading by returning false.
  Fault read(std::string const& name, std::function<bool(std::string_view, bool last)> const& use);

 private:
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
