/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bench-hunt [--json FILE] [--rounds N] FOLDER
 *
 * The story of 2023 planted in a synthetic log (test/bench/hunt.sh makes it), hunted whole: read, detected, answered,
 * messages included; and what came out held against what was planted. Then the same log with a tenth of its records
 * missing and one mailbox throttled; and how many leads everyday use and real records give, beside a rule that tells
 * each application that a mailbox sees for the first time.
 *
 * Each hunt is a process of its own, so that its time and memory are its own.
 */
#include "test/bench/report.h"
#include "test/bench/timing.h"
#include "test/maker/text.h"

#include "engine/detect/detection.h"
#include "engine/detect/map.h"
#include "engine/story/report.h"
#include "engine/story/story.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define DAY_US (INT64_C(24) * 3600 * 1000000)

/* What a hunt tells the one who started it. */
struct told {
	double organisations, mailboxes, messages; /* of the planted application, certain */
	double strong_answers;   /* of applications; the planted one is one of them */
	double throttled;
	double leads, first_seen, naive, users, days, records;
};

/* What was planted: members of the maker's --truth. */
struct truth {
	double organisations, mailboxes, messages, seen_messages;
	char application[64];
};

struct bench {
	struct bench_report report;
	const char *folder;
	struct told *told; /* shared with the hunting child */
};

struct hunt {
	struct mm_logs_reading *reading;
	struct mm_detect *detect;
	struct mm_story *story;
};

/* ---- a hunt, in a child ---- */

static void
must(bool is_done, const char *what)
{
	if (is_done)
		return;
	fprintf(stderr, "bench-hunt: %s: %s\n", what, strerror(errno));
	_exit(2);
}

static void
hunt(struct hunt *hunt, const char *path)
{
	struct mm_logs_options options = { .work_fd = -1 };
	struct mm_detect_source source = { .since_us = INT64_MIN, .until_us = INT64_MAX };
	struct mm_story_source question = { .since_us = INT64_MIN, .until_us = INT64_MAX };

	hunt->reading = mm_logs_reading_new(&options);
	must(hunt->reading != NULL && mm_logs_reading_add(hunt->reading, path) == 0 &&
	    mm_logs_reading_run(hunt->reading) == 0, "reading");
	source.store = mm_logs_reading_store(hunt->reading);
	source.names = mm_logs_reading_names(hunt->reading);
	source.hours = mm_logs_reading_hours(hunt->reading, &source.hours_count);
	source.has_sign_ins = true;
	hunt->detect = mm_detect_new(&source);
	must(hunt->detect != NULL && mm_detect_run(hunt->detect) == 0, "detecting");
	question.reading = hunt->reading;
	question.detect = hunt->detect;
	hunt->story = mm_story_new(&question);
	must(hunt->story != NULL && mm_story_build(hunt->story) == 0, "counting");
}

static bool
is_named(const struct hunt *hunt, const struct mm_answer *answer, const char *application)
{
	struct mm_slice name = mm_names_text(mm_logs_reading_names(hunt->reading), answer->subject.name);

	return answer->subject.kind == MM_SUBJECT_APPLICATION && mm_slice_equal(name, mm_slice_str(application));
}

static void
tell_answers(const struct hunt *hunt, const char *application, struct told *told)
{
	for (size_t i = 0; i < mm_story_answers(hunt->story); i++) {
		const struct mm_answer *answer = mm_story_answer(hunt->story, i);

		if (answer->class >= MM_FINDING_STRONG && answer->within == NULL)
			told->strong_answers++;
		if (!is_named(hunt, answer, application))
			continue;
		told->organisations = (double)answer->organisations.at_least;
		told->mailboxes = (double)answer->mailboxes.at_least;
		told->messages = (double)answer->messages.at_least;
	}
}

static void
tell_findings(const struct hunt *hunt, struct told *told)
{
	for (size_t i = 0; i < mm_story_findings(hunt->story); i++) {
		const struct mm_finding *finding = mm_story_finding(hunt->story, i);

		told->throttled += finding->detection == &mm_detect_log_throttled;
		told->leads += finding->class == MM_FINDING_LEAD;
		told->first_seen += finding->class == MM_FINDING_LEAD &&
		    (finding->detection == &mm_detect_first_seen_application ||
		    finding->detection == &mm_detect_first_seen_network);
	}
}

