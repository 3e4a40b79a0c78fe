// SPDX-License-Identifier: Apache-2.0
#include "support/losing_proxy.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <list>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace piaojue::test {

namespace {

sockaddr_in loopback(unsigned port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  return address;
}

bool send_all(int fd, char const* data, std::size_t size) {
  while (size > 0) {
    auto const sent = ::send(fd, data, size, MSG_NOSIGNAL);
    if (sent <= 0) return false;
    data += sent;
    size -= static_cast<std::size_t>(sent);
  }
  return true;
}

}  // namespace

/// What a client sends to its database, message by message (PostgreSQL documentation, 55.7): a type, but not of the
/// first one, a length that counts itself, and the rest.
class Messages {
 public:
  /// @return the most bytes that came between two Syncs, until now.
  std::size_t read(std::string_view bytes) {
    for (char const c : bytes) {
      ++piece_;
      if (left_ > 0) {
        --left_;
      } else {
        head_ += c;
        if (head_.size() < kLength + (first_ ? 0 : 1)) continue;
        left_ = 0;
        for (char const digit : head_.substr(head_.size() - kLength))
          left_ = left_ << 8 | static_cast<unsigned char>(digit);
        left_ -= kLength;
        sync_ = !first_ && head_[0] == 'S';
        first_ = false;
        head_.clear();
      }
      if (left_ > 0 || !sync_) continue;
      most_ = std::max(most_, std::exchange(piece_, 0));
      sync_ = false;
    }
    return most_;
  }

 private:
  static constexpr std::size_t kLength = 4;
  std::string head_;
  bool first_ = true;
  bool sync_ = false;
  std::size_t left_ = 0, piece_ = 0, most_ = 0;
};

struct LosingProxy::Pair {
  int client = -1;
  int server = -1;
  Messages messages{};
  Loss loss = Loss::kNone;  ///< what happens to the COMMIT that has passed, or has not
  bool closed = false;
};

LosingProxy::LosingProxy(unsigned upstream_port) : upstream_port_(upstream_port) {
  listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  auto address = loopback(0);
  socklen_t size = sizeof address;
  if (::bind(listener_, reinterpret_cast<sockaddr*>(&address), size) != 0 || ::listen(listener_, 64) != 0 ||
      ::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size) != 0) {
    throw std::runtime_error("the proxy can not listen");
  }
  port_ = ntohs(address.sin_port);
  thread_ = std::thread([this] { run(); });
}

LosingProxy::~LosingProxy() {
  ending_ = true;
  thread_.join();
  ::close(listener_);
}

void LosingProxy::lose(Loss loss, int times, std::function<void()> then) {
  std::lock_guard const lock(mutex_);
  loss_ = loss;
  times_ = times;
  then_ = std::move(then);
}

void LosingProxy::reach(bool reachable) { reachable_ = reachable; }

void LosingProxy::happened() {
  std::function<void()> then;
  {
    std::lock_guard const lock(mutex_);
    then = then_;
  }
  if (then) then();
  ++lost_;
}

std::set<std::string> LosingProxy::fence_names() {
  std::lock_guard const lock(mutex_);
  return fence_names_;
}

bool LosingProxy::pass_to_server(Pair& pair, std::string_view bytes) {
  // As it is parsed for the first time, or by the name under which it was.
  auto const at = [&](std::string_view text, std::string_view name) {
    return std::min(bytes.find(text), bytes.find(name));
  };
  constexpr std::string_view kFence = "UPDATE piaojue_meeting";
  constexpr std::string_view kFenceName = "UPDATE_";
  auto const fence = at(kFence, kFenceName);
  auto send = bytes.size();
  {
    std::lock_guard const lock(mutex_);
    if (auto const name = bytes.find(kFenceName); name != std::string_view::npos) {
      fence_names_.emplace(bytes.substr(name, bytes.find('\0', name) - name));
    }
    auto const where = loss_ == Loss::kMiddle ? fence : at({"COMMIT\0", 7}, "COMMIT_");
    if (times_ > 0 && loss_ != Loss::kNone && where != std::string_view::npos) {
      --times_;
      pair.loss = loss_;
      // The packet with the fence arrives, and no other.
      if (loss_ == Loss::kCommit || loss_ == Loss::kStall) send = 0;
    }
  }
  bool const sent = send_all(pair.server, bytes.data(), send);
  if (pair.loss != Loss::kNone && pair.loss != Loss::kAnswer) happened();
  return sent && pair.loss != Loss::kCommit;
}

bool LosingProxy::pass(Pair& pair, bool from_client) {
  std::array<char, 1 << 16> buffer;
  auto const got = ::recv(from_client ? pair.client : pair.server, buffer.data(), buffer.size(), 0);
  if (got <= 0) return false;
  std::string_view const bytes(buffer.data(), static_cast<std::size_t>(got));
  bool const stalled = pair.loss != Loss::kNone && pair.loss != Loss::kAnswer;
  if (stalled || silent_) return true;
  if (from_client) largest_piece_ = std::max<std::size_t>(largest_piece_, pair.messages.read(bytes));
  if (from_client) return pass_to_server(pair, bytes);
  if (pair.loss == Loss::kNone) return send_all(pair.client, bytes.data(), bytes.size());
  happened();
  return false;
}

void LosingProxy::run() {
  std::list<Pair> pairs;
  while (!ending_) {
    std::vector<pollfd> waits{{listener_, POLLIN, 0}};
    for (auto const& pair : pairs) {
      waits.push_back({pair.client, POLLIN, 0});
      waits.push_back({pair.server, POLLIN, 0});
    }
    ::poll(waits.data(), waits.size(), 10);
    std::size_t at = 1;
    for (auto& pair : pairs) {
      bool const client = waits[at].revents != 0;
      bool const server = waits[at + 1].revents != 0;
      at += 2;
      pair.closed = !reachable_ || (client && !pass(pair, true)) || (server && !pass(pair, false));
      if (!pair.closed) continue;
      ::close(pair.client);
      ::close(pair.server);
    }
    pairs.remove_if([](Pair const& pair) { return pair.closed; });
    if (waits[0].revents == 0) continue;
    Pair pair;
    pair.client = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    pair.server = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    auto const upstream = loopback(upstream_port_);
    if (reachable_ && ::connect(pair.server, reinterpret_cast<sockaddr const*>(&upstream), sizeof upstream) == 0) {
      pairs.push_back(pair);
    } else {
      ::close(pair.client);
      ::close(pair.server);
    }
  }
  for (auto const& pair : pairs) {
    ::close(pair.client);
    ::close(pair.server);
  }
}

}  // namespace piaojue::test
