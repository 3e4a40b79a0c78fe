// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstddef>
#include <cstdlib>

#include "base/platform/child.h"
#include "base/platform/process.h"

namespace piaojue::platform {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

Command shell(std::string script) { return {"/bin/sh", {"-c", std::move(script)}}; }

struct Refused {
  std::uint16_t those;  ///< BPF_JGE: that system call and all later ones; BPF_JEQ: that one alone
  std::uint32_t call;
  int error;
};
/// Nothing that came later than the system calls of 4.19.
constexpr Refused kKernelBefore5{BPF_JGE, SYS_pidfd_send_signal, ENOSYS};
constexpr Refused kContainer{BPF_JEQ, SYS_pidfd_open, EPERM};

/// From now on, until this process ends.
bool refuse(Refused const& what) {
  std::array<sock_filter, 4> program{
      {BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)),
       BPF_JUMP(static_cast<std::uint16_t>(BPF_JMP | BPF_K | what.those), what.call, 0, 1),
       BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | static_cast<std::uint32_t>(what.error)),
       BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW)}};
  sock_fprog const filter{program.size(), program.data()};
  return ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 && ::prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter) == 0 &&
         ::syscall(SYS_pidfd_open, ::getpid(), 0) < 0 && errno == what.error;
}

// Harm: on a system of 2019, or in a container, the desk starts no server, or takes one that fell for one that runs, or
// waits without end for a program that it can not hold.
TEST(Child, AnOlderKernelWillDo) {
  auto const tried = [](Refused const& what) {
    if (!refuse(what)) return 1;
    auto const ran = run_to_end(shell("echo out; exit 3"));
    if (!ran || ran->code != 3 || ran->out != "out\n") return 2;
    auto const late = run_to_end(shell("exec >&- 2>&-; sleep 60"), {.deadline = milliseconds(300), .bytes_max = 1000});
    if (!late || late->ending != Ending::kLate) return 3;
    auto const child = start(shell("trap 'exit 0' TERM; while :; do sleep 0.05; done"));
    if (!child || child->wait(milliseconds(300)) || child->ended()) return 4;
    child->terminate();
    if (!child->wait(seconds(10)) || !child->ended()) return 5;
    return Process::of(child->number() + 1'000'000'000) ? 6 : 0;
  };
  testing::FLAGS_gtest_death_test_style = "threadsafe";
  EXPECT_EXIT(std::_Exit(tried(kKernelBefore5)), testing::ExitedWithCode(0), "");
  EXPECT_EXIT(std::_Exit(tried(kContainer)), testing::ExitedWithCode(0), "");
}

}  // namespace
}  // namespace piaojue::platform
