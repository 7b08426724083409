/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The state of a key at a time.
 */
#include "lib/trust/trust.h"

enum mm_key_state
mm_key_state_at(const struct mm_key *key, int64_t now_s)
{
	if (key->standing == MM_KEY_TOMBSTONED)
		return MM_STATE_REVOKED;
	if (key->standing != MM_KEY_USABLE)
		return MM_STATE_WITHOUT_SCOPE;
	if (now_s > key->verify_until_s)
		return MM_STATE_RETIRED;
	if (key->tainted)
		return MM_STATE_TAINTED;
	if (now_s > key->signs_until_s)
		return MM_STATE_RETIRING;
	return now_s < key->signs_from_s ? MM_STATE_PREPARED : MM_STATE_ACTIVE;
}

const char *
mm_key_state_name(enum mm_key_state state)
{
	static const char *const names[MM_STATE_COUNT] = {
		[MM_STATE_PREPARED] = "prepared",
		[MM_STATE_ACTIVE] = "active",
		[MM_STATE_RETIRING] = "retiring",
		[MM_STATE_RETIRED] = "retired",
		[MM_STATE_REVOKED] = "revoked",
		[MM_STATE_WITHOUT_SCOPE] = "without scope",
		[MM_STATE_TAINTED] = "tainted",
	};

	return (unsigned)state < MM_STATE_COUNT ? names[state] : "unknown";
}
