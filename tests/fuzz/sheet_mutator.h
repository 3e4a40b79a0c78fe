// SPDX-License-Identifier: Apache-2.0
#pragma once
/// Mutates a CSV as a grid: rows and columns are moved, doubled and left out, and cells become what people write in
/// sheets. What is left of a sheet is still one, so that the readers behind the bytes are reached.
#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>
#include <random>
#include <string>
#include <vector>

namespace piaojue::fuzz {

inline std::string const& written_in_sheets(std::mt19937& random) {
  static std::array<std::string, 44> const kCells{"",
                                                  "示例",
                                                  "例1",
                                                  "合计",
                                                  "注：本表一式两份",
                                                  "制表人：张三",
                                                  "姓名",
                                                  "单位",
                                                  "级别",
                                                  "渠道",
                                                  "批次",
                                                  "\"级别\n（下拉选择）\"",
                                                  "年增产值（亿元）",
                                                  "2019年度考核",
                                                  "职业资格",
                                                  "取得时间",
                                                  "配偶情况",
                                                  "问题",
                                                  "证件号码",
                                                  "37020219850312005X",
                                                  "'37020219850312005X",
                                                  "3.70202E+17",
                                                  "待补充",
                                                  "\u202A3702",
                                                  "2018。12",
                                                  "2018—12",
                                                  "2019.1",
                                                  "43647",
                                                  "/",
                                                  "无",
                                                  "—",
                                                  "高级",
                                                  "高级工程师（副高级）",
                                                  "博士研究生",
                                                  "工学硕士",
                                                  "正常",
                                                  "破格",
                                                  "专家、主任委员",
                                                  "3人",
                                                  "张　三",
                                                  "买买提•艾力",
                                                  "\u200B",
                                                  "\"王芳\n李四\"",
                                                  "=ROW()-1"};
  return kCells[random() % kCells.size()];
}

class Grid {
 public:
  explicit Grid(std::string_view text) {
    for (std::size_t at = 0; at <= text.size();) {
      std::size_t const end = std::min(text.find('\n', at), text.size());
      auto& row = rows_.emplace_back(1);
      for (char const c : text.substr(at, end - at))
        if (c == ',')
          row.emplace_back();
        else
          row.back() += c;
      at = end + 1;
    }
  }

  void mutate(std::mt19937& random) {
    auto const any = [&](std::size_t size) { return size == 0 ? 0 : random() % size; };
    std::size_t const at = any(rows_.size());
    auto& row = rows_[at];
    switch (random() % 7) {
      case 0:
        return void(rows_.insert(rows_.begin() + static_cast<std::ptrdiff_t>(at), std::vector(row)));
      case 1:
        if (rows_.size() > 1) rows_.erase(rows_.begin() + static_cast<std::ptrdiff_t>(at));
        return;
      case 2:
        return std::swap(row, rows_[any(rows_.size())]);
      case 3: {
        std::size_t const from = any(row.size()), to = any(row.size());
        for (auto& one : rows_)
          if (from < one.size() && to < one.size()) std::swap(one[from], one[to]);
        return;
      }
      case 4:
        return void(row.insert(row.begin() + static_cast<std::ptrdiff_t>(any(row.size())), written_in_sheets(random)));
      case 5:
        return void(rows_.insert(rows_.begin() + static_cast<std::ptrdiff_t>(at), {written_in_sheets(random)}));
      default:
        row[any(row.size())] = written_in_sheets(random);
    }
  }

  std::string text() const {
    std::string out;
    for (auto const& row : rows_) {
      if (&row != &rows_.front()) out += '\n';
      for (auto const& cell : row) (out += &cell == &row.front() ? "" : ",") += cell;
    }
    return out;
  }

 private:
  std::vector<std::vector<std::string>> rows_;
};

/// @return the new size, at most `max`.
inline std::size_t mutate_grid(std::uint8_t* data, std::size_t size, std::size_t max, unsigned seed) {
  std::mt19937 random(seed);
  Grid grid(std::string_view(reinterpret_cast<char const*>(data), size));
  for (std::size_t i = 0; i <= random() % 4; ++i) grid.mutate(random);
  std::string const out = grid.text();
  if (out.size() > max) return size;
  std::memcpy(data, out.data(), out.size());
  return out.size();
}

}  // namespace piaojue::fuzz
