// SPDX-License-Identifier: Apache-2.0
/// What an office may ask of its service (docs/office-service.md), over the desk alone.
#include <set>
#include <sstream>
#include <thread>

#include "crypto/seal.h"
#include "office_fixture.h"
#include "protocol/meeting/codec.h"
#include "protocol/meeting/record_file.h"
#include "server/clock.h"
#include "server/export.h"
#include "server_fixture.h"

namespace piaojue::server::test {
namespace {

using store::Table;

std::string whole(wire::Answer const& answer) { return std::string(as_text(wire::encode_reply(1, answer))); }

Bytes file_of(std::string_view begin, std::size_t size) {
  auto out = to_bytes(as_bytes(begin));
  while (out.size() < size) out.push_back(static_cast<std::uint8_t>(out.size() * 7 / 3));
  return out;
}
SheetsOfDraft with_files() {
  SheetsOfDraft out;
  out.files = {{"论文.pdf", file_of("%PDF-1.7", store::kFilePieceBytes * 2 + 5)}, {"a.pdf", file_of("%PDF-1.7", 100)}};
  return out;
}

// ---- Becoming an office

// Harm: an office whose connection broke at the wrong moment could never enrol, or a copied slip makes a second one.
TEST(OfficeEnrolment, ASlipEnrolsOnceAndTheSameKeyGetsTheSameAnswer) {
  OfficeFixture f;
  auto const added = f.add("职称办");
  EXPECT_EQ(added.office, 1u);
  EXPECT_EQ(added.slip.code.meeting, 0u);
  EXPECT_EQ(added.slip.code.person, 1u);
  auto const client = OfficeFixture::new_client();
  auto const first = f.enrol(added.slip, client);
  EXPECT_EQ(of<wire::Enrolled>(first).name, "职称办");
  EXPECT_EQ(must(net::spki_sha256(of<wire::Enrolled>(first).certificate)), client.spki);
  f.restart();
  EXPECT_EQ(whole(f.enrol(added.slip, client)), whole(first)) << "over another connection, after a restart";
  EXPECT_EQ(code(f.enrol(added.slip, OfficeFixture::new_client())), Refusal::kConflict);
  of<wire::MeetingList>(f.ask(client.spki, wire::ListMeetings{}));
}

// Harm: whoever took a machine from an office goes on as that office after it has got a new slip.
TEST(OfficeEnrolment, AnewOneEndsTheCertificateBeforeIt) {
  OfficeFixture f;
  auto const added = f.add();
  auto const lost = OfficeFixture::new_client();
  of<wire::Enrolled>(f.enrol(added.slip, lost));
  auto thief = f.connect(lost.spki);
  of<wire::MeetingList>(f.ask(thief, wire::ListMeetings{}));
  auto const again = must(new_office_slip(f.offices, f.seal, f.identity, {"192.0.2.7", 443}, added.office));
  of<wire::MeetingList>(f.ask(thief, wire::ListMeetings{}));  // nobody has enrolled by it yet
  auto const found = OfficeFixture::new_client();
  of<wire::Enrolled>(f.enrol(again.slip, found));
  EXPECT_EQ(code(f.ask(thief, wire::ListMeetings{})), Refusal::kNotAuthorised) << "on an open connection, too";
  EXPECT_TRUE(f.closed);
  of<wire::MeetingList>(f.ask(found.spki, wire::ListMeetings{}));
  EXPECT_TRUE(is_unusable(must_fail(new_office_slip(f.offices, f.seal, f.identity, {}, 7))));
}

// Harm: somebody sits between an office and its service, and makes himself the office.
TEST(OfficeEnrolment, AProofIsGoodForItsConnectionAndItsKeyOnly) {
  OfficeFixture f;
  auto const slip = f.add().slip;
  auto const client = OfficeFixture::new_client();
  auto session = f.connect(std::nullopt);
  auto const other = f.connect(std::nullopt);
  EXPECT_EQ(code(f.ask(session, f.key_frame(session, slip, client))), Refusal::kWrongPhase);
  of<wire::Proof>(f.ask(session, wire::EnrolStart{slip.code.person}));
  EXPECT_EQ(code(f.ask(session, f.key_frame(other, slip, client))), Refusal::kNotOnRoll);
  auto swapped = f.key_frame(session, slip, client);
  swapped.csr = OfficeFixture::new_client().csr;
  EXPECT_EQ(code(f.ask(session, swapped)), Refusal::kNotOnRoll);
  of<wire::Enrolled>(f.ask(session, f.key_frame(session, slip, client)));
}

// Harm: a stranger learns which offices there are.
TEST(OfficeEnrolment, ANumberWithoutAnOfficeIsAnsweredLikeEveryOther) {
  OfficeFixture f;
  auto const slip = f.add().slip;
  for (OfficeNumber const number : {1U, 2U, 400U, 4'000'000'000U}) {
    auto session = f.connect(std::nullopt);
    auto const first = of<wire::Proof>(f.ask(session, wire::EnrolStart{number}));
    auto const again = of<wire::Proof>(f.ask(session, wire::EnrolStart{number}));
    EXPECT_EQ(first.proof, again.proof) << number;
    auto guess = slip;
    guess.code.person = number;
    guess.code.bits[0] ^= 1;
    EXPECT_EQ(code(f.ask(session, f.key_frame(session, guess, OfficeFixture::new_client()))), Refusal::kNotOnRoll);
    f.restart();
    session.stranger = {};
    EXPECT_EQ(of<wire::Proof>(f.ask(session, wire::EnrolStart{number})).proof, first.proof) << "on every node";
  }
}

// Harm: 80 bits are guessed by a program, or one guesser locks every office out.
TEST(OfficeEnrolment, WhoGuessesIsHeldBackAndNobodyElse) {
  OfficeFixture f;
  auto const slip = f.add().slip;
  auto session = f.connect(std::nullopt, "192.0.2.66");
  for (int i = 0; i < 5; ++i) of<wire::Proof>(f.ask(session, wire::EnrolStart{1}));
  EXPECT_FALSE(f.closed);
  EXPECT_EQ(code(f.ask(session, wire::EnrolStart{1})), Refusal::kBusy);
  EXPECT_TRUE(f.closed);
  int asked = 0;
  for (; asked < 100; ++asked) {
    auto next = f.connect(std::nullopt, "192.0.2.66");
    if (std::holds_alternative<wire::Refused>(f.ask(next, wire::EnrolStart{1}))) break;
  }
  EXPECT_LT(asked, 40);
  of<wire::Enrolled>(f.enrol(slip, OfficeFixture::new_client()));
}

// Harm: who has only reached the port asks for meetings.
TEST(OfficeDesk, WithoutACertificateThereIsNothingButEnrolment) {
  OfficeFixture f;
  auto const office = f.office();
  for (wire::What const& what : std::vector<wire::What>{wire::ListMeetings{}, wire::GetSlips{100'000},
                                                        wire::CreateMeeting{}, wire::GetRecord{1, 0, {}}}) {
    auto session = f.connect(std::nullopt);
    EXPECT_EQ(code(f.ask(session, what)), Refusal::kNotAuthorised);
    EXPECT_TRUE(f.closed);
  }
  auto stranger = f.connect(crypto::sha256({as_bytes("of another CA")}));
  EXPECT_EQ(code(f.ask(stranger, wire::ListMeetings{})), Refusal::kNotAuthorised);
  auto enrolled = f.connect(office);
  EXPECT_EQ(code(f.ask(enrolled, wire::EnrolStart{1})), Refusal::kNotAuthorised);
  for (std::string const garbage : {"", "\x01", "\x08\x01\xff\xff", "hello"}) {
    auto const answer = f.desk->answer(enrolled, as_bytes(garbage));
    EXPECT_TRUE(answer.frame.empty() ? answer.close : !answer.close);
  }
}

// ---- Drafts

// Harm: an office waits for its meeting for ever, or has one that differs from what it sent.
TEST(OfficeDrafts, BecomeAMeetingWithKeysSlipsAndFiles) {
  OfficeFixture f;
  auto const office = f.office();
  auto const sheets = with_files();
  auto const draft = sendable(sheets);
  auto const number = f.create(office, request_of(1), draft);
  EXPECT_GE(number, 100'000u);
  EXPECT_LE(number, 999'999u);
  auto const kept = f.offices.meetings().at(number);
  auto const manifest = must(read_draft(kept.contents));
  EXPECT_EQ(manifest.title, "职称评审");
  ASSERT_EQ(manifest.candidates[0].attachments.size(), 2u);
  EXPECT_EQ(manifest.candidates[0].attachments[0].name, "论文.pdf");
  EXPECT_EQ(kept.files.at(draft.draft.parts[3].sha256), draft.parts[3]);
  EXPECT_EQ(kept.files.size(), 2u) << "the sheets are not kept";
  EXPECT_TRUE(kept.contents[Table::kMeta].contains(to_bytes(as_bytes("keys"))));
  EXPECT_EQ(kept.contents[Table::kSlip].size(), 5u);

  auto const list = of<wire::MeetingList>(f.ask(office, wire::ListMeetings{}));
  ASSERT_EQ(list.meetings.size(), 1u);
  auto const& one = list.meetings[0];
  EXPECT_EQ(one.meeting, number);
  EXPECT_EQ(one.title, "职称评审");
  EXPECT_EQ(one.stage, wire::Stage::kBeforeOpen);
  EXPECT_TRUE(one.rehearsal);
  EXPECT_TRUE(one.slips_waiting);
  EXPECT_EQ(std::pair(one.people, one.enrolled), std::pair(5u, 0u));
}

// Harm: an answer is lost, the office asks again, and there are two meetings; half the people have slips of each.
TEST(OfficeDrafts, ARequestThatIsRepeatedMakesNoSecondMeeting) {
  OfficeFixture f;
  auto const office = f.office();
  auto const draft = sendable(with_files());
  auto const request = request_of(1);
  auto const number = f.create(office, request, draft);
  auto const before = f.offices.meetings().at(number).contents.tables;
  f.restart();
  EXPECT_EQ(of<wire::Created>(f.ask(office, wire::CreateMeeting{request})).meeting, number);
  auto const begun = of<wire::DraftBegun>(f.ask(office, wire::BeginDraft{request, draft.draft}));
  EXPECT_EQ(begun.meeting, number);
  EXPECT_EQ(begun.have[3], draft.parts[3].size());
  EXPECT_EQ(f.create(office, request, draft), number) << "the whole of it once more";
  EXPECT_EQ(f.offices.meetings().size(), 1u);
  EXPECT_EQ(f.offices.meetings().at(number).contents.tables, before) << "with the same keys";
  // Another draft under the same request is another matter, and neither is changed.
  auto other = with_files();
  other.meeting += "# differs\n";
  EXPECT_EQ(code(f.ask(office, wire::BeginDraft{request, sendable(other).draft})), Refusal::kConflict);
}

// Harm: a draft of 4 GiB begins anew whenever the line breaks.
TEST(OfficeDrafts, AreGoneOnWithWhereTheLineBroke) {
  OfficeFixture f;
  auto const office = f.office();
  auto const draft = sendable(with_files());
  auto const request = request_of(1);
  of<wire::DraftBegun>(f.ask(office, wire::BeginDraft{request, draft.draft}));
  auto const piece = [&](std::uint64_t at, std::size_t length) {
    return wire::PutPiece{request, 3, at, to_bytes(ByteView(draft.parts[3]).subspan(at, length))};
  };
  constexpr auto kPiece = store::kFilePieceBytes;
  EXPECT_EQ(of<wire::PieceKept>(f.ask(office, piece(0, kPiece))).have, kPiece);
  EXPECT_EQ(of<wire::PieceKept>(f.ask(office, piece(0, kPiece))).have, kPiece) << "repeated";
  EXPECT_EQ(of<wire::PieceKept>(f.ask(office, piece(2 * kPiece, 5))).have, kPiece) << "ahead of what is there";
  EXPECT_EQ(code(f.ask(office, piece(kPiece, 5))), Refusal::kOutOfRange);
  EXPECT_EQ(code(f.ask(office, piece(5, kPiece))), Refusal::kOutOfRange);
  EXPECT_EQ(code(f.ask(office, wire::PutPiece{request, 99, 0, {1}})), Refusal::kOutOfRange);
  EXPECT_EQ(code(f.ask(office, wire::CreateMeeting{request})), Refusal::kWrongPhase);
  f.restart();
  auto const begun = of<wire::DraftBegun>(f.ask(office, wire::BeginDraft{request, draft.draft}));
  EXPECT_EQ(begun.have, (std::vector<std::uint64_t>{0, 0, 0, kPiece, 0}));
  f.create(office, request, draft);
}

// Harm: experts vote over other papers than those that the office meant; or a program lies among the dossiers.
TEST(OfficeDrafts, APartThatIsNotWhatWasSaidIsDropped) {
  OfficeFixture f;
  auto const office = f.office();
  auto const draft = sendable(with_files());
  auto wrong = draft;
  wrong.parts[4][50] ^= 1;
  of<wire::DraftBegun>(f.ask(office, wire::BeginDraft{request_of(1), draft.draft}));
  EXPECT_EQ(code(f.ask(office, wire::PutPiece{request_of(1), 4, 0, wrong.parts[4]})), Refusal::kConflict);
  EXPECT_EQ(of<wire::DraftBegun>(f.ask(office, wire::BeginDraft{request_of(1), draft.draft})).have[4], 0u);
  f.create(office, request_of(1), draft);

  SheetsOfDraft named;
  named.files = {{"a.pdf", file_of("<html>", 100)}};
  auto const html = sendable(named);
  of<wire::DraftBegun>(f.ask(office, wire::BeginDraft{request_of(2), html.draft}));
  EXPECT_EQ(code(f.ask(office, wire::PutPiece{request_of(2), 3, 0, html.parts[3]})), Refusal::kMalformed);
}

// Harm: the clerk reads that something is wrong, and not what; or a faulty meeting is made all the same.
TEST(OfficeDrafts, FaultsAreSaidAsInitSaysThemAndNothingIsMade) {
  OfficeFixture f;
  auto const office = f.office();
  SheetsOfDraft faulty;
  faulty.candidates = "姓名,单位,级别,渠道,批次\n甲,a,高级,正常,1\n乙,b,中级,,1\n";
  f.send(office, request_of(1), sendable(faulty));
  auto const refused = of<wire::Refused>(f.ask(office, wire::CreateMeeting{request_of(1)}));
  EXPECT_EQ(refused.code, Refusal::kMalformed);
  EXPECT_NE(refused.zh.find("第 3 行"), std::string::npos) << refused.zh;
  EXPECT_NE(refused.en.find("row 3"), std::string::npos) << refused.en;
  auto const again = of<wire::Refused>(f.ask(office, wire::CreateMeeting{request_of(1)}));
  EXPECT_EQ(again.zh, refused.zh) << "asked again, answered the same";
  SheetsOfDraft misspelt;
  misspelt.meeting += "[rules]\npass_strikt = false\n";
  f.send(office, request_of(2), sendable(misspelt));
  auto const rule = of<wire::Refused>(f.ask(office, wire::CreateMeeting{request_of(2)}));
  EXPECT_NE(rule.en.find("rules.pass_strikt"), std::string::npos) << rule.en;
  auto of_nobody = sendable(with_files());
  of_nobody.draft.files[0].question = 2;
  f.send(office, request_of(3), of_nobody);
  EXPECT_EQ(code(f.ask(office, wire::CreateMeeting{request_of(3)})), Refusal::kMalformed);
  EXPECT_TRUE(f.offices.meetings().empty());
}

// Harm: one office fills the database of all others.
TEST(OfficeDrafts, AreBounded) {
  OfficeFixture f;
  auto const office = f.office();
  auto const begin = [&](std::uint8_t request, std::function<void(wire::OfficeDraft&)> const& change) {
    auto draft = sendable(with_files()).draft;
    change(draft);
    return f.ask(office, wire::BeginDraft{request_of(request), draft});
  };
  EXPECT_EQ(code(begin(1, [](auto& d) { d.parts[4].size = meeting::kAttachmentBytesMax + 1; })), Refusal::kTooLarge);
  EXPECT_EQ(code(begin(1, [](auto& d) { d.parts[0].size = kMeetingTomlBytesMax + 1; })), Refusal::kTooLarge);
  for (auto const& change : std::vector<std::function<void(wire::OfficeDraft&)>>{
           [](auto& d) { d.parts[4].size = 0; }, [](auto& d) { d.parts.push_back(d.parts[4]); },
           [](auto& d) { d.files[0].part = 1; }, [](auto& d) { d.files[0].part = 5; }, [](auto& d) { d.members = 0; },
           [](auto& d) { d.candidates = 7; }, [](auto& d) { d.files[0].name = "../passwd.pdf"; },
           [](auto& d) { d.files[0].name = "a.svg"; }, [](auto& d) { d.files.pop_back(); }}) {
    EXPECT_EQ(code(begin(1, change)), Refusal::kMalformed);
  }
  // Of more than eight unfinished ones the oldest goes, and with it what was kept of it.
  for (std::uint8_t i = 1; i <= 9; ++i) of<wire::DraftBegun>(begin(i, [](auto&) {}));
  EXPECT_EQ(code(f.ask(office, wire::CreateMeeting{request_of(1)})), Refusal::kUnknown);
  EXPECT_EQ(code(f.ask(office, wire::CreateMeeting{request_of(2)})), Refusal::kWrongPhase);
  auto const draft = sendable();
  std::set<Refusal> codes;
  for (std::uint8_t i = 20; i < 50; ++i) {
    f.send(office, request_of(i), draft);
    auto const answer = f.ask(office, wire::CreateMeeting{request_of(i)});
    if (std::holds_alternative<wire::Refused>(answer)) codes.insert(code(answer));
  }
  EXPECT_EQ(codes, std::set{Refusal::kBusy});
  EXPECT_EQ(f.offices.meetings().size(), 20u);
  f.now_ms += 60'000;
  f.create(office, request_of(60), draft);
}

// Harm: one office fills the database with meetings and rehearsals, each of them within its bounds.
TEST(OfficeDrafts, HaveRoomWithAllThatTheOfficeHas) {
  OfficeFixture f;
  auto world = f.world();
  auto const draft = sendable(with_files());
  auto const files = draft.parts[3].size() + draft.parts[4].size();
  world.bounds.office_bytes_max = 2 * files;
  f.restart(std::move(world));
  auto const office = f.office();
  auto const number = f.create(office, request_of(1), draft);
  auto const refused = of<wire::Refused>(f.ask(office, wire::BeginDraft{request_of(2), draft.draft}));
  EXPECT_EQ(refused.code, Refusal::kBusy);
  EXPECT_NE(refused.en.find("ask the service's operator"), std::string::npos) << refused.en;
  of<wire::Created>(f.ask(office, wire::Rehearse{request_of(3), number}));  // shares the files
  f.create(f.office("二"), request_of(1), draft);
}

// Harm: an office fills the database beyond its bounds with parts that no draft has told of, from a connection that
// read the description of a draft before it.
TEST(OfficeDrafts, APieceIsOfTheDraftThatItsConnectionHasRead) {
  OfficeFixture f;
  auto const office = f.office();
  auto const large = sendable(with_files());
  auto const small = sendable();
  auto first = f.connect(office);
  auto second = f.connect(office);
  auto const begin = [&](OfficeSession& at, std::uint8_t request, Sendable const& draft) {
    of<wire::DraftBegun>(f.ask(at, wire::BeginDraft{request_of(request), draft.draft}));
  };
  auto const piece = [&](Sendable const& draft, std::uint32_t part) {
    auto const bytes = ByteView(draft.parts[part]);
    return f.ask(first, wire::PutPiece{request_of(1), part, 0,
                                       to_bytes(bytes.first(std::min(bytes.size(), store::kFilePieceBytes)))});
  };
  auto const drop = [&] {
    for (std::uint8_t i = 2; i <= 9; ++i) begin(second, i, small);
    for (std::uint8_t i = 12; i <= 19; ++i) begin(second, i, small);
  };
  begin(first, 1, large);
  of<wire::PieceKept>(piece(large, 0));
  drop();
  begin(second, 1, small);
  EXPECT_EQ(code(piece(large, 3)), Refusal::kUnknown);
  EXPECT_TRUE((*f.offices.draft(1, request_of(1)))->parts.empty());
  EXPECT_EQ(of<wire::PieceKept>(piece(small, 0)).have, small.parts[0].size()) << "it has read it anew";
  drop();
  begin(first, 1, small);
  EXPECT_EQ(of<wire::PieceKept>(piece(small, 0)).have, small.parts[0].size()) << "which it has begun itself";
}

// Harm: a meeting's keys are bound to another number than it has, and never open: its draft was dropped and begun anew
// by another machine while it was made.
TEST(OfficeDrafts, AMeetingIsMadeOfTheDraftThatWasReadOrNotAtAll) {
  OfficeFixture f;
  auto const office = f.office();
  f.send(office, request_of(1), sendable());
  auto world = f.world();
  world.seal_keys = [&](MeetingNumber, Keys const& keys, ServiceKey) {
    auto const draft = **f.offices.draft(1, request_of(1));
    for (std::uint8_t i = 2; i <= 9; ++i) must(f.offices.begin_draft(1, request_of(i), {i, {1}, 1}, {}));
    must(f.offices.begin_draft(1, request_of(1), {10, draft.description, 10'000}, {}));
    return f.seal.seal(keys.seal.view(), {});
  };
  f.restart(std::move(world));
  EXPECT_EQ(code(f.ask(office, wire::CreateMeeting{request_of(1)})), Refusal::kUnknown);
  EXPECT_TRUE(f.offices.meetings().empty());
}

// Harm: a sheet with ten thousand faults brings down the program that is to say them.
TEST(OfficeDrafts, OfManyFaultsFiftyAreSaidAndTheOthersCounted) {
  OfficeFixture f;
  auto const office = f.office();
  SheetsOfDraft faulty;
  faulty.candidates = "姓名,单位,级别,渠道,批次\n";
  for (int row = 0; row < 400; ++row) faulty.candidates += "申" + std::to_string(row) + ",a,高级,,1\n";
  f.send(office, request_of(1), sendable(faulty));
  auto const refused = of<wire::Refused>(f.ask(office, wire::CreateMeeting{request_of(1)}));
  EXPECT_EQ(std::ranges::count(refused.en, '\n'), 50) << refused.en;
  auto const at = refused.en.rfind("least ");
  ASSERT_NE(at, std::string::npos);
  EXPECT_GE(std::stoi(refused.en.substr(at + 6)), 350) << refused.en.substr(at);
  EXPECT_NE(refused.zh.find("另有"), std::string::npos);
}

// Harm: one office's writing fills the disk that keeps what the database has written, and everybody stands still.
TEST(OfficeDrafts, WhatAnOfficeSendsInShortTimeIsBounded) {
  OfficeFixture f;
  auto world = f.world();
  world.bytes_per_office = {2.5 * store::kFilePieceBytes, 1000};  // half a piece for the draft's description
  f.restart(std::move(world));
  auto const office = f.office();
  auto const draft = sendable(with_files());
  of<wire::DraftBegun>(f.ask(office, wire::BeginDraft{request_of(1), draft.draft}));
  auto const piece = [&] {
    return f.ask(office,
                 wire::PutPiece{request_of(1), 3, 0, to_bytes(ByteView(draft.parts[3]).first(store::kFilePieceBytes))});
  };
  EXPECT_EQ(of<wire::PieceKept>(piece()).have, store::kFilePieceBytes);
  EXPECT_EQ(of<wire::PieceKept>(piece()).have, store::kFilePieceBytes) << "which it has: it costs the same";
  EXPECT_EQ(code(piece()), Refusal::kBusy);
  auto const other = f.office("二");
  of<wire::DraftBegun>(f.ask(other, wire::BeginDraft{request_of(1), draft.draft}));
  of<wire::PieceKept>(f.ask(other, wire::PutPiece{request_of(1), 0, 0, draft.parts[0]}));
  f.now_ms += 600'000;
  EXPECT_EQ(of<wire::PieceKept>(piece()).have, store::kFilePieceBytes);
}

// Harm: a node that is to end waits for minutes for one office's request, and meetings wait with it.
TEST(OfficeDesk, WhatTakesLongIsBrokenOff) {
  OfficeFixture f;
  auto const office = f.office();
  f.send(office, request_of(1), sendable());
  auto world = f.world();
  world.heavy_max = std::chrono::milliseconds(50);
  f.restart(std::move(world));
  f.offices.on_piece = [](OfficeNumber) { std::this_thread::sleep_for(std::chrono::milliseconds(30)); };
  auto const late = of<wire::Refused>(f.ask(office, wire::CreateMeeting{request_of(1)}));
  EXPECT_EQ(late.code, Refusal::kBusy);
  EXPECT_NE(late.en.find("took too long"), std::string::npos);
  f.restart();
  f.offices.on_piece = [&f](OfficeNumber) { f.desk->stop(); };
  EXPECT_EQ(code(f.ask(office, wire::CreateMeeting{request_of(1)})), Refusal::kBusy);
  f.offices.on_piece = {};
  f.restart();
  auto session = f.connect(office);
  auto const frame = wire::encode_request(1, wire::CreateMeeting{request_of(1)});
  auto const waited = f.desk->answer(session, frame, Going::Clock::now() - std::chrono::seconds(41)).heavy();
  EXPECT_EQ(code(must(wire::parse_reply(waited.frame)).answer), Refusal::kBusy)
      << "it waited for its turn for so long that HAProxy would end the connection";
  of<wire::Created>(f.ask(office, wire::CreateMeeting{request_of(1)}));
}

// Harm: the threads that answer everybody's small questions read one office's files, megabyte after megabyte.
TEST(OfficeDesk, APartIsReadWholeWhereNobodyWaits) {
  OfficeFixture f;
  auto const office = f.office();
  auto const file = to_bytes(as_bytes("%PDF-1.7 " + std::string(store::kFilePieceBytes * 5, 'x')));
  auto const draft = sendable({.files = {{"a.pdf", file}}});
  auto session = f.connect(office);
  of<wire::DraftBegun>(f.ask(session, wire::BeginDraft{request_of(1), draft.draft}));
  int read = 0;
  f.offices.on_piece = [&](OfficeNumber) {
    ++read;
    f.desk->stop();
  };
  auto const is_heavy = [&](std::size_t at) {
    auto const length = std::min(store::kFilePieceBytes, file.size() - at);
    wire::PutPiece const piece{request_of(1), 3, at, to_bytes(ByteView(file).subspan(at, length))};
    auto answer = f.desk->answer(session, wire::encode_request(1, piece));
    bool const out = static_cast<bool>(answer.heavy);
    if (out) answer.heavy();
    return out;
  };
  EXPECT_TRUE(is_heavy(0)) << "its description is to be read";
  for (std::size_t i = 1; i < 5; ++i) EXPECT_FALSE(is_heavy(i * store::kFilePieceBytes));
  EXPECT_EQ(read, 0);
  EXPECT_TRUE(is_heavy(5 * store::kFilePieceBytes));
  EXPECT_EQ(read, 1) << "which was broken off";
  // Then the last piece is wanted once more, so that the office is not left with a draft that never becomes whole.
  f.offices.on_piece = {};
  f.restart();
  EXPECT_EQ(of<wire::DraftBegun>(f.ask(session, wire::BeginDraft{request_of(1), draft.draft})).have[3],
            5 * store::kFilePieceBytes);
  f.create(office, request_of(1), draft);
}

// Harm: an office that begins drafts without end makes the database erase its files without end.
TEST(OfficeDrafts, NewOnesAreBegunAsOftenAsAPersonMakesThem) {
  OfficeFixture f;
  auto const office = f.office();
  auto const draft = sendable().draft;
  auto const begin = [&](std::uint8_t request) { return f.ask(office, wire::BeginDraft{request_of(request), draft}); };
  for (std::uint8_t i = 1; i <= 59; ++i) of<wire::DraftBegun>(begin(i));
  for (int i = 0; i < 5; ++i) of<wire::DraftBegun>(begin(59));
  of<wire::DraftBegun>(begin(60));
  EXPECT_EQ(code(begin(61)), Refusal::kBusy);
  f.now_ms += 5'000;
  of<wire::DraftBegun>(begin(61));
}

// Harm: an office prints slips of a meeting that is lost with the primary.
TEST(OfficeSlips, AreGivenOnceTheMeetingIsOnTheStandbyToo) {
  OfficeFixture f;
  auto const office = f.office();
  auto const number = f.create(office, request_of(1), sendable());
  f.offices.confirms = false;
  EXPECT_EQ(code(f.ask(office, wire::GetSlips{number})), Refusal::kStorage);
  f.offices.confirms = true;
  of<wire::Slips>(f.ask(office, wire::GetSlips{number}));
}

// ---- Slips

// Harm: slips that the service hands out twice make two people of one; slips that are lost on their way make none.
TEST(OfficeSlips, AreFetchedUntilTheOfficeHasThemAndNeverAfter) {
  OfficeFixture f;
  auto const office = f.office();
  auto const number = f.create(office, request_of(1), sendable());
  auto const first = f.ask(office, wire::GetSlips{number});
  auto const slips = of<wire::Slips>(first);
  ASSERT_EQ(slips.slips.size(), 5u);
  EXPECT_EQ(slips.slips[1].name, "乙");
  auto const slip = must(meeting::parse_slip(slips.slips[1].line));
  EXPECT_EQ(slip.code.meeting, number);
  EXPECT_EQ(slip.code.person, 2u);
  EXPECT_EQ(slip.address.host, "192.0.2.7");
  f.restart();
  EXPECT_EQ(whole(f.ask(office, wire::GetSlips{number})), whole(first)) << "the answer was lost";
  for (int i = 0; i < 2; ++i) of<wire::SlipsErased>(f.ask(office, wire::SlipsKept{number}));
  EXPECT_TRUE(f.offices.meetings().at(number).slips.empty());
  EXPECT_EQ(code(f.ask(office, wire::GetSlips{number})), Refusal::kWrongPhase);
  EXPECT_FALSE(of<wire::MeetingList>(f.ask(office, wire::ListMeetings{})).meetings[0].slips_waiting);
  // What enrols stays: only the codes are gone.
  EXPECT_EQ(f.offices.meetings().at(number).contents[Table::kSlip].size(), 5u);
}

// Harm: whoever reads the database reads every slip.
TEST(OfficeSlips, LieSealedUnderTheServiceKey) {
  OfficeFixture f;
  auto const office = f.office();
  auto const number = f.create(office, request_of(1), sendable());
  auto const kept = f.offices.meetings().at(number);
  auto const slips = of<wire::Slips>(f.ask(office, wire::GetSlips{number}));
  EXPECT_EQ(as_text(kept.slips).find("piaojue2:"), std::string_view::npos);
  for (auto const& slip : slips.slips) {
    auto const typed = slip.line.substr(slip.line.size() - 21);
    for (auto const& table : kept.contents.tables) {
      for (auto const& [key, value] : table) EXPECT_EQ(as_text(value).find(typed), std::string_view::npos);
    }
  }
  EXPECT_FALSE(seal_under(Secret::random(32)).open(kept.slips, about_slips(number)));
  EXPECT_FALSE(f.seal.open(kept.slips, about_slips(number + 1))) << "of another meeting";
}

// ---- Other offices' meetings

/// Every request that names a meeting.
std::vector<wire::What> about(MeetingNumber number) {
  return {wire::GetSlips{number},
          wire::SlipsKept{number},
          wire::GetEnrolled{number},
          wire::GetRecord{number, 0, {}},
          wire::GetRecord{number, 5, crypto::sha256({})},
          wire::Rehearse{request_of(99), number}};
}

// Harm: an office learns that another one meets, when, and about whom.
TEST(OtherOffices, MeetingIsAnsweredAsOneThatIsNotThere) {
  OfficeFixture f;
  auto const ours = f.office("一");
  auto const theirs = f.office("二");
  auto const number = f.create(theirs, request_of(1), sendable(with_files()));
  auto const absent = number == 100'000 ? number + 1 : number - 1;
  for (std::size_t i = 0; i < about(number).size(); ++i) {
    auto const of_others = f.ask(ours, about(number)[i]);
    EXPECT_EQ(code(of_others), Refusal::kUnknown) << i;
    EXPECT_EQ(whole(of_others), whole(f.ask(ours, about(absent)[i]))) << i;
  }
  EXPECT_TRUE(of<wire::MeetingList>(f.ask(ours, wire::ListMeetings{})).meetings.empty());
  EXPECT_FALSE(f.offices.meetings().at(number).slips.empty()) << "nothing of theirs was erased";
  EXPECT_EQ(f.offices.meetings().size(), 1u) << "no rehearsal of it was made";
}

// Harm: an office that knows or guesses the request of another one takes over its draft, or learns of it.
TEST(OtherOffices, RequestsHaveNothingToDoWithOurs) {
  OfficeFixture f;
  auto const ours = f.office("一");
  auto const theirs = f.office("二");
  auto const draft = sendable(with_files());
  f.send(theirs, request_of(1), draft);
  EXPECT_EQ(code(f.ask(ours, wire::CreateMeeting{request_of(1)})), Refusal::kUnknown);
  EXPECT_EQ(code(f.ask(ours, wire::PutPiece{request_of(1), 0, 0, draft.parts[0]})), Refusal::kUnknown);
  auto const begun = of<wire::DraftBegun>(f.ask(ours, wire::BeginDraft{request_of(1), draft.draft}));
  EXPECT_EQ(begun.have, std::vector<std::uint64_t>(5, 0)) << "also not that a file is there already";
  auto const their_number = of<wire::Created>(f.ask(theirs, wire::CreateMeeting{request_of(1)})).meeting;
  auto const our_number = f.create(ours, request_of(1), draft);
  EXPECT_NE(our_number, their_number);
}

// Harm: numbers in a row tell everybody how many meetings there are of others.
TEST(OtherOffices, AreNotCountedByTheNumbersOfMeetings) {
  OfficeFixture f;
  auto const office = f.office();
  std::vector<MeetingNumber> numbers;
  for (std::uint8_t i = 1; i <= 10; ++i) numbers.push_back(f.create(office, request_of(i), sendable()));
  EXPECT_FALSE(std::ranges::is_sorted(numbers)) << "once in 3.6 million by chance";
}

// ---- Meetings that have begun

/// One that has been held, under the number of one that this office made.
struct Held {
  OfficeFixture& f;
  Hash office;
  MeetingNumber number;
  ServerFixture hall{small()};

  explicit Held(OfficeFixture& fixture)
      : f(fixture), office(f.office()), number(f.create(office, request_of(1), sendable(with_files()))) {}
  void show() {
    auto meeting = f.offices.meetings().at(number);
    meeting.contents = hall.store.contents();
    f.offices.put(number, meeting);
  }
  void close() {
    auto const accepted = meeting::unwitnessed(hall.meeting.record, hall.core->witnesses());
    auto const signers = hall.meeting.office();
    hall.take_by(signers, must(hall.meeting.record.draft_meeting_close(accepted)));
    for (auto const p : signers) hall.ask(p, hall.cosign_frame(p, hall.meeting.record.size()));
  }
};

// Harm: an office watches by name who has enrolled, and sees nobody, or somebody else.
TEST(OfficeDesk, SeesWhoHasEnrolledAndTheirDeviceCodes) {
  OfficeFixture f;
  Held held(f);
  held.hall.enrol(2);
  held.hall.enrol(3);
  held.show();
  auto const people = of<wire::People>(f.ask(held.office, wire::GetEnrolled{held.number})).people;
  auto const with_keys = must(with_enrolled_keys(held.hall.store.contents()));
  ASSERT_EQ(people.size(), with_keys.people.size());
  EXPECT_EQ(people[0].device_code, "");
  auto const& two = with_keys.people[1];
  EXPECT_EQ(people[1].device_code,
            meeting::device_code(with_keys.meeting_id, 2, {*two.identity_key, *two.witness_key, *two.box_key}));
  EXPECT_EQ(of<wire::MeetingList>(f.ask(held.office, wire::ListMeetings{})).meetings[0].enrolled, 2u);
}

// Harm: the office reaches into a vote: it changes who is invited, what is voted on, or what was said.
TEST(OfficeDesk, NothingItCanAskChangesAMeetingThatHasBegun) {
  OfficeFixture f;
  Held held(f);
  held.hall.begin();
  held.show();
  auto const before = f.offices.meetings().at(held.number);
  auto const draft = sendable(with_files());
  auto other = draft;
  other.parts[0] = to_bytes(as_bytes("title = \"other\""));
  for (auto const& what : about(held.number)) f.ask(held.office, what);
  f.ask(held.office, wire::BeginDraft{request_of(1), other.draft});
  f.ask(held.office, wire::BeginDraft{request_of(1), draft.draft});
  for (std::uint32_t p = 0; p < other.parts.size(); ++p) {
    for (std::uint64_t at = 0; at < other.parts[p].size(); at += store::kFilePieceBytes) {
      auto const length = std::min<std::uint64_t>(store::kFilePieceBytes, other.parts[p].size() - at);
      f.ask(held.office, wire::PutPiece{request_of(1), p, at, to_bytes(ByteView(other.parts[p]).subspan(at, length))});
    }
  }
  f.ask(held.office, wire::CreateMeeting{request_of(1)});
  auto const after = f.offices.meetings().at(held.number);
  EXPECT_EQ(after.contents.tables, before.contents.tables);
  EXPECT_EQ(after.files, before.files);
  auto const list = of<wire::MeetingList>(f.ask(held.office, wire::ListMeetings{})).meetings;
  EXPECT_EQ(std::ranges::find(list, held.number, &wire::Listed::meeting)->stage, wire::Stage::kOpen);
}

// Harm: an office reads who voted what, or a key that opens it.
TEST(OfficeDesk, GivesNoKeyTokenOrEnvelope) {
  OfficeFixture f;
  Held held(f);
  held.hall.begin();
  held.hall.open_batch(1);
  for (auto const p : held.hall.experts()) held.hall.tokens(p);
  for (auto const p : held.hall.experts()) held.hall.cast(p);
  held.show();
  auto const contents = held.hall.store.contents();
  std::vector<Bytes> secrets;
  for (auto const table : {Table::kSlip, Table::kTokenPayload, Table::kIssuedPayload, Table::kEnvelope,
                           Table::kMixOutput, Table::kTrustee}) {
    for (auto const& [key, value] : contents[table]) secrets.push_back(value);
  }
  ASSERT_GT(secrets.size(), 10u);
  // What the desk is given to read holds none of them, so no answer can.
  auto const own = must(f.offices.own_meeting(1, held.number));
  auto const log =
      must(f.offices.own_log(1, held.number, 1 << 30, std::chrono::steady_clock::now() + std::chrono::minutes(1)));
  std::string seen;
  for (auto const& part : {own->contents, *log}) {
    for (auto const& table : part.tables) {
      for (auto const& [key, value] : table) seen += std::string(as_text(value));
    }
  }
  for (auto what : about(held.number)) seen += whole(f.ask(held.office, what));
  for (auto const& secret : secrets) EXPECT_EQ(seen.find(as_text(secret)), std::string::npos);
  EXPECT_FALSE(own->contents[Table::kMeta].contains(to_bytes(as_bytes("keys"))));
  EXPECT_EQ(code(f.ask(held.office, wire::GetRecord{held.number, 0, {}})), Refusal::kWrongPhase) << "in mid-vote";
}

// Harm: the office has no record, or one that no verifier takes; or pieces of two records in one file.
TEST(OfficeDesk, GivesTheRecordOfAClosedMeetingInPieces) {
  OfficeFixture f;
  Held held(f);
  held.hall.begin();
  held.hall.run_batch(1);
  held.close();
  held.show();
  auto const fetch = [&](std::uint64_t offset, std::optional<Hash> const& sha256) {
    return f.ask(held.office, wire::GetRecord{held.number, offset, sha256});
  };
  auto const first = of<wire::RecordPiece>(fetch(0, {}));
  std::ostringstream expected;
  std::size_t asked = 0;
  auto const& contents = held.hall.store.contents();
  must(export_record(contents, expected, [&] { return ++asked > 0; }));
  EXPECT_GE(asked, contents[Table::kEntry].size() + contents[Table::kCosignature].size())
      << "a node that ends does not wait for a log that somebody made long";
  for (std::size_t most = 0; most < asked; most += 1 + asked / 50) {
    std::size_t so_far = 0;
    std::ostringstream nothing;
    EXPECT_EQ(export_record(contents, nothing, [&] { return ++so_far <= most; }).error(), Refusal::kBusy) << most;
    EXPECT_EQ(so_far, most + 1);
  }
  auto const whole_record = to_bytes(as_bytes(expected.str()));
  EXPECT_EQ(first.size, whole_record.size());
  EXPECT_EQ(first.sha256, crypto::sha256({whole_record}));
  auto const middle = of<wire::RecordPiece>(fetch(first.size - 7, first.sha256));
  EXPECT_TRUE(std::ranges::equal(middle.bytes, ByteView(whole_record).last(7)));
  EXPECT_EQ(code(fetch(first.size, first.sha256)), Refusal::kOutOfRange);
  f.restart();  // another node, which holds nothing
  EXPECT_EQ(of<wire::RecordPiece>(fetch(1, first.sha256)).size, first.size);
  f.restart();
  held.hall.ask(1, held.hall.cosign_frame(1, held.hall.meeting.record.size()));
  held.show();
  EXPECT_EQ(code(fetch(1, first.sha256)), Refusal::kConflict) << "a cosignature came";
  EXPECT_NE(of<wire::RecordPiece>(fetch(0, {})).sha256, first.sha256);
}

// Harm: an office that fetches its record has it made anew for each piece, because others fetch theirs.
TEST(OfficeDesk, HoldsARecordOfEachOfficeWithinABoundOfAll) {
  OfficeFixture f;
  Held held(f);
  held.hall.begin();
  held.hall.run_batch(1);
  held.close();
  held.show();
  struct Other {
    Hash office;
    MeetingNumber number = 0;
    Hash record{};
  };
  std::vector<Other> all{{held.office, held.number}};
  for (auto const* name : {"二", "三", "四"}) {
    Other other{f.office(name), 0};
    other.number = f.create(other.office, request_of(1), sendable());
    auto meeting = f.offices.meetings().at(other.number);
    meeting.contents = held.hall.store.contents();
    f.offices.put(other.number, meeting);
    all.push_back(other);
  }
  int logs = 0;
  f.offices.on_log = [&logs](OfficeNumber) { ++logs; };
  std::uint64_t size = 0;
  for (auto& one : all) {
    auto const piece = of<wire::RecordPiece>(f.ask(one.office, wire::GetRecord{one.number, 0, {}}));
    one.record = piece.sha256;
    size = piece.size;
  }
  EXPECT_EQ(logs, 4);
  for (auto& one : all) of<wire::RecordPiece>(f.ask(one.office, wire::GetRecord{one.number, 1, one.record}));
  EXPECT_EQ(logs, 4) << "each is held";
  auto world = f.world();
  world.records_held_bytes_max = 2 * size + 1;
  f.restart(std::move(world));
  for (auto& one : all) of<wire::RecordPiece>(f.ask(one.office, wire::GetRecord{one.number, 0, {}}));
  logs = 0;
  for (auto& one : {all[3], all[3]})
    of<wire::RecordPiece>(f.ask(one.office, wire::GetRecord{one.number, 1, one.record}));
  EXPECT_EQ(logs, 0);
  for (auto& one : all) of<wire::RecordPiece>(f.ask(one.office, wire::GetRecord{one.number, 1, one.record}));
  EXPECT_GE(logs, 2) << "four do not fit";
  auto small = f.world();
  small.record_bytes_max = 100;
  f.restart(std::move(small));
  auto const large = of<wire::Refused>(f.ask(held.office, wire::GetRecord{held.number, 0, {}}));
  EXPECT_EQ(large.code, Refusal::kTooLarge);
  EXPECT_NE(large.en.find("operator"), std::string::npos);
}

// ---- Rehearsals

// Harm: people rehearse with the keys of the meeting itself, or the meeting becomes a rehearsal.
TEST(OfficeRehearsals, AreOfTheSameDraftWithKeysOfTheirOwn) {
  OfficeFixture f;
  auto const office = f.office();
  auto sheets = with_files();
  sheets.meeting = "title = \"职称评审\"\ndate = \"2026-03-02\"\ncommittee_size = 7\n";
  sheets.members += "己,一院,专家\n庚,一院,专家\n辛,一院,专家\n壬,一院,专家\n";
  auto const number = f.create(office, request_of(1), sendable(sheets));
  auto const before = f.offices.meetings().at(number);
  auto const rehearsal = of<wire::Created>(f.ask(office, wire::Rehearse{request_of(2), number})).meeting;
  EXPECT_NE(rehearsal, number);
  EXPECT_EQ(of<wire::Created>(f.ask(office, wire::Rehearse{request_of(2), number})).meeting, rehearsal);
  EXPECT_EQ(code(f.ask(office, wire::Rehearse{request_of(1), number})), Refusal::kConflict) << "a draft's request";
  EXPECT_EQ(code(f.ask(office, wire::CreateMeeting{request_of(2)})), Refusal::kUnknown);
  EXPECT_EQ(f.offices.meetings().at(number).contents.tables, before.contents.tables);
  auto const made = f.offices.meetings().at(rehearsal);
  auto const of_it = must(read_draft(made.contents));
  auto const of_meeting = must(read_draft(before.contents));
  EXPECT_TRUE(of_it.rehearsal);
  EXPECT_FALSE(of_meeting.rehearsal);
  EXPECT_NE(of_it.meeting_id, of_meeting.meeting_id);
  EXPECT_NE(of_it.server_key, of_meeting.server_key);
  EXPECT_EQ(of_it.people.size(), of_meeting.people.size());
  EXPECT_EQ(made.files, before.files);
  EXPECT_NE(made.slips, before.slips);
}

// Harm: what went wrong in the database, and where it stands, is told to whoever asks.
TEST(OfficeDesk, TellsTheOperatorAndNotTheOfficeWhyItFailed) {
  OfficeFixture f;
  auto const office = f.office();
  auto const number = f.create(office, request_of(1), sendable());
  auto meeting = f.offices.meetings().at(number);
  meeting.slips[30] ^= 1;
  f.offices.put(number, meeting);
  auto const refused = of<wire::Refused>(f.ask(office, wire::GetSlips{number}));
  EXPECT_EQ(refused.code, Refusal::kInternal);
  EXPECT_EQ(refused.en.find("database"), std::string::npos) << refused.en;
  // Whoever can make it fail can ask as often as he likes, and fill the operator's disk.
  for (int i = 0; i < 5; ++i) EXPECT_EQ(code(f.ask(office, wire::GetSlips{number})), Refusal::kInternal);
  ASSERT_EQ(f.failures.size(), 1u);
  f.now_ms += 60'000;
  f.ask(office, wire::GetSlips{number});
  EXPECT_EQ(f.failures.size(), 2u);
  EXPECT_NE(f.failures[0].find("does not open"), std::string::npos);
}

// Harm: two nodes that begin at once hand out two service keys, and half of the offices trust the wrong one.
TEST(OfficeIdentity, IsOneForAllNodesAndOpensWithTheServiceKeyOnly) {
  OfficeFixture f;
  auto const again = must(load_identity(f.offices, f.seal, "192.0.2.9", 1'800'000'001));
  EXPECT_EQ(again.service_id, f.identity.service_id);
  EXPECT_EQ(again.tls.certificate_pem, f.identity.tls.certificate_pem);
  EXPECT_TRUE(office_context(again));
  EXPECT_FALSE(load_identity(f.offices, seal_under(Secret::random(32)), "192.0.2.9", 1'800'000'001));
  EXPECT_TRUE(is_unusable(must_fail(add_office(f.offices, f.seal, f.identity, {}, "two\nlines"))));
  EXPECT_TRUE(is_unusable(must_fail(add_office(f.offices, f.seal, f.identity, {}, ""))));
}

// Harm: after the service key was changed, an office can not enrol any more, or its slips do not open.
TEST(OfficeIdentity, WhatIsSealedGoesOverToANewServiceKey) {
  OfficeFixture f;
  auto const office = f.office();
  auto const slip = f.add("二").slip;
  auto const number = f.create(office, request_of(1), sendable());
  auto old = Secret::random(32);
  auto fresh = Secret::random(32);
  // From the fixture's key to `old`, and from there to `fresh`.
  ServiceSeal const first{seal_under(old.clone()).seal, f.seal.open};
  EXPECT_EQ(must(reseal_offices(f.offices, first)), 4u) << "the service's row, two offices, one meeting";
  EXPECT_FALSE(reseal_offices(f.offices, seal_under(fresh.clone())));
  EXPECT_EQ(must(reseal_offices(f.offices, seal_under(fresh.clone(), old.clone()))), 4u);
  auto world = f.world();
  world.seal = seal_under(fresh.clone());
  f.desk =
      std::make_unique<OfficeDesk>(std::move(world), must(load_identity(f.offices, seal_under(fresh.clone()), "", 1)));
  of<wire::Enrolled>(f.enrol(slip, OfficeFixture::new_client()));
  EXPECT_EQ(of<wire::Slips>(f.ask(office, wire::GetSlips{number})).slips.size(), 5u);
}

/// A node's desk that knows these keys.
std::unique_ptr<OfficeDesk> desk_of(OfficeFixture& f, ServiceSeal seal) {
  auto world = f.world();
  world.seal_keys = [seal](MeetingNumber, Keys const& keys, ServiceKey key) {
    return seal.seal_by(key, keys.seal.view(), {});
  };
  auto identity = must(load_identity(f.offices, seal, "", 1));
  world.seal = std::move(seal);
  return std::make_unique<OfficeDesk>(std::move(world), std::move(identity));
}

// Harm: while nodes get a new service key one by one, an office makes a meeting that some of them can not open; or one
// that nobody can, once the key before is put away.
TEST(OfficeIdentity, WhatIsMadeWhileTheServiceKeyChangesOpensAtEveryNode) {
  OfficeFixture f;
  auto const office = f.office();
  auto const old = Secret::random(32);
  auto const fresh = Secret::random(32);
  must(reseal_offices(f.offices, {seal_under(old.clone()).seal, f.seal.open}));
  auto const only_old = seal_under(old.clone());
  auto const both = seal_under(fresh.clone(), old.clone());
  auto const only_fresh = seal_under(fresh.clone());
  auto const keys_of = [&](MeetingNumber number) {
    return f.offices.meetings().at(number).contents[Table::kMeta].at(to_bytes(as_bytes("keys")));
  };
  auto const opens = [&](ServiceSeal const& seal, MeetingNumber number) {
    f.desk = desk_of(f, seal);
    return std::holds_alternative<wire::Slips>(f.ask(office, wire::GetSlips{number})) && seal.open(keys_of(number), {});
  };
  f.desk = desk_of(f, both);
  auto const during = f.create(office, request_of(1), sendable());
  auto const slip = must(add_office(f.offices, both, f.identity, {}, "二"));
  EXPECT_TRUE(opens(only_old, during)) << "a node that was not restarted yet";
  EXPECT_TRUE(opens(both, during));
  EXPECT_TRUE(only_old.open((*f.offices.office(slip.office))->slip, about_office_slip(slip.office)));

  // Every node knows both: the rows are re-sealed, first the one that says under which key.
  must(reseal_identity(f.offices, both, "", now_s()));
  f.desk = desk_of(f, both);
  auto const meanwhile = f.create(office, request_of(2), sendable());
  EXPECT_TRUE(opens(only_fresh, meanwhile)) << "what is made between two rows";
  must(reseal_offices(f.offices, both));
  EXPECT_EQ(must(standing_key(f.offices, both)).key, ServiceKey::kNow);
  f.desk = desk_of(f, only_fresh);
  EXPECT_TRUE(std::holds_alternative<wire::Slips>(f.ask(office, wire::GetSlips{during})));
  EXPECT_EQ(must_fail(standing_key(f.offices, only_old)).what.key(), "offices.identity_not_opened");
}

// Harm: the operator is told that everything is under the new key, and what is made next is under the old one, which
// is then put away: no office comes in any more, and the meeting never opens.
TEST(OfficeIdentity, AServiceThatHasNoRowYetHasOneUnderTheNewKeyOnceItIsReSealed) {
  MemoryOffices offices;
  auto const old = Secret::random(32);
  auto const fresh = Secret::random(32);
  auto const both = seal_under(fresh.clone(), old.clone());
  EXPECT_EQ(must(standing_key(offices, both)).key, ServiceKey::kBefore) << "as long as some nodes may know it alone";
  must(reseal_identity(offices, both, "192.0.2.9", now_s()));
  EXPECT_EQ(must(standing_key(offices, both)).key, ServiceKey::kNow);
  must(load_identity(offices, both, "192.0.2.9", now_s()));
  must(load_identity(offices, seal_under(fresh.clone()), "192.0.2.9", now_s()));
}

// Harm: the key is changed between the sealing and the commit, and the meeting's keys open with the former alone.
TEST(OfficeIdentity, AMeetingIsSealedAnewIfTheKeyChangesWhileItIsMade) {
  OfficeFixture f;
  auto const office = f.office();
  auto const old = Secret::random(32);
  auto const fresh = Secret::random(32);
  must(reseal_offices(f.offices, {seal_under(old.clone()).seal, f.seal.open}));
  auto const both = seal_under(fresh.clone(), old.clone());
  f.desk = desk_of(f, both);
  auto world = f.world();
  bool changed = false;
  world.seal = both;
  world.seal_keys = [&](MeetingNumber, Keys const& keys, ServiceKey key) {
    if (!std::exchange(changed, true)) must(reseal_identity(f.offices, both, "", now_s()));
    return both.seal_by(key, keys.seal.view(), {});
  };
  f.restart(std::move(world));
  auto const number = f.create(office, request_of(1), sendable());
  auto const made = f.offices.meetings().at(number);
  auto const only_fresh = seal_under(fresh.clone());
  EXPECT_TRUE(only_fresh.open(made.slips, about_slips(number)));
  EXPECT_TRUE(only_fresh.open(made.contents[Table::kMeta].at(to_bytes(as_bytes("keys"))), {}));
}

}  // namespace
}  // namespace piaojue::server::test
