/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Bytes come through up to three stages, each of which gives what the next asks for:
 *
 *   take_raw()     bytes of the file, each of which goes through the hasher once
 *   take_unpacked() gzip and zstd to bytes
 *   mm_logs_input_read() UTF-16 to UTF-8
 *
 * Plain UTF-8, the usual case, is read into the caller's room at once and hashed there, while the cache still has it.
 */
#include "engine/logs/input.h"

#include "engine/file.h"
#include "engine/logs/unpack.h"
#include "engine/logs/utf16.h"
#include "lib/base/array.h"
#include "lib/crypto/hasher.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

/* Read and hashed at a time: half of the second level's cache. */
#define CHUNK (256 * 1024)

/* A piece of some stage's bytes that the next one did not use up yet. */
struct rest {
	char *room; /* CHUNK bytes */
	struct mm_slice bytes;
};

struct mm_logs_input {
	int fd;
	struct mm_hasher *hasher;
	struct mm_logs_input_facts facts;
	struct timespec changed;
	bool raw_ended;
	struct rest raw;      /* of the file: the beginning, or what is to be unpacked */
	struct rest unpacked; /* the beginning, or what is to be converted */
	struct mm_unpacker *unpacker;
	struct mm_utf16 utf16;
	uint64_t mark;        /* length of the byte order mark */
};

/* ---- bytes of the file, and the end ---- */

static bool
has_ended(const struct mm_logs_input *input)
{
	return input->facts.ended != MM_LOGS_GOING_ON;
}

static void
finish(struct mm_logs_input *input, enum mm_logs_end how, int failure)
{
	if (has_ended(input))
		return;
	input->facts.ended = how;
	input->facts.failure = failure;
	if (!mm_hasher_end(input->hasher, input->facts.digest)) {
		input->facts.ended = MM_LOGS_UNREADABLE_FILE;
		input->facts.failure = EIO;
	}
}

static void
fail(struct mm_logs_input *input, int failure)
{
	finish(input, MM_LOGS_UNREADABLE_FILE, failure);
}

/* Read up to room bytes into out and hash them; 0: the file's end, or it failed. */
static size_t
read_raw(struct mm_logs_input *input, char *out, size_t room)
{
	ssize_t got;

	if (input->raw_ended || has_ended(input))
		return 0;
	do {
		got = read(input->fd, out, room < CHUNK ? room : CHUNK);
	} while (got < 0 && errno == EINTR);
	if (got < 0)
		fail(input, errno);
	else if (got == 0)
		input->raw_ended = true;
	else if (!mm_hasher_add(input->hasher, mm_slice(out, (size_t)got)))
		fail(input, EIO);
	if (got <= 0 || has_ended(input))
		return 0;
	input->facts.raw_size += (uint64_t)got;
	return (size_t)got;
}

/* The digest names the file, so all of it goes through the hasher, also what could not become text. */
static void
end(struct mm_logs_input *input, enum mm_logs_end how)
{
	while (read_raw(input, input->raw.room, CHUNK) > 0)
		;
	input->raw.bytes = MM_SLICE_ABSENT;
	finish(input, how, 0);
}

/* The file is at its end: is it the one that was opened? */
static void
check_unchanged(struct mm_logs_input *input)
{
	struct stat status;

	if (fstat(input->fd, &status) != 0)
		fail(input, errno);
	else if (status.st_size != input->facts.file_size || (uint64_t)status.st_size != input->facts.raw_size ||
	    status.st_mtim.tv_sec != input->changed.tv_sec || status.st_mtim.tv_nsec != input->changed.tv_nsec)
		end(input, MM_LOGS_CHANGED);
}

/* ---- unpacking ---- */

/* Fill a rest that was used up with the next chunk of the file. Returns whether there is any of it. */
static bool
fill_raw(struct mm_logs_input *input)
{
	if (input->raw.bytes.len == 0)
		input->raw.bytes = mm_slice(input->raw.room, read_raw(input, input->raw.room, CHUNK));
	return input->raw.bytes.len > 0;
}

/* Move up to room bytes out of a rest. */
static size_t
take(struct rest *rest, char *out, size_t room)
{
	size_t len = rest->bytes.len < room ? rest->bytes.len : room;

	if (len > 0)
		memcpy(out, rest->bytes.ptr, len);
	rest->bytes.ptr += len;
	rest->bytes.len -= len;
	return len;
}

