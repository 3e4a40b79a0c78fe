#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Starts a program as on Linux 4.19: older_kernel.py PROGRAM [ARGUMENT …]

System calls that came later answer ENOSYS, to it and all that it starts; x86_64 alone. Flags and options of older calls
that came later are not taken away."""

import ctypes
import os
import sys

LATER = 424  # pidfd_send_signal, of 5.1; all kinds of processors count alike from there. 4.19's last is 334
PR_SET_NO_NEW_PRIVS, PR_SET_SECCOMP, SECCOMP_MODE_FILTER = 38, 22, 2
LOAD, AT_LEAST, RETURN = 0x20, 0x35, 0x06  # BPF_LD|W|ABS, BPF_JMP|JGE|K, BPF_RET|K
REFUSED, ALLOWED = 0x00050000 | 38, 0x7FFF0000  # SECCOMP_RET_ERRNO | ENOSYS, SECCOMP_RET_ALLOW


class Statement(ctypes.Structure):
    _fields_ = [("code", ctypes.c_ushort), ("yes", ctypes.c_ubyte), ("no", ctypes.c_ubyte), ("k", ctypes.c_uint)]


class Program(ctypes.Structure):
    _fields_ = [("length", ctypes.c_ushort), ("statements", ctypes.POINTER(Statement))]


def main():
    statements = (Statement * 4)((LOAD, 0, 0, 0), (AT_LEAST, 0, 1, LATER), (RETURN, 0, 0, REFUSED),
                                 (RETURN, 0, 0, ALLOWED))
    program = Program(len(statements), statements)
    prctl = ctypes.CDLL(None, use_errno=True).prctl
    if prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 or \
            prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, ctypes.byref(program), 0, 0) != 0:
        sys.exit(f"older_kernel: {os.strerror(ctypes.get_errno())}")
    os.execvp(sys.argv[1], sys.argv[1:])


if __name__ == "__main__":
    main()
