// SPDX-License-Identifier: Apache-2.0
#pragma once
/// Windows' own header, small, and what every file here needs of it. Texts are UTF-8 outside and UTF-16 at the calls:
/// no call here depends on the code page that this process or its console has.
#define UNICODE
#define WIN32_LEAN_AND_MEAN
#undef NOMINMAX  // libstdc++ defines it
#define NOMINMAX
#include <windows.h>

#include <filesystem>
#include <string>
#include <string_view>
#include <system_error>

#include "base/platform/files.h"

namespace piaojue::platform {

inline std::error_code error_of(DWORD code) { return {static_cast<int>(code), std::system_category()}; }
/// What the last call left.
inline std::error_code failed() { return error_of(::GetLastError()); }

/// What is no UTF-8, or no UTF-16, becomes U+FFFD.
std::wstring wide(std::string_view utf8);
std::string narrow(std::wstring_view utf16);

/// A path for calls: of any length, and with backslashes.
std::wstring call_path(std::filesystem::path const& path);

inline HANDLE native(Handle const& handle) {
  return reinterpret_cast<HANDLE>(handle.get());  // NOLINT(performance-no-int-to-ptr)
}
/// Of a call that answers with null or INVALID_HANDLE_VALUE when it fails.
inline Handle own(HANDLE handle) {
  return handle == nullptr ? Handle() : Handle(reinterpret_cast<std::intptr_t>(handle));
}

/// Of this user, as text ("S-1-5-…"); empty: the system does not tell.
std::wstring const& own_user();
/// Of whoever's that process is; empty: it is gone, or closed to us.
std::wstring user_of_process(DWORD process);

/// That only this user has any right to what is made with it.
class OwnersOnly {
 public:
  enum class What : std::uint8_t { kFile, kFolder };
  explicit OwnersOnly(What what);
  ~OwnersOnly();
  OwnersOnly(OwnersOnly const&) = delete;
  OwnersOnly& operator=(OwnersOnly const&) = delete;
  /// Null: it can not be said, and what wanted it must fail.
  SECURITY_ATTRIBUTES* attributes() { return descriptor_ == nullptr ? nullptr : &attributes_; }
  PSECURITY_DESCRIPTOR descriptor() const { return descriptor_; }

 private:
  PSECURITY_DESCRIPTOR descriptor_ = nullptr;
  SECURITY_ATTRIBUTES attributes_{};
};

}  // namespace piaojue::platform
