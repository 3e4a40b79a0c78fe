// SPDX-License-Identifier: Apache-2.0
#include "base/platform/child.h"

#include <algorithm>
#include <array>
#include <thread>

#include "base/platform/windows/system.h"

namespace piaojue::platform {

using std::chrono::milliseconds;
using Clock = std::chrono::steady_clock;

/// What makes a Process of a child.
struct Starting {
  static Process process(ProcessNumber number, Handle handle) { return {number, std::move(handle)}; }
};

namespace {

constexpr std::size_t kLineBytesMax = std::size_t{1} << 20;

// ---- What it is told ------------------------------------------------------------------------------------------------

/// As CommandLineToArgvW takes it apart again: backslashes count only before a quotation mark.
std::wstring quoted(std::wstring const& word) {
  std::wstring out = L"\"";
  std::size_t backslashes = 0;
  for (wchar_t const c : word) {
    if (c == L'\\') {
      ++backslashes;
      continue;
    }
    out.append(c == L'"' ? 2 * backslashes + 1 : backslashes, L'\\');
    backslashes = 0;
    out += c;
  }
  out.append(2 * backslashes, L'\\');
  return out + L"\"";
}

std::wstring command_line(Command const& command) {
  auto out = quoted(command.program.native());
  for (auto const& word : command.arguments) out += L" " + quoted(wide(word));
  return out;
}

bool same_name(std::wstring_view entry, std::wstring const& name) {
  auto const end = entry.find(L'=', 1);
  return ::CompareStringOrdinal(entry.data(), static_cast<int>(std::min(end, entry.size())), name.data(),
                                static_cast<int>(name.size()), TRUE) == CSTR_EQUAL;
}

/// A block of entries, each with its zero, and one more.
std::wstring environment_without(std::string const& kept_back) {
  auto const name = wide(kept_back);
  std::wstring out;
  wchar_t* const all = ::GetEnvironmentStringsW();
  for (auto const* at = all; at != nullptr && *at != 0;) {
    std::wstring_view const entry(at);
    if (name.empty() || !same_name(entry, name)) out.append(entry).push_back(L'\0');
    at += entry.size() + 1;
  }
  if (all != nullptr) {
    // The variable that is kept back stands in this copy, too.
    auto const* end = all;
    while (*end != 0) end += std::wstring_view(end).size() + 1;
    ::SecureZeroMemory(all, static_cast<SIZE_T>(end - all) * sizeof(wchar_t));
    ::FreeEnvironmentStringsW(all);
  }
  out.push_back(L'\0');
  return out;
}

// ---- Its streams ----------------------------------------------------------------------------------------------------

Answer<void> hand_on(Handle const& handle) {
  if (::SetHandleInformation(native(handle), HANDLE_FLAG_INHERIT, HANDLE_FLAG_INHERIT) == 0) return failed();
  return {};
}

struct Pipe {
  Handle read, write;
};
Answer<Pipe> make_pipe() {
  HANDLE read = nullptr;
  HANDLE write = nullptr;
  if (::CreatePipe(&read, &write, nullptr, 0) == 0) return failed();
  return Pipe{own(read), own(write)};
}

/// The three that it gets; closed: nothing. One may be two of them.
struct Ends {
  Handle const* in = nullptr;
  Handle const* out = nullptr;
  Handle const* err = nullptr;
};

/// The list of what it is given: no handle of ours that some library has made inheritable goes along.
class Given {
 public:
  explicit Given(std::vector<HANDLE> handles) : handles_(std::move(handles)) {
    SIZE_T size = 0;
    ::InitializeProcThreadAttributeList(nullptr, 1, 0, &size);
    memory_.resize(size);
    auto* const list = reinterpret_cast<LPPROC_THREAD_ATTRIBUTE_LIST>(memory_.data());
    if (::InitializeProcThreadAttributeList(list, 1, 0, &size) == 0) return;
    list_ = list;
    good_ = ::UpdateProcThreadAttribute(list_, 0, PROC_THREAD_ATTRIBUTE_HANDLE_LIST, handles_.data(),
                                        handles_.size() * sizeof(HANDLE), nullptr, nullptr) != 0;
  }
  ~Given() {
    if (list_ != nullptr) ::DeleteProcThreadAttributeList(list_);
  }
  Given(Given const&) = delete;
  Given& operator=(Given const&) = delete;
  bool good() const { return good_; }
  LPPROC_THREAD_ATTRIBUTE_LIST list() const { return list_; }

