/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Hours: in which hours the log of each tenant and family has records, and how many.
 */
#ifndef MM_ENGINE_LOGS_HOURS_H
#define MM_ENGINE_LOGS_HOURS_H

#include <mintmark/version.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A hundred tenants for half a year; 16 bytes each, twice. */
#define MM_LOGS_HOURS_MAX (512 * 1024)

struct mm_logs_hour {
	uint32_t tenant; /* name, 0: not told */
	uint8_t family;
	int64_t hour;    /* since 1970 */
	uint64_t records;
};

/* The end of the hours, of those in a list by tenant, family and hour, that are of one log: that of the begin-th. */
static inline size_t
mm_logs_hours_end(const struct mm_logs_hour *hours, size_t begin, size_t count)
{
	size_t end = begin;

	while (end < count && hours[end].tenant == hours[begin].tenant && hours[end].family == hours[begin].family)
		end++;
	return end;
}

struct mm_logs_hours;

/* NULL where memory is short. */
struct mm_logs_hours *mm_logs_hours_new(void);
void mm_logs_hours_free(struct mm_logs_hours **hours);

/*
 * Count a record. Where there is no room for another hour it counts for no tenant, and where there is none for that
 * either it does not count: false in both cases.
 */
bool mm_logs_hours_add(struct mm_logs_hours *hours, uint32_t tenant, uint8_t family, int64_t time_us);

/*
 * Put an hour with its records where none is yet. Returns false where it cannot be one of these, is there already, or
 * finds no room.
 */
MM_MUST_USE bool mm_logs_hours_put(struct mm_logs_hours *hours, const struct mm_logs_hour *hour);

/* All of them in the order of tenant, family, hour; an array for the caller to free, NULL where memory is short. */
struct mm_logs_hour *mm_logs_hours_list(const struct mm_logs_hours *hours, size_t *count);

#endif
