// SPDX-License-Identifier: Apache-2.0
#include "sheets/csv.h"

#include <unicode/ucnv.h>

#include <algorithm>
#include <array>
#include <map>
#include <memory>
#include <optional>
#include <string_view>

#include "sheets/file_kind.h"
#include "sheets/text.h"
#include "strings/sheets.h"

namespace piaojue::sheets {

namespace say = strings::sheets;

namespace {

/// ICU's table is GB18030-2005, which leaves 24 characters in the private use area; GB18030-2022 gives them their
/// places in Unicode, so that they show on every machine and not only where an old Chinese font is installed.
char32_t to_2022(char32_t c) {
  struct Pair {
    char32_t from, to;
  };
  static constexpr std::array<Pair, 18> kPairs{{{0xE78D, 0xFE10},
                                                {0xE78E, 0xFE12},
                                                {0xE78F, 0xFE11},
                                                {0xE790, 0xFE13},
                                                {0xE791, 0xFE14},
                                                {0xE792, 0xFE15},
                                                {0xE793, 0xFE16},
                                                {0xE794, 0xFE17},
                                                {0xE795, 0xFE18},
                                                {0xE796, 0xFE19},
                                                {0xE81E, 0x9FB4},
                                                {0xE826, 0x9FB5},
                                                {0xE82B, 0x9FB6},
                                                {0xE82C, 0x9FB7},
                                                {0xE832, 0x9FB8},
                                                {0xE843, 0x9FB9},
                                                {0xE854, 0x9FBA},
                                                {0xE864, 0x9FBB}}};
  for (Pair const& pair : kPairs)
    if (pair.from == c) return pair.to;
  return c;
}

std::optional<std::string> from_gb18030(ByteView file) {
  UErrorCode status = U_ZERO_ERROR;
  std::unique_ptr<UConverter, decltype(&ucnv_close)> const converter(ucnv_open("gb18030", &status), &ucnv_close);
  if (U_FAILURE(status)) return std::nullopt;
  ucnv_setToUCallBack(converter.get(), UCNV_TO_U_CALLBACK_STOP, nullptr, nullptr, nullptr, &status);
  if (U_FAILURE(status)) return std::nullopt;
  std::string out;
  out.reserve(file.size() * 3 / 2);
  std::array<UChar, 4096> chunk{};
  char const* source = as_text(file).data();
  char const* const end = source + file.size();
  char32_t high = 0;  // the first half of a pair that the end of a chunk has parted
  for (;;) {
    UChar* target = chunk.data();
    status = U_ZERO_ERROR;
    ucnv_toUnicode(converter.get(), &target, chunk.data() + chunk.size(), &source, end, nullptr, true, &status);
    if (U_FAILURE(status) && status != U_BUFFER_OVERFLOW_ERROR) return std::nullopt;
    for (UChar const* p = chunk.data(); p != target; ++p) {
      char32_t const unit = *p;
      bool const lead = unit >= 0xD800 && unit < 0xDC00;
      bool const trail = unit >= 0xDC00 && unit < 0xE000;
      if (trail != (high != 0)) return std::nullopt;
      if (!lead) append_character(out, to_2022(trail ? 0x10000 + ((high - 0xD800) << 10) + (unit - 0xDC00) : unit));
      high = lead ? unit : 0;
    }
    if (status != U_BUFFER_OVERFLOW_ERROR) break;
  }
  if (high != 0) return std::nullopt;
  return out;
}

/// How often a separator would part each of the first lines, were it the one. Lines without it do not count.
class Trial {
 public:
  Trial(std::string_view text, char separator) : text_(text), separator_(separator) {
    for (std::size_t line = 0; line < kLinesTried && at_ < text_.size(); ++line)
      if (std::size_t const count = take_line(); count != 0) ++lines_[count];
  }
  /// First, how many lines have the same number of columns: a title above the table may hold any sign, but the table's
  /// own lines agree. Then, how many columns those have.
  std::pair<std::size_t, std::size_t> score() const {
    std::pair<std::size_t, std::size_t> best{0, 0};
    for (auto const& [count, lines] : lines_) best = std::max(best, {lines, count});
    return best;
  }

 private:
  static constexpr std::size_t kLinesTried = 30;

  std::size_t take_line() {
    std::size_t count = 0;
    bool quoted = false;
    for (bool first = true; at_ < text_.size(); ++at_) {
      char const c = text_[at_];
      if (c == '"' && (first || quoted)) quoted = !quoted;
      first = !quoted && c == separator_;
      if (first) ++count;
      if (!quoted && (c == '\n' || c == '\r')) {
        ++at_;
        break;
      }
    }
    return count;
  }

  std::string_view text_;
  char separator_;
  std::size_t at_ = 0;
  std::map<std::size_t, std::size_t> lines_;  ///< by the number of separators in them
};

char find_separator(std::string_view text) {
  static constexpr std::string_view kSeparators = ",;\t";
  return *std::ranges::max_element(kSeparators, {}, [&](char c) { return Trial(text, c).score(); });
}

/// One pass over the text. Empty cells and rows are only counted until something follows them: ten million commas take
/// no memory.
class Parser {
 public:
  Parser(std::string_view text, char separator) : text_(text), separator_(separator) {}

