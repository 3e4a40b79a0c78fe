// SPDX-License-Identifier: Apache-2.0
// Rules of the state machine that checks_test.cpp leaves out: which of the 27 checks an entry fails that breaks them
// (specification §13). Whoever compares two verifiers relies on the same number from both. Then honest meetings under
// every rule that a manifest can set: what is honest is never called a forgery.
#include "audit_fixture.h"

using namespace piaojue;
using namespace piaojue::test;
using Stage = Meeting::Stage;

namespace {

/// A meeting of five that has come to `stage` of its first batch.
Meeting at(Stage stage, MeetingOptions const& options = small()) {
  Meeting m(options);
  m.begin();
  m.run_batch(1, m.votes(1, 4, 1), stage);
  return m;
}
/// Everybody has signed in, nothing is open.
Meeting begun(MeetingOptions const& options = small()) {
  Meeting m(options);
  m.begin();
  return m;
}
MeetingOptions with(std::function<void(MeetingOptions&)> const& change) {
  MeetingOptions options = small();
  change(options);
  return options;
}
PersonId trustee(Meeting const& m, TrusteeId t) { return m.manifest.trustees.at(t); }

struct Rule {
  char const* name;
  std::size_t check;
  std::function<Forged()> forge;
};
void PrintTo(Rule const& rule, std::ostream* out) { *out << rule.name; }

/// The keys of a trustee, changed before they are signed.
Forged keys_with(std::function<void(BatchKeys&)> const& change) {
  Meeting m = begun();
  must(m.keys(1, 1));
  BatchKeys keys = m.make_keys(1, 0);
  change(keys);
  return with_entry(m, keys, {kServer});
}
/// The opening of the first batch, changed before it is signed.
Forged open_with(std::function<void(BatchOpen&)> const& change, MeetingOptions const& options = small()) {
  Meeting m = begun(options);
  m.all_keys(1);
  BatchOpen open = must(m.record.draft_batch_open(1, false, {}));
  change(open);
  return with_entry(m, open, m.office());
}
/// A contested question: expert 5 has said nothing.
Meeting contested() {
  Meeting m = begun();
  m.run_batch(1, m.votes(1, 3, 2), Stage::kBox);
  for (PersonId const p : {1U, 2U, 3U, 4U}) must(m.confirm(p));
  must(m.override_people({{5, false}}));
  m.continue_batch({}, Stage::kConfirmed, Stage::kErased);
  return m;
}
/// A meeting that begins with another manifest.
Forged manifest_with(std::function<void(Manifest&)> const& change) {
  Meeting m(small());
  change(m.manifest);
  return with_entry(m, m.manifest, {m.chair(), m.clerk(), m.supervisor()});
}
/// Keys of a person that nobody has seen before, changed before they are signed.
Forged key_change_with(std::function<void(Meeting&, KeyChange&)> const& change) {
  Meeting m = begun();
  m.keys_of(2) = {};
  Person const person = m.enrolled(m.manifest.people.at(1), 2);
  KeyChange body{m.record.meeting(), 2,     *person.identity_key, *person.witness_key, *person.box_key,
                 *person.possession, "换机"};
  change(m, body);
  return with_entry(m, body, m.office());
}
/// A SignOut by oneself of somebody who has not voted, while ballots are cast.
Forged sign_out_with(std::function<void(SignOut&)> const& change) {
  Meeting m = begun();
  m.run_batch(1, m.votes(1, 4, 0), Stage::kCast);
  SignOut out = m.make_sign_out(5);
  out.batch_open = m.batch_open();
  out.not_cast = true;
  change(out);
  return with_entry(m, out, {5});
}
/// By others, changed before they sign it.
Forged sign_out_by_others_with(std::function<void(Meeting const&, SignOut&)> const& change) {
  Meeting m = at(Stage::kOpen);
  SignOut out = m.make_sign_out(5);
  out.size = 0;
  out.root.reset();
  out.reason = "离席";
  change(m, out);
  return with_entry(m, out, m.office());
}
/// Checks of a laptop: expert 1 has cast.
Forged spoil_with(std::function<void(Meeting&, EnvelopeSpoil&)> const& change,
                  MeetingOptions const& options = small()) {
  Meeting m = at(Stage::kCast, options);
  EnvelopeSpoil body{m.batch_open(), 1, 0, {}, m.supervisor()};
  for (auto const& [q, token] : m.experts.at(1).tokens) body.spent[q] = token.sk_v.public_key();
  change(m, body);
  std::vector<PersonId> const own{1, body.supervisor};
  return with_entry(m, body, body.supervisor == 0 ? m.office() : own);
}
Forged box_changed(std::function<void(BallotBox&)> const& change) {
  Meeting m = at(Stage::kMixed);
  BallotBox box = m.make_box();
  change(box);
  return with_entry(m, box, {kServer});
}
Forged confirm_with(std::function<void(Confirm&)> const& change) {
  Meeting m = at(Stage::kBox);
  must(m.confirm(2));
  Confirm confirm = m.make_confirm(1);
  change(confirm);
  return with_entry(m, confirm, {confirm.person > m.screen() ? PersonId{1} : confirm.person});
}
Forged override_with(std::function<void(Override&)> const& change) {
  Meeting m = at(Stage::kBox);
  must(m.confirm(2));
  Override over{m.batch_open(), m.attempt().box_hash, {{1, false}}, "断网"};
  change(over);
  return with_entry(m, over, m.office());
}

/// Who comes and goes.
std::vector<Rule> rules_of_presence() {
  return {
      {"SignInTwice", 4,
       [] {
         Meeting m = begun();
         return with_entry(m, SignIn{m.record.meeting(), 1, 1}, {1});
       }},
      {"SignInOfAScreen", 4,
       [] {
         Meeting m = begun();
         return with_entry(m, SignIn{m.record.meeting(), m.screen(), 0}, {m.screen()});
       }},
      {"SignOutUnderAnotherNumber", 4,
       [] {
         Meeting m = begun();
         SignOut out = m.make_sign_out(1);
         ++out.sequence;
         return with_entry(m, out, {1});
       }},
      {"SignOutByOneself_WithAReason", 27,
       [] {
         Meeting m = begun();
         SignOut out = m.make_sign_out(1);
         out.reason = "走了";
         return with_entry(m, out, {1});
       }},
      {"SignOutOfNobody", 4,
       [] {
         Meeting m = begun();
         SignOut out = m.make_sign_out(1);
         out.person = 99;
         return with_entry(m, out, {1});
       }},
      {"SignOutWithoutATree", 2, [] { return sign_out_with([](SignOut& o) { o.size = 0; }); }},
      {"SignOutOfALaterTree", 2, [] { return sign_out_with([](SignOut& o) { ++o.size; }); }},
      {"SignOutOfAnotherAttempt", 20, [] { return sign_out_with([](SignOut& o) { o.batch_open->data[0] ^= 1; }); }},
      {"NotCastOfNoAttempt", 20, [] { return sign_out_with([](SignOut& o) { o.batch_open.reset(); }); }},
      {"SignOutByOthersOfNobody", 27,
       [] { return sign_out_by_others_with([](Meeting const&, SignOut& o) { o.person = 99; }); }},
      {"SignOutByOthersUnderAnotherNumber", 4,
       [] { return sign_out_by_others_with([](Meeting const&, SignOut& o) { ++o.sequence; }); }},
      {"SignOutByOthersThatSpeaksOfAnAttempt", 20,
       [] { return sign_out_by_others_with([](Meeting const& m, SignOut& o) { o.batch_open = m.batch_open(); }); }},
      {"SignOutByOthersThatNamesATree", 20,
       [] {
         return sign_out_by_others_with([](Meeting const& m, SignOut& o) {
           o.size = m.record.size();
           o.root = m.record.tree().root();
         });
       }},
      {"SignInMoreThan32Times", 4,
       [] {
         Meeting m = begun();
         for (int i = 1; i < 32; ++i) {
           must(m.sign_out(1));
           must(m.sign_in(1));
         }
         must(m.sign_out(1));
         return with_entry(m, SignIn{m.record.meeting(), 1, m.record.presence(1).sequence}, {1});
       }},
  };
}

/// Who steps back.
std::vector<Rule> rules_of_recusals() {
  return {
      {"RecuseFromALiveQuestion", 4,
       [] {
         Meeting m = at(Stage::kTokens);
         return with_entry(m, Recuse{m.record.meeting(), 1, 1, "亲属"}, {1});
       }},
      {"RecuseTwice", 4,
       [] {
         Meeting m = begun();
         must(m.recuse(1, 1));
         return with_entry(m, Recuse{m.record.meeting(), 1, 1, "亲属"}, {1});
       }},
      {"InterviewOfANormalCandidate", 4,
       [] {
         Meeting m = begun();
         return with_entry(m, Interview{m.record.meeting(), 1, "面试", {}}, {m.clerk()});
       }},
      {"RecuseOfSomebodyWhoIsNoExpert", 4,
       [] {
         Meeting m = begun();
         return with_entry(m, Recuse{m.record.meeting(), m.clerk(), 1, "亲属"}, {m.clerk()});
       }},
      {"RecuseByOthersOfSomebodyWhoIsNoExpert", 4,
       [] {
         Meeting m = begun();
         return with_entry(m, Recuse{m.record.meeting(), m.clerk(), 1, "亲属"}, {2});
       }},
      {"RecuseByOthersFromAnUnknownQuestion", 27,
       [] {
         Meeting m = begun();
         return with_entry(m, Recuse{m.record.meeting(), 1, 9, "亲属"}, m.office());
       }},
      {"RecuseByOneselfFromAnUnknownQuestion", 4,
       [] {
         Meeting m = begun();
         return with_entry(m, Recuse{m.record.meeting(), 1, 9, "亲属"}, {1});
       }},
  };
}

/// Expert 1 has stepped back from question 1; then something happens, and the entry follows.
Forged recuse_back_with(std::function<void(Meeting&)> const& before, std::function<void(RecuseBack&)> const& change,
                        std::function<std::vector<PersonId>(Meeting&)> const& signers = {}) {
  Meeting m = begun();
  before(m);
  RecuseBack body{m.record.meeting(), 1, 1, "误登", m.record.recuse_backs(1, 1)};
  change(body);
  return with_entry(m, body, signers ? signers(m) : std::vector<PersonId>{1});
}
void nothing(Meeting&) {}
void unchanged(RecuseBack&) {}
void stepped_back(Meeting& m) { must(m.recuse(1, 1)); }
std::vector<PersonId> with_office(Meeting& m) {
  std::vector<PersonId> out = m.office();
  out.insert(out.begin(), 1);
  return out;
}

/// Who comes back by himself, and when.
std::vector<Rule> rules_of_coming_back() {
  return {
      {"RecuseBackOfNothing", 27, [] { return recuse_back_with(nothing, unchanged); }},
      {"RecuseBackOfSomebodyUnknown", 27,
       [] { return recuse_back_with(stepped_back, [](RecuseBack& e) { e.person = 99; }); }},
      {"RecuseBackFromAnUnknownQuestion", 27,
       [] { return recuse_back_with(stepped_back, [](RecuseBack& e) { e.question = 99; }); }},
      {"RecuseBackOfAnotherMeeting", 4,
       [] { return recuse_back_with(stepped_back, [](RecuseBack& e) { e.meeting = {}; }); }},
      {"RecuseBackWithoutAReason", 4,
       [] { return recuse_back_with(stepped_back, [](RecuseBack& e) { e.reason.clear(); }); }},
      {"RecuseBackOutOfSequence", 4,
       [] { return recuse_back_with(stepped_back, [](RecuseBack& e) { ++e.sequence; }); }},
      {"RecuseBackMoreThanEightTimes", 4,
       [] {
         return recuse_back_with(
             [](Meeting& m) {
               for (int i = 0; i < 8; ++i) {
                 must(m.recuse(1, 1));
                 must(m.recuse_back(1, 1));
               }
               must(m.recuse(1, 1));
             },
             unchanged);
       }},
      {"RecuseAgainOutOfSequence", 4,
       [] {
         Meeting m = begun();
         must(m.recuse(1, 1));
         must(m.recuse_back(1, 1));
         return with_entry(m, Recuse{m.record.meeting(), 1, 1, "亲属"}, {1});
       }},
      {"RecuseBackFromALiveQuestion", 4,
       [] {
         return recuse_back_with(
             [](Meeting& m) {
               must(m.recuse(1, 1));
               m.run_batch(1, m.votes(1, 4, 0), Stage::kOpen);
             },
             unchanged);
       }},
      {"RecuseBackAfterTheResult", 4,
       [] {
         return recuse_back_with(
             [](Meeting& m) {
               must(m.recuse(1, 1));
               m.run_batch(1, m.votes(1, 4, 0), Stage::kErased);
             },
             unchanged);
       }},
      {"RecuseBackOfPapersThatWereCounted", 4,
       [] {
         return recuse_back_with(
             [](Meeting& m) {
               must(m.recuse(1, 1));
               must(m.open(1, true));
               must(m.paper_tally({{1, {4, 5, 5, 0, 3, 2, 0}}, {2, {5, 5, 5, 0, 5, 0, 0}}}));
               must(m.declare());
             },
             unchanged);
       }},
      {"RecuseBackOfAContestedQuestion", 4,
       [] {
         Meeting m = contested();
         must(m.recuse(1, 1));
         return with_entry(m, RecuseBack{m.record.meeting(), 1, 1, "误登"}, {1});
       }},
  };
}

/// Whose word a recusal rests on.
std::vector<Rule> rules_of_words() {
  return {
      {"RecuseBackBySomebodyElse", 27,
       [] { return recuse_back_with(stepped_back, unchanged, [](Meeting&) { return std::vector<PersonId>{2}; }); }},
      {"RecuseBackByTheOfficeAlone", 27,
       [] { return recuse_back_with(stepped_back, unchanged, [](Meeting& m) { return m.office(); }); }},
      {"RecuseBackWithAnOfficeThatHasNotEnteredIt", 27,
       [] { return recuse_back_with(stepped_back, unchanged, with_office); }},
      {"RecuseBackAloneOfTheOfficesWord", 27,
       [] { return recuse_back_with([](Meeting& m) { must(m.recuse_by(1, 1, m.office())); }, unchanged); }},
      {"RecuseBackAloneOfTheOfficesWordThatHeAttested", 27,
       [] {
         return recuse_back_with(
             [](Meeting& m) {
               must(m.recuse_by(1, 1, m.office()));
               must(m.recuse(1, 1));
             },
             unchanged);
       }},
      {"RecuseBackAloneOfWhatTheOfficeSaidToo", 27,
       [] {
         return recuse_back_with(
             [](Meeting& m) {
               must(m.recuse(1, 1));
               must(m.recuse_by(1, 1, m.office()));
             },
             unchanged);
       }},
      {"RecuseBackWithTheOfficeOfTheCommitteesWord", 27,
       [] {
         return recuse_back_with([](Meeting& m) { must(m.recuse_by(1, 1, m.committee(1))); }, unchanged, with_office);
       }},
      {"RecuseBackUnderAKeyOfTheOffice", 27,
       [] {
         return recuse_back_with(
             [](Meeting& m) {
               must(m.recuse(1, 1));
               must(m.change_keys(1, m.office()));
             },
             unchanged);
       }},
      {"RecuseBackUnderTheNextKeyOfTheOffice", 27,
       [] {
         return recuse_back_with(
             [](Meeting& m) {
               must(m.change_keys(1, m.office()));
               must(m.recuse(1, 1));
               must(m.change_keys(1, m.office()));
             },
             unchanged);
       }},
      {"RecuseBackWithAWrongSignature", 4,
       [] {
         Meeting m = begun();
         must(m.recuse(1, 1));
         Bytes entry = m.signed_by(RecuseBack{m.record.meeting(), 1, 1, "误登"}, {1});
         entry.back() ^= 1;
         return with_entry(m, entry);
       }},
  };
}

/// Who changes keys, and who holds a slot; when a meeting ends.
std::vector<Rule> rules_of_guards() {
  return {
      {"KeyChangeToAUsedKey", 4,
       [] {
         return key_change_with([](Meeting& m, KeyChange& k) {
           k.witness_key = *m.manifest.people.at(0).witness_key;
           k.possession = m.keys_of(2).identity.sign(
               {possession_input(m.manifest.meeting_id, 2, k.identity_key, k.witness_key, k.box_key)});
         });
       }},
      {"KeyChangeWithoutPossession", 4,
       [] { return key_change_with([](Meeting&, KeyChange& k) { k.possession.data[3] ^= 1; }); }},
      {"KeyChangeWithoutReason", 4, [] { return key_change_with([](Meeting&, KeyChange& k) { k.reason.clear(); }); }},
      {"KeyChangeOfNobody", 27, [] { return key_change_with([](Meeting&, KeyChange& k) { k.person = 99; }); }},
      {"TrusteeChangeOfTheServersSlot", 27,
       [] {
         Meeting m = begun();
         std::vector<PersonId> signers = m.committee();
         signers.push_back(m.clerk());
         return with_entry(m, TrusteeChange{m.record.meeting(), 0, m.clerk(), "换人"}, signers);
       }},
      {"TrusteeChangeToTheHolder", 4,
       [] {
         Meeting m = begun();
         std::vector<PersonId> signers = m.committee();
         signers.push_back(m.chair());
         return with_entry(m, TrusteeChange{m.record.meeting(), 1, m.chair(), "换人"}, signers);
       }},
      {"TrusteeChangeToAScreen", 4,
       [] {
         Meeting m = begun();
         std::vector<PersonId> signers = m.committee();
         signers.push_back(m.screen());
         return with_entry(m, TrusteeChange{m.record.meeting(), 1, m.screen(), "换人"}, signers);
       }},
      {"MeetingCloseBeforeAResult", 2,
       [] {
         Meeting m = at(Stage::kErased);
         return with_entry(m, MeetingClose{m.record.meeting(), 12, m.record.tree().root(12), {}}, m.office());
       }},
      {"AnotherMeeting", 4,
       [] {
         Meeting m = begun();
         SignOut out = m.make_sign_out(1);
         out.meeting = {};
         return with_entry(m, out, {1});
       }},
  };
}

std::vector<Rule> rules_of_the_manifest() {
  return {
      {"AManifestOfAnotherFormOfDate", 4, [] { return manifest_with([](Manifest& m) { m.date = "2026-2-03"; }); }},
      {"AManifestOfAThirteenthMonth", 4, [] { return manifest_with([](Manifest& m) { m.date = "2026-13-03"; }); }},
      {"AManifestOfA32ndDay", 4, [] { return manifest_with([](Manifest& m) { m.date = "2026-01-32"; }); }},
      {"AManifestOfAnEvenCommittee", 4, [] { return manifest_with([](Manifest& m) { m.committee_size = 8; }); }},
      {"AManifestOfACommitteeOfFive", 4,
       [] {
         return manifest_with([](Manifest& m) {
           m.committee_size = 5;
           m.rules.max_unconfirmed = 1;
         });
       }},
      {"AManifestWithoutALevel", 4,
       [] { return manifest_with([](Manifest& m) { m.candidates.at(0).level.clear(); }); }},
      {"AManifestWithACandidateInNoBatch", 4,
       [] { return manifest_with([](Manifest& m) { m.batches.at(0).candidates.pop_back(); }); }},
      {"AManifestWithAnEmptyBatch", 4,
       [] { return manifest_with([](Manifest& m) { m.batches.emplace_back().title = "空"; }); }},
      {"AManifestWithAKeyTwice", 4, [] { return manifest_with([](Manifest& m) { m.checkpoint_key = m.server_key; }); }},
      {"AManifestWithAnExpertAsClerk", 4, [] { return manifest_with([](Manifest& m) { m.people.at(6).roles |= 1; }); }},
      {"AManifestWithAnUnknownRole", 4, [] { return manifest_with([](Manifest& m) { m.people.at(0).roles |= 32; }); }},
      {"AManifestWithOneTrustee", 4, [] { return manifest_with([](Manifest& m) { m.trustees.pop_back(); }); }},
      {"AManifestThatLetsHalfBePassedOver", 4,
       [] { return manifest_with([](Manifest& m) { m.rules.max_unconfirmed = 3; }); }},
      {"AManifestWithoutTimeToProtest", 4, [] { return manifest_with([](Manifest& m) { m.rules.protest_s = 4; }); }},
  };
}

std::vector<Rule> rules_of_keys() {
  return {
      {"KeysOfALaterAttempt", 5, [] { return keys_with([](BatchKeys& k) { k.attempt = 2; }); }},
      {"KeysOfAnUnknownTrustee", 5, [] { return keys_with([](BatchKeys& k) { k.trustee = 9; }); }},
      {"KeysForAQuestionOfAnotherBatch", 5,
       [] { return keys_with([](BatchKeys& k) { k.token_keys[3] = k.token_keys.at(2), k.token_keys.erase(2); }); }},
      {"KeysOfADeclaredQuestion", 4,
       [] {
         Meeting m = at(Stage::kErased);
         BatchKeys keys = m.make_keys(2, 0);
         keys.batch = 1;
         keys.attempt = 2;
         keys.token_keys = {{1, keys.token_keys.at(3)}};
         return with_entry(m, keys, {kServer});
       }},
      {"KeysOfAnUnknownBatch", 5, [] { return keys_with([](BatchKeys& k) { k.batch = 9; }); }},
      {"KeysOfAnotherMeeting", 4, [] { return keys_with([](BatchKeys& k) { k.meeting.data[0] ^= 1; }); }},
      {"AMixKeyThatIsSomebodysBoxKey", 7,
       [] {
         Meeting m = begun();
         BatchKeys keys = m.make_keys(1, 0);
         std::ranges::copy(m.keys_of(3).box.public_key().data, keys.mix_key.data.begin());
         keys.mix_key.data[31] ^= 0x80;  // the bit that nobody reads
         return with_entry(m, keys, {kServer});
       }},
      {"AnEvenModulus", 7, [] { return keys_with([](BatchKeys& k) { k.token_keys.at(1).back() &= 0xfe; }); }},
      {"AModulusOfAnotherSize", 7, [] { return keys_with([](BatchKeys& k) { k.token_keys.at(1).pop_back(); }); }},
      {"AModulusThatIsTooSmall", 7, [] { return keys_with([](BatchKeys& k) { k.token_keys.at(1).front() = 1; }); }},
      {"AMixKeyOfSmallOrder", 7, [] { return keys_with([](BatchKeys& k) { k.mix_key = {}; }); }},
      {"AMixKeyThatOccursTwice", 7,
       [] {
         Meeting m = begun();
         BatchKeys const first = m.make_keys(1, 0);
         must(m.submit(first, {kServer}));
         BatchKeys keys = m.make_keys(1, 1);
         keys.mix_key = first.mix_key;
         return with_entry(m, keys, {trustee(m, 1)});
       }},
      {"ATallyKeyThatOccursTwice", 7,
       [] {
         Meeting m = begun();
         BatchKeys const first = m.make_keys(1, 0);
         must(m.submit(first, {kServer}));
         BatchKeys keys = m.make_keys(1, 1);
         keys.tally_key = first.tally_key;
         return with_entry(m, keys, {trustee(m, 1)});
       }},
      {"NoTokenKeys", 4, [] { return keys_with([](BatchKeys& k) { k.token_keys.clear(); }); }},
  };
}

std::vector<Rule> rules_of_opening() {
  return {
      {"OpenWhileAnotherBatchIsOpen", 25,
       [] {
         Meeting m = at(Stage::kCast);
         BatchOpen open = opening(m, {3}, {1, 2, 3, 4, 5}, true);
         open.batch = 2;
         open.attempt = 1;
         return with_entry(m, open, m.office());
       }},
      {"OpenAnUnknownBatch", 5, [] { return open_with([](BatchOpen& o) { o.batch = 9; }); }},
      {"OpenByAChairAlone", 4,
       [] {
         Meeting m = begun();
         return with_entry(m, opening(m, {1, 2}, {1, 2, 3, 4, 5}, true), {m.chair()});
       }},
      {"OpenAcceptingWhatIsNoResult", 4, [] { return open_with([](BatchOpen& o) { o.unwitnessed = {o.meeting}; }); }},
      {"OpenAContestedQuestionWithBallots", 4,
       [] {
         Meeting m = contested();
         return with_entry(m, m.make_keys(1, 0), {kServer});
       }},
      {"OpenAQuestionOfAnotherBatch", 5, [] { return open_with([](BatchOpen& o) {
                                                o.questions = {1, 3};
                                              }); }},
      {"OpenNothing", 4, [] { return open_with([](BatchOpen& o) { o.questions.clear(); }); }},
      {"OpenAsALaterAttempt", 5, [] { return open_with([](BatchOpen& o) { o.attempt = 2; }); }},
      {"OpenWithoutTheServersKeys", 7, [] { return open_with([](BatchOpen& o) { o.keys.erase(o.keys.begin()); }); }},
      {"OpenWithOneTrustee", 7, [] { return open_with([](BatchOpen& o) { o.keys.pop_back(); }); }},
      {"OpenWithKeysOutOfOrder", 7, [] { return open_with([](BatchOpen& o) { std::swap(o.keys[0], o.keys[1]); }); }},
      {"OpenWithKeysNamedTwice", 7, [] { return open_with([](BatchOpen& o) { o.keys[1] = o.keys[0]; }); }},
      {"OpenOnPaperWithKeys", 8, [] { return open_with([](BatchOpen& o) { o.paper = true; }); }},
      {"OpenWithKeysForOneQuestionOnly", 7,
       [] {
         Meeting m = begun();
         must(m.keys(1, 0, {1, 2}));
         must(m.keys(1, 1, {1}));
         return with_entry(m, opening(m, {1, 2}, {1, 2, 3, 4, 5}), m.office());
       }},
      {"OpenAnExceptionalQuestionWithoutInterview", 4,
       [] {
         Meeting m = begun(with([](MeetingOptions& o) { o.exceptional = {1}; }));
         return with_entry(m, opening(m, {1, 2}, {1, 2, 3, 4, 5}, true), m.office());
       }},
      {"OpenWithARecusalTooMany", 8, [] { return open_with([](BatchOpen& o) {
                                            o.recusals = {{1, 1}};
                                          }); }},
      {"OpenWithAnAbsentPerson", 8, [] { return open_with([](BatchOpen& o) { o.present.push_back(6); }); }},
  };
}

/// Tokens.
std::vector<Rule> rules_of_voting() {
  return {
      {"RequestAfterTheClose", 4,
       [] {
         Meeting m = begun();
         m.run_batch(1, {}, Stage::kOpen);
         must(m.close_batch());
         return with_entry(m, TokenRequest{m.batch_open(), 1, 0, {}}, {1});
       }},
      {"RequestOfNobody", 9,
       [] {
         Meeting m = at(Stage::kOpen);
         return with_entry(m, TokenRequest{m.batch_open(), 99, 0, {}}, {1});
       }},
      {"RequestOfAnotherAttempt", 4,
       [] {
         Meeting m = at(Stage::kOpen);
         return with_entry(m, TokenRequest{{}, 1, 0, {}}, {1});
       }},
      {"IssuedToNobody", 10,
       [] {
         Meeting m = at(Stage::kOpen);
         return with_entry(m, TokensIssued{m.batch_open(), 0, 99, 0, {}}, {kServer});
       }},
      {"IssuedByAnUnknownTrustee", 10,
       [] {
         Meeting m = at(Stage::kOpen);
         return with_entry(m, TokensIssued{m.batch_open(), 9, 1, 0, {}}, {kServer});
       }},
      {"IssuedForPaper", 10,
       [] {
         Meeting m = begun();
         must(m.open(1, true));
         return with_entry(m, TokensIssued{m.batch_open(), 0, 1, 0, {}}, {kServer});
       }},
      {"IssuedWithoutRequest", 10,
       [] {
         Meeting m = at(Stage::kOpen);
         return with_entry(m, TokensIssued{m.batch_open(), 0, 1, 0, {}}, {kServer});
       }},
      {"IssuedTwice", 10,
       [] {
         Meeting m = at(Stage::kTokens);
         return with_entry(m, TokensIssued{m.batch_open(), 0, 1, 0, {}}, {kServer});
       }},
  };
}

/// Envelopes, and which of them count.
std::vector<Rule> rules_of_envelopes() {
  return {
      {"EnvelopeOfAbsent", 4,
       [] {
         Meeting m = at(Stage::kTokens);
         return with_entry(m, EnvelopeCast{m.batch_open(), m.clerk(), 0, {}}, {m.clerk()});
       }},
      {"EnvelopeOfAnotherCast", 26,
       [] {
         Meeting m = at(Stage::kTokens);
         return with_entry(m, EnvelopeCast{m.batch_open(), 1, 1, {}}, {1});
       }},
      {"EnvelopeTwice", 4,
       [] {
         Meeting m = at(Stage::kCast);
         return with_entry(m, EnvelopeCast{m.batch_open(), 1, 0, {}}, {1});
       }},
      {"EnvelopeOfNobody", 26,
       [] {
         Meeting m = at(Stage::kTokens);
         return with_entry(m, EnvelopeCast{m.batch_open(), 99, 0, {}}, {1});
       }},
      {"EnvelopeUnderANewerKey", 4,
       [] {
         Meeting m = at(Stage::kTokens);
         must(m.change_keys(1, m.office()));
         return with_entry(m, EnvelopeCast{m.batch_open(), 1, 0, {}}, {1});
       }},
      {"EnvelopeWithoutTokens", 4,
       [] {
         Meeting m = at(Stage::kOpen);
         return with_entry(m, EnvelopeCast{m.batch_open(), 1, 0, {}}, {1});
       }},
      {"EnvelopeAfterTheClose", 4,
       [] {
         Meeting m = at(Stage::kClosed);
         return with_entry(m, EnvelopeCast{m.batch_open(), 1, 1, {}}, {1});
       }},
      {"CloseWithoutAnEnvelope", 26,
       [] {
         Meeting m = at(Stage::kCast);
         BatchClose close = must(m.record.draft_batch_close());
         close.envelopes.erase(1);
         return with_entry(m, close, m.office());
       }},
      {"CloseWithAnotherEnvelope", 26,
       [] {
         Meeting m = at(Stage::kCast);
         BatchClose close = must(m.record.draft_batch_close());
         close.envelopes.at(1).data[0] ^= 1;
         return with_entry(m, close, m.office());
       }},
      {"CloseThatDoesNotSayWhoHasNone", 26,
       [] {
         Meeting m = begun();
         m.run_batch(1, m.votes(1, 4, 0), Stage::kCast);
         BatchClose close = must(m.record.draft_batch_close());
         close.without.clear();
         return with_entry(m, close, m.office());
       }},
      {"CloseByTheChairAlone", 4,
       [] {
         Meeting m = at(Stage::kCast);
         return with_entry(m, must(m.record.draft_batch_close()), {m.chair()});
       }},
  };
}

/// Envelopes that are opened to see what a laptop made of a choice.
std::vector<Rule> rules_of_checks() {
  return {
      {"SpoilWhereNoneAreAllowed", 26,
       [] {
         return spoil_with([](Meeting&, EnvelopeSpoil&) {},
                           with([](MeetingOptions& o) { o.rules.checks_allowed = false; }));
       }},
      {"SpoilBesideAChair", 26,
       [] { return spoil_with([](Meeting& m, EnvelopeSpoil& e) { e.supervisor = m.chair(); }); }},
      {"SpoilOfALaterCast", 26, [] { return spoil_with([](Meeting&, EnvelopeSpoil& e) { e.cast = 1; }); }},
      {"SpoilOfNobody", 26, [] { return spoil_with([](Meeting&, EnvelopeSpoil& e) { e.person = 99; }); }},
      {"SpoilOfAnotherAttempt", 4, [] { return spoil_with([](Meeting&, EnvelopeSpoil& e) { e.batch_open = {}; }); }},
      {"SpoilThatShowsNotAllKeys", 26, [] { return spoil_with([](Meeting&, EnvelopeSpoil& e) { e.spent.erase(2); }); }},
      {"SpoilThatShowsAKeyTwice", 26,
       [] { return spoil_with([](Meeting&, EnvelopeSpoil& e) { e.spent.at(2) = e.spent.at(1); }); }},
      {"SpoilThatShowsAKeyOfSmallOrder", 26,
       [] { return spoil_with([](Meeting&, EnvelopeSpoil& e) { e.spent.at(2) = SigningPublicKey{}; }); }},
      {"SpoilByTheOfficeThatShowsKeys", 26,
       [] { return spoil_with([](Meeting&, EnvelopeSpoil& e) { e.supervisor = 0; }); }},
      {"SpoilUnderANewerKey", 26,
       [] { return spoil_with([](Meeting& m, EnvelopeSpoil&) { must(m.change_keys(1, m.office())); }); }},
      {"SpoilByTheOfficeThreeTimes", 26,
       [] {
         Meeting m = at(Stage::kCast);
         for (int i = 0; i < 2; ++i) {
           must(m.spoil_by(1, m.office()));
           m.all_tokens(1);
           must(m.cast(1, {}));
         }
         return with_entry(m, EnvelopeSpoil{m.batch_open(), 1, 2, {}, 0}, m.office());
       }},
      {"SpoilAfterTheClose", 26,
       [] {
         Meeting m = at(Stage::kClosed);
         return with_entry(m, EnvelopeSpoil{m.batch_open(), 1, 0, {}, 0}, m.office());
       }},
      {"SpoilWithoutAnEnvelope", 26,
       [] {
         Meeting m = at(Stage::kTokens);
         return with_entry(m, EnvelopeSpoil{m.batch_open(), 1, 0, {}, 0}, m.office());
       }},
      {"CheckResultOfNothing", 26,
       [] {
         Meeting m = at(Stage::kCast);
         return with_entry(m, CheckResult{m.batch_open(), 1, 0, CheckVerdict::kUnopened}, m.office());
       }},
      {"CheckResultByAnotherSupervisor", 26,
       [] {
         Meeting m = at(Stage::kCast, with([](MeetingOptions& o) { o.supervisors = 2; }));
         must(m.spoil(1, m.supervisor(1)));
         return with_entry(m, CheckResult{m.batch_open(), 1, 0, CheckVerdict::kAgrees}, {m.supervisor(2)});
       }},
      {"CheckResultTwice", 26,
       [] {
         Meeting m = at(Stage::kCast);
         must(m.spoil(1, m.supervisor()));
         must(m.check_result(1, CheckVerdict::kAgrees, {m.supervisor()}));
         return with_entry(m, CheckResult{m.batch_open(), 1, 0, CheckVerdict::kDiffers}, {m.supervisor()});
       }},
      {"CheckResultAfterTheClose", 26,
       [] {
         Meeting m = at(Stage::kCast);
         must(m.spoil(1, m.supervisor()));
         must(m.close_batch());
         return with_entry(m, CheckResult{m.batch_open(), 1, 0, CheckVerdict::kAgrees}, {m.supervisor()});
       }},
  };
}

/// The end of issuance.
std::vector<Rule> rules_of_closing() {
  return {
      {"IssuanceClosedTooEarly", 4,
       [] {
         Meeting m = at(Stage::kCast);
         return with_entry(m, IssuanceClosed{m.batch_open(), 0, {{1, 5}, {2, 5}}}, {kServer});
       }},
      {"IssuanceClosedTwice", 10,
       [] {
         Meeting m = at(Stage::kClosed);
         must(m.close_issuance(0));
         return with_entry(m, IssuanceClosed{m.batch_open(), 0, {{1, 5}, {2, 5}}}, {kServer});
       }},
      {"IssuanceClosedTwiceAfterTheLast", 10,
       [] {
         Meeting m = at(Stage::kIssuanceClosed);
         return with_entry(m, IssuanceClosed{m.batch_open(), 0, {{1, 5}, {2, 5}}}, {kServer});
       }},
      {"IssuanceClosedByAnUnknownTrustee", 10,
       [] {
         Meeting m = at(Stage::kClosed);
         return with_entry(m, IssuanceClosed{m.batch_open(), 9, {{1, 5}, {2, 5}}}, {kServer});
       }},
      {"IssuanceClosedWithoutAQuestion", 10,
       [] {
         Meeting m = at(Stage::kClosed);
         return with_entry(m, IssuanceClosed{m.batch_open(), 0, {{1, 5}}}, {kServer});
       }},
  };
}

/// From hop to hop to the ballot box.
std::vector<Rule> rules_of_mixing() {
  return {
      {"MixTooEarly", 4,
       [] {
         Meeting m = at(Stage::kClosed);
         return with_entry(m, MixStep{m.batch_open(), 0, {{1, {5, 5}}, {2, {5, 5}}}, {}}, {kServer});
       }},
      {"MixWithoutAQuestion", 11,
       [] {
         Meeting m = at(Stage::kIssuanceClosed);
         return with_entry(m, MixStep{m.batch_open(), 0, {{1, {5, 5}}}, {}}, {kServer});
       }},
      {"MixThatGainsBallots", 11,
       [] {
         Meeting m = at(Stage::kIssuanceClosed);
         return with_entry(m, MixStep{m.batch_open(), 0, {{1, {5, 6}}, {2, {5, 5}}}, {}}, {kServer});
       }},
      {"MixTwice", 11,
       [] {
         Meeting m = at(Stage::kIssuanceClosed);
         must(m.mix(0));
         return with_entry(m, MixStep{m.batch_open(), 0, {{1, {5, 5}}, {2, {5, 5}}}, {}}, {kServer});
       }},
      {"BoxBeforeTheLastHop", 4,
       [] {
         Meeting m = at(Stage::kIssuanceClosed);
         must(m.mix(0));
         return with_entry(m, BallotBox{m.batch_open(), {{1, {}}, {2, {}}}}, {kServer});
       }},
      {"BoxWithoutAQuestion", 19, [] { return box_changed([](BallotBox& b) { b.boxes.erase(2); }); }},
      {"MixByAnUnknownTrustee", 11,
       [] {
         Meeting m = at(Stage::kIssuanceClosed);
         return with_entry(m, MixStep{m.batch_open(), 9, {{1, {5, 5}}, {2, {5, 5}}}, {}}, {kServer});
       }},
      {"BoxWithARefusalThatIsNone", 19,
       [] {
         return box_changed([](BallotBox& b) { b.boxes.at(1).ballots.pop_back(), b.boxes.at(1).refused = {{9, 1}}; });
       }},
      {"BoxWithARefusalOfNobody", 19,
       [] { return box_changed([](BallotBox& b) {
              b.boxes.at(1).refused = {{13, 0}};
            }); }},
      {"BallotUnderAKeyOfSmallOrder", 15,
       [] {
         return box_changed([](BallotBox& b) {
           auto& ballots = b.boxes.at(1).ballots;
           std::fill_n(ballots.back().begin() + 5, 32, std::uint8_t{0});
           std::ranges::sort(ballots);
         });
       }},
      {"BallotOfAnotherVersion", 12,
       [] { return box_changed([](BallotBox& b) { b.boxes.at(1).ballots.back().front() = 2; }); }},
  };
}

std::vector<Rule> rules_of_incidents() {
  return {
      {"IncidentTwice", 4,
       [] {
         Meeting m = at(Stage::kTokens);
         must(m.submit(Incident{m.batch_open(), 1, 13, {}}, {kServer}));
         return with_entry(m, Incident{m.batch_open(), 1, 13, {}}, {kServer});
       }},
      {"IncidentOfNobody", 4,
       [] {
         Meeting m = at(Stage::kTokens);
         return with_entry(m, Incident{m.batch_open(), 0, 13, {}}, {kServer});
       }},
      {"IncidentWithoutACode", 4,
       [] {
         Meeting m = at(Stage::kTokens);
         return with_entry(m, Incident{m.batch_open(), 1, 47, {}}, {kServer});
       }},
  };
}

std::vector<Rule> rules_of_confirming() {
  return {
      {"ConfirmTooEarly", 4,
       [] {
         Meeting m = at(Stage::kMixed);
         return with_entry(m, Confirm{m.batch_open(), 1, {}, {{1, ConfirmVerdict::kOk}, {2, ConfirmVerdict::kOk}}},
                           {1});
       }},
      {"ConfirmTwice", 20, [] { return confirm_with([](Confirm& c) { c.person = 2; }); }},
      {"ConfirmOfSomebodyWhoIsNoExpert", 20, [] { return confirm_with([](Confirm& c) { c.person = 6; }); }},
      {"ConfirmOfNobody", 20, [] { return confirm_with([](Confirm& c) { c.person = 99; }); }},
      {"ConfirmOfAnotherAttempt", 4, [] { return confirm_with([](Confirm& c) { c.batch_open = {}; }); }},
      {"ConfirmUnderANewerKey", 20,
       [] {
         Meeting m = at(Stage::kBox);
         must(m.change_keys(1, m.office()));
         return with_entry(m, m.make_confirm(1), {1});
       }},
      {"ConfirmWithoutAQuestion", 20, [] { return confirm_with([](Confirm& c) { c.rows.erase(2); }); }},
      {"ConfirmAfterTheOpening", 4,
       [] {
         Meeting m = at(Stage::kBox);
         for (PersonId const p : {1U, 2U, 3U, 5U}) must(m.confirm(p));
         must(m.override_people({{4, false}}));
         must(m.share(0));
         return with_entry(m, m.make_confirm(4), {4});
       }},
      {"OverrideWithoutReason", 4, [] { return override_with([](Override& o) { o.reason.clear(); }); }},
      {"OverrideOfNobody", 4, [] { return override_with([](Override& o) { o.people.clear(); }); }},
      {"OverrideOfAnotherBox", 20, [] { return override_with([](Override& o) { o.box.data[0] ^= 1; }); }},
      {"OverrideOfSomebodyWhoConfirmed", 20,
       [] { return override_with([](Override& o) {
              o.people = {{2, false}};
            }); }},
      {"OverrideOfSomebodyWhoIsNoExpert", 20,
       [] { return override_with([](Override& o) {
              o.people = {{6, false}};
            }); }},
      {"OverrideOfNobodyKnown", 20, [] { return override_with([](Override& o) {
                                           o.people = {{99, false}};
                                         }); }},
      {"OverrideOfAMissingThatIsNone", 20, [] { return override_with([](Override& o) {
                                                  o.people = {{1, true}};
                                                }); }},
      {"OverrideTooEarly", 4,
       [] {
         Meeting m = at(Stage::kMixed);
         return with_entry(m, Override{m.batch_open(), {}, {{1, false}}, "断网"}, m.office());
       }},
  };
}

std::vector<Rule> rules_of_shares() {
  return {
      {"ShareOverAMissing", 20,
       [] {
         Meeting m = at(Stage::kBox);
         for (PersonId const p : {1U, 2U, 3U, 4U}) must(m.confirm(p));
         Confirm confirm = m.make_confirm(5);
         confirm.rows.at(2) = ConfirmVerdict::kMissing;
         must(m.submit(confirm, {5}));
         return with_entry(m, m.make_share(0), {kServer});
       }},
      {"ShareOverAMissingThatCameAfterAnOverride", 20,
       [] {
         Meeting m = at(Stage::kBox);
         for (PersonId const p : {1U, 2U, 3U, 4U}) must(m.confirm(p));
         must(m.override_people({{5, false}}));
         Confirm confirm = m.make_confirm(5);
         confirm.rows.at(2) = ConfirmVerdict::kMissing;
         must(m.submit(confirm, {5}));
         return with_entry(m, m.make_share(0), {kServer});
       }},
      {"FirstShareThatIsNotTheServers", 22,
       [] {
         Meeting m = at(Stage::kConfirmed);
         return with_entry(m, m.make_share(1), {trustee(m, 1)});
       }},
      {"ShareOfAnUnknownTrustee", 22,
       [] {
         Meeting m = at(Stage::kConfirmed);
         TallyShare share = m.make_share(0);
         share.trustee = 9;
         return with_entry(m, share, {kServer});
       }},
      {"ShareOfAnotherAttempt", 4,
       [] {
         Meeting m = at(Stage::kConfirmed);
         TallyShare share = m.make_share(0);
         share.batch_open = {};
         return with_entry(m, share, {kServer});
       }},
      {"ShareTooEarly", 4,
       [] {
         Meeting m = at(Stage::kMixed);
         return with_entry(m, TallyShare{m.batch_open(), 0, {}, {}}, {kServer});
       }},
      {"ShareTwice", 22,
       [] {
         Meeting m = at(Stage::kConfirmed);
         must(m.share(0));
         return with_entry(m, m.make_share(0), {kServer});
       }},
      {"ShareTwiceAfterTheLast", 22,
       [] {
         Meeting m = at(Stage::kConfirmed);
         for (TrusteeId const t : {0U, 1U}) must(m.share(t));
         TallyShare again{m.batch_open(), 0, m.attempt().box_hash, {}};
         return with_entry(m, again, {kServer});
       }},
      {"ShareWithoutAQuestion", 22,
       [] {
         Meeting m = at(Stage::kConfirmed);
         TallyShare share = m.make_share(0);
         share.shares.erase(2);
         return with_entry(m, share, {kServer});
       }},
  };
}

/// While the sums are being opened: the committee has signed.
Forged void_while_opening(std::vector<QuestionId> questions, std::string const& reason) {
  Meeting m = at(Stage::kConfirmed);
  must(m.share(0));
  return with_entry(m, Void{m.batch_open(), std::move(questions), reason}, m.committee());
}

std::vector<Rule> rules_of_voids() {
  return {
      {"VoidWithoutReason", 4,
       [] {
         Meeting m = at(Stage::kCast);
         return with_entry(m, Void{m.batch_open(), {}, ""}, m.office());
       }},
      {"VoidByTheChairAlone", 4,
       [] {
         Meeting m = at(Stage::kCast);
         return with_entry(m, Void{m.batch_open(), {}, "重来"}, {m.chair()});
       }},
      {"VoidOfAnotherBatchsQuestion", 4,
       [] {
         Meeting m = at(Stage::kCast);
         return with_entry(m, Void{m.batch_open(), {3}, "重来"}, m.office());
       }},
      {"VoidTwice", 4,
       [] {
         Meeting m = at(Stage::kCast);
         must(m.void_questions({1}));
         return with_entry(m, Void{m.batch_open(), {1}, "重来"}, m.office());
       }},
      {"VoidByTheOfficeWhileOpening", 4,
       [] {
         Meeting m = at(Stage::kConfirmed);
         must(m.share(0));
         return with_entry(m, Void{m.batch_open(), {}, "重来"}, m.office());
       }},
      {"VoidOfAPartWhileOpening", 25, [] { return void_while_opening({1}, "丢失"); }},
      {"VoidOfAnotherBatchsQuestionWhileOpening", 25, [] { return void_while_opening({3}, "丢失"); }},
      {"VoidWithoutReasonWhileOpening", 4, [] { return void_while_opening({}, ""); }},
      {"VoidAfterTheDeclaration", 4,
       [] {
         Meeting m = at(Stage::kErased);
         return with_entry(m, Void{m.batch_open(), {}, "重来"}, m.committee());
       }},
      {"VoidOfCountedPaper", 25,
       [] {
         Meeting m = begun();
         must(m.open(1, true));
         must(m.paper_tally({{1, {5, 5, 5, 0, 4, 1, 0}}, {2, {5, 5, 5, 0, 5, 0, 0}}}));
         return with_entry(m, Void{m.batch_open(), {}, "重来"}, m.office());
       }},
  };
}

std::vector<Rule> rules_of_paper() {
  return {
      {"PaperTallyOfBallots", 4,
       [] {
         Meeting m = at(Stage::kCast);
         return with_entry(m, PaperTally{m.batch_open(), {{1, {5, 5, 5, 0, 5, 0, 0}}, {2, {5, 5, 5, 0, 5, 0, 0}}}},
                           m.office());
       }},
      {"PaperTallyWithoutAQuestion", 24,
       [] {
         Meeting m = begun();
         must(m.open(1, true));
         return with_entry(m, PaperTally{m.batch_open(), {{1, {5, 5, 5, 0, 5, 0, 0}}}}, m.office());
       }},
      {"PaperTallyOfMoreThanVote", 24,
       [] {
         Meeting m = begun();
         must(m.open(1, true));
         return with_entry(m, PaperTally{m.batch_open(), {{1, {6, 5, 5, 0, 5, 0, 0}}, {2, {5, 5, 5, 0, 5, 0, 0}}}},
                           m.office());
       }},
      {"PaperAbstentionWhereThereIsNone", 24,
       [] {
         Meeting m = begun(with([](MeetingOptions& o) { o.rules.abstain_allowed = false; }));
         must(m.open(1, true));
         return with_entry(m, PaperTally{m.batch_open(), {{1, {5, 5, 5, 0, 4, 0, 1}}, {2, {5, 5, 5, 0, 5, 0, 0}}}},
                           m.office());
       }},
      {"TokensForPaper", 4,
       [] {
         Meeting m = begun();
         must(m.open(1, true));
         return with_entry(m, TokenRequest{m.batch_open(), 1, 0, {}}, {1});
       }},
  };
}

std::vector<Rule> rules_of_erasing() {
  return {
      {"ErasedTooEarly", 4,
       [] {
         Meeting m = at(Stage::kCounted);
         return with_entry(m, Erased{m.batch_open(), 0}, {kServer});
       }},
      {"ErasedOfPaper", 4,
       [] {
         Meeting m = begun();
         must(m.open(1, true));
         must(m.void_questions({}));
         return with_entry(m, Erased{m.batch_open(), 0}, {kServer});
       }},
      {"ErasedTwice", 4,
       [] {
         Meeting m = at(Stage::kErased);
         return with_entry(m, Erased{m.batch_open(), 0}, {kServer});
       }},
  };
}

std::vector<Rule> rules() {
  std::vector<Rule> all;
  for (auto const& group :
       {rules_of_presence(), rules_of_recusals(), rules_of_coming_back(), rules_of_words(), rules_of_guards(),
        rules_of_the_manifest(), rules_of_keys(), rules_of_opening(), rules_of_voting(), rules_of_envelopes(),
        rules_of_checks(), rules_of_closing(), rules_of_mixing(), rules_of_incidents(), rules_of_confirming(),
        rules_of_shares(), rules_of_voids(), rules_of_paper(), rules_of_erasing()}) {
    all.insert(all.end(), group.begin(), group.end());
  }
  return all;
}

class ARule : public testing::TestWithParam<Rule> {};

}  // namespace

