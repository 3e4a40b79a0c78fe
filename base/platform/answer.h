// SPDX-License-Identifier: Apache-2.0
#pragma once
/// How a call of the operating system ends: a value, or the system's own reason. Headers of base/platform say the same
/// on every system; posix/ and windows/ do it, and CMake takes one of them. Nothing here knows a sentence for people:
/// rooms above put a reason into theirs.
#include <boost/system/result.hpp>
#include <string>
#include <system_error>

namespace piaojue::platform {

template <class T>
using Answer = boost::system::result<T, std::error_code>;

/// In the system's words, UTF-8, without an end of line: "No space left on device". Compare codes with std::errc.
std::string reason(std::error_code const& error);

}  // namespace piaojue::platform
