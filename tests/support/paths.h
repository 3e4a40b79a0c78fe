// SPDX-License-Identifier: Apache-2.0
#pragma once
/// Where a test finds what it reads.
#include <string>

namespace piaojue::test {

std::string source_dir();  ///< of the checkout
std::string bin_dir();     ///< of the built programs

}  // namespace piaojue::test
