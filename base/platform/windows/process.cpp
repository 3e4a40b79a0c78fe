// SPDX-License-Identifier: Apache-2.0
#include "base/platform/process.h"

// First: it chooses what windows.h declares.
#include "base/platform/windows/system.h"
// Ends of lines, the command line.
#include <fcntl.h>
#include <io.h>
#include <shellapi.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <cstring>

/// mingw's werapi.h does not compile.
extern "C" HRESULT WINAPI WerSetFlags(DWORD flags);

namespace piaojue::platform {
namespace {

UINT code_page_before = 0;

}  // namespace

Arguments::Arguments(int argc, char** argv) {
  int count = 0;
  wchar_t** const wanted = ::CommandLineToArgvW(::GetCommandLineW(), &count);
  if (wanted == nullptr) {
    words_.assign(argv, argv + argc);
  } else {
    for (int i = 0; i < count; ++i) words_.push_back(narrow(wanted[i]));
    ::LocalFree(wanted);
  }
  for (auto& word : words_) pointers_.push_back(word.data());
  pointers_.push_back(nullptr);

  for (auto* const stream : {stdin, stdout, stderr}) {
    if (auto const fd = ::_fileno(stream); fd >= 0) ::_setmode(fd, _O_BINARY);
  }
  // Colours, and the line that says how far a work has come.
  for (DWORD const which : {STD_OUTPUT_HANDLE, STD_ERROR_HANDLE}) {
    auto* const console = ::GetStdHandle(which);
    DWORD mode = 0;
    if (::GetConsoleMode(console, &mode) != 0) ::SetConsoleMode(console, mode | ENABLE_VIRTUAL_TERMINAL_PROCESSING);
  }
  code_page_before = ::GetConsoleOutputCP();
  if (code_page_before == 0 || ::SetConsoleOutputCP(CP_UTF8) == 0) return;
  // The console outlives this program, and others write in it.
  std::atexit([] { ::SetConsoleOutputCP(code_page_before); });
}

// ---- Environment ----------------------------------------------------------------------------------------------------

namespace {

/// Of a variable, in memory that is wiped.
struct Value {
  std::wstring text;
  bool is_set = false;

