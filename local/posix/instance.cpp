// SPDX-License-Identifier: Apache-2.0
#include "local/instance.h"

#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/streambuf.hpp>
#include <boost/asio/write.hpp>
#include <cerrno>
#include <cstring>
#include <filesystem>

#include "base/platform/files.h"
#include "local/page_door.h"
#include "local/peer.h"
#include "strings/local.h"

namespace piaojue::local {

namespace text = strings::local;

namespace {

namespace asio = boost::asio;
using asio::local::stream_protocol;
using boost::system::error_code;
using Clock = std::chrono::steady_clock;

constexpr char const* kSocket = "page.sock";
constexpr std::size_t kAtOnce = 4;
constexpr int kWaiting = 16;

using platform::Folder;
using platform::Handle;

Explanation failed(std::string const& folder) { return instance_failed(folder, {errno, std::generic_category()}); }

int fd_of(Handle const& handle) { return static_cast<int>(handle.get()); }

/// By the folder's descriptor: an address of this kind has 108 bytes, and a folder's name may have more.
sockaddr_un address_in(Folder const& folder) {
  sockaddr_un out{};
  out.sun_family = AF_UNIX;
  auto const path = "/proc/self/fd/" + std::to_string(folder.handle().get()) + "/" + kSocket;
  std::memcpy(out.sun_path, path.c_str(), path.size() + 1);
  return out;
}

/// sockaddr_un is one of the kinds of sockaddr: so the system wants them.
sockaddr const* plain(sockaddr_un const& address) { return reinterpret_cast<sockaddr const*>(&address); }

}  // namespace

// ==================================================================================================== Who is asked

struct Instance::Impl : std::enable_shared_from_this<Instance::Impl> {
  struct Asked;

  HeldFolder held;
  Handle listening;
  std::optional<asio::strand<asio::io_context::executor_type>> strand;
  std::optional<stream_protocol::acceptor> acceptor;
  std::function<std::string()> page;
  std::size_t connections = 0;

  Impl(HeldFolder in, Handle on) : held(std::move(in)), listening(std::move(on)) {}

  void accept();
  void stop() {
    // While the lock is held the name is this program's, so nobody else's socket goes.
    static_cast<void>(held.folder.remove(kSocket));
    page = nullptr;
    error_code ignored;
    if (acceptor) acceptor->close(ignored);
  }
};

struct Instance::Impl::Asked : std::enable_shared_from_this<Asked> {
  Asked(std::shared_ptr<Impl> of, stream_protocol::socket&& from)
      : host(std::move(of)), socket(std::move(from)), deadline(*host->strand), line(kPageAsked.size()) {
    ++host->connections;
  }
  ~Asked() { --host->connections; }
  Asked(Asked const&) = delete;
  Asked& operator=(Asked const&) = delete;

  std::shared_ptr<Impl> host;
  stream_protocol::socket socket;
  asio::steady_timer deadline;
  asio::streambuf line;
  std::string answer;

