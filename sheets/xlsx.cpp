// SPDX-License-Identifier: Apache-2.0
#include "sheets/xlsx.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdio>
#include <map>
#include <optional>
#include <string_view>
#include <utility>

#include "sheets/date.h"
#include "sheets/number_format.h"
#include "sheets/text.h"
#include "sheets/xml.h"
#include "strings/sheets.h"

namespace piaojue::sheets {

namespace say = strings::sheets;

namespace {

using namespace std::string_view_literals;

// ---- Relationships and the workbook

/// "../x.xml" and "/xl/x.xml" as names in the archive.
std::string resolved(std::string_view folder, std::string_view written) {
  std::string target(written);
  std::ranges::replace(target, '\\', '/');
  std::string path = target.starts_with('/') ? target.substr(1) : std::string(folder) + target;
  std::vector<std::string> steps;
  for (std::size_t at = 0; at <= path.size();) {
    std::size_t const end = std::min(path.find('/', at), path.size());
    std::string const step = path.substr(at, end - at);
    if (step == ".." && !steps.empty())
      steps.pop_back();
    else if (step != "." && step != "..")
      steps.push_back(step);
    at = end + 1;
  }
  std::string out;
  for (std::string const& step : steps) (out += out.empty() ? "" : "/") += step;
  return out;
}

struct Relations : XmlReader {
  struct Relation {
    std::string id, type, target;
  };
  std::string folder;  ///< of the part that has these relations, with a slash at its end
  std::vector<Relation> all;

  void start(std::string_view name, XmlAttributes const& a) override {
    if (name != "Relationship" || a["TargetMode"] == "External") return;
    std::string_view const type = a["Type"];
    all.push_back({std::string(a["Id"]), std::string(type.substr(type.rfind('/') + 1)), resolved(folder, a["Target"])});
    if (all.size() > kWorkbookPartsMax) fail(whole(say::kBookDamaged));
  }
  std::string by_type(std::string_view type) const {
    auto const at = std::ranges::find(all, type, &Relation::type);
    return at == all.end() ? std::string{} : at->target;
  }
  Relation by_id(std::string_view id) const {
    auto const at = std::ranges::find(all, id, &Relation::id);
    return at == all.end() ? Relation{} : *at;
  }
};

struct Book : XmlReader {
  struct Entry {
    std::string name, id;
    bool shown;
  };
  std::vector<Entry> sheets;
  bool from_1904 = false;

  void start(std::string_view name, XmlAttributes const& a) override {
    if (name == "workbookPr") from_1904 = a["date1904"] == "1" || a["date1904"] == "true";
    if (name != "sheet") return;
    sheets.push_back(
        {std::string(a["name"]), std::string(a.relation()), a["state"].empty() || a["state"] == "visible"});
    if (sheets.size() > kWorkbookSheetsMax) fail(whole({say::kBookSheetsMax, {{"max", kWorkbookSheetsMax}}}));
  }
};

// ---- Styles: which of them show a date, and how much of it; and which show nothing

constexpr std::size_t kPercent = 9, kPercentFine = 10;  // 0% and 0.00%, of the formats that have no code

struct Style {
  Shows shows = Shows::kNumber;
  Hides hides;
  bool scales = false;
};

struct Styles : XmlReader {
  std::map<std::size_t, Style> own;
  std::vector<Style> cells;
  bool in_cells = false;

  void start(std::string_view name, XmlAttributes const& a) override {
    if (name == "numFmt") {
      std::string_view const code = a["formatCode"];
      if (auto const id = number(a["numFmtId"])) own[*id] = {shown_by(code), hidden_by(code), scaled_by(code)};
    } else if (name == "cellXfs") {
      in_cells = true;
    } else if (name == "xf" && in_cells) {
      std::size_t const id = number(a["numFmtId"]).value_or(0);
      auto const at = own.find(id);
      cells.push_back(at == own.end() ? Style{shown_by(id), {}, id == kPercent || id == kPercentFine} : at->second);
      if (cells.size() > 65'536) fail(whole(say::kBookDamaged));
    }
  }
  void end(std::string_view name) override {
    if (name == "cellXfs") in_cells = false;
  }
};

// ---- Texts

/// Characters that XML can not hold are written _x000D_ by Excel.
std::string unescaped(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '_' && i + 6 < text.size() && text[i + 1] == 'x' && text[i + 6] == '_') {
      unsigned code = 0;
      auto const* const from = text.data() + i + 2;
      if (auto const [end, error] = std::from_chars(from, from + 4, code, 16);
          error == std::errc{} && end == from + 4 && (code < 0xD800 || code > 0xDFFF)) {
        append_character(out, code);
        i += 6;
        continue;
      }
    }
    out += text[i];
  }
  // Line ends inside a cell are one character, whatever the sheet was saved with.
  for (std::size_t at; (at = out.find("\r\n")) != std::string::npos;) out.erase(at, 1);
  std::ranges::replace(out, '\r', '\n');
  return out;
}

/// The texts of <t>, but not those of <rPh>, which say how the others are pronounced.
class RunText {
 public:
  void start(std::string_view name) {
    if (name == "rPh") ++phonetic_;
    if (name == "t") inside_ = true;
  }
  void end(std::string_view name) {
    if (name == "rPh") --phonetic_;
    if (name == "t") inside_ = false;
  }
  /// @return false if it is too long for a cell.
  bool add(std::string_view text) {
    if (inside_ && phonetic_ == 0) value += text;
    return value.size() <= kCellCharactersMax * 8;
  }
  std::string value;

