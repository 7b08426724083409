/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a user of 'mintmark hunt' names, among the names of the logs that were read.
 */
#include "cli/hunt_subject.h"

#include "cli/terminal.h"
#include "engine/logs/normalise.h"
#include "lib/codec/ascii.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

/* The name that no event has. */
#define NOBODY UINT32_MAX

/* As reading does it: names of tenants, users, mailboxes and applications are in lower case. 0: no record has it. */
static uint32_t
find_name(const struct mm_names *names, const char *text)
{
	char lower[MM_NAMES_TEXT_MAX];
	size_t len = strlen(text);

	if (len > sizeof(lower))
		return 0;
	for (size_t i = 0; i < len; i++)
		lower[i] = mm_ascii_lower(text[i]);
	return mm_names_find(names, mm_slice(lower, len));
}

/* ---- tenant ---- */

static bool
has_tenant(const struct mm_logs_reading *reading, uint32_t tenant)
{
	size_t count;
	const struct mm_logs_hour *hours = mm_logs_reading_hours(reading, &count);

	for (size_t i = 0; i < count; i++)
		if (hours[i].tenant == tenant)
			return true;
	return false;
}

/* The tenants that a domain stands for: two are one too many. */
struct tenants {
	const struct mm_names *names;
	struct mm_slice domain;
	uint32_t found[2];
	size_t count;
};

static bool
is_of_domain(struct tenants *tenants, const struct mm_logs_event *event)
{
	struct mm_slice organisation = mm_names_text(tenants->names, event->organisation);
	struct mm_slice mailbox = mm_names_text(tenants->names, event->mailbox);
	size_t len = tenants->domain.len;

	if (organisation.len == len && strncasecmp(organisation.ptr, tenants->domain.ptr, len) == 0)
		return true;
	return mailbox.len > len && mailbox.ptr[mailbox.len - len - 1] == '@' &&
	    strncasecmp(mailbox.ptr + mailbox.len - len, tenants->domain.ptr, len) == 0;
}

static void
look_at(struct tenants *tenants, const struct mm_logs_event *event)
{
	for (size_t i = 0; i < tenants->count; i++)
		if (tenants->found[i] == event->tenant)
			return;
	if (event->tenant != 0 && tenants->count < 2 && is_of_domain(tenants, event))
		tenants->found[tenants->count++] = event->tenant;
}

static int
find_tenants(struct mm_logs_reading *reading, struct tenants *tenants)
{
	struct mm_logs_cursor *cursor = mm_logs_cursor_new(mm_logs_reading_store(reading), INT64_MIN, INT64_MAX);
	const struct mm_logs_event *event;
	int more = cursor == NULL ? -1 : 1;

	while (more == 1 && (more = mm_logs_cursor_next(cursor, &event)) == 1)
		look_at(tenants, event);
	mm_logs_cursor_free(&cursor);
	return more;
}

static int
complain(const char *text, const char *what)
{
	fputs("mintmark hunt: --tenant '", stderr);
	mm_terminal_put(stderr, mm_slice_str(text), 80);
	fprintf(stderr, "': %s\n", what);
	return MM_EXIT_USAGE;
}

int
mm_hunt_find_tenant(struct mm_logs_reading *reading, const char *text, uint32_t *tenant)
{
	struct tenants tenants = { .names = mm_logs_reading_names(reading), .domain = mm_slice_str(text) };

	*tenant = find_name(tenants.names, text);
	if (*tenant != 0 && has_tenant(reading, *tenant))
		return MM_EXIT_DONE;
	if (find_tenants(reading, &tenants) != 0)
		return complain(text, strerror(errno));
	if (tenants.count == 0)
		return complain(text, "no record of these logs names this tenant or domain");
	if (tenants.count > 1)
		return complain(text, "mailboxes of several tenants have this domain; name one of them by its id");
	*tenant = tenants.found[0];
	return MM_EXIT_DONE;
}

/* ---- pivot ---- */

/* A long id is known by its number in the logs' table of names, which the one that it was parsed with is not. */
static bool
find_id(const struct mm_names *names, const struct mm_hunt_pivot *pivot, struct mm_logs_id *id)
{
	struct mm_names *own = mm_names_new(1, MM_NAMES_TEXT_MAX);
	uint32_t name = NOBODY;

	if (own == NULL)
		return false;
	mm_logs_id_parse(own, mm_slice_str(pivot->text), pivot->kind == MM_SUBJECT_TOKEN, id, NULL);
	mm_names_free(&own);
	if (id->kind != MM_LOGS_NAMED)
		return true;
	if (mm_names_find(names, mm_slice_str(pivot->text)) != 0)
		name = mm_names_find(names, mm_slice_str(pivot->text));
	memcpy(id->bytes, &name, sizeof(name));
	return true;
}

bool
mm_hunt_find_pivot(const struct mm_logs_reading *reading, const struct mm_hunt_pivot *pivot,
    struct mm_subject *subject)
{
	const struct mm_names *names = mm_logs_reading_names(reading);
	struct mm_logs_id id = { .kind = MM_LOGS_NO_ID };
	uint32_t name;

	switch (pivot->kind) {
	case MM_SUBJECT_TOKEN:
	case MM_SUBJECT_SESSION:
		if (!find_id(names, pivot, &id))
			return false;
		*subject = mm_subject_of_id(pivot->kind, &id);
		return true;
	case MM_SUBJECT_ADDRESS:
	case MM_SUBJECT_NETWORK:
		*subject = mm_subject_of_address(pivot->kind, &pivot->address);
		return true;
	default:
		name = find_name(names, pivot->text);
		*subject = mm_subject_of_name(pivot->kind, name == 0 ? NOBODY : name);
		return true;
	}
}
