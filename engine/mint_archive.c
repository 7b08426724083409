/* SPDX-License-Identifier: Apache-2.0 */
/* The archive of a backup: blocks of 512 bytes, a header before each file, two empty ones at the end. */
#include "engine/mint_archive.h"

#include "lib/base/limits.h"
#include "lib/codec/hex.h"
#include "lib/crypto/digest.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define BLOCK 512
#define MANIFEST "MANIFEST"

/* Where the parts of a header stand (POSIX pax(1), "ustar Interchange Format"). */
enum { AT_MODE = 100, AT_UID = 108, AT_GID = 116, AT_SIZE = 124, AT_TIME = 136, AT_SUM = 148, AT_KIND = 156,
	AT_MAGIC = 257 };

static const char magic[8] = { 'u', 's', 't', 'a', 'r', '\0', '0', '0' };

/* ---- writing ---- */

void
mm_archive_writer_init(struct mm_archive_writer *writer, int fd, int64_t time_s)
{
	*writer = (struct mm_archive_writer){ .fd = fd, .time_s = time_s };
	mm_buf_init(&writer->manifest, MM_ARCHIVE_MANIFEST_MAX);
}

void
mm_archive_writer_clear(struct mm_archive_writer *writer)
{
	mm_buf_clear(&writer->manifest);
}

static bool
write_all(struct mm_archive_writer *writer, const void *bytes, size_t len)
{
	const char *at = bytes;

	writer->bytes += len;
	while (len > 0) {
		ssize_t written = write(writer->fd, at, len);

		if (written == -1 && errno == EINTR)
			continue;
		if (written <= 0)
			return false;
		at += written;
		len -= (size_t)written;
	}
	return true;
}

static unsigned
sum_of(const unsigned char header[BLOCK])
{
	unsigned sum = 0;

	for (size_t i = 0; i < BLOCK; i++)
		sum += i >= AT_SUM && i < AT_SUM + 8 ? ' ' : header[i];
	return sum;
}

static bool
write_header(struct mm_archive_writer *writer, const char *name, uint64_t len)
{
	char header[BLOCK] = { 0 };

	if (strlen(name) > MM_ARCHIVE_NAME_MAX || len > UINT64_C(077777777777)) {
		errno = ENAMETOOLONG;
		return false;
	}
	memcpy(header, name, strlen(name));
	memcpy(header + AT_MODE, "0000600", 7);
	memcpy(header + AT_UID, "0000000", 7);
	memcpy(header + AT_GID, "0000000", 7);
	(void)snprintf(header + AT_SIZE, 12, "%011" PRIo64, len);
	(void)snprintf(header + AT_TIME, 12, "%011" PRIo64, (uint64_t)writer->time_s & UINT64_C(077777777777));
	header[AT_KIND] = '0';
	memcpy(header + AT_MAGIC, magic, sizeof(magic));
	(void)snprintf(header + AT_SUM, 8, "%06o", sum_of((const unsigned char *)header));
	header[AT_SUM + 7] = ' ';
	return write_all(writer, header, sizeof(header));
}

static bool
write_padded(struct mm_archive_writer *writer, struct mm_slice bytes)
{
	static const char zeroes[BLOCK];

	return write_all(writer, bytes.ptr, bytes.len) &&
	    write_all(writer, zeroes, (BLOCK - bytes.len % BLOCK) % BLOCK);
}

bool
mm_archive_add_bytes(struct mm_archive_writer *writer, const char *name, struct mm_slice bytes)
{
	uint8_t digest[MM_DIGEST_LEN];
	char text[MM_HEX_SIZE(MM_DIGEST_LEN)];

	if (!mm_sha256(bytes, digest)) {
		errno = ENOMEM;
		return false;
	}
	mm_buf_addf(&writer->manifest, "%s %zu %s\n", mm_hex_encode(digest, sizeof(digest), text), bytes.len, name);
	return write_header(writer, name, bytes.len) && write_padded(writer, bytes);
}

