/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A tenant that was added, and its bytes in a record of the ledger (doc/PROTOCOL.ledger).
 */
#ifndef MM_DAEMON_LEDGER_TENANT_RECORD_H
#define MM_DAEMON_LEDGER_TENANT_RECORD_H

#include "daemon/ipc/mint.h"
#include "lib/base/buf.h"
#include "lib/base/limits.h"

#include <mintmark/slice.h>
#include <mintmark/version.h>

#include <stdbool.h>
#include <stdint.h>

/* The longest list of words. */
#define LEDGER_TENANT_WORDS_MAX 4094

struct ledger_tenant {
	bool disabled;
	uint32_t uid;   /* who changed it last */
	int64_t time_s; /* and when */
	char name[MM_NAME_LEN_MAX + 1], id[MM_MINT_ID_LEN_MAX + 1];
	char *domains, *admins; /* words with single spaces between; NULL: none */
};

void ledger_tenant_clear(struct ledger_tenant *tenant);
MM_MUST_USE bool ledger_tenant_copy(const struct ledger_tenant *from, struct ledger_tenant *to);

/* As the name of a section of the configuration; as the {tenant} of an issuer. */
bool ledger_tenant_name_is_good(struct mm_slice name);
bool ledger_tenant_id_is_good(struct mm_slice id);

/* Add a word to a list; false where it stands there, is empty or holds a space, or there is no room. */
MM_MUST_USE bool ledger_tenant_add_word(char **words, struct mm_slice word);
bool ledger_tenant_has_word(const char *words, struct mm_slice word);

/* The next word of a text; false at its end. */
MM_MUST_USE bool ledger_tenant_next_word(struct mm_slice *words, struct mm_slice *word);

MM_MUST_USE bool ledger_tenant_write(const struct ledger_tenant *tenant, struct mm_buf *buf);

/* Read a tenant, which is all of bytes, and is cleared by the caller. False where it is none, or memory is short. */
MM_MUST_USE bool ledger_tenant_read(struct mm_slice bytes, struct ledger_tenant *tenant);

#endif
