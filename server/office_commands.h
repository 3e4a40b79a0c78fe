// SPDX-License-Identifier: Apache-2.0
#pragma once
/// `piaojue-server office …`: the operator's commands about offices, and an office's own (docs/office-service.md).
#include <CLI/CLI.hpp>
#include <memory>
#include <optional>

#include "base/explained.h"

namespace piaojue::server {

class OfficeCommands {
 public:
  /// Adds `office` to the program's commands.
  OfficeCommands(CLI::App& app, Lang lang);
  ~OfficeCommands();
  /// After the command line was read. @return nothing: it is none of these commands.
  std::optional<Explained<void>> perform();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace piaojue::server
