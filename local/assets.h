// SPDX-License-Identifier: Apache-2.0
#pragma once
/// The files of a page: which paths can name one, and where they come from.
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace piaojue::local {

struct Asset {
  std::string_view type;  ///< MIME type
  std::string bytes;
  /// Content-Security-Policy of this file alone, `{here}` standing for the address of the page's folder, with its
  /// slash; empty: the page's.
  std::string policy = {};
  std::string disposition = {};  ///< Content-Disposition; empty: none
  bool fetch_only = false;       ///< given to a script of a page alone: no tab, frame or picture shows it
};
/// A file of the page by its path, such as "index.html"; nothing: there is none. Called on any thread of the loop.
using Assets = std::function<std::optional<Asset>(std::string_view path)>;

/// Whether a path can name a file of the page: plain letters, no step upwards, nothing hidden.
bool is_asset_path(std::string_view path);
/// MIME type by the end of the name; nothing for what is not served.
std::optional<std::string_view> asset_type(std::string_view path);
/// For who works on the pages: `dir` first, on each request, then `otherwise`.
Assets assets_from(std::string dir, Assets otherwise);

}  // namespace piaojue::local
