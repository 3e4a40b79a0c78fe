// SPDX-License-Identifier: Apache-2.0
/// The only file that includes p11-kit.
#include "server/token_key.h"

#include <p11-kit/p11-kit.h>
#include <p11-kit/uri.h>
#include <sys/stat.h>

#include <array>
#include <memory>
#include <vector>

#include "server/files.h"
#include "strings/server.h"
#include "strings/service.h"

namespace piaojue::server {

namespace text = strings::service;

namespace {

constexpr std::string_view kScheme = "pkcs11:";
/// What the token signs. Whoever changes it changes every service key.
constexpr std::string_view kDomain = "piaojue/v2/service-key-of-token";
constexpr CK_ULONG kKeyBytes = 32;
constexpr std::size_t kPinBytesMax = 256;

using Uri = std::unique_ptr<P11KitUri, decltype(&p11_kit_uri_free)>;

Explanation failed(CK_RV code) {
  char const* const said = p11_kit_strerror(code);
  return {Sentence(text::kTokenFailed, {{"reason", std::string(said != nullptr ? said : "?")}})};
}

template <class T>
CK_ATTRIBUTE attribute(CK_ATTRIBUTE_TYPE type, T& value) {
  return {type, &value, sizeof value};
}

/// Loaded, and let go in the end.
class Modules {
 public:
  Modules() = default;
  Modules(Modules const&) = delete;
  Modules& operator=(Modules const&) = delete;
  ~Modules() {
    if (of_system_ != nullptr) p11_kit_modules_finalize_and_release(of_system_);
    if (named_ != nullptr && initialized_) p11_kit_module_finalize(named_);
    if (named_ != nullptr) p11_kit_module_release(named_);
  }
  Explained<void> load(P11KitUri* uri) {
    if (char const* const path = p11_kit_uri_get_module_path(uri)) {
      named_ = p11_kit_module_load(path, P11_KIT_MODULE_CRITICAL);
      initialized_ = named_ != nullptr && p11_kit_module_initialize(named_) == CKR_OK;
      if (initialized_) all_ = {named_};
    } else {
      of_system_ = p11_kit_modules_load_and_initialize(0);
      for (auto** one = of_system_; one != nullptr && *one != nullptr; ++one) all_.push_back(*one);
    }
    if (!all_.empty()) return {};
    char const* const said = p11_kit_message();
    return Explanation(Sentence(text::kTokenNoModule, {{"reason", std::string(said != nullptr ? said : "-")}}));
  }
  std::vector<CK_FUNCTION_LIST*> const& all() const { return all_; }

 private:
  CK_FUNCTION_LIST* named_ = nullptr;
  bool initialized_ = false;
  CK_FUNCTION_LIST** of_system_ = nullptr;
  std::vector<CK_FUNCTION_LIST*> all_;
};

/// "file:/etc/piaojue/pin", "/etc/piaojue/pin"
Explained<Secret> read_pin(P11KitUri* uri) {
  char const* const source = p11_kit_uri_get_pin_source(uri);
  std::string path = source != nullptr ? source : "";
  if (path.starts_with("file:")) path = path.substr(5);
  if (!path.starts_with('/')) return Explanation(text::kTokenNoPinSource);
  struct stat found {};
  if (::stat(path.c_str(), &found) != 0) return system_error(strings::server::kFileUnreadable, path);
  if ((found.st_mode & 077) != 0) return Explanation(Sentence(text::kKeyFileOpen, {{"path", path}}));
  auto bytes = read_file(path, kPinBytesMax);
  if (!bytes) return bytes.error();
  WipeOnExit const wipe(*bytes);
  ByteView pin(*bytes);
  while (!pin.empty() && (pin.back() == '\n' || pin.back() == '\r')) pin = pin.first(pin.size() - 1);
  return Secret::copy_of(pin);
}

/// A session with the one token that fits, logged in.
class Session {
 public:
  explicit Session(std::string uri) : said_(std::move(uri)), uri_(p11_kit_uri_new(), p11_kit_uri_free) {}
  Session(Session const&) = delete;
  Session& operator=(Session const&) = delete;
  ~Session() {
    if (open_) token_.module->C_CloseSession(session_);
  }

