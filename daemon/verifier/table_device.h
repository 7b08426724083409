/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Device codes (RFC 8628): a mail client shows a short code, its user types it in at a browser.
 */
#ifndef MM_DAEMON_VERIFIER_TABLE_DEVICE_H
#define MM_DAEMON_VERIFIER_TABLE_DEVICE_H

#include "daemon/ipc/sign_in.h"
#include "daemon/verifier/secret.h"
#include "daemon/verifier/table.h"

#define VERIFIER_DEVICE_S 600
#define VERIFIER_DEVICE_PAUSE_S 5 /* between polls; RFC 8628 section 3.5 adds 5 at each slow_down */
#define VERIFIER_DEVICE_PAUSE_MAX_S 60
/* Codes that wait at one time: far more than people who type. A guess hits one of them by 10^4 in 2.56 * 10^10. */
#define VERIFIER_DEVICES_MAX 10000

enum verifier_device_state {
	VERIFIER_DEVICE_PENDING,
	VERIFIER_DEVICE_ALLOWED,
	VERIFIER_DEVICE_DENIED,
	VERIFIER_DEVICE_USED,
};

struct verifier_device {
	uint8_t code[MM_DIGEST_LEN]; /* its digest */
	enum verifier_device_state state;
	int64_t user, auth_time_s, pause_s, polled_s, expires_s;
	MM_MINT_TEXT(30) user_code;
	MM_MINT_TEXT(MM_MINT_CLIENT_LEN_MAX) client;
	MM_MINT_TEXT(MM_MINT_ID_LEN_MAX) tenant; /* the segment of the address that it was asked for at */
	MM_MINT_TEXT(MM_MINT_SCOPE_LEN_MAX) scope;
	MM_MINT_TEXT(MM_MINT_AUDIENCE_LEN_MAX) audience;
};

/* Make one of client, tenant, scope and audience; text is the device code. False also where too many wait. */
MM_MUST_USE bool verifier_device_add(struct verifier_table *table, struct verifier_device *device, int64_t now_s,
    char text[MM_SECRET_TEXT_LEN]);
MM_MUST_USE bool verifier_device_find(struct verifier_table *table, struct mm_slice text,
    struct verifier_device *device);
/* By what a person typed. Not checked here: its time. */
MM_MUST_USE bool verifier_device_by_user_code(struct verifier_table *table, struct mm_slice typed,
    struct verifier_device *device);

/* The user decides, once. False where somebody did. */
MM_MUST_USE bool verifier_device_decide(struct verifier_table *table, const struct verifier_device *device,
    bool allowed, int64_t user, int64_t auth_time_s);
void verifier_device_polled(struct verifier_table *table, const struct verifier_device *device, int64_t now_s,
    int64_t pause_s);
MM_MUST_USE bool verifier_device_use(struct verifier_table *table, const struct verifier_device *device);

/* "BCDF-GHJK" of what was typed. False where it is no user code. */
MM_MUST_USE bool verifier_user_code_read(struct mm_slice typed, char user_code[MM_USER_CODE_LEN]);

#endif
