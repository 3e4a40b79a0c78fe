// SPDX-License-Identifier: Apache-2.0
#pragma once
/// Words for people. A `Text` is one entry of strings/*.json in every language; a `Sentence` is a text with its
/// {places} filled in, and stays in no language until somebody reads it: what refuses a thing need not know who will be
/// told.
#include <map>
#include <memory>
#include <string>
#include <string_view>

namespace piaojue {

enum class Lang : std::uint8_t { kZh, kEn };

/// "zh" is Chinese, anything else English.
Lang lang_of(std::string_view name);

/// Made by strings/generate.py only; lives as long as the program.
struct Text {
  std::string_view key;  ///< "desk.no_ledger"
  std::string_view zh, en;
  std::string_view in(Lang lang) const { return lang == Lang::kZh ? zh : en; }
};

class Sentence {
 public:
  /// What is put in stays as it is, or is itself said in the reader's language.
  class Value {
   public:
    Value(std::string plain) : plain_(std::move(plain)) {}
    Value(std::string_view plain) : plain_(plain) {}
    Value(char const* plain) : plain_(plain) {}
    Value(std::uint64_t number) : plain_(std::to_string(number)) {}
    Value(std::uint32_t number) : plain_(std::to_string(number)) {}
    Value(std::int64_t number) : plain_(std::to_string(number)) {}
    Value(int number) : plain_(std::to_string(number)) {}
    Value(Text const& text) : inner_(std::make_shared<Sentence>(text)) {}
    Value(Sentence inner) : inner_(std::make_shared<Sentence>(std::move(inner))) {}
    std::string in(Lang lang) const { return inner_ ? inner_->in(lang) : plain_; }
    friend bool operator==(Value const& a, Value const& b);

   private:
    std::string plain_;
    std::shared_ptr<Sentence const> inner_;
  };
  using Values = std::map<std::string, Value, std::less<>>;

  Sentence();  ///< nothing is said
  Sentence(Text const& text, Values values = {});

  /// The same text with the same values put in.
  friend bool operator==(Sentence const& a, Sentence const& b);

  /// A place without a value stays as it is written, "{name}".
  std::string in(Lang lang) const;
  std::string_view key() const { return text_->key; }  ///< for tests and for pages that word it themselves

 private:
  Text const* text_;
  Values values_;
};

}  // namespace piaojue
