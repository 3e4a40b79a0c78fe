// SPDX-License-Identifier: Apache-2.0
#include "sheets/sheet_writer.h"

#include <sys/mman.h>
#include <unistd.h>
#include <xlsxwriter.h>

#include <algorithm>
#include <array>
#include <set>

#include "sheets/sheet.h"
#include "sheets/text.h"

namespace piaojue::sheets {
namespace {

using A = Answered<Bytes>;

constexpr std::size_t kTextCharactersMax = 32'767;
constexpr std::time_t kCreated = 946'684'800;  ///< 2000-01-01: the file says nothing of when it was made

std::optional<std::string> fault_of(std::span<OutSheet const> sheets) {
  if (sheets.empty() || sheets.size() > kWorkbookSheetsMax) return "应有 1 到 20 个工作表";
  std::set<std::string> names;
  for (OutSheet const& sheet : sheets) {
    if (sheet.name.empty() || !valid_utf8(sheet.name) || characters(sheet.name) > 31 ||
        sheet.name.find_first_of("[]:*?/\\") != std::string::npos || sheet.name.front() == '\'' ||
        sheet.name.back() == '\'' || has_control(sheet.name, false))
      return "工作表名「" + shortened(sheet.name) + "」应为 1 到 31 个字符，不含 []:*?/\\";
    if (!names.insert(code_of(sheet.name)).second) return "工作表名「" + sheet.name + "」重复";
    if (sheet.rows.size() > kSheetRowsMax) return "工作表应不超过 6000 行";
    for (auto const& row : sheet.rows) {
      if (row.size() > kSheetColumnsMax) return "工作表应不超过 100 列";
      for (OutCell const& cell : row)
        if (auto const* text = std::get_if<std::string>(&cell))
          if (!valid_utf8(*text) || characters(*text) > kTextCharactersMax)
            return "单元格文字应为 UTF-8，不超过 32767 个字符";
    }
    for (OutMerge const& m : sheet.merged)
      if (m.first_row == 0 || m.first_column == 0 || m.last_row > kSheetRowsMax || m.last_column > kSheetColumnsMax ||
          m.last_row < m.first_row || m.last_column < m.first_column)
        return "合并范围不对";
  }
  return std::nullopt;
}

/// libxlsxwriter 1.1.4 writes only to a file of some name; this one is in memory and has one below /proc.
class MemoryFile {
 public:
  MemoryFile() : fd_(::memfd_create("sheet", MFD_CLOEXEC)) {}
  ~MemoryFile() {
    if (fd_ >= 0) ::close(fd_);
  }
  MemoryFile(MemoryFile const&) = delete;
  MemoryFile& operator=(MemoryFile const&) = delete;

  bool ok() const { return fd_ >= 0; }
  std::string path() const { return "/proc/self/fd/" + std::to_string(fd_); }
  std::optional<Bytes> bytes() const {
    Bytes out;
    std::array<std::uint8_t, 16384> piece{};
    for (off_t at = 0;;) {
      auto const got = ::pread(fd_, piece.data(), piece.size(), at);
      if (got < 0) return std::nullopt;
      if (got == 0) return out;
      out.insert(out.end(), piece.begin(), piece.begin() + got);
      at += got;
    }
  }

 private:
  int fd_;
};

struct Formats {
  lxw_format *plain, *bold, *year, *month, *day;
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
  Date const date = std::get<Date>(cell);
  if (!date.known()) return true;
  lxw_datetime value{date.year, std::max(date.month, 1), std::max(date.day, 1), 0, 0, 0};
  auto* const format = date.day != 0 ? formats.day : date.month != 0 ? formats.month : formats.year;
  return worksheet_write_datetime(sheet, row, column, &value, format) == LXW_NO_ERROR;
}

}  // namespace

Answered<Bytes> write_xlsx(std::span<OutSheet const> sheets) {
  if (auto fault = fault_of(sheets)) return A::no(std::move(*fault));
  MemoryFile const file;
  if (!file.ok()) return A::no("内存不足，无法生成工作簿");
  lxw_workbook* const book = workbook_new(file.path().c_str());
  if (book == nullptr) return A::no("无法生成工作簿");
  lxw_doc_properties properties{};
  properties.created = kCreated;
  workbook_set_properties(book, &properties);
  auto const format = [&](char const* number, bool bold) {
    auto* const out = workbook_add_format(book);
    if (number != nullptr) format_set_num_format(out, number);
    if (bold) format_set_bold(out);
    format_set_align(out, LXW_ALIGN_VERTICAL_CENTER);
    format_set_text_wrap(out);
    format_set_border(out, LXW_BORDER_THIN);
    return out;
  };
  Formats const formats{format(nullptr, false), format(nullptr, true), format("yyyy", false), format("yyyy-mm", false),
                        format("yyyy-mm-dd", false)};
  bool written = true;
  for (OutSheet const& sheet : sheets) {
    auto* const out = workbook_add_worksheet(book, sheet.name.c_str());
    if (out == nullptr) {
      written = false;
      break;
    }
    worksheet_set_paper(out, 9);  // A4
    if (sheet.landscape) worksheet_set_landscape(out);
    worksheet_fit_to_pages(out, 1, 0);
    if (sheet.header_rows != 0) {
      worksheet_repeat_rows(out, 0, static_cast<lxw_row_t>(sheet.header_rows - 1));
      worksheet_freeze_panes(out, static_cast<lxw_row_t>(sheet.header_rows), 0);
    }
    for (std::size_t c = 0; c < std::min(sheet.widths.size(), kSheetColumnsMax); ++c)
      if (sheet.widths[c] > 0)
        worksheet_set_column(out, static_cast<lxw_col_t>(c), static_cast<lxw_col_t>(c), sheet.widths[c], nullptr);
    if (!sheet.footer.empty()) {
      std::string footer = "&C";
      for (char const c : sheet.footer) footer.append(c == '&' ? 2 : 1, c);
      written = worksheet_set_footer(out, footer.c_str()) == LXW_NO_ERROR && written;
    }
    for (OutMerge const& m : sheet.merged)
      if (m.first_row != m.last_row || m.first_column != m.last_column)
        written =
            worksheet_merge_range(out, static_cast<lxw_row_t>(m.first_row - 1),
                                  static_cast<lxw_col_t>(m.first_column - 1), static_cast<lxw_row_t>(m.last_row - 1),
                                  static_cast<lxw_col_t>(m.last_column - 1), "", formats.plain) == LXW_NO_ERROR &&
            written;
    for (std::size_t r = 0; r < sheet.rows.size(); ++r)
      for (std::size_t c = 0; c < sheet.rows[r].size(); ++c)
        written = write_cell(out, static_cast<lxw_row_t>(r), static_cast<lxw_col_t>(c), sheet.rows[r][c], formats,
                             r < sheet.header_rows) &&
                  written;
  }
  // Closing frees the workbook whatever it answers.
  if (workbook_close(book) != LXW_NO_ERROR || !written) return A::no("无法生成工作簿");
  auto bytes = file.bytes();
  if (!bytes) return A::no("无法生成工作簿");
  return A::yes(std::move(*bytes));
}

}  // namespace piaojue::sheets