 private:
  int phonetic_ = 0;
  bool inside_ = false;
};

struct SharedStrings : XmlReader {
  std::vector<std::string> all;
  RunText item;

  void start(std::string_view name, XmlAttributes const&) override {
    if (name == "si") item = {};
    item.start(name);
  }
  void end(std::string_view name) override {
    item.end(name);
    if (name != "si") return;
    if (all.size() == kSharedStringsMax) return fail(whole(say::kBookStringsMax));
    all.push_back(unescaped(item.value));
  }
  void text(std::string_view text) override {
    if (!item.add(text)) fail(whole({say::kBookSomeCellTooLong, {{"max", kCellCharactersMax}}}));
  }
};

// ---- SheetReader

struct Place {
  std::size_t row = 0, column = 0;
};

std::optional<Place> place_of(std::string_view reference) {
  Place out;
  std::size_t i = 0;
  for (; i < reference.size() && reference[i] >= 'A' && reference[i] <= 'Z' && i < 3; ++i)
    out.column = out.column * 26 + static_cast<std::size_t>(reference[i] - 'A' + 1);
  auto const row = number(reference.substr(i));
  if (i == 0 || !row || *row == 0 || *row > 1'048'576) return std::nullopt;
  out.row = *row;
  return out;
}

std::string decimal(double value) {
  std::array<char, 40> text{};
  int const length = std::snprintf(text.data(), text.size(), "%.15g", value);
  return {text.data(), static_cast<std::size_t>(length)};
}

bool is_true(std::string_view text) { return text == "1" || text == "true"; }
/// Too small to be seen: people draw rows and columns together until nothing is left of them.
bool is_nothing(std::string_view size, double least) {
  auto const value = number<double>(size);
  return value && *value < least;
}

class SheetReader : public XmlReader {
 public:
  /// @param cells_left, text_left of all sheets together; what this one has is taken from them.
  SheetReader(SharedStrings const& strings, Styles const& styles, bool from_1904, std::string name,
              std::size_t& cells_left, std::size_t& text_left)
      : strings_(strings), styles_(styles), from_1904_(from_1904), cells_left_(cells_left), text_left_(text_left) {
    sheet.name = std::move(name);
  }

  void start(std::string_view name, XmlAttributes const& a) override {
    if (name == "row")
      start_row(a);
    else if (name == "c")
      start_cell(a);
    else if (name == "f")
      formula_ = in_cell_;
    else if (name == "v")
      in_value_ = in_cell_;
    else if (name == "mergeCell")
      merge(a["ref"]);
    else if (name == "col")
      take_columns(a);
    else if (name == "sheetFormatPr" && is_nothing(a["defaultColWidth"], kColumnWidthSeen))
      sheet.hidden.assign(kSheetColumnsMax, true);
    if (in_cell_) text_.start(name);
  }

  void end(std::string_view name) override {
    if (in_cell_) text_.end(name);
    if (name == "v") in_value_ = false;
    if (name == "c" && in_cell_) finish();
    if (name == "row" && !row_.cells.empty())
      sheet.rows.push_back(std::exchange(row_, Row{row_.number, {}, {}, false}));
  }

  void text(std::string_view text) override {
    if (in_value_) value_ += text;
    if (value_.size() > kCellCharactersMax * 8 || !text_.add(text))
      fail({row_.number, column_, {}, {say::kCellCharactersMax, {{"max", kCellCharactersMax}}}, sheet.name});
  }

  Sheet sheet;

 private:
  static constexpr double kRowHeightSeen = 1;      ///< points
  static constexpr double kColumnWidthSeen = 0.1;  ///< characters

