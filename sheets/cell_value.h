// SPDX-License-Identifier: Apache-2.0
#pragma once
/// The one place where a cell of a table becomes a value. What can not be one is said with its cell; what then comes
/// back is an unknown value, never a guess.
#include <optional>
#include <string>

#include "sheets/date.h"
#include "sheets/table.h"

namespace piaojue::sheets {

struct NameAndEmployer {
  std::string name, employer;
};

/// 姓名 and 单位 as they stand. Faults: no name, no employer where that is required, both as in an earlier row.
NameAndEmployer read_person(Table& table, Row const& row, std::size_t name, std::size_t employer,
                            bool employer_required, Seen& seen);

/// Nothing and 高级, which is the name of two, are faults.
std::optional<Level> read_level(Table& table, Row const& row, std::size_t field);
std::optional<meeting::Channel> read_channel(Table& table, Row const& row, std::size_t field);

/// Empty, 无 and - are no date and no fault. A number that may have lost its last 0 (2019.1) is one.
Date read_date(Table& table, Row const& row, std::size_t field);
/// Of one line of a cell that has several.
Date read_date(Table& table, Row const& row, std::size_t field, std::string const& written);

}  // namespace piaojue::sheets
