/* SPDX-License-Identifier: Apache-2.0 */
/* The log and systemd. */
#include "daemon/mintmarkd/tell.h"

#include "daemon/mintmarkd/clock.h"
#include "daemon/mintmarkd/log.h"
#include "daemon/mintmarkd/mintmarkd.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <systemd/sd-daemon.h>

/* Lines of a difference that are logged; 'mintmark reload' prints all. */
#define LINES_MAX 200

/* ---- the log ---- */

static bool
same_text(const char *a, const char *b)
{
	return a == b || (a != NULL && b != NULL && strcmp(a, b) == 0);
}

static bool
is_known(const struct mm_problem *problem, const struct mm_problems *known)
{
	for (size_t i = 0; known != NULL && i < known->count; i++)
		if (known->items[i].class == problem->class && same_text(known->items[i].where, problem->where) &&
		    same_text(known->items[i].text, problem->text))
			return true;
	return false;
}

static void
tell_problem(const struct mm_problem *problem)
{
	bool alarm = problem->class == MM_PROBLEM_ALARM;
	const char *mend = problem->mend == NULL ? "" : problem->mend;
	char line[32] = "";

	if (problem->line > 0)
		snprintf(line, sizeof(line), "%d: ", problem->line);
	mm_log(alarm ? LOG_ALERT : LOG_ERR, "%s%s:%s%s%s%s%s", alarm ? "alarm: " : "", problem->where,
	    *line == '\0' ? " " : line, problem->text, *mend == '\0' ? "" : " (", mend, *mend == '\0' ? "" : ")");
}

void
mm_tell_problems(const struct mm_problems *problems, const struct mm_problems *known)
{
	for (size_t i = 0; i < problems->count; i++)
		if (problems->items[i].class != MM_PROBLEM_REMARK && !is_known(&problems->items[i], known))
			tell_problem(&problems->items[i]);
	if (problems->incomplete)
		mm_log(LOG_ERR, "memory is short");
}

void
mm_tell_lines(const struct mm_buf *lines)
{
	const char *at = lines->data, *end = lines->data + lines->len;

	for (unsigned count = 0; at < end; count++) {
		const char *newline = memchr(at, '\n', (size_t)(end - at));
		size_t len = (size_t)((newline == NULL ? end : newline) - at);

		if (count == LINES_MAX) {
			mm_log(LOG_NOTICE, "reload: and more");
			return;
		}
		mm_log(LOG_NOTICE, "reload: %.*s", (int)len, at);
		at += len + 1;
	}
}

/* ---- systemd ---- */

static void
write_addresses(const struct mm_listeners *listeners, char *text, size_t size)
{
	size_t len = 0;

	text[0] = '\0';
	for (size_t i = 0; i < listeners->count && len < size; i++)
		len += (size_t)snprintf(text + len, size - len, "%s%s", i == 0 ? "" : ", ", listeners->items[i].name);
}

static void
tell_running(const struct mm_mintmarkd *mintmarkd)
{
	const struct mm_config *config = mintmarkd->reading->config;
	char addresses[512];

	write_addresses(&mintmarkd->listeners, addresses, sizeof(addresses));
	sd_notifyf(0, "READY=1\nSTATUS=%zu services of %zu realms, epoch %" PRIu64 ", on %s", config->service_count,
	    config->realm_count, mintmarkd->trust.epoch, addresses);
}

/* Where nobody listens, as without systemd, nothing happens. */
void
mm_tell_state(const struct mm_mintmarkd *mintmarkd)
{
	const struct mm_keeper *keeper = &mintmarkd->gate.keeper;

	switch (keeper->state) {
	case MM_KEEPER_DOWN:
	case MM_KEEPER_STARTING:
		sd_notifyf(0, "STATUS=the gate %s", keeper->was_ready ? "died and is started again" : "is started");
		break;
	case MM_KEEPER_RUNNING:
		tell_running(mintmarkd);
		break;
	case MM_KEEPER_STOPPING:
	case MM_KEEPER_STOPPED:
		sd_notify(0, "STOPPING=1\nSTATUS=what is in flight is answered");
		break;
	}
}

/*
 * sd_notify(3): RELOADING=1 "tells the service manager that the service is beginning to reload its configuration", and
 * READY=1 must follow; MONOTONIC_USEC is for services of Type=notify-reload.
 */
void
mm_tell_reloading(void)
{
	sd_notifyf(0, "RELOADING=1\nMONOTONIC_USEC=%" PRId64 "\nSTATUS=the configuration is read anew",
	    mm_clock_ms() * 1000);
}

void
mm_tell_reloaded(const struct mm_mintmarkd *mintmarkd)
{
	tell_running(mintmarkd);
}