  void begin() {
    if (peer_of_local(socket.native_handle()) != Peer::kOwn) return;
    deadline.expires_after(kPageAnswer);
    deadline.async_wait([self = shared_from_this()](error_code const& cancelled) {
      error_code ignored;
      if (!cancelled) self->socket.close(ignored);
    });
    asio::async_read_until(socket, line, '\n', [self = shared_from_this()](error_code const& error, std::size_t size) {
      if (error || !self->is_page(size)) return self->end();
      self->answer = (self->host->page ? self->host->page() : std::string()) + "\n";
      asio::async_write(self->socket, asio::buffer(self->answer),
                        [self](error_code const&, std::size_t) { self->end(); });
    });
  }
  bool is_page(std::size_t size) const {
    auto const data = line.data();
    return std::string_view(static_cast<char const*>(data.data()), std::min(size, data.size())) == kPageAsked;
  }
  void end() { deadline.cancel(); }
};

void Instance::Impl::accept() {
  acceptor->async_accept([self = shared_from_this()](error_code const& error, stream_protocol::socket socket) {
    // Of this user alone comes what makes this fail for good; then a second start says that the folder is in use.
    if (error || !self->acceptor->is_open()) return;
    if (self->connections < kAtOnce) std::make_shared<Asked>(self, std::move(socket))->begin();
    self->accept();
  });
}

Instance::Instance(std::shared_ptr<Impl> impl) : impl_(std::move(impl)) {}

Instance::~Instance() { stop(); }

Explained<std::unique_ptr<Instance>> Instance::take(std::string const& path) {
  auto held = hold_folder(path);
  if (!held) return held.error();
  // What a killed program left.
  if (auto const gone = held->folder.remove(kSocket); !gone && gone.error() != std::errc::no_such_file_or_directory) {
    return instance_failed(path, gone.error());
  }
  Handle socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  auto const address = address_in(held->folder);
  // Before it has a name: it has these rights from its first moment.
  if (!socket.is_open() || ::fchmod(fd_of(socket), 0600) != 0 ||
      ::bind(fd_of(socket), plain(address), sizeof address) != 0 || ::listen(fd_of(socket), kWaiting) != 0) {
    return failed(path);
  }
  auto impl = std::make_shared<Impl>(std::move(*held), std::move(socket));
  return std::unique_ptr<Instance>(new Instance(std::move(impl)));
}

void Instance::serve(net::Loop& loop, std::function<std::string()> page) {
  impl_->page = std::move(page);
  impl_->strand.emplace(asio::make_strand(loop.io()));
  impl_->acceptor.emplace(*impl_->strand, stream_protocol(), static_cast<int>(impl_->listening.release()));
  asio::post(*impl_->strand, [impl = impl_] { impl->accept(); });
}

void Instance::stop() {
  if (!impl_->strand) return impl_->stop();
  asio::post(*impl_->strand, [impl = impl_] { impl->stop(); });
}

// ==================================================================================================== Who asks

namespace {

int left_ms(Clock::time_point deadline) {
  auto const left = std::chrono::duration_cast<std::chrono::milliseconds>(deadline - Clock::now()).count();
  return static_cast<int>(std::max<std::int64_t>(left, 0));
}

/// A line, without its end; empty: none came in time, or it is too long.
std::string read_line(int fd, Clock::time_point deadline) {
  std::string out;
  for (;;) {
    pollfd wait{fd, POLLIN, 0};
    if (::poll(&wait, 1, left_ms(deadline)) <= 0) return {};
    std::array<char, kPageAddressMax> part{};
    auto const got = ::recv(fd, part.data(), part.size() - out.size(), MSG_DONTWAIT);
    if (got <= 0) return {};
    out.append(part.data(), static_cast<std::size_t>(got));
    if (auto const end = out.find('\n'); end != std::string::npos) return out.substr(0, end);
    if (out.size() >= kPageAddressMax) return {};
  }
}

}  // namespace

Explained<std::string> ask_for_page(std::string const& path) {
  Explanation const nobody(text::kInstanceNoAnswer, path, Refusal::kUnknown);
  auto const deadline = Clock::now() + kPageAnswer;
  auto const folder = Folder::open(path, Folder::Make::kNo);
  // Never waits: a program with so many in front of it is asked again.
  Handle const socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!folder || !socket.is_open()) return nobody;
  auto const address = address_in(*folder);
  if (::connect(fd_of(socket), plain(address), sizeof address) != 0) return nobody;
  if (peer_of_local(socket.get()) != Peer::kOwn) {
    return Explanation(text::kInstanceOtherUser, path, Refusal::kNotAuthorised);
  }
  if (::send(fd_of(socket), kPageAsked.data(), kPageAsked.size(), MSG_NOSIGNAL) !=
      static_cast<ssize_t>(kPageAsked.size()))
    return nobody;
  auto line = read_line(fd_of(socket), deadline);
  if (!is_page_address(line)) return nobody;
  return line;
}

}  // namespace piaojue::local
