// SPDX-License-Identifier: Apache-2.0
#include "base/platform/files.h"

// First: it chooses what windows.h declares.
#include "base/platform/windows/system.h"
// The list of accesses.
#include <aclapi.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <optional>
#include <thread>

extern "C" BOOLEAN WINAPI SystemFunction036(PVOID bytes, ULONG size);  // RtlGenRandom, which no header declares

namespace piaojue::platform {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::chrono::milliseconds kTryFor{3'000}, kTryAgain{30};
/// Not allowed at all is not a moment's matter: whoever may not, is told sooner.
constexpr std::chrono::milliseconds kTryDeniedFor{300};
constexpr DWORD kShareAll = FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE;
constexpr std::size_t kPieceMax = std::size_t{1} << 30;

/// Does it until somebody else's hold on the file ends. @param call answers whether it is done.
template <class Call>
Answer<void> try_again(std::chrono::milliseconds denied_for, Call const& call) {
  auto const began = Clock::now();
  for (;;) {
    if (call()) return {};
    auto const why = ::GetLastError();
    bool const held = why == ERROR_SHARING_VIOLATION || why == ERROR_LOCK_VIOLATION;
    bool const denied = why == ERROR_ACCESS_DENIED;
    auto const most = held ? kTryFor : denied ? denied_for : std::chrono::milliseconds(0);
    if (Clock::now() - began >= most) return error_of(why);
    std::this_thread::sleep_for(kTryAgain);
  }
}

struct Wanted {
  DWORD access, disposition;
};

Wanted wanted(Open how) {
  switch (how) {
    case Open::kRead:
      break;
    case Open::kAppend:
      return {GENERIC_READ | GENERIC_WRITE, OPEN_ALWAYS};
    case Open::kUpdate:
      return {GENERIC_READ | GENERIC_WRITE, OPEN_EXISTING};
    case Open::kReplace:
      return {GENERIC_WRITE, CREATE_ALWAYS};
    case Open::kNew:
      return {GENERIC_WRITE, CREATE_NEW};
  }
  return {GENERIC_READ, OPEN_EXISTING};
}

Answer<Handle> open_at(std::wstring const& path, Wanted const& want) {
  OwnersOnly own_only(OwnersOnly::What::kFile);
  auto* const attributes = own_only.attributes();
  if (want.disposition != OPEN_EXISTING && attributes == nullptr) return error_of(ERROR_NO_SECURITY_ON_OBJECT);
  Handle out;
  auto const done = try_again(kTryDeniedFor, [&] {
    out = own(::CreateFileW(path.c_str(), want.access, kShareAll, attributes, want.disposition, FILE_ATTRIBUTE_NORMAL,
                            nullptr));
    return out.is_open();
  });
  if (!done) return done.error();
  return out;
}

OVERLAPPED at_offset(std::uint64_t offset) {
  OVERLAPPED out{};
  out.Offset = static_cast<DWORD>(offset);
  out.OffsetHigh = static_cast<DWORD>(offset >> 32U);
  return out;
}

/// Where the file ends, whatever its size.
constexpr std::uint64_t kEnd = ~std::uint64_t{0};

/// @param offset nothing: where the last one ended.
Answer<void> write_whole(HANDLE file, std::span<std::uint8_t const> bytes, std::optional<std::uint64_t> offset) {
  while (!bytes.empty()) {
    DWORD done = 0;
    auto at = at_offset(offset.value_or(0));
    auto const piece = static_cast<DWORD>(std::min(bytes.size(), kPieceMax));
    if (::WriteFile(file, bytes.data(), piece, &done, offset ? &at : nullptr) == 0) return failed();
    if (done == 0) return error_of(ERROR_DISK_FULL);
    bytes = bytes.subspan(done);
    if (offset && *offset != kEnd) *offset += done;
  }
  return {};
}

/// @param kind of name: with a drive's letter, or with the device.
Answer<std::wstring> path_of(Handle const& folder, DWORD kind) {
  std::wstring out(MAX_PATH, L'\0');
  for (;;) {
    auto const size = ::GetFinalPathNameByHandleW(native(folder), out.data(), static_cast<DWORD>(out.size()),
                                                  FILE_NAME_NORMALIZED | kind);
    if (size == 0) return failed();
    bool const fits = size < out.size();
    out.resize(size);
    if (fits) return out;
  }
}

/// By the handle, so that it is right also when the folder was moved; begins with \\?\, so that it has any length.
Answer<std::wstring> path_of(Handle const& folder) {
  auto path = path_of(folder, VOLUME_NAME_DOS);
  if (path) return path;
  // A drive that its own program has made, such as one in memory, may have no letter that the system knows.
  auto device = path_of(folder, VOLUME_NAME_NT);
  if (!device) return path;
  return LR"(\\?\GLOBALROOT)" + *device;
}

Answer<std::wstring> path_in(Handle const& folder, std::string const& name) {
  auto path = path_of(folder);
  if (!path) return path.error();
  return *path + L"\\" + wide(name);
}

}  // namespace

// ---- Handle, File ---------------------------------------------------------------------------------------------------

Handle::~Handle() {
  if (is_open()) ::CloseHandle(native(*this));
}

Handle& Handle::operator=(Handle&& other) noexcept {
  if (is_open()) ::CloseHandle(native(*this));
  native_ = other.release();
  return *this;
}

Answer<File> File::open(std::filesystem::path const& path, Open how) {
  auto handle = open_at(call_path(path), wanted(how));
  if (!handle) return handle.error();
  return File(std::move(*handle), how);
}

Answer<std::size_t> File::read(std::span<std::uint8_t> to) {
  DWORD got = 0;
  auto const most = static_cast<DWORD>(std::min(to.size(), kPieceMax));
  if (::ReadFile(native(handle_), to.data(), most, &got, nullptr) != 0) return got;
  auto const why = ::GetLastError();
  if (why == ERROR_HANDLE_EOF || why == ERROR_BROKEN_PIPE) return 0U;
  return error_of(why);
}

Answer<std::vector<std::uint8_t>> File::read_all() {
  std::vector<std::uint8_t> out;
  if (auto const bytes = size()) out.reserve(*bytes);
  std::vector<std::uint8_t> chunk(std::size_t{1} << 16);
  for (;;) {
    auto const got = read(chunk);
    if (!got) return got.error();
    if (*got == 0) return out;
    out.insert(out.end(), chunk.begin(), chunk.begin() + static_cast<std::ptrdiff_t>(*got));
  }
}

Answer<void> File::write(std::span<std::uint8_t const> bytes) {
  return write_whole(native(handle_), bytes, how_ == Open::kAppend ? std::optional(kEnd) : std::nullopt);
}

Answer<void> File::write_at(std::uint64_t offset, std::span<std::uint8_t const> bytes) {
  return write_whole(native(handle_), bytes, offset);
}

Answer<std::uint64_t> File::size() const {
  LARGE_INTEGER size{};
  if (::GetFileSizeEx(native(handle_), &size) == 0) return failed();
  return static_cast<std::uint64_t>(size.QuadPart);
}

Answer<void> File::cut(std::uint64_t size) {
  FILE_END_OF_FILE_INFO end{};
  end.EndOfFile.QuadPart = static_cast<LONGLONG>(size);
  if (::SetFileInformationByHandle(native(handle_), FileEndOfFileInfo, &end, sizeof end) == 0) return failed();
  return {};
}

Answer<void> File::sync() {
  if (::FlushFileBuffers(native(handle_)) == 0) return failed();
  return {};
}

Answer<void> File::sync_data() { return sync(); }

// ---- Folder ---------------------------------------------------------------------------------------------------------

Answer<Folder> Folder::open(std::filesystem::path const& path, Make make) {
  auto const text = call_path(path);
  if (make == Make::kIfMissing) {
    OwnersOnly own_only(OwnersOnly::What::kFolder);
    if (own_only.attributes() == nullptr) return error_of(ERROR_NO_SECURITY_ON_OBJECT);
    if (::CreateDirectoryW(text.c_str(), own_only.attributes()) == 0 && ::GetLastError() != ERROR_ALREADY_EXISTS) {
      return failed();
    }
  }
  auto handle = own(::CreateFileW(text.c_str(), FILE_LIST_DIRECTORY | FILE_READ_ATTRIBUTES | READ_CONTROL, kShareAll,
                                  nullptr, OPEN_EXISTING, FILE_FLAG_BACKUP_SEMANTICS, nullptr));
  if (!handle.is_open()) return failed();
  BY_HANDLE_FILE_INFORMATION info{};
  if (::GetFileInformationByHandle(native(handle), &info) == 0) return failed();
  if ((info.dwFileAttributes & FILE_ATTRIBUTE_DIRECTORY) == 0) return error_of(ERROR_DIRECTORY);
  return Folder(std::move(handle));
}

Answer<void> Folder::restrict_to_owner() const {
  auto path = path_of(handle_);
  if (!path) return path.error();
  OwnersOnly own_only(OwnersOnly::What::kFolder);
  ACL* list = nullptr;
  BOOL present = FALSE;
  BOOL defaulted = FALSE;
  if (own_only.descriptor() == nullptr ||
      ::GetSecurityDescriptorDacl(own_only.descriptor(), &present, &list, &defaulted) == 0) {
    return error_of(ERROR_NO_SECURITY_ON_OBJECT);
  }
  constexpr SECURITY_INFORMATION kWhat = DACL_SECURITY_INFORMATION | PROTECTED_DACL_SECURITY_INFORMATION;
  // Also of what lies below and inherits.
  auto const error = ::SetNamedSecurityInfoW(path->data(), SE_FILE_OBJECT, kWhat, nullptr, nullptr, list, nullptr);
  if (error != ERROR_SUCCESS) return error_of(error);
  // Once more as it stands: not every system leaves out what the folder above would add.
  if (::SetFileSecurityW(path->c_str(), kWhat, own_only.descriptor()) == 0) return failed();
  return {};
}

Answer<File> Folder::open_file(std::string const& name, Open how) const {
  auto const path = path_in(handle_, name);
  if (!path) return path.error();
  auto handle = open_at(*path, wanted(how));
  if (!handle) return handle.error();
  return File(std::move(*handle), how);
}

Answer<File> Folder::lock(std::string const& name) const {
  auto const path = path_in(handle_, name);
  if (!path) return path.error();
  auto handle = open_at(*path, wanted(Open::kAppend));
  if (!handle) return handle.error();
  // One byte far behind what a file can have: locks here keep others from reading, too.
  auto where = at_offset(std::uint64_t{1} << 62U);
  constexpr DWORD kAlone = LOCKFILE_EXCLUSIVE_LOCK | LOCKFILE_FAIL_IMMEDIATELY;
  if (::LockFileEx(native(*handle), kAlone, 0, 1, 0, &where) == 0) {
    auto const why = ::GetLastError();
    if (why != ERROR_LOCK_VIOLATION && why != ERROR_IO_PENDING) return error_of(why);
    return std::make_error_code(std::errc::resource_unavailable_try_again);
  }
  return File(std::move(*handle), Open::kUpdate);
}

Answer<void> Folder::move(std::string const& from, std::string const& to) const {
  auto const source = path_in(handle_, from);
  auto const target = path_in(handle_, to);
  if (!source) return source.error();
  if (!target) return target.error();
  // A target that somebody has open is "denied" as well.
  return try_again(kTryFor, [&] {
    return ::MoveFileExW(source->c_str(), target->c_str(), MOVEFILE_REPLACE_EXISTING | MOVEFILE_WRITE_THROUGH) != 0;
  });
}

Answer<void> Folder::remove(std::string const& name) const {
  auto const path = path_in(handle_, name);
  if (!path) return path.error();
  return try_again(kTryDeniedFor, [&] { return ::DeleteFileW(path->c_str()) != 0; });
}

Answer<std::vector<std::string>> Folder::names() const {
  auto const pattern = path_in(handle_, "*");
  if (!pattern) return pattern.error();
  WIN32_FIND_DATAW found{};
  HANDLE const listing =
      ::FindFirstFileExW(pattern->c_str(), FindExInfoBasic, &found, FindExSearchNameMatch, nullptr, 0);
  if (listing == INVALID_HANDLE_VALUE) {
    if (::GetLastError() == ERROR_FILE_NOT_FOUND) return std::vector<std::string>();
    return failed();
  }
  std::vector<std::string> out;
  do {
    auto name = narrow(found.cFileName);
    if (name != "." && name != "..") out.push_back(std::move(name));
  } while (::FindNextFileW(listing, &found) != 0);
  auto const why = ::GetLastError();
  ::FindClose(listing);
  if (why != ERROR_NO_MORE_FILES) return error_of(why);
  return out;
}

Answer<void> Folder::sync() const {
  auto const path = path_of(handle_);
  if (!path) return path.error();
  auto const folder = own(::CreateFileW(path->c_str(), FILE_ADD_FILE, kShareAll, nullptr, OPEN_EXISTING,
                                        FILE_FLAG_BACKUP_SEMANTICS, nullptr));
  // Each move went through to the disk already; a file system that flushes no folders has nothing to flush.
  if (folder.is_open()) ::FlushFileBuffers(native(folder));
  return {};
}

namespace {

/// "con", "com1.txt": whatever folder it lies in, it is not a file.
bool names_device(std::string_view name) {
  std::string base(name.substr(0, name.find('.')));
  while (base.ends_with(' ')) base.pop_back();
  for (char& c : base) c = c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
  constexpr std::array<std::string_view, 6> kAlone{"CON", "PRN", "AUX", "NUL", "CONIN$", "CONOUT$"};
  if (std::ranges::find(kAlone, base) != kAlone.end()) return true;
  return (base.starts_with("COM") || base.starts_with("LPT")) && base.size() == 4 && base[3] >= '0' && base[3] <= '9';
}

}  // namespace

std::string file_name_like(std::string name) {
  // What is cut in the middle of a character has none of ours at its end.
  name = narrow(wide(name));
  constexpr std::string_view kNever = "<>:\"|?*/\\";
  for (char& c : name) {
    if (static_cast<unsigned char>(c) < 0x20 || kNever.find(c) != std::string_view::npos) c = '_';
  }
  if (name.ends_with('.') || name.ends_with(' ')) name.back() = '_';
  return names_device(name) ? "_" + name : name;
}

void keep_new_files_private() {}

// ---- MemoryFile -----------------------------------------------------------------------------------------------------

Answer<MemoryFile> MemoryFile::make() {
  std::array<wchar_t, MAX_PATH + 2> folder{};
  if (::GetTempPathW(static_cast<DWORD>(folder.size()), folder.data()) == 0) return failed();
  std::array<std::uint8_t, 16> random{};
  if (SystemFunction036(random.data(), static_cast<ULONG>(random.size())) == 0) return failed();
  std::wstring path = std::wstring(folder.data()) + L"piaojue-";
  for (auto const byte : random) {
    path += L"0123456789abcdef"[byte >> 4U];
    path += L"0123456789abcdef"[byte & 15U];
  }
  // Closed at once: who writes it by its path shares it with nobody.
  if (auto const made = open_at(path, wanted(Open::kNew)); !made) return made.error();
  return MemoryFile(Handle(), narrow(path));
}

MemoryFile::~MemoryFile() {
  if (!path_.empty()) ::DeleteFileW(wide(path_).c_str());
}

MemoryFile::MemoryFile(MemoryFile&& other) noexcept
    : handle_(std::move(other.handle_)), path_(std::exchange(other.path_, {})) {}

Answer<std::vector<std::uint8_t>> MemoryFile::bytes() const {
  auto file = File::open(path_, Open::kRead);
  if (!file) return file.error();
  return file->read_all();
}

}  // namespace piaojue::platform
