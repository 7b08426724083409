/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The CPU time of another process.
 */
#include "test/bench/process_time.h"

#include "test/maker/text.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PATH_LEN_MAX 512

static double
thread_cpu_ns(long pid, const char *thread)
{
	char path[PATH_LEN_MAX];
	double ns = 0;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%ld/task/%s/schedstat", pid, thread);
	file = fopen(path, "r");
	if (file == NULL)
		return 0; /* it ended */
	if (fgets(path, sizeof(path), file) != NULL)
		ns = strtod(path, NULL);
	fclose(file);
	return ns;
}

double
bench_process_cpu_us(long pid)
{
	char path[PATH_LEN_MAX];
	double ns = 0;
	DIR *tasks;

	snprintf(path, sizeof(path), "/proc/%ld/task", pid);
	tasks = opendir(path);
	if (tasks == NULL)
		maker_fail("process %ld: %s", pid, strerror(errno));
	for (const struct dirent *entry; (entry = readdir(tasks)) != NULL;)
		if (entry->d_name[0] != '.')
			ns += thread_cpu_ns(pid, entry->d_name);
	closedir(tasks);
	if (ns == 0)
		maker_fail("process %ld: this kernel does not count its threads' CPU time in schedstat", pid);
	return ns / 1e3;
}
