/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The callers of the services, and the comparison of what somebody presents with their secrets.
 */
#include "daemon/gate/callers.h"

#include "lib/crypto/digest.h"

#include <stdlib.h>
#include <string.h>

bool
gate_callers_add(struct gate_callers *callers, const char *service, const char *name,
    const uint8_t secret_digest[MM_DIGEST_LEN])
{
	struct gate_caller *items = reallocarray(callers->items, callers->count + 1, sizeof(*items));
	struct gate_caller *added;

	if (items == NULL)
		return false;
	callers->items = items;
	added = &items[callers->count];
	added->service = strdup(service);
	added->name = strdup(name);
	memcpy(added->secret_digest, secret_digest, MM_DIGEST_LEN);
	if (added->service == NULL || added->name == NULL) {
		free(added->service);
		free(added->name);
		return false;
	}
	callers->count++;
	return true;
}

void
gate_callers_clear(struct gate_callers *callers)
{
	for (size_t i = 0; i < callers->count; i++) {
		mm_secret_wipe(callers->items[i].secret_digest, MM_DIGEST_LEN);
		free(callers->items[i].service);
		free(callers->items[i].name);
	}
	free(callers->items);
	*callers = (struct gate_callers){ NULL, 0 };
}

const struct gate_caller *
gate_callers_find(const struct gate_callers *callers, struct mm_slice service, struct mm_slice name,
    struct mm_slice secret)
{
	const struct gate_caller *found = NULL;
	uint8_t digest[MM_DIGEST_LEN];

	/* An absent secret must not be taken for an empty one. */
	if (!mm_slice_present(secret) || !mm_sha256(secret, digest))
		return NULL;
	for (size_t i = 0; i < callers->count; i++) {
		const struct gate_caller *caller = &callers->items[i];
		bool same_secret = mm_secret_equal(digest, caller->secret_digest, MM_DIGEST_LEN);
		bool same_names = mm_slice_equal(service, mm_slice_str(caller->service)) &&
		    mm_slice_equal(name, mm_slice_str(caller->name));

		if (same_secret && same_names)
			found = caller;
	}
	mm_secret_wipe(digest, sizeof(digest));
	return found;
}
