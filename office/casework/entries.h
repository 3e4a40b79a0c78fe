// SPDX-License-Identifier: Apache-2.0
#pragma once
/// What an action of the ledger says beside its people and files: its texts, as a type a deed. The keys that they are
/// signed under stand in entries.cpp (docs/office.md, "Ledger"); the ledger knows only those that it checks itself:
/// name and key of an Enlist, and the head of a Record.
#include <variant>

#include "office/ledger/ledger.h"
#include "office/rules/correction.h"
#include "office/rules/eligibility.h"

namespace piaojue::office::entry {

struct Enlist {};  ///< the ledger's own: it checks keys and signatures
struct Import {
  sheets::Date filed;     ///< of applicants whose sheet has no such day; may be unknown
  std::string extension;  ///< basis for using the standard outside its dates; may be empty
  /// Of a sheet that holds a part of the list only: place i has the number of its applicant i. Empty: the whole list.
  std::vector<std::uint32_t> part;
};
/// Of one applicant, or of many for one reason.
struct Decide {
  Verdict verdict = Verdict::kNotEligible;  ///< never kReview
  std::string reason, basis;
  std::vector<Verdict> machine;  ///< what the machine had found then, by subject; one for all where it was the same
};
struct Notice {
  std::vector<CorrectionItem> items;
  int working_days = 0;
};
enum class Outcome : std::uint8_t { kCorrected, kLapsed };
struct Answer {
  Outcome outcome = Outcome::kCorrected;
};
/// An expert, by the number in the imported members' sheet, who was thought to have to stand back from an applicant.
struct StruckRecusal {
  std::uint32_t person = 0, applicant = 0;
  bool operator==(StruckRecusal const&) const = default;
};
struct Roster {
  std::vector<std::uint32_t> order;   ///< of applicants on the ballot: place i holds the number of question i + 1
  std::vector<StruckRecusal> struck;  ///< suggestions that do not go to the meeting; all others do
  std::string struck_reason;          ///< given if any is struck
};
struct Record {
  Hash head;
};
struct Papers {};
struct Publish {
  std::string place;
};
struct Object {
  std::string text;
};
struct Resolve {
  bool upheld = false;
  std::string finding;
};
struct File {
  std::string document;
};
struct Announce {
  std::string document;
};
struct Certificates {};
/// Cells of one applicant's row, each under its column's usual heading, or "2021年度考核" for an appraisal. What is
/// written here is never an identity number: the ledger refuses it.
struct Amend {
  struct Change {
    std::string field, before, after;  ///< either may be empty
    bool operator==(Change const&) const = default;
  };
  std::vector<Change> changes;  ///< 1 to kAmendChangesMax
  std::string reason;
};
inline constexpr std::size_t kAmendChangesMax = 12;
struct Withdraw {
  std::string reason;
};

/// In the order of `Deed`.
using Body = std::variant<Enlist, Import, Decide, Notice, Answer, Roster, Record, Papers, Publish, Object, Resolve,
                          File, Announce, Certificates, Amend, Withdraw>;

Deed deed_of(Body const& body);
std::map<std::string, std::string> encode_texts(Body const& body);
/// Refused: a text is missing or is none of its words.
Explained<Body> decode_texts(Action const& action);
/// What people are shown of the texts, under their keys: all but what is for programs, the key of whoever was enlisted
/// and the order of a roster or of a part of the list. Changes of an Amend stand under "changes", one a line.
std::map<std::string, std::string> shown_texts(Action const& action);

/// Why a deed's date lies before the last deed's or after the day on which it was written; desk.h asks for it.
inline constexpr char const* kDateReasonKey = "date_reason";

/// "what|article", one a line, as people write them and the ledger keeps them; an article may be missing.
std::vector<CorrectionItem> decode_items(std::string_view text);

}  // namespace piaojue::office::entry
