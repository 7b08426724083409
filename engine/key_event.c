/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Events of keys as bytes: fixed fields, little-endian, then the texts.
 */
#include "engine/key_event.h"

#include "lib/base/reader.h"

#include <string.h>

static const char *const names[MM_LIFE_EVENT_KIND_END] = {
	[MM_LIFE_MADE] = "made",
	[MM_LIFE_PROMOTED] = "promoted",
	[MM_LIFE_IS_RETIRED] = "retired",
	[MM_LIFE_FORGOTTEN] = "private part destroyed",
	[MM_LIFE_ROTATE_ASKED] = "rotation asked",
	[MM_LIFE_HELD] = "rotation held",
	[MM_LIFE_TAINTED] = "tainted",
	[MM_LIFE_IS_REVOKED] = "revoked",
	[MM_LIFE_APPROVED] = "restoration approved",
	[MM_LIFE_RESTORED] = "restored",
	[MM_LIFE_PUBLISHED] = "published",
};

const char *
mm_life_event_name(enum mm_life_event_kind kind)
{
	return names[kind];
}

bool
mm_life_event_write(const struct mm_life_event *event, struct mm_buf *buf)
{
	if (event->by.len > MM_NAME_LEN_MAX || event->why.len > MM_LIFE_WHY_MAX || event->jwk.len > MM_LIFE_JWK_MAX)
		return false;
	mm_buf_add_u32(buf, event->kind);
	mm_buf_add_u32(buf, event->early);
	mm_buf_add_u32(buf, event->uid);
	mm_buf_add_u32(buf, (uint32_t)event->by.len);
	mm_buf_add_u32(buf, (uint32_t)event->why.len);
	mm_buf_add_u32(buf, (uint32_t)event->jwk.len);
	mm_buf_add_u64(buf, (uint64_t)event->time_s);
	mm_buf_add_u64(buf, (uint64_t)event->from_s);
	mm_buf_add_u64(buf, (uint64_t)event->until_s);
	mm_buf_add_u64(buf, (uint64_t)event->visible_for_s);
	mm_buf_add(buf, event->thumbprint, sizeof(event->thumbprint));
	mm_buf_add_slice(buf, event->by);
	mm_buf_add_slice(buf, event->why);
	mm_buf_add_slice(buf, event->jwk);
	return mm_buf_ok(buf);
}

static bool
time_is_good(int64_t time_s)
{
	return time_s >= 0 && time_s <= MM_TIME_MAX_S;
}

static bool
event_is_good(const struct mm_life_event *event)
{
	return time_is_good(event->time_s) && time_is_good(event->from_s) && time_is_good(event->until_s) &&
	    time_is_good(event->visible_for_s) && event->by.len <= MM_NAME_LEN_MAX &&
	    event->why.len <= MM_LIFE_WHY_MAX && event->jwk.len <= MM_LIFE_JWK_MAX;
}

bool
mm_life_event_read(struct mm_slice bytes, struct mm_life_event *event)
{
	struct mm_life_event read = { 0 };
	struct mm_slice thumbprint;
	struct mm_reader reader;
	uint32_t kind, early, by_len, why_len, jwk_len;

	mm_reader_init(&reader, bytes.ptr, bytes.len);
	kind = mm_reader_u32(&reader);
	early = mm_reader_u32(&reader);
	read.uid = mm_reader_u32(&reader);
	by_len = mm_reader_u32(&reader);
	why_len = mm_reader_u32(&reader);
	jwk_len = mm_reader_u32(&reader);
	read.time_s = (int64_t)mm_reader_u64(&reader);
	read.from_s = (int64_t)mm_reader_u64(&reader);
	read.until_s = (int64_t)mm_reader_u64(&reader);
	read.visible_for_s = (int64_t)mm_reader_u64(&reader);
	thumbprint = mm_reader_slice(&reader, sizeof(read.thumbprint));
	read.by = mm_reader_slice(&reader, by_len);
	read.why = mm_reader_slice(&reader, why_len);
	read.jwk = mm_reader_slice(&reader, jwk_len);
	if (!mm_reader_ok(&reader) || reader.left != 0 || kind == 0 || kind >= MM_LIFE_EVENT_KIND_END || early > 1)
		return false;
	read.kind = (enum mm_life_event_kind)kind;
	read.early = early == 1;
	memcpy(read.thumbprint, thumbprint.ptr, sizeof(read.thumbprint));
	if (!event_is_good(&read))
		return false;
	*event = read;
	return true;
}