static bool
is_bomb(const struct mm_logs_input *input, size_t more)
{
	uint64_t size = input->facts.text_size + more;

	return size > MM_LOGS_RATIO_FROM && size / MM_LOGS_RATIO_MAX > input->facts.raw_size;
}

/* Unpack up to room bytes to out; 0: the end, or it cannot go on. */
static size_t
unpack(struct mm_logs_input *input, char *out, size_t room)
{
	while (!has_ended(input)) {
		size_t len = room;
		bool more = fill_raw(input), good;

		if (!more && (has_ended(input) || mm_unpack_may_end(input->unpacker)))
			return 0;
		good = mm_unpack(input->unpacker, &input->raw.bytes, out, &len);
		if (!good)
			end(input, MM_LOGS_DAMAGED);
		else if (len == 0 && !more)
			end(input, MM_LOGS_CUT_SHORT);
		else if (is_bomb(input, len))
			end(input, MM_LOGS_BOMB);
		if (len > 0)
			return len;
	}
	return 0;
}

/* The next up to room bytes, unpacked if need be. */
static size_t
take_unpacked(struct mm_logs_input *input, char *out, size_t room)
{
	if (input->unpacker != NULL)
		return unpack(input, out, room);
	if (input->raw.bytes.len > 0)
		return take(&input->raw, out, room);
	return read_raw(input, out, room);
}

/* ---- opening ---- */

static bool
take_mark(struct mm_logs_input *input, const char *mark, size_t len, enum mm_logs_encoding encoding)
{
	if (input->unpacked.bytes.len < len || memcmp(input->unpacked.bytes.ptr, mark, len) != 0)
		return false;
	input->unpacked.bytes.ptr += len;
	input->unpacked.bytes.len -= len;
	input->facts.encoding = encoding;
	input->mark = len;
	return true;
}

/* Without a mark it is taken as UTF-8, whatever it is. */
static void
recognise_encoding(struct mm_logs_input *input)
{
	if (!take_mark(input, "\xEF\xBB\xBF", 3, MM_LOGS_UTF8_MARKED) &&
	    !take_mark(input, "\xFF\xFE", 2, MM_LOGS_UTF16_LE))
		(void)take_mark(input, "\xFE\xFF", 2, MM_LOGS_UTF16_BE);
	input->utf16.big_endian = input->facts.encoding == MM_LOGS_UTF16_BE;
}

/* Read the beginning and see what it is. Returns false where memory is short. */
static bool
recognise(struct mm_logs_input *input)
{
	size_t len, more;

	(void)fill_raw(input);
	input->facts.compression = mm_unpack_recognise(input->raw.bytes);
	if (input->facts.compression != MM_LOGS_PLAIN) {
		input->unpacker = mm_unpacker_new(input->facts.compression);
		if (input->unpacker == NULL)
			return false;
	}
	/* A stage may give a byte at a time; three are needed to tell. */
	for (len = 0; len < 3; len += more) {
		more = take_unpacked(input, input->unpacked.room + len, CHUNK - len);
		if (more == 0)
			break;
	}
	input->unpacked.bytes = mm_slice(input->unpacked.room, len);
	recognise_encoding(input);
	return true;
}

static bool
make_parts(struct mm_logs_input *input)
{
	input->hasher = mm_hasher_new();
	input->raw.room = malloc(CHUNK);
	input->unpacked.room = malloc(CHUNK);
	return input->hasher != NULL && input->raw.room != NULL && input->unpacked.room != NULL &&
	    mm_hasher_begin(input->hasher) && recognise(input);
}

