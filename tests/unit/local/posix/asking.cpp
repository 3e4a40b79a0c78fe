// SPDX-License-Identifier: Apache-2.0
#include "unit/local/asking.h"

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstring>

namespace piaojue::local::test {
namespace {

namespace fs = std::filesystem;

constexpr char const* kSocket = "page.sock";

/// The folder's name may be longer than an address of a socket: it is used from within.
template <class Call>
int by_name(int fd, fs::path const& folder, Call const& call) {
  sockaddr_un at{};
  at.sun_family = AF_UNIX;
  std::strcpy(at.sun_path, kSocket);
  auto const before = fs::current_path();
  fs::current_path(folder);
  int const done = call(fd, reinterpret_cast<sockaddr const*>(&at), sizeof at);
  fs::current_path(before);
  return done;
}

}  // namespace

std::string say(fs::path const& folder, std::string const& bytes) {
  int const fd = ::socket(AF_UNIX, SOCK_STREAM, 0);
  std::string out(256, '\0');
  ssize_t got = -1;
  if (by_name(fd, folder, ::connect) == 0 &&
      ::send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(bytes.size())) {
    got = ::recv(fd, out.data(), out.size(), 0);
  }
  ::close(fd);
  out.resize(got > 0 ? static_cast<std::size_t>(got) : 0);
  return out;
}

void leave_behind(fs::path const& folder) {
  int const fd = ::socket(AF_UNIX, SOCK_STREAM, 0);
  by_name(fd, folder, ::bind);
  ::close(fd);
}

bool only_its_user_may(fs::path const& folder) {
  struct stat info {};
  if (::stat((folder / kSocket).c_str(), &info) != 0 || (info.st_mode & 07777) != 0600) return false;
  return ::stat(folder.c_str(), &info) == 0 && (info.st_mode & 07777) == 0700;
}

bool is_gone(fs::path const& folder) { return !fs::exists(folder / kSocket); }

Peer of_itself() {
  int pair[2];
  if (::socketpair(AF_UNIX, SOCK_STREAM, 0, pair) != 0) return Peer::kUnknown;
  auto const whose = peer_of_local(pair[0]);
  ::close(pair[0]);
  ::close(pair[1]);
  return whose;
}

}  // namespace piaojue::local::test
