/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Going out: GET requests over TLS, any number at once, each within its limits, by one thread.
 *
 * What a server can do at most: cost one transfer its time-out, MM_DOCUMENT_LEN_MAX bytes of memory, and a failure.
 */
#ifndef MM_DAEMON_COURIER_NETWORK_H
#define MM_DAEMON_COURIER_NETWORK_H

#include "daemon/courier/sentence.h"
#include "daemon/ipc/fetch.h"

#include <mintmark/slice.h>
#include <mintmark/version.h>

#include <stdbool.h>

struct courier_network;

/* What a server said of a document so that it can be asked whether there is another; empty: nothing that is usable. */
#define COURIER_ETAG_LEN_MAX 256
#define COURIER_DATE_LEN_MAX 64
struct courier_validators {
	char etag[COURIER_ETAG_LEN_MAX + 1];
	char last_modified[COURIER_DATE_LEN_MAX + 1];
};

struct courier_answer {
	void *owner; /* as given to courier_network_begin() */
	/* MM_FETCH_NEW: there is a body; MM_FETCH_SAME: what the validators are of is still current; else a failure. */
	enum mm_fetch_outcome outcome;
	struct mm_slice body; /* borrowed until courier_network_release() */
	struct courier_validators validators;
	struct courier_sentence why; /* of a failure */
};

/* Once in the process, before the sandbox closes. Returns false, and says why on standard error, where it cannot be. */
MM_MUST_USE bool courier_network_prepare(void);

/*
 * A network whose servers must show certificates of these authorities (PEM, borrowed for as long as it lives).
 * NULL where memory is short. Free it with courier_network_free().
 */
struct courier_network *courier_network_new(struct mm_slice ca_pem);
void courier_network_free(struct courier_network **network);

/*
 * Begin to get an address, which is a good one of url.h. validators are those of the last answer from there; none are
 * sent where they are empty. Returns false where memory is short; else there will be one answer.
 */
MM_MUST_USE bool courier_network_begin(struct courier_network *network, const char *address,
    const struct courier_validators *validators, void *owner);

/*
 * Work until something happened, fd can be read, or the time is over. *readable says of fd.
 * Returns false where waiting is not possible.
 */
MM_MUST_USE bool
courier_network_wait(struct courier_network *network, int fd, int timeout_ms, bool *readable);

/* The next answer that is complete; false: none is. Give its memory back before the next. */
MM_MUST_USE bool courier_network_next(struct courier_network *network, struct courier_answer *answer);
void courier_network_release(struct courier_network *network);

#endif