TEST_P(ARule, ThatIsBrokenFailsItsCheck) { expect_only(GetParam().forge(), GetParam().check); }

INSTANTIATE_TEST_SUITE_P(Rules, ARule, testing::ValuesIn(rules()),
                         [](auto const& rule) { return std::string(rule.param.name); });

// ---- Honest meetings --------------------------------------------------------------------------------------------

namespace {

/// The record of a whole meeting of six about two questions, of which expert 1 is recused from the first.
/// @param overridden who says nothing (false) or MISSING of one question (true), and is passed over.
void expect_honest(std::function<void(MeetingOptions&)> const& change,
                   std::map<PersonId, bool> const& overridden = {}) {
  MeetingOptions options = small();
  options.experts = 6;
  options.supervisors = 2;
  change(options);
  Meeting m(options);
  m.begin();
  must(m.recuse(1, 1));
  must(m.recuse(2, 2));
  must(m.recuse_back(2, 2));
  Votes votes = m.votes(1, 3, 1);
  if (options.rules.recusal_mode == RecusalMode::kLeave) votes.erase(1);
  m.run_batch(1, votes, Stage::kBox);
  for (PersonId const person : m.attempt().entitled()) {
    Confirm confirm = m.make_confirm(person);
    if (auto const named = overridden.find(person); named != overridden.end()) {
      if (!named->second) continue;
      confirm.rows.rbegin()->second = ConfirmVerdict::kMissing;
    }
    must(m.submit(confirm, {person}));
  }
  if (!overridden.empty()) must(m.override_people(overridden));
  m.continue_batch(votes, Stage::kConfirmed, Stage::kErased);
  must(m.sign_out(2));
  must(m.close_meeting());
  expect_verified(audited(m.record_file(), m.record.tree().root()));
}

}  // namespace

