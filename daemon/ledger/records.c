/* SPDX-License-Identifier: Apache-2.0 */
/* Recording. */
#include "daemon/ledger/records.h"

#include "daemon/ledger/issue.h"
#include "daemon/ledger/recover.h"
#include "daemon/ledger/revoke.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- who waits ---- */

/* Take a place in the ring; false where it is full. */
static bool
wait_for(struct ledger *ledger, uint64_t sequence, ledger_durable_function *done, void *ctx)
{
	if (done == NULL)
		return true;
	ledger->waiters[ledger->waiter_end++ % LEDGER_WAITERS_MAX] =
	    (struct ledger_waiter){ sequence, done, ctx };
	return true;
}

static bool
waiters_full(const struct ledger *ledger)
{
	return ledger->waiter_end - ledger->waiter_first == LEDGER_WAITERS_MAX;
}

static bool
wake_first(struct ledger *ledger, bool durable)
{
	struct ledger_waiter *waiter = &ledger->waiters[ledger->waiter_first % LEDGER_WAITERS_MAX];

	if (ledger->waiter_first == ledger->waiter_end || (durable && waiter->sequence > ledger->durable))
		return false;
	ledger->waiter_first++;
	waiter->done(waiter->ctx, durable);
	return true;
}

/* ---- appending ---- */

uint64_t
ledger_record(struct ledger *ledger, const struct mm_ledger_record *record, ledger_durable_function *done, void *ctx)
{
	uint64_t sequence;

	if (ledger->writer == NULL || ledger->trouble[0] != '\0' || waiters_full(ledger))
		return 0;
	sequence = mm_ledger_writer_append(ledger->writer, record, ledger->key_state);
	if (sequence == 0)
		return 0;
	ledger->record_count++;
	return wait_for(ledger, sequence, done, ctx) ? sequence : 0;
}

bool
ledger_can_record(struct ledger *ledger)
{
	return ledger->writer != NULL && ledger->trouble[0] == '\0' && !waiters_full(ledger) &&
	    mm_ledger_writer_has_room(ledger->writer);
}

bool
ledger_append(struct ledger *ledger, enum mm_ledger_kind kind, const struct ledger_realm *realm,
    struct mm_slice bytes, ledger_durable_function *done, void *ctx)
{
	struct mm_ledger_record record = {
		.kind = kind,
		.time_us = ledger_wall_us(),
		.event = { mm_slice_str(realm->name), bytes },
	};

	return (kind == MM_LEDGER_KEY || kind == MM_LEDGER_TENANT) && ledger_record(ledger, &record, done, ctx) != 0;
}

uint64_t
ledger_term(const struct ledger *ledger)
{
	return ledger->term_recorded ? ledger->term : ledger->term - 1;
}

const char *
ledger_trouble(const struct ledger *ledger)
{
	if (ledger->damage[0] != '\0')
		return ledger->damage;
	if (ledger->trouble[0] != '\0')
		return ledger->trouble;
	if (ledger->secrets_fault[0] != '\0')
		return ledger->secrets_fault;
	return ledger->writer == NULL ? "nothing can be recorded yet" : NULL;
}

/* ---- releases and voids ---- */

/* A release or void record that waits for the disk: lost with it, it is owed again. */
struct pending_end {
	struct ledger *ledger;
	bool is_void;
	union {
		struct mm_ledger_released released;
		struct ledger_void_owed voided;
	};
};

static void
owe_void(struct ledger *ledger, const struct ledger_void_owed *owed)
{
	if (ledger->void_count < LEDGER_VOIDS_MAX)
		ledger->voids_owed[ledger->void_count++] = *owed;
	else
		ledger->void_lost++;
}

/* Add a range; false where there is no room. */
static bool
owe_released(struct ledger *ledger, struct mm_ledger_range range)
{
	struct mm_ledger_released *released = &ledger->released;
	struct mm_ledger_range *last = released->count == 0 ? NULL : &released->ranges[released->count - 1];

	if (last != NULL && last->first + last->count == range.first) {
		last->count += range.count;
		return true;
	}
	if (released->count == MM_LEDGER_RANGES_MAX)
		return false;
	if (released->count == 0)
		ledger->released_ms = ledger_boot_ms();
	released->ranges[released->count++] = range;
	return true;
}

