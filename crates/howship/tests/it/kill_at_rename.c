/* Ends the program at its n-th rename: KILL_RENAME=n, KILL_WHEN=before or after. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

static int renames = 0;

int rename(const char *from, const char *to) {
    int (*real)(const char *, const char *) = dlsym(RTLD_NEXT, "rename");
    const char *which = getenv("KILL_RENAME");
    const char *when = getenv("KILL_WHEN");
    int here = which && ++renames == atoi(which);
    if (here && when && when[0] == 'b')
        kill(getpid(), SIGKILL);
    int result = real(from, to);
    if (here)
        kill(getpid(), SIGKILL);
    return result;
}
