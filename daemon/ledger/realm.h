/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Realms, as mintmarkd tells them.
 */
#ifndef MM_DAEMON_LEDGER_REALM_H
#define MM_DAEMON_LEDGER_REALM_H

#include "daemon/ledger/ledger.h"
#include "lib/base/reader.h"

/* Services of one realm; those that there are in the configuration, told apart by audience. */
#define LEDGER_SERVICES_MAX 256

/* Read the payload of LEDGER_REALM; NULL where it is not as it must be, or memory is short. */
MM_MUST_USE struct ledger_realm *ledger_realm_parse(struct mm_slice payload);
void ledger_realm_free(struct ledger_realm **realm);

/* Add an audience; false where it is none, too long or one too many. One that is there already stays once. */
MM_MUST_USE bool ledger_realm_add_service(struct ledger_realm *realm, struct mm_slice audience);

/* Whether a service of the realm has this audience. */
bool ledger_realm_has_service(const struct ledger_realm *realm, struct mm_slice audience);

/* A text up to its NUL, behind which the reader then stands; false where there is no NUL. */
MM_MUST_USE bool ledger_read_text(struct mm_reader *reader, struct mm_slice *text);

#endif
