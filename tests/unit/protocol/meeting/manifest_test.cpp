// SPDX-License-Identifier: Apache-2.0
#include "refused.h"

namespace piaojue::test {
namespace {

using Change = std::function<void(Meeting&)>;
struct Rule {
  char const* name;
  Refusal refusal;
  Change change;
};
std::ostream& operator<<(std::ostream& out, Rule const& rule) { return out << rule.name; }

class ManifestRule : public ::testing::TestWithParam<Rule> {};

// The manifest is frozen before the meeting: what is wrong in it is wrong in every result.
TEST_P(ManifestRule, IsKept) {
  Meeting meeting({.batches = {2, 1}});
  meeting.witnessed = false;
  GetParam().change(meeting);
  auto const result = meeting.open_meeting();
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error(), GetParam().refusal) << said(result);
  EXPECT_EQ(meeting.record.size(), 0u);
  EXPECT_EQ(meeting.record.phase(), MeetingPhase::kBeforeOpen);
}

Rule rule(char const* name, Change change, Refusal refusal = Refusal::kOutOfRange) { return {name, refusal, change}; }
Manifest& m(Meeting& meeting) { return meeting.manifest; }
void enrol_again(Meeting& meeting, PersonId p) {
  m(meeting).people[p - 1] = meeting.enrolled(m(meeting).people[p - 1], p);
}

void drop_keys(Meeting& meeting, PersonId p) {
  Person& person = m(meeting).people[p - 1];
  person.identity_key.reset();
  person.witness_key.reset();
  person.box_key.reset();
  person.possession.reset();
}
void takes_box_key(Meeting& meeting, PersonId p, BoxPublicKey const& key) {
  Person& person = m(meeting).people[p - 1];
  person.box_key = key;
  person.possession = meeting.people.at(p).identity.sign(
      {possession_input(m(meeting).meeting_id, p, *person.identity_key, *person.witness_key, key)});
}

void attach(Meeting& x, std::string name, std::uint64_t size = 1) {
  m(x).candidates[0].attachments.push_back({std::move(name), size, Hash{}});
}

void swap_possessions(Meeting& meeting) { std::swap(m(meeting).people[0].possession, m(meeting).people[1].possession); }

INSTANTIATE_TEST_SUITE_P(
    Manifest, ManifestRule,
    ::testing::Values(
        rule("Title", [](Meeting& x) { m(x).title.clear(); }),
        rule("AttachmentOfAKnownKind", [](Meeting& x) { attach(x, "picture.svg"); }),
        rule("AttachmentHasANameBeforeItsEnding", [](Meeting& x) { attach(x, ".pdf"); }),
        rule("AttachmentIsNotHidden", [](Meeting& x) { attach(x, ".a.pdf"); }),
        rule("AttachmentNameLeadsNowhere", [](Meeting& x) { attach(x, "../a.pdf"); }),
        rule("AttachmentNameLeadsNowhereElse", [](Meeting& x) { attach(x, "a\\b.pdf"); }),
        rule("AttachmentNameIsOneLine", [](Meeting& x) { attach(x, "a\nb.pdf"); }),
        rule("AttachmentNameHasAnEnd", [](Meeting& x) { attach(x, std::string(197, 'a') + ".pdf"); }),
        rule("AttachmentIsNotEmpty", [](Meeting& x) { attach(x, "a.pdf", 0); }),
        rule("AttachmentSizeBound", [](Meeting& x) { attach(x, "a.pdf", kAttachmentBytesMax + 1); }),
        rule("AttachmentsOfACandidateHaveNamesOfTheirOwn",
             [](Meeting& x) {
               attach(x, "Report.pdf");
               attach(x, "rEPORT.PDF");
             }),
        rule("AttachmentsBound", [](Meeting& x) {
          for (int i = 0; i < 21; ++i) attach(x, std::to_string(i) + ".pdf");
        }, Refusal::kTooLarge),
        rule("DateForm", [](Meeting& x) { m(x).date = "2026-3-2"; }),
        rule("DateDigits", [](Meeting& x) { m(x).date = "2026-0x-02"; }),
        rule("DateMonth", [](Meeting& x) { m(x).date = "2026-13-02"; }),
        rule("DateDay", [](Meeting& x) { m(x).date = "2026-01-32"; }),
        rule("CommitteeSizeOdd", [](Meeting& x) { m(x).committee_size = 6; }),
        rule("CommitteeSizeAtLeastSeven",
             [](Meeting& x) {
               m(x).committee_size = 5;
               m(x).rules.max_unconfirmed = 1;
             }),
        rule("CommitteeSizeNotBeyondWhatCanCome", [](Meeting& x) { m(x).committee_size = 0xffffffff; }),
        rule("CommitteeSizeNotBelowExperts", [](Meeting& x) { m(x).committee_size = 3; }),
        rule("AQuorumOfExpertsHasKeys", [](Meeting& x) { drop_keys(x, 5); }),
        rule("AChairHasKeys",
             [](Meeting& x) {
               m(x).trustees[1] = x.clerk();
               drop_keys(x, x.chair());
             }),
        rule("AClerkHasKeys", [](Meeting& x) { drop_keys(x, x.clerk()); }),
        rule("PassNumeratorNotZero", [](Meeting& x) { m(x).rules.pass_numerator = 0; }),
        rule("PassFractionAtMostOne", [](Meeting& x) { m(x).rules.pass_numerator = 4; }),
        rule("PassDenominatorNotZero", [](Meeting& x) { m(x).rules.pass_denominator = 0; }),
        // Harm: a record that ends the verifier, or an entry 0 that ends every laptop, instead of being refused.
        rule("QuorumDenominatorNotZero", [](Meeting& x) { m(x).rules.quorum_denominator = 0; }),
        rule("PassDenominatorBound", [](Meeting& x) { m(x).rules.pass_denominator = 101; }),
        rule("QuorumNumeratorNotZero", [](Meeting& x) { m(x).rules.quorum_numerator = 0; }),
        rule("QuorumFractionAtMostOne", [](Meeting& x) { m(x).rules.quorum_numerator = 4; }),
        rule("QuorumDenominatorBound", [](Meeting& x) { m(x).rules.quorum_denominator = 101; }),
        rule("ModulusBits", [](Meeting& x) { m(x).rules.modulus_bits = 1024; }),
        rule("TrusteesThere", [](Meeting& x) { m(x).trustees.clear(); }),
        rule("TrusteeZeroIsTheServer", [](Meeting& x) { m(x).trustees[0] = x.clerk(); }),
        rule("TrusteesDistinct", [](Meeting& x) { m(x).trustees[2] = m(x).trustees[1]; }),
        rule("TrusteesServerOnce", [](Meeting& x) { m(x).trustees[2] = 0; }),
        rule("TrusteesExist", [](Meeting& x) { m(x).trustees[2] = 99; }),
        rule("TrusteeNoScreen", [](Meeting& x) { m(x).trustees[2] = x.screen(); }),
        rule("OneTrusteeOnlyInARehearsal", [](Meeting& x) { m(x).trustees = {kServer}; }),
        rule("TrusteesHaveKeys",
             [](Meeting& x) {
               m(x).trustees[2] = x.supervisor(2);
               drop_keys(x, x.supervisor(2));
             }),
        rule("TrusteesBound",
             [](Meeting& x) { m(x).trustees = {0, 1, 2, 3, 4, 5, 6, 7}; }, Refusal::kTooLarge),
        rule("MaxUnconfirmedAtMostAThird", [](Meeting& x) { m(x).rules.max_unconfirmed = 3; }),
        rule("ProtestAtLeastFiveSeconds", [](Meeting& x) { m(x).rules.protest_s = 4; }),
        rule("ProtestAtMostFiveMinutes", [](Meeting& x) { m(x).rules.protest_s = 301; }),
        rule("PersonHasAName", [](Meeting& x) { m(x).people[0].name.clear(); }),
        rule("PersonHasARole", [](Meeting& x) { m(x).people[0].roles = 0; }),
        rule("RolesAreKnown", [](Meeting& x) { m(x).people[0].roles = 32 | kExpert; }),
        rule("ScreenHasNoOtherRole", [](Meeting& x) { m(x).people[x.screen() - 1].roles = kScreen | kExpert; }),
        rule("ExpertIsNoClerk", [](Meeting& x) { m(x).people[0].roles = kExpert | kClerk; }),
        rule("ExpertIsNoSupervisor", [](Meeting& x) { m(x).people[0].roles = kExpert | kSupervisor; }),
        rule("ChairIsNoClerk", [](Meeting& x) { m(x).people[x.chair() - 1].roles = kChair | kClerk; }),
        rule("ChairIsNoSupervisor", [](Meeting& x) { m(x).people[x.chair() - 1].roles = kChair | kSupervisor; }),
        rule("ClerkIsNoSupervisor", [](Meeting& x) { m(x).people[x.clerk() - 1].roles = kClerk | kSupervisor; }),
        rule("ExpertThere", [](Meeting& x) { for (auto& p : m(x).people) if (p.roles == kExpert) p.roles = kScreen; }),
        rule("ChairThere", [](Meeting& x) { m(x).people[x.chair() - 1].roles = kExpert; }),
        rule("ClerkThere", [](Meeting& x) { m(x).people[x.clerk() - 1].roles = kExpert; }),
        rule("SupervisorThere",
             [](Meeting& x) { for (auto& p : m(x).people) if (p.roles == kSupervisor) p.roles = kClerk; }),
        rule("IdentityKeyNotAlone", [](Meeting& x) { m(x).people[0].witness_key.reset(); }),
        rule("BoxKeyNotMissing", [](Meeting& x) { m(x).people[0].box_key.reset(); }),
        rule("BoxKeyNotAlone",
             [](Meeting& x) {
               BoxPublicKey const key = *m(x).people[x.screen() - 1].box_key;
               drop_keys(x, x.screen());
               m(x).people[x.screen() - 1].box_key = key;
             }),
        rule("PossessionCoversTheBoxKey",
             [](Meeting& x) { m(x).people[0].box_key = crypto::BoxKey::generate().public_key(); },
             Refusal::kBadSignature),
        rule("BoxKeysDistinct", [](Meeting& x) { takes_box_key(x, 2, *m(x).people[0].box_key); }),
        rule("BoxKeysDistinctWithoutTheTopBit",
             [](Meeting& x) {
               BoxPublicKey key = *m(x).people[0].box_key;
               key.data.back() ^= 0x80;
               takes_box_key(x, 2, key);
             }),
        rule("BoxKeyNotTheServers", [](Meeting& x) { takes_box_key(x, 2, m(x).server_box_key); }),
        rule("BoxKeyNotAnIdentityKey",
             [](Meeting& x) {
               BoxPublicKey key = canonical(*m(x).people[1].box_key);
               m(x).checkpoint_key = SigningPublicKey::from(key.view()).value();
             }),
        rule("BoxKeyNotOfSmallOrder", [](Meeting& x) { takes_box_key(x, 2, {}); }),
        rule("ServerBoxKeyNotOfSmallOrder", [](Meeting& x) { m(x).server_box_key = {}; }),
        rule("ServerKeyNotOfSmallOrder", [](Meeting& x) { m(x).server_key = {}; }),
        rule("CheckpointKeyNotOfSmallOrder", [](Meeting& x) { m(x).checkpoint_key = {}; }),
        rule("WitnessKeyNotOfSmallOrder", [](Meeting& x) { m(x).people[0].witness_key.emplace(); }),
        rule("PossessionThere", [](Meeting& x) { m(x).people[0].possession.reset(); }),
        rule("PossessionValid", [](Meeting& x) { m(x).people[0].possession->data[3] ^= 1; }, Refusal::kBadSignature),
        rule("PossessionIsOfThisPerson", swap_possessions, Refusal::kBadSignature),
        rule("PossessionIsOfThisMeeting", [](Meeting& x) { m(x).meeting_id[0] ^= 1; }, Refusal::kBadSignature),
        rule("IdentityKeysDistinct",
             [](Meeting& x) {
               x.people[1].identity = must(crypto::SigningKey::from_seed(x.people[2].identity.seed()));
               enrol_again(x, 1);
             }),
        rule("WitnessKeyNotAnIdentityKey",
             [](Meeting& x) {
               x.people[1].witness = must(crypto::SigningKey::from_seed(x.people[2].identity.seed()));
               enrol_again(x, 1);
             }),
        rule("ServerKeyNotAPersons", [](Meeting& x) { m(x).server_key = *m(x).people[0].identity_key; }),
        rule("CheckpointKeyNotTheServerKey", [](Meeting& x) { m(x).checkpoint_key = m(x).server_key; }),
        rule("CandidatesThere", [](Meeting& x) { m(x).candidates.clear(); m(x).batches.clear(); }),
        rule("CandidateHasAName", [](Meeting& x) { m(x).candidates[1].name.clear(); }),
        rule("CandidateHasALevel", [](Meeting& x) { m(x).candidates[1].level.clear(); }),
        rule("BatchHasATitle", [](Meeting& x) { m(x).batches[1].title.clear(); }),
        rule("BatchHasCandidates", [](Meeting& x) { m(x).batches.push_back({"空", {}}); }),
        rule("CandidateInSomeBatch", [](Meeting& x) { m(x).batches.pop_back(); }),
        rule("CandidateInOneBatch", [](Meeting& x) { m(x).batches[1].candidates = {2, 3}; }),
        rule("BatchOfKnownCandidates", [](Meeting& x) { m(x).batches[1].candidates = {3, 4}; }),
        rule("BatchWithoutCandidateZero", [](Meeting& x) { m(x).batches[1].candidates = {0, 3}; }),
        rule("BatchAscending", [](Meeting& x) { m(x).batches[0].candidates = {2, 1}; }, Refusal::kNotCanonical),
        rule("PeopleBound", [](Meeting& x) { m(x).people.resize(401, m(x).people.back()); }, Refusal::kTooLarge),
        rule("ExpertsBound",
             [](Meeting& x) { m(x).people.resize(300, m(x).people.front()); }, Refusal::kTooLarge),
        rule("CandidatesBound",
             [](Meeting& x) { m(x).candidates.resize(5001, m(x).candidates.back()); }, Refusal::kTooLarge),
        rule("QuestionsOfABatchBound",
             [](Meeting& x) {
               m(x).candidates.resize(101, m(x).candidates.back());
               m(x).batches.resize(1);
               m(x).batches[0].candidates.clear();
               for (QuestionId q = 1; q <= 101; ++q) m(x).batches[0].candidates.push_back(q);
             }, Refusal::kTooLarge)),
    [](auto const& given) { return given.param.name; });

TEST(MeetingOpen, IsTakenAndSaysWhoIsWho) {
  Meeting meeting({.experts = 7, .first_expert_is_chair = true, .not_enrolled = {3}});
  EXPECT_FALSE(meeting.record.identity_key(kServer));
  must(meeting.open_meeting());
  EXPECT_EQ(meeting.record.phase(), MeetingPhase::kOpen);
  EXPECT_EQ(meeting.record.size(), 1u);
  EXPECT_EQ(meeting.record.meeting(), log::leaf_hash(meeting.entries[0]));
  EXPECT_EQ(meeting.record.identity_key(kServer), meeting.manifest.server_key);
  EXPECT_EQ(meeting.record.identity_key(1), meeting.manifest.people[0].identity_key);
  EXPECT_EQ(meeting.record.witness_key(1), meeting.manifest.people[0].witness_key);
  EXPECT_FALSE(meeting.record.identity_key(3));
  EXPECT_FALSE(meeting.record.identity_key(99));
  EXPECT_TRUE(meeting.record.has_role(1, kChair));
  EXPECT_TRUE(meeting.record.has_role(1, kExpert));
  EXPECT_FALSE(meeting.record.has_role(99, kExpert));
  EXPECT_EQ(meeting.record.manifest().origin().size(), 8u + 32);
}

// Whoever could later act as an officer, or guards secrecy, has seen the manifest, with everybody's keys in it.
TEST(MeetingOpen, IsSignedByEveryOfficerAndTrusteeWithKeysAndNobodyElse) {
  Meeting meeting({.experts = 7, .trustees = 6, .chairs = 2, .supervisors = 3, .not_enrolled = {12}});
  PersonId const c1 = meeting.chair(1), c2 = meeting.chair(2), clerk = meeting.clerk(), s1 = meeting.supervisor(1),
                 s2 = meeting.supervisor(2), s3 = meeting.supervisor(3);
  ASSERT_EQ(s2, 12u);
  meeting.manifest.trustees = {kServer, c1, 1};
  auto open = [&](std::vector<PersonId> const& signers) { return meeting.submit(meeting.manifest, signers); };
  EXPECT_REFUSED(meeting, kNotAuthorised, open({}));
  EXPECT_REFUSED(meeting, kNotAuthorised, open({c1, c2, clerk, s1, s3}));  // without expert 1, a trustee
  EXPECT_REFUSED(meeting, kNotAuthorised, open({1, c1, clerk, s1, s3}));   // without the other chair
  EXPECT_REFUSED(meeting, kNotAuthorised, open({1, c1, c2, s1, s3}));      // without the clerk
  EXPECT_REFUSED(meeting, kNotAuthorised, open({1, c1, c2, clerk, s1}));   // without a supervisor
  EXPECT_REFUSED(meeting, kNotAuthorised, open({1, 2, c1, c2, clerk, s1, s3}));
  EXPECT_REFUSED(meeting, kNotAuthorised, open({kServer, 1, c1, c2, clerk, s1, s3}));
  EXPECT_REFUSED(meeting, kNotAuthorised, open({1, c1, c2, clerk, s1, s2, s3}));  // who has no keys in it
  EXPECT_ACCEPTED(open({1, c1, c2, clerk, s1, s3}));
  EXPECT_EQ(meeting.record.last_by(), By::kOpeners);
}

TEST(MeetingOpen, ItsSignaturesAreCheckedAgainstItsOwnKeys) {
  Meeting meeting;
  meeting.people[meeting.chair()].identity = crypto::SigningKey::generate();
  EXPECT_REFUSED(meeting, kBadSignature, meeting.open_meeting());
}

// A committee of one or two guards nothing, and one trustee is the server: only in a rehearsal, which every paper says.
TEST(MeetingOpen, ARehearsalMayBeSmall) {
  Meeting meeting(
      {.experts = 3, .committee_size = 3, .trustees = 1, .rules = {.max_unconfirmed = 1}, .rehearsal = true});
  meeting.begin();
  meeting.run_batch(1, meeting.votes(1, 3, 0));
  EXPECT_TRUE(meeting.record.question(1).declared->passed);
}

// Harm: a dossier that cannot be attached, because a bound or a way of writing is narrower than the rule says.
TEST(Manifest, AttachmentsAreTakenUpToTheirBounds) {
  Meeting meeting({.batches = {2, 1}});
  for (int i = 0; i < 16; ++i) attach(meeting, std::to_string(i) + ".jpeg", kAttachmentBytesMax);
  attach(meeting, std::string(196, 'a') + ".pdf");
  attach(meeting, "论文.PDF");
  attach(meeting, "获奖证书 (1).Png");
  attach(meeting, "a.b..jpg");
  m(meeting).candidates[1].attachments = m(meeting).candidates[0].attachments;
  EXPECT_TRUE(meeting.open_meeting());
}

}  // namespace
}  // namespace piaojue::test