  /// @return every row that holds anything, or the first fault.
  Imported<std::vector<CsvRow>> parse() {
    std::vector<CsvRow> rows;
    while (at_ < text_.size() && errors_.empty()) {
      ++row_;
      column_ = 0;
      CsvRow row{row_, {}, {}};
      while (cell(row)) {
      }
      if (!row.cells.empty()) rows.push_back(std::move(row));
    }
    if (!errors_.empty()) return std::move(errors_);
    return rows;
  }

 private:
  /// @return whether another cell follows in this row.
  bool cell(CsvRow& row) {
    ++column_;
    std::string value;
    bool const quoted = at_ < text_.size() && text_[at_] == '"';
    if (quoted) {
      ++at_;
      if (!quoted_value(value)) return false;
    }
    std::size_t const plain = at_;
    while (at_ < text_.size() && text_[at_] != separator_ && text_[at_] != '\n' && text_[at_] != '\r') ++at_;
    std::string_view const rest = text_.substr(plain, at_ - plain);
    if (quoted && rest.find_first_not_of(' ') != std::string_view::npos) return fail(rest, say::kCsvQuoteFollows);
    if (!quoted) value = rest;
    if (!value.empty() && !keep(row, std::move(value))) return false;
    if (at_ == text_.size()) return false;
    char const end = text_[at_++];
    if (end == separator_) return true;
    if (end == '\r' && at_ < text_.size() && text_[at_] == '\n') ++at_;
    return false;
  }

  bool quoted_value(std::string& value) {
    for (; at_ < text_.size(); ++at_) {
      if (text_[at_] == '"') {
        ++at_;
        if (at_ == text_.size() || text_[at_] != '"') return true;
        value += '"';
      } else if (text_[at_] == '\r') {
        // Line ends inside a cell are one character, whatever the sheet was saved with.
        if (at_ + 1 == text_.size() || text_[at_ + 1] != '\n') value += '\n';
      } else {
        value += text_[at_];
      }
      if (value.size() > kCellCharactersMax * 4)
        return fail(value, {say::kCsvQuoteRunsOn, {{"max", kCellCharactersMax}}});
    }
    return fail(value, say::kCsvQuoteOpen);
  }

  bool keep(CsvRow& row, std::string value) {
    if (row_ > kSheetRowsMax) return fail(value, {say::kRowsMax, {{"max", kSheetRowsMax}}});
    if (column_ > kSheetColumnsMax) return fail(value, {say::kColumnsMax, {{"max", kSheetColumnsMax}}});
    if (value.size() > kCellCharactersMax && characters(value) > kCellCharactersMax)
      return fail(value, {say::kCellCharactersMax, {{"max", kCellCharactersMax}}});
    std::size_t const more = column_ - row.cells.size();
    if (more > cells_left_) return fail(value, {say::kCellsMax, {{"max", kCellsMax}}});
    cells_left_ -= more;
    row.cells.resize(column_ - 1);
    row.cells.push_back(std::move(value));
    return true;
  }

  bool fail(std::string_view value, Sentence expected) {
    errors_.push_back({row_, column_, shortened(value), std::move(expected)});
    return false;
  }

  std::string_view text_;
  char separator_;
  std::size_t at_ = 0, row_ = 0, column_ = 0, cells_left_ = kCellsMax;
  CellErrors errors_;
};

CellErrors unreadable(Text const& why) { return {{0, 0, {}, why}}; }

/// What people pick by mistake gets its own sentence; as GB18030 it would only be garbage.
Text const* taken_for_csv(std::string_view text) {
  using namespace std::string_view_literals;
  if (Text const* const kind = other_kind(as_bytes(text))) return kind;
  if (text.size() > kSheetBytesMax) return &say::kFileBytesMax;
  if (is_workbook(as_bytes(text))) return &say::kCsvIsWorkbook;
  if (text.starts_with("\xFF\xFE"sv) || text.starts_with("\xFE\xFF"sv) || text.find('\0') != std::string_view::npos)
    return &say::kCsvIsUtf16;
  return nullptr;
}

}  // namespace

Imported<Csv> read_csv(ByteView file) {
  std::string_view text = as_text(file);
  if (Text const* const mistake = taken_for_csv(text)) return unreadable(*mistake);
  Csv out;
  std::string converted;
  if (text.starts_with("\xEF\xBB\xBF")) {
    text.remove_prefix(3);
    out.encoding = Encoding::kUtf8Bom;
    if (!valid_utf8(text)) return unreadable(say::kCsvMarkLies);
  } else if (!valid_utf8(text)) {
    auto decoded = from_gb18030(file);
    if (!decoded) return unreadable(say::kCsvUnknownEncoding);
    out.encoding = Encoding::kGb18030;
    converted = std::move(*decoded);
    text = converted;
  }
  out.separator = find_separator(text);
  auto rows = Parser(text, out.separator).parse();
  if (!rows) return std::move(rows).error();
  if (rows->empty()) return unreadable(say::kFileEmpty);
  out.rows = std::move(*rows);
  return out;
}

}  // namespace piaojue::sheets
