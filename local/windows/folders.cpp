// SPDX-License-Identifier: Apache-2.0
#include "local/folders.h"

// First: it declares what the others want.
#include <windows.h>
// Folders by what they are for.
#include <initguid.h>
#include <knownfolders.h>
#include <objbase.h>
#include <shlobj.h>

#include <filesystem>

namespace piaojue::local {
namespace {

std::filesystem::path known(KNOWNFOLDERID const& which) {
  wchar_t* text = nullptr;
  std::filesystem::path out;
  if (::SHGetKnownFolderPath(which, KF_FLAG_DEFAULT, nullptr, &text) == S_OK) out = text;
  ::CoTaskMemFree(text);
  return out;
}

}  // namespace

std::string own_folder(std::string_view name) {
  auto const data = known(FOLDERID_LocalAppData);
  return data.empty() ? std::string() : (data / name).string();
}

std::string visible_folder() { return known(FOLDERID_Documents).string(); }

}  // namespace piaojue::local
