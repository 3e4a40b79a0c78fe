// SPDX-License-Identifier: Apache-2.0
#include "office/papers/code_line.h"

#include <qrencode.h>

#include <memory>

#include "verifier/rows.h"

namespace piaojue::office {

using verifier::Audit;
using verifier::in_capitals;
using verifier::kLinePrefix;

std::string office_line(LedgerHead const& ledger) {
  return std::string(kLinePrefix) + "OFFICE " + in_capitals(ledger.head) + " " + std::to_string(ledger.size);
}

std::string paper_line(Audit const& audit, std::optional<LedgerHead> const& ledger) {
  return std::string(kLinePrefix) + "PAPER " + verifier::heads_of_line(audit, ledger);
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
