// SPDX-License-Identifier: Apache-2.0
/// The candidates' files on a laptop: fetched in pieces, checked, sealed, and gone when the meeting is.
#include <gtest/gtest.h>
#include <unistd.h>

#include <fstream>

#include "client/material_folder.h"
#include "session_fixture.h"

namespace piaojue::test {
namespace {

namespace fs = std::filesystem;
namespace wire = server::wire;
using client::MaterialFolder;
using client::MaterialKey;

std::string const kMarker = "the words of a dossier";

/// A file of some pieces, all of it other bytes.
std::string dossier(std::size_t bytes = 2 * kAttachmentPieceBytes + 9) {
  std::string out = "%PDF-" + kMarker;
  for (std::size_t i = 0; out.size() < bytes; ++i) out += std::to_string(i);
  out.resize(bytes);
  return out;
}

std::string text_of(fs::path const& path) {
  std::ifstream in(path, std::ios::binary);
  return std::string((std::istreambuf_iterator<char>(in)), {});
}

class MaterialsOnALaptop : public testing::Test {
 protected:
  explicit MaterialsOnALaptop(std::uint64_t bytes_max = MaterialFolder::kBytesMax)
      : path(fs::temp_directory_path() / ("piaojue-cache-" + std::to_string(::getpid()))), folder(path, bytes_max) {}

  void begin(std::vector<std::string> contents) {
    files = std::move(contents);
    for (std::size_t i = 0; i < files.size(); ++i) {
      laptop.meeting.manifest.candidates[0].attachments.push_back(
          {std::to_string(i) + ".pdf", files[i].size(), crypto::sha256({as_bytes(files[i])})});
    }
    laptop.meeting.begin();
    laptop.materials = &folder;
    laptop.instead = [this](wire::Request const& request) -> std::optional<Bytes> {
      auto const* asked = std::get_if<wire::GetAttachment>(&request.what);
      if (!asked) return std::nullopt;
      ++pieces;
      if (refuse) return wire::refused(request.id, *refuse);
      if (silent) return Bytes();
      auto const& file = files.at(asked->attachment);
      return wire::attachment_piece(request.id, as_bytes(file.substr(asked->offset, kAttachmentPieceBytes)));
    };
    laptop.start();
    laptop.connect();
  }
  boost::json::object fetch(std::uint32_t index = 0) {
    laptop.say("attachment 1 " + std::to_string(index));
    return laptop.reply("attachment");
  }
  static std::string code(boost::json::object const& reply) { return std::string(reply.at("code").as_string()); }
  std::size_t on_disk() const {
    std::error_code none;
    return fs::exists(path, none) ? static_cast<std::size_t>(std::distance(fs::directory_iterator(path), {})) : 0;
  }

