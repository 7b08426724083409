/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Any bytes as the segments of a journal: the reader ends, gives only what lies within its bytes, and never gives one
 * place twice; a writer can recover the same bytes, or refuses them.
 *
 * The first byte says how much of the damage is mended before (CRCs that anybody can compute keep a fuzzer out
 * otherwise): 1 the header, 2 the records' salts and CRCs, 4 also their chain; 8 the rest makes two segments; 16 a
 * writer recovers the first; 32 the last KiB is tallies, with their CRCs mended.
 */
#include "engine/crc32c.h"
#include "engine/journal_segment.h"
#include "lib/crypto/digest.h"
#include "lib/crypto/hasher.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { MEND_HEADER = 1, MEND_RECORDS = 2, MEND_CHAIN = 4, TWO_SEGMENTS = 8, RECOVER = 16, TALLIES = 32 };

/* Two files of this size are enough for every path; more only takes time. */
#define BYTES_MAX (MM_JOURNAL_SEGMENT_MIN)

static int dir_fd = -1;
static char path[64];

static void
remove_folder(void)
{
	(void)unlinkat(dir_fd, "fuzz.0000000001.journal", 0);
	(void)unlinkat(dir_fd, "fuzz.0000000002.journal", 0);
	(void)rmdir(path);
}

static void
make_folder(void)
{
	(void)snprintf(path, sizeof(path), "%s/mm-fuzz-XXXXXX", access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp");
	if (mkdtemp(path) == NULL || (dir_fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)) < 0)
		abort();
	(void)atexit(remove_folder);
}

static void
mend_header(uint8_t *bytes, uint64_t number)
{
	struct mm_journal_identity identity = {
		.number = number, .size_bytes = MM_JOURNAL_SEGMENT_MIN, .salt = 0x51, .name = "fuzz",
	};
	struct mm_journal_start start = {
		.previous_number = number - 1, .previous_end = bytes[112] * 8, .sequence = 1,
	};

	mm_journal_encode_identity(&identity, bytes);
	mm_journal_encode_start(&start, bytes + MM_JOURNAL_IDENTITY_LEN);
}

/* Give what looks like records salt and CRC, and where asked a place in the chain. */
static void
mend_records(uint8_t *bytes, size_t len, bool chain)
{
	struct mm_journal_link link = { .salt = 0x51, .sequence = 1 };
	size_t at = MM_JOURNAL_HEADER_LEN;

	while (at + MM_JOURNAL_RECORD_MIN <= len) {
		size_t record_len = mm_journal_encoded_len(bytes + at);

		if (record_len < MM_JOURNAL_RECORD_MIN || record_len > len - at || record_len > MM_JOURNAL_RECORD_MAX)
			return;
		if (!chain)
			memcpy(&link.sequence, bytes + at + 16, sizeof(link.sequence));
		mm_journal_seal_record(bytes + at, record_len, &link);
		if (!mm_sha256(mm_slice(bytes + at, record_len), link.previous_hash))
			abort();
		link.sequence++;
		at += record_len;
	}
}

/* The end of the input, as the first tallies of a segment. */
static void
mend_tallies(uint8_t *bytes, const uint8_t *data, size_t len)
{
	uint8_t *tallies = bytes + BYTES_MAX - MM_JOURNAL_TALLIES_LEN;
	size_t part = len < 2 * MM_JOURNAL_TALLY_LEN ? len : 2 * MM_JOURNAL_TALLY_LEN;

	memcpy(tallies, data + len - part, part);
	for (size_t at = 0; at < part; at += MM_JOURNAL_TALLY_LEN) {
		uint32_t crc = mm_crc32c(tallies + at + 4, MM_JOURNAL_TALLY_LEN - 4);

		for (unsigned i = 0; i < 4; i++)
			tallies[at + i] = (uint8_t)(crc >> (8 * i));
	}
}

static void
write_segment(uint64_t number, const uint8_t *data, size_t len, unsigned how)
{
	static uint8_t bytes[BYTES_MAX];
	char name[64];
	int fd;

	memset(bytes, 0, sizeof(bytes));
	memcpy(bytes, data, len);
	if ((how & MEND_HEADER) != 0)
		mend_header(bytes, number);
	if ((how & MEND_RECORDS) != 0)
		mend_records(bytes, sizeof(bytes), (how & MEND_CHAIN) != 0);
	if ((how & TALLIES) != 0)
		mend_tallies(bytes, data, len);
	(void)snprintf(name, sizeof(name), "fuzz.%010u.journal", (unsigned)number);
	fd = openat(dir_fd, name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	/* Without a mended header the file is as short as the input. */
	len = (how & MEND_HEADER) != 0 ? sizeof(bytes) : len;
	if (fd < 0 || write(fd, bytes, len) != (ssize_t)len)
		abort();
	close(fd);
}

/* Every byte of what was given is read, so that a sanitizer sees what does not lie in the reader's memory. */
static unsigned
touch(const struct mm_journal_record *record)
{
	unsigned sum = 0;

	for (unsigned i = 0; i < MM_JF_COUNT; i++)
		for (size_t j = 0; j < record->fields[i].len; j++)
			sum += (unsigned char)record->fields[i].ptr[j];
	for (size_t j = 0; j < record->text.len; j++)
		sum += (unsigned char)record->text.ptr[j];
	return sum;
}

static void
read_all(void)
{
	struct mm_journal_reader *reader = mm_journal_reader_open(dir_fd, "fuzz");
	struct mm_journal_place where, last = { 0, 0 };
	struct mm_journal_record record;
	enum mm_journal_read read;
	unsigned steps = 0;

	if (reader == NULL)
		abort();
	while ((read = mm_journal_read(reader, &record, &where)) == MM_READ_RECORD || read == MM_READ_DAMAGED) {
		if (++steps > 4 * BYTES_MAX / MM_JOURNAL_ALIGN)
			abort();
		if (read == MM_READ_DAMAGED)
			continue;
		if (where.segment < last.segment || (where.segment == last.segment && where.offset <= last.offset))
			abort();
		if (record.reason >= MM_REASON_COUNT || record.kind < MM_JOURNAL_DECISION ||
		    record.kind > MM_JOURNAL_EVENT)
			abort();
		last = where;
		if (touch(&record) == UINT32_MAX) /* never; but so it is not left out */
			abort();
	}
	if (read == MM_READ_FAILED)
		abort();
	mm_journal_reader_free(&reader);
}

/* A writer takes the segment, or not; afterwards a reader still ends. */
static void
recover(void)
{
	struct mm_journal *journal = mm_journal_open("fuzz", MM_JOURNAL_BEFORE_ANSWER, NULL);
	struct mm_journal_record record = { .kind = MM_JOURNAL_DECISION, .allowed = true };
	int fd = openat(dir_fd, "fuzz.0000000001.journal", O_RDWR | O_CLOEXEC);

	if (journal == NULL || fd < 0)
		abort();
	if (mm_journal_add_segment(journal, fd))
		(void)!mm_journal_append(journal, &record);
	(void)mm_journal_close(&journal);
	read_all();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	size_t half;

	if (size < 1 || size > BYTES_MAX)
		return 0;
	if (dir_fd < 0)
		make_folder();
	half = (data[0] & TWO_SEGMENTS) != 0 ? (size - 1) / 2 : size - 1;
	write_segment(1, data + 1, half, data[0]);
	(void)unlinkat(dir_fd, "fuzz.0000000002.journal", 0);
	if (half < size - 1)
		write_segment(2, data + 1 + half, size - 1 - half, data[0]);
	read_all();
	if ((data[0] & RECOVER) != 0)
		recover();
	return 0;
}
