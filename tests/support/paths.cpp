// SPDX-License-Identifier: Apache-2.0
#include "support/paths.h"

namespace piaojue::test {

std::string source_dir() { return PIAOJUE_SOURCE_DIR; }
std::string bin_dir() { return PIAOJUE_BIN_DIR; }

}  // namespace piaojue::test
