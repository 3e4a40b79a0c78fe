// SPDX-License-Identifier: Apache-2.0
#pragma once
/// A heading as people write it, taken apart: the name by which a column is known, and the remarks around it, which say
/// how to fill it in or in what unit. "年增产值\n（单位：万元）*" is 年增产值 with the remark 单位:万元.
#include <string>
#include <string_view>
#include <vector>

namespace piaojue::sheets {

struct Heading {
  std::string words;                 ///< as they stand, on one line: what people are shown
  std::string name;                  ///< as `code_of` gives it, without stars, colons, numbering and remarks
  std::vector<std::string> remarks;  ///< what stood in brackets or was a hint, as `code_of` gives it, in its order
  std::string group;                 ///< the name of the heading above that groups this one; empty: none

  bool empty() const { return name.empty() && remarks.empty(); }
  /// What the remarks give as the unit: what follows 单位:, or else a remark that is one of money, of hours or of
  /// points (元, 万元/年, 美元, 学时, 分 …), in whatever size. Empty: no unit is given. Whether the unit is known is
  /// the caller's to say, and one that is not known must be refused.
  std::string unit() const;
};

/// Brackets of any kind, a tail from 单位： on, and later lines that begin as hints do (格式, 如, 例, 填, 必填, 注 …)
/// are remarks; other later lines belong to the name ("身份证\n号码").
Heading read_heading(std::string_view cell);

/// A heading below another that groups it: 取得时间 below 职业资格. Its name is the lower one's alone, or the group's
/// where the lower one is only a remark.
Heading below(Heading const& group, Heading const& heading);

}  // namespace piaojue::sheets