static void
end_is_durable(void *ctx, bool durable)
{
	struct pending_end *end = ctx;

	if (!durable && end->is_void)
		owe_void(end->ledger, &end->voided);
	for (size_t i = 0; !durable && !end->is_void && i < end->released.count; i++)
		(void)owe_released(end->ledger, end->released.ranges[i]);
	free(end);
}

static void
flush_released(struct ledger *ledger)
{
	static struct mm_ledger_record record;
	struct pending_end *end = ledger->released.count == 0 ? NULL : malloc(sizeof(*end));

	if (end == NULL)
		return;
	record.kind = MM_LEDGER_RELEASED;
	record.time_us = ledger_wall_us();
	record.released = end->released = ledger->released;
	end->ledger = ledger;
	end->is_void = false;
	if (ledger_record(ledger, &record, end_is_durable, end) != 0)
		ledger->released.count = 0;
	else
		free(end);
}

void
ledger_record_released(struct ledger *ledger, uint64_t sequence)
{
	const struct mm_ledger_range range = { sequence, 1 };

	if (owe_released(ledger, range))
		return;
	flush_released(ledger);
	(void)owe_released(ledger, range); /* else a start counts it among those that it cannot tell */
}

static bool
put_void(struct ledger *ledger, const struct ledger_void_owed *owed)
{
	struct pending_end *end = malloc(sizeof(*end));
	static struct mm_ledger_record record;

	if (end == NULL)
		return false;
	end->ledger = ledger;
	end->is_void = true;
	end->voided = *owed;
	record.kind = MM_LEDGER_VOID;
	record.time_us = ledger_wall_us();
	record.voided = (struct mm_ledger_void){ .issued = owed->of.sequence, .serial = owed->of.serial,
		.place = owed->of.place, .status = owed->status, .at_start = owed->at_start,
		.realm = mm_slice_str(owed->realm->name) };
	if (ledger_record(ledger, &record, end_is_durable, end) != 0)
		return true;
	free(end);
	return false;
}

static void
pay_voids(struct ledger *ledger)
{
	size_t paid = 0;

	while (paid < ledger->void_count && put_void(ledger, &ledger->voids_owed[paid]))
		paid++;
	ledger->void_count -= paid;
	memmove(ledger->voids_owed, ledger->voids_owed + paid, ledger->void_count * sizeof(*ledger->voids_owed));
}

void
ledger_record_void(struct ledger *ledger, struct ledger_realm *realm, const struct ledger_unresolved *of,
    enum mm_mint_status status, bool at_start)
{
	const struct ledger_void_owed owed = { realm, *of, (uint8_t)status, at_start };

	ledger_live_void(&realm->mint->live, of->place);
	realm->mint->counts.voided++;
	if (ledger->void_count > 0 || !put_void(ledger, &owed))
		owe_void(ledger, &owed);
}

/* ---- heads ---- */

struct ledger_known_realm *
ledger_known_realm(struct ledger *ledger, struct mm_slice name)
{
	struct ledger_known_realm *known;

	for (size_t i = 0; i < ledger->known_count; i++)
		if (mm_slice_equal(mm_slice_str(ledger->known[i].name), name))
			return &ledger->known[i];
	if (ledger->known_count == MM_LEDGER_REALMS_MAX || name.len == 0 || name.len > MM_NAME_LEN_MAX)
		return NULL;
	known = &ledger->known[ledger->known_count++];
	memcpy(known->name, name.ptr, name.len);
	return known;
}

void
ledger_record_head(struct ledger *ledger)
{
	static struct mm_ledger_record record;
	struct mm_ledger_head *head = &record.head;

	/* What a head counts stands before it. */
	pay_voids(ledger);
	flush_released(ledger);
	if (ledger->void_count > 0 || ledger->released.count > 0)
		return;
	record.kind = MM_LEDGER_HEAD;
	record.time_us = ledger_wall_us();
	head->term = ledger->term;
	head->realm_count = 0;
	for (size_t i = 0; i < ledger->known_count; i++) {
		const struct ledger_known_realm *known = &ledger->known[i];
		const struct ledger_realm *realm = ledger_realm_by_name(ledger, mm_slice_str(known->name));

		head->realms[head->realm_count++] = (struct mm_ledger_head_realm){ mm_slice_str(known->name),
			realm != NULL && realm->mint != NULL ? realm->mint->counts : known->counts };
	}
	if (ledger_record(ledger, &record, NULL, NULL) != 0)
		ledger->head_records = ledger->record_count;
}

