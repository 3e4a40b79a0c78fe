// SPDX-License-Identifier: Apache-2.0
#include "protocol/log/checkpoint.h"

#include <gtest/gtest.h>

namespace piaojue::log {
namespace {

constexpr std::string_view kOrigin = "piaojue/00112233445566778899aabbccddeeff";
constexpr std::string_view kDash = "\xE2\x80\x94 ";

struct CheckpointNote : testing::Test {
  static void SetUpTestSuite() { piaojue::init(); }
  crypto::SigningKey key = crypto::SigningKey::from_seed(Secret::copy_of(Bytes(32, 7))).value();
  Checkpoint checkpoint{std::string(kOrigin), 42, crypto::sha256({as_bytes("root")})};
  std::string note = sign_checkpoint(checkpoint, key);

  /// A note of any body with a signature that does cover it: what only the owner of the key can make, and what a
  /// verifier must refuse all the same, because two spellings of one checkpoint would be two messages.
  std::string signed_body(std::string const& body, std::string_view name = kOrigin) const {
    Bytes blob;
    piaojue::append(blob, key_id(name, 0x01, key.public_key()));
    piaojue::append(blob, key.sign({as_bytes(body)}).view());
    return body + "\n" + std::string(kDash) + std::string(name) + " " + to_base64(blob) + "\n";
  }
  void expect_refused(std::string const& altered, Refusal why = Refusal::kMalformed) const {
    auto const opened = open_checkpoint(altered, kOrigin, key.public_key());
    ASSERT_TRUE(opened.has_error()) << altered;
    EXPECT_EQ(opened.error(), why) << altered;
  }
  std::string root_line() const { return to_base64(checkpoint.root.view()); }
};

std::string replaced(std::string text, std::string_view from, std::string_view to) {
  auto const at = text.find(from);
  EXPECT_NE(at, std::string::npos);
  return text.replace(at, from.size(), to);
}

crypto::SigningPublicKey public_key(std::string_view base64_of_type_and_key) {
  auto const bytes = *from_base64(base64_of_type_and_key);
  return *crypto::SigningPublicKey::from(ByteView(bytes).subspan(1));
}

// ---- Known answers ------------------------------------------------------------------------------------------------

// The example of C2SP signed-note and the test keys of Go's sumdb/note. A key id of our own kind would make our notes
// unreadable for every other tool.
TEST(CheckpointKnownAnswer, KeyIdsArePublishedOnes) {
  auto const id = [](std::string_view name, std::uint8_t type, std::string_view key) {
    return to_hex(key_id(name, type, public_key(key)));
  };
  EXPECT_EQ(id("example.com/foo", 0x01, "AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k"), "530d903a");
  EXPECT_EQ(id("PeterNeumann", 0x01, "ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"), "c74f20a3");
  EXPECT_EQ(id("EnochRoot", 0x01, "ATtqJ7zOtqQtYqOo0CpvDXNlMhV3HeJDpjrASKGLWdop"), "af0cfe78");
  EXPECT_EQ(id("remora.n621.de", 0x04, "BOvN63jn/bLvkieywe8R6UYAtVtNbZpXh34x7onlmtw2"), "da77ade7");
}

// Go's sumdb/note publishes this private key and note. Ed25519 is deterministic: the same text gives the same line.
TEST(CheckpointKnownAnswer, SignatureOfTheGoExampleIsReproduced) {
  piaojue::init();
  auto const seed = *from_base64("AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz");
  auto const key = crypto::SigningKey::from_seed(Secret::copy_of(ByteView(seed).subspan(1))).value();
  std::string_view const text =
      "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n";
  Bytes blob;
  piaojue::append(blob, key_id("PeterNeumann", 0x01, key.public_key()));
  piaojue::append(blob, key.sign({as_bytes(text)}).view());
  EXPECT_EQ(to_base64(blob),
            "x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=");
}

// A checkpoint that a public Certificate Transparency log signed (its Ed25519 line).
TEST(CheckpointKnownAnswer, CheckpointOfAPublicLogOpens) {
  piaojue::init();
  std::string_view const origin = "arche2025h1.staging.ct.transparency.dev";
  std::string const note =
      "arche2025h1.staging.ct.transparency.dev\n1432088532\nU7WM79jrzyhGZ5/GUBTpM7NzwdyfFx61t3RovgcC4Ro=\n\n"
      "\xE2\x80\x94 arche2025h1.staging.ct.transparency.dev "
      "ui8GwCF1+kWqZrxGdhj4aX3gcw7XUlXQQabg/27lefwhUkzbC3NygNI75MdhL1bfTW9g8Ei59RA23oHP7Ry1k3ZFWwQ=\n";
  auto const opened = open_checkpoint(note, origin, public_key("AU0vHmlGCS/PdN8b2OaGmKprLI8HKM+dJ472xgFYh15f"));
  ASSERT_TRUE(opened);
  EXPECT_EQ(opened->size, 1432088532U);
}

// ---- Round trip and form ------------------------------------------------------------------------------------------

TEST_F(CheckpointNote, OpensToWhatWasSigned) {
  EXPECT_EQ(checkpoint.body(), std::string(kOrigin) + "\n42\n" + root_line() + "\n");
  EXPECT_EQ(open_checkpoint(note, kOrigin, key.public_key()).value(), checkpoint);
  EXPECT_EQ(note, signed_body(checkpoint.body()));
}

TEST_F(CheckpointNote, EverySizeOfSixtyFourBitsIsCarried) {
  for (std::uint64_t size : {std::uint64_t{0}, std::uint64_t{1}, std::uint64_t{10}, ~std::uint64_t{0}}) {
    checkpoint.size = size;
    EXPECT_EQ(open_checkpoint(sign_checkpoint(checkpoint, key), kOrigin, key.public_key()).value().size, size);
  }
}

// Every byte matters: there is no second note for one checkpoint.
TEST_F(CheckpointNote, NoteWithAnyByteAlteredIsRefused) {
  for (std::size_t at = 0; at < note.size(); ++at) {
    for (int bit : {0, 1, 5, 7}) {
      std::string altered = note;
      altered[at] = static_cast<char>(altered[at] ^ (1 << bit));
      EXPECT_TRUE(open_checkpoint(altered, kOrigin, key.public_key()).has_error()) << "byte " << at << " bit " << bit;
    }
  }
}

TEST_F(CheckpointNote, EveryTruncationIsRefused) {
  for (std::size_t length = 0; length < note.size(); ++length) expect_refused(note.substr(0, length));
}

TEST_F(CheckpointNote, NoteOfAnotherKeyIsRefused) {
  auto const other = crypto::SigningKey::generate();
  auto const opened = open_checkpoint(note, kOrigin, other.public_key());
  ASSERT_TRUE(opened.has_error());
  EXPECT_EQ(opened.error(), Refusal::kBadSignature);
  // The key id of the right key over a signature of another one.
  Bytes blob;
  piaojue::append(blob, key_id(kOrigin, 0x01, key.public_key()));
  piaojue::append(blob, other.sign({as_bytes(checkpoint.body())}).view());
  expect_refused(checkpoint.body() + "\n" + std::string(kDash) + std::string(kOrigin) + " " + to_base64(blob) + "\n",
                 Refusal::kBadSignature);
}

// A checkpoint of another meeting must not pass for one of this meeting.
TEST_F(CheckpointNote, OriginOfAnotherMeetingIsRefused) {
  checkpoint.origin = "piaojue/ffeeddccbbaa99887766554433221100";
  expect_refused(sign_checkpoint(checkpoint, key));
  expect_refused(signed_body(checkpoint.body()));
  auto const nothing = open_checkpoint("\n42\n" + root_line() + "\n\n", "", key.public_key());
  EXPECT_EQ(nothing.error(), Refusal::kMalformed);
}

TEST_F(CheckpointNote, SignatureLineUnderAnotherNameIsRefused) {
  expect_refused(signed_body(checkpoint.body(), "piaojue/someone"));
  expect_refused(signed_body(checkpoint.body(), std::string(kOrigin) + "0"));
  expect_refused(signed_body(checkpoint.body(), kOrigin.substr(0, kOrigin.size() - 1)));
}

TEST_F(CheckpointNote, SignatureLineMustBeginWithEmDashAndSpace) {
  expect_refused(replaced(note, kDash, "- "));
  expect_refused(replaced(note, kDash, "\xE2\x80\x93 "));         // en dash
  expect_refused(replaced(note, kDash, "\xE2\x80\x94"));          // no space
  expect_refused(replaced(note, kDash, "\xE2\x80\x94  "));        // two spaces
  expect_refused(replaced(note, kDash, "\xE2\x80\x94\xC2\xA0"));  // no-break space
  expect_refused(replaced(note, kDash, " \xE2\x80\x94 "));
}

// Cosignatures are kept beside the note; a second line would also let a relay attach anything to a valid note.
TEST_F(CheckpointNote, SecondSignatureLineIsRefused) {
  std::string const line = note.substr(note.find(kDash));
  expect_refused(note + line);
  expect_refused(note + std::string(kDash) + "witness AAAA\n");
}

TEST_F(CheckpointNote, NoteWithoutSignatureLineIsRefused) {
  expect_refused(checkpoint.body());
  expect_refused(checkpoint.body() + "\n");
}

TEST_F(CheckpointNote, ExtensionAndMissingLinesAreRefusedThoughSigned) {
  expect_refused(signed_body(checkpoint.body() + "extension\n"));
  expect_refused(signed_body(std::string(kOrigin) + "\n42\n"));
  expect_refused(signed_body(std::string(kOrigin) + "\n" + root_line() + "\n42\n"));
  expect_refused(signed_body("\n" + checkpoint.body()));
  expect_refused(note + "\n");
  expect_refused(note + " ");
  expect_refused("\n" + note);
  expect_refused(replaced(note, "\n\n", "\n"));
  expect_refused(replaced(note, "\n\n", "\n\n\n"));
  expect_refused(note.substr(0, note.size() - 1));
}

// One number, one spelling.
TEST_F(CheckpointNote, SizeInAnotherSpellingIsRefusedThoughSigned) {
  for (std::string size : {"042", "00", "+42", "-42", " 42", "42 ", "0x2a", "4_2", "4.2e1", "", "18446744073709551616",
                           "99999999999999999999999999", "4\xEF\xBC\x92"}) {
    expect_refused(signed_body(std::string(kOrigin) + "\n" + size + "\n" + root_line() + "\n"));
  }
}

TEST_F(CheckpointNote, RootInAnotherSpellingIsRefusedThoughSigned) {
  std::string const root = root_line();
  auto const with_root = [&](std::string const& text) {
    return signed_body(std::string(kOrigin) + "\n42\n" + text + "\n");
  };
  ASSERT_TRUE(open_checkpoint(with_root(root), kOrigin, key.public_key()));
  expect_refused(with_root(root.substr(0, root.size() - 1)));  // no padding
  // The last character carries two unused bits: with one of them set it decodes to the same bytes elsewhere.
  std::string_view const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string loose = root;
  loose[42] = alphabet[alphabet.find(root[42]) | 1];
  ASSERT_NE(loose, root);
  expect_refused(with_root(loose));
  expect_refused(with_root(root + "="));
  expect_refused(with_root(root + " "));
  expect_refused(with_root(""));
  expect_refused(with_root(to_base64(Bytes(31, 1))));
  expect_refused(with_root(to_base64(Bytes(33, 1))));
  expect_refused(with_root(to_hex(checkpoint.root.view())));
  checkpoint.root.data.fill(0xFF);  // '/' and its URL-safe twin '_'
  std::string url_safe = root_line();
  std::ranges::replace(url_safe, '/', '_');
  expect_refused(with_root(url_safe));
}

TEST_F(CheckpointNote, CarriageReturnsAreRefusedThoughSigned) {
  std::string crlf;
  for (char c : checkpoint.body()) crlf += c == '\n' ? std::string("\r\n") : std::string(1, c);
  expect_refused(signed_body(crlf));
  std::string whole;
  for (char c : note) whole += c == '\n' ? std::string("\r\n") : std::string(1, c);
  expect_refused(whole);
  expect_refused(replaced(note, "\n\n", "\n\r\n"));
  expect_refused(note.substr(0, note.size() - 1) + "\r\n");
}

TEST_F(CheckpointNote, SignatureBlobOfAnotherLengthOrSpellingIsRefused) {
  auto const at = note.rfind(' ') + 1;
  std::string const blob_text = note.substr(at, note.size() - at - 1);
  auto blob = *from_base64(blob_text);
  auto const with_blob = [&](std::string const& text) { return note.substr(0, at) + text + "\n"; };
  ASSERT_EQ(with_blob(blob_text), note);
  blob.push_back(0);
  expect_refused(with_blob(to_base64(blob)));
  blob.resize(67);
  expect_refused(with_blob(to_base64(blob)));
  expect_refused(with_blob(""));
  expect_refused(with_blob(blob_text + " "));
  expect_refused(with_blob(blob_text + " " + blob_text));
}

TEST_F(CheckpointNote, NoteOverTheLimitIsRefused) {
  expect_refused(note + std::string(kNoteBytesMax, 'x'), Refusal::kTooLarge);
  std::string const long_origin(kNoteBytesMax, 'o');
  checkpoint.origin = long_origin;
  auto const opened = open_checkpoint(sign_checkpoint(checkpoint, key), long_origin, key.public_key());
  EXPECT_EQ(opened.error(), Refusal::kTooLarge);
}

}  // namespace
}  // namespace piaojue::log
