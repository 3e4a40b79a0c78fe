// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>
#include <windows.h>

#include "base/platform/process.h"

namespace piaojue::platform {
namespace {

// Harm: the secrets of a trustee do not fit in what may be locked, and lie in the file that memory is swapped to.
TEST(Memory, SecretsCanBeLocked) {
  ASSERT_TRUE(protect_memory());
  constexpr SIZE_T kBytes = SIZE_T{16} << 20;
  void* const memory = ::VirtualAlloc(nullptr, kBytes, MEM_COMMIT | MEM_RESERVE, PAGE_READWRITE);
  ASSERT_NE(memory, nullptr);
  EXPECT_NE(::VirtualLock(memory, kBytes), 0) << ::GetLastError();
  ::VirtualFree(memory, 0, MEM_RELEASE);
}

// Harm: a program that crashes while its person votes asks whether to send its memory somewhere.
TEST(Memory, ACrashAsksNobody) {
  ASSERT_TRUE(protect_memory());
  EXPECT_NE(::GetErrorMode() & SEM_NOGPFAULTERRORBOX, 0U);
}

}  // namespace
}  // namespace piaojue::platform
