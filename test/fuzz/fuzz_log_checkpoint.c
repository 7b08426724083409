/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Can any bytes hurt whoever goes on from a checkpoint? The digest at its end is made here, so that what stands before
 * it is looked at.
 */
#include "engine/logs/checked_file.h"
#include "engine/logs/reading_state.h"
#include "lib/crypto/digest.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int
make_file(const uint8_t *data, size_t size)
{
	int fd = memfd_create("checkpoint", MFD_CLOEXEC);
	uint8_t digest[MM_DIGEST_LEN];

	if (fd < 0 || !mm_sha256(mm_slice((const char *)data, size), digest) ||
	    write(fd, data, size) != (ssize_t)size || write(fd, digest, sizeof(digest)) != (ssize_t)sizeof(digest))
		abort();
	return fd;
}

/* Inputs that are not there are the same everywhere. */
static struct mm_logs_reading *
make_reading(void)
{
	const struct mm_logs_options options = { .threads = 1, .work_fd = -1, .now_us = 1 };
	struct mm_logs_reading *reading = mm_logs_reading_new(&options);

	if (reading == NULL || mm_logs_reading_add(reading, "/nowhere/a") != 0 ||
	    mm_logs_reading_add(reading, "/nowhere/b") != 0 || mm_logs_reading_begin(reading) != 0)
		abort();
	return reading;
}

static void
check(const struct mm_logs_reading *reading)
{
	const struct mm_logs_waypoint *from = &reading->filling.from;

	if (from->input + from->within > reading->paths.count)
		abort();
	for (size_t i = 0; i < from->input + from->within; i++)
		if (reading->inputs[i].report.form == MM_LOGS_CSV && reading->inputs[i].columns == NULL)
			abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct mm_logs_reading *reading = make_reading();
	int fd = make_file(data, size), events = memfd_create("events", MFD_CLOEXEC);

	if (events < 0)
		abort();
	mm_logs_store_use(reading->store, events);
	if (mm_logs_checkpoint_load(reading, fd) == 0)
		check(reading);
	mm_logs_reading_free(&reading);
	(void)close(fd);
	(void)close(events);
	return 0;
}
