// SPDX-License-Identifier: Apache-2.0
// Rules of the state machine that checks_test.cpp leaves out: which of the 25 checks an entry fails that breaks them
// (specification §13). Whoever compares two verifiers relies on the same number from both. Then honest meetings under
// every rule that a manifest can set: what is honest is never called a forgery.
#include "audit_fixture.h"

using namespace piaojue;
using namespace piaojue::test;
using Stage = Meeting::Stage;

namespace {

/// A meeting of four that has come to `stage` of its first batch.
Meeting at(Stage stage, MeetingOptions const& options = small()) {
  Meeting m(options);
  m.begin();
  m.run_batch(1, m.votes(1, 3, 1), stage);
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
std::vector<PersonId> chair_and_supervisors(Meeting const& m) {
  auto out = m.supervisors();
  out.push_back(m.chair());
  return out;
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
  BatchOpen open = must(m.record.draft_batch_open(1, false));
  change(open);
  return with_entry(m, open, {m.chair()});
}
/// A meeting that begins with another manifest.
Forged manifest_with(std::function<void(Manifest&)> const& change) {
  Meeting m(small());
  change(m.manifest);
  return with_entry(m, m.manifest, {m.chair(), m.clerk(), m.supervisor()});
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
  return with_entry(m, confirm, {confirm.person});
}
Forged override_with(std::function<void(Override&)> const& change) {
  Meeting m = at(Stage::kBox);
  must(m.confirm(2));
  Override over{m.batch_open(), m.attempt().box_hash, {1}, {}, "断网"};
  change(over);
  return with_entry(m, over, {m.chair(), m.supervisor()});
}

/// Two of three trustees take part.
Meeting without_a_trustee(Stage stage) {
  Meeting m = begun(with([](MeetingOptions& o) { o.trustees = 3; }));
  must(m.keys(1, 0));
  must(m.keys(1, 1));
  must(m.open(1, false, true));
  m.continue_batch(m.votes(1, 3, 1), Stage::kOpen, stage);
  return m;
}

/// Who comes, goes, steps back and changes keys; when a meeting ends.
std::vector<Rule> rules_of_people() {
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
         return with_entry(m, SignOut{m.record.meeting(), 1, 2, ""}, {1});
       }},
      {"SignOutByOneself_WithAReason", 4,
       [] {
         Meeting m = begun();
         return with_entry(m, SignOut{m.record.meeting(), 1, 1, "走了"}, {1});
       }},
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
      {"KeyChangeToAUsedKey", 4,
       [] {
         Meeting m = begun();
         Person const person = m.enrolled(m.manifest.people.at(0), 1);
         return with_entry(
             m, KeyChange{m.record.meeting(), 1, *person.identity_key, *person.witness_key, *person.possession, "换机"},
             {m.chair()});
       }},
      {"MeetingCloseBeforeAResult", 2,
       [] {
         Meeting m = at(Stage::kErased);
         return with_entry(m, MeetingClose{m.record.meeting(), 12, m.record.tree().root(12)}, chair_and_supervisors(m));
       }},
      {"AnotherMeeting", 4,
       [] {
         Meeting m = begun();
         return with_entry(m, SignOut{{}, 1, 1, ""}, {1});
       }},
  };
}

