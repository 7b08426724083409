/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An owned buffer that grows by allocation, with a hard maximum.
 */
#include "lib/base/buf.h"

#include "lib/base/little_endian.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

/* What most buffers end with, so that few grow; glibc's malloc has it at hand without a lock. */
#define BUF_SIZE_FIRST 1024

void
mm_buf_init(struct mm_buf *buf, size_t max)
{
	*buf = (struct mm_buf){ .max = max };
}

void
mm_buf_clear(struct mm_buf *buf)
{
	free(buf->data);
	mm_buf_init(buf, buf->max);
}

bool
mm_buf_ok(const struct mm_buf *buf)
{
	return !buf->failed;
}

char *
mm_buf_take(struct mm_buf *buf, size_t *len)
{
	char *taken;

	if (buf->failed || buf->data == NULL) {
		mm_buf_clear(buf);
		return NULL;
	}
	taken = buf->data;
	*len = buf->len;
	mm_buf_init(buf, buf->max);
	return taken;
}

/* Room for len more bytes; marks the buffer where there is none to be had. */
static bool
buf_reserve(struct mm_buf *buf, size_t len)
{
	size_t size = buf->size == 0 ? BUF_SIZE_FIRST : buf->size;
	char *data;

	if (buf->failed || len > buf->max - buf->len) {
		buf->failed = true;
		return false;
	}
	if (buf->data != NULL && len <= buf->size - buf->len)
		return true;
	while (size < buf->len + len)
		size = size > buf->max / 2 ? buf->max : size * 2;
	data = realloc(buf->data, size);
	if (data == NULL) {
		buf->failed = true;
		return false;
	}
	buf->data = data;
	buf->size = size;
	return true;
}

void
mm_buf_add(struct mm_buf *buf, const void *bytes, size_t len)
{
	if (!buf_reserve(buf, len) || len == 0)
		return;
	memcpy(buf->data + buf->len, bytes, len);
	buf->len += len;
}

void
mm_buf_add_slice(struct mm_buf *buf, struct mm_slice slice)
{
	mm_buf_add(buf, slice.ptr, slice.len);
}

void
mm_buf_add_str(struct mm_buf *buf, const char *text)
{
	mm_buf_add(buf, text, strlen(text));
}

void
mm_buf_addf(struct mm_buf *buf, const char *format, ...)
{
	size_t room = buf->size - buf->len;
	va_list args, again;
	int len;

	va_start(args, format);
	va_copy(again, args);
	len = vsnprintf(buf->data == NULL ? NULL : buf->data + buf->len, room, format, args);
	va_end(args);
	/* vsnprintf writes a NUL behind the text: it needs the room, the buffer does not keep it. */
	if (len < 0 || !buf_reserve(buf, (size_t)len + 1)) {
		buf->failed = true;
	} else {
		if ((size_t)len >= room)
			(void)vsnprintf(buf->data + buf->len, (size_t)len + 1, format, again);
		buf->len += (size_t)len;
	}
	va_end(again);
}

static void
buf_add_integer(struct mm_buf *buf, uint64_t value, size_t len)
{
	uint8_t bytes[8];

	(void)mm_le_put(bytes, value, len);
	mm_buf_add(buf, bytes, len);
}

void
mm_buf_add_u8(struct mm_buf *buf, uint8_t value)
{
	buf_add_integer(buf, value, 1);
}

void
mm_buf_add_u16(struct mm_buf *buf, uint16_t value)
{
	buf_add_integer(buf, value, 2);
}

void
mm_buf_add_u32(struct mm_buf *buf, uint32_t value)
{
	buf_add_integer(buf, value, 4);
}

void
mm_buf_add_u64(struct mm_buf *buf, uint64_t value)
{
	buf_add_integer(buf, value, 8);
}
