/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Can any logs hurt a hunt? Files with names and contents of anybody's go the whole way: read, normalised, detected in,
 * answered and told in each way there is. What is told is whole and harmless, and the same bytes whatever the number of
 * threads and the random keys inside.
 *
 * An input is a byte of enum question, and files, held apart by SEPARATOR: a line with the file's name, and what is in
 * it.
 */
#include "cli/hunt_print.h"
#include "engine/story/report.h"
#include "test/fuzz/harmless.h"

#include <fcntl.h>
#include <locale.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define SEPARATOR "\x1c\x1c\n"
#define FILES_MAX 4
#define NAME_LEN_MAX 200

/* When these hunts are: 2026-11-28. */
#define NOW_US INT64_C(1795867200000000)
#define DAY_US (INT64_C(24) * 3600 * 1000000)

/* What the first byte asks for. */
enum question {
	ASK_FIRST_DAY = 1,    /* the day that the first input begins with */
	ASK_FIRST_TENANT = 2,
	ASK_FIRST_ANSWER = 4, /* with the thread of the first answer for a pivot */
};

static void
must(bool good)
{
	if (!good)
		abort();
}

/* ---- files ---- */

struct files {
	char paths[FILES_MAX][NAME_LEN_MAX + 64];
	size_t count;
};

/* A new one for each process, which mkdtemp() names. */
static char folder[] = "/tmp/mintmark-fuzz.XXXXXX";
static bool has_folder;

static void
remove_folder(void)
{
	(void)rmdir(folder);
}

static void
make_folder(void)
{
	if (has_folder)
		return;
	has_folder = true;
	must(mkdtemp(folder) != NULL && atexit(remove_folder) == 0);
	must(setlocale(LC_ALL, "C.UTF-8") != NULL);
}

/* Any name that a file may have, and a number so that no two are the same. */
static void
name_file(struct files *files, struct mm_slice name)
{
	char *path = files->paths[files->count];
	size_t len = (size_t)snprintf(path, sizeof(files->paths[0]), "%s/%zu", folder, files->count);

	for (size_t i = 0; i < name.len && i < NAME_LEN_MAX; i++)
		path[len++] = name.ptr[i] == '/' || name.ptr[i] == '\0' ? '_' : name.ptr[i];
	path[len] = '\0';
}

