/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Bytes gather in a piece; each piece goes through the hasher when it is written, or as it was read.
 */
#include "engine/logs/checked_file.h"

#include "engine/file.h"
#include "lib/base/little_endian.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define PIECE (64 * 1024)

void
mm_checked_fail(struct mm_checked_file *file, int failure)
{
	if (file->failure == 0)
		file->failure = failure;
}

static void
measure(struct mm_checked_file *file)
{
	struct stat status;

	if (fstat(file->fd, &status) != 0)
		mm_checked_fail(file, errno);
	else if (!S_ISREG(status.st_mode) || status.st_size < MM_DIGEST_LEN)
		mm_checked_fail(file, EBADMSG);
	else
		file->left = (uint64_t)status.st_size - MM_DIGEST_LEN;
}

void
mm_checked_file_begin(struct mm_checked_file *file, int fd, bool writing)
{
	*file = (struct mm_checked_file){ .fd = fd, .writing = writing };
	file->hasher = mm_hasher_new();
	file->bytes = malloc(PIECE);
	if (file->bytes == NULL || file->hasher == NULL)
		mm_checked_fail(file, ENOMEM);
	else if (!mm_hasher_begin(file->hasher))
		mm_checked_fail(file, EIO);
	else if (!writing)
		measure(file);
}

/* ---- pieces ---- */

static void
hash(struct mm_checked_file *file)
{
	if (!mm_hasher_add(file->hasher, mm_slice(file->bytes, file->len)))
		mm_checked_fail(file, EIO);
}

/* Write the piece. */
static void
flush(struct mm_checked_file *file)
{
	hash(file);
	if (file->failure == 0 && mm_file_write_at(file->fd, file->bytes, file->len, (off_t)file->offset) != 0)
		mm_checked_fail(file, errno);
	file->offset += file->len;
	file->len = 0;
}

/* Read the next piece, of what is left. */
static void
refill(struct mm_checked_file *file)
{
	size_t wanted = file->left < PIECE ? (size_t)file->left : PIECE;
	ssize_t got;

	file->offset += file->len;
	got = mm_file_read_at(file->fd, file->bytes, wanted, (off_t)file->offset);
	if (got != (ssize_t)wanted)
		mm_checked_fail(file, got < 0 ? errno : EBADMSG);
	file->len = wanted;
	file->at = 0;
	if (file->failure == 0)
		hash(file);
}

static void
write_bytes(struct mm_checked_file *file, const char *bytes, size_t len)
{
	while (len > 0 && file->failure == 0) {
		size_t some = PIECE - file->len < len ? PIECE - file->len : len;

		memcpy(file->bytes + file->len, bytes, some);
		file->len += some;
		bytes += some;
		len -= some;
		if (file->len == PIECE)
			flush(file);
	}
}

static void
read_bytes(struct mm_checked_file *file, char *bytes, size_t len)
{
	char *at = bytes;

	if (len > file->left)
		mm_checked_fail(file, EBADMSG);
	for (size_t missing = len; missing > 0 && file->failure == 0;) {
		size_t some;

		if (file->at == file->len)
			refill(file);
		some = file->len - file->at < missing ? file->len - file->at : missing;
		memcpy(at, file->bytes + file->at, some);
		file->at += some;
		file->left -= some;
		at += some;
		missing -= some;
	}
	if (file->failure != 0 && len > 0)
		memset(bytes, 0, len);
}

/* ---- fields ---- */

void
mm_checked_bytes(struct mm_checked_file *file, void *bytes, size_t len)
{
	if (file->writing)
		write_bytes(file, bytes, len);
	else
		read_bytes(file, bytes, len);
}

static uint64_t
integer(struct mm_checked_file *file, uint64_t value, size_t len)
{
	uint8_t bytes[8];

	(void)mm_le_put(bytes, value, len);
	mm_checked_bytes(file, bytes, len);
	return mm_le_get(bytes, len);
}

void
mm_checked_u32(struct mm_checked_file *file, uint32_t *value)
{
	*value = (uint32_t)integer(file, *value, 4);
}