std::vector<Rule> rules_of_the_manifest() {
  return {
      {"AManifestOfAnotherFormOfDate", 4, [] { return manifest_with([](Manifest& m) { m.date = "2026-2-03"; }); }},
      {"AManifestOfAThirteenthMonth", 4, [] { return manifest_with([](Manifest& m) { m.date = "2026-13-03"; }); }},
      {"AManifestOfA32ndDay", 4, [] { return manifest_with([](Manifest& m) { m.date = "2026-01-32"; }); }},
      {"AManifestOfAnEvenCommittee", 4, [] { return manifest_with([](Manifest& m) { m.committee_size = 6; }); }},
      {"AManifestWithoutALevel", 4,
       [] { return manifest_with([](Manifest& m) { m.candidates.at(0).level.clear(); }); }},
      {"AManifestWithACandidateInNoBatch", 4,
       [] { return manifest_with([](Manifest& m) { m.batches.at(0).candidates.pop_back(); }); }},
      {"AManifestWithAnEmptyBatch", 4,
       [] { return manifest_with([](Manifest& m) { m.batches.emplace_back().title = "空"; }); }},
      {"AManifestWithAKeyTwice", 4, [] { return manifest_with([](Manifest& m) { m.checkpoint_key = m.server_key; }); }},
      {"AManifestWithAnExpertAsClerk", 4, [] { return manifest_with([](Manifest& m) { m.people.at(5).roles |= 1; }); }},
      {"AManifestWithAnUnknownRole", 4, [] { return manifest_with([](Manifest& m) { m.people.at(0).roles |= 32; }); }},
      {"AManifestWithOneTrusteeForAllMeetings", 4,
       [] { return manifest_with([](Manifest& m) { m.rules.trustees_min = 1; }); }},
  };
}

std::vector<Rule> rules_of_keys() {
  return {
      {"KeysOfALaterAttempt", 5, [] { return keys_with([](BatchKeys& k) { k.attempt = 2; }); }},
      {"KeysOfAnUnknownTrustee", 4, [] { return keys_with([](BatchKeys& k) { k.trustee = 9; }); }},
      {"KeysForAQuestionOfAnotherBatch", 4,
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
         return with_entry(m, BatchOpen{m.record.meeting(), 2, 1, {3}, {1, 2, 3, 4}, {}, {}, true}, {m.chair()});
       }},
      {"OpenAQuestionOfAnotherBatch", 4, [] { return open_with([](BatchOpen& o) {
                                                o.questions = {1, 3};
                                              }); }},
      {"OpenNothing", 4, [] { return open_with([](BatchOpen& o) { o.questions.clear(); }); }},
      {"OpenAsALaterAttempt", 5, [] { return open_with([](BatchOpen& o) { o.attempt = 2; }); }},
      {"OpenWithoutTheServersKeys", 7, [] { return open_with([](BatchOpen& o) { o.keys.erase(o.keys.begin()); }); }},
      {"OpenWithOneTrustee", 7, [] { return open_with([](BatchOpen& o) { o.keys.pop_back(); }); }},
      {"OpenWithKeysOutOfOrder", 4, [] { return open_with([](BatchOpen& o) { std::swap(o.keys[0], o.keys[1]); }); }},
      {"OpenWithKeysNamedTwice", 4, [] { return open_with([](BatchOpen& o) { o.keys[1] = o.keys[0]; }); }},
      {"OpenOnPaperWithKeys", 8, [] { return open_with([](BatchOpen& o) { o.paper = true; }); }},
      {"OpenWithKeysForOneQuestionOnly", 7,
       [] {
         Meeting m = begun();
         must(m.keys(1, 0, {1, 2}));
         must(m.keys(1, 1, {1}));
         BatchOpen open{m.record.meeting(), 1, 1, {1, 2}, {1, 2, 3, 4}, {}, {}, false};
         for (TrusteeId t = 0; t < 2; ++t) open.keys.push_back(m.record.pending_keys().at({1, t}).leaf);
         return with_entry(m, open, {m.chair()});
       }},
      {"OpenAnExceptionalQuestionWithoutInterview", 4,
       [] {
         Meeting m = begun(with([](MeetingOptions& o) { o.exceptional = {1}; }));
         return with_entry(m, BatchOpen{m.record.meeting(), 1, 1, {1, 2}, {1, 2, 3, 4}, {}, {}, true}, {m.chair()});
       }},
      {"OpenWithARecusalTooMany", 8, [] { return open_with([](BatchOpen& o) {
                                            o.recusals = {{1, 1}};
                                          }); }},
      {"OpenWithAnAbsentPerson", 8, [] { return open_with([](BatchOpen& o) { o.present.push_back(5); }); }},
  };
}

