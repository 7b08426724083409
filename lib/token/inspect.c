/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Looking at a token without believing it.
 */
#include "lib/base/try.h"
#include "lib/codec/json.h"
#include "lib/token/compact.h"

#include <mintmark/inspect.h>

static enum mm_reason
scan_parts(const struct mm_compact *parts)
{
	struct mm_json_names names;
	struct mm_json_member members[MM_PAYLOAD_MEMBERS_MAX];
	struct mm_json_index index = { members, 0, MM_HEADER_MEMBERS_MAX };

	MM_TRY(mm_json_scan(parts->header, &names, &index, NULL));
	index.max = MM_PAYLOAD_MEMBERS_MAX;
	return mm_json_scan(parts->payload, &names, &index, NULL);
}

static struct mm_slice
keep(struct mm_slice part, struct mm_scratch *room)
{
	char *copy = mm_scratch_take(room, part.len);

	if (copy == NULL)
		return MM_SLICE_ABSENT;
	memcpy(copy, part.ptr, part.len);
	return mm_slice(copy, part.len);
}

/*
 * Decoding needs a few bytes more than the decoded parts have, so it works in a scratch as large as the limit, and what
 * is kept is copied to the caller's room.
 */
enum mm_reason
mm_inspect(struct mm_slice token, char *room, size_t room_len, struct mm_unverified_token *unverified)
{
	char bytes[MM_COMPACT_ROOM(MM_TOKEN_LEN_MAX)];
	struct mm_scratch scratch, kept;
	struct mm_unverified_token found;
	struct mm_compact parts;

	mm_scratch_init(&scratch, bytes, sizeof(bytes));
	mm_scratch_init(&kept, room, room_len);
	MM_TRY(mm_compact_split(token, &scratch, &parts));
	MM_TRY(scan_parts(&parts));
	found.unverified_header = keep(parts.header, &kept);
	found.unverified_payload = keep(parts.payload, &kept);
	found.signature_len = parts.signature.len;
	if (!mm_slice_present(found.unverified_header) || !mm_slice_present(found.unverified_payload))
		return MM_INTERNAL;
	*unverified = found;
	return MM_OK;
}
