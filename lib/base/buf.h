/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An owned buffer that grows by allocation, with a hard maximum. Not for the deciding path.
 *
 * Failure is sticky: after the first append that did not fit, every later one does nothing, and
 * mm_buf_ok() tells it once at the end.
 */
#ifndef MM_BASE_BUF_H
#define MM_BASE_BUF_H

#include <mintmark/slice.h>

#include <stdbool.h>
#include <stdint.h>

struct mm_buf {
	char *data;
	size_t len;
	size_t size;
	size_t max;
	bool failed;
};

/* An empty buffer that never holds more than max bytes; clear it with mm_buf_clear(). */
void mm_buf_init(struct mm_buf *buf, size_t max);

/* Free what it holds and make it empty, as after mm_buf_init() with the same maximum. */
void mm_buf_clear(struct mm_buf *buf);

/* Whether every append since init or clear fitted. */
bool mm_buf_ok(const struct mm_buf *buf);

/* Hand the bytes to the caller, who frees them; NULL where not ok. The buffer is empty then. */
char *mm_buf_take(struct mm_buf *buf, size_t *len);

void mm_buf_add(struct mm_buf *buf, const void *bytes, size_t len);
void mm_buf_add_slice(struct mm_buf *buf, struct mm_slice slice);
void mm_buf_add_str(struct mm_buf *buf, const char *text);
void mm_buf_addf(struct mm_buf *buf, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Little-endian integers, as all our files and messages hold them. */
void mm_buf_add_u8(struct mm_buf *buf, uint8_t value);
void mm_buf_add_u16(struct mm_buf *buf, uint16_t value);
void mm_buf_add_u32(struct mm_buf *buf, uint32_t value);
void mm_buf_add_u64(struct mm_buf *buf, uint64_t value);

#endif