TEST(HonestMeeting, UnderEachModeOfRecusal) {
  for (RecusalMode const mode : {RecusalMode::kInclude, RecusalMode::kExclude, RecusalMode::kLeave})
    expect_honest([mode](MeetingOptions& o) { o.rules.recusal_mode = mode; });
}

TEST(HonestMeeting, UnderAnInclusiveRuleWithoutAbstention) {
  expect_honest([](MeetingOptions& o) {
    o.rules.pass_strict = false;
    o.rules.pass_numerator = 1;
    o.rules.pass_denominator = 2;
    o.rules.abstain_allowed = false;
  });
}

TEST(HonestMeeting, OfARehearsalWithOneTrustee) {
  expect_honest([](MeetingOptions& o) {
    o.rehearsal = true;
    o.trustees = 1;
  });
}

TEST(HonestMeeting, WithPeopleNamedInAnOverride) {
  expect_honest([](MeetingOptions&) {}, {{4, false}, {3, true}});
}

// Mode leave keeps out who is recused from what is opened, not from the rest of the batch.
TEST(HonestMeeting, ThatOpensAPartOfABatch) {
  Meeting m = begun(with([](MeetingOptions& o) { o.rules.recusal_mode = RecusalMode::kLeave; }));
  must(m.recuse(1, 2));
  for (TrusteeId t = 0; t < 2; ++t) must(m.keys(1, t, {1}));
  must(m.submit(opening(m, {1}, {1, 2, 3, 4, 5}), m.office()));
  must(m.void_questions({}));
  must(m.close_meeting());
  expect_verified(audited(m.record_file(), m.record.tree().root()));
}

