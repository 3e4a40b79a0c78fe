// SPDX-License-Identifier: Apache-2.0
#include "office/ledger/ledger.h"

#include <boost/json.hpp>

#include "sheets/text.h"

namespace piaojue::office {
namespace {

struct DeedName {
  std::string_view code, word;
};
constexpr std::array kDeeds = std::to_array<DeedName>({{"Enlist", "登记人员"},
                                                       {"Import", "导入"},
                                                       {"Decide", "人工审核"},
                                                       {"Notice", "补正通知"},
                                                       {"Answer", "补正结果"},
                                                       {"Roster", "形成会议名单"},
                                                       {"Record", "引用会议记录"},
                                                       {"Papers", "出具材料"},
                                                       {"Publish", "公示"},
                                                       {"Object", "异议"},
                                                       {"Resolve", "异议处理"},
                                                       {"File", "核准备案"},
                                                       {"Announce", "发文公布"},
                                                       {"Certificates", "证书交接"}});

std::optional<std::string> refusal_of_text(std::string const& text) {
  if (text.size() > kLedgerTextBytesMax) return "文字过长";
  if (!sheets::valid_utf8(text) || sheets::has_control(text, true)) return "文字不是有效的 UTF-8 或含控制字符";
  if (holds_identity_number(text)) return "文字中有像身份证号的数字，不得写入账本";
  return std::nullopt;
}

bool is_key(std::string const& key) {
  return !key.empty() && key.size() <= 32 &&
         std::ranges::all_of(key, [](char c) { return (c >= 'a' && c <= 'z') || c == '_'; });
}

std::optional<std::string> refusal_of(Action const& action) {
  if (action.subjects.size() > kSubjectsMax || action.files.size() > kSubjectsMax || action.texts.size() > 40)
    return "一次写入的内容过多";
  std::uint32_t last = 0;
  for (Subject const& subject : action.subjects) {
    if (subject.number <= last) return "申报人序号应由小到大，不得重复";
    last = subject.number;
    if (auto why = refusal_of_text(subject.name)) return why;
  }
  for (auto const& [key, text] : action.texts) {
    if (!is_key(key)) return "字段名有误";
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

std::uint32_t u32be(ByteView bytes) {
  return std::uint32_t{bytes[0]} << 24 | std::uint32_t{bytes[1]} << 16 | std::uint32_t{bytes[2]} << 8 | bytes[3];
}

std::string text_of(Action const& action, std::string const& key) {
  auto const at = action.texts.find(key);
  return at == action.texts.end() ? std::string() : at->second;
}

}  // namespace

std::string_view deed_code(Deed deed) { return kDeeds[static_cast<std::size_t>(deed) - 1].code; }
std::string_view deed_word(Deed deed) { return kDeeds[static_cast<std::size_t>(deed) - 1].word; }

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

Answered<std::string> encode_action(Action const& action) {
  if (auto why = refusal_of(action)) return Answered<std::string>::no(*why);
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
  if (body.size() > kLedgerEntryBytesMax - 256) return Answered<std::string>::no("一次写入的内容过多");
  return Answered<std::string>::yes(std::move(body));
}

Answered<Action> decode_action(std::string_view body) {
  auto const no = [](char const* why) { return Answered<Action>::no(why); };
  if (body.size() > kLedgerEntryBytesMax) return no("过长");
  boost::json::parse_options options;
  options.max_depth = 4;
  boost::system::error_code error;
  auto const value = boost::json::parse(body, error, {}, options);
  if (error || !value.is_object()) return no("不是 JSON 对象");
  Action out;
  try {
    auto const& object = value.as_object();
    auto const code = std::string_view(object.at("deed").as_string());
    auto const* const deed = std::ranges::find(kDeeds, code, &DeedName::code);
    if (deed == kDeeds.end()) return no("不认识的事项");
    out.deed = static_cast<Deed>(deed - kDeeds.begin() + 1);
    auto const date = sheets::parse_day(std::string_view(object.at("date").as_string()));
    if (!date) return no("日期有误");
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
      if (!hash) return no("文件的哈希有误");
      out.files.push_back({std::string(pair.at(0).as_string()), *hash});
    }
  } catch (std::exception const&) {
    return no("缺少字段或字段类型不对");
  }
  auto again = encode_action(out);
  if (!again.ok()) return Answered<Action>::no(again.refusal);
  if (*again != body) return no("不是规定的写法");
  return Answered<Action>::yes(std::move(out));
}

std::string Ledger::origin() const { return "piaojue-office/" + to_hex(id_); }

Answered<Bytes> Ledger::sign(Action const& action, std::vector<Signer> const& signers) const {
  auto const body = encode_action(action);
  if (!body.ok()) return Answered<Bytes>::no(body.refusal);
  Bytes out{static_cast<std::uint8_t>(signers.size())};
  Bytes const input = signing_input(id_, size(), head(), *body);
  for (Signer const& signer : signers) {
    append_u32be(out, signer.person);
    piaojue::append(out, signer.key->sign({input}).view());
  }
  piaojue::append(out, as_bytes(*body));
  return Answered<Bytes>::yes(std::move(out));
}

Answered<std::uint64_t> Ledger::apply(ByteView entry) {
  auto const no = [&](std::string const& why) {
    return Answered<std::uint64_t>::no("账本第 " + std::to_string(size()) + " 条：" + why);
  };
  constexpr std::size_t kSignatureBytes = 4 + crypto::Signature::kSize;
  if (entry.empty() || entry.size() > kLedgerEntryBytesMax) return no("长度有误");
  std::size_t const count = entry[0];
  if (count < 1 || count > 2 || entry.size() < 1 + count * kSignatureBytes) return no("签名的个数有误");
  LedgerEntry out;
  for (std::size_t i = 0; i < count; ++i) {
    auto const at = entry.subspan(1 + i * kSignatureBytes, kSignatureBytes);
    out.signatures.push_back({u32be(at), *crypto::Signature::from(at.subspan(4))});
  }
  auto const body = as_text(entry.subspan(1 + count * kSignatureBytes));
  auto action = decode_action(body);
  if (!action.ok()) return no(action.refusal);
  out.action = std::move(*action);

  auto people = people_;
  if (out.action.deed == Deed::kEnlist) {
    if (people.size() >= kOfficePeopleMax) return no("人员过多");
    auto const bytes = from_hex(text_of(out.action, "key"));
    auto const key = bytes ? crypto::SigningPublicKey::from(*bytes) : std::nullopt;
    std::string const name = text_of(out.action, "name");
    if (!key || name.empty()) return no("登记人员应有姓名和公钥");
    for (OfficePerson const& other : people)
      if (other.key == *key || other.name == name) return no("此人或此公钥已登记");
    people.push_back({name, *key});
    if (count != (people.size() == 1 ? 1U : 2U)) return no("登记人员应由本人和一位已登记的人签名");
    if (out.signatures.back().person != people.size()) return no("登记人员缺本人签名");
  } else if (count != 1) {
    return no("签名的个数有误");
  }
  Bytes const input = signing_input(id_, size(), head(), body);
  std::uint32_t last = 0;
  for (LedgerSignature const& signature : out.signatures) {
    if (signature.person <= last || signature.person > people.size()) return no("签名人未登记");
    last = signature.person;
    if (!crypto::verify(people[signature.person - 1].key, {input}, signature.signature)) return no("签名不对");
  }
  auto record = record_;
  if (out.action.deed == Deed::kRecord) {
    auto const bytes = from_hex(text_of(out.action, "head"));
    auto const head = bytes ? Hash::from(*bytes) : std::nullopt;
    if (!head) return no("会议记录的指纹有误");
    if (record) return no("会议记录已引用过");
    record = head;
  }
  people_ = std::move(people);
  record_ = record;
  entries_.push_back(std::move(out));
  tree_.append(log::leaf_hash(entry));
  return Answered<std::uint64_t>::yes(size() - 1);
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

Answered<LoadedLedger> load_ledger(ByteView file) {
  auto const no = [](std::string why) { return Answered<LoadedLedger>::no(std::move(why)); };
  if (file.size() > kLedgerBytesMax) return no("账本过大");
  if (file.size() < kLedgerHeaderBytes || as_text(file.first(kLedgerMagic.size())) != kLedgerMagic)
    return no("这不是账本文件");
  LedgerId id{};
  std::ranges::copy(file.subspan(kLedgerMagic.size(), id.size()), id.begin());
  LoadedLedger out{Ledger(id), kLedgerHeaderBytes, 0};
  for (std::size_t at = kLedgerHeaderBytes; at < file.size();) {
    ByteView const rest = file.subspan(at);
    std::size_t const length = rest.size() < 4 ? 0 : u32be(rest);
    // Lengths are never 0: such a tail is what a power cut leaves of a file that had grown but not been written.
    bool const blank = std::ranges::all_of(rest, [](std::uint8_t byte) { return byte == 0; });
    if (length > kLedgerEntryBytesMax) return no("账本第 " + std::to_string(out.ledger.size()) + " 条：长度有误");
    if (rest.size() < 4 || blank || rest.size() - 4 < length) {
      out.torn = rest.size();
      break;
    }
    auto const applied = out.ledger.apply(rest.subspan(4, length));
    if (!applied.ok()) return no(applied.refusal);
    at += 4 + length;
    out.bytes = at;
  }
  return Answered<LoadedLedger>::yes(std::move(out));
}

}  // namespace piaojue::office
