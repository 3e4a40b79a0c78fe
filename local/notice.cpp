// SPDX-License-Identifier: Apache-2.0
#include "local/notice.h"

#include "base/secret.h"
#include "strings/local.h"

namespace piaojue::local {

namespace text = strings::local;

namespace {

/// The colours of web/style.css.
constexpr std::string_view kStyle =
    ":root{font-size:clamp(18px,0.55vw + 14px,30px);color:#14191f;background:#f3f5f7;"
    "font-family:\"Noto Sans CJK SC\",\"Noto Sans SC\",\"Source Han Sans SC\",\"PingFang SC\",\"Microsoft YaHei\","
    "system-ui,sans-serif;line-height:1.55}"
    "body{margin:0;padding:16px;overflow-wrap:anywhere}"
    "main{max-width:38rem;margin:10vh auto 0;padding:1.6rem;background:#fff;border:1px solid #b9c2cc;"
    "border-radius:8px}"
    "h1{font-size:1.6rem;line-height:1.3;margin:0 0 0.8rem}p{margin:0 0 0.8rem}form{margin:1.2rem 0 0}"
    "button{font:inherit;font-weight:600;min-height:52px;padding:0 1.6em;color:#fff;background:#123f6d;"
    "border:2px solid #123f6d;border-radius:8px;cursor:pointer}button:hover{background:#0b2c4d}"
    "nav{max-width:38rem;margin:12px auto;text-align:right}"
    "a{color:#123f6d;display:inline-block;padding:10px 4px}"
    ":focus-visible{outline:3px solid #0b57d0;outline-offset:2px}";

struct Words {
  Text const* title;
  std::vector<Text const*> lines;
  bool button;  ///< where there can be one
};

Words words_of(Notice what) {
  switch (what) {
    case Notice::kUsed:
      return {&text::kNoticeUsedTitle, {&text::kNoticeUsedText, &text::kNoticeUsedOther}, true};
    case Notice::kClosed:
      return {&text::kNoticeClosedTitle, {&text::kNoticeClosedText}, true};
    case Notice::kOpened:
      return {&text::kNoticeOpenedTitle, {&text::kNoticeOpenedText}, false};
    case Notice::kNotOpened:
      break;
  }
  return {&text::kNoticeNotOpenedTitle, {&text::kNoticeNotOpenedText}, false};
}

std::string_view name_of(Lang lang) { return lang == Lang::kZh ? "zh" : "en"; }

/// No text of strings/ has a character that HTML would read; so says a test.
void paragraph(std::string& out, std::string_view words) { out.append("<p>").append(words).append("</p>"); }

}  // namespace

std::string notice_page(Notice what, Lang lang, bool button) {
  auto const words = words_of(what);
  auto const title = words.title->in(lang);
  std::string out = "<!doctype html><html lang=\"";
  out.append(name_of(lang)).append("\"><head><meta charset=\"utf-8\">");
  out.append("<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"><title>").append(title);
  out.append("</title><style>").append(kStyle).append("</style></head><body><main><h1>").append(title).append("</h1>");
  for (auto const* line : words.lines) paragraph(out, line->in(lang));
  if (words.button && button) {
    paragraph(out, text::kNoticeAsk.in(lang));
    out.append("<form method=\"post\" action=\"/page?lang=").append(name_of(lang)).append("\"><button autofocus>");
    out.append(text::kNoticeButton.in(lang)).append("</button></form>");
  } else if (what != Notice::kOpened) {
    paragraph(out, text::kNoticeAgain.in(lang));
  }
  auto const other = lang == Lang::kZh ? Lang::kEn : Lang::kZh;
  out.append("</main><nav><a href=\"?lang=").append(name_of(other)).append("\" lang=\"").append(name_of(other));
  out.append("\">").append(text::kNoticeLanguage.in(other)).append("</a></nav></body></html>");
  return out;
}

std::string const& notice_policy() {
  static std::string const policy = [] {
    std::array<std::uint8_t, crypto_hash_sha256_BYTES> hash{};
    crypto_hash_sha256(hash.data(), reinterpret_cast<unsigned char const*>(kStyle.data()), kStyle.size());
    std::string encoded(sodium_base64_ENCODED_LEN(hash.size(), sodium_base64_VARIANT_ORIGINAL), '\0');
    sodium_bin2base64(encoded.data(), encoded.size(), hash.data(), hash.size(), sodium_base64_VARIANT_ORIGINAL);
    encoded.pop_back();  // its zero
    return "default-src 'none'; style-src 'sha256-" + encoded +
           "'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";
  }();
  return policy;
}

Lang lang_of_browser(std::string_view given) {
  while (given.starts_with(' ')) given.remove_prefix(1);
  return given.empty() || given.starts_with("zh") || given.starts_with("ZH") || given.starts_with('*') ? Lang::kZh
                                                                                                       : Lang::kEn;
}

}  // namespace piaojue::local