TEST(HonestMeeting, WithSharesThatWereLost) {
  Meeting m = at(Stage::kConfirmed);
  must(m.share(0));
  must(m.void_questions({}));
  must(m.open(1, true));
  must(m.paper_tally({{1, {5, 4, 4, 0, 3, 1, 0}}, {2, {5, 5, 4, 1, 3, 0, 1}}}));
  must(m.declare());
  must(m.close_meeting());
  expect_verified(audited(m.record_file(), m.record.tree().root()));
}

// What hangs on one silent laptop is voted on again, on paper, and the committee signs the count.
TEST(HonestMeeting, ThatVotesAgainOnWhatIsContested) {
  Meeting m = contested();
  must(m.open(1, true));
  PaperTally const tally{m.batch_open(), {{1, {5, 5, 5, 0, 4, 1, 0}}, {2, {5, 5, 5, 0, 3, 2, 0}}}};
  must(m.submit(tally, m.committee()));
  must(m.declare());
  must(m.close_meeting());
  expect_verified(audited(m.record_file(), m.record.tree().root()));
}

// Silent at first, then he signs that his ballot is missing: two entries, one person.
TEST(HonestMeeting, ThatNamesOnePersonInTwoOverrides) {
  Meeting m = at(Stage::kBox, with([](MeetingOptions& o) { o.rules.max_unconfirmed = 1; }));
  for (PersonId const p : {1U, 2U, 3U, 4U}) must(m.confirm(p));
  must(m.override_people({{5, false}}));
  Confirm confirm = m.make_confirm(5);
  confirm.rows.at(1) = ConfirmVerdict::kMissing;
  must(m.submit(confirm, {5}));
  must(m.override_people({{5, true}}));
  m.continue_batch({}, Stage::kConfirmed, Stage::kErased);
  must(m.close_meeting());
  expect_verified(audited(m.record_file(), m.record.tree().root()));
}

