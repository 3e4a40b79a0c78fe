// SPDX-License-Identifier: Apache-2.0
#include "server/slips.h"

#include <qrencode.h>

#include <memory>

#include "base/sentence.h"
#include "strings/server.h"

namespace piaojue::server {

using meeting::PersonId;

namespace {

constexpr std::size_t kSlipNameBytesMax = 120;

/// Two modules a character, so that it prints square: upper half, lower half, both, none. Black on white paper.
std::string qr_code(std::string const& text) {
  struct Free {
    void operator()(QRcode* code) const { QRcode_free(code); }
  };
  std::unique_ptr<QRcode, Free> const code(QRcode_encodeString8bit(text.c_str(), 0, QR_ECLEVEL_M));
  if (!code) return {};
  auto const dark = [&](int x, int y) {
    bool const inside = x >= 0 && y >= 0 && x < code->width && y < code->width;
    return inside && (code->data[y * code->width + x] & 1) != 0;
  };
  constexpr int kQuiet = 4;
  std::string out;
  for (int y = -kQuiet; y < code->width + kQuiet; y += 2) {
    std::string line;
    for (int x = -kQuiet; x < code->width + kQuiet; ++x) {
      bool const upper = dark(x, y);
      bool const lower = dark(x, y + 1);
      line += upper ? (lower ? "█" : "▀") : (lower ? "▄" : " ");
    }
    while (line.ends_with(' ')) line.pop_back();
    out += line + "\n";
  }
  return out;
}

/// A name as part of a file's name.
std::string file_name(std::string const& name) {
  std::string out;
  for (char const c : name) {
    auto const byte = static_cast<unsigned char>(c);
    out += byte < 0x20 || byte == 0x7f || c == '/' || c == '\\' ? '_' : c;
  }
  // Cut between characters, not inside one.
  std::size_t length = std::min(out.size(), kSlipNameBytesMax);
  while (length > 0 && length < out.size() && (static_cast<unsigned char>(out[length]) & 0xc0) == 0x80) --length;
  return out.substr(0, length);
}

std::string padded(PersonId person, std::size_t people) {
  auto number = std::to_string(person);
  auto const digits = std::max<std::size_t>(2, std::to_string(people).size());
  return std::string(digits - std::min(digits, number.size()), '0') + number;
}

/// A slip is read by whoever holds it, whatever language the operator speaks: Chinese, and English where a stranger
/// must not be lost.
std::string in_both(Text const& text) { return std::string(text.zh) + " / " + std::string(text.en); }

std::string role_words(std::uint32_t roles) {
  std::string words;
  auto const add = [&](meeting::Role role, Text const& word) {
    if (!(roles & role)) return;
    if (!words.empty()) words += strings::server::kListDivider.zh;
    words += word.zh;
  };
  add(meeting::kChair, strings::server::kRoleChair);
  add(meeting::kExpert, strings::server::kRoleExpert);
  add(meeting::kClerk, strings::server::kRoleClerk);
  add(meeting::kSupervisor, strings::server::kRoleSupervisor);
  add(meeting::kScreen, strings::server::kRoleScreen);
  return words;
}

}  // namespace

std::string slip_file(meeting::Slip const& slip, meeting::Manifest const& manifest) {
  using namespace strings::server;  // NOLINT: one text after another
  auto const person = slip.code.person;
  auto const& who = manifest.people[person - 1];
  auto const zh = [](Text const& text, Sentence::Values values = {}) {
    return Sentence(text, std::move(values)).in(Lang::kZh);
  };
  std::string out = in_both(kSlipTitle) + "\n\n";
  out += zh(kSlipMeeting) + manifest.title +
         (manifest.rehearsal ? zh(kSlipRehearsalMark, {{"text", in_both(kSlipRehearsal)}}) : "") + "\n";
  out += zh(kSlipDate) + manifest.date + "\n";
  out += zh(kSlipPerson, {{"person", person}, {"name", who.name}});
  if (!who.employer.empty()) out += zh(kSlipEmployer, {{"employer", who.employer}});
  out += "\n" + zh(kSlipRoles) + role_words(who.roles) + "\n\n";
  out += std::string(kSlipUse.zh) + "\n" + std::string(kSlipUse.en) + "\n\n";
  out += in_both(kSlipAddress) + "  " + meeting::format_slip_address(slip.address) + "\n";
  out += in_both(kSlipCode) + "  " + meeting::format_slip_code(slip.code) + "\n\n";
  auto const line = meeting::format_slip(slip);
  return out + in_both(kSlipScan) + "\n" + line + "\n\n" + qr_code(line);
}

std::vector<std::string_view> role_codes(std::uint32_t roles) {
  std::vector<std::string_view> out;
  for (auto const& [role, code] : {std::pair{meeting::kExpert, "expert"},
                                   {meeting::kChair, "chair"},
                                   {meeting::kClerk, "clerk"},
                                   {meeting::kSupervisor, "supervisor"},
                                   {meeting::kScreen, "screen"}})
    if ((roles & role) != 0) out.emplace_back(code);
  return out;
}

std::string sheet_line(PersonId person, std::string const& name, std::uint32_t roles, std::string const& device_code) {
  std::string words;
  for (auto const code : role_codes(roles)) words += (words.empty() ? "" : "+") + std::string(code);
  return std::to_string(person) + "\t" + name + "\t" + words + "\t" + (device_code.empty() ? "-" : device_code);
}

std::string slip_name(meeting::Manifest const& manifest, PersonId person) {
  return padded(person, manifest.people.size()) + "-" + file_name(manifest.people[person - 1].name);
}

}  // namespace piaojue::server
