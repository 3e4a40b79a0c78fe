// SPDX-License-Identifier: Apache-2.0
#pragma once
/// The header of a table: which of the first rows it is, and which column is which field.
#include <optional>
#include <span>
#include <vector>

#include "sheets/heading.h"
#include "sheets/sheet.h"
#include "sheets/vocabulary.h"

namespace piaojue::sheets {

struct Column {
  std::size_t number = 0;            ///< from 1
  Heading heading;                   ///< with the remarks of the heading above it
  std::optional<std::size_t> field;  ///< none: passed over
  std::optional<std::size_t> also;   ///< the field that it would be, had not another column been it
};

struct Header {
  std::size_t first = 0, last = 0;   ///< indices of its rows
  std::vector<Column> columns;       ///< those with a heading, from the left
  std::vector<std::size_t> twice;    ///< the numbers of columns with `also`
  std::vector<std::size_t> missing;  ///< fields that are required and not there
};

/// It begins in the first of the first thirty rows that has a cell of the first field. A second and a third row belong
/// to it where that cell is merged with those below it, or where the row below has nothing in that column and headings
/// in others; the row above belongs to it where it has headings that group those below them, and no captions.
///
/// A heading below another is known by both together (职业资格 over 取得时间), else by its own name if the upper one
/// says nothing of its own (学历情况 over 学历), and is passed over otherwise: 配偶 over 学历 is not the applicant's.
std::optional<Header> find_header(Sheet const& sheet, std::span<Field const> fields);

}  // namespace piaojue::sheets
