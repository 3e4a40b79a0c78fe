# SPDX-License-Identifier: Apache-2.0
# Windows 10 and 11 on x86-64, cross-built with Debian's mingw-w64; its libraries are those that
# packaging/windows_libraries has built. The programs need no DLL but Windows' own. Tests run under Wine.
set(CMAKE_SYSTEM_NAME Windows)
set(CMAKE_SYSTEM_VERSION 10.0)
set(CMAKE_SYSTEM_PROCESSOR x86_64)

# The POSIX threads' kind: std::thread, std::mutex and what Asio makes of them.
set(triple x86_64-w64-mingw32)
set(CMAKE_C_COMPILER ${triple}-gcc-posix)
set(CMAKE_CXX_COMPILER ${triple}-g++-posix)
set(CMAKE_RC_COMPILER ${triple}-windres)

if(NOT PIAOJUE_WINDOWS_LIBRARIES)
  execute_process(COMMAND ${CMAKE_CURRENT_LIST_DIR}/../../packaging/windows_libraries --where
    OUTPUT_VARIABLE PIAOJUE_WINDOWS_LIBRARIES OUTPUT_STRIP_TRAILING_WHITESPACE COMMAND_ERROR_IS_FATAL ANY)
endif()
list(APPEND CMAKE_TRY_COMPILE_PLATFORM_VARIABLES PIAOJUE_WINDOWS_LIBRARIES)
set(CMAKE_FIND_ROOT_PATH ${PIAOJUE_WINDOWS_LIBRARIES})
set(CMAKE_FIND_ROOT_PATH_MODE_PROGRAM NEVER)
set(CMAKE_FIND_ROOT_PATH_MODE_LIBRARY ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_INCLUDE ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_PACKAGE ONLY)
set(ENV{PKG_CONFIG_LIBDIR} ${PIAOJUE_WINDOWS_LIBRARIES}/lib/pkgconfig)
set(PKG_CONFIG_ARGN --define-prefix --static)
set(OPENSSL_USE_STATIC_LIBS ON)
set(Boost_NO_WARN_NEW_VERSIONS ON)

# Windows 10's interfaces; windows.h without drawing, which would take names such as ERROR.
set(CMAKE_CXX_FLAGS_INIT "-D_WIN32_WINNT=0x0A00 -DNOGDI")
# Asio finds the threads by what was included before it: files that disagree on their kind share objects of two layouts.
string(APPEND CMAKE_CXX_FLAGS_INIT " -DBOOST_ASIO_HAS_THREADS=1 -DBOOST_ASIO_HAS_PTHREADS=1")
# Templates make more sections than an object of the old kind can count.
string(APPEND CMAKE_CXX_FLAGS_INIT " -Wa,-mbig-obj")
# No time in a file that the same source makes again.
set(CMAKE_EXE_LINKER_FLAGS_INIT
  "-static -Wl,--dynamicbase,--high-entropy-va,--nxcompat,--build-id,--no-insert-timestamp")

# A Wine of its own for each build folder.
set(CMAKE_CROSSCOMPILING_EMULATOR ${CMAKE_CURRENT_LIST_DIR}/wine ${CMAKE_BINARY_DIR}/wine)
