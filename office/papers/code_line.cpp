// SPDX-License-Identifier: Apache-2.0
#include "office/papers/code_line.h"

#include <qrencode.h>

#include <memory>

#include "office/papers/results.h"

namespace piaojue::office {

using verifier::Audit;

std::string in_capitals(crypto::Hash const& hash) {
  std::string text = to_hex(hash.view());
  for (char& c : text)
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
  return text;
}

namespace {

std::string heads(Audit const& audit, std::optional<LedgerHead> const& ledger) {
  return in_capitals(audit.head) + " " + std::to_string(audit.entries) + " " +
         (ledger ? in_capitals(ledger->head) + " " + std::to_string(ledger->size) : std::string("- 0"));
}

}  // namespace

std::string office_line(LedgerHead const& ledger) {
  return std::string(kLinePrefix) + "OFFICE " + in_capitals(ledger.head) + " " + std::to_string(ledger.size);
}

std::string paper_line(Audit const& audit, std::optional<LedgerHead> const& ledger) {
  return std::string(kLinePrefix) + "PAPER " + heads(audit, ledger);
}

std::string results_line(Audit const& audit, std::optional<LedgerHead> const& ledger) {
  return std::string(kLinePrefix) + "RESULTS " + heads(audit, ledger) + " " + in_capitals(rows_digest(audit));
}

std::string qr_svg(std::string const& text) {
  struct Free {
    void operator()(QRcode* code) const { QRcode_free(code); }
  };
  std::unique_ptr<QRcode, Free> const code(QRcode_encodeString(text.c_str(), 0, QR_ECLEVEL_M, QR_MODE_8, 1));
  if (!code) return {};
  int const width = code->width;
  std::string const side = std::to_string(width + 8);
  std::string out = "<svg xmlns='http://www.w3.org/2000/svg' width='92' height='92' viewBox='0 0 " + side + " " + side +
                    "' shape-rendering='crispEdges'><rect width='" + side + "' height='" + side +
                    "' fill='#fff'/><path d='";
  for (int y = 0; y < width; ++y)
    for (int x = 0; x < width; ++x)
      if ((code->data[y * width + x] & 1) != 0)
        out += "M" + std::to_string(x + 4) + " " + std::to_string(y + 4) + "h1v1h-1z";
  return out + "'/></svg>";
}

}  // namespace piaojue::office
