// SPDX-License-Identifier: Apache-2.0
#include "local/peer.h"

#include <arpa/inet.h>
#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/sock_diag.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>

namespace piaojue::local {
namespace {

constexpr std::uint32_t kAnyCookie = ~0U;
constexpr timeval kPatience{.tv_sec = 1, .tv_usec = 0};

struct Question {
  nlmsghdr head{};
  inet_diag_req_v2 what{};
};

Peer by_user(uid_t user) { return user == ::geteuid() ? Peer::kOwn : Peer::kOther; }

Question question(std::uint16_t peer_port, std::uint16_t own_port) {
  Question out;
  out.head.nlmsg_len = sizeof out;
  out.head.nlmsg_type = SOCK_DIAG_BY_FAMILY;
  out.head.nlmsg_flags = NLM_F_REQUEST;
  out.what.sdiag_family = AF_INET;
  out.what.sdiag_protocol = IPPROTO_TCP;
  out.what.idiag_states = ~0U;
  out.what.id.idiag_sport = htons(peer_port);
  out.what.id.idiag_dport = htons(own_port);
  out.what.id.idiag_src[0] = htonl(INADDR_LOOPBACK);
  out.what.id.idiag_dst[0] = htonl(INADDR_LOOPBACK);
  out.what.id.idiag_cookie[0] = out.what.id.idiag_cookie[1] = kAnyCookie;
  return out;
}

/// One message of the kernel. @param bytes as many as were read.
Peer read_answer(char const* message, std::size_t bytes, Question const& asked) {
  nlmsghdr head{};
  if (bytes < sizeof head) return Peer::kUnknown;
  std::memcpy(&head, message, sizeof head);
  auto const* const body = message + NLMSG_HDRLEN;
  if (head.nlmsg_type == NLMSG_ERROR) {
    nlmsgerr error{};
    if (bytes < NLMSG_HDRLEN + sizeof error) return Peer::kUnknown;
    std::memcpy(&error, body, sizeof error);
    return error.error == -ENOENT ? Peer::kOther : Peer::kUnknown;
  }
  inet_diag_msg found{};
  if (head.nlmsg_type != SOCK_DIAG_BY_FAMILY || bytes < NLMSG_HDRLEN + sizeof found) return Peer::kUnknown;
  std::memcpy(&found, body, sizeof found);
  // Where the connection is gone, the system may answer with whoever listens on its port.
  if (found.id.idiag_sport != asked.what.id.idiag_sport || found.id.idiag_dport != asked.what.id.idiag_dport) {
    return Peer::kOther;
  }
  return by_user(found.idiag_uid);
}

}  // namespace

Peer peer_of(std::uint16_t peer_port, std::uint16_t own_port) {
  int const kernel = ::socket(AF_NETLINK, SOCK_DGRAM | SOCK_CLOEXEC, NETLINK_SOCK_DIAG);
  if (kernel < 0) return Peer::kUnknown;
  auto const asked = question(peer_port, own_port);
  std::array<char, 4096> message{};
  ::setsockopt(kernel, SOL_SOCKET, SO_RCVTIMEO, &kPatience, sizeof kPatience);
  auto out = Peer::kUnknown;
  if (::send(kernel, &asked, sizeof asked, 0) == static_cast<ssize_t>(sizeof asked)) {
    auto const got = ::recv(kernel, message.data(), message.size(), 0);
    if (got > 0) out = read_answer(message.data(), static_cast<std::size_t>(got), asked);
  }
  ::close(kernel);
  return out;
}

Peer peer_of_local(std::intptr_t native) {
  ucred who{};
  socklen_t size = sizeof who;
  if (::getsockopt(static_cast<int>(native), SOL_SOCKET, SO_PEERCRED, &who, &size) != 0) return Peer::kUnknown;
  return by_user(who.uid);
}

}  // namespace piaojue::local
