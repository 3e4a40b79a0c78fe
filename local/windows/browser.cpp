// SPDX-License-Identifier: Apache-2.0
#include "local/browser.h"

// First: it declares what the others want.
#include <windows.h>
// Programs for a kind of address, and what they are started with.
#include <objbase.h>
#include <shellapi.h>

#include "strings/local.h"

namespace piaojue::local {

Explained<void> open_browser(std::string const& url) {
  // An address of ours is of plain letters (page_host.cpp).
  std::wstring const address(url.begin(), url.end());
  bool const apartment = SUCCEEDED(::CoInitializeEx(nullptr, COINIT_APARTMENTTHREADED | COINIT_DISABLE_OLE1DDE));
  SHELLEXECUTEINFOW what{};
  what.cbSize = sizeof what;
  // It answers when it has been decided who opens it, and asks nobody.
  what.fMask = SEE_MASK_NOASYNC | SEE_MASK_FLAG_NO_UI;
  what.lpVerb = L"open";
  what.lpFile = address.c_str();
  what.nShow = SW_SHOWNORMAL;
  bool const opened = ::ShellExecuteExW(&what) != 0;
  if (apartment) ::CoUninitialize();
  if (!opened) return Explanation(strings::local::kBrowserNone);
  return {};
}

}  // namespace piaojue::local