// One says so in a Confirm, the other when he leaves.
TEST(HonestMeeting, InWhichTwoDoNotVote) {
  Meeting m = begun();
  m.run_batch(1, m.votes(1, 3, 0), Stage::kCast);
  must(m.sign_out_saying(5, true));
  m.continue_batch({}, Stage::kCast, Stage::kBox);
  for (PersonId const p : {1U, 2U, 3U, 4U}) must(m.confirm(p));
  m.continue_batch({}, Stage::kConfirmed, Stage::kErased);
  must(m.close_meeting());
  expect_verified(audited(m.record_file(), m.record.tree().root()));
}

TEST(HonestMeeting, InWhichEnvelopesAreChecked) {
  Meeting m = at(Stage::kCast);
  must(m.spoil(1, m.supervisor()));
  must(m.check_result(1, CheckVerdict::kAgrees, {m.supervisor()}));
  must(m.spoil_by(2, m.office()));
  must(m.spoil(3, m.supervisor()));
  must(m.check_result(3, CheckVerdict::kDiffers, {m.supervisor()}));  // this laptop votes no more
  must(m.spoil(4, m.supervisor()));
  must(m.check_result(4, CheckVerdict::kUnopened, m.office()));
  for (PersonId const p : {1U, 2U, 4U}) {
    m.all_tokens(p);
    must(m.cast(p, {}));
  }
  must(m.spoil(1, m.supervisor()));  // and no result of it
  m.continue_batch({}, Stage::kCast, Stage::kErased);
  must(m.close_meeting());
  expect_verified(audited(m.record_file(), m.record.tree().root()));
}

