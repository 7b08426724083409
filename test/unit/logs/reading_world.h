/* SPDX-License-Identifier: Apache-2.0 */
/*
 * For tests of logs: files read at once, and what came of them at hand.
 */
#ifndef TEST_UNIT_LOGS_READING_WORLD_H
#define TEST_UNIT_LOGS_READING_WORLD_H

#include "engine/logs/reading.h"
#include "engine/logs/shape.h"
#include "test/unit/logs/pack.h"

/* The clock of these tests: 2026-11-28T12:00:00Z. */
#define WORLD_NOW_US (INT64_C(1795867200) * 1000000)

struct world {
	char folder[64];
	struct mm_logs_reading *reading;
	struct mm_logs_event *events; /* all that a cursor gives */
	size_t count;
};

/* A folder for files. */
void world_make(struct world *world);
void world_remove(struct world *world);

/* Write a file into the folder. */
void world_write(struct world *world, const char *name, const char *text);
void world_write_bytes(struct world *world, const char *name, const void *bytes, size_t len);

/* Read the folder with these options (NULL: one thread); what an earlier reading gave is gone. */
void world_read(struct world *world, const struct mm_logs_options *options);

/* Have a reading that was made elsewhere, which is freed as others are; NULL: none. Then run it. */
void world_take(struct world *world, struct mm_logs_reading *reading);
void world_run(struct world *world);

/* The same of a file or folder elsewhere. */
void world_read_path(struct world *world, const char *path);

/* The same of one file of this text alone, which is named log. */
void world_read_text(struct world *world, const char *text);

/* Its report, as world_read_text() leaves one input. */
const struct mm_logs_input_report *world_report(const struct world *world);

/* What two readings gave is the same, byte by byte, but for the folders of their inputs. */
void world_assert_same(const struct world *one, const struct world *other);

/* How often a step was done, and a trouble met, in all inputs. */
uint64_t world_step(const struct world *world, enum mm_logs_step step);
uint64_t world_trouble(const struct world *world, enum mm_logs_trouble_kind kind);

/* Fails the test where a name is not this text; "" stands for an absent one. */
void world_assert_name(const struct world *world, uint32_t name, const char *text);

/* The same of ids and addresses. */
void world_assert_id(const struct mm_logs_id *id, const char *text);
void world_assert_address(const struct mm_logs_event *event, const char *text, enum mm_logs_network network);

/* A time as microseconds: "2023-05-20T11:07:00Z". */
int64_t world_time(const char *text);

#endif
