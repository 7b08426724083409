/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An input: one file of a foreign log as UTF-8 text, whatever it was packed in.
 *
 * It is opened for reading only, read once from its beginning to its end, and its SHA-256 is that of the file's own
 * bytes, taken on the way. What it is shows in its first bytes, never in its name: gzip (RFC 1952, several members
 * too), zstd (RFC 8878, several frames, skippable ones too), UTF-16 with a byte order mark, UTF-8 with or without.
 * Compressed UTF-16 is both.
 *
 * Against decompression bombs the text may be at most MM_LOGS_RATIO_MAX times as long as the bytes that it came from,
 * counted from MM_LOGS_RATIO_FROM on, and zstd's window is limited (engine/logs/unpack.h); where that ends reading, the
 * facts tell it.
 * Not checked here: that UTF-8 is valid; whoever shows it does that.
 */
#ifndef MM_ENGINE_LOGS_INPUT_H
#define MM_ENGINE_LOGS_INPUT_H

#include "lib/base/limits.h"

#include <mintmark/version.h>

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/* Audit logs of one tenant, the best that gzip and zstd are fed with, come to a fifth of this. */
#define MM_LOGS_RATIO_MAX 200
#define MM_LOGS_RATIO_FROM (64 * 1024 * 1024)

enum mm_logs_compression { MM_LOGS_PLAIN, MM_LOGS_GZIP, MM_LOGS_ZSTD };

enum mm_logs_encoding { MM_LOGS_UTF8, MM_LOGS_UTF8_MARKED, MM_LOGS_UTF16_LE, MM_LOGS_UTF16_BE };

/* How reading an input ended, or that it has not. All but the first two left something unread. */
enum mm_logs_end {
	MM_LOGS_GOING_ON,
	MM_LOGS_WHOLE,
	MM_LOGS_CUT_SHORT, /* the compressed data ends early */
	MM_LOGS_DAMAGED,   /* it does not decompress: a bad checksum, a bad block */
	MM_LOGS_BOMB,      /* it would become more text than is allowed */
	MM_LOGS_CHANGED,   /* the file was cut or written to while it was read: length or time of change differ */
	MM_LOGS_UNREADABLE_FILE, /* error of the system; failure has its errno */
	MM_LOGS_STOPPED,   /* whoever reads gave up */
};

/* What is known of an input. */
struct mm_logs_input_facts {
	enum mm_logs_compression compression;
	enum mm_logs_encoding encoding;
	enum mm_logs_end ended;
	int failure;              /* errno of MM_LOGS_UNREADABLE_FILE */
	int64_t file_size;        /* when it was opened */
	int64_t changed_us;       /* its time of last change then */
	uint64_t raw_size;        /* bytes read of the file so far */
	uint64_t text_size;       /* bytes of text given so far */
	uint64_t odd_units;       /* UTF-16: halves of a pair alone, or an odd byte at the end; each became U+FFFD */
	uint8_t digest[MM_DIGEST_LEN]; /* SHA-256; see mm_logs_input_has_digest() */
};

/* Whether digest is of the whole file: it was read to its end, also where not all became text. */
static inline bool
mm_logs_input_has_digest(const struct mm_logs_input_facts *facts)
{
	return facts->ended != MM_LOGS_GOING_ON && facts->ended != MM_LOGS_UNREADABLE_FILE;
}

struct mm_logs_input;

/*
 * Open a regular file. NULL with errno (EINVAL: it is none; ENOMEM; those of open). Its access time is left as it is
 * where the system lets us (O_NOATIME).
 */
struct mm_logs_input *mm_logs_input_open(int dir_fd, const char *path);
void mm_logs_input_free(struct mm_logs_input **input);

/*
 * The next up to room bytes of text, room being at least MM_LOGS_ROOM_MIN. Returns how many; 0 only at the end, and the
 * facts say which. Whatever had become text before an error is given first. The bytes end anywhere, within a character
 * too.
 */
#define MM_LOGS_ROOM_MIN 16
size_t mm_logs_input_read(struct mm_logs_input *input, char *text, size_t room);

/* Take no more text from it; the rest of the file is still read, for the digest. */
void mm_logs_input_stop(struct mm_logs_input *input);

const struct mm_logs_input_facts *mm_logs_input_facts(const struct mm_logs_input *input);

/*
 * Whether bytes at any offset of the text can be read without what stands before them: it is neither compressed nor
 * converted. mm_logs_input_at() then reads len bytes at offset of the text; returns how many, or -1 with errno.
 */
bool mm_logs_input_seekable(const struct mm_logs_input *input);
MM_MUST_USE ssize_t mm_logs_input_at(struct mm_logs_input *input, void *text, size_t len, uint64_t offset);

/* The words for these in reports and JSON. */
const char *mm_logs_compression_name(enum mm_logs_compression compression);
const char *mm_logs_encoding_name(enum mm_logs_encoding encoding);
const char *mm_logs_end_name(enum mm_logs_end end);

#endif
