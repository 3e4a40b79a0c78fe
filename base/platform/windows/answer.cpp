// SPDX-License-Identifier: Apache-2.0
#include "base/platform/answer.h"

#include "base/platform/windows/system.h"

namespace piaojue::platform {

std::string reason(std::error_code const& error) {
  if (error.category() != std::system_category()) return error.message();
  wchar_t* text = nullptr;
  auto const units =
      ::FormatMessageW(FORMAT_MESSAGE_ALLOCATE_BUFFER | FORMAT_MESSAGE_FROM_SYSTEM | FORMAT_MESSAGE_IGNORE_INSERTS,
                       nullptr, static_cast<DWORD>(error.value()), 0, reinterpret_cast<wchar_t*>(&text), 0, nullptr);
  auto out = narrow({text, units});
  ::LocalFree(text);
  while (!out.empty() && (out.back() == '\n' || out.back() == '\r' || out.back() == '.' || out.back() == ' ')) {
    out.pop_back();
  }
  return out.empty() ? "error " + std::to_string(error.value()) : out;
}

}  // namespace piaojue::platform
