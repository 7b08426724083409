/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A reading: files and folders of foreign logs to events in the order of their time.
 *
 *   mm_logs_reading_new(), mm_logs_reading_add() for each file or folder, mm_logs_reading_run(), then a cursor over
 *   mm_logs_reading_store() and the inputs' facts; mm_logs_again() for the messages of chosen events;
 *   mm_logs_reading_free().
 *
 * Everything that comes out is the same whatever the number of threads, the machine and the random keys inside: inputs
 * in the order in which they were added (a folder's files by name, byte by byte), names numbered in the order of the
 * text. Of several records with one id and family the first counts, unless a later one has more of it: where Sentinel
 * or PowerShell have left things out of one, and the audit log itself is there too.
 *
 * Memory stays below MM_LOGS_MEMORY and 8 to 13 bytes for each distinct record id.
 *
 * A reading with a work folder leaves a checkpoint there from time to time; when its process was killed,
 * mm_logs_reading_resume() before mm_logs_reading_run() goes on from the last one, and what comes out is the same as if
 * nothing had happened. Nothing is ever written beside the inputs.
 */
#ifndef MM_ENGINE_LOGS_READING_H
#define MM_ENGINE_LOGS_READING_H

#include "engine/logs/event.h"
#include "engine/logs/form.h"
#include "engine/logs/hours.h"
#include "engine/logs/input.h"
#include "engine/logs/items.h"
#include "engine/logs/names.h"
#include "engine/logs/store.h"
#include "engine/logs/tally.h"

#include <mintmark/version.h>

#include <stdbool.h>
#include <stdint.h>

#define MM_LOGS_MEMORY (200 * 1024 * 1024)

/*
 * Text from one checkpoint to the next, some seconds of reading. They lie at the ends of inputs, and within those in
 * UTF-8 behind any block: what stands before is gone through again for its digest, and unpacked, but not taken apart.
 * UTF-16 has them at its end only.
 */
#define MM_LOGS_CHECKPOINT_BYTES (1024 * 1024 * 1024)

/* Inputs of one reading, and folders in folders. */
#define MM_LOGS_INPUTS_MAX 65535
#define MM_LOGS_FOLDERS_DEEP_MAX 32

/* Troubles whose place is kept, in each input and of each kind; more are only counted. */
#define MM_LOGS_TROUBLES_KEPT 8

struct mm_logs_options {
	unsigned threads;     /* 0: as many as there are processors, at most 16 */
	int64_t now_us;       /* what is the future; 0: the clock */
	bool keep_other;      /* keep events of kind MM_LOGS_OTHER in the store too */
	int work_fd;          /* open folder for the store and checkpoints, not among the inputs; or -1 */
	uint64_t checkpoint_bytes; /* text between checkpoints; 0: MM_LOGS_CHECKPOINT_BYTES */
	/* Told about every 100 ms, by one thread at a time; raw bytes of all inputs. May be NULL. */
	void (*progress)(void *ctx, uint64_t done, uint64_t all);
	void *ctx;
};

/* Something that could not be read, and where. */
struct mm_logs_trouble {
	enum mm_logs_trouble_kind kind;
	uint16_t input;
	uint64_t offset;  /* in the text, from 0 */
	uint64_t line;    /* from 1; 0: unknown */
	uint64_t record;  /* number of the record in its input, from 1; 0: of none */
	struct mm_slice text; /* its beginning as it stands, at most 64 bytes; may be absent */
	int failure;      /* errno of MM_LOGS_TROUBLE_UNREADABLE, else 0 */
};

struct mm_logs_input_report {
	const char *path;      /* as it was given, or folder and name */
	struct mm_logs_input_facts facts;
	enum mm_logs_form form;
	uint64_t records;      /* all of them, also those that could not be read */
	uint64_t events;       /* not duplicates; also those that a fuller record of another input replaces later */
	uint64_t duplicates;
	uint64_t lines;
	const uint64_t *shapes; /* records of each shape: mm_logs_shapes_count numbers */
	int64_t first_us, last_us; /* of its records' times; MM_LOGS_NO_TIME: none */
	struct mm_logs_tally tally;
};

struct mm_logs_reading;

/* NULL with errno. options are copied. */
struct mm_logs_reading *mm_logs_reading_new(const struct mm_logs_options *options);
void mm_logs_reading_free(struct mm_logs_reading **reading);

/*
 * Add a file, or the files of a folder and of those in it (hidden ones and links to folders left out). What cannot be
 * opened is a trouble of its input, not a failure. Returns 0, or -1 with errno (ENOMEM, E2BIG: too many inputs).
 */
MM_MUST_USE int mm_logs_reading_add(struct mm_logs_reading *reading, const char *path);

/*
 * Go on with what a reading of the same inputs, in the same order and with the same options, has left in the work
 * folder: after the last mm_logs_reading_add(), before mm_logs_reading_run(). An option now_us of 0 is then the clock
 * of the earlier one. The number of threads may be another.
 *
 * Returns 1: it goes on; 0: it begins at the beginning, and *reason, a sentence without its full stop that may name an
 * input, says why; -1 with errno, and the reading is of no use (ENOMEM; EBUSY: another process works in the folder;
 * EPERM: files there that are not ours alone). *reason is borrowed until the reading is freed and holds paths as they
 * stand: show it harmlessly.
 *
 * Nothing of a checkpoint is used that is damaged, of another version, or of inputs that are not the same files any
 * more (path, device, number, size, times of change).
 */
MM_MUST_USE int mm_logs_reading_resume(struct mm_logs_reading *reading, const char **reason);

/*
 * Read all of them. Returns 0, or -1 with errno where reading itself cannot go on (memory, the disk of the store); what
 * is wrong with inputs is in their reports. Once. ESTALE: an input changed after mm_logs_reading_resume() had found it
 * the same.
 */
MM_MUST_USE int mm_logs_reading_run(struct mm_logs_reading *reading);

/*
 * Remove what lies in the work folder: all is answered, and there is nothing left to go on with. Without this it stays
 * when the reading is freed.
 */
void mm_logs_reading_remove_work(struct mm_logs_reading *reading);

/* ---- what came of it; all borrowed until the reading is freed ---- */

struct mm_logs_store *mm_logs_reading_store(struct mm_logs_reading *reading);
const struct mm_names *mm_logs_reading_names(const struct mm_logs_reading *reading);
size_t mm_logs_reading_inputs(const struct mm_logs_reading *reading);
const struct mm_logs_input_report *mm_logs_reading_input(const struct mm_logs_reading *reading, size_t number);

/* Records of an input that are of a kind that is known. */
uint64_t mm_logs_input_known(const struct mm_logs_input_report *report);

/* How much of an input was read: whatever could be a log that was damaged counts as one. */
enum mm_logs_extent {
	MM_LOGS_READ_WHOLE,
	MM_LOGS_READ_IN_PART, /* a log, or what is left of one */
	MM_LOGS_READ_NO_LOG,  /* text that is none, as a licence beside logs, or no text: a failed export, perhaps */
};

enum mm_logs_extent mm_logs_reading_extent(const struct mm_logs_reading *reading, size_t number);
size_t mm_logs_reading_count_extent(const struct mm_logs_reading *reading, enum mm_logs_extent extent);

/* "whole", "in-part", "no-log": in reports and JSON. */
const char *mm_logs_extent_name(enum mm_logs_extent extent);

/* Sums over all inputs. */
const struct mm_logs_tally *mm_logs_reading_tally(const struct mm_logs_reading *reading);

/* Troubles whose place was kept, by inputs and offsets; those of one input; its first of a kind, or NULL. */
const struct mm_logs_trouble *mm_logs_reading_troubles(const struct mm_logs_reading *reading, size_t *count);
const struct mm_logs_trouble *mm_logs_reading_input_troubles(const struct mm_logs_reading *reading, size_t number,
    size_t *count);
const struct mm_logs_trouble *mm_logs_reading_first_trouble(const struct mm_logs_reading *reading, size_t number,
    enum mm_logs_trouble_kind kind);

/* Hours in which a tenant's log of a family has records, by tenant, family, hour: between them are gaps. */
const struct mm_logs_hour *mm_logs_reading_hours(const struct mm_logs_reading *reading, size_t *count);

/* ---- the second pass ---- */

/*
 * What is done with the items of one place; number is its number among those asked for. Returns false to end the pass.
 */
typedef bool mm_logs_again_visit(void *ctx, size_t number, const struct mm_logs_items *items);

/*
 * Read the records at count places again and visit each with its folders and messages, in the order of inputs and
 * offsets, not of the call. Plain inputs are read at the places only; others are gone through again up to the last.
 *
 * Returns 0, or -1 with errno (ESTALE: an input is not the file any more that it was; the rest was visited).
 * items and what they point to are borrowed for the visit.
 */
MM_MUST_USE int mm_logs_again(struct mm_logs_reading *reading, const struct mm_logs_place *places, size_t count,
    mm_logs_again_visit *visit, void *ctx);

#endif
