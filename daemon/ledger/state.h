/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The ledger's whole state, for its own parts; keys and tenants see ledger.h alone.
 */
#ifndef MM_DAEMON_LEDGER_STATE_H
#define MM_DAEMON_LEDGER_STATE_H

#include "daemon/ledger/keys.h"
#include "daemon/ledger/ledger.h"
#include "daemon/ledger/tenants.h"

#include <sys/types.h>

enum ledger_end {
	LEDGER_END_NOT,
	LEDGER_END_STOP, /* mintmarkd told it to */
	LEDGER_END_GONE, /* mintmarkd went away, or said what it must not */
};

/* Texts of alarms that were told lately. */
#define LEDGER_ALARMS_KEPT 16
#define LEDGER_ALARM_LEN_MAX 512

struct ledger_alarm_told {
	int64_t at_ms;
	char text[LEDGER_ALARM_LEN_MAX];
};

struct ledger {
	/* What mintmarkd told it. */
	int folder_fd; /* -1: it did not come yet */
	bool has_sealing_key, has_certificate, started;
	uint8_t sealing_key[MM_SEALING_KEY_LEN];
	uint8_t certificate[MM_MINT_CERTIFICATE_LEN];
	uid_t uid;
	gid_t gid;
	uint64_t epoch;
	struct ledger_realm *realms[MM_MINT_REALMS_MAX];

	struct ledger_keys *keys;
	struct ledger_tenants *tenants;
	struct mm_ed25519 *key_state;

	struct ledger_alarm_told alarms[LEDGER_ALARMS_KEPT];
	size_t alarm_next;
};

#endif
