/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is wrong with a running mintmarkd: one function a kind of trouble, in the order in which they are told.
 */
#include "cli/status_trouble.h"

#include "cli/terminal.h"
#include "cli/when.h"
#include "lib/base/array.h"

#include <inttypes.h>
#include <stdarg.h>

/* A gate tells its state each second. */
#define SILENT_AFTER_S 10

/* What is revoked is on record long before. */
#define OWED_AFTER_S 5

/* A key that signs so soon needs nobody. */
#define SOON_S 60

/* Fewer days until the ledger's disk is full are a trouble. */
#define DISK_DAYS 14

struct troubles {
	FILE *stream; /* NULL: they are only counted */
	const struct mm_answer_object *status;
	int64_t now_s;
	size_t count;
};

/* ---- lines ---- */

/* Begin a line about a thing, which strangers may have named. */
static void
begin(struct troubles *troubles, const char *before, struct mm_slice name)
{
	troubles->count++;
	if (troubles->stream == NULL)
		return;
	mm_terminal_begin(troubles->stream, MM_STYLE_BAD);
	fputs("  ! ", troubles->stream);
	mm_terminal_end(troubles->stream);
	fputs(before, troubles->stream);
	mm_terminal_put(troubles->stream, name, SIZE_MAX);
}

static void add(struct troubles *troubles, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void
add(struct troubles *troubles, const char *format, ...)
{
	va_list arguments;

	if (troubles->stream == NULL)
		return;
	va_start(arguments, format);
	(void)vfprintf(troubles->stream, format, arguments);
	va_end(arguments);
}

static void
add_text(struct troubles *troubles, struct mm_slice text)
{
	if (troubles->stream != NULL)
		mm_terminal_put(troubles->stream, text, SIZE_MAX);
}

static void
end(struct troubles *troubles)
{
	if (troubles->stream != NULL)
		fputc('\n', troubles->stream);
}

/* Call look with each object of an array of the status. */
static void
each(struct troubles *troubles, const char *name,
    void (*look)(struct troubles *troubles, const struct mm_answer_object *object))
{
	struct mm_json_value array = mm_answer_array(troubles->status, name), element;
	struct mm_answer_object object;
	size_t position = 0;

	while (mm_json_next(array, &position, &element))
		if (mm_answer_element(element, &object))
			look(troubles, &object);
}

/* ---- somebody holds a key ---- */

static void
look_at_proofs(struct troubles *troubles, const struct mm_answer_object *gate)
{
	struct mm_answer_object state, autopsies;
	int64_t proofs;

	mm_answer_object(gate, "state", &state);
	mm_answer_object(&state, "autopsies", &autopsies);
	proofs = mm_answer_number(&autopsies, "proofs", 0);
	if (proofs == 0)
		return;
	begin(troubles, "gate ", mm_answer_text(gate, "name"));
	add(troubles,
	    ": %" PRId64 " token%s proven to be signed by who holds a key that is not his: 'mintmark autopsies'",
	    proofs, proofs == 1 ? " is" : "s are");
	end(troubles);
}

/* ---- processes ---- */

/* "signer of realm consumer" */
static void
begin_process(struct troubles *troubles, const struct mm_answer_object *process)
{
	struct mm_slice realm = mm_answer_text(process, "realm");

	begin(troubles, "", mm_answer_text(process, "name"));
	if (!mm_slice_present(realm))
		return;
	add(troubles, " of realm ");
	add_text(troubles, realm);
}

/* How the ledger sees a realm's signer and its keys. */
static void
look_at_signer(struct troubles *troubles, struct mm_slice realm, const struct mm_answer_object *seen)
{
	struct mm_slice says = mm_answer_text(seen, "signer_says");

	if (mm_answer_is(seen, "signer", "here") && mm_answer_flag(seen, "has_mark_root", true))
		return;
	begin(troubles, "signer of realm ", realm);
	if (!mm_answer_flag(seen, "has_mark_root", true))
		add(troubles, ": the ledger has no secrets for the realm: run 'mintmark init'");
	else if (mm_answer_is(seen, "signer", "store_away"))
		add(troubles, ": its key store cannot be reached, so that no token is made");
	else
		add(troubles, ": the ledger does not hear it, so that no token is made");
	if (mm_slice_present(says)) {
		add(troubles, ": ");
		add_text(troubles, says);
	}
	end(troubles);
}

/* A new mint, whose next key nobody may know yet, waits for long. */
static void
look_at_idle(struct troubles *troubles, struct mm_slice realm, const struct mm_answer_object *keys)
{
	int64_t at_s = mm_answer_number(keys, "signs_next_at", 0);
	char when[MM_WHEN_MAX];

	if (!mm_answer_flag(keys, "nothing_signs", false) || at_s <= troubles->now_s + SOON_S)
		return;
	mm_when_format_relative(at_s, troubles->now_s, when);
	begin(troubles, "keys of realm ", realm);
	add(troubles, ": the next one signs %s, when it was published for publish_before; 'mintmark key rotate --now ",
	    when);
	add_text(troubles, realm);
	add(troubles, "' has it sign at once");
	end(troubles);
}

static void
look_at_alarms(struct troubles *troubles, struct mm_slice realm, const struct mm_answer_object *keys)
{
	struct mm_json_value alarms = mm_answer_array(keys, "alarms"), alarm;
	size_t position = 0;

	while (mm_json_next(alarms, &position, &alarm)) {
		begin(troubles, "keys of realm ", realm);
		add(troubles, ": ");
		add_text(troubles, mm_answer_text_of(alarm));
		end(troubles);
	}
	look_at_idle(troubles, realm, keys);
}

/* Each realm of what the ledger tells under a name. */
static void
each_realm(struct troubles *troubles, const struct mm_answer_object *state, const char *name,
    void (*look)(struct troubles *troubles, struct mm_slice realm, const struct mm_answer_object *object))
{
	struct mm_answer_object realms, realm;

	mm_answer_object(state, name, &realms);
	for (size_t i = 0; i < realms.index.count; i++)
		if (mm_answer_element(realms.members[i].value, &realm))
			look(troubles, realms.members[i].name.text, &realm);
}

/* How long the ledger's disk has room, and what keeps its oldest records from being let go. */
static void
look_at_kept(struct troubles *troubles, const struct mm_answer_object *process, const struct mm_answer_object *state)
{
	struct mm_answer_object kept;
	struct mm_slice fault;
	int64_t days;

	if (!mm_answer_object(state, "kept", &kept))
		return;
	days = mm_answer_number(&kept, "days_left", -1);
	if (days >= 0 && days < DISK_DAYS) {
		begin_process(troubles, process);
		add(troubles, ": its disk is full in %" PRId64 " days at the present rate, and then no token is "
		    "issued: give it more room, or shorten 'ledger_keep'", days);
		end(troubles);
	}
	fault = mm_answer_text(&kept, "fault");
	if (mm_slice_present(fault)) {
		begin_process(troubles, process);
		add(troubles, ": its oldest records stay: ");
		add_text(troubles, fault);
		end(troubles);
	}
}

/* Revocations that a ledger does not take: it does so within a moment, or something is amiss with it. */
static void
look_at_owed(struct troubles *troubles, const struct mm_answer_object *process, const struct mm_answer_object *state)
{
	int64_t owed = mm_answer_number(state, "revocations_owed", 0);
	char when[MM_WHEN_MAX];

	if (owed == 0 || troubles->now_s - mm_answer_number(state, "revocations_owed_since", 0) < OWED_AFTER_S)
		return;
	mm_when_format_relative(mm_answer_number(state, "revocations_owed_since", 0), troubles->now_s, when);
	begin_process(troubles, process);
	add(troubles, ": the ledger does not take %" PRId64 " revocation%s, since %s: gates may go on with those "
	    "tokens", owed, owed == 1 ? "" : "s", when);
	end(troubles);
}

static void
look_at_process(struct troubles *troubles, const struct mm_answer_object *process)
{
	struct mm_answer_object state;
	struct mm_slice trouble;

	if (!mm_answer_flag(process, "running", false)) {
		begin_process(troubles, process);
		add(troubles, " does not run: see the log of mintmarkd");
		end(troubles);
		return;
	}
	mm_answer_object(process, "state", &state);
	each_realm(troubles, &state, "realms", look_at_signer);
	each_realm(troubles, &state, "keys", look_at_alarms);
	look_at_kept(troubles, process, &state);
	if (mm_answer_flag(&state, "store_failed", false)) {
		begin_process(troubles, process);
		add(troubles, ": its table cannot be written: is the disk full?");
		end(troubles);
	}
	look_at_owed(troubles, process, &state);
	trouble = mm_answer_text(&state, "trouble");
	if (mm_slice_present(trouble) && trouble.len > 0) {
		begin_process(troubles, process);
		add(troubles, ": ");
		add_text(troubles, trouble);
		end(troubles);
	}
}

/* Its issuer goes on with the others, or waits for one. */
static void
look_at_unreachable(struct troubles *troubles, const struct mm_answer_object *address)
{
	begin(troubles, "issuer of realm ", mm_answer_text(address, "realm"));
	add(troubles, ": cannot listen on ");
	add_text(troubles, mm_answer_text(address, "address"));
	add(troubles, ", which is tried again: ");
	add_text(troubles, mm_answer_text(address, "why"));
	end(troubles);
}

static void
look_at_gate(struct troubles *troubles, const struct mm_answer_object *gate)
{
	int64_t told_s = mm_answer_number(gate, "told", 0), epoch = mm_answer_number(troubles->status, "epoch", 0);
	struct mm_answer_object state, journal;

	if (told_s != 0 && troubles->now_s - told_s > SILENT_AFTER_S) {
		begin(troubles, "gate ", mm_answer_text(gate, "name"));
		add(troubles, ": has said nothing for %" PRId64 " s", troubles->now_s - told_s);
		end(troubles);
	}
	if (mm_answer_number(gate, "epoch", 0) < epoch) {
		begin(troubles, "gate ", mm_answer_text(gate, "name"));
		add(troubles, ": still decides by an older trust than that of epoch %" PRId64, epoch);
		end(troubles);
	}
	mm_answer_object(gate, "state", &state);
	mm_answer_object(&state, "journal", &journal);
	if (!mm_answer_flag(&journal, "ready", true)) {
		begin(troubles, "gate ", mm_answer_text(gate, "name"));
		add(troubles, ": cannot write its journal, so it allows nothing: is the disk full?");
		end(troubles);
	}
}

/* What the gate hears of the ledger; a gate without a mint has nothing to hear. */
static void
look_at_ledger(struct troubles *troubles, const struct mm_answer_object *gate)
{
	struct mm_answer_object state, ledger;

	mm_answer_object(gate, "state", &state);
	if (!mm_answer_object(&state, "ledger", &ledger) || mm_answer_is(&ledger, "trust", "fresh"))
		return;
	begin(troubles, "gate ", mm_answer_text(gate, "name"));
	if (mm_answer_is(&ledger, "trust", "clock"))
		add(troubles, ": its clock is %" PRId64 " s off the ledger's, so that mints' tokens are refused",
		    mm_answer_number(&ledger, "clock_off", 0));
	else
		add(troubles, ": hears nothing current of the ledger, so that mints' tokens are refused or only marked "
		    "ones accepted");
	end(troubles);
}

/* Realms that nobody is let in from: others may be well at the same gate. */
static void
look_at_refused(struct troubles *troubles, const struct mm_answer_object *gate)
{
	struct mm_answer_object state, refused;
	struct mm_json_value array, element;
	size_t position = 0;

	mm_answer_object(gate, "state", &state);
	array = mm_answer_array(&state, "refused");
	while (mm_json_next(array, &position, &element)) {
		if (!mm_answer_element(element, &refused))
			continue;
		begin(troubles, "gate ", mm_answer_text(gate, "name"));
		add(troubles, ": all tokens of realm ");
		add_text(troubles, mm_answer_text(&refused, "realm"));
		add(troubles, " are refused: ");
		add_text(troubles, mm_answer_text(&refused, "why"));
		end(troubles);
	}
}

static void
look_at_gap(struct troubles *troubles, const struct mm_answer_object *gate)
{
	struct mm_answer_object state, autopsies;
	int64_t dropped;

	mm_answer_object(gate, "state", &state);
	mm_answer_object(&state, "autopsies", &autopsies);
	dropped = mm_answer_number(&autopsies, "dropped", 0);
	if (dropped == 0)
		return;
	begin(troubles, "gate ", mm_answer_text(gate, "name"));
	add(troubles, ": %" PRId64 " refused token%s too many to be examined: an evidence gap", dropped,
	    dropped == 1 ? " was" : "s were");
	end(troubles);
}

/* ---- configuration ---- */

static void
look_at_reload(struct troubles *troubles)
{
	struct mm_answer_object configuration, reload, problem;
	struct mm_json_value problems, element;
	char when[MM_WHEN_MAX];
	size_t position = 0;

	mm_answer_object(troubles->status, "configuration", &configuration);
	if (!mm_answer_object(&configuration, "reload", &reload) || mm_answer_flag(&reload, "done", false))
		return;
	mm_when_format_relative(mm_answer_number(&reload, "time", troubles->now_s), troubles->now_s, when);
	begin(troubles, "the last reload, ", mm_slice_str(when));
	add(troubles, ", was refused; the configuration before it is in use");
	end(troubles);
	problems = mm_answer_array(&reload, "problems");
	while (mm_json_next(problems, &position, &element))
		if (mm_answer_element(element, &problem) && mm_answer_is(&problem, "class", "error")) {
			add(troubles, "      ");
			add_text(troubles, mm_answer_text(&problem, "where"));
			add(troubles, ":%" PRId64 ": ", mm_answer_number(&problem, "line", 0));
			add_text(troubles, mm_answer_text(&problem, "text"));
			end(troubles);
		}
}

static void
look_at_problem(struct troubles *troubles, const struct mm_answer_object *problem)
{
	if (mm_answer_is(problem, "class", "remark"))
		return;
	begin(troubles, "", mm_answer_text(problem, "where"));
	add(troubles, ": ");
	add_text(troubles, mm_answer_text(problem, "text"));
	end(troubles);
}

/* ---- keys ---- */

static void
begin_source(struct troubles *troubles, const struct mm_answer_object *source)
{
	struct mm_json_value realms = mm_answer_array(source, "realms"), realm;
	size_t position = 0;

	if (!mm_json_next(realms, &position, &realm))
		realm = (struct mm_json_value){ .type = MM_JSON_ABSENT };
	begin(troubles, "keys of realm ", mm_answer_text_of(realm));
	while (mm_json_next(realms, &position, &realm)) {
		add(troubles, ", ");
		add_text(troubles, mm_answer_text_of(realm));
	}
}

static void
look_at_failures(struct troubles *troubles, const struct mm_answer_object *source)
{
	int64_t failures = mm_answer_number(source, "failures", 0), fetched_s = mm_answer_number(source, "fetched", 0);
	char when[MM_WHEN_MAX];

	if (failures == 0)
		return;
	begin_source(troubles, source);
	add(troubles, ": %" PRId64 " fetch%s failed: ", failures, failures == 1 ? "" : "es");
	add_text(troubles, mm_answer_text(source, "text"));
	if (fetched_s == 0) {
		add(troubles, "; they never could be fetched");
	} else {
		mm_when_format_relative(fetched_s, troubles->now_s, when);
		add(troubles, "; in use is what came %s", when);
	}
	end(troubles);
}

static void
look_at_source(struct troubles *troubles, const struct mm_answer_object *source)
{
	bool is_file = mm_answer_is(source, "kind", "file");

	if (mm_answer_is(source, "kind", "mint")) {
		if (mm_answer_number(source, "came", 0) != 0)
			return;
		begin_source(troubles, source);
		add(troubles, ": the ledger did not send them yet, so that the realm's tokens are refused");
		end(troubles);
		return;
	}
	look_at_failures(troubles, source);
	if (!is_file && mm_answer_number(source, "failures", 0) == 0 && mm_answer_number(source, "fetched", 0) == 0) {
		begin_source(troubles, source);
		add(troubles, ": not fetched yet");
		end(troubles);
	}
	if (mm_answer_number(source, "dropped", 0) > 0) {
		begin_source(troubles, source);
		add(troubles, ": %" PRId64 " of the document are not good, and dropped",
		    mm_answer_number(source, "dropped", 0));
		end(troubles);
	}
}

/* ---- the whole ---- */

bool
mm_status_put_troubles(FILE *stream, const struct mm_answer_object *status)
{
	struct troubles troubles = {
		.stream = stream, .status = status, .now_s = mm_answer_number(status, "now", 0),
	};

	each(&troubles, "gates", look_at_proofs);
	each(&troubles, "unreachable", look_at_unreachable);
	each(&troubles, "processes", look_at_process);
	each(&troubles, "gates", look_at_gate);
	each(&troubles, "gates", look_at_ledger);
	each(&troubles, "gates", look_at_refused);
	look_at_reload(&troubles);
	each(&troubles, "sources", look_at_source);
	each(&troubles, "problems", look_at_problem);
	each(&troubles, "gates", look_at_gap);
	if (troubles.count == 0 && stream != NULL) {
		mm_terminal_begin(stream, MM_STYLE_GOOD);
		fputs("  nothing is wrong", stream);
		mm_terminal_end(stream);
		fputc('\n', stream);
	}
	return troubles.count == 0;
}
