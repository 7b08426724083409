/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The courier, as mintmarkd keeps it: what it is to fetch, and what it brings. There is one only where a realm's keys
 * are fetched; one that dies is started again, and stops nobody.
 */
#ifndef MM_DAEMON_MINTMARKD_COURIER_H
#define MM_DAEMON_MINTMARKD_COURIER_H

#include "daemon/mintmarkd/keeper.h"
#include "lib/base/buf.h"

#include <mintmark/slice.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* As many as the desk serves connections. */
#define MM_FETCHES_MAX 64

/* An operator waits for a source to be fetched. */
struct mm_fetch_question {
	uint64_t number;
	size_t source; /* its place */
	char *realm;
};

struct mm_courier {
	struct mm_keeper keeper;
	struct mm_buf orders; /* all that the running one was told to fetch */
	struct mm_fetch_question questions[MM_FETCHES_MAX];
	size_t question_count;
};

void mm_courier_init(struct mm_courier *courier, struct mm_mintmarkd *mintmarkd);
void mm_courier_clear(struct mm_courier *courier);

/* The configuration in use has changed, or there is a first one: start, start anew or end it, as that asks for. */
void mm_courier_update(struct mm_mintmarkd *mintmarkd);

/* The gate met a kid that this realm does not have. */
void mm_courier_fetch_for_kid(struct mm_mintmarkd *mintmarkd, struct mm_slice realm);

/*
 * An operator wants a realm's keys fetched; the answer follows (mm_desk_answer_fetch). Returns NULL, or why it cannot
 * be asked for.
 */
const char *mm_courier_fetch(struct mm_mintmarkd *mintmarkd, uint64_t question, struct mm_slice realm);

/* The desk is gone, and with it who asked. */
void mm_courier_forget_questions(struct mm_courier *courier);

#endif
