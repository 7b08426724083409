/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Letting go of a ledger's oldest segments: what stays is whole and counts on; what went is told, and not called never
 * issued; and nothing goes that must stay.
 */
#include "engine/ledger_audit.h"
#include "engine/ledger_file.h"
#include "engine/ledger_keep.h"
#include "engine/ledger_search.h"
#include "engine/ledger_writer.h"

#include <dirent.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#define SMALL ((uint64_t)64 * 1024)
#define MINUTE 28333333
#define SECOND_US INT64_C(1000000)
#define DAY_US (86400 * SECOND_US)

/* A little more than a segment. */
#define SEGMENT_TOKENS 300

static char folder[64];
static int folder_fd;
static struct mm_ed25519 *key;
static uint8_t public_key[MM_ED25519_PUBLIC_LEN];
static uint8_t root_public[MM_ED25519_PUBLIC_LEN], certificate[MM_MINT_CERTIFICATE_LEN];
static struct mm_ledger_record record; /* large */
static struct mm_ledger_audit audit;
static uint32_t next_token;
static uint64_t recorded;
static atomic_bool stop;

static void
make_keys(void)
{
	struct mm_mint_certificate of = { MM_PURPOSE_KEY_STATE, 1, 0, INT64_C(4000000000), { 0 } };
	uint8_t seed[MM_ED25519_SEED_LEN];
	struct mm_ed25519 *root;

	memset(seed, 1, sizeof(seed));
	root = mm_ed25519_new(seed);
	memset(seed, 2, sizeof(seed));
	key = mm_ed25519_new(seed);
	assert_true(root != NULL && key != NULL);
	mm_ed25519_public(root, root_public);
	mm_ed25519_public(key, public_key);
	memcpy(of.public_key, public_key, sizeof(public_key));
	assert_true(mm_mint_certificate_make(&of, root, certificate));
	mm_ed25519_free(&root);
}

static int
set_up(void **state)
{
	(void)state;
	(void)snprintf(folder, sizeof(folder), "/tmp/unit-ledger-keep.XXXXXX");
	assert_non_null(mkdtemp(folder));
	folder_fd = open(folder, O_RDONLY | O_DIRECTORY);
	next_token = 1;
	recorded = 0;
	atomic_store(&stop, false);
	make_keys();
	return folder_fd == -1;
}

static int
tear_down(void **state)
{
	DIR *dir = opendir(folder);
	struct dirent *entry;

	(void)state;
	mm_ed25519_free(&key);
	while (dir != NULL && (entry = readdir(dir)) != NULL)
		(void)unlinkat(folder_fd, entry->d_name, 0);
	if (dir != NULL)
		closedir(dir);
	close(folder_fd);
	return rmdir(folder);
}

static int64_t
now_us(void)
{
	return (int64_t)time(NULL) * SECOND_US;
}

/* ---- a ledger ---- */

static void
append(struct mm_ledger_writer *writer)
{
	assert_int_not_equal(mm_ledger_writer_append(writer, &record, key), 0);
}

static void
begin_record(enum mm_ledger_kind kind)
{
	memset(&record, 0, sizeof(record));
	record.kind = kind;
	record.time_us = (int64_t)MINUTE * 60 * SECOND_US + next_token;
}

static void
write_term(struct mm_ledger_writer *writer, uint64_t number)
{
	begin_record(MM_LEDGER_TERM);
	record.term.number = number;
	memcpy(record.term.certificate, certificate, sizeof(certificate));
	record.term.why = mm_slice_str("started");
	record.term.realm_count = 1;
	record.term.realms[0] = (struct mm_ledger_realm_signer){ mm_slice_str("staff"), 3, { 0 } };
	append(writer);
}

static void
write_head(struct mm_ledger_writer *writer)
{
	begin_record(MM_LEDGER_HEAD);
	record.head.term = 1;
	record.head.realm_count = 1;
	record.head.realms[0].name = mm_slice_str("staff");
	record.head.realms[0].counts.recorded = recorded;
	append(writer);
}

static void
write_tokens(struct mm_ledger_writer *writer, unsigned count)
{
	for (unsigned i = 0; i < count; i++, next_token++, recorded++) {
		begin_record(MM_LEDGER_ISSUED);
		record.issued.place = (struct mm_token_place){ 3, MINUTE, next_token };
		record.issued.token_class = 1;
		record.issued.iat_s = (int64_t)MINUTE * 60;
		record.issued.exp_s = (int64_t)MINUTE * 60 + 3600;
		record.issued.facts[MM_LEDGER_REALM] = mm_slice_str("staff");
		append(writer);
	}
}

