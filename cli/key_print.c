/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Answers about keys: a table of what is and what comes, and sentences about what was done.
 */
#include "cli/key_print.h"

#include "cli/id_argument.h"
#include "cli/terminal.h"
#include "cli/when.h"

#include <inttypes.h>
#include <stdio.h>

enum {
	REALM_COLUMNS = 16,
	KID_ROOM = 12,
	ALGORITHM_COLUMNS = 7,
	STATE_COLUMNS = 19,
	AGE_COLUMNS = 15,
};

static void
put(const struct mm_answer_object *object, const char *name)
{
	mm_terminal_put(stdout, mm_answer_text(object, name), SIZE_MAX);
}

static void
put_padded(const struct mm_answer_object *object, const char *name, size_t columns)
{
	mm_terminal_put_padded(stdout, mm_answer_text(object, name), columns);
}

/* The beginning of a kid. */
static struct mm_slice
short_kid(const struct mm_answer_object *key)
{
	struct mm_slice kid = mm_answer_text(key, "kid");

	return kid.len > MM_KID_SHOWN_LEN ? mm_slice(kid.ptr, MM_KID_SHOWN_LEN) : kid;
}

static bool
has(const struct mm_answer_object *key, const char *name)
{
	return mm_answer_number(key, name, 0) != 0;
}

/* ---- the table ---- */

static void
put_heading(void)
{
	mm_terminal_begin(stdout, MM_STYLE_STRONG);
	printf("%-*s%-*s%-*s%-*s%-*s%s", REALM_COLUMNS, "REALM", KID_ROOM, "KID", ALGORITHM_COLUMNS, "ALG",
	    STATE_COLUMNS, "STATE", AGE_COLUMNS, "AGE", "NEXT");
	mm_terminal_end(stdout);
	fputc('\n', stdout);
}

static void
put_state(const struct mm_answer_object *key)
{
	bool tainted = has(key, "tainted") && !mm_answer_is(key, "state", "revoked");
	struct mm_slice state = mm_answer_text(key, "state");
	char text[64];

	(void)snprintf(text, sizeof(text), "%.*s%s", (int)(state.len < 32 ? state.len : 32), state.ptr,
	    tainted ? ", tainted" : "");
	if (tainted || mm_answer_is(key, "state", "revoked"))
		mm_terminal_begin(stdout, MM_STYLE_BAD);
	else if (mm_answer_is(key, "state", "active"))
		mm_terminal_begin(stdout, MM_STYLE_GOOD);
	mm_terminal_put_padded(stdout, mm_slice_str(text), STATE_COLUMNS);
	mm_terminal_end(stdout);
}

/* Since it signs; of one that does not yet, since it was made. */
static void
put_age(const struct mm_answer_object *key, int64_t now_s)
{
	int64_t since_s = mm_answer_number(key, "nbf", 0);
	char age[MM_WHEN_MAX];

	if (since_s == 0 || since_s > now_s)
		since_s = mm_answer_number(key, "made", now_s);
	mm_when_format_duration(now_s > since_s ? now_s - since_s : 0, age);
	mm_terminal_put_padded(stdout, mm_slice_str(age), AGE_COLUMNS);
}

static void
put_next(const struct mm_answer_object *key, int64_t now_s)
{
	int64_t at_s = mm_answer_number(key, "next_at", 0);
	char when[MM_WHEN_MAX];

	if (!mm_slice_present(mm_answer_text(key, "next"))) {
		fputs(mm_answer_is(key, "state", "prepared") ? "waits: restore or revoke it" : "-", stdout);
		return;
	}
	put(key, "next");
	if (at_s <= now_s) {
		fputs(" now", stdout);
		return;
	}
	mm_when_format_relative(at_s, now_s, when);
	printf(" %s", when);
	mm_when_format(at_s, when);
	mm_terminal_begin(stdout, MM_STYLE_FAINT);
	printf(" (%s)", when);
	mm_terminal_end(stdout);
}

static void
put_row(const struct mm_answer_object *key, int64_t now_s)
{
	put_padded(key, "realm", REALM_COLUMNS);
	mm_terminal_put_padded(stdout, short_kid(key), KID_ROOM);
	put_padded(key, "algorithm", ALGORITHM_COLUMNS);
	put_state(key);
	put_age(key, now_s);
	put_next(key, now_s);
	fputc('\n', stdout);
}

static bool
is_over(const struct mm_answer_object *key)
{
	return mm_answer_is(key, "state", "retired") || mm_answer_is(key, "state", "revoked");
}

/* ---- what is wrong with a realm ---- */

