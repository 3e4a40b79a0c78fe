// SPDX-License-Identifier: Apache-2.0
/// Quorum, committee, and rows with CONTESTED by another implementation (specification §1, §11). Harm: one vote more or
/// less at the margin, and another candidate is promoted; or votes that are missing decide, and nobody sees it.
#include "protocol/meeting/arithmetic.h"

#include "protocol/meeting/bodies.h"
#include "read_json.h"

namespace piaojue::meeting {
namespace {

using boost::json::value;

std::uint32_t number(value const& row, std::string_view field) { return row.at(field).to_number<std::uint32_t>(); }

Rules rules_of(value const& row) {
  static std::map<std::string, RecusalMode> const modes{
      {"include", RecusalMode::kInclude}, {"exclude", RecusalMode::kExclude}, {"leave", RecusalMode::kLeave}};
  Rules out;
  out.pass_numerator = number(row, "numerator");
  out.pass_denominator = number(row, "denominator");
  out.pass_strict = row.at("strict").as_bool();
  out.recusal_mode = modes.at(test::text_at(row, "mode"));
  return out;
}
Figures figures_of(value const& f) {
  return {number(f, "present"), number(f, "left"),     number(f, "recused"),   number(f, "cast"),    number(f, "box"),
          number(f, "agree"),   number(f, "disagree"), number(f, "confirmed"), number(f, "not_cast")};
}
Row row_of(value const& r) {
  return {number(r, "present"),
          number(r, "agree"),
          number(r, "disagree"),
          number(r, "abstain"),
          number(r, "invalid"),
          number(r, "not_cast"),
          number(r, "recused"),
          number(r, "needed"),
          r.at("passed").as_bool(),
          r.at("contested").as_bool(),
          r.at("mode_sensitive").as_bool()};
}

TEST(ArithmeticVectors, Rows) {
  int n = 0;
  auto const known = test::read_vectors("arithmetic.json");
  for (value const& each : known.at("rows").as_array()) {
    auto const row = make_row(rules_of(each), figures_of(each.at("figures")));
    ASSERT_TRUE(row) << n;
    EXPECT_EQ(*row, row_of(each.at("row"))) << n << ' ' << test::text_at(each, "name");
    ++n;
  }
  EXPECT_GE(n, 300);
}

TEST(ArithmeticVectors, Quorums) {
  auto const known = test::read_vectors("arithmetic.json");
  for (value const& each : known.at("quorums").as_array()) {
    Manifest manifest;
    manifest.committee_size = number(each, "size");
    manifest.rules.quorum_numerator = number(each, "x");
    manifest.rules.quorum_denominator = number(each, "y");
    EXPECT_EQ(quorum(manifest), number(each, "quorum")) << number(each, "size");
  }
}

TEST(ArithmeticVectors, Committees) {
  auto const known = test::read_vectors("arithmetic.json");
  for (value const& each : known.at("committees").as_array()) {
    State s;
    s.manifest.committee_size = number(each, "size");
    for (PersonId p = 1; p <= number(each, "experts"); ++p) s.committee_pool.insert(p);
    PersonId const concerned = number(each, "concerned") == 1 ? 1 : kNobody;
    EXPECT_EQ(committee(s, concerned).needed, number(each, "needed"))
        << number(each, "size") << ' ' << number(each, "experts");
  }
}

}  // namespace
}  // namespace piaojue::meeting