/* The rule that first comes to mind: each application that a mailbox had not seen before is a lead. */
static void
tell_naive(const struct hunt *hunt, struct told *told)
{
	struct mm_logs_cursor *cursor = mm_logs_cursor_new(mm_logs_reading_store(hunt->reading), INT64_MIN, INT64_MAX);
	struct mm_map *pairs = mm_map_new(2 * sizeof(uint32_t), 1), *users = mm_map_new(sizeof(uint32_t), 1);
	int64_t first_us = MM_LOGS_NO_TIME, last_us = MM_LOGS_NO_TIME;
	const struct mm_logs_event *event;

	must(cursor != NULL && pairs != NULL && users != NULL, "walking");
	while (mm_logs_cursor_next(cursor, &event) == 1) {
		uint32_t pair[2] = { event->mailbox, mm_subject_application(event).name };

		if (event->kind != MM_LOGS_MAIL_ACCESS || event->time_us == MM_LOGS_NO_TIME)
			continue;
		must(mm_map_get(pairs, pair) != NULL && mm_map_get(users, &event->mailbox) != NULL, "counting pairs");
		if (first_us == MM_LOGS_NO_TIME)
			first_us = event->time_us;
		last_us = event->time_us;
		told->records++;
	}
	told->naive = (double)mm_map_count(pairs);
	told->users = (double)mm_map_count(users);
	told->days = first_us == MM_LOGS_NO_TIME ? 0 : (double)(last_us - first_us) / (double)DAY_US;
	if (told->days < 1)
		told->days = 1;
	mm_map_free(&pairs);
	mm_map_free(&users);
	mm_logs_cursor_free(&cursor);
}

/* ---- hunts as turns ---- */

struct turn {
	double cpu_s, megabytes;
	struct told told;
};

static struct turn
take_turn(struct bench *bench, const char *path, const char *application)
{
	struct rusage usage;
	int status = -1;
	pid_t pid;

	*bench->told = (struct told){ 0 };
	pid = fork();
	if (pid == 0) {
		struct hunt found;

		hunt(&found, path);
		tell_answers(&found, application, bench->told);
		tell_findings(&found, bench->told);
		tell_naive(&found, bench->told);
		_exit(0);
	}
	if (pid < 0 || wait4(pid, &status, 0, &usage) != pid || status != 0)
		maker_fail("%s: the hunt did not end well", path);
	return (struct turn){ (double)usage.ru_utime.tv_sec + (double)usage.ru_utime.tv_usec / 1e6 +
		    (double)usage.ru_stime.tv_sec + (double)usage.ru_stime.tv_usec / 1e6,
		(double)usage.ru_maxrss / 1024, *bench->told };
}

static struct turn
take_turn_in(struct bench *bench, const char *name, const struct truth *truth)
{
	struct maker_text path = { 0 };
	struct turn turn;

	maker_text_add_format(&path, "%s/%s", bench->folder, name);
	turn = take_turn(bench, path.bytes, truth->application);
	free(path.bytes);
	return turn;
}

/* ---- what was planted ---- */

static double
member_of(const char *text, const char *name)
{
	const char *at = strstr(text, name);
	double number = 0;

	if (at == NULL)
		maker_fail("the truth has no %s", name);
	for (at += strlen(name); *at >= '0' && *at <= '9'; at++)
		number = number * 10 + (*at - '0');
	return number;
}

static struct truth
read_truth(const struct bench *bench, const char *name)
{
	struct maker_text path = { 0 };
	struct truth truth = { 0 };
	char text[1024] = "";
	const char *application;
	FILE *file;

	maker_text_add_format(&path, "%s/%s", bench->folder, name);
	file = fopen(path.bytes, "r");
	if (file == NULL || fgets(text, sizeof(text), file) == NULL)
		maker_fail("%s: %s", path.bytes, strerror(errno));
	(void)fclose(file);
	free(path.bytes);
	truth.organisations = member_of(text, "\"organisations\":");
	truth.mailboxes = member_of(text, "\"mailboxes\":");
	truth.messages = member_of(text, "\"messages\":");
	truth.seen_messages = member_of(text, "\"seen_messages\":");
	application = strstr(text, "\"application\":\"");
	if (application == NULL)
		maker_fail("the truth has no application");
	application += strlen("\"application\":\"");
	(void)snprintf(truth.application, sizeof(truth.application), "%.36s", application);
	return truth;
}

/* ---- figures ---- */