  fs::path const path;
  MaterialFolder folder;
  std::vector<std::string> files;
  std::size_t pieces = 0;
  std::optional<Refusal> refuse;
  bool silent = false;
  SessionFixture laptop{{.batches = {2}}};
};

// Harm: an expert decides without the dossier; or each look at it takes it from the server again.
TEST_F(MaterialsOnALaptop, AFileIsFetchedInPiecesAndOnce) {
  begin({dossier(), dossier(1)});
  auto const reply = fetch();
  EXPECT_EQ(code(reply), "OK");
  EXPECT_EQ(reply.at("page").as_string(), "files/1/0");
  EXPECT_EQ(pieces, 3u);
  EXPECT_EQ(laptop.seen("attachment").size(), 2u) << "how far it has come";
  EXPECT_EQ(folder.read({1, 0}), files[0]);
  fetch();
  EXPECT_EQ(pieces, 3u);
  EXPECT_EQ(code(fetch(1)), "OK");
  EXPECT_EQ(folder.read({1, 1}), files[1]);
  EXPECT_EQ(code(fetch(2)), "UNKNOWN");
  laptop.say("attachment 9 0");
  EXPECT_EQ(code(laptop.reply("attachment")), "UNKNOWN");
}

// Harm: somebody exchanges a file on the server's disk, and one laptop shows another dossier than the rest.
TEST_F(MaterialsOnALaptop, WhatIsNotTheManifestsIsNeitherShownNorKept) {
  begin({dossier(), dossier()});
  files[0].back() ^= 1;
  auto const reply = fetch();
  EXPECT_EQ(code(reply), "CONFLICT");
  EXPECT_NE(reply.at("detail").as_string().find("0.pdf"), std::string::npos);
  EXPECT_EQ(folder.read({1, 0}), std::nullopt);
  EXPECT_EQ(on_disk(), 0u);
  EXPECT_EQ(code(fetch(1)), "OK") << "the others are not touched";
  files[0].back() ^= 1;
  EXPECT_EQ(code(fetch()), "OK") << "and it can be tried again";
}

// Harm: pieces of a wrong length make a laptop wait for ever, or write without end.
TEST_F(MaterialsOnALaptop, APieceHasTheLengthThatIsDue) {
  begin({dossier()});
  files[0] = files[0].substr(0, kAttachmentPieceBytes + 1);
  EXPECT_EQ(code(fetch()), "CONFLICT");
  files[0] = dossier(4 * kAttachmentPieceBytes);
  EXPECT_EQ(code(fetch()), "CONFLICT");
  refuse = Refusal::kStorage;
  auto const reply = fetch();
  EXPECT_EQ(code(reply), "STORAGE");
  EXPECT_NE(reply.at("detail").as_string().find("server can not read"), std::string::npos);
}

// Harm: whoever takes the laptop's disk, while it runs or after a crash, reads everybody's dossiers.
TEST_F(MaterialsOnALaptop, NothingOnTheDiskCanBeReadWithoutTheProgram) {
  begin({dossier()});
  fetch();
  ASSERT_EQ(on_disk(), 1u);
  auto const file = fs::directory_iterator(path)->path();
  EXPECT_EQ(text_of(file).find(kMarker), std::string::npos);
  EXPECT_EQ(fs::status(path).permissions(), fs::perms::owner_all);
  EXPECT_EQ(fs::status(file).permissions(), fs::perms::owner_read | fs::perms::owner_write);
  EXPECT_EQ(file.filename().string().find(to_hex(crypto::sha256({as_bytes(files[0])}).view())), std::string::npos);
  MaterialFolder next(path);
  EXPECT_EQ(on_disk(), 0u) << "what a crash has left, goes at the next start";
}

// Harm: a file that somebody changes on the laptop's disk is shown as the candidate's.
TEST_F(MaterialsOnALaptop, AChangedOrShortenedCopyIsFetchedAnew) {
  begin({dossier()});
  for (auto const &harm : std::vector<std::function<void(fs::path const&, std::uintmax_t)>>{
           [](fs::path const&file, std::uintmax_t bytes) { fs::resize_file(file, bytes - 1); },
           [](fs::path const&file, std::uintmax_t bytes) { fs::resize_file(file, bytes - 17); },
           [](fs::path const&file, std::uintmax_t bytes) { fs::resize_file(file, bytes + 1); },
           [](fs::path const&file, std::uintmax_t) { fs::resize_file(file, 10); },
           [](fs::path const&file, std::uintmax_t) {
             auto bytes = text_of(file);
             bytes[500] ^= 1;
             std::ofstream(file, std::ios::binary) << bytes;
           }}) {
    fetch();
    ASSERT_EQ(folder.read({1, 0}), files[0]);
    auto const file = fs::directory_iterator(path)->path();
    harm(file, fs::file_size(file));
    EXPECT_EQ(folder.read({1, 0}), std::nullopt);
    folder.fetch_by([](MaterialKey) {});
    EXPECT_EQ(folder.in_front_of({})("files/1/0")->type, "text/html; charset=utf-8") << "a tab sees it come anew";
    fs::remove(file);
  }
}

// Harm: dossiers stay on a laptop that goes to another meeting.
TEST_F(MaterialsOnALaptop, WithTheMeetingTheyAreGone) {
  begin({dossier(), dossier()});
  fetch();
  silent = true;
  laptop.say("attachment 1 1");
  ASSERT_EQ(on_disk(), 2u);
  for (PersonId const p : laptop.meeting.record.signed_in()) must(laptop.meeting.sign_out(p));
  must(laptop.meeting.close_meeting());
  laptop.push();
  EXPECT_EQ(on_disk(), 0u);
  EXPECT_EQ(folder.read({1, 0}), std::nullopt);
  EXPECT_EQ(code(laptop.reply("attachment")), "WRONG_PHASE") << "whoever waits is told";
  EXPECT_EQ(code(fetch()), "WRONG_PHASE");
}

class MaterialsOnASmallDisk : public MaterialsOnALaptop {
 protected:
  MaterialsOnASmallDisk() : MaterialsOnALaptop(3000) {}
};

// Harm: a laptop's disk fills up in the middle of a meeting.
TEST_F(MaterialsOnASmallDisk, TheOldestGoesWhenThereIsNoRoom) {
  begin({dossier(1000), dossier(1001), dossier(1002), dossier(2999)});
  fetch(0);
  fetch(1);
  fetch(0);  // looked at again
  EXPECT_EQ(code(fetch(2)), "OK");
  EXPECT_TRUE(folder.read({1, 0}));
  EXPECT_FALSE(folder.read({1, 1}));
  EXPECT_TRUE(folder.read({1, 2}));
  EXPECT_EQ(on_disk(), 2u);
  auto const reply = fetch(3);
  EXPECT_EQ(code(reply), "STORAGE") << "larger than all the room";
  EXPECT_NE(reply.at("detail").as_string().find("disk"), std::string::npos);
}

// Harm: a file is shown as another kind than it is, or in a place where what is in it can reach the door; a PDF in a
// browser's own viewer leads its reader wherever it wants.
TEST_F(MaterialsOnALaptop, AreServedWithTheTypeOfTheirNameAndAPolicyOfTheirOwn) {
  begin({dossier()});
  auto const assets = folder.in_front_of([](std::string_view asked) {
    return local::Asset{"text/plain", asked == "reader/reader.html" ? "the reader" : "the page's"};
  });
  EXPECT_EQ(assets("index.html")->bytes, "the page's");
  std::vector<MaterialKey> wanted;
  folder.fetch_by([&](MaterialKey key) { wanted.push_back(key); });
  EXPECT_NE(assets("files/1/0")->bytes.find("http-equiv=\"refresh\""), std::string::npos);
  assets("files/1/0");
  EXPECT_EQ(wanted, (std::vector<MaterialKey>{{1, 0}})) << "asked for once, however often the tab asks";
  fetch();
  auto const reader = assets("files/1/0");
  EXPECT_EQ(reader->bytes, "the reader");
  EXPECT_TRUE(reader->policy.starts_with("sandbox allow-scripts allow-same-origin; default-src 'none';"));
  EXPECT_NE(reader->policy.find("connect-src {here}files/1/0/bytes {here}reader/pdf/;"), std::string::npos);
  EXPECT_FALSE(reader->fetch_only);
  EXPECT_TRUE(assets("reader/pdf/worker.js")->policy.starts_with("default-src 'none'; script-src 'wasm-unsafe-eval';"));
  EXPECT_EQ(assets("index.html")->policy, "");
  auto const file = assets("files/1/0/bytes");
  EXPECT_EQ(file->type, "application/octet-stream");
  EXPECT_TRUE(file->fetch_only);
  EXPECT_EQ(file->bytes, files[0]);
  EXPECT_TRUE(file->policy.starts_with("sandbox; default-src 'none';"));
  EXPECT_EQ(file->disposition, "attachment; filename*=UTF-8''0.pdf");
  for (auto const* other : {"files/", "files/1", "files/1/0/", "files/1/-1", "files/../1/0", "files/99999999999/0",
                            "files/1/0/bytes/", "files/1/bytes", "files/bytes"}) {
    EXPECT_EQ(assets(other)->type, "text/html; charset=utf-8") << other;
    EXPECT_EQ(assets(other)->bytes.find("refresh"), std::string::npos) << other;
  }
  EXPECT_EQ(wanted.size(), 1u);
}

}  // namespace
}  // namespace piaojue::test