bool
mm_archive_add_file(struct mm_archive_writer *writer, const char *name, int fd, uint64_t len)
{
	off_t end = lseek(fd, 0, SEEK_END);
	void *mapped;
	bool added;

	if (end == -1 || (uint64_t)end < len) {
		errno = end == -1 ? errno : ENODATA;
		return false;
	}
	if (len == 0)
		return mm_archive_add_bytes(writer, name, mm_slice("", 0));
	mapped = mmap(NULL, (size_t)len, PROT_READ, MAP_SHARED, fd, 0);
	if (mapped == MAP_FAILED)
		return false;
	added = mm_archive_add_bytes(writer, name, mm_slice(mapped, (size_t)len));
	munmap(mapped, (size_t)len);
	return added;
}

bool
mm_archive_finish(struct mm_archive_writer *writer)
{
	static const char end[2 * BLOCK];
	struct mm_slice manifest = mm_slice(writer->manifest.data, writer->manifest.len);

	if (!mm_buf_ok(&writer->manifest)) {
		errno = EFBIG;
		return false;
	}
	return write_header(writer, MANIFEST, manifest.len) && write_padded(writer, manifest) &&
	    write_all(writer, end, sizeof(end));
}

/* ---- reading ---- */

struct archive_reader {
	int fd;
	mm_archive_make *make;
	void *ctx;
	struct mm_buf made; /* the manifest that it should have */
	uint64_t files, bytes;
	char fault[192];
};

/* Read len bytes; false at the end or with errno. */
static bool
read_all(int fd, void *bytes, size_t len)
{
	char *at = bytes;

	while (len > 0) {
		ssize_t got = read(fd, at, len);

		if (got == -1 && errno == EINTR)
			continue;
		if (got <= 0)
			return false;
		at += got;
		len -= (size_t)got;
	}
	return true;
}

static bool
read_octal(const char *text, size_t len, uint64_t *value)
{
	*value = 0;
	for (size_t i = 0; i < len && text[i] != '\0' && text[i] != ' '; i++) {
		if (text[i] < '0' || text[i] > '7')
			return false;
		*value = *value << 3 | (uint64_t)(text[i] - '0');
	}
	return true;
}

/* Relative, of characters that need no care, no part that begins with a dot. */
static bool
name_good(const char *name)
{
	size_t len = strlen(name);
	bool begins = true;

	for (size_t i = 0; i < len; i++) {
		char c = name[i];

		if (c == '/' || (begins && c == '.'))
			if (begins)
				return false;
		if (c != '/' && c != '.' && c != '-' && c != '_' && !(c >= '0' && c <= '9') &&
		    !(c >= 'a' && c <= 'z') && !(c >= 'A' && c <= 'Z'))
			return false;
		begins = c == '/';
	}
	return len > 0 && !begins;
}

/* Read a header: 1 a file, 0 the end, -1 none that was written here. */
static int
read_header(struct archive_reader *reader, char name[MM_ARCHIVE_NAME_MAX + 1], uint64_t *len)
{
	static const char empty[BLOCK];
	char header[BLOCK];
	uint64_t sum;

	if (!read_all(reader->fd, header, sizeof(header)))
		return -1;
	if (memcmp(header, empty, sizeof(empty)) == 0)
		return 0;
	if (memcmp(header + AT_MAGIC, magic, sizeof(magic)) != 0 || header[AT_KIND] != '0' ||
	    !read_octal(header + AT_SUM, 6, &sum) || sum != sum_of((const unsigned char *)header) ||
	    !read_octal(header + AT_SIZE, 11, len) || header[MM_ARCHIVE_NAME_MAX] != '\0')
		return -1;
	memcpy(name, header, MM_ARCHIVE_NAME_MAX + 1);
	return name_good(name) ? 1 : -1;
}