TEST(HonestMeeting, OfPeopleWhoComeGoAndChangeTheirKeys) {
  Meeting m(with([](MeetingOptions& o) {
    o.experts = 6;
    o.chairs = 2;
    o.exceptional = {3};
    o.not_enrolled = {3};
  }));
  m.begin();
  must(m.change_keys(3, m.office()));
  must(m.change_keys(m.chair(), m.committee()));
  must(m.change_keys(m.chair(2), m.committee()));
  must(m.sign_in(3));
  must(m.sign_out_by(2, m.office()));
  must(m.sign_in(2));
  must(m.submit(Recuse{m.record.meeting(), 2, 1, "亲属"}, m.office()));
  m.run_batch(1, {{1, {}}, {2, {}}, {3, {}}, {4, {}}}, Stage::kErased);
  must(m.change_trustee(1, m.clerk(), m.committee()));
  must(m.interview(3));
  must(m.open(2, true));
  must(m.paper_tally({{3, {9, 10, 10, 0, 6, 0, 0}}}));  // more than was issued, and more was issued than may vote
  must(m.close_meeting());
  expect_verified(audited(m.record_file(), m.record.tree().root()));
}

// Recused from the one question and the other voided: nothing is left of which he could say anything.
TEST(HonestMeeting, InWhichSomebodyIsNotAskedAnyMore) {
  Meeting m = begun();
  must(m.recuse(1, 1));
  m.run_batch(1, {{1, {}}, {2, {}}, {3, {}}, {4, {}}}, Stage::kBox);
  must(m.void_questions({2}));
  m.continue_batch({}, Stage::kBox, Stage::kErased);
  must(m.close_meeting());
  expect_verified(audited(m.record_file(), m.record.tree().root()));
}

