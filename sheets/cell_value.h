// SPDX-License-Identifier: Apache-2.0
#pragma once
/// The one place where a cell of a table becomes a value. What can not be one is said with its cell; what then comes
/// back is an unknown value, never a guess.
#include <optional>
#include <string>

#include "sheets/date.h"
#include "sheets/table.h"

namespace piaojue::sheets {

/// Nothing and 高级, which is the name of two, are faults.
std::optional<Level> read_level(Table& table, Row const& row, std::size_t field);
/// From 渠道, or from 是否破格 where that column stands in its place. Both, and not the same: a fault.
std::optional<meeting::Channel> read_channel(Table& table, Row const& row, std::size_t channel,
                                             std::size_t is_exceptional);

/// Empty, 无 and - are no date and no fault. A number that may have lost its last 0 (2019.1) is one.
Date read_date(Table& table, Row const& row, std::size_t field);
Date read_date(Table& table, Row const& row, Column const& column);
/// Of one line of a cell that has several.
Date read_date(Table& table, Row const& row, std::size_t field, std::string const& written);

}  // namespace piaojue::sheets
