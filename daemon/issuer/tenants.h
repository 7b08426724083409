/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The tenants of a realm whose issuer is a template: at whose addresses it answers. One that was disabled is none.
 */
#ifndef MM_DAEMON_ISSUER_TENANTS_H
#define MM_DAEMON_ISSUER_TENANTS_H

#include <mintmark/slice.h>
#include <mintmark/version.h>

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>

struct issuer_tenants {
	pthread_mutex_t lock;
	char *bytes;          /* NULL: no list came yet */
	struct mm_slice *ids; /* in order; they point into bytes */
	size_t count;
};

enum issuer_tenant_found {
	ISSUER_TENANT_LISTED,
	ISSUER_TENANT_UNLISTED,
	ISSUER_TENANT_NOT_YET, /* nobody said so far which there are */
};

MM_MUST_USE bool issuer_tenants_begin(struct issuer_tenants *tenants);
void issuer_tenants_end(struct issuer_tenants *tenants);

/*
 * Take a list in place of the one before: ids, each with a NUL behind it, and one more NUL at the end. False where it
 * is none, or memory is short; the one before stays then.
 */
MM_MUST_USE bool issuer_tenants_take(struct issuer_tenants *tenants, struct mm_slice list);

/* Any thread. It takes as long for one that was disabled as for one that never was. */
enum issuer_tenant_found issuer_tenants_find(struct issuer_tenants *tenants, struct mm_slice id);

bool issuer_tenants_are_there(struct issuer_tenants *tenants);

#endif