static void
add(struct bench *bench, const char *what, double value, const char *unit, enum bench_bound bound, double limit)
{
	bench_report_add(&bench->report, &(struct bench_figure){ what, value, unit, bound, limit });
}

static double
difference(double a, double b)
{
	return a > b ? a - b : b - a;
}

static void
bench_planted(struct bench *bench)
{
	struct truth truth = read_truth(bench, "planted.truth");
	struct turn turn = take_turn_in(bench, "planted", &truth);

	bench_report_group(&bench->report, "a story planted in a whole log (synthetic)");
	add(bench, "mail accesses", turn.told.records, "", BENCH_REPORTED, 0);
	add(bench, "organisations that are wrong", difference(turn.told.organisations, truth.organisations), "",
	    BENCH_AT_MOST, 0);
	add(bench, "mailboxes that are wrong", difference(turn.told.mailboxes, truth.mailboxes), "", BENCH_AT_MOST, 0);
	add(bench, "messages that are wrong", difference(turn.told.messages, truth.messages), "", BENCH_AT_MOST, 0);
	add(bench, "strong answers that were not planted", turn.told.strong_answers - 1, "", BENCH_AT_MOST, 0);
	add(bench, "CPU time of the whole hunt", turn.cpu_s, "s", BENCH_REPORTED, 0);
	add(bench, "memory at its most", turn.megabytes, "MB", BENCH_REPORTED, 0);
}

static void
bench_holes(struct bench *bench)
{
	struct truth truth = read_truth(bench, "holes.truth");
	struct turn turn = take_turn_in(bench, "holes", &truth);

	bench_report_group(&bench->report, "a tenth of the records missing, one mailbox throttled (synthetic)");
	add(bench, "messages seen that are wrong", difference(turn.told.messages, truth.seen_messages), "",
	    BENCH_AT_MOST, 0);
	add(bench, "lower bounds that do not hold", (turn.told.organisations > truth.organisations) +
	    (turn.told.mailboxes > truth.mailboxes) + (turn.told.messages > truth.messages), "", BENCH_AT_MOST, 0);
	add(bench, "throttled mailboxes that are named", turn.told.throttled, "", BENCH_AT_LEAST, 1);
	add(bench, "organisations, of 22", turn.told.organisations, "", BENCH_REPORTED, 0);
	add(bench, "mailboxes, of 503", turn.told.mailboxes, "", BENCH_REPORTED, 0);
	add(bench, "strong answers that were not planted", turn.told.strong_answers - 1, "", BENCH_AT_MOST, 0);
}

static void
add_leads(struct bench *bench, const struct turn *turn)
{
	double user_days = turn->told.users * turn->told.days;

	if (user_days <= 0)
		user_days = 1;
	add(bench, "users times days", user_days, "", BENCH_REPORTED, 0);
	add(bench, "leads for something seen first, a user and day", turn->told.first_seen / user_days, "",
	    BENCH_AT_MOST, turn->told.naive / user_days);
	add(bench, "the naive rule, a user and day", turn->told.naive / user_days, "", BENCH_REPORTED, 0);
	add(bench, "leads of all kinds, a user and day", turn->told.leads / user_days, "", BENCH_REPORTED, 0);
}

static void
bench_leads(struct bench *bench)
{
	const struct truth nobody = { 0 };
	const char *samples = getenv("MINTMARK_DATA");
	struct turn turn = take_turn_in(bench, "everyday", &nobody);

	bench_report_group(&bench->report, "leads of everyday use (synthetic)");
	add_leads(bench, &turn);
	add(bench, "strong answers", turn.told.strong_answers, "", BENCH_AT_MOST, 0);
	if (samples == NULL || samples[0] == '\0' || access(samples, R_OK) != 0) {
		printf("  not run: leads of real records: MINTMARK_DATA names no folder\n");
		return;
	}
	turn = take_turn(bench, samples, "");
	bench_report_group(&bench->report, "leads of the real records of MINTMARK_DATA");
	add_leads(bench, &turn);
}

int
main(int argc, char **argv)
{
	static struct bench bench;

	bench_report_begin(&bench.report, &argc, &argv, 1, "FOLDER");
	if (argc != 1)
		maker_fail("one folder is needed");
	bench.folder = argv[0];
	bench.told = mmap(NULL, sizeof(*bench.told), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (bench.told == MAP_FAILED)
		maker_fail("memory is short");
	bench_planted(&bench);
	bench_holes(&bench);
	bench_leads(&bench);
	return bench_report_end(&bench.report);
}
