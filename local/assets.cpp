// SPDX-License-Identifier: Apache-2.0
#include "local/assets.h"

#include <array>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <utility>

namespace piaojue::local {
namespace {

constexpr std::size_t kAssetPathMax = 128;
constexpr std::size_t kAssetBytesMax = 16U << 20;

}  // namespace

bool is_asset_path(std::string_view path) {
  if (path.empty() || path.size() > kAssetPathMax) return false;
  char before = '/';
  for (char const c : path) {
    bool const letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    if (!letter && c != '-' && c != '_' && c != '.' && c != '/') return false;
    if (before == '/' && (c == '.' || c == '/')) return false;
    before = c;
  }
  return true;
}

std::optional<std::string_view> asset_type(std::string_view path) {
  static constexpr std::array<std::pair<std::string_view, std::string_view>, 9> kTypes{{
      {".html", "text/html; charset=utf-8"},
      {".js", "text/javascript; charset=utf-8"},
      {".css", "text/css; charset=utf-8"},
      {".svg", "image/svg+xml"},
      {".png", "image/png"},
      {".woff2", "font/woff2"},
      {".ttf", "font/ttf"},
      {".pfb", "application/octet-stream"},
      {".bcmap", "application/octet-stream"},
  }};
  for (auto const& [end, type] : kTypes) {
    if (path.ends_with(end)) return type;
  }
  return std::nullopt;
}

Assets assets_from(std::string dir, Assets otherwise) {
  return [dir = std::move(dir), otherwise = std::move(otherwise)](std::string_view path) -> std::optional<Asset> {
    auto const type = asset_type(path);
    if (!is_asset_path(path) || !type) return std::nullopt;
    std::ifstream in(std::filesystem::path(dir) / path, std::ios::binary);
    if (!in) return otherwise ? otherwise(path) : std::nullopt;
    std::string bytes{std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
    if (bytes.size() > kAssetBytesMax) return std::nullopt;
    return Asset{.type = *type, .bytes = std::move(bytes)};
  };
}

}  // namespace piaojue::local
