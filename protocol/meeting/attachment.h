// SPDX-License-Identifier: Apache-2.0
#pragma once
/// What an attachment may be: its name says it, and its first bytes have to agree (specification §10.1).
#include <optional>
#include <string>
#include <string_view>

#include "base/bytes.h"

namespace piaojue::meeting {

/// What is shown, and nothing else: neither runs what is written in it in the page that shows it.
enum class Media : std::uint8_t { kPdf, kPng, kJpeg };

/// By the ending; nothing: of no kind that is taken, or nothing stands before the ending.
std::optional<Media> media_of(std::string_view name);
/// "application/pdf"
std::string_view media_type(Media media);
/// Whether a file of this kind begins so. @param head its first bytes, at least 8 where it has so many.
bool begins_as(Media media, ByteView head);

/// A–Z as a–z, and nothing else: what two readers do alike.
std::string folded(std::string name);
/// A name that a manifest may have: of a kind that is taken, of a length within the bound, and no way anywhere.
bool is_attachment_name(std::string_view name);

}  // namespace piaojue::meeting
