// SPDX-License-Identifier: Apache-2.0
#include "crypto/own_program.h"

#include <gtest/gtest.h>
#include <openssl/evp.h>

#include <filesystem>
#include <fstream>
#include <iterator>

#include "base/platform/child.h"
#include "base/platform/process.h"
#include "crypto/init.h"

namespace piaojue::crypto {
namespace {

// Harm: the number on the screen is that of another file, and an exchanged program passes for the one that was given.
TEST(OwnProgram, TheHashIsThatOfItsFile) {
  std::ifstream file(platform::own_program(), std::ios::binary);
  std::string const all{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  ASSERT_GT(all.size(), 100'000U);
  EXPECT_EQ(own_file_hash(), sha256({as_bytes(all)}));
}

// Harm: what a machine's openssl.cnf says to other programs takes an algorithm away, or brings code in.
TEST(OwnProgram, ReadsNoSettingsOfOpenssl) {
  if (platform::variable("OPENSSL_CONF")) {
    init();
    EXPECT_EQ(sha256({}).data[0], 0xe3);
    EXPECT_EQ(EVP_default_properties_is_fips_enabled(nullptr), 0);
    return;
  }
  auto const settings =
      std::filesystem::temp_directory_path() / ("openssl-" + std::to_string(platform::process_number()));
  std::ofstream(settings) << "openssl_conf = all\n[all]\nalg_section = evp\n[evp]\ndefault_properties = fips=yes\n";
  platform::set_variable("OPENSSL_CONF", settings.string());
  auto const ran =
      platform::run_to_end({platform::own_program(), {"--gtest_filter=OwnProgram.ReadsNoSettingsOfOpenssl"}});
  platform::set_variable("OPENSSL_CONF", std::nullopt);
  std::filesystem::remove(settings);
  ASSERT_TRUE(ran);
  EXPECT_EQ(ran->code, 0) << ran->out << ran->err;
}

// Harm: two builds from different sources show the same build, or a library's.
TEST(OwnProgram, TheBuildIsInItsFileOnce) {
  auto const id = own_build_id();
  ASSERT_GE(id.size(), 16U);
  std::ifstream file(platform::own_program(), std::ios::binary);
  std::string const all{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  // As the linker writes it. ELF: sizes of name and content, the kind, the name; of Windows: what a debugger looks for.
  auto const number = std::string(as_text(id));
  auto const elf = std::string("\4\0\0\0\x14\0\0\0\3\0\0\0GNU\0", 16) + number;
  EXPECT_NE(std::min(all.find(elf), all.find("RSDS" + number)), std::string::npos);
}

TEST(OwnProgram, LinesSayWhatIsAskedFor) {
  auto const brief = about_program("piaojue 1.2.3", WithHash::kNo);
  std::string const head = "piaojue 1.2.3\nbuild ";
  ASSERT_TRUE(brief.starts_with(head) && brief.size() > head.size()) << brief;
  EXPECT_EQ(brief.find_first_not_of("0123456789abcdef", head.size()), std::string::npos) << brief;
  EXPECT_EQ(about_program("piaojue 1.2.3", WithHash::kYes), brief + "\nsha256 " + to_hex(own_file_hash()->view()));
}

}  // namespace
}  // namespace piaojue::crypto
