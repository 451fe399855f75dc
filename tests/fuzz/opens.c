/* Preloaded into the processes under test: says every file that is asked for, also where it is refused, on the
   named pipe $OPENS, a path and a zero byte each. A pipe, because those processes may not write files. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static int real_open(int folder, const char *path, int flags, mode_t mode) {
    static int (*real)(int, const char *, int, mode_t);
    if (!real) real = (int (*)(int, const char *, int, mode_t))dlsym(RTLD_NEXT, "openat64");
    return real(folder, path, flags, mode);
}

static int noted(int folder, const char *path, int flags, mode_t mode) {
    static int pipe_end = -1;
    if (pipe_end < 0) pipe_end = real_open(AT_FDCWD, getenv("OPENS"), O_WRONLY | O_NONBLOCK | O_CLOEXEC, 0);
    if (write(pipe_end, path, strlen(path) + 1) < 0) abort(); /* full, or nobody reads: nothing may be missed */
    return real_open(folder, path, flags, mode);
}

#define MODE(flags)                                   \
    mode_t mode = 0;                                  \
    if ((flags) & (O_CREAT | O_TMPFILE)) {            \
        va_list rest;                                 \
        va_start(rest, flags);                        \
        mode = va_arg(rest, mode_t);                  \
        va_end(rest);                                 \
    }

int open(const char *path, int flags, ...) { MODE(flags) return noted(AT_FDCWD, path, flags, mode); }
int open64(const char *path, int flags, ...) { MODE(flags) return noted(AT_FDCWD, path, flags, mode); }
int openat(int folder, const char *path, int flags, ...) { MODE(flags) return noted(folder, path, flags, mode); }
int openat64(int folder, const char *path, int flags, ...) { MODE(flags) return noted(folder, path, flags, mode); }