 private:
  std::vector<HANDLE> handles_;
  std::vector<std::uint8_t> memory_;
  LPPROC_THREAD_ATTRIBUTE_LIST list_ = nullptr;
  bool good_ = false;
};

// ---- Its life -------------------------------------------------------------------------------------------------------

/// What is put into it ends when the last handle to it is closed, and starts nothing that does not.
Answer<Handle> make_job() {
  auto job = own(::CreateJobObjectW(nullptr, nullptr));
  if (!job.is_open()) return failed();
  JOBOBJECT_EXTENDED_LIMIT_INFORMATION limits{};
  limits.BasicLimitInformation.LimitFlags = JOB_OBJECT_LIMIT_KILL_ON_JOB_CLOSE;
  if (::SetInformationJobObject(native(job), JobObjectExtendedLimitInformation, &limits, sizeof limits) == 0) {
    return failed();
  }
  return job;
}

/// Of all companions: closed by the end of this process, however that comes.
Answer<HANDLE> own_job() {
  static auto const* const job = new Answer<Handle>(make_job());
  if (!*job) return job->error();
  return native(**job);
}

struct Started {
  Handle process;
  DWORD number = 0;
};

/// @param job it runs in it from its first moment; null: in none of its own.
Answer<Started> spawn(Command const& command, Ends const& ends, HANDLE job, DWORD flags) {
  // A script would be read by a shell, which no quotation marks hold back.
  auto const& program = command.program;
  auto const kind = program.extension().native();
  if (!program.is_absolute() || ::CompareStringOrdinal(kind.c_str(), -1, L".exe", -1, TRUE) != CSTR_EQUAL) {
    return error_of(ERROR_FILE_NOT_FOUND);
  }
  auto const nothing = own(::CreateFileW(L"NUL", GENERIC_READ | GENERIC_WRITE, FILE_SHARE_READ | FILE_SHARE_WRITE,
                                         nullptr, OPEN_EXISTING, 0, nullptr));
  if (!nothing.is_open()) return failed();
  std::array<Handle const*, 3> const three{ends.in != nullptr ? ends.in : &nothing,
                                           ends.out != nullptr ? ends.out : &nothing,
                                           ends.err != nullptr ? ends.err : &nothing};
  std::vector<HANDLE> handles;
  for (auto const* one : three) {
    if (auto const done = hand_on(*one); !done) return done.error();
    if (std::ranges::find(handles, native(*one)) == handles.end()) handles.push_back(native(*one));
  }
  Given const given(handles);
  if (!given.good()) return failed();
  STARTUPINFOEXW how{};
  how.StartupInfo.cb = sizeof how;
  how.StartupInfo.dwFlags = STARTF_USESTDHANDLES;
  how.StartupInfo.hStdInput = native(*three[0]);
  how.StartupInfo.hStdOutput = native(*three[1]);
  how.StartupInfo.hStdError = native(*three[2]);
  how.lpAttributeList = given.list();
  auto words = command_line(command);
  auto environment = environment_without(command.kept_back);
  PROCESS_INFORMATION made{};
  auto const all = flags | CREATE_SUSPENDED | CREATE_UNICODE_ENVIRONMENT | EXTENDED_STARTUPINFO_PRESENT;
  if (::CreateProcessW(program.c_str(), words.data(), nullptr, nullptr, TRUE, all, environment.data(), nullptr,
                       &how.StartupInfo, &made) == 0) {
    return failed();
  }
  Started out{own(made.hProcess), made.dwProcessId};
  auto const thread = own(made.hThread);
  if (job != nullptr && ::AssignProcessToJobObject(job, native(out.process)) == 0) {
    auto const why = failed();
    ::TerminateProcess(native(out.process), 1);
    return why;
  }
  ::ResumeThread(native(thread));
  return out;
}

Process held(Started started) { return Starting::process(started.number, std::move(started.process)); }

// ---- What it says ---------------------------------------------------------------------------------------------------

/// Reads to the end on a thread of its own.
class Reader {
 public:
  Reader(Handle from, std::size_t bytes_max, HANDLE too_much)
      : from_(std::move(from)),
        bytes_max_(bytes_max),
        too_much_(too_much),
        ended_(::CreateEventW(nullptr, TRUE, FALSE, nullptr)) {
    thread_ = std::thread([this] { read(); });
  }
  /// After the other end is closed, at the latest because its program was ended.
  ~Reader() {
    thread_.join();
    ::CloseHandle(ended_);
  }
  Reader(Reader const&) = delete;
  Reader& operator=(Reader const&) = delete;
  HANDLE ended() const { return ended_; }
  std::string take() {
    ::WaitForSingleObject(ended_, INFINITE);
    return std::move(text_);
  }

 private:
  void read() {
    std::array<char, 1U << 14> chunk;
    DWORD got = 0;
    while (::ReadFile(native(from_), chunk.data(), static_cast<DWORD>(chunk.size()), &got, nullptr) != 0 && got != 0) {
      auto const size = std::min<std::size_t>(got, bytes_max_ - text_.size());
      text_.append(chunk.data(), size);
      if (size < got) ::SetEvent(too_much_);
    }
    ::SetEvent(ended_);
  }

