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
};
struct Decide {
  Verdict verdict = Verdict::kNotEligible;  ///< never kReview
  std::string reason, basis;
  Verdict machine = Verdict::kReview;  ///< what the machine had found then
};
struct Notice {
  std::vector<CorrectionItem> items;
  int working_days = 0;
};
enum class Outcome : std::uint8_t { kCorrected, kLapsed };
struct Answer {
  Outcome outcome = Outcome::kCorrected;
};
struct Roster {
  std::vector<std::uint32_t> order;  ///< of applicants on the ballot: place i holds the number of question i + 1
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

/// In the order of `Deed`.
using Body = std::variant<Enlist, Import, Decide, Notice, Answer, Roster, Record, Papers, Publish, Object, Resolve,
                          File, Announce, Certificates>;

Deed deed_of(Body const& body);
std::map<std::string, std::string> encode_texts(Body const& body);
/// Refused: a text is missing or is none of its words.
Explained<Body> decode_texts(Action const& action);
/// What people are shown of the texts, under their keys: all but what is for programs, the key of whoever was enlisted
/// and the order of a roster.
std::map<std::string, std::string> shown_texts(Action const& action);

/// "what|article", one a line, as people write them and the ledger keeps them; an article may be missing.
std::vector<CorrectionItem> decode_items(std::string_view text);

}  // namespace piaojue::office::entry
