// SPDX-License-Identifier: Apache-2.0
#include "local/instance.h"

// First: they declare what the others want, in this order.
#include <winsock2.h>
// Of the system.
#include <windows.h>
// Who may open the pipe, as text.
#include <sddl.h>

#include <algorithm>
#include <array>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/strand.hpp>
#include <filesystem>
#include <future>

#include "base/platform/files.h"
#include "local/page_door.h"
#include "local/peer.h"
#include "local/windows/users.h"
#include "strings/local.h"

namespace piaojue::local {

namespace text = strings::local;

namespace {

namespace asio = boost::asio;
using platform::Folder;
using platform::Handle;
using Clock = std::chrono::steady_clock;

constexpr std::chrono::milliseconds kLook{50};

std::error_code last_error() { return {static_cast<int>(::GetLastError()), std::system_category()}; }

HANDLE native(Handle const& handle) {
  return reinterpret_cast<HANDLE>(handle.get());  // NOLINT(performance-no-int-to-ptr)
}
Handle own(HANDLE handle) { return handle == nullptr ? Handle() : Handle(reinterpret_cast<std::intptr_t>(handle)); }

DWORD left_ms(Clock::time_point deadline) {
  auto const left = std::chrono::duration_cast<std::chrono::milliseconds>(deadline - Clock::now()).count();
  return static_cast<DWORD>(std::max<std::int64_t>(left, 0));
}

/// By what the folder is on its disk: by whatever name it is opened, the pipe is the same. Empty: it can not be told.
std::wstring pipe_of(Folder const& folder) {
  BY_HANDLE_FILE_INFORMATION info{};
  if (::GetFileInformationByHandle(native(folder.handle()), &info) == 0) return {};
  std::array<wchar_t, 80> out{};
  ::swprintf(out.data(), out.size(), LR"(\\.\pipe\piaojue-page-%08lx-%08lx%08lx)", info.dwVolumeSerialNumber,
             info.nFileIndexHigh, info.nFileIndexLow);
  return out.data();
}

/// Its only end, if nobody else has made one; for this user's programs of this machine alone.
Handle make_pipe(std::wstring const& name) {
  auto const rules = L"D:P(A;;GA;;;" + user_of(0) + L")";
  PSECURITY_DESCRIPTOR descriptor = nullptr;
  if (::ConvertStringSecurityDescriptorToSecurityDescriptorW(rules.c_str(), SDDL_REVISION_1, &descriptor, nullptr) ==
      0) {
    return Handle();
  }
  SECURITY_ATTRIBUTES attributes{sizeof attributes, descriptor, FALSE};
  auto out =
      own(::CreateNamedPipeW(name.c_str(), PIPE_ACCESS_DUPLEX | FILE_FLAG_OVERLAPPED | FILE_FLAG_FIRST_PIPE_INSTANCE,
                             PIPE_TYPE_BYTE | PIPE_REJECT_REMOTE_CLIENTS, 1, 4096, 4096, 0, &attributes));
  auto const why = ::GetLastError();
  ::LocalFree(descriptor);
  ::SetLastError(why);
  return out;
}

/// What goes on at one end, until it is done, it is too late, or `stop` is set.
class Doing {
 public:
  Doing(HANDLE end, HANDLE stop) : end_(end), stop_(stop), done_(own(::CreateEventW(nullptr, TRUE, FALSE, nullptr))) {}

  /// @param call begins it and answers as Windows does. @return bytes; nothing: it failed, or did not end.
  template <class Call>
  std::optional<DWORD> run(DWORD wait_ms, Call const& call) {
    OVERLAPPED state{};
    state.hEvent = native(done_);
    ::ResetEvent(state.hEvent);
    if (call(&state) == 0) {
      auto const why = ::GetLastError();
      if (why == ERROR_PIPE_CONNECTED) return 0;
      if (why != ERROR_IO_PENDING) return std::nullopt;
      std::array<HANDLE, 2> const both{state.hEvent, stop_};
      DWORD const count = stop_ == nullptr ? 1 : 2;
      if (::WaitForMultipleObjects(count, both.data(), FALSE, wait_ms) != WAIT_OBJECT_0) ::CancelIoEx(end_, &state);
    }
    DWORD bytes = 0;
    // Also waits for what was cancelled: `state` is its.
    if (::GetOverlappedResult(end_, &state, &bytes, TRUE) == 0) return std::nullopt;
    return bytes;
  }

  bool write(std::string_view line, Clock::time_point deadline) {
    auto const done = run(left_ms(deadline), [&](OVERLAPPED* state) {
      return ::WriteFile(end_, line.data(), static_cast<DWORD>(line.size()), nullptr, state);
    });
    return done == line.size();
  }
  /// A line, without its end; empty: none came in time, or it is too long.
  std::string read_line(Clock::time_point deadline) {
    std::string out;
    for (;;) {
      std::array<char, kPageAddressMax> part{};
      auto const most = static_cast<DWORD>(part.size() - out.size());
      auto const got = run(left_ms(deadline),
                           [&](OVERLAPPED* state) { return ::ReadFile(end_, part.data(), most, nullptr, state); });
      if (!got || *got == 0) return {};
      out.append(part.data(), *got);
      if (auto const end = out.find('\n'); end != std::string::npos) return out.substr(0, end);
      if (out.size() >= kPageAddressMax) return {};
    }
  }