void
mm_checked_u64(struct mm_checked_file *file, uint64_t *value)
{
	*value = integer(file, *value, 8);
}

void
mm_checked_i64(struct mm_checked_file *file, int64_t *value)
{
	*value = (int64_t)integer(file, (uint64_t)*value, 8);
}

void
mm_checked_below(struct mm_checked_file *file, uint32_t *value, uint32_t limit)
{
	mm_checked_u32(file, value);
	if (*value < limit)
		return;
	mm_checked_fail(file, EBADMSG);
	*value = 0;
}

void
mm_checked_bool(struct mm_checked_file *file, bool *value)
{
	uint32_t number = *value;

	mm_checked_below(file, &number, 2);
	*value = number != 0;
}

void
mm_checked_count(struct mm_checked_file *file, uint64_t *count, uint64_t max, size_t size)
{
	mm_checked_u64(file, count);
	if (*count <= max && (file->writing || *count <= file->left / size))
		return;
	mm_checked_fail(file, EBADMSG);
	*count = 0;
}

void
mm_checked_text(struct mm_checked_file *file, struct mm_slice *text, size_t max)
{
	uint64_t len = file->writing ? text->len : 0;
	char *bytes;

	mm_checked_count(file, &len, max, 1);
	if (file->writing) {
		write_bytes(file, text->ptr, (size_t)len);
		return;
	}
	*text = MM_SLICE_ABSENT;
	if (len == 0)
		return;
	bytes = malloc((size_t)len);
	if (bytes == NULL) {
		mm_checked_fail(file, ENOMEM);
		return;
	}
	read_bytes(file, bytes, (size_t)len);
	*text = mm_slice(bytes, (size_t)len);
}

bool
mm_checked_same(struct mm_checked_file *file, uint64_t value)
{
	return integer(file, value, 8) == value && file->failure == 0;
}

bool
mm_checked_same_text(struct mm_checked_file *file, struct mm_slice text)
{
	char piece[256];

	if (!mm_checked_same(file, text.len))
		return false;
	for (size_t at = 0; at < text.len; at += sizeof(piece)) {
		size_t some = text.len - at < sizeof(piece) ? text.len - at : sizeof(piece);

		memcpy(piece, text.ptr + at, some);
		mm_checked_bytes(file, piece, some);
		if (file->failure != 0 || memcmp(piece, text.ptr + at, some) != 0)
			return false;
	}
	return true;
}

/* ---- the end ---- */

static void
end_writing(struct mm_checked_file *file)
{
	uint8_t digest[MM_DIGEST_LEN];

	flush(file);
	if (file->failure == 0 && !mm_hasher_end(file->hasher, digest))
		mm_checked_fail(file, EIO);
	if (file->failure == 0 && (mm_file_write_at(file->fd, digest, sizeof(digest), (off_t)file->offset) != 0 ||
	    fsync(file->fd) != 0))
		mm_checked_fail(file, errno);
}

static void
end_reading(struct mm_checked_file *file)
{
	uint8_t made[MM_DIGEST_LEN], written[MM_DIGEST_LEN];
	ssize_t got;

	if (file->left > 0)
		mm_checked_fail(file, EBADMSG);
	if (file->failure != 0)
		return;
	got = mm_file_read_at(file->fd, written, sizeof(written), (off_t)(file->offset + file->len));
	if (got != (ssize_t)sizeof(written))
		mm_checked_fail(file, got < 0 ? errno : EBADMSG);
	else if (!mm_hasher_end(file->hasher, made))
		mm_checked_fail(file, EIO);
	else if (memcmp(made, written, sizeof(made)) != 0)
		mm_checked_fail(file, EBADMSG);
}

int
mm_checked_file_end(struct mm_checked_file *file)
{
	if (file->failure == 0 && file->writing)
		end_writing(file);
	else if (file->failure == 0)
		end_reading(file);
	mm_hasher_free(&file->hasher);
	free(file->bytes);
	file->bytes = NULL;
	return file->failure;
}