static void
put_alarm(struct mm_slice realm, struct mm_slice text)
{
	mm_terminal_begin(stdout, MM_STYLE_BAD);
	fputs("  ! ", stdout);
	mm_terminal_end(stdout);
	mm_terminal_put(stdout, realm, SIZE_MAX);
	fputs(": ", stdout);
	mm_terminal_put(stdout, text, SIZE_MAX);
	fputc('\n', stdout);
}

/* Sooner than this nobody need do anything about it. */
#define SOON_S 60

/* Where no key signs: which one will by itself, and what to do for those who cannot wait. */
static void
put_idle(const struct mm_answer_object *answer, int64_t now_s)
{
	struct mm_slice kid = mm_answer_text(answer, "signs_next");
	int64_t at_s = mm_answer_number(answer, "signs_next_at", 0);
	char when[MM_WHEN_MAX];

	if (!mm_answer_flag(answer, "nothing_signs", false) || !mm_slice_present(kid))
		return;
	mm_when_format_relative(at_s, now_s, when);
	fputs("    ", stdout);
	put(answer, "realm");
	fputs(": the key ", stdout);
	mm_terminal_put(stdout, kid.len > MM_KID_SHOWN_LEN ? mm_slice(kid.ptr, MM_KID_SHOWN_LEN) : kid, SIZE_MAX);
	printf(" signs next, %s%s\n", when,
	    at_s > now_s + SOON_S ? ", when it was published for publish_before; until then nothing is issued" : "");
	if (at_s <= now_s + SOON_S)
		return;
	fputs("    'mintmark key rotate --now ", stdout);
	put(answer, "realm");
	puts("' has it sign at once");
}

static void
put_realm(const struct mm_answer_object *realm, int64_t now_s)
{
	struct mm_json_value alarms = mm_answer_array(realm, "alarms"), alarm;
	int64_t until_s = mm_answer_number(realm, "held_until", 0);
	size_t position = 0;
	char name[80], when[MM_WHEN_MAX];

	(void)snprintf(name, sizeof(name), "%.*s", (int)mm_answer_text(realm, "realm").len,
	    mm_answer_text(realm, "realm").ptr);
	while (mm_json_next(alarms, &position, &alarm))
		put_alarm(mm_slice_str(name), mm_answer_text_of(alarm));
	if (mm_slice_present(mm_answer_text(realm, "signer")))
		put_alarm(mm_slice_str(name), mm_slice_str(mm_answer_is(realm, "signer", "away") ?
		    "its signer is away" : "its signer cannot reach the key store"));
	put_idle(realm, now_s);
	if (until_s == 0)
		return;
	mm_when_format_relative(until_s, now_s, when);
	printf("    %s: rotation goes on %s\n", name, when);
}

void
mm_key_print_list(const struct mm_answer_object *answer, const struct mm_key_view *view)
{
	struct mm_json_value keys = mm_answer_array(answer, "keys"), realms = mm_answer_array(answer, "realms");
	struct mm_json_value element;
	int64_t now_s = mm_answer_number(answer, "now", 0);
	struct mm_answer_object object;
	size_t position = 0, hidden = 0;

	put_heading();
	while (mm_json_next(keys, &position, &element)) {
		if (!mm_answer_element(element, &object))
			continue;
		if (is_over(&object) && !view->all)
			hidden++;
		else
			put_row(&object, now_s);
	}
	if (hidden > 0)
		printf("and %zu retired or revoked: --all\n", hidden);
	position = 0;
	while (mm_json_next(realms, &position, &element))
		if (mm_answer_element(element, &object))
			put_realm(&object, now_s);
}

/* ---- one key ---- */

static void
put_text(const struct mm_answer_object *key, const char *title, const char *name)
{
	printf("%-16s", title);
	put(key, name);
	fputc('\n', stdout);
}

static void
put_time(const struct mm_answer_object *key, const char *title, const char *name, int64_t now_s)
{
	int64_t time_s = mm_answer_number(key, name, 0);
	char when[MM_WHEN_MAX];

	if (time_s == 0)
		return;
	mm_when_format(time_s, when);
	printf("%-16s%s", title, when);
	mm_when_format_relative(time_s, now_s, when);
	printf(", %s\n", when);
}

static void
put_event(const struct mm_answer_object *event, bool with_key)
{
	char when[MM_WHEN_MAX];

	mm_when_format(mm_answer_number(event, "time", 0), when);
	printf("%s  ", when);
	if (with_key) {
		put_padded(event, "realm", REALM_COLUMNS);
		mm_terminal_put_padded(stdout, short_kid(event), KID_ROOM);
	}
	put(event, "event");
	if (mm_answer_flag(event, "early", false))
		fputs(", before it was published for long enough", stdout);
	if (mm_answer_number(event, "uid", -1) >= 0)
		printf(", asked by user %" PRId64, mm_answer_number(event, "uid", -1));
	if (mm_slice_present(mm_answer_text(event, "by"))) {
		fputs(", approved by ", stdout);
		put(event, "by");
	}
	if (mm_slice_present(mm_answer_text(event, "why"))) {
		fputs(": ", stdout);
		put(event, "why");
	}
	fputc('\n', stdout);
}