/* Segments with their heads, behind what is there. */
static void
write_segments(unsigned count)
{
	struct mm_ledger_reader *reader = mm_ledger_reader_new(folder_fd, 0);
	struct mm_ledger_writer *writer;
	struct mm_ledger_item item;
	struct mm_ledger_tail tail;

	assert_non_null(reader);
	while (mm_ledger_reader_next(reader, &item) == MM_LEDGER_READ_RECORD)
		;
	mm_ledger_reader_tail(reader, &tail);
	mm_ledger_reader_free(&reader);
	writer = mm_ledger_writer_open(folder_fd, SMALL, &tail);
	assert_non_null(writer);
	write_term(writer, tail.sequence == 0 ? 1 : 2);
	for (unsigned i = 0; i < count; i++) {
		write_tokens(writer, SEGMENT_TOKENS);
		write_head(writer);
	}
	assert_true(mm_ledger_writer_close(&writer));
}

static size_t
count_files(void)
{
	DIR *dir = opendir(folder);
	struct dirent *entry;
	size_t count = 0;

	assert_non_null(dir);
	while ((entry = readdir(dir)) != NULL)
		count += strstr(entry->d_name, ".ledger") != NULL;
	closedir(dir);
	return count;
}

static const char *
let_go(int64_t until_us, struct mm_ledger_let_go *gone)
{
	const struct mm_ledger_keep keep = { folder_fd, until_us, now_us(), key, certificate, &stop };

	return mm_ledger_keep(&keep, gone);
}

/* All that may go, goes. */
static uint64_t
let_go_all(void)
{
	struct mm_ledger_let_go gone;

	assert_null(let_go(now_us() + DAY_US, &gone));
	return gone.segments;
}

static const char *
fault_of(const uint8_t *root)
{
	assert_true(mm_ledger_audit(folder_fd, root, NULL, NULL, &audit));
	return audit.fault;
}

static const char *
state_of(uint32_t counter)
{
	static struct mm_ledger_finding finding;
	static char text[65536];
	struct mm_buf buf;

	mm_ledger_find(folder_fd, public_key, mm_slice_str("staff"), (struct mm_token_place){ 3, MINUTE, counter },
	    NULL, &finding);
	mm_buf_init(&buf, sizeof(text) - 1);
	assert_true(mm_ledger_finding_json(&finding, mm_slice_str("a"), NULL, &buf));
	memcpy(text, buf.data, buf.len);
	text[buf.len] = '\0';
	mm_buf_clear(&buf);
	return strstr(text, "\"state\":\"");
}

static void
assert_state(uint32_t counter, const char *state)
{
	const char *found = state_of(counter) + strlen("\"state\":\"");

	if (strncmp(found, state, strlen(state)) != 0 || found[strlen(state)] != '"')
		fail_msg("token %u is %.20s instead of %s", counter, found, state);
}

/* ---- what goes, and what is known then ---- */

static void
test_go(void **state)
{
	struct mm_ledger_let_go gone;
	size_t files;

	(void)state;
	write_segments(5);
	assert_null(fault_of(root_public));
	assert_int_equal(audit.anchor_segment, 0);
	files = count_files();
	assert_null(let_go(now_us() + DAY_US, &gone));
	assert_int_equal(gone.segments, files - 2);
	assert_false(gone.more);
	assert_int_equal(count_files(), 2);

	assert_null(fault_of(root_public));
	assert_int_equal(audit.anchor_segment, gone.end.segment);
	assert_int_equal(audit.anchor_sequence, gone.sequence);
	assert_int_equal(audit.first_sequence, gone.sequence + 1);
	assert_int_equal(audit.term, 1);
	assert_true(audit.heads_verified > 0);
	assert_int_equal(audit.realm_count, 1);
	assert_int_equal(audit.realms[0].counts.recorded, recorded);
	assert_int_equal(audit.realms[0].signer, 3);

	assert_state(1, "not_kept");
	assert_state(next_token - 1, "issued");
	assert_state(next_token, "not_issued");
}

