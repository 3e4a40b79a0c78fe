// SPDX-License-Identifier: Apache-2.0
#include "sheets/archive.h"

#include <zip.h>

#include <algorithm>
#include <array>

#include "strings/sheets.h"

namespace piaojue::sheets {

namespace say = strings::sheets;

CellError whole(Sentence expected) { return {0, 0, {}, std::move(expected)}; }

void Archive::Discard::operator()(zip* archive) const { zip_discard(archive); }
void Archive::Discard::operator()(zip_file* file) const { zip_fclose(file); }

std::string Archive::part_name(std::string_view written) {
  std::string out(written.substr(std::min(written.find_first_not_of("/\\"), written.size())));
  for (char& c : out)
    if (c == '\\')
      c = '/';
    else if (c >= 'A' && c <= 'Z')
      c = static_cast<char>(c - 'A' + 'a');
  return out;
}

bool Archive::any_ends_with(std::string_view end) const {
  return std::ranges::any_of(parts_, [&](auto const& part) { return part.first.ends_with(end); });
}

Fault Archive::open(ByteView file) {
  zip_error_t error;
  zip_error_init(&error);
  zip_source_t* source = zip_source_buffer_create(file.data(), file.size(), 0, &error);
  if (source == nullptr) return whole(say::kBookDamaged);
  zip_.reset(zip_open_from_source(source, ZIP_RDONLY, &error));
  if (!zip_) {
    zip_source_free(source);
    return whole(say::kBookDamaged);
  }
  auto const count = static_cast<std::size_t>(zip_get_num_entries(zip_.get(), 0));
  if (count > kWorkbookPartsMax) return whole({say::kBookPartsMax, {{"max", kWorkbookPartsMax}}});
  std::size_t total = 0;
  for (std::size_t i = 0; i < count; ++i)
    if (auto fault = take_part(i, total)) return fault;
  return {};
}

Fault Archive::take_part(std::size_t index, std::size_t& total) {
  zip_stat_t stat;
  if (zip_stat_index(zip_.get(), index, 0, &stat) != 0) return whole(say::kBookDamaged);
  constexpr auto kNeeded = ZIP_STAT_NAME | ZIP_STAT_SIZE | ZIP_STAT_COMP_SIZE;
  if ((stat.valid & kNeeded) != kNeeded) return whole(say::kBookDamaged);
  if ((stat.valid & ZIP_STAT_ENCRYPTION_METHOD) != 0 && stat.encryption_method != ZIP_EM_NONE)
    return whole(say::kBookHasPassword);
  std::string const name = part_name(stat.name);
  if (name.ends_with("vbaproject.bin")) return whole(say::kBookHasMacros);
  if (stat.size > kWorkbookTotalBytesMax || (total += stat.size) > kWorkbookTotalBytesMax)
    return whole(say::kBookTotalBytesMax);
  if (name.empty() || name.ends_with('/')) return {};  // a folder
  if (!parts_.try_emplace(name, Part{index, stat.size, stat.comp_size}).second) return whole(say::kBookDamaged);
  return {};
}

Fault Archive::read(std::string_view name, std::function<bool(std::string_view, bool last)> const& use) {
  auto const at = parts_.find(part_name(name));
  if (at == parts_.end()) return whole(say::kBookDamaged);
  Part const& part = at->second;
  if (part.size > kWorkbookPartBytesMax) return whole(say::kBookPartBytesMax);
  if (part.size > (1U << 20) && part.size / std::max<std::size_t>(1, part.packed) > kWorkbookRatioMax)
    return whole(say::kBookRatio);
  std::unique_ptr<zip_file_t, Discard> const file(zip_fopen_index(zip_.get(), part.index, 0));
  if (!file) return whole(say::kBookDamaged);
  std::array<char, 64U << 10> piece{};
  std::size_t total = 0;
  for (;;) {
    auto const got = zip_fread(file.get(), piece.data(), piece.size());
    if (got < 0) return whole(say::kBookDamaged);
    // What the archive says of a part's size is only what it says.
    if ((total += static_cast<std::size_t>(got)) > part.size) return whole(say::kBookDamaged);
    if (!use({piece.data(), static_cast<std::size_t>(got)}, got == 0)) return {};
    if (got == 0) return total == part.size ? Fault{} : whole(say::kBookDamaged);
  }
}

}  // namespace piaojue::sheets
