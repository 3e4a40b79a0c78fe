// SPDX-License-Identifier: Apache-2.0
#include "office/desk/uploads.h"

#include <sodium.h>

#include <fstream>

#include "office/desk/materials.h"
#include "protocol/meeting/slip.h"
#include "strings/desk.h"
#include "verifier/paper.h"

namespace piaojue::desk {

namespace words = strings::desk;

namespace {

std::size_t bytes_max(Upload kind) {
  switch (kind) {
    case Upload::kMembers:
    case Upload::kCandidates:
    case Upload::kAppraisals:
      return sheets::kSheetBytesMax;
    case Upload::kRecord:
      return kRecordBytesMax;
    case Upload::kEvidence:
      return kEvidenceBytesMax;
    case Upload::kMaterial:
      return kMaterialBytesMax;
    case Upload::kSlip:
      return meeting::kSlipTextMax;
    case Upload::kPaper:
      break;
  }
  return verifier::kPaperBytesMax;
}

std::optional<std::string> decoded(std::string_view base64) {
  std::string bytes(base64.size(), '\0');
  std::size_t size = 0;
  if (sodium_base642bin(reinterpret_cast<unsigned char*>(bytes.data()), bytes.size(), base64.data(), base64.size(),
                        nullptr, &size, nullptr, sodium_base64_VARIANT_ORIGINAL) != 0)
    return std::nullopt;
  bytes.resize(size);
  return bytes;
}

}  // namespace

fs::path Uploads::path(Upload kind) const { return folder_ / upload_code(kind); }

bool Uploads::has(Upload kind) const {
  std::error_code none;
  return fs::exists(path(kind), none);
}

Explained<void> Uploads::put(Upload kind, std::int64_t offset, std::string_view base64) {
  auto const bytes = decoded(base64);
  if (!bytes) return Explanation(words::kPageTransfer);
  if (auto const made = make_folder(folder_); !made) return made.error();
  auto const to = path(kind);
  std::error_code none;
  auto const there = offset == 0 ? 0 : fs::file_size(to, none);
  if (none || offset < 0 || static_cast<std::uintmax_t>(offset) != there) return Explanation(words::kPageTransfer);
  if (there + bytes->size() > bytes_max(kind))
    return Explanation(Sentence(words::kPageUploadMax, {{"megabytes", std::uint64_t{bytes_max(kind) >> 20U}}}));
  std::ofstream out(to, std::ios::binary | (offset == 0 ? std::ios::trunc : std::ios::app));
  out.write(bytes->data(), static_cast<std::streamsize>(bytes->size()));
  if (!out.flush()) return Explanation(words::kPageUploadUnwritten);
  return {};
}

void Uploads::forget(std::initializer_list<Upload> kinds) const {
  std::error_code none;
  for (auto const kind : kinds) fs::remove(path(kind), none);
}

void Uploads::clear() const {
  std::error_code none;
  fs::remove_all(folder_, none);
}

}  // namespace piaojue::desk
