// SPDX-License-Identifier: Apache-2.0
#include "unit/local/asking.h"

#include <windows.h>

#include <array>
#include <cstdio>

namespace piaojue::local::test {
namespace {

namespace fs = std::filesystem;

/// As docs say: by what the folder is on its disk.
std::wstring pipe_of(fs::path const& folder) {
  auto* const handle = ::CreateFileW(folder.c_str(), FILE_READ_ATTRIBUTES, FILE_SHARE_READ | FILE_SHARE_WRITE, nullptr,
                                     OPEN_EXISTING, FILE_FLAG_BACKUP_SEMANTICS, nullptr);
  BY_HANDLE_FILE_INFORMATION info{};
  ::GetFileInformationByHandle(handle, &info);
  ::CloseHandle(handle);
  std::array<wchar_t, 80> out{};
  ::swprintf(out.data(), out.size(), LR"(\\.\pipe\piaojue-page-%08lx-%08lx%08lx)", info.dwVolumeSerialNumber,
             info.nFileIndexHigh, info.nFileIndexLow);
  return out.data();
}

}  // namespace

std::string say(fs::path const& folder, std::string const& bytes) {
  auto const name = pipe_of(folder);
  HANDLE pipe = INVALID_HANDLE_VALUE;
  for (int tries = 0; tries < 100 && pipe == INVALID_HANDLE_VALUE; ++tries) {
    pipe = ::CreateFileW(name.c_str(), GENERIC_READ | GENERIC_WRITE, 0, nullptr, OPEN_EXISTING, 0, nullptr);
    if (pipe == INVALID_HANDLE_VALUE) ::Sleep(50);
  }
  if (pipe == INVALID_HANDLE_VALUE) return {};
  DWORD done = 0;
  ::WriteFile(pipe, bytes.data(), static_cast<DWORD>(bytes.size()), &done, nullptr);
  std::string out(256, '\0');
  DWORD got = 0;
  if (::ReadFile(pipe, out.data(), static_cast<DWORD>(out.size()), &got, nullptr) == 0) got = 0;
  ::CloseHandle(pipe);
  out.resize(got);
  return out;
}

/// A pipe goes with its program.
void leave_behind(fs::path const& /*folder*/) {}

bool only_its_user_may(fs::path const& /*folder*/) { return true; }

bool is_gone(fs::path const& folder) { return ::WaitNamedPipeW(pipe_of(folder).c_str(), 1) == 0; }

Peer of_itself() {
  constexpr wchar_t const* kName = LR"(\\.\pipe\piaojue-test-of-itself)";
  auto* const server = ::CreateNamedPipeW(kName, PIPE_ACCESS_DUPLEX, PIPE_TYPE_BYTE, 1, 64, 64, 0, nullptr);
  auto* const client = ::CreateFileW(kName, GENERIC_READ | GENERIC_WRITE, 0, nullptr, OPEN_EXISTING, 0, nullptr);
  auto whose = peer_of_local(reinterpret_cast<std::intptr_t>(client));
  if (peer_of_local(reinterpret_cast<std::intptr_t>(server)) != whose) whose = Peer::kUnknown;
  ::CloseHandle(client);
  ::CloseHandle(server);
  return whose;
}

}  // namespace piaojue::local::test
