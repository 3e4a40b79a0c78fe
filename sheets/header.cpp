// SPDX-License-Identifier: Apache-2.0
#include "sheets/header.h"

#include <algorithm>
#include <array>

#include "sheets/plain_text.h"
#include "sheets/text.h"

namespace piaojue::sheets {

namespace {

constexpr std::size_t kHeaderRowsMax = 30;  ///< among which the header is looked for
constexpr std::size_t kHeaderDepthMax = 3;

bool is_one_of(std::vector<std::string_view> const& headings, std::string_view name) {
  return std::ranges::find(headings, name) != headings.end();
}

/// "学历情况" over 学历 says no more than that; "配偶情况" does.
bool says_nothing(std::string_view group) {
  static constexpr std::array<std::string_view, 11> kOthers{"配偶", "家庭", "亲属", "联系人", "推荐", "子女",
                                                            "父",   "母",   "导师", "同行",   "成员"};
  if (std::ranges::any_of(kOthers, [&](auto const word) { return group.find(word) != std::string_view::npos; }))
    return false;
  static constexpr std::array<std::string_view, 6> kEnds{"情况", "信息", "资料", "内容", "事项", "个人"};
  return std::ranges::any_of(kEnds, [&](auto const end) { return group.ends_with(end); });
}

/// Finds one header in one sheet.
class HeaderFinder {
 public:
  HeaderFinder(Sheet const& sheet, std::span<Field const> fields) : sheet_(sheet), fields_(fields) {}

  std::optional<Header> find() {
    for (std::size_t r = 0; r < sheet_.rows.size() && r < kHeaderRowsMax; ++r) {
      name_column_ = column_of_first_field(sheet_.rows[r]);
      if (name_column_ == 0) continue;
      Header out = header_at(r, row_above(r));
      // A line above that was taken for headings, and under which nothing is what is asked for, is none.
      if (Header alone = header_at(r, nullptr); alone.missing.size() < out.missing.size()) return alone;
      return out;
    }
    return std::nullopt;
  }

 private:
  static std::string_view cell(Row const& row, std::size_t column) {
    return column == 0 || column > row.cells.size() ? std::string_view{} : row.cells[column - 1];
  }
  std::size_t column_of_first_field(Row const& row) const {
    for (std::size_t c = 1; c <= row.cells.size(); ++c)
      if (is_one_of(fields_[0].headings, read_heading(cell(row, c)).name)) return c;
    return 0;
  }
  /// Of the merged cells of which this is one; none: it stands alone.
  MergedCells const* merged_at(std::size_t row, std::size_t column) const {
    auto const at = std::ranges::find_if(sheet_.merged, [&](MergedCells const& m) {
      return m.first_row <= row && row <= m.last_row && m.first_column <= column && column <= m.last_column;
    });
    return at == sheet_.merged.end() ? nullptr : &*at;
  }

  /// The index of the header's last row.
  std::size_t last_row(std::size_t first) const {
    Row const& top = sheet_.rows[first];
    std::size_t out = first;
    if (auto const* const m = merged_at(top.number, name_column_); m != nullptr && m->last_row > top.number) {
      while (out + 1 < sheet_.rows.size() && sheet_.rows[out + 1].number <= m->last_row &&
             out + 1 < first + kHeaderDepthMax)
        ++out;
      return out;
    }
    if (first + 1 == sheet_.rows.size()) return first;
    Row const& next = sheet_.rows[first + 1];
    if (next.number != top.number + 1 || !cell(next, name_column_).empty()) return first;
    bool any = false;
    for (std::size_t c = 1; c <= next.cells.size(); ++c) {
      Heading const heading = below(group_above(top, next, c), read_heading(cell(next, c)));
      any = any || (!cell(next, c).empty() && strong_field(heading).has_value());
    }
    return any ? first + 1 : first;
  }

  /// The heading in `upper` that stands over a column of `lower`: its own cell, the merged cells that cover it, or the
  /// nearest to the left, where a program has kept no merging.
  Heading group_above(Row const& upper, Row const& lower, std::size_t column) const {
    if (auto const* const m = merged_at(upper.number, column)) {
      if (m->first_row < upper.number) return {};
      return read_heading(cell(upper, m->first_column));
    }
    if (std::string_view const own = cell(upper, column); !own.empty()) return read_heading(own);
    if (cell(lower, column).empty()) return {};
    for (std::size_t c = column; c-- > 1;) {
      if (cell(lower, c).empty()) return {};
      if (cell(upper, c).empty()) continue;
      auto const* const m = merged_at(upper.number, c);
      return m == nullptr || m->last_column >= column ? read_heading(cell(upper, c)) : Heading{};
    }
    return {};
  }

  static std::size_t filled(Row const& row) {
    return static_cast<std::size_t>(std::ranges::count_if(row.cells, [](auto const& c) { return !plain(c).empty(); }));
  }

  /// "填报单位：甲公司" and the like, which stand above a table.
  static bool is_caption(std::string_view text) {
    std::string const code = code_of(text);
    auto const colon = code.find(':');
    return colon != std::string::npos && colon + 1 < code.size();
  }

