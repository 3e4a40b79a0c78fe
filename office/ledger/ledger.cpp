// SPDX-License-Identifier: Apache-2.0
#include "office/ledger/ledger.h"

#include <boost/json.hpp>

#include "sheets/text.h"
#include "strings/desk.h"

namespace piaojue::office {

namespace words = strings::desk;

namespace {

struct DeedName {
  std::string_view code;
  Text const* text;
};
constexpr std::array kDeeds = std::to_array<DeedName>({{"Enlist", &words::kDeedEnlist},
                                                       {"Import", &words::kDeedImport},
                                                       {"Decide", &words::kDeedDecide},
                                                       {"Notice", &words::kDeedNotice},
                                                       {"Answer", &words::kDeedAnswer},
                                                       {"Roster", &words::kDeedRoster},
                                                       {"Record", &words::kDeedRecord},
                                                       {"Papers", &words::kDeedPapers},
                                                       {"Publish", &words::kDeedPublish},
                                                       {"Object", &words::kDeedObject},
                                                       {"Resolve", &words::kDeedResolve},
                                                       {"File", &words::kDeedFile},
                                                       {"Announce", &words::kDeedAnnounce},
                                                       {"Certificates", &words::kDeedCertificates},
                                                       {"Amend", &words::kDeedAmend},
                                                       {"Withdraw", &words::kDeedWithdraw}});

std::optional<Sentence> refusal_of_text(std::string const& text) {
  if (text.size() > kLedgerTextBytesMax) return words::kLedgerTextLong;
  if (!sheets::valid_utf8(text) || sheets::has_control(text, true)) return words::kLedgerTextBad;
  if (holds_identity_number(text)) return words::kLedgerIdentityNumber;
  return std::nullopt;
}

bool is_key(std::string const& key) {
  return !key.empty() && key.size() <= 32 &&
         std::ranges::all_of(key, [](char c) { return (c >= 'a' && c <= 'z') || c == '_'; });
}

std::optional<Sentence> refusal_of(Action const& action) {
  if (action.subjects.size() > kSubjectsMax || action.files.size() > kSubjectsMax || action.texts.size() > 40)
    return words::kLedgerTooMuch;
  std::uint32_t last = 0;
  for (Subject const& subject : action.subjects) {
    if (subject.number <= last) return words::kLedgerSubjectsOrder;
    last = subject.number;
    if (auto why = refusal_of_text(subject.name)) return why;
  }
  for (auto const& [key, text] : action.texts) {
    if (!is_key(key)) return words::kLedgerFieldName;
    if (auto why = refusal_of_text(text)) return why;
  }
  for (FileMark const& file : action.files)
    if (auto why = refusal_of_text(file.name)) return why;
  return std::nullopt;
}

Bytes signing_input(LedgerId const& id, std::uint64_t index, Hash const& before, std::string_view body) {
  Bytes out = to_bytes(as_bytes(kLedgerDomain));
  out.push_back(0);
  piaojue::append(out, id);
  append_u64be(out, index);
  piaojue::append(out, before.view());
  piaojue::append(out, as_bytes(body));
  return out;
}

std::string text_of(Action const& action, std::string const& key) {
  auto const at = action.texts.find(key);
  return at == action.texts.end() ? std::string() : at->second;
}

}  // namespace

std::string_view deed_code(Deed deed) { return kDeeds[static_cast<std::size_t>(deed) - 1].code; }
Text const& deed_text(Deed deed) { return *kDeeds[static_cast<std::size_t>(deed) - 1].text; }

bool holds_identity_number(std::string_view text) {
  // 64 hexadecimal digits of a hash are one word, and no word of that length is a number of a person.
  std::string const plain = sheets::code_of(text);
  auto const alphanumeric = [](char c) { return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z'); };
  for (std::size_t at = 0; at < plain.size();) {
    std::size_t end = at;
    while (end < plain.size() && alphanumeric(plain[end])) ++end;
    std::string_view const word = std::string_view(plain).substr(at, end - at);
    auto const digits = static_cast<std::size_t>(std::ranges::count_if(word, [](char c) { return c <= '9'; }));
    if ((word.size() == 15 && digits == 15) ||
        (word.size() == 18 && (digits == 18 || (digits == 17 && word.back() == 'X'))))
      return true;
    at = end + 1;
  }
  return false;
}

Explained<std::string> encode_action(Action const& action) {
  if (auto why = refusal_of(action)) return Explanation(*why);
  boost::json::object out;
  out["deed"] = deed_code(action.deed);
  out["date"] = sheets::day_text(action.date);
  auto& subjects = out["subjects"].emplace_array();
  for (Subject const& subject : action.subjects) subjects.push_back({subject.number, subject.name});
  auto& texts = out["texts"].emplace_object();
  for (auto const& [key, text] : action.texts) texts[key] = text;
  auto& files = out["files"].emplace_array();
  for (FileMark const& file : action.files) files.push_back({file.name, to_hex(file.hash.view())});
  std::string body = boost::json::serialize(out);
  if (body.size() > kLedgerEntryBytesMax - 256) return Explanation(words::kLedgerTooMuch);
  return body;
}

Explained<Action> decode_action(std::string_view body) {
  auto const no = [](Text const& why) { return Explanation(why); };
  if (body.size() > kLedgerEntryBytesMax) return no(words::kLedgerTooLong);
  boost::json::parse_options options;
  options.max_depth = 4;
  boost::system::error_code error;
  auto const value = boost::json::parse(body, error, {}, options);
  if (error || !value.is_object()) return no(words::kLedgerNoObject);
  Action out;
  try {
    auto const& object = value.as_object();
    auto const code = std::string_view(object.at("deed").as_string());
    auto const* const deed = std::ranges::find(kDeeds, code, &DeedName::code);
    if (deed == kDeeds.end()) return no(words::kLedgerUnknownDeed);
    out.deed = static_cast<Deed>(deed - kDeeds.begin() + 1);
    auto const date = sheets::parse_day(std::string_view(object.at("date").as_string()));
    if (!date) return no(words::kLedgerBadDate);
    out.date = *date;
    for (auto const& item : object.at("subjects").as_array()) {
      auto const& pair = item.as_array();
      out.subjects.push_back({pair.at(0).to_number<std::uint32_t>(), std::string(pair.at(1).as_string())});
    }
    for (auto const& item : object.at("texts").as_object())
      out.texts[std::string(item.key())] = std::string(item.value().as_string());
    for (auto const& item : object.at("files").as_array()) {
      auto const& pair = item.as_array();
      auto const bytes = from_hex(std::string_view(pair.at(1).as_string()));
      auto const hash = bytes ? Hash::from(*bytes) : std::nullopt;
      if (!hash) return no(words::kLedgerBadFileHash);
      out.files.push_back({std::string(pair.at(0).as_string()), *hash});
    }
  } catch (std::exception const&) {
    return no(words::kLedgerBadField);
  }
  auto again = encode_action(out);
  if (!again) return again.error();
  if (*again != body) return no(words::kLedgerOtherSpelling);
  return out;
}

std::string Ledger::origin() const { return "piaojue-office/" + to_hex(id_); }

Explained<Bytes> Ledger::sign(Action const& action, std::vector<Signer> const& signers) const {
  auto const body = encode_action(action);
  if (!body) return body.error();
  Bytes out{static_cast<std::uint8_t>(signers.size())};
  Bytes const input = signing_input(id_, size(), head(), *body);
  for (Signer const& signer : signers) {
    append_u32be(out, signer.person);
    piaojue::append(out, signer.key->sign({input}).view());
  }
  piaojue::append(out, as_bytes(*body));
  return out;
}

Explained<std::uint64_t> Ledger::apply(ByteView entry) {
  auto const no = [&](Sentence why) {
    return Explanation(Sentence(words::kLedgerEntry, {{"entry", size()}, {"why", std::move(why)}}));
  };
  constexpr std::size_t kSignatureBytes = 4 + crypto::Signature::kSize;
  if (entry.empty() || entry.size() > kLedgerEntryBytesMax) return no(words::kLedgerLength);
  std::size_t const count = entry[0];
  if (count < 1 || count > 2 || entry.size() < 1 + count * kSignatureBytes) return no(words::kLedgerSignaturesCount);
  LedgerEntry out;
  for (std::size_t i = 0; i < count; ++i) {
    auto const at = entry.subspan(1 + i * kSignatureBytes, kSignatureBytes);
    out.signatures.push_back({read_u32be(at), *crypto::Signature::from(at.subspan(4))});
  }
  auto const body = as_text(entry.subspan(1 + count * kSignatureBytes));
  auto action = decode_action(body);
  if (!action) return no(action.error().what);
  out.action = std::move(*action);

  auto people = people_;
  if (out.action.deed == Deed::kEnlist) {
    if (people.size() >= kOfficePeopleMax) return no(words::kLedgerPeopleMax);
    auto const bytes = from_hex(text_of(out.action, "key"));
    auto const key = bytes ? crypto::SigningPublicKey::from(*bytes) : std::nullopt;
    std::string const name = text_of(out.action, "name");
    if (!key || name.empty()) return no(words::kLedgerEnlistFields);
    for (OfficePerson const& other : people)
      if (other.key == *key || other.name == name) return no(words::kLedgerEnlisted);
    people.push_back({name, *key});
    if (count != (people.size() == 1 ? 1U : 2U)) return no(words::kLedgerEnlistTwo);
    if (out.signatures.back().person != people.size()) return no(words::kLedgerEnlistSelf);
  } else if (count != 1) {
    return no(words::kLedgerSignaturesCount);
  }
  Bytes const input = signing_input(id_, size(), head(), body);
  std::uint32_t last = 0;
  for (LedgerSignature const& signature : out.signatures) {
    if (signature.person <= last || signature.person > people.size()) return no(words::kLedgerSignerUnknown);
    last = signature.person;
    if (!crypto::verify(people[signature.person - 1].key, {input}, signature.signature))
      return no(words::kLedgerSignatureWrong);
  }
  auto record = record_;
  if (out.action.deed == Deed::kRecord) {
    auto const bytes = from_hex(text_of(out.action, "head"));
    auto const head = bytes ? Hash::from(*bytes) : std::nullopt;
    if (!head) return no(words::kLedgerRecordHead);
    if (record) return no(words::kLedgerRecordTwice);
    record = head;
  }
  people_ = std::move(people);
  record_ = record;
  entries_.push_back(std::move(out));
  tree_.append(log::leaf_hash(entry));
  return size() - 1;
}

std::vector<std::uint64_t> Ledger::trail(std::optional<std::uint32_t> number, std::string_view name) const {
  std::vector<std::uint64_t> out;
  for (std::uint64_t i = 0; i < entries_.size(); ++i) {
    LedgerEntry const& entry = entries_[i];
    bool hit = std::ranges::any_of(entry.action.subjects, [&](Subject const& subject) {
      return number ? subject.number == *number : subject.name == name;
    });
    if (!number) {
      hit = hit || text_of(entry.action, "name") == name;
      for (LedgerSignature const& signature : entry.signatures) hit = hit || people_[signature.person - 1].name == name;
    }
    if (hit) out.push_back(i);
  }
  return out;
}

Bytes ledger_header(LedgerId const& id) {
  Bytes out = to_bytes(as_bytes(kLedgerMagic));
  piaojue::append(out, id);
  return out;
}

Explained<LoadedLedger> load_ledger(ByteView file) {
  auto const no = [](Sentence why) { return Explanation(std::move(why)); };
  if (file.size() > kLedgerBytesMax) return no(words::kLedgerTooLarge);
  if (file.size() < kLedgerHeaderBytes || as_text(file.first(kLedgerMagic.size())) != kLedgerMagic)
    return no(words::kLedgerNoLedgerFile);
  LedgerId id{};
  std::ranges::copy(file.subspan(kLedgerMagic.size(), id.size()), id.begin());
  LoadedLedger out{Ledger(id), kLedgerHeaderBytes, 0};
  for (std::size_t at = kLedgerHeaderBytes; at < file.size();) {
    ByteView const rest = file.subspan(at);
    std::size_t const length = read_u32be(rest);
    // Lengths are never 0: such a tail is what a power cut leaves of a file that had grown but not been written.
    bool const blank = std::ranges::all_of(rest, [](std::uint8_t byte) { return byte == 0; });
    if (length > kLedgerEntryBytesMax) {
      return no({words::kLedgerEntry, {{"entry", out.ledger.size()}, {"why", words::kLedgerLength}}});
    }
    if (rest.size() < 4 || blank || rest.size() - 4 < length) {
      out.torn = rest.size();
      break;
    }
    auto const applied = out.ledger.apply(rest.subspan(4, length));
    if (!applied) return applied.error();
    at += 4 + length;
    out.bytes = at;
  }
  return out;
}

}  // namespace piaojue::office
