/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Loaded before the C library in a test: the time of day is the real one plus the seconds that stand in the shared
 * memory of MM_TEST_CLOCK_FD. Every other clock is left alone.
 */
#include <dlfcn.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <time.h>

static const volatile int64_t *offset_s;

typedef int clock_function(clockid_t, struct timespec *);
static clock_function *real;

__attribute__((constructor)) static void
begin(void)
{
	const char *text = getenv("MM_TEST_CLOCK_FD");
	long fd = text == NULL ? -1 : strtol(text, NULL, 10);
	void *memory = fd < 0 ? MAP_FAILED : mmap(NULL, sizeof(int64_t), PROT_READ, MAP_SHARED, (int)fd, 0);

	real = (clock_function *)(uintptr_t)dlsym(RTLD_NEXT, "clock_gettime");
	offset_s = memory == MAP_FAILED ? NULL : memory;
}

__attribute__((visibility("default"))) int
clock_gettime(clockid_t clock, struct timespec *now)
{
	int result = real(clock, now);

	if (result == 0 && clock == CLOCK_REALTIME && offset_s != NULL)
		now->tv_sec += *offset_s;
	return result;
}
