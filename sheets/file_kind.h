// SPDX-License-Identifier: Apache-2.0
#pragma once
/// What people pick by mistake, or what another program has given the name of a sheet, told by its first bytes: each by
/// its name and with what to do. None of it is read; docs/imports.md says why not.
#include "base/sentence.h"
#include "crypto/types.h"

namespace piaojue::sheets {

/// @return null: nothing that is known; perhaps a CSV or an XLSX.
Text const* other_kind(ByteView file);

}  // namespace piaojue::sheets
