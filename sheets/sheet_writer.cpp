// SPDX-License-Identifier: Apache-2.0
#include "sheets/sheet_writer.h"

#include <xlsxwriter.h>

#include <algorithm>
#include <array>
#include <set>

#include "base/platform/files.h"
#include "sheets/sheet.h"
#include "sheets/text.h"
#include "strings/sheets.h"

namespace piaojue::sheets {

namespace say = strings::sheets;

namespace {

constexpr std::size_t kTextCharactersMax = 32'767;
constexpr std::time_t kCreated = 946'684'800;  ///< 2000-01-01: the file says nothing of when it was made

bool is_sheet_name(std::string const& name) {
  return !name.empty() && valid_utf8(name) && characters(name) <= 31 &&
         name.find_first_of("[]:*?/\\") == std::string::npos && name.front() != '\'' && name.back() != '\'' &&
         !has_control(name, false);
}

bool is_text(OutCell const& cell) {
  auto const* const text = std::get_if<std::string>(&cell);
  return text == nullptr || (valid_utf8(*text) && characters(*text) <= kTextCharactersMax);
}

bool is_range(OutMerge const& m) {
  return m.first_row != 0 && m.first_column != 0 && m.last_row <= kSheetRowsMax && m.last_column <= kSheetColumnsMax &&
         m.last_row >= m.first_row && m.last_column >= m.first_column;
}

bool is_choice(OutChoice const& choice) {
  constexpr std::size_t kChoiceCharactersMax = 255;  // of Excel
  std::size_t length = 0;
  for (std::string const& word : choice.words) length += characters(word) + 1;
  return !choice.words.empty() && length <= kChoiceCharactersMax + 1 && std::ranges::all_of(choice.words, valid_utf8) &&
         is_range({choice.first_row, choice.column, choice.last_row, choice.column});
}

/// What Excel would not open.
std::optional<Sentence> fault_of(std::span<OutSheet const> sheets) {
  if (sheets.empty() || sheets.size() > kWorkbookSheetsMax)
    return Sentence(say::kOutSheetsMax, {{"max", kWorkbookSheetsMax}});
  std::set<std::string> names;
  for (OutSheet const& sheet : sheets) {
    if (!is_sheet_name(sheet.name)) return Sentence(say::kOutSheetName, {{"name", shortened(sheet.name)}});
    if (!names.insert(code_of(sheet.name)).second) return Sentence(say::kOutSheetTwice, {{"name", sheet.name}});
    if (sheet.rows.size() > kSheetRowsMax) return Sentence(say::kOutRowsMax, {{"max", kSheetRowsMax}});
    for (auto const& row : sheet.rows) {
      if (row.size() > kSheetColumnsMax) return Sentence(say::kOutColumnsMax, {{"max", kSheetColumnsMax}});
      if (!std::ranges::all_of(row, is_text)) return Sentence(say::kOutText, {{"max", kTextCharactersMax}});
    }
    if (!std::ranges::all_of(sheet.merged, is_range)) return Sentence(say::kOutMerge);
    if (!std::ranges::all_of(sheet.choices, is_choice)) return Sentence(say::kOutChoice);
  }
  return std::nullopt;
}

struct Formats {
  lxw_format *plain, *bold, *year, *month, *day, *text;

  explicit Formats(lxw_workbook* book)
      : plain(make(book, nullptr, false)),
        bold(make(book, nullptr, true)),
        year(make(book, "yyyy", false)),
        month(make(book, "yyyy-mm", false)),
        day(make(book, "yyyy-mm-dd", false)),
        text(make(book, "@", false)) {}