  Handle from_;
  std::size_t bytes_max_;
  HANDLE too_much_, ended_;
  std::string text_;
  std::thread thread_;
};

DWORD left_ms(Clock::time_point until) {
  auto const left = std::chrono::duration_cast<milliseconds>(until - Clock::now()).count();
  return static_cast<DWORD>(std::clamp<std::int64_t>(left, 0, std::int64_t{1} << 30));
}

}  // namespace

Answer<Ran> run_to_end(Command const& command, Bounds const& bounds) {
  auto const job = make_job();
  if (!job) return job.error();
  auto const too_much = own(::CreateEventW(nullptr, TRUE, FALSE, nullptr));
  if (!too_much.is_open()) return failed();
  auto out = make_pipe();
  if (!out) return out.error();
  auto err = make_pipe();
  if (!err) return err.error();
  auto const started = spawn(command, {nullptr, &out->write, &err->write}, native(*job), CREATE_NO_WINDOW);
  if (!started) return started.error();
  // Ours are closed, or its end would never be seen.
  out->write = Handle();
  err->write = Handle();
  Reader reads_out(std::move(out->read), bounds.bytes_max, native(too_much));
  Reader reads_err(std::move(err->read), bounds.bytes_max, native(too_much));
  Ran ran;
  auto const until = Clock::now() + bounds.deadline;
  for (HANDLE const one : {reads_out.ended(), reads_err.ended(), native(started->process)}) {
    std::array<HANDLE, 2> const both{native(too_much), one};
    auto const came = ::WaitForMultipleObjects(2, both.data(), FALSE, left_ms(until));
    if (came == WAIT_OBJECT_0) ran.ending = Ending::kTooMuch;
    if (came == WAIT_TIMEOUT) ran.ending = Ending::kLate;
    if (ran.ending != Ending::kItself) break;
  }
  // With all that it has started: nothing holds an end of a pipe open.
  ::TerminateJobObject(native(*job), 1);
  ::WaitForSingleObject(native(started->process), INFINITE);
  DWORD code = 0;
  ::GetExitCodeProcess(native(started->process), &code);
  ran.code = static_cast<int>(code);
  ran.out = reads_out.take();
  ran.err = reads_err.take();
  return ran;
}

std::optional<Process> Process::of(ProcessNumber number) {
  auto handle = own(::OpenProcess(SYNCHRONIZE | PROCESS_TERMINATE | PROCESS_QUERY_LIMITED_INFORMATION, FALSE,
                                  static_cast<DWORD>(number)));
  if (!handle.is_open()) return std::nullopt;
  return Process(number, std::move(handle));
}

bool Process::wait(milliseconds at_most) const {
  return ::WaitForSingleObject(native(handle_), static_cast<DWORD>(at_most.count())) == WAIT_OBJECT_0;
}

void Process::terminate() const { ::TerminateProcess(native(handle_), 1); }

Answer<Process> start(Command const& command) {
  auto started = spawn(command, {}, nullptr, CREATE_NO_WINDOW);
  if (!started) return started.error();
  return held(std::move(*started));
}

Answer<Process> start_apart(Command const& command, std::filesystem::path const& log) {
  OwnersOnly own_only(OwnersOnly::What::kFile);
  if (own_only.attributes() == nullptr) return error_of(ERROR_NO_SECURITY_ON_OBJECT);
  auto const file = own(::CreateFileW(call_path(log).c_str(), FILE_APPEND_DATA | SYNCHRONIZE,
                                      FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE, own_only.attributes(),
                                      OPEN_ALWAYS, FILE_ATTRIBUTE_NORMAL, nullptr));
  if (!file.is_open()) return failed();
  auto started = spawn(command, {nullptr, &file, &file}, nullptr, DETACHED_PROCESS | CREATE_NEW_PROCESS_GROUP);
  if (!started) return started.error();
  return held(std::move(*started));
}

std::optional<ProcessNumber> lock_holder(std::filesystem::path const& /*file*/) { return std::nullopt; }

Answer<Companion> Companion::start(Command const& command, std::function<void(std::string)> line) {
  auto const job = own_job();
  if (!job) return job.error();
  auto in = make_pipe();
  if (!in) return in.error();
  auto out = make_pipe();
  if (!out) return out.error();
  auto started = spawn(command, {&in->read, &out->write, &out->write}, *job, CREATE_NO_WINDOW);
  if (!started) return started.error();
  in->read = Handle();
  out->write = Handle();
  std::thread([from = std::move(out->read), line = std::move(line)] {
    std::string buffer;
    std::array<char, 1U << 14> chunk;
    DWORD got = 0;
    while (::ReadFile(native(from), chunk.data(), static_cast<DWORD>(chunk.size()), &got, nullptr) != 0 && got != 0) {
      if (buffer.size() + got > kLineBytesMax) return;
      buffer.append(chunk.data(), got);
      for (auto end = buffer.find('\n'); end != std::string::npos; end = buffer.find('\n')) {
        line(buffer.substr(0, end));
        buffer.erase(0, end + 1);
      }
    }
  }).detach();
  return Companion(held(std::move(*started)), std::move(in->write));
}

bool Companion::say(std::string_view line) const {
  auto const text = std::string(line) + "\n";
  DWORD done = 0;
  return ::WriteFile(native(in_), text.data(), static_cast<DWORD>(text.size()), &done, nullptr) != 0 &&
         done == text.size();
}

}  // namespace piaojue::platform
