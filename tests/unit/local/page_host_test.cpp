// SPDX-License-Identifier: Apache-2.0
/// Which files the page's host may hand out. What HTTP decides is tested on real sockets:
/// tests/functional/page_test.py.
#include "local/page_host.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "base/platform/process.h"

namespace piaojue::local {
namespace {

// Harm: a path that climbs out of the page's folder reads this person's keys.
TEST(PageHost, OnlyPlainPathsNameFiles) {
  for (auto const* path : {"index.html", "screens/vote.js", "vendor/preact-hooks.js", "a_b/C-1.css",
                           "reader/pdf/cmaps/UniGB-UCS2-H.bcmap"}) {
    EXPECT_TRUE(is_asset_path(path)) << path;
  }
  for (std::string const& path : std::vector<std::string>{
           "", "/index.html", "../profile.blob", "screens/../../x.js", "screens//x.js", ".hidden.js", "screens/.x.js",
           "a%2e.js", "a\\b.js", "a b.js", "x.js?y", "文.js", std::string("a\0.js", 5)}) {
    EXPECT_FALSE(is_asset_path(path)) << path;
  }
  EXPECT_FALSE(is_asset_path(std::string(1000, 'a')));
}

TEST(PageHost, OnlyKnownKindsOfFilesAreServed) {
  EXPECT_EQ(asset_type("index.html"), "text/html; charset=utf-8");
  EXPECT_EQ(asset_type("screens/x.js"), "text/javascript; charset=utf-8");
  EXPECT_EQ(asset_type("reader/pdf/cmaps/UniGB-UCS2-H.bcmap"), "application/octet-stream");
  for (auto const* path : {"package.json", "keys.blob", "x", "x.JS", "js"}) EXPECT_FALSE(asset_type(path)) << path;
}

TEST(PageHost, ADevelopersFolderComesBeforeWhatIsBuiltIn) {
  auto const folder =
      std::filesystem::temp_directory_path() / ("piaojue-assets-" + std::to_string(platform::process_number()));
  std::filesystem::create_directories(folder);
  std::ofstream(folder / "index.html") << "from disk";
  std::ofstream(folder / "secret.blob") << "not for anybody";
  auto const assets = assets_from(folder.string(), [](std::string_view) { return Asset{"text/css", "built in"}; });
  EXPECT_EQ(assets("index.html").value().bytes, "from disk");
  EXPECT_EQ(assets("other.css").value().bytes, "built in");
  EXPECT_FALSE(assets("secret.blob"));
  EXPECT_FALSE(assets("../etc/passwd.html"));
  std::filesystem::remove_all(folder);
}

}  // namespace
}  // namespace piaojue::local
