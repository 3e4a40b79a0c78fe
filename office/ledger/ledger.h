// SPDX-License-Identifier: Apache-2.0
#pragma once
/// The office's ledger: what people of the review office did before and after the meeting, as entries of an append-only
/// log of the same kind as the meeting's (docs/office.md, ADR 0011). Pure: bytes in, bytes out; `ledger_file.h` makes
/// it durable.
///
/// File: kLedgerMagic ‖ ledger id(16), then per entry u32be length ‖ entry. Entry: u8 signatures (1 or 2), each u32be
/// person ‖ Ed25519 signature(64), ascending by person, then the body, one JSON object in canonical form. A signature
/// covers kLedgerDomain ‖ 0x00 ‖ id ‖ u64be index ‖ root of all entries before ‖ body: an entry is valid in one place.
#include <map>
#include <set>

#include "base/explained.h"
#include "crypto/sign.h"
#include "protocol/log/merkle.h"
#include "sheets/date.h"

namespace piaojue::office {

using crypto::Hash;

inline constexpr std::string_view kLedgerMagic = "PIAOJUE-LEDGER-1\n";
inline constexpr std::string_view kLedgerDomain = "piaojue/v2/office";
inline constexpr std::size_t kLedgerEntryBytesMax = 2U << 20;
inline constexpr std::size_t kLedgerBytesMax = 256U << 20;
inline constexpr std::size_t kOfficePeopleMax = 100;
inline constexpr std::size_t kSubjectsMax = 5000;
inline constexpr std::size_t kLedgerTextBytesMax = 16U << 10;
inline constexpr std::size_t kLedgerHeaderBytes = kLedgerMagic.size() + 16;

using LedgerId = std::array<std::uint8_t, 16>;

enum class Deed : std::uint8_t {
  kEnlist = 1,  ///< texts: name, key (hex). Signed by the new person and, but for the first, by one who is there
  kImport,
  kDecide,
  kNotice,
  kAnswer,
  kRoster,
  kRecord,  ///< texts: head (hex of the meeting's record). Once
  kPapers,
  kPublish,
  kObject,
  kResolve,
  kFile,
  kAnnounce,
  kCertificates,
  kAmend,
  kWithdraw,
};
std::string_view deed_code(Deed deed);  ///< "Enlist", …
Text const& deed_text(Deed deed);       ///< 登记人员, …

/// An applicant, by the number in the imported sheet.
struct Subject {
  std::uint32_t number = 0;
  std::string name;
  auto operator<=>(Subject const&) const = default;
};
struct FileMark {
  std::string name;
  Hash hash;
  auto operator<=>(FileMark const&) const = default;
};

struct Action {
  Deed deed = Deed::kImport;
  sheets::Day date{};
  std::vector<Subject> subjects;  ///< ascending by number
  /// In the form that is signed; keys: a-z and _. What they mean says office/casework/entries.h, and only there are
  /// they read or shown, but for what the ledger checks itself (`Deed`).
  std::map<std::string, std::string> texts;
  std::vector<FileMark> files;
};

/// The one form that an action is signed in. Refused: beyond a limit; control characters; anything that looks like an
/// identity number: the ledger is shown to people who may not see one.
Explained<std::string> encode_action(Action const& action);
Explained<Action> decode_action(std::string_view body);
/// 15 or 18 digits by themselves, the last of 18 may be an X; full-width ones too.
bool holds_identity_number(std::string_view text);

struct LedgerSignature {
  std::uint32_t person = 0;
  crypto::Signature signature;
};
struct LedgerEntry {
  Action action;
  std::vector<LedgerSignature> signatures;
  /// Who did it: of an Enlist, the one who vouches, or the first person for himself.
  std::uint32_t by() const { return signatures.front().person; }
};
struct OfficePerson {
  std::string name;
  crypto::SigningPublicKey key;
};

/// A person's number, and the key to sign with.
struct Signer {
  std::uint32_t person = 0;
  crypto::SigningKey const* key = nullptr;
};

class Ledger {
 public:
  explicit Ledger(LedgerId id) : id_(id) {}
  LedgerId const& id() const { return id_; }
  std::string origin() const;  ///< "piaojue-office/" and the id in hex: name of its checkpoints
  std::vector<LedgerEntry> const& entries() const { return entries_; }
  std::vector<OfficePerson> const& people() const { return people_; }  ///< person p is [p − 1]
  std::uint64_t size() const { return tree_.size(); }
  Hash head() const { return tree_.root(); }
  Hash head(std::uint64_t size) const { return tree_.root(size); }

  /// The next entry, signed but not yet taken in. @param signers in ascending order.
  Explained<Bytes> sign(Action const& action, std::vector<Signer> const& signers) const;
  /// @return its index, or why it is refused; then nothing has changed.
  Explained<std::uint64_t> apply(ByteView entry);
  /// Entries that name the applicant, or whose applicants or signers have that name; imports only as they hold him.
  std::vector<std::uint64_t> trail(std::optional<std::uint32_t> number, std::string_view name) const;

 private:
  LedgerId id_;
  log::Tree tree_;
  std::vector<LedgerEntry> entries_;
  std::vector<OfficePerson> people_;
  std::optional<Hash> record_;
};

Bytes ledger_header(LedgerId const& id);

struct LoadedLedger {
  Ledger ledger;
  std::size_t bytes = 0;  ///< that are whole
  std::size_t torn = 0;   ///< behind them, of an entry that a crash cut off
};
/// @return refused, naming the entry, if one is not what was signed. An incomplete last one is no refusal.
Explained<LoadedLedger> load_ledger(ByteView file);

}  // namespace piaojue::office
