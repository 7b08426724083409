/* SPDX-License-Identifier: Apache-2.0 */
/*
 * mintmark status: how a running mintmarkd fares; what is wrong stands first.
 */
#include "cli/answer.h"
#include "cli/control_option.h"
#include "cli/status_trouble.h"
#include "cli/terminal.h"
#include "cli/when.h"

#include <inttypes.h>

/* Column where values begin. */
#define TITLE_COLUMNS 15

static void
put_title(const char *title)
{
	mm_terminal_put_padded(stdout, mm_slice_str(title), TITLE_COLUMNS);
}

static void
put_text(const struct mm_answer_object *object, const char *name)
{
	mm_terminal_put(stdout, mm_answer_text(object, name), SIZE_MAX);
}

/* "3 min ago"; nothing where the time is absent. */
static void
put_time(const char *before, const struct mm_answer_object *object, const char *name, int64_t now_s)
{
	int64_t time_s = mm_answer_number(object, name, 0);
	char when[MM_WHEN_MAX];

	if (time_s == 0)
		return;
	mm_when_format_relative(time_s, now_s, when);
	printf("%s%s", before, when);
}

static void
put_count(const char *before, const struct mm_answer_object *object, const char *name, const char *after)
{
	printf("%s%" PRId64 "%s", before, mm_answer_number(object, name, 0), after);
}

/* ---- the whole ---- */

static void
put_head(const struct mm_answer_object *status, int64_t now_s)
{
	char since[MM_WHEN_MAX];

	mm_when_format_duration(now_s - mm_answer_number(status, "started", now_s), since);
	fputs("mintmarkd ", stdout);
	put_text(status, "version");
	printf(" runs for %s, process %" PRId64 "\n", since, mm_answer_number(status, "pid", 0));
}

static void
put_configuration(const struct mm_answer_object *status, int64_t now_s)
{
	struct mm_answer_object configuration;

	mm_answer_object(status, "configuration", &configuration);
	put_title("configuration");
	put_text(&configuration, "path");
	put_time(", read ", &configuration, "loaded", now_s);
	fputc('\n', stdout);
	put_title("trust");
	put_count("epoch ", status, "epoch", "");
	put_time(", compiled ", status, "compiled", now_s);
	fputc('\n', stdout);
}

static void
put_process(const struct mm_answer_object *process, int64_t now_s)
{
	put_title("process");
	put_text(process, "name");
	if (mm_slice_present(mm_answer_text(process, "realm"))) {
		fputs(" of ", stdout);
		put_text(process, "realm");
	}
	if (!mm_answer_flag(process, "running", false))
		fputs(", not running", stdout);
	put_time(", started ", process, "since", now_s);
	if (mm_answer_number(process, "restarts", 0) > 0)
		put_count(", ", process, "restarts", " restarts");
	fputc('\n', stdout);
}

/* ---- gates ---- */

static void
put_decisions(const struct mm_answer_object *state)
{
	struct mm_answer_object part;

	if (mm_answer_object(state, "decisions", &part)) {
		put_count(", ", &part, "allowed", " allowed");
		put_count(", ", &part, "denied", " denied");
	}
}

static void
put_cache(const struct mm_answer_object *state)
{
	struct mm_answer_object part;
	int64_t hits, misses;

	if (!mm_answer_object(state, "cache", &part))
		return;
	hits = mm_answer_number(&part, "hits", 0);
	misses = mm_answer_number(&part, "misses", 0);
	put_title("  cache");
	put_count("", &part, "entries", " tokens");
	printf(" in %.1f MiB", (double)mm_answer_number(&part, "bytes", 0) / (1024 * 1024));
	if (hits + misses > 0)
		printf(", %.1f %% of lookups found", 100.0 * (double)hits / (double)(hits + misses));
	fputc('\n', stdout);
}

static void
put_autopsies(const struct mm_answer_object *state)
{
	struct mm_answer_object part;

	if (!mm_answer_object(state, "autopsies", &part))
		return;
	put_title("  autopsies");
	put_count("", &part, "examined", " examined");
	put_count(", ", &part, "proofs", " proofs");
	put_count(", ", &part, "leads", " leads");
	put_count(", ", &part, "queued", " waiting");
	put_count(", ", &part, "dropped", " not examined");
	fputc('\n', stdout);
}

static void
put_journal(const struct mm_answer_object *state)
{
	struct mm_answer_object part;

	if (!mm_answer_object(state, "journal", &part))
		return;
	put_title("  journal");
	put_count("", &part, "records", " records");
	put_count(", ", &part, "folded", " denials only counted");
	put_count(", ", &part, "failures", " failures");
	fputc('\n', stdout);
}

