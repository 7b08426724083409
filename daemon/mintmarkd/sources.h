/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The key documents that are fetched: what is in use of each, and how its fetching goes.
 *
 * The courier fetches and reads them. Here only their sizes and seals are looked at: mintmarkd parses nothing that
 * strangers wrote. What came last is kept in state_dir/keys (engine/kept_keys.h), so that a start without network
 * serves.
 */
#ifndef MM_DAEMON_MINTMARKD_SOURCES_H
#define MM_DAEMON_MINTMARKD_SOURCES_H

#include "daemon/ipc/fetch.h"
#include "daemon/mintmarkd/pace.h"
#include "engine/config.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A sentence of the courier about a fetch; longer ones are cut. */
#define MM_SOURCE_TEXT_SIZE 400

struct mm_source {
	char *name; /* the realms' 'keys' */
	int fd;     /* the document in use, sealed; -1: there is none */
	bool stored;         /* what is in use is kept on the disk */
	bool from_disk;      /* what is in use was not fetched since the start */
	int64_t fetched_s;   /* last good answer; 0: never */
	uint64_t version;    /* another one for each document */
	bool is_counted;     /* the numbers that follow are known */
	uint32_t key_count, dropped_count;

	/* Its fetching. */
	bool was_tried;
	enum mm_fetch_outcome outcome;
	uint32_t failures; /* in a row */
	int64_t tried_s, next_s;
	char text[MM_SOURCE_TEXT_SIZE];
	struct mm_telling telling;     /* of fetches */
	struct mm_telling disk;        /* of keeping it */
	struct mm_cool_down announced; /* that there are other keys */
};

/* When a realm last had its source fetched for an unknown kid. */
struct mm_realm_pace {
	char *realm;
	struct mm_cool_down cool_down;
};

struct mm_sources {
	struct mm_source *items; /* the number of a source in messages is its place */
	size_t count;
	struct mm_realm_pace *paces;
	size_t pace_count;
};

/*
 * The sources of a configuration. Of those that old has too (NULL: there is no old), what is in use and how it goes is
 * taken along; what is kept of the others is read from folder_fd (-1: nothing is kept). What is there and cannot be
 * used is set aside, and logged. Returns false, and logs it, where memory is short; nothing is held then.
 */
bool mm_sources_open(const struct mm_config *config, const struct mm_sources *old, int folder_fd,
    struct mm_sources *sources);

/*
 * Take from old, whose place sources take, what came since mm_sources_open(). Returns whether there was a document
 * among it.
 */
bool mm_sources_take_newer(struct mm_sources *sources, struct mm_sources *old);

void mm_sources_close(struct mm_sources *sources);

/* The source of a realm, and of this name; NULL: none, as its keys are in a file. */
struct mm_source *mm_sources_find(const struct mm_sources *sources, const char *name);

/*
 * A document came: fd, which is taken over; in use from the next compilation on. Returns false, with the descriptor
 * closed, where it is not what a courier may send. Not done here: keeping it on the disk.
 */
bool mm_source_take_document(struct mm_source *source, int fd, int64_t fetched_s, uint32_t key_count,
    uint32_t dropped_count);

/*
 * Keep on the disk what came: before it is compiled, so that many documents in a moment cost one write. Keys that
 * cannot be kept are used all the same, as their issuer signs with them now; that is logged.
 */
void mm_sources_keep(struct mm_sources *sources, int folder_fd);

/* How a fetch went. */
struct mm_source_status {
	enum mm_fetch_outcome outcome;
	uint32_t failures;
	int64_t tried_s, next_s;
	const char *text;
	size_t text_len;
};

/* Remembered, and logged where it changed. */
void mm_source_take_status(struct mm_source *source, int folder_fd, const struct mm_source_status *status);

/* A realm has no key of a token's kid. Returns whether its source is to be fetched now for it. */
bool mm_sources_ask_for_kid(struct mm_sources *sources, const struct mm_config_realm *realm, int64_t now_ms);

/* "unreachable" */
const char *mm_source_outcome_name(enum mm_fetch_outcome outcome);

#endif
