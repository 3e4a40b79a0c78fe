// SPDX-License-Identifier: Apache-2.0
#include "sheets/heading.h"

#include <algorithm>
#include <array>
#include <optional>

#include "sheets/plain_text.h"
#include "sheets/text.h"

namespace piaojue::sheets {

namespace {

/// Brackets as `code_of` leaves them; those of one length in bytes stand together.
constexpr std::array<std::string_view, 7> kOpening{"(", "[", "{", "<", "【", "〔", "《"};
constexpr std::array<std::string_view, 7> kClosing{")", "]", "}", ">", "】", "〕", "》"};
/// How a further line of a heading begins that is a hint and not the rest of the name.
constexpr std::array<std::string_view, 24> kHints{
    "格式", "如:",  "如20",  "如19", "例",   "请",  "填", "注:",  "按",   "须",   "必填", "选填",
    "可填", "非必", "单位:", "备注", "说明", "以:", "仅", "精确", "至少", "多个", "下拉", "不填"};
constexpr std::array<std::string_view, 8> kOrnaments{"*", ":", "★", "※", "●", "▲", "√", "☆"};

template <std::size_t n>
std::optional<std::size_t> which(std::array<std::string_view, n> const& words, std::string_view text) {
  for (std::size_t i = 0; i < n; ++i)
    if (text.starts_with(words[i])) return i;
  return std::nullopt;
}

/// The first bracket from `at` on, and its content up to the one that closes it, or to the end.
void take_bracket(std::string_view text, std::size_t& at, std::vector<std::string>& remarks) {
  std::size_t depth = 0;
  std::size_t from = std::string_view::npos;
  while (at < text.size()) {
    std::string_view const rest = text.substr(at);
    if (auto const opened = which(kOpening, rest)) {
      at += kOpening[*opened].size();
      if (depth++ == 0) from = at;
    } else if (auto const closed = which(kClosing, rest)) {
      std::size_t const end = at;
      at += kClosing[*closed].size();
      if (--depth == 0) return remarks.emplace_back(text.substr(from, end - from)), void();
    } else {
      ++at;
    }
  }
  remarks.emplace_back(text.substr(from));
}

/// What is left of a line when the brackets are taken out of it.
std::string without_brackets(std::string_view text, std::vector<std::string>& remarks) {
  std::string out;
  for (std::size_t at = 0; at < text.size();)
    if (which(kOpening, text.substr(at)))
      take_bracket(text, at, remarks);
    else
      out += text[at++];
  std::erase_if(remarks, [](auto const& remark) { return remark.empty(); });
  return out;
}

void erase_all(std::string& text, std::string_view word) {
  for (std::size_t at; (at = text.find(word)) != std::string::npos;) text.erase(at, word.size());
}

/// "1.姓名", "2、单位" and "③级别" without what numbers them.
std::string_view without_number(std::string_view name) {
  std::size_t digits = 0;
  while (digits < name.size() && name[digits] >= '0' && name[digits] <= '9') ++digits;
  std::string_view const rest = name.substr(digits);
  if (digits != 0 && digits <= 2)
    for (std::string_view const sign : {".", "、", ")"})
      if (rest.starts_with(sign) && rest.size() > sign.size()) return rest.substr(sign.size());
  // ① to ⑳ are three bytes each, from E2 91 A0 to E2 91 B3.
  bool const circled = name.size() > 3 && name.starts_with("\xE2\x91") && static_cast<unsigned char>(name[2]) >= 0xA0 &&
                       static_cast<unsigned char>(name[2]) <= 0xB3;
  return circled ? name.substr(3) : name;
}

bool is_unit(std::string_view text) {
  for (std::string_view const often : {"/年", "每年", "/人"})
    if (text.ends_with(often)) text.remove_suffix(often.size());
  static constexpr std::array<std::string_view, 16> kEnds{"元",   "币",   "万",   "亿", "千",  "百",  "学时", "课时",
                                                          "小时", "学分", "美金", "镑", "USD", "RMB", "CNY",  "%"};
  return text == "分" || std::ranges::any_of(kEnds, [&](auto const end) { return text.ends_with(end); });
}

/// A remark may hold several things: "选填,单位:万元".
std::vector<std::string> pieces(std::string text) {
  for (std::string_view const sign : {"、", "，", "。", "；", ";"})
    for (std::size_t at; (at = text.find(sign)) != std::string::npos;) text.replace(at, sign.size(), ",");
  std::vector<std::string> out;
  for (std::size_t at = 0; at <= text.size();) {
    std::size_t const end = std::min(text.find(',', at), text.size());
    out.push_back(text.substr(at, end - at));
    at = end + 1;
  }
  return out;
}

}  // namespace

std::string Heading::unit() const {
  for (std::string const& remark : remarks)
    for (std::string const& piece : pieces(remark))
      if (auto const at = piece.find("单位:"); at != std::string::npos)
        return piece.substr(at + std::string_view("单位:").size());
  for (std::string const& remark : remarks)
    for (std::string const& piece : pieces(remark))
      if (is_unit(piece)) return piece.starts_with("单位") ? piece.substr(std::string_view("单位").size()) : piece;
  return {};
}

Heading read_heading(std::string_view cell) {
  Heading out;
  out.words = on_one_line(plain(cell));
  std::string name;
  for (std::string const& line : lines_of(plain(cell))) {
    std::string const code = code_of(line);
    if (!name.empty() && which(kHints, code))
      out.remarks.push_back(code);
    else
      name += code;
  }
  name = without_brackets(name, out.remarks);
  static constexpr std::string_view kUnit = "单位:";
  if (auto const at = name.find(kUnit); at != std::string::npos && at != 0 && at + kUnit.size() < name.size()) {
    out.remarks.push_back(name.substr(at));
    name.resize(at);
  }
  for (std::string_view const ornament : kOrnaments) erase_all(name, ornament);
  out.name = without_number(name);
  return out;
}

Heading below(Heading const& group, Heading const& heading) {
  if (group.empty()) return heading;
  Heading out = heading;
  out.words = heading.words.empty() ? group.words : group.words + " / " + heading.words;
  out.remarks = group.remarks;
  out.remarks.insert(out.remarks.end(), heading.remarks.begin(), heading.remarks.end());
  if (heading.name.empty())
    out.name = group.name;
  else
    out.group = group.name;
  return out;
}

}  // namespace piaojue::sheets
