// SPDX-License-Identifier: Apache-2.0
#include "office/desk/made_papers.h"

#include <algorithm>

#include "verifier/paper.h"

namespace piaojue::desk {

namespace json = boost::json;

json::array MadePapers::list() {
  std::vector<fs::path> found;
  std::error_code none;
  for (auto const& at : fs::directory_iterator(folder_, none))
    if (at.path().extension() == ".html") found.push_back(at.path().parent_path() / at.path().stem());
  std::ranges::sort(found);
  json::array out;
  for (std::size_t i = 0; i < found.size(); ++i) {
    json::object one{{"name", found[i].filename().string()}, {"page", "papers/" + std::to_string(i) + ".html"}};
    if (fs::exists(found[i].string() + ".xlsx", none)) one["sheet"] = "papers/" + std::to_string(i) + ".xlsx";
    out.push_back(std::move(one));
  }
  std::lock_guard const lock(mutex_);
  papers_ = std::move(found);
  return out;
}

std::optional<local::Asset> MadePapers::asset(std::string_view path) const {
  auto const dot = path.find('.');
  std::size_t at = 0;
  for (char const c : path.substr(0, dot)) {
    if (c < '0' || c > '9' || at > 1000) return std::nullopt;
    at = at * 10 + static_cast<std::size_t>(c - '0');
  }
  auto const ending = dot == std::string_view::npos ? "" : path.substr(dot);
  bool const page = ending == ".html";
  if (!page && ending != ".xlsx") return std::nullopt;
  std::lock_guard const lock(mutex_);
  if (at >= papers_.size()) return std::nullopt;
  auto const bytes = office::read_file(papers_[at].string() + std::string(ending), verifier::kPaperBytesMax);
  if (!bytes) return std::nullopt;
  return local::Asset{
      .type = page ? "text/html; charset=utf-8" : "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
      .bytes = std::string(as_text(*bytes)),
      // Papers are pages by themselves: their style stands in them, and nothing of them runs.
      .policy = page ? "default-src 'none'; style-src 'unsafe-inline'; img-src data:; form-action 'none'; "
                       "base-uri 'none'; frame-ancestors 'none'"
                     : ""};
}

}  // namespace piaojue::desk
