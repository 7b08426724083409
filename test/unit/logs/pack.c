/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Files for tests of logs, packed by zlib and libzstd themselves.
 */
#include "test/unit/logs/pack.h"

#include "lib/codec/utf8.h"

#include <dirent.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>
#define ZLIB_CONST
#include <zlib.h>
#include <zstd.h>

void
pack_folder_make(char path[64])
{
	(void)snprintf(path, 64, "%s", "/tmp/mintmark-logs-XXXXXX");
	assert_non_null(mkdtemp(path));
}

void
pack_folder_remove(const char *path)
{
	DIR *folder = opendir(path);
	struct dirent *entry;

	assert_non_null(folder);
	while ((entry = readdir(folder)) != NULL) {
		if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
			continue;
		if (unlinkat(dirfd(folder), entry->d_name, 0) != 0) {
			char inner[512];

			(void)snprintf(inner, sizeof(inner), "%s/%s", path, entry->d_name);
			pack_folder_remove(inner);
		}
	}
	assert_int_equal(closedir(folder), 0);
	assert_int_equal(rmdir(path), 0);
}

void
pack_file(const char *folder, const char *name, const void *bytes, size_t len, char path[128])
{
	int fd;

	(void)snprintf(path, 128, "%s/%s", folder, name);
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	assert_true(fd >= 0);
	for (size_t done = 0; done < len;) {
		ssize_t written = write(fd, (const char *)bytes + done, len - done);

		assert_true(written > 0);
		done += (size_t)written;
	}
	assert_int_equal(close(fd), 0);
}

void
pack_gzip(struct mm_buf *buf, const void *bytes, size_t len)
{
	z_stream stream = { 0 };
	char out[4096];
	int status;

	assert_int_equal(deflateInit2(&stream, 6, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY), Z_OK);
	stream.next_in = (const Bytef *)bytes;
	stream.avail_in = (unsigned)len;
	do {
		stream.next_out = (Bytef *)out;
		stream.avail_out = sizeof(out);
		status = deflate(&stream, Z_FINISH);
		mm_buf_add(buf, out, sizeof(out) - stream.avail_out);
	} while (status == Z_OK);
	assert_int_equal(status, Z_STREAM_END);
	(void)deflateEnd(&stream);
}

void
pack_zstd(struct mm_buf *buf, const void *bytes, size_t len)
{
	size_t room = ZSTD_compressBound(len);
	char *out = malloc(room);
	size_t packed;

	assert_non_null(out);
	packed = ZSTD_compress(out, room, bytes, len, 3);
	assert_false(ZSTD_isError(packed));
	mm_buf_add(buf, out, packed);
	free(out);
}

static void
add_unit(struct mm_buf *buf, uint32_t unit, bool big_endian)
{
	mm_buf_add_u8(buf, (uint8_t)(big_endian ? unit >> 8 : unit));
	mm_buf_add_u8(buf, (uint8_t)(big_endian ? unit : unit >> 8));
}

void
pack_utf16(struct mm_buf *buf, const char *text, size_t len, bool big_endian)
{
	for (size_t i = 0, length; i < len; i += length) {
		uint32_t character = 0;

		length = mm_utf8_decode(text + i, len - i, &character);
		assert_true(length > 0);
		if (character >= 0x10000) {
			add_unit(buf, 0xd800 + ((character - 0x10000) >> 10), big_endian);
			character = 0xdc00 + ((character - 0x10000) & 0x3ff);
		}
		add_unit(buf, character, big_endian);
	}
}