/* Copy a file out of the archive. */
static bool
copy(struct archive_reader *reader, int fd, uint64_t len)
{
	static char bytes[65536];
	uint64_t left = (len + BLOCK - 1) / BLOCK * BLOCK, written = 0;

	while (left > 0) {
		size_t part = left < sizeof(bytes) ? (size_t)left : sizeof(bytes);
		size_t keep = len - written < part ? (size_t)(len - written) : part;

		if (!read_all(reader->fd, bytes, part))
			return false;
		if (write(fd, bytes, keep) != (ssize_t)keep) {
			errno = errno == ENODATA ? ENOSPC : errno; /* a part of it was */
			return false;
		}
		written += keep;
		left -= part;
	}
	return fsync(fd) == 0;
}

/* Note what was made, as a manifest has it. */
static bool
note(struct archive_reader *reader, const char *name, int fd, uint64_t len)
{
	void *mapped = len == 0 ? NULL : mmap(NULL, (size_t)len, PROT_READ, MAP_SHARED, fd, 0);
	uint8_t digest[MM_DIGEST_LEN];
	char text[MM_HEX_SIZE(MM_DIGEST_LEN)];
	bool hashed;

	if (mapped == MAP_FAILED)
		return false;
	hashed = mm_sha256(len == 0 ? mm_slice("", 0) : mm_slice(mapped, (size_t)len), digest);
	if (mapped != NULL)
		munmap(mapped, (size_t)len);
	if (hashed)
		mm_buf_addf(&reader->made, "%s %" PRIu64 " %s\n", mm_hex_encode(digest, sizeof(digest), text), len,
		    name);
	return hashed && mm_buf_ok(&reader->made);
}

static bool
read_file(struct archive_reader *reader, const char *name, uint64_t len)
{
	int fd = reader->make(reader->ctx, name);
	bool done;

	if (fd == -1) {
		(void)snprintf(reader->fault, sizeof(reader->fault), "%s cannot be made: %s", name, strerror(errno));
		return false;
	}
	errno = ENODATA;
	done = copy(reader, fd, len) && note(reader, name, fd, len);
	if (!done)
		(void)snprintf(reader->fault, sizeof(reader->fault), "%s cannot be copied: %s", name,
		    errno == ENODATA ? "the archive ends in it" : strerror(errno));
	close(fd);
	reader->files++;
	reader->bytes += len;
	return done;
}

/* The manifest must be that of what was made. */
static bool
read_manifest(struct archive_reader *reader, uint64_t len)
{
	char *manifest = len == reader->made.len ? malloc((size_t)len + 1) : NULL;
	bool same = manifest != NULL && read_all(reader->fd, manifest, (size_t)len) && len > 0 &&
	    memcmp(manifest, reader->made.data, (size_t)len) == 0;

	free(manifest);
	if (!same)
		(void)snprintf(reader->fault, sizeof(reader->fault),
		    "the archive is not what was written: its manifest does not fit its files");
	return same;
}

static bool
read_archive(struct archive_reader *reader)
{
	char name[MM_ARCHIVE_NAME_MAX + 1];
	uint64_t len;

	for (;;) {
		if (read_header(reader, name, &len) != 1) {
			(void)snprintf(reader->fault, sizeof(reader->fault),
			    "it is no backup, or it ends before its manifest");
			return false;
		}
		if (strcmp(name, MANIFEST) == 0)
			return read_manifest(reader, len);
		if (!read_file(reader, name, len))
			return false;
	}
}

const char *
mm_archive_read(int fd, mm_archive_make *make, void *ctx, uint64_t *files, uint64_t *bytes)
{
	static struct archive_reader reader;
	bool good;

	reader = (struct archive_reader){ .fd = fd, .make = make, .ctx = ctx };
	mm_buf_init(&reader.made, MM_ARCHIVE_MANIFEST_MAX);
	good = read_archive(&reader);
	*files = reader.files;
	*bytes = reader.bytes;
	mm_buf_clear(&reader.made);
	return good ? NULL : reader.fault;
}