/* And again, and again: all rare records stay known, in their order. */
static void
test_go_again(void **state)
{
	static struct mm_ledger_anchor anchor;
	struct mm_ledger_at at, before = { 0, 0 };
	struct mm_slice bytes;
	size_t position = 0, terms = 0;

	(void)state;
	for (unsigned i = 0; i < 3; i++) {
		write_segments(4);
		assert_true(let_go_all() > 0);
		assert_null(fault_of(root_public));
		assert_int_equal(audit.realms[0].counts.recorded, recorded);
	}
	assert_null(mm_ledger_anchor_load(folder_fd, root_public, public_key, &anchor));
	for (; mm_ledger_anchor_next(&anchor, &position, &at, &bytes); before = at) {
		assert_true(at.segment > before.segment);
		assert_true(mm_ledger_decode((const uint8_t *)bytes.ptr, bytes.len, &record));
		assert_int_equal(record.kind, MM_LEDGER_TERM);
		assert_int_equal(record.rare.segment, before.segment);
		terms++;
	}
	assert_int_equal(terms, 3);
	assert_true(before.segment == anchor.rare.segment && before.offset == anchor.rare.offset);
	mm_ledger_anchor_clear(&anchor);
}

/* A process that died with the anchor in place: what it left is none of the ledger's, and goes the next time. */
static void
test_killed(void **state)
{
	char name[MM_LEDGER_NAME_SIZE], aside[MM_LEDGER_NAME_SIZE + 2];

	(void)state;
	write_segments(5);
	mm_ledger_segment_name(2, name);
	(void)snprintf(aside, sizeof(aside), "x%s", name);
	assert_int_equal(linkat(folder_fd, name, folder_fd, aside, 0), 0);
	assert_true(let_go_all() > 0);
	assert_int_equal(renameat(folder_fd, aside, folder_fd, name), 0);
	assert_int_equal(count_files(), 3);
	assert_null(fault_of(root_public));
	assert_state(1, "not_kept");
	assert_int_equal(let_go_all(), 0);
	assert_int_equal(count_files(), 2);
}

/* ---- what stays ---- */

static void
test_stays(void **state)
{
	struct mm_ledger_let_go gone;
	size_t files;
	int lock;

	(void)state;
	write_segments(5);
	files = count_files();
	assert_null(let_go(now_us() - DAY_US, &gone)); /* too young */
	assert_int_equal(gone.segments, 0);

	lock = open(folder, O_RDONLY | O_DIRECTORY); /* a backup reads it */
	assert_int_equal(flock(lock, LOCK_SH), 0);
	assert_int_equal(let_go_all(), 0);
	close(lock);

	atomic_store(&stop, true);
	assert_null(let_go(now_us() + DAY_US, &gone));
	assert_int_equal(gone.segments, 0);
	assert_int_equal(count_files(), files);
}

/* Records that say that they are younger than the segment behind them. */
static void
test_clock(void **state)
{
	struct mm_ledger_tail none = { .sequence = 0 };
	struct mm_ledger_writer *writer = mm_ledger_writer_open(folder_fd, SMALL, &none);
	struct mm_ledger_let_go gone;
	size_t files;

	(void)state;
	assert_non_null(writer);
	write_term(writer, 1);
	begin_record(MM_LEDGER_NOTE);
	record.time_us = now_us() + 365 * DAY_US;
	record.note = mm_slice_str("from the future");
	append(writer);
	for (unsigned i = 0; i < 5; i++) {
		write_tokens(writer, SEGMENT_TOKENS);
		write_head(writer);
	}
	assert_true(mm_ledger_writer_close(&writer));
	files = count_files();
	assert_non_null(let_go(now_us() + DAY_US, &gone));
	assert_int_equal(gone.segments, 0);
	assert_int_equal(count_files(), files);
}

/* Counts go on from a head: without one in what stays, all stays. */
static void
test_no_head(void **state)
{
	struct mm_ledger_tail none = { .sequence = 0 };
	struct mm_ledger_writer *writer = mm_ledger_writer_open(folder_fd, SMALL, &none);
	size_t files;

	(void)state;
	assert_non_null(writer);
	write_term(writer, 1);
	write_tokens(writer, 5 * SEGMENT_TOKENS);
	assert_true(mm_ledger_writer_close(&writer));
	files = count_files();
	assert_true(files > 3);
	assert_int_equal(let_go_all(), 0);
	assert_int_equal(count_files(), files);
}

