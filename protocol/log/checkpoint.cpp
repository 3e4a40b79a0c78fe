// SPDX-License-Identifier: Apache-2.0
#include "protocol/log/checkpoint.h"

#include <charconv>
#include <optional>

namespace piaojue::log {
namespace {

/// U+2014 EM DASH and a space, in UTF-8: how every signature line of a note begins.
constexpr std::string_view kSignatureLineStart = "\xE2\x80\x94 ";
constexpr std::uint8_t kTypeEd25519 = 0x01;

/// Takes one line, which must end in a newline, from the front of `rest`.
std::optional<std::string_view> take_line(std::string_view& rest) {
  auto const end = rest.find('\n');
  if (end == std::string_view::npos) return std::nullopt;
  auto const line = rest.substr(0, end);
  rest.remove_prefix(end + 1);
  return line;
}

/// Decimal, no sign, no leading zero, fits 64 bits: exactly one spelling a number.
std::optional<std::uint64_t> parse_size(std::string_view digits) {
  if (digits.empty() || (digits.size() > 1 && digits.front() == '0')) return std::nullopt;
  std::uint64_t value = 0;
  auto const [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  if (error != std::errc{} || end != digits.data() + digits.size()) return std::nullopt;
  return value;
}

}  // namespace

std::string Checkpoint::body() const {
  return origin + '\n' + std::to_string(size) + '\n' + to_base64(root.view()) + '\n';
}

std::array<std::uint8_t, 4> key_id(std::string_view name, std::uint8_t type, crypto::SigningPublicKey const& key) {
  std::array<std::uint8_t, 2> const separator{0x0A, type};
  crypto::Hash const digest = crypto::sha256({as_bytes(name), separator, key.view()});
  return {digest.data[0], digest.data[1], digest.data[2], digest.data[3]};
}

std::string sign_checkpoint(Checkpoint const& checkpoint, crypto::SigningKey const& key) {
  std::string note = checkpoint.body();
  crypto::Signature const signature = key.sign({as_bytes(note)});
  Bytes blob;
  piaojue::append(blob, key_id(checkpoint.origin, kTypeEd25519, key.public_key()));
  piaojue::append(blob, signature.view());
  note += '\n';
  note += kSignatureLineStart;
  note += checkpoint.origin + ' ' + to_base64(blob) + '\n';
  return note;
}

Result<Checkpoint> open_checkpoint(std::string_view note, std::string_view origin,
                                   crypto::SigningPublicKey const& key) {
  if (note.size() > kNoteBytesMax) return Refusal::kTooLarge;
  std::string_view rest = note;
  auto const origin_line = take_line(rest);
  if (!origin_line || origin_line->empty() || *origin_line != origin) return Refusal::kMalformed;
  auto const size_line = take_line(rest);
  if (!size_line) return Refusal::kMalformed;
  auto const size = parse_size(*size_line);
  if (!size) return Refusal::kMalformed;
  auto const root_line = take_line(rest);
  if (!root_line) return Refusal::kMalformed;
  // from_base64 takes the canonical spelling only, so that one checkpoint has one body.
  auto const root_bytes = from_base64(*root_line);
  if (!root_bytes) return Refusal::kMalformed;
  auto const root = crypto::Hash::from(*root_bytes);
  if (!root) return Refusal::kMalformed;
  std::string_view const body = note.substr(0, note.size() - rest.size());

  auto const empty_line = take_line(rest);
  if (!empty_line || !empty_line->empty()) return Refusal::kMalformed;
  auto const signature_line = take_line(rest);
  if (!signature_line || !rest.empty()) return Refusal::kMalformed;
  std::string_view blob_text = *signature_line;
  if (!blob_text.starts_with(kSignatureLineStart)) return Refusal::kMalformed;
  blob_text.remove_prefix(kSignatureLineStart.size());
  if (!blob_text.starts_with(origin)) return Refusal::kMalformed;
  blob_text.remove_prefix(origin.size());
  if (!blob_text.starts_with(' ')) return Refusal::kMalformed;
  blob_text.remove_prefix(1);
  auto const blob = from_base64(blob_text);
  auto const id = key_id(origin, kTypeEd25519, key);
  if (!blob || blob->size() != id.size() + crypto::Signature::kSize) return Refusal::kMalformed;

  ByteView const blob_view = *blob;
  if (!std::ranges::equal(blob_view.first(id.size()), id)) return Refusal::kBadSignature;
  auto const signature = crypto::Signature::from(blob_view.subspan(id.size()));
  if (!crypto::verify(key, {as_bytes(body)}, *signature)) return Refusal::kBadSignature;
  return Checkpoint{std::string(origin), *size, *root};
}

}  // namespace piaojue::log