  Explained<void> open(bool to_write) {
    bool const parsed = p11_kit_uri_parse(said_.c_str(), P11_KIT_URI_FOR_ANY, uri_.get()) == P11_KIT_URI_OK;
    // An attribute that nobody looks at may have been meant to say which of two tokens.
    if (!parsed || p11_kit_uri_any_unrecognized(uri_.get()) != 0) {
      return Explanation(text::kTokenUri);
    }
    if (p11_kit_uri_get_pin_value(uri_.get()) != nullptr) return Explanation(text::kTokenPinInUri);
    auto const pin = read_pin(uri_.get());
    if (!pin) return pin.error();
    if (auto const loaded = modules_.load(uri_.get()); !loaded) return loaded;
    if (auto const found = find_token(); !found) return found;
    CK_FLAGS const flags = CKF_SERIAL_SESSION | (to_write ? CKF_RW_SESSION : 0);
    auto done = token_.module->C_OpenSession(token_.slot, flags, nullptr, nullptr, &session_);
    if (done != CKR_OK) return failed(done);
    open_ = true;
    if (auto const safe = judge_pin(); !safe) return safe;
    // The call takes what it does not change.
    auto* const letters = const_cast<CK_UTF8CHAR*>(pin->view().data());
    done = token_.module->C_Login(session_, CKU_USER, letters, pin->view().size());
    if (done == CKR_OK || done == CKR_USER_ALREADY_LOGGED_IN) return {};
    if (done == CKR_PIN_INCORRECT || done == CKR_PIN_LEN_RANGE) return of_pin(text::kTokenWrongPin);
    if (done == CKR_PIN_LOCKED) return of_pin(text::kTokenLocked);
    return failed(done);
  }

  /// @return nothing: none. Refused: several.
  Explained<std::optional<CK_OBJECT_HANDLE>> find_key() {
    CK_OBJECT_CLASS secret = CKO_SECRET_KEY;
    auto wanted = named();
    wanted.push_back(attribute(CKA_CLASS, secret));
    auto& module = *token_.module;
    auto done = module.C_FindObjectsInit(session_, wanted.data(), wanted.size());
    if (done != CKR_OK) return failed(done);
    std::array<CK_OBJECT_HANDLE, 2> found{};
    CK_ULONG count = 0;
    done = module.C_FindObjects(session_, found.data(), found.size(), &count);
    module.C_FindObjectsFinal(session_);
    if (done != CKR_OK) return failed(done);
    if (count > 1) return about(text::kTokenKeys);
    return count == 0 ? std::nullopt : std::optional(found[0]);
  }

  Explained<Secret> sign() {
    auto const key = find_key();
    if (!key) return key.error();
    if (!*key) return about(text::kTokenNoKey);
    // A module that answers and writes nothing has not said that it is safe.
    CK_BBOOL sensitive = CK_FALSE, extractable = CK_TRUE;
    std::array<CK_ATTRIBUTE, 2> kept = {attribute(CKA_SENSITIVE, sensitive), attribute(CKA_EXTRACTABLE, extractable)};
    auto& module = *token_.module;
    auto done = module.C_GetAttributeValue(session_, **key, kept.data(), kept.size());
    if (done != CKR_OK) return failed(done);
    bool const said = kept[0].ulValueLen == sizeof sensitive && kept[1].ulValueLen == sizeof extractable;
    if (!said || sensitive != CK_TRUE || extractable != CK_FALSE) return about(text::kTokenReadable);
    CK_MECHANISM hmac{CKM_SHA256_HMAC, nullptr, 0};
    done = module.C_SignInit(session_, &hmac, **key);
    if (done != CKR_OK) return failed(done);
    std::string domain(kDomain);
    std::array<std::uint8_t, kKeyBytes> out{};
    WipeOnExit const wipe(out);
    CK_ULONG bytes = out.size();
    done = module.C_Sign(session_, reinterpret_cast<CK_BYTE*>(domain.data()), domain.size(), out.data(), &bytes);
    if (done != CKR_OK) return failed(done);
    if (bytes != out.size()) return failed(CKR_GENERAL_ERROR);
    return Secret::copy_of(out);
  }