static void
flip(const char *name, off_t offset)
{
	int fd = openat(folder_fd, name, O_RDWR);
	uint8_t byte;

	assert_true(fd != -1);
	assert_int_equal(pread(fd, &byte, 1, offset), 1);
	byte ^= 1;
	assert_int_equal(pwrite(fd, &byte, 1, offset), 1);
	close(fd);
}

/* What cannot be read whole is not let go. */
static void
test_damage(void **state)
{
	struct mm_ledger_let_go gone;
	char name[MM_LEDGER_NAME_SIZE];
	size_t files;

	(void)state;
	write_segments(5);
	files = count_files();
	mm_ledger_segment_name(2, name);
	flip(name, MM_LEDGER_HEADER_LEN + 100);
	assert_non_null(let_go(now_us() + DAY_US, &gone));
	assert_int_equal(gone.segments, 0);
	assert_int_equal(count_files(), files);
}

/* ---- an anchor that is none ---- */

static void
test_false_anchors(void **state)
{
	uint8_t other[MM_ED25519_PUBLIC_LEN] = { 0 };
	char name[MM_LEDGER_NAME_SIZE];
	off_t len;
	int fd;

	(void)state;
	write_segments(5);
	assert_true(let_go_all() > 0);
	assert_non_null(fault_of(other)); /* not certified by this root */
	fd = openat(folder_fd, MM_LEDGER_ANCHOR_FILE, O_RDONLY);
	len = lseek(fd, 0, SEEK_END);
	close(fd);
	for (off_t at = 0; at < len; at += at < 256 ? 1 : 97) {
		flip(MM_LEDGER_ANCHOR_FILE, at);
		if (mm_ledger_audit(folder_fd, root_public, NULL, NULL, &audit))
			assert_non_null(audit.fault);
		flip(MM_LEDGER_ANCHOR_FILE, at);
	}
	assert_null(fault_of(root_public));
	mm_ledger_segment_name(audit.anchor_segment + 1, name);
	assert_int_equal(unlinkat(folder_fd, name, 0), 0);
	assert_non_null(fault_of(root_public)); /* the segment behind it is missing */
}

/* Somebody who can write the folder, and has no key of the ledger's, signs the same with his own. */
static void
test_of_another_key(void **state)
{
	static struct mm_ledger_anchor anchor;
	struct mm_mint_certificate of = { MM_PURPOSE_KEY_STATE, 1, 0, INT64_C(4000000000), { 0 } };
	static const uint8_t seed[MM_ED25519_SEED_LEN] = { 3 };
	struct mm_ed25519 *others = mm_ed25519_new(seed);
	uint8_t others_certificate[MM_MINT_CERTIFICATE_LEN];
	struct mm_ledger_let_go gone;

	(void)state;
	write_segments(5);
	assert_true(let_go_all() > 0);
	assert_state(1, "not_kept");
	assert_null(mm_ledger_anchor_load(folder_fd, NULL, public_key, &anchor));
	mm_ed25519_public(others, of.public_key);
	assert_true(mm_mint_certificate_make(&of, others, others_certificate));
	assert_true(mm_ledger_anchor_store(folder_fd, &anchor, others, others_certificate));
	mm_ledger_anchor_clear(&anchor);
	/* Who knows neither root nor key cannot tell. */
	assert_null(mm_ledger_anchor_load(folder_fd, NULL, NULL, &anchor));
	mm_ledger_anchor_clear(&anchor);
	assert_non_null(mm_ledger_anchor_load(folder_fd, NULL, public_key, &anchor));
	mm_ledger_anchor_clear(&anchor);
	assert_state(1, "unknown");
	assert_non_null(let_go(now_us() + DAY_US, &gone));
	assert_int_equal(gone.segments, 0);
	mm_ed25519_free(&others);
}

/* Segments that somebody took away, without an anchor. */
static void
test_no_anchor(void **state)
{
	char name[MM_LEDGER_NAME_SIZE];

	(void)state;
	write_segments(5);
	mm_ledger_segment_name(1, name);
	assert_int_equal(unlinkat(folder_fd, name, 0), 0);
	assert_non_null(fault_of(root_public));
	assert_non_null(fault_of(NULL));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_go, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_go_again, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_killed, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_stays, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_clock, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_no_head, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_damage, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_false_anchors, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_of_another_key, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_no_anchor, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
