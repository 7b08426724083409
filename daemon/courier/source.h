/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One document that is kept fresh: what is known of it, and what an answer makes of that.
 */
#ifndef MM_DAEMON_COURIER_SOURCE_H
#define MM_DAEMON_COURIER_SOURCE_H

#include "daemon/courier/network.h"
#include "daemon/courier/origin.h"
#include "daemon/courier/schedule.h"

struct courier_source {
	struct courier_origin origin;
	struct courier_schedule schedule;
	bool at_keys; /* the metadata is read, its keys are being fetched */
	struct courier_validators metadata_validators;
	struct courier_validators keys_validators;
	char keys_address[COURIER_ADDRESS_LEN_MAX + 1]; /* where the keys are; of discovery as it was last read */
	char *kept;     /* the last good keys in the canonical form; NULL: none */
	size_t kept_len;
	int64_t kept_s; /* when they were last the source's answer */
};

/* How a fetch ended. */
struct courier_result {
	enum mm_fetch_outcome outcome; /* MM_FETCH_NEW: source->kept is new */
	struct courier_sentence sentence;
	uint32_t present; /* keys in it that are not gone */
	uint32_t dropped;
};

/* A source of that origin, due at once, with nothing kept. */
void courier_source_init(struct courier_source *source, const struct courier_origin *origin, int64_t now_ms);

/* Free what is kept. */
void courier_source_clear(struct courier_source *source);

/* What to ask for next in this fetch; the validators are empty where nothing is known. */
const char *courier_source_address(const struct courier_source *source, const struct courier_validators **validators);

/*
 * Take an answer to that. Returns true where the fetch ended with *result; false: the next address is to be asked for.
 * Whatever comes, what is kept is lost only to something better.
 */
bool courier_source_take(struct courier_source *source, const struct courier_answer *answer, int64_t now_s,
    struct courier_result *result);

#endif
