// SPDX-License-Identifier: Apache-2.0
#pragma once
/// The parts of a workbook as XML events: only the elements of SpreadsheetML and of relationships (ECMA-376, in its
/// transitional and its strict form), or those that name no namespace at all. What is of another, and all that stands
/// in an extLst, is an extension that a reader may leave out: Excel since 2013 writes a second `workbookPr` there. No
/// document type is accepted, so that there are no entities, inside or outside.
#include <charconv>
#include <optional>
#include <string>
#include <string_view>

#include "sheets/archive.h"

namespace piaojue::sheets {

class XmlAttributes {
 public:
  explicit XmlAttributes(char const** at) : at_(at) {}
  /// One of the element's own, without a prefix; empty if it is not there.
  std::string_view operator[](std::string_view name) const;
  /// r:id, which names a relation; empty if it is not there.
  std::string_view relation() const;

 private:
  char const** at_;  ///< names and values in turn, then null
};

/// What reads one kind of part. `fail` stops the parser.
class XmlReader {
 public:
  virtual ~XmlReader() = default;
  virtual void start(std::string_view name, XmlAttributes const& attributes) = 0;
  virtual void end(std::string_view) {}
  virtual void text(std::string_view) {}
  Fault fault;

 protected:
  void fail(CellError error) {
    if (!fault) fault = std::move(error);
  }
};

/// Gives a whole part to its reader, or says what stopped it.
Fault parse(Archive& archive, std::string const& part, XmlReader& reader);

/// A number that is the whole text.
template <class T = std::size_t>
std::optional<T> number(std::string_view text) {
  T out{};
  auto const [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return out;
}

}  // namespace piaojue::sheets