static void
make_file(struct files *files, struct mm_slice text)
{
	const char *end = memchr(text.ptr, '\n', text.len);
	size_t name_len = end == NULL ? text.len : (size_t)(end - text.ptr);
	size_t len = end == NULL ? 0 : text.len - name_len - 1;
	int fd;

	name_file(files, mm_slice(text.ptr, name_len));
	fd = open(files->paths[files->count++], O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	must(fd != -1 && write(fd, text.ptr + text.len - len, len) == (ssize_t)len && close(fd) == 0);
}

static void
make_files(struct files *files, struct mm_slice text)
{
	while (text.len > 0 && files->count < FILES_MAX) {
		const char *end = memmem(text.ptr, text.len, SEPARATOR, strlen(SEPARATOR));
		size_t len = end == NULL ? text.len : (size_t)(end - text.ptr);
		size_t passed = end == NULL ? len : len + strlen(SEPARATOR);

		make_file(files, mm_slice(text.ptr, len));
		text = mm_slice(text.ptr + passed, text.len - passed);
	}
}

static void
remove_files(const struct files *files)
{
	for (size_t i = 0; i < files->count; i++)
		must(unlink(files->paths[i]) == 0);
}

/* ---- a hunt ---- */

struct hunt {
	struct mm_logs_reading *reading;
	struct mm_detect *detect;
	struct mm_story *story;
};

static void
read_logs(struct hunt *hunt, const struct files *files, unsigned threads)
{
	const struct mm_logs_options options = { .threads = threads, .now_us = NOW_US, .work_fd = -1 };

	hunt->reading = mm_logs_reading_new(&options);
	must(hunt->reading != NULL);
	for (size_t i = 0; i < files->count; i++)
		must(mm_logs_reading_add(hunt->reading, files->paths[i]) == 0);
	must(mm_logs_reading_run(hunt->reading) == 0);
}

static struct mm_detect_source
ask(const struct hunt *hunt, unsigned question)
{
	struct mm_detect_source source = {
		.store = mm_logs_reading_store(hunt->reading),
		.names = mm_logs_reading_names(hunt->reading),
		.since_us = INT64_MIN,
		.until_us = INT64_MAX,
		.has_sign_ins = mm_hunt_records_of(hunt->reading, MM_LOGS_SIGN_INS, 0,
		    mm_logs_reading_inputs(hunt->reading)) > 0,
	};
	int64_t first_us = mm_logs_reading_inputs(hunt->reading) == 0 ? MM_LOGS_NO_TIME :
	    mm_logs_reading_input(hunt->reading, 0)->first_us;

	source.hours = mm_logs_reading_hours(hunt->reading, &source.hours_count);
	if ((question & ASK_FIRST_DAY) != 0 && first_us != MM_LOGS_NO_TIME) {
		source.since_us = first_us;
		source.until_us = first_us + DAY_US;
	}
	if ((question & ASK_FIRST_TENANT) != 0 && source.hours_count > 0)
		source.tenant = source.hours[0].tenant;
	return source;
}

static void
build(struct hunt *hunt, const struct mm_detect_source *source, const struct mm_story_pivot *pivot)
{
	const struct mm_story_source asked = { .reading = hunt->reading, .detect = hunt->detect, .pivot = *pivot,
		.since_us = source->since_us, .until_us = source->until_us, .tenant = source->tenant };

	mm_story_free(&hunt->story);
	hunt->story = mm_story_new(&asked);
	must(hunt->story != NULL && mm_story_build(hunt->story) == 0);
}

/* Step by step, as mintmark hunt does it. */
static void
run(struct hunt *hunt, const struct files *files, unsigned threads, unsigned question)
{
	struct mm_story_pivot pivot = { .given = false };
	struct mm_detect_source source;

	read_logs(hunt, files, threads);
	source = ask(hunt, question);
	hunt->detect = mm_detect_new(&source);
	must(hunt->detect != NULL && mm_detect_run(hunt->detect) == 0);
	build(hunt, &source, &pivot);
	if ((question & ASK_FIRST_ANSWER) == 0 || mm_story_answers(hunt->story) == 0)
		return;
	pivot = (struct mm_story_pivot){ .given = true, .subject = mm_story_answer(hunt->story, 0)->subject };
	build(hunt, &source, &pivot);
}

static void
end(struct hunt *hunt)
{
	mm_story_free(&hunt->story);
	mm_detect_free(&hunt->detect);
	mm_logs_reading_free(&hunt->reading);
}

/* ---- all that is told ---- */

static const char *const arguments[] = { "logs", "--pivot", "app=\"><script>\x1b[31m", NULL };
static const struct mm_report_question head = { .version = "1.2.3", .arguments = arguments };

static void
tell_html(FILE *out, const struct hunt *hunt)
{
	must(mm_report_html(out, hunt->story, &head) == 0);
}

static void
tell_json(FILE *out, const struct hunt *hunt)
{
	must(mm_report_json(out, hunt->story, &head) == 0);
}

static void
tell_stix(FILE *out, const struct hunt *hunt)
{
	must(mm_report_stix(out, hunt->story, &head) == 0);
}

static void
tell_findings(FILE *out, const struct hunt *hunt)
{
	must(mm_report_findings_csv(out, hunt->story) == 0);
}

static void
tell_messages(FILE *out, const struct hunt *hunt)
{
	must(mm_report_messages_csv(out, hunt->story) == 0);
}

/* The summary, which goes to standard output, and what the command says of inputs where none is known. */
static void
tell_terminal(FILE *out, const struct hunt *hunt)
{
	const struct mm_hunt_options options = {
		.pivot = { .given = mm_story_source(hunt->story)->pivot.given, .text = "\x1b[31m\xe2\x80\xae" },
		.out = "\x1b]0;out\a",
	};
	const struct mm_hunt_view view = { &options, hunt->reading, hunt->story };
	FILE *standard = stdout;

	stdout = out;
	mm_hunt_print(&view);
	stdout = standard;
	(void)mm_hunt_print_troubles(out, hunt->reading, 0);
}

static const struct telling {
	void (*tell)(FILE *out, const struct hunt *hunt);
	void (*check)(struct mm_slice text);
} tellings[] = {
	{ tell_html, harmless_html },
	{ tell_json, harmless_json },
	{ tell_stix, harmless_json },
	{ tell_findings, harmless_csv },
	{ tell_messages, harmless_csv },
	{ tell_terminal, harmless_lines },
};

#define TELLINGS (sizeof(tellings) / sizeof(tellings[0]))

struct told {
	char *text;
	size_t len;
};

static void
tell(const struct hunt *hunt, struct told told[TELLINGS])
{
	for (size_t i = 0; i < TELLINGS; i++) {
		FILE *out = open_memstream(&told[i].text, &told[i].len);

		must(out != NULL);
		tellings[i].tell(out, hunt);
		must(fclose(out) == 0);
	}
}

static void
tell_all(const struct files *files, unsigned threads, unsigned question, struct told told[TELLINGS])
{
	struct hunt hunt = { .reading = NULL };

	run(&hunt, files, threads, question);
	tell(&hunt, told);
	end(&hunt);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct files files = { .count = 0 };
	struct told first[TELLINGS], again[TELLINGS];

	if (size == 0)
		return 0;
	make_folder();
	make_files(&files, mm_slice((const char *)data + 1, size - 1));
	tell_all(&files, 1, data[0], first);
	tell_all(&files, 2, data[0], again);
	remove_files(&files);
	for (size_t i = 0; i < TELLINGS; i++) {
		tellings[i].check(mm_slice(first[i].text, first[i].len));
		must(again[i].len == first[i].len && memcmp(again[i].text, first[i].text, first[i].len) == 0);
		free(first[i].text);
		free(again[i].text);
	}
	return 0;
}