  void take_columns(XmlAttributes const& a) {
    auto const from = number(a["min"]);
    auto const to = number(a["max"]);
    if (!from || !to || *from == 0 || *from > *to) return fail(whole(say::kBookDamaged));
    bool const hidden = is_true(a["hidden"]) || is_nothing(a["width"], kColumnWidthSeen);
    std::size_t const end = std::min(*to, kSheetColumnsMax);
    if (sheet.hidden.size() < end) sheet.hidden.resize(end);
    for (std::size_t c = *from; c <= end; ++c) sheet.hidden[c - 1] = hidden;
  }

  void start_row(XmlAttributes const& a) {
    std::size_t const row = a["r"].empty() ? row_.number + 1 : number(a["r"]).value_or(0);
    if (row <= row_.number) return fail(whole(say::kBookDamaged));
    row_ = Row{};
    row_.number = row;
    row_.hidden = is_true(a["hidden"]) || is_nothing(a["ht"], kRowHeightSeen);
    column_ = 0;
  }

  void start_cell(XmlAttributes const& a) {
    Place at{row_.number, column_ + 1};
    if (!a["r"].empty()) {
      auto const place = place_of(a["r"]);
      if (!place || place->row != row_.number || place->column <= column_) return fail(whole(say::kBookDamaged));
      at = *place;
    }
    column_ = at.column;
    type_ = a["t"];
    style_ = number(a["s"]).value_or(0);
    value_.clear();
    text_ = {};
    formula_ = false;
    in_cell_ = true;
  }

  void finish() {
    in_cell_ = false;
    CellMark mark = CellMark::kText;
    std::string out;
    if (type_ == "s") {
      auto const index = number(value_);
      if (!index && value_.empty()) return;
      if (!index || *index >= strings_.all.size()) return fail(whole(say::kBookDamaged));
      out = strings_.all[*index];
    } else if (type_ == "inlineStr") {
      out = unescaped(text_.value);
    } else if (type_ == "str") {
      out = unescaped(value_);
    } else if (type_ == "d") {
      out = value_.substr(0, 10);
      mark = CellMark::kDate;
      auto const date = parse_date(out);
      if (date && style().shows != Shows::kNumber) out = as_shown(*date, style().shows).text();
    } else if (type_ == "b") {
      out = value_ == "1" ? "TRUE" : "FALSE";
    } else if (type_ == "e") {
      out = value_;
      mark = CellMark::kError;
    } else if (!value_.empty()) {
      auto const parsed = number<double>(value_);
      if (!parsed) return fail(whole(say::kBookDamaged));
      out = numeric(*parsed, mark);
    }
    if (mark == CellMark::kNumber && style().scales) mark = CellMark::kScaled;
    bool const typed = mark == CellMark::kNumber || mark == CellMark::kScaled || mark == CellMark::kDate;
    if (typed ? style().hides.numbers : style().hides.texts) mark = CellMark::kUnseen;
    if (formula_) mark = CellMark::kFormula;
    if (out.empty() && !formula_) return;
    keep(std::move(out), mark);
  }

  Style style() const { return style_ < styles_.cells.size() ? styles_.cells[style_] : Style{}; }

  static Date as_shown(Date date, Shows shows) {
    if (shows == Shows::kMonth || shows == Shows::kYear) date.day = 0;
    if (shows == Shows::kYear) date.month = 0;
    return date;
  }

  std::string numeric(double value, CellMark& mark) const {
    Shows const shows = style().shows;
    mark = CellMark::kNumber;
    if (shows == Shows::kNumber || shows == Shows::kTime) return decimal(value);
    auto const date = date_of_serial(value, from_1904_);
    if (!date) return decimal(value);
    mark = CellMark::kDate;
    return as_shown(*date, shows).text();
  }

  void keep(std::string value, CellMark mark) {
    auto const bad = [&](Sentence expected) {
      fail({row_.number, column_, shortened(value), std::move(expected), sheet.name});
    };
    if (row_.number == 0) return fail(whole(say::kBookDamaged));
    if (row_.number > kSheetRowsMax) return bad({say::kRowsMax, {{"max", kSheetRowsMax}}});
    if (column_ > kSheetColumnsMax) return bad({say::kColumnsMax, {{"max", kSheetColumnsMax}}});
    if (characters(value) > kCellCharactersMax) return bad({say::kCellCharactersMax, {{"max", kCellCharactersMax}}});
    // One text may stand in a million cells.
    if (value.size() > text_left_) return bad({say::kTextMax, {{"max", std::uint64_t{kSheetTextMax >> 20}}}});
    text_left_ -= value.size();
    std::size_t const more = column_ - row_.cells.size();
    if (more > cells_left_) return bad({say::kCellsMax, {{"max", kCellsMax}}});
    cells_left_ -= more;
    row_.cells.resize(column_ - 1);
    row_.marks.resize(column_ - 1, CellMark::kText);
    row_.cells.push_back(std::move(value));
    row_.marks.push_back(mark);
  }