/* What was recorded is signed, or void, or under way: else somebody counts wrong. */
static void
check_counts(struct ledger *ledger)
{
	for (struct ledger_realm *realm = NULL; (realm = ledger_realm_next(ledger, realm)) != NULL;) {
		const struct ledger_mint *mint = realm->mint;
		uint64_t ended = mint->counts.released + mint->counts.voided + mint->counts.unknown;

		if (ended + mint->job_count + mint->unresolved_count != mint->counts.recorded)
			ledger_alarm(ledger, "realm %s: %llu tokens are recorded, but %llu signed, %llu void, %llu not "
			    "known and %zu under way", realm->name, (unsigned long long)mint->counts.recorded,
			    (unsigned long long)mint->counts.released, (unsigned long long)mint->counts.voided,
			    (unsigned long long)mint->counts.unknown, mint->job_count + mint->unresolved_count);
	}
}

/* ---- the disk fails, and is tried again ---- */

/* Everything that waits was lost with the disk; tokens among it are refused. */
static void
lose_all(struct ledger *ledger, const char *why)
{
	(void)snprintf(ledger->trouble, sizeof(ledger->trouble), "%s", why);
	ledger_alarm(ledger, "%s: no token is issued until another segment of the ledger can be made", why);
	ledger->retry_ms = ledger_boot_ms() + LEDGER_RETRY_MS;
	while (wake_first(ledger, false))
		;
}

static void
try_again(struct ledger *ledger, int64_t now_ms)
{
	ledger->retry_ms = now_ms + LEDGER_RETRY_MS;
	if (!mm_ledger_writer_resume(ledger->writer)) {
		const char *why = mm_ledger_writer_trouble(ledger->writer);

		(void)snprintf(ledger->trouble, sizeof(ledger->trouble), "%s", why == NULL ? "" : why);
		return;
	}
	ledger->trouble[0] = '\0';
	if (!ledger->term_recorded && !ledger_begin_term(ledger))
		return;
	ledger_alarm(ledger, "the ledger can be written again, in another segment");
}

void
ledger_records_go_on(struct ledger *ledger)
{
	const char *why;

	if (ledger->writer == NULL)
		return;
	/* In this order: with trouble nothing more becomes durable, and what came to the disk before is not lost. */
	why = mm_ledger_writer_trouble(ledger->writer);
	ledger->durable = mm_ledger_writer_durable(ledger->writer);
	while (wake_first(ledger, true))
		;
	if (why != NULL && ledger->trouble[0] == '\0')
		lose_all(ledger, why);
}

int64_t
ledger_records_tick(struct ledger *ledger, int64_t now_ms)
{
	int64_t minute = ledger_wall_s() / 60, next_ms = now_ms + 1000;

	if (ledger->writer == NULL) {
		if (now_ms >= ledger->retry_ms)
			ledger_begin_recording(ledger);
		return next_ms;
	}
	/* Also a failure that came with an append, of which no event tells. */
	if (ledger->trouble[0] == '\0' && mm_ledger_writer_trouble(ledger->writer) != NULL)
		ledger_records_go_on(ledger);
	if (ledger->trouble[0] != '\0') {
		if (now_ms >= ledger->retry_ms)
			try_again(ledger, now_ms);
		return ledger->retry_ms;
	}
	pay_voids(ledger);
	if (ledger->released.count > 0 && now_ms - ledger->released_ms >= LEDGER_RELEASED_MS)
		flush_released(ledger);
	if (minute != ledger->head_minute) {
		ledger->head_minute = minute;
		check_counts(ledger);
		if (ledger->record_count != ledger->head_records)
			ledger_record_head(ledger);
	}
	return ledger->released.count > 0 ? ledger->released_ms + LEDGER_RELEASED_MS : next_ms;
}

void
ledger_records_end(struct ledger *ledger)
{
	if (ledger->writer == NULL || ledger->trouble[0] != '\0')
		return;
	pay_voids(ledger);
	flush_released(ledger);
	ledger_record_head(ledger);
}

void
ledger_records_clear(struct ledger *ledger)
{
	for (uint64_t i = ledger->waiter_first; i != ledger->waiter_end; i++) {
		struct ledger_waiter *waiter = &ledger->waiters[i % LEDGER_WAITERS_MAX];

		if (waiter->done == end_is_durable || waiter->done == ledger_revoke_is_durable)
			free(waiter->ctx);
	}
	free(ledger->waiters);
	free(ledger->voids_owed);
	ledger->waiters = NULL;
	ledger->voids_owed = NULL;
}
