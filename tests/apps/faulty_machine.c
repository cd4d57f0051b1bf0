/* Preloaded, a machine with faults. Reads of files with "worn" in their name fail beyond 64 KiB, as on a disk
   with a bad block. With QUAVER_CLOCK_JUMPS in the environment the time of day jumps by years each time that
   it is asked for, forth and back; clocks that only run are left alone. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static int is_worn(int fd) {
  char link[64], name[4096];
  snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
  const ssize_t length = readlink(link, name, sizeof(name) - 1);
  if (length < 0) return 0;
  name[length] = '\0';
  return strstr(name, "worn") != NULL;
}

ssize_t read(int fd, void* bytes, size_t count) {
  static ssize_t (*real)(int, void*, size_t);
  if (real == NULL) *(void**)&real = dlsym(RTLD_NEXT, "read");
  if (is_worn(fd) && lseek(fd, 0, SEEK_CUR) + (off_t)count > 65536) {
    errno = EIO;
    return -1;
  }
  return real(fd, bytes, count);
}

int clock_gettime(clockid_t clock, struct timespec* now) {
  static const time_t years[] = {0, 10, -20, 3, -1};
  static int (*real)(clockid_t, struct timespec*);
  static unsigned asked;
  if (real == NULL) *(void**)&real = dlsym(RTLD_NEXT, "clock_gettime");
  const int status = real(clock, now);
  if (status == 0 && clock == CLOCK_REALTIME && getenv("QUAVER_CLOCK_JUMPS") != NULL)
    now->tv_sec += years[__atomic_fetch_add(&asked, 1, __ATOMIC_RELAXED) % 5] * 31557600;
  return status;
}