 private:
  static lxw_format* make(lxw_workbook* book, char const* number, bool bold) {
    auto* const out = workbook_add_format(book);
    if (number != nullptr) format_set_num_format(out, number);
    if (bold) format_set_bold(out);
    format_set_align(out, LXW_ALIGN_VERTICAL_CENTER);
    format_set_text_wrap(out);
    format_set_border(out, LXW_BORDER_THIN);
    return out;
  }
};

bool write_cell(lxw_worksheet* sheet, lxw_row_t row, lxw_col_t column, OutCell const& cell, Formats const& formats,
                bool header) {
  if (auto const* text = std::get_if<std::string>(&cell)) {
    if (text->empty()) return true;
    return worksheet_write_string(sheet, row, column, text->c_str(), header ? formats.bold : formats.plain) ==
           LXW_NO_ERROR;
  }
  if (auto const* number = std::get_if<std::int64_t>(&cell))
    return worksheet_write_number(sheet, row, column, static_cast<double>(*number),
                                  header ? formats.bold : formats.plain) == LXW_NO_ERROR;
  if (auto const* number = std::get_if<double>(&cell))
    return worksheet_write_number(sheet, row, column, *number, header ? formats.bold : formats.plain) == LXW_NO_ERROR;
  Date const date = std::get<Date>(cell);
  if (!date.known()) return true;
  lxw_datetime value{date.year, std::max(date.month, 1), std::max(date.day, 1), 0, 0, 0};
  auto* const format = date.day != 0 ? formats.day : date.month != 0 ? formats.month : formats.year;
  return worksheet_write_datetime(sheet, row, column, &value, format) == LXW_NO_ERROR;
}

/// How the sheet lies on paper.
bool write_layout(lxw_worksheet* out, OutSheet const& sheet, Formats const& formats) {
  worksheet_set_paper(out, 9);  // A4
  if (sheet.landscape) worksheet_set_landscape(out);
  worksheet_fit_to_pages(out, 1, 0);
  if (sheet.header_rows != 0) {
    worksheet_repeat_rows(out, 0, static_cast<lxw_row_t>(sheet.header_rows - 1));
    worksheet_freeze_panes(out, static_cast<lxw_row_t>(sheet.header_rows), 0);
  }
  for (std::size_t c = 0; c < std::min(sheet.widths.size(), kSheetColumnsMax); ++c)
    if (sheet.widths[c] > 0)
      worksheet_set_column(out, static_cast<lxw_col_t>(c), static_cast<lxw_col_t>(c), sheet.widths[c],
                           sheet.texts ? formats.text : nullptr);
  if (sheet.footer.empty()) return true;
  std::string footer = "&C";
  for (char const c : sheet.footer) footer.append(c == '&' ? 2 : 1, c);
  return worksheet_set_footer(out, footer.c_str()) == LXW_NO_ERROR;
}

bool write_merged(lxw_worksheet* out, OutSheet const& sheet, Formats const& formats) {
  bool written = true;
  for (OutMerge const& m : sheet.merged)
    if (m.first_row != m.last_row || m.first_column != m.last_column)
      written =
          worksheet_merge_range(out, static_cast<lxw_row_t>(m.first_row - 1),
                                static_cast<lxw_col_t>(m.first_column - 1), static_cast<lxw_row_t>(m.last_row - 1),
                                static_cast<lxw_col_t>(m.last_column - 1), "", formats.plain) == LXW_NO_ERROR &&
          written;
  return written;
}

bool write_choices(lxw_worksheet* out, OutSheet const& sheet) {
  bool written = true;
  for (OutChoice const& choice : sheet.choices) {
    std::vector<std::string> kept = choice.words;
    std::vector<char*> words;
    for (std::string& word : kept) words.push_back(word.data());
    words.push_back(nullptr);
    lxw_data_validation rule{};
    rule.validate = LXW_VALIDATION_TYPE_LIST;
    rule.value_list = words.data();
    if (choice.others) rule.show_error = LXW_VALIDATION_OFF;
    auto const column = static_cast<lxw_col_t>(choice.column - 1);
    auto const done = worksheet_data_validation_range(out, static_cast<lxw_row_t>(choice.first_row - 1), column,
                                                      static_cast<lxw_row_t>(choice.last_row - 1), column, &rule);
    written = done == LXW_NO_ERROR && written;
  }
  return written;
}

bool write_sheet(lxw_workbook* book, OutSheet const& sheet, Formats const& formats) {
  auto* const out = workbook_add_worksheet(book, sheet.name.c_str());
  if (out == nullptr) return false;
  bool written = write_layout(out, sheet, formats);
  written = write_merged(out, sheet, formats) && written;
  written = write_choices(out, sheet) && written;
  for (std::size_t r = 0; r < sheet.rows.size(); ++r)
    for (std::size_t c = 0; c < sheet.rows[r].size(); ++c)
      written = write_cell(out, static_cast<lxw_row_t>(r), static_cast<lxw_col_t>(c), sheet.rows[r][c], formats,
                           r < sheet.header_rows) &&
                written;
  return written;
}

}  // namespace

Explained<Bytes> write_xlsx(std::span<OutSheet const> sheets) {
  if (auto fault = fault_of(sheets)) return std::move(*fault);
  // libxlsxwriter 1.1.4 writes only to a file of some name.
  auto const file = platform::MemoryFile::make();
  if (!file) return Sentence(say::kOutNoMemory);
  lxw_workbook* const book = workbook_new(file->path().c_str());
  if (book == nullptr) return Sentence(say::kOutFailed);
  lxw_doc_properties properties{};
  properties.created = kCreated;
  workbook_set_properties(book, &properties);
  Formats const formats(book);
  bool const written =
      std::ranges::all_of(sheets, [&](OutSheet const& sheet) { return write_sheet(book, sheet, formats); });
  // Closing frees the workbook whatever it answers.
  if (workbook_close(book) != LXW_NO_ERROR || !written) return Sentence(say::kOutFailed);
  auto bytes = file->bytes();
  if (!bytes) return Sentence(say::kOutFailed);
  return std::move(*bytes);
}

}  // namespace piaojue::sheets
