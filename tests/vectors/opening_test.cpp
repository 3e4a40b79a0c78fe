// SPDX-License-Identifier: Apache-2.0
/// Opened envelopes and votes made without our code (specification §8.4). Harm: an opening that the supervisor's
/// program reads in another way than the laptop meant it; an honest laptop `differs`.
#include "protocol/meeting/check_opening.h"
#include "read_json.h"

namespace piaojue::meeting {
namespace {

class Openings : public testing::Test {
 protected:
  Openings() { piaojue::init(); }
  boost::json::value const vectors_ = test::read_vectors("opening.json");
};

CheckOpening opening_of(boost::json::value const& row) {
  CheckOpening out;
  out.batch_open = test::fixed_at<Hash>(row, "batch_open");
  out.person = row.at("person").to_number<PersonId>();
  out.cast = row.at("cast").to_number<std::uint32_t>();
  out.signature = test::fixed_at<Signature>(row, "signature");
  for (auto const& question : row.at("questions").as_array()) {
    OpenedQuestion& opened = out.questions[question.at("question").to_number<QuestionId>()];
    opened.choice = question.at("choice").to_number<std::uint32_t>();
    opened.r = test::secret_of(question.at("r"));
    opened.ballot = test::bytes_at(question, "ballot");
    for (auto const& secret : question.at("secrets").as_array()) opened.secrets.push_back(test::secret_of(secret));
  }
  return out;
}

TEST_F(Openings, AreWrittenAndSignedByteForByte) {
  for (auto const& row : vectors_.at("openings").as_array()) {
    CheckOpening const opening = opening_of(row);
    EXPECT_TRUE(encode_check_opening(opening).equals(test::bytes_at(row, "message")));
    EXPECT_EQ(check_opening_input(opening), test::bytes_at(row, "signed"));
    auto const ik = crypto::SigningKey::from_seed(test::secret_of(row.at("ik_seed"))).value();
    EXPECT_EQ(ik.sign({check_opening_input(opening)}), opening.signature);
  }
}

TEST_F(Openings, AreReadBackWhole) {
  for (auto const& row : vectors_.at("openings").as_array()) {
    auto const read = parse_check_opening(test::bytes_at(row, "message"));
    ASSERT_TRUE(read);
    EXPECT_EQ(read->questions.size(), row.at("questions").as_array().size());
    EXPECT_TRUE(encode_check_opening(*read).equals(test::bytes_at(row, "message")));
  }
}

TEST_F(Openings, VotesOpenToTheirChoiceAndToNoOther) {
  using crypto::elgamal::Choice;
  for (auto const& row : vectors_.at("votes").as_array()) {
    crypto::elgamal::Ciphertext const vote{test::fixed_at<Point>(row, "a"), test::fixed_at<Point>(row, "b")};
    for (auto const choice : {Choice::kAbstain, Choice::kAgree, Choice::kDisagree}) {
      bool const same = row.at("choice").to_number<std::uint32_t>() == static_cast<std::uint32_t>(choice);
      EXPECT_EQ(crypto::elgamal::opens_to(vote, test::fixed_at<Point>(row, "election_key"),
                                          test::secret_of(row.at("r")), choice),
                same);
    }
  }
}

}  // namespace
}  // namespace piaojue::meeting
