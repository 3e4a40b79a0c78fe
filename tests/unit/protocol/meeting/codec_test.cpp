// SPDX-License-Identifier: Apache-2.0
#include "protocol/meeting/codec.h"

#include <numeric>

#include "refused.h"

namespace piaojue::test {
namespace {

Refusal refusal(ByteView entry) { return test::refusal(decode_entry(entry)); }

// ---- Protobuf by hand, so that every other spelling of a value can be written --------------------------------------

Bytes operator+(Bytes a, Bytes const& b) {
  piaojue::append(a, b);
  return a;
}
Bytes varint(std::uint64_t value) {
  Bytes out;
  for (; value >= 0x80; value >>= 7) out.push_back(static_cast<std::uint8_t>(value | 0x80));
  out.push_back(static_cast<std::uint8_t>(value));
  return out;
}
Bytes number(std::uint32_t field, std::uint64_t value) { return varint(field << 3) + varint(value); }
Bytes block(std::uint32_t field, Bytes const& value) { return varint(field << 3 | 2) + varint(value.size()) + value; }
Bytes text(std::uint32_t field, std::string const& value) { return block(field, to_bytes(as_bytes(value))); }

Bytes const kHash(32, 0xaa);
Hash const kHashValue = Hash::from(kHash).value();
Bytes const kSignature(64, 0xbb);
Bytes head(EntryType type) { return number(1, static_cast<std::uint32_t>(type)); }
Bytes signature(std::uint32_t signer) {
  return block(3, (signer ? number(1, signer) : Bytes{}) + block(2, kSignature));
}
Bytes entry_of(EntryType type, Bytes const& body) { return head(type) + block(2, body) + signature(5); }
Bytes sign_in(Bytes const& body) { return entry_of(EntryType::kSignIn, body); }
Bytes const kSignIn = block(1, kHash) + number(2, 7) + number(3, 1);

TEST(Codec, ReadsWhatAnotherEncoderWrites) {
  auto const entry = decode_entry(sign_in(kSignIn));
  ASSERT_TRUE(entry);
  auto const& body = std::get<SignIn>(entry->body);
  EXPECT_EQ(to_bytes(body.meeting.view()), kHash);
  EXPECT_EQ(body.person, 7u);
  EXPECT_EQ(body.sequence, 1u);
  EXPECT_EQ(entry->body_bytes, kSignIn);
  ASSERT_EQ(entry->signatures.size(), 1u);
  EXPECT_EQ(entry->signatures[0].signer, 5u);
}

// Whoever can spell one entry in two ways can show two people two leaves, or hide bytes in a signed record.
TEST(Codec, AnotherSpellingOfTheSameEntryIsRefused) {
  Bytes const good = sign_in(kSignIn);
  auto body = [](Bytes const& bytes) { return refusal(sign_in(bytes)); };
  // Unknown field, in the entry, in the body, in a signature.
  EXPECT_EQ(refusal(good + number(9, 1)), Refusal::kNotCanonical);
  EXPECT_EQ(body(kSignIn + number(9, 1)), Refusal::kNotCanonical);
  EXPECT_EQ(refusal(number(1, 2) + block(2, kSignIn) + block(3, number(1, 5) + block(2, kSignature) + number(3, 1))),
            Refusal::kNotCanonical);
  // A varint with more bytes than it needs: a value, a field number, a length.
  EXPECT_EQ(body(block(1, kHash) + Bytes{0x10, 0x87, 0x00} + number(3, 1)), Refusal::kNotCanonical);
  EXPECT_EQ(body(block(1, kHash) + Bytes{0x90, 0x00, 0x07} + number(3, 1)), Refusal::kNotCanonical);
  EXPECT_EQ(body(Bytes{0x0a, 0xa0, 0x00} + kHash + number(2, 7) + number(3, 1)), Refusal::kNotCanonical);
  // A value beyond 32 bits, which decoders cut off.
  EXPECT_EQ(body(block(1, kHash) + number(2, (1ULL << 32) + 7) + number(3, 1)), Refusal::kNotCanonical);
  // A default that is written.
  EXPECT_EQ(body(block(1, kHash) + number(2, 7) + number(3, 0)), Refusal::kNotCanonical);
  EXPECT_EQ(refusal(entry_of(EntryType::kSignOut, kSignIn + text(4, ""))), Refusal::kNotCanonical);
  // Fields in another order, or twice.
  EXPECT_EQ(body(number(2, 7) + block(1, kHash) + number(3, 1)), Refusal::kNotCanonical);
  EXPECT_EQ(body(block(1, kHash) + number(2, 6) + number(2, 7) + number(3, 1)), Refusal::kNotCanonical);
  EXPECT_EQ(refusal(block(2, kSignIn) + number(1, 2) + block(3, number(1, 5) + block(2, kSignature))),
            Refusal::kNotCanonical);
  // Another wire type for a known field is an unknown field.
  EXPECT_EQ(body(block(1, kHash) + Bytes{0x15, 7, 0, 0, 0} + number(3, 1)), Refusal::kNotCanonical);
  // A group, which C++ takes for an unknown field.
  EXPECT_EQ(body(kSignIn + Bytes{0x4b, 0x4c}), Refusal::kNotCanonical);
  EXPECT_EQ(refusal(good), Refusal{});
}

TEST(Codec, ABooleanIsOneOrZero) {
  auto open_entry = [](std::uint64_t paper) {
    return refusal(entry_of(EntryType::kBatchOpen, block(1, kHash) + number(2, 1) + number(8, paper)));
  };
  EXPECT_EQ(open_entry(1), Refusal{});
  EXPECT_EQ(open_entry(2), Refusal::kNotCanonical);
  EXPECT_EQ(open_entry(0), Refusal::kNotCanonical);
}

TEST(Codec, RepeatedNumbersArePackedInOneField) {
  auto void_entry = [](Bytes const& questions) {
    return refusal(entry_of(EntryType::kVoid, block(1, kHash) + questions + text(3, "r")));
  };
  EXPECT_EQ(void_entry(block(2, {1, 2, 3})), Refusal{});
  EXPECT_EQ(void_entry(number(2, 1) + number(2, 2) + number(2, 3)), Refusal::kNotCanonical);
  EXPECT_EQ(void_entry(block(2, {1, 2}) + block(2, {3})), Refusal::kNotCanonical);
  EXPECT_EQ(void_entry(block(2, {})), Refusal::kNotCanonical);
}

TEST(Codec, BytesThatAreNoMessageAreMalformed) {
  Bytes const good = sign_in(kSignIn);
  // Cut off before its signature it is an entry that nobody signed; anywhere else it is none.
  std::size_t const unsigned_size = 2 + 2 + kSignIn.size();
  for (std::size_t n = 1; n < good.size(); ++n) {
    EXPECT_EQ(refusal(ByteView(good).first(n)), n == unsigned_size ? Refusal{} : Refusal::kMalformed) << n;
  }
  EXPECT_EQ(refusal(good + Bytes{0x00}), Refusal::kMalformed);        // field number 0
  EXPECT_EQ(refusal(good + Bytes{0x0c}), Refusal::kMalformed);        // an end of group that nothing began
  EXPECT_EQ(refusal(good + Bytes{0x1a, 0x7f}), Refusal::kMalformed);  // a length beyond the end
  EXPECT_EQ(refusal(Bytes(11, 0xff)), Refusal::kMalformed);           // a varint without end
  EXPECT_EQ(refusal({}), Refusal::kUnknownType);
}

TEST(Codec, FieldsHaveExactlyTheirLength) {
  for (std::size_t const size : {0, 31, 33, 64}) {
    EXPECT_EQ(refusal(sign_in((size ? block(1, Bytes(size, 1)) : Bytes{}) + number(2, 7))), Refusal::kMalformed)
        << size;
  }
  for (std::size_t const size : {1, 63, 65}) {
    EXPECT_EQ(refusal(number(1, 2) + block(2, kSignIn) + block(3, number(1, 5) + block(2, Bytes(size, 1)))),
              Refusal::kMalformed);
  }
  auto keys = [](std::size_t mix, std::size_t tally, std::size_t pok) {
    return refusal(entry_of(EntryType::kBatchKeys, block(1, kHash) + number(2, 1) + number(3, 1) +
                                                       block(5, number(1, 1) + block(2, Bytes(256, 1))) +
                                                       block(6, Bytes(mix, 1)) + block(7, Bytes(tally, 1)) +
                                                       block(8, Bytes(pok, 1))));
  };
  EXPECT_EQ(keys(32, 32, 64), Refusal{});
  EXPECT_EQ(keys(31, 32, 64), Refusal::kMalformed);
  EXPECT_EQ(keys(32, 33, 64), Refusal::kMalformed);
  EXPECT_EQ(keys(32, 32, 32), Refusal::kMalformed);
  EXPECT_EQ(keys(32, 32, 96), Refusal::kMalformed);
}

// A name or reason is printed and shown: bytes that are no text could show one thing here and another there.
TEST(Codec, TextIsUtf8AndBounded) {
  auto reason = [](std::string const& value) {
    return refusal(entry_of(EntryType::kSignOut, kSignIn + text(4, value)));
  };
  EXPECT_EQ(reason("提前离席"), Refusal{});
  EXPECT_EQ(reason("\xff"), Refusal::kMalformed);
  EXPECT_EQ(reason("\xc0\x80"), Refusal::kMalformed);          // overlong
  EXPECT_EQ(reason("\xed\xa0\x80"), Refusal::kMalformed);      // surrogate
  EXPECT_EQ(reason("\xf4\x90\x80\x80"), Refusal::kMalformed);  // beyond U+10FFFF
  EXPECT_EQ(reason("\xe4\xb8"), Refusal::kMalformed);          // cut off
  EXPECT_EQ(reason(std::string(kTextBytesMax, 'a')), Refusal{});
  EXPECT_EQ(reason(std::string(kTextBytesMax + 1, 'a')), Refusal::kTooLarge);
}

TEST(Codec, ListsAreStrictlyAscending) {
  auto void_entry = [](Bytes const& questions) {
    return refusal(entry_of(EntryType::kVoid, block(1, kHash) + block(2, questions) + text(3, "r")));
  };
  EXPECT_EQ(void_entry({1, 3, 2}), Refusal::kNotCanonical);
  EXPECT_EQ(void_entry({1, 1}), Refusal::kNotCanonical);
  auto row = [](std::uint32_t q) { return block(4, number(1, q) + number(2, 1)); };
  auto confirm = [](Bytes const& rows) {
    return refusal(entry_of(EntryType::kConfirm, block(1, kHash) + number(2, 1) + block(3, kHash) + rows));
  };
  EXPECT_EQ(confirm(row(1) + row(2)), Refusal{});
  EXPECT_EQ(confirm(row(2) + row(1)), Refusal::kNotCanonical);
  EXPECT_EQ(confirm(row(1) + row(1)), Refusal::kNotCanonical);
  auto recusal = [](std::uint32_t p, std::uint32_t q) { return block(6, number(1, p) + number(2, q)); };
  auto open = [](Bytes const& recusals) {
    return refusal(entry_of(EntryType::kBatchOpen, block(1, kHash) + recusals));
  };
  EXPECT_EQ(open(recusal(1, 2) + recusal(2, 1)), Refusal{});
  EXPECT_EQ(open(recusal(2, 1) + recusal(1, 2)), Refusal::kNotCanonical);
  EXPECT_EQ(open(recusal(1, 2) + recusal(1, 2)), Refusal::kNotCanonical);
}

// One signer who counts for two would make one hand of two.
TEST(Codec, SignaturesAreAscendingBySignerAndNoneTwice) {
  auto two = [](std::uint32_t a, std::uint32_t b) {
    return refusal(head(EntryType::kSignOut) + block(2, kSignIn) + signature(a) + signature(b));
  };
  EXPECT_EQ(two(0, 5), Refusal{});
  EXPECT_EQ(two(5, 5), Refusal::kNotCanonical);
  EXPECT_EQ(two(6, 5), Refusal::kNotCanonical);
}

TEST(Codec, TypesAreThoseOfTheTable) {
  for (std::uint32_t const type : {0u, 29u, 127u, 256u + 2u, 0xffffffffu}) {
    Bytes const first = type ? number(1, type) : Bytes{};
    EXPECT_EQ(refusal(first + block(2, kSignIn)), Refusal::kUnknownType) << type;
  }
}

// ---- Bounds, asked before anything is made of the bytes (specification §9.4) ---------------------------------------

/// An entry of so many bytes in all. What its body holds is no matter.
Bytes entry_of_size(EntryType type, std::size_t size) {
  Bytes out = head(type);
  std::size_t const body = size - out.size() - 1 - varint(size).size();
  return out + block(2, Bytes(body, 0x0a));
}

TEST(Bounds, EntriesAreAsLargeAsTheirTypeMayBe) {
  auto const at_limit = [](EntryType type, std::size_t limit) {
    EXPECT_EQ(entry_bytes_max(type), limit) << name(type);
    EXPECT_NE(refusal(entry_of_size(type, limit)), Refusal::kTooLarge) << name(type);
    EXPECT_EQ(refusal(entry_of_size(type, limit + 1)), Refusal::kTooLarge) << name(type);
    EXPECT_EQ(test::refusal(decode_body(type, Bytes(limit + 1))), Refusal::kTooLarge) << name(type);
  };
  for (std::uint32_t n = 1; n <= std::variant_size_v<Body>; ++n) {
    auto const type = static_cast<EntryType>(n);
    switch (type) {
      case EntryType::kMeetingOpen:
      case EntryType::kBallotBox:
        at_limit(type, 24u << 20);
        break;
      case EntryType::kBatchOpen:
      case EntryType::kBatchClose:
      case EntryType::kDeclaration:
      case EntryType::kPaperTally:
      case EntryType::kMeetingClose:
        at_limit(type, 1u << 20);
        break;
      case EntryType::kBatchKeys:
        at_limit(type, 128u << 10);
        break;
      default:
        at_limit(type, 64u << 10);
    }
  }
  EXPECT_EQ(refusal(Bytes(kEntryBytesMax + 1)), Refusal::kTooLarge);
}

// The largest that a lawful meeting makes fit: 255 experts, 100 questions, 7 trustees with keys of 4096 bits.
TEST(Bounds, TheLargestLawfulEntriesFit) {
  Hash const hash = kHashValue;
  std::vector<EntrySignature> everybody;
  for (PersonId p = 1; p <= 255; ++p) everybody.push_back({p, {}});
  auto const fits = [&](Body const& body, bool many) {
    Bytes const entry = encode_entry(type_of(body), encode_body(body), many ? everybody : std::vector{everybody[0]});
    EXPECT_EQ(refusal(entry), Refusal{}) << name(type_of(body)) << ' ' << entry.size();
  };
  std::string const reason(kTextBytesMax, 'r');
  BatchKeys keys{hash, 1, 1, 1, {}, {}, {}, {}};
  BatchOpen open{hash, 1, 1, {}, {}, {}, std::vector<Hash>(kTrusteesMax, hash), false, {}};
  Declaration declaration{hash, {}};
  PaperTally paper{hash, {}};
  BatchClose close{hash, {}, {}};
  Override over{hash, hash, {}, reason};
  EnvelopeSpoil spoil{hash, 1, 15, {}, 300};
  Confirm confirm{hash, 1, hash, {}};
  TallyShare share{hash, 1, hash, {}};
  for (QuestionId q = 4901; q <= 5000; ++q) {
    keys.token_keys[q] = Bytes(512, 0xff);
    open.questions.push_back(q);
    declaration.rows[q] = {255, 255, 255, 255, 255, 255, 255, 255, true, true, true};
    paper.rows[q] = {255, 255, 255, 255, 255, 255, 255};
    spoil.spent[q] = {};
    confirm.rows[q] = ConfirmVerdict::kNotCast;
    share.shares[q] = {};
  }
  for (PersonId p = 146; p <= 400; ++p) {
    open.present.push_back(p);
    close.envelopes[p] = hash;
    over.people[p] = true;
    for (QuestionId const q : open.questions) open.recusals.push_back({p, q});
  }
  fits(keys, false);
  fits(open, true);
  fits(declaration, true);
  fits(paper, true);
  fits(close, true);
  fits(over, true);
  fits(spoil, true);
  fits(confirm, false);
  fits(share, false);
  fits(SignOut{hash, 400, 63, reason, {}, false, 0, {}}, true);
  fits(KeyChange{hash, 400, {}, {}, {}, {}, reason}, true);
  fits(Interview{hash, 5000, reason, hash}, false);
}

// One frame of 11.9 million empty signatures cost 1.9 GB and 5.7 s of everybody's time.
TEST(Bounds, SignaturesAreCountedBeforeAnythingIsMadeOfThem) {
  auto const with = [](EntryType type, std::size_t count, Bytes const& one) {
    Bytes out = head(type) + block(2, kSignIn);
    for (std::size_t i = 0; i < count; ++i) piaojue::append(out, one);
    return out;
  };
  Bytes const empty{0x1a, 0x00};
  EXPECT_EQ(refusal(with(EntryType::kMeetingOpen, 11'900'000, empty)), Refusal::kTooLarge);
  EXPECT_EQ(refusal(with(EntryType::kBallotBox, 11'900'000, empty)), Refusal::kTooLarge);
  EXPECT_EQ(refusal(with(EntryType::kDeclaration, 500'000, empty)), Refusal::kTooLarge);
  EXPECT_EQ(refusal(with(EntryType::kSignOut, 30'000, empty)), Refusal::kTooLarge);
  // In any order, and where the type is not said.
  Bytes first;
  for (std::size_t i = 0; i < 11'900'000; ++i) piaojue::append(first, empty);
  EXPECT_EQ(refusal(first + head(EntryType::kMeetingOpen)), Refusal::kTooLarge);
  EXPECT_EQ(signatures_max(EntryType::kSignIn), 1u);
  EXPECT_EQ(signatures_max(EntryType::kEnvelopeCast), 1u);
  EXPECT_EQ(signatures_max(EntryType::kMeetingClose), kPeopleMax);
  EXPECT_EQ(refusal(with(EntryType::kSignIn, 2, signature(5))), Refusal::kTooLarge);
  Bytes many = head(EntryType::kDeclaration) + block(2, block(1, kHash));
  for (std::uint32_t signer = 1; signer <= kPeopleMax; ++signer) piaojue::append(many, signature(signer));
  EXPECT_EQ(refusal(many), Refusal{});
  piaojue::append(many, signature(kPeopleMax + 1));
  EXPECT_EQ(refusal(many), Refusal::kTooLarge);
}

Bytes times(std::size_t count, Bytes const& one) {
  Bytes out;
  for (std::size_t i = 0; i < count; ++i) piaojue::append(out, one);
  return out;
}

// Nor do empty people, rows, ballots or numbers: of every list, also of one within another.
TEST(Bounds, ElementsOfListsAreCountedBeforeAnythingIsMadeOfThem) {
  auto const body = [](EntryType type, Bytes const& bytes) { return test::refusal(decode_body(type, bytes)); };
  Bytes const ten_million_people = times(10'000'000, {0x5a, 0x00});
  EXPECT_EQ(body(EntryType::kMeetingOpen, ten_million_people), Refusal::kTooLarge);
  EXPECT_EQ(refusal(head(EntryType::kMeetingOpen) + block(2, ten_million_people)), Refusal::kTooLarge);
  EXPECT_EQ(body(EntryType::kBallotBox, times(10'000'000, {0x12, 0x00})), Refusal::kTooLarge);
  // Ballots of one question; and of a hundred times a hundred thousand.
  EXPECT_EQ(body(EntryType::kBallotBox, block(2, times(10'000'000, {0x12, 0x00}))), Refusal::kTooLarge);
  EXPECT_EQ(body(EntryType::kBallotBox, times(100, block(2, times(100'000, {0x12, 0x00})))), Refusal::kTooLarge);
  EXPECT_EQ(body(EntryType::kBallotBox, block(2, times(10'000'000, {0x1a, 0x00}))), Refusal::kTooLarge);
  // Numbers, packed or one by one.
  EXPECT_EQ(body(EntryType::kMeetingOpen, block(12, Bytes(20'000'000, 0x01))), Refusal::kTooLarge);
  EXPECT_EQ(body(EntryType::kMeetingOpen, times(10'000'000, {0x60, 0x01})), Refusal::kTooLarge);
  EXPECT_EQ(body(EntryType::kMeetingOpen, times(2'000, block(14, block(2, Bytes(8'000, 0x01))))), Refusal::kTooLarge);
  EXPECT_EQ(body(EntryType::kVoid, block(2, Bytes(101, 0x01))), Refusal::kTooLarge);
  EXPECT_EQ(body(EntryType::kBatchOpen, times(400'000, {0x3a, 0x00})), Refusal::kTooLarge);
  EXPECT_EQ(body(EntryType::kDeclaration, times(500'000, {0x12, 0x00})), Refusal::kTooLarge);
  EXPECT_EQ(body(EntryType::kEnvelopeSpoil, times(101, {0x22, 0x00})), Refusal::kTooLarge);
  EXPECT_EQ(body(EntryType::kMeetingClose, times(5'001, {0x22, 0x00})), Refusal::kTooLarge);
  // Unknown fields are kept by Protobuf, each dearer than its bytes.
  EXPECT_EQ(body(EntryType::kMeetingOpen, times(10'000'000, {0x78, 0x01})), Refusal::kNotCanonical);
  EXPECT_EQ(body(EntryType::kSignIn, times(10'000, {0x1b, 0x1c})), Refusal::kNotCanonical);
}

TEST(Bounds, ListsOfABatchAreBounded) {
  Bytes questions(kQuestionsPerBatchMax + 1);
  std::iota(questions.begin(), questions.end(), std::uint8_t{1});
  EXPECT_EQ(refusal(entry_of(EntryType::kVoid, block(1, kHash) + block(2, questions) + text(3, "r"))),
            Refusal::kTooLarge);
}

// ---- Every type there and back -------------------------------------------------------------------------------------

template <class T>
T filled(std::uint8_t first) {
  T out;
  std::iota(out.data.begin(), out.data.end(), first);
  return out;
}
Hash const kMeeting = filled<Hash>(1), kOpen = filled<Hash>(2), kOther = filled<Hash>(3);

std::vector<Body> samples() {
  Meeting meeting({.batches = {2, 1}, .exceptional = {2}});
  crypto::elgamal::PokProof const pok{filled<crypto::Scalar>(9), filled<crypto::Scalar>(10)};
  crypto::elgamal::TallyShare const share{filled<Point>(11), {filled<crypto::Scalar>(12), filled<crypto::Scalar>(13)}};
  auto const key = filled<SigningPublicKey>(20), other_key = filled<SigningPublicKey>(21);
  meeting.manifest.candidates[0].opened_before = "2026 年第一次会议";
  meeting.manifest.candidates[0].attachments = {{"论文.pdf", 1ULL << 40, kOther}, {"a.png", 1, kOpen}};
  return {
      meeting.manifest,
      SignIn{kMeeting, 7, 3},
      SignOut{kMeeting, 7, 4, "离席", kOpen, true, 1ULL << 40, kOther},
      Recuse{kMeeting, 7, 2, "亲属", 1},
      KeyChange{kMeeting, 7, key, other_key, filled<BoxPublicKey>(23), filled<Signature>(22), "电脑损坏"},
      Interview{kMeeting, 2, "答辩", kOther},
      BatchKeys{
          kMeeting, 1, 2, 1, {{1, Bytes(256, 7)}, {2, Bytes(256, 8)}}, filled<MixPublicKey>(8), filled<Point>(9), pok},
      BatchOpen{kMeeting, 1, 2, {1, 2}, {1, 3, 300}, {{1, 2}, {3, 1}}, {kOther, kOpen}, true, {kOpen, kOther}},
      TokenRequest{kOpen, 7, 2, kOther},
      TokensIssued{kOpen, 1, 7, 2, kOther},
      EnvelopeCast{kOpen, 7, 1, kOther},
      BatchClose{kOpen, {{1, kOther}, {7, kMeeting}}, {2, 300}},
      IssuanceClosed{kOpen, 2, {{1, 9}, {2, 0}}},
      MixStep{kOpen, 2, {{1, {9, 8}}, {2, {0, 0}}}, kOther},
      BallotBox{kOpen, {{1, {{Bytes(9, 1), Bytes(9, 2)}, {{13, 1}, {15, 2}}}}, {2, {}}}},
      Confirm{
          kOpen, 7, kOther, {{1, ConfirmVerdict::kOk}, {2, ConfirmVerdict::kMissing}, {3, ConfirmVerdict::kNotCast}}},
      Override{kOpen, kOther, {{1, false}, {7, true}}, "无响应"},
      TallyShare{kOpen, 2, kOther, {{1, share}, {2, share}}},
      Declaration{
          kOpen,
          {{1, {25, 17, 3, 2, 1, 1, 1, 17, true, false, true}}, {2, {25, 17, 8, 0, 0, 0, 0, 17, false, true, false}}}},
      Erased{kOpen, 2},
      Void{kOpen, {1, 2}, "程序原因"},
      PaperTally{kOpen, {{1, {10, 9, 8, 1, 5, 2, 1}}}},
      Incident{kOpen, 7, 4, kOther},
      MeetingClose{kMeeting, 1ULL << 40, kOther, {kOpen, kOther}},
      TrusteeChange{kMeeting, 2, 7, "电脑损坏"},
      EnvelopeSpoil{kOpen, 7, 3, {{1, key}, {2, other_key}}, 9},
      CheckResult{kOpen, 7, 3, CheckVerdict::kDiffers},
      RecuseBack{kMeeting, 7, 2, "误登", 1}};
}

class EveryType : public ::testing::TestWithParam<std::size_t> {};

TEST_P(EveryType, ComesBackAsItWas) {
  Body const body = samples().at(GetParam());
  EXPECT_EQ(body.index(), GetParam());
  EntryType const type = type_of(body);
  Bytes const bytes = encode_body(body);
  std::vector<EntrySignature> signatures{{2, filled<Signature>(2)}};
  if (signatures_max(type) > 1) signatures.insert(signatures.begin(), {9, filled<Signature>(1)});
  Bytes const entry = encode_entry(type, bytes, signatures);
  auto const decoded = decode_entry(entry);
  ASSERT_TRUE(decoded) << name(decoded.error());
  EXPECT_EQ(decoded->type(), type);
  EXPECT_EQ(decoded->body_bytes, bytes);
  EXPECT_EQ(encode_body(decoded->body), bytes);
  ASSERT_EQ(decoded->signatures.size(), signatures.size());
  EXPECT_EQ(decoded->signatures[0].signer, 2u);
  EXPECT_EQ(encode_entry(type, decoded->body_bytes, decoded->signatures), entry);
  EXPECT_EQ(decode_body(type, bytes)->index(), body.index());
}

// A single bit, wherever it is, gives another entry or none: never the same values under other bytes.
TEST_P(EveryType, EveryFlippedBitIsRefusedOrAnotherValue) {
  Bytes const bytes = encode_body(samples().at(GetParam()));
  for (std::size_t at = 0; at < std::min<std::size_t>(bytes.size(), 400); ++at) {
    for (int bit = 0; bit < 8; ++bit) {
      Bytes flipped = bytes;
      flipped[at] = static_cast<std::uint8_t>(flipped[at] ^ 1 << bit);
      auto const decoded = decode_body(static_cast<EntryType>(GetParam() + 1), flipped);
      if (decoded) {
        EXPECT_EQ(encode_body(*decoded), flipped);
      }
    }
  }
}
// The server takes in what it has made and logs the bytes: everybody else takes in what they read.
TEST_P(EveryType, AnEntryThatIsMadeIsWhatAReaderMakesOfItsBytes) {
  auto const key = crypto::SigningKey::generate();
  Made const signed_one = made(samples().at(GetParam()), 7, key);
  for (Made const& one : {signed_one, made(samples().at(GetParam()))}) {
    auto const read = decode_entry(one.bytes);
    ASSERT_TRUE(read);
    EXPECT_EQ(read->type(), one.entry.type());
    EXPECT_EQ(read->body_bytes, one.entry.body_bytes);
    EXPECT_EQ(encode_body(read->body), encode_body(one.entry.body));
    ASSERT_EQ(read->signatures.size(), one.entry.signatures.size());
  }
  EXPECT_EQ(decode_entry(signed_one.bytes)->signatures.front().signature,
            signed_one.entry.signatures.front().signature);
}

INSTANTIATE_TEST_SUITE_P(Codec, EveryType, ::testing::Range(std::size_t{0}, std::variant_size_v<Body>),
                         [](auto const& given) { return std::string(name(static_cast<EntryType>(given.param + 1))); });

TEST(Codec, EnumsAndTheVersionAreKnownOnes) {
  Meeting meeting;
  Bytes const good = encode_body(meeting.manifest);
  ASSERT_EQ(good[0], 0x08);
  ASSERT_EQ(good[1], 0x02);
  for (std::uint8_t const version : {std::uint8_t{1}, std::uint8_t{3}}) {
    Bytes other = good;
    other[1] = version;
    EXPECT_EQ(refusal(entry_of(EntryType::kMeetingOpen, other)), Refusal::kOutOfRange);
  }
  Manifest manifest = meeting.manifest;
  manifest.candidates[0].channel = static_cast<Channel>(3);
  EXPECT_EQ(refusal(entry_of(EntryType::kMeetingOpen, encode_body(manifest))), Refusal::kOutOfRange);
  manifest = meeting.manifest;
  manifest.rules.recusal_mode = static_cast<RecusalMode>(0);
  EXPECT_EQ(refusal(entry_of(EntryType::kMeetingOpen, encode_body(manifest))), Refusal::kOutOfRange);
  for (std::uint32_t const verdict : {0u, 4u, 0x7fffffffu}) {
    Bytes const row = number(1, 1) + (verdict ? number(2, verdict) : Bytes{});
    EXPECT_EQ(refusal(entry_of(EntryType::kConfirm, block(1, kHash) + number(2, 1) + block(3, kHash) + block(4, row))),
              Refusal::kOutOfRange);
    EXPECT_EQ(refusal(entry_of(EntryType::kCheckResult,
                               block(1, kHash) + number(2, 1) + (verdict ? number(4, verdict) : Bytes{}))),
              Refusal::kOutOfRange);
  }
}

// The type is part of what is signed: a signature under one entry must not stand under another.
TEST(Codec, TheSignatureCoversTheTypeName) {
  auto const key = crypto::SigningKey::generate();
  Bytes const body = encode_body(TokenRequest{kOpen, 7, 0, kOther});
  auto const signature = sign_body(EntryType::kTokenRequest, body, 7, key);
  Bytes input = to_bytes(as_bytes("piaojue/v2/TokenRequest"));
  input.push_back(0);
  EXPECT_TRUE(crypto::verify(key.public_key(), {input, body}, signature.signature));
  EXPECT_NE(signature.signature, sign_body(EntryType::kEnvelopeCast, body, 7, key).signature);
  EXPECT_EQ(signed_entry(TokenRequest{kOpen, 7, 0, kOther}, 7, key),
            encode_entry(EntryType::kTokenRequest, body, {signature}));
}

TEST(Codec, PossessionHasItsLayout) {
  std::array<std::uint8_t, 16> id{};
  id[15] = 1;
  Bytes const input =
      possession_input(id, 258, filled<SigningPublicKey>(1), filled<SigningPublicKey>(2), filled<BoxPublicKey>(3));
  EXPECT_EQ(as_text(input).substr(0, 17), std::string_view("piaojue/v2/enrol\0", 17));
  EXPECT_EQ(to_hex(ByteView(input).subspan(17, 20)), "0000000000000000000000000000000100000102");
  EXPECT_EQ(input.size(), 17u + 16 + 4 + 96);
  EXPECT_EQ(ByteView(input).back(), filled<BoxPublicKey>(3).data.back());
}

}  // namespace
}  // namespace piaojue::test
