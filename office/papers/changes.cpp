// SPDX-License-Identifier: Apache-2.0
#include "office/papers/changes.h"

#include "office/papers/words.h"
#include "strings/audit.h"
#include "strings/papers.h"

namespace piaojue::office {

namespace words = strings::papers;

void put_changes(Frame& frame, verifier::Audit const& audit) {
  frame.heading(words::kChangesTitle);
  if (audit.changes.empty()) frame.paragraph(strings::audit::kChangeNone);
  for (verifier::Change const& change : audit.changes) {
    frame.paragraph({words::kChangesLine,
                     {{"entry", change.entry},
                      {"what", verifier::told(change, *audit.manifest, kPaperLang) +
                                   verifier::told_signers(change, *audit.manifest, kPaperLang)}}});
  }
}

}  // namespace piaojue::office
