/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Messages from and to mintmarkd.
 */
#ifndef MM_DAEMON_COURIER_CONTROL_H
#define MM_DAEMON_COURIER_CONTROL_H

#include "daemon/courier/courier.h"

enum courier_control {
	COURIER_CONTROL_NOTHING, /* no message lies there */
	COURIER_CONTROL_TAKEN,
	COURIER_CONTROL_STOP,
	COURIER_CONTROL_BROKEN, /* mintmarkd is gone, or sent what it must not */
};

/* Take messages up to COURIER_START. Returns false, and says why on standard error, where the start cannot be. */
MM_MUST_USE bool courier_control_set_up(struct courier *courier);

/* Take one message, if one lies there. */
MM_MUST_USE enum courier_control courier_control_take(struct courier *courier);

/* Send the document that a source has now: COURIER_DOCUMENT. */
MM_MUST_USE bool
courier_control_send_document(const struct courier_source *source, const struct courier_result *result);

/* Send how a fetch went: COURIER_STATUS. next_s is when it is tried next. */
MM_MUST_USE bool courier_control_send_status(const struct courier_source *source, const struct courier_result *result,
    int64_t tried_s, int64_t next_s);

#endif
