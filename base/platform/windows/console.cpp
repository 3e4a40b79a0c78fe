// SPDX-License-Identifier: Apache-2.0
#include "base/platform/console.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <thread>

#include "base/platform/windows/system.h"

namespace piaojue::platform {
namespace {

HANDLE stream_of(Stream stream) {
  constexpr std::array<DWORD, 3> kNames{STD_INPUT_HANDLE, STD_OUTPUT_HANDLE, STD_ERROR_HANDLE};
  return ::GetStdHandle(kNames.at(static_cast<std::size_t>(stream)));
}

bool is_there(HANDLE stream) { return stream != nullptr && stream != INVALID_HANDLE_VALUE; }

}  // namespace

bool is_terminal(Stream stream) {
  DWORD mode = 0;
  auto* const handle = stream_of(stream);
  return is_there(handle) && ::GetConsoleMode(handle, &mode) != 0;
}

bool write_all(Stream stream, std::string_view text) {
  auto* const handle = stream_of(stream);
  if (!is_there(handle)) return false;
  while (!text.empty()) {
    DWORD done = 0;
    auto const piece = static_cast<DWORD>(std::min<std::size_t>(text.size(), 1U << 20));
    if (::WriteFile(handle, text.data(), piece, &done, nullptr) == 0 || done == 0) return false;
    text.remove_prefix(done);
  }
  return true;
}

namespace {

/// A line of the console, wiped.
struct Typed {
  std::array<wchar_t, 4096> text{};
  DWORD size = 0;

  Typed() = default;
  ~Typed() { ::SecureZeroMemory(text.data(), sizeof text); }
  Typed(Typed const&) = delete;
  Typed& operator=(Typed const&) = delete;
};

}  // namespace

std::optional<std::size_t> ask_hidden(std::string_view prompt, std::span<std::uint8_t> to) {
  auto* const input = stream_of(Stream::kInput);
  DWORD before = 0;
  if (!is_there(input) || ::GetConsoleMode(input, &before) == 0) return std::nullopt;
  // Before the question: what is typed at once is not shown. Lines, and Ctrl+C, stay what they are.
  ::SetConsoleMode(input, ENABLE_LINE_INPUT | ENABLE_PROCESSED_INPUT);
  ::FlushConsoleInputBuffer(input);
  write_all(Stream::kErrors, prompt);
  Typed typed;
  bool const read =
      ::ReadConsoleW(input, typed.text.data(), static_cast<DWORD>(typed.text.size()), &typed.size, nullptr) != 0;
  ::FlushConsoleInputBuffer(input);
  ::SetConsoleMode(input, before);
  write_all(Stream::kErrors, "\r\n");
  if (!read) return std::nullopt;
  auto const* const begin = typed.text.data();
  auto const* const end = std::find_if(begin, begin + typed.size, [](wchar_t c) { return c == L'\r' || c == L'\n'; });
  // A line without its end is longer than there is room.
  if (end == begin + typed.size && typed.size == typed.text.size()) return std::nullopt;
  auto const units = static_cast<int>(end - begin);
  if (units == 0) return 0;
  auto const size = ::WideCharToMultiByte(CP_UTF8, 0, begin, units, reinterpret_cast<char*>(to.data()),
                                          static_cast<int>(to.size()), nullptr, nullptr);
  return size == 0 ? std::nullopt : std::optional(static_cast<std::size_t>(size));
}

// ---- Foreground -----------------------------------------------------------------------------------------------------

namespace {

/// For the handler of the console, which knows no objects.
std::atomic<HANDLE> to_stop{nullptr};

BOOL WINAPI on_console(DWORD event) {
  ::SetEvent(to_stop.load());
  // After these the system ends the program as soon as this returns, at the latest in a few seconds.
  if (event == CTRL_CLOSE_EVENT || event == CTRL_LOGOFF_EVENT || event == CTRL_SHUTDOWN_EVENT) ::Sleep(INFINITE);
  return TRUE;
}

/// What comes in, read by a thread of its own: a console, a pipe and a file can not be waited for in one way.
class Input {
 public:
  Input()
      : came_(::CreateEventW(nullptr, TRUE, FALSE, nullptr)), taken_(::CreateEventW(nullptr, FALSE, FALSE, nullptr)) {
    // Never joined: it may wait for a line that nobody writes, and the process ends with it.
    std::thread([this] { read(); }).detach();
  }
  HANDLE came() const { return came_; }

