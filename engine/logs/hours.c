/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An open table by tenant, family and hour in one key; records of one hour come one behind the other, so the last place
 * is asked first. The hash has a random key: whoever chooses the times of a log must not choose the places.
 */
#include "engine/logs/hours.h"

#include "engine/logs/event.h"
#include "engine/logs/text_hash.h"

#include <stdlib.h>

#define HOUR_US (INT64_C(3600) * 1000000)
#define HOUR_MAX 0x7ffffff

struct place {
	uint64_t key; /* 0: empty */
	uint64_t records;
};

struct mm_logs_hours {
	struct mm_text_hash_key hash_key;
	struct place *places;
	size_t count, room; /* room is a power of two */
	struct place *last;
};

struct mm_logs_hours *
mm_logs_hours_new(void)
{
	struct mm_logs_hours *hours = calloc(1, sizeof(*hours));

	if (hours == NULL)
		return NULL;
	hours->room = 1024;
	hours->places = calloc(hours->room, sizeof(*hours->places));
	if (hours->places == NULL || !mm_text_hash_key_init(&hours->hash_key))
		mm_logs_hours_free(&hours);
	return hours;
}

void
mm_logs_hours_free(struct mm_logs_hours **hours)
{
	if (*hours == NULL)
		return;
	free((*hours)->places);
	free(*hours);
	*hours = NULL;
}

/* Never 0, for the lowest bit is set. Hours of 8,000 years need 27 bits. */
static uint64_t
key_of(uint32_t tenant, uint8_t family, int64_t hours)
{
	uint64_t hour = (uint64_t)hours & HOUR_MAX;

	return (uint64_t)tenant << 32 | hour << 4 | (uint64_t)(family & 7) << 1 | 1;
}

static struct place *
find(const struct mm_logs_hours *hours, struct place *places, size_t room, uint64_t key)
{
	uint64_t hash = mm_text_hash(&hours->hash_key, mm_slice((const char *)&key, sizeof(key)));
	size_t at = (size_t)(hash >> 32) & (room - 1);

	while (places[at].key != 0 && places[at].key != key)
		at = (at + 1) & (room - 1);
	return &places[at];
}

static bool
grow(struct mm_logs_hours *hours)
{
	size_t room = hours->room * 2;
	struct place *places = calloc(room, sizeof(*places));

	if (places == NULL)
		return false;
	for (size_t i = 0; i < hours->room; i++)
		if (hours->places[i].key != 0)
			*find(hours, places, room, hours->places[i].key) = hours->places[i];
	free(hours->places);
	hours->places = places;
	hours->room = room;
	hours->last = NULL;
	return true;
}

/* Count for a key, which gets a place if there is room. */
static bool
add(struct mm_logs_hours *hours, uint64_t key)
{
	struct place *place = find(hours, hours->places, hours->room, key);

	if (place->key == 0) {
		if (hours->count == MM_LOGS_HOURS_MAX)
			return false;
		if (hours->count >= hours->room / 2) {
			if (!grow(hours))
				return false;
			place = find(hours, hours->places, hours->room, key);
		}
		place->key = key;
		hours->count++;
	}
	place->records++;
	hours->last = place;
	return true;
}

bool
mm_logs_hours_add(struct mm_logs_hours *hours, uint32_t tenant, uint8_t family, int64_t time_us)
{
	uint64_t key = key_of(tenant, family, time_us / HOUR_US);

	if (hours->last != NULL && hours->last->key == key) {
		hours->last->records++;
		return true;
	}
	if (add(hours, key))
		return true;
	(void)add(hours, key_of(0, family, time_us / HOUR_US));
	return false;
}

bool
mm_logs_hours_put(struct mm_logs_hours *hours, const struct mm_logs_hour *hour)
{
	uint64_t key = key_of(hour->tenant, hour->family, hour->hour);

	if (hour->family >= MM_LOGS_FAMILIES || hour->hour < 0 || hour->hour > HOUR_MAX || hour->records == 0 ||
	    find(hours, hours->places, hours->room, key)->key != 0 || !add(hours, key))
		return false;
	hours->last->records = hour->records;
	return true;
}

static int
compare(const void *a, const void *b)
{
	const struct mm_logs_hour *one = a, *other = b;

	if (one->tenant != other->tenant)
		return one->tenant < other->tenant ? -1 : 1;
	if (one->family != other->family)
		return one->family < other->family ? -1 : 1;
	return (one->hour > other->hour) - (one->hour < other->hour);
}

struct mm_logs_hour *
mm_logs_hours_list(const struct mm_logs_hours *hours, size_t *count)
{
	struct mm_logs_hour *list = reallocarray(NULL, hours->count + 1, sizeof(*list));
	size_t filled = 0;

	if (list == NULL)
		return NULL;
	for (size_t i = 0; i < hours->room; i++) {
		uint64_t key = hours->places[i].key;

		if (key == 0)
			continue;
		list[filled++] = (struct mm_logs_hour){ (uint32_t)(key >> 32), (uint8_t)(key >> 1 & 7),
			(int64_t)(key >> 4 & HOUR_MAX), hours->places[i].records };
	}
	qsort(list, filled, sizeof(*list), compare);
	*count = filled;
	return list;
}
