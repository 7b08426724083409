/* SPDX-License-Identifier: Apache-2.0 */
/* Entering a sandbox: the steps in their order. */
#include "daemon/sandbox/sandbox.h"

#include "daemon/sandbox/steps.h"
#include "lib/crypto/digest.h"

#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <time.h>

#ifdef MM_SANITIZED
/*
 * AddressSanitizer asks for its options by this name. Its look for leaks at the end traces the process, which the
 * filter forbids: it would wait for ever. The unit tests look for the leaks of what the processes are made of.
 */
const char *__asan_default_options(void) __attribute__((visibility("default")));

const char *
__asan_default_options(void)
{
	return "detect_leaks=0";
}
#endif

bool
mm_sandbox_failed(enum mm_process process, const char *step)
{
	fprintf(stderr, "%s: sandbox: %s: %s\n", mm_process_name(process), step, strerror(errno));
	return false;
}

void
mm_sandbox_prepare(void)
{
	const struct rlimit none = { 0, 0 };
	uint8_t digest[MM_DIGEST_LEN];
	struct tm tm;
	time_t now = time(NULL);

	setrlimit(RLIMIT_CORE, &none); /* again, and checked, in mm_sandbox_enter() */
	prctl(PR_SET_DUMPABLE, 0);
	tzset();
	gmtime_r(&now, &tm);
	localtime_r(&now, &tm);
	/* The first use makes libcrypto read its configuration. Where it fails, the process meets it again. */
	if (!mm_sha256(mm_slice_str(""), digest))
		fprintf(stderr, "sandbox: libcrypto gives no SHA-256\n");
}

/* Whether the caller is the only thread: unshare(2) of CLONE_THREAD does nothing then, and else fails with EINVAL. */
static bool
check_single_thread(enum mm_process process)
{
#ifdef MM_SANITIZED
	(void)process; /* sanitizers have threads of their own */
#else
	if (unshare(CLONE_THREAD) == -1)
		return mm_sandbox_failed(process, "it must be entered before any thread is started");
#endif
	return true;
}

bool
mm_sandbox_enter(enum mm_process process, uid_t uid, gid_t gid)
{
	if ((unsigned)process >= MM_PROCESS_COUNT) {
		errno = EINVAL;
		return mm_sandbox_failed(process, "no such process");
	}
	if (!check_single_thread(process) || !mm_sandbox_limit(process))
		return false;
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == -1)
		return mm_sandbox_failed(process, "no new privileges");
	if (!mm_sandbox_drop(process, uid, gid))
		return false;
	/* After the change of uid, which sets it anew. */
	if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) == -1)
		return mm_sandbox_failed(process, "not dumpable");
	return mm_sandbox_close_files(process) && mm_sandbox_filter(process);
}
