// SPDX-License-Identifier: Apache-2.0
#pragma once
/// JSON with a passphrase in it: everything that the parser keeps lies in memory that is locked, and wiped at the end.
#include <boost/json.hpp>
#include <optional>

#include "base/secret.h"

namespace piaojue::local {

class WipedJson {
 public:
  /// @return the object, or nothing: no object, or more than this memory holds. Valid as long as this is.
  boost::json::object const* parse(std::string_view text) {
    boost::json::parser parser(&resource_);
    parser.reset(&resource_);
    boost::system::error_code error;
    try {
      parser.write(text.data(), text.size(), error);
      if (error) return nullptr;
      value_.emplace(parser.release());
    } catch (std::exception const&) {
      return nullptr;
    }
    return value_->if_object();
  }
  /// Empty if there is no such text.
  static std::string_view text(boost::json::object const& from, std::string_view name) {
    auto const* const value = from.if_contains(name);
    return value != nullptr && value->is_string() ? std::string_view(value->get_string()) : std::string_view();
  }

 private:
  static constexpr std::size_t kBytes = 512U << 10;
  Secret memory_{kBytes};
  boost::json::static_resource resource_{memory_.data(), kBytes};
  std::optional<boost::json::value> value_;
};

}  // namespace piaojue::local
