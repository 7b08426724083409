/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bench-logs [--json FILE] [--rounds N] FOLDER
 *
 * Synthetic exports in FOLDER (test/bench/logs.sh makes them) read to events in order, digests of the files and all
 * steps of normalising included, beside SHA-256 alone, jq, and a reader in Python that only takes the JSON apart. Each
 * turn is a process of its own, so that its time and memory are its own.
 *
 * Rates are of CPU time, which other work on the machine disturbs least; that two threads are faster is of the wall.
 */
#include "test/bench/report.h"
#include "test/bench/timing.h"
#include "test/maker/text.h"

#include "engine/logs/reading.h"
#include "lib/crypto/hasher.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define MEGABYTE 1e6

struct turn {
	double cpu_s, wall_s, megabytes; /* memory at its most */
};

/* What a contender did over the rounds. */
struct runs {
	double cpu_s[BENCH_ROUNDS_MAX], wall_s[BENCH_ROUNDS_MAX], megabytes[BENCH_ROUNDS_MAX];
};

struct bench {
	struct bench_report report;
	const char *folder;
	double *distinct; /* record ids of the last reading, told by the child */
};

static double
now_s(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static double
seconds(struct timeval time)
{
	return (double)time.tv_sec + (double)time.tv_usec / 1e6;
}

static char *
path_of(const struct bench *bench, const char *name)
{
	struct maker_text path = { 0 };

	maker_text_add_format(&path, "%s/%s", bench->folder, name);
	return path.bytes;
}

static double
size_of(const struct bench *bench, const char *name)
{
	char *path = path_of(bench, name);
	struct stat status;

	if (stat(path, &status) != 0)
		maker_fail("%s: %s", path, strerror(errno));
	free(path);
	return (double)status.st_size;
}

/* ---- the contenders, each in a child ---- */

struct job {
	const struct bench *bench;
	const char *file;
	unsigned threads;
	const char *const *command; /* with the file behind it; NULL: our own */
	void (*run)(const struct job *job, const char *path);
};

static void
read_log(const struct job *job, const char *path)
{
	struct mm_logs_options options = { .threads = job->threads, .work_fd = -1 };
	struct mm_logs_reading *reading = mm_logs_reading_new(&options);

	if (reading == NULL || mm_logs_reading_add(reading, path) != 0 || mm_logs_reading_run(reading) != 0)
		_exit(1);
	*job->bench->distinct = (double)(mm_logs_reading_input(reading, 0)->records -
	    mm_logs_reading_input(reading, 0)->duplicates);
	_exit(mm_logs_store_count(mm_logs_reading_store(reading)) > 0 ? 0 : 1);
}

static void
hash_log(const struct job *job, const char *path)
{
	static char bytes[256 * 1024];
	struct mm_hasher *hasher = mm_hasher_new();
	uint8_t digest[MM_DIGEST_LEN];
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t got;

	(void)job;
	if (hasher == NULL || fd < 0 || !mm_hasher_begin(hasher))
		_exit(1);
	while ((got = read(fd, bytes, sizeof(bytes))) > 0)
		if (!mm_hasher_add(hasher, mm_slice(bytes, (size_t)got)))
			_exit(1);
	_exit(got == 0 && mm_hasher_end(hasher, digest) ? 0 : 1);
}

static void
run_command(const struct job *job, const char *path)
{
	const char *arguments[8];
	size_t count = 0;
	int null = open("/dev/null", O_WRONLY);

	for (; job->command[count] != NULL && count < 6; count++)
		arguments[count] = job->command[count];
	arguments[count++] = path;
	arguments[count] = NULL;
	if (null < 0 || dup2(null, STDOUT_FILENO) < 0)
		_exit(1);
	(void)execvp(arguments[0], (char *const *)(uintptr_t)arguments);
	_exit(1);
}

/* One turn; ends the program where it does not come out right. */
static struct turn
take_turn(const struct job *job)
{
	char *path = path_of(job->bench, job->file);
	struct rusage usage;
	struct turn turn;
	double begin = now_s();
	pid_t pid = fork();
	int status = -1;

	if (pid == 0)
		job->run(job, path);
	if (pid < 0 || wait4(pid, &status, 0, &usage) != pid || status != 0)
		maker_fail("%s: a contender did not end well", path);
	turn = (struct turn){ seconds(usage.ru_utime) + seconds(usage.ru_stime), now_s() - begin,
		(double)usage.ru_maxrss / 1024 };
	free(path);
	return turn;
}

/* All jobs in turn, round after round. */
static void
take_turns(const struct bench *bench, const struct job *jobs, struct runs *runs, size_t count)
{
	for (unsigned round = 0; round < bench->report.rounds; round++)
		for (size_t i = 0; i < count; i++) {
			struct turn turn = take_turn(&jobs[i]);

			runs[i].cpu_s[round] = turn.cpu_s;
			runs[i].wall_s[round] = turn.wall_s;
			runs[i].megabytes[round] = turn.megabytes;
		}
}

/* ---- figures ---- */

static void
add_rate(struct bench *bench, const char *what, double bytes, struct runs *runs, enum bench_bound bound, double limit)
{
	double rate = bytes / MEGABYTE / bench_median(runs->cpu_s, bench->report.rounds);

	bench_report_add(&bench->report, &(struct bench_figure){ what, rate, "MB/s", bound, limit });
}

static void
add(struct bench *bench, const char *what, double value, const char *unit, enum bench_bound bound, double limit)
{
	bench_report_add(&bench->report, &(struct bench_figure){ what, value, unit, bound, limit });
}

static const char *const jq[] = { "jq", "-c", "select(.Operation == \"MailItemsAccessed\") | .Id", NULL };
static const char *python_lines[] = { "python3", NULL, "lines", NULL };
static const char *python_csv[] = { "python3", NULL, "csv", NULL };

static void
bench_lines(struct bench *bench)
{
	const struct job jobs[] = {
		{ bench, "log.jsonl", 1, NULL, read_log },
		{ bench, "log.jsonl", 2, NULL, read_log },
		{ bench, "log.jsonl", 0, NULL, hash_log },
		{ bench, "part.jsonl", 0, jq, run_command },
		{ bench, "part.jsonl", 0, python_lines, run_command },
	};
	static struct runs runs[5];
	double whole = size_of(bench, "log.jsonl"), part = size_of(bench, "part.jsonl");
	double memory, faster, distinct;

	take_turns(bench, jobs, runs, 5);
	distinct = *bench->distinct;
	memory = bench_median(runs[0].megabytes, bench->report.rounds);
	faster = bench_median(runs[0].wall_s, bench->report.rounds) /
	    bench_median(runs[1].wall_s, bench->report.rounds);
	bench_report_group(&bench->report, "unified audit log, JSON lines (synthetic)");
	add_rate(bench, "read to events, one thread", whole, &runs[0], BENCH_AT_LEAST, 500);
	add_rate(bench, "SHA-256 of the file alone", whole, &runs[2], BENCH_REPORTED, 0);
	add_rate(bench, "jq, one operation selected", part, &runs[3], BENCH_REPORTED, 0);
	add_rate(bench, "Python, JSON taken apart", part, &runs[4], BENCH_REPORTED, 0);
	add(bench, "two threads against one, of the wall", faster, "times", BENCH_AT_LEAST, 1.7);
	add(bench, "memory beyond 8 bytes a distinct record", memory - distinct * 8 / 1024 / 1024, "MB", BENCH_AT_MOST,
	    200);
}

static void
bench_others(struct bench *bench)
{
	const struct job jobs[] = {
		{ bench, "log.csv", 1, NULL, read_log },
		{ bench, "part.csv", 0, python_csv, run_command },
		{ bench, "log.json", 1, NULL, read_log },
		{ bench, "log.jsonl.gz", 1, NULL, read_log },
		{ bench, "log.jsonl.zst", 1, NULL, read_log },
	};
	static struct runs runs[5];
	double text = size_of(bench, "part.jsonl");

	take_turns(bench, jobs, runs, 5);
	bench_report_group(&bench->report, "other forms (synthetic)");
	add_rate(bench, "CSV with JSON inside, one thread", size_of(bench, "log.csv"), &runs[0], BENCH_AT_LEAST, 300);
	add_rate(bench, "the same, Python with csv and json", size_of(bench, "part.csv"), &runs[1], BENCH_REPORTED, 0);
	add_rate(bench, "one JSON array, one thread", size_of(bench, "log.json"), &runs[2], BENCH_REPORTED, 0);
	add_rate(bench, "JSON lines in gzip, of their text", text, &runs[3], BENCH_REPORTED, 0);
	add_rate(bench, "JSON lines in zstd, of their text", text, &runs[4], BENCH_REPORTED, 0);
}

int
main(int argc, char **argv)
{
	static struct bench bench;
	struct maker_text script = { 0 };

	bench_report_begin(&bench.report, &argc, &argv, 7, "FOLDER");
	if (argc != 1 || getenv("MINTMARK_SOURCE") == NULL)
		maker_fail("one folder is wanted, and MINTMARK_SOURCE");
	bench.folder = argv[0];
	bench.distinct = mmap(NULL, sizeof(double), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (bench.distinct == MAP_FAILED)
		maker_fail("memory is short");
	maker_text_add_format(&script, "%s/test/bench/logs_reader.py", getenv("MINTMARK_SOURCE"));
	python_lines[1] = python_csv[1] = script.bytes;
	bench_lines(&bench);
	bench_others(&bench);
	maker_text_clear(&script);
	return bench_report_end(&bench.report);
}
