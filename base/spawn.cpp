// SPDX-License-Identifier: Apache-2.0
#include "base/spawn.h"

#include <fcntl.h>
#include <spawn.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <string_view>
#include <utility>

namespace piaojue {
namespace {

std::vector<char*> environment_without(std::string_view name) {
  std::vector<char*> out;
  for (char** one = environ; *one != nullptr; ++one) {
    std::string_view const entry(*one);
    if (name.empty() || entry.substr(0, entry.find('=')) != name) out.push_back(*one);
  }
  out.push_back(nullptr);
  return out;
}

}  // namespace

std::optional<pid_t> spawn(Spawn what) {
  posix_spawn_file_actions_t files;
  posix_spawnattr_t attributes;
  posix_spawn_file_actions_init(&files);
  posix_spawnattr_init(&attributes);
  for (auto const& [ours, its] :
       {std::pair{what.in, STDIN_FILENO}, {what.out, STDOUT_FILENO}, {what.err, STDERR_FILENO}}) {
    if (ours >= 0) {
      posix_spawn_file_actions_adddup2(&files, ours, its);
    } else {
      posix_spawn_file_actions_addopen(&files, its, "/dev/null", O_RDWR, 0);
    }
  }
  posix_spawn_file_actions_addclosefrom_np(&files, STDERR_FILENO + 1);
  sigset_t none;
  sigset_t usual;
  sigemptyset(&none);
  sigemptyset(&usual);
  for (int const signal : {SIGPIPE, SIGCHLD, SIGXFSZ}) sigaddset(&usual, signal);
  posix_spawnattr_setsigmask(&attributes, &none);
  posix_spawnattr_setsigdefault(&attributes, &usual);
  int const apart = what.own_session ? POSIX_SPAWN_SETSID : 0;
  posix_spawnattr_setflags(&attributes, static_cast<short>(POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | apart));
  std::vector<char*> arguments;
  for (auto& one : what.argv) arguments.push_back(one.data());
  arguments.push_back(nullptr);
  auto const environment = environment_without(what.kept_back);
  pid_t child = 0;
  int const failed =
      ::posix_spawnp(&child, arguments.front(), &files, &attributes, arguments.data(), environment.data());
  posix_spawnattr_destroy(&attributes);
  posix_spawn_file_actions_destroy(&files);
  errno = failed;
  if (failed != 0) return std::nullopt;
  return child;
}

}  // namespace piaojue
