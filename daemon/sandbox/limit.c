/* SPDX-License-Identifier: Apache-2.0 */
/* What a process may use up: one row a limit. */
#include "daemon/sandbox/steps.h"

#include "daemon/ipc/limits.h"
#include "lib/base/array.h"

#include <stdint.h>
#include <sys/resource.h>

#define MIB (UINT64_C(1024) * 1024)

struct limit_row {
	enum mm_process process;
	int resource;
	const char *name;
	rlim_t value;
};

static const struct limit_row limits[] = {
	/* A core dump would hold tokens and keys. */
	{ MM_PROCESS_MINTMARKD, RLIMIT_CORE, "no core dumps", 0 },
	{ MM_PROCESS_COMPILER, RLIMIT_CORE, "no core dumps", 0 },
	{ MM_PROCESS_GATE, RLIMIT_CORE, "no core dumps", 0 },
	{ MM_PROCESS_COURIER, RLIMIT_CORE, "no core dumps", 0 },
	{ MM_PROCESS_DESK, RLIMIT_CORE, "no core dumps", 0 },
	{ MM_PROCESS_SIGNER, RLIMIT_CORE, "no core dumps", 0 },
	{ MM_PROCESS_LEDGER, RLIMIT_CORE, "no core dumps", 0 },
	{ MM_PROCESS_VERIFIER, RLIMIT_CORE, "no core dumps", 0 },
	{ MM_PROCESS_ISSUER, RLIMIT_CORE, "no core dumps", 0 },
	/* Key documents of 1 MiB compile in well under a second and 50 MiB; these stop what has run away. */
	{ MM_PROCESS_COMPILER, RLIMIT_CPU, "limit of processor seconds", 50 },
	{ MM_PROCESS_COMPILER, RLIMIT_FSIZE, "limit of the snapshot's size", 256 * MIB },
#ifndef MM_SANITIZED /* a sanitizer reserves terabytes of addresses */
	{ MM_PROCESS_COMPILER, RLIMIT_AS, "limit of memory", 1024 * MIB },
#endif
	/* It hands over documents of 1 MiB; its descriptors are a few for each fetch. */
	{ MM_PROCESS_COURIER, RLIMIT_FSIZE, "limit of a document's size", 2 * MIB },
	{ MM_PROCESS_COURIER, RLIMIT_NOFILE, "limit of descriptors", 1024 },
#ifndef MM_SANITIZED
	/* 128 fetches of 1 MiB with their authorities are 300 MiB; stacks of threads that look up names count whole. */
	{ MM_PROCESS_COURIER, RLIMIT_AS, "limit of memory", 2048 * MIB },
#endif
	/* 64 connections, 16 readers of the journal with two files each. */
	{ MM_PROCESS_DESK, RLIMIT_NOFILE, "limit of descriptors", 256 },
#ifndef MM_SANITIZED
	/* Answers of at most 32 MiB, of which few are large at once; readers have a window of 256 KiB each. */
	{ MM_PROCESS_DESK, RLIMIT_AS, "limit of memory", 1024 * MIB },
#endif
	{ MM_PROCESS_GATE, RLIMIT_NOFILE, "limit of descriptors", MM_GATE_DESCRIPTORS_MAX },
	{ MM_PROCESS_ISSUER, RLIMIT_NOFILE, "limit of descriptors", MM_GATE_DESCRIPTORS_MAX },
};

/* Set a limit, or leave it where a harder one stands. */
static bool
set_limit(const struct limit_row *row)
{
	struct rlimit limit;

	if (getrlimit((__rlimit_resource_t)row->resource, &limit) == -1)
		return false;
	limit.rlim_cur = row->value < limit.rlim_max ? row->value : limit.rlim_max;
	limit.rlim_max = limit.rlim_cur;
	return setrlimit((__rlimit_resource_t)row->resource, &limit) == 0;
}

bool
mm_sandbox_limit(enum mm_process process)
{
	for (size_t i = 0; i < MM_COUNT_OF(limits); i++)
		if (limits[i].process == process && !set_limit(&limits[i]))
			return mm_sandbox_failed(process, limits[i].name);
	return true;
}