  std::optional<std::size_t> take(std::span<char> to) {
    if (::WaitForSingleObject(came_, 0) != WAIT_OBJECT_0) return std::nullopt;
    auto const size = std::min(to.size(), size_ - taken_bytes_);
    std::copy_n(bytes_.data() + taken_bytes_, size, to.data());
    taken_bytes_ += size;
    if (size_ != 0 && taken_bytes_ == size_) {
      ::ResetEvent(came_);
      ::SetEvent(taken_);
    }
    return size;
  }

 private:
  void read() {
    auto* const stream = stream_of(Stream::kInput);
    bool const console = is_terminal(Stream::kInput);
    for (;;) {
      size_ = 0;
      taken_bytes_ = 0;
      if (is_there(stream)) size_ = console ? read_console(stream) : read_file(stream);
      bool const ended = size_ == 0;
      ::SetEvent(came_);
      if (ended) return;
      ::WaitForSingleObject(taken_, INFINITE);
    }
  }
  std::size_t read_file(HANDLE stream) {
    DWORD got = 0;
    return ::ReadFile(stream, bytes_.data(), static_cast<DWORD>(bytes_.size()), &got, nullptr) == 0 ? 0 : got;
  }
  /// As UTF-16, which the console has itself.
  std::size_t read_console(HANDLE stream) {
    DWORD got = 0;
    if (::ReadConsoleW(stream, typed_.text.data(), static_cast<DWORD>(typed_.text.size()), &got, nullptr) == 0)
      return 0;
    // Ctrl+Z at the beginning of a line is the end.
    if (got == 0 || typed_.text[0] == 0x1a) return 0;
    auto const size = ::WideCharToMultiByte(CP_UTF8, 0, typed_.text.data(), static_cast<int>(got), bytes_.data(),
                                            static_cast<int>(bytes_.size()), nullptr, nullptr);
    return static_cast<std::size_t>(size);
  }

  HANDLE came_, taken_;
  Typed typed_;
  std::array<char, 1U << 14> bytes_{};
  std::size_t size_ = 0, taken_bytes_ = 0;
};

class WindowsForeground final : public Foreground {
 public:
  WindowsForeground(Handle woken, Handle stop) : woken_(std::move(woken)), stop_(std::move(stop)) {}

  Event wait(bool input) override {
    if (input && input_ == nullptr) input_ = new Input;  // its thread never lets it go
    std::array<HANDLE, 3> const all{native(woken_), native(stop_), input ? input_->came() : nullptr};
    switch (::WaitForMultipleObjects(input ? 3 : 2, all.data(), FALSE, INFINITE)) {
      case WAIT_OBJECT_0:
        return Event::kWoken;
      case WAIT_OBJECT_0 + 2:
        return Event::kInput;
      default:
        return Event::kStop;
    }
  }
  std::optional<std::size_t> read_input(std::span<char> to) override { return input_->take(to); }
  void wake() override { ::SetEvent(native(woken_)); }

 private:
  Handle woken_, stop_;
  Input* input_ = nullptr;
};

}  // namespace

Answer<std::unique_ptr<Foreground>> Foreground::take() {
  auto woken = own(::CreateEventW(nullptr, FALSE, FALSE, nullptr));
  if (!woken.is_open()) return failed();
  auto stop = own(::CreateEventW(nullptr, FALSE, FALSE, nullptr));
  if (!stop.is_open()) return failed();
  to_stop = native(stop);
  // Without a console there is none to be closed.
  ::SetConsoleCtrlHandler(on_console, TRUE);
  return std::unique_ptr<Foreground>(std::make_unique<WindowsForeground>(std::move(woken), std::move(stop)));
}

}  // namespace piaojue::platform