static void
put_events(const struct mm_answer_object *answer, bool with_key)
{
	struct mm_json_value events = mm_answer_array(answer, "events"), element;
	struct mm_answer_object event;
	size_t position = 0;

	while (mm_json_next(events, &position, &element))
		if (mm_answer_element(element, &event))
			put_event(&event, with_key);
}

void
mm_key_print_one(const struct mm_answer_object *answer, const struct mm_key_view *view)
{
	int64_t now_s = mm_answer_number(answer, "now", 0);

	(void)view;
	put_text(answer, "realm", "realm");
	put_text(answer, "kid", "kid");
	put_text(answer, "algorithm", "algorithm");
	fputs("state           ", stdout);
	put_state(answer);
	fputc('\n', stdout);
	put_time(answer, "made", "made", now_s);
	put_time(answer, "published", "published", now_s);
	put_time(answer, "signs from", "nbf", now_s);
	put_time(answer, "signs until", "exp", now_s);
	put_time(answer, "verifies until", "verify_until", now_s);
	put_time(answer, "retired", "retired", now_s);
	put_time(answer, "tainted", "tainted", now_s);
	put_time(answer, "revoked", "revoked", now_s);
	put_time(answer, "private part destroyed", "destroyed", now_s);
	fputs("next            ", stdout);
	put_next(answer, now_s);
	fputs("\n\n", stdout);
	put_events(answer, false);
}

void
mm_key_print_history(const struct mm_answer_object *answer, const struct mm_key_view *view)
{
	(void)view;
	put_events(answer, true);
}

/* ---- what was done ---- */

static void
put_rotation(const struct mm_answer_object *answer)
{
	int64_t known_s = mm_answer_number(answer, "known_everywhere_at", 0);
	int64_t now_s = mm_answer_number(answer, "time", 0);
	char when[MM_WHEN_MAX];

	mm_when_format_relative(mm_answer_number(answer, "signs_at", now_s), now_s, when);
	put(answer, "realm");
	fputs(": the key ", stdout);
	mm_terminal_put(stdout, short_kid(answer), SIZE_MAX);
	if (mm_slice_present(mm_answer_text(answer, "waits_for"))) {
		fputs(" signs when this is back: ", stdout);
		put(answer, "waits_for");
		fputc('\n', stdout);
	} else {
		printf(" signs %s\n", when);
	}
	if (known_s == 0)
		return;
	mm_when_format(known_s, when);
	printf("    Verifiers that keep the key document refuse its tokens until they ask for it again: at the latest "
	       "at %s\n", when);
}

void
mm_key_print_rotation(const struct mm_answer_object *answer, const struct mm_key_view *view)
{
	(void)view;
	put_rotation(answer);
}

void
mm_key_print_hold(const struct mm_answer_object *answer, const struct mm_key_view *view)
{
	int64_t now_s = mm_answer_number(answer, "time", 0), until_s = mm_answer_number(answer, "until", 0);
	char when[MM_WHEN_MAX];

	(void)view;
	put(answer, "realm");
	if (until_s <= now_s) {
		puts(": rotation goes on");
		return;
	}
	mm_when_format_relative(until_s, now_s, when);
	printf(": rotation is held; it goes on by itself %s, and earlier where a key would grow too old\n", when);
}

void
mm_key_print_change(const struct mm_answer_object *answer, const struct mm_key_view *view)
{
	struct mm_answer_object rotation;

	(void)view;
	put(answer, "realm");
	fputs(": the key ", stdout);
	mm_terminal_put(stdout, short_kid(answer), SIZE_MAX);
	fputs(" is ", stdout);
	put(answer, "event");
	fputc('\n', stdout);
	if (mm_answer_object(answer, "rotation", &rotation))
		put_rotation(&rotation);
	else if (mm_answer_flag(answer, "nothing_signs", false))
		puts("    No key signs now, so that nothing is issued");
	put_idle(answer, mm_answer_number(answer, "time", 0));
}

void
mm_key_print_restoration(const struct mm_answer_object *answer, const struct mm_key_view *view)
{
	if (mm_answer_is(answer, "event", "restored")) {
		mm_key_print_change(answer, view);
		return;
	}
	put(answer, "realm");
	puts(": approved once; somebody else must approve within 24 hours, with the same command and his own name");
}
