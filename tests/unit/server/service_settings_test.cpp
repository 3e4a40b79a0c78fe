// SPDX-License-Identifier: Apache-2.0
/// What a node is given before it knows a database: its file, its key, and keys that are sealed under it.
#include "server/service_settings.h"

#include <sys/stat.h>

#include "crypto/seal.h"
#include "served.h"
#include "server/directory_lock.h"
#include "server/key_bundle.h"

namespace piaojue::server::test {
namespace {

std::string const kService =
    "name = \"a\"\nlisten = \"127.0.0.1:7501\"\naddress = \"127.0.0.1:7501\"\n"
    "database = \"postgresql://u:very-secret@127.0.0.1/db\"\nservice_key = \"service.key\"\n";

std::string fault(std::string const& toml) {
  auto const read = parse_service(toml, "/etc/piaojue");
  return read ? std::string() : read.error().in(Lang::kEn);
}

// Harm: a node that runs with another bound, or tells laptops another address, than its operator wrote.
TEST(ServiceToml, EveryFaultNamesItsKeyAndNoPassword) {
  ASSERT_EQ(fault(kService), "");
  for (auto const& [line, key] : std::vector<std::pair<std::string, std::string>>{
           {"nam = \"b\"\n", "nam "},
           {"addresses = [\"nowhere\"]\n", "addresses"},
           {"addresses = \"127.0.0.1:1\"\n", "addresses"},
           {"addresses = [\"node_1:07443\"]\n", "addresses"},
           {"proxies = [1]\n", "proxies"},
           {"monitor = \"9501\"\n", "monitor"},
           {"[limits]\nmeetings = 0\n", "limits.meetings"},
           {"[limits]\nmeeting_mib = 0\n", "limits.meeting_mib"},
           {"[limits]\ndatabase_connections = 3\n", "limits.database_connections"},
           {"[limits]\noffice_mib = 0\n", "limits.office_mib"},
           {"[limits]\noffice_mib = 17592186044417\n", "limits.office_mib"},  // in bytes it would be 2^20
           {"offices = \"no\"\n", "offices"},
           {"[limits]\nsession = 5\n", "limits.session "}}) {
    auto const said = fault(kService + line);
    EXPECT_NE(said.find(key), std::string::npos) << line << said;
    EXPECT_EQ(said.find("very-secret"), std::string::npos);
  }
  EXPECT_NE(fault("name = \"a\"\n").find("listen"), std::string::npos) << "what is missing is named";
  EXPECT_EQ(parse_service(kService, "/etc/piaojue")->service_key, "/etc/piaojue/service.key");
  EXPECT_EQ(parse_service(kService, ".")->addresses, std::vector<std::string>{"127.0.0.1:7501"})
      << "laptops are told this node where nothing else is said";
  EXPECT_TRUE(parse_service(kService, ".")->offices);
  EXPECT_FALSE(parse_service(kService + "offices = false\n", ".")->offices);
  EXPECT_EQ(parse_service(kService, ".")->office_bytes_max, 16ULL << 30);
  EXPECT_EQ(parse_service(kService + "[limits]\noffice_mib = 100000\n", ".")->office_bytes_max, 100'000ULL << 20);
}

// Harm: every user of the machine opens the keys of every meeting.
TEST(ServiceKey, IsNotTakenFromAFileThatOthersCanRead) {
  piaojue::init();
  Folder folder;
  auto const path = folder.path() / "service.key";
  ASSERT_TRUE(make_service_key(path));
  EXPECT_TRUE(read_service_key(path));
  EXPECT_FALSE(make_service_key(path)) << "a key that meetings are sealed under is not written over";
  ASSERT_EQ(::chmod(path.c_str(), 0640), 0);
  auto const open = read_service_key(path);
  ASSERT_FALSE(open);
  EXPECT_NE(open.error().in(Lang::kEn).find("chmod 600"), std::string::npos);
}

Keys some_keys() {
  auto authority = must(net::make_authority("piaojue meeting", {1, 2'000'000'000}));
  auto tls = must(net::make_server_certificate(authority, "127.0.0.1", {1, 2'000'000'000}));
  return {std::move(authority),           std::move(tls),
          crypto::SigningKey::generate(), crypto::SigningKey::generate(),
          crypto::BoxKey::generate(),     Secret::random(crypto::kSealKeyBytes)};
}

// Harm: whoever writes into the database puts the keys of a meeting of his own under the number of another one.
TEST(KeyBundle, OpensUnderItsKeyAndForItsMeetingOnly) {
  piaojue::init();
  auto const key = Secret::random(crypto::kSealKeyBytes);
  auto const keys = some_keys();
  auto sealed = seal_keys(key, 12, keys);
  auto const opened = unseal_keys(key, 12, sealed);
  ASSERT_TRUE(opened);
  EXPECT_TRUE(opened->seal.equals(keys.seal.view()));
  EXPECT_EQ(opened->server.public_key(), keys.server.public_key());
  EXPECT_EQ(opened->checkpoint.public_key(), keys.checkpoint.public_key());
  EXPECT_EQ(opened->box.public_key(), keys.box.public_key());
  EXPECT_EQ(opened->tls.certificate_pem, keys.tls.certificate_pem);
  EXPECT_TRUE(opened->authority.key_pem.equals(keys.authority.key_pem.view()));

  EXPECT_EQ(unseal_keys(key, 13, sealed).error(), Refusal::kMalformed) << "another meeting";
  EXPECT_EQ(unseal_keys(Secret::random(crypto::kSealKeyBytes), 12, sealed).error(), Refusal::kMalformed);
  for (std::size_t at : {std::size_t{0}, sealed.size() / 2, sealed.size() - 1}) {
    auto altered = sealed;
    altered[at] ^= 1;
    EXPECT_FALSE(unseal_keys(key, 12, altered)) << at;
  }
  EXPECT_FALSE(unseal_keys(key, 12, ByteView(sealed).first(sealed.size() - 1)));
  EXPECT_FALSE(unseal_keys(key, 12, {}));
}

// Harm: a meeting that was taken into a service is served from its old directory too: two servers, two logs.
TEST(DirectoryLock, RefusesAMeetingThatAServiceHas) {
  Folder folder;
  Directory const directory(folder.path() / "server");
  ASSERT_TRUE(init_directory(directory, folder.input(), static_cast<std::uint64_t>(std::time(nullptr))));
  ASSERT_TRUE(lock(directory));
  EXPECT_FALSE(adoption_of(directory));
  ASSERT_TRUE(mark_adopted(directory, {"ab01", false}));
  EXPECT_EQ(adoption_of(directory)->database, "ab01");
  EXPECT_FALSE(adoption_of(directory)->done);
  ASSERT_TRUE(mark_adopted(directory, {"ab01", true})) << "can be repeated";
  EXPECT_TRUE(adoption_of(directory)->done);
  auto const refused = lock(directory);
  ASSERT_FALSE(refused);
  EXPECT_NE(refused.error().in(Lang::kEn).find("taken into a service"), std::string::npos);
  EXPECT_FALSE(check_own(directory));
  EXPECT_TRUE(lock_to_adopt(directory));
}

}  // namespace
}  // namespace piaojue::server::test
