// SPDX-License-Identifier: Apache-2.0
#include "protocol/meeting/attachment.h"

#include <algorithm>
#include <array>
#include <utility>

#include "protocol/meeting/manifest.h"

namespace piaojue::meeting {

namespace {

bool is_plain(char c) { return static_cast<unsigned char>(c) >= 0x20 && c != 0x7F && c != '/' && c != '\\'; }

}  // namespace

std::string folded(std::string name) {
  for (char& c : name) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return name;
}

std::optional<Media> media_of(std::string_view name) {
  static constexpr std::array<std::pair<std::string_view, Media>, 4> kEndings{
      {{".pdf", Media::kPdf}, {".png", Media::kPng}, {".jpg", Media::kJpeg}, {".jpeg", Media::kJpeg}}};
  auto const plain = folded(std::string(name));
  for (auto const& [ending, media] : kEndings) {
    if (plain.size() > ending.size() && plain.ends_with(ending)) return media;
  }
  return std::nullopt;
}

std::string_view media_type(Media media) {
  switch (media) {
    case Media::kPdf:
      return "application/pdf";
    case Media::kPng:
      return "image/png";
    case Media::kJpeg:
      break;
  }
  return "image/jpeg";
}

bool begins_as(Media media, ByteView head) {
  auto const begins = [&](std::string_view with) { return as_text(head).starts_with(with); };
  switch (media) {
    case Media::kPdf:
      return begins("%PDF-");
    case Media::kPng:
      return begins("\x89PNG\r\n\x1A\n");
    case Media::kJpeg:
      break;
  }
  return begins("\xFF\xD8\xFF");
}

bool is_attachment_name(std::string_view name) {
  return name.size() <= kAttachmentNameBytesMax && media_of(name) && name.front() != '.' &&
         std::ranges::all_of(name, is_plain);
}

}  // namespace piaojue::meeting