 private:
  HANDLE end_, stop_;
  Handle done_;
};

}  // namespace

// ==================================================================================================== Who is asked

struct Instance::Impl {
  platform::File lock;
  std::wstring name;
  Handle listening, stop_now;
  std::optional<asio::strand<asio::io_context::executor_type>> strand;
  std::function<std::string()> page;
  std::thread thread;

  Impl(platform::File held, std::wstring pipe, Handle on, Handle stop)
      : lock(std::move(held)), name(std::move(pipe)), listening(std::move(on)), stop_now(std::move(stop)) {}

  bool stopping(DWORD wait_ms = 0) const { return ::WaitForSingleObject(native(stop_now), wait_ms) == WAIT_OBJECT_0; }
  void serve() {
    while (!stopping()) {
      Doing doing(native(listening), native(stop_now));
      auto const came =
          doing.run(INFINITE, [this](OVERLAPPED* state) { return ::ConnectNamedPipe(native(listening), state); });
      if (came && !stopping()) answer(doing);
      ::DisconnectNamedPipe(native(listening));
    }
    listening = Handle();
  }
  void answer(Doing& doing) const {
    if (peer_of_local(listening.get()) != Peer::kOwn) return;
    auto const deadline = Clock::now() + kPageAnswer;
    if (doing.read_line(deadline) + "\n" != kPageAsked) return;
    auto const line = fresh_page(deadline) + "\n";
    // Until the other side has it, and closes its end: what is disconnected is not delivered.
    if (doing.write(line, deadline)) doing.read_line(deadline);
  }
  /// Empty: there is none any more, or not in time.
  std::string fresh_page(Clock::time_point deadline) const {
    auto const asked = std::make_shared<std::promise<std::string>>();
    auto given = asked->get_future();
    asio::post(*strand, [asked, page = page] { asked->set_value(page()); });
    while (given.wait_for(kLook) != std::future_status::ready) {
      if (stopping() || Clock::now() >= deadline) return {};
    }
    return given.get();
  }
};

Instance::Instance(std::shared_ptr<Impl> impl) : impl_(std::move(impl)) {}

Instance::~Instance() {
  stop();
  if (impl_->thread.joinable()) impl_->thread.join();
}

Explained<std::unique_ptr<Instance>> Instance::take(std::string const& path) {
  auto held = hold_folder(path);
  if (!held) return held.error();
  auto name = pipe_of(held->folder);
  if (name.empty()) return instance_failed(path, last_error());
  auto pipe = make_pipe(name);
  if (!pipe.is_open()) return instance_failed(path, last_error());
  auto stop = own(::CreateEventW(nullptr, TRUE, FALSE, nullptr));
  if (!stop.is_open()) return instance_failed(path, last_error());
  auto impl = std::make_shared<Impl>(std::move(held->lock), std::move(name), std::move(pipe), std::move(stop));
  return std::unique_ptr<Instance>(new Instance(std::move(impl)));
}

void Instance::serve(net::Loop& loop, std::function<std::string()> page) {
  impl_->page = std::move(page);
  impl_->strand.emplace(asio::make_strand(loop.io()));
  impl_->thread = std::thread([impl = impl_.get()] { impl->serve(); });
}

void Instance::stop() { ::SetEvent(native(impl_->stop_now)); }

// ==================================================================================================== Who asks

namespace {

/// Waits as long as another one is served.
Handle open_pipe(std::wstring const& name, Clock::time_point deadline) {
  for (;;) {
    // The other side learns whose program this is, and can not act for it.
    auto pipe = own(::CreateFileW(name.c_str(), GENERIC_READ | GENERIC_WRITE, 0, nullptr, OPEN_EXISTING,
                                  FILE_FLAG_OVERLAPPED | SECURITY_SQOS_PRESENT | SECURITY_IDENTIFICATION, nullptr));
    if (pipe.is_open() || ::GetLastError() != ERROR_PIPE_BUSY || Clock::now() >= deadline) return pipe;
    ::WaitNamedPipeW(name.c_str(), std::max<DWORD>(left_ms(deadline), 1));
  }
}

}  // namespace

Explained<std::string> ask_for_page(std::string const& path) {
  Explanation const nobody(text::kInstanceNoAnswer, path, Refusal::kUnknown);
  Explanation const another(text::kInstanceOtherUser, path, Refusal::kNotAuthorised);
  auto const deadline = Clock::now() + kPageAnswer;
  auto const folder = Folder::open(path, Folder::Make::kNo);
  auto const name = folder ? pipe_of(*folder) : std::wstring();
  if (name.empty()) return nobody;
  auto const pipe = open_pipe(name, deadline);
  // Closed to us: somebody else's.
  if (!pipe.is_open()) return ::GetLastError() == ERROR_ACCESS_DENIED ? another : nobody;
  if (peer_of_local(pipe.get()) != Peer::kOwn) return another;
  Doing doing(native(pipe), nullptr);
  if (!doing.write(kPageAsked, deadline)) return nobody;
  auto line = doing.read_line(deadline);
  if (!is_page_address(line)) return nobody;
  return line;
}

}  // namespace piaojue::local