/// Tokens, envelopes, and the close.
std::vector<Rule> rules_of_voting() {
  return {
      {"RequestAfterTheClose", 4,
       [] {
         Meeting m = begun();
         m.run_batch(1, {}, Stage::kOpen);
         must(m.close_batch());
         return with_entry(m, TokenRequest{m.batch_open(), 1, {}}, {1});
       }},
      {"IssuedWithoutRequest", 10,
       [] {
         Meeting m = at(Stage::kOpen);
         return with_entry(m, TokensIssued{m.batch_open(), 0, 1, {}}, {kServer});
       }},
      {"IssuedTwice", 10,
       [] {
         Meeting m = at(Stage::kTokens);
         return with_entry(m, TokensIssued{m.batch_open(), 0, 1, {}}, {kServer});
       }},
      {"EnvelopeOfAbsent", 4,
       [] {
         Meeting m = at(Stage::kTokens);
         return with_entry(m, EnvelopeCast{m.batch_open(), m.clerk(), 0, {}}, {m.clerk()});
       }},
      {"EnvelopeUnderAnotherNumber", 4,
       [] {
         Meeting m = at(Stage::kTokens);
         return with_entry(m, EnvelopeCast{m.batch_open(), 1, 1, {}}, {1});
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
      {"CloseWithoutAnEnvelope", 4,
       [] {
         Meeting m = at(Stage::kCast);
         BatchClose close = must(m.record.draft_batch_close());
         close.envelopes.erase(1);
         return with_entry(m, close, {m.chair()});
       }},
      {"CloseWithAnotherEnvelope", 4,
       [] {
         Meeting m = at(Stage::kCast);
         BatchClose close = must(m.record.draft_batch_close());
         close.envelopes.at(1).data[0] ^= 1;
         return with_entry(m, close, {m.chair()});
       }},
  };
}

/// From the end of issuance to the ballot box.
std::vector<Rule> rules_of_mixing() {
  return {
      {"IssuanceClosedTooEarly", 4,
       [] {
         Meeting m = at(Stage::kCast);
         return with_entry(m, IssuanceClosed{m.batch_open(), 0, {{1, 4}, {2, 4}}}, {kServer});
       }},
      {"IssuanceClosedTwice", 10,
       [] {
         Meeting m = at(Stage::kClosed);
         must(m.close_issuance(0));
         return with_entry(m, IssuanceClosed{m.batch_open(), 0, {{1, 4}, {2, 4}}}, {kServer});
       }},
      {"IssuanceClosedWithoutAQuestion", 10,
       [] {
         Meeting m = at(Stage::kClosed);
         return with_entry(m, IssuanceClosed{m.batch_open(), 0, {{1, 4}}}, {kServer});
       }},
      {"MixTooEarly", 4,
       [] {
         Meeting m = at(Stage::kClosed);
         return with_entry(m, MixStep{m.batch_open(), 0, {{1, {4, 4}}, {2, {4, 4}}}, {}}, {kServer});
       }},
      {"MixWithoutAQuestion", 11,
       [] {
         Meeting m = at(Stage::kIssuanceClosed);
         return with_entry(m, MixStep{m.batch_open(), 0, {{1, {4, 4}}}, {}}, {kServer});
       }},
      {"MixThatGainsBallots", 11,
       [] {
         Meeting m = at(Stage::kIssuanceClosed);
         return with_entry(m, MixStep{m.batch_open(), 0, {{1, {4, 5}}, {2, {4, 4}}}, {}}, {kServer});
       }},
      {"MixTwice", 11,
       [] {
         Meeting m = at(Stage::kIssuanceClosed);
         must(m.mix(0));
         return with_entry(m, MixStep{m.batch_open(), 0, {{1, {4, 4}}, {2, {4, 4}}}, {}}, {kServer});
       }},
      {"BoxBeforeTheLastHop", 4,
       [] {
         Meeting m = at(Stage::kIssuanceClosed);
         must(m.mix(0));
         return with_entry(m, BallotBox{m.batch_open(), {{1, {}}, {2, {}}}}, {kServer});
       }},
      {"BoxWithoutAQuestion", 4, [] { return box_changed([](BallotBox& b) { b.boxes.erase(2); }); }},
      {"BoxWithARefusalThatIsNone", 19,
       [] {
         return box_changed([](BallotBox& b) { b.boxes.at(1).ballots.pop_back(), b.boxes.at(1).refused = {{9, 1}}; });
       }},
      {"BoxWithARefusalOfNobody", 19,
       [] { return box_changed([](BallotBox& b) {
              b.boxes.at(1).refused = {{13, 0}};
            }); }},
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
         return with_entry(m, Incident{m.batch_open(), 1, 43, {}}, {kServer});
       }},
  };
}

