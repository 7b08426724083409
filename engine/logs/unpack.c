/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Unpacking through zlib and libzstd, which are asked for one piece at a time.
 */
#include "engine/logs/unpack.h"

#include <limits.h>
#include <stdlib.h>
#define ZLIB_CONST /* it does not write to its input */
#include <zlib.h>
#include <zstd.h>

struct mm_unpacker {
	enum mm_logs_compression compression;
	bool begun; /* a member or frame is open */
	z_stream gzip;
	ZSTD_DCtx *zstd;
};

/* A frame of zstd, and a skippable one, whose last four bits are free (RFC 8878 section 3.1). */
enum mm_logs_compression
mm_unpack_recognise(struct mm_slice beginning)
{
	const uint8_t *bytes = (const uint8_t *)beginning.ptr;

	if (beginning.len >= 3 && bytes[0] == 0x1f && bytes[1] == 0x8b && bytes[2] == 8)
		return MM_LOGS_GZIP;
	if (beginning.len < 4)
		return MM_LOGS_PLAIN;
	if (bytes[0] == 0x28 && bytes[1] == 0xb5 && bytes[2] == 0x2f && bytes[3] == 0xfd)
		return MM_LOGS_ZSTD;
	if ((bytes[0] & 0xf0) == 0x50 && bytes[1] == 0x2a && bytes[2] == 0x4d && bytes[3] == 0x18)
		return MM_LOGS_ZSTD;
	return MM_LOGS_PLAIN;
}

/* zlib's wbits: the largest window, and a gzip header alone. */
#define GZIP_WINDOW_BITS (15 + 16)

static bool
begin(struct mm_unpacker *unpacker)
{
	if (unpacker->compression == MM_LOGS_GZIP)
		return inflateInit2(&unpacker->gzip, GZIP_WINDOW_BITS) == Z_OK;
	unpacker->zstd = ZSTD_createDCtx();
	return unpacker->zstd != NULL &&
	    !ZSTD_isError(ZSTD_DCtx_setParameter(unpacker->zstd, ZSTD_d_windowLogMax, MM_UNPACK_WINDOW_LOG_MAX));
}

struct mm_unpacker *
mm_unpacker_new(enum mm_logs_compression compression)
{
	struct mm_unpacker *unpacker = calloc(1, sizeof(*unpacker));

	if (unpacker == NULL)
		return NULL;
	unpacker->compression = compression;
	if (!begin(unpacker))
		mm_unpacker_free(&unpacker);
	return unpacker;
}

void
mm_unpacker_free(struct mm_unpacker **unpacker)
{
	if (*unpacker == NULL)
		return;
	if ((*unpacker)->compression == MM_LOGS_GZIP)
		(void)inflateEnd(&(*unpacker)->gzip);
	(void)ZSTD_freeDCtx((*unpacker)->zstd);
	free(*unpacker);
	*unpacker = NULL;
}

/* Archivers fill up the last block with zeroes. */
static void
skip_zeroes(struct mm_slice *packed)
{
	while (packed->len > 0 && *packed->ptr == '\0') {
		packed->ptr++;
		packed->len--;
	}
}

static unsigned
at_most(size_t len)
{
	return len > UINT_MAX ? UINT_MAX : (unsigned)len;
}

static bool
unpack_gzip(struct mm_unpacker *unpacker, struct mm_slice *packed, char *out, size_t *room)
{
	z_stream *gzip = &unpacker->gzip;
	unsigned given, wanted = at_most(*room);
	int status = Z_OK;

	if (!unpacker->begun)
		skip_zeroes(packed);
	given = at_most(packed->len);
	gzip->next_in = (const Bytef *)packed->ptr;
	gzip->avail_in = given;
	gzip->next_out = (Bytef *)out;
	gzip->avail_out = wanted;
	if (given > 0 || unpacker->begun) {
		unpacker->begun = true;
		status = inflate(gzip, Z_NO_FLUSH);
	}
	packed->ptr += given - gzip->avail_in;
	packed->len -= given - gzip->avail_in;
	*room = wanted - gzip->avail_out;
	if (status == Z_STREAM_END) {
		unpacker->begun = false;
		return inflateReset(gzip) == Z_OK;
	}
	return status == Z_OK || status == Z_BUF_ERROR;
}

static bool
unpack_zstd(struct mm_unpacker *unpacker, struct mm_slice *packed, char *out, size_t *room)
{
	ZSTD_inBuffer in = { packed->ptr, packed->len, 0 };
	ZSTD_outBuffer written = { out, *room, 0 };
	size_t left = ZSTD_decompressStream(unpacker->zstd, &written, &in);

	packed->ptr += in.pos;
	packed->len -= in.pos;
	*room = written.pos;
	if (ZSTD_isError(left))
		return false;
	if (left == 0)
		unpacker->begun = false;
	else if (in.pos > 0)
		unpacker->begun = true;
	return true;
}

/* A decoder that stands still would be asked for ever. */
bool
mm_unpack(struct mm_unpacker *unpacker, struct mm_slice *packed, char *out, size_t *room)
{
	size_t given = packed->len;
	bool good = unpacker->compression == MM_LOGS_GZIP ? unpack_gzip(unpacker, packed, out, room) :
	                                                    unpack_zstd(unpacker, packed, out, room);

	return good && (given == 0 || packed->len < given || *room > 0);
}

bool
mm_unpack_may_end(const struct mm_unpacker *unpacker)
{
	return !unpacker->begun;
}
