/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bench-logs [--json FILE] [--rounds N] FOLDER
 *
 * Synthetic exports in FOLDER (test/bench/logs.sh makes them) read to events in order, digests of the files and all
 * steps of normalising included, beside SHA-256 alone, jq, and a reader in Python that only takes the JSON apart. Each
 * turn is a process of its own, so that its time and memory are its own.
 *
 * Rates are of CPU time, which other work on the machine disturbs least; that two threads are faster is of the wall,
 * each pair of turns held against each other. How much one thread at a time may do, which bounds what more threads are
 * good for, is of CPU time again: the linker puts a clock around the two functions that are called in turn.
 */
#include "test/bench/report.h"
#include "test/bench/timing.h"
#include "test/maker/text.h"

#include "engine/logs/reading_state.h"
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

/* What a reading in a child tells of itself. */
struct told {
	double distinct; /* record ids */
	double filling_s, taking_over_s;
};

struct turn {
	double cpu_s, wall_s, megabytes; /* memory at its most */
	struct told told;
};

/* What a contender did over the rounds. */
struct runs {
	double cpu_s[BENCH_ROUNDS_MAX], wall_s[BENCH_ROUNDS_MAX], megabytes[BENCH_ROUNDS_MAX];
	double filling[BENCH_ROUNDS_MAX], taking_over[BENCH_ROUNDS_MAX]; /* per cent of the CPU time */
	double distinct;
};

struct bench {
	struct bench_report report;
	const char *folder;
};

/* Shared with the children. */
static struct told *told;

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

/* ---- what one thread does at a time ---- */

static double
thread_s(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

bool __real_mm_logs_reading_fill(struct mm_logs_reading *reading, struct mm_logs_batch *batch);
bool __wrap_mm_logs_reading_fill(struct mm_logs_reading *reading, struct mm_logs_batch *batch);
int __real_mm_logs_reading_take_over(struct mm_logs_reading *reading, struct mm_logs_batch *batch);
int __wrap_mm_logs_reading_take_over(struct mm_logs_reading *reading, struct mm_logs_batch *batch);

bool
__wrap_mm_logs_reading_fill(struct mm_logs_reading *reading, struct mm_logs_batch *batch)
{
	double begin = thread_s();
	bool filled = __real_mm_logs_reading_fill(reading, batch);

	told->filling_s += thread_s() - begin;
	return filled;
}

int
__wrap_mm_logs_reading_take_over(struct mm_logs_reading *reading, struct mm_logs_batch *batch)
{
	double begin = thread_s();
	int failure = __real_mm_logs_reading_take_over(reading, batch);

	told->taking_over_s += thread_s() - begin;
	return failure;
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
	told->distinct = (double)(mm_logs_reading_input(reading, 0)->records -
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
	double begin;
	pid_t pid;
	int status = -1;

	*told = (struct told){ 0 };
	begin = now_s();
	pid = fork();
	if (pid == 0)
		job->run(job, path);
	if (pid < 0 || wait4(pid, &status, 0, &usage) != pid || status != 0)
		maker_fail("%s: a contender did not end well", path);
	turn = (struct turn){ seconds(usage.ru_utime) + seconds(usage.ru_stime), now_s() - begin,
		(double)usage.ru_maxrss / 1024, *told };
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
			runs[i].filling[round] = turn.told.filling_s / turn.cpu_s * 100;
			runs[i].taking_over[round] = turn.told.taking_over_s / turn.cpu_s * 100;
			runs[i].distinct = turn.told.distinct;
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

/* How many times longer one took than another, round by round. */
static double
times_of(const struct bench *bench, const double *longer, const double *shorter)
{
	double times[BENCH_ROUNDS_MAX];

	for (unsigned round = 0; round < bench->report.rounds; round++)
		times[round] = longer[round] / shorter[round];
	return bench_median(times, bench->report.rounds);
}

/* What one thread at a time does may not be more than half, or two would not be twice as fast. */
static void
add_threads(struct bench *bench, struct runs *one, struct runs *two)
{
	unsigned rounds = bench->report.rounds;

	add(bench, "two threads against one, of the wall", times_of(bench, one->wall_s, two->wall_s), "times",
	    BENCH_AT_LEAST, 1.7);
	add(bench, "two threads' CPU time against one's", times_of(bench, two->cpu_s, one->cpu_s), "times",
	    BENCH_REPORTED, 0);
	add(bench, "in turn: reading, SHA-256, cutting", bench_median(two->filling, rounds), "%", BENCH_AT_MOST, 50);
	add(bench, "in turn: taking over", bench_median(two->taking_over, rounds), "%", BENCH_AT_MOST, 50);
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
		{ bench, "mail.jsonl", 1, NULL, read_log },
	};
	static struct runs runs[6];
	double whole = size_of(bench, "log.jsonl"), part = size_of(bench, "part.jsonl");
	double memory;

	take_turns(bench, jobs, runs, 6);
	memory = bench_median(runs[0].megabytes, bench->report.rounds);
	bench_report_group(&bench->report, "unified audit log, JSON lines (synthetic)");
	add_rate(bench, "read to events, one thread", whole, &runs[0], BENCH_AT_LEAST, 500);
	add_rate(bench, "the same, mail accesses alone", size_of(bench, "mail.jsonl"), &runs[5], BENCH_AT_LEAST, 500);
	add_rate(bench, "SHA-256 of the file alone", whole, &runs[2], BENCH_REPORTED, 0);
	add_rate(bench, "jq, one operation selected", part, &runs[3], BENCH_REPORTED, 0);
	add_rate(bench, "Python, JSON taken apart", part, &runs[4], BENCH_REPORTED, 0);
	add_threads(bench, &runs[0], &runs[1]);
	add(bench, "memory beyond 8 bytes a distinct record", memory - runs[0].distinct * 8 / 1024 / 1024, "MB",
	    BENCH_AT_MOST, 200);
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
	add_rate(bench, "one JSON array, one thread", size_of(bench, "log.json"), &runs[2], BENCH_AT_LEAST, 500);
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
	told = mmap(NULL, sizeof(*told), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (told == MAP_FAILED)
		maker_fail("memory is short");
	maker_text_add_format(&script, "%s/test/bench/logs_reader.py", getenv("MINTMARK_SOURCE"));
	python_lines[1] = python_csv[1] = script.bytes;
	bench_lines(&bench);
	bench_others(&bench);
	maker_text_clear(&script);
	return bench_report_end(&bench.report);
}
