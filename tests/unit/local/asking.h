// SPDX-License-Identifier: Apache-2.0
#pragma once
/// What another program of this machine does with the place where an Instance listens, as each system has it.
#include <filesystem>
#include <string>

#include "local/peer.h"

namespace piaojue::local::test {

/// What is answered to these bytes; empty: nothing, or nobody listens.
std::string say(std::filesystem::path const& folder, std::string const& bytes);
/// Leaves what a program leaves that was killed while it listened.
void leave_behind(std::filesystem::path const& folder);
/// Nobody but its user may connect, as far as the system shows it.
bool only_its_user_may(std::filesystem::path const& folder);
/// Nothing is there any more to connect to.
bool is_gone(std::filesystem::path const& folder);
/// Whose the two ends of a connection of this program with itself are.
Peer of_itself();

}  // namespace piaojue::local::test
