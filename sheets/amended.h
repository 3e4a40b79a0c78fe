// SPDX-License-Identifier: Apache-2.0
#pragma once
/// Cells that people amended after a sheet was handed in. Whoever reads the sheet reads these instead, by the same
/// rules: an amendment that is no date is no date here either.
#include <cstddef>
#include <functional>
#include <map>
#include <string>

namespace piaojue::sheets {

/// By row of the sheet, from 1, then by the usual heading of the column (`Field::name`), which the sheet need not have.
using AmendedCells = std::map<std::size_t, std::map<std::string, std::string, std::less<>>>;

}  // namespace piaojue::sheets