std::vector<Rule> rules_of_confirming() {
  return {
      {"ConfirmTooEarly", 4,
       [] {
         Meeting m = at(Stage::kMixed);
         return with_entry(m, Confirm{m.batch_open(), 1, {}, {{1, true}, {2, true}}}, {1});
       }},
      {"ConfirmTwice", 20, [] { return confirm_with([](Confirm& c) { c.person = 2; }); }},
      {"ConfirmOfSomebodyWithoutEnvelope", 20, [] { return confirm_with([](Confirm& c) { c.person = 6; }); }},
      {"ConfirmWithoutAQuestion", 20, [] { return confirm_with([](Confirm& c) { c.rows.erase(2); }); }},
      {"ConfirmAfterTheOpening", 4,
       [] {
         Meeting m = at(Stage::kBox);
         for (PersonId const p : {1U, 2U, 3U}) must(m.confirm(p));
         must(m.submit(Override{m.batch_open(), m.attempt().box_hash, {4}, {}, "断网"}, {m.chair(), m.supervisor()}));
         must(m.share(0));
         return with_entry(m, m.make_confirm(4), {4});
       }},
      {"OverrideWithoutReason", 4, [] { return override_with([](Override& o) { o.reason.clear(); }); }},
      {"OverrideOfNobody", 4, [] { return override_with([](Override& o) { o.silent.clear(); }); }},
      {"OverrideOfAnotherBox", 20, [] { return override_with([](Override& o) { o.box.data[0] ^= 1; }); }},
      {"OverrideOfSomebodyWhoConfirmed", 20, [] { return override_with([](Override& o) { o.silent = {2}; }); }},
      {"OverrideOfSomebodyWithoutEnvelope", 20, [] { return override_with([](Override& o) { o.silent = {6}; }); }},
      {"OverrideOfAMissingThatIsNone", 20,
       [] { return override_with([](Override& o) { o.silent.clear(), o.missing = {2}; }); }},
      {"OverrideTooEarly", 4,
       [] {
         Meeting m = at(Stage::kMixed);
         return with_entry(m, Override{m.batch_open(), {}, {1}, {}, "断网"}, {m.chair(), m.supervisor()});
       }},
  };
}

