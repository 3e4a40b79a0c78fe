// SPDX-License-Identifier: Apache-2.0
#include "sheets/xlsx.h"

#include <expat.h>
#include <zip.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdio>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string_view>
#include <utility>

#include "sheets/date.h"
#include "sheets/text.h"

namespace piaojue::sheets {
namespace {

using namespace std::string_view_literals;

/// The one thing that stops the reading, for the person at the keyboard.
using Fault = std::optional<CellError>;
CellError whole(std::string expected) { return {0, 0, {}, std::move(expected)}; }

constexpr std::string_view kDamaged = "工作簿已损坏或不是 Excel 文件；请用 Excel 或 WPS 打开后重新「另存为」xlsx";

// ---- The archive

struct DiscardZip {
  void operator()(zip_t* zip) const { zip_discard(zip); }
  void operator()(zip_file_t* file) const { zip_fclose(file); }
};

class Archive {
 public:
  /// Everything that the archive says of itself is checked before a part of it is inflated.
  Fault open(ByteView file) {
    zip_error_t error;
    zip_error_init(&error);
    zip_source_t* source = zip_source_buffer_create(file.data(), file.size(), 0, &error);
    if (source == nullptr) return whole(std::string(kDamaged));
    zip_.reset(zip_open_from_source(source, ZIP_RDONLY, &error));
    if (!zip_) {
      zip_source_free(source);
      return whole(std::string(kDamaged));
    }
    auto const count = static_cast<std::size_t>(zip_get_num_entries(zip_.get(), 0));
    if (count > kWorkbookPartsMax) return whole("工作簿内部文件应不超过 500 个");
    std::size_t total = 0;
    for (std::size_t i = 0; i < count; ++i) {
      zip_stat_t stat;
      if (zip_stat_index(zip_.get(), i, 0, &stat) != 0) return whole(std::string(kDamaged));
      constexpr auto kNeeded = ZIP_STAT_NAME | ZIP_STAT_SIZE | ZIP_STAT_COMP_SIZE;
      if ((stat.valid & kNeeded) != kNeeded) return whole(std::string(kDamaged));
      if ((stat.valid & ZIP_STAT_ENCRYPTION_METHOD) != 0 && stat.encryption_method != ZIP_EM_NONE)
        return whole("工作簿设有密码；请取消密码后另存");
      if (std::string_view(stat.name).ends_with("vbaProject.bin"))
        return whole("工作簿含有宏；请「另存为」不含宏的 xlsx");
      if (stat.size > kWorkbookTotalBytesMax || (total += stat.size) > kWorkbookTotalBytesMax)
        return whole("工作簿展开后应不超过 64 MiB（可能是压缩炸弹）；请只保留需要的工作表");
      if (!parts_.try_emplace(stat.name, Part{i, stat.size, stat.comp_size}).second)
        return whole(std::string(kDamaged));
    }
    return {};
  }

  bool has(std::string const& name) const { return parts_.contains(name); }

  /// @param use is given the part piece by piece; it stops the reading by returning false.
  Fault read(std::string const& name, std::function<bool(std::string_view, bool last)> const& use) {
    auto const at = parts_.find(name);
    if (at == parts_.end()) return whole(std::string(kDamaged));
    Part const& part = at->second;
    if (part.size > kWorkbookPartBytesMax) return whole("工作簿中有一个工作表展开后超过 32 MiB；请只保留需要的内容");
    if (part.size > (1U << 20) && part.size / std::max<std::size_t>(1, part.packed) > kWorkbookRatioMax)
      return whole("工作簿压缩比异常（可能是压缩炸弹）；请把需要的内容复制到新工作簿");
    std::unique_ptr<zip_file_t, DiscardZip> const file(zip_fopen_index(zip_.get(), part.index, 0));
    if (!file) return whole(std::string(kDamaged));
    std::array<char, 64U << 10> piece{};
    std::size_t total = 0;
    for (;;) {
      auto const got = zip_fread(file.get(), piece.data(), piece.size());
      if (got < 0) return whole(std::string(kDamaged));
      // What the archive says of a part's size is only what it says.
      if ((total += static_cast<std::size_t>(got)) > part.size) return whole(std::string(kDamaged));
      if (!use({piece.data(), static_cast<std::size_t>(got)}, got == 0)) return {};
      if (got == 0) return total == part.size ? Fault{} : whole(std::string(kDamaged));
    }
  }

