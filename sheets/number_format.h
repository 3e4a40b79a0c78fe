// SPDX-License-Identifier: Apache-2.0
#pragma once
/// The number formats of a workbook: whether a number in one of them is shown as a date, and how much of it (ECMA-376
/// part 1, 18.8.30 and 18.8.31).
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace piaojue::sheets {

enum class Shows : std::uint8_t { kNumber, kYear, kMonth, kDay, kTime };

/// By its code, such as yyyy"年"m"月".
Shows shown_by(std::string_view code);
/// Whether cells in this format show nothing at all (";;;"), as people hide what they do not want to delete.
struct Hides {
  bool numbers = false, texts = false;
};
Hides hidden_by(std::string_view code);
/// Whether a number in this format is shown as another one: "0.0," is it divided by a thousand, "0%" by a hundredth.
bool scaled_by(std::string_view code);
/// The formats that have a number and no code, as they are in Chinese Excel.
Shows shown_by(std::size_t id);

}  // namespace piaojue::sheets