  void merge(std::string_view reference) {
    auto const colon = reference.find(':');
    auto const first = place_of(reference.substr(0, colon));
    auto const last = colon == std::string_view::npos ? first : place_of(reference.substr(colon + 1));
    if (!first || !last) return fail(whole(say::kBookDamaged));
    if (sheet.merged.size() == kMergesMax) return fail(whole(say::kBookMergesMax));
    sheet.merged.push_back({first->row, first->column, last->row, last->column});
  }

  SharedStrings const& strings_;
  Styles const& styles_;
  bool from_1904_;
  std::size_t& cells_left_;
  std::size_t& text_left_;
  Row row_;
  std::size_t column_ = 0;
  std::string type_, value_;
  std::size_t style_ = 0;
  RunText text_;
  bool formula_ = false, in_cell_ = false, in_value_ = false;
};

// ---- The package

std::string folder_of(std::string_view part) {
  auto const slash = part.rfind('/');
  return slash == std::string_view::npos ? std::string{} : std::string(part.substr(0, slash + 1));
}

/// Follows a workbook from its package to its cells; each step stops at the first fault.
class Package {
 public:
  Fault open(ByteView file) {
    if (auto fault = archive_.open(file)) return fault;
    if (auto fault = find_main()) return fault;
    if (auto fault = parse(archive_, main_, book_)) return fault;
    parts_.folder = folder_of(main_);
    if (auto fault = parse(archive_, parts_.folder + "_rels/" + main_.substr(parts_.folder.size()) + ".rels", parts_))
      return fault;
    if (auto fault = parse_if_there("sharedStrings", strings_)) return fault;
    return parse_if_there("styles", styles_);
  }

  /// Those that are shown and hold anything. Charts, dialogs and macro sheets have no cells that people fill in; one of
  /// an old Excel has not even a part.
  Fault read_sheets(Workbook& out) {
    std::size_t cells_left = kCellsMax;
    std::size_t text_left = kSheetTextMax;
    for (Book::Entry const& entry : book_.sheets) {
      auto const part = parts_.by_id(entry.id);
      if (!entry.shown || entry.id.empty() || (!part.id.empty() && part.type != "worksheet")) {
        out.unread.push_back(entry.name);
        continue;
      }
      SheetReader cells(strings_, styles_, book_.from_1904, entry.name, cells_left, text_left);
      if (auto fault = parse(archive_, part.target, cells)) return fault;
      if (!cells.sheet.rows.empty()) out.sheets.push_back(std::move(cells.sheet));
    }
    return {};
  }

 private:
  Fault find_main() {
    if (!archive_.has("_rels/.rels")) return other_archive();
    Relations package;
    if (auto fault = parse(archive_, "_rels/.rels", package)) return fault;
    main_ = package.by_type("officeDocument");
    if (main_.ends_with(".bin")) return whole(say::kBookIsBinary);
    if (!main_.ends_with(".xml") || main_.starts_with("word/") || main_.starts_with("ppt/"))
      return whole(say::kBookIsOtherDocument);
    return {};
  }
  /// What a ZIP archive is that is no package of Office.
  Fault other_archive() const {
    if (archive_.has("ofd.xml")) return whole(say::kKindOfd);
    if (archive_.has("index/document.iwa")) return whole(say::kKindNumbers);
    if (archive_.has("meta-inf/manifest.xml") && archive_.has("content.xml")) return whole(say::kKindOpenDocument);
    for (std::string_view const end : {".xlsx", ".xls", ".et", ".csv"})
      if (archive_.any_ends_with(end)) return whole(say::kKindZipOfSheets);
    return whole(say::kBookNoPackage);
  }
  Fault parse_if_there(std::string_view type, XmlReader& reader) {
    std::string const part = parts_.by_type(type);
    return archive_.has(part) ? parse(archive_, part, reader) : Fault{};
  }

  Archive archive_;
  std::string main_;  ///< the workbook's own part
  Book book_;
  Relations parts_;
  SharedStrings strings_;
  Styles styles_;
};

}  // namespace

Imported<Workbook> read_xlsx(ByteView file) {
  if (file.size() > kSheetBytesMax) return CellErrors{whole(say::kFileBytesMax)};
  if (!is_workbook(file)) return CellErrors{whole(say::kBookDamaged)};
  Package package;
  if (auto fault = package.open(file)) return CellErrors{std::move(*fault)};
  Workbook out{SheetFormat::kXlsx, {}};
  if (auto fault = package.read_sheets(out)) return CellErrors{std::move(*fault)};
  if (out.sheets.empty()) return CellErrors{whole(say::kFileEmpty)};
  return out;
}

}  // namespace piaojue::sheets
