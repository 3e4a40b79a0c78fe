// SPDX-License-Identifier: Apache-2.0
/// A disk that remembers what was told to it, preloaded into one program: every change below POWERCUT_FOLDER goes to
/// POWERCUT_JOURNAL in its order, and every wait for the disk too, after it was done. tests/functional/powercut.py makes
/// of it what a power cut may leave. Programs that write through shared memory (SQLite's -shm alone does) are not seen.
///
/// A record: the head below, the path, the other path, the bytes written.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

enum { kMake = 1, kMakeFolder, kWrite, kCut, kSync, kMove, kRemove, kLink };

struct head {
  uint32_t what, mode, path, other;
  uint64_t offset, size;
};

// An operation and its record are one step, or a wait for the disk could be told before what it waited for.
static pthread_mutex_t one = PTHREAD_MUTEX_INITIALIZER;
static int journal = -1;
static char folder[PATH_MAX];

#define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

static void lock(void) {
  pthread_mutex_lock(&one);
  if (journal >= 0) return;
  char const* where = getenv("POWERCUT_FOLDER");
  char const* to = getenv("POWERCUT_JOURNAL");
  if (!where || !to || strlen(where) >= sizeof folder) abort();
  strcpy(folder, where);
  journal = REAL(open)(to, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
  if (journal < 0) abort();
}

static void unlock(void) { pthread_mutex_unlock(&one); }

static int ours(char const* path) {
  size_t const n = strlen(folder);
  return strncmp(path, folder, n) == 0 && (path[n] == '/' || path[n] == '\0');
}

static void tell(uint32_t what, uint32_t mode, char const* path, char const* other, uint64_t offset, void const* data,
                 uint64_t size) {
  struct head const head = {what, mode, (uint32_t)strlen(path), (uint32_t)strlen(other), offset, size};
  struct iovec const parts[] = {{(void*)&head, sizeof head}, {(void*)path, head.path}, {(void*)other, head.other},
                                {(void*)data, size}};
  if (REAL(writev)(journal, parts, 4) != (ssize_t)(sizeof head + head.path + head.other + size)) abort();
}

/// Where a descriptor leads. @return whether that is a file or folder of ours which still has a name
static int path_of(int fd, char* path) {
  struct stat is;
  if (fd < 0 || fstat(fd, &is) != 0 || !(S_ISREG(is.st_mode) || S_ISDIR(is.st_mode)) || is.st_nlink == 0) return 0;
  char link[32];
  snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
  ssize_t const n = readlink(link, path, PATH_MAX - 1);
  if (n <= 0) return 0;
  path[n] = '\0';
  return ours(path);
}

static int full(int dir, char const* name, char* path) {
  if (name[0] == '/') {
    if (strlen(name) >= PATH_MAX) return 0;
    strcpy(path, name);
    return ours(path);
  }
  char base[PATH_MAX];
  if (dir == AT_FDCWD) {
    if (!getcwd(base, sizeof base)) return 0;
  } else {
    char link[32];
    snprintf(link, sizeof link, "/proc/self/fd/%d", dir);
    ssize_t const n = readlink(link, base, sizeof base - 1);
    if (n <= 0) return 0;
    base[n] = '\0';
  }
  if (snprintf(path, PATH_MAX, "%s/%s", base, name) >= PATH_MAX) return 0;
  return ours(path);
}

static int open_told(int dir, char const* name, int flags, mode_t mode) {
  char path[PATH_MAX];
  lock();
  int const there = faccessat(dir, name, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
  int const fd = REAL(openat)(dir, name, flags, mode);
  int const error = errno;
  if ((flags & (O_CREAT | O_TRUNC)) && path_of(fd, path)) {
    struct stat is;
    if (!there && fstat(fd, &is) == 0) tell(kMake, is.st_mode & 07777, path, "", 0, "", 0);
    if (there && (flags & O_TRUNC)) tell(kCut, 0, path, "", 0, "", 0);
  }
  unlock();
  errno = error;
  return fd;
}

#define MODE(flags)                            \
  mode_t mode = 0;                             \
  if ((flags) & O_CREAT) {                     \
    va_list more;                              \
    va_start(more, flags);                     \
    mode = va_arg(more, mode_t);               \
    va_end(more);                              \
  }

int open(char const* name, int flags, ...) {
  MODE(flags)
  return open_told(AT_FDCWD, name, flags, mode);
}
int open64(char const* name, int flags, ...) {
  MODE(flags)
  return open_told(AT_FDCWD, name, flags, mode);
}
int openat(int dir, char const* name, int flags, ...) {
  MODE(flags)
  return open_told(dir, name, flags, mode);
}
int openat64(int dir, char const* name, int flags, ...) {
  MODE(flags)
  return open_told(dir, name, flags, mode);
}
int creat(char const* name, mode_t mode) { return open_told(AT_FDCWD, name, O_CREAT | O_WRONLY | O_TRUNC, mode); }

/// The C library opens its own streams out of sight: they are made by their first write, as the model has it.
static void wrote(int fd, int64_t offset, struct iovec const* parts, int count, ssize_t done) {
  char path[PATH_MAX];
  if (done <= 0 || !path_of(fd, path)) return;
  uint64_t at = offset >= 0 ? (uint64_t)offset : (uint64_t)(lseek(fd, 0, SEEK_CUR) - done);
  for (int i = 0; i < count && done > 0; ++i) {
    size_t const size = parts[i].iov_len < (size_t)done ? parts[i].iov_len : (size_t)done;
    tell(kWrite, 0600, path, "", at, parts[i].iov_base, size);
    at += size;
    done -= (ssize_t)size;
  }
}

#define WRITES(offset, parts, count, call)            \
  struct stat is;                                     \
  if (fstat(fd, &is) == 0 && !S_ISREG(is.st_mode)) return call; \
  lock();                                             \
  ssize_t const done = call;                          \
  int const error = errno;                            \
  wrote(fd, offset, parts, count, done);              \
  unlock();                                           \
  errno = error;                                      \
  return done;

ssize_t write(int fd, void const* data, size_t size) {
  struct iovec const part = {(void*)data, size};
  WRITES(-1, &part, 1, REAL(write)(fd, data, size))
}
ssize_t pwrite(int fd, void const* data, size_t size, off_t offset) {
  struct iovec const part = {(void*)data, size};
  WRITES(offset, &part, 1, REAL(pwrite)(fd, data, size, offset))
}
ssize_t pwrite64(int fd, void const* data, size_t size, off64_t offset) {
  struct iovec const part = {(void*)data, size};
  WRITES(offset, &part, 1, REAL(pwrite64)(fd, data, size, offset))
}
ssize_t writev(int fd, struct iovec const* parts, int count) {
  WRITES(-1, parts, count, REAL(writev)(fd, parts, count))
}
ssize_t pwritev(int fd, struct iovec const* parts, int count, off_t offset) {
  WRITES(offset, parts, count, REAL(pwritev)(fd, parts, count, offset))
}

#define ON_FILE(what, offset, call)                    \
  char path[PATH_MAX];                                 \
  lock();                                              \
  int const named = path_of(fd, path);                 \
  int const done = call;                               \
  int const error = errno;                             \
  if (done == 0 && named) tell(what, 0, path, "", (uint64_t)(offset), "", 0); \
  unlock();                                            \
  errno = error;                                       \
  return done;

int ftruncate(int fd, off_t size) { ON_FILE(kCut, size, REAL(ftruncate)(fd, size)) }
int ftruncate64(int fd, off64_t size) { ON_FILE(kCut, size, REAL(ftruncate64)(fd, size)) }
int fsync(int fd) { ON_FILE(kSync, 0, REAL(fsync)(fd)) }
int fdatasync(int fd) { ON_FILE(kSync, 0, REAL(fdatasync)(fd)) }

#define ON_NAMES(what, dir, name, to_dir, to, call)      \
  char path[PATH_MAX], other[PATH_MAX] = "";             \
  lock();                                                \
  int const named = full(dir, name, path);               \
  if (named && (to)[0] && !full(to_dir, to, other)) abort(); \
  int const done = call;                                 \
  int const error = errno;                               \
  if (done == 0 && named) tell(what, 0700, path, other, 0, "", 0); \
  unlock();                                              \
  errno = error;                                         \
  return done;

int truncate(char const* name, off_t size) {
  int const fd = open(name, O_WRONLY);
  if (fd < 0) return -1;
  int const done = ftruncate(fd, size);
  close(fd);
  return done;
}
int rename(char const* from, char const* to) {
  ON_NAMES(kMove, AT_FDCWD, from, AT_FDCWD, to, REAL(rename)(from, to))
}
int renameat(int dir, char const* from, int to_dir, char const* to) {
  ON_NAMES(kMove, dir, from, to_dir, to, REAL(renameat)(dir, from, to_dir, to))
}
int renameat2(int dir, char const* from, int to_dir, char const* to, unsigned flags) {
  ON_NAMES(kMove, dir, from, to_dir, to, REAL(renameat2)(dir, from, to_dir, to, flags))
}
int link(char const* from, char const* to) { ON_NAMES(kLink, AT_FDCWD, from, AT_FDCWD, to, REAL(link)(from, to)) }
int linkat(int dir, char const* from, int to_dir, char const* to, int flags) {
  ON_NAMES(kLink, dir, from, to_dir, to, REAL(linkat)(dir, from, to_dir, to, flags))
}
int unlink(char const* name) { ON_NAMES(kRemove, AT_FDCWD, name, AT_FDCWD, "", REAL(unlink)(name)) }
int unlinkat(int dir, char const* name, int flags) {
  ON_NAMES(kRemove, dir, name, AT_FDCWD, "", REAL(unlinkat)(dir, name, flags))
}
int remove(char const* name) { ON_NAMES(kRemove, AT_FDCWD, name, AT_FDCWD, "", REAL(remove)(name)) }
int rmdir(char const* name) { ON_NAMES(kRemove, AT_FDCWD, name, AT_FDCWD, "", REAL(rmdir)(name)) }
int mkdir(char const* name, mode_t mode) {
  ON_NAMES(kMakeFolder, AT_FDCWD, name, AT_FDCWD, "", REAL(mkdir)(name, mode))
}
int mkdirat(int dir, char const* name, mode_t mode) {
  ON_NAMES(kMakeFolder, dir, name, AT_FDCWD, "", REAL(mkdirat)(dir, name, mode))
}
