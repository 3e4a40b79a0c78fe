// SPDX-License-Identifier: Apache-2.0
#pragma once
/// Reads a file of known answers, which stands beside the script that made it.
#include <gtest/gtest.h>

#include <boost/json.hpp>
#include <fstream>
#include <sstream>

#include "base/secret.h"
#include "support/paths.h"

namespace piaojue::test {

inline boost::json::value read_vectors(std::string const& name) {
  std::ifstream file(source_dir() + "/tests/vectors/" + name);
  EXPECT_TRUE(file) << name;
  std::stringstream text;
  text << file.rdbuf();
  return boost::json::parse(text.str());
}

inline std::string text_at(boost::json::value const& row, std::string_view field) {
  return std::string(row.at(field).as_string());
}
inline Bytes bytes_of(boost::json::value const& hex) { return from_hex(hex.as_string()).value(); }
inline Bytes bytes_at(boost::json::value const& row, std::string_view field) { return bytes_of(row.at(field)); }
inline Secret secret_of(boost::json::value const& hex) { return Secret::copy_of(bytes_of(hex)); }
template <class T>
T fixed_at(boost::json::value const& row, std::string_view field) {
  return T::from(bytes_at(row, field)).value();
}

}  // namespace piaojue::test
