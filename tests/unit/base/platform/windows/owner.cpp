// SPDX-License-Identifier: Apache-2.0
#include "unit/base/platform/owner.h"

// First: it declares what the others want.
#include <windows.h>
// Lists of accesses, and their text.
#include <aclapi.h>
#include <sddl.h>

#include <iostream>
#include <string>

namespace piaojue::platform::test {

bool only_its_owner_may(std::filesystem::path const& path) {
  PSECURITY_DESCRIPTOR descriptor = nullptr;
  PSID owner = nullptr;
  ACL* list = nullptr;
  if (::GetNamedSecurityInfoW(path.c_str(), SE_FILE_OBJECT, OWNER_SECURITY_INFORMATION | DACL_SECURITY_INFORMATION,
                              &owner, nullptr, &list, nullptr, &descriptor) != ERROR_SUCCESS) {
    return false;
  }
  bool good = list != nullptr && list->AceCount != 0;
  for (DWORD i = 0; good && i < list->AceCount; ++i) {
    void* entry = nullptr;
    good = ::GetAce(list, i, &entry) != 0;
    auto* const allowed = static_cast<ACCESS_ALLOWED_ACE*>(entry);
    if (!good || allowed->Header.AceType != ACCESS_ALLOWED_ACE_TYPE) continue;
    // An entry with no right in it gives nobody any. Wine's files are always the system's as well.
    good = allowed->Mask == 0 || ::EqualSid(&allowed->SidStart, owner) != 0 ||
           (is_emulated() && ::IsWellKnownSid(&allowed->SidStart, WinLocalSystemSid) != 0);
  }
  if (!good) {
    wchar_t* text = nullptr;
    ::ConvertSecurityDescriptorToStringSecurityDescriptorW(
        descriptor, SDDL_REVISION_1, OWNER_SECURITY_INFORMATION | DACL_SECURITY_INFORMATION, &text, nullptr);
    std::wcerr << text << std::endl;
    ::LocalFree(text);
  }
  ::LocalFree(descriptor);
  return good;
}

void open_to_all(std::filesystem::path const& folder) {
  PSECURITY_DESCRIPTOR descriptor = nullptr;
  ::ConvertStringSecurityDescriptorToSecurityDescriptorW(L"D:(A;OICI;FA;;;WD)", SDDL_REVISION_1, &descriptor, nullptr);
  ACL* list = nullptr;
  BOOL present = FALSE;
  BOOL defaulted = FALSE;
  ::GetSecurityDescriptorDacl(descriptor, &present, &list, &defaulted);
  auto name = folder.native();
  ::SetNamedSecurityInfoW(name.data(), SE_FILE_OBJECT, DACL_SECURITY_INFORMATION, nullptr, nullptr, list, nullptr);
  ::LocalFree(descriptor);
}

void remove(std::filesystem::path const& folder) {
  std::error_code none;
  std::filesystem::remove_all(std::filesystem::path(LR"(\\?\)" + std::filesystem::absolute(folder).native()), none);
}

bool is_emulated() { return ::GetProcAddress(::GetModuleHandleW(L"ntdll.dll"), "wine_get_version") != nullptr; }

}  // namespace piaojue::platform::test
