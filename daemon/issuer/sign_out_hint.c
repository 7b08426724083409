/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reading a hint.
 */
#include "daemon/issuer/sign_out_hint.h"

#include "lib/base/array.h"
#include "lib/codec/json.h"
#include "lib/token/compact.h"

bool
issuer_sign_out_hint_read(struct mm_slice unverified_token, char unverified_client[MM_MINT_CLIENT_LEN_MAX + 1])
{
	char room[MM_COMPACT_ROOM(MM_TOKEN_LEN_MAX) + MM_CLAIM_LEN_MAX];
	struct mm_scratch scratch = { room, sizeof(room), 0 };
	struct mm_json_names names;
	struct mm_json_member members[MM_PAYLOAD_MEMBERS_MAX];
	struct mm_json_index index = { members, 0, MM_COUNT_OF(members) };
	struct mm_compact parts;
	struct mm_slice audience;

	if (mm_compact_split(unverified_token, &scratch, &parts) != MM_OK ||
	    mm_json_scan(parts.payload, &names, &index, NULL) != MM_OK ||
	    !mm_json_string(mm_json_find(&index, "aud"), &scratch, &audience) || audience.len == 0 ||
	    audience.len > MM_MINT_CLIENT_LEN_MAX)
		return false;
	memcpy(unverified_client, audience.ptr, audience.len);
	unverified_client[audience.len] = '\0';
	return true;
}
