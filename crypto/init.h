// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace piaojue::crypto {

/// At the beginning of a program, before OpenSSL is used: it reads no openssl.cnf, neither the machine's nor one that a
/// variable names. What is there was written for other programs, perhaps for another release of OpenSSL, and could take
/// an algorithm away or bring an engine into the process that holds keys; where the folder of its name is not the
/// system's, as for a program that was built elsewhere, anybody may have put it there.
void init();

}  // namespace piaojue::crypto
