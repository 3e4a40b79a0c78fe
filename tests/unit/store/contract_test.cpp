// SPDX-License-Identifier: Apache-2.0
/// The engines that need nothing beside this program; contract_postgres_test.cpp has the other.
#include "contract.h"

namespace piaojue::store::test {
namespace {

using Engines = testing::Types<MemoryEngine, SqliteEngine>;
INSTANTIATE_TYPED_TEST_SUITE_P(Engines, Contract, Engines);

}  // namespace
}  // namespace piaojue::store::test