static void
put_ledger(const struct mm_answer_object *state)
{
	struct mm_answer_object part;

	if (!mm_answer_object(state, "ledger", &part))
		return;
	put_title("  ledger");
	fputs(mm_answer_flag(&part, "connected", false) ? "heard" : "not heard", stdout);
	if (mm_answer_number(&part, "age", -1) >= 0)
		printf(", last %.1f s ago", (double)mm_answer_number(&part, "age", 0) / 1000);
	put_count(", ", &part, "tokens", " tokens in its index");
	put_count(", ", &part, "revoked", " revocations");
	put_count(", ", &part, "waiting", " requests wait");
	put_count(", ", &part, "asked", " questions");
	fputc('\n', stdout);
}

static void
put_gate(const struct mm_answer_object *gate, int64_t now_s)
{
	struct mm_answer_object state;

	put_title("gate");
	put_text(gate, "name");
	if (mm_answer_number(gate, "epoch", 0) > 0)
		put_count(", decides by epoch ", gate, "epoch", "");
	mm_answer_object(gate, "state", &state);
	put_decisions(&state);
	put_time(", told ", gate, "told", now_s);
	fputc('\n', stdout);
	put_cache(&state);
	put_autopsies(&state);
	put_journal(&state);
	put_ledger(&state);
}

/* ---- keys ---- */

static void
put_realms(const struct mm_answer_object *source)
{
	struct mm_json_value realms = mm_answer_array(source, "realms"), realm;
	size_t position = 0, told = 0;

	while (mm_json_next(realms, &position, &realm)) {
		fputs(told++ == 0 ? "" : ", ", stdout);
		mm_terminal_put(stdout, mm_answer_text_of(realm), SIZE_MAX);
	}
}

static void
put_source(const struct mm_answer_object *source, int64_t now_s)
{
	put_title("keys");
	put_realms(source);
	if (mm_answer_is(source, "kind", "mint")) {
		fputs(": a mint", stdout);
		put_time(", told by the ledger ", source, "came", now_s);
		fputc('\n', stdout);
		return;
	}
	fputs(": ", stdout);
	put_text(source, "kind");
	fputc(' ', stdout);
	put_text(source, "address");
	fputc('\n', stdout);
	if (mm_answer_is(source, "kind", "file"))
		return;
	put_title("");
	put_count("", source, "keys", " keys");
	put_time(", fetched ", source, "fetched", now_s);
	if (mm_answer_flag(source, "kept", false))
		fputs(" and kept on the disk", stdout);
	put_time(", tried ", source, "tried", now_s);
	put_time(", again ", source, "next", now_s);
	fputc('\n', stdout);
}

/* ---- the page ---- */

static void
put_each(const struct mm_answer_object *status, const char *name, int64_t now_s,
    void (*put)(const struct mm_answer_object *object, int64_t now_s))
{
	struct mm_json_value array = mm_answer_array(status, name), element;
	struct mm_answer_object object;
	size_t position = 0;

	while (mm_json_next(array, &position, &element))
		if (mm_answer_element(element, &object))
			put(&object, now_s);
}

static void
put_followers(const struct mm_answer_object *status)
{
	struct mm_answer_object followers;

	mm_answer_object(status, "followers", &followers);
	if (!mm_slice_present(mm_answer_text(&followers, "path")))
		return;
	put_title("followers");
	put_count("", &followers, "connected", " at ");
	put_text(&followers, "path");
	fputc('\n', stdout);
}

/* Returns whether nothing is wrong. */
static bool
put_page(const struct mm_answer_object *status)
{
	int64_t now_s = mm_answer_number(status, "now", 0);
	bool good;

	put_head(status, now_s);
	good = mm_status_put_troubles(stdout, status);
	fputc('\n', stdout);
	put_configuration(status, now_s);
	put_each(status, "processes", now_s, put_process);
	put_each(status, "gates", now_s, put_gate);
	put_each(status, "sources", now_s, put_source);
	put_followers(status);
	return good;
}

static int
tell(const struct mm_command *command, const struct mm_control_options *options, struct mm_slice line)
{
	struct mm_answer_object status;

	if (!mm_answer_read(line, &status)) {
		fprintf(stderr, "mintmark %s: the answer cannot be read\n", command->name);
		return MM_EXIT_DENIED;
	}
	if (!options->json)
		return put_page(&status) ? MM_EXIT_DONE : MM_EXIT_DENIED;
	mm_control_print_json(line);
	return mm_status_put_troubles(NULL, &status) ? MM_EXIT_DONE : MM_EXIT_DENIED;
}

int
mm_command_status(const struct mm_command *command, int argc, char **argv)
{
	return mm_control_run(command, argc, argv, NULL, tell);
}