  /// The row above the header's first, if it holds headings that group others: a title is one cell, unless it is merged
  /// over some columns that are not the first; none: there is no such row.
  Row const* row_above(std::size_t first) const {
    if (first == 0 || sheet_.rows[first - 1].number + 1 != sheet_.rows[first].number) return nullptr;
    Row const& above = sheet_.rows[first - 1];
    if (std::ranges::any_of(above.cells, is_caption)) return nullptr;
    if (filled(above) > 1) return &above;
    auto const cell = std::ranges::find_if(above.cells, [](auto const& c) { return !plain(c).empty(); });
    if (cell == above.cells.begin() || cell == above.cells.end()) return nullptr;
    return merged_at(above.number, static_cast<std::size_t>(cell - above.cells.begin()) + 1) != nullptr ? &above
                                                                                                        : nullptr;
  }

  Header header_at(std::size_t first, Row const* above) const {
    Header out;
    out.first = first;
    out.last = last_row(first);
    take_columns(out, above);
    take_fields(out);
    return out;
  }

  /// @param above with headings that group those of the header's first row; null: none.
  void take_columns(Header& out, Row const* above) const {
    std::size_t width = 0;
    for (std::size_t r = out.first; r <= out.last; ++r) width = std::max(width, sheet_.rows[r].cells.size());
    for (std::size_t c = 1; c <= width; ++c) {
      Heading heading;
      if (above != nullptr) heading = group_above(*above, sheet_.rows[out.first], c);
      for (std::size_t r = out.first; r <= out.last; ++r) {
        Heading const own =
            r < out.last ? group_above(sheet_.rows[r], sheet_.rows[r + 1], c) : read_heading(cell(sheet_.rows[r], c));
        if (!own.empty()) heading = below(heading, own);
      }
      if (!heading.words.empty()) out.columns.push_back({c, std::move(heading), {}, {}});
    }
  }

  /// By one of the headings that mean nothing else.
  std::optional<std::size_t> strong_field(Heading const& heading) const {
    for (std::size_t f = 0; f < fields_.size(); ++f)
      if (!heading.group.empty() && is_one_of(fields_[f].headings, heading.group + heading.name)) return f;
    if (!heading.group.empty() && heading.name == "名称")
      for (std::size_t f = 0; f < fields_.size(); ++f)
        if (is_one_of(fields_[f].headings, heading.group)) return f;
    if (!heading.group.empty() && !says_nothing(heading.group)) return std::nullopt;
    for (std::size_t f = 0; f < fields_.size(); ++f)
      if (is_one_of(fields_[f].headings, heading.name)) return f;
    return std::nullopt;
  }

  /// As `strong_field` goes by headings: 学历 below 配偶 is not the applicant's.
  static bool is_taken(Field const& field, Heading const& heading) {
    if (!heading.group.empty() && field.takes(heading.group + heading.name)) return true;
    return (heading.group.empty() || says_nothing(heading.group)) && field.takes(heading.name);
  }

  /// 取得时间 is that of the title only directly behind the title.
  bool follows(Header const& header, Column const& column, std::size_t field) const {
    auto const& behind = fields_[field].weak_behind;
    return behind.empty() || std::ranges::any_of(header.columns, [&](Column const& before) {
             return before.number + 1 == column.number && before.field && fields_[*before.field].name == behind;
           });
  }

  void take_fields(Header& out) const {
    std::vector<bool> there(fields_.size());
    auto const take = [&](Column& column, std::size_t field, bool several) {
      if (there[field] && !several) {
        column.also = field;
        out.twice.push_back(column.number);
        return;
      }
      there[field] = true;
      column.field = field;
    };
    for (Column& column : out.columns)
      if (auto const field = strong_field(column.heading)) take(column, *field, false);
    for (Column& column : out.columns)
      for (std::size_t f = 0; f < fields_.size() && !column.field && !column.also; ++f)
        if (fields_[f].takes != nullptr && is_taken(fields_[f], column.heading)) take(column, f, true);
    std::vector<bool> const strong = there;
    for (Column& column : out.columns) {
      bool const alone = column.heading.group.empty() || says_nothing(column.heading.group);
      for (std::size_t f = 0; f < fields_.size() && !column.field && !column.also && alone; ++f)
        if (!strong[f] && is_one_of(fields_[f].weak, column.heading.name) && follows(out, column, f))
          take(column, f, false);
    }
    for (std::size_t f = 0; f < fields_.size(); ++f) {
      bool const instead = fields_[f].instead && there[*fields_[f].instead];
      if (fields_[f].required && !there[f] && !instead) out.missing.push_back(f);
    }
  }

  Sheet const& sheet_;
  std::span<Field const> fields_;
  std::size_t name_column_ = 0;
};

}  // namespace

std::optional<Header> find_header(Sheet const& sheet, std::span<Field const> fields) {
  return HeaderFinder(sheet, fields).find();
}

}  // namespace piaojue::sheets