/* Only the owner of a file may leave its access time alone. */
static int
open_file(int dir_fd, const char *path)
{
	int fd = openat(dir_fd, path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK | O_NOATIME);

	if (fd < 0 && errno == EPERM)
		fd = openat(dir_fd, path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	return fd;
}

static struct mm_logs_input *
open_input(int fd, const struct stat *status)
{
	struct mm_logs_input *input = calloc(1, sizeof(*input));

	if (input == NULL)
		return NULL;
	input->fd = fd;
	input->facts.file_size = status->st_size;
	input->facts.changed_us = (int64_t)status->st_mtim.tv_sec * 1000000 + status->st_mtim.tv_nsec / 1000;
	input->changed = status->st_mtim;
	(void)posix_fadvise(fd, 0, 0, POSIX_FADV_SEQUENTIAL);
	if (make_parts(input))
		return input;
	input->fd = -1; /* the caller closes it */
	mm_logs_input_free(&input);
	errno = ENOMEM;
	return NULL;
}

struct mm_logs_input *
mm_logs_input_open(int dir_fd, const char *path)
{
	struct mm_logs_input *input = NULL;
	int fd = open_file(dir_fd, path), failure;
	struct stat status;

	if (fd < 0)
		return NULL;
	if (fstat(fd, &status) != 0)
		failure = errno;
	else if (!S_ISREG(status.st_mode))
		failure = EINVAL;
	else {
		input = open_input(fd, &status);
		failure = errno;
	}
	if (input == NULL) {
		(void)close(fd);
		errno = failure;
	}
	return input;
}

void
mm_logs_input_free(struct mm_logs_input **input)
{
	if (*input == NULL)
		return;
	if ((*input)->fd >= 0)
		(void)close((*input)->fd);
	mm_hasher_free(&(*input)->hasher);
	mm_unpacker_free(&(*input)->unpacker);
	free((*input)->raw.room);
	free((*input)->unpacked.room);
	free(*input);
	*input = NULL;
}

/* ---- reading ---- */

static bool
is_utf16(const struct mm_logs_input *input)
{
	return input->facts.encoding == MM_LOGS_UTF16_LE || input->facts.encoding == MM_LOGS_UTF16_BE;
}

static size_t
read_utf16(struct mm_logs_input *input, char *text, size_t room)
{
	size_t len = 0;

	while (len == 0) {
		if (input->unpacked.bytes.len == 0)
			input->unpacked.bytes = mm_slice(input->unpacked.room,
			    take_unpacked(input, input->unpacked.room, CHUNK));
		if (input->unpacked.bytes.len == 0) {
			len = mm_utf16_end(&input->utf16, text);
			break;
		}
		len = mm_utf16_convert(&input->utf16, &input->unpacked.bytes, text, room);
	}
	input->facts.odd_units = input->utf16.odd;
	return len;
}

size_t
mm_logs_input_read(struct mm_logs_input *input, char *text, size_t room)
{
	size_t len;

	if (is_utf16(input))
		len = read_utf16(input, text, room);
	else if (input->unpacked.bytes.len > 0)
		len = take(&input->unpacked, text, room);
	else
		len = take_unpacked(input, text, room);
	input->facts.text_size += len;
	if (len == 0) {
		if (!has_ended(input))
			check_unchanged(input);
		end(input, MM_LOGS_WHOLE);
	}
	return len;
}

void
mm_logs_input_stop(struct mm_logs_input *input)
{
	input->unpacked.bytes = MM_SLICE_ABSENT;
	end(input, MM_LOGS_STOPPED);
}

const struct mm_logs_input_facts *
mm_logs_input_facts(const struct mm_logs_input *input)
{
	return &input->facts;
}

bool
mm_logs_input_seekable(const struct mm_logs_input *input)
{
	return input->unpacker == NULL && !is_utf16(input);
}

ssize_t
mm_logs_input_at(struct mm_logs_input *input, void *text, size_t len, uint64_t offset)
{
	return mm_file_read_at(input->fd, text, len, (off_t)(input->mark + offset));
}

/* ---- words ---- */

const char *
mm_logs_compression_name(enum mm_logs_compression compression)
{
	static const char *const names[] = { "none", "gzip", "zstd" };

	_Static_assert(MM_COUNT_OF(names) == MM_LOGS_ZSTD + 1, "a name for each");
	return names[compression];
}

const char *
mm_logs_encoding_name(enum mm_logs_encoding encoding)
{
	static const char *const names[] = { "utf-8", "utf-8-bom", "utf-16le", "utf-16be" };

	_Static_assert(MM_COUNT_OF(names) == MM_LOGS_UTF16_BE + 1, "a name for each");
	return names[encoding];
}

const char *
mm_logs_end_name(enum mm_logs_end ended)
{
	static const char *const names[] = { "not-read", "whole", "cut-short", "damaged", "bomb", "changed",
		"unreadable", "stopped" };

	_Static_assert(MM_COUNT_OF(names) == MM_LOGS_STOPPED + 1, "a name for each");
	return names[ended];
}
