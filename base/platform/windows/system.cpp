// SPDX-License-Identifier: Apache-2.0
#include "base/platform/windows/system.h"

#include <sddl.h>

#include <vector>

namespace piaojue::platform {

std::wstring wide(std::string_view utf8) {
  if (utf8.empty()) return {};
  auto const bytes = static_cast<int>(utf8.size());
  std::wstring out(static_cast<std::size_t>(::MultiByteToWideChar(CP_UTF8, 0, utf8.data(), bytes, nullptr, 0)), L'\0');
  ::MultiByteToWideChar(CP_UTF8, 0, utf8.data(), bytes, out.data(), static_cast<int>(out.size()));
  return out;
}

std::string narrow(std::wstring_view utf16) {
  if (utf16.empty()) return {};
  auto const units = static_cast<int>(utf16.size());
  auto const size = ::WideCharToMultiByte(CP_UTF8, 0, utf16.data(), units, nullptr, 0, nullptr, nullptr);
  std::string out(static_cast<std::size_t>(size), '\0');
  ::WideCharToMultiByte(CP_UTF8, 0, utf16.data(), units, out.data(), size, nullptr, nullptr);
  return out;
}

std::wstring call_path(std::filesystem::path const& path) {
  constexpr std::size_t kPlainMax = 240;  // folders have a few characters less than MAX_PATH
  std::error_code none;
  auto whole = std::filesystem::absolute(path, none);
  if (none) return path.native();
  whole.make_preferred();
  auto const& text = whole.native();
  if (text.size() < kPlainMax || text.starts_with(LR"(\\)")) return text;
  return LR"(\\?\)" + whole.lexically_normal().native();
}

namespace {

std::wstring user_of_token(HANDLE process) {
  HANDLE opened = nullptr;
  if (::OpenProcessToken(process, TOKEN_QUERY, &opened) == 0) return {};
  auto const token = own(opened);
  DWORD size = 0;
  ::GetTokenInformation(native(token), TokenUser, nullptr, 0, &size);
  std::vector<std::uint8_t> buffer(size);
  if (::GetTokenInformation(native(token), TokenUser, buffer.data(), size, &size) == 0) return {};
  wchar_t* text = nullptr;
  if (::ConvertSidToStringSidW(reinterpret_cast<TOKEN_USER const*>(buffer.data())->User.Sid, &text) == 0) return {};
  std::wstring out(text);
  ::LocalFree(text);
  return out;
}

}  // namespace

std::wstring const& own_user() {
  static std::wstring const user = user_of_token(::GetCurrentProcess());
  return user;
}

std::wstring user_of_process(DWORD process) {
  auto const handle = own(::OpenProcess(PROCESS_QUERY_LIMITED_INFORMATION, FALSE, process));
  return handle.is_open() ? user_of_token(native(handle)) : std::wstring();
}

OwnersOnly::OwnersOnly(What what) {
  auto const& user = own_user();
  if (user.empty()) return;
  // Its owner, a list that inherits nothing (P), and in it full access (FA) for him; of a folder also for all below.
  std::wstring const rights = what == What::kFolder ? L"OICI" : L"";
  auto const text = L"O:" + user + L"D:P(A;" + rights + L";FA;;;" + user + L")";
  if (::ConvertStringSecurityDescriptorToSecurityDescriptorW(text.c_str(), SDDL_REVISION_1, &descriptor_, nullptr) ==
      0) {
    descriptor_ = nullptr;
    return;
  }
  attributes_ = {sizeof attributes_, descriptor_, FALSE};
}

OwnersOnly::~OwnersOnly() {
  if (descriptor_ != nullptr) ::LocalFree(descriptor_);
}

}  // namespace piaojue::platform
