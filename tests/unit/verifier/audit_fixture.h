// SPDX-License-Identifier: Apache-2.0
#pragma once
/// Records to attack, and what the verifier makes of them.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "support/meeting_fixture.h"
#include "verifier/report.h"

namespace piaojue::test {

/// With PIAOJUE_KEEP_RECORDS every record that a test audits is kept in that folder, with its anchor: what the second
/// verifier (web/auditor) has to agree on, too.
inline void keep(std::string const& file, Hash const& anchor) {
  char const* const folder = std::getenv("PIAOJUE_KEEP_RECORDS");
  if (!folder) return;
  static std::size_t number = 0;
  auto const* const test = testing::UnitTest::GetInstance()->current_test_info();
  std::string name = std::string(test->test_suite_name()) + "." + test->name() + "." + std::to_string(++number);
  std::ranges::replace(name, '/', '.');  // of a test with parameters
  std::filesystem::path const path = std::filesystem::path(folder) / name;
  std::ofstream(path.string() + ".piaojue", std::ios::binary) << file;
  std::ofstream(path.string() + ".anchor") << to_hex(anchor.view());
}

inline verifier::Audit audited(std::string const& file, Hash const& anchor, std::size_t jobs = 1) {
  keep(file, anchor);
  std::istringstream in(file);
  return verifier::audit(in, anchor, {jobs, {}});
}

inline Hash root_of(std::vector<RecordItem> const& items) {
  log::Frontier tree;
  for (RecordItem const& item : items)
    if (auto const* entry = std::get_if<Bytes>(&item)) tree.append(log::leaf_hash(*entry));
  return tree.root();
}

/// The attacker's record: as it stands, then an entry that `Record::apply` would refuse, witnessed like any other. The
/// paper carries its hash, so that nothing but the entry itself is wrong.
struct Forged {
  std::string file;
  Hash anchor;
  std::uint64_t entry;  ///< index of the bad one
};
inline Forged with_entry(Meeting& m, Bytes const& bad) {
  std::vector<RecordItem> items;
  for (std::size_t i = 0; i < m.entries.size(); ++i) {
    items.emplace_back(m.entries[i]);
    auto const at = m.checkpoints.find(i + 1);
    if (at == m.checkpoints.end()) continue;
    items.emplace_back(at->second.note);
    for (log::Cosignature const& cosignature : at->second.cosignatures) items.emplace_back(cosignature);
  }
  items.emplace_back(bad);
  log::Checkpoint const checkpoint{m.manifest.origin(), m.entries.size() + 1, root_of(items)};
  items.emplace_back(log::sign_checkpoint(checkpoint, m.people.at(kServer).witness));
  items.emplace_back(log::cosign(checkpoint, m.chair(), 1'800'000'000, m.keys_of(m.chair()).witness));
  return {write_items(items), checkpoint.root, m.entries.size()};
}
inline Forged with_entry(Meeting& m, Body const& body, std::vector<PersonId> const& signers) {
  return with_entry(m, m.signed_by(body, signers));
}
/// The record as it is, with a box of which the state machine sees nothing wrong: the office voids the batch and the
/// meeting ends.
inline Forged ended(Meeting& m, std::uint64_t entry) {
  if (m.record.in_progress()) must(m.void_questions({}));
  must(m.close_meeting());
  m.witness();
  std::string file = m.record_file();
  return {std::move(file), m.record.tree().root(), entry};
}

/// Exactly this check fails, at this entry, and nothing is called verified.
inline void expect_only(verifier::Audit const& audit, std::size_t check, std::optional<std::uint64_t> entry) {
  EXPECT_FALSE(audit.unusable) << audit.unusable->what.in(Lang::kEn);
  for (std::size_t n = 1; n <= verifier::kChecks; ++n) {
    bool const failed = audit.check(verifier::check_numbered(n)).outcome == verifier::Outcome::kFailed;
    EXPECT_EQ(failed, n == check)
        << "check " << n
        << (failed ? ": " + audit.check(verifier::check_numbered(n)).failures.at(0).what.in(Lang::kEn) : std::string());
  }
  EXPECT_FALSE(audit.verified());
  EXPECT_EQ(audit.exit_code(), 1);
  auto const first = audit.first_failure();
  ASSERT_TRUE(first);
  EXPECT_EQ(first->check, verifier::check_numbered(check));
  EXPECT_EQ(first->failure->entry, entry);
  std::string const text = verifier::text_report(audit, Lang::kEn, false);
  EXPECT_EQ(text.find("VERIFIED"), std::string::npos);
  std::string const last = "FAILED check " + std::to_string(check) + ": ";
  EXPECT_NE(text.find(last + (entry ? "entry " + std::to_string(*entry) : "")), std::string::npos) << text;
}
inline void expect_only(Forged const& forged, std::size_t check) {
  expect_only(audited(forged.file, forged.anchor), check, forged.entry);
}

inline void expect_verified(verifier::Audit const& audit) {
  EXPECT_FALSE(audit.unusable);
  for (std::size_t n = 1; n <= verifier::kChecks; ++n) {
    auto const& check = audit.check(verifier::check_numbered(n));
    EXPECT_EQ(check.outcome, verifier::Outcome::kHolds)
        << "check " << n << (check.failures.empty() ? "" : ": " + check.failures[0].what.in(Lang::kEn));
  }
  EXPECT_TRUE(audit.verified());
}

/// Three questions of five experts, two trustees: two attempts' worth of everything that a record can hold in short.
/// Of the committee of seven five are the quorum; six of the eight in the hall, and four of its experts, are witnesses
/// enough.
inline MeetingOptions small() {
  MeetingOptions options;
  options.experts = 5;
  options.trustees = 2;
  options.supervisors = 1;
  options.batches = {2, 1};
  return options;
}

/// An opening of the first batch as its fixture stands: with the keys that are pending, or on paper.
inline BatchOpen opening(Meeting const& m, std::vector<QuestionId> questions, std::vector<PersonId> present,
                         bool paper = false) {
  BatchOpen out;
  out.meeting = m.record.meeting();
  out.batch = 1;
  out.attempt = m.record.attempts(1) + 1;
  out.questions = std::move(questions);
  out.present = std::move(present);
  out.paper = paper;
  if (paper) return out;
  for (TrusteeId t = 0; t < m.manifest.trustees.size(); ++t)
    out.keys.push_back(m.record.pending_keys().at({1, t}).leaf);
  return out;
}

}  // namespace piaojue::test
