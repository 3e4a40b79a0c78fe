// SPDX-License-Identifier: Apache-2.0
#include "office/desk/sending.h"

#include "strings/desk.h"

namespace piaojue::desk {

namespace json = boost::json;
namespace words = strings::desk;

namespace {

constexpr std::size_t kSaidBytesMax = std::size_t{4} << 20, kFormBytesMax = std::size_t{1} << 20;

std::uint64_t figure(json::object const& from, char const* key) {
  auto const* const at = from.if_contains(key);
  return at != nullptr && at->is_int64() && at->as_int64() > 0 ? static_cast<std::uint64_t>(at->as_int64()) : 0;
}

}  // namespace

Sending::State read_sending(std::string_view said, bool runs, fs::path const& under, Lang lang) {
  auto const last = last_object(said);
  Sending::State out;
  if (last && last->contains("meeting")) {
    out.kind = Sending::Kind::kMade;
    out.number = static_cast<std::uint32_t>(figure(*last, "meeting"));
    return out;
  }
  if (last) {
    out.sent = figure(*last, "sent");
    out.all = figure(*last, "all");
  }
  out.kind = runs ? Sending::Kind::kOnItsWay : Sending::Kind::kRefused;
  if (!runs)
    out.why = last && last->contains("refused") ? service_refusal(*last, under, lang)
                                                : Explanation(words::kServiceSendingBroke);
  return out;
}

void Sending::clear() const {
  std::error_code none;
  fs::remove_all(folder_, none);
}

Explained<void> Sending::begin(json::object const& form, Lang lang) {
  std::error_code none;
  fs::remove(folder_ / "said", none);
  std::vector<std::string> more;
  for (auto const* const kind : {"meeting.toml", "members.csv", "candidates.csv", "recusals.csv"}) {
    auto const name = std::string(kind);
    more.insert(more.end(), {"--" + name.substr(0, name.find('.')), (folder_ / kind).string()});
  }
  auto const attached = folder_ / "materials";
  if (fs::exists(attached, none)) more.insert(more.end(), {"--materials", attached.string()});
  auto const written = office::write_file(folder_ / "form.json", as_bytes(json::serialize(form)));
  if (!written) return written.error();
  auto begun = start_apart(service_.command("create", std::move(more), lang), folder_ / "said");
  if (!begun) return begun.error();
  process_.emplace(std::move(*begun));
  return {};
}

Sending::State Sending::state(Lang lang) const {
  std::error_code none;
  if (!fs::exists(folder_ / "form.json", none)) return {};
  // Asked before what it said is read: what it says last it has said by then.
  bool const runs = (process_ && !process_->ended()) || service_.busy();
  auto const said = office::read_file(folder_ / "said", kSaidBytesMax);
  return read_sending(said ? as_text(*said) : std::string_view(), runs, folder_, lang);
}

json::object Sending::form() const {
  auto const file = office::read_file(folder_ / "form.json", kFormBytesMax);
  boost::system::error_code bad;
  auto const value = file ? json::parse(as_text(*file), bad) : json::value();
  return !bad && value.is_object() ? value.as_object() : json::object();
}

}  // namespace piaojue::desk