 private:
  struct Part {
    std::size_t index, size, packed;
  };
  std::unique_ptr<zip_t, DiscardZip> zip_;
  std::map<std::string, Part, std::less<>> parts_;
};

// ---- XML

std::string_view local_name(std::string_view name) {
  auto const colon = name.rfind(':');
  return colon == std::string_view::npos ? name : name.substr(colon + 1);
}

class Attributes {
 public:
  explicit Attributes(XML_Char const** at) : at_(at) {}
  /// By its name without prefix; empty if it is not there.
  std::string_view operator[](std::string_view name) const {
    for (auto const* at = at_; *at != nullptr; at += 2)
      if (local_name(*at) == name) return at[1];
    return {};
  }

 private:
  XML_Char const** at_;
};

template <class T = std::size_t>
std::optional<T> number(std::string_view text) {
  T out{};
  auto const [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return out;
}

/// What reads one kind of part. `fail` stops the parser.
class Reader {
 public:
  virtual ~Reader() = default;
  virtual void start(std::string_view name, Attributes const& attributes) = 0;
  virtual void end(std::string_view) {}
  virtual void text(std::string_view) {}
  Fault fault;

 protected:
  void fail(CellError error) {
    if (!fault) fault = std::move(error);
  }
};

struct Parsing {
  XML_Parser parser;
  Reader& reader;
  std::size_t depth = 0;

  void stop_if_failed() const {
    if (reader.fault) XML_StopParser(parser, XML_FALSE);
  }
};

Fault parse(Archive& archive, std::string const& part, Reader& reader) {
  std::unique_ptr<XML_ParserStruct, decltype(&XML_ParserFree)> const parser(XML_ParserCreate(nullptr), &XML_ParserFree);
  Parsing parsing{parser.get(), reader};
  XML_SetUserData(parser.get(), &parsing);
  // Office writes no document type; with none there are no entities, inside or outside.
  XML_SetStartDoctypeDeclHandler(parser.get(), [](void* data, auto...) {
    auto& p = *static_cast<Parsing*>(data);
    p.reader.fault = whole("工作簿内含有文档类型声明（可能是攻击）；请把内容复制到新工作簿");
    p.stop_if_failed();
  });
  XML_SetElementHandler(
      parser.get(),
      [](void* data, XML_Char const* name, XML_Char const** attributes) {
        auto& p = *static_cast<Parsing*>(data);
        if (p.reader.fault) return;
        if (++p.depth > kXmlDepthMax)
          p.reader.fault = whole("工作簿内部结构嵌套过深；请把内容复制到新工作簿");
        else
          p.reader.start(local_name(name), Attributes(attributes));
        p.stop_if_failed();
      },
      [](void* data, XML_Char const* name) {
        auto& p = *static_cast<Parsing*>(data);
        if (p.reader.fault) return;
        --p.depth;
        p.reader.end(local_name(name));
        p.stop_if_failed();
      });
  XML_SetCharacterDataHandler(parser.get(), [](void* data, XML_Char const* text, int length) {
    auto& p = *static_cast<Parsing*>(data);
    if (p.reader.fault) return;
    p.reader.text({text, static_cast<std::size_t>(length)});
    p.stop_if_failed();
  });
  bool well_formed = true;
  auto fault = archive.read(part, [&](std::string_view piece, bool last) {
    well_formed = XML_Parse(parser.get(), piece.data(), static_cast<int>(piece.size()), last ? 1 : 0) == XML_STATUS_OK;
    return well_formed;
  });
  if (reader.fault) return reader.fault;
  if (fault) return fault;
  if (!well_formed) return whole(std::string(kDamaged));
  return {};
}

// ---- Relationships and the workbook

/// "../x.xml" and "/xl/x.xml" as names in the archive.
std::string resolved(std::string_view folder, std::string_view target) {
  std::string path =
      target.starts_with('/') ? std::string(target.substr(1)) : std::string(folder) + std::string(target);
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

struct Relations : Reader {
  struct Relation {
    std::string id, type, target;
  };
  std::string folder;  ///< of the part that has these relations, with a slash at its end
  std::vector<Relation> all;

  void start(std::string_view name, Attributes const& a) override {
    if (name != "Relationship" || a["TargetMode"] == "External") return;
    std::string_view const type = a["Type"];
    all.push_back({std::string(a["Id"]), std::string(type.substr(type.rfind('/') + 1)), resolved(folder, a["Target"])});
    if (all.size() > kWorkbookPartsMax) fail(whole(std::string(kDamaged)));
  }
  std::string by_type(std::string_view type) const {
    auto const at = std::ranges::find(all, type, &Relation::type);
    return at == all.end() ? std::string{} : at->target;
  }
  std::string by_id(std::string_view id) const {
    auto const at = std::ranges::find(all, id, &Relation::id);
    return at == all.end() ? std::string{} : at->target;
  }
};

struct Book : Reader {
  struct Entry {
    std::string name, id;
    bool shown;
  };
  std::vector<Entry> sheets;
  bool from_1904 = false;

  void start(std::string_view name, Attributes const& a) override {
    if (name == "workbookPr") from_1904 = a["date1904"] == "1" || a["date1904"] == "true";
    if (name != "sheet") return;
    sheets.push_back({std::string(a["name"]), std::string(a["id"]), a["state"].empty() || a["state"] == "visible"});
    if (sheets.size() > kWorkbookSheetsMax) fail(whole("工作簿应不超过 20 个工作表"));
  }
};

// ---- Styles: which of them show a date, and how much of it

enum class Shows : std::uint8_t { kNumber, kYear, kMonth, kDay, kTime };

Shows shown_by(std::string_view code) {
  bool year = false;
  bool month = false;
  bool day = false;
  bool clock = false;
  for (std::size_t i = 0; i < code.size(); ++i) {
    char const c = code[i];
    if (c == ';') break;  // only the first section: dates are not negative
    if (c == '"') {
      i = std::min(code.find('"', i + 1), code.size() - 1);
    } else if (c == '\\' || c == '_' || c == '*') {
      ++i;
    } else if (c == '[') {
      std::size_t const end = std::min(code.find(']', i), code.size() - 1);
      if (char const inside = i + 1 < code.size() ? code[i + 1] : ' '; inside == 'h' || inside == 'm' || inside == 's')
        clock = true;
      i = end;
    } else if (c == 'G' && code.substr(i).starts_with("General")) {
      i += 6;
    } else if (c == 'y' || c == 'Y' || c == 'e') {
      year = true;
    } else if (c == 'E') {
      continue;  // 0.00E+00
    } else if (c == 'm' || c == 'M') {
      month = true;
    } else if (c == 'd' || c == 'D') {
      day = true;
    } else if (c == 'h' || c == 'H' || c == 's' || c == 'S') {
      clock = true;
    }
  }
  if (day) return Shows::kDay;
  if (year) return month ? Shows::kMonth : Shows::kYear;
  if (clock) return Shows::kTime;
  return month ? Shows::kMonth : Shows::kNumber;
}

/// The formats that have a number and no code, as they are in Chinese Excel.
Shows shown_by(std::size_t id) {
  if (id == 17 || id == 27 || id == 36 || id == 50 || id == 52 || id == 57) return Shows::kMonth;
  if ((id >= 18 && id <= 21) || (id >= 45 && id <= 47) || (id >= 32 && id <= 35) || id == 55 || id == 56)
    return Shows::kTime;
  if ((id >= 14 && id <= 16) || id == 22 || (id >= 28 && id <= 31) || id == 51 || id == 53 || id == 54 || id == 58)
    return Shows::kDay;
  return Shows::kNumber;
}

struct Styles : Reader {
  std::map<std::size_t, Shows> own;
  std::vector<Shows> cells;
  bool in_cells = false;

  void start(std::string_view name, Attributes const& a) override {
    if (name == "numFmt") {
      if (auto const id = number(a["numFmtId"])) own[*id] = shown_by(a["formatCode"]);
    } else if (name == "cellXfs") {
      in_cells = true;
    } else if (name == "xf" && in_cells) {
      std::size_t const id = number(a["numFmtId"]).value_or(0);
      auto const at = own.find(id);
      cells.push_back(at == own.end() ? shown_by(id) : at->second);
      if (cells.size() > 65'536) fail(whole(std::string(kDamaged)));
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
class Text {
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

struct SharedStrings : Reader {
  std::vector<std::string> all;
  Text item;

  void start(std::string_view name, Attributes const&) override {
    if (name == "si") item = {};
    item.start(name);
  }
  void end(std::string_view name) override {
    item.end(name);
    if (name != "si") return;
    if (all.size() == kSharedStringsMax) return fail(whole("工作簿中的文字应不超过 20 万条"));
    all.push_back(unescaped(item.value));
  }
  void text(std::string_view text) override {
    if (!item.add(text)) fail(whole("工作簿中有单元格超过 4096 个字符"));
  }
};

// ---- Cells

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

class Cells : public Reader {
 public:
  Cells(SharedStrings const& strings, Styles const& styles, bool from_1904, std::string name)
      : strings_(strings), styles_(styles), from_1904_(from_1904) {
    sheet.name = std::move(name);
  }

  void start(std::string_view name, Attributes const& a) override {
    if (name == "row") {
      std::size_t const row = a["r"].empty() ? row_.number + 1 : number(a["r"]).value_or(0);
      if (row <= row_.number) return fail(whole(std::string(kDamaged)));
      row_ = Row{};
      row_.number = row;
      row_.hidden = a["hidden"] == "1" || a["hidden"] == "true";
      column_ = 0;
    } else if (name == "c") {
      Place at{row_.number, column_ + 1};
      if (!a["r"].empty()) {
        auto const place = place_of(a["r"]);
        if (!place || place->row != row_.number || place->column <= column_) return fail(whole(std::string(kDamaged)));
        at = *place;
      }
      column_ = at.column;
      type_ = a["t"];
      style_ = number(a["s"]).value_or(0);
      value_.clear();
      text_ = {};
      formula_ = false;
      in_cell_ = true;
    } else if (name == "f") {
      formula_ = in_cell_;
    } else if (name == "v") {
      in_value_ = in_cell_;
    } else if (name == "mergeCell") {
      merge(a["ref"]);
    }
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
      fail({row_.number, column_, {}, "应不超过 4096 个字符", sheet.name});
  }

  Sheet sheet;

 private:
  void finish() {
    in_cell_ = false;
    CellMark mark = CellMark::kText;
    std::string out;
    if (type_ == "s") {
      auto const index = number(value_);
      if (!index && value_.empty()) return;
      if (!index || *index >= strings_.all.size()) return fail(whole(std::string(kDamaged)));
      out = strings_.all[*index];
    } else if (type_ == "inlineStr") {
      out = unescaped(text_.value);
    } else if (type_ == "str") {
      out = unescaped(value_);
    } else if (type_ == "d") {
      out = value_.substr(0, 10);
      mark = CellMark::kDate;
    } else if (type_ == "b") {
      out = value_ == "1" ? "TRUE" : "FALSE";
    } else if (type_ == "e") {
      out = value_;
      mark = CellMark::kError;
    } else if (!value_.empty()) {
      auto const parsed = number<double>(value_);
      if (!parsed) return fail(whole(std::string(kDamaged)));
      out = numeric(*parsed, mark);
    }
    if (formula_) mark = CellMark::kFormula;
    if (out.empty() && !formula_) return;
    keep(std::move(out), mark);
  }

  std::string numeric(double value, CellMark& mark) const {
    Shows const shows = style_ < styles_.cells.size() ? styles_.cells[style_] : Shows::kNumber;
    mark = CellMark::kNumber;
    if (shows == Shows::kNumber || shows == Shows::kTime) return decimal(value);
    auto const date = date_of_serial(value, from_1904_);
    if (!date) return decimal(value);
    mark = CellMark::kDate;
    Date shown = *date;
    if (shows != Shows::kDay) shown.day = 0;
    if (shows == Shows::kYear) shown.month = 0;
    return shown.text();
  }

  void keep(std::string value, CellMark mark) {
    auto const bad = [&](std::string expected) {
      fail({row_.number, column_, shortened(value), std::move(expected), sheet.name});
    };
    if (row_.number == 0) return fail(whole(std::string(kDamaged)));
    if (row_.number > kSheetRowsMax) return bad("表格应不超过 6000 行");
    if (column_ > kSheetColumnsMax) return bad("表格应不超过 100 列");
    if (characters(value) > kCellCharactersMax) return bad("应不超过 4096 个字符");
    row_.cells.resize(column_ - 1);
    row_.marks.resize(column_ - 1, CellMark::kText);
    row_.cells.push_back(std::move(value));
    row_.marks.push_back(mark);
  }

  void merge(std::string_view reference) {
    auto const colon = reference.find(':');
    auto const first = place_of(reference.substr(0, colon));
    auto const last = colon == std::string_view::npos ? first : place_of(reference.substr(colon + 1));
    if (!first || !last) return fail(whole(std::string(kDamaged)));
    if (sheet.merged.size() == kMergesMax) return fail(whole("合并单元格过多；请取消合并"));
    sheet.merged.push_back({first->row, first->column, last->row, last->column});
  }

  SharedStrings const& strings_;
  Styles const& styles_;
  bool from_1904_;
  Row row_;
  std::size_t column_ = 0;
  std::string type_, value_;
  std::size_t style_ = 0;
  Text text_;
  bool formula_ = false, in_cell_ = false, in_value_ = false;
};

Imported<Workbook> refused(CellError error) { return {{}, {std::move(error)}}; }

std::string folder_of(std::string_view part) {
  auto const slash = part.rfind('/');
  return slash == std::string_view::npos ? std::string{} : std::string(part.substr(0, slash + 1));
}

}  // namespace

bool is_zip(ByteView file) {
  auto const text = as_text(file);
  return text.starts_with("PK\x03\x04"sv) || text.starts_with("PK\x05\x06"sv);
}

Imported<Workbook> read_xlsx(ByteView file) {
  if (file.size() > kSheetBytesMax) return refused(whole("应不超过 10 MiB"));
  if (!is_zip(file)) return refused(whole(std::string(kDamaged)));
  Archive archive;
  if (auto fault = archive.open(file)) return refused(std::move(*fault));

  Relations package;
  if (!archive.has("_rels/.rels"))
    return refused(whole("这个压缩文件不是 Excel 工作簿；请用 Excel 或 WPS「另存为」xlsx 或 CSV"));
  if (auto fault = parse(archive, "_rels/.rels", package)) return refused(std::move(*fault));
  std::string const main = package.by_type("officeDocument");
  if (main.ends_with(".bin")) return refused(whole("这是二进制工作簿（xlsb）；请「另存为」xlsx"));
  if (!main.ends_with(".xml") || main.find("word/") == 0 || main.find("ppt/") == 0)
    return refused(whole("这不是 Excel 工作簿（可能是 Word 或演示文稿）；请选择 xlsx 或 CSV 文件"));
  Book book;
  if (auto fault = parse(archive, main, book)) return refused(std::move(*fault));
  Relations parts;
  parts.folder = folder_of(main);
  if (auto fault = parse(archive, parts.folder + "_rels/" + main.substr(parts.folder.size()) + ".rels", parts))
    return refused(std::move(*fault));
  SharedStrings strings;
  if (auto const part = parts.by_type("sharedStrings"); archive.has(part))
    if (auto fault = parse(archive, part, strings)) return refused(std::move(*fault));
  Styles styles;
  if (auto const part = parts.by_type("styles"); archive.has(part))
    if (auto fault = parse(archive, part, styles)) return refused(std::move(*fault));

  Imported<Workbook> out;
  out.value.format = SheetFormat::kXlsx;
  for (Book::Entry const& entry : book.sheets) {
    std::string const part = parts.by_id(entry.id);
    if (!entry.shown || part.find("chartsheets/") != std::string::npos) continue;
    Cells cells(strings, styles, book.from_1904, entry.name);
    if (auto fault = parse(archive, part, cells)) return refused(std::move(*fault));
    if (!cells.sheet.rows.empty()) out.value.sheets.push_back(std::move(cells.sheet));
  }
  if (out.value.sheets.empty()) return refused(whole("文件是空的"));
  return out;
}

}  // namespace piaojue::sheets
