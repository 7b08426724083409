/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Addresses as logs write them: 192.0.2.1, 192.0.2.1:51000, 2001:db8::1, [2001:db8::1]:51000, with a zone
 * (fe80::1%12), or nothing; and the class of network that each is of.
 */
#ifndef MM_ENGINE_LOGS_ADDRESS_H
#define MM_ENGINE_LOGS_ADDRESS_H

#include "engine/logs/event.h"

#include <mintmark/version.h>

/* What was taken away or seen; bits. */
enum mm_logs_address_note {
	MM_ADDRESS_PORT = 1 << 0,     /* a port of an IPv4 address */
	MM_ADDRESS_BRACKETS = 1 << 1, /* brackets around an IPv6 address, and a port behind them */
	MM_ADDRESS_MAPPED = 1 << 2,   /* IPv4 written as IPv6 */
	MM_ADDRESS_LIST = 1 << 3,     /* more behind a comma; the first one was read */
};

/*
 * Read an address that is all of text. Returns false where it is none: *address is then of network MM_LOGS_UNREADABLE.
 * *notes is set either way.
 */
MM_MUST_USE bool mm_logs_address_parse(struct mm_slice text, struct mm_logs_address *address, unsigned *notes);

#endif
