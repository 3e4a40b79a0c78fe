// SPDX-License-Identifier: Apache-2.0
#include "office/desk/materials.h"

#include <algorithm>
#include <array>
#include <fstream>

#include "base/platform/files.h"
#include "strings/desk.h"

namespace piaojue::desk {

namespace words = strings::desk;

namespace {

constexpr std::size_t kNameInFolderMax = 120;

std::string lower(std::string text) {
  for (char& c : text)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return text;
}

bool is_plain(std::string_view name) {
  return !name.empty() && name.size() <= kMaterialNameBytesMax && name.front() != '.' &&
         std::ranges::none_of(name,
                              [](char c) {
                                auto const byte = static_cast<unsigned char>(c);
                                return byte < 0x20 || byte == 0x7f || c == '/' || c == '\\';
                              }) &&
         platform::file_name_like(std::string(name)) == name;
}

/// What a file of this name begins with; nothing: it is of no kind that is taken.
std::optional<std::string_view> beginning_of(std::string const& name) {
  auto const ending = lower(fs::path(name).extension().string());
  if (ending == ".pdf") return "%PDF-";
  if (ending == ".png") return "\x89PNG\r\n\x1a\n";
  if (ending == ".jpg" || ending == ".jpeg") return "\xff\xd8\xff";
  return std::nullopt;
}

bool begins_with(fs::path const& file, std::string_view wanted) {
  std::array<char, 8> first{};
  std::ifstream in(file, std::ios::binary);
  in.read(first.data(), static_cast<std::streamsize>(wanted.size()));
  return static_cast<std::size_t>(in.gcount()) == wanted.size() &&
         std::string_view(first.data(), wanted.size()) == wanted;
}

}  // namespace

fs::path Materials::folder(Subject const& who) const {
  auto const name = platform::file_name_like(who.name.substr(0, kNameInFolderMax));
  return root_ / (std::to_string(who.number) + "-" + name);
}

std::vector<Materials::File> Materials::list(Subject const& who) const {
  std::vector<File> out;
  std::error_code none;
  for (auto const& at : fs::directory_iterator(folder(who), none))
    if (at.is_regular_file(none)) out.push_back({at.path().filename().string(), at.file_size(none)});
  std::ranges::sort(out, {}, &File::name);
  return out;
}

Explained<void> Materials::add(Subject const& who, std::string const& name, fs::path const& file) const {
  auto const beginning = beginning_of(name);
  if (!is_plain(name)) return Explanation(Sentence(words::kMaterialName, {{"name", name}}));
  if (!beginning || !begins_with(file, *beginning))
    return Explanation(Sentence(words::kMaterialKind, {{"name", name}}));
  auto const there = list(who);
  auto const same = std::ranges::find(there, lower(name), [](File const& one) { return lower(one.name); });
  if (same == there.end() && there.size() >= kMaterialsMax)
    return Explanation(Sentence(words::kMaterialMany, {{"most", std::uint64_t{kMaterialsMax}}}));
  if (auto const made = make_folder(folder(who)); !made) return made.error();
  std::error_code error;
  if (same != there.end() && same->name != name) fs::remove(folder(who) / same->name, error);
  fs::rename(file, folder(who) / name, error);
  if (error) return Explanation(words::kPageUploadUnwritten);
  return {};
}

Explained<void> Materials::remove(Subject const& who, std::string const& name) const {
  std::error_code error;
  if (!is_plain(name) || !fs::remove(folder(who) / name, error))
    return Explanation(Sentence(words::kMaterialNone, {{"name", name}}));
  return {};
}

Explained<std::size_t> Materials::lay_out(fs::path const& to, std::vector<std::uint32_t> const& order,
                                          std::vector<Subject> const& people) const {
  std::size_t count = 0;
  for (std::size_t q = 0; q < order.size(); ++q) {
    auto const who = std::ranges::lower_bound(people, order[q], {}, &Subject::number);
    if (who == people.end() || who->number != order[q]) continue;
    auto const files = list(*who);
    if (files.empty()) continue;
    auto const own = to / std::to_string(q + 1);
    if (auto const made = make_folder(own); !made) return made.error();
    for (auto const& file : files) {
      std::error_code error;
      // A second name of the same file: gigabytes are not copied twice.
      fs::create_hard_link(folder(*who) / file.name, own / file.name, error);
      if (error) fs::copy_file(folder(*who) / file.name, own / file.name, error);
      if (error) return Explanation(words::kPageUploadUnwritten);
      ++count;
    }
  }
  return count;
}

}  // namespace piaojue::desk