std::vector<Rule> rules_of_shares() {
  return {
      {"ShareOverAMissing", 20,
       [] {
         Meeting m = at(Stage::kBox);
         for (PersonId const p : {1U, 2U, 3U}) must(m.confirm(p));
         Confirm confirm = m.make_confirm(4);
         confirm.rows.at(2) = false;
         must(m.submit(confirm, {4}));
         return with_entry(m, m.make_share(0), {kServer});
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
      {"ShareWithoutAQuestion", 22,
       [] {
         Meeting m = at(Stage::kConfirmed);
         TallyShare share = m.make_share(0);
         share.shares.erase(2);
         return with_entry(m, share, {kServer});
       }},
  };
}

std::vector<Rule> rules_of_voids() {
  return {
      {"VoidWithoutReason", 4,
       [] {
         Meeting m = at(Stage::kCast);
         return with_entry(m, Void{m.batch_open(), {}, "", false}, {m.chair()});
       }},
      {"VoidOfAnotherBatchsQuestion", 4,
       [] {
         Meeting m = at(Stage::kCast);
         return with_entry(m, Void{m.batch_open(), {3}, "重来", false}, {m.chair()});
       }},
      {"VoidTwice", 4,
       [] {
         Meeting m = at(Stage::kCast);
         must(m.void_questions({1}));
         return with_entry(m, Void{m.batch_open(), {1}, "重来", false}, {m.chair()});
       }},
      {"VoidForLostSharesBeforeAnyShare", 4,
       [] {
         Meeting m = at(Stage::kCast);
         return with_entry(m, Void{m.batch_open(), {}, "丢失", true}, chair_and_supervisors(m));
       }},
      {"VoidWhileOpening", 25,
       [] {
         Meeting m = at(Stage::kConfirmed);
         must(m.share(0));
         return with_entry(m, Void{m.batch_open(), {}, "重来", false}, {m.chair()});
       }},
      {"VoidOfAPartForLostShares", 25,
       [] {
         Meeting m = at(Stage::kConfirmed);
         must(m.share(0));
         return with_entry(m, Void{m.batch_open(), {1}, "丢失", true}, chair_and_supervisors(m));
       }},
      {"VoidAfterTheDeclaration", 4,
       [] {
         Meeting m = at(Stage::kErased);
         return with_entry(m, Void{m.batch_open(), {}, "重来", false}, {m.chair()});
       }},
      {"VoidOfAnotherBatchsQuestionWhileOpening", 4,
       [] {
         Meeting m = at(Stage::kConfirmed);
         must(m.share(0));
         return with_entry(m, Void{m.batch_open(), {3}, "丢失", true}, chair_and_supervisors(m));
       }},
      {"VoidWithoutReasonWhileOpening", 4,
       [] {
         Meeting m = at(Stage::kConfirmed);
         must(m.share(0));
         return with_entry(m, Void{m.batch_open(), {}, "", true}, chair_and_supervisors(m));
       }},
  };
}

std::vector<Rule> rules_of_paper() {
  return {
      {"PaperTallyOfBallots", 4,
       [] {
         Meeting m = at(Stage::kCast);
         return with_entry(m, PaperTally{m.batch_open(), {{1, {4, 4, 4, 0, 4, 0, 0}}, {2, {4, 4, 4, 0, 4, 0, 0}}}},
                           chair_and_supervisors(m));
       }},
      {"PaperTallyWithoutAQuestion", 24,
       [] {
         Meeting m = begun();
         must(m.open(1, true));
         return with_entry(m, PaperTally{m.batch_open(), {{1, {4, 4, 4, 0, 4, 0, 0}}}}, chair_and_supervisors(m));
       }},
      {"PaperTallyOfMoreThanVote", 24,
       [] {
         Meeting m = begun();
         must(m.open(1, true));
         return with_entry(m, PaperTally{m.batch_open(), {{1, {5, 4, 4, 0, 4, 0, 0}}, {2, {4, 4, 4, 0, 4, 0, 0}}}},
                           chair_and_supervisors(m));
       }},
      {"PaperAbstentionWhereThereIsNone", 24,
       [] {
         Meeting m = begun(with([](MeetingOptions& o) { o.rules.abstain_allowed = false; }));
         must(m.open(1, true));
         return with_entry(m, PaperTally{m.batch_open(), {{1, {4, 4, 4, 0, 3, 0, 1}}, {2, {4, 4, 4, 0, 4, 0, 0}}}},
                           chair_and_supervisors(m));
       }},
      {"TokensForPaper", 4,
       [] {
         Meeting m = begun();
         must(m.open(1, true));
         return with_entry(m, TokenRequest{m.batch_open(), 1, {}}, {1});
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
      {"ErasedTwice", 4,
       [] {
         Meeting m = at(Stage::kErased);
         return with_entry(m, Erased{m.batch_open(), 0}, {kServer});
       }},
  };
}

/// A trustee whose keys are not in the BatchOpen has no say in the attempt.
std::vector<Rule> rules_of_who_takes_part() {
  return {
      {"IssuedByATrusteeWhoDoesNotTakePart", 4,
       [] {
         Meeting m = without_a_trustee(Stage::kOpen);
         must(m.request(1));
         return with_entry(m, TokensIssued{m.batch_open(), 2, 1, {}}, {trustee(m, 2)});
       }},
      {"IssuanceClosedByATrusteeWhoDoesNotTakePart", 4,
       [] {
         Meeting m = without_a_trustee(Stage::kClosed);
         return with_entry(m, IssuanceClosed{m.batch_open(), 2, {{1, 0}, {2, 0}}}, {trustee(m, 2)});
       }},
      {"MixByATrusteeWhoDoesNotTakePart", 4,
       [] {
         Meeting m = without_a_trustee(Stage::kIssuanceClosed);
         return with_entry(m, MixStep{m.batch_open(), 2, {{1, {4, 4}}, {2, {4, 4}}}, {}}, {trustee(m, 2)});
       }},
      {"ShareOfATrusteeWhoDoesNotTakePart", 4,
       [] {
         Meeting m = without_a_trustee(Stage::kConfirmed);
         return with_entry(m, TallyShare{m.batch_open(), 2, m.attempt().box_hash, {}}, {trustee(m, 2)});
       }},
      {"ErasedByATrusteeWhoDoesNotTakePart", 4,
       [] {
         Meeting m = without_a_trustee(Stage::kErased);
         return with_entry(m, Erased{m.batch_open(), 2}, {trustee(m, 2)});
       }},
  };
}

std::vector<Rule> rules() {
  std::vector<Rule> all;
  for (auto const& group :
       {rules_of_people(), rules_of_the_manifest(), rules_of_keys(), rules_of_opening(), rules_of_voting(),
        rules_of_mixing(), rules_of_incidents(), rules_of_confirming(), rules_of_shares(), rules_of_voids(),
        rules_of_paper(), rules_of_erasing(), rules_of_who_takes_part()}) {
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

/// The record of a whole meeting of five about two questions, of which expert 1 is recused from the first.
void expect_honest(std::function<void(MeetingOptions&)> const& change, std::set<PersonId> const& silent = {},
                   std::set<PersonId> const& missing = {}) {
  MeetingOptions options = small();
  options.experts = 5;
  options.committee_size = 5;
  options.supervisors = 2;
  change(options);
  Meeting m(options);
  m.begin();
  must(m.recuse(1, 1));
  Votes votes = m.votes(1, 2, 1);
  if (options.rules.recusal_mode == RecusalMode::kLeave) votes.erase(1);
  m.run_batch(1, votes, Stage::kBox);
  for (auto const& [person, _] : votes) {
    if (silent.contains(person)) continue;
    Confirm confirm = m.make_confirm(person);
    if (missing.contains(person)) confirm.rows.rbegin()->second = false;
    must(m.submit(confirm, {person}));
  }
  if (!silent.empty() || !missing.empty()) {
    std::vector<PersonId> signers = m.supervisors();
    signers.push_back(m.chair());
    must(m.submit(Override{m.batch_open(),
                           m.attempt().box_hash,
                           {silent.begin(), silent.end()},
                           {missing.begin(), missing.end()},
                           "断网"},
                  signers));
  }
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
    o.rules.trustees_min = 1;
  });
}

TEST(HonestMeeting, WithPeopleNamedInAnOverride) {
  expect_honest([](MeetingOptions&) {}, {4}, {3});
}

// Mode leave keeps out who is recused from what is opened, not from the rest of the batch.
TEST(HonestMeeting, ThatOpensAPartOfABatch) {
  Meeting m = begun(with([](MeetingOptions& o) { o.rules.recusal_mode = RecusalMode::kLeave; }));
  must(m.recuse(1, 2));
  for (TrusteeId t = 0; t < 2; ++t) must(m.keys(1, t, {1}));
  BatchOpen open{m.record.meeting(), 1, 1, {1}, {1, 2, 3, 4}, {}, {}, false};
  for (TrusteeId t = 0; t < 2; ++t) open.keys.push_back(m.record.pending_keys().at({1, t}).leaf);
  must(m.submit(open, {m.chair()}));
  must(m.void_questions({}));
  must(m.close_meeting());
  expect_verified(audited(m.record_file(), m.record.tree().root()));
}

TEST(HonestMeeting, WithSharesThatWereLost) {
  Meeting m = at(Stage::kConfirmed);
  must(m.share(0));
  must(m.void_questions({}, true));
  must(m.open(1, true));
  must(m.paper_tally({{1, {4, 3, 3, 0, 2, 1, 0}}, {2, {4, 4, 3, 1, 2, 0, 1}}}));
  must(m.declare());
  must(m.close_meeting());
  expect_verified(audited(m.record_file(), m.record.tree().root()));
}

// Silent at first, then he signs that his ballot is missing: two entries, one person.
TEST(HonestMeeting, ThatNamesOnePersonInTwoOverrides) {
  Meeting m = at(Stage::kBox, with([](MeetingOptions& o) { o.rules.max_unconfirmed = 1; }));
  for (PersonId const p : {1U, 2U, 3U}) must(m.confirm(p));
  auto const over = [&](std::vector<PersonId> silent, std::vector<PersonId> missing) {
    must(m.submit(Override{m.batch_open(), m.attempt().box_hash, std::move(silent), std::move(missing), "断网"},
                  chair_and_supervisors(m)));
  };
  over({4}, {});
  Confirm confirm = m.make_confirm(4);
  confirm.rows.at(1) = false;
  must(m.submit(confirm, {4}));
  over({}, {4});
  m.continue_batch({}, Stage::kConfirmed, Stage::kErased);
  must(m.close_meeting());
  expect_verified(audited(m.record_file(), m.record.tree().root()));
}

TEST(HonestMeeting, OfPeopleWhoComeGoAndChangeTheirKeys) {
  Meeting m(with([](MeetingOptions& o) {
    o.chairs = 2;
    o.exceptional = {3};
    o.not_enrolled = {3};
  }));
  m.begin();
  auto const change = [&](PersonId person, PersonId signer) {
    m.keys_of(person) = {};
    Person const enrolled = m.enrolled(m.manifest.people.at(person - 1), person);
    must(m.submit(KeyChange{m.record.meeting(), person, *enrolled.identity_key, *enrolled.witness_key,
                            *enrolled.possession, "换机"},
                  {signer}));
  };
  change(3, m.chair());
  change(m.chair(), m.supervisor());
  change(m.chair(), m.chair(2));
  must(m.sign_in(3));
  must(m.submit(SignOut{m.record.meeting(), 2, 1, "先走"}, {m.chair(), m.clerk()}));
  must(m.submit(SignIn{m.record.meeting(), 2, 2}, {2}));
  must(m.submit(Recuse{m.record.meeting(), 2, 1, "亲属"}, {m.chair(), m.clerk()}));
  m.run_batch(1, {{1, {}}, {2, {}}, {3, {}}, {4, {}}}, Stage::kErased);
  must(m.interview(3));
  must(m.open(2, true));
  must(m.paper_tally({{3, {9, 10, 10, 0, 6, 0, 0}}}));  // more than was issued, and more was issued than may vote
  must(m.close_meeting());
  expect_verified(audited(m.record_file(), m.record.tree().root()));
}

// Recused from the one question and the other voided: what is left to confirm is nothing.
TEST(HonestMeeting, InWhichSomebodyConfirmsNothing) {
  Meeting m = begun();
  must(m.recuse(1, 1));
  m.run_batch(1, {{1, {}}, {2, {}}, {3, {}}}, Stage::kBox);
  must(m.void_questions({2}));
  must(m.submit(Confirm{m.batch_open(), 1, m.attempt().box_hash, {}}, {1}));
  must(m.void_questions({}));
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
  for (PersonId const p : {1U, 2U, 3U, 4U}) must(m.confirm(p));
  must(m.share(0));
  Forged const forged = with_entry(m, m.make_share(1), {trustee(m, 1)});
  auto const audit = audited(forged.file, forged.anchor);
  EXPECT_EQ(audit.check(verifier::check_numbered(14)).failures_total, 1U);
  EXPECT_EQ(audit.check(verifier::check_numbered(16)).failures_total, 1U);
  EXPECT_EQ(audit.check(verifier::check_numbered(22)).outcome, verifier::Outcome::kNotReached);
  EXPECT_EQ(audit.check(verifier::check_numbered(24)).failures_total, 1U);
}
