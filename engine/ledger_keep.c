/* SPDX-License-Identifier: Apache-2.0 */
/* Letting go of a ledger's oldest segments. */
#include "engine/ledger_keep.h"

#include "engine/ledger_audit.h"
#include "engine/ledger_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

/* One anchor for so many segments at the most: 16 GiB are read within minutes. */
#define AT_ONCE_MAX 256

/* The newest ones, which stay: one is written. */
#define STAY_MIN 2

struct letting_go {
	const struct mm_ledger_keep *keep;
	struct mm_ledger_header first; /* of the first segment that stays */
	struct mm_ledger_anchor before; /* the anchor that was there */
	struct mm_ledger_audit audit;
	struct mm_buf rares;
	size_t rare_count;
};

/* ---- which ---- */

static bool
read_header(const struct letting_go *letting, uint64_t number, struct mm_ledger_header *header)
{
	int fd = mm_ledger_segment_open(letting->keep->dir_fd, number, O_RDONLY, header);

	if (fd == -1)
		return false;
	close(fd);
	return true;
}

/* A segment was full when the next one was begun: all of it is as old as that, unless a clock was set. */
static const char *
choose(struct letting_go *letting, struct mm_ledger_let_go *gone)
{
	struct mm_ledger_header header;
	uint64_t *numbers;
	ssize_t count = mm_ledger_list(letting->keep->dir_fd, &numbers);
	const char *fault = count == -1 ? "the ledger's folder cannot be read" : NULL;

	for (ssize_t i = 1; fault == NULL && i + STAY_MIN <= count; i++) {
		if (!read_header(letting, numbers[i], &header))
			fault = "the head of a segment cannot be read";
		if (fault != NULL || header.created_us > letting->keep->until_us)
			break;
		gone->more = gone->segments == AT_ONCE_MAX;
		if (gone->more)
			break;
		letting->first = header;
		gone->segments = (uint64_t)i;
	}
	if (count != -1)
		free(numbers);
	return fault;
}

/* Whether counts can go on without what is let go: there is a head in what stays. */
static bool
head_stays(const struct letting_go *letting)
{
	struct mm_ledger_reader *reader = mm_ledger_reader_new(letting->keep->dir_fd, letting->first.number);
	struct mm_ledger_item item;
	bool found = false;

	while (reader != NULL && !found && !*letting->keep->stop &&
	    mm_ledger_reader_next(reader, &item) == MM_LEDGER_READ_RECORD)
		found = mm_ledger_get_kind(item.bytes) == MM_LEDGER_HEAD;
	mm_ledger_reader_free(&reader);
	return found;
}

/* ---- what stays known of them ---- */

static bool
visit(void *ctx, const struct mm_ledger_item *item, unsigned kind)
{
	struct letting_go *letting = ctx;

	if (mm_ledger_kind_is_rare(kind)) {
		mm_ledger_anchor_add_rare(&letting->rares, item->at, item->bytes, item->len);
		letting->rare_count++;
	}
	return !*letting->keep->stop;
}

static const char *
read_them(struct letting_go *letting)
{
	const struct mm_ledger_audit *audit = &letting->audit;

	mm_buf_add_slice(&letting->rares, letting->before.rares);
	letting->rare_count = letting->before.rare_count;
	if (!mm_ledger_audit_before(letting->keep->dir_fd, letting->first.number, visit, letting, &letting->audit))
		return "a segment cannot be read";
	if (audit->fault != NULL)
		return audit->fault;
	if (audit->last_sequence + 1 != letting->first.sequence)
		return "the next segment does not begin where they end";
	if (audit->latest_us >= letting->keep->until_us)
		return "a record of them has a later time than the segment behind it: a clock was set";
	return mm_buf_ok(&letting->rares) ? NULL : "the anchor would be too large, or memory is short";
}

static bool
store_anchor(const struct letting_go *letting)
{
	const struct mm_ledger_header *first = &letting->first;
	const struct mm_ledger_audit *audit = &letting->audit;
	struct mm_ledger_anchor anchor = {
		.first_segment = first->number,
		.end = { first->previous_number, first->previous_end },
		.sequence = audit->last_sequence,
		.rare = first->rare,
		.first_us = letting->before.first_segment != 0 ? letting->before.first_us : audit->first_us,
		.last_us = audit->latest_us,
		.made_us = letting->keep->now_us,
		.realm_count = audit->realm_count,
		.rare_count = letting->rare_count,
		.rares = mm_slice(letting->rares.data, letting->rares.len),
	};

	memcpy(anchor.id, first->id, sizeof(anchor.id));
	memcpy(anchor.hash, first->previous_hash, sizeof(anchor.hash));
	memcpy(anchor.realms, audit->realms, sizeof(anchor.realms));
	return mm_ledger_anchor_store(letting->keep->dir_fd, &anchor, letting->keep->key, letting->keep->certificate);
}

/* ---- the whole ---- */

static const char *
let_go(struct letting_go *letting, struct mm_ledger_let_go *gone)
{
	const char *fault = mm_ledger_anchor_load(letting->keep->dir_fd, NULL,
	    mm_mint_certificate_key(letting->keep->certificate), &letting->before);

	/* What one that died here left. */
	if (fault == NULL && !mm_ledger_remove_before(letting->keep->dir_fd, letting->before.first_segment))
		fault = "a segment cannot be removed";
	if (fault == NULL)
		fault = choose(letting, gone);
	if (fault != NULL || gone->segments == 0)
		return fault;
	if (!head_stays(letting)) {
		gone->segments = 0;
		return NULL;
	}
	fault = read_them(letting);
	if (fault == NULL && !store_anchor(letting))
		fault = "the anchor cannot be written";
	if (fault != NULL)
		return fault;
	gone->end = (struct mm_ledger_at){ letting->first.previous_number, letting->first.previous_end };
	gone->sequence = letting->audit.last_sequence;
	return mm_ledger_remove_before(letting->keep->dir_fd, letting->first.number) ? NULL :
	    "a segment cannot be removed";
}

const char *
mm_ledger_keep(const struct mm_ledger_keep *keep, struct mm_ledger_let_go *gone)
{
	struct letting_go *letting = calloc(1, sizeof(*letting));
	int lock = openat(keep->dir_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	const char *fault = NULL;

	memset(gone, 0, sizeof(*gone));
	if (letting == NULL || lock == -1) {
		fault = "memory is short, or the ledger's folder cannot be opened";
	} else if (flock(lock, LOCK_EX | LOCK_NB) == 0) {
		letting->keep = keep;
		mm_buf_init(&letting->rares, MM_LEDGER_ANCHOR_MAX);
		fault = let_go(letting, gone);
		mm_buf_clear(&letting->rares);
		mm_ledger_anchor_clear(&letting->before);
	} else if (errno != EWOULDBLOCK) {
		fault = "the ledger's folder cannot be locked";
	}
	if (lock != -1)
		close(lock);
	free(letting);
	if (fault != NULL)
		gone->segments = 0;
	return fault;
}