// A share that never comes: what was to be opened is undecided, and the close says so.
TEST(HonestMeeting, ThatIsClosedWhileAShareIsMissing) {
  Meeting m = at(Stage::kConfirmed);
  must(m.share(0));
  must(m.close_meeting());
  expect_verified(audited(m.record_file(), m.record.tree().root()));
}

// The sum of the box decodes to an abstention that the rules do not know: the proof of that ballot fails, and then the
// opening fails, too.
TEST(AfterAFailure, AnAbstentionWhereThereIsNoneIsNotCounted) {
  Meeting m = at(Stage::kMixed, with([](MeetingOptions& o) { o.rules.abstain_allowed = false; }));
  BallotBox box = m.make_box();
  BallotContext context = m.record.ballot_context(1);
  context.shape.abstain_allowed = true;
  auto const& token = m.experts.at(1).tokens.at(1);
  Bytes ballot = must(make_ballot(context, token.sk_v, token.prefix, token.tokens, Choice::kAbstain));
  ballot.erase(ballot.end() - 128, ballot.end() - 64);  // one branch of the proof fewer
  auto& ballots = box.boxes.at(1).ballots;
  *std::ranges::find(ballots, m.experts.at(1).ballots.at(1)) = ballot;
  std::ranges::sort(ballots);
  must(m.submit(box, {kServer}));
  m.witness();
  m.experts.at(1).ballots.at(1) = ballot;
  for (PersonId const p : {1U, 2U, 3U, 4U, 5U}) must(m.confirm(p));
  must(m.share(0));
  Forged const forged = with_entry(m, m.make_share(1), {trustee(m, 1)});
  auto const audit = audited(forged.file, forged.anchor);
  EXPECT_EQ(audit.check(verifier::check_numbered(14)).failures_total, 1U);
  EXPECT_EQ(audit.check(verifier::check_numbered(16)).failures_total, 1U);
  EXPECT_EQ(audit.check(verifier::check_numbered(22)).outcome, verifier::Outcome::kNotReached);
  EXPECT_EQ(audit.check(verifier::check_numbered(24)).failures_total, 1U);
}
