// SPDX-License-Identifier: Apache-2.0
#include "office/desk/service.h"

#include <algorithm>
#include <array>

#include "base/platform/process.h"
#include "office/desk/page_values.h"
#include "strings/desk.h"

namespace piaojue::desk {

namespace json = boost::json;
namespace words = strings::desk;

namespace {

constexpr std::size_t kSettingsBytesMax = 64U << 10;
constexpr std::chrono::seconds kAnswerWithin{600};
constexpr std::size_t kAnswerBytesMax = std::size_t{64} << 20;

std::optional<json::object> object_of(std::string_view text) {
  boost::system::error_code bad;
  auto value = json::parse(text, bad);
  if (bad || !value.is_object()) return std::nullopt;
  return std::move(value.as_object());
}

/// What to do next, by the name of a refusal; nothing: its sentence says so itself.
Text const* next_of(std::string_view refusal) {
  struct Next {
    std::string_view refusal;
    Text const* text;
  };
  static std::array const kNext{
      Next{"BUSY", &words::kServiceNextLater},       Next{"UNUSABLE", &words::kServiceNextMend},
      Next{"MALFORMED", &words::kServiceNextMend},   Next{"NOT_AUTHORISED", &words::kServiceNextSlip},
      Next{"FAILED", &words::kServiceNextOperator},  Next{"INTERNAL", &words::kServiceNextOperator},
      Next{"STORAGE", &words::kServiceNextOperator}, Next{"UNKNOWN_TYPE", &words::kServiceNextOperator}};
  auto const* const at = std::ranges::find(kNext, refusal, &Next::refusal);
  return at == kNext.end() ? nullptr : at->text;
}

std::string without(std::string text, std::string const& part) {
  for (auto at = text.find(part); at != std::string::npos; at = text.find(part)) text.erase(at, part.size());
  return text;
}

}  // namespace

std::optional<json::object> last_object(std::string_view said) {
  while (!said.empty()) {
    auto const end = said.find_last_not_of('\n');
    if (end == std::string_view::npos) break;
    said = said.substr(0, end + 1);
    auto const line = said.substr(said.rfind('\n') + 1);
    if (auto found = object_of(line)) return found;
    said.remove_suffix(line.size());
  }
  return std::nullopt;
}

Explanation service_refusal(json::object const& said, fs::path const& under, Lang lang) {
  auto const refusal = text_at(said, "refused");
  auto what = refusal == "NOT_AUTHORISED" ? std::string(words::kServiceVoid.in(lang))
                                          : without(text_at(said, "what"), under.string() + "/");
  auto const* const next = next_of(refusal);
  if (next == nullptr) return Sentence(words::kPlain, {{"text", what}});
  return Sentence(words::kServiceRefused, {{"what", what}, {"next", *next}});
}

Service::Service(fs::path office, fs::path programs)
    : office_(std::move(office)), folder_(office_ / "service"), programs_(std::move(programs)) {}

std::optional<Service::Membership> Service::membership() const {
  auto const file = office::read_file(folder_ / "office.json", kSettingsBytesMax);
  if (!file) return std::nullopt;
  auto const settings = object_of(as_text(*file));
  if (!settings) return std::nullopt;
  Membership out{text_at(*settings, "name"), text_at(*settings, "address")};
  if (out.address.empty()) return std::nullopt;
  return out;
}

bool Service::busy() const { return lock_holder(folder_ / "lock").has_value(); }

Command Service::command(std::string const& verb, std::vector<std::string> more, Lang lang) const {
  Command out{programs_ / platform::program_file_name("piaojue-server"), {"office", verb, folder_.string(), "--json"}};
  out.arguments.insert(out.arguments.end(), {"--lang", lang == Lang::kZh ? "zh" : "en"});
  std::ranges::move(more, std::back_inserter(out.arguments));
  return out;
}

Explained<json::object> Service::ask_in(fs::path const& folder, std::string const& verb, std::vector<std::string> more,
                                        Lang lang) const {
  auto asking = command(verb, std::move(more), lang);
  asking.arguments.at(2) = folder.string();
  auto const ran = run_to_end(asking, {.deadline = kAnswerWithin, .bytes_max = kAnswerBytesMax});
  if (!ran) return ran.error();
  auto said = last_object(ran->out);
  if (ran->code == 0 && said) return std::move(*said);
  if (said && said->contains("refused")) return service_refusal(*said, office_, lang);
  return Explanation(Sentence(words::kPlain, {{"text", ran->err}}));
}

Explained<json::object> Service::ask(std::string const& verb, std::vector<std::string> more, Lang lang) const {
  if (!membership()) return Explanation(words::kServiceNone);
  return ask_in(folder_, verb, std::move(more), lang);
}

Explained<Service::Membership> Service::enrol(fs::path const& slip, Lang lang) const {
  if (busy()) return Explanation(words::kServiceSends);
  auto const fresh = office_ / ".service-new";
  auto const old = office_ / ".service-old";
  std::error_code none;
  fs::remove_all(fresh, none);
  auto const before = membership();
  auto const said = ask_in(fresh, "enrol", {"--slip", slip.string()}, lang);
  if (!said) return said.error();
  // Requests of drafts on their way are the service's: at another one they would be somebody's else.
  if (before && before->address == text_at(*said, "service"))
    for (auto const& at : fs::directory_iterator(folder_ / "requests", none))
      fs::rename(at.path(), fresh / "requests" / at.path().filename(), none);
  fs::remove_all(old, none);
  fs::rename(folder_, old, none);
  std::error_code error;
  fs::rename(fresh, folder_, error);
  if (error) return Explanation(Sentence(words::kLedgerNoFolder, {{"folder", folder_.string()}}));
  fs::remove_all(old, none);
  return Membership{text_at(*said, "name"), text_at(*said, "service")};
}

}  // namespace piaojue::desk