  explicit Value(std::wstring const& name) {
    ::SetLastError(ERROR_SUCCESS);
    auto const size = ::GetEnvironmentVariableW(name.c_str(), nullptr, 0);
    if (size == 0) return;
    text.resize(size);
    auto const got = ::GetEnvironmentVariableW(name.c_str(), text.data(), size);
    is_set = got < size;
    text.resize(is_set ? got : 0);
  }
  ~Value() { ::SecureZeroMemory(text.data(), text.size() * sizeof(wchar_t)); }
  Value(Value const&) = delete;
  Value& operator=(Value const&) = delete;
};

}  // namespace

std::optional<std::string> variable(std::string const& name) {
  Value const value(wide(name));
  return value.is_set ? std::optional(narrow(value.text)) : std::nullopt;
}

// With its zero.
bool has_variable(std::string const& name) { return ::GetEnvironmentVariableW(wide(name).c_str(), nullptr, 0) > 1; }

std::size_t take_variable(std::string const& name, std::span<std::uint8_t> to) {
  auto const wide_name = wide(name);
  Value const value(wide_name);
  if (!value.is_set) return 0;
  auto const units = static_cast<int>(value.text.size());
  auto const size = static_cast<std::size_t>(
      units == 0 ? 0 : ::WideCharToMultiByte(CP_UTF8, 0, value.text.data(), units, nullptr, 0, nullptr, nullptr));
  if (size != 0 && size <= to.size()) {
    ::WideCharToMultiByte(CP_UTF8, 0, value.text.data(), units, reinterpret_cast<char*>(to.data()),
                          static_cast<int>(size), nullptr, nullptr);
  }
  // A value of the same length is written over the old one; the library has a copy of its own.
  ::SetEnvironmentVariableW(wide_name.c_str(), std::wstring(value.text.size(), L'0').c_str());
  if (char* const kept = std::getenv(name.c_str()); kept != nullptr) ::SecureZeroMemory(kept, std::strlen(kept));
  set_variable(name, std::nullopt);
  return size;
}

void set_variable(std::string const& name, std::optional<std::string> const& value) {
  auto const wide_name = wide(name);
  // The library's copy, which takes the system's along; it knows no empty values.
  ::_wputenv((wide_name + L"=" + wide(value.value_or(""))).c_str());
  ::SetEnvironmentVariableW(wide_name.c_str(), value ? wide(*value).c_str() : nullptr);
}

std::string locale_name() {
  for (char const* const name : {"LC_ALL", "LC_MESSAGES", "LANG"}) {
    if (auto value = variable(name); value && !value->empty()) return *value;
  }
  std::array<wchar_t, LOCALE_NAME_MAX_LENGTH> name{};
  auto const language = MAKELCID(::GetUserDefaultUILanguage(), SORT_DEFAULT);
  if (::LCIDToLocaleName(language, name.data(), static_cast<int>(name.size()), 0) == 0) return {};
  return narrow(name.data());
}

// ---- Memory and turns -----------------------------------------------------------------------------------------------

namespace {

constexpr SIZE_T kLockedMin = SIZE_T{32} << 20;
constexpr SIZE_T kLockedMax = SIZE_T{512} << 20;

/// Without a report, and so without a picture of the memory.
LONG WINAPI end_at_once(EXCEPTION_POINTERS* /*what*/) {
  ::TerminateProcess(::GetCurrentProcess(), 3);
  return EXCEPTION_EXECUTE_HANDLER;
}

/// What a program may lock is a little less than the least that stays in memory of it.
void allow_locking() {
  HANDLE opened = nullptr;
  if (::OpenProcessToken(::GetCurrentProcess(), TOKEN_ADJUST_PRIVILEGES, &opened) != 0) {
    auto const token = own(opened);
    TOKEN_PRIVILEGES one{};
    one.PrivilegeCount = 1;
    one.Privileges[0].Attributes = SE_PRIVILEGE_ENABLED;
    if (::LookupPrivilegeValueW(nullptr, L"SeIncreaseWorkingSetPrivilege", &one.Privileges[0].Luid) != 0) {
      ::AdjustTokenPrivileges(native(token), FALSE, &one, 0, nullptr, nullptr);
    }
  }
  // Refused: secrets beyond what is allowed anyway may be swapped, as on Linux beyond RLIMIT_MEMLOCK.
  ::SetProcessWorkingSetSize(::GetCurrentProcess(), kLockedMin, kLockedMax);
}

}  // namespace

Answer<void> protect_memory() {
  ::SetErrorMode(SEM_FAILCRITICALERRORS | SEM_NOGPFAULTERRORBOX | SEM_NOOPENFILEERRORBOX);
  ::SetUnhandledExceptionFilter(end_at_once);
  // What ends it past every filter is reported without its heap.
  constexpr DWORD kNoHeap = 1;
  ::WerSetFlags(kNoHeap);
  allow_locking();
  return {};
}

void give_way() { ::SetThreadPriority(::GetCurrentThread(), THREAD_PRIORITY_BELOW_NORMAL); }

// ---- Its file -------------------------------------------------------------------------------------------------------

std::filesystem::path own_program() {
  std::wstring out(MAX_PATH, L'\0');
  for (;;) {
    auto const size = ::GetModuleFileNameW(nullptr, out.data(), static_cast<DWORD>(out.size()));
    if (size == 0) return {};
    if (size < out.size()) return out.substr(0, size);
    out.resize(2 * out.size());
  }
}

std::filesystem::path program_folder() { return own_program().parent_path(); }

std::vector<std::uint8_t> own_build_id() {
  // The program as it was loaded: the linker's number lies where a debugger would look for it.
  auto const* const base = reinterpret_cast<std::uint8_t const*>(::GetModuleHandleW(nullptr));
  auto const& dos = *reinterpret_cast<IMAGE_DOS_HEADER const*>(base);
  auto const& head = *reinterpret_cast<IMAGE_NT_HEADERS const*>(base + dos.e_lfanew);
  auto const& where = head.OptionalHeader.DataDirectory[IMAGE_DIRECTORY_ENTRY_DEBUG];
  auto const* const entries = reinterpret_cast<IMAGE_DEBUG_DIRECTORY const*>(base + where.VirtualAddress);
  constexpr std::size_t kMark = 4, kId = 16;
  for (std::size_t i = 0; i < where.Size / sizeof *entries; ++i) {
    if (entries[i].Type != IMAGE_DEBUG_TYPE_CODEVIEW || entries[i].SizeOfData < kMark + kId) continue;
    auto const* const data = base + entries[i].AddressOfRawData;
    if (std::memcmp(data, "RSDS", kMark) == 0) return {data + kMark, data + kMark + kId};
  }
  return {};
}

std::string program_file_name(std::string const& name) { return name + ".exe"; }

std::uint32_t process_number() { return ::GetCurrentProcessId(); }

}  // namespace piaojue::platform