  Explained<void> make() {
    auto wanted = named();
    if (wanted.empty()) return Explanation(text::kTokenUri);
    auto const there = find_key();
    if (!there) return there.error();
    if (*there) return about(text::kTokenKeyThere);
    CK_BBOOL yes = CK_TRUE, no = CK_FALSE;
    CK_OBJECT_CLASS secret = CKO_SECRET_KEY;
    CK_KEY_TYPE generic = CKK_GENERIC_SECRET;
    CK_ULONG length = kKeyBytes;
    for (auto const& one : {attribute(CKA_CLASS, secret), attribute(CKA_KEY_TYPE, generic),
                            attribute(CKA_VALUE_LEN, length), attribute(CKA_TOKEN, yes), attribute(CKA_PRIVATE, yes),
                            attribute(CKA_SENSITIVE, yes), attribute(CKA_EXTRACTABLE, no), attribute(CKA_SIGN, yes)}) {
      wanted.push_back(one);
    }
    CK_MECHANISM make{CKM_GENERIC_SECRET_KEY_GEN, nullptr, 0};
    CK_OBJECT_HANDLE made = 0;
    auto const done = token_.module->C_GenerateKey(session_, &make, wanted.data(), wanted.size(), &made);
    if (done != CKR_OK) return failed(done);
    return {};
  }

 private:
  struct Token {
    CK_FUNCTION_LIST* module = nullptr;
    CK_SLOT_ID slot = 0;
  };
  Explanation about(Text const& what) const { return {Sentence(what, {{"uri", said_}})}; }

  Explanation of_pin(Text const& what) const { return {Sentence(what, {{"uri", said_}}), {}, kPinRefused}; }

  /// Before the PIN is tried: where one try is missing already it may be the PIN that is wrong, and a program that is
  /// started again and again would lock the token.
  Explained<void> judge_pin() const {
    CK_TOKEN_INFO info{};
    auto const done = token_.module->C_GetTokenInfo(token_.slot, &info);
    if (done != CKR_OK) return failed(done);
    if ((info.flags & CKF_USER_PIN_LOCKED) != 0) return of_pin(text::kTokenLocked);
    if ((info.flags & (CKF_USER_PIN_COUNT_LOW | CKF_USER_PIN_FINAL_TRY)) != 0) return of_pin(text::kTokenFewTries);
    return {};
  }

  /// By object and id, as the URI has them.
  std::vector<CK_ATTRIBUTE> named() const {
    CK_ULONG count = 0;
    auto* const first = p11_kit_uri_get_attributes(uri_.get(), &count);
    std::vector<CK_ATTRIBUTE> out(first, first + count);
    std::erase_if(out, [](CK_ATTRIBUTE const& one) { return one.type == CKA_CLASS; });
    return out;
  }

  Explained<void> find_token() {
    std::vector<Token> fitting;
    for (auto* const module : modules_.all()) {
      CK_INFO about_module{};
      if (module->C_GetInfo(&about_module) != CKR_OK) continue;
      if (p11_kit_uri_match_module_info(uri_.get(), &about_module) != 1) continue;
      CK_ULONG count = 0;
      if (module->C_GetSlotList(CK_TRUE, nullptr, &count) != CKR_OK) continue;
      std::vector<CK_SLOT_ID> slots(count);
      if (module->C_GetSlotList(CK_TRUE, slots.data(), &count) != CKR_OK) continue;
      slots.resize(count);
      for (auto const slot : slots) {
        CK_TOKEN_INFO info{};
        if (module->C_GetTokenInfo(slot, &info) != CKR_OK) continue;
        if (p11_kit_uri_match_token_info(uri_.get(), &info) == 1) fitting.push_back({module, slot});
      }
    }
    if (fitting.empty()) return about(text::kTokenNone);
    if (fitting.size() > 1) return about(text::kTokenSeveral);
    token_ = fitting[0];
    return {};
  }

  std::string const said_;
  Uri uri_;
  Modules modules_;
  Token token_;
  bool open_ = false;
  CK_SESSION_HANDLE session_ = 0;
};

}  // namespace

bool names_token(std::string_view key) { return key.starts_with(kScheme); }

Explained<Secret> read_token_key(std::string const& uri) {
  Session session(uri);
  if (auto const opened = session.open(false); !opened) return opened.error();
  return session.sign();
}

Explained<void> make_token_key(std::string const& uri) {
  Session session(uri);
  if (auto const opened = session.open(true); !opened) return opened.error();
  return session.make();
}

}  // namespace piaojue::server
