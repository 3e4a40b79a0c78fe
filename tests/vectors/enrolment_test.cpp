// SPDX-License-Identifier: Apache-2.0
/// Enrolment by another implementation (specification §9.1). Harm: a slip that only one program can read, or a proof
/// that only its own maker accepts.
#include "protocol/meeting/enrolment.h"

#include "read_json.h"

namespace piaojue::meeting {
namespace {

template <std::size_t N>
std::array<std::uint8_t, N> array_at(boost::json::value const& row, std::string_view field) {
  auto const bytes = test::bytes_at(row, field);
  std::array<std::uint8_t, N> out{};
  EXPECT_EQ(bytes.size(), N);
  std::ranges::copy(bytes, out.begin());
  return out;
}

TEST(EnrolmentVectors, KeyProofsAndDeviceCode) {
  auto const vectors = test::read_vectors("enrolment.json");
  for (auto const& row : vectors.at("people").as_array()) {
    auto const person = row.at("person").to_number<PersonId>();
    auto const meeting_id = array_at<16>(row, "meeting_id");
    DeviceKeys const keys{test::fixed_at<SigningPublicKey>(row, "ik"), test::fixed_at<SigningPublicKey>(row, "wk"),
                          test::fixed_at<BoxPublicKey>(row, "bk")};
    auto const exporter = test::fixed_at<Exporter>(row, "exporter");
    auto const key = enrol_key(array_at<10>(row, "bits"), meeting_id, person);
    EXPECT_TRUE(key.equals(test::bytes_at(row, "key"))) << person;
    EXPECT_EQ(server_proof(key, exporter, test::bytes_at(row, "spki")), test::fixed_at<Mac>(row, "server_proof"));
    EXPECT_EQ(client_proof(key, exporter, test::bytes_at(row, "csr"), keys), test::fixed_at<Mac>(row, "client_proof"));
    EXPECT_EQ(device_code(meeting_id, person, keys), test::text_at(row, "device_code"));
  }
}

TEST(EnrolmentVectors, SlipsAsTheyAreTyped) {
  auto const vectors = test::read_vectors("enrolment.json");
  for (auto const& row : vectors.at("slips").as_array()) {
    SlipCode const code{row.at("meeting").to_number<std::uint32_t>(), row.at("person").to_number<PersonId>(),
                        array_at<10>(row, "bits")};
    EXPECT_EQ(format_slip_code(code), test::text_at(row, "typed"));
    EXPECT_EQ(parse_slip_code(test::text_at(row, "typed")).value(), code);
  }
}

}  // namespace
}  // namespace piaojue::meeting
