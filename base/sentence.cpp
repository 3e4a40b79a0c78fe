// SPDX-License-Identifier: Apache-2.0
#include "base/sentence.h"

namespace piaojue {

Lang lang_of(std::string_view name) { return name == "zh" ? Lang::kZh : Lang::kEn; }

namespace {
constinit Text const kNothing{"", "", ""};
}  // namespace

Sentence::Sentence() : Sentence(kNothing) {}

Sentence::Sentence(Text const& text, Values values) : text_(&text), values_(std::move(values)) {}

bool operator==(Sentence::Value const& a, Sentence::Value const& b) {
  if (a.inner_ == nullptr || b.inner_ == nullptr) return a.inner_ == b.inner_ && a.plain_ == b.plain_;
  return *a.inner_ == *b.inner_;
}

bool operator==(Sentence const& a, Sentence const& b) { return a.text_->key == b.text_->key && a.values_ == b.values_; }

std::string Sentence::in(Lang lang) const {
  std::string_view rest = text_->in(lang);
  std::string out;
  for (;;) {
    auto const open = rest.find('{');
    auto const close = open == std::string_view::npos ? open : rest.find('}', open);
    if (close == std::string_view::npos) return out.append(rest);
    out.append(rest.substr(0, open));
    auto const value = values_.find(rest.substr(open + 1, close - open - 1));
    out.append(value == values_.end() ? std::string(rest.substr(open, close - open + 1)) : value->second.in(lang));
    rest.remove_prefix(close + 1);
  }
}

}  // namespace piaojue
